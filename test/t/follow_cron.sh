#!/usr/bin/env bash
# Debian's pg_cron, preloaded for another database and for this one, and not preloaded: jobs run, or jorge says how they will.
# In the long run it waits up to 70 s for pg_cron to ask; else it reads what pg_cron has been given.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. test/bin/tap.sh
if [ "${1:-}" = inside ]; then
	for db in hub agency; do
		psql -qX -c "CREATE DATABASE $db"
		psql -qX -d "$db" -v ON_ERROR_STOP=1 -c "CREATE EXTENSION jorge" -c "SELECT jorge.install()" -o /dev/null
	done
	given="SELECT count(*) || ' of ' || (SELECT count(*) FROM jorge.job WHERE active) FROM cron.job WHERE active AND jobname LIKE 'jorge:%'"
	is "$(sql -d hub "SELECT mode FROM jorge.clock()")" "pg_cron, no extension" "loaded for this database, and not made"
	psql -qX -d hub -c "CREATE EXTENSION pg_cron"
	is "$(sql -d hub "SELECT mode FROM jorge.clock()")" "pg_cron, not scheduled" "made"
	is "$(sql -d hub "SELECT mode || ' ' || (jobs > 3) FROM jorge.schedule_jobs()")" "pg_cron true" "scheduled in its own database"
	sql -d hub "SELECT jorge.schedule_jobs()" >/dev/null
	is "$(sql -d hub "$given AND database = 'hub'")" "9 of 9" "twice is once"
	is "$(sql -d agency "SELECT mode FROM jorge.schedule_jobs()")" "pg_cron elsewhere" "in another database"
	sql -d agency "SELECT script FROM jorge.schedule_jobs()" >"$JORGE_CLUSTER/hub.sql"
	psql -qX -d hub -v ON_ERROR_STOP=1 -f "$JORGE_CLUSTER/hub.sql" -o /dev/null
	psql -qX -d hub -v ON_ERROR_STOP=1 -f "$JORGE_CLUSTER/hub.sql" -o /dev/null
	is "$(sql -d hub "$given AND database = 'agency'")" "9 of 9" "its script schedules it from pg_cron's database, also twice"
	sql -d hub "UPDATE jorge.job SET schedule = '*/5 * * * *' WHERE job = 'upkeep'; UPDATE jorge.job SET active = false WHERE job = 'prune_jobs'; SELECT jorge.schedule_jobs()" >/dev/null
	is "$(sql -d hub "SELECT string_agg(schedule, ',') FROM cron.job WHERE jobname IN ('jorge:hub:upkeep', 'jorge:hub:prune_jobs')")" "*/5 * * * *" "a job that changed is scheduled anew, one switched off is gone"
	if [ -n "${JORGE_LONG:-}" ]; then
		for _ in $(seq 70); do
			ran=$(sql -d hub "SELECT count(*) FROM jorge.job_log WHERE job = 'sequences' AND state = 'done'")$(sql -d agency "SELECT count(*) FROM jorge.job_log WHERE job = 'sequences' AND state = 'done'")
			[ "$ran" = 11 ] && break
			sleep 1
		done
		is "$ran" 11 "pg_cron runs the job in both databases"
		is "$(sql -d hub "SELECT count(*) FROM cron.job_run_details WHERE status = 'failed'")" 0 "nothing failed"
	fi
	is "$(sql -d hub "SELECT state FROM jorge.status() WHERE topic = 'clock'")" "ok" "status agrees"
	done_testing
	exit
fi
if [ ! -e "$("${PG_CONFIG:-pg_config}" --pkglibdir)/pg_cron.so" ]; then
	echo "1..0 # SKIP pg_cron is not installed"
	exit
fi
status=0
test/bin/cluster run -c shared_preload_libraries=pg_cron -c cron.database_name=hub -c cron.use_background_workers=on -c max_worker_processes=20 bash test/t/follow_cron.sh inside || status=1
test/bin/cluster run bash -c '
	. test/bin/tap.sh
	sql "CREATE EXTENSION jorge; SELECT jorge.install()" >/dev/null
	is "$(sql "SELECT mode FROM jorge.clock()")" "pg_cron, not preloaded" "installed, and not preloaded"
	like "$(sql "SELECT says FROM jorge.schedule_jobs()")" "shared_preload_libraries" "says what to do"
	sql "SELECT script FROM jorge.schedule_jobs()" | grep -v "^#" | sed "s/^[* ]*//" >"$JORGE_CLUSTER/line"
	bash "$JORGE_CLUSTER/line"
	is "$(sql "SELECT count(*) > 0 FROM jorge.job_log WHERE job = '"'sequences'"' AND state = '"'done'"'")" t "and the line for crontab runs what is due"
	done_testing' || status=1
exit $status
