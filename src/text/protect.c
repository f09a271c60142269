/*
 * protect.c: protected spans, found and taken out before anything else is looked at.
 *
 * A span is a phrase of the lexicon with the words that only serve it: on its left the count, the
 * adjectives, the preposition or the verb and its subject; on its right the ages, the employer, the
 * years. What is left is searched again, because taking out may have brought together what was apart,
 * and is tidied of the punctuation that served only a span. All later work sees nothing but the
 * result, so it equals the scan of a message without the spans.
 *
 * Every reach below is a constant number of tokens: the work is linear.
 */
#include "core/jorge.h"

#include "text/scan.h"

/* Tokens a span may grow on each side */
#define REACH 12

/* Spans inside spans that are still found; each costs a pass. */
#define PASSES_MAX 8

/* More than this is no count of persons, and no age of a child. */
#define PERSONS_MAX 20
#define CHILD_AGE_MAX 25

/* Stability of a job held for some years: 0.6 at once, certain after ten */
#define STABILITY_START 0.6
#define STABILITY_YEAR 0.04

typedef struct Left
{
	int start;
	double count; /* NAN if none was said */
	bool be, have, subject, possessive, with, negated;
	bool aged; /* a number by it is an age */
} Left;

static bool
is_persons(Signal signal)
{
	return signal == SIGNAL_PROTECTED_CHILD || signal == SIGNAL_PROTECTED_PARTNER ||
		   signal == SIGNAL_PROTECTED_RELATIVE || signal == SIGNAL_PROTECTED_HOUSEHOLD;
}

static bool
is_work(Signal signal)
{
	return signal == SIGNAL_PROTECTED_ROLE || signal == SIGNAL_PROTECTED_WORK ||
		   signal == SIGNAL_PROTECTED_JOB;
}

static inline bool
is_protected(const TextScan *scan, int i)
{
	return i >= 0 && i < scan->n && (scan->tokens[i].flags & TOKEN_PROTECTED) != 0;
}

/* May a span reach from token i to the one before it? */
static inline bool
reaches_back(const TextScan *scan, int i, int limit)
{
	return i > limit && !token_breaks(&scan->tokens[i]) && !is_protected(scan, i - 1);
}

/*
 * Number of persons in token i, NAN if it is none
 */
static double
count_of_persons(const TextScan *scan, int i)
{
	double value = jorge_text_small_number(scan, i);

	return value >= 0 && value <= PERSONS_MAX ? value : NAN;
}

/* Is token i, a word like "year" or "old", part of an age ("5 year old")? */
static bool
is_part_of_age(const TextScan *scan, int i)
{
	for (int k = i - 1; k >= i - 3; k--)
	{
		if (!isnan(jorge_text_small_number(scan, k)))
			return true;
		if ((scan_classes(scan, k) & WORD_YEARS) == 0 && !scan_is_mark(scan, k, MARK_HYPHEN))
			return false;
	}
	return false;
}

/* Take in counts, adjectives and articles */
static int
take_qualities(const TextScan *scan, int i, int limit, Left *left)
{
	while (reaches_back(scan, i, limit))
	{
		uint64 classes = scan_classes(scan, i - 1);
		double count = count_of_persons(scan, i - 1);

		if (!isnan(count))
		{
			if (isnan(left->count) && !left->aged)
				left->count = count;
			i--;
			/* "2-3", "2 or 3" */
			if (i - 2 >= limit && !is_protected(scan, i - 1) &&
				(scan_is_mark(scan, i - 1, MARK_HYPHEN) ||
				 (scan_classes(scan, i - 1) & WORD_TO) != 0) &&
				!isnan(count_of_persons(scan, i - 2)) && !is_protected(scan, i - 2))
				i -= 2;
			continue;
		}
		if ((classes & (WORD_QUALITY | WORD_DETERMINER | WORD_POSSESSIVE)) != 0 &&
			((classes & WORD_YEARS) == 0 || is_part_of_age(scan, i - 1)))
		{
			left->possessive |= (classes & WORD_POSSESSIVE) != 0;
			left->negated |= (classes & WORD_NEGATION) != 0;
			left->aged |= (classes & WORD_YEARS) != 0;
			i--;
			/* an article comes first */
			if (classes & (WORD_DETERMINER | WORD_POSSESSIVE))
				break;
		}
		else if (scan_is_mark(scan, i - 1, MARK_HYPHEN) && scan_glued(scan, i) &&
				 scan_glued(scan, i - 1) &&
				 ((scan_classes(scan, i - 2) & WORD_QUALITY) != 0 || scan_is_number(scan, i - 2)))
			i--;
		else
			break;
	}
	return i;
}

