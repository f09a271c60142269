/*
 * textmodel.h: a linear model over the n-grams of a message, as an immutable SQL value.
 *
 * Vocabulary: a term is a bucket that n-grams of a message hash into, with its value; a column is
 * what has a weight: the buckets, and after them the elements of an embedding made elsewhere; a
 * jorge.text_model value is a fixed header (with a content hash), ascending columns with their
 * weights, and attributes as JSON; a TextModel is its unfolded form, kept by the backend.
 *
 * Format 1, all of it part of what a model means:
 *
 *   text        what jorge_text_open() leaves of the message: no protected span, no case, no accent;
 *               words, numbers with every digit as 0, links and e-mail addresses as one word each,
 *               emoji; no punctuation. The first NGRAM_WORDS_MAX of them, NGRAM_CHARS_MAX characters
 *               of each.
 *   n-grams     words and pairs of neighbouring words; and of each word of letters, with a space put
 *               before and after it, all runs of 3, 4 and 5 characters.
 *   buckets     2^bits. FNV-1a of 64 bits over the n-gram's bytes, begun with the hash seed, then
 *               MurmurHash3's finaliser; words and pairs in the lower half of the buckets, runs in
 *               the upper one.
 *   values      1 + ln(times the bucket was hit); then words and pairs on the one hand, runs on the
 *               other, each brought to Euclidean length 1. An embedding too.
 *   margin      base + sum of weight * value, in log-odds.
 */
#ifndef JORGE_TEXTMODEL_H
#define JORGE_TEXTMODEL_H

#include "fmgr.h"

#define NGRAM_WORDS_MAX 4096
#define NGRAM_CHARS_MAX 40

#define TEXT_MODEL_BITS_MIN 8
#define TEXT_MODEL_BITS_MAX 22
#define TEXT_MODEL_EMBEDDING_MAX 16384
#define TEXT_MODEL_ATTRIBUTES_MAX (1024 * 1024)

/* First half of the SHA-256 of the binary form */
#define TEXT_MODEL_HASH_LENGTH 16

typedef struct TextTerm
{
	uint32 bucket;
	uint32 count;
	float value;
} TextTerm;

/* An n-gram where it stands: which word, and whether that begins a pair */
typedef struct TextHit
{
	uint32 term; /* place in terms[] */
	uint32 word : 31;
	uint32 pair : 1;
} TextHit;

typedef struct TextTerms
{
	int n;
	TextTerm *terms; /* in order of first appearance */
	int hits;
	TextHit *hit;
	int words;
	char *spelled; /* the words as hashed, each ended by NUL */
	int language; /* TextLanguage */
} TextTerms;

/* Terms of a message; palloc'd, to be freed by jorge_text_terms_free(). */
extern void jorge_text_terms(const char *message, size_t length, int bits, uint32 seed,
							 TextTerms *terms);
extern void jorge_text_terms_free(TextTerms *terms);

/* Factor that brings an embedding to length 1; 0 if it has none. ERROR 22003 unless it is finite. */
extern double jorge_text_embedding_scale(const float *embedding, int n);

/* What a model is made of */
typedef struct TextModelParts
{
	int bits;
	uint32 seed;
	int lexicon;   /* JORGE_LEXICON_VERSION it was trained with */
	int embedding; /* elements, 0 = none */
	double base;
	int weights;
	const uint32 *column; /* ascending, below 2^bits + embedding */
	const float *weight;  /* finite, not 0 */
	const char *attributes; /* a JSON object, in UTF8 */
	int attributes_length;
} TextModelParts;

/* Validated jorge.text_model value; errors in parts carry sqlstate. */
extern Datum jorge_text_model_make(const TextModelParts *parts, int sqlstate);

typedef struct TextModel
{
	uint8 hash[TEXT_MODEL_HASH_LENGTH];
	int bits;
	uint32 seed;
	int lexicon;
	int embedding;
	int weights; /* not 0 */
	double base;
	float *weight; /* by column */
	char *attributes;
} TextModel;

/*
 * Model behind a jorge.text_model Datum, which may be toasted. Kept by the backend; good until the
 * next call of this function. The second form keeps its account of toast pointers in fn_extra.
 */
extern const TextModel *jorge_text_model_from_datum(Datum value);
extern const TextModel *jorge_text_model_arg(FunctionCallInfo fcinfo, int argno);

/*
 * Margin of a message, either part NULL if there is none. heard tells whether there was anything to
 * go by: false means the margin is the base.
 */
extern double jorge_text_model_margin(const TextModel *model, const char *message, size_t length,
									  const float *embedding, bool *heard);

#endif
