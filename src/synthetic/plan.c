/*
 * plan.c: what a synthetic lead says and does, and when; no words yet.
 *
 * One hidden motivation moves everything a lead wants and does, which is why serious leads look
 * serious in many ways at once. The truth never sees it: see collect_facts.
 */
#include "core/jorge.h"

#include "synthetic/synthetic.h"

/* What the lead would say if asked */
typedef struct Wants
{
	double motivation; /* standard normal, shifted by source */
	SynthFinancing financing;
	int timeline;
	SynthBudgetKind budget;
	int budget_low, budget_high;
	SynthIntent intent;
	SynthExperience experience;
	SynthPlace place;
	double good_mood; /* chance that a text with a mood has a good one */
} Wants;

typedef struct SourceHabits
{
	int weight;         /* share of arrivals, of 800 */
	double motivation;  /* shift */
	double has_message; /* chance of words at arrival */
	double canned;      /* chance that those are the portal's own sentence */
	double fields;      /* multiplies the chance of each structured field */
} SourceHabits;

static const SourceHabits source_habits[SYNTH_SOURCES] = {
	[SYNTH_GHL] = {200, 0.20, 0.84, 0.00, 1.00},
	[SYNTH_FACEBOOK] = {300, -0.20, 0.68, 0.00, 1.30},
	[SYNTH_ZILLOW] = {150, 0.10, 0.96, 0.25, 0.60},
	[SYNTH_REALTOR_COM] = {120, 0.05, 0.93, 0.25, 1.00},
	[SYNTH_EMAIL] = {30, 0.30, 1.00, 0.00, 0.10},
};

/* Chances of a structured field being filled in, before the source's factor */
#define FIELD_BUDGET 0.42
#define FIELD_TIMELINE 0.35
#define FIELD_FINANCING 0.35
#define FIELD_AREA 0.40

/* What a form's few choices keep of a timeline: as soon as possible, 30 days, 3, 6, 12 months,
 * later */
static const int timeline_choice[SYNTH_TIMELINES + 1] = {0, 1, 3, 3, 5, 5, 5, 7, 7, 9, 9, 11, 12};

static const double timeline_days[SYNTH_TIMELINES + 1] = {NAN, 7,   20,  30,  45,  60, 90,
														  135, 180, 260, 365, 600, 900};

/*
 * Logistic function
 */
static double
logistic(double x)
{
	return 1 / (1 + jorge_synth_exp(-x));
}

/*
 * Keep a chance within 2 and 98 percent
 */
static double
bounded(double p)
{
	return p < 0.02 ? 0.02 : p > 0.98 ? 0.98 : p;
}

/*
 * A standard normal that follows the motivation with this correlation
 */
static double
follow(SynthRandom *random, const Wants *wants, double correlation, double rest)
{
	return correlation * wants->motivation + rest * jorge_synth_normal(random);
}

/*
 * Round thousands of dollars as people do
 */
static int
round_thousands(double dollars, int step)
{
	int rounded = (int) (dollars / 1000 / step + 0.5) * step;

	return Max(rounded, step);
}

/*
 * Draw a budget, or a seller's asking price, around the price of the house
 */
static void
want_budget(SynthRandom *random, const SynthPlan *plan, Wants *wants)
{
	double seriousness = follow(random, wants, 0.75, 0.66);
	double dollars = plan->price * jorge_synth_exp(0.09 * jorge_synth_normal(random));
	int step = dollars < 1000000 ? 10 : 50;

	/* hopeful figures come more from those who only look around */
	if (jorge_synth_chance(random, logistic(-2.2 - 0.9 * wants->motivation)))
		dollars *= 0.62 + 0.2 * jorge_synth_uniform(random);

	wants->budget = seriousness > 1.15   ? SYNTH_BUDGET_EXACT
					: seriousness > 0.55 ? SYNTH_BUDGET_AROUND
					: seriousness > -0.1 ? SYNTH_BUDGET_RANGE
					: seriousness > -0.7 ? SYNTH_BUDGET_UP_TO
					: seriousness > -1.1 ? SYNTH_BUDGET_FROM
										 : SYNTH_BUDGET_FLEXIBLE;
	if (wants->budget == SYNTH_BUDGET_AROUND)
		step = dollars < 1000000 ? 25 : 100;
	else if (wants->budget == SYNTH_BUDGET_EXACT && dollars < 1000000)
		step = 5;
	wants->budget_high = wants->budget_low = round_thousands(dollars, step);
	if (wants->budget == SYNTH_BUDGET_RANGE)
		wants->budget_low =
			round_thousands(dollars * (0.78 + 0.14 * jorge_synth_uniform(random)), step);
	if (wants->budget == SYNTH_BUDGET_RANGE && wants->budget_low >= wants->budget_high)
		wants->budget_low = wants->budget_high - step;
	if (wants->budget == SYNTH_BUDGET_RANGE && wants->budget_low <= 0)
		wants->budget_high = wants->budget_low + 2 * step;
}