/* Take in "with", "for", "near", "close to" and "because of" */
static int
take_prepositions(const TextScan *scan, int i, int limit, Left *left)
{
	while (reaches_back(scan, i, limit))
	{
		uint64 classes = scan_classes(scan, i - 1);

		if (classes & (WORD_WITH | WORD_NEAR))
			i--;
		else if ((classes & (WORD_TO | WORD_FROM)) != 0 && reaches_back(scan, i - 1, limit) &&
				 (scan_classes(scan, i - 2) & (WORD_NEAR | WORD_WITH)) != 0)
			i -= 2;
		else
			break;
		left->with = true;
	}
	return i;
}

/* Take in a verb and its subject, if a phrase of this kind has them */
static int
take_verb(const TextScan *scan, int i, int limit, Signal signal, Left *left)
{
	uint64 verbs = is_persons(signal) ? WORD_HAVE : WORD_HAVE | WORD_GAIN;
	int j = i;

	while (reaches_back(scan, j, limit) && !left->subject)
	{
		uint64 classes = scan_classes(scan, j - 1);

		if ((classes & (verbs | WORD_BE | WORD_HELPER | WORD_ADVERB | WORD_NEGATION)) == 0)
			break;
		left->have |= (classes & verbs) != 0;
		left->be |= (classes & WORD_BE) != 0;
		left->negated |= (classes & WORD_NEGATION) != 0;
		left->subject = (classes & (WORD_SELF | WORD_SUBJECT)) != 0;
		j--;
	}
	if (!left->subject && reaches_back(scan, j, limit) &&
		(scan_classes(scan, j - 1) & WORD_SUBJECT) != 0 &&
		(left->have || left->be || !is_persons(signal)))
	{
		left->subject = true;
		j--;
	}
	if (left->with && !left->subject)
		return i;
	if (left->have || (left->be && (!is_persons(signal) || left->subject)) ||
		(left->subject && !is_persons(signal)))
		return j;
	if (left->negated && is_persons(signal))
		while (i > j && (scan_classes(scan, i - 1) & WORD_NEGATION) != 0)
			i--;
	return i;
}

/*
 * Find where the span whose phrase begins at token at really begins
 */
static void
expand_left(const TextScan *scan, int at, Signal signal, Left *left)
{
	int limit = Max(0, at - REACH);
	int i;

	memset(left, 0, sizeof(*left));
	left->count = NAN;
	left->start = at;
	if (signal == SIGNAL_PROTECTED)
		return;
	/* "tengo 67 anos", "we're black": the phrase has its subject */
	if ((scan_classes(scan, at) & (WORD_SELF | WORD_SUBJECT)) != 0 &&
		(scan_classes(scan, at) & WORD_DETERMINER) == 0)
	{
		left->subject = true;
		return;
	}
	left->possessive = (scan_classes(scan, at) & WORD_POSSESSIVE) != 0;
	i = at;
	if ((scan_classes(scan, at) & (WORD_POSSESSIVE | WORD_DETERMINER)) == 0)
		i = take_qualities(scan, at, limit, left);
	/* "me and my wife" */
	if (is_persons(signal) && left->possessive && reaches_back(scan, i, limit) &&
		(scan_classes(scan, i - 1) & WORD_JOIN) != 0 && reaches_back(scan, i - 1, limit) &&
		(scan_classes(scan, i - 2) & WORD_SUBJECT) != 0)
		i -= 2;
	if (signal == SIGNAL_PROTECTED_COUNTRY && reaches_back(scan, i, limit) &&
		(scan_classes(scan, i - 1) & WORD_FROM) != 0)
	{
		left->with = true;
		i--;
	}
	else if (signal != SIGNAL_PROTECTED_WORK && signal != SIGNAL_PROTECTED_AGE &&
			 signal != SIGNAL_PROTECTED_ROLE)
		i = take_prepositions(scan, i, limit, left);
	if (!left->with || !is_persons(signal))
		i = take_verb(scan, i, limit, signal, left);
	left->start = i;
}

