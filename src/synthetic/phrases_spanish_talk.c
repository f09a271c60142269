/*
 * phrases_spanish_talk.c: what leads ask for, object to, feel and chat about, in Spanish.
 */
#include "core/jorge.h"

#include "synthetic/synthetic.h"

#define BROWSE THEME_INTENT, SYNTH_INTENT_BROWSE
#define DETAILS THEME_INTENT, SYNTH_INTENT_INFO
#define TALK THEME_INTENT, SYNTH_INTENT_TALK
#define VISIT THEME_INTENT, SYNTH_INTENT_VISIT
#define COMMIT THEME_INTENT, SYNTH_INTENT_COMMIT
#define OBJECT(what) THEME_OBJECTION, SYNTH_OBJECTION_##what
#define FIRST THEME_EXPERIENCE, SYNTH_FIRST_TIME
#define BEFORE THEME_EXPERIENCE, SYNTH_EXPERIENCED
#define BOTH THEME_BOTH_SIDES, 0
#define GOOD THEME_MOOD, 1
#define BAD THEME_MOOD, 2
#define CHATTER THEME_CHATTER, 0
#define PROTECTED THEME_PROTECTED, 0
#define QUESTION THEME_QUESTION, 0
#define SMALL THEME_SMALL_TALK, 0
#define HELLO THEME_GREETING, 0
#define BYE THEME_CLOSING, 0

