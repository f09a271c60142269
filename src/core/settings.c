/*
 * settings.c: definitions of the jorge.* settings.
 */
#include "core/jorge.h"

#include "core/settings.h"
#include "utils/guc.h"

JorgeSettings jorge_settings;

static const struct config_enum_entry kernels[] = {{"auto", JORGE_KERNEL_AUTO, false},
												   {"scalar", JORGE_KERNEL_SCALAR, false},
												   {"avx2", JORGE_KERNEL_AVX2, false},
												   {"avx512", JORGE_KERNEL_AVX512, false},
												   {NULL, 0, false}};

bool
jorge_cpu_has(JorgeKernel kernel)
{
#if defined(__x86_64__)
	if (kernel == JORGE_KERNEL_AVX2)
		return __builtin_cpu_supports("avx2");
	if (kernel == JORGE_KERNEL_AVX512)
		return __builtin_cpu_supports("avx512f");
#endif
	return kernel == JORGE_KERNEL_AUTO || kernel == JORGE_KERNEL_SCALAR;
}

/*
 * Refuse a kernel that the CPU can't run
 */
static bool
check_kernel(int *value, void **extra, GucSource source)
{
	if (jorge_cpu_has(*value))
		return true;
	GUC_check_errdetail("This machine's processor does not have the instructions.");
	GUC_check_errhint("Set it to auto, which takes the best kernel that the processor has.");
	return false;
}

/*
 * Define all settings and reserve the prefix
 */
void
jorge_settings_init(void)
{
	/* SUSET, so that a tenant's role, pinned by ALTER ROLE ... SET, can't read another tenant. */
	DefineCustomStringVariable(
		"jorge.location_id", "Location (tenant) that this session reads and writes.",
		"Empty means \"" JORGE_DEFAULT_LOCATION "\". Row security compares rows with it.",
		&jorge_settings.location_id, "", PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("jorge.model", "Name of the model that lead_score() serves.", NULL,
							   &jorge_settings.model, "jorge_lead_scorer", PGC_USERSET, 0, NULL,
							   NULL, NULL);
	DefineCustomRealVariable("jorge.hot_threshold", "Probability from which a lead is HOT.", NULL,
							 &jorge_settings.hot_threshold, 0.80, 0, 1, PGC_USERSET, 0, NULL, NULL,
							 NULL);
	DefineCustomRealVariable("jorge.warm_threshold", "Probability from which a lead is WARM.", NULL,
							 &jorge_settings.warm_threshold, 0.50, 0, 1, PGC_USERSET, 0, NULL, NULL,
							 NULL);
	DefineCustomBoolVariable(
		"jorge.notify", "Sends NOTIFY jorge_event when the triggers write event rows.",
		"Off by default: a transaction that notifies can't be prepared (two-phase commit).",
		&jorge_settings.notify, false, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("jorge.log_predictions",
							 "Keeps each score the triggers serve, with its features, in "
							 "jorge.prediction.",
							 NULL, &jorge_settings.log_predictions, true, PGC_SUSET, 0, NULL, NULL,
							 NULL);
	DefineCustomBoolVariable("jorge.phone_requires_name", "Keeps people with one phone and clearly different names apart.",
							 "Off: they are one lead, marked name_conflict. On: two leads and a row in jorge.identity_review.",
							 &jorge_settings.phone_requires_name, false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("jorge.shared_key_limit", "People that a phone or e-mail may belong to before it is nobody's.",
							"A number that more people give (different e-mails, or names) is an office's: it goes to jorge.identity_stop "
							"and those it had brought together are parted.",
							&jorge_settings.shared_key_limit, 10, 2, 1000, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("jorge.forest_cache", "Memory for parsed forests in each backend.",
							NULL, &jorge_settings.forest_cache_kb, 64 * 1024, 1024, 1024 * 1024,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomEnumVariable("jorge.forest_kernel", "How batches of predictions are computed.",
							 "All kernels give the same bits; auto is the fastest that the "
							 "processor has.",
							 &jorge_settings.forest_kernel, JORGE_KERNEL_AUTO, kernels,
							 PGC_USERSET, 0, check_kernel, NULL, NULL);
	DefineCustomIntVariable("jorge.train_memory", "Most memory that one training may take.",
							"Training is refused before it starts if its estimate is higher.",
							&jorge_settings.train_memory_kb, 1024 * 1024, 1024, PG_INT32_MAX,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);

	MarkGUCPrefixReserved("jorge");
}
