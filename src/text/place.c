/*
 * place.c: streets and places that no list has.
 */
#include "core/jorge.h"

#include "text/scan.h"

/* How specific a place is */
#define PLACE_TOWN 0.3f
#define PLACE_AREA 0.5f
#define PLACE_STREET 1.0f

/* Words of a street's name */
#define STREET_WORDS 4

static void
keep_place(TextScan *scan, float specificity)
{
	if (scan->out->location_specificity < specificity)
		scan->out->location_specificity = specificity;
}

/* Is it a word that no street is called by? */
static bool
is_common(const TextScan *scan, uint32 word)
{
	const Word *known = &scan->lexicon->words[word];

	if (known->classes & (WORD_MEASURE | WORD_TIME | WORD_UNIT | WORD_DOLLAR | WORD_FUNCTION))
		return true;
	return scan->lexicon->nodes[known->start[TRIE_SAYS]].says != 0;
}

/* Is the number at token at followed by the name of a street? Returns the token after it, else at */
static int
street_after(const TextScan *scan, int at)
{
	int limit = Min(scan->n, at + 2 + STREET_WORDS);

	/* "21st Street" has no number */
	if (scan_glued(scan, at + 1) && scan->tokens[at + 1].kind == TOKEN_WORD)
		return at;
	for (int i = at + 1; i < limit && !token_breaks(&scan->tokens[i]); i++)
	{
		const Token *token = &scan->tokens[i];
		uint64 classes = scan_classes(scan, i);

		if (i > at + 1 && ((classes & WORD_STREET) != 0 ||
						   ((classes & WORD_MAYBE_STREET) != 0 && (token->flags & TOKEN_CAPITAL) != 0)))
			return i + 1;
		if (token->kind == TOKEN_MARK && (token->flags & TOKEN_SHORTENING) != 0)
			continue;
		if (token->kind == TOKEN_NUMBER)
		{
			/* "500 2nd St" */
			if (!scan_glued(scan, i + 1))
				break;
		}
		else if (token->kind != TOKEN_WORD)
			break;
		else if (token->length > 1 && !scan_glued(scan, i) && is_common(scan, token->word))
			break;
	}
	return at;
}

/*
 * Read a street address whose number is token at ("1204 Oak St", "calle Luna 12")
 */
int
jorge_text_place(TextScan *scan, int at)
{
	const Token *token = &scan->tokens[at];
	int end;

	if (token->kind != TOKEN_NUMBER || token->chars > 6 || token->chars != token->length)
		return at;
	if (scan_is_mark(scan, at - 1, '$') || memchr(scan->message + token->offset, ',', token->length) != NULL ||
		memchr(scan->message + token->offset, '.', token->length) != NULL)
		return at;
	end = street_after(scan, at);
	if (end == at)
		for (int i = at - 1; i >= 0 && i >= at - STREET_WORDS; i--)
		{
			if (token_breaks(&scan->tokens[i + 1]) ||
				(scan->tokens[i].kind != TOKEN_WORD && !scan_is_mark(scan, i, '#')))
				break;
			if ((scan_classes(scan, i) & WORD_CALLING) != 0)
				end = at + 1;
		}
	if (end > at)
		keep_place(scan, PLACE_STREET);
	return end;
}

/*
 * Look at what follows "in" or "near", at token at: an unknown word with a capital is a place
 */
void
jorge_text_place_after(TextScan *scan, int at)
{
	bool near = (scan_classes(scan, at) & WORD_NEAR) != 0;
	int next = at + 1;
	const Token *token;

	while (next < scan->n && next < at + 4 && !token_breaks(&scan->tokens[next]) &&
		   (scan_classes(scan, next) & (WORD_FILLER | WORD_FROM | WORD_TO)) != 0)
		next++;
	if (next >= scan->n || token_breaks(&scan->tokens[next]))
		return;
	token = &scan->tokens[next];
	if (near)
	{
		int end;
		uint32 node = jorge_text_match(scan, TRIE_SAYS, next, &end);

		if (node != 0 &&
			scan->lexicon->meanings[scan->lexicon->nodes[node].says].signal == SIGNAL_LOCATION)
			keep_place(scan, PLACE_AREA);
	}
	if (token->kind != TOKEN_WORD || (token->flags & TOKEN_CAPITAL) == 0)
		return;
	if ((scan_classes(scan, next) & ~(WORD_QUALITY | WORD_STREET | WORD_MAYBE_STREET)) != 0 ||
		scan->lexicon->words[token->word].start[TRIE_SAYS] != 0)
		return;
	keep_place(scan, near ? PLACE_AREA : PLACE_TOWN);
}
