/*
 * writer.c: puts what a lead says into words.
 *
 * A text is a handful of phrases, each saying one thing, in an order, style, spelling and language
 * of the writer's own. Nothing said is left out and nothing is added that the truth would count.
 */
#include "core/jorge.h"

#include "synthetic/synthetic.h"

#include <ctype.h>

/* Typos: share of words of at least TYPO_LETTERS letters, for a sloppy writer and for the others */
#define TYPO_SLOPPY 0.05
#define TYPO_OTHERS 0.003
#define TYPO_LETTERS 5

#define MAX_PIECES 16
#define MAX_VALUE 16

typedef struct Run
{
	const SynthPhrase *first;
	int n;
} Run;

/* What filling in a phrase needs */
typedef struct Scene
{
	const SynthPlan *plan;
	const SynthPerson *person;
	SynthRandom *random;
	bool spanish;
	int style; /* IN_LONG or IN_SHORT */
	int amount_format;
	const SynthSays *says; /* budget figures; NULL in our own messages */
} Scene;

typedef struct Piece
{
	SynthTheme theme;
	int value;
} Piece;

/* Runs of phrases by language, theme and value, made once in a backend */
static Run runs[2][SYNTH_THEMES][MAX_VALUE];
static bool runs_made = false;

/*
 * Note where each theme and value begins
 */
static void
make_runs(int language, const SynthPhrase *phrases)
{
	for (const SynthPhrase *phrase = phrases; phrase->text != NULL; phrase++)
	{
		Run *run = &runs[language][phrase->theme][phrase->value];

		if (run->first == NULL)
			run->first = phrase;
		else if (run->first + run->n != phrase)
			elog(ERROR, "phrases of theme %d, value %d are not together", phrase->theme,
				 phrase->value);
		run->n++;
	}
}

/*
 * Does a phrase fit a side and, unless style is 0, a style?
 */
static bool
fits(const SynthPhrase *phrase, int side, int style)
{
	int sides = phrase->fits & (FOR_BUYER | FOR_SELLER);
	int styles = phrase->fits & (IN_LONG | IN_SHORT);

	return (sides == 0 || (sides & side)) && (styles == 0 || style == 0 || (styles & style));
}

/*
 * Choose a phrase of this theme and value, in the writer's language where it has any
 */
static const char *
choose_phrase(const Scene *scene, SynthTheme theme, int value)
{
	int side = scene->plan->side == SYNTH_SELLER ? FOR_SELLER : FOR_BUYER;
	int style = scene->style;
	const Run *run;
	int n = 0;
	int pick;

	if (!runs_made)
	{
		memset(runs, 0, sizeof(runs));
		make_runs(0, jorge_synth_english_wishes);
		make_runs(0, jorge_synth_english_talk);
		make_runs(0, jorge_synth_english_agent);
		make_runs(1, jorge_synth_spanish);
		make_runs(1, jorge_synth_spanish_talk);
		runs_made = true;
	}
	run = &runs[scene->spanish][theme][value];
	if (run->n == 0)
		run = &runs[0][theme][value];

	for (int i = 0; i < run->n; i++)
		n += fits(&run->first[i], side, style);
	if (n == 0)
	{
		style = 0;
		for (int i = 0; i < run->n; i++)
			n += fits(&run->first[i], side, style);
	}
	if (n == 0)
		elog(ERROR, "no phrase of theme %d, value %d", theme, value);

	pick = jorge_synth_below(scene->random, n);
	for (int i = 0; i < run->n; i++)
		if (fits(&run->first[i], side, style) && pick-- == 0)
			return run->first[i].text;
	return "";
}

/*
 * Append thousands of dollars as people write money
 */
static void
append_amount(StringInfo out, int thousands, int format, bool spanish)
{
	bool millions = thousands >= 1000;

	switch (format)
	{
		case 0:
		case 1:
		case 2:
			appendStringInfo(out, "%s", format == 1 ? "" : "$");
			if (millions)
				appendStringInfo(out, "%d,%03d,000", thousands / 1000, thousands % 1000);
			else
				appendStringInfo(out, "%d,000", thousands);
			return;
		case 3:
			appendStringInfoChar(out, '$');
			break;
		default:
			break;
	}

	/* 1.2M or 450k, with or without capitals, or words */
	if (millions)
	{
		appendStringInfo(out, "%d", thousands / 1000);
		if (thousands % 1000 != 0)
		{
			int rest = thousands % 1000;
			int digits = 3;

			while (rest % 10 == 0)
			{
				rest /= 10;
				digits--;
			}
			appendStringInfo(out, ".%0*d", digits, rest);
		}
		appendStringInfoString(out, format < 6          ? "M"
									: !spanish          ? " million"
									: thousands == 1000 ? " millón"
														: " millones");
	}
	else
		appendStringInfo(out, "%d%s", thousands,
						 format < 5               ? "k"
						 : format == 5            ? "K"
						 : format == 6 && spanish ? " mil"
												  : "k");
}

