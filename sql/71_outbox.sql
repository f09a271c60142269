-- outbox: the worker's status, waking it, and arming

CREATE FUNCTION jorge.outbox_wake(due_at timestamptz) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'jorge_outbox_wake';
REVOKE EXECUTE ON FUNCTION jorge.outbox_wake(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION jorge.outbox_wake(timestamptz) IS
    'Wakes the outbox worker of this database at the commit, if it would sleep past due_at. For whoever changes due_at or state of a row of jorge.outbox; new rows do it by themselves, and the worker looks every 30 seconds anyway. Does nothing where jorge is not preloaded.';

CREATE FUNCTION jorge.outbox_added() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_outbox_added';
COMMENT ON FUNCTION jorge.outbox_added() IS 'Trigger of jorge.outbox: wakes the worker at the commit.';

CREATE FUNCTION jorge.outbox_workers(
    OUT database text, OUT pid integer, OUT state text, OUT started_at timestamptz, OUT in_flight integer, OUT sent_per_minute bigint, OUT rss_kb bigint,
    OUT claimed bigint, OUT accepted bigint, OUT not_sent bigint, OUT refused bigint, OUT unknown bigint, OUT throttled bigint,
    OUT transactions bigint, OUT wakeups bigint, OUT errors bigint, OUT last_error_at timestamptz, OUT last_error text, OUT stopped_until timestamptz)
    RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL RESTRICTED ROWS 2
    AS 'MODULE_PATHNAME', 'jorge_outbox_workers';
REVOKE EXECUTE ON FUNCTION jorge.outbox_workers() FROM PUBLIC;
COMMENT ON FUNCTION jorge.outbox_workers() IS
    'The outbox workers of this server, one row a database in jorge.outbox_databases; none where jorge is not in shared_preload_libraries. state: running; starting; hold-off (after a promotion); disarmed (see jorge.arm()); no schema (extension or jorge.install() missing); version (the functions are of another version of jorge); other owner (another program holds the lock); stopped (a database was to be dropped or copied); crashed; no worker. Counters since the server started: claimed requests, accepted, not_sent, refused (answered, no success), unknown, throttled, transactions and wakeups of the worker, errors. sent_per_minute: accepted in the last full minute. rss_kb: private memory of the worker, kB.';

CREATE FUNCTION jorge.write_arm_file(token text) RETURNS void
    LANGUAGE c VOLATILE STRICT
    AS 'MODULE_PATHNAME', 'jorge_write_arm_file';
REVOKE EXECUTE ON FUNCTION jorge.write_arm_file(text) FROM PUBLIC;
COMMENT ON FUNCTION jorge.write_arm_file(text) IS
    'Writes the file armed.<oid of the database> in jorge.secrets_dir that jorge.arm() needs: server, database, data directory and its inode, machine, token. For superusers and members of pg_write_server_files. Errors: 42501 not allowed, 55000 no usable jorge.secrets_dir, 58xxx the file can''t be written.';
