/*
 * scan.c: the one pass over what is left of a message once protected spans are out.
 */
#include "core/jorge.h"

#include "text/scan.h"

/* Tokens a negation reaches ("not really a good", "no me gusta nada") */
#define NEGATION_REACH 3

/* What a negation leaves of a word's sentiment, turned round */
#define NEGATION_FACTOR (-0.6)
#define STRONG_FACTOR 1.3

/* Urgency where haste is denied ("not asap") */
#define URGENCY_DENIED 0.1

#define READY_CASH 1.0
#define READY_PREAPPROVED 0.9
#define READY_PREQUALIFIED 0.75
#define READY_SELLS_FIRST 0.4
#define READY_MENTIONED 0.35
#define READY_NEEDS_LENDER 0.2

/* Evidence from which buying and selling in one message are both meant */
#define INTENT_EVIDENCE 0.5f

/*
 * Set all signals to "nothing said"
 */
void
jorge_text_clear(TextSignals *signals)
{
	memset(signals, 0, sizeof(*signals));
	signals->budget_min = signals->budget_max = NAN;
	signals->budget_specificity = NAN;
	signals->timeline_urgency = NAN;
	signals->timeline_days = NAN;
	signals->financing_readiness = NAN;
	signals->experience = NAN;
	signals->job_stability = NAN;
	signals->family_size = NAN;
}

/* State of financing a readiness stands for */
static TextFinancing
financing_of(double readiness)
{
	if (readiness >= (READY_CASH + READY_PREAPPROVED) / 2)
		return FINANCING_CASH;
	if (readiness >= (READY_PREAPPROVED + READY_PREQUALIFIED) / 2)
		return FINANCING_PREAPPROVED;
	if (readiness >= (READY_PREQUALIFIED + READY_SELLS_FIRST) / 2)
		return FINANCING_PREQUALIFIED;
	if (readiness >= (READY_SELLS_FIRST + READY_MENTIONED) / 2)
		return FINANCING_SELLS_FIRST;
	if (readiness >= (READY_MENTIONED + READY_NEEDS_LENDER) / 2)
		return FINANCING_MENTIONED;
	return FINANCING_NEEDS_LENDER;
}

/*
 * Note a state of financing
 *
 * The last one said stands, but a loan that is only mentioned doesn't replace a state, and having
 * to sell first holds whatever else is ready.
 */
static void
keep_financing(TextScan *scan, double readiness, bool negated)
{
	TextSignals *out = scan->out;
	TextFinancing state = financing_of(readiness);

	if (negated)
	{
		if (state == FINANCING_SELLS_FIRST)
			return;
		readiness = state == FINANCING_PREAPPROVED || state == FINANCING_PREQUALIFIED
						? READY_NEEDS_LENDER
						: READY_MENTIONED;
		state = financing_of(readiness);
	}
	if (out->financing == FINANCING_SELLS_FIRST ||
		(state == FINANCING_MENTIONED && out->financing != FINANCING_UNKNOWN))
		return;
	out->financing = state;
	out->financing_readiness = (float) readiness;
}

static void
keep_intent(TextScan *scan, TextIntent intent, float weight, bool negated)
{
	if (negated && intent != INTENT_STOP)
		return;
	scan->intent[intent] = Max(scan->intent[intent], weight);
	if (intent == INTENT_BUY || intent == INTENT_SELL)
	{
		/* "80k saved for a down payment and want a house around 400k" */
		scan->housing = true;
		scan->other_at = -1;
	}
	if (intent == INTENT_RENT)
		scan->said_rent = true;
}

