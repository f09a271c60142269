"""How fast the outbox delivers, and at what cost: prints figures. Not a test of time: run it on a quiet machine.

    speed.py burst     30,000 due at once, no rate limit
    speed.py rate      20 locations at GHL's limit, delays divided by 4
"""
import os
import subprocess
import sys
import tempfile
import time
from harness import Ghl, Site

what = sys.argv[1] if len(sys.argv) > 1 else "burst"
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 30000


def cpu_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid):
    status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status").read().splitlines() if ":" in line)
    return {k: int(status[k].split()[0]) // 1024 for k in ("VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem")}


scale = 4 if what == "rate" else 1
ghl = Ghl(tempfile.mkdtemp(suffix=".jorge"), "--scale", scale, *(["--no-limit"] if what == "burst" else []))
site = Site(f"http://127.0.0.1:{ghl.port}", **{"jorge.outbox_time_scale": scale, "jorge.outbox_timeout": "10s"})
try:
    site.install()
    locations = [f"loc{n}" for n in range(20)] if what == "rate" else ["main"]
    rows = rows // len(locations)
    for location in locations:
        site.secret(location, f"pit-{location}\n")
        site.leads(rows, location)
    if what == "burst":
        site.sql("UPDATE jorge.provider SET rate = 1000000, burst = 100000, interactions = " + ("true" if "notes" in sys.argv else "false"))
    began = time.monotonic()
    site.sql("""SELECT count(jorge.enqueue(location_id, lead_id, 'sms', 'ghl.sms', jsonb_build_object('message', 'Hi, are you still looking for a house? ' || ghl_contact_id))) FROM jorge.lead""")
    site.sql("ANALYZE")
    print(f"{rows * len(locations)} rows put in at {rows * len(locations) / (time.monotonic() - began):.0f}/s")
    site.arm()
    site.wait_running()
    pid = site.worker()
    server0, cpu0, began = cpu_of(ghl.process.pid), cpu_of(pid), time.monotonic()
    while site.sql("SELECT count(*) FROM (SELECT FROM jorge.outbox LIMIT 1) x") != "0":
        time.sleep(0.3)
    took, cpu, server = time.monotonic() - began, cpu_of(pid) - cpu0, cpu_of(ghl.process.pid) - server0
    sent = [e for e in ghl.ledger() if e.get("message_id")]
    times = sorted(e["t"] for e in sent)
    n = len(sent)
    print(f"{n} messages in {times[-1] - times[0]:.1f} s: {n / (times[-1] - times[0]):.0f}/s; {len(set(e['text'] for e in sent))} different, {rows * len(locations) - n} lost")
    print(f"CPU of the worker {cpu / n * 1e6:.0f} us a message; of the fake GHL {server / n * 1e6:.0f} us; worker's memory, MB: {memory_of(pid)}")
    if what == "rate":
        worst, used = 0, []
        for location in locations:
            t = sorted(e["t"] for e in ghl.ledger() if e.get("location") == location)
            first = 0
            for last in range(len(t)):
                while t[last] - t[first] >= 10 / scale:
                    first += 1
                worst = max(worst, last - first + 1)
            used.append(len(t) / ((t[-1] - t[0]) * scale * 10))
        throttled = sum(e.get("status") == 429 for e in ghl.ledger())
        print(f"most in any 10 s of one location: {worst}; share of the allowance used: {min(used):.2f} to {max(used):.2f}; answers 429: {throttled}")
    print(site.sql("SELECT * FROM jorge.outbox_workers()"))
finally:
    site.remove()
    ghl.stop()
