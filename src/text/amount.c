/*
 * amount.c: which numbers are a budget.
 *
 * A number counts if it is money (a dollar sign or word, a thousand or million said, grouped thousands), or
 * stands bare by a word such as "budget" or "under"; it does not if what stands around it makes it a
 * rent, a size, a year, a phone, a ZIP, an income, a down payment. All looks around it are a constant
 * number of tokens.
 */
#include "core/jorge.h"

#include "text/scan.h"

/* What a home may cost, US dollars */
#define PRICE_MIN 10e3
#define PRICE_MAX 100e6

/* Tokens that a word may stand before the amount it is about */
#define BUDGET_REACH 8
#define BOUND_REACH 2
#define OTHER_REACH 5

/* Bare figures: "under 400" is thousands, "budget 1.2" is millions */
#define BARE_THOUSANDS_MIN 50
#define BARE_THOUSANDS_MAX 999
#define BARE_MILLIONS_MIN 0.3
#define BARE_MILLIONS_MAX 20

/* Where the low, the middle and the high part of "the 400s" meet, thousands */
#define HUNDREDS_LOW_END 35
#define HUNDREDS_HIGH_START 65

/* Specificity: see doc/text.md */
#define SPECIFIC_EXACT 1.0
#define SPECIFIC_ABOUT 0.7
#define SPECIFIC_BOUND 0.5
#define SPECIFIC_VAGUE 0.6
#define SPECIFIC_RANGE 0.9
#define SPECIFIC_RANGE_SLOPE 0.6
#define SPECIFIC_RANGE_MIN 0.3

static bool
is_plausible(double value)
{
	return value >= PRICE_MIN && value <= PRICE_MAX;
}

static bool
is_near(int said_at, int start, int reach)
{
	return said_at >= 0 && start >= said_at && start - said_at <= reach;
}

/* Digits of token i if it is nothing but digits, else 0 */
static uint32
plain_length(const TextScan *scan, int i)
{
	const Token *token;

	if (!scan_is_number(scan, i))
		return 0;
	token = &scan->tokens[i];
	if (token->length > 20 || memchr(scan->message + token->offset, '.', token->length) != NULL ||
		memchr(scan->message + token->offset, ',', token->length) != NULL)
		return 0;
	return token->chars;
}

/* Token after the numbers glued to token at by this mark, at + 1 if there are none */
static int
chain_end(const TextScan *scan, int at, char mark)
{
	int i = at + 1;

	while (scan_is_mark(scan, i, mark) && scan->tokens[i].chars == 1 && scan_glued(scan, i) &&
		   scan_is_number(scan, i + 1) && scan_glued(scan, i + 1))
		i += 2;
	return i;
}

/*
 * Skip a phone number, date, time, ZIP+4 or span of years; returns the token after it, at if it is none
 */
static int
skip_other_figures(const TextScan *scan, int at)
{
	uint32 length = plain_length(scan, at);
	int end;

	end = chain_end(scan, at, ':');
	if (end > at + 1)
		return end;
	end = chain_end(scan, at, '/');
	if (end > at + 1)
	{
		Number last;

		if (end > at + 3 || !jorge_text_number(scan, at + 2, &last) || !last.unit)
			return end;
	}
	end = chain_end(scan, at, MARK_HYPHEN);
	if (end > at + 3)
		return end;
	if (end == at + 3)
	{
		uint32 second = plain_length(scan, at + 2);

		if ((length == 3 && second == 4) || (length == 5 && second == 4) ||
			(length == 4 && second == 4 && !scan_is_mark(scan, at - 1, '$') &&
			 strchr("12", scan->message[scan->tokens[at].offset]) != NULL &&
			 (scan_classes(scan, end) & (WORD_UNIT | WORD_NUMBER)) == 0))
			return end;
	}
	/* (512) 555-0187, 512 555 0187, +1 512 ... */
	if (length == 3)
	{
		int next = at + 1;

		if (scan_is_mark(scan, at - 1, '(') && scan_is_mark(scan, next, ')'))
			next++;
		if (plain_length(scan, next) == 3 && !scan_is_mark(scan, at - 1, '$'))
		{
			end = next + 1;
			if (scan_is_mark(scan, end, MARK_HYPHEN))
				end++;
			if (plain_length(scan, end) == 4)
				return end + 1;
		}
	}
	if ((length == 10 || length == 11) && !scan_is_mark(scan, at - 1, '$') &&
		(scan_classes(scan, at - 1) & WORD_DOLLAR) == 0)
		return at + 1;
	if (scan_is_mark(scan, at - 1, '+') && scan_glued(scan, at))
		return at + 1;
	if (scan_is_mark(scan, at - 1, '#') || (scan_classes(scan, at - 1) & WORD_NUMBERED) != 0 ||
		(scan_is_mark(scan, at - 1, ':') && (scan_classes(scan, at - 2) & WORD_NUMBERED) != 0))
		return at + 1;
	return at;
}