/*
 * Draw everything the lead wants
 */
static void
want(SynthRandom *random, const SynthPlan *plan, Wants *wants)
{
	static const double timeline_at[SYNTH_TIMELINES - 1] = {1.75, 1.35,  1.0,  0.7,   0.35, -0.05,
															-0.4, -0.75, -1.1, -1.45, -1.8};
	double value;

	wants->motivation = jorge_synth_normal(random) + source_habits[plan->source].motivation;

	value = follow(random, wants, 0.62, 0.78);
	if (jorge_synth_chance(random, 0.04 + 0.09 * logistic(wants->motivation)))
		wants->financing = SYNTH_CASH;
	else if (jorge_synth_chance(random, 0.10))
		wants->financing = SYNTH_SELLS_FIRST;
	else
		wants->financing = value > 0.55   ? SYNTH_PREAPPROVED
						   : value > 0.05 ? SYNTH_PREQUALIFIED
										  : SYNTH_NEEDS_LENDER;

	value = follow(random, wants, 0.78, 0.62);
	wants->timeline = 1;
	while (wants->timeline < SYNTH_TIMELINES && value < timeline_at[wants->timeline - 1])
		wants->timeline++;

	want_budget(random, plan, wants);

	value = follow(random, wants, 0.78, 0.62);
	wants->intent = value > 1.3    ? SYNTH_INTENT_COMMIT
					: value > 0.45 ? SYNTH_INTENT_VISIT
					: value > -0.2 ? SYNTH_INTENT_TALK
					: value > -0.9 ? SYNTH_INTENT_INFO
								   : SYNTH_INTENT_BROWSE;

	/* nobody who only looks is in a hurry, nobody ready to sign has a year */
	if (wants->intent == SYNTH_INTENT_BROWSE)
		wants->timeline = Max(wants->timeline, 8);
	else if (wants->intent == SYNTH_INTENT_COMMIT)
		wants->timeline = Min(wants->timeline, 7);

	wants->experience = jorge_synth_chance(random, logistic(0.1 + 0.4 * wants->motivation))
							? SYNTH_EXPERIENCED
							: SYNTH_FIRST_TIME;

	value = follow(random, wants, 0.6, 0.8);
	wants->place = value > 0.9    ? SYNTH_PLACE_ADDRESS
				   : value > -0.1 ? SYNTH_PLACE_AREA
				   : value > -0.9 ? SYNTH_PLACE_REGION
								  : SYNTH_PLACE_CITY;

	wants->good_mood = logistic(0.7 + 1.2 * wants->motivation);
}

/*
 * Pick an objection that fits the side
 */
static SynthObjection
draw_objection(SynthRandom *random, SynthSide side)
{
	static const SynthObjection buyer[] = {SYNTH_OBJECTION_PRICE,     SYNTH_OBJECTION_TIMING,
										   SYNTH_OBJECTION_FINANCING, SYNTH_OBJECTION_PRICE,
										   SYNTH_OBJECTION_LOCATION,  SYNTH_OBJECTION_CONDITION,
										   SYNTH_OBJECTION_AGENT,     SYNTH_OBJECTION_PARTNER};
	static const SynthObjection seller[] = {SYNTH_OBJECTION_PRICE,      SYNTH_OBJECTION_TIMING,
											SYNTH_OBJECTION_COMMISSION, SYNTH_OBJECTION_COMMISSION,
											SYNTH_OBJECTION_AGENT,      SYNTH_OBJECTION_CONDITION,
											SYNTH_OBJECTION_PARTNER,    SYNTH_OBJECTION_PRICE};

	return (side == SYNTH_SELLER ? seller : buyer)[jorge_synth_below(random, 8)];
}

