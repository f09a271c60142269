/*
 * summary.c: what several messages say together.
 */
#include "core/jorge.h"

#include "features/features.h"
#include "port/pg_bitutils.h"

/*
 * Set a summary to "no message yet"
 */
void
jorge_text_summary_clear(TextSummary *summary)
{
	memset(summary, 0, sizeof(*summary));
	summary->budget_min = NAN;
	summary->budget_max = NAN;
	summary->budget_specificity = NAN;
	summary->timeline_urgency = NAN;
	summary->financing_readiness = NAN;
	summary->intent = NAN;
	summary->location_specificity = NAN;
	summary->experience = NAN;
	summary->job_stability = NAN;
	summary->family_size = NAN;
}

/*
 * Let a later statement replace an earlier one
 */
static void
replace_if_stated(double *sum, double said)
{
	if (!isnan(said))
		*sum = said;
}

/*
 * Let the stronger of two statements stand
 */
static void
raise_to(double *sum, double said)
{
	if (!isnan(said) && !(*sum >= said))
		*sum = said;
}

/*
 * Add one more message, later than those before
 */
void
jorge_text_summary_add(TextSummary *summary, const TextSignals *signals)
{
	/*
	 * A message of nothing but white space or protected words is no message: the two must not differ in
	 * anything, or taking a protected word away would change a feature.
	 */
	if (signals->length > 0 || signals->words > 0)
		summary->messages++;
	summary->length += signals->length;
	summary->words += signals->words;
	summary->question_marks += signals->question_marks;
	summary->questions += signals->questions;
	summary->exclamation_marks += signals->exclamation_marks;
	if (!isnan(signals->sentiment))
		summary->sentiment += signals->sentiment;

	/* one statement: bounds of different messages don't mix */
	if (!isnan(signals->budget_min) || !isnan(signals->budget_max) ||
		!isnan(signals->budget_specificity))
	{
		summary->budget_min = signals->budget_min;
		summary->budget_max = signals->budget_max;
		summary->budget_specificity = signals->budget_specificity;
	}
	summary->price_ranges += signals->price_range ? 1 : 0;

	replace_if_stated(&summary->timeline_urgency, signals->timeline_urgency);
	replace_if_stated(&summary->financing_readiness, signals->financing_readiness);
	replace_if_stated(&summary->experience, signals->experience);
	raise_to(&summary->location_specificity, signals->location_specificity);

	/* who asks to be left alone takes back what he asked for before */
	if (signals->intent == INTENT_STOP)
		summary->intent = 0;
	else
		raise_to(&summary->intent, signals->intent_strength);

	summary->objections += pg_popcount32(signals->objections);
	summary->objection_kinds |= (int) signals->objections;

	replace_if_stated(&summary->job_stability, signals->job_stability);
	replace_if_stated(&summary->family_size, signals->family_size);
	summary->lexicon = JORGE_LEXICON_VERSION;
}