/*
 * Append the value of a slot; its name is text[0..length-1]. next is the character behind it.
 */
static void
append_slot(StringInfo out, const Scene *scene, const char *text, int length, char next)
{
	static const char *const lenders[] = {
		"Chase",           "Wells Fargo",     "Rocket Mortgage", "UFCU",        "Navy Federal",
		"Bank of America", "my credit union", "Guild Mortgage",  "a local bank"};
	static const char *const spanish_lenders[] = {"Chase", "Wells Fargo", "UFCU", "mi banco",
												  "Bank of America"};
	const SynthArea *area = &jorge_synth_areas[scene->plan->area];
	const SynthProperty *property = &jorge_synth_properties[scene->plan->property];

#define SLOT(name) (length == sizeof(name) - 1 && strncmp(text, name, length) == 0)
	if (SLOT("amount") || SLOT("high"))
		append_amount(out, scene->says->budget_high, scene->amount_format, scene->spanish);
	else if (SLOT("low"))
	{
		/* "450-500k" */
		if (next == '-' && scene->amount_format == 4 && scene->says->budget_high < 1000 &&
			jorge_synth_chance(scene->random, 0.5))
			appendStringInfo(out, "%d", scene->says->budget_low);
		else
			append_amount(out, scene->says->budget_low, scene->amount_format, scene->spanish);
	}
	else if (SLOT("area"))
		appendStringInfoString(out, area->name);
	else if (SLOT("region"))
		appendStringInfoString(out, scene->spanish ? area->region_es : area->region);
	else if (SLOT("city"))
		appendStringInfoString(out, area->city);
	else if (SLOT("zip"))
		appendStringInfoString(out, area->zip);
	else if (SLOT("street"))
		appendStringInfoString(out, scene->person->street);
	else if (SLOT("beds"))
		appendStringInfo(out, "%d", scene->plan->bedrooms);
	else if (SLOT("home"))
		appendStringInfoString(out, scene->spanish ? property->spanish : property->english);
	else if (SLOT("name"))
		appendStringInfoString(out, scene->person->first_name);
	else if (SLOT("lender"))
		appendStringInfoString(
			out, scene->spanish
					 ? spanish_lenders[jorge_synth_below(scene->random, lengthof(spanish_lenders))]
					 : lenders[jorge_synth_below(scene->random, lengthof(lenders))]);
	else
		elog(ERROR, "phrase has an unknown slot {%.*s}", length, text);
#undef SLOT
}

/*
 * Append a phrase, its slots filled and its [singular|plural] choices made
 */
static void
append_phrase(StringInfo out, const Scene *scene, const char *phrase)
{
	bool skipping = false; /* inside the choice not taken */

	for (const char *at = phrase; *at != '\0'; at++)
	{
		if (*at == '[')
			skipping = scene->plan->plural;
		else if (*at == '|')
			skipping = !scene->plan->plural;
		else if (*at == ']')
			skipping = false;
		else if (skipping)
			continue;
		else if (*at == '{')
		{
			int length = strcspn(at + 1, "}");

			append_slot(out, scene, at + 1, length, at[length + 2]);
			at += length + 1;
		}
		else
			appendStringInfoChar(out, *at);
	}
}

static void
add_piece(Piece *pieces, int *n, SynthTheme theme, int value)
{
	Assert(*n < MAX_PIECES);
	pieces[*n].theme = theme;
	pieces[*n].value = value;
	(*n)++;
}

/*
 * List what is to be said, the request first most of the time, the rest in any order
 */