static void
say_financing(const SynthPlan *plan, const Wants *wants, SynthSays *says)
{
	if (plan->side != SYNTH_SELLER)
		says->financing = wants->financing;
}

static void
say_budget(const Wants *wants, SynthSays *says)
{
	says->budget = wants->budget;
	says->budget_low = wants->budget_low;
	says->budget_high = wants->budget_high;
}

/*
 * Add what people add to any text: a mood, an objection, chatter
 */
static void
say_asides(SynthRandom *random, const SynthPlan *plan, const Wants *wants, SynthSays *says)
{
	if (jorge_synth_chance(random, 0.24))
		says->mood = jorge_synth_chance(random, wants->good_mood) ? 1 : -1;
	if (jorge_synth_chance(random, bounded(0.10 - 0.05 * wants->motivation)))
		says->objection = draw_objection(random, plan->side);
	if (jorge_synth_chance(random, 0.08))
		says->experience = wants->experience;
	says->chatter = jorge_synth_chance(random, 0.12);
	says->protected = jorge_synth_chance(random, 0.07);
	says->question = jorge_synth_chance(random, 0.14);
}

/*
 * Decide what is said at arrival
 */
static void
say_at_arrival(SynthRandom *random, SynthPlan *plan, const Wants *wants)
{
	const SourceHabits *habits = &source_habits[plan->source];
	SynthSays *message = &plan->message;
	SynthSays *fields = &plan->fields;
	double openness = 0.10 * wants->motivation;

	plan->has_message = jorge_synth_chance(random, habits->has_message);
	plan->canned = plan->has_message && plan->side == SYNTH_BUYER && !plan->spanish &&
				   jorge_synth_chance(random, habits->canned);
	if (plan->canned)
	{
		message->intent = SYNTH_INTENT_INFO;
		message->place = SYNTH_PLACE_ADDRESS;
	}
	else if (plan->has_message)
	{
		say_asides(random, plan, wants, message);
		if (jorge_synth_chance(random, bounded(0.86 + openness)))
			message->intent = wants->intent;
		if (jorge_synth_chance(random, bounded(0.40 + openness)))
			say_financing(plan, wants, message);
		if (jorge_synth_chance(random, bounded(0.48 + openness)))
			message->timeline = wants->timeline;
		if (jorge_synth_chance(random, bounded(0.45 + openness)))
			say_budget(wants, message);
		if (jorge_synth_chance(random, bounded(0.60 + openness)))
			message->place = wants->place;
		if (jorge_synth_chance(random, 0.15))
			message->experience = wants->experience;
	}

	if (wants->budget != SYNTH_BUDGET_FLEXIBLE &&
		jorge_synth_chance(random, FIELD_BUDGET * habits->fields))
		say_budget(wants, fields);
	if (jorge_synth_chance(random, FIELD_TIMELINE * habits->fields))
		fields->timeline = timeline_choice[wants->timeline];
	if (jorge_synth_chance(random, FIELD_FINANCING * habits->fields))
		say_financing(plan, wants, fields);
	if (wants->place >= SYNTH_PLACE_AREA &&
		jorge_synth_chance(random, 1.5 * FIELD_AREA * habits->fields))
		fields->place = SYNTH_PLACE_AREA;
	plan->has_wishes = jorge_synth_chance(random, 0.45);
}

/*
 * Has this text or field settled what a question would ask?
 */
static bool
settles(const SynthSays *says, SynthTopic topic)
{
	switch (topic)
	{
		case SYNTH_ASK_BUDGET:
			return says->budget != SYNTH_BUDGET_UNSAID;
		case SYNTH_ASK_TIMELINE:
			return says->timeline != 0;
		case SYNTH_ASK_FINANCING:
			return says->financing != SYNTH_FINANCING_UNSAID;
		case SYNTH_ASK_AREA:
			return says->place >= SYNTH_PLACE_AREA;
		default:
			return false;
	}
}

/*
 * Choose the next of the four core questions that is still open, else propose a visit
 */