/* Take in the ages of persons: "ages 5 and 7", "(3, 6)", "are 5 and 7 years old" */
static int
take_ages(const TextScan *scan, int end)
{
	int limit = Min(scan->n, end + REACH);
	int i = end;
	bool open = false;
	bool said = false;
	bool apart = false;
	int numbers = 0;

	/* "my two children, 5 and 7, ..." */
	if (scan_is_mark(scan, i, ',') && i + 1 < limit && !token_breaks(&scan->tokens[i + 1]))
	{
		apart = said = !isnan(jorge_text_small_number(scan, i + 1));
		i += (scan_classes(scan, i + 1) & WORD_AGED) != 0 || apart ? 1 : 0;
	}
	for (; i < limit && !token_breaks(&scan->tokens[i]) && !open; i++)
	{
		uint64 classes = scan_classes(scan, i);

		if (scan_is_mark(scan, i, '('))
			open = said = true;
		else if ((classes & (WORD_AGED | WORD_BE)) != 0 && (classes & WORD_SUBJECT) == 0)
			said = true;
		else if ((classes & WORD_FROM) == 0 || !said)
			break;
	}
	if (!said)
		return end;
	for (; i < limit && !token_breaks(&scan->tokens[i]); i++)
	{
		uint64 classes = scan_classes(scan, i);
		double age = jorge_text_small_number(scan, i);

		if (age >= 0 && age <= CHILD_AGE_MAX &&
			(scan_classes(scan, i + 1) & (WORD_MEASURE | WORD_UNIT)) == 0)
			numbers++;
		else if ((classes & WORD_AGED) != 0 && open)
			continue;
		else if (numbers == 0 || !(scan_is_mark(scan, i, ',') || scan_is_mark(scan, i, '-') ||
								   (classes & (WORD_JOIN | WORD_TO)) != 0) ||
				 isnan(jorge_text_small_number(scan, i + 1)))
			break;
	}
	if (numbers == 0 || (apart && (numbers < 2 || !jorge_text_clause_ends(scan, i))))
		return end;
	while (i < limit && (scan_classes(scan, i) & (WORD_YEARS | WORD_AGED)) != 0)
		i++;
	if (open)
	{
		if (!scan_is_mark(scan, i, ')'))
			return end;
		i++;
	}
	return i;
}

/* Take in "and I", "on the way", "in college" */
static int
take_person_tail(const TextScan *scan, Signal signal, const Left *left, int end)
{
	/* "my wife and I", "our kids and I", but not "we have 3 kids and I need" */
	bool with_writer = signal == SIGNAL_PROTECTED_PARTNER ||
					   signal == SIGNAL_PROTECTED_RELATIVE || left->possessive;

	for (int steps = 0; steps < 3 && end < scan->n; steps++)
	{
		int next;
		uint32 node;
		const Meaning *tail;

		if (token_breaks(&scan->tokens[end]))
			break;
		node = jorge_text_match(scan, TRIE_TAIL, end, &next);
		tail = node == 0 ? NULL : &scan->lexicon->meanings[scan->lexicon->nodes[node].says];
		if (tail == NULL || tail->signal != SIGNAL_TAIL_PERSON || (tail->weight > 0 && !with_writer))
		{
			next = take_ages(scan, end);
			if (next == end)
				break;
		}
		end = next;
	}
	return end;
}

/*
 * Take in the name of an employer, which begins at token i; "the", "a" and "of" are part of it, and
 * after its first word capitals only
 */
static int
take_employer(const TextScan *scan, int i, bool capitals_only)
{
	int limit = Min(scan->n, i + 6);
	bool named = false;
	int first = i;

	for (; i < limit && !token_breaks(&scan->tokens[i]); i++)
	{
		const Token *token = &scan->tokens[i];
		uint64 classes = scan_classes(scan, i);
		bool capital = (token->flags & TOKEN_CAPITAL) != 0;

		if (token->kind == TOKEN_MARK && token->mark == '&' && named && i + 1 < limit &&
			(scan->tokens[i + 1].flags & TOKEN_CAPITAL) != 0)
			continue;
		if (token->kind != TOKEN_WORD)
			break;
		if (!named && (classes & (WORD_DETERMINER | WORD_POSSESSIVE)) != 0)
			continue;
		if (named && (classes & WORD_FROM) != 0 && i + 1 < limit &&
			(scan->tokens[i + 1].flags & TOKEN_CAPITAL) != 0)
			continue;
		if (scan->lexicon->words[token->word].start[TRIE_SAYS] != 0 || (classes & WORD_FUNCTION) != 0)
			break;
		if (!capital && (named || capitals_only))
			break;
		named = true;
	}
	return named ? i : first;
}

