/*
 * name_read.c: names of people taken apart into given names, surnames and generation.
 *
 * Understood: "Dr. John Q. Smith Jr., MD", "Smith, John", "John & Mary Smith", "Mr. and Mrs. Smith", "Robert (Bob) Smith",
 * "María de la Cruz López", "O'Brien", "Smith-Jones". Western order is assumed; the comparison also tries the other one.
 */
#include "core/jorge.h"

#include "identity/letters.h"
#include "identity/names.h"

#define MAX_WORDS 16

typedef struct Word
{
	char text[MATCH_WORD_SIZE];
	int length;	 /* bytes */
	bool comma;	 /* a comma stands before it */
	bool joint;	 /* "and" or "&" stands before it */
	bool hyphen; /* a hyphen ties it to the word before */
} Word;

typedef struct Words
{
	int n;
	Word words[MAX_WORDS];
} Words;

static const char *const titles[] = {
	"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "sir", "madam", "sra", "srta", "senor", "senora", "mme", "herr",
	"frau", "capt", "captain", "sgt", "lt", "hon",
};

static const char *const degrees[] = {
	"md", "phd", "esq", "cpa", "dds", "dvm", "rn", "mba", "jd", "pe", "realtor", "ret", "usa", "usn", "usmc", "usaf", "llc", "inc",
};

static const struct
{
	const char *word;
	int generation;
} generations[] = {
	{"sr", 1}, {"senior", 1}, {"jr", 2}, {"junior", 2}, {"ii", 2}, {"2nd", 2}, {"iii", 3}, {"3rd", 3}, {"iv", 4}, {"4th", 4},
};

/* Tied to the word after them */
static const char *const particles[] = {
	"de", "del", "dela", "la", "las", "los", "van", "von", "der", "den", "ter", "di", "da", "do", "dos", "das", "du", "le", "el",
	"al", "bin", "ibn", "san", "santa", "st", "saint", "mac", "mc", "o",
};

/* What forms hold where nobody gave a name */
static const char *const placeholders[] = {
	"unknown", "none", "no", "name", "noname", "null", "na", "n", "a", "test", "anonymous", "guest", "lead", "new", "caller", "wireless",
	"customer", "client", "user", "facebook", "zillow", "homeowner", "home", "owner", "resident", "current", "tbd", "x", "xx", "xxx",
};

/*
 * Is the word in the list?
 */
