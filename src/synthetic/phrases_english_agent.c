/*
 * phrases_english_agent.c: what the agency writes, in English, and its notes.
 */
#include "core/jorge.h"

#include "synthetic/synthetic.h"

#define FIRST THEME_FIRST_ANSWER, 0
#define ASK(topic) THEME_ASK, SYNTH_ASK_##topic
#define AGAIN THEME_ASK, SYNTH_FOLLOW_UP
#define VOICEMAIL THEME_VOICEMAIL, 0
#define CALL THEME_CALL_NOTE, 0
#define VISIT THEME_VISIT_NOTE, 0

const SynthPhrase jorge_synth_english_agent[] = {
	{FIRST, 0, "Hi {name}, Jorge here with the Austin team."},
	{FIRST, 0, "Hey {name}, it's Jorge. Got your message."},
	{FIRST, 0, "{name}, Jorge here. Thanks for reaching out."},
	{FIRST, IN_LONG, "Hello {name}, thank you for writing. This is Jorge."},
	{ASK(BUDGET), FOR_BUYER, "What budget are you working with?"},
	{ASK(BUDGET), FOR_BUYER, "What price range should I stay in?"},
	{ASK(BUDGET), FOR_SELLER, "What price do you have in mind for it?"},
	{ASK(BUDGET), FOR_SELLER, "What would it have to sell for?"},
	{ASK(TIMELINE), FOR_BUYER, "When do you need to be moved in?"},
	{ASK(TIMELINE), FOR_BUYER, "What's your timeline?"},
	{ASK(TIMELINE), FOR_SELLER, "When do you want to be sold?"},
	{ASK(TIMELINE), FOR_SELLER, "What's your timeline for selling?"},
	{ASK(FINANCING), 0, "Are you pre-approved, paying cash, or still need a lender?"},
	{ASK(FINANCING), 0, "How are you paying: cash or a loan? Is a lender lined up?"},
	{ASK(AREA), 0, "Which part of town are you after?"},
	{ASK(AREA), 0, "Which neighborhoods work for you?"},
	{ASK(VISIT), FOR_BUYER, "Straight question: what do you want to do next?"},
	{ASK(VISIT), FOR_BUYER, "How would you like to go ahead, {name}?"},
	{ASK(VISIT), FOR_BUYER, "Are you serious about buying or just looking?"},
	{ASK(VISIT), FOR_BUYER, "Two new ones came up in {area}. What do you want to do?"},
	{ASK(VISIT), FOR_BUYER, "I put a list together for you. How do we proceed?"},
	{ASK(VISIT), FOR_BUYER, "Any of the ones I sent worth your time?"},
	{ASK(VISIT), FOR_BUYER, "Where are you at with this, {name}?"},
	{ASK(VISIT), FOR_SELLER, "Where are you at with this, {name}?"},
	{ASK(VISIT), FOR_SELLER, "I ran the numbers for {area}. How do we proceed?"},
	{ASK(VISIT), FOR_SELLER, "Are you actually going to sell, or just curious?"},
	{ASK(VISIT), FOR_SELLER, "How do you want to go ahead with the {home}?"},
	{AGAIN, 0, "{name}, did you see my last message?"},
	{AGAIN, 0, "Checking in, {name}. Still there?"},
	{AGAIN, 0, "Hi {name}, should I keep your file open?"},
	{AGAIN, 0, "Following up on my question, {name}."},
	{AGAIN, IN_LONG, "Hi {name}, I did not hear back and wanted to check in once more."},
	{VOICEMAIL, 0, "Left voicemail"},
	{VOICEMAIL, 0, "No answer"},
	{VOICEMAIL, 0, "Went to voicemail"},
	{CALL, 0, "Spoke by phone"},
	{CALL, 0, "Phone conversation"},
	{VISIT, 0, "Met in person"},
	{VISIT, 0, "Walked through with client"},
	{VISIT, 0, "In person at {street}"},
	{0, 0, 0, NULL},
};