static SynthTopic
next_topic(SynthRandom *random, const SynthPlan *plan, unsigned asked)
{
	static const SynthTopic core[4] = {SYNTH_ASK_TIMELINE, SYNTH_ASK_FINANCING, SYNTH_ASK_BUDGET,
									   SYNTH_ASK_AREA};
	int from = jorge_synth_below(random, 4);

	for (int i = 0; i < 4; i++)
	{
		SynthTopic topic = core[(from + i) % 4];

		if ((asked & (1u << topic)) || settles(&plan->message, topic) ||
			settles(&plan->fields, topic))
			continue;
		if (plan->side == SYNTH_SELLER && (topic == SYNTH_ASK_FINANCING || topic == SYNTH_ASK_AREA))
			continue;
		return topic;
	}
	return SYNTH_ASK_VISIT;
}

/*
 * Move an instant into the hours in which we, or they, write
 */
static TimestampTz
within_hours(SynthRandom *random, TimestampTz at, int from, int to)
{
	int hour = jorge_synth_local_hour(at);
	int wait = hour < from ? from - hour : hour >= to ? 24 - hour + from : 0;

	if (wait == 0)
		return at;
	at += wait * USECS_PER_HOUR - at % USECS_PER_HOUR;
	/* the night on which daylight saving ends has an hour more */
	if (jorge_synth_local_hour(at) < from)
		at += USECS_PER_HOUR;
	return at + jorge_synth_below(random, 3000) * USECS_PER_SEC;
}

/*
 * Append a turn unless the conversation is over by then; NULL if it is
 */
static SynthTurn *
add_turn(SynthPlan *plan, TimestampTz at, SynthChannel channel, bool incoming, SynthTopic topic)
{
	SynthTurn *turn;

	if (plan->nturns >= SYNTH_MAX_TURNS ||
		at >= plan->received_at + SYNTH_TALK_DAYS * USECS_PER_DAY || at >= jorge_synth_window_end())
		return NULL;
	turn = &plan->turns[plan->nturns++];
	memset(turn, 0, sizeof(SynthTurn));
	turn->at = at;
	turn->channel = channel;
	turn->incoming = incoming;
	turn->topic = topic;
	plan->talk_end = at;
	return turn;
}

static TimestampTz
hours_later(TimestampTz at, double hours)
{
	return at + (int64) (hours * 3600 + 1) * USECS_PER_SEC;
}

/*
 * Draw the hours until our first answer; negative = never
 */
static double
draw_first_response(SynthRandom *random)
{
	double hours;

	if (jorge_synth_chance(random, 0.04))
		return -1;
	if (jorge_synth_chance(random, 0.35))
		return 0.01 + 0.1 * jorge_synth_uniform(random); /* automatic */
	hours = 0.9 * jorge_synth_exp(1.4 * jorge_synth_normal(random));
	return Min(hours, 96);
}

/*
 * Has the lead said by now what it wants?
 */
static bool
intent_is_known(const SynthPlan *plan)
{
	if (plan->message.intent != SYNTH_INTENT_UNSAID)
		return true;
	for (int i = 0; i < plan->nturns; i++)
		if (plan->turns[i].says.intent != SYNTH_INTENT_UNSAID)
			return true;
	return false;
}

/*
 * Decide what a reply says
 */
static void
say_in_reply(SynthRandom *random, const SynthPlan *plan, Wants *wants, SynthTopic topic,
			 SynthSays *says)
{
	say_asides(random, plan, wants, says);
	switch (topic)
	{
		case SYNTH_ASK_BUDGET:
			if (jorge_synth_chance(random, 0.88))
				say_budget(wants, says);
			break;
		case SYNTH_ASK_TIMELINE:
			if (jorge_synth_chance(random, 0.88))
				says->timeline = wants->timeline;
			break;
		case SYNTH_ASK_FINANCING:
			if (jorge_synth_chance(random, 0.88))
				say_financing(plan, wants, says);
			break;
		case SYNTH_ASK_AREA:
			if (jorge_synth_chance(random, 0.88))
				says->place = wants->place;
			break;
		default:
			if (jorge_synth_chance(random, intent_is_known(plan) ? 0.35 : 0.80))
				says->intent = wants->intent;
			break;
	}
	if (!intent_is_known(plan) && says->intent == SYNTH_INTENT_UNSAID &&
		jorge_synth_chance(random, 0.2))
		says->intent = wants->intent;

	/* things change while we talk; what is said last stands */
	if (plan->side != SYNTH_SELLER && wants->financing <= SYNTH_PREQUALIFIED &&
		jorge_synth_chance(random, 0.04 * logistic(wants->motivation)))
	{
		wants->financing = SYNTH_PREAPPROVED;
		says->financing = wants->financing;
	}
	else if (wants->timeline < SYNTH_TIMELINES - 1 && jorge_synth_chance(random, 0.02))
	{
		wants->timeline += 2;
		says->timeline = wants->timeline;
	}
}

