/*
 * scan.h: the tokens of a message and the state of a scan, shared by the files of this folder.
 */
#ifndef JORGE_TEXT_SCAN_H
#define JORGE_TEXT_SCAN_H

#include "text/fold.h"
#include "text/lexicon.h"

typedef enum TokenKind
{
	TOKEN_WORD,
	TOKEN_NUMBER, /* digits with their separators: "1,200.50" */
	TOKEN_MARK,	  /* a run of one punctuation mark */
	TOKEN_SYMBOL, /* emoji and the like */
	TOKEN_LINK	  /* URL or e-mail address, whole */
} TokenKind;

#define TOKEN_SPACED 0x01	  /* white space stands before it */
#define TOKEN_CAPITAL 0x02
#define TOKEN_PROTECTED 0x04  /* marked to be taken out */
#define TOKEN_DROPPED 0x08	  /* punctuation or "and" left over: counts for nothing */
#define TOKEN_SHORTENING 0x10 /* the dot of "sq.": ends no sentence */

typedef struct Token
{
	uint32 offset; /* in the message, bytes */
	uint32 length;
	uint32 chars;
	uint32 word; /* index in the lexicon, WORD_NONE if unknown */
	uint8 kind;
	char mark; /* of TOKEN_MARK */
	uint8 flags;
	uint8 newlines; /* line breaks before it, at most 2 are told apart */
} Token;

/* Tokens that need no allocation: a message of some 600 characters */
#define TOKENS_AT_HAND 160

/* Bytes of a message that are read; what follows is as if it were not there. */
#define TEXT_BYTES_MAX (4 * 1024 * 1024)

typedef struct Amount
{
	double low, high; /* equal for one figure */
	bool range;
	bool has_low, has_high;
	bool about;
	bool bare;	   /* digits alone, taken as thousands or millions by their context */
	bool budgeted; /* a word like "budget" or a bound stands by it */
	int sentence;
} Amount;

typedef struct Household
{
	bool said;
	bool partner;
	bool group;
	int stated; /* "family of five" */
	int children;
	int others;
} Household;

typedef struct TextScan
{
	const unsigned char *message;
	const TextLexicon *lexicon;
	TextSignals *out;

	Token *tokens;
	int n;
	int room;
	Token at_hand[TOKENS_AT_HAND];

	bool *removed; /* a flag for each byte of the message, NULL if nobody asks */
	Household household;

	/* the pass over what is left */
	int sentence; /* number of the current one */
	int negated_until;
	int strong_until;
	int budget_at, bound_at, about_at, other_at; /* token after the last such words, -1 = none */
	Signal bound;
	bool housing;
	bool said_rent;
	Amount budget;
	bool has_budget;
	bool vague_budget;
	bool soft_budget; /* "flexible": says something of a figure only */
	int budget_end; /* token after the last accepted amount */
	bool budget_millions;
	double sentiment;
	double visit_days, days, urgency;
	float intent[INTENT_STOP + 1];
	double strength_left; /* product of 1 - weight */
	int said_tokens; /* tokens of phrases that stand for STOP */
} TextScan;

/* scan.c */
extern void jorge_text_scan_marking(const char *message, size_t length, const TextLexicon *lexicon,
									TextSignals *signals, bool *removed);

/*
 * The tokens of a message that are not protected, and its language, without looking for signals.
 * removed as above, NULL if nobody asks; jorge_text_close() when done.
 */
extern void jorge_text_open(TextScan *scan, const char *message, size_t length,
							const TextLexicon *lexicon, TextSignals *signals, bool *removed);
extern void jorge_text_close(TextScan *scan);

/* token.c */
extern void jorge_text_tokenise(TextScan *scan, size_t length);

/* protect.c */
extern void jorge_text_protect(TextScan *scan);

/* match.c */
extern uint32 jorge_text_match(const TextScan *scan, TrieRoot root, int at, int *end);
extern bool jorge_text_clause_ends(const TextScan *scan, int at);

/* amount.c; each returns the token to go on with, at if it is none of its business */
extern int jorge_text_amount(TextScan *scan, int at);
extern void jorge_text_bound_after(TextScan *scan, Signal bound, int start, int end);
extern void jorge_text_budget_finish(TextScan *scan);

/* number.c */
typedef struct Number
{
	double value;
	int end;	/* token after it and its unit */
	int digits; /* before the decimal point, of plain digits */
	bool words; /* written in words */
	bool money; /* a dollar sign or word stands by it */
	bool foreign;
	bool negative;
	bool unit;	  /* thousand or million was said */
	bool grouped; /* "450,000" */
	bool fraction;
	bool broken; /* no number: "12.34.56" */
	double scale;
} Number;
extern bool jorge_text_number(const TextScan *scan, int at, Number *number);
extern double jorge_text_small_number(const TextScan *scan, int at);

/* timeline.c */
extern float jorge_text_urgency(double days);
extern int jorge_text_timespan(TextScan *scan, int at);
extern int jorge_text_lone_time(TextScan *scan, int at);

/* place.c */
extern int jorge_text_place(TextScan *scan, int at);
extern void jorge_text_place_after(TextScan *scan, int at);

/* Classes of token i, 0 beyond the ends and for what is no known word */
static inline uint64
scan_classes(const TextScan *scan, int i)
{
	if (i < 0 || i >= scan->n)
		return 0;
	return scan->lexicon->words[scan->tokens[i].word].classes;
}

static inline double
scan_value(const TextScan *scan, int i)
{
	return scan->lexicon->words[scan->tokens[i].word].value;
}

static inline bool
scan_is_mark(const TextScan *scan, int i, char mark)
{
	return i >= 0 && i < scan->n && scan->tokens[i].kind == TOKEN_MARK &&
		   scan->tokens[i].mark == mark;
}

static inline bool
scan_is_number(const TextScan *scan, int i)
{
	return i >= 0 && i < scan->n && scan->tokens[i].kind == TOKEN_NUMBER;
}

/* Does token i stand right after the one before it? */
static inline bool
scan_glued(const TextScan *scan, int i)
{
	return i > 0 && i < scan->n && (scan->tokens[i].flags & TOKEN_SPACED) == 0 &&
		   scan->tokens[i].newlines == 0;
}

/*
 * Does a line break before the token end a sentence? A single one within running text (a wrapped line)
 * does not.
 */
static inline bool
token_breaks(const Token *token)
{
	return token->newlines >= 2 ||
		   (token->newlines == 1 &&
			(token->kind != TOKEN_WORD || (token->flags & TOKEN_CAPITAL) != 0));
}

static inline bool
token_ends_sentence(const Token *token)
{
	return token->kind == TOKEN_MARK && (token->flags & TOKEN_SHORTENING) == 0 &&
		   (token->mark == '.' || token->mark == '!' || token->mark == '?');
}

/* Punctuation that parts clauses */
static inline bool
token_pauses(const Token *token)
{
	return token->kind == TOKEN_MARK &&
		   (token->mark == ',' || token->mark == ';' || token->mark == ':' ||
			token->mark == MARK_DASH || token->mark == '(' || token->mark == ')' ||
			token->mark == MARK_OPEN_QUESTION || token->mark == MARK_OPEN_EXCLAMATION ||
			(token->mark == MARK_HYPHEN && (token->flags & TOKEN_SPACED) != 0));
}

#endif