/* Do the words from token end on say that the amount is paid by the month, per foot or down? */
static bool
is_other_by_what_follows(const TextScan *scan, int end)
{
	uint64 classes = scan_classes(scan, end);
	int i = end;

	if (end >= scan->n || token_breaks(&scan->tokens[end]))
		return false;
	if (scan_is_mark(scan, end, '%') || (classes & WORD_PERIODIC) != 0)
		return true;
	if ((scan_is_mark(scan, end, '/') || (classes & WORD_PER) != 0) &&
		(scan_classes(scan, end + 1) & (WORD_TIME | WORD_MEASURE | WORD_PERIODIC)) != 0)
		return true;
	if (scan_is_mark(scan, i, MARK_HYPHEN) && scan_glued(scan, i) && scan_glued(scan, i + 1))
		i++;
	if ((scan_classes(scan, i) & WORD_MEASURE) != 0)
		return true;
	for (i = end; i < end + 5 && i < scan->n && !token_breaks(&scan->tokens[i]); i++)
	{
		classes = scan_classes(scan, i);
		if (classes & WORD_DOWN)
			return true;
		if ((classes & WORD_DOWN_LINK) == 0)
			break;
	}
	return false;
}

/* May a bare figure be followed by token end? A noun there would be what it counts. */
static bool
may_end_bare(const TextScan *scan, int end)
{
	const Word *word;

	if (jorge_text_clause_ends(scan, end) || scan->tokens[end].kind == TOKEN_MARK)
		return true;
	word = &scan->lexicon->words[scan->tokens[end].word];
	if ((word->classes & (WORD_FUNCTION | WORD_JOIN | WORD_TURN)) != 0)
		return true;
	return word->start[TRIE_SAYS] != 0 && (word->classes & WORD_HOUSING) == 0;
}

/* Does a word such as "range" or "max" follow at token end? */
static bool
is_budget_by_what_follows(const TextScan *scan, int end)
{
	int after;
	uint32 node;
	Signal signal;

	if (end >= scan->n || token_breaks(&scan->tokens[end]))
		return false;
	node = jorge_text_match(scan, TRIE_SAYS, end, &after);
	if (node == 0 || scan_is_number(scan, after) || scan_is_mark(scan, after, '$'))
		return false;
	signal = scan->lexicon->meanings[scan->lexicon->nodes[node].says].signal;
	return signal == SIGNAL_BUDGET || signal == SIGNAL_AMOUNT_MAX || signal == SIGNAL_AMOUNT_MIN;
}

/*
 * Value of a figure that says no thousand or million, 0 if it is not money
 */
