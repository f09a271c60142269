"""The worker and the clock among what an administrator does: an owner without privileges who is replaced, a transaction that stays open,
tables locked for a minute. The ledger decides."""
import subprocess
import sys
import time
from harness import GATE, LONG, Ghl, Site, Tap

tap = Tap()
ghl = Ghl("--no-limit")
site = Site(f"http://127.0.0.1:{ghl.port}", **{"jorge.outbox_timeout": "20s"})


def put(text, n=200):
    site.sql(f"""SELECT count(jorge.enqueue('main', lead_id, 'sms', 'ghl.sms', jsonb_build_object('message', '{text} ' || ghl_contact_id)))
                   FROM (SELECT lead_id, ghl_contact_id FROM jorge.lead LIMIT {n}) l""")


def sent(text):
    """How many different messages the provider has, and how many in all."""
    stored = [n for each, n in ghl.stored().items() if each.startswith(text + " ")]
    return len(stored), sum(stored)


def deliver(text, n=200):
    """Seconds it takes to put messages in and deliver them."""
    began = time.monotonic()
    put(text, n)
    site.wait("SELECT count(*) FROM jorge.outbox", 0, 60)
    return time.monotonic() - began


try:
    # the owner is no superuser: the worker delivers, and his jobs have his rights
    site.sql("CREATE DATABASE outbox", "postgres")
    site.sql("CREATE ROLE agency SUPERUSER")
    site.sql("SET SESSION AUTHORIZATION agency; CREATE EXTENSION jorge; SELECT jorge.install();" + GATE)
    site.sql("ALTER ROLE agency NOSUPERUSER")
    site.sql("""UPDATE jorge.job SET active = false;
                CREATE TABLE public.rights (who name, superuser boolean);
                ALTER TABLE public.rights OWNER TO agency;
                INSERT INTO jorge.job (job, command, schedule, every, what) VALUES
                    ('rights', 'INSERT INTO public.rights SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user', '0 0 * * *', '1 day', 'test'),
                    ('climb', 'SELECT set_config(''role'', ''postgres'', false)', '0 0 * * *', '1 day', 'test'),
                    ('grab', 'UPDATE pg_authid SET rolsuper = true', '0 0 * * *', '1 day', 'test')""")
    site.secret("main", "pit-main\n")
    site.leads(2000)
    site.sql("UPDATE jorge.provider SET rate = 10000, burst = 1000")
    site.arm()
    site.wait_running()
    deliver("for the owner")
    tap.is_(sent("for the owner"), (200, 200), "the worker delivers for an owner without privileges")
    tap.is_(site.wait("SELECT count(*) FROM jorge.job_log WHERE state <> 'running' AND job IN ('rights', 'climb', 'grab')", 3, 90), "3", "the clock runs his jobs")
    tap.is_(site.sql("SELECT * FROM public.rights"), "agency|f", "as him")
    tap.is_(site.sql("SELECT string_agg(job || ': ' || state || ' ' || (detail ->> 'sqlstate'), ', ' ORDER BY job) FROM jorge.job_log WHERE job IN ('climb', 'grab')"),
            "climb: failed 42501, grab: failed 42501", "and they get no more rights than he has")

    tap.ok("must not run" in site.sql("SELECT jorge.install()", check=False), "a superuser doesn't run what is his")
    tap.is_(site.sql("SET ROLE agency; SELECT jorge.install()", check=False), "", "but may do so as him")

    # he goes, and somebody else owns it all
    pid = site.worker()
    site.sql("CREATE ROLE heir; REASSIGN OWNED BY agency TO heir; DROP OWNED BY agency; DROP ROLE agency")
    deliver("for the heir")
    tap.is_((sent("for the heir"), site.worker()), ((200, 200), pid), "the owner is dropped: the same worker delivers for the next one")

    # a transaction that stays open: nothing that is finished can be cleaned away
    free = min(deliver(f"before {n}", 2000) for n in range(2))
    holder = subprocess.Popen(["psql", "-qX"], env=site.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    holder.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM jorge.outbox;\n")
    holder.stdin.flush()
    tap.is_(site.wait("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND backend_xmin IS NOT NULL", 1), "1", "a transaction stays open")
    held = [deliver(f"meanwhile {n}", 2000) for n in range(5)]
    tap.is_([sent(f"meanwhile {n}") for n in range(5)], [(2000, 2000)] * 5, "10,000 messages meanwhile")
    tap.ok(held[-1] < free * 4 and site.worker() == pid, "the last 2,000 of them take not four times as long as 2,000 before", (free, held))
    tap.note(f"2,000 messages: {free:.2f} s before, {' '.join(f'{s:.2f}' for s in held)} s while a transaction stays open")
    holder.kill()
    holder.wait()

    # tables locked, with requests on their way
    ghl.fault("delay", "while locked", times=10**6, seconds=1)
    put("while locked")
    site.wait("SELECT in_flight > 10 FROM jorge.outbox_workers()", "t")
    site.sql(f"BEGIN; LOCK jorge.outbox, jorge.outbox_done, jorge.lead IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({60 if LONG else 4})")
    site.wait("SELECT count(*) FROM jorge.outbox", 0, 60)
    tap.is_((sent("while locked"), site.worker()), ((200, 200), pid), "tables locked: each once, by the same worker")
finally:
    code = tap.done()
    site.remove()
    ghl.stop()
sys.exit(code)
