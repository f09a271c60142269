/*
 * kernel_avx512.c: evaluating a block of rows with AVX-512F, sixteen rows a vector.
 *
 * As with AVX2 (kernel_avx2.c), but masks select for nothing, and a register or two hold the tests
 * of three levels more, and the leaves of trees of six.
 */
#include "core/jorge.h"

#include "forest/kernel.h"
#include "forest/key.h"

#ifdef JORGE_HAVE_X86_KERNELS

#include <immintrin.h>

#define LANES 16
#define VECTORS (BLOCK_ROWS / LANES)
#define BLOCK_SHIFT 6 /* BLOCK_ROWS = 1 << BLOCK_SHIFT */

#define AVX512 __attribute__((target("avx512f")))
#define AVX512_INLINE static inline __attribute__((target("avx512f"), always_inline))

/* Tests of up to sixteen nodes, for look-up by number */
typedef struct TestTable
{
	__m512i slots;
	__m512i keys; /* signed */
} TestTable;

/*
 * Which of the asked rows of vector v go left at a node
 */
AVX512_INLINE __mmask16
ask(__mmask16 asked, uint64 test, const int32 *columns, int v)
{
	const int32 *column = columns + ((Size) (uint32) test << BLOCK_SHIFT);
	__m512i key = _mm512_set1_epi32((int32) ((uint32) (test >> 32) ^ KEY_SIGN));

	return _mm512_mask_cmplt_epi32_mask(asked, _mm512_load_si512(column + v * LANES), key);
}

/*
 * Pass the first levels, at most three: places of vector v's rows
 */
AVX512_INLINE __m512i
pass_first(const ForestCrown *crown, Size tree, int levels, const int32 *columns, int v)
{
	const uint64 *first = crown->tests[0] + tree;
	const uint64 *second = levels > 1 ? crown->tests[1] + (tree << 1) : NULL;
	const uint64 *third = levels > 2 ? crown->tests[2] + (tree << 2) : NULL;
	__mmask16 left1 = ask(0xffff, first[0], columns, v);
	__mmask16 left2 = 0;
	__mmask16 left3 = 0;
	__m512i place = _mm512_maskz_set1_epi32(left1, 1 << (levels - 1));

	if (levels > 1)
	{
		__mmask16 both = ask(left1, second[1], columns, v);

		left2 = both | ask((__mmask16) ~left1, second[0], columns, v);
		place = _mm512_mask_or_epi32(place, left2, place, _mm512_set1_epi32(1 << (levels - 2)));
		if (levels > 2)
		{
			left3 = ask(both, third[3], columns, v);
			left3 |= ask((__mmask16) (left1 & ~left2), third[2], columns, v);
			left3 |= ask((__mmask16) (left2 & ~left1), third[1], columns, v);
			left3 |= ask((__mmask16) ~(left1 | left2), third[0], columns, v);
			place = _mm512_mask_or_epi32(place, left3, place, _mm512_set1_epi32(1));
		}
	}
	return place;
}

/*
 * Load the tests of sixteen nodes, apart into slots and keys; of eight where there are no more
 */
AVX512_INLINE TestTable
load_tests(const uint64 *tests, bool sixteen)
{
	const __m512i even =
		_mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
	const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
	__m512i low = _mm512_loadu_si512(tests);
	__m512i high = sixteen ? _mm512_loadu_si512(tests + 8) : low;
	__m512i keys = _mm512_permutex2var_epi32(low, odd, high);

	return (TestTable){_mm512_permutex2var_epi32(low, even, high),
					   _mm512_xor_si512(keys, _mm512_set1_epi32((int32) KEY_SIGN))};
}

/*
 * Values of vector v's rows, each in the column its lane names
 */
AVX512_INLINE __m512i
fetch(const int32 *columns, int v, __m512i slots)
{
	const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	__m512i where = _mm512_add_epi32(_mm512_slli_epi32(slots, BLOCK_SHIFT), lanes);

	return _mm512_i32gather_epi32(where, columns + v * LANES, 4);
}

/*
 * From places in one level to those in the next
 */
AVX512_INLINE __m512i
descend(__m512i at, const int32 *columns, int v, __m512i slots, __m512i keys)
{
	__mmask16 left = _mm512_cmplt_epi32_mask(fetch(columns, v, slots), keys);

	at = _mm512_add_epi32(at, at);
	return _mm512_mask_or_epi32(at, left, at, _mm512_set1_epi32(1));
}

/*
 * Pass the level of eight nodes, or of sixteen
 */
AVX512_INLINE void
pass16(const uint64 *tests, bool sixteen, const int32 *columns, __m512i *at)
{
	TestTable table = load_tests(tests, sixteen);

#pragma GCC unroll 4
	for (int v = 0; v < VECTORS; v++)
		at[v] = descend(at[v], columns, v, _mm512_permutexvar_epi32(at[v], table.slots),
						_mm512_permutexvar_epi32(at[v], table.keys));
}

/*
 * Pass the level of thirty-two nodes
 */
AVX512_INLINE void
pass32(const uint64 *tests, const int32 *columns, __m512i *at)
{
	TestTable low = load_tests(tests, true);
	TestTable high = load_tests(tests + 16, true);

#pragma GCC unroll 4
	for (int v = 0; v < VECTORS; v++)
		at[v] = descend(at[v], columns, v, _mm512_permutex2var_epi32(low.slots, at[v], high.slots),
						_mm512_permutex2var_epi32(low.keys, at[v], high.keys));
}

