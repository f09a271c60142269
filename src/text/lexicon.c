/*
 * lexicon.c: the written tables and an owner's additions, compiled.
 *
 * Words are in an open hash table; a phrase is a path of edges, all in one hash table, from the
 * start node of its first word. Inside a phrase of TRIE_SAYS filler words are left out, here and in a
 * message alike. Everything is allocated in one memory context and never changes once compiled.
 */
#include "core/jorge.h"

#include "lib/stringinfo.h"
#include "text/fold.h"
#include "text/lexicon.h"
#include "utils/memutils.h"

/* Words of a phrase */
#define PHRASE_WORDS_MAX 10

/* Bytes of an addition's phrase */
#define PHRASE_BYTES_MAX 200

static const TextLexicon *builtin = NULL;

const PhraseGroup *const jorge_text_tables[PHRASE_TABLES] = {
	jorge_text_english, jorge_text_spanish, jorge_text_places, jorge_text_sentiment,
	jorge_text_protected,
};

static void *
grow(TextLexicon *lexicon, void *array, uint32 used, uint32 *room, Size size)
{
	if (used < *room)
		return array;
	*room *= 2;
	return repalloc(array, mul_size(*room, size));
}

/*
 * Find a word by its folded text
 */
uint32
jorge_text_word(const TextLexicon *lexicon, const char *text, int length, uint32 hash)
{
	uint32 at = (hash ^ hash >> 15) & lexicon->slot_mask;

	while (lexicon->slots[at] != 0)
	{
		const Word *word = &lexicon->words[lexicon->slots[at]];

		if (word->hash == hash && memcmp(word->text, text, length) == 0 &&
			word->text[length] == '\0')
			return word->meant;
		at = (at + 1) & lexicon->slot_mask;
	}
	return WORD_NONE;
}

static void
put_slot(TextLexicon *lexicon, uint32 index)
{
	uint32 hash = lexicon->words[index].hash;
	uint32 at = (hash ^ hash >> 15) & lexicon->slot_mask;

	while (lexicon->slots[at] != 0)
		at = (at + 1) & lexicon->slot_mask;
	lexicon->slots[at] = index;
}

/* Find a word or add it; text need not end in a NUL */
static uint32
intern(TextLexicon *lexicon, const char *text, int length, uint32 hash)
{
	uint32 index = jorge_text_word(lexicon, text, length, hash);
	Word *word;
	char *copy;

	if (index != WORD_NONE)
		return index;
	/* room for the longest text that is compared with it */
	copy = MemoryContextAllocZero(lexicon->mcxt, FOLDED_WORD_MAX + 2);
	memcpy(copy, text, length);
	lexicon->words =
		grow(lexicon, lexicon->words, lexicon->nwords, &lexicon->words_room, sizeof(Word));
	index = lexicon->nwords++;
	word = &lexicon->words[index];
	memset(word, 0, sizeof(Word));
	word->text = copy;
	word->hash = hash;
	word->meant = index;
	if (lexicon->nwords * 2 > lexicon->slot_mask)
	{
		uint32 size = (lexicon->slot_mask + 1) * 2;

		pfree(lexicon->slots);
		lexicon->slots = MemoryContextAllocZero(lexicon->mcxt, mul_size(size, sizeof(uint32)));
		lexicon->slot_mask = size - 1;
		for (uint32 i = 1; i < lexicon->nwords; i++)
			put_slot(lexicon, i);
	}
	else
		put_slot(lexicon, index);
	return index;
}

static uint32
new_node(TextLexicon *lexicon)
{
	lexicon->nodes =
		grow(lexicon, lexicon->nodes, lexicon->nnodes, &lexicon->nodes_room, sizeof(TrieNode));
	memset(&lexicon->nodes[lexicon->nnodes], 0, sizeof(TrieNode));
	return lexicon->nnodes++;
}

static void
put_edge(TextLexicon *lexicon, Edge edge)
{
	uint32 at = (edge.node * 2654435761u ^ edge.word * 2246822519u);

	at = (at ^ at >> 15) & lexicon->edge_mask;
	while (lexicon->edges[at].node != 0)
		at = (at + 1) & lexicon->edge_mask;
	lexicon->edges[at] = edge;
}