/* Apply one meaning of a phrase that is tokens start ... end - 1 */
static void
apply_meaning(TextScan *scan, const Meaning *meaning, int start, int end)
{
	bool negated = start <= scan->negated_until;
	float weight = meaning->weight;
	Signal signal = (Signal) meaning->signal;
	double sentiment = weight;

	switch (signal)
	{
		case SIGNAL_SENTIMENT:
			if (start <= scan->strong_until)
				sentiment *= STRONG_FACTOR;
			scan->sentiment += negated ? sentiment * NEGATION_FACTOR : sentiment;
			break;
		case SIGNAL_TIMELINE_DAYS:
			if (negated)
				scan->urgency = URGENCY_DENIED;
			else
				scan->days = weight;
			break;
		case SIGNAL_TIMELINE_URGENCY:
			if (!negated)
				scan->urgency = weight;
			break;
		case SIGNAL_VISIT_DAYS:
			if (!negated)
				scan->visit_days = weight;
			break;
		case SIGNAL_FINANCING:
			keep_financing(scan, weight, negated);
			break;
		case SIGNAL_INTENT_BROWSE:
		case SIGNAL_INTENT_RENT:
		case SIGNAL_INTENT_BUY:
		case SIGNAL_INTENT_SELL:
			keep_intent(scan, INTENT_BROWSE + (signal - SIGNAL_INTENT_BROWSE), weight,
						negated);
			break;
		case SIGNAL_INTENT_STOP:
			keep_intent(scan, INTENT_STOP, weight, false);
			break;
		case SIGNAL_STOP_MESSAGE:
			scan->said_tokens += end - start;
			break;
		case SIGNAL_STRENGTH:
			if (!negated)
				scan->strength_left *= 1 - weight;
			break;
		case SIGNAL_LOCATION:
			scan->out->location_specificity = Max(scan->out->location_specificity, weight);
			break;
		case SIGNAL_EXPERIENCE:
			scan->out->experience = weight;
			break;
		case SIGNAL_BUDGET:
			scan->budget_at = end;
			scan->housing = true;
			break;
		case SIGNAL_AMOUNT_MAX:
		case SIGNAL_AMOUNT_MIN:
		case SIGNAL_AMOUNT_ABOUT:
			/* "don't want to pay more than" */
			if (signal != SIGNAL_AMOUNT_ABOUT && start <= scan->negated_until + 2 &&
				scan->negated_until >= 0)
				signal = signal == SIGNAL_AMOUNT_MIN ? SIGNAL_AMOUNT_MAX : SIGNAL_AMOUNT_MIN;
			if (scan->budget_end == start && !scan_is_number(scan, end) &&
				!scan_is_mark(scan, end, '$'))
				jorge_text_bound_after(scan, signal, start, end);
			else if (signal == SIGNAL_AMOUNT_ABOUT)
				scan->about_at = end;
			else
			{
				scan->bound_at = end;
				scan->bound = signal;
			}
			break;
		case SIGNAL_AMOUNT_OTHER:
			scan->other_at = end;
			break;
		case SIGNAL_BUDGET_VAGUE:
			if (weight < 1)
				scan->soft_budget = true;
			else
				scan->vague_budget = true;
			break;
		default:
			if (signal >= SIGNAL_OBJECTION && signal < SIGNAL_OBJECTION + TEXT_OBJECTIONS && !negated)
				scan->out->objections |= 1u << (signal - SIGNAL_OBJECTION);
			break;
	}
}

/* End the current sentence */
static void
end_sentence(TextScan *scan, bool *asks)
{
	if (*asks)
		scan->out->questions++;
	*asks = false;
	scan->sentence++;
	scan->negated_until = scan->strong_until = -1;
	scan->budget_at = scan->bound_at = scan->about_at = scan->other_at = -1;
}

/* Count the token's characters, and whether it begins a word as white space parts them */
static void
count_token(TextScan *scan, int i)
{
	const Token *token = &scan->tokens[i];
	TextSignals *out = scan->out;

	if (token->flags & TOKEN_DROPPED)
		return;
	out->length += token_pauses(token) ? 1 : (int) token->chars;
	if (token->kind == TOKEN_MARK)
	{
		if (token->mark == '?')
			out->question_marks += (int) token->chars;
		else if (token->mark == '!')
			out->exclamation_marks += (int) token->chars;
		return;
	}
	if (token->kind == TOKEN_SYMBOL)
		return;
	/* "500k" and "pre-approved" are one word */
	if (scan_glued(scan, i))
	{
		const Token *before = &scan->tokens[i - 1];

		if (before->kind == TOKEN_WORD || before->kind == TOKEN_NUMBER)
			return;
		if (scan_glued(scan, i - 1) && before->kind == TOKEN_MARK && before->chars == 1 &&
			strchr("-/.'@_", before->mark) != NULL &&
			(before[-1].kind == TOKEN_WORD || before[-1].kind == TOKEN_NUMBER))
			return;
	}
	out->words++;
}

