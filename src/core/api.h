/*
 * api.h: what the serving library lends to jorge_learn and jorge_outbox.
 *
 * The libraries share no symbols (everything is hidden); a later one loads "$libdir/jorge" and takes
 * this table from the rendezvous variable JORGE_API. Bump JORGE_API_VERSION on any change, so that a
 * library of another version refuses to run.
 */
#ifndef JORGE_API_H
#define JORGE_API_H

#include "core/settings.h"
#include "textmodel/textmodel.h"

#define JORGE_API "jorge_api"
#define JORGE_API_VERSION 5

typedef struct JorgeApi
{
	int version;
	const JorgeSettings *settings;

	/* JORGE_LEXICON_VERSION of the text scanner; a forest remembers the one it was trained on. */
	int lexicon_version;

	/* Validated jorge.forest value from a UBJ model document; ERROR if it isn't one we can serve. */
	Datum (*forest_from_ubj)(const char *ubj, Size length);

	/* Variance that the leaves' sizes imply for the margin of features in the forest's order; NAN
	 * without covers. forest is a jorge.forest value. */
	double (*forest_leaf_variance)(Datum forest, const float *features);

	/* SHAP values of rows, row by row, of the features and then the base; features are in the forest's order. ERROR
	 * where the forest has no covers, or several classes. */
	void (*forest_contributions)(Datum forest, const float *features, int rows, double *contributions);

	/* Is this the name of a feature that the catalogue marks protected? */
	bool (*feature_is_protected)(const char *name);

	/* The outbox's shared memory; NULL unless jorge is preloaded. */
	struct OutboxShared **outbox_shared;

	/* Does the arm file of this database agree with its row? Otherwise why says what is wrong. */
	bool (*outbox_is_armed)(const char *token, uint64 system_identifier, Oid database, char *why, Size size);

	/* Terms of a message, and a text model of weights for them: as in textmodel.h */
	void (*text_terms)(const char *message, size_t length, int bits, uint32 seed, TextTerms *terms);
	void (*text_terms_free)(TextTerms *terms);
	double (*text_embedding_scale)(const float *embedding, int n);
	Datum (*text_model_make)(const TextModelParts *parts, int sqlstate);
} JorgeApi;

#endif
