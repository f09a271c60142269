/*
 * lexicon_spanish.c: Spanish phrases of the signals, except sentiment, places and protected spans.
 *
 * Written without accents, as they are folded; articles and possessives may be left out.
 */
#include "core/jorge.h"

#include "text/lexicon.h"

#define ES "es"
#define OBJECTS(category) (SIGNAL_OBJECTION + OBJECTION_##category)

const PhraseGroup jorge_text_spanish[] = {
	/* ---- timeline ---- */
	{ES, SIGNAL_TIMELINE_DAYS, 0,
	 "lo antes posible|cuanto antes|lo mas pronto posible|lo mas rapido posible|urgente|urgentemente|"
	 "de inmediato|inmediatamente|ya mismo|ahora mismo|me urge|nos urge|urge|urgencia|de urgencia|"
	 "a la brevedad|a brevedad|listo para comprar|listos para comprar|lista para comprar|"
	 "tengo prisa|tenemos prisa|con prisa|enseguida|de una vez|venta rapida|vender rapido|"
	 "para ya|antes posible|mas pronto posible|inmediata|inmediato|listo para mudarme|"
	 "listos para mudarnos|evitar foreclosure|embargo"},
	{ES, SIGNAL_TIMELINE_DAYS, 7, "esta semana|en semana|en unos dias|en estos dias"},
	{ES, SIGNAL_TIMELINE_DAYS, 10, "proxima semana|semana que viene|siguiente semana|otra semana"},
	{ES, SIGNAL_TIMELINE_DAYS, 21, "pronto|muy pronto|este mes|fin de mes|a fin de mes|fines de mes|"
								   "final del mes|finales de mes|en breve"},
	{ES, SIGNAL_TIMELINE_DAYS, 40, "proximo mes|mes que viene|siguiente mes|otro mes|mes entrante"},
	{ES, SIGNAL_TIMELINE_DAYS, 60,
	 "proximos meses|par de meses|en unos meses|en pocos meses|se vence contrato|vence contrato|"
	 "termina contrato|se acaba contrato|se termina contrato|cuando termine contrato|"
	 "se me vence contrato|se nos vence contrato|contrato de renta termina"},
	{ES, SIGNAL_TIMELINE_DAYS, 90,
	 "en enero|para enero|antes de enero|este enero|a principios de enero|principios de enero|"
	 "a finales de enero|finales de enero|a mediados de enero|mediados de enero|hasta enero|por enero|"
	 "de enero|antes de navidad|para navidad|antes de fiestas|antes de semana santa|"
	 "para semana santa|antes de ano nuevo|para ano nuevo|mes de enero|fines de enero"},
	{ES, SIGNAL_TIMELINE_DAYS, 75,
	 "este verano|esta primavera|este otono|este invierno|en verano|para verano|antes de verano|"
	 "antes del verano|en primavera|para primavera|en otono|en invierno"},
	{ES, SIGNAL_TIMELINE_DAYS, 120,
	 "este ano|fin de ano|fines de ano|finales de ano|a fin de ano|a finales de ano|"
	 "antes de fin de ano|antes de que termine el ano|antes de que acabe el ano|despues de navidad|"
	 "despues de fiestas|mas adelante este ano|despues de ano nuevo|final del ano|final de ano"},
	{ES, SIGNAL_TIMELINE_DAYS, 180,
	 "proxima primavera|proximo verano|proximo otono|proximo invierno|medio ano|"
	 "principios del proximo ano|principios de ano|inicios del proximo ano|verano que viene|"
	 "primavera que viene|a principios del proximo ano"},
	{ES, SIGNAL_TIMELINE_DAYS, 300, "proximo ano|ano que viene|siguiente ano|ano entrante|otro ano"},
	{ES, SIGNAL_TIMELINE_DAYS, 540,
	 "par de anos|en un ano o dos|uno o dos anos|en unos anos|en algunos anos|unos dos anos|"
	 "en varios anos|ano o dos"},
	{ES, SIGNAL_TIMELINE_URGENCY, 0.05,
	 "no tengo prisa|no tenemos prisa|sin prisa|sin prisas|no hay prisa|sin apuro|no tengo apuro|"
	 "no hay apuro|no es urgente|no urge|no me urge|no nos urge|algun dia|en futuro|a futuro|"
	 "mas adelante|sin fecha|sin fecha fija|no tengo fecha|no tenemos fecha|cuando se pueda|"
	 "cuando aparezca|con calma|con tiempo|todavia no estoy listo|aun no estoy listo|"
	 "todavia no estamos listos|aun no estamos listos|no estoy listo|no estamos listos|"
	 "no estoy lista|aun no|no por ahora|por ahora no|no llevo prisa|no llevamos prisa|"
	 "para futuro|sin apuros|no corre prisa|en algun momento|tomandome tiempo|no es para ya"},
	{ES, SIGNAL_VISIT_DAYS, 0, "hoy|hoy mismo|esta tarde|esta noche|esta manana"},
	{ES, SIGNAL_VISIT_DAYS, 1, "manana|manana mismo|manana por tarde|manana por manana|pasado manana"},
	{ES, SIGNAL_VISIT_DAYS, 4,
	 "este fin de semana|fin de semana|este sabado|para este fin de semana|sabado"},
	{ES, SIGNAL_VISIT_DAYS, 10, "proximo fin de semana|fin de semana que viene|proximo sabado"},
	{ES, SIGNAL_NONE, 0, "por la manana|por manana|en la manana|en manana|cada sabado"},

	/* ---- financing ---- */
	{ES, SIGNAL_FINANCING, 1.0,
	 "de contado|al contado|contado|pago de contado|pagar de contado|pago al contado|en efectivo|"
	 "efectivo|pago en efectivo|pagar en efectivo|dinero en efectivo|puro cash|pago cash|pagar cash|"
	 "sin credito|sin prestamo|sin hipoteca|sin financiamiento|no necesito credito|"
	 "no necesito prestamo|no necesito financiamiento|no necesito hipoteca|tengo dinero|"
	 "dinero en banco|dinero listo|compra de contado|con recursos propios|recurso propio|"
	 "recursos propios|a contado"},
	{ES, SIGNAL_FINANCING, 0.9,
	 "preaprobado|pre aprobado|pre aprobada|pre aprobados|aprobado|credito aprobado|"
	 "prestamo aprobado|hipoteca aprobada|credito preaprobado|prestamo preaprobado|"
	 "carta de preaprobacion|carta de pre aprobacion|pre aprobacion|carta de aprobacion|"
	 "ya me aprobaron|ya nos aprobaron|me aprobaron|nos aprobaron|aprobacion del banco|"
	 "estoy preaprobado|estamos preaprobados|preaprobado por|aprobacion|carta del banco|"
	 "financiamiento listo|ya tengo credito|ya tenemos credito|credito listo|tengo credito aprobado|"
	 "aprobado por banco|credito autorizado|prestamo autorizado"},
	{ES, SIGNAL_FINANCING, 0.75,
	 "precalificado|pre calificado|pre calificada|pre calificados|pre calificacion|"
	 "ya califique|ya calificamos|califico para|carta de precalificacion|calificados por|"
	 "precalificado por"},
	{ES, SIGNAL_FINANCING, 0.4,
	 "vender primero|vender casa primero|primero vender|primero tengo que vender|"
	 "primero tenemos que vender|primero necesito vender|primero debo vender|"
	 "tengo que vender primero|tenemos que vender primero|tengo que vender casa|tengo que vender|tenemos que vender|"
	 "tenemos que vender casa|tengo que vender casa primero|tenemos que vender casa primero|"
	 "necesito vender casa primero|necesito vender primero|necesito vender casa antes|"
	 "debo vender casa|debo vender primero|cuando venda casa|cuando venda|cuando vendamos|"
	 "cuando vendamos casa|cuando se venda casa|despues de vender|antes de comprar tengo que vender|"
	 "hasta que venda|hasta que vendamos|hasta vender|vender casa antes|al vender casa|"
	 "una vez que venda|una vez que vendamos|vender mia primero|vender casa actual primero|que venda casa|"
	 "vender departamento primero|depende de venta|dinero de venta"},
	{ES, SIGNAL_FINANCING, 0.35,
	 "hipoteca|prestamo|credito|financiamiento|financiacion|financiar|banco|enganche|"
	 "tasa de interes|tasas de interes|intereses|infonavit|fovissste|prestamo fha|"
	 "cuota inicial|pago inicial|itin|estoy tramitando credito|tramitando credito|"
	 "en proceso de credito|solicite prestamo|solicitando credito|aplicando para prestamo|"
	 "en tramite|financiamiento del dueno|dueno a dueno|puntaje de credito|hablando con banco"},
	{ES, SIGNAL_FINANCING, 0.2,
	 "necesito prestamo|necesito credito|necesito hipoteca|necesito financiamiento|"
	 "necesito banco|necesito que me aprueben|necesito preaprobacion|necesito aprobacion|"
	 "necesito ayuda con prestamo|necesito ayuda con credito|necesito ayuda con financiamiento|"
	 "necesito ayuda con hipoteca|como consigo prestamo|como consigo credito|"
	 "como obtengo prestamo|como obtener prestamo|como saco credito|como califico|"
	 "como puedo calificar|como puedo obtener prestamo|como puedo conseguir prestamo|"
	 "que necesito para calificar|no estoy preaprobado|no estamos preaprobados|no preaprobado|"
	 "no estoy pre aprobado|no estoy pre aprobada|no estamos pre aprobados|"
	 "aun no estoy preaprobado|todavia no estoy preaprobado|aun no estamos preaprobados|"
	 "todavia no estamos preaprobados|todavia no estoy pre aprobado|todavia no estoy pre aprobada|"
	 "no tengo preaprobacion|no tengo prestamo|no tengo credito|no tengo financiamiento|"
	 "no tenemos financiamiento|no tengo banco|no tenemos credito|no tengo aprobacion|"
	 "no he hablado con banco|no hemos hablado con banco|no he ido al banco|"
	 "no he aplicado|no hemos aplicado|conoce algun banco|conoce algun prestamista|conoce prestamo|"
	 "recomienda prestamista|recomiende banco|recomienda banco|me recomienda prestamo|mal credito|credito malo|"
	 "no tengo buen credito|no califico|me negaron credito|me negaron prestamo|"
	 "buscar prestamo|buscar financiamiento|busco financiamiento|busco prestamo|busco credito|"
	 "ayuda con financiamiento|ayuda con prestamo|ayuda con credito|ayuda para credito|"
	 "ayuda para prestamo|ayuda para financiamiento|conseguir prestamo|conseguir credito|"
	 "falta preaprobacion|me falta aprobacion|sin preaprobacion|sin aprobacion"},
	{ES, OBJECTS(FINANCING), 1,
	 "mal credito|credito malo|no tengo buen credito|no califico|no calificamos|me negaron credito|"
	 "me negaron prestamo|me rechazaron|nos rechazaron|tasas estan altas|tasas estan muy altas|"
	 "tasas muy altas|intereses estan altos|intereses muy altos|interes esta muy alto|"
	 "esperar que bajen tasas|esperando que bajen tasas|esperar que bajen intereses|"
	 "esperando que bajen intereses|no tengo enganche|no tenemos enganche|"
	 "no tengo para enganche|no me alcanza para enganche|hasta que bajen tasas|"
	 "cuando bajen tasas|que bajen tasas|que bajen intereses|tasas altas|no me prestan|"
	 "no me dan credito|no me dan prestamo|no tengo historial de credito|intereses altos|"
	 "no tengo credito"},

	/* ---- intent ---- */
	{ES, SIGNAL_INTENT_BUY, 0.8,
	 "cuando puedo ver|cuando puedo verla|cuando la puedo ver|cuando podemos ver|"
	 "quiero comprar|queremos comprar|busco comprar|me gustaria comprar|nos gustaria comprar|"
	 "necesito comprar|para comprar|pienso comprar|pensamos comprar|pensando en comprar|"
	 "pensando comprar|planeo comprar|deseo comprar|comprar casa|comprar departamento|"
	 "comprar propiedad|comprar terreno|comprar vivienda|comprar|hacer oferta|hacer una oferta|"
	 "quiero hacer oferta|primera casa|casa nueva|casa propia|comprador|compradores|"
	 "estoy listo para comprar|casa de suenos|casa para comprar|invertir|interesados en comprar|"
	 "interesado en comprar|comprar algo"},
	{ES, SIGNAL_INTENT_BUY, 0.6,
	 "busco casa|busco|busco departamento|busco propiedad|busco vivienda|en busca de|quiero casa|"
	 "queremos casa|necesito casa|quiero ver|queremos ver|puedo ver|podemos ver|podria ver|"
	 "podriamos ver|puedo verla|podemos verla|podria verla|podriamos verla|puedo visitarla|"
	 "me gustaria ver|me gustaria verla|nos gustaria verla|nos gustaria ver|quiero verla|"
	 "queremos verla|ver casa|ver propiedad|verla|verlo|visitarla|visitar|"
	 "sigue disponible|esta disponible|todavia disponible|aun disponible|disponible|"
	 "todavia esta disponible|aun esta disponible|todavia esta en venta|sigue en venta|"
	 "interesado en casa|interesado en propiedad|interesado en|me interesa casa|me interesa propiedad|"
	 "me interesa|nos interesa|me interesa esta|casa en venta|mudarme|mudarnos|"
	 "mudarme a|mudarnos a|agendar cita|agendar visita|hacer cita|cita para ver|"
	 "casa con|quiero mudarme|queremos mudarnos|nos vamos a mudar|me voy a mudar|"
	 "propiedades en|quiero algo|queremos algo|necesito algo|necesito mas espacio"},
	{ES, SIGNAL_INTENT_BUY, 0.4,
	 "cuanto cuesta|que precio|cual es precio|precio de casa|en cuanto esta|cuanto vale esta casa|"
	 "cuanto piden|en cuanto sale|que precio tiene|precio"},
	{ES, SIGNAL_INTENT_SELL, 0.9,
	 "quiero vender|queremos vender|necesito vender|busco vender|me gustaria vender|"
	 "nos gustaria vender|vender casa|vender propiedad|vender departamento|vender terreno|"
	 "pienso vender|pensamos vender|pensando en vender|pensando vender|poner en venta|"
	 "poner casa en venta|ponerla en venta|cuanto vale mi casa|cuanto vale casa|"
	 "cuanto vale propiedad|valor de casa|valor de propiedad|avaluo|cuanto me dan por|"
	 "en cuanto puedo vender|en cuanto podria vender|por cuanto puedo vender|deseo vender|"
	 "tengo casa en venta|tengo propiedad en venta|herede casa|heredamos casa|"
	 "vender primero|vender casa primero|primero tengo que vender|primero vender|"
	 "tengo que vender primero|tenemos que vender primero|tengo que vender casa|tengo que vender|"
	 "tenemos que vender|tenemos que vender casa|tengo que vender casa primero|"
	 "tenemos que vender casa primero|necesito vender casa primero|necesito vender primero|"
	 "debo vender casa|cuando venda casa|cuando venda|cuando vendamos|vender rapido|"
	 "cuando se venda casa|despues de vender|hasta que venda|vender mia primero|cuando vendamos casa|"
	 "cuanto cuesta vender|vender casa actual primero|evaluacion de casa"},
	{ES, SIGNAL_INTENT_SELL, 0.6, "vender"},
	{ES, SIGNAL_NONE, 0, "cuanto vale esta casa|venden|vende"},
	{ES, SIGNAL_INTENT_RENT, 0.9,
	 "quiero rentar|queremos rentar|busco renta|busco rentar|busco casa en renta|busco departamento|"
	 "busco casa de renta|en renta|para rentar|para renta|busco departamento en renta|necesito rentar|"
	 "rentar casa|rentar departamento|casa en renta|casa de renta|departamento en renta|"
	 "en alquiler|me gustaria rentar|nos gustaria rentar|rentar"},
	{ES, SIGNAL_NONE, 0,
	 "ya no quiero rentar|dejar de rentar|dejar de pagar renta|cansado de rentar|cansados de rentar|"
	 "cansada de rentar|en vez de rentar|en lugar de rentar|en vez de pagar renta|actualmente rento|"
	 "pagando renta|pago de renta|pago renta|ya no queremos rentar|contrato de renta|"
	 "cansados de pagar renta|cansado de pagar renta|cansada de pagar renta|seguir rentando|"
	 "seguir pagando renta|no quiero rentar|estamos rentar|estoy rentar|seguimos rentar|rento ahorita|"
	 "dejar de pagar de renta"},
	{ES, SIGNAL_INTENT_BROWSE, 0.85,
	 "solo estoy viendo|solo viendo|nada mas viendo|nomas viendo|solo mirando|solo estoy mirando|"
	 "solo estamos viendo|solo estamos mirando|por curiosidad|curiosidad|solo informandome|"
	 "solo queria informacion|solo pregunto|solo preguntando|nada mas preguntando|"
	 "nomas preguntando|viendo opciones|explorando|explorando opciones|viendo que hay|"
	 "todavia no compro|estoy viendo opciones|estamos viendo opciones|dando vuelta|"
	 "aun no decido|no es en serio|solo para saber|solo para darme idea|darme una idea|darme idea"},
	{ES, SIGNAL_STOP_MESSAGE, 1,
	 "parar|pare|alto|cancelar|cancele|baja|dar de baja|basta|detener|detenga|no mas|para|salir|"
	 "stop por favor|fin|eliminar|terminar"},
	{ES, SIGNAL_INTENT_STOP, 1,
	 "no me escriba|no me escriban|no me escribas|no me llame|no me llamen|no me llames|"
	 "no me mande|no me manden|no me mandes|no me envie|no me envien|no me contacte|"
	 "no me contacten|no me moleste|no me molesten|deje de escribirme|dejen de escribirme|"
	 "dejen de escribir|deje de escribir|deje de llamar|dejen de llamar|dejen de llamarme|"
	 "deje de llamarme|dejen de molestar|deje de molestar|dejen de mandar|dejen de mandarme|deje de mandar|"
	 "deje de mandarme|no mas mensajes|ya no me escriba|ya no me escriban|ya no me manden|"
	 "ya no me manden mensajes|ya no me llamen|ya no me mande|quiteme de lista|quitenme de lista|"
	 "quiteme|quitenme|borre numero|borren numero|elimine numero|eliminen numero|"
	 "saqueme de lista|saquenme de lista|numero equivocado|no me interesa|no estoy interesado|"
	 "ya no me interesa|ya no estoy interesado|no nos interesa|ya no nos interesa|"
	 "ya no busco|ya compre|ya compramos|ya encontre casa|ya encontramos casa|"
	 "denme de baja|deme de baja|no quiero mensajes|no quiero que me llamen|"
	 "no quiero mas mensajes|no quiero recibir|se equivoco de numero"},
	{ES, SIGNAL_NONE, 0,
	 "no me interesa esa|no me interesa ese|no me llame antes|no me llame despues|"
	 "no me interesa esta|no me interesa este|no me interesa rentar|para nada"},

	/* ---- intent_strength ---- */
	{ES, SIGNAL_STRENGTH, 0.8,
	 "hacer oferta|quiero hacer oferta|listo para comprar|listos para comprar|"
	 "lista para comprar|firmar contrato|listo para firmar|listos para firmar|estoy listo para comprar|"
	 "quiero ofrecer|ofrezco"},
	{ES, SIGNAL_STRENGTH, 0.65,
	 "agendar cita|agendar visita|hacer cita|cita para ver|cita|quiero ver|queremos ver|quiero verla|"
	 "queremos verla|puedo ver|podemos ver|podria ver|podriamos ver|puedo verla|podemos verla|"
	 "podria verla|podriamos verla|me gustaria ver|me gustaria verla|nos gustaria ver|"
	 "nos gustaria verla|ver casa|verla|visitarla|puedo visitarla|visitar|agendar|"
	 "cuando la puedo ver|cuando la podemos ver|mostrarme|me puede mostrar|ensenarme|"
	 "me puede ensenar|poner casa en venta|poner en venta|cuando puedo verla|cuando puedo ver|ver propiedad"},
	{ES, SIGNAL_STRENGTH, 0.55,
	 "llameme|llamame|me puede llamar|puede llamarme|me llama|me llame|llamenos|marqueme|marcame|"
	 "me marca|mande mensaje|mandeme mensaje|contacteme|contactarme|hablar por telefono|hablemos|"
	 "podemos hablar|me gustaria hablar|me pueden llamar|pueden llamarme|escribame|"
	 "comunicarse conmigo|me contacte por favor|quiero hablar"},
	{ES, SIGNAL_STRENGTH, 0.4,
	 "quiero comprar|queremos comprar|quiero vender|queremos vender|necesito vender|"
	 "necesito comprar|me interesa|nos interesa|interesado|interesado en|interesado en casa|muy interesado|mas informacion|"
	 "mandeme informacion|me puede mandar|puede mandarme|envieme|enviarme|mandeme|me manda|"
	 "me gustaria comprar|sigue disponible|esta disponible|todavia esta disponible|"
	 "necesito casa|necesito agente|busco agente|busco comprar|ayudarme|ayudarnos|ayudeme|"
	 "vender casa|comprar casa|cuanto vale mi casa|cuanto vale casa|me pueden mandar|"
	 "interesado en comprar|interesados en comprar|quiero mas informacion|siguiente paso"},
	{ES, SIGNAL_STRENGTH, 0.3,
	 "lo antes posible|cuanto antes|urgente|de inmediato|me urge|nos urge|preaprobado|pre aprobado|"
	 "pre aprobada|de contado|en efectivo|me encanta|me encanto|lo mas pronto posible"},

	/* ---- objections ---- */
	{ES, OBJECTS(PRICE), 1,
	 "muy caro|muy cara|demasiado caro|demasiado cara|caro|cara|carisimo|carisima|caros|caras|"
	 "precio muy alto|precio es muy alto|precio esta muy alto|precio alto|precios altos|"
	 "precios muy altos|precios estan muy altos|fuera de presupuesto|fuera de mi presupuesto|"
	 "se sale de presupuesto|no me alcanza|no nos alcanza|no alcanzo|no puedo pagar tanto|"
	 "no puedo pagar eso|mas barato|mas barata|mas baratas|bajar precio|bajan precio|baje precio|"
	 "bajen precio|bajar de precio|rebajar|es mucho|es mucho dinero|mucho dinero|precio es negociable|"
	 "se puede negociar|negociable|rebaja|descuento|no vale eso|esta alto precio|mejor precio|"
	 "mas economico|mas economica|se pasa de presupuesto|esta muy alto"},
	{ES, OBJECTS(TIMING), 1,
	 "no es buen momento|no es momento|mal momento|no estoy listo|no estoy lista|no estamos listos|"
	 "todavia no|aun no|todavia no estoy listo|todavia no estamos listos|aun no estoy listo|mejor despues|"
	 "mejor espero|esperar|vamos a esperar|voy a esperar|prefiero esperar|preferimos esperar|"
	 "por ahora no|por el momento no|por momento no|no por ahora|ahorita no|mas tarde|necesito tiempo|"
	 "necesito mas tiempo|muy pronto para|mejor mas adelante|ahora no puedo|aun no estamos listos"},
	{ES, OBJECTS(LOCATION), 1,
	 "muy lejos|queda lejos|esta lejos|demasiado lejos|mala zona|zona fea|mal barrio|mala area|zona peligrosa|"
	 "peligroso|peligrosa|inseguro|insegura|mucho trafico|mucho ruido|ruidoso|ruidosa|"
	 "no me gusta zona|no nos gusta zona|no me gusta area|no me gusta barrio|no me gusta ubicacion|"
	 "mala ubicacion|zona de inundacion|se inunda|lejos de todo|zona insegura"},
	{ES, OBJECTS(CONDITION), 1,
	 "necesita reparaciones|necesita arreglos|necesita mucho trabajo|mucho trabajo|muy vieja|"
	 "muy viejo|esta vieja|muy pequena|muy pequeno|muy chica|muy chico|muy grande|descuidada|"
	 "descuidado|mal estado|en malas condiciones|malas condiciones|humedad|techo viejo|"
	 "goteras|moho|cimientos|grietas|anticuada|anticuado|hay que arreglar|hay que remodelar|"
	 "necesita remodelacion|sin patio|no tiene patio|demasiado chica|demasiado pequena"},
	{ES, OBJECTS(AGENT), 1,
	 "ya tengo agente|ya tenemos agente|tengo agente|tenemos agente|ya tengo realtor|tengo realtor|"
	 "trabajo con agente|trabajando con agente|trabajo con otro agente|trabajando con otro agente|"
	 "trabajamos con agente|trabajando con otra agente|con otro agente|con otra agente|con otro realtor|"
	 "no necesito agente|no quiero agente|sin agente|sin intermediarios|trato directo|"
	 "vender por cuenta|venderla yo mismo|no confio en agentes|no confio en realtors|ya estoy con agente|"
	 "con otra inmobiliaria|ya tenemos realtor|amigo es agente|amiga es agente|conocido es agente"},
	{ES, SIGNAL_NONE, 0,
	 "no tengo agente|no tenemos agente|necesito agente|no tengo realtor|tiene agente|"
	 "todavia no tengo agente|no trabajo con agente"},
	{ES, OBJECTS(COMMISSION), 1,
	 "comision|comisiones|cuanto cobra|cuanto cobran|cuanto cobras|honorarios|"
	 "cuanto es comision|que comision"},
	{ES, OBJECTS(PARTNER), 1,
	 "hablar con primero|hablarlo con|consultarlo con|consultar con|consultarlo|platicarlo|"
	 "platicarlo con|platicar con|tengo que hablar con .|necesito hablar con .|tengo que preguntar .|"
	 "tengo que preguntarle|tengo que preguntarle a|deje le pregunto|dejame preguntarle|dejeme preguntarle|dejeme consultarlo|"
	 "tenemos que hablarlo|tengo que hablarlo|debo consultarlo|necesito consultarlo|"
	 "tengo que consultar|tengo que consultar .|ponernos de acuerdo|lo tenemos que hablar|"
	 "no esta de acuerdo|decidir juntos|lo vamos a platicar|tengo que consultarlo|"
	 "tengo que consultarlo con|preguntarle a primero|hablarlo primero"},

	/* ---- experience ---- */
	{ES, SIGNAL_EXPERIENCE, 0,
	 "primera casa|primera vez|primera vez que compro|primera vez que compramos|"
	 "nunca he comprado|nunca hemos comprado|comprador por primera vez|primera vivienda|"
	 "primera propiedad|no se por donde empezar|no sabemos por donde empezar|soy nuevo en esto|"
	 "somos nuevos en esto|primer departamento|comprar primera casa"},
	{ES, SIGNAL_EXPERIENCE, 1,
	 "segunda casa|inversionista|inversionistas|inversion|para inversion|invertir|"
	 "ya he comprado|ya hemos comprado|casa actual|vender casa|ya soy dueno|soy dueno|somos duenos|"
	 "tengo casa|tenemos casa|tengo propiedades|tenemos propiedades|otra propiedad|otra casa|"
	 "tercera casa|propiedades de renta|vendi casa|vendimos casa|casa de vacaciones|"
	 "tengo que vender casa|tenemos que vender casa|tengo que vender casa primero|"
	 "tenemos que vender casa primero|vender casa primero|necesito vender casa primero|"
	 "cuando venda casa|vender departamento|vender propiedad|vender casa actual primero|"
	 "cuando vendamos casa"},

	/* ---- amounts ---- */
	{ES, SIGNAL_BUDGET, 1,
	 "presupuesto|presupuesto es|presupuesto de|presupuesto es de|gastar|quiero gastar|"
	 "podemos gastar|puedo gastar|pagar|puedo pagar|podemos pagar|quiero pagar|rango|"
	 "rango de precio|rango de precios|en rango de|aprobado por|preaprobado por|pre aprobado por|"
	 "pre aprobada por|pre aprobados por|precalificado por|preaprobado|aprobado|aprobado hasta|"
	 "credito aprobado por|credito por|credito de|me aprobaron|nos aprobaron|tengo hasta|cuento con|contamos con|"
	 "quiero ofrecer|ofrezco|oferta de|invertir|mejor dicho|digo|llegar a|podemos llegar a|"
	 "me alcanza para|aprobado para|preaprobado para|dispongo de|me dieron|quisiera sacar|quiero sacar|"
	 "venderla en|vender en|pido|pedimos|acepta|aceptan|aceptaria|aceptarian"},
	{ES, SIGNAL_FINANCING, 0.9,
	 "aprobado por|pre aprobado por|pre aprobada por|pre aprobados por|"
	 "credito aprobado por|aprobado para|preaprobado para|aprobado hasta|"
	 "aprobado hasta por|preaprobado hasta|preaprobado hasta por|pre aprobado hasta|"
	 "me aprobaron hasta|nos aprobaron hasta|credito aprobado hasta"},
	{ES, SIGNAL_FINANCING, 0.75, "precalificado hasta"},
	{ES, SIGNAL_FINANCING, 0.35, "credito por|credito de"},
	{ES, SIGNAL_INTENT_BUY, 0.8, "quiero ofrecer|ofrezco|oferta de"},
	{ES, SIGNAL_AMOUNT_MAX, 1,
	 "es maximo|es limite|es lo maximo|es tope|es lo mas|hasta|menos de|maximo|maximo de|como maximo|no mas de|por debajo de|debajo de|a lo mucho|"
	 "a lo maximo|tope|tope de|como tope|que no pase de|sin pasar de|que no pasen de|no pasar de|"
	 "no mayor a|menor a|menor de|o menos|para abajo|presupuesto maximo|presupuesto hasta|abajo de|"
	 "limite|limite es|tengo hasta|hasta un maximo de|presupuesto de hasta|que no exceda|"
	 "que no pase|inferior a|presupuesto es hasta|aprobado hasta|aprobado hasta por|"
	 "preaprobado hasta|preaprobado hasta por|pre aprobado hasta|me aprobaron hasta|"
	 "nos aprobaron hasta|precalificado hasta|credito aprobado hasta|pagar hasta|gastar hasta|"
	 "puedo pagar hasta|podemos pagar hasta|lo mas|cuando mucho|presupuesto maximo es|"
	 "presupuesto maximo de|menos que"},
	{ES, SIGNAL_BUDGET, 1,
	 "presupuesto maximo|presupuesto hasta|presupuesto de hasta|presupuesto es hasta|pagar hasta|"
	 "gastar hasta|puedo pagar hasta|podemos pagar hasta|presupuesto maximo es|"
	 "presupuesto maximo de"},
	{ES, SIGNAL_AMOUNT_MIN, 1,
	 "desde|minimo|minimo de|mas de|por lo menos|al menos|a partir de|arriba de|por encima de|"
	 "como minimo|o mas|para arriba|en adelante|no menos de|mayor a|mayor de|superior a|"
	 "por arriba de"},
	{ES, SIGNAL_NONE, 0, "desde hace|desde que|mas de lo que|hasta que|hasta ahora|hasta luego|"
						 "mas o menos bien|para arriba y|hasta pronto|hasta manana|no mas queria"},
	{ES, SIGNAL_AMOUNT_ABOUT, 1,
	 "mas o menos|alrededor de|como|cerca de|aproximadamente|aprox|unos|unas|como unos|por ahi de|"
	 "casi|mas menos|rondando|al rededor de|ronda|como de|por los|entre los|o algo asi"},
	{ES, SIGNAL_AMOUNT_OTHER, 1,
	 "renta|renta es|renta de|pago de renta|pago renta|pagando renta|pagando de renta|"
	 "pago de|pagos de|mensualidad|mensualidad de|mensualidades de|pagos|enganche|enganche de|dar de enganche|"
	 "inicial de|cuota inicial|cuota inicial de|anticipo|anticipo de|ingreso|ingresos|ingresos de|gano|"
	 "ganamos|ganando|sueldo|sueldo de|salario|puntaje|puntaje de|credito de score|deposito|deposito de|"
	 "codigo postal|cp|debo|debemos|se debe|debiendo|hipoteca de|impuestos|predial|ahorrado|ahorrados|"
	 "ahorros|ahorros de|tengo ahorrado|tengo ahorrados|construida en|construido en|"
	 "mantenimiento|cuesta|piden|la venden en|se vende en|listada en|precio de lista|"
	 "anunciada en|publicada en|vendieron en|pague|pagamos|valuada en|reparaciones|"
	 "esta en|comision|descuento de|costos de cierre|gastos de cierre|compre en|compramos en|salio en|"
	 "pagamos de renta"},
	{ES, SIGNAL_BUDGET_VAGUE, 1,
	 "presupuesto flexible|presupuesto es flexible|no se presupuesto|no tengo presupuesto|"
	 "sin presupuesto|sin presupuesto fijo|presupuesto abierto|no se cuanto puedo pagar|"
	 "no se cuanto puedo gastar|no sabemos cuanto podemos gastar|no se cuanto|"
	 "no tengo presupuesto definido|no hemos definido presupuesto|no he definido presupuesto|"
	 "depende de casa|no sabemos cuanto|para cuanto me alcanza|para cuanto nos alcanza|"
	 "no tengo presupuesto fijo|cuanto puedo gastar"},

	/* ---- what begins a question ---- */
	{ES, SIGNAL_QUESTION, 1,
	 "cuanto|cuanta|cuantos|cuantas|cual|cuales|quien|quienes|donde|en donde|a donde|por que|que precio|"
	 "que tal|que tan|que tipo|que zona|que necesito|que necesitamos|que documentos|que hay|que casas|"
	 "que opciones|que es|que area|que barrio|que tiene|cuando puedo|cuando podemos|cuando se|cuando podria|"
	 "cuando estara|cuando es|como puedo|como podemos|como esta|como funciona|como se|como hago|como le|"
	 "como califico|como consigo|como es|hay|habra|tiene|tienen|tendra|tendran|puedo|podemos|podria|"
	 "podrian|podriamos|puede|pueden|se puede|sigue|siguen|esta disponible|esta en|aun esta|"
	 "todavia esta|todavia tiene|aun tiene|todavia sigue|es posible|es negociable|esta incluido|"
	 "me puede|me pueden|me podria|me podrian|nos puede|nos podria|nos pueden|le puedo|acepta|aceptan|"
	 "conoce|conocen|sabe si|saben si|sabe|en cuanto|de cuanto|a cuanto|por cuanto|para cuando|"
	 "desde cuando|a que hora|en que|de que|con que|que dia|que hora|ya se vendio|ya vendieron|"
	 "incluye|permiten|cuenta con|todavia la|aun la|para cuanto|la casa esta|la casa tiene|"
	 "la casa sigue|esta la casa|sera que|es verdad|usted|ustedes"},
	{ES, SIGNAL_QUESTION, 0, "puede ser|hay que|puedo pagar|podemos pagar|puedo gastar|donde sea|cuanto antes|"
							 "puede llamarme|pueden llamarme|podemos gastar|tiene que|hay veces|como sea"},
	{NULL, 0, 0, NULL},
};
