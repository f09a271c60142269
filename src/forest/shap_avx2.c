/*
 * shap_avx2.c: eight rows at once, a lane each: look-ups in the table, and quadrature.
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
two_rows(const float (*rows)[SHAP_TABLE_BITS], const uint32 *index, int lane, int half)
{
	__m256 low = _mm256_castps128_ps256(_mm_load_ps(rows[index[lane]] + half));

	return _mm256_insertf128_ps(low, _mm_load_ps(rows[index[lane + 4]] + half), 1);
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
add_half(const ShapGroup *group, const float (*rows)[SHAP_TABLE_BITS], const uint32 *index,
		 int half, double *sums)
{
	__m256 r0 = two_rows(rows, index, 0, half);
	__m256 r1 = two_rows(rows, index, 1, half);
	__m256 r2 = two_rows(rows, index, 2, half);
	__m256 r3 = two_rows(rows, index, 3, half);
	__m256 a = _mm256_unpacklo_ps(r0, r1);
	__m256 b = _mm256_unpackhi_ps(r0, r1);
	__m256 c = _mm256_unpacklo_ps(r2, r3);
	__m256 d = _mm256_unpackhi_ps(r2, r3);
	const uint32 *features = group->features + half;
	int n = group->nfeatures - half;

	add_lanes(sums + (Size) features[0] * SHAP_LANES, _mm256_shuffle_ps(a, c, 0x44));
	if (n > 1)
		add_lanes(sums + (Size) features[1] * SHAP_LANES, _mm256_shuffle_ps(a, c, 0xee));
	if (n > 2)
		add_lanes(sums + (Size) features[2] * SHAP_LANES, _mm256_shuffle_ps(b, d, 0x44));
	if (n > 3)
		add_lanes(sums + (Size) features[3] * SHAP_LANES, _mm256_shuffle_ps(b, d, 0xee));
}

/*
 * Are the rows of all indexes in the table?
 */
AVX2 static inline bool
all_filled(const uint32 *filled, __m256i indexes)
{
	__m256i words = _mm256_permutevar8x32_epi32(_mm256_loadu_si256((const __m256i *) filled),
												_mm256_srli_epi32(indexes, 5));
	__m256i places =
		_mm256_sub_epi32(_mm256_set1_epi32(31), _mm256_and_si256(indexes, _mm256_set1_epi32(31)));

	/* each bit to the sign of its lane */
	return _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_sllv_epi32(words, places))) == 0xff;
}

AVX2 void
jorge_shap_add_block(const ShapTable *table, const ShapTree *tree, const float *doubled,
					 uint32 *positions, double *sums)
{
	const ShapStep *step = table->steps + tree->step;
	const ShapGroup *group = table->groups + tree->group;
	const ShapSplit *split = table->splits + group->split;
	__m256i *position = (__m256i *) positions;
	uint32 index[SHAP_LANES] pg_attribute_aligned(32);
	float room[SHAP_LANES][SHAP_TABLE_BITS] pg_attribute_aligned(32);

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
		const float(*rows)[SHAP_TABLE_BITS];
		__m256i indexes = _mm256_and_si256(_mm256_loadu_si256(position + group->from),
										   _mm256_set1_epi32((1 << group->above) - 1));

		for (int i = 0; i < group->nsplits; i++, split++)
			indexes = _mm256_or_si256(
				indexes, _mm256_and_si256(goes_right(doubled, split->slot, split->threshold),
										  _mm256_set1_epi32(1 << (group->above + i))));
		if (group->nfeatures == 0)
			continue;
		_mm256_store_si256((__m256i *) index, indexes);
		if (likely(all_filled(table->filled[group - table->groups], indexes)))
			rows = (const float(*)[SHAP_TABLE_BITS]) table->rows + group->first;
		else
		{
			for (uint32 lane = 0; lane < SHAP_LANES; lane++)
			{
				const float *row = shap_row(table, group, index[lane], room[lane]);

				if (row != room[lane])
					memcpy(room[lane], row, SHAP_ROW_SIZE);
				index[lane] = lane;
			}
			rows = (const float(*)[SHAP_TABLE_BITS]) room;
		}
		add_half(group, rows, index, 0, sums);
		if (group->nfeatures > 4)
			add_half(group, rows, index, 4, sums);
	}
}

/* ---- quadrature ---- */

/* How a feature stands on the path at hand; a lane of on is all ones where the row passes its
 * splits */
typedef struct Standing
{
	double zero;
	const double *inverse;
	const double *gain;
	__m256i on[2];
} Standing;

typedef struct Walk
{
	const ShapTable *table;
	const ShapQuadrature *quadrature;
	const float *doubled;
	double *sums;
	Standing *standing; /* by feature */
	double *room;       /* for each level below: 3 scalars and 2 * SHAP_LANES numbers a point */
} Walk;

/*
 * One of two numbers in each lane
 */
AVX2 static inline __m256d
either(__m256d choice, double yes, double no)
{
	return _mm256_blendv_pd(_mm256_set1_pd(no), _mm256_set1_pd(yes), choice);
}

/*
 * Account for a node's subtree in eight rows. What depends on the path alone is worked out once for
 * all; lanes choose by whether their rows passed the feature's splits above and pass this one.
 */
