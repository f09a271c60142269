/*
 * phrases_spanish.c: money, time and place in Spanish, and what the agency writes.
 */
#include "core/jorge.h"

#include "synthetic/synthetic.h"

#define CASH THEME_FINANCING, SYNTH_CASH
#define PREAPPROVED THEME_FINANCING, SYNTH_PREAPPROVED
#define PREQUALIFIED THEME_FINANCING, SYNTH_PREQUALIFIED
#define SELLS_FIRST THEME_FINANCING, SYNTH_SELLS_FIRST
#define NEEDS_LENDER THEME_FINANCING, SYNTH_NEEDS_LENDER
#define WHEN(index) THEME_TIMELINE, index
#define EXACT THEME_BUDGET, SYNTH_BUDGET_EXACT
#define AROUND THEME_BUDGET, SYNTH_BUDGET_AROUND
#define RANGE THEME_BUDGET, SYNTH_BUDGET_RANGE
#define UP_TO THEME_BUDGET, SYNTH_BUDGET_UP_TO
#define FROM THEME_BUDGET, SYNTH_BUDGET_FROM
#define FLEXIBLE THEME_BUDGET, SYNTH_BUDGET_FLEXIBLE
#define CITY THEME_PLACE, SYNTH_PLACE_CITY
#define REGION THEME_PLACE, SYNTH_PLACE_REGION
#define AREA THEME_PLACE, SYNTH_PLACE_AREA
#define ADDRESS THEME_PLACE, SYNTH_PLACE_ADDRESS
#define FIRST THEME_FIRST_ANSWER, 0
#define ASK(topic) THEME_ASK, SYNTH_ASK_##topic
#define AGAIN THEME_ASK, SYNTH_FOLLOW_UP

