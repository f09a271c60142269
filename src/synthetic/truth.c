/*
 * truth.c: the probability with which a synthetic lead is won, and its outcome.
 *
 * doc/synthetic.md explains the numbers of the one table below. They are invented: a world to learn
 * in, not a claim about any market.
 */
#include "core/jorge.h"

#include "synthetic/synthetic.h"

#include "utils/memutils.h"

/*
 * Resolved leads the intercept and the stages are calibrated on. Their seed was chosen because its
 * sample misses the win rate of a million leads by little more than 0.001 at any rate.
 */
#define SAMPLE 16384
#define SAMPLE_SEED UINT64CONST(4)

/* Effects on the log-odds of winning */
typedef struct Effects
{
	double financing[SYNTH_FINANCINGS];
	double seller_financing; /* sellers, who are never asked */
	double urgency;          /* times exp(-days / urgency_days) */
	double urgency_days;
	double urgency_unsaid; /* taken for exp(-days / urgency_days) where unsaid */
	double budget[SYNTH_BUDGETS];
	double low_budget; /* times log(350 / thousands), where below 350 thousand */
	double intent[SYNTH_INTENTS];
	double objection; /* each text that objects, 4 at most */
	double experience[3];
	double place[5];
	double mood;            /* times the mean mood of the lead's texts */
	double incoming;        /* times log(1 + interactions by the lead) */
	double visits;          /* times log(1 + visits) */
	double reply_log_hours; /* times log(1 + mean hours to a reply) */
	double no_reply_hours;  /* taken for log(1 + mean hours) where there was none */
	double first_log_hours; /* times log(1 + hours to our first answer) */
	double no_first_hours;  /* taken for log(1 + hours) where we never answered */
	double source[SYNTH_SOURCES];
	double side[3];
	double month[12];
	double noise; /* times a standard normal that nothing shows */
} Effects;

static const Effects effects = {
	.financing =
		{
			[SYNTH_FINANCING_UNSAID] = -0.5,
			[SYNTH_NEEDS_LENDER] = -1.1,
			[SYNTH_SELLS_FIRST] = -0.7,
			[SYNTH_PREQUALIFIED] = 0.1,
			[SYNTH_PREAPPROVED] = 2.1,
			[SYNTH_CASH] = 1.6,
		},
	.seller_financing = 0.0,
	.urgency = 2.5,
	.urgency_days = 150,
	.urgency_unsaid = 0.25,
	.budget =
		{
			[SYNTH_BUDGET_UNSAID] = -0.4,
			[SYNTH_BUDGET_FLEXIBLE] = -0.5,
			[SYNTH_BUDGET_FROM] = -0.1,
			[SYNTH_BUDGET_UP_TO] = 0.0,
			[SYNTH_BUDGET_RANGE] = 0.1,
			[SYNTH_BUDGET_AROUND] = 0.3,
			[SYNTH_BUDGET_EXACT] = 0.5,
		},
	.low_budget = -0.4,
	.intent =
		{
			[SYNTH_INTENT_UNSAID] = -0.6,
			[SYNTH_INTENT_BROWSE] = -1.3,
			[SYNTH_INTENT_INFO] = -0.5,
			[SYNTH_INTENT_TALK] = 0.1,
			[SYNTH_INTENT_VISIT] = 0.8,
			[SYNTH_INTENT_COMMIT] = 1.4,
		},
	.objection = -0.4,
	.experience = {0, -0.2, 0.2},
	.place = {-0.2, -0.15, 0.0, 0.15, 0.3},
	.mood = 0.4,
	.incoming = 1.15,
	.visits = 0.9,
	.reply_log_hours = -0.4,
	.no_reply_hours = 3.0,
	.first_log_hours = -0.25,
	.no_first_hours = 4.0,
	/* the quality each source is known by (0.91, 0.62, 0.85, 0.80; e-mail 0.85), times 3, around
	   0.8 */
	.source =
		{
			[SYNTH_GHL] = 0.33,
			[SYNTH_FACEBOOK] = -0.54,
			[SYNTH_ZILLOW] = 0.15,
			[SYNTH_REALTOR_COM] = 0.0,
			[SYNTH_EMAIL] = 0.15,
		},
	.side =
		{
			[SYNTH_BUYER] = 0,
			[SYNTH_SELLER] = 0.1,
			[SYNTH_BOTH] = 0.2,
		},
	.month = {-0.15, -0.10, 0.05, 0.15, 0.20, 0.15, 0.10, 0.0, 0.0, -0.10, -0.15, -0.15},
	.noise = 0.1,
};

