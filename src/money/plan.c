/*
 * plan.c: reading a commission plan from jsonb, strictly: an unknown key, a wrong type or a rate of 6
 * where 0.06 was meant is an error, never a guess.
 */
#include "core/jorge.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "money/amount.h"

/* An object being read: its path for messages and the keys it may hold */
typedef struct PlanReader
{
	const char *path;
	JsonbContainer *object;
} PlanReader;

pg_noreturn static void plan_error(const char *hint, const char *format, ...) pg_attribute_printf(2, 3);

/*
 * Refuse the plan
 */
static void
plan_error(const char *hint, const char *format, ...)
{
	char message[256];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("commission plan: %s", message), errhint("%s", hint)));
}

/*
 * Check that an object has no key but those of a list that NULL ends
 */
static void
allow(const PlanReader *reader, const char *const *keys)
{
	JsonbIterator *it = JsonbIteratorInit(reader->object);
	JsonbValue value;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		StringInfoData hint;
		int i;

		if (token != WJB_KEY)
			continue;
		for (i = 0; keys[i] != NULL; i++)
			if (strlen(keys[i]) == value.val.string.len && memcmp(keys[i], value.val.string.val, value.val.string.len) == 0)
				break;
		if (keys[i] != NULL)
			continue;
		initStringInfo(&hint);
		for (i = 0; keys[i] != NULL; i++)
			appendStringInfo(&hint, "%s%s", i == 0 ? "Known here are " : ", ", keys[i]);
		appendStringInfoChar(&hint, '.');
		plan_error(hint.data, "unknown key \"%.*s\"%s%s", Min(value.val.string.len, 60), value.val.string.val,
				   reader->path[0] == '\0' ? "" : " in ", reader->path);
	}
}

/*
 * Value of a key; NULL where it is absent or null
 */
static JsonbValue *
member(const PlanReader *reader, const char *key)
{
	JsonbValue *value = getKeyJsonValueFromContainer(reader->object, key, strlen(key), NULL);

	return value == NULL || value->type == jbvNull ? NULL : value;
}

static const char *
path_of(const PlanReader *reader, const char *key)
{
	return reader->path[0] == '\0' ? key : psprintf("%s.%s", reader->path, key);
}

/*
 * Reader of an object that is a member; false where it is absent
 */
static bool
open_object(const PlanReader *reader, const char *key, PlanReader *inner)
{
	JsonbValue *value = member(reader, key);

	if (value == NULL)
		return false;
	inner->path = path_of(reader, key);
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		plan_error("Write it as {\"key\": value, ...}.", "%s must be an object", inner->path);
	inner->object = value->val.binary.data;
	return true;
}

/*
 * Elements of an array of objects; returns how many
 */
static int
open_array(const PlanReader *reader, const char *key, PlanReader *inner, int most)
{
	JsonbValue *value = member(reader, key);
	const char *path = path_of(reader, key);
	int n;

	if (value == NULL)
		return 0;
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data) || JsonContainerIsScalar(value->val.binary.data))
		plan_error("Write it as [{...}, {...}].", "%s must be an array", path);
	n = JsonContainerSize(value->val.binary.data);
	if (n < 1 || n > most)
		plan_error(psprintf("Give 1 to %d.", most), "%s has %d elements", path, n);
	for (int i = 0; i < n; i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(value->val.binary.data, i);

		inner[i].path = psprintf("%s[%d]", path, i);
		if (element->type != jbvBinary || !JsonContainerIsObject(element->val.binary.data))
			plan_error("Write it as {\"key\": value, ...}.", "%s must be an object", inner[i].path);
		inner[i].object = element->val.binary.data;
	}
	return n;
}

static Numeric
number(const PlanReader *reader, const char *key)
{
	JsonbValue *value = member(reader, key);

	if (value == NULL)
		return NULL;
	if (value->type != jbvNumeric)
		plan_error("Write a number, without quotes.", "%s must be a number", path_of(reader, key));
	return value->val.numeric;
}

static Cents
cents(const PlanReader *reader, const char *key, Cents absent)
{
	Numeric value = number(reader, key);
	Cents result;

	if (value == NULL)
		return absent;
	if (!jorge_numeric_to_scaled(value, 2, COMMISSION_MAX_PRICE, &result))
		plan_error("Amounts are 0 to 10000000000000 with at most two decimals.", "%s is no amount of money", path_of(reader, key));
	return result;
}

static Millionths
rate(const PlanReader *reader, const char *key, Millionths absent)
{
	Numeric value = number(reader, key);
	Millionths result;

	if (value == NULL)
		return absent;
	if (!jorge_numeric_to_scaled(value, 6, MILLION, &result))
		plan_error("Rates are fractions of 0 to 1 with at most six decimals: 6 % is 0.06.", "%s is no rate", path_of(reader, key));
	return result;
}