AVX2 static void
follow(Walk *walk, int node, const double *product, double *sums)
{
	const ShapQuadrature *quadrature = walk->quadrature;
	const Forest *forest = walk->table->forest;
	int n = quadrature->n;
	int feature = (int) shap_feature(forest, node);
	Standing above = walk->standing[feature];
	double *inverse = walk->room;
	double *gain = inverse + n;
	double *child_product = gain + n;
	double *child_sums = child_product + n * SHAP_LANES;
	__m256i right[2];

	if (shap_is_leaf(forest, node))
	{
		__m256d value = _mm256_set1_pd(forest->values[node]);

		for (int q = 0; q < n; q++)
			for (int l = q * SHAP_LANES; l < (q + 1) * SHAP_LANES; l += 4)
				_mm256_storeu_pd(sums + l,
								 _mm256_mul_pd(_mm256_mul_pd(value, _mm256_loadu_pd(product + l)),
											   _mm256_set1_pd(quadrature->weights[q])));
		return;
	}

	right[0] = goes_right(walk->doubled, shap_slot(forest, node), shap_threshold(forest, node));
	right[1] = _mm256_cvtepi32_epi64(_mm256_extracti128_si256(right[0], 1));
	right[0] = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(right[0]));
	memset(sums, 0, sizeof(double) * n * SHAP_LANES);
	walk->room = child_sums + n * SHAP_LANES;
	for (int side = 0; side < 2; side++)
	{
		int child = shap_left(forest, node) + side;
		double share = shap_share(forest, node, child);
		double zero = above.zero * share;
		Standing here = {.zero = zero, .inverse = inverse, .gain = gain};
		__m256d sum[2] = {_mm256_setzero_pd(), _mm256_setzero_pd()};

		if (!walk->table->deep[child])
			continue;
		for (int half = 0; half < 2; half++)
			here.on[half] = side ? _mm256_and_si256(above.on[half], right[half])
								 : _mm256_andnot_si256(right[half], above.on[half]);
		for (int q = 0; q < n; q++)
		{
			double factor = zero * quadrature->rest[q] + quadrature->points[q];
			double taken = factor * above.inverse[q];
			double missed = zero * quadrature->rest[q] * above.inverse[q];

			inverse[q] = 1 / factor;
			gain[q] = (1 - zero) * inverse[q];
			for (int half = 0; half < 2; half++)
			{
				int l = q * SHAP_LANES + half * 4;
				__m256d ratio = either(_mm256_castsi256_pd(here.on[half]), taken, missed);

				ratio = _mm256_blendv_pd(_mm256_set1_pd(share), ratio,
										 _mm256_castsi256_pd(above.on[half]));
				_mm256_storeu_pd(child_product + l,
								 _mm256_mul_pd(_mm256_loadu_pd(product + l), ratio));
			}
		}
		walk->standing[feature] = here;
		follow(walk, child, child_product, child_sums);
		for (int q = 0; q < n; q++)
			for (int half = 0; half < 2; half++)
			{
				int l = q * SHAP_LANES + half * 4;
				__m256d part = _mm256_loadu_pd(child_sums + l);
				__m256d change = either(_mm256_castsi256_pd(here.on[half]), gain[q] - above.gain[q],
										quadrature->miss[q] - above.gain[q]);

				_mm256_storeu_pd(sums + l, _mm256_add_pd(_mm256_loadu_pd(sums + l), part));
				sum[half] = _mm256_add_pd(sum[half], _mm256_mul_pd(part, change));
			}
		for (int half = 0; half < 2; half++)
		{
			double *to = walk->sums + (Size) feature * SHAP_LANES + half * 4;

			/* rows that have missed the feature above gain nothing here */
			sum[half] = _mm256_and_pd(sum[half], _mm256_castsi256_pd(above.on[half]));
			_mm256_storeu_pd(to, _mm256_add_pd(_mm256_loadu_pd(to), sum[half]));
		}
	}
	walk->room = inverse;
	walk->standing[feature] = above;
}

AVX2 void
jorge_shap_follow_block(const ShapTable *table, const float *doubled, double *sums)
{
	const Forest *forest = table->forest;
	const ShapQuadrature *quadrature = table->quadrature;
	Size n = quadrature->n;
	Walk walk = {.table = table, .quadrature = quadrature, .doubled = doubled, .sums = sums};
	Size level = n * (2 + 2 * SHAP_LANES);
	double *arrays = palloc(sizeof(double) * (2 * n * SHAP_LANES + level * (forest->depth + 1)));
	char *block = palloc(sizeof(Standing) * forest->features + sizeof(__m256i));
	double *product = arrays;

	walk.room = arrays + 2 * n * SHAP_LANES; /* at most 256 points and 512 levels */
	walk.standing = (Standing *) TYPEALIGN(sizeof(__m256i), block);
	for (int f = 0; f < forest->features; f++)
		walk.standing[f] = (Standing){
			1, quadrature->ones, quadrature->zeros, {_mm256_set1_epi32(-1), _mm256_set1_epi32(-1)}};
	for (int i = 0; i < n * SHAP_LANES; i++)
		product[i] = 1;
	for (int t = 0; t < forest->ntrees; t++)
	{
		int root = (int) forest->trees[t].root;

		CHECK_FOR_INTERRUPTS();
		if (table->deep[root])
			follow(&walk, root, product, product + n * SHAP_LANES);
	}
	pfree(block);
	pfree(arrays);
}

#else

void
jorge_shap_add_block(const ShapTable *table, const ShapTree *tree, const float *doubled,
					 uint32 *positions, double *sums)
{
	pg_unreachable();
}

void
jorge_shap_follow_block(const ShapTable *table, const float *doubled, double *sums)
{
	pg_unreachable();
}

#endif
