/*
 * token.c: a message cut into tokens, once and from left to right.
 */
#include "core/jorge.h"

#include "text/scan.h"
#include "utils/memutils.h"

/* Get room for one more token; beyond TOKENS_AT_HAND it is palloc'd */
static Token *
next_token(TextScan *scan)
{
	if (scan->n == scan->room)
	{
		Size bytes = mul_size(mul_size(scan->room, 2), sizeof(Token));

		CHECK_FOR_INTERRUPTS();
		if (scan->tokens == scan->at_hand)
		{
			scan->tokens = palloc(bytes);
			memcpy(scan->tokens, scan->at_hand, sizeof(scan->at_hand));
		}
		else
			scan->tokens = repalloc(scan->tokens, bytes);
		scan->room *= 2;
	}
	return &scan->tokens[scan->n++];
}

/* Read a word; "'s" is set aside if only the stem is known */
static void
read_word(TextScan *scan, size_t at, size_t length, Token *token)
{
	FoldedWord word;

	jorge_fold_word(scan->message + at, length - at, &word);
	token->kind = TOKEN_WORD;
	token->length = word.bytes;
	token->chars = word.chars;
	if (word.capital)
		token->flags |= TOKEN_CAPITAL;
	if (word.length > FOLDED_WORD_MAX)
		return;
	token->word = jorge_text_word(scan->lexicon, word.text, word.length, word.hash);
	if (token->word == WORD_NONE && word.stem_length > 0)
		token->word =
			jorge_text_word(scan->lexicon, word.text, word.stem_length, word.stem_hash);
}

