/*
 * explain.c: which words of a message a text model goes by.
 *
 * A word's contribution is that of its own n-gram and of the runs of characters in it, a pair's that
 * of its n-gram. Where several n-grams fell into one bucket they share what it adds by how often each
 * of them hit it, so that all contributions and the base sum to the margin.
 */
#include "core/jorge.h"

#include "textmodel/textmodel.h"

#include "funcapi.h"
#include "utils/builtins.h"

JORGE_FUNCTION(jorge_explain_text);

typedef struct Reason
{
	const char *spelled;
	bool pair;
	int times;
	double contribution;
} Reason;

static int
by_spelling(const void *a, const void *b)
{
	const Reason *x = a;
	const Reason *y = b;

	if (x->pair != y->pair)
		return x->pair ? 1 : -1;
	return strcmp(x->spelled, y->spelled);
}

static int
by_size(const void *a, const void *b)
{
	const Reason *x = a;
	const Reason *y = b;
	double difference = fabs(y->contribution) - fabs(x->contribution);

	if (difference != 0)
		return difference > 0 ? 1 : -1;
	return by_spelling(a, b);
}

/* One reason for each word and each pair where it stands; returns how many */
static int
list_reasons(const TextModel *model, const TextTerms *terms, Reason *reasons)
{
	const char *spelled = terms->spelled;
	const char *before = NULL;
	int n = 2 * terms->words - 1;

	if (terms->words == 0)
		return 0;
	/* word w at w, the pair it begins at words + w */
	for (int w = 0; w < terms->words; w++)
	{
		reasons[w] = (Reason){.spelled = spelled, .times = 1};
		if (w > 0)
			reasons[terms->words + w - 1] =
				(Reason){.spelled = psprintf("%s %s", before, spelled), .pair = true, .times = 1};
		before = spelled;
		spelled += strlen(spelled) + 1;
	}
	for (int i = 0; i < terms->hits; i++)
	{
		const TextHit *hit = &terms->hit[i];
		const TextTerm *term = &terms->terms[hit->term];

		reasons[hit->word + (hit->pair ? terms->words : 0)].contribution +=
			(double) model->weight[term->bucket] * term->value / term->count;
	}
	return n;
}

/* Make one of equal reasons; returns how many are left */
static int
merge_reasons(Reason *reasons, int n)
{
	int kept = 0;

	qsort(reasons, n, sizeof(Reason), by_spelling);
	for (int i = 0; i < n; i++)
	{
		if (kept > 0 && by_spelling(&reasons[kept - 1], &reasons[i]) == 0)
		{
			reasons[kept - 1].times += reasons[i].times;
			reasons[kept - 1].contribution += reasons[i].contribution;
		}
		else
			reasons[kept++] = reasons[i];
	}
	return kept;
}

/*
 * Return the reasons of a message's margin, the largest first
 */
Datum
jorge_explain_text(PG_FUNCTION_ARGS)
{
	text *message = PG_GETARG_TEXT_PP(1);
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	const TextModel *model = jorge_text_model_from_datum(PG_GETARG_DATUM(0));
	TextTerms terms;
	Reason *reasons;
	int n;
	int rank = 0;

	InitMaterializedSRF(fcinfo, 0);
	jorge_text_terms(VARDATA_ANY(message), VARSIZE_ANY_EXHDR(message), model->bits, model->seed,
					 &terms);
	reasons = palloc(mul_size(sizeof(Reason), 2 * (Size) terms.words + 1));
	n = merge_reasons(reasons, list_reasons(model, &terms, reasons));
	qsort(reasons, n, sizeof(Reason), by_size);
	for (int i = 0; i < n; i++)
	{
		Datum values[6];
		bool nulls[6] = {0};

		CHECK_FOR_INTERRUPTS();
		if (reasons[i].contribution == 0)
			continue;
		values[0] = Int32GetDatum(++rank);
		values[1] = CStringGetTextDatum(reasons[i].pair ? "pair" : "word");
		values[2] = CStringGetTextDatum(reasons[i].spelled);
		values[3] = Int32GetDatum(reasons[i].times);
		values[4] = Float8GetDatum(reasons[i].contribution);
		values[5] = Float8GetDatum(model->base);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}