static int
list_pieces(const Scene *scene, const SynthSays *says, bool first_message, Piece *pieces)
{
	int n = 0;

	if (says->intent != SYNTH_INTENT_UNSAID)
		add_piece(pieces, &n, THEME_INTENT, says->intent);
	if (first_message && scene->plan->side == SYNTH_BOTH && says->intent >= SYNTH_INTENT_TALK)
		add_piece(pieces, &n, THEME_BOTH_SIDES, 0);
	if (says->place != SYNTH_PLACE_UNSAID)
		add_piece(pieces, &n, THEME_PLACE, says->place);
	if (says->timeline != 0)
		add_piece(pieces, &n, THEME_TIMELINE, says->timeline);
	if (says->financing != SYNTH_FINANCING_UNSAID)
		add_piece(pieces, &n, THEME_FINANCING, says->financing);
	if (says->budget != SYNTH_BUDGET_UNSAID)
		add_piece(pieces, &n, THEME_BUDGET, says->budget);
	if (says->experience != SYNTH_EXPERIENCE_UNSAID)
		add_piece(pieces, &n, THEME_EXPERIENCE, says->experience);
	if (says->objection != SYNTH_OBJECTION_NONE)
		add_piece(pieces, &n, THEME_OBJECTION, says->objection);
	if (says->mood != 0)
		add_piece(pieces, &n, THEME_MOOD, says->mood > 0 ? 1 : 2);
	if (says->question)
		add_piece(pieces, &n, THEME_QUESTION, 0);
	if (says->chatter)
		add_piece(pieces, &n, THEME_CHATTER, 0);
	if (says->protected)
		add_piece(pieces, &n, THEME_PROTECTED, 0);

	for (int from = jorge_synth_chance(scene->random, 0.7); from < n - 1; from++)
	{
		int other = from + jorge_synth_below(scene->random, n - from);
		Piece piece = pieces[from];

		pieces[from] = pieces[other];
		pieces[other] = piece;
	}
	return n;
}

/*
 * Capitalise the first letter at or after an offset of out
 */
static void
capitalise(StringInfo out, int offset)
{
	if (offset < out->len)
		out->data[offset] = (char) toupper((unsigned char) out->data[offset]);
}

/*
 * Does out end with a mark that closes a sentence?
 */
static bool
is_closed(StringInfo out)
{
	return out->len > 0 && strchr(".?!", out->data[out->len - 1]) != NULL;
}

/*
 * Write the pieces: sentences in a form or e-mail, clauses in a text message
 */
static void
write_pieces(StringInfo out, const Scene *scene, const Piece *pieces, int n)
{
	bool clauses = scene->style == IN_SHORT && jorge_synth_chance(scene->random, 0.6);

	for (int i = 0; i < n; i++)
	{
		int start;

		if (i > 0)
			appendStringInfoString(out, is_closed(out) ? " " : clauses ? ", " : ". ");
		start = out->len;
		append_phrase(out, scene, choose_phrase(scene, pieces[i].theme, pieces[i].value));
		if (!clauses || i == 0)
			capitalise(out, start);
	}
	if (n > 0 && !is_closed(out) && (!clauses || jorge_synth_chance(scene->random, 0.4)))
		appendStringInfoChar(out, '.');
}

/*
 * Put a typo into the word out[start..end-1]: drop, double or swap letters inside it
 */
static void
misspell(StringInfo out, int start, int end, SynthRandom *random)
{
	int at = start + 1 + jorge_synth_below(random, end - start - 2);

	switch (jorge_synth_below(random, 3))
	{
		case 0:
			memmove(out->data + at, out->data + at + 1, out->len - at);
			out->len--;
			break;
		case 1:
			enlargeStringInfo(out, 1);
			memmove(out->data + at + 1, out->data + at, out->len - at + 1);
			out->len++;
			break;
		default:
		{
			char letter = out->data[at];

			out->data[at] = out->data[at + 1];
			out->data[at + 1] = letter;
			break;
		}
	}
}

/*
 * Put typos into the words from an offset on
 */
static void
add_typos(StringInfo out, int offset, const Scene *scene)
{
	double rate = scene->plan->sloppy ? TYPO_SLOPPY : TYPO_OTHERS;

	for (int at = offset; at < out->len;)
	{
		int end = at;

		while (end < out->len && isalpha((unsigned char) out->data[end]))
			end++;
		if (end - at >= TYPO_LETTERS && jorge_synth_chance(scene->random, rate))
			misspell(out, at, end, scene->random);
		at = end + 1;
	}
}

/*
 * Lower the case of ASCII letters from an offset on
 */
static void
lower_case(StringInfo out, int offset)
{
	for (int i = offset; i < out->len; i++)
		if ((unsigned char) out->data[i] < 0x80)
			out->data[i] = (char) tolower((unsigned char) out->data[i]);
}

/*
 * Take the accents and opening marks out of Spanish, as many do on the phone
 */
static void
drop_accents(StringInfo out, int offset)
{
	int to = offset;

	for (int from = offset; from < out->len; from++)
	{
		unsigned char byte = (unsigned char) out->data[from];

		if (byte == 0xC2) /* the opening question and exclamation marks */
			from++;
		else if (byte == 0xC3)
		{
			unsigned char second = (unsigned char) out->data[++from];

			out->data[to++] = second == 0xA1   ? 'a'
							  : second == 0xA9 ? 'e'
							  : second == 0xAD ? 'i'
							  : second == 0xB3 ? 'o'
							  : second == 0xBA ? 'u'
							  : second == 0xB1 ? 'n'
											   : '?';
		}
		else
			out->data[to++] = (char) byte;
	}
	out->len = to;
	out->data[to] = '\0';
}