/* TrieNode below node by word, made if it is not there */
static uint32
descend(TextLexicon *lexicon, uint32 node, uint32 word)
{
	Edge edge = {node, word, lexicon_child(lexicon, node, word)};

	if (edge.child != 0)
		return edge.child;
	edge.child = new_node(lexicon);
	lexicon->nodes[node].continues = true;
	if (word == WORD_CLAUSE_END)
		lexicon->nodes[node].may_end_clause = true;
	if (++lexicon->nedges * 2 > lexicon->edge_mask)
	{
		uint32 old_size = lexicon->edge_mask + 1;
		Edge *old = lexicon->edges;

		lexicon->edges =
			MemoryContextAllocZero(lexicon->mcxt, mul_size(old_size * 2, sizeof(Edge)));
		lexicon->edge_mask = old_size * 2 - 1;
		for (uint32 i = 0; i < old_size; i++)
			if (old[i].node != 0)
				put_edge(lexicon, old[i]);
		pfree(old);
	}
	put_edge(lexicon, edge);
	return edge.child;
}

/* Give a phrase a meaning; one of the same signal is replaced */
static void
put_meaning(TextLexicon *lexicon, uint32 node, Signal signal, float weight)
{
	Meaning *meaning;
	uint32 *link = &lexicon->nodes[node].says;

	for (uint32 m = *link; m != 0; m = lexicon->meanings[m].next)
		if (lexicon->meanings[m].signal == signal)
		{
			lexicon->meanings[m].weight = weight;
			return;
		}
	lexicon->meanings = grow(lexicon, lexicon->meanings, lexicon->nmeanings,
							 &lexicon->meanings_room, sizeof(Meaning));
	meaning = &lexicon->meanings[lexicon->nmeanings];
	meaning->signal = (uint8) signal;
	meaning->weight = weight;
	meaning->next = *link;
	*link = lexicon->nmeanings++;
}

/*
 * Cut a phrase into the words it is known by; returns their number, -1 if there are too many or one is
 * too long. In a written table '#' is any number and '.' the end of a clause.
 */
static int
read_phrase(TextLexicon *lexicon, const char *phrase, int length, uint32 *words)
{
	const unsigned char *s = (const unsigned char *) phrase;
	int at = 0;
	int n = 0;

	while (at < length)
	{
		FoldedChar c;
		uint32 word = WORD_NONE;

		jorge_fold_char(s + at, length - at, &c);
		if (c.kind == CHAR_LETTER)
		{
			FoldedWord folded;

			jorge_fold_word(s + at, length - at, &folded);
			if (folded.length > FOLDED_WORD_MAX)
				return -1;
			word = intern(lexicon, folded.text, folded.length, folded.hash);
			c.bytes = (int) folded.bytes;
		}
		else if (c.kind == CHAR_DIGIT || (c.kind == CHAR_MARK && c.folded[0] == '#'))
		{
			/* the digits of one number are one word */
			word = n > 0 && words[n - 1] == WORD_ANY_NUMBER && at > 0 && s[at - 1] >= '0' &&
						   s[at - 1] <= '9'
					   ? WORD_NONE
					   : WORD_ANY_NUMBER;
		}
		else if (c.kind == CHAR_MARK && c.folded[0] == '.')
			word = WORD_CLAUSE_END;
		else if (c.kind == CHAR_SYMBOL ||
				 (c.kind == CHAR_MARK && (c.folded[0] == '&' || c.folded[0] == '+')))
		{
			uint32 hash = FOLD_HASH_START;

			for (int i = 0; i < c.length; i++)
				hash = fold_hash(hash, (unsigned char) c.folded[i]);
			word = intern(lexicon, c.folded, c.length, hash);
		}
		if (word != WORD_NONE)
		{
			if (n == PHRASE_WORDS_MAX)
				return -1;
			words[n++] = word;
		}
		at += c.bytes;
	}
	return n;
}

static TrieRoot
trie_of(Signal signal)
{
	if (signal == SIGNAL_QUESTION)
		return TRIE_QUESTION;
	if (signal >= SIGNAL_TAIL_PERSON)
		return TRIE_TAIL;
	return signal >= SIGNAL_PROTECTED ? TRIE_PROTECTED : TRIE_SAYS;
}

/* Put a phrase into a trie; false if it has no word that counts there */
static bool
put_phrase(TextLexicon *lexicon, TrieRoot root, const uint32 *words, int n, Signal signal,
		   float weight)
{
	uint32 node = 0;

	for (int i = 0; i < n; i++)
	{
		uint32 word = words[i];

		if (root == TRIE_SAYS && (lexicon->words[word].classes & WORD_FILLER) != 0)
			continue;
		if (node != 0)
			node = descend(lexicon, node, word);
		else
		{
			node = lexicon->words[word].start[root];
			if (node == 0)
				node = lexicon->words[word].start[root] = new_node(lexicon);
		}
	}
	if (node == 0)
		return false;
	put_meaning(lexicon, node, signal, weight);
	return true;
}