/* Shares that reach qualified, hot and appointment where 4.5 % are won */
static const double funnel[3] = {0.570, 0.234, 0.133};
#define FUNNEL_WIN_RATE 0.045

double
jorge_synth_score(const SynthPlan *plan)
{
	const SynthFacts *facts = &plan->facts;
	double score = 0;
	double urgency = isnan(facts->timeline_days)
						 ? effects.urgency_unsaid
						 : jorge_synth_exp(-facts->timeline_days / effects.urgency_days);

	score += facts->side == SYNTH_SELLER ? effects.seller_financing
										 : effects.financing[facts->financing];
	score += effects.urgency * urgency;
	score += effects.budget[facts->budget];
	if (facts->budget > SYNTH_BUDGET_FLEXIBLE)
	{
		double thousands = facts->budget == SYNTH_BUDGET_RANGE
							   ? 0.5 * (facts->budget_low + facts->budget_high)
							   : facts->budget_high;

		if (thousands < 350)
			score += effects.low_budget * jorge_synth_log(350 / thousands);
	}
	score += effects.intent[facts->intent];
	score += effects.objection * Min(facts->objections, 4);
	score += effects.experience[facts->experience];
	score += effects.place[facts->place];
	if (facts->texts > 0)
		score += effects.mood * facts->mood_sum / facts->texts;
	score += effects.incoming * jorge_synth_log(1 + facts->incoming);
	score += effects.visits * jorge_synth_log(1 + facts->visits);
	score += effects.reply_log_hours * (facts->replies > 0 ? jorge_synth_log(1 + facts->reply_hours)
														   : effects.no_reply_hours);
	score += effects.first_log_hours * (isnan(facts->first_response_hours)
											? effects.no_first_hours
											: jorge_synth_log(1 + facts->first_response_hours));
	score += effects.source[facts->source];
	score += effects.side[facts->side];
	score += effects.month[facts->month - 1];
	score += effects.noise * plan->noise;
	return score;
}

double
jorge_synth_probability(const SynthCalibration *calibration, double score)
{
	return 1 / (1 + jorge_synth_exp(-(calibration->intercept + score)));
}

/*
 * Did the lead arrive too late to have an outcome within the window?
 */
static bool
is_open(const SynthPlan *plan)
{
	return plan->received_at >= jorge_synth_window_end() - SYNTH_OPEN_DAYS * USECS_PER_DAY;
}

/*
 * Order scores from high to low
 */
static int
descending(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return x > y ? -1 : x < y ? 1 : 0;
}

/*
 * Scores of the fixed sample from high to low, made once in a backend
 */
static const double *
sample_scores(void)
{
	static double *cached = NULL;

	if (cached == NULL)
	{
		double *scores = palloc(sizeof(double) * SAMPLE);
		double *kept;
		SynthPlan plan;

		for (int i = 0, row = 0; i < SAMPLE; row++)
		{
			CHECK_FOR_INTERRUPTS();
			jorge_synth_plan(&plan, SAMPLE_SEED, row);
			if (!is_open(&plan))
				scores[i++] = jorge_synth_score(&plan);
		}
		qsort(scores, SAMPLE, sizeof(double), descending);
		kept = MemoryContextAlloc(TopMemoryContext, sizeof(double) * SAMPLE);
		memcpy(kept, scores, sizeof(double) * SAMPLE);
		pfree(scores);
		cached = kept;
	}
	return cached;
}

/*
 * Find the intercept that makes the sample's mean probability the win rate, by bisection
 */
static void
solve_intercept(const double *scores, SynthCalibration *calibration)
{
	double low = -60;
	double high = 60;

	/* 2^-24 of the bracket: 7e-6 in log-odds */
	for (int step = 0; step < 24; step++)
	{
		double sum = 0;

		CHECK_FOR_INTERRUPTS();
		calibration->intercept = 0.5 * (low + high);
		for (int i = 0; i < SAMPLE; i++)
			sum += jorge_synth_probability(calibration, scores[i]);
		if (sum < calibration->win_rate * SAMPLE)
			low = calibration->intercept;
		else
			high = calibration->intercept;
	}
}

