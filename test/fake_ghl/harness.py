"""What the tests of the outbox share: a fake GHL, a cluster whose worker sends to it, and TAP."""
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
LONG = bool(os.environ.get("JORGE_LONG"))

# lets everything through, but for leads whose name says otherwise
GATE = """
DROP FUNCTION IF EXISTS jorge.send_gate(text, uuid, text, timestamptz, text);
CREATE FUNCTION jorge.send_gate(location_id text, lead_id uuid, channel text, at timestamptz, dedupe_key text DEFAULT NULL,
                                OUT decision text, OUT rule text, OUT until timestamptz) LANGUAGE sql STABLE
AS $$ SELECT 'send'::text, 'open'::text, NULL::timestamptz $$;
"""


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def ok(self, good, what, note=""):
        self.n += 1
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.n} - {what}")
        if not good and note != "":
            print("# " + str(note).replace("\n", "\n# "))
        sys.stdout.flush()
        return good

    def is_(self, got, wanted, what):
        return self.ok(got == wanted, what, f"got {got!r}, wanted {wanted!r}")

    def note(self, text):
        print("# " + str(text).replace("\n", "\n# "))
        sys.stdout.flush()

    def done(self):
        print(f"1..{self.n}")
        return 1 if self.failed else 0


class Ghl:
    """A fake GHL of its own process, in a folder of its own."""

    def __init__(self, *options):
        self.folder = tempfile.mkdtemp(suffix=".jorge")
        self.ledger_file = Path(self.folder) / "ledger"
        self.process = subprocess.Popen([sys.executable, str(HERE / "server.py"), str(self.ledger_file), *map(str, options)], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def control(self, what, body=None, method="POST"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/_{what}", data=None if body is None else json.dumps(body).encode(), method=method)
        return json.load(urllib.request.urlopen(request, timeout=10))

    def fault(self, kind, text="", path="^/conversations/messages$", times=1, **more):
        self.control("fault", {"path": path, "text": text, "kind": kind, "times": times, **more})

    def ledger(self):
        return [json.loads(line) for line in self.ledger_file.read_text().splitlines()] if self.ledger_file.exists() else []

    def stored(self):
        """Texts of the messages that were stored, with how often."""
        texts = {}
        for entry in self.ledger():
            if entry.get("message_id"):
                texts[entry["text"]] = texts.get(entry["text"], 0) + 1
        return texts

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Site:
    """A cluster with the worker on, in a folder of its own."""

    def __init__(self, url, database="outbox", **settings):
        self.dir = Path(tempfile.mkdtemp(suffix=".jorge"))
        os.chmod(self.dir, 0o755)
        self.cluster = self.dir / "cluster"
        self.secrets = self.dir / "secrets"
        self.secrets.mkdir(mode=0o700)
        self.own(self.secrets)
        self.database = database
        wanted = {"shared_preload_libraries": "jorge", "jorge.outbox_databases": database, "jorge.secrets_dir": self.secrets, "jorge.outbox_test_url": url,
                  "max_worker_processes": 12, "jorge.outbox_timeout": "1s", "restart_after_crash": "on", **settings}
        arguments = [x for name, value in wanted.items() for x in ("-c", f"{name}={value}")]
        subprocess.run([TOP / "test/bin/cluster", "start", self.cluster, *arguments], check=True, stdout=subprocess.DEVNULL)
        self.env = {**os.environ, "PGHOST": str(self.cluster / "socket"), "PGPORT": "5432", "PGUSER": "postgres", "PGDATABASE": database,
                    "PGOPTIONS": "-c synchronous_commit=on"}
        self.data = self.cluster / "data"

    @staticmethod
    def own(path):
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(path, user.pw_uid, user.pw_gid)

    def as_owner(self, *command, check=True, **more):
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] if os.geteuid() == 0 else []
        return subprocess.run([*prefix, *map(str, command)], check=check, env=self.env, cwd="/", **more)

    def bin(self, name):
        return self.cluster / ("install" + subprocess.check_output(["pg_config", "--bindir"], text=True).strip()) / name

    def secret(self, location, text, provider="ghl"):
        file = self.secrets / f"{provider}.{location}.token"
        new = self.secrets / "new"
        new.write_text(text)
        os.chmod(new, 0o600)
        self.own(new)
        new.rename(file)
        return file

    def sql(self, text, database=None, check=True):
        run = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-d", database or self.database], input=text, capture_output=True, text=True, env=self.env)
        if check and run.returncode != 0:
            raise RuntimeError(run.stderr + text[:300])
        return (run.stdout + ("" if run.returncode == 0 else run.stderr)).strip()

    def install(self, gate=GATE):
        self.sql(f"CREATE DATABASE {self.database}", "postgres")
        self.sql("CREATE EXTENSION jorge; SELECT jorge.install();" + gate)

    def allow(self, location="main"):
        """All that jorge's own send gate asks for before it lets a text go to the leads of a location, at any hour; they are of forty area codes."""
        self.sql(f"""UPDATE jorge.lead SET phone = '+1' || a.code || (2000000 + x.n), state = right(a.regions[1], 2), country = 'US', inquiries = 1
                       FROM (SELECT lead_id AS id, row_number() OVER () AS n FROM jorge.lead WHERE location_id = '{location}') x
                       JOIN (SELECT c.*, row_number() OVER (ORDER BY md5(code)) AS n FROM jorge.area_code c WHERE regions[1] LIKE 'US-%' LIMIT 40) a ON a.n = 1 + x.n % 40
                      WHERE jorge.lead.location_id = '{location}' AND jorge.lead.lead_id = x.id;
                     INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, text_shown)
                     SELECT location_id, lead_id, 'sms', 'grant', 'written', 'form', 'You may text me' FROM jorge.lead WHERE location_id = '{location}';
                     INSERT INTO jorge.sender (location_id, address, a2p_status) VALUES ('{location}', '+15125550100', 'approved') ON CONFLICT DO NOTHING;
                     UPDATE jorge.quiet_hours SET opens = '00:00', closes = '24:00' WHERE location_id = '*'""")

    def arm(self):
        return self.sql("SELECT jorge.arm()")

    def leads(self, n, location="main"):
        """Leads with contacts that exist by themselves, put in without the way of an inquiry."""
        self.sql(f"""INSERT INTO jorge.lead (location_id, ghl_contact_id) SELECT '{location}', 'auto' || replace('{location}', '-', '') || 'x' || g FROM generate_series(1, {n}) g""")

    def wait(self, query, wanted, seconds=30):
        """Wait until a query answers what is wanted; the last answer."""
        end = time.monotonic() + seconds
        got = None
        while time.monotonic() < end:
            try:
                got = self.sql(query)
            except RuntimeError:
                got = None
            if got == str(wanted):
                break
            time.sleep(0.05)
        return got

    def wait_running(self, seconds=30):
        return self.wait("SELECT coalesce(max(state), '') FROM jorge.outbox_workers() WHERE pid IS NOT NULL AND database = current_database()", "running", seconds)

    def worker(self):
        return int(self.sql("SELECT coalesce(max(pid), 0) FROM jorge.outbox_workers() WHERE database = current_database()") or 0)

    def resident(self):
        """Resident memory of the worker, MB: now, and at its highest."""
        lines = open(f"/proc/{self.worker()}/status").read().splitlines()
        return {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}

    def postmaster(self):
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def start(self):
        self.as_owner(self.bin("pg_ctl"), "-D", self.data, "-l", self.data / "server.log", "-w", "-s", "start", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self, mode="fast", check=True):
        self.as_owner(self.bin("pg_ctl"), "-D", self.data, "-m", mode, "-w", "-s", "stop", check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def log(self):
        return (self.data / "server.log").read_text(errors="replace")

    def kill(self, pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def remove(self):
        if os.environ.get("JORGE_SHOW_LOG"):
            print(self.log()[-20000:])
        subprocess.run([TOP / "test/bin/cluster", "stop", self.cluster], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.dir, ignore_errors=True)