static bool
is_one_of(const char *word, const char *const *list, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

/*
 * Get the generation a suffix tells, 0 if it is none
 */
static int
generation_of(const char *word)
{
	for (int i = 0; i < lengthof(generations); i++)
		if (strcmp(word, generations[i].word) == 0)
			return generations[i].generation;
	return 0;
}

/*
 * Find a given name in the table; -1 if it is not there
 */
static int
find_given(const char *word)
{
	int low = 0;
	int high = jorge_ngiven_names;

	while (low < high)
	{
		int middle = (low + high) / 2;
		int order = strcmp(word, jorge_given_names[middle].name);

		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

/*
 * Find a surname in the table; -1 if it is not there
 */
static int
find_surname(const char *word)
{
	int low = 0;
	int high = jorge_nsurnames;

	while (low < high)
	{
		int middle = (low + high) / 2;
		int order = strcmp(word, jorge_surnames[middle].name);

		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

/*
 * Split a text into folded words; a text that holds an e-mail address is no name
 */
static void
read_words(MatchText given, Words *words)
{
	const char *p = given.data;
	const char *end = p + Min(given.length, NAME_BYTES_READ);
	Word *word = NULL;
	bool comma = false;
	bool joint = false;
	bool hyphen = false;

	words->n = 0;
	while (p < end)
	{
		Letter letter;

		jorge_next_letter(p, end, &letter);
		p += letter.bytes;
		if (letter.kind == LETTER_IGNORED)
			continue;
		if (letter.kind == LETTER_ALPHA || letter.kind == LETTER_DIGIT)
		{
			if (word == NULL)
			{
				if (words->n == MAX_WORDS)
					break;
				word = &words->words[words->n++];
				memset(word, 0, sizeof(Word));
				word->comma = comma;
				word->joint = joint;
				word->hyphen = hyphen;
				comma = joint = hyphen = false;
			}
			for (int i = 0; i < letter.n; i++)
				word->length = jorge_put_code(word->text, word->length, MATCH_WORD_SIZE, letter.codes[i]);
			continue;
		}
		hyphen = letter.kind == LETTER_MARK && letter.codes[0] == '-' && word != NULL;
		if (word != NULL && !word->comma && (strcmp(word->text, "and") == 0 || strcmp(word->text, "und") == 0) && words->n > 1)
		{
			words->n--;
			joint = true;
		}
		word = NULL;
		if (letter.kind != LETTER_MARK)
			continue;
		if (letter.codes[0] == '@')
		{
			words->n = 0;
			return;
		}
		comma |= letter.codes[0] == ',' && words->n > 0;
		joint |= (letter.codes[0] == '&' || letter.codes[0] == '+' || letter.codes[0] == '/') && words->n > 0;
	}
}

/*
 * Take out a word, whose marks pass to the next one
 */
static void
remove_word(Words *words, int i)
{
	if (i + 1 < words->n)
	{
		Word *next = &words->words[i + 1];

		next->comma |= words->words[i].comma && i > 0;
		next->joint |= words->words[i].joint && i > 0;
		memmove(&words->words[i], next, sizeof(Word) * (words->n - i - 1));
	}
	words->n--;
	if (words->n > 0)
		words->words[0].comma = words->words[0].joint = words->words[0].hyphen = false;
}

/*
 * Take out titles, degrees and the generation, as long as a name is left
 */
static void
remove_ornaments(Words *words, MatchName *name)
{
	bool nothing = true;

	for (int i = 0; i < words->n; i++)
		nothing &= is_one_of(words->words[i].text, placeholders, lengthof(placeholders));
	if (nothing)
	{
		words->n = 0;
		return;
	}
	/* "sr" in front is señor, at the end Senior */
	if (words->n > 1 && strcmp(words->words[0].text, "sr") == 0)
		remove_word(words, 0);
	for (int i = words->n - 1; i >= 0 && words->n > 1; i--)
		if (is_one_of(words->words[i].text, titles, lengthof(titles)))
			remove_word(words, i);
	while (words->n > 1)
	{
		const char *last = words->words[words->n - 1].text;
		const char *previous = words->words[words->n - 2].text;
		int generation = generation_of(last);

		if (generation > 0)
			name->generation = generation;
		else if (words->n > 2 && ((strcmp(previous, "m") == 0 && strcmp(last, "d") == 0) || (strcmp(previous, "ph") == 0 && strcmp(last, "d") == 0)))
			words->n--;
		else if (!is_one_of(last, degrees, lengthof(degrees)))
			break;
		words->n--;
	}
}

/*
 * Tie particles to the word after them, within words[from .. to - 1]; a leading one is a name of its own ("Van Morrison")
 */
static int
join_particles(Words *words, int from, int to, bool leading_too)
{
	for (int i = leading_too ? from : from + 1; i + 1 < to; i++)
	{
		Word *word = &words->words[i];
		Word *next = &words->words[i + 1];

		if (next->comma || next->joint || !is_one_of(word->text, particles, lengthof(particles)) ||
			word->length + next->length >= MATCH_WORD_SIZE)
			continue;
		memcpy(word->text + word->length, next->text, next->length + 1);
		word->length += next->length;
		memmove(next, next + 1, sizeof(Word) * (words->n - i - 2));
		words->n--;
		to--;
		i--;
	}
	return to;
}

/*
 * Add a given name
 */
static void
add_given(MatchName *name, const Word *word)
{
	int i = name->ngiven;

	if (i == MATCH_NAME_WORDS)
		return;
	memcpy(name->given[i], word->text, MATCH_WORD_SIZE);
	name->given_entry[i] = find_given(word->text);
	name->given_bits[i] = RARE_GIVEN;
	if (name->given_entry[i] >= 0 && jorge_given_names[name->given_entry[i]].quarter_bits > 0)
		name->given_bits[i] = Min(jorge_given_names[name->given_entry[i]].quarter_bits, RARE_GIVEN);
	name->ngiven++;
}

/*
 * Add a surname
 */
static void
add_surname(MatchName *name, const Word *word)
{
	int i = name->nsurname;
	int entry;

	if (i == MATCH_NAME_WORDS)
		return;
	memcpy(name->surname[i], word->text, MATCH_WORD_SIZE);
	entry = find_surname(word->text);
	name->surname_known[i] = entry >= 0;
	name->surname_bits[i] = entry >= 0 ? Min(jorge_surnames[entry].quarter_bits, RARE_SURNAME) : RARE_SURNAME;
	name->nsurname++;
}

/*
 * Read one person of a full name, words[from .. to - 1]
 */
static void
read_person(const Words *words, int from, int to, MatchName *name)
{
	int surname = to - 1;

	if (to - from == 1)
	{
		/* one word: a surname only if it is better known as one */
		const Word *word = &words->words[from];

		if (from == 0 && words->n == 1 && find_given(word->text) < 0 && find_surname(word->text) >= 0)
			add_surname(name, word);
		else
			add_given(name, word);
		return;
	}
	/* middle words that are no given names are the first of two surnames */
	while (surname > from + 1 &&
		   (words->words[surname].hyphen ||
			(words->words[surname - 1].text[1] != '\0' && find_given(words->words[surname - 1].text) < 0)))
		surname--;
	for (int i = from; i < surname; i++)
		add_given(name, &words->words[i]);
	for (int i = surname; i < to; i++)
		add_surname(name, &words->words[i]);
}

/*
 * Read a full name
 */
static void
read_full(MatchText given, MatchName *name)
{
	Words words;
	int from = 0;

	read_words(given, &words);
	remove_ornaments(&words, name);
	for (int i = 1; i < words.n; i++)
		if (words.words[i].comma && !words.words[i].joint)
		{
			/* "Smith, John" */
			int before = words.n;
			int to = join_particles(&words, 0, i, true);

			i -= before - words.n;
			for (int j = 0; j < to; j++)
				add_surname(name, &words.words[j]);
			for (int j = i; j < words.n; j++)
			{
				name->pair |= words.words[j].joint;
				add_given(name, &words.words[j]);
			}
			return;
		}
	for (int i = 1; i <= words.n; i++)
		if (i == words.n || words.words[i].joint)
		{
			int before = words.n;
			int to = join_particles(&words, from, i, false);

			i -= before - words.n;
			read_person(&words, from, to, name);
			name->pair |= i < words.n;
			from = i;
		}
	if (name->pair && name->ngiven == 1 && name->nsurname == 0)
		name->pair = false;
}

void
jorge_read_name(const MatchGiven *given, MatchName *name)
{
	Words first;
	Words last;

	memset(name, 0, sizeof(MatchName));
	read_words(given->first_name, &first);
	read_words(given->last_name, &last);
	remove_ornaments(&first, name);
	remove_ornaments(&last, name);
	if ((first.n == 0 || last.n == 0) && given->name.data != NULL)
	{
		MatchName full;

		memset(&full, 0, sizeof(MatchName));
		read_full(given->name, &full);
		if (full.ngiven + full.nsurname > 0)
		{
			*name = full;
			return;
		}
	}
	/* a whole name in the field of the first one */
	if (last.n == 0 && first.n > 1)
	{
		read_full(given->first_name, name);
		return;
	}
	join_particles(&last, 0, last.n, true);
	for (int i = 0; i < first.n; i++)
	{
		name->pair |= first.words[i].joint;
		add_given(name, &first.words[i]);
	}
	for (int i = 0; i < last.n; i++)
		add_surname(name, &last.words[i]);
}

const char *
jorge_formal_name(const MatchName *name, int i)
{
	int entry = name->given_entry[i];

	return entry >= 0 ? jorge_given_names[jorge_given_names[entry].formal].name : name->given[i];
}
