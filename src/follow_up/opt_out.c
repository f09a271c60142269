/*
 * opt_out.c: what a message says about being written to: stop, start, help, unclear, or nothing.
 *
 * stop is what 47 CFR 64.1200(a)(10) calls a revocation per se: a message that is one of its words (or of the carriers',
 * or a Spanish one), alone or with words that add nothing ("please stop texting me"). Any other wish to be left alone is unclear, which
 * makes us hold our tongue until a person has read it. Only what somebody wrote counts, not what they quote.
 */
#include "core/jorge.h"

#include "follow_up/follow_up.h"
#include "identity/letters.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

JORGE_FUNCTION(jorge_reply_meaning);

/* Words of a message that are looked at; whoever wants to stop says so early. */
#define MOST_WORDS 96

/* Bytes of a word that are compared; longer words are in no list. */
#define WORD_SIZE 20

/* Bytes of a message that are read */
#define READ_MAX 8192

/* Words of a message that may be a stop word with words that add nothing */
#define SHORT_MESSAGE 10

typedef struct Message
{
	int n;
	char words[MOST_WORDS][WORD_SIZE];
} Message;

/* Messages that are one of these, whole */
static const char *const stop_words[] = {
	"stop", "stopall", "quit", "end", "revoke", "cancel", "unsubscribe", "unsub", "optout", "opt out",
	"remove", "parar", "pare", "para", "alto", "cancelar", "cancele", "detener", "detenga", "basta", "baja",
	"salir", "fin", "desuscribir", "desuscribirme", "no mas", "darme de baja", "dar de baja", "dame de baja", "deme de baja", "arret", "stopp",
};
static const char *const start_words[] = {"start", "unstop", "opt in", "optin", "resubscribe", "comenzar", "empezar", "iniciar", "reanudar"};
static const char *const help_words[] = {"help", "info", "ayuda"};

/* What may stand before and after them */
static const char *const filler_words[] = {
	"please", "pls", "plz", "por", "favor", "now", "right", "immediately", "ya", "ahora", "thanks", "thank", "you", "ty", "gracias",
	"all", "any", "the", "these", "those", "your", "of", "this", "texting", "texts", "text", "txt", "txts", "messaging", "messages", "message",
	"msg", "msgs", "sms", "sending", "emailing", "emails", "email", "calling", "calls", "contacting", "bothering", "me", "us",
	"i", "want", "to", "would", "like", "wanna", "need", "and", "from", "list", "my", "number", "everything",
	"mensajes", "mensaje", "textos", "texto", "correos", "correo", "llamadas", "llamada", "estos", "los", "las", "sus", "de", "enviar", "enviarme",
	"mandar", "mandarme", "llamar", "llamarme", "escribir", "escribirme", "quiero", "deseo", "me", "favor", "hello", "hi", "hola", "hey", "ok", "no", "yes", "si",
};

/*
 * Wishes in other words. Words are parted by blanks; alternatives by |; a final * stands for any ending; .. for up
 * to three words. A leading ^ ties the first word to the message's beginning.
 */
