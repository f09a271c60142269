/*
 * lexicon_words.c: classes of words that the rules ask for, and other spellings of words.
 *
 * All words are written as they are folded: lower case, no accents.
 */
#include "core/jorge.h"

#include "text/lexicon.h"

/* A spelling is the word it stands for, everywhere. Months, seasons and weekdays are each one word:
 * the scan has no clock that could tell them apart. */
const SpellingGroup jorge_text_spellings[] = {
	{"don't", "dont"},
	{"doesn't", "doesnt"},
	{"didn't", "didnt"},
	{"isn't", "isnt"},
	{"aren't", "arent"},
	{"wasn't", "wasnt"},
	{"can't", "cant|cannot"},
	{"couldn't", "couldnt"},
	{"won't", "wont"},
	{"wouldn't", "wouldnt"},
	{"haven't", "havent"},
	{"hasn't", "hasnt"},
	{"i'm", "im"},
	{"i've", "ive"},
	{"i'd", "id"},
	{"we've", "weve"},
	{"that's", "thats"},
	{"what's", "whats"},
	{"where's", "wheres"},
	{"it's", "its"},
	{"let's", "lets"},
	{"you", "u|ya'll|yall|y'all|ustedes"},
	{"your", "ur"},
	{"are", "r"},
	{"please", "pls|plz|plse"},
	{"thanks", "thx|thks|tks|thnx|ty"},
	{"because", "bc|cuz|cause|becuase"},
	{"with", "w|wth"},
	{"without", "wout"},
	{"looking", "lookin|lookng|loking|searching|serching"},
	{"look", "search|shop"},
	{"budget", "budjet|buget|bugdet|budgett|bujet"},
	{"preapproved", "preaproved|preapprooved|preapprovd|preapprove|preaprove"},
	{"approved", "aproved|apprved|approve"},
	{"approval", "aproval"},
	{"preapproval", "preaproval"},
	{"prequalified", "prequalify|prequal|prequaled|prequalifed"},
	{"qualified", "qualify|qualifed"},
	{"mortgage", "morgage|mortage|mortgages|mortagage"},
	{"financing", "finance|financed|finacing|financeing"},
	{"lender", "lenders|lendor"},
	{"asap", "asapp|asaap"},
	{"immediately", "immediatly|inmediately|immediate"},
	{"available", "avail|availble|avaliable|availabe|avaialble"},
	{"interested", "intrested|intersted|interestd"},
	{"appointment", "appt|apointment|appoinment"},
	{"schedule", "scheduling|shedule|sched"},
	{"neighborhood", "neighborhoods|neighbourhood|neighborhod|hood|nbhd"},
	{"house", "houses|hse|hous"},
	{"home", "homes"},
	{"condo", "condos|condominium"},
	{"townhouse", "townhome|townhomes|townhouses"},
	{"want", "wanna|wants|wanting"},
	{"going", "gonna"},
	{"buy", "buying|purchase|purchasing"},
	{"sell", "selling"},
	{"rent", "renting"},
	{"see", "tour|view|visit|viewing"},
	{"info", "information|details|infos"},
	{"maximum", "max|maxed|maxx"},
	{"minimum", "min"},
	{"approximately", "approx|aprox|approximate|appx"},
	{"around", "arround|aroud|arnd"},
	{"about", "abt"},
	{"under", "undr|beneath"},
	{"millions", "million|millon|millones|mill|mills|milion|milions"},
	{"thousand", "thousands|grand|thou|thousnd"},
	{"month", "months|mo|mos|mth|mths|mnths|mnth|mes|meses"},
	{"week", "weeks|wk|wks|semana|semanas"},
	{"day", "days|dia|dias"},
	{"year", "years|yr|yrs|ano|anos"},
	{"hour", "hours|hr|hrs|hora|horas"},
	{"minute", "minutes|mins|minuto|minutos"},
	{"weekend", "wknd|weekends|wkend"},
	{"tomorrow", "tmrw|tmw|tomorow|tommorow|tommorrow"},
	{"tonight", "tonite"},
	{"january", "jan|february|feb|march|marzo|may|april|apr|june|jun|july|jul|august|aug|september|sept|sep|october|"
				"oct|november|nov|december|dec|enero|febrero|abril|mayo|junio|julio|agosto|septiembre|"
				"setiembre|octubre|noviembre|diciembre"},
	{"spring", "autumn|winter|primavera|otono|invierno"},
	{"saturday", "sunday|sat|monday|tuesday|wednesday|thursday|friday|fri|tues|thurs|weds|sabado|"
				 "domingo|lunes|martes|miercoles|jueves|viernes"},
	{"bedroom", "bedrooms|bed|beds|br|brs|bd|bds|bdr|bdrm|bdrms|recamara|recamaras|habitacion|"
				"habitaciones|cuarto|cuartos|dormitorio|dormitorios|alcobas"},
	{"bathroom", "bathrooms|bath|baths|ba|bano|banos"},
	{"street", "st|str"},
	{"avenue", "ave|av"},
	{"road", "rd"},
	{"drive", "dr"},
	{"lane", "ln"},
	{"boulevard", "blvd"},
	{"court", "ct"},
	{"circle", "cir"},
	{"dollars", "usd|dollar|bucks|dolares|dolar|dls|dlls"},
	{"que", "ke"},
	{"porque", "xq|pq|porq"},
	{"tambien", "tmb|tb"},
	{"quiero", "kiero|quisiera|queria"},
	{"busco", "buscando|buscamos|busca"},
	{"presupuesto", "presupuesta|presupesto|presuspuesto"},
	{"preaprobado", "preaprobada|preaprobados|preaprobacion|preaprovado|preaprovada"},
	{"aprobado", "aprobada|aprobados|aprovado|aprovada|aprobaron"},
	{"precalificado", "precalificada|precalificados|precalificacion"},
	{"hipoteca", "hipotecario|hipotecaria|ipoteca"},
	{"prestamo", "prestamos|prestamista|prestamistas"},
	{"credito", "creditos|creditico"},
	{"disponible", "disponibles|dispnible"},
	{"interesado", "interesada|interesados|intersado"},
	{"maximo", "maxima"},
	{"minimo", "minima"},
	{"necesito", "necesitamos|nesesito|nececito|ocupo|ocupamos"},
	{"casa", "casas|casita|kasa"},
	{"departamento", "departamentos|depto|depa|apartamento|apartamentos"},
	{"comprar", "compra|comprarla|comprarme|comprarnos"},
	{"vender", "vendo|vendemos|venderla|vendiendo"},
	{"rentar", "rento|rentamos|rentando|alquilar|arrendar|alquilo|alquilando"},
	{"renta", "alquiler|arriendo"},
	{"gracias", "grax|grasias|grcs"},
	{"usted", "ud|uds"},
	{NULL, NULL},
};