const SynthPhrase jorge_synth_spanish_talk[] = {
	{BROWSE, FOR_BUYER, "solo [estoy|estamos] mirando"},
	{BROWSE, FOR_BUYER, "nada más por curiosidad"},
	{BROWSE, FOR_BUYER | IN_LONG, "por ahora solo [quiero|queremos] ver qué hay en el mercado, nada serio"},
	{BROWSE, FOR_SELLER, "solo [tengo|tenemos] curiosidad por los precios"},
	{BROWSE, FOR_SELLER, "en realidad no [vendo|vendemos], es pura curiosidad"},
	{DETAILS, FOR_BUYER, "¿sigue disponible?"},
	{DETAILS, FOR_BUYER, "¿[me|nos] puede mandar más información?"},
	{DETAILS, FOR_BUYER, "[quisiera|quisiéramos] más detalles de la {home}"},
	{DETAILS, FOR_BUYER | IN_SHORT, "más info por favor"},
	{DETAILS, FOR_SELLER, "¿cuánto vale [mi|nuestra] {home}?"},
	{DETAILS, FOR_SELLER, "¿[me|nos] manda información para vender?"},
	{TALK, FOR_BUYER, "[llámeme|llámenos] por favor"},
	{TALK, FOR_BUYER, "[quiero|queremos] comprar y hablar con un agente"},
	{TALK, FOR_BUYER | IN_LONG, "¿[me|nos] puede llamar alguien? [busco|buscamos] comprar {home}"},
	{TALK, FOR_SELLER, "[llámeme|llámenos] para hablar de vender [mi|nuestra] {home}"},
	{TALK, FOR_SELLER, "[quiero|queremos] hablar con un agente para vender"},
	{VISIT, FOR_BUYER, "[quiero|queremos] ver la {home} en persona"},
	{VISIT, FOR_BUYER, "¿cuándo [puedo|podemos] verla?"},
	{VISIT, FOR_BUYER, "¿[puedo|podemos] hacer una cita para visitarla?"},
	{VISIT, FOR_BUYER | IN_SHORT, "la puedo ver el sábado?"},
	{VISIT, FOR_SELLER, "¿puede venir a ver la {home}?"},
	{VISIT, FOR_SELLER, "[quiero|queremos] una cita para que la valúen"},
	{COMMIT, FOR_BUYER, "[quiero|queremos] hacer una oferta"},
	{COMMIT, FOR_BUYER, "ya [decidí|decidimos] comprar"},
	{COMMIT, FOR_BUYER, "¿cómo [hago|hacemos] una oferta?"},
	{COMMIT, FOR_SELLER, "[estoy listo|estamos listos] para ponerla a la venta"},
	{COMMIT, FOR_SELLER, "ya [decidí|decidimos] vender, [quiero|queremos] firmar con un agente"},

	{OBJECT(PRICE), FOR_BUYER, "está muy cara"},
	{OBJECT(PRICE), FOR_BUYER, "los precios están demasiado altos"},
	{OBJECT(PRICE), FOR_SELLER, "su precio es muy bajo"},
	{OBJECT(PRICE), FOR_SELLER, "[esperaba|esperábamos] un precio más alto"},
	{OBJECT(TIMING), 0, "no [sé|sabemos] si es buen momento"},
	{OBJECT(TIMING), 0, "tal vez es mejor esperar a que mejore el mercado"},
	{OBJECT(FINANCING), FOR_BUYER, "el pago mensual [me|nos] preocupa"},
	{OBJECT(FINANCING), FOR_BUYER, "las tasas de interés están muy altas"},
	{OBJECT(LOCATION), FOR_BUYER, "queda muy lejos del centro"},
	{OBJECT(LOCATION), FOR_BUYER, "está muy lejos del trabajo"},
	{OBJECT(CONDITION), FOR_BUYER, "necesita demasiadas reparaciones"},
	{OBJECT(CONDITION), FOR_BUYER, "la cocina está muy vieja"},
	{OBJECT(CONDITION), FOR_SELLER, "la casa necesita muchas reparaciones"},
	{OBJECT(AGENT), 0, "ya [tengo|tenemos] otro agente"},
	{OBJECT(AGENT), 0, "ya [trabajo|trabajamos] con otro agente"},
	{OBJECT(COMMISSION), 0, "la comisión es muy alta"},
	{OBJECT(COMMISSION), 0, "6% de comisión es demasiado"},
	{OBJECT(PARTNER), 0, "primero tengo que hablar con mi esposa"},
	{OBJECT(PARTNER), 0, "lo tengo que consultar con mi esposo"},

	{FIRST, FOR_BUYER, "es [mi|nuestra] primera casa"},
	{FIRST, FOR_BUYER, "nunca [he|hemos] comprado casa"},
	{FIRST, FOR_SELLER, "nunca [he|hemos] vendido una casa"},
	{BEFORE, FOR_BUYER, "ya [he|hemos] comprado casa antes"},
	{BEFORE, FOR_BUYER, "no es [mi|nuestra] primera compra"},
	{BEFORE, FOR_SELLER, "ya [he|hemos] vendido una casa antes"},

	{BOTH, 0, "[quiero|queremos] vender [mi|nuestra] casa y comprar otra"},
	{BOTH, 0, "[voy|vamos] a vender y comprar al mismo tiempo"},

	{GOOD, FOR_BUYER, "¡[me|nos] encanta!"},
	{GOOD, 0, "muchas gracias, excelente servicio"},
	{GOOD, 0, "[estoy muy contento|estamos muy contentos]"},
	{GOOD, FOR_BUYER, "está preciosa, es perfecta"},
	{BAD, 0, "la verdad [estoy molesto|estamos molestos]"},
	{BAD, 0, "qué decepción"},
	{BAD, 0, "esto es una pérdida de tiempo"},
	{BAD, 0, "muy mal servicio hasta ahora"},

	{CHATTER, 0, "disculpe la hora"},
	{CHATTER, 0, "qué calor hace hoy"},
	{CHATTER, 0, "por mensaje es más fácil para mí"},
	{CHATTER, FOR_BUYER, "un patio grande para el perro sería bueno"},
	{CHATTER, FOR_BUYER, "ojalá tenga cochera para dos carros"},
	{CHATTER, FOR_SELLER, "el jardín está bien cuidado"},
	{CHATTER, 0, "una amiga me dio su número"},
	{PROTECTED, 0, "[tengo|tenemos] 3 hijos"},
	{PROTECTED, 0, "somos una familia de cinco"},
	{PROTECTED, 0, "mi esposa está embarazada"},
	{PROTECTED, 0, "trabajo en la construcción"},
	{PROTECTED, 0, "llevo 12 años en la misma empresa"},
	{PROTECTED, 0, "venimos de México"},
	{PROTECTED, 0, "mis papás viven con nosotros"},
	{PROTECTED, 0, "vamos a la iglesia de por ahí"},
	{QUESTION, FOR_BUYER, "¿tiene HOA?"},
	{QUESTION, FOR_BUYER, "¿cuánto se paga de impuestos?"},
	{QUESTION, FOR_BUYER, "¿tiene cochera?"},
	{QUESTION, FOR_BUYER, "¿aceptan perros?"},
	{QUESTION, FOR_SELLER, "¿cuánto cobran ustedes?"},
	{QUESTION, FOR_SELLER, "¿qué papeles se necesitan?"},
	{QUESTION, 0, "¿habla español todo su equipo?"},
	{SMALL, 0, "ok gracias"},
	{SMALL, 0, "está bien"},
	{SMALL, 0, "¿quién habla?"},
	{SMALL, 0, "luego le aviso"},
	{SMALL, 0, "ya lo vi, gracias por mandarlo"},
	{SMALL, 0, "la primera está bonita"},
	{SMALL, 0, "¿cuál es el siguiente paso?"},
	{SMALL, 0, "aquí sigo"},
	{SMALL, 0, "ahorita no puedo, le escribo más tarde"},
	{SMALL, 0, "sí, soy {name}"},
	{HELLO, 0, "Hola"},
	{HELLO, 0, "Buenas tardes"},
	{HELLO, 0, "Buenos días"},
	{HELLO, 0, "Hola, me llamo {name}"},
	{HELLO, IN_LONG, "Estimado Jorge"},
	{BYE, 0, "Gracias"},
	{BYE, 0, "Muchas gracias"},
	{BYE, 0, "Gracias, {name}"},
	{BYE, IN_LONG, "Saludos, {name}"},
	{0, 0, 0, NULL},
};
