/*
 * init.c: loading of the serving library. Calls each family's init and does nothing else.
 */
#include "core/jorge.h"

#include "core/api.h"
#include "core/settings.h"
#include "features/features.h"
#include "forest/forest.h"
#include "outbox/shared.h"
#include "text/text.h"

PG_MODULE_MAGIC;

static const JorgeApi api = {
	.version = JORGE_API_VERSION,
	.settings = &jorge_settings,
	.lexicon_version = JORGE_LEXICON_VERSION,
	.forest_from_ubj = jorge_forest_from_ubj,
	.forest_leaf_variance = jorge_forest_leaf_variance,
	.forest_contributions = jorge_forest_datum_contributions,
	.feature_is_protected = jorge_feature_is_protected,
	.outbox_shared = &jorge_outbox_shared,
	.outbox_is_armed = jorge_is_armed,
	.text_terms = jorge_text_terms,
	.text_terms_free = jorge_text_terms_free,
	.text_embedding_scale = jorge_text_embedding_scale,
	.text_model_make = jorge_text_model_make,
};

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	jorge_settings_init();
	jorge_outbox_init();
	*find_rendezvous_variable(JORGE_API) = unconstify(JorgeApi *, &api);
}
