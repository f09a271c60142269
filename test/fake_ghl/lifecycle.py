"""The worker among the things that happen to a server: databases dropped, extension dropped, shutdown, copies, locks, idleness, TLS."""
import os
import subprocess
import sys
import time
from harness import GATE, LONG, Ghl, Site, Tap

tap = Tap()
ghl = Ghl("--no-limit")
site = Site(f"http://127.0.0.1:{ghl.port}", **{"jorge.outbox_timeout": "20s", "log_statement": "all"})


def put(text, n=1):
    site.sql(f"""SELECT count(jorge.enqueue('main', l.lead_id, 'sms', 'ghl.sms', '{{"message": "{text}"}}')) FROM (SELECT lead_id FROM jorge.lead LIMIT {n}) l""")


def timed(action):
    began = time.monotonic()
    action()
    return time.monotonic() - began


try:
    site.install()
    site.secret("main", "pit-main\n")
    site.leads(450)
    site.arm()
    site.wait_running()
    site.sql("UPDATE jorge.provider SET rate = 10000, burst = 1000")
    put("first")
    site.wait("SELECT count(*) FROM jorge.outbox_done", 1)

    # much memory of the server's passes through it, and at rest none stays mapped
    site.sql("ALTER TABLE jorge.outbox ALTER payload SET STORAGE EXTERNAL")
    site.sql("""SELECT count(jorge.enqueue('main', l.lead_id, 'sms', 'ghl.sms', jsonb_build_object('message', repeat('x', 250000)))) FROM (SELECT lead_id FROM jorge.lead LIMIT 250) l""")
    site.wait("SELECT count(*) FROM jorge.outbox_done", 251)
    resident = site.resident()
    for _ in range(50):
        if resident["VmRSS"] < 60:
            break
        time.sleep(0.1)
        resident = site.resident()
    tap.ok(resident["VmHWM"] > 80 and resident["VmRSS"] < 60, "at rest it holds little memory", str(resident))
    site.sql("ALTER TABLE jorge.outbox ALTER payload SET STORAGE EXTENDED")

    # idle: what the worker costs, and how soon it is there
    before = [int(x) for x in site.sql("SELECT transactions, wakeups FROM jorge.outbox_workers()").split("|")]
    cpu = sum(map(int, open(f"/proc/{site.worker()}/stat").read().split()[13:15]))
    seconds = 60 if LONG else 6
    time.sleep(seconds)
    cpu = sum(map(int, open(f"/proc/{site.worker()}/stat").read().split()[13:15])) - cpu
    after = [int(x) for x in site.sql("SELECT transactions, wakeups FROM jorge.outbox_workers()").split("|")]
    idle = f"{after[0] - before[0]} transactions, {after[1] - before[1]} wakeups, {cpu * 100 / os.sysconf('SC_CLK_TCK') / seconds:.3f} % CPU in {seconds} s idle"
    tap.note(idle)
    # a minute: two queries, 0.1 % CPU
    tap.ok(after[0] - before[0] <= max(1, seconds / 30) and after[1] - before[1] <= max(2, seconds / 15) and cpu * 1000 <= max(1000, seconds * os.sysconf("SC_CLK_TCK")), "idle it sleeps", idle)
    waits = []
    for n in range(15):
        at = float(site.sql(f"""BEGIN; SELECT NULL FROM (SELECT jorge.enqueue('main', lead_id, 'sms', 'ghl.sms', '{{"message": "wake {n}"}}') FROM jorge.lead LIMIT 1) x;
                                SELECT extract(epoch FROM clock_timestamp()); COMMIT""").split()[-1])
        site.wait("SELECT count(*) FROM jorge.outbox", 0)
        waits.append([e["t"] for e in ghl.ledger() if e.get("text") == f"wake {n}"][0] - at)
    waits.sort()
    tap.note(f"commit to the provider's ledger: p50 {waits[7] * 1000:.1f} ms, worst {waits[-1] * 1000:.1f} ms")
    tap.ok(waits[7] < 0.05, "a commit wakes it")

    # a slow one among 400 fast ones
    ghl.fault("delay", "slow one", seconds=6)
    put("slow one")
    time.sleep(0.1)
    began = time.time()
    put("fast one", 400)
    site.wait("SELECT count(*) FROM jorge.outbox_done WHERE payload ->> 'message' = 'fast one'", 400)
    last = max(e["t"] for e in ghl.ledger() if e.get("text") == "fast one")
    tap.note(f"400 beside a request that takes 6 s: the last one after {last - began:.2f} s")
    tap.ok(last - began < 2, "a slow answer holds up nobody")
    quiet = site.wait("SELECT count(*), count(backend_xmin), count(xact_start) FROM pg_stat_activity WHERE backend_type = 'jorge outbox'", "1|0|0", 2)
    waiting = site.sql("SELECT count(*) FROM jorge.outbox WHERE state = 'sending'")
    tap.is_((quiet, waiting), ("1|0|0", "1"), "no snapshot and no transaction while a request is on its way")

    # many that are stopped take less long than as many that are sent: the gate's decisions are not paced
    def all_of(text):
        site.sql(f"""SELECT count(jorge.enqueue('main', l.lead_id, 'sms', 'ghl.sms', '{{"message": "{text}"}}')) FROM jorge.lead l, generate_series(1, 5)""")
        site.wait("SELECT count(*) FROM jorge.outbox", 0)

    site.wait("SELECT count(*) FROM jorge.outbox", 0)
    wants = timed(lambda: all_of("wanted"))
    site.sql(GATE.replace("'send'", "'cancel'"))
    stopped = timed(lambda: all_of("stopped"))
    site.sql(GATE)
    tap.is_(site.sql("SELECT payload ->> 'message', state, count(*) FROM jorge.outbox_done WHERE payload ->> 'message' IN ('wanted', 'stopped') GROUP BY 1, 2 ORDER BY 1"),
            "stopped|cancelled|2250\nwanted|sent|2250", "2,250 are sent, as many stopped")
    tap.ok(stopped < wants * 2, "and stopping takes no longer", f"{stopped:.1f} s, {wants:.1f} s")
    tap.note(f"2,250 sent in {wants:.1f} s, as many stopped in {stopped:.1f} s")

    # a stop races the claim, some at the same instant: nothing is claimed whose stop had been acknowledged
    races = 10000 if LONG else 600
    site.sql(f'''
        CREATE TABLE public.stopped (lead_id uuid PRIMARY KEY);
        CREATE TABLE public.acknowledged (lead_id uuid, at timestamptz);
        CREATE OR REPLACE FUNCTION jorge.send_gate(location_id text, lead_id uuid, channel text, at timestamptz, dedupe_key text DEFAULT NULL, OUT decision text, OUT rule text, OUT until timestamptz)
            LANGUAGE sql STABLE AS $$ SELECT CASE WHEN EXISTS (SELECT FROM public.stopped s WHERE s.lead_id = $2) THEN 'cancel' ELSE 'send' END, 'race', NULL::timestamptz $$;
        INSERT INTO jorge.lead (lead_id, ghl_contact_id, owner) SELECT gen_random_uuid(), 'autorace' || g, 'race' || g % 4 FROM generate_series(1, {races}) g;
        CREATE PROCEDURE public.race(part text) LANGUAGE plpgsql AS $$
        DECLARE who uuid; ids uuid[] := ARRAY(SELECT lead_id FROM jorge.lead WHERE owner = part);
        BEGIN
            FOREACH who IN ARRAY ids LOOP
                PERFORM jorge.enqueue('main', who, 'sms', 'ghl.sms', '{{"message": "race"}}', dedupe_key => 'race ' || who);
                COMMIT;
                PERFORM pg_sleep(random() ^ 3 * 0.03);
                INSERT INTO public.stopped VALUES (who);
                -- as any reply does
                UPDATE jorge.lead SET inbound = inbound + 1 WHERE lead_id = who AND location_id = 'main';
                COMMIT;
                INSERT INTO public.acknowledged VALUES (who, clock_timestamp());
            END LOOP;
        END $$''')
    racers = [subprocess.Popen(["psql", "-qX", "-c", f"CALL public.race('race{n}')"], env=site.env, stdout=subprocess.DEVNULL) for n in range(4)]
    tap.is_([r.wait() for r in racers], [0, 0, 0, 0], f"{races} stops race their claims")
    site.wait("SELECT count(*) FROM jorge.outbox", 0)
    outcome = dict(line.split("|") for line in site.sql("SELECT state, count(*) FROM jorge.outbox_done WHERE payload ->> 'message' = 'race' GROUP BY 1").splitlines())
    tap.ok(int(outcome.get("sent", 0)) > races / 20 and int(outcome.get("cancelled", 0)) > races / 20, "some were sent before, some cancelled", outcome)
    tap.note(outcome)
    tap.is_(site.sql("SELECT count(*) FROM jorge.outbox_done d JOIN public.acknowledged a USING (lead_id) WHERE d.payload ->> 'message' = 'race' AND d.state = 'sent' AND d.sent_at > a.at"), "0",
            "none was claimed after its stop")
    site.sql(GATE)

    # an error of the worker, longer than is kept, in a letter of two bytes; read from a database of another encoding, too
    site.sql("""CREATE FUNCTION public.fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', repeat('é', 200); END $$;
                CREATE TRIGGER fails BEFORE INSERT ON jorge.outbox_log FOR EACH ROW EXECUTE FUNCTION public.fails()""")
    put("after an error")
    said = "SELECT coalesce((SELECT last_error FROM jorge.outbox_workers() WHERE database = 'outbox'), '')"
    tap.is_(site.wait(said, "é" * 127), "é" * 127, "an error that is cut ends with a whole character")
    site.sql("CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C'", "postgres")
    site.sql("CREATE EXTENSION jorge", "latin")
    tap.is_(site.sql(said, "latin"), "?" * 254, "where the encoding is another one it is readable")
    site.sql("DROP DATABASE latin", "postgres")
    site.sql("DROP TRIGGER fails ON jorge.outbox_log")
    tap.is_(site.wait("SELECT count(*) FROM jorge.outbox_done WHERE payload ->> 'message' = 'after an error'", 1), "1", "and when the cause is gone it delivers")

    # dropping databases
    site.sql("CREATE DATABASE other", "postgres")
    tap.ok(timed(lambda: site.sql("DROP DATABASE other", "postgres")) < 1, "DROP DATABASE of another one does not wait for requests on their way")
    ghl.fault("delay", "slow two", seconds=15)
    put("slow two")
    site.sql("SELECT pg_sleep(0.2)")
    tap.ok(timed(lambda: site.sql("BEGIN; LOCK jorge.outbox IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(2.5)")) < 6 and site.worker(), "a locked table does not kill it")
    took = timed(lambda: site.sql("DROP EXTENSION jorge CASCADE"))
    tap.ok(took < 4, "nor does DROP EXTENSION wait for a request of 15 s", took)
    site.sql("CREATE EXTENSION jorge; SELECT jorge.install();" + "SELECT 1")
    tap.is_(site.wait_running(), "running", "it is back when the extension is")
    put("after install")
    site.wait("SELECT count(*) FROM jorge.outbox_done WHERE payload ->> 'message' = 'after install'", 1)
    tap.is_(ghl.stored().get("after install"), 1, "and delivers")

    # pg_terminate_backend, and a shutdown with a request on its way
    pid = site.worker()
    site.sql(f"SELECT pg_terminate_backend({pid})")
    site.wait(f"SELECT count(*) FROM jorge.outbox_workers() WHERE pid <> {pid} AND state = 'running'", 1)
    tap.ok(site.worker() not in (0, pid), "a worker that is terminated comes back")
    ghl.fault("delay", "slow three", seconds=20)
    put("slow three")
    site.wait("SELECT in_flight FROM jorge.outbox_workers()", 1)
    took = timed(lambda: site.stop("fast"))
    tap.ok(took < 5, "a fast shutdown waits three seconds for a request, not twenty", took)
    site.start()
    tap.is_(site.sql("SELECT state || ' ' || reason FROM jorge.outbox WHERE payload ->> 'message' = 'slow three'"), "unknown the server was stopping", "what it gave up is of unknown outcome")
    site.wait_running()
    tap.is_(ghl.stored().get("slow three"), 1, "and not sent again")

    # copies: a restored dump, and the data directory copied, with the same configuration
    put("for the original", 3)
    site.wait("SELECT count(*) FROM jorge.outbox WHERE state = 'pending'", 0)
    # a launcher that is lost leaves a worker that nobody holds: it makes way for one that is held, which is woken as before
    worker = site.worker()
    site.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'jorge launcher'")
    end = time.monotonic() + 30
    while site.worker() in (0, worker) and time.monotonic() < end:
        time.sleep(0.1)
    tap.ok(site.worker() not in (0, worker) and site.wait_running() == "running", "after the launcher another worker runs")
    put("after the launcher")
    tap.is_(site.wait("SELECT count(*) FROM jorge.outbox_done WHERE payload ->> 'message' = 'after the launcher'", 1, 5), "1", "and is woken by a commit")

    # a commit that waits for a standby that is away: the server stops all the same
    site.sql("ALTER SYSTEM SET synchronous_standby_names = 'away'", "postgres")
    site.sql("SET synchronous_commit = local; SELECT pg_reload_conf()", "postgres")
    time.sleep(1)
    site.sql("SET synchronous_commit = local; SELECT count(jorge.enqueue('main', lead_id, 'sms', 'ghl.sms', '{\"message\": \"standby\"}')) FROM (SELECT lead_id FROM jorge.lead LIMIT 1) l")
    tap.is_(site.wait("SELECT max(wait_event) FROM pg_stat_activity WHERE backend_type = 'jorge outbox'", "SyncRep"), "SyncRep", "the worker's commit waits for the standby")
    tap.ok(timed(lambda: site.stop("fast")) < 20, "but the server stops")
    with open(site.data / "postgresql.auto.conf", "a") as conf:
        conf.write("synchronous_standby_names = ''\n")
    site.start()
    site.wait_running()
    tap.is_(site.wait("SELECT state FROM jorge.outbox_done WHERE payload ->> 'message' = 'standby'", "sent"), "sent", "and what waited is sent")
    tap.is_(ghl.stored().get("standby"), 1, "once")

    site.sql("SELECT count(jorge.enqueue('main', lead_id, 'sms', 'ghl.sms', '{\"message\": \"must not leave a copy\"}', due_at => now() + interval '1 hour')) FROM jorge.lead LIMIT 1")
    site.as_owner(site.bin("pg_dump"), "-Fc", "-d", site.database, "-f", site.data / "dump")
    site.stop("fast")
    clone = site.cluster / "clone"
    site.as_owner("cp", "-a", site.data, clone, check=False) if os.geteuid() else subprocess.run(["cp", "-a", site.data, clone], check=True)
    site.start()
    site.sql("UPDATE jorge.outbox SET state = 'held' WHERE state = 'pending'")
    (clone / "postmaster.pid").unlink(missing_ok=True)
    socket = site.cluster / "socket2"
    socket.mkdir()
    site.own(socket)
    site.as_owner(site.bin("pg_ctl"), "-D", clone, "-l", clone / "server.log", "-w", "-s", "-o", f"-c unix_socket_directories={socket}", "start", stdout=subprocess.DEVNULL)
    original = site.env["PGHOST"]
    site.env["PGHOST"] = str(socket)
    tap.is_(site.wait("SELECT state FROM jorge.outbox_workers()", "disarmed"), "disarmed", "a copied data directory is disarmed")
    site.sql("UPDATE jorge.outbox SET due_at = now(); SELECT jorge.outbox_wake(now())")
    site.sql("SELECT pg_sleep(1)")
    tap.is_(ghl.stored().get("must not leave a copy"), None, "and sends nothing")
    site.as_owner(site.bin("pg_ctl"), "-D", clone, "-m", "immediate", "-s", "stop")
    site.env["PGHOST"] = original
    tap.ok("password" not in site.log() and "pit-main" not in site.log(), "the token is not in the log, though every statement is")
    site.sql("CREATE DATABASE restored", "postgres")
    site.as_owner(site.bin("pg_restore"), "-d", "restored", site.data / "dump", check=False, stderr=subprocess.DEVNULL)
    site.sql("UPDATE jorge.outbox SET state = 'pending', due_at = now()", "restored")
    site.sql("ALTER SYSTEM SET jorge.outbox_databases = 'outbox, restored'", "postgres")
    site.sql("SELECT pg_reload_conf()", "postgres")
    tap.is_(site.wait("SELECT state FROM jorge.outbox_workers() WHERE database = 'restored'", "disarmed"), "disarmed", "so is a restored dump")
    site.sql("SELECT pg_sleep(1)")
    tap.is_(ghl.stored().get("must not leave a copy"), None, "and sends nothing either")
    space = site.cluster / "space"
    space.mkdir()
    site.own(space)
    site.sql(f"CREATE TABLESPACE space LOCATION '{space}'", "postgres")
    took = timed(lambda: site.sql("ALTER DATABASE restored SET TABLESPACE space", "postgres"))
    tap.ok(took < 4, "ALTER DATABASE ... SET TABLESPACE of one with a worker", took)
    took = timed(lambda: site.sql("CREATE DATABASE copied TEMPLATE restored", "postgres"))
    tap.ok(took < 4, "CREATE DATABASE ... TEMPLATE", took)
    took = timed(lambda: site.sql("ALTER DATABASE restored RENAME TO moved", "postgres"))
    tap.ok(took < 4, "ALTER DATABASE ... RENAME", took)
    site.sql("DROP DATABASE copied", "postgres")
    took = timed(lambda: site.sql("DROP DATABASE moved", "postgres"))
    tap.ok(took < 3, "DROP DATABASE of one with a worker", took)
    took = timed(lambda: site.sql("DROP DATABASE outbox", "postgres"))
    tap.ok(took < 3, "and of the one that delivers", took)
    tap.ok("terminated by signal" not in site.log(), "nothing crashed")
finally:
    code = tap.done()
    site.remove()
    ghl.stop()
sys.exit(code)
