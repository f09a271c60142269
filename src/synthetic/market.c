/*
 * market.c: Austin's areas, and the house a lead wishes for or owns.
 *
 * Medians are round figures for orientation, not market data.
 */
#include "core/jorge.h"

#include "synthetic/synthetic.h"

const SynthArea jorge_synth_areas[] = {
	{"Zilker", "south Austin", "el sur de Austin", "78704", "Austin", 850, 5},
	{"Travis Heights", "south Austin", "el sur de Austin", "78704", "Austin", 880, 4},
	{"Bouldin Creek", "south Austin", "el sur de Austin", "78704", "Austin", 900, 3},
	{"Tarrytown", "west Austin", "el oeste de Austin", "78703", "Austin", 1450, 3},
	{"Clarksville", "central Austin", "el centro de Austin", "78703", "Austin", 1150, 2},
	{"Hyde Park", "central Austin", "el centro de Austin", "78751", "Austin", 720, 5},
	{"North Loop", "central Austin", "el centro de Austin", "78751", "Austin", 600, 4},
	{"Mueller", "east Austin", "el este de Austin", "78723", "Austin", 680, 6},
	{"Windsor Park", "east Austin", "el este de Austin", "78723", "Austin", 520, 5},
	{"Cherrywood", "east Austin", "el este de Austin", "78722", "Austin", 690, 4},
	{"East Cesar Chavez", "east Austin", "el este de Austin", "78702", "Austin", 650, 5},
	{"Holly", "east Austin", "el este de Austin", "78702", "Austin", 640, 3},
	{"Montopolis", "southeast Austin", "el sureste de Austin", "78741", "Austin", 380, 4},
	{"Dove Springs", "southeast Austin", "el sureste de Austin", "78744", "Austin", 310, 5},
	{"Onion Creek", "southeast Austin", "el sureste de Austin", "78747", "Austin", 400, 4},
	{"Circle C Ranch", "southwest Austin", "el suroeste de Austin", "78739", "Austin", 720, 6},
	{"Oak Hill", "southwest Austin", "el suroeste de Austin", "78735", "Austin", 560, 5},
	{"Barton Hills", "south Austin", "el sur de Austin", "78704", "Austin", 950, 3},
	{"Crestview", "north Austin", "el norte de Austin", "78757", "Austin", 640, 6},
	{"Allandale", "north Austin", "el norte de Austin", "78757", "Austin", 720, 5},
	{"Brentwood", "north Austin", "el norte de Austin", "78757", "Austin", 680, 4},
	{"North Lamar", "north Austin", "el norte de Austin", "78753", "Austin", 350, 5},
	{"Wells Branch", "north Austin", "el norte de Austin", "78728", "Austin", 380, 5},
	{"Northwest Hills", "northwest Austin", "el noroeste de Austin", "78731", "Austin", 890, 4},
	{"Anderson Mill", "northwest Austin", "el noroeste de Austin", "78750", "Austin", 470, 5},
	{"Steiner Ranch", "west Austin", "el oeste de Austin", "78732", "Austin", 780, 6},
	{"Teravista", "the northern suburbs", "el norte de la ciudad", "78665", "Round Rock", 430, 6},
	{"Brushy Creek", "the northern suburbs", "el norte de la ciudad", "78681", "Round Rock", 510, 6},
	{"Blackhawk", "the northeastern suburbs", "el noreste de la ciudad", "78660", "Pflugerville", 410, 6},
	{"Falcon Pointe", "the northeastern suburbs", "el noreste de la ciudad", "78660", "Pflugerville", 400, 5},
	{"Avery Ranch", "northwest Austin", "el noroeste de Austin", "78717", "Austin", 580, 6},
	{"Crystal Falls", "the northwestern suburbs", "el noroeste de la ciudad", "78641", "Leander", 480, 6},
	{"Cedar Park Ranch", "the northwestern suburbs", "el noroeste de la ciudad", "78613", "Cedar Park", 500, 6},
	{"Sun Chase", "the southeastern suburbs", "el sureste de la ciudad", "78617", "Del Valle", 330, 4},
	{"Plum Creek", "the southern suburbs", "el sur de la ciudad", "78640", "Kyle", 330, 6},
	{"Sunfield", "the southern suburbs", "el sur de la ciudad", "78610", "Buda", 380, 6},
	{"Belterra", "the southwestern suburbs", "el suroeste de la ciudad", "78737", "Austin", 690, 4},
	{"Shadow Glen", "the eastern suburbs", "el este de la ciudad", "78653", "Manor", 350, 5},
	{"Wolf Ranch", "the northern suburbs", "el norte de la ciudad", "78628", "Georgetown", 430, 5},
	{"Rough Hollow", "the western suburbs", "el oeste de la ciudad", "78738", "Lakeway", 890, 3},
};
const int jorge_synth_nareas = lengthof(jorge_synth_areas);

const SynthProperty jorge_synth_properties[] = {
	{"single_family", "house", "casa", 1.0, 70},
	{"condo", "condo", "propiedad", 0.66, 13},
	{"townhouse", "townhome", "propiedad", 0.8, 12},
	{"multi_family", "duplex", "propiedad", 1.25, 4},
	{"land", "lot", "propiedad", 0.5, 1},
};
const int jorge_synth_nproperties = lengthof(jorge_synth_properties);

/*
 * Draw the house: an area, a type, rooms, and a log-normal price around the area's median
 */
void
jorge_synth_house(SynthRandom *random, SynthPlan *plan)
{
	static const int bedroom_weights[] = {4, 16, 46, 28, 6}; /* 1 ... 5 */
	int weights[lengthof(jorge_synth_areas)];
	int property_weights[lengthof(jorge_synth_properties)];
	double spread;

	for (int i = 0; i < jorge_synth_nareas; i++)
		weights[i] = jorge_synth_areas[i].weight;
	for (int i = 0; i < jorge_synth_nproperties; i++)
		property_weights[i] = jorge_synth_properties[i].weight;

	plan->area = jorge_synth_weighted(random, weights, jorge_synth_nareas);
	plan->property = jorge_synth_weighted(random, property_weights, jorge_synth_nproperties);
	plan->bedrooms = 1 + jorge_synth_weighted(random, bedroom_weights, lengthof(bedroom_weights));
	plan->half_bathrooms = 2 * plan->bedrooms - 3 + jorge_synth_below(random, 3);
	plan->half_bathrooms = Max(plan->half_bathrooms, 2);

	spread = 0.16 * jorge_synth_normal(random) + 0.10 * (plan->bedrooms - 3);
	plan->price = jorge_synth_areas[plan->area].median * 1000.0 *
				  jorge_synth_properties[plan->property].price_factor * jorge_synth_exp(spread);
}
