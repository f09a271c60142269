/*
 * timeline.c: how soon. Distances in time, and the map between days and urgency.
 *
 * A scan has no clock: a phrase such as "next spring" stands for a typical distance, written in
 * the lexicon.
 */
#include "core/jorge.h"

#include "text/scan.h"

/* Straight lines between these; urgency falls as days grow */
static const struct
{
	double days;
	double urgency;
} urgency_map[] = {{0, 1.0}, {30, 0.8}, {90, 0.55}, {180, 0.3}, {365, 0.1}, {1825, 0.0}};

/* Words a time may lie apart from "in" or "within": "in about the next" */
#define WITHIN_REACH 4

/* Shorter is when to call or how far to drive, longer is no plan. */
#define DAYS_MIN 0.9
#define DAYS_MAX 3650

/*
 * Urgency of a wish to move in so many days
 */
float
jorge_text_urgency(double days)
{
	if (!(days > 0))
		return 1.0f;
	for (int i = 1; i < lengthof(urgency_map); i++)
		if (days <= urgency_map[i].days)
		{
			double part = (days - urgency_map[i - 1].days) /
						  (urgency_map[i].days - urgency_map[i - 1].days);

			return (float) (urgency_map[i - 1].urgency +
							part * (urgency_map[i].urgency - urgency_map[i - 1].urgency));
		}
	return 0.0f;
}

/* Is the time that begins at token at and ends before end a distance from now? */
static bool
is_distance(const TextScan *scan, int at, int end)
{
	int i;
	int stop = Max(0, at - WITHIN_REACH);
	bool within = false;

	if ((scan_classes(scan, end) & WORD_PAST_AFTER) != 0)
		return false;
	for (i = at; i > stop && !within; i--)
	{
		uint64 classes = scan_classes(scan, i - 1);

		if (token_breaks(&scan->tokens[i]) || (classes & WORD_PAST) != 0)
			break;
		if (classes & WORD_WITHIN)
			within = true;
		else if (scan_is_mark(scan, i - 1, ':') && (scan_classes(scan, i - 2) & WORD_WITHIN) != 0)
			within = true;
		else if ((classes & (WORD_FILLER | WORD_FUNCTION | WORD_FROM | WORD_BE)) == 0)
			break;
	}
	/* "for the next 3 months", "hace 3 meses" */
	if (i > 0 && (scan_classes(scan, i - 1) & WORD_PAST) != 0)
		return false;
	if (within || (scan_classes(scan, end) & WORD_LATER) != 0)
		return true;
	/* the whole clause, as the answer to "when?" */
	return jorge_text_clause_ends(scan, end) &&
		   (i == 0 || token_breaks(&scan->tokens[i]) || token_ends_sentence(&scan->tokens[i - 1]));
}

/* Keep a distance in days */
static void
keep_days(TextScan *scan, double days)
{
	if (days >= DAYS_MIN && days <= DAYS_MAX)
		scan->days = days;
}

/* Is token i a unit of time, apart by a hyphen at most? Returns it, -1 if not */
static int
unit_of_time(const TextScan *scan, int i)
{
	if (scan_is_mark(scan, i, MARK_HYPHEN) && scan_glued(scan, i) && scan_glued(scan, i + 1))
		i++;
	else if ((scan_classes(scan, i) & WORD_FROM) != 0 && (scan_classes(scan, i - 1) & WORD_NUMBER) != 0)
		i++; /* "a couple of weeks" */
	return i < scan->n && (scan_classes(scan, i) & WORD_TIME) != 0 && !token_breaks(&scan->tokens[i])
			   ? i
			   : -1;
}

/*
 * Read a time that begins with the small number at token at: "3 months", "3-6 months", "30 to 60 days"
 */
int
jorge_text_timespan(TextScan *scan, int at)
{
	double low = jorge_text_small_number(scan, at);
	double high = low;
	int unit = unit_of_time(scan, at + 1);

	if (isnan(low))
		return at;
	if (unit < 0 && !isnan(jorge_text_small_number(scan, at + 2)) &&
		(scan_is_mark(scan, at + 1, MARK_HYPHEN) || scan_is_mark(scan, at + 1, '/') ||
		 (scan_classes(scan, at + 1) & WORD_TO) != 0))
	{
		high = jorge_text_small_number(scan, at + 2);
		unit = unit_of_time(scan, at + 3);
	}
	if (unit < 0)
		return at;
	if (is_distance(scan, at, unit + 1))
		keep_days(scan, (low + high) / 2 * scan_value(scan, unit));
	return unit + 1;
}

/*
 * Read a unit of time with an article for its number: "in a month", "dentro de un año"
 */
int
jorge_text_lone_time(TextScan *scan, int at)
{
	if (at > 0 && !token_breaks(&scan->tokens[at]) &&
		(scan_classes(scan, at - 1) & WORD_DETERMINER) != 0 &&
		(scan_classes(scan, at - 2) & WORD_WITHIN) != 0 && is_distance(scan, at - 1, at + 1))
	{
		keep_days(scan, scan_value(scan, at));
		return at + 1;
	}
	return at;
}
