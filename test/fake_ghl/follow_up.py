"""A follow-up from end to end: a lead enrolled three days ago gets its SMS by the worker's own clock and the real send gate; after STOP nothing more."""
import sys
import time

from harness import Ghl, Site, Tap

tap = Tap()
ghl = Ghl()
site = Site(f"http://127.0.0.1:{ghl.port}")
try:
    site.sql(f"CREATE DATABASE {site.database}", "postgres")
    site.sql("CREATE EXTENSION jorge; SELECT jorge.install();")
    site.secret("main", "pit-main\n")
    # no hour is quiet, whenever the test runs; all else is as shipped
    site.sql("""
        UPDATE jorge.channel_policy SET quiet_hours = false WHERE location_id = '*';
        INSERT INTO jorge.voice (agent_name, company_name, postal_address, unsubscribe_url) VALUES ('Jorge', 'Jorge Realty', '1 Main St', 'https://jorge.example/u');
        INSERT INTO jorge.sequence (sequence, title) VALUES ('any_hour', 'Day 3 at any hour');
        INSERT INTO jorge.sequence_step (sequence, step, day, opens, closes, channel, template) VALUES ('any_hour', 1, 3, '00:00', '24:00', 'sms', 'day_3'), ('any_hour', 2, 9, '00:00', '24:00', 'sms', 'day_30');
        INSERT INTO jorge.inquiry (source, name, phone, email, state) VALUES ('website', 'Dana Cole', '512-867-5370', 'dana@example.com', 'TX'), ('website', 'Eli Frost', '512-867-5371', 'eli@example.com', 'TX');
        SELECT jorge.grant_consent(lead_id, 'sms', 'written', 'form', 'I agree to texts') FROM jorge.lead WHERE name = 'Dana Cole';
        SELECT jorge.enroll(lead_id, 'any_hour', now() - interval '3 days') FROM jorge.lead;""")
    site.arm()
    tap.is_(site.wait_running(), "running", "the worker runs")
    ran = "SELECT count(*) > 0 FROM jorge.job_log WHERE job = 'sequences' AND state = 'done'"
    for _ in range(75):
        if site.sql(ran) == "t":
            break
        time.sleep(1)
    tap.is_(site.sql(ran), "t", "without pg_cron the worker's clock runs the jobs")
    held = "held a2p_not_approved, held no_consent has inquiry, needs written"
    tap.is_(site.wait("SELECT string_agg(state || ' ' || rule, ', ' ORDER BY rule) FROM jorge.outbox", held, 30), held, "without a registered number, or consent, it is held, and the rule says so")
    site.sql("INSERT INTO jorge.sender (address, a2p_status) VALUES ('+15125550100', 'approved'); SELECT jorge.release_held(NULL, '{a2p_not_approved}')")
    site.wait("SELECT count(*) FROM jorge.outbox_done WHERE state = 'sent'", 1, 30)
    stored = ghl.stored()
    tap.ok(len(stored) == 1 and list(stored.values()) == [1] and next(iter(stored)).startswith("Hi Dana, Jorge with Jorge Realty.") and "STOP" in next(iter(stored)),
           "GoHighLevel has the SMS of day 3, once", stored)
    site.sql("SELECT jorge.grant_consent(lead_id, 'sms', 'written', 'form', 'I agree to texts') FROM jorge.lead WHERE name = 'Eli Frost'")
    site.wait("SELECT count(*) FROM jorge.outbox_done WHERE state = 'sent'", 2, 30)
    tap.is_(len(ghl.stored()), 2, "who agrees gets the one that was held")
    site.sql("""SELECT jorge.ingest('ghl', '{"type": "InboundMessage", "messageType": "SMS", "direction": "inbound", "from": "+15128675370", "body": "STOP", "messageId": "m1"}');
                SELECT jorge.enqueue('main', lead_id, 'sms', 'ghl.sms', '{"message": "too late"}') FROM jorge.lead WHERE name = 'Dana Cole';""")
    site.wait("SELECT state || ' ' || rule FROM jorge.outbox_done WHERE payload ->> 'message' = 'too late'", "cancelled opted_out", 30)
    tap.is_(site.sql("SELECT state || ' ' || rule FROM jorge.outbox_done WHERE payload ->> 'message' = 'too late'"), "cancelled opted_out", "after STOP whatever is put in is cancelled by the gate")
    tap.is_(len(ghl.stored()), 2, "and never leaves")
    tap.is_(site.sql("SELECT string_agg(state || coalesce(' ' || reason, ''), ', ' ORDER BY state) FROM jorge.enrollment"), "active, stopped opt_out", "her sequence has ended")
    tap.is_(site.sql("SELECT string_agg(topic || ' ' || state, ', ') FROM jorge.status() WHERE topic IN ('worker', 'outbox', 'clock', 'errors')"), "worker ok, outbox empty, clock ok, errors ok", "status says all is well")
finally:
    site.remove()
    ghl.stop()
sys.exit(tap.done())
