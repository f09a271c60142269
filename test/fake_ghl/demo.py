"""Shows a follow-up arrive: a lead enrolled, time moved to day 3, the worker, and what a fake GoHighLevel received."""

from harness import Ghl, Site

ghl = Ghl()
site = Site(f"http://127.0.0.1:{ghl.port}")
try:
    site.sql(f"CREATE DATABASE {site.database}", "postgres")
    site.sql("CREATE EXTENSION jorge; SELECT jorge.install();")
    site.secret("main", "pit-main\n")
    # any hour will do, whenever this runs; all else is as shipped
    site.sql("""
        UPDATE jorge.channel_policy SET quiet_hours = false WHERE location_id = '*';
        UPDATE jorge.sequence_step SET opens = '00:00', closes = '24:00';
        INSERT INTO jorge.voice (agent_name, company_name, postal_address, unsubscribe_url) VALUES ('Jorge', 'Jorge Realty', '1 Main St', 'https://jorge.example/u');
        INSERT INTO jorge.sender (address, a2p_status) VALUES ('+15125550100', 'approved');
        INSERT INTO jorge.inquiry (source, name, phone, state, message)
        VALUES ('website', 'Dana Cole', '512-867-5370', 'TX', 'Three bedrooms near a park, pre-approved to $450k');
        SELECT jorge.grant_consent(lead_id, 'sms', 'written', 'form', 'I agree to texts') FROM jorge.lead;
        SELECT jorge.enroll(lead_id, started_at => now() - interval '3 days') FROM jorge.lead;""")
    site.arm()
    site.wait_running()
    site.sql("SELECT jorge.run_sequences()")
    site.wait("SELECT count(*) FROM jorge.outbox_done WHERE state = 'sent'", 1, 30)
    print("==> the worker sends it: what a fake GoHighLevel received (no contact yet: search, make, then the SMS of day 3)")
    for request in ghl.ledger():
        print(f"  {request['status']} {request['method']:4} {request['path']}")
        if "text" in request:
            print(f"           {request['type']} to {request['contact']}: {request['text']}")
    print(site.sql("SELECT format('  jorge.outbox_done: %s %s, attempt %s', channel, state, attempt) FROM jorge.outbox_done"))
finally:
    site.remove()
    ghl.stop()
