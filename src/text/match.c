/*
 * match.c: the longest phrase that begins at a token.
 */
#include "core/jorge.h"

#include "text/scan.h"

/* Tokens looked at for one phrase: what keeps the scan linear */
#define PHRASE_REACH 14

/*
 * Does a clause end before token at?
 */
bool
jorge_text_clause_ends(const TextScan *scan, int at)
{
	const Token *token;

	if (at >= scan->n)
		return true;
	token = &scan->tokens[at];
	return token_breaks(token) || token_ends_sentence(token) || token_pauses(token);
}

/* TrieNode for a token below node, 0 if no phrase goes on with it */
static uint32
step(const TextScan *scan, uint32 node, const Token *token)
{
	uint32 child;

	if (token->kind == TOKEN_NUMBER)
		return lexicon_child(scan->lexicon, node, WORD_ANY_NUMBER);
	if (token->word == WORD_NONE)
		return 0;
	child = lexicon_child(scan->lexicon, node, token->word);
	if (child == 0 && (scan->lexicon->words[token->word].classes & WORD_NUMBER) != 0)
		child = lexicon_child(scan->lexicon, node, WORD_ANY_NUMBER);
	return child;
}

/* Is the token a hyphen within a word or the dot of a shortening? */
static bool
is_inner_mark(const TextScan *scan, int at)
{
	const Token *token = &scan->tokens[at];

	if (token->kind != TOKEN_MARK || !scan_glued(scan, at))
		return false;
	return (token->mark == MARK_HYPHEN && scan_glued(scan, at + 1)) ||
		   (token->flags & TOKEN_SHORTENING) != 0;
}

/*
 * Find the longest phrase of a trie that begins at token at; returns its node, 0 if none, and
 * the token after it
 */
uint32
jorge_text_match(const TextScan *scan, TrieRoot root, int at, int *end)
{
	const TextLexicon *lexicon = scan->lexicon;
	const Token *first = &scan->tokens[at];
	uint32 node;
	uint32 best = 0;
	int last = Min(scan->n, at + PHRASE_REACH);

	if (first->kind == TOKEN_NUMBER)
		node = lexicon->words[WORD_ANY_NUMBER].start[root];
	else
	{
		node = lexicon->words[first->word].start[root];
		if (node == 0 && (lexicon->words[first->word].classes & WORD_NUMBER) != 0)
			node = lexicon->words[WORD_ANY_NUMBER].start[root];
	}
	for (int i = at + 1; node != 0; i++)
	{
		const TrieNode *here = &lexicon->nodes[node];

		if (here->says != 0)
		{
			best = node;
			*end = i;
		}
		if (here->may_end_clause && jorge_text_clause_ends(scan, i))
		{
			best = lexicon_child(lexicon, node, WORD_CLAUSE_END);
			*end = i;
		}
		if (!here->continues)
			break;
		while (i < last && !token_breaks(&scan->tokens[i]) &&
			   (is_inner_mark(scan, i) ||
				(root == TRIE_SAYS && scan->tokens[i].kind == TOKEN_WORD &&
				 (scan_classes(scan, i) & WORD_FILLER) != 0)))
			i++;
		if (i >= last || token_breaks(&scan->tokens[i]))
			break;
		node = step(scan, node, &scan->tokens[i]);
	}
	return best;
}
