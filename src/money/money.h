/*
 * money.h: a real-estate commission, exact to the cent.
 *
 * Amounts are whole cents, rates and shares whole millionths, products 128-bit: nothing is ever a
 * float. Each line is rounded once; whoever gets the rest gets exactly the rest, so that the shares
 * always add up to the gross.
 */
#ifndef JORGE_MONEY_H
#define JORGE_MONEY_H

#include "utils/jsonb.h"

typedef int64 Cents;
typedef int64 Millionths;

#define MILLION INT64CONST(1000000)
/* 10^13 of the currency's units */
#define COMMISSION_MAX_PRICE INT64CONST(1000000000000000)
#define COMMISSION_MAX_TIERS 16
#define COMMISSION_MAX_FEES 16
#define COMMISSION_MAX_LINES 64

typedef enum CommissionRounding
{
	ROUND_HALF_UP,
	ROUND_HALF_EVEN,
	ROUND_DOWN
} CommissionRounding;

typedef enum CommissionSide
{
	SIDE_BOTH,
	SIDE_LISTING,
	SIDE_BUYER
} CommissionSide;

/* Up to an amount (the last tier has none), a rate */
typedef struct CommissionTier
{
	Cents upto;
	Millionths rate;
} CommissionTier;

/* What one side is paid: percentage or tiers, plus a flat amount, at least a minimum */
typedef struct CommissionTerms
{
	int ntiers; /* one tier = a plain rate */
	CommissionTier tiers[COMMISSION_MAX_TIERS];
	bool cliff; /* the tier the price falls in counts for all of it; else each part has its own */
	Cents flat;
	Cents minimum;
} CommissionTerms;

/* A percentage or an amount that stops at a yearly cap, of which some has been paid */
typedef struct CommissionCharge
{
	char *label;
	Millionths rate;
	Cents amount;
	Cents cap; /* PG_INT64_MAX = none */
	Cents ytd;
	bool after_cap; /* only once the split's cap had been reached before the deal */
} CommissionCharge;

typedef struct CommissionPlan
{
	CommissionSide side; /* whom the brokerage represents */
	Cents concessions;	 /* of the seller, taken off the price */
	bool by_side;		 /* each side has its own terms; else total is divided by listing_share */
	CommissionTerms total;
	Millionths listing_share;
	CommissionSide remainder; /* side that gets the odd cent of a tie */
	CommissionTerms listing;
	CommissionTerms buyer;
	bool has_offer; /* the buyer's agreement limits what the seller's offer can bring */
	CommissionTerms offer;
	CommissionCharge referral;
	CommissionCharge royalty;
	bool has_split;
	int nsplits;
	CommissionTier splits[COMMISSION_MAX_TIERS]; /* by gross income of the year; rate = agent's share */
	Cents ytd_income;
	Cents cap; /* of what the brokerage keeps in a year */
	Cents ytd_paid;
	Millionths team;
	int nfees;
	CommissionCharge fees[COMMISSION_MAX_FEES];
	Millionths tax;		  /* on top of the gross: information */
	Millionths set_aside; /* of the net: information */
	CommissionRounding rounding;
} CommissionPlan;

typedef enum CommissionKind
{
	LINE_GROSS,		 /* what the deal brings */
	LINE_SHARE,		 /* who gets it: these add up to the gross */
	LINE_INFORMATION /* says something, moves nothing */
} CommissionKind;

typedef struct CommissionLine
{
	CommissionKind kind;
	const char *party;
	const char *label;
	Cents basis;	 /* what the rate applies to; -1 = none */
	Millionths rate; /* -1 = none */
	Cents amount;
} CommissionLine;

typedef struct Commission
{
	Cents gross; /* of both sides */
	Cents ours;	 /* of the sides the brokerage represents */
	Cents company;
	Cents royalty;
	Cents net; /* of the agent; of the brokerage where there is no split */
	int nlines;
	CommissionLine lines[COMMISSION_MAX_LINES];
} Commission;

/* Read and check a plan. ERROR 22023 with a hint for anything it should not hold. */
extern void jorge_commission_plan(Jsonb *json, CommissionPlan *plan);

/* Work a plan out for a price of 0 ... COMMISSION_MAX_PRICE */
extern void jorge_commission_compute(const CommissionPlan *plan, Cents price, Commission *commission);

/* Price whose net is at least so much while a cent less has not, by halving; the net rises with the
 * price but for the rounding of lines. -1 where no price up to COMMISSION_MAX_PRICE brings it. */
extern Cents jorge_commission_price_for_net(const CommissionPlan *plan, Cents net);

#endif
