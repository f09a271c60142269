/*
 * match_sql.c: names and the matcher as SQL calls them.
 */
#include "core/jorge.h"

#include "core/record.h"
#include "identity/match.h"
#include "identity/names.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

JORGE_FUNCTION(jorge_name_key);
JORGE_FUNCTION(jorge_name_similarity);
JORGE_FUNCTION(jorge_match_score);
JORGE_FUNCTION(jorge_match_score_json);
JORGE_FUNCTION(jorge_blocking_keys_row);
JORGE_FUNCTION(jorge_blocking_keys_json);

/* What is read of a row or an object */
static const RecordColumn columns[] = {
	{"name", RECORD_TEXT},	{"first_name", RECORD_TEXT}, {"last_name", RECORD_TEXT}, {"phone", RECORD_TEXT},
	{"email", RECORD_TEXT}, {"street", RECORD_TEXT},	 {"city", RECORD_TEXT},		 {"postal_code", RECORD_TEXT},
};

#define COLUMNS lengthof(columns)

/*
 * Get the place of a column in what was given
 */
static MatchText *
place_of(MatchGiven *given, int column)
{
	MatchText *places[COLUMNS] = {&given->name,	 &given->first_name, &given->last_name, &given->phone,
								  &given->email, &given->street,	 &given->city,		&given->postal_code};

	return places[column];
}

/*
 * Wrap a text argument
 */
static MatchText
match_text(text *t)
{
	MatchText result = {VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)};

	return result;
}

/*
 * Read a full name
 */
static void
read_name(text *t, MatchName *name)
{
	MatchGiven given = {.name = match_text(t)};

	jorge_read_name(&given, name);
}

/*
 * Order words by their bytes
 */
static int
compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/*
 * Make the key of a name: formal given name and surnames, sorted
 */
Datum
jorge_name_key(PG_FUNCTION_ARGS)
{
	MatchName name;
	const char *words[MATCH_NAME_WORDS + 1];
	char key[(MATCH_NAME_WORDS + 1) * MATCH_WORD_SIZE] = "";
	int n = 0;

	read_name(PG_GETARG_TEXT_PP(0), &name);
	if (name.ngiven > 0)
		words[n++] = jorge_formal_name(&name, 0);
	for (int i = 0; i < name.nsurname; i++)
		words[n++] = name.surname[i];
	if (n == 0)
		PG_RETURN_NULL();
	qsort(words, n, sizeof(char *), compare_words);
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			strlcat(key, " ", sizeof(key));
		strlcat(key, words[i], sizeof(key));
	}
	PG_RETURN_TEXT_P(cstring_to_text(key));
}

/*
 * Get the similarity of two names
 */
Datum
jorge_name_similarity(PG_FUNCTION_ARGS)
{
	MatchName a;
	MatchName b;
	double likeness;

	read_name(PG_GETARG_TEXT_PP(0), &a);
	read_name(PG_GETARG_TEXT_PP(1), &b);
	likeness = jorge_name_likeness(&a, &b);
	if (likeness < 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(likeness);
}

/* A row last read and what was made of it: one arrival is mostly compared with many */
typedef struct Known
{
	char *row; /* KNOWN_MOST bytes, NULL before the first one */
	Size size; /* 0 = none kept */
	MatchPerson person;
} Known;

/* Larger rows are not kept */
#define KNOWN_MOST 8192

/* What is kept between calls */
typedef struct Kept
{
	Known known[2];
	RecordReader *readers[2]; /* of the two arguments, which may be of two types */
	TupleDesc result;
} Kept;

/*
 * Get what is kept between calls
 */
static Kept *
kept_of(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Kept));
	return fcinfo->flinfo->fn_extra;
}

/*
 * Bring a row into comparable form
 */
static const MatchPerson *
prepare_row(FunctionCallInfo fcinfo, int argument)
{
	Kept *kept = kept_of(fcinfo);
	Known *known = &kept->known[argument];
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(argument);
	Size size = HeapTupleHeaderGetDatumLength(row);
	RecordValue values[COLUMNS];
	MatchGiven given;

	if (known->size == size && memcmp(known->row, row, size) == 0)
		return &known->person;
	known->size = 0;
	if (kept->readers[argument] == NULL)
		kept->readers[argument] = jorge_record_reader(fcinfo->flinfo->fn_mcxt, columns, COLUMNS);
	jorge_record_read(kept->readers[argument], row, values);
	memset(&given, 0, sizeof(given));
	for (int i = 0; i < COLUMNS; i++)
		if (!values[i].missing)
		{
			place_of(&given, i)->data = values[i].as.text.data;
			place_of(&given, i)->length = values[i].as.text.length;
		}
	jorge_match_prepare(&given, &known->person);
	if (size <= KNOWN_MOST)
	{
		if (known->row == NULL)
			known->row = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, KNOWN_MOST);
		memcpy(known->row, row, size);
		known->size = size;
	}
	return &known->person;
}

/*
 * Take a string or a number of an object
 */