static void
add_group(TextLexicon *lexicon, const PhraseGroup *group, bool is_protected)
{
	const char *list = group->phrases;
	const char *phrase;
	int length;

	while (lexicon_next_phrase(&list, &phrase, &length))
	{
		uint32 words[PHRASE_WORDS_MAX];
		int n = read_phrase(lexicon, phrase, length, words);
		TrieRoot root = group->signal == SIGNAL_NONE && is_protected
							? TRIE_PROTECTED
							: trie_of((Signal) group->signal);

		if (n <= 0 || (n == 1 && words[0] == WORD_ANY_NUMBER) ||
			!put_phrase(lexicon, root, words, n, (Signal) group->signal, group->weight))
			elog(ERROR, "lexicon phrase \"%.*s\" has no word or too many", length, phrase);
	}
}

static void
add_words(TextLexicon *lexicon, const WordGroup *group)
{
	const char *list = group->words;
	const char *phrase;
	int length;

	while (lexicon_next_phrase(&list, &phrase, &length))
	{
		uint32 words[PHRASE_WORDS_MAX];

		if (read_phrase(lexicon, phrase, length, words) != 1)
			elog(ERROR, "lexicon word \"%.*s\" is not one word", length, phrase);
		lexicon->words[words[0]].classes |= group->classes;
		if (group->classes & (WORD_NUMBER | WORD_UNIT | WORD_TIME))
			lexicon->words[words[0]].value = group->value;
	}
}

/* Add other spellings of a word */
static void
add_spellings(TextLexicon *lexicon, const SpellingGroup *group)
{
	uint32 words[PHRASE_WORDS_MAX];
	const char *list = group->spellings;
	const char *phrase;
	int length;
	uint32 meant;

	if (read_phrase(lexicon, group->word, (int) strlen(group->word), words) != 1)
		elog(ERROR, "lexicon word \"%s\" is not one word", group->word);
	meant = words[0];
	while (lexicon_next_phrase(&list, &phrase, &length))
	{
		uint32 known = lexicon->nwords;

		if (read_phrase(lexicon, phrase, length, words) != 1)
			elog(ERROR, "lexicon word \"%.*s\" is not one word", length, phrase);
		if (words[0] < known)
			elog(ERROR, "lexicon word \"%.*s\" is spelled twice", length, phrase);
		lexicon->words[words[0]].meant = meant;
	}
}

static TextLexicon *
new_lexicon(MemoryContext mcxt)
{
	TextLexicon *lexicon = MemoryContextAllocZero(mcxt, sizeof(TextLexicon));

	lexicon->mcxt = mcxt;
	lexicon->words_room = 2048;
	lexicon->words = MemoryContextAllocZero(mcxt, lexicon->words_room * sizeof(Word));
	lexicon->nwords = WORD_CLAUSE_END + 1;
	for (uint32 i = 0; i < lexicon->nwords; i++)
	{
		lexicon->words[i].text = "";
		lexicon->words[i].meant = i;
	}
	lexicon->slot_mask = 4095;
	lexicon->slots = MemoryContextAllocZero(mcxt, 4096 * sizeof(uint32));
	lexicon->nodes_room = 4096;
	lexicon->nodes = MemoryContextAllocZero(mcxt, lexicon->nodes_room * sizeof(TrieNode));
	lexicon->nnodes = 1;
	lexicon->edge_mask = 4095;
	lexicon->edges = MemoryContextAllocZero(mcxt, 4096 * sizeof(Edge));
	lexicon->meanings_room = 4096;
	lexicon->meanings = MemoryContextAllocZero(mcxt, lexicon->meanings_room * sizeof(Meaning));
	lexicon->nmeanings = 1;

	/* spellings before anything names the words, classes before phrases ask for fillers */
	for (const SpellingGroup *group = jorge_text_spellings; group->word != NULL; group++)
		add_spellings(lexicon, group);
	for (const WordGroup *group = jorge_text_words; group->words != NULL; group++)
		add_words(lexicon, group);
	for (int t = 0; t < PHRASE_TABLES; t++)
		for (const PhraseGroup *group = jorge_text_tables[t]; group->phrases != NULL; group++)
			add_group(lexicon, group, jorge_text_tables[t] == jorge_text_protected);
	return lexicon;
}

