/*
 * text_params.h: the options of a text training.
 */
#ifndef JORGE_LEARN_TEXT_PARAMS_H
#define JORGE_LEARN_TEXT_PARAMS_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

typedef struct TextParams
{
	double cost;	  /* NAN = chosen by cross-validation */
	double cv;		  /* folds, 0 = none */
	double min_count; /* rows that a term must occur in */
	double bits;
	double hash_seed;
	double seed;
	char *time;		   /* column that orders the rows in time; NULL = none */
	char *embedding;   /* column of real[]; NULL = none */
	bool neutral;	   /* language of a message is no reason */
	bool calibrate;
	bool quiet;
} TextParams;

/* Read and check the options; ERROR 22023 names the bad one. */
extern void jorge_learn_text_params_read(Jsonb *json, TextParams *params);

/* Append the options that shape a model as a JSON object, in a fixed order. */
extern void jorge_learn_text_params_json(StringInfo out, const TextParams *params);

#endif
