/*
 * lexicon.h: the words and phrases of the scanner, as written and as compiled.
 *
 * Written: groups of phrases that share language, signal and weight; classes of words that code asks
 * for; other spellings of a word. Compiled: a table of words and, on top of it, hash tries of phrases.
 */
#ifndef JORGE_TEXT_LEXICON_H
#define JORGE_TEXT_LEXICON_H

#include "text/text.h"

/* What a phrase says. Names and meanings are in names.c; a name shown is never changed. */
typedef enum Signal
{
	SIGNAL_NONE, /* says nothing: keeps the shorter phrases in it from being seen */
	SIGNAL_SENTIMENT,
	SIGNAL_TIMELINE_DAYS,
	SIGNAL_TIMELINE_URGENCY,
	SIGNAL_VISIT_DAYS,
	SIGNAL_FINANCING,
	SIGNAL_INTENT_BROWSE,
	SIGNAL_INTENT_RENT,
	SIGNAL_INTENT_BUY,
	SIGNAL_INTENT_SELL,
	SIGNAL_INTENT_STOP,
	SIGNAL_STOP_MESSAGE, /* INTENT_STOP where it is the whole message */
	SIGNAL_STRENGTH,
	SIGNAL_OBJECTION, /* and the TEXT_OBJECTIONS - 1 after it */
	SIGNAL_LOCATION = SIGNAL_OBJECTION + TEXT_OBJECTIONS,
	SIGNAL_EXPERIENCE,
	SIGNAL_BUDGET,		 /* the amount near is one */
	SIGNAL_AMOUNT_MAX,	 /* bounds, before the amount or right after it */
	SIGNAL_AMOUNT_MIN,
	SIGNAL_AMOUNT_ABOUT,
	SIGNAL_AMOUNT_OTHER, /* the amount that follows is no budget */
	SIGNAL_BUDGET_VAGUE,
	SIGNAL_QUESTION, /* begins a question */

	/* protected spans: what is taken out, and what grows on it */
	SIGNAL_PROTECTED,		   /* the phrase alone */
	SIGNAL_PROTECTED_CHILD,	   /* persons, weight = how many if no count stands by */
	SIGNAL_PROTECTED_PARTNER,
	SIGNAL_PROTECTED_RELATIVE,
	SIGNAL_PROTECTED_HOUSEHOLD, /* holds the number of persons itself */
	SIGNAL_PROTECTED_THING,		/* things and places: wheelchair, church */
	SIGNAL_PROTECTED_STATE,		/* what a person is: married, deaf, Catholic */
	SIGNAL_PROTECTED_EXPECTING, /* a state that adds weight children */
	SIGNAL_PROTECTED_COUNTRY,	/* only after "from" */
	SIGNAL_PROTECTED_AGE,		/* years of age: only of a person */
	SIGNAL_PROTECTED_ROLE,		/* profession, only as what a person is; weight = stability */
	SIGNAL_PROTECTED_WORK,		/* works at ..., weight = stability */
	SIGNAL_PROTECTED_JOB,		/* job as a thing or a state, weight = stability */
	SIGNAL_TAIL_PERSON,			/* continues a span of persons: "on the way" */
	SIGNAL_TAIL_WORK,			/* continues a span of work: "full time" */
	SIGNAL_TAIL_YEARS,			/* likewise, with years */
	SIGNALS
} Signal;

/* How signals are taken from a phrase written in a group */
typedef struct PhraseGroup
{
	const char *language; /* en, es, or * for both */
	uint8 signal;
	float weight;
	/* Phrases apart by '|'. '#' stands for a number, a final '.' for the end of a clause. */
	const char *phrases;
} PhraseGroup;

typedef struct WordGroup
{
	uint64 classes;
	double value; /* of WORD_NUMBER, WORD_UNIT, WORD_TIME */
	const char *words;
} WordGroup;

typedef struct SpellingGroup
{
	const char *word; /* how it is known */
	const char *spellings;
} SpellingGroup;

