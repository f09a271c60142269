/*
 * settings.h: every jorge.* setting, also those of jorge_learn and jorge_outbox.
 *
 * They are all defined here because core then reserves the prefix: a value that postgresql.conf
 * gives to a setting of a library loaded later would be lost.
 */
#ifndef JORGE_SETTINGS_H
#define JORGE_SETTINGS_H

/* How batches of predictions are computed (jorge.forest_kernel) */
typedef enum JorgeKernel
{
	JORGE_KERNEL_AUTO,
	JORGE_KERNEL_SCALAR,
	JORGE_KERNEL_AVX2,
	JORGE_KERNEL_AVX512
} JorgeKernel;

typedef struct JorgeSettings
{
	char *location_id;		 /* tenant of the session; empty means JORGE_DEFAULT_LOCATION */
	char *model;			 /* name under which lead_score looks for its model */
	double hot_threshold;	 /* probability from which a lead is HOT */
	double warm_threshold;	 /* probability from which a lead is WARM */
	bool notify;			 /* NOTIFY jorge_event for each event row */
	bool phone_requires_name; /* a phone is no key between clearly different names */
	int shared_key_limit;	 /* people beyond which a phone or e-mail is nobody's */
	bool log_predictions;	 /* write a jorge.prediction row for each score the triggers serve */
	int forest_cache_kb;	 /* memory for parsed forests in one backend */
	int forest_kernel;		 /* JorgeKernel; the CPU has what it names */
	int train_memory_kb;	 /* most memory one training may take */
	char *outbox_databases;	 /* databases that have a worker, comma-separated */
	char *secrets_dir;		 /* tokens and arm files; outside the data directory */
	char *outbox_hosts;		 /* hosts requests may go to, comma-separated */
	int outbox_connections;	 /* requests on their way at once, one worker */
	int outbox_timeout_ms;	 /* longest time a request may take */
	char *outbox_ca_file;	 /* certificates to trust; empty = the system's */
	int outbox_claim_sync;	 /* synchronous_commit of the worker */
	int outbox_holdoff_s;	 /* nothing is sent so long after a promotion */
	double outbox_time_scale;	/* delays are divided by it; 1 but in tests */
	char *outbox_test_url;	 /* where requests go instead, in tests; may be http on loopback */
} JorgeSettings;

extern JorgeSettings jorge_settings;

extern void jorge_settings_init(void);

/* Does this CPU (and its operating system) have the instructions of a kernel? */
extern bool jorge_cpu_has(JorgeKernel kernel);

#endif
