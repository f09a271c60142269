/*
 * kernel_avx2.c: evaluating a block of rows with AVX2, eight rows a vector.
 *
 * A gather costs as much as the loads it is made of, so few are done: three levels ask all their
 * nodes, at most four, and select among the answers; two more look their tests up in registers.
 */
#include "core/jorge.h"

#include "forest/kernel.h"
#include "forest/key.h"

#ifdef JORGE_HAVE_X86_KERNELS

#include <immintrin.h>

#define LANES 8
#define VECTORS (BLOCK_ROWS / LANES)
#define BLOCK_SHIFT 6 /* BLOCK_ROWS = 1 << BLOCK_SHIFT */

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((target("avx2"), always_inline))

/* Tests of up to eight nodes, for look-up by number */
typedef struct TestTable
{
	__m256i slots;
	__m256i keys; /* signed */
} TestTable;

/*
 * Which rows of vector v go left at a node: ones in their lanes
 */
AVX2_INLINE __m256i
ask(uint64 test, const int32 *columns, int v)
{
	const int32 *column = columns + ((Size) (uint32) test << BLOCK_SHIFT);
	__m256i key = _mm256_set1_epi32((int32) ((uint32) (test >> 32) ^ KEY_SIGN));

	return _mm256_cmpgt_epi32(key, _mm256_load_si256((const __m256i *) (column + v * LANES)));
}

/*
 * Lanes of a where the mask has ones, else of b
 */
AVX2_INLINE __m256i
choose(__m256i mask, __m256i a, __m256i b)
{
	return _mm256_or_si256(_mm256_and_si256(mask, a), _mm256_andnot_si256(mask, b));
}

/*
 * Pass the first levels, at most three
 */
AVX2_INLINE void
pass_first(const ForestCrown *crown, Size tree, int levels, const int32 *columns, __m256i *at)
{
	const uint64 *first = crown->tests[0] + tree;
	const uint64 *second = levels > 1 ? crown->tests[1] + (tree << 1) : NULL;
	const uint64 *third = levels > 2 ? crown->tests[2] + (tree << 2) : NULL;

#pragma GCC unroll 8
	for (int v = 0; v < VECTORS; v++)
	{
		__m256i left1 = ask(first[0], columns, v);
		__m256i place = left1; /* negative so far: ones are -1 */

		if (levels > 1)
		{
			__m256i left2 = choose(left1, ask(second[1], columns, v), ask(second[0], columns, v));

			place = _mm256_add_epi32(_mm256_add_epi32(place, place), left2);
			if (levels > 2)
			{
				__m256i left3 = choose(
					left1, choose(left2, ask(third[3], columns, v), ask(third[2], columns, v)),
					choose(left2, ask(third[1], columns, v), ask(third[0], columns, v)));

				place = _mm256_add_epi32(_mm256_add_epi32(place, place), left3);
			}
		}
		at[v] = _mm256_sub_epi32(_mm256_setzero_si256(), place);
	}
}

/*
 * Load the tests of eight nodes, apart into slots and keys
 */
AVX2_INLINE TestTable
load_tests(const uint64 *tests)
{
	__m256 low = _mm256_loadu_ps((const float *) tests);
	__m256 high = _mm256_loadu_ps((const float *) (tests + 4));
	__m256i slots = _mm256_castps_si256(_mm256_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0)));
	__m256i keys = _mm256_castps_si256(_mm256_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1)));

	/* the shuffle leaves quarters as 0 2 1 3 */
	slots = _mm256_permute4x64_epi64(slots, _MM_SHUFFLE(3, 1, 2, 0));
	keys = _mm256_permute4x64_epi64(keys, _MM_SHUFFLE(3, 1, 2, 0));
	return (TestTable){slots, _mm256_xor_si256(keys, _mm256_set1_epi32((int32) KEY_SIGN))};
}

/*
 * Values of vector v's rows, each in the column its lane names
 */
AVX2_INLINE __m256i
fetch(const int32 *columns, int v, __m256i slots)
{
	const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	__m256i where = _mm256_add_epi32(_mm256_slli_epi32(slots, BLOCK_SHIFT), lanes);

	return _mm256_i32gather_epi32(columns + v * LANES, where, 4);
}

/*
 * From places in one level to those in the next
 */
AVX2_INLINE __m256i
descend(__m256i at, const int32 *columns, int v, __m256i slots, __m256i keys)
{
	__m256i left = _mm256_cmpgt_epi32(keys, fetch(columns, v, slots));

	return _mm256_sub_epi32(_mm256_add_epi32(at, at), left);
}

/*
 * Look up in two tables, by bit 3 of the number
 */
AVX2_INLINE __m256i
look_up16(__m256i low, __m256i high, __m256i number)
{
	__m256 a = _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(low, number));
	__m256 b = _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(high, number));

	/* the blend goes by the sign */
	return _mm256_castps_si256(
		_mm256_blendv_ps(a, b, _mm256_castsi256_ps(_mm256_slli_epi32(number, 28))));
}

