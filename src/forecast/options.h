/*
 * options.h: arguments that the SQL functions share.
 */
#ifndef JORGE_FORECAST_OPTIONS_H
#define JORGE_FORECAST_OPTIONS_H

#include "forecast/forecast.h"
#include "fmgr.h"
#include "nodes/execnodes.h"

/* Where the arguments value, missing, partial, as_of and method are, -1 = not an argument */
typedef struct OptionPlaces
{
	int value;
	int missing;
	int partial;
	int as_of;
	int method;
} OptionPlaces;

/* Consecutive from here on; the second form without method */
#define OPTIONS_FROM(argument)                                                                     \
	((OptionPlaces){argument, argument + 1, argument + 2, argument + 3, argument + 4})
#define OPTIONS_NO_METHOD(argument)                                                                \
	((OptionPlaces){argument, argument + 1, argument + 2, argument + 3, -1})

/* Options; a NULL argument is the default: sum, default, partial, none, auto */
extern ForecastOptions jorge_forecast_options(FunctionCallInfo fcinfo, OptionPlaces places,
											  PointPartial partial);

/* An integer argument between bounds, NULL = preset; ERROR 22023 */
extern int jorge_integer_argument(FunctionCallInfo fcinfo, int argument, const char *name,
								  int preset, int least, int most);

/* A float8 or, for NaN, a NULL in a row of results */
extern void jorge_set_number(Datum *values, bool *nulls, int column, double number);

/* Columns of jorge.forecast() into values; history rows and forecasts */
#define FORECAST_COLUMNS 10
extern void jorge_put_forecast(ReturnSetInfo *set, Datum *values, bool *nulls, int first_column,
							   const Points *points, int horizon, ForecastMethod method,
							   int history);

#endif