/* Take in what follows a job: employer, years, "full time" */
static int
take_work_tail(const TextScan *scan, Signal signal, int end, double *years)
{
	if (signal == SIGNAL_PROTECTED_WORK)
		end = take_employer(scan, end, false);
	for (int steps = 0; steps < 3 && end < scan->n; steps++)
	{
		int next = end;
		uint32 node;
		Signal tail;

		if (token_breaks(&scan->tokens[end]))
			break;
		node = jorge_text_match(scan, TRIE_TAIL, end, &next);
		tail = node == 0 ? SIGNAL_NONE
						 : scan->lexicon->meanings[scan->lexicon->nodes[node].says].signal;
		if (tail == SIGNAL_TAIL_YEARS)
		{
			for (int i = end; i < next; i++)
				if (!isnan(jorge_text_small_number(scan, i)))
					*years = jorge_text_small_number(scan, i);
		}
		else if (tail != SIGNAL_TAIL_WORK)
		{
			if ((scan_classes(scan, end) & WORD_EMPLOYED) == 0 || end + 1 >= scan->n ||
				token_breaks(&scan->tokens[end + 1]))
				break;
			next = take_employer(scan, end + 1, (scan_classes(scan, end) & WORD_AT) == 0);
			if (next == end + 1)
				break;
		}
		end = next;
	}
	return end;
}

/* Does what stands left of the phrase make it protected? */
static bool
is_span(const TextScan *scan, Signal signal, const Left *left, int at, int end)
{
	switch (signal)
	{
		case SIGNAL_PROTECTED_COUNTRY:
			return left->with;
		case SIGNAL_PROTECTED_ROLE:
			return left->be || (left->start > 0 && is_protected(scan, left->start - 1));
		case SIGNAL_PROTECTED_WORK:
			return left->subject || (scan_classes(scan, at) & WORD_SELF) != 0 ||
				   is_protected(scan, left->start - 1);
		case SIGNAL_PROTECTED_AGE:
			return left->subject || left->possessive || is_protected(scan, left->start - 1) ||
				   (scan_classes(scan, at) & WORD_SELF) != 0 ||
				   (end < scan->n && !token_breaks(&scan->tokens[end]) &&
					scan->lexicon->words[scan->tokens[end].word].start[TRIE_PROTECTED] != 0);
		default:
			return true;
	}
}

/* Note what a span says of the household */
static void
note_persons(TextScan *scan, Signal signal, float weight, const Left *left, int end)
{
	Household *household = &scan->household;
	int count = (int) weight;

	if (left->negated && is_persons(signal))
		count = 0;
	else if (!isnan(left->count))
		count = (int) left->count;
	household->said = true;
	if (signal == SIGNAL_PROTECTED_CHILD)
		household->children = Min(household->children + count, PERSONS_MAX);
	else if (signal == SIGNAL_PROTECTED_EXPECTING)
		household->children = Min(household->children + (int) weight, PERSONS_MAX);
	else if (signal == SIGNAL_PROTECTED_RELATIVE)
		household->others = Min(household->others + count, PERSONS_MAX);
	else if (signal == SIGNAL_PROTECTED_PARTNER)
		household->partner = true;
	for (int i = left->start; i < end; i++)
	{
		double size = count_of_persons(scan, i);

		if (scan_classes(scan, i) & WORD_GROUP)
			household->group = true;
		if (signal == SIGNAL_PROTECTED_HOUSEHOLD && !isnan(size))
			household->stated = (int) size;
	}
}

/* Note what a span says of the job */
static void
note_job(TextScan *scan, float weight, double years)
{
	scan->out->job_stability = weight;
	if (!isnan(years))
		scan->out->job_stability =
			(float) Max(weight, Min(1.0, STABILITY_START + STABILITY_YEAR * Max(years, 0.0)));
}

