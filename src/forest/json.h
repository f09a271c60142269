/*
 * json.h: a forest's document between JSON text and UBJ.
 */
#ifndef JORGE_FOREST_JSON_H
#define JORGE_FOREST_JSON_H

#include "lib/stringinfo.h"

/*
 * Append to ubj the document that a JSON text (UTF-8) holds. Arrays of trees become the typed
 * arrays XGBoost's UBJ has; every key is kept, in its order.
 */
extern void jorge_json_to_ubj(const char *json, Size length, StringInfo ubj);

/* Append to json the text (UTF-8) of a well-formed UBJ document. */
extern void jorge_ubj_to_json(const char *ubj, Size length, StringInfo json);

#endif