/*
 * Get the built-in lexicon of this backend, compiled at its first use
 */
const TextLexicon *
jorge_text_builtin(void)
{
	if (builtin == NULL)
	{
		MemoryContext mcxt =
			AllocSetContextCreate(TopMemoryContext, "jorge lexicon", ALLOCSET_DEFAULT_SIZES);

		PG_TRY();
		{
			builtin = new_lexicon(mcxt);
		}
		PG_CATCH();
		{
			MemoryContextDelete(mcxt);
			PG_RE_THROW();
		}
		PG_END_TRY();
	}
	return builtin;
}

/* Signals an addition may have, and the lowest weight of each; the highest is 1 */
static const struct
{
	Signal signal;
	float lowest;
} addable[] = {
	{SIGNAL_SENTIMENT, -1},		{SIGNAL_TIMELINE_URGENCY, 0}, {SIGNAL_FINANCING, 0},
	{SIGNAL_INTENT_BROWSE, 0},	{SIGNAL_INTENT_RENT, 0},	  {SIGNAL_INTENT_BUY, 0},
	{SIGNAL_INTENT_SELL, 0},	{SIGNAL_INTENT_STOP, 0},	  {SIGNAL_STRENGTH, 0},
	{SIGNAL_LOCATION, 0},		{SIGNAL_OBJECTION + 0, 0},	  {SIGNAL_OBJECTION + 1, 0},
	{SIGNAL_OBJECTION + 2, 0},	{SIGNAL_OBJECTION + 3, 0},	  {SIGNAL_OBJECTION + 4, 0},
	{SIGNAL_OBJECTION + 5, 0},	{SIGNAL_OBJECTION + 6, 0},	  {SIGNAL_OBJECTION + 7, 0},
	{SIGNAL_PROTECTED, 0},
};

StaticAssertDecl(TEXT_OBJECTIONS == 8, "an addition may raise any objection");

static void
refuse_signal(const char *signal)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < lengthof(addable); i++)
		appendStringInfo(&names, "%s%s", i == 0 ? "" : ", ",
						 jorge_text_signal_name(addable[i].signal));
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("no lexicon signal is called \"%s\"", signal),
					errhint("Signals of additions are %s.", names.data)));
}

/* Add an owner's phrase */
static void
add_addition(TextLexicon *lexicon, const TextAddition *addition)
{
	uint32 words[PHRASE_WORDS_MAX];
	const char *phrase = addition->phrase;
	int length = (int) strnlen(phrase, PHRASE_BYTES_MAX + 1);
	int which = -1;
	int kept = 0;
	int n;
	Signal signal;

	for (int i = 0; i < lengthof(addable) && which < 0; i++)
		if (strcmp(addition->signal, jorge_text_signal_name(addable[i].signal)) == 0)
			which = i;
	if (which < 0)
		refuse_signal(addition->signal);
	signal = addable[which].signal;
	if (!(addition->weight >= addable[which].lowest && addition->weight <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("weight %g of lexicon phrase \"%s\" is out of range",
							   addition->weight, phrase),
						errhint("A weight of %s is from %g to 1.", addition->signal,
								addable[which].lowest)));
	n = length > PHRASE_BYTES_MAX ? -1 : read_phrase(lexicon, phrase, length, words);
	/* marks have a meaning in the written tables only */
	for (int i = 0; i < n; i++)
		if (words[i] != WORD_CLAUSE_END)
			words[kept++] = words[i];
	if (n < 0 || kept == 0 || (kept == 1 && words[0] == WORD_ANY_NUMBER) ||
		!put_phrase(lexicon, trie_of(signal), words, kept, signal, (float) addition->weight))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%.100s\" can be no lexicon phrase", phrase),
						errhint("A phrase has 1 to %d words of at most %d letters, one of them "
								"other than an article.",
								PHRASE_WORDS_MAX, FOLDED_WORD_MAX)));
}

/*
 * Compile the built-in words with an owner's additions
 */
TextLexicon *
jorge_text_lexicon(MemoryContext mcxt, const TextAddition *additions, int n)
{
	TextLexicon *lexicon = new_lexicon(mcxt);

	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		add_addition(lexicon, &additions[i]);
	}
	return lexicon;
}
