"""A primary dies with requests on their way; its standby is promoted, sends nothing until it is armed and the hold-off is over, and then each message once."""
import subprocess
import sys
import time
from harness import Ghl, Site, Tap

SCALE = 20
tap = Tap()
ghl = Ghl("--scale", SCALE)
site = Site(f"http://127.0.0.1:{ghl.port}", **{"jorge.outbox_time_scale": SCALE, "jorge.outbox_timeout": "20s"})
try:
    site.install()
    site.secret("main", "pit-main\n")
    site.leads(60)
    site.sql("CREATE ROLE walker REPLICATION LOGIN")
    site.stop("fast")
    standby = site.cluster / "standby"
    site.as_owner("cp", "-a", site.data, standby)
    socket = site.cluster / "socket2"
    socket.mkdir()
    site.own(socket)
    site.start()
    site.arm()
    site.as_owner("sh", "-c", f"touch {standby}/standby.signal; echo \"primary_conninfo = 'host={site.env['PGHOST']} user=walker'\" >> {standby}/postgresql.conf; "
                              f"echo \"unix_socket_directories = '{socket}'\" >> {standby}/postgresql.conf")
    control = [site.bin("pg_ctl"), "-D", standby, "-l", standby / "server.log", "-w", "-s"]
    site.as_owner(*control, "start", stdout=subprocess.DEVNULL)
    site.wait_running()
    ghl.fault("delay", times=10**6, seconds=3)
    site.sql("SELECT count(jorge.enqueue('main', lead_id, 'sms', 'ghl.sms', jsonb_build_object('message', 'm ' || ghl_contact_id))) FROM jorge.lead")
    site.wait("SELECT in_flight >= 20 FROM jorge.outbox_workers()", "t")
    site.wait("SELECT bool_and(replay_lsn >= pg_current_wal_lsn()) FROM pg_stat_replication", "t")
    primary = site.env["PGHOST"]
    site.stop("immediate")
    before = len(ghl.stored())
    tap.ok(before >= 10, "the primary dies with requests on their way", before)
    ghl.control("fault", method="DELETE")
    site.as_owner(*control, "promote", stdout=subprocess.DEVNULL)
    site.env["PGHOST"] = str(socket)
    tap.is_(site.wait("SELECT state FROM jorge.outbox_workers()", "disarmed"), "disarmed", "the promoted standby is disarmed: it is a copy")
    time.sleep(1)
    tap.is_(len(ghl.stored()), before, "and sends nothing")
    tap.ok(int(site.sql("SELECT count(*) FROM jorge.outbox WHERE state = 'sending'")) >= 10, "it knows what was on its way")
    site.arm()
    armed = time.monotonic()
    tap.is_(site.wait("SELECT state FROM jorge.outbox_workers()", "running", 20), "running", "once armed, and after the hold-off, it runs")
    site.wait("SELECT count(*) FROM jorge.outbox", 0, 90)
    stored = ghl.stored()
    tap.is_((len(stored), sum(stored.values())), (60, 60), "and each message arrived once")
    tap.note("found by reading the conversation: " + site.sql("SELECT count(*) FROM jorge.outbox_done WHERE reason LIKE 'found%'"))
    site.as_owner(*control, "-m", "immediate", "stop")
    site.env["PGHOST"] = primary
finally:
    code = tap.done()
    site.remove()
    ghl.stop()
sys.exit(code)
