/*
 * settings.c: definitions of the jorge.* settings.
 */
#include "core/jorge.h"

#include "core/settings.h"

#include "access/xact.h"
#include "utils/guc.h"

JorgeSettings jorge_settings;

static const struct config_enum_entry kernels[] = {{"auto", JORGE_KERNEL_AUTO, false},
												   {"scalar", JORGE_KERNEL_SCALAR, false},
												   {"avx2", JORGE_KERNEL_AVX2, false},
												   {"avx512", JORGE_KERNEL_AVX512, false},
												   {NULL, 0, false}};

static const struct config_enum_entry claim_syncs[] = {{"on", SYNCHRONOUS_COMMIT_ON, false},
													   {"remote_apply", SYNCHRONOUS_COMMIT_REMOTE_APPLY, false},
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

	DefineCustomStringVariable("jorge.outbox_databases", "Databases whose outbox is delivered, comma-separated.",
							   "Empty means none. Needs jorge in shared_preload_libraries.",
							   &jorge_settings.outbox_databases, "", PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("jorge.secrets_dir", "Directory of the providers' tokens and of arm files.",
							   "Outside the data directory, readable by the server's user alone.",
							   &jorge_settings.secrets_dir, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomStringVariable("jorge.outbox_hosts", "Hosts that the outbox may send to, comma-separated.", NULL,
							   &jorge_settings.outbox_hosts, "services.leadconnectorhq.com", PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("jorge.outbox_connections", "Requests that one outbox worker has on their way at once.", NULL,
							&jorge_settings.outbox_connections, 128, 1, 512, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("jorge.outbox_timeout", "Longest time that a request of the outbox may take.", NULL,
							&jorge_settings.outbox_timeout_ms, 20000, 100, 120000, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomStringVariable("jorge.outbox_ca_file", "File of the certificates that the outbox trusts.",
							   "Empty means those of the system.", &jorge_settings.outbox_ca_file, "", PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("jorge.outbox_claim_sync", "synchronous_commit of the outbox worker.",
							 "A claim that is lost in a failover is sent again; remote_apply prevents that.",
							 &jorge_settings.outbox_claim_sync, SYNCHRONOUS_COMMIT_ON, claim_syncs, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("jorge.outbox_promotion_holdoff", "Time that a promoted standby sends nothing.",
							"The old primary may still be sending.", &jorge_settings.outbox_holdoff_s, 60, 0, 86400,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	/* Postmaster only, so that no session can make a server send elsewhere, or in a hurry; a library that isn't
	 * preloaded has no worker and may not define them. */
	jorge_settings.outbox_time_scale = 1;
	jorge_settings.outbox_test_url = "";
	if (process_shared_preload_libraries_in_progress)
	{
		DefineCustomRealVariable("jorge.outbox_time_scale", "Divides every delay of the outbox, in tests.", NULL,
								 &jorge_settings.outbox_time_scale, 1, 1, 1000, PGC_POSTMASTER, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
		DefineCustomStringVariable("jorge.outbox_test_url", "Base URL that takes the place of every provider's, in tests.",
								   "May be http on a loopback address.", &jorge_settings.outbox_test_url, "", PGC_POSTMASTER,
								   GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	}

	MarkGUCPrefixReserved("jorge");
}
