/*
 * ngram.c: the n-grams of a message, hashed, counted and scaled.
 *
 * Everything below is part of format 1 (textmodel.h): a change that alters a term of some message
 * needs another format.
 */
#include "core/jorge.h"

#include "text/scan.h"
#include "textmodel/textmodel.h"

#include "lib/stringinfo.h"

/* Runs of characters: shortest and longest */
#define RUN_MIN 3
#define RUN_MAX 5
#define RUNS (RUN_MAX - RUN_MIN + 1)

/* Most hits that a word makes, and room for them to begin with */
#define WORD_HITS (2 + RUNS * (NGRAM_CHARS_MAX + 2))
#define HITS_AT_FIRST 1024

/* Bytes of a folded word: NGRAM_CHARS_MAX characters of at most 4 bytes and a space on each side */
#define WORD_BYTES (NGRAM_CHARS_MAX * 4 + 2)

/* Logarithms at hand */
#define LOGARITHMS 64

typedef struct NgramWord
{
	int chars;					 /* the spaces included */
	int start[NGRAM_CHARS_MAX + 3]; /* byte at which each character starts, and the end */
	unsigned char bytes[WORD_BYTES];
	bool letters; /* has runs */
} NgramWord;

static inline uint64
hash_byte(uint64 hash, unsigned char byte)
{
	return (hash ^ byte) * UINT64CONST(0x100000001B3);
}

static inline uint64
hash_bytes_from(uint64 hash, const unsigned char *bytes, int n)
{
	for (int i = 0; i < n; i++)
		hash = hash_byte(hash, bytes[i]);
	return hash;
}

/* Bucket within a half, of bits - 1 bits */
static inline uint32
bucket_of(uint64 hash, int bits)
{
	hash ^= hash >> 33;
	hash *= UINT64CONST(0xFF51AFD7ED558CCD);
	hash ^= hash >> 33;
	hash *= UINT64CONST(0xC4CEB9FE1A85EC53);
	hash ^= hash >> 33;
	return (uint32) (hash & ((UINT64CONST(1) << (bits - 1)) - 1));
}

static inline void
add_char(NgramWord *word, const void *bytes, int n)
{
	memcpy(word->bytes + word->start[word->chars], bytes, n);
	word->start[word->chars + 1] = word->start[word->chars] + n;
	word->chars++;
}

/*
 * Fold a token into a word; returns false if it is none
 */
static bool
read_word(const TextScan *scan, const Token *token, NgramWord *word)
{
	const unsigned char *s = scan->message + token->offset;
	size_t left = token->length;

	word->chars = 0;
	word->start[0] = 0;
	word->letters = token->kind == TOKEN_WORD;
	if (token->kind == TOKEN_MARK || (token->kind == TOKEN_SYMBOL && token->length < 2))
		return false;
	add_char(word, " ", 1);
	if (token->kind == TOKEN_LINK)
	{
		add_char(word, "@", 1);
		left = 0;
	}
	while (left > 0 && word->chars <= NGRAM_CHARS_MAX)
	{
		FoldedChar c;

		jorge_fold_char(s, left, &c);
		if (c.kind == CHAR_DIGIT)
			add_char(word, "0", 1);
		else if (c.kind != CHAR_IGNORED && c.kind != CHAR_SPACE && c.kind != CHAR_NEWLINE)
			add_char(word, c.folded, c.length);
		s += c.bytes;
		left -= c.bytes;
	}
	add_char(word, " ", 1);
	return word->chars > 2;
}

/* Make room for the hits of one more word */
static void
make_room(TextTerms *terms, Size *room)
{
	if (terms->hits + WORD_HITS <= *room)
		return;
	*room *= 2;
	terms->hit = repalloc(terms->hit, mul_size(sizeof(TextHit), *room));
}

/*
 * Note the n-grams that end with a word: itself, the pair with the word before, its runs
 */
static int
hit_word(const NgramWord *word, uint64 begin, uint64 before, int bits, int number, TextHit *hit)
{
	const unsigned char *inner = word->bytes + 1;
	int length = word->start[word->chars] - 2;
	uint32 upper = UINT32_C(1) << (bits - 1);
	int n = 0;

	hit[n++] = (TextHit){bucket_of(hash_bytes_from(begin, inner, length), bits), number, false};
	if (number > 0)
		hit[n++] = (TextHit){bucket_of(hash_bytes_from(hash_byte(before, ' '), inner, length), bits),
							 number - 1, true};
	if (!word->letters)
		return n;
	for (int i = 0; i + RUN_MIN <= word->chars; i++)
	{
		int end = i + RUN_MIN;
		uint64 hash = hash_bytes_from(begin, word->bytes + word->start[i],
									  word->start[end] - word->start[i]);

		hit[n++] = (TextHit){upper | bucket_of(hash, bits), number, false};
		for (; end < i + RUN_MAX && end < word->chars; end++)
		{
			hash = hash_bytes_from(hash, word->bytes + word->start[end],
								   word->start[end + 1] - word->start[end]);
			hit[n++] = (TextHit){upper | bucket_of(hash, bits), number, false};
		}
	}
	return n;
}