static bool
take_scalar(const JsonbValue *value, MatchText *to)
{
	if (value->type == jbvString)
	{
		to->data = value->val.string.val;
		to->length = value->val.string.len;
		return true;
	}
	if (value->type == jbvNumeric)
	{
		char *number = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));

		to->data = number;
		to->length = strlen(number);
		return true;
	}
	return false;
}

/*
 * Add the keys of an array of phones or e-mails
 */
static void
add_all(const JsonbValue *list, bool phone, MatchPerson *person)
{
	JsonbIterator *iterator = JsonbIteratorInit(list->val.binary.data);
	JsonbIteratorToken token;
	JsonbValue value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		MatchText given;
		char phone_key[PHONE_KEY_SIZE];
		char email_key[EMAIL_KEY_SIZE];

		CHECK_FOR_INTERRUPTS();
		if (token != WJB_ELEM || !take_scalar(&value, &given))
			continue;
		if (phone && jorge_make_phone_key(given.data, given.length, phone_key))
			(void) jorge_match_add_phone(person, phone_key, strlen(phone_key));
		else if (!phone && jorge_make_email_key(given.data, given.length, email_key))
			(void) jorge_match_add_email(person, email_key, strlen(email_key));
	}
}

/*
 * Bring an object into comparable form
 */
static void
prepare_json(Jsonb *object, MatchPerson *person)
{
	static const char *const lists[] = {"phones", "emails"};
	MatchGiven given;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a person is a JSON object"),
				errhint("Write '{\"name\": \"Ann Lee\", \"phone\": \"512 867 5309\"}'."));
	memset(&given, 0, sizeof(given));
	for (int i = 0; i < COLUMNS; i++)
		if (getKeyJsonValueFromContainer(&object->root, columns[i].name, strlen(columns[i].name), &value) != NULL &&
			!take_scalar(&value, place_of(&given, i)) && value.type != jbvNull)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"%s\" of a person is a string", columns[i].name));
	jorge_match_prepare(&given, person);
	for (int i = 0; i < lengthof(lists); i++)
		if (getKeyJsonValueFromContainer(&object->root, lists[i], strlen(lists[i]), &value) != NULL && value.type != jbvNull)
		{
			if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))
				ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"%s\" of a person is an array of strings", lists[i]));
			add_all(&value, i == 0, person);
		}
}

/*
 * Return a verdict as a row: decision, reason, weight, and the level of each field (NULL = missing)
 */
static Datum
verdict_row(FunctionCallInfo fcinfo, const MatchPerson *a, const MatchPerson *b)
{
	Kept *kept = kept_of(fcinfo);
	MatchVerdict verdict = jorge_match(a, b);
	Datum values[3 + MATCH_FIELDS];
	bool nulls[3 + MATCH_FIELDS] = {false};

	if (kept->result == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &kept->result) != TYPEFUNC_COMPOSITE || kept->result->natts != lengthof(values))
			elog(ERROR, "unexpected result type of a match");
		kept->result = BlessTupleDesc(CreateTupleDescCopy(kept->result));
		MemoryContextSwitchTo(old);
	}
	values[0] = CStringGetTextDatum(jorge_match_decision_name(verdict.decision));
	values[1] = CStringGetTextDatum(jorge_match_reason_name(verdict.reason));
	values[2] = Float4GetDatum(verdict.weight);
	for (int i = 0; i < MATCH_FIELDS; i++)
	{
		nulls[3 + i] = verdict.levels[i] == LEVEL_MISSING;
		values[3 + i] = nulls[3 + i] ? 0 : CStringGetTextDatum(jorge_match_level_name(verdict.levels[i]));
	}
	return HeapTupleGetDatum(heap_form_tuple(kept->result, values, nulls));
}

/*
 * Compare two rows
 */
Datum
jorge_match_score(PG_FUNCTION_ARGS)
{
	const MatchPerson *a = prepare_row(fcinfo, 0);
	const MatchPerson *b = prepare_row(fcinfo, 1);

	return verdict_row(fcinfo, a, b);
}

/*
 * Compare two JSON objects
 */
Datum
jorge_match_score_json(PG_FUNCTION_ARGS)
{
	MatchPerson a;
	MatchPerson b;

	prepare_json(PG_GETARG_JSONB_P(0), &a);
	prepare_json(PG_GETARG_JSONB_P(1), &b);
	return verdict_row(fcinfo, &a, &b);
}

/*
 * Return blocking keys as an array
 */
static Datum
keys_array(const MatchPerson *person)
{
	int64 keys[MATCH_MAX_BLOCKING_KEYS];
	Datum elements[MATCH_MAX_BLOCKING_KEYS];
	int n = jorge_blocking_keys(person, keys);

	for (int i = 0; i < n; i++)
		elements[i] = Int64GetDatum(keys[i]);
	return PointerGetDatum(construct_array(elements, n, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/*
 * Make the blocking keys of a row
 */
Datum
jorge_blocking_keys_row(PG_FUNCTION_ARGS)
{
	return keys_array(prepare_row(fcinfo, 0));
}

/*
 * Make the blocking keys of a JSON object
 */
Datum
jorge_blocking_keys_json(PG_FUNCTION_ARGS)
{
	MatchPerson person;

	prepare_json(PG_GETARG_JSONB_P(0), &person);
	return keys_array(&person);
}
