#include "core/jorge.h"
#include "forest/forest.h"
Datum
jorge_forest_from_ubj(const char *ubj, Size length)
{
	elog(ERROR, "stub");
}
