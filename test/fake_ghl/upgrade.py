"""The server is upgraded with requests on their way: pg_upgrade takes everything along and sends nothing; the new server waits until it is armed."""
import shutil
import subprocess
import sys
from harness import Ghl, Site, Tap

tap = Tap()
ghl = Ghl("--no-limit")
site = Site(f"http://127.0.0.1:{ghl.port}", **{"jorge.outbox_timeout": "20s"})
try:
    site.install()
    site.secret("main", "pit-main\n")
    site.leads(200)
    site.arm()
    site.wait_running()
    site.sql("""SELECT count(jorge.enqueue('main', lead_id, 'sms', 'ghl.sms', jsonb_build_object('message', 'upgraded ' || ghl_contact_id))) FROM jorge.lead""")
    ghl.fault("delay", times=10**6, seconds=1)
    site.sql("UPDATE jorge.provider SET rate = 20, burst = 20")
    site.wait("SELECT in_flight > 10 FROM jorge.outbox_workers()", "t")
    site.stop("fast")
    programs = subprocess.check_output(["pg_config", "--bindir"], text=True).strip()
    bin = site.bin("postgres").parent
    for name in ("pg_upgrade", "pg_dumpall", "pg_resetwal", "pg_controldata", "vacuumdb"):
        shutil.copy(f"{programs}/{name}", bin)
    new = site.cluster / "upgraded"
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "check": False}
    site.as_owner(bin / "initdb", "-D", new, "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", **quiet)
    site.as_owner("cp", site.data / "postgresql.conf", new / "postgresql.conf")
    upgrade = ["env", "-C", site.data, bin / "pg_upgrade", "-b", bin, "-B", bin, "-d", site.data, "-D", new, "-U", "postgres", "--socketdir", site.cluster / "socket"]
    before = len(ghl.ledger())
    checked = site.as_owner(*upgrade, "--check", **quiet)
    tap.ok(checked.returncode == 0 and "are compatible" in checked.stdout, "pg_upgrade --check finds nothing wrong", checked.stdout)
    done = site.as_owner(*upgrade, "--no-sync", **quiet)
    tap.ok(done.returncode == 0, "pg_upgrade", done.stdout[-600:] + "".join(log.read_text()[-3000:] for log in new.glob("pg_upgrade_output.d/*/log/pg_upgrade_dump_*.log")))
    tap.is_(len(ghl.ledger()), before, "and sends nothing, though it starts both servers")
    site.data = new
    site.start()
    tap.is_(site.wait("SELECT state FROM jorge.outbox_workers()", "disarmed"), "disarmed", "the upgraded server is disarmed until somebody says that it is the one")
    tap.is_(site.sql("SELECT bool_and(jorge.lead_score(l) BETWEEN 0 AND 100) FROM jorge.lead l"), "t", "it scores leads")
    site.sql("UPDATE jorge.provider SET rate = 10000, burst = 1000")
    ghl.control("fault", method="DELETE")
    site.arm()
    site.wait("SELECT count(*) FROM jorge.outbox", 0, 90)
    stored = ghl.stored()
    tap.is_((len(stored), sum(stored.values())), (200, 200), "once armed it sends what was left, and nothing twice")
    tap.is_(site.sql("SELECT count(*) FROM jorge.outbox_done WHERE state <> 'sent'"), "0", "the database says the same")
finally:
    code = tap.done()
    site.remove()
    ghl.stop()
sys.exit(code)
