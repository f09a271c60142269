/*
 * shap_avx2.c: look-ups in the table for eight rows at once, a lane each.
 *
 * The indexes of eight rows are worked out together; the eight table rows they name are transposed,
 * so that each feature's sums take one addition for all. Compiled for AVX2 function by function and
 * chosen at run time: the library runs on any x86-64, and elsewhere without this file's code.
 */
#include "core/jorge.h"

#include "forest/shap.h"

#ifdef __x86_64__

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

bool
jorge_shap_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

/*
 * All ones in the lanes whose row goes right
 */
AVX2 static inline __m256i
goes_right(const float *doubled, uint32 slot, float threshold)
{
	__m256 x = _mm256_loadu_ps(doubled + (Size) slot * SHAP_LANES);

	return _mm256_castps_si256(_mm256_cmp_ps(x, _mm256_set1_ps(threshold), _CMP_GE_OQ));
}

/*
 * Four lanes of a table row below four of the one four rows on
 */
AVX2 static inline __m256
two_rows(const float *rows, const uint32 *index, int lane, int half)
{
	__m256 low = _mm256_castps128_ps256(
		_mm_load_ps(rows + (Size) index[lane] * SHAP_TABLE_BITS + half));

	return _mm256_insertf128_ps(
		low, _mm_load_ps(rows + (Size) index[lane + 4] * SHAP_TABLE_BITS + half), 1);
}

/*
 * Add a feature's values to its sums
 */
AVX2 static inline void
add_lanes(double *sums, __m256 values)
{
	__m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(values));
	__m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(values, 1));

	_mm256_storeu_pd(sums, _mm256_add_pd(_mm256_loadu_pd(sums), low));
	_mm256_storeu_pd(sums + 4, _mm256_add_pd(_mm256_loadu_pd(sums + 4), high));
}

/*
 * Add four of the features of a group: half is 0 or 4
 */
AVX2 static inline void
add_half(const ShapGroup *group, const float *rows, const uint32 *index, int half, double *sums)
{
	__m256 r0 = two_rows(rows, index, 0, half);
	__m256 r1 = two_rows(rows, index, 1, half);
	__m256 r2 = two_rows(rows, index, 2, half);
	__m256 r3 = two_rows(rows, index, 3, half);
	__m256 a = _mm256_unpacklo_ps(r0, r1);
	__m256 b = _mm256_unpackhi_ps(r0, r1);
	__m256 c = _mm256_unpacklo_ps(r2, r3);
	__m256 d = _mm256_unpackhi_ps(r2, r3);
	const uint16 *features = group->features + half;
	int n = group->nfeatures - half;

	add_lanes(sums + (Size) features[0] * SHAP_LANES, _mm256_shuffle_ps(a, c, 0x44));
	if (n > 1)
		add_lanes(sums + (Size) features[1] * SHAP_LANES, _mm256_shuffle_ps(a, c, 0xee));
	if (n > 2)
		add_lanes(sums + (Size) features[2] * SHAP_LANES, _mm256_shuffle_ps(b, d, 0x44));
	if (n > 3)
		add_lanes(sums + (Size) features[3] * SHAP_LANES, _mm256_shuffle_ps(b, d, 0xee));
}

AVX2 void
jorge_shap_add_block(const ShapCursor *at, const ShapTree *tree, const float *doubled,
					 uint32 *positions, double *sums)
{
	const ShapStep *step = at->step;
	const ShapGroup *group = at->group;
	const ShapSplit *split = at->split;
	__m256i *position = (__m256i *) positions;
	uint32 index[SHAP_LANES] pg_attribute_aligned(32);

	_mm256_storeu_si256(position, _mm256_set1_epi32(-1));
	for (int s = 0; s < tree->nsteps; s++, step++)
	{
		__m256i here = _mm256_loadu_si256(position + step->from);
		__m256i right = goes_right(doubled, step->slot, step->threshold);
		__m256i bit = _mm256_set1_epi32(1 << step->bit);

		/* a row that goes right misses the left child, and the other way round */
		_mm256_storeu_si256(position + step->to,
							_mm256_andnot_si256(_mm256_and_si256(right, bit), here));
		_mm256_storeu_si256(position + step->to + 1,
							_mm256_andnot_si256(_mm256_andnot_si256(right, bit), here));
	}
	for (int g = 0; g < tree->ngroups; g++, group++)
	{
		const float *rows = at->rows + (Size) group->first * SHAP_TABLE_BITS;
		__m256i indexes = _mm256_and_si256(_mm256_loadu_si256(position + group->from),
										   _mm256_set1_epi32((1 << group->above) - 1));

		for (int i = 0; i < group->nsplits; i++, split++)
			indexes = _mm256_or_si256(
				indexes, _mm256_and_si256(goes_right(doubled, split->slot, split->threshold),
										  _mm256_set1_epi32(1 << (group->above + i))));
		if (group->nfeatures == 0)
			continue;
		_mm256_store_si256((__m256i *) index, indexes);
		add_half(group, rows, index, 0, sums);
		if (group->nfeatures > 4)
			add_half(group, rows, index, 4, sums);
	}
}

#else

bool
jorge_shap_avx2(void)
{
	return false;
}

void
jorge_shap_add_block(const ShapCursor *at, const ShapTree *tree, const float *doubled,
					 uint32 *positions, double *sums)
{
	pg_unreachable();
}

#endif
