/*
 * lexicon_protected.c: phrases whose span is taken out before anything is looked at.
 *
 * Classes of the Fair Housing Act and of state law (race, colour, religion, sex, disability, familial
 * status, national origin; orientation, age, marital and military status, source of income), what
 * stands in for them (schools, language), and jobs and employers. A phrase here is only the kernel: the words
 * that serve it are taken in by protect.c. Articles and possessives count.
 */
#include "core/jorge.h"

#include "text/lexicon.h"

#define EN "en"
#define ES "es"

const PhraseGroup jorge_text_protected[] = {
	/* ---- family ---- */
	{EN, SIGNAL_PROTECTED_CHILD, 2,
	 "kids|children|boys|girls|sons|daughters|twins|grandkids|grandchildren|babies|teens|teenagers|"
	 "toddlers|stepkids|stepchildren|little ones|kiddos|infants|minors|nieces|nephews|foster kids|"
	 "foster children|step kids|step children|teen boys|teen girls|kid's|younger kids"},
	{EN, SIGNAL_PROTECTED_CHILD, 3, "triplets"},
	{EN, SIGNAL_PROTECTED_CHILD, 1,
	 "kid|child|baby|daughter|newborn|toddler|infant|teenager|teen|stepson|stepdaughter|grandson|"
	 "granddaughter|grandchild|my son|our son|a son|her son|his son|one son|old son|my boy|our boy|"
	 "a little boy|little girl|a little girl|baby girl|baby boy|niece|nephew|new baby|only son|oldest son|"
	 "youngest son|adult son|teenage son|young son|little boy|kiddo|foster child|"
	 "a boy|a girl|one boy|one girl|my girl|our girl|another boy|another girl"},
	{EN, SIGNAL_PROTECTED_EXPECTING, 1,
	 "pregnant|expecting a baby|expecting a child|expecting our|expecting my|expecting another|expecting our first|"
	 "expecting our second|expecting our third|expecting our first child|expecting our second child|"
	 "expecting our first baby|expecting our second baby|expecting baby|having a baby|have a baby on the way|a baby on the way|"
	 "baby on the way|another on the way|one on the way|baby is due|baby due|expecting soon|"
	 "expecting .|adopting a child|adopting a baby|pregnancy|maternity leave|due date|little one on the way"},
	{EN, SIGNAL_PROTECTED_EXPECTING, 2, "expecting twins"},
	{EN, SIGNAL_PROTECTED_PARTNER, 0,
	 "wife|husband|spouse|fiance|fiancee|girlfriend|boyfriend|hubby|better half|significant other|"
	 "my partner|partner and i|domestic partner|life partner|wifey|my other half|ex wife|ex husband|"
	 "soulmate|my bf|my gf|bride|groom"},
	{EN, SIGNAL_PROTECTED_RELATIVE, 2,
	 "parents|in laws|grandparents|inlaws|mom and dad|my folks|elderly parents|siblings"},
	{EN, SIGNAL_PROTECTED_RELATIVE, 1,
	 "mom|mother|dad|father|grandma|grandpa|grandmother|grandfather|mother in law|father in law|"
	 "sister in law|brother in law|sister|brother|aunt|uncle|cousin|stepmom|stepdad|mama|papa|"
	 "son in law|daughter in law|mum"},
	{EN, SIGNAL_NONE, 0,
	 "mother in law suite|mother in law unit|mother in law apartment|mother in law quarters|"
	 "in law suite|in law unit|in law quarters|in law apartment|in law house|sister property|mother nature|"
	 "mother's day|father's day|mothers day|fathers day|baby blue|child support check"},
	{EN, SIGNAL_PROTECTED_HOUSEHOLD, 0,
	 "a family of #|the family of #|our family of #|my family of #|a household of #|our household of #|"
	 "family of #|household of #|# of us|party of #|# person family|# person household|"
	 "# people in our family|# family members|family with # people|# people|# persons|# adults|"
	 "# in our family|# in the family|# people living|# occupants|# adults and # children|"
	 "# adults and # kids|# adults # kids|# adults # children|# tenants"},
	{EN, SIGNAL_PROTECTED_THING, 0,
	 "our family|my family|whole family|entire family|growing family|big family|large family|"
	 "young family|small family|for family|family friendly|a family friendly|a family oriented|a kid friendly|family oriented|kid friendly|kids friendly|"
	 "child friendly|start a family|starting a family|raise a family|raising a family|expand our family|"
	 "family is growing|family grew|family keeps growing|expanding family|extended family|"
	 "a family|the family|empty nesters|empty nester|empty nest|household|have a family|"
	 "great for families|families|familial|multigenerational|multi generational|playmates|nursery|"
	 "nanny|au pair|playground|playgrounds|daycare|day care|preschool|kindergarten|childcare|"
	 "child care|babysitter|custody|visitation|child support|no kids allowed|good for kids|stay at home mom|"
	 "stay at home dad|homeschool|homeschooling|playroom|play room|swing set|swingset|custody of my son|"
	 "custody of my daughter|custody of my kids|custody of our kids|custody of my children|"
	 "joint custody|full custody"},
	{EN, SIGNAL_NONE, 0,
	 "single family|multi family|multifamily|family room|family home|family house|family homes|"
	 "household income|a family home|a family room|the family room|family owned|"
	 "single family home|a single family|two family|# family|family name|family dog|friends and family|"
	 "household items|a family member|the family home"},
	{EN, SIGNAL_PROTECTED_THING, 0,
	 "school|schools|school district|school districts|elementary school|elementary schools|middle school|"
	 "high school|high schools|elementary|good schools|school zone|school bus|school year|"
	 "school starts|school start|before school starts|before the school year|before school|"
	 "before the school year starts|before school year|before school year starts|"
	 "when school starts|when school is out|after school is out|when school gets out|"
	 "school ratings|private school|public school|middle schools|private schools|public schools|"
	 "charter school|charter schools|montessori|school system|school age|start of school|after the school year"},

	/* ---- marital status, sex, orientation ---- */
	{EN, SIGNAL_PROTECTED_STATE, 0,
	 "single mom|single mother|single dad|single father|single parent|single mom of #|single mother of #|"
	 "single dad of #|single father of #|single parent of #|foster parent|foster parents|foster family|single woman|single man|"
	 "single lady|single guy|single female|single male|single person|working mom|working mother|mom of #|dad of #|"
	 "mother of #|father of #|mom with #|married|newly married|newlywed|newlyweds|divorced|"
	 "getting divorced|separated|widow|widower|widowed|engaged|young couple|married couple|"
	 "retired couple|newlywed couple|gay couple|lesbian couple|same sex couple|older couple|elderly couple|"
	 "gay|lesbian|bisexual|transgender|lgbt|lgbtq|queer|nonbinary|non binary|trans woman|trans man|"
	 "gay friendly|lgbt friendly|lgbtq friendly|women|bachelor|bachelorette|a woman|a man|as a woman|"
	 "young professional|young professionals|old lady|old man|going through a divorce|"
	 "going through divorce|went through a divorce|getting a divorce|filing for divorce|"
	 "divorce|my divorce|our divorce|recent divorce|my ex|ex and i|my marriage|get married|wedding|"
	 "our wedding|honeymoon|cohabiting|unmarried"},
	{EN, SIGNAL_NONE, 0,
	 "a man cave|separated by|bachelor pad|engaged with|engaged in|single story|single level|"
	 "single car|handy man|a man who|single handedly"},

	/* ---- age ---- */
	{EN, SIGNAL_PROTECTED_AGE, 0,
	 "# years old|# yrs old|# year old|# yr old|# yo|# y o|# years of age|i'm in my #s|in my #s|in our #s|"
	 "in my late #s|in my early #s|in my mid #s|in our late #s|in our early #s|in our mid #s|"
	 "turning #|in my twenties|in my thirties|in my forties|in my fifties|in my sixties|"
	 "in our twenties|in our thirties|in our forties|in our fifties|in our sixties|"
	 "in my seventies|in our seventies|in their #s"},
	{EN, SIGNAL_PROTECTED, 0,
	 "i am # years old|i'm # years old|i am # .|i'm # .|age #|# + community|# plus community|over # community|"
	 "# and over community|active adult|active adult community|# and older|senior living|"
	 "assisted living|nursing home|# + living|# or older|medicare|social security"},
	{EN, SIGNAL_PROTECTED_STATE, 0,
	 "elderly|senior citizen|senior citizens|seniors|a senior|senior couple|boomer|boomers|millennial|millennials|"
	 "gen z|too old to drive"},

	/* ---- disability ---- */
	{EN, SIGNAL_PROTECTED_THING, 0,
	 "wheelchair|wheelchairs|wheelchair accessible|wheelchair access|wheelchair ramp|wheelchair friendly|"
	 "in a wheelchair|a ramp|ramp for my wheelchair|ramp for a wheelchair|a ramp for my wheelchair|"
	 "a ramp for a wheelchair|have ms|"
	 "handicap|handicap accessible|handicap access|handicapped accessible|ada accessible|"
	 "accessible bathroom|accessible shower|grab bars|mobility issues|mobility scooter|limited mobility|"
	 "mobility problems|service dog|service animal|emotional support animal|emotional support dog|"
	 "therapy dog|special needs|disability|disabilities|disability income|disability check|"
	 "disability benefits|on disability|ssdi|ssi|bad knees|bad back|bad hip|bad hips|can't do stairs|"
	 "can't climb stairs|can't use stairs|can't handle stairs|trouble with stairs|"
	 "stairs are hard|oxygen tank|walker|prosthetic|cancer|chemo|dialysis|stroke|dementia|"
	 "alzheimer's|alzheimers|parkinson's|parkinsons|ptsd|depression|adhd|down syndrome|cerebral palsy|"
	 "multiple sclerosis|hearing aid|hearing aids|seeing eye dog|guide dog|chronic pain|"
	 "chronic illness|medical condition|health issues|health reasons|health problems|"
	 "hearing loss|surgery|recovery program|sober living|caregiver|live in nurse"},
	{EN, SIGNAL_PROTECTED_STATE, 0,
	 "disabled|handicapped|legally blind|is blind|am blind|i'm blind|deaf|hard of hearing|autistic|autism|"
	 "paralyzed|paraplegic|quadriplegic|amputee|disabled veteran|mentally ill|bipolar|"
	 "wheelchair bound|diabetic|epileptic|hearing impaired|visually impaired"},

	/* ---- religion ---- */
	{EN, SIGNAL_PROTECTED_THING, 0,
	 "church|churches|go to church|church every sunday|go to church every sunday|mass every sunday|"
	 "mosque every friday|synagogue every saturday|temple every saturday|keep kosher|our parish|my parish|parish|synagogue|mosque|hindu temple|a temple|the temple|"
	 "our temple|our faith|my faith|faith|religion|religious|bible study|catholic mass|"
	 "sunday mass|mass|kosher|kosher kitchen|halal|shabbat|sabbath|ramadan|eid|bar mitzvah|eruv|"
	 "catholic school|christian school|jewish school|islamic school|prayer room|pray|ministry|"
	 "our pastor|my pastor|pastor|priest|rabbi|imam|congregation|god willing|god bless|god bless you|"
	 "inshallah|diwali|hanukkah|passover|rosh hashanah|yom kippur|baptism|first communion|"
	 "a puja room|puja room|vastu|vaastu"},
	{EN, SIGNAL_PROTECTED_STATE, 0,
	 "catholic|christian|christians|jewish|muslim|muslims|hindu|buddhist|mormon|lds|orthodox|"
	 "orthodox jewish|atheist|baptist|methodist|lutheran|presbyterian|evangelical|pentecostal|sikh|"
	 "jehovah's witness|jehovah's witnesses|protestant|catholics"},
	{EN, SIGNAL_NONE, 0,
	 "church st|church street|church rd|church road|church ln|church lane|church hill|mass transit|"
	 "mission district|good faith|in good faith|pastor road|mass ave|church ave"},

	/* ---- origin, race, language ---- */
	{EN, SIGNAL_PROTECTED_COUNTRY, 0,
	 "mexico|india|china|vietnam|philippines|the philippines|korea|south korea|japan|pakistan|"
	 "bangladesh|nepal|iran|iraq|syria|egypt|nigeria|ghana|kenya|ethiopia|somalia|south africa|"
	 "brazil|argentina|colombia|venezuela|peru|chile|ecuador|bolivia|guatemala|honduras|"
	 "el salvador|nicaragua|costa rica|panama|cuba|haiti|jamaica|dominican republic|"
	 "the dominican republic|puerto rico|spain|france|italy|germany|poland|russia|ukraine|"
	 "england|ireland|scotland|the uk|canada|australia|israel|turkey|saudi arabia|afghanistan|taiwan|"
	 "hong kong|another country|overseas|abroad|africa|europe|asia|latin america|"
	 "central america|south america|our country|my country|back home in mexico"},
	{EN, SIGNAL_PROTECTED_STATE, 0,
	 "mexican|hispanic|latino|latina|latinx|chicano|mexican american|indian|chinese|vietnamese|"
	 "filipino|filipina|korean|japanese|pakistani|nigerian|african american|asian american|asian|arab|arabic|"
	 "middle eastern|native american|black family|white family|black couple|asian family|"
	 "indian family|hispanic family|mexican family|immigrant|immigrants|refugee|refugees|undocumented|"
	 "us citizen|us citizens|u s citizen|american citizen|citizen|citizens|permanent resident|permanent residents|"
	 "green card|green card holder|green card holders|h1b|h 1b|h1b visa|work visa|on a visa|visa|"
	 "daca|itin number|african|cuban|venezuelan|colombian|brazilian|puerto rican|dominican|"
	 "salvadoran|guatemalan|honduran|russian|ukrainian|polish|italian|german|french|irish|"
	 "israeli|persian|iranian|turkish|caucasian|people of color|person of color|ethnic|ethnicity|"
	 "foreign national|foreigner|we're black|we are black|i'm black|i am black|we're white|"
	 "we are white|i'm white|i am white|naturalized"},
	{EN, SIGNAL_NONE, 0,
	 "spanish style|spanish tile|spanish colonial|spanish revival|mexican tile|chinese drywall|indian hills|indian river|"
	 "indian creek|german style|french doors|french door|french country|italian marble|persian rug|"
	 "visa card|polish the|dutch door|new mexico|english tudor|italian tile|citizens bank|french drain|french drains|"
	 "asian market view|in visa"},
	{EN, SIGNAL_PROTECTED_THING, 0,
	 "english is not my first language|english isn't my first language|my english is not good|"
	 "my english is bad|my english is not very good|don't speak english|speak little english|"
	 "doesn't speak english|speak spanish|speaks spanish|spanish speaking|speak mandarin|"
	 "speak chinese|speak vietnamese|speak english|spanish speaker|sorry for my english|"
	 "excuse my english|bilingual|hablas espanol|speak hindi|speak korean|speak arabic|"
	 "asian market|asian grocery|indian grocery|indian store|latino neighborhood|hispanic neighborhood|"
	 "asian neighborhood|black neighborhood|white neighborhood|diverse neighborhood|diverse|diversity|our culture|"
	 "my culture|our community center|demographics"},

	/* ---- military status, source of income ---- */
	{EN, SIGNAL_PROTECTED_STATE, 0,
	 "veteran|veterans|active duty|active duty military|in the military|in the army|in the navy|"
	 "in the air force|in the marines|army veteran|navy veteran|air force veteran|marine veteran|"
	 "military family|military|deployed|reservist|national guard|stationed at fort hood|stationed"},
	{EN, SIGNAL_PROTECTED_THING, 0,
	 "section 8|housing voucher|section 8 voucher|receive social security|collect social security|"
	 "get social security|voucher|vouchers|food stamps|snap benefits|welfare|alimony|"
	 "public assistance|housing assistance|housing choice voucher"},

	/* ---- jobs ---- */
	{EN, SIGNAL_PROTECTED_WORK, 0.7,
	 "work at|works at|working at|work for|works for|working for|worked at|worked for|employed at|"
	 "employed by|employed with|work in|works in|working in|work as|works as|working as|worked as|"
	 "teach at|teaches at|worked in|teach"},
	{EN, SIGNAL_PROTECTED_WORK, 0.7,
	 "work remotely|work remote|work from home|works from home|working from home|working remotely|"
	 "work full time|works full time|work part time|works part time|work nights|works nights|"
	 "work night shift|work long hours|work two jobs|work 2 jobs|work weekends|have worked|"
	 "work downtown|works downtown|work nearby"},
	{EN, SIGNAL_PROTECTED_JOB, 0.7,
	 "my job|our jobs|my work|her job|his job|my office|my employer|our employer|his work|her work|stable job|steady job|full time job|"
	 "good job and|government job|remote job|my company|my boss|full time employment|stable income|steady income|"
	 "w2|my career|his office|her office|husband's job|wife's job|a full time job|a stable job|my commute|"
	 "a steady job|a good job|job is stable|jobs|steady paycheck|tenured|federal employee|"
	 "state employee|government employee|city employee|employment"},
	{EN, SIGNAL_PROTECTED_JOB, 0.5,
	 "new job|new position|new role|job offer|job transfer|job relocation|work transfer|got hired|"
	 "got promoted|promotion|got transferred|being transferred|getting transferred|transferred|job change|changing jobs|"
	 "changed jobs|switched jobs|switching jobs|started a job|start a job|starting a job|"
	 "start work|start a new job|started a new job|starting a new job|start my new job|for work|"
	 "for a job|for my job|job in|a job|the job|job there|job here|relocating for work|job brings us|"
	 "residency|internship|fellowship|got a raise|self employed|freelance|freelancer|own my business|own a business|"
	 "own my own business|own a small business|my business|our business|my own business|"
	 "small business owner|business owner|run a business|run my own business|entrepreneur|"
	 "independent contractor|contract worker|gig worker|commission only job|my start up|my startup|part time job"},
	{EN, SIGNAL_PROTECTED_JOB, 0.1,
	 "lost my job|lost his job|lost her job|lost our jobs|laid off|unemployed|got fired|was fired|"
	 "between jobs|out of work|out of a job|furloughed|no job|job loss|jobless|unemployment|"
	 "looking for a job|looking for work|need a job|quit my job|left my job|without a job|layoffs|layoff"},
	{EN, SIGNAL_PROTECTED_JOB, 0.8,
	 "retired|retiring|retire|retirement|retiree|retirees|pension|semi retired|about to retire|"
	 "retired from"},
	{EN, SIGNAL_PROTECTED_JOB, 0.3, "student|students|grad student|college student|graduate student|"
									"grad school|graduating|medical school|law school|phd student|in college"},
	{EN, SIGNAL_NONE, 0,
	 "great job|good job|nice job|excellent job|amazing job|job well done|paint job|the paint job|"
	 "good job on|a great job|a good job on|nice job on|bad job|worked on|work in progress|"
	 "residency status|work with|work out|works for me|works for us|work for me|work for us|work for you|"
	 "works for you|work with you|do a good job|do a great job|did a great job|did a good job|student loan|student loans|"
	 "in the job market|in work boots|the job done|working for me|working for us|pension fund check|for work needed|"
	 "work in the kitchen|retirement account|student housing|student rental|student rentals|"
	 "work in the yard|the job of|employment letter"},
	{EN, SIGNAL_PROTECTED_ROLE, 0.7,
	 "nurse|nurses|teacher|teachers|engineer|engineers|software engineer|software engineers|doctor|"
	 "doctors|physician|lawyer|attorney|accountant|cpa|firefighter|police officer|cop|paramedic|"
	 "truck driver|driver|mechanic|electrician|plumber|carpenter|welder|chef|cook|waitress|waiter|"
	 "server|bartender|hairdresser|hair stylist|stylist|cashier|manager|project manager|"
	 "office manager|store manager|construction worker|construction manager|professor|scientist|researcher|developer|"
	 "software developer|programmer|data analyst|analyst|consultant|contractor|dentist|"
	 "dental assistant|dental hygienist|pharmacist|therapist|physical therapist|social worker|"
	 "pilot|flight attendant|artist|musician|writer|designer|graphic designer|architect|"
	 "salesman|salesperson|sales rep|banker|loan officer|secretary|receptionist|janitor|"
	 "custodian|landscaper|roofer|painter|farmer|rancher|veterinarian|vet tech|surgeon|"
	 "resident physician|medical assistant|lab tech|it manager|it specialist|executive|ceo|"
	 "vice president|director|principal|librarian|uber driver|bus driver|delivery driver|"
	 "registered nurse|rn|lpn|nurse practitioner|traveling nurse|travel nurse|military officer|"
	 "soldier|marine|sergeant|officer|machinist|technician|barber|nail tech|caretaker|"
	 "housekeeper|homemaker|photographer|journalist|editor|actor|coach|trainer|"
	 "personal trainer|chiropractor|optometrist|paralegal|judge|mail carrier|postal worker|"
	 "business analyst|product manager|barista|tech|contract engineer|supervisor|superintendent"},

	/* ---- what continues a span ---- */
	/* weight 1: of partners and relatives only */
	{EN, SIGNAL_TAIL_PERSON, 1, "and i|and me|& i|& me"},
	{ES, SIGNAL_TAIL_PERSON, 1, "y yo"},
	{EN, SIGNAL_TAIL_PERSON, 0,
	 "and myself|on the way|in school|in college|in high school|in elementary|at home|living with us|"
	 "lives with us|live with us|lives with me|live with me|who lives with us|who live with us|"
	 "living with me|and counting|starting school|in tow|starting kindergarten|starting college|"
	 "who live with me|who lives with me|move in with us|moving in with us|of my own|of our own|"
	 "and a half|going to college|off to college|in preschool|"
	 "in middle school|in daycare|at home with us|in diapers|years old|starts school|starts kindergarten|"
	 "starts college|starts high school|starts middle school|start school|start kindergarten|start college|"
	 "goes to school|go to school|goes to college|go to college|visit often|visits often|will live with us|"
	 "will be living with us|is in a wheelchair|are in a wheelchair|uses a wheelchair|uses a walker"},
	{EN, SIGNAL_TAIL_YEARS, 0,
	 "for # years|for # yrs|# years|for over # years|for about # years|for almost # years|"
	 "for more than # years|for the last # years|for the past # years|for nearly # years|"
	 "for # + years|# + years|for # years now|for # years there|going on # years|# years now|"
	 "# years ago|for around # years"},
	{EN, SIGNAL_TAIL_WORK, 0,
	 "full time|part time|remotely|from home|by trade|since #|for a long time|for years|"
	 "for # months|for many years|for a living|"
	 "for several years|"
	 "full time now|for a while"},

	/* ---- Spanish: family ---- */
	{ES, SIGNAL_PROTECTED_CHILD, 2,
	 "hijos|hijas|ninos|ninas|chamacos|nietos|nietas|gemelos|gemelas|bebes|adolescentes|chiquillos|"
	 "muchachos chicos|hijastros|pequenitos|sobrinos|mellizos|varones|nenes"},
	{ES, SIGNAL_PROTECTED_CHILD, 1,
	 "hijo|hija|nino|nina|bebe|nieto|nieta|recien nacido|recien nacida|adolescente|hijastro|"
	 "hijastra|chamaco|sobrino|sobrina|nene|nena|nueva bebe|nuevo bebe"},
	{ES, SIGNAL_PROTECTED_EXPECTING, 1,
	 "embarazada|esperando un bebe|esperando bebe|esperamos un bebe|esperamos bebe|"
	 "esperando nuestro primer hijo|esperamos nuestro primer hijo|esperando una bebe|"
	 "esperando un hijo|esperamos un hijo|bebe en camino|un bebe en camino|viene un bebe|"
	 "vamos a tener un bebe|va a tener un bebe|voy a tener un bebe|dar a luz|embarazo|"
	 "espera un bebe|esperamos una bebe"},
	{ES, SIGNAL_PROTECTED_EXPECTING, 2, "esperando gemelos|esperamos gemelos"},
	{ES, SIGNAL_PROTECTED_PARTNER, 0,
	 "esposa|esposo|marido|mi mujer|novia|novio|mi pareja|prometida|prometido|conyuge|mi senora|"
	 "mi viejo|mi vieja|nuestra pareja|exesposo|exesposa|ex esposo|ex esposa"},
	{ES, SIGNAL_PROTECTED_RELATIVE, 2, "mis padres|papas|suegros|abuelos|sus padres|nuestros padres|mis papas"},
	{ES, SIGNAL_PROTECTED_RELATIVE, 1,
	 "madre|padre|suegra|suegro|abuela|abuelo|hermana|hermano|abuelita|abuelito|"
	 "tia|tio|prima hermana|primo hermano|cunado|cunada|hermanos"},
	{ES, SIGNAL_PROTECTED_HOUSEHOLD, 0,
	 "somos una familia de #|una familia de #|mi familia de #|nuestra familia de #|la familia de #|familia de #|somos # personas|somos # en la familia|somos # en familia|somos # en casa|# personas|"
	 "# integrantes|# miembros|somos #|vivimos # personas|seriamos #|seremos #"},
	{ES, SIGNAL_PROTECTED_THING, 0,
	 "mi familia|nuestra familia|familia grande|familia numerosa|formar una familia|familia creciendo|"
	 "toda la familia|la familia|una familia|para familia|ambiente familiar|familias|"
	 "escuela|escuelas|buenas escuelas|distrito escolar|primaria|secundaria|preparatoria|"
	 "guarderia|preescolar|colegio|colegios|custodia|pension alimenticia|"
	 "empiecen las clases|antes de que empiecen las clases|antes de que empiece la escuela|"
	 "ano escolar|regreso a clases|inicio de clases|familia"},
	{ES, SIGNAL_NONE, 0, "casa unifamiliar|unifamiliar|area familiar|cuarto familiar|sala familiar|la madre de"},

	/* ---- Spanish: marital status, sex, age ---- */
	{ES, SIGNAL_PROTECTED_STATE, 0,
	 "madre soltera|padre soltero|mama soltera|papa soltero|madre soltera de #|mama soltera de #|"
	 "padre soltero de #|papa soltero de #|mama de #|papa de #|soltero|soltera|solteros|casado|casada|"
	 "casados|recien casados|divorciado|divorciada|divorciados|separado|separada|viudo|viuda|"
	 "comprometidos|mujer sola|hombre solo|mujer soltera|madre de #|padre de #|divorcio|"
	 "mi divorcio|un divorcio|pareja joven|pareja de recien casados|pareja casada|pareja gay|"
	 "lesbiana|lesbianas|homosexual|transgenero|boda|matrimonio|matrimonio joven|una mujer|"
	 "un hombre|mujeres|tercera edad|adulto mayor|adultos mayores|anciano|anciana|ancianos|nos casamos|"
	 "me divorcie|me voy a casar|nos vamos a casar|nos acabamos de casar|me case|me estoy divorciando"},
	{ES, SIGNAL_PROTECTED_AGE, 0,
	 "# anos de edad|tengo # anos|tiene # anos|tenemos # anos|tienen # anos|cumplo # anos"},
	{ES, SIGNAL_PROTECTED, 0, "tengo # anos de edad|mayores de #|mayor de edad"},
	{ES, SIGNAL_PROTECTED, 0,
	 "vamos a la iglesia|voy a la iglesia|vamos a la iglesia los domingos|voy a la iglesia los domingos|"
	 "vamos a misa|voy a misa|vamos a misa los domingos|voy a misa los domingos|vamos a la mezquita|voy a la mezquita|"
	 "vamos a la sinagoga|voy a la sinagoga|vamos al templo|voy al templo|asistimos a la iglesia"},
	{ES, SIGNAL_NONE, 0,
	 "tengo # anos buscando|tengo # anos viviendo|tengo # anos en|la casa tiene # anos|casa tiene # anos|tiene # anos el techo|"
	 "tiene # anos de construida|tiene # anos de construido|tengo # anos rentando|tiene # anos de antiguedad|"
	 "el techo tiene # anos|tenemos # anos rentando|tenemos # anos viviendo|tenemos # anos buscando|"
	 "tengo # anos aqui|tenemos # anos aqui|tenemos # anos en"},

	/* ---- Spanish: disability, religion, origin ---- */
	{ES, SIGNAL_PROTECTED_THING, 0,
	 "silla de ruedas|discapacidad|discapacidades|incapacidad|necesidades especiales|perro de servicio|"
	 "animal de servicio|andadera|acceso para discapacitados|no puedo subir escaleras|"
	 "no puede subir escaleras|problemas de movilidad|movilidad reducida|rampa para silla de ruedas|"
	 "dialisis|problemas de salud|motivos de salud|razones de salud|enfermedad|oxigeno|cirugia|"
	 "iglesia|iglesias|parroquia|misa|mezquita|sinagoga|templo|nuestra fe|mi fe|"
	 "si dios quiere|dios lo bendiga|dios la bendiga|dios los bendiga|dios le bendiga|bendiciones|"
	 "primera comunion|bautizo|gracias a dios|primero dios|"
	 "no hablo ingles|no habla ingles|no hablamos ingles|no hablo mucho ingles|mi ingles no es bueno|habla espanol|hablan espanol|"
	 "que hable espanol|en espanol|mi ingles|poco ingles|hablo poco ingles|hable espanol|alguien que hable espanol|"
	 "seguro social|numero de itin|tengo itin|con itin|sin papeles|sin documentos|estatus migratorio|"
	 "permiso de trabajo|residencia permanente|tarjeta verde|visa de trabajo|"
	 "ciudadania|barrio latino|zona latina|comunidad latina|comunidad hispana|nuestra cultura"},
	{ES, SIGNAL_PROTECTED_STATE, 0,
	 "discapacitado|discapacitada|minusvalido|minusvalida|ciego|ciega|sordo|sorda|autista|autismo|"
	 "diabetico|diabetica|catolico|catolica|catolicos|cristiano|cristiana|cristianos|judio|judia|judios|musulman|"
	 "musulmana|musulmanes|evangelico|evangelica|evangelicos|testigo de jehova|testigos de jehova|"
	 "mexicano|mexicana|mexicanos|colombiano|colombiana|colombianos|venezolano|venezolana|"
	 "venezolanos|hondureno|hondurena|hondurenos|guatemalteco|guatemalteca|salvadoreno|"
	 "salvadorena|salvadorenos|cubano|cubana|cubanos|peruano|peruana|ecuatoriano|argentino|"
	 "dominicano|dominicana|puertorriqueno|hispano|hispana|hispanos|latinos|"
	 "inmigrante|inmigrantes|indocumentado|indocumentada|indocumentados|refugiado|refugiados|ciudadano|"
	 "ciudadana|ciudadanos|residente permanente|residentes permanentes|veterano|veterano de guerra|"
	 "militar|indigena|afroamericano|asiatico|asiatica|extranjero|extranjera|extranjeros"},
	{ES, SIGNAL_PROTECTED_COUNTRY, 0,
	 "republica dominicana|espana|brasil|estados unidos|centroamerica|otro pais|"
	 "mi pais|nuestro pais"},

	/* ---- Spanish: jobs ---- */
	{ES, SIGNAL_PROTECTED_WORK, 0.7,
	 "trabajo en|trabajo para|trabajo de|trabajo como|trabajamos en|trabaja en|trabaja para|trabaja de|"
	 "trabaja como|trabajando en|trabajando para|trabajando de|trabajando como|he trabajado en|"
	 "trabajo con|trabajamos para|labora en|laboro en|trabajo desde casa|trabajo desde la casa|trabajo remoto|"
	 "trabajo tiempo completo|trabajamos los dos|doy clases en|trabajo por mi cuenta|llevo trabajando en"},
	{ES, SIGNAL_PROTECTED_JOB, 0.7,
	 "mi trabajo|su trabajo|mi empleo|nuestro trabajo|nuestros trabajos|trabajo estable|empleo estable|trabajo fijo|empleo fijo|"
	 "mi empresa|mi oficina|mi jefe|buen empleo|tiempo completo|ingresos estables|mi compania"},
	{ES, SIGNAL_PROTECTED_JOB, 0.5,
	 "nuevo trabajo|trabajo nuevo|nuevo empleo|empleo nuevo|cambio de trabajo|por trabajo|oferta de trabajo|"
	 "me transfirieron|me trasladan|me cambiaron de trabajo|conseguir trabajo|consegui trabajo|"
	 "un trabajo|por cuestiones de trabajo|por motivos de trabajo|conseguir un trabajo|negocio propio|mi propio negocio|"
	 "mi negocio|nuestro negocio|por mi cuenta|cuenta propia|autonomo|autonoma|trabajador independiente|"
	 "dueno de negocio|me ascendieron|ascenso|por el trabajo|del trabajo|el trabajo"},
	{ES, SIGNAL_PROTECTED_JOB, 0.1,
	 "perdi mi trabajo|perdi el trabajo|perdi mi empleo|perdio su trabajo|perdio el trabajo|"
	 "desempleado|desempleada|sin trabajo|sin empleo|me despidieron|lo despidieron|me corrieron|"
	 "me quede sin trabajo|busco trabajo|buscando trabajo|no tengo trabajo|lo corrieron"},
	{ES, SIGNAL_PROTECTED_JOB, 0.8,
	 "jubilado|jubilada|jubilados|jubilarme|jubilarnos|pensionado|pensionada|pensionados|retirado|retirada|"
	 "retirados|mi pension|me jubile|me voy a jubilar|retirarme"},
	{ES, SIGNAL_PROTECTED_JOB, 0.3, "estudiante|estudiantes|estudio en la universidad"},
	{ES, SIGNAL_NONE, 0,
	 "buen trabajo|mucho trabajo|su buen trabajo|un buen trabajo|gran trabajo|excelente trabajo|el trabajo que hacen|trabajo con agente|"
	 "trabajo con otro agente|trabajo con un agente|trabajo con una agente|trabajo de pintura|"
	 "trabajando con agente|trabajando con otro agente|trabajo de techo|no trabajo con agente|"
	 "trabajando con un agente|trabajo con otra agente|trabajo con ustedes|trabajan en|trabajar con|"
	 "trabajamos con agente|trabajamos con un agente"},
	{ES, SIGNAL_PROTECTED_ROLE, 0.7,
	 "enfermera|enfermero|maestro|maestra|maestros|profesor|profesora|ingeniero|ingeniera|doctora|"
	 "medico|medica|abogado|abogada|contador|contadora|bombero|policia|chofer|camionero|mecanico|"
	 "electricista|plomero|carpintero|soldador|cocinero|cocinera|mesero|mesera|estilista|"
	 "peluquera|cajero|cajera|gerente|albanil|obrero|obrera|constructor|programador|programadora|"
	 "analista|consultor|contratista|dentista|farmaceutico|trabajadora social|trabajador social|"
	 "piloto|artista|musico|disenador|disenadora|arquitecto|arquitecta|vendedor|vendedora|"
	 "secretaria|recepcionista|conserje|jardinero|pintor|agricultor|veterinario|cirujano|"
	 "directora|bibliotecaria|ama de casa|soldado|oficial|tecnico|tecnica|barbero|ninera|"
	 "empleada domestica|limpio casas|trabajador|empleado|empleada|empresario|empresaria|"
	 "comerciante|operador|operadora|supervisora"},
	{ES, SIGNAL_TAIL_PERSON, 0,
	 "en camino|de edad|que viven con nosotros|que vive con nosotros|"
	 "vive con nosotros|viven con nosotros|en la escuela|que vive conmigo|vive conmigo|conmigo|"
	 "en la universidad|chiquitos|pequenos|pequenas|chicos|adolescentes|menores de edad|"
	 "menores|pequeno|pequena|que viene en camino|con nosotros|y otro en camino|empieza la escuela|empiezan la escuela|"
	 "empieza el kinder|entra a la escuela|entran a la escuela|va a la escuela|van a la escuela|va al colegio|van al colegio|"
	 "vivira con nosotros|viviran con nosotros|usa silla de ruedas|esta en silla de ruedas"},
	{ES, SIGNAL_TAIL_YEARS, 0,
	 "por # anos|desde hace # anos|hace # anos|# anos|con # anos de experiencia|durante # anos|"
	 "desde hace mas de # anos|hace mas de # anos|por mas de # anos|con # anos de antiguedad"},
	{ES, SIGNAL_TAIL_WORK, 0,
	 "tiempo completo|medio tiempo|desde casa|de tiempo completo|desde #|de profesion|"
	 "hace tiempo|desde hace tiempo|desde hace # meses|de planta"},
	{NULL, 0, 0, NULL},
};