static double
value_of_bare(const TextScan *scan, const Number *number, int start, int end, bool *bare)
{
	bool budget = is_near(scan->budget_at, start, BUDGET_REACH) ||
				  (scan->housing && is_budget_by_what_follows(scan, end));
	bool bound = is_near(scan->bound_at, start, BOUND_REACH);
	bool about = is_near(scan->about_at, start, BOUND_REACH) && scan->housing;
	double value = number->value;

	*bare = false;
	if (number->grouped && value >= PRICE_MIN)
		return value;
	if (number->money && value >= PRICE_MIN)
		return value;
	if (number->digits >= 5 && (budget || bound))
		return value;
	if (number->digits >= 6 && (about || fmod(value, 1000) == 0))
		return value;
	if (!(budget || ((bound || about) && !scan->said_rent)) || !may_end_bare(scan, end))
		return 0;
	*bare = true;
	if (number->fraction && value >= BARE_MILLIONS_MIN && value < BARE_MILLIONS_MAX &&
		(budget || scan->budget_millions))
		return value * 1e6;
	if (!number->fraction && !number->grouped && (number->digits == 0 || number->digits <= 3) &&
		value >= BARE_THOUSANDS_MIN && value <= BARE_THOUSANDS_MAX && (value >= 100 || budget))
		return value * 1000;
	return 0;
}

/*
 * Give each bound of a range the unit that only the other one says
 */
static void
share_units(Number *low, Number *high)
{
	low->money |= high->money;
	high->money |= low->money;
	if (!low->unit && high->unit && low->value < PRICE_MIN)
	{
		if (low->value * high->scale <= high->value)
			low->value *= high->scale;
		else if (high->scale >= 1e6 && low->value >= BARE_THOUSANDS_MIN)
			low->value *= 1000;
		low->unit = true;
	}
	else if (low->unit && !high->unit && high->value < PRICE_MIN)
	{
		if (high->value * low->scale >= low->value)
			high->value *= low->scale;
		else if (high->value * 1e6 > low->value)
			high->value *= 1e6;
		high->unit = true;
	}
}

/* Read the second number of a range that begins with low; false if there is none */
static bool
read_range(const TextScan *scan, int start, const Number *low, Number *high)
{
	int i = low->end;
	uint64 classes = scan_classes(scan, i);
	bool between = (scan_classes(scan, start - 1) & WORD_BETWEEN) != 0 ||
				   ((scan_classes(scan, start - 2) & WORD_BETWEEN) != 0 && start >= 2);

	if (i >= scan->n || token_breaks(&scan->tokens[i]))
		return false;
	if (!scan_is_mark(scan, i, MARK_HYPHEN) && !scan_is_mark(scan, i, MARK_DASH) &&
		!scan_is_mark(scan, i, '/') && (classes & WORD_TO) == 0 &&
		!(between && (classes & WORD_JOIN) != 0))
		return false;
	i++;
	if ((scan_classes(scan, i) & (WORD_FILLER | WORD_DOLLAR)) != 0)
		i++;
	if (i >= scan->n || token_breaks(&scan->tokens[i]) || !jorge_text_number(scan, i, high))
		return false;
	/* the hyphen of the range is no sign */
	high->negative = false;
	return !high->broken && !high->foreign;
}

/* Join what two statements of the budget bound, or let the later or better one stand */
static void
keep_amount(TextScan *scan, const Amount *new)
{
	Amount *old = &scan->budget;
	int old_rank = 2 * old->budgeted + old->range;
	int new_rank = 2 * new->budgeted + new->range;

	if (!scan->has_budget)
		*old = *new;
	else if (old->has_low && new->has_high && !new->has_low && !old->range &&
			 new->high > old->low && new->sentence - old->sentence <= 1)
	{
		old->high = new->high;
		old->has_high = old->range = true;
		old->budgeted = true;
	}
	else if (old->has_high && !old->has_low && new->has_low && !new->has_high &&
			 new->low < old->high && new->sentence - old->sentence <= 1)
	{
		old->low = new->low;
		old->has_low = old->range = true;
		old->budgeted = true;
	}
	else if (new_rank >= old_rank)
		*old = *new;
	scan->has_budget = true;
}