static const char *const unclear_phrases[] = {
	/* English */
	"unsubscribe*|unsub|optout|stopall|revoke",
	"opt .. out",
	"stop|quit|cease .. text*|txt*|messag*|call*|contact*|email*|mail*|writ*|send*|bother*|harass*|spam*|pester*|reach*|bug*",
	"dont|not|never|longer|wont|cant|shouldnt|wouldnt .. text|txt|messag*|call|contact*|email*|mail|write|writing|send|bother*|reach|texts|texting|calls|calling|msg*|harass*",
	"no|any more text*|messag*|call*|email*|contact*|msg*|txt*|spam",
	"leave me|us .. alone",
	"remove|delete|scrub|erase .. me|us|my|our|number|name|email|info*|phone",
	"take me|us|my|our .. off|out",
	"lose|loose|forget my|this|our number|email",
	"wrong number|person|guy|email|address|contact",
	"not|isnt|no|aint .. interested",
	"dont want .. any|texts|messages|calls|emails|contact",
	"do not want",
	"go away",
	"get lost",
	"fuck|f .. off",
	"piss off",
	"who gave|sold .. number|info*",
	"how did you get .. number|info*|email",
	"spam|scam|harass*|harrass*",
	"report|sue|block .. you|number",
	"lawyer|attorney .. text*|call*|contact*",
	"do not call|contact|disturb",
	"dnc|dnd|tcpa",
	"enough .. text*|messag*|call*|email*",
	"^stop|quit|end|cancel|revoke",
	"stop|cancel|quit|end it|this|that|now|already",
	/* Spanish */
	"no me .. escrib*|llam*|mand*|contact*|molest*|envi*|texte*|interes*|hable*",
	"no nos .. escrib*|llam*|mand*|contact*|molest*|envi*|texte*|interes*",
	"no .. quiero .. mensaj*|llamad*|texto*|correo*|que|recib*|mas|saber",
	"no deseo .. mensaj*|llamad*|texto*|correo*|que|recib*|mas|saber",
	"no .. estoy|estamos .. interesad*",
	"ya no .. interes*|quiero|busco|escrib*|llam*|mand*",
	"no|ni .. mas .. mensaj*|llamad*|texto*|correo*",
	"dej*|par* de .. llam*|escrib*|mand*|molest*|envi*|contact*|texte*",
	"deje*|dejame|dejenme .. paz|tranquil*",
	"numero|persona equivocad*",
	"borr*|elimin*|quit*|saqu*|remuev* .. mi|me|numero|lista",
	"quiteme|quitame|borreme|borrame|eliminame|elimineme|saqueme|sacame",
	"de baja",
	"basta",
	"^alto|parar|pare|cancelar|cancele|detener|detenga",
};

/* Beginnings that only look like it: an appointment is cancelled, somebody stops by */
static const char *const harmless_phrases[] = {
	"^please|pls|i|we|can|could|need|must|have|to|lets|let .. cancel .. appointment*|showing*|tour*|meeting|visit|call|offer|contract|listing|reservation|that|viewing",
	"^cancel .. appointment*|showing*|tour*|meeting|visit|offer|contract|listing|reservation|viewing",
	"^stop by|in|over",
	"^end of",
	"^quit claim|claiming",
	"^end date|unit|time",
	"^cancelar .. cita|visita|reunion|oferta|contrato",
	"^info* about|on|for",
};

/*
 * Read the words of what somebody wrote: lower case, without accents and apostrophes, up to the first line that quotes
 */
static void
read_words(const char *text, int length, Message *message)
{
	const char *p = text;
	const char *end = text + length;
	bool line_begins = true;
	int size = 0;
	bool fits = true;

	message->n = 0;
	while (p < end && message->n < MOST_WORDS)
	{
		Letter letter;
		bool in_word;

		if (line_begins && (*p == '>' || (end - p >= 5 && memcmp(p, "-----", 5) == 0) ||
							(end - p >= 5 && memcmp(p, "_____", 5) == 0)))
			break;
		line_begins = *p == '\n' || (line_begins && (*p == ' ' || *p == '\t' || *p == '\r'));

		jorge_next_letter(p, end, &letter);
		p += letter.bytes;
		in_word = letter.kind == LETTER_ALPHA || letter.kind == LETTER_DIGIT;
		if (in_word)
		{
			/* a digit has one code, whatever n says */
			int codes = letter.kind == LETTER_DIGIT ? 1 : letter.n;

			for (int i = 0; i < codes && fits; i++)
			{
				int now = jorge_put_code(message->words[message->n], size, WORD_SIZE, letter.codes[i]);

				fits = now > size;
				size = now;
			}
		}
		if (size > 0 && ((!in_word && letter.kind != LETTER_IGNORED) || p >= end))
		{
			message->words[message->n][size] = '\0';
			if (!fits)
				strlcpy(message->words[message->n], "?", WORD_SIZE);
			message->n++;
			size = 0;
			fits = true;
		}
	}
}

/*
 * Does a word fit a token, alternatives parted by | up to length?
 */
static bool
fits_token(const char *word, const char *token, int length)
{
	const char *end = token + length;
	int size = (int) strlen(word);

	while (token < end)
	{
		const char *bar = memchr(token, '|', end - token);
		int part = (int) ((bar != NULL ? bar : end) - token);

		if (part > 0 && token[part - 1] == '*' ? size >= part - 1 && memcmp(word, token, part - 1) == 0
											   : size == part && memcmp(word, token, part) == 0)
			return true;
		token += part + 1;
	}
	return false;
}

