#!/usr/bin/python3
"""Damaged deliveries: none stops the server or fails its statement, each is kept byte for byte, and errors are those of input."""
import hashlib
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from adapter_cases import cases, psql

COUNT = 10000 if os.environ.get("JORGE_LONG") else 500
SEED = int(os.environ.get("JORGE_SEED", "20261121"))
BATCH = 500

# pieces that readers look for
PIECES = [b"\r\n", b"\r\n\r\n", b"--", b"--outer--", b"Content-Type: multipart/mixed; boundary=", b'"', b"<", b">", b"<adf><prospect>", b"</prospect>",
          b"&#", b"&#x110000;", b"&amp;", b"=?utf-8?Q?", b"?=", b"=3D", b"=", b"%", b"<!--", b"<script>", b'<meta name="lead_name" content="', b"Name: ",
          b": ", b"\t", b"From: ", b"Subject: Fwd: ", b"---------- Forwarded message ---------\n", b"> ", b"On x wrote:\n", b"\xff", b"\xc3", b"\xf0\x9f\x98\x80",
          b"\x00", b"charset=shift_jis", b"charset=gb18030", b"base64", b"quoted-printable", b"message/rfc822", b'{"', b"\\u0000", b"\\ud83d", b"\\", b"<!DOCTYPE x [<!ENTITY a \"b\">]>",
          b"[" * 200, b"{\"a\":" * 50, b"null", b"1e999", b"-", b"9" * 40, b"'", b"$$", b"\x1b", b"2026-13-45", b"infinity", b" America/Nowhere", b"Xyz-Abc:", b", 32 Nov 99999999 "]


def mutant(rng, bodies):
    body = bytearray(rng.choice(bodies))
    for _ in range(rng.randint(1, 10)):
        at = rng.randint(0, len(body))
        kind = rng.randrange(7)
        if kind == 0 and body:
            body[at % len(body)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del body[at:at + rng.randint(1, 30)]
        elif kind == 2 or kind == 3:
            body[at:at] = rng.choice(PIECES)
        elif kind == 4:
            body[at:at] = body[at:at + rng.randint(0, 200)] * rng.randint(1, 30)
        elif kind == 5:
            del body[at:]
        else:
            other = rng.choice(bodies)
            body[at:] = other[rng.randint(0, len(other)):]
    return bytes(body[:200000])


def main():
    rng = random.Random(SEED)
    seeds = [(source, body) for _, deliveries, _ in cases() for source, body in deliveries]
    bodies = [body for _, body in seeds]
    sources = sorted({source for source, _ in seeds})
    print("1..4")
    before = psql("SELECT pg_postmaster_start_time()")
    for start in range(0, COUNT, BATCH):
        script = ["SET client_min_messages = error; SET statement_timeout = '60s';"]
        for _ in range(min(BATCH, COUNT - start)):
            body = mutant(rng, bodies)
            script.append("SELECT FROM jorge.ingest('%s', '\\x%s'::bytea, headers => '{\"md5\": \"%s\"}', location_id => 'fuzz');"
                          % (rng.choice(sources), body.hex(), hashlib.md5(body).hexdigest()))
        psql("\n".join(script))
    lines = psql("""
        SELECT count(*), count(*) FILTER (WHERE headers ->> 'md5' = md5(coalesce(convert_to(body, 'UTF8'), bytes))), count(*) FILTER (WHERE state = 'new')
          FROM jorge.inbox WHERE location_id = 'fuzz' AND parent_id IS NULL;
        SELECT coalesce(string_agg(DISTINCT error_code || ' ' || error, '; '), '') FROM jorge.inbox WHERE location_id = 'fuzz' AND state = 'error'
            AND error !~ '^(invalid input syntax for type json|value overflows numeric format|the .* payload has no name|the delivery is empty|a lead, contact or event is|the .* names no contact|stack depth)';
        SELECT string_agg(state || ' ' || n, ', ' ORDER BY state) FROM (SELECT state, count(*) AS n FROM jorge.inbox WHERE location_id = 'fuzz' GROUP BY state) s;
        SELECT count(*) FROM jorge.inquiry q WHERE location_id = 'fuzz' AND NOT EXISTS (SELECT FROM jorge.inquiry_lead l WHERE l.inquiry_id = q.inquiry_id AND l.location_id = 'fuzz');
        """).splitlines()
    failed = False
    for n, (good, what) in enumerate([
            (lines[0] == "%d|%d|0" % (COUNT, COUNT), "%d damaged deliveries are kept byte for byte and dealt with (%s)" % (COUNT, lines[0])),
            (lines[1] == "", "what can't be taken in says so by an error of input %s" % lines[1][:300]),
            (psql("SELECT pg_postmaster_start_time()") == before, "the server never stopped (%s)" % lines[2]),
            (lines[3] == "0", "every inquiry has its lead")], 1):
        print("%sok %d - %s" % ("" if good else "not ", n, what))
        failed |= not good
    return failed


sys.exit(main())