/* Look at punctuation that parts clauses or sentences; returns whether token i is such */
static bool
see_mark(TextScan *scan, int i, int *sentence_start, bool *asks)
{
	const Token *token = &scan->tokens[i];

	if (token->kind != TOKEN_MARK)
		return false;
	if (token_ends_sentence(token))
	{
		int budget_at = scan->budget_at;

		*asks |= token->mark == '?';
		end_sentence(scan, asks);
		/* "Budget? 400k" */
		if (token->mark == '?' && budget_at == i)
			scan->budget_at = i + 1;
		*sentence_start = i + 1;
		return true;
	}
	if (token->mark == MARK_OPEN_QUESTION)
	{
		*asks = true;
		*sentence_start = i + 1;
	}
	if (token_pauses(token))
	{
		scan->negated_until = scan->strong_until = -1;
		if (token->mark != ':')
			scan->bound_at = scan->about_at = scan->other_at = -1;
		return true;
	}
	return token->word == WORD_NONE && token->mark != '$';
}

/* Is token i where a sentence, after a greeting if there is one, begins? */
static bool
begins_sentence(const TextScan *scan, int i, int sentence_start)
{
	if (i == sentence_start)
		return true;
	if (i - sentence_start > 4 || (scan_classes(scan, sentence_start) & WORD_GREETING) == 0)
		return false;
	return scan->tokens[i - 1].kind == TOKEN_MARK ||
		   (scan_classes(scan, i - 1) & WORD_GREETING) != 0;
}

/* Does a question begin with token i? The phrases of weight 0 are those that only look like it */
static bool
begins_question(const TextScan *scan, int i)
{
	int end;
	uint32 node = jorge_text_match(scan, TRIE_QUESTION, i, &end);

	return node != 0 && scan->lexicon->meanings[scan->lexicon->nodes[node].says].weight > 0;
}

/* Look at token i, which no phrase begins with; returns the token to go on with */
static int
see_token(TextScan *scan, int i)
{
	const Token *token = &scan->tokens[i];
	uint64 classes = scan_classes(scan, i);
	int next = i;

	if (token->kind == TOKEN_NUMBER || (classes & WORD_NUMBER) != 0)
		next = jorge_text_amount(scan, i);
	if (next == i && (classes & WORD_TIME) != 0)
		next = jorge_text_lone_time(scan, i);
	if (next > i)
		return next;
	if (classes & WORD_NEGATION)
		scan->negated_until = i + NEGATION_REACH;
	else if (classes & WORD_STRONG)
		scan->strong_until = i + 1;
	else if (classes & WORD_TURN)
		scan->negated_until = -1;
	if (classes & (WORD_JOIN | WORD_TURN | WORD_HOUSING))
		scan->other_at = -1;
	if (classes & (WORD_PLACE | WORD_NEAR))
		jorge_text_place_after(scan, i);
	return i + 1;
}

/* Which language has more of its common words here? */
static void
find_language(TextScan *scan)
{
	int english = 0;
	int spanish = 0;

	for (int i = 0; i < scan->n; i++)
	{
		uint64 classes = scan_classes(scan, i);

		english += (classes & WORD_ENGLISH) != 0;
		spanish += (classes & WORD_SPANISH) != 0;
	}
	if (spanish > english)
		scan->out->language = LANGUAGE_SPANISH;
	else if (english > 0)
		scan->out->language = LANGUAGE_ENGLISH;
}