/*
 * Count the hits, which hold buckets until now, in order of first appearance
 */
static void
count_hits(TextTerms *terms)
{
	uint32 slots = 16;
	int *slot;

	while (slots < 2 * (uint32) terms->hits)
		slots *= 2;
	slot = palloc0(mul_size(sizeof(int), slots)); /* number of the term + 1 */
	terms->terms = palloc(mul_size(sizeof(TextTerm), Max(terms->hits, 1)));
	for (int i = 0; i < terms->hits; i++)
	{
		uint32 bucket = terms->hit[i].term;
		uint32 at = (bucket * UINT32_C(0x9E3779B1)) & (slots - 1);

		while (slot[at] != 0 && terms->terms[slot[at] - 1].bucket != bucket)
			at = (at + 1) & (slots - 1);
		if (slot[at] != 0)
			terms->terms[slot[at] - 1].count++;
		else
		{
			terms->terms[terms->n] = (TextTerm){.bucket = bucket, .count = 1};
			slot[at] = ++terms->n;
		}
		terms->hit[i].term = slot[at] - 1;
	}
	pfree(slot);
}

/*
 * Give the terms their values
 */
static void
scale_terms(TextTerms *terms, int bits)
{
	static double logarithm[LOGARITHMS];
	double squares[2] = {0, 0};
	double scale[2];

	if (logarithm[1] == 0)
		for (int i = 1; i < LOGARITHMS; i++)
			logarithm[i] = 1 + log(i);
	for (int i = 0; i < terms->n; i++)
	{
		TextTerm *term = &terms->terms[i];
		double value = term->count < LOGARITHMS ? logarithm[term->count] : 1 + log(term->count);

		term->value = (float) value;
		squares[term->bucket >> (bits - 1)] += value * value;
	}
	for (int half = 0; half < 2; half++)
		scale[half] = squares[half] > 0 ? 1 / sqrt(squares[half]) : 0;
	for (int i = 0; i < terms->n; i++)
		terms->terms[i].value *= scale[terms->terms[i].bucket >> (bits - 1)];
}

void
jorge_text_terms(const char *message, size_t length, int bits, uint32 seed, TextTerms *terms)
{
	uint64 begin = hash_bytes_from(UINT64CONST(0xCBF29CE484222325),
								   (unsigned char[]){seed & 0xFF, seed >> 8 & 0xFF,
													 seed >> 16 & 0xFF, seed >> 24 & 0xFF},
								   4);
	uint64 before = begin;
	Size room = HITS_AT_FIRST;
	StringInfoData spelled;
	TextSignals signals;
	TextScan scan;
	NgramWord word;

	initStringInfo(&spelled);
	memset(terms, 0, sizeof(*terms));
	jorge_text_open(&scan, message, length, NULL, &signals, NULL);
	terms->language = signals.language;
	terms->hit = palloc(sizeof(TextHit) * room);
	for (int i = 0; i < scan.n && terms->words < NGRAM_WORDS_MAX; i++)
	{
		if ((i & 0xFFF) == 0xFFF)
			CHECK_FOR_INTERRUPTS();
		if (!read_word(&scan, &scan.tokens[i], &word))
			continue;
		make_room(terms, &room);
		terms->hits += hit_word(&word, begin, before, bits, terms->words, terms->hit + terms->hits);
		before = hash_bytes_from(begin, word.bytes + 1, word.start[word.chars] - 2);
		appendBinaryStringInfo(&spelled, (char *) word.bytes + 1, word.start[word.chars] - 2);
		appendStringInfoChar(&spelled, '\0');
		terms->words++;
	}
	jorge_text_close(&scan);
	terms->spelled = spelled.data;
	count_hits(terms);
	scale_terms(terms, bits);
}

void
jorge_text_terms_free(TextTerms *terms)
{
	pfree(terms->terms);
	pfree(terms->hit);
	pfree(terms->spelled);
}

double
jorge_text_embedding_scale(const float *embedding, int n)
{
	double squares = 0;

	for (int i = 0; i < n; i++)
		squares += (double) embedding[i] * embedding[i];
	if (!isfinite(squares))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("an embedding has an element that is not finite"),
						errhint("Pass NULL where there is no embedding.")));
	return squares > 0 ? 1 / sqrt(squares) : 0;
}
