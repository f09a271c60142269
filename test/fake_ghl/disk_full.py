"""The disk fills up while a batch is on its way; by the provider's ledger nothing is lost and nothing arrives twice once there is room again."""
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from harness import Ghl, Site, Tap

ROWS = 500
SCALE = 200
tap = Tap()
disk = Path(tempfile.mkdtemp(suffix=".jorge"))
if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=500m,mode=755", "tmpfs", disk], stderr=subprocess.DEVNULL).returncode != 0:
    disk.rmdir()
    print("1..0 # SKIP a file system of a known size can't be mounted here")
    sys.exit(0)


def fill(file):
    """Take all that is left."""
    with open(file, "ab", buffering=0) as out:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    out.write(b"x" * size)
            except OSError:
                pass


site = ghl = None
try:
    ghl = Ghl("--scale", SCALE, "--no-limit")
    tempfile.tempdir = str(disk)
    site = Site(f"http://127.0.0.1:{ghl.port}", **{"jorge.outbox_time_scale": SCALE, "jorge.outbox_connections": 8, "max_wal_size": "64MB", "min_wal_size": "32MB",
                                                  "shared_buffers": "32MB", "wal_recycle": "off"})
    tempfile.tempdir = None
    site.install()
    site.secret("main", "pit-main\n")
    site.leads(ROWS)
    site.arm()
    site.wait_running()
    ghl.fault("delay", times=10**9, seconds=0.05)
    put = """SELECT count(jorge.enqueue('main', l.lead_id, 'sms', 'ghl.sms', jsonb_build_object('message', '{0} ' || n || repeat(' and more', {1})), dedupe_key => '{0} ' || n))
               FROM (SELECT lead_id, row_number() OVER (ORDER BY ghl_contact_id)::integer AS n FROM jorge.lead) l"""
    site.sql(put.format("first", 0))
    end = time.monotonic() + 30
    while time.monotonic() < end and len(ghl.stored()) < ROWS // 10:
        time.sleep(0.02)
    before = len(ghl.stored())
    worker = site.worker()
    # whoever writes meanwhile is told; what the worker can't record it is told, too
    refused = ""
    end = time.monotonic() + 20
    while time.monotonic() < end and not (refused and f"[{worker}] ERROR:  could not extend" in site.log()):
        fill(disk / "filler")
        try:
            site.sql(put.format(f"late{time.monotonic_ns()}", 30))
        except RuntimeError as error:
            refused = str(error).splitlines()[0]
        time.sleep(0.1)
    tap.note(refused)
    tap.ok(0 < before < ROWS, "the disk was full in the middle of a batch", before)
    tap.ok("No space left on device" in refused, "a transaction that finds no room fails", refused)
    tap.ok(f"[{worker}] ERROR:  could not extend" in site.log(), "the worker's own transactions failed too")
    os.unlink(disk / "filler")
    time.sleep(1)
    if site.sql("SELECT 1", check=False) != "1":
        tap.note("the server had gone down")
        site.stop("immediate", check=False)
        site.start()
    site.wait_running(60)
    left = site.wait("SELECT count(*) FROM jorge.outbox", 0, 120)
    tap.is_(left, "0", "with room again all is delivered")
    stored = ghl.stored()
    done = int(site.sql("SELECT count(*) FROM jorge.outbox_done WHERE state = 'sent'"))
    tap.is_(sum(1 for text in stored if text.startswith("first ")), ROWS, "nothing is lost")
    tap.is_(sum(n - 1 for n in stored.values()), 0, "nothing arrived twice")
    tap.is_(len(stored), done, "what arrived is what was committed")
finally:
    code = tap.done()
    if site is not None:
        site.remove()
    if ghl is not None:
        ghl.stop()
    subprocess.run(["umount", "-l", disk])
    disk.rmdir()
sys.exit(code)
