/*
 * random.c: random numbers that are the same on every machine.
 *
 * splitmix64 (Steele, Lea, Flood 2014) started from (seed, row, stream). Only integer arithmetic
 * and IEEE additions, multiplications and divisions are used; exp and log are our own for that
 * reason.
 */
#include "core/jorge.h"

#include "synthetic/synthetic.h"

#define GOLDEN UINT64CONST(0x9E3779B97F4A7C15)

/*
 * Scramble 64 bits one to one (the finaliser of splitmix64)
 */
static inline uint64
scramble(uint64 z)
{
	z = (z ^ (z >> 30)) * UINT64CONST(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/*
 * Start the stream of a row
 */
void
jorge_synth_random_init(SynthRandom *random, uint64 seed, uint64 row, SynthStream stream)
{
	random->state = scramble(scramble(seed + GOLDEN) ^ scramble(row * 8 + stream));
}

uint64
jorge_synth_random_next(SynthRandom *random)
{
	random->state += GOLDEN;
	return scramble(random->state);
}

double
jorge_synth_uniform(SynthRandom *random)
{
	return (double) (jorge_synth_random_next(random) >> 11) * (1.0 / 9007199254740992.0);
}

int
jorge_synth_below(SynthRandom *random, int n)
{
	return (int) (((jorge_synth_random_next(random) >> 32) * (uint64) n) >> 32);
}

bool
jorge_synth_chance(SynthRandom *random, double p)
{
	return jorge_synth_uniform(random) < p;
}

/*
 * Normal deviate as a sum of twelve uniforms: exact arithmetic, and tails that end at 6
 */
double
jorge_synth_normal(SynthRandom *random)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += jorge_synth_uniform(random);
	return sum;
}

/*
 * Choose an index with probability proportional to its weight
 */
int
jorge_synth_weighted(SynthRandom *random, const int *weights, int n)
{
	int total = 0;
	int at;

	for (int i = 0; i < n; i++)
		total += weights[i];
	at = jorge_synth_below(random, total);
	for (int i = 0; i < n - 1; i++)
	{
		if (at < weights[i])
			return i;
		at -= weights[i];
	}
	return n - 1;
}

/*
 * e^x by its series after halving the argument below 2^-6; relative error about 1e-14
 */
double
jorge_synth_exp(double x)
{
	double power = 1;
	double sum = 1;
	int halvings = 0;

	if (x < -700)
		return 0;
	x = Min(x, 700);
	while (x > 0.015625 || x < -0.015625)
	{
		x *= 0.5;
		halvings++;
	}
	for (int i = 1; i <= 8; i++)
	{
		power *= x / i;
		sum += power;
	}
	while (halvings-- > 0)
		sum *= sum;
	return sum;
}

/*
 * Natural logarithm of x > 0 by the series of atanh, after scaling x into 0.7 ... 1.4
 */
double
jorge_synth_log(double x)
{
	double result = 0;
	double y;
	double square;
	double power;

	Assert(x > 0);
	while (x > 1.4142135623730951)
	{
		x *= 0.5;
		result += 0.69314718055994531;
	}
	while (x < 0.70710678118654752)
	{
		x *= 2;
		result -= 0.69314718055994531;
	}
	y = (x - 1) / (x + 1);
	square = y * y;
	power = y;
	for (int i = 1; i <= 21; i += 2)
	{
		result += 2 * power / i;
		power *= square;
	}
	return result;
}

uint64
jorge_synth_hash(uint64 seed, uint64 value)
{
	return scramble(scramble(seed ^ GOLDEN) + value);
}

/*
 * Map 0 ... size-1 onto itself: a Feistel network of 24 bits, walked until it falls below size
 */
uint32
jorge_synth_permute(uint64 seed, uint32 value, uint32 size)
{
	Assert(size <= (1 << 24) && value < size);
	do
	{
		uint32 left = value >> 12;
		uint32 right = value & 0xFFF;

		for (int round = 0; round < 4; round++)
		{
			uint32 mixed = left ^ (uint32) (jorge_synth_hash(seed + round, right) & 0xFFF);

			left = right;
			right = mixed;
		}
		value = left << 12 | right;
	} while (value >= size);
	return value;
}