/* Classes of words */
#define WORD_FILLER (UINT64CONST(1) << 0)	/* skipped inside phrases */
#define WORD_NEGATION (UINT64CONST(1) << 1) /* turns what follows */
#define WORD_FUNCTION (UINT64CONST(1) << 2) /* may follow a bare amount */
#define WORD_ENGLISH (UINT64CONST(1) << 3)
#define WORD_SPANISH (UINT64CONST(1) << 4)
#define WORD_NUMBER (UINT64CONST(1) << 5)
#define WORD_UNIT (UINT64CONST(1) << 6)		 /* multiplies a number it is glued to: k, m */
#define WORD_MEASURE (UINT64CONST(1) << 7)	 /* what a number that is no price counts */
#define WORD_TIME (UINT64CONST(1) << 8)		 /* value in days */
#define WORD_PER (UINT64CONST(1) << 9)		 /* "a" month, "al" mes */
#define WORD_PERIODIC (UINT64CONST(1) << 10) /* monthly */
#define WORD_WITHIN (UINT64CONST(1) << 11)	 /* in, within: what follows is a distance in time */
#define WORD_PAST (UINT64CONST(1) << 12)	 /* for, since: it is not */
#define WORD_PAST_AFTER (UINT64CONST(1) << 30) /* ago, old: it was not */
#define WORD_LATER (UINT64CONST(1) << 13)	 /* from now, out */
#define WORD_STREET (UINT64CONST(1) << 14)
#define WORD_MAYBE_STREET (UINT64CONST(1) << 31) /* drive, way */
#define WORD_NUMBERED (UINT64CONST(1) << 15) /* unit, MLS: the number that follows is a name */
#define WORD_ABBREVIATION (UINT64CONST(1) << 16)
#define WORD_HOUSING (UINT64CONST(1) << 17)
#define WORD_JOIN (UINT64CONST(1) << 18)	/* and */
#define WORD_TO (UINT64CONST(1) << 19)		/* between the bounds of a range */
#define WORD_BETWEEN (UINT64CONST(1) << 20) /* before them */
#define WORD_NEAR (UINT64CONST(1) << 21)	/* before a place */
#define WORD_PLACE (UINT64CONST(1) << 22)	/* in: before a town */
#define WORD_DOWN (UINT64CONST(1) << 23)	/* right after an amount: no budget */
#define WORD_DOWN_LINK (UINT64CONST(1) << 24) /* words between the two */
#define WORD_DOLLAR (UINT64CONST(1) << 25)
#define WORD_GREETING (UINT64CONST(1) << 26)
#define WORD_STRONG (UINT64CONST(1) << 27) /* very */
#define WORD_TURN (UINT64CONST(1) << 28)   /* but: ends a negation */
#define WORD_CALLING (UINT64CONST(1) << 29) /* calle: Spanish puts the number after the name */

/* Words that a protected span takes in on its left */
#define WORD_SUBJECT (UINT64CONST(1) << 32)
#define WORD_BE (UINT64CONST(1) << 33)
#define WORD_HAVE (UINT64CONST(1) << 34)
#define WORD_GAIN (UINT64CONST(1) << 48)
#define WORD_LOWER (UINT64CONST(1) << 49) /* the low 400s */
#define WORD_MIDDLE (UINT64CONST(1) << 50)
#define WORD_UPPER (UINT64CONST(1) << 51)
#define WORD_LINK_START (UINT64CONST(1) << 52) /* www, http */
#define WORD_LINK_END (UINT64CONST(1) << 53)   /* com */
#define WORD_HELPER (UINT64CONST(1) << 35)
#define WORD_POSSESSIVE (UINT64CONST(1) << 36)
#define WORD_DETERMINER (UINT64CONST(1) << 37)
#define WORD_QUALITY (UINT64CONST(1) << 38)
#define WORD_ADVERB (UINT64CONST(1) << 39)
#define WORD_WITH (UINT64CONST(1) << 40)
#define WORD_FROM (UINT64CONST(1) << 41)
#define WORD_SELF (UINT64CONST(1) << 42) /* am, soy: a verb that holds its subject */
#define WORD_AGED (UINT64CONST(1) << 43) /* ages, under: before the ages of persons */
#define WORD_YEARS (UINT64CONST(1) << 44)
#define WORD_AT (UINT64CONST(1) << 45) /* before an employer, in any case */
#define WORD_EMPLOYED (UINT64CONST(1) << 47) /* before an employer with a capital */
#define WORD_GROUP (UINT64CONST(1) << 46) /* we, our: more persons than the writer */

