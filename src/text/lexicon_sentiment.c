/*
 * lexicon_sentiment.c: words and phrases of feeling, -1 to 1, in English and Spanish.
 */
#include "core/jorge.h"

#include "text/lexicon.h"

#define EN "en"
#define ES "es"
#define SENTIMENT SIGNAL_SENTIMENT

const PhraseGroup jorge_text_sentiment[] = {
	/* ---- English ---- */
	{EN, SENTIMENT, 1.0,
	 "love|loved|loves|amazing|awesome|perfect|fantastic|excellent|wonderful|outstanding|incredible|"
	 "brilliant|superb|thrilled|ecstatic|dream home|absolutely love|fell in love|love it|love this house|"
	 "love this home|love to see|phenomenal|best"},
	{EN, SENTIMENT, 0.8,
	 "great|beautiful|gorgeous|stunning|excited|delighted|excellent job|great job|lovely|fabulous|"
	 "terrific|so happy|can't wait|exciting|spectacular|adore|blessed|impressive|impressed|great news|"
	 "well done|grateful|much appreciated|really appreciate|looking forward|wow|yay|exactly what we want|"
	 "exactly what i want|just what we need|thrilling|great layout|love layout"},
	{EN, SENTIMENT, 0.6,
	 "thanks million|good|happy|glad|nice|enjoy|enjoyed|enjoying|pleased|helpful|appreciate|appreciated|thank you so much|"
	 "thanks so much|sweet|cute|charming|cozy|spacious|bright|cool|friendly|good job|nice job|good news|"
	 "hopeful|confident|comfortable|reliable|professional|responsive|trust|recommend|recommended|"
	 "pleasure|fun|ideal|promising|pretty|smooth|delight|elegant|inviting|attractive|clean|"
	 "well kept|well maintained|move in ready|turnkey|quick response|very helpful|fair price|"
	 "great deal|good deal|bargain|steal|like it|liked it|we like|i like|liked|likes|"
	 "excellent location|motivated|great location|good layout|like layout|nice layout|open layout"},
	{EN, SENTIMENT, 0.35,
	 "thanks|thank you|thank|please|interested|yes|ok great|sounds good|sounds great|works for me|works for us|"
	 "fine|okay|affordable|reasonable|decent|fair|safe|quiet|hope|hoping|welcome|easy|"
	 "interesting|convenient|better|flexible|sure|absolutely|yep|yeah|perfectly|"
	 "no problem|no worries|not bad|can do|agreed|ready|fresh|updated|upgraded|renovated|modern|"
	 "open to|willing|eager|improved|improvement|advantage|benefit|bonus|win|success|successful|"
	 "peaceful|roomy|warm|honest|kind|patient|polite|smart|solid|strong|upbeat|useful|worthwhile"},
	{EN, SENTIMENT, -0.35,
	 "unfortunately|sorry|confused|confusing|unsure|small|old|dated|slow|late|delay|delayed|"
	 "problem|problems|issue|issues|concern|concerned|concerns|doubt|doubts|hesitant|nervous|tired|"
	 "stressed|difficult|hard|complicated|lacking|missing|missed|cancel|cancelled|canceled|busy|boring|"
	 "expensive|too small|too far|too high|too big|too old|outdated|mediocre|meh|cramped|"
	 "dark|crowded|unclear|unlikely|risky|uncertain|weird|odd|pushy|skeptical|overwhelmed|"
	 "overwhelming|struggling|struggle|stuck|wary|anxious|too much|pricey|needs work|"
	 "not sure|tough|steep|loud|noisy"},
	{EN, SENTIMENT, -0.6,
	 "bad|disappointed|disappointing|disappointment|annoyed|annoying|frustrated|frustrating|upset|"
	 "unhappy|poor|poorly|dirty|ugly|overpriced|over priced|worried|worry|hate to|waste of time|waste|wasted|"
	 "wasting|unprofessional|rude|ignored|no response|never called back|never responded|"
	 "never got back|ghosted|mistake|wrong|fail|failed|failure|unacceptable|regret|"
	 "unsafe|sketchy|smells|smelled|moldy|mold|broken|leaks|leaking|rundown|run down|"
	 "can't afford|couldn't afford|denied|rejected|lost|misleading|misled|stressful|"
	 "dislike|unreliable|unresponsive|shady|scary|sad|fed up|falling apart|bait and switch|"
	 "ridiculous price|lowball|dump|crazy prices|not interested|no longer interested|"
	 "not worth|out of price range|crime|nightmare tenant"},
	{EN, SENTIMENT, -1.0,
	 "terrible|horrible|awful|hate|hated|worst|disgusting|scam|scammer|fraud|liar|liars|lied|"
	 "lying|ridiculous|pathetic|useless|garbage|trash|nightmare|furious|angry|pissed|stupid|idiot|"
	 "insane|appalling|dreadful|leave me alone|stop harassing|harassing|harassment|spam|"
	 "rip off|ripoff|ripped off|crooks|crook|lawsuit|sue|report you|reported|incompetent|"
	 "atrocious|outrageous|screwed|sucks|suck|crap|bullshit|wtf"},
	{EN, SIGNAL_NONE, 0,
	 "good morning|good afternoon|good evening|good day|good time|good night|good credit|great hills|"
	 "how good|pretty much|pretty soon|pretty good credit|good faith|best time|best way|best regards|best number|"
	 "kind regards|kind of|fair housing|fair oaks|old town|sweet home|hard money|"
	 "warm regards|best bet|good idea of|make sure|not sure if it's still|fun fact|any problem|"
	 "good at|no issue|no issues|no problems|at best|all best|fair amount|what kind|"
	 "is better|best day|when is good|good for|love field|best offer|highest and best|"
	 "good lender|good agent|good realtor|pretty close|in good condition|fine print|"
	 "sure thing|good school|hard to find|bright and early|cool springs|dark wood|old mill"},

	/* ---- Spanish ---- */
	{ES, SENTIMENT, 1.0,
	 "me encanta|me encanto|nos encanta|nos encanto|encanta|encantada con|perfecto|perfecta|increible|"
	 "maravilloso|maravillosa|excelente|fantastico|fantastica|espectacular|estupendo|"
	 "estupenda|genial|fabuloso|fabulosa|casa de suenos|amo|amamos|enamorado|enamorada|"
	 "enamoramos|magnifico|magnifica|extraordinario|la mejor|el mejor"},
	{ES, SENTIMENT, 0.8,
	 "hermosa|hermoso|preciosa|precioso|emocionado|emocionada|emocionados|feliz|felices|muy contento|"
	 "muy contenta|bellisima|bello|bella|que bonita|que bonito|padrisimo|padrisima|"
	 "chevere|buenisimo|buenisima|linda|lindo|divina|divino|agradecido|agradecida|muy amable|"
	 "mil gracias|muchisimas gracias|encantado|encantada|ilusionados|ilusion|emocion|impresionante"},
	{ES, SENTIMENT, 0.6,
	 "bonita|bonito|bonitas|bonitos|me gusta|nos gusta|me gusto|nos gusto|gusta|gusto|contento|contenta|"
	 "contentos|bueno|buena|muchas gracias|amable|agradable|comoda|comodo|espaciosa|espacioso|"
	 "amplia|amplio|recomiendo|recomendado|recomendaron|confianza|confio|justo lo que|alegre|"
	 "excelente servicio|buen precio|buena zona|buena oportunidad|bien|muy bien|mejor|"
	 "buen trabajo|buenas noticias|limpia|limpio|moderna|moderno|acogedora|acogedor|"
	 "profesional|atento|atenta|rapido servicio|buen servicio|que bien"},
	{ES, SENTIMENT, 0.35,
	 "gracias|por favor|interesado|interesados|me interesa|nos interesa|claro|claro que si|si claro|de acuerdo|"
	 "ok|listo|lista|listos|esperamos|ojala|seguro|segura|tranquilo|tranquila|facil|"
	 "conveniente|accesible|economico|economica|razonable|le agradezco|agradezco|agradecemos|"
	 "con gusto|sin problema|no hay problema|me parece|nos parece|adelante|vale|dispuesto|"
	 "dispuesta|dispuestos|remodelada|remodelado|renovada|util|ayuda|animo|esperanza"},
	{ES, SENTIMENT, -0.35,
	 "lamentablemente|desafortunadamente|desgraciadamente|lo siento|duda|dudas|problema|"
	 "problemas|dificil|complicado|complicada|preocupa|nervioso|nerviosa|cansado|cansada|cansados|"
	 "caro|cara|caros|caras|muy caro|muy cara|lejos|muy lejos|pequena|muy pequena|"
	 "vieja|viejo|lento|tarde mucho|confundido|confundida|confuso|no estoy seguro|no estoy segura|"
	 "no estamos seguros|estres|riesgo|ruido|mucho ruido|trafico|mucho trafico|no se si|"
	 "demasiado|oscura|oscuro|lastima|que lastima"},
	{ES, SENTIMENT, -0.6,
	 "malo|mala|mal|malas|malos|fea|feo|decepcionado|decepcionada|decepcion|molesto|molesta|"
	 "frustrado|frustrada|triste|preocupado|preocupada|preocupados|sucia|sucio|carisimo|carisima|"
	 "no me alcanza|no nos alcanza|nadie contesta|no contestan|nadie me contesta|nunca contestan|"
	 "nunca me llamaron|nunca me contestaron|perdida de tiempo|perder tiempo|grosero|"
	 "grosera|peligroso|peligrosa|inseguro|insegura|miedo|error|enganoso|abandonada|descuidada|"
	 "mal servicio|mala atencion|negaron|rechazaron|no me interesa|no nos interesa|humedad|rota|"
	 "roto|mal estado|desesperado|desesperada|harto|harta|hartos|no estoy interesado"},
	{ES, SENTIMENT, -1.0,
	 "pesimo|pesima|odio|odiamos|asco|estafa|estafador|estafadores|fraude|"
	 "mentira|mentiroso|mentirosos|mentiras|robo|ratero|rateros|ladrones|inaceptable|"
	 "enojado|enojada|furioso|furiosa|ridiculo|ridicula|basura|peor|lo peor|no me moleste|"
	 "no me molesten|dejen de molestar|deje de molestar|acoso|demanda|porqueria|abuso|verguenza"},
	{ES, SIGNAL_NONE, 0,
	 "buenos dias|buenas tardes|buenas noches|buen dia|buenas|mas bien|bienes raices|bien raiz|mejor dicho|"
	 "mejor hora|mejor opcion|a lo mejor|mejor numero|buena hora|mal entendido|si bien|o bien|"
	 "me gustaria|nos gustaria|bueno pues|es bueno|mal no recuerdo"},

	/* ---- both ---- */
	{"*", SENTIMENT, 0.8, "😍|🥰|❤|🎉|🙌|🤩|💕"},
	{"*", SENTIMENT, 0.5, "😊|🙂|👍|😀|😃|😁|😄|🙏|👏|☺|😉"},
	{"*", SENTIMENT, -0.5, "😞|😕|🙁|😟|👎|😔|😢|😭|😩"},
	{"*", SENTIMENT, -0.9, "😡|🤬|😠|🤮"},
	{NULL, 0, 0, NULL},
};
