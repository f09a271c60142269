/*
 * commission.c: the order of operations of a commission.
 *
 * Price less concessions → gross of each side → referral off the top of our side → royalty → split
 * between agent and brokerage → team → fees → net.
 */
#include "core/jorge.h"

#include "money/money.h"

#ifndef HAVE_INT128
#error "jorge needs a compiler with 128-bit integers"
#endif

/*
 * Cents of a product of cents and millionths, which is not negative
 */
static Cents
rounded(int128 product, CommissionRounding rounding)
{
	Cents whole = (Cents) (product / MILLION);
	int64 rest = (int64) (product % MILLION);

	if (rounding == ROUND_DOWN)
		return whole;
	if (2 * rest > MILLION || (2 * rest == MILLION && (rounding == ROUND_HALF_UP || whole % 2 == 1)))
		whole++;
	return whole;
}

/*
 * Part of an amount
 */
static Cents
part(Cents amount, Millionths rate, CommissionRounding rounding)
{
	return rounded((int128) amount * rate, rounding);
}

/*
 * What terms give for a price. The tiers' parts are summed before the one rounding.
 */
static Cents
apply_terms(const CommissionTerms *terms, Cents price, CommissionRounding rounding)
{
	int128 product = 0;
	Cents from = 0;

	for (int i = 0; i < terms->ntiers; i++)
	{
		const CommissionTier *tier = &terms->tiers[i];
		bool inside = i == terms->ntiers - 1 || price <= tier->upto;

		if (terms->cliff)
		{
			product = (int128) price * tier->rate;
			if (inside)
				break;
			continue;
		}
		product += (int128) ((inside ? price : tier->upto) - from) * tier->rate;
		from = tier->upto;
		if (inside)
			break;
	}
	return Max(rounded(product, rounding) + terms->flat, terms->minimum);
}

/*
 * Divide the gross between the sides: whole cents each, the odd one by the larger fraction, a tie
 * by the plan's word
 */
static void
divide(const CommissionPlan *plan, Cents gross, Cents *listing, Cents *buyer)
{
	Cents left;
	int64 of_listing = (int64) ((int128) gross * plan->listing_share % MILLION);

	*listing = part(gross, plan->listing_share, ROUND_DOWN);
	*buyer = part(gross, MILLION - plan->listing_share, ROUND_DOWN);
	left = gross - *listing - *buyer;
	if (left > 0 && (2 * of_listing > MILLION || (2 * of_listing == MILLION && plan->remainder == SIDE_LISTING)))
		*listing += left;
	else
		*buyer += left;
}

/*
 * Percentage or amount of a charge, as far as its cap leaves room and there is money
 */
static Cents
charge(const CommissionCharge *charge, Cents basis, Cents available, CommissionRounding rounding)
{
	Cents amount = part(basis, charge->rate, rounding) + charge->amount;

	amount = Min(amount, Max(charge->cap - charge->ytd, 0));
	return Min(amount, available);
}

/*
 * The brokerage's part of an income, by the agent's share in each band of the year's income, up to
 * its cap
 */
static Cents
company_part(const CommissionPlan *plan, Cents income)
{
	int128 product = 0;
	Cents from = plan->ytd_income;
	Cents to = plan->ytd_income + income;

	for (int i = 0; i < plan->nsplits && from < to; i++)
	{
		const CommissionTier *band = &plan->splits[i];
		Cents end = i == plan->nsplits - 1 ? to : Min(to, band->upto);

		if (end <= from)
			continue;
		product += (int128) (end - from) * (MILLION - band->rate);
		from = end;
	}
	return Min(rounded(product, plan->rounding), Max(plan->cap - plan->ytd_paid, 0));
}

static void
add_line(Commission *commission, CommissionKind kind, const char *party, const char *label, Cents basis,
		 Millionths rate, Cents amount)
{
	CommissionLine *line = &commission->lines[commission->nlines++];

	Assert(commission->nlines <= COMMISSION_MAX_LINES);
	line->kind = kind;
	line->party = party;
	line->label = label;
	line->basis = basis;
	line->rate = rate;
	line->amount = amount;
}

/*
 * Rate to show for terms: the plain one, none for tiers
 */
static Millionths
shown_rate(const CommissionTerms *terms)
{
	return terms->ntiers == 1 ? terms->tiers[0].rate : -1;
}

/*
 * What the buyer's side is paid under an agreement and an offer: never more than agreed
 */
static Cents
buyer_side(const CommissionPlan *plan, Cents base, Commission *commission)
{
	Cents agreed = apply_terms(&plan->buyer, base, plan->rounding);
	Cents offered, seller_pays;

	if (!plan->has_offer)
		return agreed;
	offered = apply_terms(&plan->offer, base, plan->rounding);
	seller_pays = Min(offered, agreed);
	add_line(commission, LINE_INFORMATION, "seller", "pays of the buyer side's fee", base, shown_rate(&plan->offer), seller_pays);
	add_line(commission, LINE_INFORMATION, "buyer", "pays of the buyer side's fee", base, -1, agreed - seller_pays);
	if (offered > agreed)
		add_line(commission, LINE_INFORMATION, "seller", "offer above the buyer agreement, not payable as commission", base, -1,
				 offered - agreed);
	return agreed;
}

