/*
 * model.h: which model serves.
 *
 * Two look-ups. A query (lead_score, jorge.score) must see one model for the whole statement, in the leader
 * and in each parallel worker, so it reads the registry by the statement's own snapshot. A trigger wants
 * the newest committed model and runs in one process, so it keeps what it read until the table
 * jorge.model_active changes, which a trigger there announces to every backend.
 */
#ifndef JORGE_MODEL_H
#define JORGE_MODEL_H

#include "features/features.h"
#include "forest/forest.h"

/* A served model as its user needs it; valid until the transaction's next look-up. */
typedef struct Model
{
	char label[NAMEDATALEN + 16]; /* name and version, as in jorge.lead_score.model */
	Datum forest;				  /* jorge.forest, in the model's memory context */
	bool ensemble;				  /* it has members beside the forest (jorge.ensemble) */
	int nfeatures;
	int *catalogue; /* position in the feature catalogue of each of the forest's features */
	MemoryContext mcxt;
} Model;

/* What a score row holds besides its keys */
typedef struct Scored
{
	double probability;
	double score;
	const char *class;
	double confidence; /* 1 - (upper - lower); the three are NAN where the model has no calibration */
	double lower;
	double upper;
} Scored;

/* State of one call site; zero it before the first use. Its memory is in flinfo->fn_mcxt. */
typedef struct ModelCall
{
	Model *model;
	const char *location; /* the session's location and setting jorge.model it was looked up for */
	const char *name;
	LocalTransactionId lxid;
	TransactionId xmin, xmax;
	uint32 xcnt;
	int32 subxcnt;
	CommandId curcid;
} ModelCall;

/* Model that serves the session's location, by the active snapshot. ERROR 42704 if there is none. */
extern Model *jorge_model_for_query(ModelCall *call, MemoryContext mcxt);

/* Newest model that serves a location, own uncommitted changes included. NULL if there is none. */
extern Model *jorge_model_for_trigger(const char *location);

/* Probability of a lead's features (catalogue order) alone: the same as in their Scored */
extern double jorge_model_probability(const Model *model, const float features[JORGE_FEATURES]);

/* Score a lead's features (catalogue order) */
extern void jorge_model_score(const Model *model, const float features[JORGE_FEATURES],
							  Scored *scored);

/* HOT, WARM or COLD by the settings: one of jorge_score_classes */
#define JORGE_SCORE_CLASSES 3
extern const char *const jorge_score_classes[JORGE_SCORE_CLASSES];
extern const char *jorge_score_class(double probability);

#endif