/*
 * Plan the conversation: we ask, they answer or not, we call, they visit
 */
static void
converse(SynthRandom *random, SynthPlan *plan, Wants *wants)
{
	double mood_to_talk = wants->motivation + 0.45 * jorge_synth_normal(random);
	double pace = 0.5 - 0.75 * mood_to_talk; /* log of the median hours to a reply */
	double first = draw_first_response(random);
	bool by_mail = plan->source == SYNTH_EMAIL || jorge_synth_chance(random, 0.22);
	unsigned asked = 0;
	int silent = 0;
	TimestampTz at = plan->received_at;

	plan->talk_end = at;
	if (first < 0)
		return;
	at = within_hours(random, hours_later(at, first), 8, 20);

	for (int round = 0; round < 9; round++)
	{
		SynthTopic topic = silent > 0 ? SYNTH_FOLLOW_UP : next_topic(random, plan, asked);
		SynthChannel channel = by_mail ? SYNTH_MAIL : SYNTH_SMS;
		SynthTurn *turn;
		double hours;

		if (round > 0 && jorge_synth_chance(random, 0.10))
			channel = channel == SYNTH_SMS ? SYNTH_MAIL : SYNTH_SMS;
		if (silent > 0 && jorge_synth_chance(random, 0.35))
			channel = SYNTH_CALL;
		if ((turn = add_turn(plan, at, channel, false, topic)) == NULL)
			return;
		if (channel == SYNTH_CALL)
			turn->duration_seconds = 10 + jorge_synth_below(random, 30); /* a voicemail */
		if (topic != SYNTH_FOLLOW_UP)
			asked |= 1u << topic;

		if (!jorge_synth_chance(random,
								logistic(0.75 + 1.5 * mood_to_talk - 0.13 * round - 0.5 * silent)))
		{
			if (++silent > 2 || jorge_synth_chance(random, 0.25))
				return;
			at =
				within_hours(random, hours_later(at, 20 + 70 * jorge_synth_uniform(random)), 8, 20);
			continue;
		}
		silent = 0;

		hours = jorge_synth_exp(pace + 0.7 * jorge_synth_normal(random));
		at = hours_later(at, Min(hours, 120));
		at = within_hours(random, at, 7, 23);
		if (channel == SYNTH_CALL)
			channel = SYNTH_SMS;
		if (jorge_synth_chance(random, 0.06))
			channel = SYNTH_CALL;
		if ((turn = add_turn(plan, at, channel, true, topic)) == NULL)
			return;
		if (channel == SYNTH_CALL)
			turn->duration_seconds = 60 + jorge_synth_below(random, 840);
		else
			say_in_reply(random, plan, wants, topic, &turn->says);

		if ((topic == SYNTH_ASK_VISIT || round >= 2) && wants->intent >= SYNTH_INTENT_TALK &&
			jorge_synth_chance(random, logistic(-1.0 + 1.3 * wants->motivation)))
		{
			at =
				within_hours(random, hours_later(at, 14 + 60 * jorge_synth_uniform(random)), 9, 18);
			if ((turn = add_turn(plan, at, SYNTH_VISIT, true, SYNTH_ASK_NOTHING)) == NULL)
				return;
			turn->duration_seconds = 900 + jorge_synth_below(random, 2700);
			if (jorge_synth_chance(random, 0.35))
				if (add_turn(plan, hours_later(at, 1 + jorge_synth_uniform(random)), SYNTH_NOTE,
							 false, SYNTH_ASK_NOTHING) == NULL)
					return;
		}
		if (jorge_synth_chance(random, 0.14))
		{
			at = within_hours(
				random, hours_later(plan->talk_end, 2 + 20 * jorge_synth_uniform(random)), 8, 20);
			if ((turn = add_turn(plan, at, SYNTH_CALL, false, SYNTH_ASK_NOTHING)) == NULL)
				return;
			turn->duration_seconds = jorge_synth_chance(random, logistic(0.5 + mood_to_talk))
										 ? 90 + jorge_synth_below(random, 900)
										 : 10 + jorge_synth_below(random, 30);
		}
		at = within_hours(
			random, hours_later(plan->talk_end, 0.2 + 30 * jorge_synth_uniform(random)), 8, 20);
	}
}

