/*
 * lexicon_english.c: English phrases of the signals, except sentiment, places and protected spans.
 *
 * Articles and possessives are left out of phrases as they are compiled, so "need a lender" is also
 * "need lender". A longer phrase wins over the shorter ones in it; SIGNAL_NONE makes use of that.
 */
#include "core/jorge.h"

#include "text/lexicon.h"

#define EN "en"
#define OBJECTS(category) (SIGNAL_OBJECTION + OBJECTION_##category)

const PhraseGroup jorge_text_english[] = {
	/* ---- timeline: days to the wished move; for words without a date, a typical distance ---- */
	{EN, SIGNAL_TIMELINE_DAYS, 0,
	 "asap|a s a p|as soon as possible|immediately|right away|urgent|buy right now|move right now|urgently|emergency|"
	 "need to move now|ready now|ready to buy|ready to move|ready to go now|move now|at once|"
	 "as quickly as possible|as fast as possible|yesterday if possible|in hurry|in rush|quick close|"
	 "quick sale|fast sale|sell fast|sell quickly|close quickly|close fast|sooner better|"
	 "sooner the better|need to sell now|must sell|facing foreclosure|avoid foreclosure"},
	/* weak: "no rush" goes before them */
	{EN, SIGNAL_VISIT_DAYS, 10, "fast|quickly"},
	{EN, SIGNAL_NONE, 0, "how fast|how quickly|fast food|too fast|too quickly|went fast|so fast|so quickly"},
	{EN, SIGNAL_TIMELINE_DAYS, 7, "this week|within week|within the week|by end of week|in few days"},
	{EN, SIGNAL_TIMELINE_DAYS, 10, "next week|early next week|later next week"},
	{EN, SIGNAL_TIMELINE_DAYS, 21,
	 "soon|very soon|this month|by end of month|end of month|before month end|pretty soon|"
	 "very shortly|shortly"},
	{EN, SIGNAL_TIMELINE_DAYS, 40, "next month|early next month|by next month|end of next month"},
	{EN, SIGNAL_TIMELINE_DAYS, 60, "couple months|next couple months|next few months|few months|"
								   "in coming months|lease is up|lease ends|lease end|lease expires|lease is ending|"
								   "lease ending|when lease is up|when lease ends|end of lease|lease up"},
	{EN, SIGNAL_TIMELINE_DAYS, 90,
	 "in january|by january|before january|this january|until january|early january|mid january|"
	 "late january|end of january|around january|by end of january|for january|by mid january|"
	 "move january|by early january|start of january|beginning of january|by christmas|before christmas|"
	 "by thanksgiving|before thanksgiving|before holidays|by holidays|by new year|before new year|"
	 "by new years|before new years|by easter|next quarter|by first of year|first of year"},
	{EN, SIGNAL_TIMELINE_DAYS, 75,
	 "this summer|this spring|by summer|in summer|by spring|in spring|this fall|by fall|in fall|"
	 "before summer|before spring|over summer|during summer|in early spring|early spring|"
	 "early summer|late summer|in late spring"},
	{EN, SIGNAL_TIMELINE_DAYS, 120,
	 "after holidays|after christmas|after new year|after new years|later this year|this year|"
	 "by end of year|end of year|before end of year|before year end|by year end|sometime this year"},
	{EN, SIGNAL_TIMELINE_DAYS, 180,
	 "next spring|next summer|next fall|half year|early next year|beginning of next year|"
	 "first half of next year|six months or so"},
	{EN, SIGNAL_TIMELINE_DAYS, 300, "next year|sometime next year|following year|within next year"},
	{EN, SIGNAL_TIMELINE_DAYS, 540, "year or two|year or so|couple years|few years|in couple years|in few years|"
									"year or more|year after next|late next year|end of next year"},
	{EN, SIGNAL_TIMELINE_URGENCY, 0.05,
	 "no rush|no hurry|not in hurry|not in rush|in no hurry|in no rush|no real rush|no big rush|"
	 "not in big hurry|no timeline|no time frame|no timeframe|no specific timeline|no set timeline|"
	 "whenever|take time|taking time|someday|one day|down road|eventually|not anytime soon|"
	 "not any time soon|not ready to buy|not ready yet|not ready to move|not ready to sell|"
	 "flexible on timing|flexible timeline|timeline is flexible|not urgent|isn't urgent|"
	 "no urgency|just browsing|not in any hurry|not in any rush|when right one comes along|"
	 "when right house comes along|years away|nowhere near ready|not for while|for future|"
	 "in future|near future|isn't rush|isn't hurry|not soon|keeping eye out|don't need to rush"},
	{EN, SIGNAL_VISIT_DAYS, 0, "today|tonight|this afternoon|this evening|this morning"},
	{EN, SIGNAL_VISIT_DAYS, 1, "tomorrow|tomorrow morning|tomorrow afternoon|tomorrow evening"},
	{EN, SIGNAL_VISIT_DAYS, 4,
	 "this weekend|on weekend|over weekend|this saturday|on saturday|saturday|saturday morning|"
	 "saturday afternoon|coming weekend|by weekend"},
	{EN, SIGNAL_VISIT_DAYS, 10, "next weekend|next saturday"},

	/* ---- financing: readiness ---- */
	{EN, SIGNAL_FINANCING, 1.0,
	 "cash|all cash|paying cash|pay cash|pay in cash|cash buyer|cash buyers|cash purchase|cash in hand|"
	 "cash offer|with cash|have cash|cash ready|in cash|cash deal|money in bank|no financing needed|"
	 "no loan needed|not need financing|not need loan|not need mortgage|not need lender|don't need loan|don't need financing|don't need mortgage|no need for loan|"
	 "no mortgage needed|no financing contingency|not financing|no need for financing|"
	 "proof of funds|without loan|without mortgage|without financing|no mortgage|cash only"},
	{EN, SIGNAL_FINANCING, 0.9,
	 "preapproved|pre approved|preapproval|pre approval|pre approval letter|preapproval letter|"
	 "approved|got approved|are approved|been approved|loan approved|approved for|"
	 "approved by bank|loan is approved|loan approval|approval letter|bank approved|"
	 "financing is in place|financing in place|financing lined up|financing is lined up|"
	 "financing secured|financing is secured|have financing|loan lined up|mortgage approved|"
	 "already approved|fully approved|underwritten|fully underwritten|have lender|already have lender|"
	 "have our lender|working with lender|lender is ready"},
	{EN, SIGNAL_FINANCING, 0.75,
	 "prequalified|pre qualified|prequalification|pre qualification|pre qual|qualified for|"
	 "qualified for loan|pre qualified for|pre qualify|got prequalified|qualified buyer"},
	{EN, SIGNAL_FINANCING, 0.4,
	 "sell first|sell house first|sell home first|sell ours first|sell current house first|"
	 "sell current home first|need to sell house first|need to sell home first|have to sell first|"
	 "have to sell house first|have to sell home first|have to sell ours first|must sell first|"
	 "need to sell ours first|need to sell current home|need to sell current house|"
	 "have to sell current home|have to sell current house|sell condo first|sell place first|"
	 "need to sell ours before|sell mine first|selling first|contingent on sale|"
	 "contingent on selling|contingent upon sale|contingent on home sale|contingent on house sale|"
	 "once house sells|once home sells|once ours sells|when house sells|when home sells|"
	 "after house sells|after home sells|after we sell|after i sell|once we sell|once i sell|"
	 "until we sell|until i sell|until house sells|until home sells|until ours sells|"
	 "sell before we buy|sell before i buy|sell before buy|sell house before we buy|"
	 "sell home before we buy|sell house before buy|sell one we have first|sell current one first|"
	 "waiting to sell|waiting for house to sell|waiting for ours to sell|waiting on house to sell|"
	 "proceeds from sale|sale of current home|sale of current house|sale of home|sale of house"},
	{EN, SIGNAL_NONE, 0,
	 "don't need to sell first|don't have to sell first|don't need to sell ours first|"
	 "no need to sell first|nothing to sell first|not contingent|no contingencies|no contingency|"
	 "don't need to sell house first|don't have to sell house first|don't need to sell home first|"
	 "don't have to sell anything|nothing to sell"},
	{EN, SIGNAL_FINANCING, 0.35,
	 "mortgage|loan|financing|lender|va loan|fha|fha loan|conventional loan|usda loan|"
	 "interest rates|interest rate|mortgage rates|mortgage rate|credit union|down payment|"
	 "downpayment|talking to lender|talking to bank|talking with bank|talking with lender|"
	 "spoke to lender|spoke with lender|met with lender|applied for loan|applying for loan|"
	 "applied for mortgage|applying for mortgage|waiting on approval|waiting to hear from lender|"
	 "waiting on lender|waiting for approval|getting approved|in process of getting approved|"
	 "owner financing|seller financing|owner finance|seller finance|jumbo loan|"
	 "in process of getting preapproved|getting preapproved|getting pre approved|working on preapproval|"
	 "working on pre approval|working on getting preapproved|working on getting pre approved|"
	 "credit score|credit|closing costs|cash down|cash flow|refinance|approval process|"
	 "in process of getting pre approved|getting prequalified|getting pre qualified|"
	 "assumable loan|equity|heloc|bridge loan"},
	{EN, SIGNAL_FINANCING, 0.2,
	 "need lender|need loan|need mortgage|need financing|need help with financing|"
	 "need help with loan|need help getting loan|need help getting mortgage|need to get preapproved|need to get pre approved|need to be preapproved|"
	 "need to be pre approved|need preapproval|need pre approval|need to get approved|"
	 "need to get prequalified|need to get pre qualified|need to find lender|looking for lender|"
	 "recommend lender|recommend good lender|recommendation for lender|know good lender|"
	 "know any good lender|know lender|suggest lender|lender recommendation|lender recommendations|have lender you recommend|"
	 "don't have lender|not have lender|not have preapproval|don't have preapproval|don't have pre approval|no lender|no lender yet|"
	 "not preapproved|not pre approved|not yet preapproved|not yet pre approved|not approved|"
	 "not approved yet|not yet approved|haven't been approved|haven't been preapproved|"
	 "haven't been pre approved|haven't gotten preapproved|haven't gotten pre approved|"
	 "haven't got preapproved|haven't gotten approved|isn't approved|haven't talked to lender|haven't spoken to lender|"
	 "haven't talked to bank|haven't talked to lender yet|haven't applied|haven't started loan process|"
	 "haven't started on financing|haven't looked into financing|how do i get preapproved|"
	 "how do i get pre approved|how do we get preapproved|how do we get pre approved|"
	 "how to get preapproved|how to get pre approved|how do i get loan|how do i get approved|"
	 "don't have financing|no financing|no preapproval|no pre approval|no pre approval yet|"
	 "no preapproval yet|should i get preapproved|should i get pre approved|"
	 "do we need to be preapproved|do we need to be pre approved|do i need to be preapproved|"
	 "do i need to be pre approved|do i need pre approval|do i need preapproval|"
	 "do we need pre approval|do we need preapproval|what do i need to qualify|know if i qualify|know if we qualify|if i qualify|if we qualify|can i qualify|"
	 "would i qualify|will i qualify|get me preapproved|get me pre approved|get us preapproved|"
	 "help me get preapproved|help me get pre approved|help us get preapproved|"
	 "help us get pre approved|bad credit|poor credit|low credit|credit is bad|"
	 "credit isn't great|credit issues|preapproval expired|pre approval expired|"
	 "preapproval has expired|pre approval has expired|yet to get preapproved|"
	 "yet to get pre approved|still need to get preapproved|still need to get pre approved|"
	 "still need preapproval|still need pre approval|need new lender"},
	{EN, SIGNAL_OBJECTION + OBJECTION_FINANCING, 1,
	 "rates are too high|rates too high|interest rates are too high|interest rates are crazy|"
	 "rates are crazy|rates are high|interest rates are high|interest is too high|"
	 "mortgage rates are too high|mortgage rates are high|waiting for rates|wait for rates|"
	 "waiting for rates to drop|waiting for rates to come down|wait for rates to drop|wait for rates to come down|wait until rates drop|"
	 "until rates come down|until rates drop|until rates go down|when rates come down|"
	 "when rates drop|with these rates|with rates this high|with rates so high|bad credit|poor credit|"
	 "credit isn't great|credit is bad|low credit|credit issues|can't get loan|can't get approved|"
	 "can't get mortgage|denied|got denied|was denied|loan denied|don't qualify|didn't qualify|"
	 "don't have down payment|no down payment saved|don't have enough saved|not enough saved|"
	 "can't get financing|lost financing|loan fell through|financing fell through|rates right now|"
	 "don't have money|not enough down payment|turned down for loan|was turned down"},
	{EN, SIGNAL_FINANCING, 0.35,
	 "rates are too high|rates too high|interest rates are too high|waiting for rates|"
	 "interest rates are crazy|rates are crazy|mortgage rates are too high|"
	 "interest rates are high|rates are high|mortgage rates are high"},
	{EN, SIGNAL_FINANCING, 0.2,
	 "can't get loan|can't get approved|can't get mortgage|got denied|was denied|loan denied|don't qualify|"
	 "didn't qualify|can't get financing|lost financing|loan fell through|"
	 "financing fell through|turned down for loan|don't have down payment"},

	/* ---- intent: evidence ---- */
	{EN, SIGNAL_INTENT_BUY, 0.8,
	 "like to make offer|want to make offer|ready to make offer|looking for rental properties|"
	 "looking for rental property|want to buy|want buy|looking to buy|look to buy|ready to buy|need to buy|hoping to buy|planning to buy|"
	 "trying to buy|going to buy|going buy|would like to buy|like to buy|i'd like to buy|plan to buy|"
	 "thinking of buying|thinking about buying|interested in buying|in market to buy|in market for|"
	 "buy home|buy house|buy condo|buy townhouse|buy place|buy property|buy land|buy duplex|buy first home|"
	 "buy first house|buy something|buy another|buy bigger one|home to buy|house to buy|"
	 "first home|first house|make offer|put in offer|put offer|submit offer|write offer|"
	 "write up offer|placing offer|home buyer|homebuyer|first time buyer|first time home buyer|"
	 "first time homebuyer|buy from you|buy it|buy this|buying|new home|new house|dream home|"
	 "forever home|house hunting|home hunting|buy another place|house hunt|home search|"
	 "buy next house|buy next home|buy one|and buy|then buy|to buy|before we buy|before buy|"
	 "upgrade to bigger|investment property|investment properties|rental property to buy"},
	{EN, SIGNAL_INTENT_BUY, 0.6,
	 "looking for house|looking for home|looking for condo|looking for townhouse|looking for place|"
	 "looking for something|looking in|looking at|looking around|"
	 "looking for property|looking for duplex|looking for land|looking for ranch|need house|"
	 "need home|need bigger house|need bigger place|need bigger home|need more space|need # bedroom|"
	 "want # bedroom|want house|want home|want condo|want townhouse|interested in this property|"
	 "interested in this house|interested in property|interested in house|interested in home|"
	 "interested in this home|interested in listing|interested in this one|interested in condo|"
	 "interested in townhouse|interested in one|interested in|looking for bigger|looking for|"
	 "want to see|like to see|love to see|can i see|can we see|could we see|could i see|when can i see|"
	 "when can we see|still available|still on market|still for sale|is it available|"
	 "is this available|is house available|is property available|is that one available|"
	 "is home available|is available|schedule showing|schedule see|schedule tour|book showing|"
	 "see house|see home|see property|see place|see it|see this|showing|open house|find house|"
	 "find home|find me house|find us house|find me home|find us home|help me find|help us find|"
	 "homes under|house under|move to|moving to|relocating to|relocate to|"
	 "relocating|homes for sale|house for sale|send me listings|send listings|listings in|"
	 "want to move|looking to move|need to move|house with|home with|need something|want something"},
	{EN, SIGNAL_INTENT_BUY, 0.4,
	 "listings|sale price|how much is house|price of house|any new listings|square feet|"
	 "how much is it|asking price|what is price|what's price|lot size"},
	{EN, SIGNAL_INTENT_SELL, 0.9,
	 "contingent on sale|contingent upon sale|contingent on home sale|contingent on house sale|"
	 "sale of condo|sale of home|sale of house|sale of current home|sale of current house|sell house|sell home|sell my house|sell condo|sell townhouse|sell property|sell place|sell it|"
	 "sell our current|sell current home|sell current house|sell first|sell ours|want to sell|want sell|"
	 "looking to sell|need to sell|thinking of selling|thinking about selling|ready to sell|"
	 "planning to sell|going to sell|considering selling|like to sell|hoping to sell|trying to sell|"
	 "list house|list home|list property|list condo|listing house|listing home|list it|"
	 "put house on market|put home on market|put it on market|putting house on market|"
	 "putting home on market|put house up for sale|put home up for sale|home worth|house worth|"
	 "place worth|property worth|condo worth|what is home worth|what is house worth|"
	 "what's house worth|what's home worth|value of house|value of home|home value|house value|"
	 "home valuation|market analysis|cma|how much can i sell|how much could i sell|"
	 "what could i sell|how much can i get for house|how much can i get for home|"
	 "how much could i get for|what can i get for|get for house|get for home|"
	 "sell fast|sell quickly|must sell|sell land|sell duplex|sell lot|sell inherited|"
	 "inherited house|inherited home|inherited property|appraise house|appraise home|"
	 "sell as is|sell one|sell this|sell mine|after we sell|once we sell|until we sell|"
	 "once i sell|after i sell|sell before we buy|sell before buy|sell house first|sell home first|"
	 "sell ours first|sell current house first|sell current home first|sell condo first|"
	 "sell place first|need to sell house first|need to sell home first|have to sell house first|"
	 "have to sell home first|have to sell first|need to sell ours first|have to sell ours first|"
	 "must sell first|need to sell current home|need to sell current house|"
	 "facing foreclosure|avoid foreclosure|sell mine first|sell now"},
	{EN, SIGNAL_INTENT_SELL, 0.6, "sell"},
	{EN, SIGNAL_NONE, 0, "do you sell|homes sell|houses sell|you sell|homes are sell|are sell for"},
	{EN, SIGNAL_INTENT_RENT, 0.9,
	 "looking to rent|want to rent|want rent|need to rent|like to rent|hoping to rent|rent house|rent home|"
	 "rent apartment|rent condo|rent place|rent townhouse|looking for rental|need rental|"
	 "rental home|rental house|house for rent|home for rent|condo for rent|place for rent|apartment for rent|"
	 "apartments for rent|houses for rent|homes for rent|looking for apartment|need apartment|"
	 "for lease|short term rental|lease to own|looking to lease|want to lease|looking for rent|"
	 "place to rent|house to rent|home to rent|apartment to rent|condo to rent|something to rent|"
	 "is this for rent|is it for rent|looking for rentals|have rentals|see rentals|room for rent|to rent|for rent|available for rent"},
	{EN, SIGNAL_NONE, 0,
	 "stop renting|tired of renting|done renting|instead of renting|renting now|"
	 "we rent now|rental property|rental properties|rental income|tired of paying rent|lease option|"
	 "rather than rent|renting right now|instead of paying rent|paying rent|been renting|"
	 "renting in|i rent now|rent vs buy|now we rent|apartment complex|"
	 "not looking to rent|renting apartment now|renting apartment right now"},
	{EN, SIGNAL_INTENT_BROWSE, 0.85,
	 "just looking|only looking|just looking around|just browsing|browsing|just curious|curious|"
	 "just checking|just seeing what's out there|seeing what's out there|see what's out there|"
	 "what's out there|just exploring|exploring options|window shopping|not ready to buy|"
	 "not serious|just wondering|not actively looking|just gathering info|"
	 "gathering info|just researching|doing research|just started looking|"
	 "keeping eye on market|testing waters|nosy|nosey neighbor|just dreaming|just playing around|"
	 "not looking to buy|not looking to move|not looking to sell|not looking right now|"
	 "poking around|kicking tires|not planning to buy|not planning to move|not planning to sell|"
	 "just getting feel for|keeping eye out|see what's available"},
	{EN, SIGNAL_INTENT_BUY, 0.6, "offer is|offer contingent|just looking for|only looking for"},
	{EN, SIGNAL_STOP_MESSAGE, 1,
	 "stop|stopall|stop all|unsubscribe|cancel|end|quit|optout|opt out|revoke|remove|"
	 "no more|stop it|stop now"},
	{EN, SIGNAL_INTENT_STOP, 1,
	 "stop texting|stop messaging|stop calling|stop contacting|stop emailing|stop sending|"
	 "stop bothering|stop harassing|don't text me|don't contact|don't message|don't email|"
	 "do not text me|do not contact|do not message|do not email|remove me|take me off|"
	 "take us off|unsubscribe me|please unsubscribe|unsubscribe from|opt me out|"
	 "leave me alone|leave us alone|wrong number|not interested|no longer interested|"
	 "no longer looking|delete my number|delete number|lose number|quit texting|quit calling|"
	 "quit messaging|no more texts|no more messages|no more emails|no more calls|"
	 "remove my number|remove number|off your list|off list|off mailing list|never contact|never text|"
	 "never call|stop reaching out|stop spamming|"
	 "not interested anymore|already bought|already found house|already found home|"
	 "already found place|already purchased|isn't my number|already closed on"},
	/* no stop where the message asks for another way or time */
	{EN, SIGNAL_INTENT_STOP, 0.5, "don't call|do not call|don't text|do not text"},
	{EN, SIGNAL_NONE, 0,
	 "not interested in|no longer interested in|don't call after|don't call before|don't call me after|don't call me before|don't call me at|"
	 "don't text me after|don't text me at|do not call me after|do not call me at|don't call me until|stop by|"
	 "don't text after|non stop|end of|quit job|stop at|end up|ended up|don't call at|cancel appointment|"
	 "cancel showing|cancel tour|don't call but|don't call text"},

	/* ---- intent_strength: how much it asks to act ---- */
	{EN, SIGNAL_STRENGTH, 0.8,
	 "make offer|put in offer|put offer|submit offer|write offer|write up offer|placing offer|"
	 "ready to buy|ready to make offer|ready to sign|ready to list|sign contract|ready to close|"
	 "want to make offer|like to make offer|ready to sell|ready to offer"},
	{EN, SIGNAL_STRENGTH, 0.65,
	 "schedule showing|schedule see|schedule tour|schedule appointment|book showing|set up showing|"
	 "set up see|set up tour|set up appointment|make appointment|book appointment|want to see|"
	 "like to see|love to see|can i see|can we see|could i see|could we see|when can i see|"
	 "when can we see|see house|see it|see this|see property|see home|see place|showing|walk through|"
	 "walkthrough|take look|come by|meet you|meet up|meet with you|can you show|could you show|"
	 "show me|show us|open house|schedule time|set up time|schedule visit|list house|list home|"
	 "put house on market|put home on market|put it on market|appointment|come see"},
	{EN, SIGNAL_STRENGTH, 0.55,
	 "call me|give me call|please call|phone call|text me|schedule call|set up call|talk on phone|"
	 "reach me|contact me|call back|call us|give us call|hop on call|can we talk|can you call|"
	 "let's talk|when can we talk|like to talk|get in touch|call you|available to talk|call anytime|"
	 "text or call|call or text"},
	{EN, SIGNAL_STRENGTH, 0.4,
	 "interested in|want to buy|want buy|looking to buy|need to buy|need to sell|want to sell|looking to sell|interested|very interested|"
	 "send me listings|send listings|send me info|send info|more info|email me|send me|send us|"
	 "can you send|could you send|please send|let me know|get started|next step|next steps|"
	 "how do we start|need house|need home|need to move|help me find|help us find|what's home worth|"
	 "what's house worth|what is home worth|what is house worth|still available|is it available|"
	 "is this available|looking for agent|need agent|need realtor|looking for realtor|sell house|"
	 "sell home|buy house|buy home|i'd like to buy"},
	{EN, SIGNAL_STRENGTH, 0.3,
	 "asap|as soon as possible|immediately|right away|urgent|right now|preapproved|pre approved|"
	 "cash buyer|paying cash|all cash|proof of funds|serious|serious buyer|motivated|very motivated|"
	 "love it|love this house|love this home"},

	/* ---- objections ---- */
	{EN, OBJECTS(PRICE), 1,
	 "too expensive|too high|too much|too pricey|overpriced|over priced|price is high|price is too high|"
	 "priced too high|out of price range|out of budget|over budget|above budget|beyond budget|"
	 "can't afford|couldn't afford|not worth|way over|expensive|too rich|pricey|price is crazy|"
	 "prices are crazy|prices are insane|prices are ridiculous|prices are too high|prices to drop|"
	 "prices to come down|price drop|lower price|come down on price|cheaper|too steep|"
	 "negotiate price|price is steep|more than we want to spend|more than i want to spend|"
	 "more than we can afford|more than i can afford|hoa is too high|hoa fees are too high|"
	 "taxes are too high|lowball|out of range|price negotiable|is price negotiable|bit much|"
	 "a little high|little high|bit high|asking too much|is price firm|more than wanted to spend"},
	{EN, OBJECTS(TIMING), 1,
	 "maybe later|not good time|bad time|not right time|not ready|not ready yet|not ready to buy|not ready to move|"
	 "not ready to sell|too soon|too early|wait until|waiting until|wait till|on hold|hold off|"
	 "holding off|put it on hold|putting search on hold|not anytime soon|not any time soon|"
	 "not now|not right now|wait and see|waiting for market|wait for market|"
	 "need more time|need time|bad timing|timing isn't right|timing is off|taking break|"
	 "pause search|pausing search|wait few months|wait another|going to wait|decided to wait|"
	 "rather wait|want to wait|going wait|not at this time|too busy|isn't good time"},
	{EN, OBJECTS(LOCATION), 1,
	 "too far|bad area|bad neighborhood|bad location|wrong area|wrong side|long commute|commute is too|"
	 "don't like area|don't like location|don't like neighborhood|too noisy|too much traffic|"
	 "busy road|busy street|unsafe|not safe|isn't safe|crime|high crime|flood zone|flood plain|"
	 "not right area|too close to highway|close to highway|near highway|too close to freeway|"
	 "too close to train|noise|highway noise|not area we want|too remote|middle of nowhere|"
	 "far from everything|sketchy|location isn't|too close to road|"
	 "not good area|backs up to highway"},
	{EN, OBJECTS(CONDITION), 1,
	 "needs work|need work|needs too much work|too much work|lot of work|fixer upper|outdated|"
	 "run down|rundown|needs repairs|needs new roof|old roof|roof is old|roof leaks|"
	 "foundation issues|foundation problems|mold|water damage|bad condition|poor condition|"
	 "rough shape|bad shape|too small|too big|too old|dated|smells|smelled|termites|needs updating|needs update|"
	 "needs to be updated|asbestos|cracks|needs remodel|money pit|no yard|"
	 "not enough bedroom|not enough space|not big enough|falling apart|ugly|needs lot of work|"
	 "yard is small|yard is tiny|kitchen is small|kitchen is tiny|small kitchen|tiny kitchen|"
	 "looks dated|worried about foundation|worried about roof"},
	{EN, OBJECTS(AGENT), 1,
	 "have agent|have realtor|already have agent|already have realtor|working with agent|"
	 "working with realtor|working with another agent|working with another realtor|"
	 "have an agent already|signed with agent|signed with realtor|signed with another|"
	 "under contract with agent|agent already|"
	 "realtor already|friend is agent|friend is realtor|friend who is agent|friend who is realtor|"
	 "don't need agent|don't need realtor|don't want agent|don't want realtor|no agents|no realtors|"
	 "don't trust agents|don't trust realtors|don't trust agent|sell it myself|sell myself|fsbo|"
	 "for sale by owner|by owner|without agent|without realtor|already working with|"
	 "represented|have representation|already listed with|listed with|hate realtors|"
	 "agents are all|you agents|with another agent|with another realtor|bad experience with agent|"
	 "bad experience with realtor"},
	{EN, SIGNAL_NONE, 0,
	 "don't have agent|don't have realtor|do you have agent|need agent|need realtor|"
	 "looking for agent|looking for realtor|not working with agent|not working with realtor|"
	 "not working with another agent|are you agent|are you realtor|no agent|without agent yet|"
	 "is agent available|listing agent|are you listing agent|not represented|haven't signed with|"
	 "want agent|want realtor|who is agent|is realtor available|isn't agent|don't have agent yet|"
	 "don't have realtor yet|no agent yet|no realtor yet"},
	{EN, OBJECTS(COMMISSION), 1,
	 "commission|commissions|commission rate|agent fee|agent fees|realtor fee|realtor fees|"
	 "lower commission|commission is too high|how much do you charge|what do you charge|"
	 "pay agent|pay realtor|# percent commission|listing fee|discount broker|flat fee|"
	 "buyer agent fee|buyer agreement|sign buyer agreement"},
	{EN, OBJECTS(PARTNER), 1,
	 "talk to first|talk with first|speak to first|speak with first|check with first|ask first|"
	 "discuss with first|consult with first|run it by first|talk it over|talk it over with|talk this over|"
	 "think it over with|discuss it with|discuss it together|discuss together|run it by|run this by|have to ask .|need to ask .|"
	 "need to talk to .|need to talk with .|have to talk to .|have to talk with .|"
	 "need to discuss with .|need to check with .|have to check with .|let me check with .|"
	 "let me ask .|let me talk to .|let me talk with .|need to consult .|need to discuss .|"
	 "needs to agree|has to agree|needs to see it too|needs to see it first|isn't on board|not on board|"
	 "on same page|doesn't want to move|won't agree|need to ask first|"
	 "have to ask first|get on board|not on same page|need to talk about it|"
	 "need to discuss it|talk about it first|has to see it|has to see it first|"
	 "talk to before|check with before|ask before|speak with before|discuss with before|"
	 "needs to see it before|has final say|decide together|talk to about it|talk to about this|"
	 "talk with about it|speak with about it|speak to about it"},

	/* ---- experience ---- */
	{EN, SIGNAL_EXPERIENCE, 0,
	 "first time buyer|first time buyers|first time home buyer|first time home buyers|"
	 "first time homebuyer|first time homebuyers|first time buying|first home|first house|"
	 "never bought|never bought house|never bought home|never owned|never owned home|"
	 "new to this|new to buying|new to home buying|never done this|first purchase|starter home|"
	 "first place|first condo|first home purchase|don't know where to start|buy first home|"
	 "buy first house"},
	{EN, SIGNAL_EXPERIENCE, 1,
	 "looking for rental properties|looking for rental property|second home|vacation home|investor|investors|investment property|investment properties|"
	 "bought before|sold before|current home|current house|"
	 "bought last house|bought last home|sold last house|sold last home|sold house|sold home|"
	 "rental property|rental properties|1031 exchange|flip|flipping|flipped|flip houses|"
	 "own several|own other|own another|next home|next house|third home|third house|"
	 "not first house|not first home|not first time|not first rodeo|portfolio|landlord|"
	 "bought # homes|bought # houses|sold # homes|owned before|we own|i own|own # properties|"
	 "own # homes|own # houses|sell house|sell home|sell current home|sell current house|"
	 "list house|list home|cap rate|once house sells|once home sells|sell condo|"
	 "bought house in|bought home in|sold place|sold condo|upgrade to bigger|"
	 "sell house first|sell home first|need to sell house first|need to sell home first|"
	 "have to sell house first|have to sell home first|need to sell current home|"
	 "need to sell current house|downsize|downsizing"},

	/* ---- amounts: words around a number ---- */
	{EN, SIGNAL_BUDGET, 1,
	 "budget|budget is|budget of|budget around|price range|price range is|price point|"
	 "spend|can spend|want to spend|looking to spend|like to spend|willing to spend|can afford|"
	 "afford|willing to pay|want to pay|can pay|pay up|range|in range|comfortable with|"
	 "comfortable at|can go|could go|stretch to|stretch|go as high as|approved for|preapproved for|"
	 "pre approved for|prequalified for|pre qualified for|qualified for|preapproved|pre approved|"
	 "prequalified|pre qualified|offer|actually|"
	 "i mean|make that|budget now|approval for|preapproval for|pre approval for|"
	 "need to get at least|want to get|hoping to get|hoping for|purchase price|ballpark|"
	 "preapproval is|pre approval is|approved at|preapproved at|pre approved at|good for|"
	 "budget was|budget went|raise budget|raised budget|sell it for|sell for|get for it|they take|seller take|sellers take|they accept|seller accept|would offer|offered|can offer"},
	{EN, SIGNAL_FINANCING, 0.9,
	 "preapproved for|pre approved for|preapproved at|pre approved at|preapproval is|"
	 "pre approval is|approval for|preapproval for|pre approval for|approved at"},
	{EN, SIGNAL_FINANCING, 0.75, "prequalified for"},
	{EN, SIGNAL_AMOUNT_MAX, 1,
	 "is maximum|is limit|is cap|is most|is highest|is tops|is as high as|is absolute maximum|is ceiling|under|up to|upto|below|less than|no more than|not more than|not over|nothing over|at most|"
	 "not to exceed|no higher than|maximum|maximum of|maximum budget|maximum is|cap|capped at|cap is|"
	 "ceiling|top out at|tops|limit|limit is|or less|or under|or below|or lower|"
	 "and under|and below|or cheaper|stay under|staying under|keep it under|keeping it under|"
	 "not going over|can't go over|can't go above|won't go over|without going over|nothing above|"
	 "don't want to go over|don't go over|as high as|go as high as|stretch to|can go to|could go to|go up to|"
	 "can go up to|could go up to|spend up to|pay up to|approved up to|approved for up to|"
	 "preapproved up to|pre approved up to|preapproved for up to|pre approved for up to|"
	 "prequalified up to|prequalified for up to|pre qualified up to|"
	 "pre qualified for up to|qualified up to|budget up to|budget under|budget below|budget maximum|"
	 "maximum out at|homes under|house under|don't want to spend more than|not spend more than|"
	 "can't spend more than|no greater than|cheaper than|budget is up to|budget of up to"},
	{EN, SIGNAL_BUDGET, 1,
	 "budget up to|budget under|budget below|budget maximum|maximum budget|budget is up to|budget of up to|"
	 "spend up to|pay up to"},
	{EN, SIGNAL_FINANCING, 0.9,
	 "approved up to|approved for up to|preapproved up to|pre approved up to|"
	 "preapproved for up to|pre approved for up to"},
	{EN, SIGNAL_FINANCING, 0.75,
	 "prequalified up to|prequalified for up to|pre qualified up to|pre qualified for up to|"
	 "qualified up to"},
	{EN, SIGNAL_AMOUNT_MIN, 1,
	 "over|at least|from|starting at|starting from|start at|above|more than|minimum|minimum of|"
	 "no less than|not less than|not lower than|and up|and above|or more|or above|or higher|or up|"
	 "upwards of|north of|and over|won't take less than|want at least|get at least|"
	 "need at least|nothing less than|not going below|higher than|nothing below|nothing under|"
	 "not below"},
	{EN, SIGNAL_AMOUNT_ABOUT, 1,
	 "around|about|roughly|approximately|ish|somewhere around|close to|near|like|or so|give or take|"
	 "more or less|in the neighborhood of|circa|somewhere in|somewhere near|or thereabouts|"
	 "approximately around|at around|right around|thereabouts|maybe around|somewhere about"},
	{EN, SIGNAL_NONE, 0,
	 "how about|what about|talk about|thinking about|know about|ask about|asking about|learn about|"
	 "worried about|forget about|info about|tell me about|more about|look around|anything from|"
	 "away from|hear from|heard from|over there|about to|moving from|relocating from|near you|"
	 "come over|like to know|see from|looking over|go over|going over|far from|minutes from|"
	 "minute from|over to|from there|from you|from your|all over|about your|over phone|over year|"
	 "questions about|question about|excited about|anything about|over weekend please|minimum wage"},
	{EN, SIGNAL_AMOUNT_OTHER, 1,
	 "worth|rent|rent is|renting for|hoa|hoa fee|hoa fees|hoa dues|taxes|property taxes|tax|payment|payments|"
	 "monthly payment|monthly payments|income|household income|salary|make|makes|making|earn|earns|"
	 "earning|credit score|score|fico|put down|putting down|down payment|down payment of|downpayment|"
	 "downpayment of|deposit|earnest money|zip code|zip|mls|mls number|apt|owe|owes|still owe|"
	 "owed|owe about|balance|mortgage balance|mortgage of|built in|year built|closing costs|savings|"
	 "saved|have saved|saved up|equity|repairs|listed at|listed for|asking price|asking price is|"
	 "listing price|list price|listed price|zestimate|zillow says|zillow has it at|appraised at|"
	 "appraised for|sold for|sold at|went for|bought it for|bought for|paid|paid for it|we paid|"
	 "i paid|comps|insurance|fees|fee|utilities|commission|price drop|price reduced|dropped to|reduced to|"
	 "priced at|asking|they want|they're asking|seller wants|valued at|assessed at|gift of|"
	 "inheritance|worth of|square feet|square footage|renovation|renovations|remodel|model|make about|"
	 "refund|discount|off price|rebate|credit of|savings of|loan balance|sqft|it appraised|house down street sold for|"
	 "net worth|pay in rent|paying in rent|rent of|rents for|leases for|rental income|cost of repairs"},
	{EN, SIGNAL_NONE, 0,
	 "make offer of|make sense|make it|make move|make that work|calm down|settle down|"
	 "narrow it down|narrow down|down to|down town|come down|go down|going down|slow down|write down|"
	 "makes sense|down side|down for|closing down|break down|down stairs"},
	{EN, SIGNAL_STRENGTH, 0.8, "make offer of"},
	{EN, SIGNAL_BUDGET, 1, "make offer of|offer of|offer at"},
	{EN, SIGNAL_INTENT_BUY, 0.8, "make offer of"},
	/* only where there is a figure */
	{EN, SIGNAL_BUDGET_VAGUE, 0.5, "flexible|little flexible|bit flexible|somewhat flexible|negotiable"},
	{EN, SIGNAL_BUDGET_VAGUE, 1,
	 "flexible budget|budget is flexible|budget flexible|not sure about budget|not sure of budget|"
	 "no budget|no budget yet|don't know budget|don't know budget yet|open budget|budget is open|"
	 "haven't decided on budget|haven't set budget|no set budget|depends on house|"
	 "don't have budget|don't have budget yet|not sure on budget|not sure what we can afford|"
	 "not sure what i can afford|don't know what we can afford|don't know what i can afford|"
	 "not sure how much we can afford|not sure how much i can afford|don't know how much|"
	 "not sure how much|price isn't issue|money is no object|flexible on price|"
	 "budget depends|no idea on budget|no idea about budget|budget to be determined|budget tbd|"
	 "what can i afford|how much can i afford|how much can we afford|what can we afford|"
	 "how much house can i afford|how much house can we afford|how much could we afford|"
	 "how much could i afford"},
	{EN, SIGNAL_NONE, 0,
	 "flexible on dates|schedule is flexible|flexible schedule|flexible on time|"
	 "flexible on area|flexible on location|time is flexible|flexible hours|flexible on move|"
	 "flexible on when"},

	/* ---- what begins a question without its mark ---- */
	{EN, SIGNAL_QUESTION, 1,
	 "what|what's|where|where's|who|whose|which|why|how|how's|how much|whats|wheres|"
	 "when is|when are|when can|when could|when would|when will|when do|when does|when should|"
	 "when did|when was|is this|is it|is there|is the|is that|is my|is your|are you|are there|are they|"
	 "are these|are those|are the|are we|are pets|do you|do they|do we|do i|does it|does the|does this|"
	 "does that|does your|did you|did they|did the|did anyone|can you|can i|can we|can someone|"
	 "can the|can my|could you|could i|could we|could someone|would you|would it|would i|would we|"
	 "would they|would that|would the|would this|will you|will the|will they|will it|will there|"
	 "will i|will we|should i|should we|should the|has it|has the|has this|have you|have they|have the|"
	 "any chance|any idea|any update|any updates|any news|any word|any homes|any houses|anything in|anything under|"
	 "may i|may we|any room|is house|is property|is home|any pics|any photos|am i|was it|was there|"
	 "was the|were there|isn't it|isn't there|don't you|is price|is anyone|is anybody|"
	 "is one|is hoa|is seller|is #|has anyone|has price|you have|you guys have"},
	/* weight 0: begins none */
	{EN, SIGNAL_QUESTION, 0,
	 "what a|how nice|how exciting|how wonderful|who knows|what we|what i|how about that|which is|"
	 "which i|which we|where we|where i|why not|what ever|can't you|what matters"},
	{NULL, 0, 0, NULL},
};
