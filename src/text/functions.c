/*
 * functions.c: what SQL sees of the scanner and its lexicon.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "text/scan.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

JORGE_FUNCTION(jorge_lexicon);
JORGE_FUNCTION(jorge_lexicon_version);
JORGE_FUNCTION(jorge_text_signals);
JORGE_FUNCTION(jorge_text_signals_with);
JORGE_FUNCTION(jorge_text_visible);

#define LEXICON_COLUMNS 6

/* Column of jorge.text_signals */
enum
{
	COLUMN_LENGTH,
	COLUMN_WORDS,
	COLUMN_QUESTION_MARKS,
	COLUMN_QUESTIONS,
	COLUMN_EXCLAMATION_MARKS,
	COLUMN_SENTIMENT,
	COLUMN_BUDGET_MIN,
	COLUMN_BUDGET_MAX,
	COLUMN_BUDGET_SPECIFICITY,
	COLUMN_PRICE_RANGE,
	COLUMN_TIMELINE_URGENCY,
	COLUMN_TIMELINE_DAYS,
	COLUMN_FINANCING,
	COLUMN_FINANCING_READINESS,
	COLUMN_INTENT,
	COLUMN_INTENT_STRENGTH,
	COLUMN_OBJECTIONS,
	COLUMN_LOCATION_SPECIFICITY,
	COLUMN_EXPERIENCE,
	COLUMN_LANGUAGE,
	COLUMN_JOB_STABILITY,
	COLUMN_FAMILY_SIZE,
	SIGNAL_COLUMNS
};

static void
put_row(ReturnSetInfo *set, const char *phrase, int length, const char *language,
		const char *signal, double weight, bool is_protected, const char *note)
{
	Datum values[LEXICON_COLUMNS];
	bool nulls[LEXICON_COLUMNS] = {false};

	values[0] = PointerGetDatum(cstring_to_text_with_len(phrase, length));
	values[1] = CStringGetTextDatum(language);
	values[2] = CStringGetTextDatum(signal);
	values[3] = Float4GetDatum((float4) weight);
	nulls[3] = isnan(weight);
	values[4] = BoolGetDatum(is_protected);
	nulls[5] = note == NULL;
	values[5] = note == NULL ? (Datum) 0 : CStringGetTextDatum(note);
	tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
}

static void
put_words(ReturnSetInfo *set, const WordGroup *group)
{
	bool valued = (group->classes & (WORD_NUMBER | WORD_UNIT | WORD_TIME)) != 0;

	for (int bit = 0; bit < 64; bit++)
	{
		const char *list = group->words;
		const char *phrase;
		int length;

		if ((group->classes & UINT64CONST(1) << bit) == 0)
			continue;
		while (lexicon_next_phrase(&list, &phrase, &length))
			put_row(set, phrase, length, "*", jorge_text_class_name(bit),
					valued ? group->value : NAN, false, NULL);
	}
}

/*
 * Return the written tables, a row for each phrase, word and spelling
 */
Datum
jorge_lexicon(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	const char *list;
	const char *phrase;
	int length;

	InitMaterializedSRF(fcinfo, 0);
	for (int t = 0; t < PHRASE_TABLES; t++)
		for (const PhraseGroup *group = jorge_text_tables[t]; group->phrases != NULL; group++)
		{
			list = group->phrases;
			CHECK_FOR_INTERRUPTS();
			while (lexicon_next_phrase(&list, &phrase, &length))
				put_row(set, phrase, length, group->language,
						jorge_text_signal_name((Signal) group->signal), group->weight,
						jorge_text_tables[t] == jorge_text_protected, NULL);
		}
	for (const WordGroup *group = jorge_text_words; group->words != NULL; group++)
		put_words(set, group);
	for (const SpellingGroup *group = jorge_text_spellings; group->word != NULL; group++)
	{
		list = group->spellings;
		while (lexicon_next_phrase(&list, &phrase, &length))
			put_row(set, phrase, length, "*", "spelling", NAN, false, group->word);
	}
	return (Datum) 0;
}

