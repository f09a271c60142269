"""What never left: TLS that can't be trusted, refused connections, names that don't resolve or hang; and neighbours meanwhile."""
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from harness import LONG, Ghl, Site, Tap

SCALE = 200
tap = Tap()
folder = tempfile.mkdtemp(suffix=".jorge")
os.chmod(folder, 0o755)

HANG = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
	if (node != NULL && strcmp(node, "hang.invalid") == 0)
		sleep(8);
	return real(node, service, hints, result);
}
"""


def certificate(name, *names, expired=False):
    """A self-signed certificate and its key."""
    key, cert, request = f"{folder}/{name}.key", f"{folder}/{name}.pem", f"{folder}/{name}.csr"
    alternatives = ",".join(("IP:" if n[0].isdigit() else "DNS:") + n for n in names)
    Path(f"{folder}/{name}.cnf").write_text(f"[ca]\ndefault_ca=a\n[a]\nnew_certs_dir={folder}\ndatabase={folder}/{name}.db\nserial={folder}/{name}.srl\n"
                                            f"default_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName={alternatives}\n"
                                            f"basicConstraints=CA:true\n")
    Path(f"{folder}/{name}.db").touch()
    Path(f"{folder}/{name}.srl").write_text("01\n")
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={names[0]}"], **quiet)
    dates = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z" if expired else "20990101000000Z"]
    subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-config", f"{folder}/{name}.cnf", "-keyfile", key, "-in", request, "-out", cert, "-notext", *dates], **quiet)
    return cert, key


def attempt(url, what, expected, pattern, trust=None, seconds=4, **settings):
    """One delivery to a server of its own cluster: its class and the reason."""
    site = Site(url, **{"jorge.outbox_time_scale": SCALE, **({"jorge.outbox_ca_file": trust} if trust else {}), **settings})
    try:
        site.install()
        site.secret("main", "pit-main\n")
        site.leads(1)
        site.arm()
        site.sql("""SELECT jorge.enqueue('main', lead_id, 'sms', 'ghl.sms', '{"message": "x"}') FROM jorge.lead""")
        site.wait("SELECT count(*) > 0 FROM jorge.outbox_log WHERE kind = 'attempt'", "t", seconds)
        got = site.sql("SELECT decision || ' ' || coalesce(reason, '') FROM jorge.outbox_log WHERE kind = 'attempt' ORDER BY at LIMIT 1")
        tap.ok(got.startswith(expected) and pattern in got, f"{what}: {expected}", got)
    finally:
        site.remove()


try:
    good = certificate("good", "127.0.0.1", "localhost")
    other = certificate("other", "elsewhere.example")
    expired = certificate("expired", "127.0.0.1", expired=True)
    # few in the short run: each takes a cluster
    for what, cert, trust, expected, pattern, more in (("a certificate that is trusted", good, good[0], "accepted", "", ()),
                                                       ("a certificate that nobody signed", good, None, "not_sent", "certificate", ()),
                                                       ("a certificate of another name", other, other[0], "not_sent", "", ()),
                                                       ("a certificate that has expired", expired, expired[0], "not_sent", "expired", ()),
                                                       ("TLS 1.0", good, good[0], "not_sent", "SSL", ("--tls", "1.0"))):
        if not LONG and cert != expired:
            continue
        ghl = Ghl("--cert", cert[0], "--key", cert[1], *more)
        attempt(f"https://127.0.0.1:{ghl.port}", what, expected, pattern, trust)
        tap.is_(sum(e.get("message_id") is not None for e in ghl.ledger()), int(expected == "accepted"), "as the ledger says")
        ghl.stop()
    attempt("http://127.0.0.1:1", "a refused connection", "not_sent", "onnect")
    if LONG:
        attempt("http://nowhere.invalid", "an unknown name", "not_sent", "resolve")
        attempt("http://192.0.2.1", "an address that is not allowed", "not_sent", "not public")

    # a name server that doesn't answer for 8 s, beside what goes on
    source, library = f"{folder}/hang.c", f"{folder}/hang.so"
    open(source, "w").write(HANG)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    os.environ["LD_PRELOAD"] = library
    site = Site("http://hang.invalid:1", **{"jorge.outbox_timeout": "1s", "jorge.outbox_time_scale": SCALE})
    del os.environ["LD_PRELOAD"]
    try:
        site.install()
        site.secret("main", "pit-main\n")
        site.leads(1)
        site.arm()
        site.wait_running()
        site.sql("""SELECT jorge.enqueue('main', lead_id, 'sms', 'ghl.sms', '{"message": "x"}') FROM jorge.lead""")
        site.wait("SELECT in_flight FROM jorge.outbox_workers()", 1, 5)
        pid = site.worker()
        # the loop goes on: it hears of a configuration change and answers barriers while the resolver hangs
        began = time.monotonic()
        site.sql("CREATE DATABASE x", "postgres")
        site.sql("DROP DATABASE x", "postgres")
        took = time.monotonic() - began
        got = site.wait("SELECT count(*) > 0 FROM jorge.outbox_log WHERE kind = 'attempt' AND decision = 'not_sent'", "t", 5)
        tap.ok(got == "t" and took < 2 and site.worker() == pid, "a name server that hangs for 8 s: given up after one, nothing waits", (got, took))
        began = time.monotonic()
        site.stop("fast")
        tap.ok(time.monotonic() - began < 5, "nor does a shutdown")
    finally:
        site.remove()
finally:
    code = tap.done()
    shutil.rmtree(folder, ignore_errors=True)
sys.exit(code)
