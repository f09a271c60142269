/*
 * lexicon_places.c: places, by how specific they are: 0.3 a town, 0.5 a part of it.
 *
 * The towns are those of central Texas and the large ones elsewhere; any other name with a capital
 * after "in" is a town too (place.c), and an owner adds his own.
 */
#include "core/jorge.h"

#include "text/lexicon.h"

const PhraseGroup jorge_text_places[] = {
	{"*", SIGNAL_LOCATION, 0.3,
	 "austin|atx|round rock|cedar park|pflugerville|georgetown|leander|kyle|buda|lakeway|san marcos|"
	 "dripping springs|bee cave|bee caves|hutto|manor|bastrop|taylor|wimberley|lago vista|"
	 "liberty hill|new braunfels|elgin|lockhart|marble falls|jarrell|temple tx|killeen|waco|"
	 "san antonio|dallas|houston|fort worth|plano|frisco|mckinney|arlington|el paso|laredo|mcallen|"
	 "brownsville|corpus christi|katy|sugar land|the woodlands|spring tx|galveston|lubbock|"
	 "miami|orlando|tampa|jacksonville|fort lauderdale|phoenix|scottsdale|mesa|tucson|denver|"
	 "las vegas|los angeles|san diego|san francisco|san jose|sacramento|seattle|portland|boise|"
	 "salt lake city|atlanta|charlotte|raleigh|nashville|memphis|chicago|detroit|columbus|"
	 "cleveland|indianapolis|minneapolis|kansas city|st louis|new orleans|boston|new york|brooklyn|"
	 "philadelphia|pittsburgh|baltimore|washington dc|richmond|virginia beach|oklahoma city|tulsa|"
	 "albuquerque|rancho cucamonga|upland|ontario ca|fontana|riverside|claremont|inland empire|"
	 "travis county|williamson county|hays county|hill country"},
	{"*", SIGNAL_LOCATION, 0.5,
	 "south austin|north austin|east austin|west austin|central austin|downtown austin|"
	 "southeast austin|southwest austin|northeast austin|northwest austin|sur de austin|"
	 "norte de austin|este de austin|oeste de austin|centro de austin|downtown|uptown|midtown|hyde park|"
	 "zilker|mueller|tarrytown|westlake|west lake hills|barton hills|barton creek|travis heights|"
	 "the domain|south congress|soco|clarksville|crestview|allandale|brentwood|rosedale|"
	 "circle c|steiner ranch|great hills|avery ranch|brushy creek|teravista|riverplace|"
	 "cherrywood|windsor park|montopolis|dove springs|oak hill|sunset valley|onion creek|"
	 "easton park|lake travis|lake austin|lady bird lake|south lamar|north lamar|east side|"
	 "west side|south side|north side|near lake|near downtown|close to downtown|near work|"
	 "suburbs|east of|west of|north of|south of|waterfront|lakefront|"
	 "cerca del centro|centro de ciudad|near park|near river|"
	 "near airport|close to airport|close to lake|near beach|close to beach|"
	 "eanes isd|round rock isd|leander isd|"
	 "zona norte|zona sur|zona este|zona oeste|lado sur|lado norte|lado este|lado oeste|"
	 "parte sur|parte norte|near campus|near ut|gated community"},
	{NULL, 0, 0, NULL},
};