/*
 * Does the phrase go on at a word of the message? end = the word after it.
 */
static bool
fits_phrase(const Message *message, int at, const char *phrase, int *end)
{
	while (*phrase != '\0')
	{
		int length = (int) strcspn(phrase, " ");
		const char *rest = phrase + length + (phrase[length] == ' ' ? 1 : 0);

		if (length == 2 && memcmp(phrase, "..", 2) == 0)
		{
			for (int skip = 0; skip <= 3 && at + skip <= message->n; skip++)
				if (fits_phrase(message, at + skip, rest, end))
					return true;
			return false;
		}
		if (at >= message->n || !fits_token(message->words[at], phrase, length))
			return false;
		at++;
		phrase = rest;
	}
	*end = at;
	return true;
}

/*
 * Letters that a phrase's first word may begin with, a bit each; a word with any other need not be compared
 */
static uint32
first_letters(const char *phrase)
{
	uint32 letters = 0;

	for (bool begins = true; *phrase != '\0' && *phrase != ' '; phrase++)
	{
		if (begins && *phrase >= 'a' && *phrase <= 'z')
			letters |= (uint32) 1 << (*phrase - 'a');
		begins = *phrase == '|';
	}
	return letters;
}

/*
 * Does one of the phrases stand anywhere in the message, or, marked ^, at its beginning?
 */
static bool
says_one_of(const Message *message, const char *const *phrases, int count)
{
	uint32 letters[MOST_WORDS];
	int end;

	for (int at = 0; at < message->n; at++)
	{
		char first = message->words[at][0];

		letters[at] = first >= 'a' && first <= 'z' ? (uint32) 1 << (first - 'a') : 0;
	}
	for (int i = 0; i < count; i++)
	{
		bool at_start = phrases[i][0] == '^';
		uint32 begins = first_letters(phrases[i] + at_start);
		int last = at_start ? Min(1, message->n) : message->n;

		for (int at = 0; at < last; at++)
			if ((letters[at] & begins) != 0 && fits_phrase(message, at, phrases[i] + at_start, &end))
				return true;
	}
	return false;
}

static bool
is_filler(const char *word)
{
	for (int i = 0; i < lengthof(filler_words); i++)
		if (strcmp(word, filler_words[i]) == 0)
			return true;
	return false;
}

/*
 * Is the message one of the words, said once or more, and nothing else but words that add nothing?
 */
static bool
is_one_of(const Message *message, const char *const *phrases, int count, bool with_fillers)
{
	bool said = false;

	if (message->n > SHORT_MESSAGE)
		return false;
	for (int at = 0; at < message->n;)
	{
		int end = at;

		for (int i = 0; i < count && end == at; i++)
			(void) fits_phrase(message, at, phrases[i], &end);
		if (end > at)
			said = true;
		else if (with_fillers && is_filler(message->words[at]))
			end = at + 1;
		else
			return false;
		at = end;
	}
	return said;
}

const char *
jorge_meaning_of(const char *message, int length)
{
	/* the words come early: more is not read, whatever its size */
	int read = Min(length, READ_MAX);
	const char *utf8 = message;
	Message words;

	if (GetDatabaseEncoding() != PG_UTF8)
	{
		read = pg_mbcliplen(message, length, read);
		utf8 = pg_server_to_any(message, read, PG_UTF8);
		if (utf8 != message)
			read = (int) strlen(utf8);
	}
	read_words(utf8, read, &words);

	if (is_one_of(&words, stop_words, lengthof(stop_words), true))
		return "stop";
	if (is_one_of(&words, start_words, lengthof(start_words), false))
		return "start";
	if (is_one_of(&words, help_words, lengthof(help_words), false))
		return "help";
	if (says_one_of(&words, unclear_phrases, lengthof(unclear_phrases)) &&
		!says_one_of(&words, harmless_phrases, lengthof(harmless_phrases)))
		return "unclear";
	return "none";
}

/*
 * Tell what a message says about being written to
 */
Datum
jorge_reply_meaning(PG_FUNCTION_ARGS)
{
	text *message = PG_GETARG_TEXT_PP(0);

	PG_RETURN_TEXT_P(cstring_to_text(jorge_meaning_of(VARDATA_ANY(message), VARSIZE_ANY_EXHDR(message))));
}