/* Read digits with the separators between them */
static void
read_number(TextScan *scan, size_t at, size_t length, Token *token)
{
	size_t start = at;

	token->kind = TOKEN_NUMBER;
	while (at < length)
	{
		FoldedChar c;

		jorge_fold_char(scan->message + at, length - at, &c);
		if (c.kind == CHAR_MARK && (c.folded[0] == '.' || c.folded[0] == ',') &&
			at + c.bytes < length)
		{
			FoldedChar next;

			jorge_fold_char(scan->message + at + c.bytes, length - at - c.bytes, &next);
			if (next.kind != CHAR_DIGIT)
				break;
		}
		else if (c.kind != CHAR_DIGIT)
			break;
		at += c.bytes;
		token->chars++;
		if ((token->chars & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	token->length = (uint32) (at - start);
}

/* Read a run of one mark. Its characters count once each, of pauses once a run */
static void
read_marks(TextScan *scan, size_t at, size_t length, Token *token)
{
	size_t start = at;
	FoldedChar c;

	jorge_fold_char(scan->message + at, length - at, &c);
	token->kind = TOKEN_MARK;
	token->mark = c.folded[0];
	do
	{
		token->chars++;
		at += c.bytes;
		if ((token->chars & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (at < length)
			jorge_fold_char(scan->message + at, length - at, &c);
	} while (at < length && c.kind == CHAR_MARK && c.folded[0] == token->mark);
	token->length = (uint32) (at - start);
	if (token->mark == MARK_HYPHEN && token->chars > 1)
		token->mark = MARK_DASH;
	if (token->mark == '&' || token->mark == '+')
		token->word = jorge_text_word(scan->lexicon, &token->mark, 1,
									  fold_hash(FOLD_HASH_START, (unsigned char) token->mark));
}

/* Read what is neither word, number nor punctuation */
static void
read_symbol(TextScan *scan, const FoldedChar *c, Token *token)
{
	uint32 hash = FOLD_HASH_START;

	token->kind = TOKEN_SYMBOL;
	token->length = c->bytes;
	token->chars = 1;
	for (int i = 0; i < c->length; i++)
		hash = fold_hash(hash, (unsigned char) c->folded[i]);
	token->word = jorge_text_word(scan->lexicon, c->folded, c->length, hash);
}

/* Extend a token to the end of its address */
static void
take_address(TextScan *scan, Token *token, size_t at, size_t length)
{
	size_t end;

	for (end = at; end < length; end++)
	{
		unsigned char byte = scan->message[end];

		if (byte <= ' ' || byte >= 0x7F || strchr("<>\"',;()!", byte) != NULL)
			break;
		if ((end & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	while (end > at && strchr(".?:", scan->message[end - 1]) != NULL)
		end--;
	token->kind = TOKEN_LINK;
	token->word = WORD_NONE;
	token->length = (uint32) (end - token->offset);
	token->chars = token->length;
}

/*
 * Make one token of an address whose sign of being one has just been read
 *
 * "@" between letters, "www." and "https:", and the "com" of "jorge.com". Looks back at most
 * a dozen tokens.
 */
static void
join_address(TextScan *scan, size_t length)
{
	Token *tokens = scan->tokens;
	int last = scan->n - 1;
	int first = last;
	Token *token = &tokens[last];
	size_t at = token->offset + token->length;
	bool more = at < length && scan->message[at] > ' ' && scan->message[at] < 0x7F;

	if (token->kind == TOKEN_MARK && token->mark == '@' && token->chars == 1)
	{
		if (!more || !scan_glued(scan, last))
			return;
		while (first > 0 && last - first < 12 && scan_glued(scan, first) &&
			   (tokens[first - 1].kind == TOKEN_WORD || tokens[first - 1].kind == TOKEN_NUMBER ||
				(tokens[first - 1].kind == TOKEN_MARK &&
				 strchr(".-_+", tokens[first - 1].mark) != NULL)))
			first--;
		if (first == last)
			return;
	}
	else if (scan_classes(scan, last) & WORD_LINK_START)
	{
		if (!more || (scan->message[at] != '.' && scan->message[at] != ':'))
			return;
	}
	else if (scan_classes(scan, last) & WORD_LINK_END)
	{
		if (last < 2 || !scan_glued(scan, last) || !scan_is_mark(scan, last - 1, '.') ||
			!scan_glued(scan, last - 1) || tokens[last - 2].kind != TOKEN_WORD)
			return;
		first = last - 2;
	}
	else
		return;
	scan->n = first + 1;
	take_address(scan, &tokens[first], at, length);
}

/* Does the dot that is the last token, with at after it, begin a number such as ".5"? */
static bool
begins_fraction(const TextScan *scan, size_t at, size_t length)
{
	FoldedChar next;

	if (at >= length || (scan->n > 1 && scan_glued(scan, scan->n - 1) &&
						 !scan_is_mark(scan, scan->n - 2, '$')))
		return false;
	jorge_fold_char(scan->message + at, length - at, &next);
	return next.kind == CHAR_DIGIT;
}

/*
 * Cut the message into scan->tokens
 */
void
jorge_text_tokenise(TextScan *scan, size_t length)
{
	size_t at = 0;
	uint8 flags = 0;
	uint8 newlines = 0;

	scan->tokens = scan->at_hand;
	scan->room = TOKENS_AT_HAND;
	scan->n = 0;
	while (at < length)
	{
		FoldedChar c;
		Token *token;

		if (scan->message[at] == ' ')
		{
			flags = TOKEN_SPACED;
			at++;
			continue;
		}
		jorge_fold_char(scan->message + at, length - at, &c);
		if (c.kind == CHAR_SPACE || c.kind == CHAR_NEWLINE || c.kind == CHAR_IGNORED)
		{
			if (c.kind == CHAR_NEWLINE && newlines < 2)
				newlines++;
			if (c.kind != CHAR_IGNORED)
				flags = TOKEN_SPACED;
			at += c.bytes;
			if ((at & 0xFFFF) == 0)
				CHECK_FOR_INTERRUPTS();
			continue;
		}
		token = next_token(scan);
		memset(token, 0, sizeof(Token));
		token->offset = (uint32) at;
		token->flags = flags;
		token->newlines = newlines;
		flags = 0;
		newlines = 0;
		if (c.kind == CHAR_LETTER)
		{
			read_word(scan, at, length, token);
			join_address(scan, length);
		}
		else if (c.kind == CHAR_DIGIT)
			read_number(scan, at, length, token);
		else if (c.kind == CHAR_SYMBOL)
			read_symbol(scan, &c, token);
		else if (c.folded[0] == '.' && begins_fraction(scan, at + c.bytes, length))
			read_number(scan, at, length, token);
		else
		{
			read_marks(scan, at, length, token);
			if (token->mark == '@')
				join_address(scan, length);
		}
		token = &scan->tokens[scan->n - 1];
		at = token->offset + token->length;
	}
}