/*
 * One of the words of a list that NULL ends, by its position
 */
static int
word(const PlanReader *reader, const char *key, const char *const *words, int absent)
{
	JsonbValue *value = member(reader, key);
	StringInfoData hint;

	if (value == NULL)
		return absent;
	initStringInfo(&hint);
	for (int i = 0; words[i] != NULL; i++)
	{
		if (value->type == jbvString && strlen(words[i]) == value->val.string.len &&
			memcmp(words[i], value->val.string.val, value->val.string.len) == 0)
			return i;
		appendStringInfo(&hint, "%s\"%s\"", i == 0 ? "It may be " : ", ", words[i]);
	}
	appendStringInfoChar(&hint, '.');
	plan_error(hint.data, "%s is none of its words", path_of(reader, key));
}

static bool
flag(const PlanReader *reader, const char *key)
{
	JsonbValue *value = member(reader, key);

	if (value == NULL)
		return false;
	if (value->type != jbvBool)
		plan_error("Write true or false.", "%s must be true or false", path_of(reader, key));
	return value->val.boolean;
}

/*
 * Bands {"upto", rate_key}: rising, the last without end
 */
static int
tiers(const PlanReader *reader, const char *key, const char *rate_key, CommissionTier *result)
{
	const char *const keys[] = {"upto", rate_key, NULL};
	PlanReader band[COMMISSION_MAX_TIERS];
	int n = open_array(reader, key, band, COMMISSION_MAX_TIERS);

	for (int i = 0; i < n; i++)
	{
		bool last = i == n - 1;

		allow(&band[i], keys);
		result[i].upto = cents(&band[i], "upto", PG_INT64_MAX);
		result[i].rate = rate(&band[i], rate_key, -1);
		if (result[i].rate < 0)
			plan_error(psprintf("Each band has \"%s\".", rate_key), "%s has no \"%s\"", band[i].path, rate_key);
		if ((result[i].upto == PG_INT64_MAX) != last || (i > 0 && result[i].upto <= result[i - 1].upto))
			plan_error("Give each band but the last a higher \"upto\" than the one before, and the last one none.",
					   "%s does not follow its neighbours", band[i].path);
	}
	return n;
}

/*
 * Terms of a side, or of both together, from the object that holds them
 */
static void
terms(const PlanReader *reader, Millionths absent, CommissionTerms *result)
{
	static const char *const methods[] = {"marginal", "cliff", NULL};

	result->ntiers = tiers(reader, "tiers", "rate", result->tiers);
	if (result->ntiers > 0 && member(reader, "rate") != NULL)
		plan_error("Give one of them.", "%s has both rate and tiers", reader->path[0] == '\0' ? "it" : reader->path);
	result->cliff = word(reader, "tier_method", methods, 0) == 1;
	result->flat = cents(reader, "flat", 0);
	result->minimum = cents(reader, "minimum", 0);
	if (result->ntiers == 0)
	{
		/* a flat fee alone stands for itself */
		result->ntiers = 1;
		result->tiers[0].upto = PG_INT64_MAX;
		result->tiers[0].rate = rate(reader, "rate", result->flat > 0 ? 0 : absent);
	}
}

static void
side_terms(const PlanReader *reader, const char *key, CommissionTerms *result)
{
	static const char *const keys[] = {"rate", "tiers", "tier_method", "flat", "minimum", NULL};
	PlanReader inner;

	if (!open_object(reader, key, &inner))
	{
		result->ntiers = 1;
		result->tiers[0].upto = PG_INT64_MAX;
		return;
	}
	allow(&inner, keys);
	terms(&inner, 0, result);
}

/*
 * A percentage or amount with an optional yearly cap
 */
static void
charge_terms(const PlanReader *reader, CommissionCharge *result)
{
	result->rate = rate(reader, "rate", 0);
	result->amount = cents(reader, "amount", 0);
	result->cap = cents(reader, "cap", PG_INT64_MAX);
	result->ytd = cents(reader, "ytd", 0);
}

static void
charge_member(const PlanReader *reader, const char *key, CommissionCharge *result)
{
	static const char *const keys[] = {"rate", "amount", "cap", "ytd", NULL};
	PlanReader inner;

	result->cap = PG_INT64_MAX;
	if (!open_object(reader, key, &inner))
		return;
	allow(&inner, keys);
	charge_terms(&inner, result);
}