const SynthPhrase jorge_synth_spanish[] = {
	{CASH, 0, "[pago|pagamos] de contado"},
	{CASH, 0, "[compro|compramos] en efectivo, sin préstamo"},
	{CASH, 0, "sería una compra de contado"},
	{CASH, IN_LONG, "[tengo|tenemos] los fondos en el banco y no [necesito|necesitamos] hipoteca"},
	{CASH, IN_SHORT, "en efectivo"},
	{PREAPPROVED, 0, "ya [estoy preaprobado|estamos preaprobados] con {lender}"},
	{PREAPPROVED, 0, "[tengo|tenemos] carta de preaprobación de {lender}"},
	{PREAPPROVED, 0, "{lender} ya [me|nos] aprobó el préstamo"},
	{PREAPPROVED, IN_LONG, "ya [tengo|tenemos] la hipoteca aprobada y puedo mandar la carta"},
	{PREAPPROVED, IN_SHORT, "ya pre-aprobado con {lender}"},
	{PREQUALIFIED, 0, "[estoy precalificado|estamos precalificados] con {lender}"},
	{PREQUALIFIED, 0, "solo [tengo|tenemos] la precalificación"},
	{PREQUALIFIED, 0, "{lender} [me|nos] precalificó"},
	{PREQUALIFIED, IN_SHORT, "precalificado nada más"},
	{SELLS_FIRST, 0, "primero [tengo|tenemos] que vender [mi|nuestra] casa"},
	{SELLS_FIRST, 0, "[necesito|necesitamos] vender antes de comprar"},
	{SELLS_FIRST, IN_LONG, "la compra depende de que se venda [mi|nuestra] casa actual"},
	{NEEDS_LENDER, 0, "todavía no [tengo|tenemos] prestamista"},
	{NEEDS_LENDER, 0, "aún no [estoy preaprobado|estamos preaprobados]"},
	{NEEDS_LENDER, 0, "[necesito|necesitamos] encontrar un banco para el préstamo"},
	{NEEDS_LENDER, 0, "no [he|hemos] hablado con ningún banco todavía"},
	{NEEDS_LENDER, IN_SHORT, "todavía no, necesito un prestamista"},

	{WHEN(1), 0, "lo antes posible"},
	{WHEN(1), FOR_BUYER, "[necesito|necesitamos] mudar[me|nos] ya"},
	{WHEN(1), FOR_SELLER, "[necesito|necesitamos] vender de inmediato"},
	{WHEN(1), 0, "es urgente, esta misma semana"},
	{WHEN(2), 0, "en dos o tres semanas"},
	{WHEN(2), 0, "dentro de 3 semanas"},
	{WHEN(3), 0, "en un mes"},
	{WHEN(3), 0, "dentro de 30 días"},
	{WHEN(3), FOR_BUYER, "[mi|nuestro] contrato de renta se acaba el próximo mes"},
	{WHEN(3), FOR_SELLER, "[quiero|queremos] vender el próximo mes"},
	{WHEN(4), 0, "en unas seis semanas"},
	{WHEN(4), 0, "en mes y medio"},
	{WHEN(5), 0, "en dos meses"},
	{WHEN(5), 0, "dentro de 60 días"},
	{WHEN(5), FOR_BUYER, "[quiero mudarme|queremos mudarnos] en unos 2 meses"},
	{WHEN(6), 0, "en tres meses"},
	{WHEN(6), 0, "dentro de 90 días"},
	{WHEN(6), FOR_SELLER, "[quiero|queremos] vender en los próximos 3 meses"},
	{WHEN(7), 0, "en cuatro o cinco meses"},
	{WHEN(8), 0, "en seis meses"},
	{WHEN(8), 0, "como en medio año"},
	{WHEN(9), 0, "en ocho o nueve meses"},
	{WHEN(10), 0, "en un año"},
	{WHEN(10), 0, "dentro de 12 meses más o menos"},
	{WHEN(11), 0, "en unos dos años"},
	{WHEN(11), 0, "en año y medio o dos años"},
	{WHEN(12), 0, "no [tengo|tenemos] prisa"},
	{WHEN(12), 0, "sin apuro, tal vez algún día"},

	{EXACT, FOR_BUYER, "[mi|nuestro] presupuesto es de {amount}"},
	{EXACT, FOR_BUYER, "[tengo|tenemos] {amount} para gastar"},
	{EXACT, FOR_BUYER | IN_SHORT, "presupuesto {amount}"},
	{EXACT, FOR_SELLER, "[pido|pedimos] {amount}"},
	{EXACT, FOR_SELLER, "[quiero|queremos] {amount} por la casa"},
	{AROUND, FOR_BUYER, "alrededor de {amount}"},
	{AROUND, FOR_BUYER, "más o menos {amount}"},
	{AROUND, FOR_BUYER | IN_LONG, "[quiero|queremos] gastar aproximadamente {amount}"},
	{AROUND, FOR_SELLER, "[creo|creemos] que vale como {amount}"},
	{AROUND, FOR_SELLER, "alrededor de {amount}"},
	{RANGE, FOR_BUYER, "entre {low} y {high}"},
	{RANGE, FOR_BUYER, "[mi|nuestro] presupuesto va de {low} a {high}"},
	{RANGE, FOR_SELLER, "entre {low} y {high}"},
	{UP_TO, FOR_BUYER, "hasta {high}"},
	{UP_TO, FOR_BUYER, "menos de {high}"},
	{UP_TO, FOR_BUYER, "no más de {high}"},
	{UP_TO, FOR_BUYER | IN_SHORT, "máximo {high}"},
	{UP_TO, FOR_SELLER, "no [creo|creemos] que den más de {high}"},
	{FROM, FOR_BUYER, "desde {low}"},
	{FROM, FOR_BUYER, "de {low} para arriba"},
	{FROM, FOR_SELLER, "por lo menos {low}"},
	{FROM, FOR_SELLER, "mínimo {low}"},
	{FLEXIBLE, FOR_BUYER, "todavía no [tengo|tenemos] un presupuesto"},
	{FLEXIBLE, FOR_BUYER, "el precio es flexible"},
	{FLEXIBLE, FOR_SELLER, "no [sé|sabemos] cuánto vale"},
	{FLEXIBLE, FOR_SELLER, "todavía no [tengo|tenemos] un precio en mente"},

	{CITY, FOR_BUYER, "[busco|buscamos] en el área de Austin"},
	{CITY, FOR_BUYER | IN_SHORT, "en Austin"},
	{CITY, FOR_SELLER, "la casa está en Austin"},
	{REGION, FOR_BUYER, "[busco|buscamos] en {region}"},
	{REGION, FOR_BUYER, "por {region}"},
	{REGION, FOR_SELLER, "la casa está en {region}"},
	{AREA, FOR_BUYER, "[busco|buscamos] en {area}"},
	{AREA, FOR_BUYER, "[me|nos] gusta la zona de {area}"},
	{AREA, FOR_BUYER, "en el {zip}"},
	{AREA, FOR_SELLER, "la casa está en {area}"},
	{AREA, FOR_SELLER, "está en el {zip}"},
	{ADDRESS, FOR_BUYER, "es por la de {street}"},
	{ADDRESS, FOR_BUYER, "[vi|vimos] la casa de {street}, {city}"},
	{ADDRESS, FOR_SELLER, "la dirección es {street}, {city}"},
	{ADDRESS, FOR_SELLER, "está en {street}"},

	{FIRST, 0, "Hola {name}, soy Jorge del equipo de Austin."},
	{FIRST, 0, "{name}, habla Jorge. Recibí su mensaje."},
	{FIRST, 0, "Buen día {name}, soy Jorge. Gracias por escribir."},
	{ASK(BUDGET), FOR_BUYER, "¿Qué presupuesto tiene?"},
	{ASK(BUDGET), FOR_BUYER, "¿En qué rango de precio busco?"},
	{ASK(BUDGET), FOR_SELLER, "¿Qué precio tiene en mente?"},
	{ASK(TIMELINE), FOR_BUYER, "¿Para cuándo necesita mudarse?"},
	{ASK(TIMELINE), FOR_SELLER, "¿Para cuándo quiere vender?"},
	{ASK(FINANCING), 0, "¿Ya tiene preaprobación, paga de contado o le falta prestamista?"},
	{ASK(FINANCING), 0, "¿Cómo va a pagar? ¿Ya habló con un banco?"},
	{ASK(AREA), 0, "¿Qué zonas le interesan?"},
	{ASK(AREA), 0, "¿En qué parte de la ciudad busca?"},
	{ASK(VISIT), FOR_BUYER, "Le pregunto directo: ¿qué quiere hacer ahora?"},
	{ASK(VISIT), FOR_BUYER, "¿Cómo quiere seguir, {name}?"},
	{ASK(VISIT), FOR_BUYER, "Salieron dos nuevas en {area}. ¿Qué le parece?"},
	{ASK(VISIT), FOR_SELLER, "¿Cómo quiere seguir con la venta, {name}?"},
	{ASK(VISIT), FOR_SELLER, "¿De verdad va a vender o solo tiene curiosidad?"},
	{AGAIN, 0, "{name}, ¿vio mi mensaje?"},
	{AGAIN, 0, "Hola {name}, ¿sigue ahí?"},
	{AGAIN, 0, "Le escribo otra vez por mi pregunta, {name}."},
	{0, 0, 0, NULL},
};