/* Run over all tokens */
static void
run(TextScan *scan)
{
	int sentence_start = 0;
	int counted = 0;
	int other_words = 0;
	bool asks = false;
	int i = 0;

	while (i < scan->n)
	{
		const Token *token = &scan->tokens[i];
		uint32 node = 0;
		int end = i + 1;

		if ((i & 0xFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (token_breaks(token) && i > sentence_start)
		{
			end_sentence(scan, &asks);
			sentence_start = i;
		}
		if (see_mark(scan, i, &sentence_start, &asks))
		{
			i++;
			continue;
		}
		if (token->word != WORD_NONE || token->kind == TOKEN_NUMBER)
		{
			if (!asks && begins_sentence(scan, i, sentence_start))
				asks = begins_question(scan, i);
			scan->housing |= (scan_classes(scan, i) & WORD_HOUSING) != 0;
			node = jorge_text_match(scan, TRIE_SAYS, i, &end);
		}
		if (node != 0)
		{
			uint32 m = scan->lexicon->nodes[node].says;
			int said = scan->said_tokens;

			for (; m != 0; m = scan->lexicon->meanings[m].next)
				apply_meaning(scan, &scan->lexicon->meanings[m], i, end);
			if (scan->said_tokens == said && (scan_classes(scan, i) & WORD_GREETING) == 0)
				other_words++;
			if (scan_classes(scan, i) & (WORD_PLACE | WORD_NEAR))
				jorge_text_place_after(scan, end - 1);
		}
		else
		{
			end = see_token(scan, i);
			if ((scan_classes(scan, i) & WORD_GREETING) == 0)
				other_words++;
		}
		i = end;
	}
	end_sentence(scan, &asks);
	for (; counted < scan->n; counted++)
		count_token(scan, counted);
	if (scan->said_tokens > 0 && other_words == 0)
		scan->intent[INTENT_STOP] = 1;
}

static void
finish_timeline(TextScan *scan)
{
	TextSignals *out = scan->out;

	/* a plan beats "no rush", which beats the wish for a visit */
	if (!isnan(scan->days))
		out->timeline_days = (float) scan->days;
	else if (!isnan(scan->urgency))
		out->timeline_urgency = (float) scan->urgency;
	else if (!isnan(scan->visit_days))
		out->timeline_days = (float) scan->visit_days;
	if (!isnan(out->timeline_days))
		out->timeline_urgency = jorge_text_urgency(out->timeline_days);
}

static void
finish_intent(TextScan *scan)
{
	TextSignals *out = scan->out;
	float strongest = 0;

	/* of equals the later wins: selling, buying, renting, browsing */
	for (int i = INTENT_BROWSE; i <= INTENT_SELL; i++)
		if (scan->intent[i] > 0 && scan->intent[i] >= strongest)
		{
			strongest = scan->intent[i];
			out->intent = (TextIntent) i;
		}
	if (out->intent == INTENT_UNKNOWN && out->financing == FINANCING_SELLS_FIRST)
		out->intent = INTENT_SELL;
	if (scan->intent[INTENT_BUY] >= INTENT_EVIDENCE && scan->intent[INTENT_SELL] >= INTENT_EVIDENCE)
		out->intent = INTENT_BOTH;
	if (out->intent == INTENT_UNKNOWN &&
		(scan->has_budget || out->financing >= FINANCING_PREQUALIFIED))
		out->intent = INTENT_BUY;
	out->intent_strength = (float) (1 - scan->strength_left);
	if (out->intent == INTENT_BROWSE)
		out->intent_strength /= 2;
	if (scan->intent[INTENT_STOP] >= 1 ||
		(scan->intent[INTENT_STOP] > 0 && scan->strength_left == 1))
	{
		out->intent = INTENT_STOP;
		out->intent_strength = 0;
	}
	/* who sells and says "cash offer" wants one, and has none */
	if (out->intent == INTENT_SELL && out->financing == FINANCING_CASH)
	{
		out->financing = FINANCING_UNKNOWN;
		out->financing_readiness = NAN;
	}
}

/*
 * Cut a message into the tokens that are not protected, and find its language
 */
void
jorge_text_open(TextScan *scan, const char *message, size_t length, const TextLexicon *lexicon,
				TextSignals *signals, bool *removed)
{
	/* not the tokens at hand: they are 3 kB */
	memset((char *) scan + offsetof(TextScan, removed), 0,
		   sizeof(*scan) - offsetof(TextScan, removed));
	scan->message = (const unsigned char *) message;
	scan->lexicon = lexicon != NULL ? lexicon : jorge_text_builtin();
	scan->out = signals;
	scan->removed = removed;
	scan->negated_until = scan->strong_until = -1;
	scan->budget_at = scan->bound_at = scan->about_at = scan->other_at = -1;
	scan->budget_end = -1;
	scan->days = scan->urgency = scan->visit_days = NAN;
	scan->strength_left = 1;
	jorge_text_clear(signals);

	jorge_text_tokenise(scan, Min(length, TEXT_BYTES_MAX));
	jorge_text_protect(scan);
	find_language(scan);
}

void
jorge_text_close(TextScan *scan)
{
	if (scan->tokens != scan->at_hand)
		pfree(scan->tokens);
}

/*
 * Scan a message, and mark in removed, unless it is NULL, the bytes of protected spans
 */
void
jorge_text_scan_marking(const char *message, size_t length, const TextLexicon *lexicon,
						TextSignals *signals, bool *removed)
{
	TextScan scan;

	jorge_text_open(&scan, message, length, lexicon, signals, removed);
	run(&scan);
	finish_timeline(&scan);
	finish_intent(&scan);
	jorge_text_budget_finish(&scan);
	signals->sentiment = (float) (scan.sentiment / sqrt(scan.sentiment * scan.sentiment + 1));
	jorge_text_close(&scan);
}

/*
 * Scan a message
 */
void
jorge_text_scan(const char *message, size_t length, const TextLexicon *lexicon,
				TextSignals *signals)
{
	jorge_text_scan_marking(message, length, lexicon, signals, NULL);
}