/* Tries */
typedef enum TrieRoot
{
	TRIE_SAYS,
	TRIE_QUESTION,
	TRIE_PROTECTED,
	TRIE_TAIL,
	TRIES
} TrieRoot;

/* Words every lexicon has, by their index */
#define WORD_NONE 0
#define WORD_ANY_NUMBER 1
#define WORD_CLAUSE_END 2

typedef struct Word
{
	const char *text;
	uint32 hash;
	uint32 meant;		  /* index of the word it is a spelling of, else its own */
	uint32 start[TRIES]; /* node of the phrases that begin with it, 0 = none */
	uint64 classes;
	double value;
} Word;

typedef struct TrieNode
{
	uint32 says; /* index of its first Meaning, 0 = no phrase ends here */
	bool continues;
	bool may_end_clause;
} TrieNode;

typedef struct Meaning
{
	uint32 next;
	uint8 signal;
	float weight;
} Meaning;

typedef struct Edge
{
	uint32 node; /* 0 = free */
	uint32 word;
	uint32 child;
} Edge;

struct TextLexicon
{
	MemoryContext mcxt;
	Word *words;
	uint32 nwords, words_room;
	uint32 *slots; /* word by hash: index, 0 = free */
	uint32 slot_mask;
	TrieNode *nodes;
	uint32 nnodes, nodes_room;
	Edge *edges;
	uint32 nedges, edge_mask;
	Meaning *meanings;
	uint32 nmeanings, meanings_room;
};

/* The written tables, each ended by a group without phrases or words */
extern const PhraseGroup jorge_text_english[];
extern const PhraseGroup jorge_text_spanish[];
extern const PhraseGroup jorge_text_places[];
extern const PhraseGroup jorge_text_sentiment[];
extern const PhraseGroup jorge_text_protected[];
extern const WordGroup jorge_text_words[];
extern const SpellingGroup jorge_text_spellings[];

#define PHRASE_TABLES 5
extern const PhraseGroup *const jorge_text_tables[PHRASE_TABLES];

/* Built-in lexicon of this backend */
extern const TextLexicon *jorge_text_builtin(void);

/* Index of a word by its folded text, WORD_NONE if unknown */
extern uint32 jorge_text_word(const TextLexicon *lexicon, const char *text, int length,
							  uint32 hash);

/* TrieNode reached from node by word, 0 if there is none */
static inline uint32
lexicon_child(const TextLexicon *lexicon, uint32 node, uint32 word)
{
	uint32 at = (node * 2654435761u ^ word * 2246822519u);

	at = (at ^ at >> 15) & lexicon->edge_mask;
	while (lexicon->edges[at].node != 0)
	{
		if (lexicon->edges[at].node == node && lexicon->edges[at].word == word)
			return lexicon->edges[at].child;
		at = (at + 1) & lexicon->edge_mask;
	}
	return 0;
}

/* The next phrase of a list apart by '|'; false at its end */
static inline bool
lexicon_next_phrase(const char **list, const char **phrase, int *length)
{
	const char *end;

	if (**list == '\0')
		return false;
	*phrase = *list;
	for (end = *list; *end != '\0' && *end != '|';)
		end++;
	*length = (int) (end - *phrase);
	*list = *end == '|' ? end + 1 : end;
	return true;
}

extern const char *jorge_text_signal_name(Signal signal);

/* Name of the class whose bit is 1 << bit, NULL if there is none */
extern const char *jorge_text_class_name(int bit);

#endif
