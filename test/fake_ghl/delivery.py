"""What arrives, by the provider's ledger, whatever the provider does: every fault at once, contacts, tags, tokens, secrets."""
import email.utils
import os
import re
import subprocess
import sys
import time
from harness import Ghl, Site, Tap

SCALE = 200
tap = Tap()
ghl = Ghl("--scale", SCALE)
site = Site(f"http://127.0.0.1:{ghl.port}", **{"jorge.outbox_time_scale": SCALE})
try:
    tap.note(f"delays are divided by {SCALE} (jorge.outbox_time_scale)")
    site.install()
    site.secret("main", "pit-main\n")
    tap.is_(site.wait("SELECT state FROM jorge.outbox_workers()", "disarmed"), "disarmed", "a database that nobody armed sends nothing")
    site.leads(60)

    # every fault at once: kind, options, expected state, times stored
    cases = {
        "plain": (None, {}, "sent", 1),
        "stored then reset": ("reset_after", {}, "sent", 1),
        "half an answer": ("half_close", {}, "sent", 1),
        "stored then 500": ("error_after", {}, "sent", 1),
        "stored then 503": ("error_after", {"status": 503}, "sent", 1),
        "stored then 520": ("error_after", {"status": 520}, "sent", 1),
        "garbage answer": ("garbage", {}, "sent", 1),
        "answer without id": ("empty", {}, "sent", 1),
        "slow but in time": ("delay", {"seconds": 0.5}, "sent", 1),
        "slower than the timeout": ("delay", {"seconds": 3}, "sent", 1),
        "hidden at first": ("hide", {"seconds": 1.2}, "sent", 1),
        "reset before storing": ("reset", {}, "sent", 1),
        "no answer at all": ("hang", {}, "sent", 1),
        "500 without storing": ("status", {"status": 500}, "sent", 1),
        "1.1 GB": ("big_body", {"bytes": 1100000000}, "sent", 1),
        "1 MB of headers": ("big_headers", {}, "sent", 1),
        "slow-loris": ("loris", {}, "sent", 1),
        "chunks of garbage": ("chunk_garbage", {}, "sent", 1),
        "a packed answer": ("gzip_bomb", {"bytes": 50000000}, "sent", 1),
        "502 without storing": ("status", {"status": 502}, "sent", 1),
        "504 without storing": ("status", {"status": 504}, "sent", 1),
        "too many requests": ("status", {"status": 429, "headers": {"Retry-After": "20"}, "times": 2}, "sent", 1),
        "redirect": ("redirect", {"to": "http://169.254.169.254/latest/meta-data"}, "dead", 0),
        "do not disturb": ("status", {"status": 400, "body": {"statusCode": 400, "message": "Cannot send message as DND is active for SMS."}}, "dead", 0),
        "refused": ("status", {"status": 422, "body": {"statusCode": 422, "message": ["property x should not exist"]}}, "dead", 0),
        "forbidden": ("status", {"status": 403}, "dead", 0),
    }
    for name, (kind, options, _, _) in cases.items():
        if kind and kind != "hide":
            ghl.fault(kind, name, **options)
    ghl.fault("hide", "hidden at first", seconds=1.2, lost=True)
    values = ", ".join(f"({n}, '{name}')" for n, name in enumerate(cases, 1))
    site.sql(f"""SELECT jorge.enqueue('main', l.lead_id, 'sms', 'ghl.sms', jsonb_build_object('message', v.name), dedupe_key => v.name)
                 FROM (VALUES {values}) v(n, name) JOIN jorge.lead l ON l.ghl_contact_id = 'automainx' || v.n""")
    time.sleep(0.3)
    tap.is_(len(ghl.ledger()), 0, "nothing left before it was armed")
    tap.is_(site.arm(), f"armed; {len(cases)} deliveries are due now", "jorge.arm() says what is due")
    site.wait("SELECT count(*) FROM jorge.outbox", 0, 40)
    states = dict(line.split("|") for line in site.sql("SELECT dedupe_key, state FROM jorge.outbox_done").splitlines())
    stored = ghl.stored()
    for name, (kind, _, state, times) in cases.items():
        tap.is_((states.get(name), stored.get(name, 0)), (state, times), f"{name}: {state}, stored {times} time(s)")
    tap.is_(site.sql("SELECT reason FROM jorge.outbox_done WHERE dedupe_key = 'do not disturb'").split(":")[0], "do-not-disturb", "with its reason")
    tap.is_(site.sql("SELECT count(*) FROM jorge.outbox_log WHERE kind = 'gate' AND rule = 'open' AND decision = 'send'") >= str(len(cases)), True, "every decision of the gate is on record")
    tap.is_(site.sql("SELECT count(*) FROM jorge.interaction WHERE direction = 'out' AND provider = 'ghl'") , str(sum(c[2] == "sent" for c in cases.values())),
            "what was sent is an interaction") if site.wait("SELECT count(*) FROM jorge.outbox_done WHERE NOT noted", 0) else None
    tap.ok(not any("169.254" in e["path"] for e in ghl.ledger()), "no redirect was followed")

    # other endpoints; tags that others set stay
    ghl.control("contact", {"id": "known1", "locationId": "main", "phone": "+15128675399", "email": "ann@example.com"})
    site.sql("INSERT INTO jorge.lead (lead_id, ghl_contact_id, phone, email, name) VALUES ('00000000-0000-4000-8000-000000000001', 'gone', '512-867-5399', 'ann@example.com', 'Ann')")
    lead = "'00000000-0000-4000-8000-000000000001'"
    site.sql(f"""SELECT jorge.enqueue('main', {lead}, 'sms', 'ghl.sms', '{{"message": "to a contact whose id is stale"}}')""")
    site.wait("SELECT count(*) FROM jorge.outbox", 0)
    tap.is_([e["contact"] for e in ghl.ledger() if e.get("text") == "to a contact whose id is stale"], ["known1"], "a contact that is gone is checked, searched for and found")
    ghl.control("contact", {"id": "known2", "locationId": "main", "phone": "+15128675398", "strict": True})
    ghl.fault("status", path="^/contacts/search/duplicate.*5398", status=404, times=1)
    site.sql("INSERT INTO jorge.lead (lead_id, phone, name) VALUES ('00000000-0000-4000-8000-000000000002', '512-867-5398', 'Bo')")
    site.sql("""SELECT jorge.enqueue('main', '00000000-0000-4000-8000-000000000002', 'sms', 'ghl.sms', '{"message": "to a duplicate"}')""")
    site.wait("SELECT count(*) FROM jorge.outbox", 0)
    tap.is_([e["contact"] for e in ghl.ledger() if e.get("text") == "to a duplicate"], ["known2"], "the 400 of a duplicate names the contact")
    site.sql(f"""SELECT jorge.enqueue('main', {lead}, 'tag', 'ghl.tags', '{{"tags": ["theirs"]}}')""")
    site.wait("SELECT count(*) FROM jorge.outbox", 0)
    site.sql(f"""SELECT jorge.enqueue('main', {lead}, 'tag', 'ghl.tags', '{{"tags": ["hot"]}}'), jorge.enqueue('main', {lead}, 'workflow', 'ghl.workflow', '{{"workflow_id": "w1"}}'),
                 jorge.enqueue('main', {lead}, 'email', 'ghl.email', '{{"subject": "s", "html": "<p>Hi</p>"}}'), jorge.enqueue('main', {lead}, 'note', 'ghl.note', '{{"body": "n"}}'),
                 jorge.enqueue('main', {lead}, 'call', 'ghl.task', '{{"title": "call Ann", "dueDate": "2026-11-21T10:00:00Z"}}'),
                 jorge.enqueue('main', {lead}, 'tag', 'ghl.contact_update', '{{"name": "Ann B"}}'),
                 jorge.enqueue('main', {lead}, 'tag', 'ghl.opportunity', '{{"pipelineId": "p", "name": "Ann", "status": "open"}}')""")
    site.wait("SELECT count(*) FROM jorge.outbox", 0)
    tap.is_(sorted(ghl.control("tags", method="GET")["known1"]), ["hot", "theirs"], "tags are added, others' stay")
    tap.is_(site.sql("SELECT string_agg(endpoint || ' ' || state, ', ' ORDER BY endpoint) FROM jorge.outbox_done WHERE endpoint NOT IN ('ghl.sms')"),
            "ghl.contact_update sent, ghl.email sent, ghl.note sent, ghl.opportunity sent, ghl.tags sent, ghl.tags sent, ghl.task sent, ghl.workflow sent", "all endpoints keep GHL's contract")
    ghl.control("contact", {"id": "quiet", "locationId": "main", "dndSettings": {"SMS": {"status": "permanent"}}})
    site.sql("""INSERT INTO jorge.lead (lead_id, ghl_contact_id) VALUES ('00000000-0000-4000-8000-000000000003', 'quiet');
                INSERT INTO jorge.contact_cache (location_id, provider, lead_id, contact_id, checked_at) VALUES ('main', 'ghl', '00000000-0000-4000-8000-000000000003', 'quiet', now() - interval '31 days');
                SELECT jorge.enqueue('main', '00000000-0000-4000-8000-000000000003', 'sms', 'ghl.sms', '{"message": "must not leave"}')""")
    site.wait("SELECT count(*) FROM jorge.outbox", 0)
    tap.is_((site.sql("SELECT state FROM jorge.outbox_done WHERE payload ->> 'message' = 'must not leave'"), ghl.stored().get("must not leave")), ("cancelled", None),
            "a contact unread for a month is read first, and its do-not-disturb heeded")
    tap.is_(site.sql("""SELECT jorge.enqueue('main', '00000000-0000-4000-8000-000000000001', 'sms', 'ghl.sms', '{"message": "x", "tags": []}')""", check=False).split(":")[1].strip().split("  ")[-1][:35],
            "endpoint ghl.sms does not take tags", "members that GHL refuses are refused at once")

    # how long a location waits after "too many requests", by what was asked for: at least ten seconds, at most an hour, and up to a tenth more
    asked = {"sec": ({"Retry-After": "200"}, 200), "date": ({"Retry-After": email.utils.formatdate(time.time() + 600, usegmt=True)}, 600),
             "nothing": ({}, 10), "past": ({"Retry-After": email.utils.formatdate(time.time() - 600, usegmt=True)}, 10), "forever": ({"Retry-After": "999999999999"}, 3600),
             "rubbish": ({"Retry-After": "soon"}, 10)}
    for location, (headers, _) in asked.items():
        site.secret(location, f"pit-{location}\n")
        site.leads(1, location)
        ghl.fault("status", f"wait {location}", status=429, headers=headers)
    site.sql("CREATE TABLE public.blocked AS SELECT NULL::text AS location_id, NULL::timestamptz AS until LIMIT 0")
    site.sql("""CREATE FUNCTION public.blocks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF NEW.block_reason IS NOT NULL THEN INSERT INTO public.blocked VALUES (NEW.location_id, NEW.blocked_until); END IF; RETURN NEW; END $$;
                CREATE TRIGGER blocks AFTER INSERT OR UPDATE ON jorge.provider_account FOR EACH ROW EXECUTE FUNCTION public.blocks()""")
    names = "'" + "', '".join(asked) + "'"
    site.sql(f"""SELECT jorge.enqueue(location_id, lead_id, 'sms', 'ghl.sms', jsonb_build_object('message', 'wait ' || location_id)) FROM jorge.lead WHERE location_id IN ({names})""")
    site.wait(f"SELECT count(*) FROM public.blocked WHERE location_id IN ({names})", len(asked))
    waits = {}
    for line in site.sql(f"""SELECT b.location_id, extract(epoch FROM b.until - l.at) * {SCALE} FROM public.blocked b
                               JOIN jorge.outbox_log l ON l.location_id = b.location_id AND l.kind = 'attempt' AND l.decision = 'throttled'""").splitlines():
        waits[line.split("|")[0]] = float(line.split("|")[1])
    for location, (_, seconds) in asked.items():
        tap.ok(seconds * 0.98 <= waits.get(location, 0) <= seconds * 1.1 + 10, f"Retry-After, {location}: {seconds} s", waits)
    site.sql("DROP TRIGGER blocks ON jorge.provider_account")
    site.wait("SELECT count(*) FROM jorge.outbox", 0, 40)
    tap.is_([ghl.stored().get(f"wait {location}") for location in asked], [1] * len(asked), "and each goes out then")

    # a long conversation, of which one message is in doubt
    long_one = "'00000000-0000-4000-8000-000000000004'"
    site.sql(f"INSERT INTO jorge.lead (lead_id, ghl_contact_id) VALUES ({long_one}, 'autotalkative')")
    site.sql(f"""SELECT count(jorge.enqueue('main', {long_one}, 'sms', 'ghl.sms', jsonb_build_object('message', n || repeat(' long message', 110)))) FROM generate_series(1, 120) n""")
    site.wait("SELECT count(*) FROM jorge.outbox", 0, 60)
    ghl.fault("reset_after", "in doubt")
    site.sql(f"""SELECT jorge.enqueue('main', {long_one}, 'sms', 'ghl.sms', '{{"message": "in doubt"}}')""")
    site.wait("SELECT count(*) FROM jorge.outbox", 0, 20)
    tap.is_((site.sql("SELECT state || ' ' || resends FROM jorge.outbox_done WHERE payload ->> 'message' = 'in doubt'"), ghl.stored().get("in doubt")), ("sent 0", 1),
            "a message is found in a long conversation")

    # tokens
    for location in ("bad", "refreshed", "none"):
        site.leads(5, location)
    site.secret("bad", "pit-bad\n")
    ghl.control("grant", {"r-first": "refreshed"})
    site.secret("refreshed", "client_id=c\nclient_secret=s3cr3t\naccess_token=stale-access-token\nrefresh_token=r-first\nexpires_at=1\n")
    site.sql("""SELECT jorge.enqueue(location_id, lead_id, 'sms', 'ghl.sms', '{"message": "with a token"}') FROM jorge.lead WHERE location_id IN ('bad', 'refreshed', 'none')""")
    site.wait("SELECT count(*) FROM jorge.outbox WHERE location_id = 'refreshed'", 0)
    tap.is_(sum(e["path"] == "/oauth/token" for e in ghl.ledger()), 1, "an expired token is refreshed once for all that wait")
    tap.is_(site.sql("SELECT count(*), max(attempt) FROM jorge.outbox_done WHERE location_id = 'refreshed' AND state = 'sent'"), "5|1", "and all are sent, at their first attempt")
    file = (site.secrets / "ghl.refreshed.token").read_text()
    tap.ok(re.search("refresh_token=r[0-9]", file) and "stale" not in file and "client_secret=s3cr3t" in file, "the new pair is in the file")
    # a provider that says so with another status
    site.leads(2, "other")
    site.secret("other", "pit-other\n")
    site.sql("""INSERT INTO jorge.endpoint (location_id, endpoint, provider, method, path, version, body, context, allowed, required, accepted, on_unknown, reuse, classes)
                SELECT 'other', endpoint, provider, method, path, version, body, context, allowed, required, accepted, on_unknown, reuse, '[{"status": [403], "match": "token % revoked", "class": "auth"}]'
                FROM jorge.endpoint e WHERE endpoint = 'ghl.sms'""")
    ghl.fault("status", "another status", status=403, body={"message": "The token has been revoked"})
    site.sql("""SELECT jorge.enqueue(location_id, lead_id, 'sms', 'ghl.sms', '{"message": "another status"}') FROM jorge.lead WHERE location_id = 'other' LIMIT 1""")
    tap.is_(site.wait("SELECT block_reason FROM jorge.provider_account WHERE location_id = 'other'", "token"), "token", "a token that is refused with status 403 is refused")
    time.sleep(0.7)
    tap.is_(site.sql("SELECT state, attempt FROM jorge.outbox WHERE location_id = 'other'"), "pending|0", "its delivery waits")
    site.secret("other", "# another\npit-other\n")
    tap.is_(site.wait("SELECT count(*) FROM jorge.outbox WHERE location_id = 'other'", 0, 5), "0", "until there is another token")

    # what keeps a refresh from being made goes away: it is made after all
    ghl.control("grant", {"r-late": "late"})
    site.leads(1, "late")
    (site.secrets / "ghl.late.token.lock").mkdir()
    late = site.secret("late", "client_id=c\nclient_secret=s3cr3t\naccess_token=stale-access-token\nrefresh_token=r-late\nexpires_at=1\n")
    site.sql("""SELECT jorge.enqueue(location_id, lead_id, 'sms', 'ghl.sms', '{"message": "late"}') FROM jorge.lead WHERE location_id = 'late'""")
    site.wait("SELECT block_reason FROM jorge.provider_account WHERE location_id = 'late'", "token")
    time.sleep(0.7)
    os.chmod(late, 0o644)
    (site.secrets / "ghl.late.token.lock").rmdir()
    time.sleep(1.2)
    os.chmod(late, 0o600)
    tap.is_(site.wait("SELECT count(*) FROM jorge.outbox WHERE location_id = 'late'", 0, 5), "0", "a refresh that could not be made is tried again, whatever was in its way")
    time.sleep(1.5)
    tap.is_(site.sql("SELECT count(*), max(attempt) FROM jorge.outbox WHERE location_id IN ('bad', 'none') AND state = 'pending'"), "10|0", "without a good token deliveries wait, no attempt is counted")
    refused = sum(e.get("status") == 401 for e in ghl.ledger())
    tap.ok(refused <= 5, "and the provider is not bothered", refused)
    tap.is_(site.sql("SELECT block_reason FROM jorge.provider_account WHERE location_id = 'bad'"), "token", "the status says why")
    site.secret("bad", "pit-bad2\n")
    site.secret("bad", "pit-bettered\n".replace("bettered", "good"))
    site.secret("none", "pit-none\n")
    site.wait("SELECT count(*) FROM jorge.outbox WHERE location_id = 'none'", 0)
    tap.is_(site.sql("SELECT count(*) FROM jorge.outbox_done WHERE location_id = 'none' AND state = 'sent'"), "5", "a token that is put there is used without a restart")

    # more locations than one claim takes: each has its turn before any has its second many times over
    many = [f"many{n}" for n in range(300)]
    for location in many:
        site.secret(location, f"pit-{location}\n")
    site.sql("""INSERT INTO jorge.lead (location_id, lead_id, ghl_contact_id) SELECT 'many' || g, gen_random_uuid(), 'automany' || g FROM generate_series(0, 299) g""")
    before = len(ghl.ledger())
    site.sql("""SELECT count(jorge.enqueue(l.location_id, l.lead_id, 'sms', 'ghl.sms', jsonb_build_object('message', 'fair ' || n)))
                FROM jorge.lead l, generate_series(1, 12) n WHERE l.location_id LIKE 'many%'""")
    site.wait("SELECT count(*) FROM jorge.outbox WHERE location_id LIKE 'many%'", 0)
    sent = [e["location"] for e in ghl.ledger()[before:] if e.get("message_id")]
    firsts = [sent.index(location) if location in sent else len(sent) for location in many]
    tap.is_(len(sent), 3600, "300 locations are served")
    tap.ok(max(firsts) < 600, "and none waits for others to have more than two turns", sorted(firsts)[-5:])

    # secrets are nowhere
    dump = subprocess.run([site.bin("pg_dump"), "-d", site.database], env=site.env, capture_output=True, text=True).stdout
    everything = site.log() + dump + site.sql("SELECT string_agg(a::text, ' ') FROM pg_stat_activity a; SELECT string_agg(w::text, ' ') FROM jorge.outbox_workers() w")
    everything += site.sql("SELECT string_agg(name || setting, ' ') FROM pg_settings")
    tap.is_([s for s in ("pit-main", "pit-bad", "s3cr3t", "stale-access", "r-first", "oauth-a") if s in everything], [], "no token is in the log, a dump, a view or pg_stat_activity")
    tap.is_(site.sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'jorge outbox' AND backend_xmin IS NULL AND xact_start IS NULL"), "1", "the worker sleeps without snapshot or transaction")
    tap.is_(site.sql("SELECT errors FROM jorge.outbox_workers()"), "0", "the worker itself had no error")
finally:
    code = tap.done()
    site.remove()
    ghl.stop()
sys.exit(code)