static void
split_terms(const PlanReader *reader, CommissionPlan *plan)
{
	static const char *const keys[] = {"agent", "tiers", "ytd_income", "cap", "ytd_paid", NULL};
	PlanReader split;

	plan->cap = PG_INT64_MAX;
	plan->has_split = open_object(reader, "split", &split);
	if (!plan->has_split)
		return;
	allow(&split, keys);
	plan->nsplits = tiers(&split, "tiers", "agent", plan->splits);
	if ((plan->nsplits > 0) == (member(&split, "agent") != NULL))
		plan_error("For example {\"agent\": 0.7} or {\"tiers\": [{\"upto\": 50000, \"agent\": 0.7}, {\"agent\": 0.9}]}.",
				   "split needs the agent's share, plain or in tiers");
	if (plan->nsplits == 0)
	{
		plan->nsplits = 1;
		plan->splits[0].upto = PG_INT64_MAX;
		plan->splits[0].rate = rate(&split, "agent", 0);
	}
	plan->ytd_income = cents(&split, "ytd_income", 0);
	plan->cap = cents(&split, "cap", PG_INT64_MAX);
	plan->ytd_paid = cents(&split, "ytd_paid", 0);
}

static void
fee_terms(const PlanReader *reader, CommissionPlan *plan)
{
	static const char *const keys[] = {"label", "rate", "amount", "cap", "ytd", "after_cap", NULL};
	PlanReader fee[COMMISSION_MAX_FEES];

	plan->nfees = open_array(reader, "fees", fee, COMMISSION_MAX_FEES);
	for (int i = 0; i < plan->nfees; i++)
	{
		JsonbValue *label;

		allow(&fee[i], keys);
		label = member(&fee[i], "label");
		if (label == NULL || label->type != jbvString)
			plan_error("For example {\"label\": \"transaction fee\", \"amount\": 250}.", "%s needs a label", fee[i].path);
		plan->fees[i].label = pnstrdup(label->val.string.val, label->val.string.len);
		charge_terms(&fee[i], &plan->fees[i]);
		plan->fees[i].after_cap = flag(&fee[i], "after_cap");
	}
}

/*
 * The sides: terms of their own, or one total divided between them
 */
static void
sides(const PlanReader *reader, CommissionPlan *plan)
{
	static const char *const names[] = {"both", "listing", "buyer", NULL};
	bool total = member(reader, "rate") || member(reader, "tiers") || member(reader, "flat") || member(reader, "minimum") ||
				 member(reader, "listing_share");

	plan->side = (CommissionSide) word(reader, "side", names, SIDE_BOTH);
	plan->remainder = (CommissionSide) word(reader, "remainder", names, SIDE_LISTING);
	if (plan->remainder == SIDE_BOTH)
		plan_error("It may be \"listing\", \"buyer\".", "remainder is none of its words");
	plan->by_side = member(reader, "listing") || member(reader, "buyer");
	plan->has_offer = member(reader, "seller_offer") != NULL;
	if (plan->by_side && total)
		plan_error("Put rate, tiers, flat and minimum into listing and buyer, or leave these out.",
				   "it has terms both in all and by side");
	if (plan->has_offer && member(reader, "buyer") == NULL)
		plan_error("Add what the buyer agreed to, for example \"buyer\": {\"rate\": 0.025}.", "seller_offer needs buyer");
	/* a dual rate is the total where the brokerage has both sides */
	terms(reader, 60000, &plan->total);
	if (plan->side == SIDE_BOTH && member(reader, "dual_rate") != NULL)
	{
		if (plan->by_side || plan->total.ntiers > 1)
			plan_error("It goes with a plain rate.", "dual_rate replaces one rate, and there are several");
		plan->total.tiers[0].rate = rate(reader, "dual_rate", 0);
	}
	plan->listing_share = rate(reader, "listing_share", MILLION / 2);
	side_terms(reader, "listing", &plan->listing);
	side_terms(reader, "buyer", &plan->buyer);
	side_terms(reader, "seller_offer", &plan->offer);
}

void
jorge_commission_plan(Jsonb *json, CommissionPlan *plan)
{
	static const char *const keys[] = {"side",	   "rate",	   "tiers", "tier_method", "flat", "minimum", "listing_share", "remainder",
									   "dual_rate", "listing", "buyer", "seller_offer", "concessions", "referral", "royalty", "split",
									   "team", "fees", "tax", "set_aside", "rounding", NULL};
	static const char *const roundings[] = {"half_up", "half_even", "down", NULL};
	PlanReader reader = {"", &json->root};

	memset(plan, 0, sizeof(*plan));
	if (!JB_ROOT_IS_OBJECT(json))
		plan_error("For example '{\"rate\": 0.06, \"side\": \"listing\"}'.", "it must be a JSON object");
	allow(&reader, keys);
	sides(&reader, plan);
	plan->concessions = cents(&reader, "concessions", 0);
	charge_member(&reader, "referral", &plan->referral);
	charge_member(&reader, "royalty", &plan->royalty);
	split_terms(&reader, plan);
	plan->team = rate(&reader, "team", 0);
	fee_terms(&reader, plan);
	plan->tax = rate(&reader, "tax", 0);
	plan->set_aside = rate(&reader, "set_aside", 0);
	plan->rounding = (CommissionRounding) word(&reader, "rounding", roundings, ROUND_HALF_UP);
}
