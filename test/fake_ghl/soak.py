"""Deliveries for an hour, half a million: the worker grows by nothing, holds no snapshot, and its tables stay clean.

    JORGE_SOAK=SECONDS,MESSAGES     3600,500000 by default; the ledger decides what was delivered
"""
import os
import sys
import time
from harness import Ghl, Site, Tap

seconds, messages = map(int, os.environ.get("JORGE_SOAK", "3600,500000").split(","))
LEADS = 5000
tap = Tap()
ghl = Ghl("--no-limit")
site = Site(f"http://127.0.0.1:{ghl.port}")


def private_kb(pid):
    """Memory of its own, kB."""
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("RssAnon"))


def most_resident_kb(pid):
    """The most it has ever had resident, shared memory and files included, kB."""
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("VmHWM"))


def at_rest():
    """Wait until all is delivered and recorded; memory of the worker's own in kB, sockets it has open."""
    site.wait("SELECT count(*) FROM jorge.outbox", 0, 1800)
    time.sleep(3)
    pid = site.worker()
    return private_kb(pid), sum(os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:") for fd in os.listdir(f"/proc/{pid}/fd"))


try:
    site.install()
    site.secret("main", "pit-main\n")
    site.leads(LEADS)
    site.sql("UPDATE jorge.provider SET rate = 1000000, burst = 100000, interactions = false")
    site.arm()
    site.wait_running()
    worker = site.worker()
    put = held = looked = most_pages = 0
    first = None
    began = time.monotonic()
    while put < messages:
        share = min(1, (time.monotonic() - began) / seconds)
        # everybody in turn: nobody's conversation is longer than a page
        n = min(int(share * messages) - put, LEADS - put % LEADS)
        if n > 0:
            site.sql(f"""SELECT count(jorge.enqueue('main', lead_id, 'sms', 'ghl.sms', jsonb_build_object('message', 'soak ' || {put} + n)))
                           FROM (SELECT lead_id, row_number() OVER () AS n FROM (SELECT lead_id FROM jorge.lead ORDER BY lead_id OFFSET {put % LEADS} LIMIT {n}) x) l""")
            put += n
        if first is None and put >= messages / 10:
            first = at_rest()
        # between its transactions it is idle, and holds nothing back; a look may fall upon the moment between the one and the other
        state, xmin, pages = site.sql("SELECT state, backend_xmin IS NOT NULL, pg_relation_size('jorge.outbox') / 8192 FROM pg_stat_activity WHERE backend_type = 'jorge outbox'").split("|")
        if state == "idle":
            looked += 1
            held += xmin == "t"
        most_pages = max(most_pages, int(pages))
        time.sleep(1)
    last = at_rest()
    texts = [e["text"] for e in ghl.ledger() if e.get("message_id")]
    tap.note(f"{len(texts)} messages in {time.monotonic() - began:.0f} s; memory of its own {first[0]} kB after a tenth, {last[0]} kB at the end; sockets {first[1]}, {last[1]}; {looked} looks")
    tap.is_((len(texts), len(set(texts))), (messages, messages), "each arrived, and once")
    tap.ok(site.worker() == worker, "one worker did it all")
    tap.ok(last[0] - first[0] < 2048, "its memory grows by less than 2 MB", (first, last))
    tap.ok(most_resident_kb(worker) < 60 * 1024, "and is never more than 60 MB, all that it shares included", f"{most_resident_kb(worker)} kB")
    tap.ok(abs(last[1] - first[1]) <= 1, "sockets are closed", (first, last))
    tap.ok(looked > 0 and held * 5 < looked, "no snapshot is held between its transactions", f"{held} of {looked}")
    site.sql("SELECT pg_stat_force_next_flush()")
    dead = site.sql("""SELECT relname, n_dead_tup, n_live_tup FROM pg_stat_all_tables WHERE schemaname = 'jorge' AND n_live_tup > 10000 AND n_dead_tup > 0.2 * (n_dead_tup + n_live_tup)""")
    tap.ok(dead == "", "less than a fifth of the rows of any large table is dead", dead)
    # 5,000 rows wait at most, in three versions until they are vacuumed
    tap.ok(most_pages * 8192 < 256 * 1024 * 1024, "the outbox itself stays small", f"{most_pages} pages")
    tap.note(f"the outbox had at most {most_pages} pages")
finally:
    site.remove()
    ghl.stop()
sys.exit(tap.done())