/*
 * Find the scores from which a lost lead reached each stage. All shares of the funnel rise with the
 * win rate by one power, which keeps their order: share^(log(win rate) / log(0.045)).
 */
static void
solve_stages(const double *scores, SynthCalibration *calibration)
{
	double power = jorge_synth_log(calibration->win_rate) / jorge_synth_log(FUNNEL_WIN_RATE);

	for (int stage = 0; stage < 3; stage++)
	{
		double wanted = SAMPLE * jorge_synth_exp(power * jorge_synth_log(funnel[stage]));
		double reached = SAMPLE * calibration->win_rate;
		int i = 0;

		while (i < SAMPLE - 1 && reached < wanted)
			reached += 1 - jorge_synth_probability(calibration, scores[i++]);
		calibration->stage_score[stage] = scores[i];
	}
}

/*
 * Calibration for a win rate; the last one is kept, and stays good until the next call
 */
const SynthCalibration *
jorge_synth_calibrate(double win_rate)
{
	static SynthCalibration cached = {.win_rate = -1};

	if (cached.win_rate != win_rate)
	{
		const double *scores = sample_scores();
		SynthCalibration calibration = {.win_rate = win_rate};

		solve_intercept(scores, &calibration);
		solve_stages(scores, &calibration);
		cached = calibration;
	}
	return &cached;
}

/*
 * Say why a lead was lost, by what it said and did
 */
static const char *
draw_drop_reason(SynthRandom *random, const SynthFacts *facts)
{
	static const char *const names[] = {"no_response",   "not_ready",         "financing",
										"price",         "chose_other_agent", "bought_elsewhere",
										"changed_plans", "not_interested"};
	int weights[lengthof(names)] = {2, 10, 6, 10, 9, 10, 9, 8};

	if (facts->incoming == 0)
		return names[0];
	if (isnan(facts->timeline_days) || facts->timeline_days > 150)
		weights[1] += 20;
	if (facts->financing == SYNTH_NEEDS_LENDER || facts->financing == SYNTH_SELLS_FIRST)
		weights[2] += 24;
	if (facts->objections > 0)
		weights[3] += 14;
	if (facts->side == SYNTH_SELLER)
		weights[2] = weights[5] = 0;
	if (facts->incoming < 3)
		weights[0] += 20;
	return names[jorge_synth_weighted(random, weights, lengthof(weights))];
}

void
jorge_synth_outcome(const SynthPlan *plan, const SynthCalibration *calibration, uint64 seed,
					uint64 row, SynthOutcome *outcome)
{
	SynthRandom random;
	double score = jorge_synth_score(plan);
	double share;
	TimestampTz end = jorge_synth_window_end();
	TimestampTz last;

	memset(outcome, 0, sizeof(SynthOutcome));
	jorge_synth_random_init(&random, seed, row, SYNTH_STREAM_OUTCOME);
	outcome->probability = jorge_synth_probability(calibration, score);
	outcome->open = is_open(plan);
	outcome->won = jorge_synth_chance(&random, outcome->probability) && !outcome->open;

	outcome->stage = SYNTH_INITIAL_CONTACT;
	if (outcome->won)
		outcome->stage = SYNTH_CLOSED;
	else
		while (outcome->stage < SYNTH_APPOINTMENT &&
			   score >= calibration->stage_score[outcome->stage])
			outcome->stage++;
	if (outcome->open)
		return;

	last = Min(plan->received_at + SYNTH_HORIZON_DAYS * USECS_PER_DAY, end) - USECS_PER_SEC;
	share = outcome->won ? 0.3 + 0.7 * jorge_synth_uniform(&random)
						 : 0.02 + 0.98 * jorge_synth_uniform(&random);
	outcome->at = plan->talk_end +
				  (int64) (share * ((last - plan->talk_end) / USECS_PER_SEC)) * USECS_PER_SEC;
	if (outcome->won)
	{
		double price = plan->price * jorge_synth_exp(0.03 * jorge_synth_normal(&random));
		double rate = 0.03 * (1 + 0.03 * jorge_synth_normal(&random));

		outcome->sale_price = (int) (price / 500 + 0.5) * 500;
		outcome->revenue_cents = (int64) (outcome->sale_price * rate * 100 + 0.5);
	}
	else
		outcome->drop_reason = draw_drop_reason(&random, &plan->facts);
}