/*
 * Pass a level of any number of nodes
 */
AVX512_INLINE void
pass_any(const uint64 *tests, const int32 *columns, __m512i *at)
{
	const int *words = (const int *) tests; /* slot, key, slot, key ... */
	const __m512i sign = _mm512_set1_epi32((int32) KEY_SIGN);

#pragma GCC unroll 4
	for (int v = 0; v < VECTORS; v++)
		at[v] = descend(at[v], columns, v, _mm512_i32gather_epi32(at[v], words, 8),
						_mm512_xor_si512(_mm512_i32gather_epi32(at[v], words + 1, 8), sign));
}

/*
 * Add the leaves of a tree of six levels
 */
AVX512_INLINE void
add64(const float *leaves, const __m512i *at, __m512 *sums)
{
	__m512 leaves0 = _mm512_loadu_ps(leaves);
	__m512 leaves16 = _mm512_loadu_ps(leaves + 16);
	__m512 leaves32 = _mm512_loadu_ps(leaves + 32);
	__m512 leaves48 = _mm512_loadu_ps(leaves + 48);

#pragma GCC unroll 4
	for (int v = 0; v < VECTORS; v++)
	{
		__m512 low = _mm512_permutex2var_ps(leaves0, at[v], leaves16);
		__m512 high = _mm512_permutex2var_ps(leaves32, at[v], leaves48);
		__mmask16 upper = _mm512_test_epi32_mask(at[v], _mm512_set1_epi32(32));

		sums[v] = _mm512_add_ps(sums[v], _mm512_mask_blend_ps(upper, low, high));
	}
}

/*
 * Walk one vector's rows from nodes to leaves
 */
AVX512_INLINE __m512i
walk_below(const ForestNode *nodes, int levels, const int32 *columns, int v, __m512i node)
{
	const int *words = (const int *) nodes; /* threshold, step, slot, threshold ... */
	const __m512i one = _mm512_set1_epi32(1);

	for (int d = 0; d < levels; d++)
	{
		__m512i word = _mm512_add_epi32(_mm512_add_epi32(node, node), node);
		__m512i step = _mm512_i32gather_epi32(word, words + 1, 4);
		__m512i bits;
		__m512i key;
		__mmask16 right;

		if (_mm512_test_epi32_mask(step, step) == 0)
			break; /* all are leaves */
		bits = _mm512_i32gather_epi32(word, words, 4);
		key = _mm512_xor_si512(bits, _mm512_srli_epi32(_mm512_srai_epi32(bits, 31), 1));
		/* a leaf's NAN is above all of slot 0 */
		right = _mm512_cmpge_epi32_mask(
			fetch(columns, v, _mm512_i32gather_epi32(word, words + 2, 4)), key);
		node = _mm512_add_epi32(node, step);
		node = _mm512_mask_add_epi32(node, right, node, one);
	}
	return node;
}

/*
 * Pass the crown of a tree
 */
AVX512_INLINE void
pass_crown(const ForestCrown *crown, Size t, const int32 *columns, __m512i *at)
{
	int levels = crown->levels;

#pragma GCC unroll 4
	for (int v = 0; v < VECTORS; v++)
	{
		if (levels >= 3)
			at[v] = pass_first(crown, t, 3, columns, v);
		else if (levels == 2)
			at[v] = pass_first(crown, t, 2, columns, v);
		else if (levels == 1)
			at[v] = pass_first(crown, t, 1, columns, v);
		else
			at[v] = _mm512_setzero_si512();
	}
	if (levels > 3)
		pass16(crown->tests[3] + (t << 3), false, columns, at);
	if (levels > 4)
		pass16(crown->tests[4] + (t << 4), true, columns, at);
	if (levels > 5)
		pass32(crown->tests[5] + (t << 5), columns, at);
	for (int level = 6; level < levels; level++)
		pass_any(crown->tests[level] + (t << level), columns, at);
}

AVX512 void
jorge_forest_block_avx512(const Forest *forest, const int32 *columns, float *margins)
{
	const ForestCrown *crown = &forest->crown;
	int levels = crown->levels;
	__m512 sums[VECTORS];

	for (int v = 0; v < VECTORS; v++)
		sums[v] = _mm512_set1_ps(forest->base_margin);
	for (Size t = 0; t < forest->ntrees; t++)
	{
		int below = (int) forest->trees[t].depth - levels;
		Size end = t << levels;
		__m512i at[VECTORS];

		pass_crown(crown, t, columns, at);
		if (below <= 0 && levels == 6)
		{
			add64(crown->leaves + end, at, sums);
			continue;
		}
		for (int v = 0; v < VECTORS; v++)
		{
			__m512i node;

			if (below <= 0)
			{
				sums[v] =
					_mm512_add_ps(sums[v], _mm512_i32gather_ps(at[v], crown->leaves + end, 4));
				continue;
			}
			node = _mm512_i32gather_epi32(at[v], crown->entries + end, 4);
			node = walk_below(forest->nodes, below, columns, v, node);
			sums[v] = _mm512_add_ps(sums[v], _mm512_i32gather_ps(node, forest->values, 4));
		}
	}
	for (int v = 0; v < VECTORS; v++)
		_mm512_storeu_ps(margins + v * LANES, sums[v]);
}

#endif