/*
 * Pass the level of eight nodes
 */
AVX2_INLINE void
pass8(const uint64 *tests, const int32 *columns, __m256i *at)
{
	TestTable table = load_tests(tests);

#pragma GCC unroll 8
	for (int v = 0; v < VECTORS; v++)
		at[v] = descend(at[v], columns, v, _mm256_permutevar8x32_epi32(table.slots, at[v]),
						_mm256_permutevar8x32_epi32(table.keys, at[v]));
}

/*
 * Pass the level of sixteen nodes
 */
AVX2_INLINE void
pass16(const uint64 *tests, const int32 *columns, __m256i *at)
{
	TestTable low = load_tests(tests);
	TestTable high = load_tests(tests + 8);

#pragma GCC unroll 8
	for (int v = 0; v < VECTORS; v++)
		at[v] = descend(at[v], columns, v, look_up16(low.slots, high.slots, at[v]),
						look_up16(low.keys, high.keys, at[v]));
}

/*
 * Pass a level of any number of nodes
 */
AVX2_INLINE void
pass_any(const uint64 *tests, const int32 *columns, __m256i *at)
{
	const int *words = (const int *) tests; /* slot, key, slot, key ... */
	const __m256i sign = _mm256_set1_epi32((int32) KEY_SIGN);

#pragma GCC unroll 8
	for (int v = 0; v < VECTORS; v++)
		at[v] = descend(at[v], columns, v, _mm256_i32gather_epi32(words, at[v], 8),
						_mm256_xor_si256(_mm256_i32gather_epi32(words + 1, at[v], 8), sign));
}

/*
 * Walk one vector's rows from nodes to leaves
 */
AVX2_INLINE __m256i
walk_below(const ForestNode *nodes, int levels, const int32 *columns, int v, __m256i node)
{
	const int *words = (const int *) nodes; /* threshold, step, slot, threshold ... */

	for (int d = 0; d < levels; d++)
	{
		__m256i word = _mm256_add_epi32(_mm256_add_epi32(node, node), node);
		__m256i step = _mm256_i32gather_epi32(words + 1, word, 4);
		__m256i bits;
		__m256i key;
		__m256i left;

		if (_mm256_testz_si256(step, step))
			break; /* all are leaves */
		bits = _mm256_i32gather_epi32(words, word, 4);
		key = _mm256_xor_si256(bits, _mm256_srli_epi32(_mm256_srai_epi32(bits, 31), 1));
		/* a leaf's NAN is above all of slot 0 */
		left =
			_mm256_cmpgt_epi32(key, fetch(columns, v, _mm256_i32gather_epi32(words + 2, word, 4)));
		/* + 1 where right: ones are -1 */
		node = _mm256_add_epi32(_mm256_add_epi32(node, step),
								_mm256_add_epi32(left, _mm256_set1_epi32(1)));
	}
	return node;
}

AVX2 void
jorge_forest_block_avx2(const Forest *forest, const int32 *columns, float *margins)
{
	const ForestCrown *crown = &forest->crown;
	int levels = crown->levels;
	__m256 sums[VECTORS];

	for (int v = 0; v < VECTORS; v++)
		sums[v] = _mm256_set1_ps(forest->base_margin);
	for (Size t = 0; t < forest->ntrees; t++)
	{
		int below = (int) forest->trees[t].depth - levels;
		Size end = t << levels;
		__m256i at[VECTORS];

		if (levels >= 3)
			pass_first(crown, t, 3, columns, at);
		else if (levels == 2)
			pass_first(crown, t, 2, columns, at);
		else if (levels == 1)
			pass_first(crown, t, 1, columns, at);
		else
			for (int v = 0; v < VECTORS; v++)
				at[v] = _mm256_setzero_si256();
		if (levels > 3)
			pass8(crown->tests[3] + (t << 3), columns, at);
		if (levels > 4)
			pass16(crown->tests[4] + (t << 4), columns, at);
		for (int level = 5; level < levels; level++)
			pass_any(crown->tests[level] + (t << level), columns, at);

		if (below <= 0)
		{
#pragma GCC unroll 8
			for (int v = 0; v < VECTORS; v++)
				sums[v] =
					_mm256_add_ps(sums[v], _mm256_i32gather_ps(crown->leaves + end, at[v], 4));
			continue;
		}
		for (int v = 0; v < VECTORS; v++)
		{
			__m256i node = _mm256_i32gather_epi32((const int *) crown->entries + end, at[v], 4);

			node = walk_below(forest->nodes, below, columns, v, node);
			sums[v] = _mm256_add_ps(sums[v], _mm256_i32gather_ps(forest->values, node, 4));
		}
	}
	for (int v = 0; v < VECTORS; v++)
		_mm256_storeu_ps(margins + v * LANES, sums[v]);
}

#endif