/* Do the tokens make up a clause? */
static bool
is_whole_clause(const TextScan *scan, int start, int end)
{
	return jorge_text_clause_ends(scan, end) &&
		   (start == 0 || token_breaks(&scan->tokens[start]) ||
			token_ends_sentence(&scan->tokens[start - 1]) || token_pauses(&scan->tokens[start - 1]));
}

/* Is it a figure that stands for thousands: "450"? */
static bool
is_hundreds(const Number *number)
{
	return number->digits == 3 && number->value >= 100 && fmod(number->value, 5) == 0;
}

/* Take the amount or range that begins at start, if its values and what stands around it allow */
static void
judge_amount(TextScan *scan, int start, Number *low, Number *high, int end)
{
	Amount amount = {0};
	bool low_bare = false;
	bool high_bare = false;
	bool budget = is_near(scan->budget_at, start, BUDGET_REACH);
	bool bound = is_near(scan->bound_at, start, BOUND_REACH);

	if (low->negative || low->foreign || low->broken)
		return;
	if (is_near(scan->other_at, start, OTHER_REACH) && scan->other_at > scan->budget_at)
		return;
	if (is_other_by_what_follows(scan, end))
		return;
	/* "700-800", a whole answer */
	if (high != NULL && !low->unit && !high->unit && scan->housing && !scan->said_rent &&
		is_whole_clause(scan, start, end) && is_hundreds(low) && is_hundreds(high))
	{
		low->value *= 1000;
		high->value *= 1000;
		low->unit = high->unit = true;
		amount.bare = true;
	}
	amount.low = low->unit ? low->value : value_of_bare(scan, low, start, end, &low_bare);
	amount.high = high == NULL ? amount.low
				  : high->unit ? high->value
							   : value_of_bare(scan, high, start, end, &high_bare);
	if (low->words && low->unit && !low->money && !budget && !bound && !may_end_bare(scan, end))
		return;
	if (high != NULL && amount.low > amount.high)
	{
		double swap = amount.low;

		amount.low = amount.high;
		amount.high = swap;
	}
	if (!is_plausible(amount.low) || !is_plausible(amount.high))
		return;
	amount.range = high != NULL && amount.high > amount.low;
	amount.has_low = amount.has_high = true;
	if (!amount.range && bound)
	{
		amount.has_low = scan->bound == SIGNAL_AMOUNT_MIN;
		amount.has_high = !amount.has_low;
	}
	if (!amount.range && scan_is_mark(scan, end, '+') && scan_glued(scan, end))
		amount.has_high = false;
	amount.about = is_near(scan->about_at, start, BOUND_REACH);
	amount.bare |= low_bare || high_bare;
	amount.budgeted = budget || bound;
	amount.sentence = scan->sentence;
	if (amount.high >= 1e6)
		scan->budget_millions = true;
	keep_amount(scan, &amount);
	scan->budget_end = end;
}

/* Is the number a ZIP code? */
static bool
is_postal_code(const TextScan *scan, int at, int start, const Number *number)
{
	return number->digits == 5 && !number->money && !number->unit && !number->foreign &&
		   plain_length(scan, at) == 5 && number->value >= 501 && number->value <= 99950 &&
		   !is_near(scan->budget_at, start, 3) && !is_near(scan->bound_at, start, BOUND_REACH);
}

/*
 * Read "the 400s", "low 300s": tens of thousands of a hundred; returns the token after it, at if it is none
 */
