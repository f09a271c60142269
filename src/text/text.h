/*
 * text.h: what a message says, found in one linear pass.
 *
 * A message is cut into tokens; tokens that lie in a protected span (family, religion, disability, origin,
 * job, ...) are taken out before anything is counted or matched, so deleting or changing such a span
 * changes no signal but the two that are kept apart for it. English and Spanish.
 *
 * Words, weights and spans are one versioned table (lexicon.c), shown as the view jorge.lexicon. An owner's
 * additions (jorge.lexicon_extra) reach the scanner as a TextLexicon.
 */
#ifndef JORGE_TEXT_H
#define JORGE_TEXT_H

/* Version of the words and rules. Bump on any change that can alter a signal of some message. */
#define JORGE_LEXICON_VERSION 2

typedef enum TextFinancing
{
	FINANCING_UNKNOWN = 0,
	FINANCING_MENTIONED,	 /* talks of a loan or mortgage, state unclear */
	FINANCING_NEEDS_LENDER,
	FINANCING_SELLS_FIRST,
	FINANCING_PREQUALIFIED,
	FINANCING_PREAPPROVED,
	FINANCING_CASH
} TextFinancing;

typedef enum TextIntent
{
	INTENT_UNKNOWN = 0,
	INTENT_BROWSE,
	INTENT_RENT,
	INTENT_BUY,
	INTENT_SELL,
	INTENT_BOTH,
	INTENT_STOP /* wants no further contact */
} TextIntent;

/* Objection categories; bit i of TextSignals.objections */
typedef enum TextObjection
{
	OBJECTION_PRICE = 0,
	OBJECTION_TIMING,
	OBJECTION_FINANCING,
	OBJECTION_LOCATION,
	OBJECTION_CONDITION,
	OBJECTION_AGENT, /* already represented, or distrusts agents */
	OBJECTION_COMMISSION,
	OBJECTION_PARTNER, /* must ask somebody else first */
	TEXT_OBJECTIONS
} TextObjection;

typedef enum TextLanguage
{
	LANGUAGE_UNKNOWN = 0,
	LANGUAGE_ENGLISH,
	LANGUAGE_SPANISH
} TextLanguage;

/* What one message says. NAN = not said. */
typedef struct TextSignals
{
	int length;			   /* characters other than white space */
	int words;
	int question_marks;
	int questions;		   /* sentences that ask, with or without the mark */
	int exclamation_marks;
	float sentiment;	   /* -1 ... 1, 0 = neutral */

	double budget_min;	   /* US dollars; equal to budget_max for a single figure; -inf/inf never occur: */
	double budget_max;	   /* "under 400k" is min NAN, max 400000; "from 300k" is max NAN */
	float budget_specificity; /* 1 one exact figure ... 0 "flexible"; NAN no budget talk */
	bool price_range;	   /* two bounds were given */

	float timeline_urgency;	 /* 0 no rush ... 1 now */
	float timeline_days;	 /* days until the wished move, as said */
	TextFinancing financing;
	float financing_readiness; /* 0 ... 1 (cash) */
	TextIntent intent;
	float intent_strength;	   /* 0 ... 1: how much the message asks to act (a visit, an offer, a call) */
	unsigned objections;	   /* bit set of TextObjection */
	float location_specificity; /* 0 none ... 1 street address */
	float experience;		   /* 1 has bought or sold before, 0 first time */
	TextLanguage language;

	/* protected: read from protected spans only, never counted in anything above */
	float job_stability;	   /* 0 ... 1 */
	float family_size;		   /* persons mentioned */
} TextSignals;

typedef struct TextLexicon TextLexicon;

/*
 * TextScan a message of length bytes in the server encoding UTF8. lexicon NULL = the built-in words only.
 * Allocates in the current memory context (about 24 bytes a token), frees before it returns.
 */
extern void jorge_text_scan(const char *message, size_t length, const TextLexicon *lexicon,
							TextSignals *signals);

/* Set all signals to "nothing said". */
extern void jorge_text_clear(TextSignals *signals);

/* An owner's addition; the same fields as a row of jorge.lexicon_extra */
typedef struct TextAddition
{
	const char *phrase;	  /* one or more words, any case */
	const char *signal;	  /* a signal name of jorge.lexicon, e.g. "sentiment", "timeline_urgency" */
	double weight;
} TextAddition;

/* Compile the built-in words with an owner's additions, in mcxt. ERROR 22023 names a bad addition. */
extern TextLexicon *jorge_text_lexicon(MemoryContext mcxt, const TextAddition *additions, int n);

extern const char *jorge_text_intent_name(TextIntent intent);
extern const char *jorge_text_financing_name(TextFinancing financing);
extern const char *jorge_text_objection_name(TextObjection objection);

#endif
