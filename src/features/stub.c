#include "core/jorge.h"
#include "features/features.h"
bool
jorge_feature_is_protected(const char *name)
{
	return false;
}