/*
 * Fold what one text says into the facts: what is said last stands, the strongest intent and the
 * most specific place stand
 */
static void
fold(SynthFacts *facts, const SynthSays *says, bool text)
{
	if (says->financing != SYNTH_FINANCING_UNSAID)
		facts->financing = says->financing;
	if (says->timeline != 0)
		facts->timeline_days = timeline_days[says->timeline];
	if (says->budget != SYNTH_BUDGET_UNSAID)
	{
		facts->budget = says->budget;
		facts->budget_low = says->budget_low;
		facts->budget_high = says->budget_high;
	}
	if (says->experience != SYNTH_EXPERIENCE_UNSAID)
		facts->experience = says->experience;
	facts->intent = Max(facts->intent, says->intent);
	facts->place = Max(facts->place, says->place);
	facts->objections += says->objection != SYNTH_OBJECTION_NONE;
	facts->mood_sum += says->mood;
	facts->texts += text;
}

/*
 * Collect what a perfect reader would know: fields, then texts in order, then what was done
 */
static void
collect_facts(SynthPlan *plan)
{
	SynthFacts *facts = &plan->facts;
	const SynthTurn *ours = NULL; /* latest of ours that waits for an answer */
	double reply_hours = 0;

	facts->source = plan->source;
	facts->side = plan->side;
	facts->month = plan->local_month;
	facts->timeline_days = NAN;
	facts->first_response_hours = NAN;
	fold(facts, &plan->fields, false);
	if (plan->has_message)
		fold(facts, &plan->message, true);

	for (int i = 0; i < plan->nturns; i++)
	{
		const SynthTurn *turn = &plan->turns[i];
		bool text = turn->channel == SYNTH_SMS || turn->channel == SYNTH_MAIL;

		if (!turn->incoming)
		{
			if (isnan(facts->first_response_hours))
				facts->first_response_hours =
					(double) (turn->at - plan->received_at) / USECS_PER_HOUR;
			if (turn->channel != SYNTH_NOTE)
				ours = turn;
			continue;
		}
		facts->incoming++;
		facts->visits += turn->channel == SYNTH_VISIT;
		facts->calls += turn->channel == SYNTH_CALL;
		if (text)
			fold(facts, &turn->says, true);
		if (ours != NULL && turn->channel != SYNTH_VISIT)
		{
			facts->replies++;
			reply_hours += (double) (turn->at - ours->at) / USECS_PER_HOUR;
			ours = NULL;
		}
	}
	facts->reply_hours = facts->replies > 0 ? reply_hours / facts->replies : NAN;
}

/*
 * Plan a row
 */
void
jorge_synth_plan(SynthPlan *plan, uint64 seed, uint64 row)
{
	static const int side_weights[] = {66, 24, 10};
	int source_weights[SYNTH_SOURCES];
	SynthRandom random;
	Wants wants;

	memset(plan, 0, sizeof(SynthPlan));
	jorge_synth_random_init(&random, seed, row, SYNTH_STREAM_PLAN);
	for (int i = 0; i < SYNTH_SOURCES; i++)
		source_weights[i] = source_habits[i].weight;

	jorge_synth_arrival(&random, plan);
	plan->source = jorge_synth_weighted(&random, source_weights, SYNTH_SOURCES);
	plan->side = jorge_synth_weighted(&random, side_weights, lengthof(side_weights));
	plan->spanish = jorge_synth_chance(&random, 0.12);
	plan->accents = jorge_synth_chance(&random, 0.6);
	plan->plural = jorge_synth_chance(&random, 0.45);
	plan->sloppy = jorge_synth_chance(&random, 0.15);
	plan->lower = jorge_synth_chance(&random, 0.30);
	jorge_synth_house(&random, plan);

	want(&random, plan, &wants);
	say_at_arrival(&random, plan, &wants);
	converse(&random, plan, &wants);
	plan->noise = jorge_synth_normal(&random);
	collect_facts(plan);
}
