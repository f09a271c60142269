/*
 * person.c: who a synthetic lead is: name, phone, e-mail, address, references.
 *
 * All invented. Phones are valid North American numbers outside the 555-01xx range (which is too
 * small to be unique), so they may belong to somebody: never send to them. E-mail domains are
 * reserved (RFC 2606).
 */
#include "core/jorge.h"

#include "synthetic/synthetic.h"

#include <ctype.h>

static const char *const first_names[] = {
	"James",   "Mary",    "Robert",  "Patricia", "John",    "Jennifer",  "Michael",  "Linda",
	"David",   "Emily",   "William", "Barbara",  "Richard", "Susan",     "Joseph",   "Jessica",
	"Thomas",  "Sarah",   "Chris",   "Karen",    "Daniel",  "Lisa",      "Matthew",  "Nancy",
	"Anthony", "Betty",   "Mark",    "Sandra",   "Donald",  "Ashley",    "Steven",   "Kim",
	"Andrew",  "Donna",   "Paul",    "Michelle", "Joshua",  "Carol",     "Kevin",    "Amanda",
	"Brian",   "Melissa", "George",  "Deborah",  "Tim",     "Stephanie", "Ron",      "Rebecca",
	"Jason",   "Laura",   "Jeff",    "Sharon",   "Ryan",    "Cynthia",   "Jacob",    "Kathleen",
	"Gary",    "Amy",     "Nick",    "Angela",   "Eric",    "Shirley",   "Jonathan", "Anna",
	"Stephen", "Brenda",  "Larry",   "Pamela",   "Justin",  "Emma",      "Scott",    "Nicole",
	"Brandon", "Helen",   "Ben",     "Samantha", "Sam",     "Katie",     "Greg",     "Christine",
	"Priya",   "Wei",     "Aisha",   "Minh",     "Omar",    "Yuki",      "Fatima",   "Raj",
	"Chloe",   "Darnell", "Latoya",  "Tyrone",   "Ebony",   "Marcus",    "Sean",     "Bridget",
};

static const char *const last_names[] = {
	"Smith",    "Johnson",  "Williams", "Brown",   "Jones",    "Miller",   "Davis",    "Wilson",
	"Anderson", "Thomas",   "Taylor",   "Moore",   "Jackson",  "Martin",   "Lee",      "Thompson",
	"White",    "Harris",   "Clark",    "Lewis",   "Robinson", "Walker",   "Young",    "Allen",
	"King",     "Wright",   "Scott",    "Hill",    "Green",    "Adams",    "Nelson",   "Baker",
	"Hall",     "Campbell", "Mitchell", "Carter",  "Roberts",  "Turner",   "Phillips", "Parker",
	"Evans",    "Edwards",  "Collins",  "Stewart", "Morris",   "Murphy",   "Cook",     "Rogers",
	"Reed",     "Bailey",   "Cooper",   "Kelly",   "Howard",   "Ward",     "Cox",      "Richardson",
	"Watson",   "Brooks",   "Bennett",  "Gray",    "Hughes",   "Price",    "Myers",    "Long",
	"Nguyen",   "Patel",    "Kim",      "Chen",    "Tran",     "Singh",    "Wong",     "Khan",
	"Schmidt",  "Novak",    "O'Brien",  "Fischer", "Jensen",   "Kowalski", "Rossi",    "Washington",
};

static const char *const spanish_first_names[] = {
	"María",    "José",    "Guadalupe", "Juan",   "Carmen",  "Luis",   "Ana",     "Carlos",
	"Rosa",     "Jesús",   "Elena",     "Miguel", "Sofía",   "Pedro",  "Lucía",   "Alejandro",
	"Isabel",   "Manuel",  "Gabriela",  "Javier", "Teresa",  "Raúl",   "Marta",   "Fernando",
	"Verónica", "Ricardo", "Patricia",  "Andrés", "Adriana", "Sergio", "Claudia", "Héctor",
};

static const char *const spanish_last_names[] = {
	"García",  "Rodríguez", "Martínez", "Hernández", "López",  "González", "Pérez",    "Sánchez",
	"Ramírez", "Torres",    "Flores",   "Rivera",    "Gómez",  "Díaz",     "Cruz",     "Morales",
	"Reyes",   "Gutiérrez", "Ortiz",    "Ramos",     "Chávez", "Castillo", "Jiménez",  "Moreno",
	"Mendoza", "Ruiz",      "Aguilar",  "Vargas",    "Castro", "Salazar",  "Guerrero", "Delgado",
};