/* Mark one span, whose phrase is tokens at ... end - 1; returns the token after it */
static int
mark_span(TextScan *scan, const Meaning *meaning, int at, int end)
{
	Signal signal = (Signal) meaning->signal;
	double years = NAN;
	Left left;
	int after = end;

	expand_left(scan, at, signal, &left);
	if (!is_span(scan, signal, &left, at, end))
		return at + 1;
	/* "we have [we have 3 kids] 3 kids": what stands before the span shows in the next pass */
	if (is_persons(signal) && !isnan(left.count) && !left.have && left.start > 0 &&
		is_protected(scan, left.start - 1) &&
		!token_breaks(&scan->tokens[left.start]))
		return end;
	if (is_persons(signal) || signal == SIGNAL_PROTECTED_AGE)
		after = take_person_tail(scan, signal, &left, end);
	else if (is_work(signal))
		after = take_work_tail(scan, signal, end, &years);
	if (is_persons(signal) || signal == SIGNAL_PROTECTED_EXPECTING)
		note_persons(scan, signal, meaning->weight, &left, after);
	else if (is_work(signal))
		note_job(scan, meaning->weight, years);
	for (int i = left.start; i < after; i++)
		scan->tokens[i].flags |= TOKEN_PROTECTED;
	return after;
}

/* Mark what only joins two spans: "we have 2 boys [and] a girl" */
static void
mark_joints(TextScan *scan)
{
	for (int i = 1; i + 1 < scan->n; i++)
	{
		int end = i;

		if (!is_protected(scan, i - 1) || is_protected(scan, i))
			continue;
		if (scan_is_mark(scan, end, ','))
			end++;
		if ((scan_classes(scan, end) & WORD_JOIN) != 0)
			end++;
		if (end == i || !is_protected(scan, end))
			continue;
		for (int k = i; k <= end; k++)
			if (token_breaks(&scan->tokens[k]))
				end = -1;
		for (int k = i; k < end; k++)
			scan->tokens[k].flags |= TOKEN_PROTECTED;
	}
}

/* Find and mark all spans; returns whether there are any */
static bool
mark_spans(TextScan *scan)
{
	bool found = false;
	int i = 0;

	while (i < scan->n)
	{
		uint32 word = scan->tokens[i].word;
		uint32 node = 0;
		int end = i + 1;

		if ((i & 0xFFF) == 0xFFF)
			CHECK_FOR_INTERRUPTS();
		if (word != WORD_NONE || scan->tokens[i].kind == TOKEN_NUMBER)
			node = jorge_text_match(scan, TRIE_PROTECTED, i, &end);
		if (node != 0)
		{
			const Meaning *meaning = &scan->lexicon->meanings[scan->lexicon->nodes[node].says];

			if (meaning->signal != SIGNAL_NONE)
			{
				end = mark_span(scan, meaning, i, end);
				found |= is_protected(scan, i);
			}
		}
		else
			end = i + 1;
		i = end;
	}
	if (found)
		mark_joints(scan);
	return found;
}

/* Take the marked tokens out; white space stays in their place */
static void
take_out(TextScan *scan)
{
	int kept = 0;
	int newlines = 0;
	bool inside = false;

	for (int i = 0; i < scan->n; i++)
	{
		Token token = scan->tokens[i];

		if (token.flags & TOKEN_PROTECTED)
		{
			if (!inside)
				newlines += token.newlines;
			if (scan->removed != NULL)
			{
				uint32 from = inside ? scan->tokens[i - 1].offset : token.offset;

				memset(scan->removed + from, true, token.offset + token.length - from);
			}
			inside = true;
			continue;
		}
		if (inside)
		{
			/* after white space, as now, the dot of ".5" is the number's */
			if (scan_is_mark(scan, i, '.') && token.chars == 1 && scan_is_number(scan, i + 1) &&
				scan->tokens[i + 1].offset == token.offset + token.length &&
				!is_protected(scan, i + 1))
			{
				i++;
				token.kind = TOKEN_NUMBER;
				token.length += scan->tokens[i].length;
				token.chars += scan->tokens[i].chars;
			}
			token.flags |= TOKEN_SPACED;
			token.newlines = (uint8) Min(2, token.newlines + newlines);
		}
		inside = false;
		newlines = 0;
		scan->tokens[kept++] = token;
	}
	scan->n = kept;
}

