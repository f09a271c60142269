/*
 * kernel.h: evaluators of many rows at once, one an instruction set.
 *
 * A kernel works on blocks of rows, features in columns of keys (key.h, but signed: x86 has no
 * other vector comparison before AVX-512). All give the margins of jorge_forest_margin(), bit for
 * bit.
 */
#ifndef JORGE_FOREST_KERNEL_H
#define JORGE_FOREST_KERNEL_H

#include "forest/internal.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define JORGE_HAVE_X86_KERNELS 1
#endif

/* Rows of a block; the column of a slot is so many keys */
#define BLOCK_ROWS 64

/* A last block of fewer rows is left to the scalar evaluator: it needs no longer for so many. */
#define BLOCK_WORTH (BLOCK_ROWS / 2)

/* Widest forest that blocks are made for: a block's columns are then 2 MB, what a core has in its
 * second-level cache, and filling them costs more than walking the trees. */
#define BLOCK_MAX_FEATURES 4096

/* Evaluate one block, whose columns are filled: margins[] has room for BLOCK_ROWS. */
typedef void (*ForestKernel)(const Forest *forest, const int32 *columns, float *margins);

extern void jorge_forest_block_avx2(const Forest *forest, const int32 *columns, float *margins);
extern void jorge_forest_block_avx512(const Forest *forest, const int32 *columns, float *margins);

#endif