static const char *const streets[] = {
	"Oltorf St",
	"Barton Springs Rd",
	"Manor Rd",
	"Duval St",
	"Burnet Rd",
	"Bluebonnet Ln",
	"Enfield Rd",
	"Exposition Blvd",
	"Shoal Creek Blvd",
	"Woodrow Ave",
	"Live Oak St",
	"Annie St",
	"Pecan Grove Rd",
	"Cameron Rd",
	"Berkman Dr",
	"Slaughter Ln",
	"Convict Hill Rd",
	"Escarpment Blvd",
	"Steiner Ranch Blvd",
	"Avery Ranch Blvd",
	"Brushy Creek Rd",
	"Lakeline Blvd",
	"Wells Branch Pkwy",
	"Howard Ln",
	"Dessau Rd",
	"Onion Creek Pkwy",
	"Cedar Bend Dr",
	"Mesa Dr",
	"Far West Blvd",
	"Spicewood Springs Rd",
	"Rosewood Ave",
	"Chicon St",
	"Holly St",
	"Garden St",
	"Riverside Dr",
	"Pleasant Valley Rd",
	"Nuckols Crossing Rd",
	"Thaxton Rd",
	"Bradshaw Rd",
	"Kellywood Dr",
};

static const char *const campaigns[] = {"spring-buyers",   "home-value",   "first-home",
										"austin-listings", "sell-in-2025", "relocation"};

static const char *const domains[] = {"example.com", "example.net", "example.org",
									  "mail.example.com", "inbox.test"};

/* Of ten numbers, five are 512, two 737, two from nearby and one from elsewhere. */
static const int nearby_codes[] = {830, 254, 210};
static const int distant_codes[] = {213, 415, 917, 312, 713, 214, 602, 303, 206, 305};

#define EXCHANGES 786
#define LINES (EXCHANGES * 10000)

/*
 * Central office codes: 200 to 999 but N11 and those kept for other use. Turns 0 ... EXCHANGES-1
 * into one.
 */
static int
exchange(int index)
{
	static const int reserved[] = {211, 311, 411, 511, 555, 611, 700,
								   711, 811, 911, 950, 958, 959, 976};
	int code = 200 + index;

	StaticAssertStmt(EXCHANGES == 800 - lengthof(reserved), "EXCHANGES counts the codes in use");
	for (int i = 0; i < lengthof(reserved); i++)
		if (code >= reserved[i])
			code++;
	return code;
}

/*
 * Choose the phone number: one-to-one in row, so that no two rows share one
 */
static void
make_phone(SynthRandom *random, SynthPerson *person, uint64 seed, uint64 row)
{
	uint32 permuted = jorge_synth_permute(seed + 101, (uint32) (row - 1), SYNTH_MAX_ROWS);
	int slot = permuted % 10;
	uint32 group = permuted / 10;
	uint32 line;
	int code;
	int office;
	int number;
	char *to = person->phone;
	Size size = sizeof(person->phone);

	if (slot < 5)
	{
		code = 512;
		line = group * 5 + slot;
	}
	else if (slot < 7)
	{
		code = 737;
		line = group * 2 + slot - 5;
	}
	else if (slot < 9)
	{
		line = group * 2 + slot - 7;
		code = nearby_codes[line % lengthof(nearby_codes)];
		line /= lengthof(nearby_codes);
	}
	else
	{
		code = distant_codes[group % lengthof(distant_codes)];
		line = group / lengthof(distant_codes);
	}
	/* spread over the exchanges: the factor shares no divisor with LINES = 2^5 3 5^4 131 */
	line = (uint32) (((uint64) line * 3250007 + 1234567) % LINES);
	office = exchange(line / 10000);
	number = line % 10000;

	switch (jorge_synth_below(random, 12))
	{
		case 0:
		case 1:
			snprintf(to, size, "(%d) %d-%04d", code, office, number);
			break;
		case 2:
		case 3:
			snprintf(to, size, "%d-%d-%04d", code, office, number);
			break;
		case 4:
		case 5:
			snprintf(to, size, "+1%d%d%04d", code, office, number);
			break;
		case 6:
			snprintf(to, size, "%d%d%04d", code, office, number);
			break;
		case 7:
			snprintf(to, size, "%d.%d.%04d", code, office, number);
			break;
		case 8:
			snprintf(to, size, "+1 %d-%d-%04d", code, office, number);
			break;
		case 9:
			snprintf(to, size, "1 (%d) %d-%04d", code, office, number);
			break;
		case 10:
			snprintf(to, size, "%d %d %04d", code, office, number);
			break;
		default:
			snprintf(to, size, "1-%d-%d-%04d", code, office, number);
			break;
	}
}

/*
 * Copy a name as e-mail addresses have it: lower-case letters of ASCII only
 */
static int
plain_letters(char *to, int room, const char *name)
{
	/* the second byte, after 0xC3, of the accented letters in the tables above */
	static const struct
	{
		unsigned char byte;
		char letter;
	} accented[] = {{0xA1, 'a'}, {0xA9, 'e'}, {0xAD, 'i'}, {0xB1, 'n'}, {0xB3, 'o'}, {0xBA, 'u'}};
	int n = 0;

	for (; *name != '\0' && n < room; name++)
	{
		unsigned char byte = (unsigned char) *name;

		if (byte < 0x80)
		{
			if (isalpha(byte))
				to[n++] = (char) tolower(byte);
			continue;
		}
		for (int i = 0; i < lengthof(accented); i++)
			if (accented[i].byte == byte)
				to[n++] = accented[i].letter;
	}
	to[n] = '\0';
	return n;
}

