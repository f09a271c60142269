/*
 * opt_out.c: what a message says about being written to: stop, start, help, unclear, or nothing.
 *
 * stop is what 47 CFR 64.1200(a)(10) calls a revocation per se: a message that is one of its words (or of the carriers',
 * or a Spanish one), alone or with words that add nothing ("please stop texting me"). Any other wish to be left alone is unclear, which
 * makes us hold our tongue until a person has read it. Only what somebody wrote counts, not what they quote.
 *
 * A form's message may be what a portal sent on, small print and all: there a wish must be said within a sentence, and not by words that
 * tell the reader how to unsubscribe.
 */
#include "core/jorge.h"

#include "follow_up/follow_up.h"
#include "identity/letters.h"

#include "mb/pg_wchar.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"

JORGE_FUNCTION(jorge_reply_meaning);
JORGE_FUNCTION(jorge_form_meaning);

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
	uint8 sentence[MOST_WORDS]; /* each word's, counted from 0 */
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
	"cease and desist",
	"^no thanks|thank|thx|gracias",
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

/* Small print of portals and mailings: how to unsubscribe, what one agrees to, that nobody is spammed */
static const char *const small_print[] = {
	"reply|respond|text|txt|send|answer|responda|responde|envie|envia|conteste|escriba|mande .. stop|stopall|end|quit|cancel|unsubscribe|optout|remove|parar|alto|baja|cancelar|salir .. to|2|para .. unsubscribe*|opt|optout|end|cancel*|stop*|quit|remove*|baja|dejar|salir|no",
	"reply|respond|responda|responde|conteste stop|stopall|end|quit|cancel|unsubscribe|optout|parar|alto|baja|cancelar|salir",
	"text|txt|send|envie|envia|mande|escriba stop|stopall|parar|alto|baja to|al|a",
	"^stop to|2 unsubscribe|end|opt|optout|quit|cancel",
	"help .. stop to|2 .. unsubscribe|end|opt|optout|quit|cancel",
	"to|para .. unsubscribe*|opt|optout|stop|cancel|darse|cancelar|desuscrib*|dejar .. .. reply|click|visit|follow|press|tap|responda|responde|haga|haz|pulse|visite",
	"if you .. wish|want|prefer|like|longer .. .. receiv*|hear|unsubscribe*|opt|optout|stop",
	"si .. desea|quiere|prefiere .. .. recib*|baja|cancelar|desuscrib*",
	"you may|can .. .. unsubscribe*|opt|optout|revoke|withdraw|cancel .. .. time|anytime|by|from",
	"puede|podra .. .. baja|cancelar|desuscrib* .. momento",
	"opt out at|any|anytime",
	"optout at|any|anytime",
	"click|tap|press|visit|use|follow|link|clic .. .. unsubscribe*|opt|optout|stop|remove|baja|desuscrib*",
	"unsubscribe* here|link|below|instantly|safely|at|any|anytime|http|https|www|via|aqui|privacy|terms|preferences|manage|view|update|forward",
	"unsubscribe from this list|email|emails|mailing",
	"privacy|policy|terms|browser|preferences|settings|alerts|notifications .. unsubscribe",
	"even|whether|though|regardless|notwithstanding .. .. .. .. do not call|contact",
	"even|whether|though|regardless|notwithstanding .. .. .. .. dnc",
	"we|will|wont|never|hate .. spam",
	"spam|junk folder|filter|filters",
	"report|mark|flag this|it|lead|message|email|sender .. spam|scam",
};

/*
 * Is it an ASCII letter or digit, as most characters of most messages are?
 */
