/*
 * jorge.h: what every file of the extension includes first.
 *
 * Vocabulary: a location is a tenant (a GHL sub-account); an inquiry is one arrival from one source;
 * a lead is one person; an interaction is a message, call, note or visit; a forest is a trained model.
 */
#ifndef JORGE_H
#define JORGE_H

#include "postgres.h"

#include "core/compat.h"

#include "fmgr.h"
#include "miscadmin.h"

#include <math.h>

/* The tenant of a session that names none. */
#define JORGE_DEFAULT_LOCATION "main"

/* The location under which models shared by every tenant are registered. */
#define JORGE_SHARED_LOCATION "*"

/* Tenant of the session, as jorge.current_location() */
extern const char *jorge_session_location(void);

#endif