/* Is the token punctuation or an "and" that serves only what stands on both its sides? */
static bool
is_joint(const TextScan *scan, int i)
{
	const Token *token = &scan->tokens[i];

	return (token_pauses(token) && token->mark != '(' && token->mark != ')') ||
		   (scan_classes(scan, i) & WORD_JOIN) != 0;
}

/* Does the token give up its place, where kept tokens stand before it? */
static bool
is_left_over(const TextScan *scan, const Token *token, bool join, int kept)
{
	const Token *before = kept > 0 ? &scan->tokens[kept - 1] : NULL;
	bool start = before == NULL || token_ends_sentence(before) || token_breaks(token);

	if (token_ends_sentence(token))
		return before == NULL || (start && (token->flags & TOKEN_SPACED) != 0);
	if (join)
		return start || (scan_classes(scan, kept - 1) & WORD_JOIN) != 0;
	if (token_pauses(token) && strchr(",;:", token->mark) != NULL)
		return start || token_pauses(before);
	if (token_pauses(token) && (token->mark == MARK_DASH || token->mark == MARK_HYPHEN))
		return start || token_pauses(before);
	return false;
}

/*
 * Drop the punctuation, and the "and", that nothing is left for
 *
 * The same rules for every message, whether spans were taken out or not.
 */
static void
tidy(TextScan *scan)
{
	int kept = 0;
	int newlines = 0;

	for (int i = 0; i < scan->n; i++)
	{
		Token token = scan->tokens[i];
		bool join = (scan_classes(scan, i) & WORD_JOIN) != 0;
		bool sign = token.kind == TOKEN_MARK && token.mark == MARK_HYPHEN && scan_glued(scan, i + 1);

		token.newlines = (uint8) Min(2, token.newlines + newlines);
		newlines = 0;
		if (token_ends_sentence(&token))
			while (kept > 0 && is_joint(scan, kept - 1))
				kept--;
		else if (token_pauses(&token) && token.mark != '(')
			while (kept > 0 && (scan_classes(scan, kept - 1) & WORD_JOIN) != 0)
				kept--;
		if (scan_is_mark(scan, kept - 1, '(') && token.kind == TOKEN_MARK && token.mark == ')' &&
			kept > 0)
		{
			kept--;
			newlines = token.newlines;
			continue;
		}
		if (!sign && is_left_over(scan, &token, join, kept))
		{
			newlines = token.newlines;
			continue;
		}
		if ((token.flags & TOKEN_SPACED) != 0 && token.kind == TOKEN_MARK &&
			strchr(".,;:", token.mark) != NULL)
			token.flags |= TOKEN_DROPPED;
		scan->tokens[kept++] = token;
	}
	while (kept > 0 && is_joint(scan, kept - 1))
		kept--;
	scan->n = kept;
}

/*
 * Find the dots that only shorten a word ("sq. ft.", "500 Oak St. in Austin")
 *
 * After the spans are out, so that it is decided by what stays.
 */
static void
mark_shortenings(TextScan *scan)
{
	for (int i = 1; i + 1 < scan->n; i++)
	{
		Token *dot = &scan->tokens[i];
		const Token *next = dot + 1;

		if (dot->kind == TOKEN_MARK && dot->mark == '.' && dot->chars == 1 && scan_glued(scan, i) &&
			(scan_classes(scan, i - 1) & WORD_ABBREVIATION) != 0 && dot[-1].chars <= 4 &&
			!token_breaks(next) && (next->flags & TOKEN_CAPITAL) == 0 &&
			(next->kind == TOKEN_WORD || next->kind == TOKEN_NUMBER))
			dot->flags |= TOKEN_SHORTENING;
	}
}

/*
 * Take all protected spans out of scan->tokens and note what they say
 */
void
jorge_text_protect(TextScan *scan)
{
	const Household *household = &scan->household;

	memset(&scan->household, 0, sizeof(scan->household));
	for (int pass = 0; pass < PASSES_MAX && mark_spans(scan); pass++)
		take_out(scan);
	tidy(scan);
	mark_shortenings(scan);
	if (household->stated > 0)
		scan->out->family_size = household->stated;
	else if (household->said)
		scan->out->family_size = 1 + (household->partner || household->group ? 1 : 0) +
								 household->children + household->others;
}