const WordGroup jorge_text_words[] = {
	/* ---- language: common words of one and not of the other ---- */
	{WORD_ENGLISH | WORD_FUNCTION, 0,
	 "the|and|is|are|for|with|of|to|in|it|that|this|but|or|if|at|on|by|from|as|so|then|than|when|"
	 "would|could|should|can|will|was|were|be|been|do|does|did|has|have|had|not|there|here|also|"
	 "just|please|thanks|near|which|who|what|where|how|why|because|while|since|until|our|we|i|you"},
	{WORD_ENGLISH, 0,
	 "my|your|us|they|he|she|i'm|i've|i'd|i'll|we're|we've|we'd|we'll|it's|that's|don't|can't|"
	 "doesn't|isn't|didn't|won't|want|need|like|looking|look|house|home|buy|sell|hi|hello|hey|"
	 "good|about|under|over|up|any|some|more|much|many|get|got|know|think|see|call|text|send|"
	 "area|price|still|available|interested|yes|time|first|really|very|approved|cash|loan|"
	 "around|between|now|only|out|am|me|them|him|her|his|its|new|great|love|thank|budget|not|never"},
	{WORD_SPANISH | WORD_FUNCTION, 0,
	 "el|la|los|las|de|del|que|y|en|un|una|por|con|para|pero|o|si|se|lo|al|es|son|esta|este|esto|"
	 "como|mas|muy|ya|su|sus|mi|mis|porque|cuando|donde|tambien|le|les|nos|estoy|estamos"},
	{WORD_SPANISH, 0,
	 "yo|tu|te|usted|hola|buenos|buenas|gracias|casa|quiero|queremos|busco|necesito|tengo|tenemos|"
	 "tiene|tienen|cuanto|cuanta|cuantos|cual|quien|puedo|puede|podemos|favor|interesa|interesado|"
	 "comprar|vender|rentar|ser|soy|somos|hay|fue|era|precio|zona|cerca|banos|recamaras|mil|"
	 "presupuesto|credito|prestamo|hipoteca|efectivo|dinero|bueno|buena|todo|todavia|sigue|ver|"
	 "hasta|entre|desde|menos|gustaria|gusta|encanta|quisiera|mes|ano|dias|semana|pronto|ahora|"
	 "aqui|eso|ese|esa|nuestro|nuestra|departamento|informacion|disponible|ninguna|ningun|algo|nada|"
	 "urge|urgente|pagar|pago|contado|familia|ayuda|estan|favor|luego|adios|vivir|mande|manda"},

	/* ---- shape of sentences ---- */
	{WORD_FILLER, 0,
	 "a|an|the|my|our|your|their|his|her|some|any|probably|currently|really|very|definitely|"
	 "el|la|los|las|un|una|mi|mis|su|sus|tu|tus|nuestro|nuestra|nuestros|nuestras|"
	 "realmente|actualmente|probablemente"},
	{WORD_NEGATION, 0,
	 "not|no|never|don't|doesn't|didn't|isn't|aren't|wasn't|can't|couldn't|won't|wouldn't|haven't|"
	 "hasn't|without|neither|nor|none|ain't|hardly|nunca|sin|ni|tampoco|jamas|ningun|ninguna|"
	 "weren't|shouldn't"},
	{WORD_TURN, 0, "but|however|although|though|pero|sino|aunque|yet|except"},
	{WORD_STRONG, 0,
	 "very|really|so|super|extremely|absolutely|totally|too|incredibly|such|muy|tan|demasiado|"
	 "bastante|sumamente|realmente"},
	{WORD_GREETING, 0,
	 "hi|hello|hey|hiya|yo|good|morning|afternoon|evening|thanks|thank|you|please|ok|okay|yes|yeah|"
	 "yep|sure|hola|buenas|buenos|tardes|noches|gracias|favor|si|so|oye|disculpe|disculpa|"
	 "saludos|also|and|y|dias|day|greetings|perdon|btw"},
	{WORD_JOIN, 0, "and|y|&"},
	{WORD_TO, 0, "to|a|hasta|or|o|thru|through|til|till"},
	{WORD_BETWEEN, 0, "between|entre|de|from|btwn|btw"},
	{WORD_ABBREVIATION, 0,
	 "street|avenue|road|drive|lane|boulevard|court|circle|sq|ft|approximately|apt|mr|mrs|ms|"
	 "bedroom|bathroom|vs|ste|hwy|jr|sr|e|w|n|s|aprox|sra|col|num|ctra|blvd|thousand|millions|dept"},

	/* ---- numbers ---- */
	{WORD_NUMBER, 0.5, "half|medio|media"},
	{WORD_NUMBER, 1, "one|uno|un|una"},
	{WORD_NUMBER, 2, "two|dos|couple|par"},
	{WORD_NUMBER, 3, "three|tres|few|pocos|pocas"},
	{WORD_NUMBER, 4, "four|cuatro|several|varios|varias"},
	{WORD_NUMBER, 5, "five|cinco"},
	{WORD_NUMBER, 6, "six|seis"},
	{WORD_NUMBER, 7, "seven|siete"},
	{WORD_NUMBER, 8, "eight|ocho"},
	{WORD_NUMBER, 9, "nine|nueve"},
	{WORD_NUMBER, 10, "ten|diez"},
	{WORD_NUMBER, 11, "eleven|once"},
	{WORD_NUMBER, 12, "twelve|doce"},
	{WORD_NUMBER, 13, "thirteen|trece"},
	{WORD_NUMBER, 14, "fourteen|catorce"},
	{WORD_NUMBER, 15, "fifteen|quince"},
	{WORD_NUMBER, 18, "eighteen|dieciocho"},
	{WORD_NUMBER, 20, "twenty|veinte"},
	{WORD_NUMBER, 30, "thirty|treinta"},
	{WORD_NUMBER, 40, "forty|cuarenta"},
	{WORD_NUMBER, 50, "fifty|cincuenta"},
	{WORD_NUMBER, 60, "sixty|sesenta"},
	{WORD_NUMBER, 70, "seventy|setenta"},
	{WORD_NUMBER, 80, "eighty|ochenta"},
	{WORD_NUMBER, 90, "ninety|noventa"},
	{WORD_NUMBER, 100, "hundred|cien|ciento|cientos"},
	{WORD_NUMBER, 200, "doscientos|doscientas"},
	{WORD_NUMBER, 300, "trescientos|trescientas"},
	{WORD_NUMBER, 400, "cuatrocientos|cuatrocientas"},
	{WORD_NUMBER, 500, "quinientos|quinientas"},
	{WORD_NUMBER, 600, "seiscientos|seiscientas"},
	{WORD_NUMBER, 700, "setecientos|setecientas"},
	{WORD_NUMBER, 800, "ochocientos|ochocientas"},
	{WORD_NUMBER, 900, "novecientos|novecientas"},
	{WORD_NUMBER, 1e3, "thousand|mil"},
	{WORD_NUMBER, 1e6, "millions"},
	{WORD_UNIT, 1e3, "k|ks"},
	{WORD_UNIT, 1e6, "m|mm|mn|mln"},
	{WORD_DOLLAR, 0, "dollars|us"},
	{WORD_FUNCTION, 0,
	 "about|around|approximately|roughly|maybe|only|coming|unos|unas|quizas|tal|aproximadamente|least"},
	{WORD_FUNCTION, 0, "dollars|us|total|cash|price|range|or|tops|ish|too|each"},

	/* ---- what a number counts that is no price ---- */
	{WORD_MEASURE, 0,
	 "bedroom|bathroom|sqft|sq|sf|ft|feet|foot|square|acre|acres|acreage|m2|mt2|mts|metro|metros|"
	 "pies|miles|mile|mi|km|kms|cuadras|blocks|story|stories|car|garage|cars|units|doors|plex|people|"
	 "personas|percent|pct|am|pm|th|nd|road|hectareas|floors|floor|pisos|full|points|degrees|"
	 "photos|pics|times|veces|calls|showings|offers|agents|realtors|dogs|dog|cats|cat|perros|gatos|"
	 "horses|spaces|windows|rooms|room|opciones|preguntas|questions|options|hour|minute"},
	{WORD_TIME, 1, "day"},
	{WORD_TIME, 7, "week"},
	{WORD_TIME, 30, "month"},
	{WORD_TIME, 365, "year"},
	{WORD_TIME, 1.0 / 24, "hour"},
	{WORD_TIME, 0, "minute|night|noche"},
	{WORD_YEARS, 0, "year|yo|old|month|edad"},
	{WORD_PER, 0, "a|an|per|al|por|each|every|cada"},
	{WORD_PERIODIC, 0,
	 "monthly|weekly|yearly|annually|annual|nightly|mensual|mensuales|mensualmente|mensualidad|"
	 "mensualidades|anual|anuales|pcm|pmt|hourly|quincenales|semanales"},
	{WORD_WITHIN, 0,
	 "in|within|next|en|dentro|proximo|proximos|proxima|proximas|timeline|timeframe|plazo|inside|"
	 "under|menos|antes|before|window|otros|another"},
	{WORD_PAST, 0,
	 "for|past|last|previous|hace|since|desde|ultimo|ultimos|ultimas|after|every|each|por|llevo|"
	 "llevamos|durante"},
	{WORD_PAST_AFTER, 0,
	 "ago|old|atras|experience|experiencia|fixed|warranty|mortgage|loan|lease|term|arm|note|later"},
	{WORD_LATER, 0, "out|away|timeline|timeframe|tops|maximum|maximo|plazo|ish"},
	{WORD_NUMBERED, 0,
	 "mls|apt|unit|suite|ste|hwy|highway|route|interstate|ih|lot|ref|numero|num|number|"
	 "interior|bldg|building|room|listing|box|ext|extension|exit|rr|fm|loop|section|form|"
	 "phase|channel|cell|tel|telefono|phone|celular|whatsapp|fico|score|chapter"},
	{WORD_LOWER, 0, "low|lower|bajos"},
	{WORD_MIDDLE, 0, "mid|middle|medios"},
	{WORD_UPPER, 0, "high|upper|altos"},
	{WORD_DOWN, 0,
	 "down|downpayment|enganche|saved|savings|equity|deposit|earnest|hoa|income|salary|taxes|tax|"
	 "repairs|ahorrados|ahorrado|ahorros|inicial|anticipo|renta|rent|ingresos|salario|reserves|"
	 "credit|reparaciones|renovations|renovation|upgrades|commission|entrada|remodel|rehab|"
	 "upfront|off"},
	{WORD_DOWN_LINK, 0,
	 "as|for|a|the|our|my|in|de|para|el|la|of|cash|to|put|put|como|mi|nuestro|un|household|gross|"
	 "on|en|toward|towards|dar"},

	/* ---- addresses of the net ---- */
	{WORD_LINK_START, 0, "www|http|https"},
	{WORD_LINK_END, 0, "com|net|org"},

	/* ---- places ---- */
	{WORD_STREET, 0,
	 "street|avenue|road|lane|boulevard|court|circle|trl|pkwy|parkway|cv|xing|highway|hwy|terrace|ter"},
	/* only with a capital */
	{WORD_MAYBE_STREET, 0,
	 "drive|way|trail|place|pl|cove|pass|loop|run|ridge|bend|hollow|crossing|path|plaza|square|row|"
	 "pike|alley|creek"},
	{WORD_CALLING, 0, "calle|avenida|calzada|paseo|carretera|callejon"},
	{WORD_PLACE, 0, "in|en|to|into|hacia"},
	{WORD_NEAR, 0, "near|nearby|around|close|cerca|alrededor|by|junto|colonia|barrio|fraccionamiento|"
	 "subdivision"},
	{WORD_HOUSING, 0,
	 "anything|something|algo|house|home|condo|townhouse|property|place|casa|departamento|propiedad|vivienda|duplex|ranch|"
	 "listing|listings|bungalow|casa|terreno|land|terrenos|properties|propiedades"},

	/* ---- words a protected span takes in on its left ---- */
	{WORD_SUBJECT, 0,
	 "i|we|she|he|they|yo|nosotros|nosotras|ella|el|ellos|ellas|there"},
	{WORD_SUBJECT | WORD_BE | WORD_SELF, 0, "i'm|we're|she's|he's|they're|there's|there're|who's"},
	{WORD_SUBJECT | WORD_HAVE | WORD_SELF, 0,
	 "i've|we've|they've|i'd|we'd|we'll|i'll|she'll|he'll|they'll"},
	{WORD_GROUP, 0,
	 "we|we're|we've|our|us|nosotros|nosotras|nuestro|nuestra|nuestros|nuestras|somos|tenemos|"
	 "estamos|esperamos"},
	{WORD_BE, 0,
	 "am|is|are|was|were|be|been|being|es|son|era|eran|esta|estan|as|ser|estar|became|become|"
	 "becoming"},
	{WORD_BE | WORD_SELF, 0, "soy|somos|estoy|estamos|fui|fuimos"},
	{WORD_HAVE, 0,
	 "have|has|had|having|got|getting|get|raise|raising|raised|expecting|support|supporting|adopting|"
	 "adopted|adopt|homeschool|caring|fostering|tiene|tienen|tener|criar"},
	/* of things, states and jobs only */
	{WORD_GAIN, 0,
	 "use|uses|using|need|needs|starting|start|lost|found|landed|accepted|took|quit|left|changed|"
	 "changing|switched|speak|speaks|attend|attends|started|usa|usan|uso|hablo|habla|conseguir|consegui|"
	 "consiguio|empece|empezar|perdi|perdio|cambie|cambiar"},
	{WORD_HAVE | WORD_SELF, 0, "tengo|tenemos|esperamos|espero|usamos|hablamos|conseguimos"},
	{WORD_HELPER, 0,
	 "will|would|do|did|also|just|currently|now|both|recently|already|still|soon|ya|ahora|tambien|"
	 "recien|acabo|acabamos|de|newly|all|myself|going|gotten|self|originally|currently|never|ever|"
	 "formerly|about|hemos|he|ha|actualmente|going|live|living|lives|finally|long"},
	{WORD_POSSESSIVE, 0,
	 "my|our|his|her|their|mi|mis|su|sus|nuestro|nuestra|nuestros|nuestras"},
	{WORD_DETERMINER, 0, "a|an|the|un|una|unos|unas|el|la|los|las|some|any|otro|otra|another"},
	{WORD_QUALITY, 0,
	 "young|little|small|teenage|older|oldest|youngest|adult|grown|elderly|growing|disabled|large|"
	 "big|whole|entire|own|new|brand|first|second|third|own|beautiful|sweet|lovely|only|aging|"
	 "ageing|school|age|aged|beloved|future|old|year|month|good|great|better|best|top|local|private|"
	 "public|highly|rated|excellent|nice|decent|extended|special|more|"
	 "pequenos|pequenas|pequeno|pequena|chicos|chicas|grandes|mayores|menores|menor|mayor|"
	 "primer|primera|segundo|segunda|nuevo|nueva|buenas|buena|mejores|jovenes|joven|adultos|"
	 "gran|grande|chiquitos|puro|solo|retired|single|married|practicing|devout|registered|senior|"
	 "licensed|travel|high|elementary|middle|mucha|muchos|no|total"},
	{WORD_ADVERB, 0, "really|very|happily|fully|partially|legally|so|muy|too|pretty|actually"},
	{WORD_WITH, 0,
	 "with|for|in|on|con|para|en|than|without|sin|at|like|involving|including|walking|distance"},
	{WORD_FROM, 0, "from|of|de|desde|del"},
	{WORD_AT, 0, "at|from"},
	{WORD_EMPLOYED, 0, "at|from|with|for|con|para"},
	{WORD_SELF, 0, "trabajo|trabajamos|laboro|doy|llevo"},
	{WORD_WITH, 0, "because|por"},
	{WORD_AGED, 0,
	 "age|ages|aged|under|edad|edades|menores|turning|old|entre"},
	{0, 0, NULL},
};