/*
 * Make the text after an offset look as this writer types
 */
static void
spell(StringInfo out, int offset, const Scene *scene)
{
	if (scene->spanish && !scene->plan->accents)
		drop_accents(out, offset);
	if (scene->plan->lower && scene->style == IN_SHORT)
		lower_case(out, offset);
	add_typos(out, offset, scene);
}

static void
start_scene(Scene *scene, const SynthPlan *plan, const SynthPerson *person, const SynthSays *says,
			int style, SynthRandom *random)
{
	scene->plan = plan;
	scene->person = person;
	scene->random = random;
	scene->spanish = plan->spanish;
	scene->style = style;
	scene->amount_format = jorge_synth_below(random, 8);
	scene->says = says;
}

void
jorge_synth_write_message(StringInfo out, const SynthPlan *plan, const SynthPerson *person,
						  SynthRandom *random)
{
	int offset = out->len;
	bool mail = plan->source == SYNTH_EMAIL;
	bool greets;
	bool closes;
	const char *gap;
	Scene scene;
	Piece pieces[MAX_PIECES];
	int n;

	if (plan->canned)
	{
		appendStringInfo(out, "I am interested in %s, %s, TX %s.", person->street,
						 jorge_synth_areas[plan->area].city, jorge_synth_areas[plan->area].zip);
		return;
	}

	start_scene(&scene, plan, person, &plan->message,
				mail || jorge_synth_chance(random, 0.5) ? IN_LONG : IN_SHORT, random);
	n = list_pieces(&scene, &plan->message, true, pieces);
	greets = n == 0 || mail || jorge_synth_chance(random, scene.style == IN_LONG ? 0.6 : 0.2);
	closes = n == 0 || mail || jorge_synth_chance(random, scene.style == IN_LONG ? 0.4 : 0.12);
	gap = mail ? "\n\n" : " ";

	if (greets)
	{
		append_phrase(out, &scene, choose_phrase(&scene, THEME_GREETING, 0));
		appendStringInfo(out, "%c%s",
						 mail                              ? ','
						 : jorge_synth_chance(random, 0.3) ? '!'
														   : '.',
						 n > 0 ? gap : "");
	}
	write_pieces(out, &scene, pieces, n);
	if (closes)
	{
		appendStringInfoString(out, is_closed(out) || mail ? gap : ". ");
		append_phrase(out, &scene, choose_phrase(&scene, THEME_CLOSING, 0));
	}
	spell(out, offset, &scene);
}

/*
 * Write what we say
 */
static void
write_ours(StringInfo out, const Scene *scene, const SynthTurn *turn)
{
	switch (turn->channel)
	{
		case SYNTH_CALL:
			append_phrase(
				out, scene,
				choose_phrase(scene,
							  turn->duration_seconds < 45 ? THEME_VOICEMAIL : THEME_CALL_NOTE, 0));
			return;
		case SYNTH_NOTE:
			append_phrase(out, scene, choose_phrase(scene, THEME_VISIT_NOTE, 0));
			return;
		default:
			break;
	}
	if (turn == scene->plan->turns)
	{
		append_phrase(out, scene, choose_phrase(scene, THEME_FIRST_ANSWER, 0));
		appendStringInfoChar(out, ' ');
	}
	append_phrase(out, scene, choose_phrase(scene, THEME_ASK, turn->topic));
}

void
jorge_synth_write_turn(StringInfo out, const SynthPlan *plan, const SynthPerson *person,
					   const SynthTurn *turn, SynthRandom *random)
{
	int offset = out->len;
	Scene scene;
	Piece pieces[MAX_PIECES];
	int n;

	start_scene(&scene, plan, person, &turn->says, turn->channel == SYNTH_MAIL ? IN_LONG : IN_SHORT,
				random);
	if (!turn->incoming)
	{
		write_ours(out, &scene, turn);
		return;
	}
	if (turn->channel != SYNTH_SMS && turn->channel != SYNTH_MAIL)
		return; /* a visit or a call of theirs leaves no words */

	n = list_pieces(&scene, &turn->says, false, pieces);
	if (n == 0)
		add_piece(pieces, &n, THEME_SMALL_TALK, 0);
	write_pieces(out, &scene, pieces, n);
	if (turn->channel == SYNTH_MAIL)
	{
		appendStringInfoString(out, "\n\n");
		append_phrase(out, &scene, choose_phrase(&scene, THEME_CLOSING, 0));
	}
	spell(out, offset, &scene);
}
