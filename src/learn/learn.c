/*
 * learn.c: loading of jorge_learn, the only library that touches libxgboost.
 */
#include "core/jorge.h"

PG_MODULE_MAGIC;
