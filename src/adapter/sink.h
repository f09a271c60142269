/*
 * sink.h: the jsonb that a Sink was told.
 */
#ifndef JORGE_SINK_H
#define JORGE_SINK_H

#include "adapter/adapter.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

extern Jsonb *jorge_sink_jsonb(Sink *sink);

#endif
