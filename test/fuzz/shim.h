/*
 * shim.h: running src/forest without a server.
 */
#ifndef JORGE_FUZZ_SHIM_H
#define JORGE_FUZZ_SHIM_H

/* Call function(argument); the SQLSTATE it ended with, 0 if it returned. */
extern int shim_try(void (*function)(void *), void *argument);

#endif