/*
 * Get the version of the words and rules
 */
Datum
jorge_lexicon_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(JORGE_LEXICON_VERSION);
}

static void
put_float4(Datum *values, bool *nulls, int column, float value)
{
	values[column] = Float4GetDatum(value);
	nulls[column] = isnan(value);
}

static void
put_float8(Datum *values, bool *nulls, int column, double value)
{
	values[column] = Float8GetDatum(value);
	nulls[column] = isnan(value);
}

static void
put_name(Datum *values, bool *nulls, int column, const char *name)
{
	nulls[column] = name == NULL;
	if (name != NULL)
		values[column] = CStringGetTextDatum(name);
}

/* Names of the objections raised, as text[] */
static Datum
objection_array(unsigned objections)
{
	Datum names[TEXT_OBJECTIONS];
	int n = 0;

	if (objections == 0)
		return PointerGetDatum(construct_empty_array(TEXTOID));
	for (int i = 0; i < TEXT_OBJECTIONS; i++)
		if (objections & 1u << i)
			names[n++] = CStringGetTextDatum(jorge_text_objection_name((TextObjection) i));
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Row type of the call, looked up at the first of a query */
static TupleDesc
signals_desc(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		TupleDesc desc;

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
			desc->natts != SIGNAL_COLUMNS)
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("text_signals does not return the columns this library fills"),
							errhint("Run ALTER EXTENSION jorge UPDATE.")));
		fcinfo->flinfo->fn_extra = BlessTupleDesc(CreateTupleDescCopy(desc));
		MemoryContextSwitchTo(old);
	}
	return fcinfo->flinfo->fn_extra;
}

/* Scan the message that is the call's first argument, and return its row */
static Datum
signals_row(FunctionCallInfo fcinfo, const TextLexicon *lexicon)
{
	static const char *const languages[] = {NULL, "en", "es"};
	text *message = PG_GETARG_TEXT_PP(0);
	TupleDesc desc = signals_desc(fcinfo);
	Datum values[SIGNAL_COLUMNS] = {0};
	bool nulls[SIGNAL_COLUMNS] = {false};
	TextSignals signals;

	jorge_text_scan(VARDATA_ANY(message), VARSIZE_ANY_EXHDR(message), lexicon, &signals);
	values[COLUMN_LENGTH] = Int32GetDatum(signals.length);
	values[COLUMN_WORDS] = Int32GetDatum(signals.words);
	values[COLUMN_QUESTION_MARKS] = Int32GetDatum(signals.question_marks);
	values[COLUMN_QUESTIONS] = Int32GetDatum(signals.questions);
	values[COLUMN_EXCLAMATION_MARKS] = Int32GetDatum(signals.exclamation_marks);
	put_float4(values, nulls, COLUMN_SENTIMENT, signals.sentiment);
	put_float8(values, nulls, COLUMN_BUDGET_MIN, signals.budget_min);
	put_float8(values, nulls, COLUMN_BUDGET_MAX, signals.budget_max);
	put_float4(values, nulls, COLUMN_BUDGET_SPECIFICITY, signals.budget_specificity);
	values[COLUMN_PRICE_RANGE] = BoolGetDatum(signals.price_range);
	put_float4(values, nulls, COLUMN_TIMELINE_URGENCY, signals.timeline_urgency);
	put_float4(values, nulls, COLUMN_TIMELINE_DAYS, signals.timeline_days);
	put_name(values, nulls, COLUMN_FINANCING, jorge_text_financing_name(signals.financing));
	put_float4(values, nulls, COLUMN_FINANCING_READINESS, signals.financing_readiness);
	put_name(values, nulls, COLUMN_INTENT, jorge_text_intent_name(signals.intent));
	put_float4(values, nulls, COLUMN_INTENT_STRENGTH, signals.intent_strength);
	values[COLUMN_OBJECTIONS] = objection_array(signals.objections);
	put_float4(values, nulls, COLUMN_LOCATION_SPECIFICITY, signals.location_specificity);
	put_float4(values, nulls, COLUMN_EXPERIENCE, signals.experience);
	put_name(values, nulls, COLUMN_LANGUAGE, languages[signals.language]);
	put_float4(values, nulls, COLUMN_JOB_STABILITY, signals.job_stability);
	put_float4(values, nulls, COLUMN_FAMILY_SIZE, signals.family_size);
	PG_FREE_IF_COPY(message, 0);
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

/*
 * Scan a message with the built-in words
 */
Datum
jorge_text_signals(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(signals_row(fcinfo, NULL));
}

/* Elements of an argument that is a one-dimensional array without NULLs */
static Datum *
array_elements(FunctionCallInfo fcinfo, int argno, Oid type, int *n)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(argno);
	Datum *elements;

	if (ARR_NDIM(array) > 1 || array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("additions must be one-dimensional arrays without nulls"),
						errhint("Give phrases, signals and weights as arrays of the same length.")));
	if (type == FLOAT8OID)
		deconstruct_array(array, type, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements,
						  NULL, n);
	else
		deconstruct_array(array, type, -1, false, TYPALIGN_INT, &elements, NULL, n);
	return elements;
}

