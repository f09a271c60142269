/*
 * address.h: postal addresses taken apart and folded.
 */
#ifndef JORGE_ADDRESS_H
#define JORGE_ADDRESS_H

#include "identity/match.h"

/* Fill house, street, city and postal_code of a person; texts beyond ADDRESS_BYTES_READ are read as if they ended there. */
#define ADDRESS_BYTES_READ 200
extern void jorge_read_address(const MatchGiven *given, MatchPerson *person);

#endif