static inline bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

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
	int sentence = 0;
	bool fits = true;

	message->n = 0;
	while (p < end && message->n < MOST_WORDS)
	{
		char c = *p;
		bool in_word = true;
		bool ignored = false;

		if (line_begins && (c == '>' || (end - p >= 5 && memcmp(p, "-----", 5) == 0) ||
							(end - p >= 5 && memcmp(p, "_____", 5) == 0)))
			break;
		line_begins = c == '\n' || (line_begins && (c == ' ' || c == '\t' || c == '\r'));

		if (is_plain(c))
		{
			fits = fits && size < WORD_SIZE - 1;
			if (fits)
				message->words[message->n][size++] = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
			p++;
		}
		else if (c == ' ')
		{
			in_word = false;
			p++;
		}
		else
		{
			Letter letter;

			jorge_next_letter(p, end, &letter);
			p += letter.bytes;
			in_word = letter.kind == LETTER_ALPHA || letter.kind == LETTER_DIGIT;
			ignored = letter.kind == LETTER_IGNORED;
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
		}
		if (size > 0 && ((!in_word && !ignored) || p >= end))
		{
			message->words[message->n][size] = '\0';
			if (!fits)
				strlcpy(message->words[message->n], "?", WORD_SIZE);
			message->sentence[message->n] = (uint8) sentence;
			/* an address is not what somebody says: unsubscribe@..., https://.../unsubscribe */
			if (c == '@')
				strlcpy(message->words[message->n], "?", WORD_SIZE);
			if (c == '@' || (c == ':' && end - p >= 2 && memcmp(p, "//", 2) == 0) ||
				(c == '.' && strcmp(message->words[message->n], "www") == 0))
				while (p < end && (unsigned char) *p > ' ')
					p++;
			message->n++;
			size = 0;
			fits = true;
		}
		/* a line may be broken anywhere, so only marks end a sentence; one has a word at least */
		if ((c == '.' || c == '!' || c == '?' || c == ';' || c == '|') && (p >= end || !is_plain(*p)) &&
			message->n > 0 && message->sentence[message->n - 1] == sentence)
			sentence++;
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
 * Does the phrase go on at a word of the message, before the word last? end = the word after it.
 */
static bool
fits_phrase(const Message *message, int at, int last, const char *phrase, int *end)
{
	while (*phrase != '\0')
	{
		int length = (int) strcspn(phrase, " ");
		const char *rest = phrase + length + (phrase[length] == ' ' ? 1 : 0);

		if (length == 2 && memcmp(phrase, "..", 2) == 0)
		{
			for (int skip = 0; skip <= 3 && at + skip <= last; skip++)
				if (fits_phrase(message, at + skip, last, rest, end))
					return true;
			return false;
		}
		if (at >= last || !fits_token(message->words[at], phrase, length))
			return false;
		at++;
		phrase = rest;
	}
	*end = at;
	return true;
}

/*
 * The first word that isn't of the sentence any more; of a whole message, the one after its last
 */
static int
end_of_sentence(const Message *message, int at, bool by_sentence)
{
	int end = at;

	if (!by_sentence)
		return message->n;
	while (end < message->n && message->sentence[end] == message->sentence[at])
		end++;
	return end;
}

/*
 * Note the words that phrases of a list cover; returns whether there are any
 */
static bool
cover(const Message *message, const char *const *phrases, int count, bool by_sentence, bool covered[MOST_WORDS])
{
	bool any = false;

	for (int at = 0; at < message->n; at++)
	{
		int last = end_of_sentence(message, at, by_sentence);

		for (int i = 0; i < count; i++)
		{
			bool at_start = phrases[i][0] == '^';
			int end;

			if ((at_start && at > 0) || !fits_phrase(message, at, last, phrases[i] + at_start, &end))
				continue;
			for (int word = at; word < end; word++)
				covered[word] = true;
			any = true;
		}
	}
	return any;
}

/* Letters of a word by which the phrases are found that it may begin; anything but a to z counts as one letter, as the word's end does */
#define FOUND_BY 4
#define LETTERS 27
#define LETTER_OF(c) ((c) >= 'a' && (c) <= 'z' ? (c) - 'a' + 1 : 0)

/*
 * Which unclear phrases may begin with a word, a bit each: most words begin none
 */
static uint64
unclear_from(const char *word)
{
	/* by each of the first letters, the phrases with a first word that has it there */
	static uint64 table[FOUND_BY][LETTERS];
	static bool made = false;
	uint64 some = PG_UINT64_MAX;

	StaticAssertStmt(lengthof(unclear_phrases) <= 64, "a bit for each phrase");
	for (int i = 0; i < lengthof(unclear_phrases) && !made; i++)
	{
		const char *token = unclear_phrases[i] + (unclear_phrases[i][0] == '^');

		for (;;)
		{
			int length = (int) strcspn(token, "| ");
			int known = length - (token[length - 1] == '*');

			for (int place = 0; place < FOUND_BY; place++)
				for (int letter = 0; letter < LETTERS; letter++)
					if (place < known ? letter == LETTER_OF(token[place]) : known < length || letter == 0)
						table[place][letter] |= UINT64CONST(1) << i;
			if (token[length] != '|')
				break;
			token += length + 1;
		}
	}
	made = true;

	for (int place = 0; place < FOUND_BY && some != 0; place++)
	{
		some &= table[place][LETTER_OF(word[place])];
		if (word[place] == '\0')
			break;
	}
	return some;
}

/*
 * Does the message say one of the unclear phrases, but for what looks like one and, in a form, for small print?
 */
static bool
says_unclear(const Message *message, bool is_form)
{
	bool covered[MOST_WORDS] = {false};
	bool looked = false;

	for (int at = 0; at < message->n; at++)
	{
		uint64 some = unclear_from(message->words[at]);
		int last = some != 0 ? end_of_sentence(message, at, is_form) : 0;

		while (some != 0)
		{
			const char *phrase = unclear_phrases[pg_rightmost_one_pos64(some)];
			bool at_start = phrase[0] == '^';
			bool harmless = false;
			int end;

			some &= some - 1;
			if ((at_start && at > 0) || !fits_phrase(message, at, last, phrase + at_start, &end))
				continue;
			if (!looked)
			{
				cover(message, harmless_phrases, lengthof(harmless_phrases), is_form, covered);
				if (is_form)
					cover(message, small_print, lengthof(small_print), true, covered);
				looked = true;
			}
			for (int word = at; word < end; word++)
				harmless |= covered[word];
			if (!harmless)
				return true;
		}
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
			if (phrases[i][0] == message->words[at][0])
				(void) fits_phrase(message, at, message->n, phrases[i], &end);
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

/*
 * The words of a message in the server's encoding
 */
static void
words_of(const char *message, int length, Message *words)
{
	/* the words come early: more is not read, whatever its size */
	int read = Min(length, READ_MAX);
	const char *utf8 = message;

	if (GetDatabaseEncoding() != PG_UTF8)
	{
		read = pg_mbcliplen(message, length, read);
		utf8 = pg_server_to_any(message, read, PG_UTF8);
		if (utf8 != message)
			read = (int) strlen(utf8);
	}
	read_words(utf8, read, words);
}

const char *
jorge_meaning_of(const char *message, int length)
{
	Message words;

	words_of(message, length, &words);
	if (is_one_of(&words, stop_words, lengthof(stop_words), true))
		return "stop";
	if (is_one_of(&words, start_words, lengthof(start_words), false))
		return "start";
	if (is_one_of(&words, help_words, lengthof(help_words), false))
		return "help";
	return says_unclear(&words, false) ? "unclear" : "none";
}

const char *
jorge_meaning_of_form(const char *message, int length)
{
	Message words;
	bool covered[MOST_WORDS] = {false};

	words_of(message, length, &words);
	if (is_one_of(&words, stop_words, lengthof(stop_words), true) &&
		!cover(&words, small_print, lengthof(small_print), true, covered))
		return "stop";
	return says_unclear(&words, true) ? "unclear" : "none";
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

/*
 * Tell what the message of a form says about being written to
 */
Datum
jorge_form_meaning(PG_FUNCTION_ARGS)
{
	text *message = PG_GETARG_TEXT_PP(0);

	PG_RETURN_TEXT_P(cstring_to_text(jorge_meaning_of_form(VARDATA_ANY(message), VARSIZE_ANY_EXHDR(message))));
}