/*
 * Scan a message with additions to the built-in words, compiled for this call
 */
Datum
jorge_text_signals_with(PG_FUNCTION_ARGS)
{
	int n;
	int n_signals;
	int n_weights;
	Datum *phrases = array_elements(fcinfo, 1, TEXTOID, &n);
	Datum *signals = array_elements(fcinfo, 2, TEXTOID, &n_signals);
	Datum *weights = array_elements(fcinfo, 3, FLOAT8OID, &n_weights);
	TextAddition *additions = palloc(mul_size(Max(n, 1), sizeof(TextAddition)));
	MemoryContext mcxt;
	Datum row;

	if (n != n_signals || n != n_weights)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%d phrases, %d signals and %d weights do not match", n, n_signals,
							   n_weights),
						errhint("Give phrases, signals and weights as arrays of the same length.")));
	for (int i = 0; i < n; i++)
	{
		additions[i].phrase = TextDatumGetCString(phrases[i]);
		additions[i].signal = TextDatumGetCString(signals[i]);
		additions[i].weight = DatumGetFloat8(weights[i]);
	}
	mcxt = AllocSetContextCreate(CurrentMemoryContext, "jorge lexicon", ALLOCSET_DEFAULT_SIZES);
	row = signals_row(fcinfo, jorge_text_lexicon(mcxt, additions, n));
	MemoryContextDelete(mcxt);
	PG_RETURN_DATUM(row);
}

/*
 * Get a message without its protected spans, a space in place of each
 */
Datum
jorge_text_visible(PG_FUNCTION_ARGS)
{
	text *message = PG_GETARG_TEXT_PP(0);
	const char *s = VARDATA_ANY(message);
	Size length = VARSIZE_ANY_EXHDR(message);
	bool *removed = palloc0(length + 1);
	text *visible = palloc(length + VARHDRSZ);
	Size kept = 0;
	TextSignals signals;

	jorge_text_scan_marking(s, length, NULL, &signals, removed);
	for (Size i = 0; i < length; i++)
	{
		if ((i & 0xFFFFF) == 0xFFFFF)
			CHECK_FOR_INTERRUPTS();
		if (!removed[i])
			VARDATA(visible)[kept++] = s[i];
		else if (i == 0 || !removed[i - 1])
			VARDATA(visible)[kept++] = ' ';
	}
	SET_VARSIZE(visible, kept + VARHDRSZ);
	pfree(removed);
	PG_RETURN_TEXT_P(visible);
}
