/*
 * names.c: names of signals and states as SQL shows them. A name, once shown, is never changed.
 */
#include "core/jorge.h"

#include "text/lexicon.h"

static const char *const signal_names[SIGNALS] = {
	[SIGNAL_NONE] = "none",
	[SIGNAL_SENTIMENT] = "sentiment",
	[SIGNAL_TIMELINE_DAYS] = "timeline_days",
	[SIGNAL_TIMELINE_URGENCY] = "timeline_urgency",
	[SIGNAL_VISIT_DAYS] = "visit_days",
	[SIGNAL_FINANCING] = "financing_readiness",
	[SIGNAL_INTENT_BROWSE] = "intent_browse",
	[SIGNAL_INTENT_RENT] = "intent_rent",
	[SIGNAL_INTENT_BUY] = "intent_buy",
	[SIGNAL_INTENT_SELL] = "intent_sell",
	[SIGNAL_INTENT_STOP] = "intent_stop",
	[SIGNAL_STOP_MESSAGE] = "stop_message",
	[SIGNAL_STRENGTH] = "intent_strength",
	[SIGNAL_OBJECTION + OBJECTION_PRICE] = "objection_price",
	[SIGNAL_OBJECTION + OBJECTION_TIMING] = "objection_timing",
	[SIGNAL_OBJECTION + OBJECTION_FINANCING] = "objection_financing",
	[SIGNAL_OBJECTION + OBJECTION_LOCATION] = "objection_location",
	[SIGNAL_OBJECTION + OBJECTION_CONDITION] = "objection_condition",
	[SIGNAL_OBJECTION + OBJECTION_AGENT] = "objection_agent",
	[SIGNAL_OBJECTION + OBJECTION_COMMISSION] = "objection_commission",
	[SIGNAL_OBJECTION + OBJECTION_PARTNER] = "objection_partner",
	[SIGNAL_LOCATION] = "location",
	[SIGNAL_EXPERIENCE] = "experience",
	[SIGNAL_BUDGET] = "budget",
	[SIGNAL_AMOUNT_MAX] = "amount_max",
	[SIGNAL_AMOUNT_MIN] = "amount_min",
	[SIGNAL_AMOUNT_ABOUT] = "amount_about",
	[SIGNAL_AMOUNT_OTHER] = "amount_other",
	[SIGNAL_BUDGET_VAGUE] = "budget_vague",
	[SIGNAL_QUESTION] = "question",
	[SIGNAL_PROTECTED] = "protected",
	[SIGNAL_PROTECTED_CHILD] = "protected_child",
	[SIGNAL_PROTECTED_PARTNER] = "protected_partner",
	[SIGNAL_PROTECTED_RELATIVE] = "protected_relative",
	[SIGNAL_PROTECTED_HOUSEHOLD] = "protected_household",
	[SIGNAL_PROTECTED_THING] = "protected_thing",
	[SIGNAL_PROTECTED_STATE] = "protected_state",
	[SIGNAL_PROTECTED_EXPECTING] = "protected_expecting",
	[SIGNAL_PROTECTED_COUNTRY] = "protected_country",
	[SIGNAL_PROTECTED_AGE] = "protected_age",
	[SIGNAL_PROTECTED_ROLE] = "protected_role",
	[SIGNAL_PROTECTED_WORK] = "protected_work",
	[SIGNAL_PROTECTED_JOB] = "protected_job",
	[SIGNAL_TAIL_PERSON] = "protected_person_tail",
	[SIGNAL_TAIL_WORK] = "protected_work_tail",
	[SIGNAL_TAIL_YEARS] = "protected_work_years",
};