/*
 * Take our side's gross apart: referral, royalty, brokerage, team, fees; the rest is net
 */
static void
distribute(const CommissionPlan *plan, Commission *commission)
{
	bool capped = plan->ytd_paid >= plan->cap;
	const char *keeper = plan->has_split ? "agent" : "brokerage";
	Cents left = commission->ours;
	Cents income, taken, team;

	taken = charge(&plan->referral, commission->ours, left, plan->rounding);
	if (taken > 0)
		add_line(commission, LINE_SHARE, "referral", "referral fee, off the top", commission->ours,
				 plan->referral.rate > 0 ? plan->referral.rate : -1, taken);
	left -= taken;

	/* both royalty and split are of what the referral left */
	income = left;
	commission->company = plan->has_split ? company_part(plan, income) : 0;
	commission->royalty = charge(&plan->royalty, income, left - commission->company, plan->rounding);
	if (commission->royalty > 0)
		add_line(commission, LINE_SHARE, "franchise", "royalty", income, plan->royalty.rate > 0 ? plan->royalty.rate : -1,
				 commission->royalty);
	if (plan->has_split)
		add_line(commission, LINE_SHARE, "brokerage", "brokerage's part of the split", income,
				 plan->nsplits == 1 ? MILLION - plan->splits[0].rate : -1, commission->company);
	left -= commission->royalty + commission->company;

	team = part(left, plan->team, plan->rounding);
	if (team > 0)
		add_line(commission, LINE_SHARE, "team", "team's part", left, plan->team, team);
	left -= team;

	for (int i = 0; i < plan->nfees; i++)
	{
		const CommissionCharge *fee = &plan->fees[i];
		Cents due;

		if (fee->after_cap && !capped)
			continue;
		due = charge(fee, income, PG_INT64_MAX, plan->rounding);
		taken = Min(due, left);
		add_line(commission, LINE_SHARE, "fee", fee->label, fee->rate > 0 ? income : -1, fee->rate > 0 ? fee->rate : -1, taken);
		if (due > taken)
			add_line(commission, LINE_INFORMATION, keeper, "still owed for fees", -1, -1, due - taken);
		left -= taken;
	}
	commission->net = left;
	add_line(commission, LINE_SHARE, keeper, "net", -1, -1, left);
	if (plan->set_aside > 0)
		add_line(commission, LINE_INFORMATION, keeper, "to set aside for income tax", left, plan->set_aside,
				 part(left, plan->set_aside, plan->rounding));
}

void
jorge_commission_compute(const CommissionPlan *plan, Cents price, Commission *commission)
{
	Cents base = Max(price - plan->concessions, 0);
	Cents listing, buyer;

	memset(commission, 0, sizeof(*commission));
	if (plan->by_side)
	{
		listing = apply_terms(&plan->listing, base, plan->rounding);
		buyer = buyer_side(plan, base, commission);
		commission->gross = listing + buyer;
	}
	else
	{
		commission->gross = apply_terms(&plan->total, base, plan->rounding);
		divide(plan, commission->gross, &listing, &buyer);
	}
	add_line(commission, LINE_GROSS, "deal", "gross commission", base, plan->by_side ? -1 : shown_rate(&plan->total),
			 commission->gross);
	if (plan->side != SIDE_LISTING)
		commission->ours += buyer;
	if (plan->side != SIDE_BUYER)
		commission->ours += listing;
	if (plan->side != SIDE_BOTH)
		add_line(commission, LINE_SHARE, plan->side == SIDE_LISTING ? "buyer side" : "listing side", "cooperating brokerage", base,
				 -1, commission->gross - commission->ours);
	distribute(plan, commission);
	if (plan->tax > 0)
		add_line(commission, LINE_INFORMATION, "tax", "sales tax on top", commission->ours, plan->tax,
				 part(commission->ours, plan->tax, plan->rounding));
}

/*
 * Net at a price
 */
static Cents
net_at(const CommissionPlan *plan, Cents price)
{
	Commission commission;

	jorge_commission_compute(plan, price, &commission);
	return commission.net;
}

/*
 * Smallest next price above one at which some cliff may let the net fall
 */
static Cents
next_cliff(const CommissionPlan *plan, Cents above)
{
	const CommissionTerms *all[] = {&plan->total, &plan->listing, &plan->buyer, &plan->offer};
	Cents next = COMMISSION_MAX_PRICE;

	for (int t = 0; t < lengthof(all); t++)
		for (int i = 0; i < all[t]->ntiers - 1; i++)
			if (all[t]->cliff && all[t]->tiers[i].upto + plan->concessions >= above)
				next = Min(next, all[t]->tiers[i].upto + plan->concessions);
	return next;
}

Cents
jorge_commission_price_for_net(const CommissionPlan *plan, Cents net)
{
	Cents low = 0;

	/* the net rises within each piece between cliffs: halve in the first piece that reaches it */
	for (;;)
	{
		Cents end = next_cliff(plan, low);
		Cents high = end;

		if (net_at(plan, end) < net)
		{
			if (end >= COMMISSION_MAX_PRICE)
				return -1;
			low = end + 1;
			continue;
		}
		while (low < high)
		{
			Cents middle = low + (high - low) / 2;

			if (net_at(plan, middle) >= net)
				high = middle;
			else
				low = middle + 1;
		}
		return low;
	}
}
