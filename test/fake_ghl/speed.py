"""How fast the outbox delivers, and at what cost: prints figures. Not a test of time: run it on a quiet machine.

    speed.py burst [ROWS]     ROWS (30,000) due at once, no rate limit
    speed.py rate [ROWS]      20 locations, ROWS (100,000) together, at GHL's limit, delays divided by --scale (3)

The send gate is jorge's own, with everything it asks for there (--gate stub: one that lets all through). The server runs with
fsync, full_page_writes and the default shared_buffers.
"""
import argparse
import os
import re
import time
from harness import Ghl, Site, GATE

parser = argparse.ArgumentParser()
parser.add_argument("what", choices=["burst", "rate"])
parser.add_argument("rows", nargs="?", type=int)
parser.add_argument("--gate", choices=["real", "stub"], default="real")
parser.add_argument("--notes", action="store_true", help="sent messages become interactions, as they do by default")
parser.add_argument("--scale", type=float, default=3)
parser.add_argument("--shared-buffers", default="128MB")
parser.add_argument("--connections", default="128", help="jorge.outbox_connections, as by default")
parser.add_argument("--perf", help="write a profile of the worker to this file")
options = parser.parse_args()
what = options.what
rows = options.rows or (100000 if what == "rate" else 30000)
TICK = os.sysconf("SC_CLK_TCK")


def cpu_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_of(pid):
    """MB; plain pages of shared buffers count in RSS once the process has touched them, in Pss by their share."""
    found = {}
    for file, names in (("status", ("VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem")), ("smaps_rollup", ("Pss",))):
        try:
            lines = open(f"/proc/{pid}/{file}").read().splitlines()
        except OSError:
            continue
        found |= {name: round(int(line.split()[1]) / 1024) for line in lines for name in names if line.startswith(name + ":")}
    return found


def most_in_window(times, length):
    most = first = 0
    for last in range(len(times)):
        while times[last] - times[first] >= length:
            first += 1
        most = max(most, last - first + 1)
    return most


scale = options.scale if what == "rate" else 1
ghl = Ghl("--scale", scale, *(["--no-limit"] if what == "burst" else []))
site = Site(f"http://127.0.0.1:{ghl.port}", **{
    "jorge.outbox_time_scale": scale, "jorge.outbox_timeout": "10s", "jorge.outbox_connections": options.connections,
    "fsync": "on", "full_page_writes": "on", "shared_buffers": options.shared_buffers})
try:
    locations = [f"loc{n}" for n in range(20)] if what == "rate" else ["main"]
    rows = rows // len(locations)
    site.install(GATE if options.gate == "stub" else "")
    for location in locations:
        site.secret(location, f"pit-{location}\n")
        site.leads(rows, location)
        site.allow(location)
    if what == "burst":
        site.sql("UPDATE jorge.provider SET rate = 1000000, burst = 100000, interactions = " + ("true" if options.notes else "false"))
    began = time.monotonic()
    site.sql("""SELECT count(jorge.enqueue(location_id, lead_id, 'sms', 'ghl.sms', jsonb_build_object('message', 'Hi, are you still looking for a house? ' || ghl_contact_id))) FROM jorge.lead""")
    wanted = rows * len(locations)
    print(f"{wanted} rows put in at {wanted / (time.monotonic() - began):.0f}/s; load {os.getloadavg()[0]:.1f}, gate {options.gate}")
    site.sql("ANALYZE")
    site.sql("CHECKPOINT")
    site.arm()
    site.wait_running()
    pid = site.worker()
    server0, cpu0, began = cpu_of(ghl.process.pid), cpu_of(pid), time.monotonic()
    if options.perf:
        import subprocess
        perf = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "997", "-g", "-p", str(pid), "-o", options.perf])
    while site.sql("SELECT count(*) FROM (SELECT FROM jorge.outbox WHERE state <> 'held' LIMIT 1) x") != "0" or site.sql("SELECT count(*) FROM (SELECT FROM jorge.outbox_done WHERE NOT noted LIMIT 1) x") != "0":
        time.sleep(0.5)
    cpu, server = cpu_of(pid) - cpu0, cpu_of(ghl.process.pid) - server0
    if options.perf:
        perf.terminate()
        perf.wait()
    ledger = ghl.ledger()
    sent = [e for e in ledger if e.get("message_id")]
    times = sorted(e["t"] for e in sent)
    n = len(sent)
    different = len(set(e["text"] for e in sent))
    print(f"{n} messages in {times[-1] - times[0]:.1f} s: {n / (times[-1] - times[0]):.0f}/s; {wanted - different} lost, {n - different} twice; load {os.getloadavg()[0]:.1f}")
    print(f"CPU of the worker {cpu / n * 1e6:.0f} us a message; of the fake GHL {server / n * 1e6:.0f} us")
    print(f"the worker's memory, MB: {memory_of(pid)}; shared_buffers {options.shared_buffers}")
    print("size, MB: " + site.sql("""SELECT string_agg(format('%s %s + %s', relname, pg_table_size(oid) / 1048576, pg_indexes_size(oid) / 1048576), ', ' ORDER BY pg_total_relation_size(oid) DESC)
                                     FROM pg_class WHERE relnamespace = 'jorge'::regnamespace AND relkind = 'r' AND pg_total_relation_size(oid) > 2000000"""))
    print("state and rule: " + site.sql("SELECT string_agg(format('%s %s %s', n, decision, rule), ', ') FROM (SELECT count(*) n, decision, rule FROM jorge.send_decision GROUP BY 2, 3) x").replace("\n", ", "))
    if what == "rate":
        of_location = {location: sorted(e["t"] for e in ledger if e.get("location") == location) for location in locations}
        worst = max(most_in_window(t, 10 / scale) for t in of_location.values())
        used = [len(t) / ((t[-1] - t[0]) * scale * 10) for t in of_location.values()]
        throttled = sum(e.get("status") == 429 for e in ledger)
        print(f"most in any 10 s of one location: {worst}; share of the allowance used: {min(used):.2f} to {max(used):.2f}; answers 429: {throttled}; delays divided by {scale:g}")
    print(site.sql("SELECT * FROM jorge.outbox_workers()"))
    errors = re.findall(r".*(?:ERROR|WARNING|PANIC|FATAL).*", site.log())
    print("\n".join(errors[:5]))
finally:
    site.remove()
    ghl.stop()