static const struct
{
	uint64 bit;
	const char *name;
} class_names[] = {
	{WORD_FILLER, "word_filler"},
	{WORD_NEGATION, "word_negation"},
	{WORD_FUNCTION, "word_function"},
	{WORD_ENGLISH, "word_english"},
	{WORD_SPANISH, "word_spanish"},
	{WORD_NUMBER, "word_number"},
	{WORD_UNIT, "word_unit"},
	{WORD_MEASURE, "word_measure"},
	{WORD_TIME, "word_time"},
	{WORD_PER, "word_per"},
	{WORD_PERIODIC, "word_periodic"},
	{WORD_WITHIN, "word_within"},
	{WORD_PAST, "word_past"},
	{WORD_PAST_AFTER, "word_past_after"},
	{WORD_LATER, "word_later"},
	{WORD_STREET, "word_street"},
	{WORD_MAYBE_STREET, "word_maybe_street"},
	{WORD_NUMBERED, "word_numbered"},
	{WORD_ABBREVIATION, "word_abbreviation"},
	{WORD_HOUSING, "word_housing"},
	{WORD_JOIN, "word_join"},
	{WORD_TO, "word_to"},
	{WORD_BETWEEN, "word_between"},
	{WORD_NEAR, "word_near"},
	{WORD_PLACE, "word_place"},
	{WORD_DOWN, "word_down"},
	{WORD_DOWN_LINK, "word_down_link"},
	{WORD_DOLLAR, "word_dollar"},
	{WORD_GREETING, "word_greeting"},
	{WORD_STRONG, "word_strong"},
	{WORD_TURN, "word_turn"},
	{WORD_CALLING, "word_calling"},
	{WORD_SUBJECT, "word_subject"},
	{WORD_BE, "word_be"},
	{WORD_HAVE, "word_have"},
	{WORD_GAIN, "word_gain"},
	{WORD_LOWER, "word_lower"},
	{WORD_MIDDLE, "word_middle"},
	{WORD_UPPER, "word_upper"},
	{WORD_LINK_START, "word_link_start"},
	{WORD_LINK_END, "word_link_end"},
	{WORD_HELPER, "word_helper"},
	{WORD_POSSESSIVE, "word_possessive"},
	{WORD_DETERMINER, "word_determiner"},
	{WORD_QUALITY, "word_quality"},
	{WORD_ADVERB, "word_adverb"},
	{WORD_WITH, "word_with"},
	{WORD_FROM, "word_from"},
	{WORD_SELF, "word_self"},
	{WORD_AGED, "word_aged"},
	{WORD_YEARS, "word_years"},
	{WORD_AT, "word_at"},
	{WORD_EMPLOYED, "word_employed"},
	{WORD_GROUP, "word_group"},
};

/*
 * Get the name of a signal
 */
const char *
jorge_text_signal_name(Signal signal)
{
	return signal_names[signal];
}

/*
 * Get the name of a class of words
 */
const char *
jorge_text_class_name(int bit)
{
	for (int i = 0; i < lengthof(class_names); i++)
		if (class_names[i].bit == UINT64CONST(1) << bit)
			return class_names[i].name;
	return NULL;
}

/*
 * Get the name of an intent, NULL for the unknown one
 */
const char *
jorge_text_intent_name(TextIntent intent)
{
	static const char *const names[] = {NULL, "browse", "rent", "buy", "sell", "both", "stop"};

	return intent >= 0 && intent < lengthof(names) ? names[intent] : NULL;
}

/*
 * Get the name of a state of financing, NULL for the unknown one
 */
const char *
jorge_text_financing_name(TextFinancing financing)
{
	static const char *const names[] = {NULL,			"mentioned",	"needs_lender", "sells_first",
										"prequalified", "preapproved", "cash"};

	return financing >= 0 && financing < lengthof(names) ? names[financing] : NULL;
}

/*
 * Get the name of a category of objections
 */
const char *
jorge_text_objection_name(TextObjection objection)
{
	if (objection < 0 || objection >= TEXT_OBJECTIONS)
		return NULL;
	return signal_names[SIGNAL_OBJECTION + objection] + strlen("objection_");
}
