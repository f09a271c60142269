"""Workers and postmasters are killed at random while a batch is on its way; the provider's ledger must show each message once."""
import os
import random
import sys
import time
from harness import LONG, Ghl, Site, Tap

# JORGE_KILLS=worker,postmaster,rows sets them
WORKER_KILLS, POSTMASTER_KILLS, ROWS = map(int, os.environ.get("JORGE_KILLS", "200,30,500" if LONG else "8,3,120").split(","))
SCALE = 200
seed = int(os.environ.get("JORGE_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
chance = random.Random(seed)
tap = Tap()
ghl = Ghl("--scale", SCALE, "--no-limit")
site = Site(f"http://127.0.0.1:{ghl.port}", **{"jorge.outbox_time_scale": SCALE, "jorge.outbox_connections": 16})


def batch(n):
    """Rows due now, half SMS and half e-mail; every text once in the whole run."""
    site.sql(f"""SELECT count(jorge.enqueue('main', l.lead_id, CASE WHEN n % 2 = 0 THEN 'sms' ELSE 'email' END, CASE WHEN n % 2 = 0 THEN 'ghl.sms' ELSE 'ghl.email' END,
                        CASE WHEN n % 2 = 0 THEN jsonb_build_object('message', 'b{n} m' || n) ELSE jsonb_build_object('subject', 's', 'html', '<p>b{n} m' || n || '</p>') END, dedupe_key => 'b{n} ' || n))
                   FROM (SELECT lead_id, row_number() OVER (ORDER BY ghl_contact_id)::integer AS n FROM jorge.lead) l""")
    return n


def back(pid):
    """Wait until another worker than pid runs."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            now = site.worker()
            if now not in (0, pid):
                return True
        except RuntimeError:
            pass
        time.sleep(0.02)
    return False


try:
    tap.note(f"seed {seed}; {WORKER_KILLS} kills of the worker, {POSTMASTER_KILLS} of the postmaster, {ROWS} rows a batch; delays are divided by {SCALE}")
    site.install()
    site.secret("main", "pit-main\n")
    site.leads(ROWS)
    site.sql("UPDATE jorge.provider SET rate = 10, burst = 20 WHERE provider = 'ghl'")
    site.arm()
    site.wait_running()
    # every answer takes a while, so that a kill meets requests in every state
    ghl.fault("delay", times=10**9, seconds=0.02)
    batches = workers = postmasters = 0
    while workers < WORKER_KILLS or postmasters < POSTMASTER_KILLS:
        batches = batch(batches + 1)
        for _ in range(4):
            time.sleep(chance.random() * 0.3)
            pid = site.worker()
            if postmasters < POSTMASTER_KILLS and (workers >= WORKER_KILLS or chance.random() < POSTMASTER_KILLS / (WORKER_KILLS + POSTMASTER_KILLS)):
                site.kill(site.postmaster())
                postmasters += 1
                time.sleep(0.1)
                for _ in range(50):
                    try:
                        site.start()
                        break
                    except Exception:
                        time.sleep(0.1)
            elif pid:
                site.kill(pid)
                workers += 1
            else:
                continue
            if not back(pid):
                tap.ok(False, "the worker came back", site.log()[-3000:])
                raise SystemExit
            if workers >= WORKER_KILLS and postmasters >= POSTMASTER_KILLS:
                break
        left = site.wait("SELECT count(*) FROM jorge.outbox", 0, 120)
        if left != "0":
            tap.note(site.sql("SELECT state, step, attempt, looks, resends, reason, due_at - now() FROM jorge.outbox LIMIT 5"))
            break
    stored = ghl.stored()
    wanted = batches * ROWS
    tap.is_((workers, postmasters), (WORKER_KILLS, POSTMASTER_KILLS), "workers and postmasters were killed")
    tap.is_(site.sql("SELECT count(*) FROM jorge.outbox"), "0", "nothing is left in the outbox")
    tap.is_(wanted - len(stored), 0, f"of {wanted} messages none was lost")
    tap.is_(sum(n - 1 for n in stored.values()), 0, "and none arrived twice")
    tap.is_(site.sql("SELECT count(*) FROM jorge.outbox_done WHERE state = 'sent'"), str(wanted), "the database says the same")
    tap.note("found by reading the conversation: " + site.sql("SELECT count(*) FROM jorge.outbox_done WHERE reason LIKE 'found%'")
             + "; sent again after not being found: " + site.sql("SELECT count(*) FROM jorge.outbox_done WHERE resends > 0"))
finally:
    code = tap.done()
    site.remove()
    ghl.stop()
sys.exit(code)