static int
take_hundreds(TextScan *scan, int at)
{
	Amount amount = {.range = true, .has_low = true, .has_high = true, .about = true};
	const Token *s = &scan->tokens[at + 1];
	double value = jorge_text_small_number(scan, at);
	uint64 before = scan_classes(scan, at - 1);

	if (at + 1 >= scan->n || !scan_glued(scan, at + 1) || s->kind != TOKEN_WORD || s->length != 1 ||
		(scan->message[s->offset] | 0x20) != 's' || !(value >= 100) || fmod(value, 100) != 0)
		return at;
	if (before & WORD_LOWER)
		amount.high = value + HUNDREDS_LOW_END;
	else if (before & WORD_MIDDLE)
	{
		amount.low = HUNDREDS_LOW_END;
		amount.high = value + HUNDREDS_HIGH_START;
	}
	else
	{
		amount.low = (before & WORD_UPPER) != 0 ? HUNDREDS_HIGH_START : 0;
		amount.high = value + 100;
	}
	amount.low = (amount.low + value) * 1000;
	amount.high *= 1000;
	amount.budgeted = is_near(scan->budget_at, at, BUDGET_REACH);
	amount.sentence = scan->sentence;
	keep_amount(scan, &amount);
	scan->budget_end = at + 2;
	return at + 2;
}

/*
 * Look at the number at token at, whose dollar sign may stand before it; returns the token to go on with
 */
int
jorge_text_amount(TextScan *scan, int at)
{
	bool digits = scan_is_number(scan, at);
	int start = scan_is_mark(scan, at - 1, '$') ? at - 1 : at;
	Number low;
	Number high;
	int end;

	if (digits)
	{
		end = skip_other_figures(scan, at);
		if (end > at)
			return end;
	}
	if (digits && scan->other_at < 0)
	{
		end = take_hundreds(scan, at);
		if (end > at)
			return end;
	}
	if (start == at)
	{
		end = jorge_text_timespan(scan, at);
		if (end > at)
			return end;
		end = jorge_text_place(scan, at);
		if (end > at)
			return end;
	}
	if (!jorge_text_number(scan, at, &low))
		return at;
	if (low.broken)
		return low.end;
	if (digits && is_postal_code(scan, at, start, &low))
	{
		scan->out->location_specificity = Max(scan->out->location_specificity, 0.7f);
		return low.end;
	}
	if (!low.foreign && read_range(scan, start, &low, &high))
	{
		share_units(&low, &high);
		judge_amount(scan, start, &low, &high, high.end);
		return high.end;
	}
	judge_amount(scan, start, &low, NULL, low.end);
	return low.end;
}

/*
 * Apply "max", "or less", "and up", "ish" that stands right after the last amount
 */
void
jorge_text_bound_after(TextScan *scan, Signal bound, int start, int end)
{
	if (scan->budget_end != start || !scan->has_budget)
		return;
	if (bound == SIGNAL_AMOUNT_ABOUT)
		scan->budget.about = true;
	else if (!scan->budget.range)
	{
		scan->budget.has_low = bound == SIGNAL_AMOUNT_MIN;
		scan->budget.has_high = !scan->budget.has_low;
		scan->budget.budgeted = true;
	}
	scan->budget_end = end;
}

/*
 * Write what is known of the budget into the signals
 */
void
jorge_text_budget_finish(TextScan *scan)
{
	const Amount *amount = &scan->budget;
	double specificity;

	if (!scan->has_budget || (amount->bare && scan->out->intent == INTENT_RENT))
	{
		if (scan->vague_budget)
			scan->out->budget_specificity = 0;
		return;
	}
	if (amount->has_low)
		scan->out->budget_min = amount->low;
	if (amount->has_high)
		scan->out->budget_max = amount->high;
	scan->out->price_range = amount->range;
	if (amount->range)
		specificity = Max(SPECIFIC_RANGE_MIN,
						  SPECIFIC_RANGE - SPECIFIC_RANGE_SLOPE * (amount->high - amount->low) /
											   ((amount->high + amount->low) / 2));
	else if (amount->has_low && amount->has_high)
		specificity = SPECIFIC_EXACT;
	else
		specificity = SPECIFIC_BOUND;
	if (amount->about)
		specificity = Min(specificity, SPECIFIC_ABOUT);
	if (scan->vague_budget || scan->soft_budget)
		specificity = Min(specificity, SPECIFIC_VAGUE);
	scan->out->budget_specificity = (float) specificity;
}