/*
 * Make the e-mail address: it ends in a number of its own, so that no two rows share one
 */
static void
make_email(SynthRandom *random, SynthPerson *person, uint64 seed, uint64 row)
{
	char first[33];
	char last[33];
	const char *domain = domains[jorge_synth_below(random, lengthof(domains))];
	uint32 number = jorge_synth_permute(seed + 202, (uint32) (row - 1), SYNTH_MAX_ROWS);
	char *to = person->email;
	Size size = sizeof(person->email);

	plain_letters(first, 32, person->first_name);
	plain_letters(last, 32, person->last_name);
	switch (jorge_synth_below(random, 5))
	{
		case 0:
		case 1:
			snprintf(to, size, "%s.%s%u@%s", first, last, number, domain);
			break;
		case 2:
			snprintf(to, size, "%c%s%u@%s", first[0], last, number, domain);
			break;
		case 3:
			snprintf(to, size, "%s_%s%u@%s", first, last, number, domain);
			break;
		default:
			snprintf(to, size, "%s%u@%s", first, number, domain);
			break;
	}
	/* some type capitals */
	if (jorge_synth_chance(random, 0.08))
		to[0] = (char) toupper((unsigned char) to[0]);
}

/*
 * Write a number below 36^12 in base 36, as providers' references look
 */
static void
base36(char *to, uint64 value)
{
	for (int i = 0; i < 12; i++)
	{
		to[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % 36];
		value /= 36;
	}
	to[12] = '\0';
}

void
jorge_synth_person(SynthPerson *person, const SynthPlan *plan, uint64 seed, uint64 row)
{
	static const char *const prefixes[SYNTH_SOURCES] = {"ghl_", "l:", "zil-", "rdc-", "msg-"};
	static const char *const zones[] = {"America/New_York", "America/Los_Angeles",
										"America/Denver"};
	SynthRandom random;
	bool hispanic;
	char unique[13];

	memset(person, 0, sizeof(SynthPerson));
	jorge_synth_random_init(&random, seed, row, SYNTH_STREAM_PERSON);

	hispanic =
		plan->spanish ? jorge_synth_chance(&random, 0.92) : jorge_synth_chance(&random, 0.18);
	if (hispanic)
	{
		person->first_name =
			spanish_first_names[jorge_synth_below(&random, lengthof(spanish_first_names))];
		person->last_name =
			spanish_last_names[jorge_synth_below(&random, lengthof(spanish_last_names))];
	}
	else
	{
		person->first_name = first_names[jorge_synth_below(&random, lengthof(first_names))];
		person->last_name = last_names[jorge_synth_below(&random, lengthof(last_names))];
	}
	person->has_first_last = jorge_synth_chance(&random, 0.8);

	make_phone(&random, person, seed, row);
	make_email(&random, person, seed, row);
	person->has_phone = jorge_synth_chance(&random, plan->source == SYNTH_EMAIL ? 0.55 : 0.94);
	person->has_email =
		!person->has_phone || plan->source == SYNTH_EMAIL || jorge_synth_chance(&random, 0.88);

	snprintf(person->street, sizeof(person->street), "%d %s",
			 100 + jorge_synth_below(&random, 11800),
			 streets[jorge_synth_below(&random, lengthof(streets))]);
	person->has_address = plan->side != SYNTH_BUYER && jorge_synth_chance(&random, 0.5);

	/* unique by its last seven decimal digits; below 10^18, so that twelve digits of base 36 hold
	 * it */
	base36(unique,
		   jorge_synth_permute(seed + 303, (uint32) (row - 1), SYNTH_MAX_ROWS) +
			   UINT64CONST(10000000) * (jorge_synth_hash(seed, row) % UINT64CONST(100000000000)));
	snprintf(person->source_ref, sizeof(person->source_ref), "%s%s", prefixes[plan->source],
			 unique);

	person->has_listing = plan->side == SYNTH_BUYER &&
						  jorge_synth_chance(&random, plan->source == SYNTH_ZILLOW ||
															  plan->source == SYNTH_REALTOR_COM
														  ? 0.7
														  : 0.08);
	snprintf(person->listing_ref, sizeof(person->listing_ref), "ACT%07d",
			 1000000 + jorge_synth_below(&random, 9000000));
	if (plan->source == SYNTH_FACEBOOK || plan->source == SYNTH_GHL)
		person->campaign = campaigns[jorge_synth_below(&random, lengthof(campaigns))];
	person->time_zone = jorge_synth_chance(&random, 0.88)
							? "America/Chicago"
							: zones[jorge_synth_below(&random, lengthof(zones))];
}
