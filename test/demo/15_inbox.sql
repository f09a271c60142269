\echo
\echo '==> whatever arrives is kept first: a Zillow mail, a forwarded mail, a Facebook event and its content, a message, something broken'
SELECT jorge.load_json('listing', '[{"id": "oak12", "street": "12 Oak St", "city": "Austin", "area": "Hyde Park", "bedrooms": 3, "list_price": 465000, "listed_at": "2026-10-01"}]', 'zillow') \g /dev/null
SELECT jorge.ingest('email', E'From: "Bob Lee" <z375abc@convo.zillow.com>\nSubject: Bob Lee is requesting information about 12 Oak St, Austin, TX\nMessage-ID: <demo-1>\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nBob Lee says: I=E2=80=99m pre-approved, can I tour it =\nthis week?\n\nMove in: next month\nPhone: (512) 867-5325\n') \g /dev/null
SELECT jorge.ingest('email_forwarded', E'From: Agent <agent@agency.example>\nSubject: Fwd: Selling our home\nMessage-ID: <demo-2>\n\nFYI\n\n---------- Forwarded message ---------\nFrom: Kim Lowe <kim@example.com>\nSubject: Selling our home\nTo: agent@agency.example\n\nWe want to sell 14 Cedar Ave by March, call 512-867-5348.\n') \g /dev/null
SELECT jorge.ingest('facebook', '{"object": "page", "entry": [{"id": "1", "changes": [{"field": "leadgen", "value": {"leadgen_id": 7001, "ad_id": 42}}]}]}') \g /dev/null
SELECT jorge.ingest('facebook', '{"id": "7001", "field_data": [{"name": "full_name", "values": ["Rosa Diaz"]}, {"name": "phone_number", "values": ["512-867-5360"]}]}') \g /dev/null
SELECT jorge.ingest('ghl', '{"type": "InboundMessage", "contactId": "kP3bJ0YyT7WQzT8oP1aD", "messageType": "SMS", "direction": "inbound", "body": "Changed my mind, I want to buy now, up to 400k", "messageId": "demo-m1"}') \g /dev/null
SELECT jorge.ingest('openhouse_app', '{"visitor": {"who": "Nora Field", "cell": "512-867-5361"}}') \g /dev/null
SELECT source, kind, state, coalesce(left(error, 60), reason) AS note, (SELECT name FROM jorge.lead l WHERE l.location_id = i.location_id AND l.lead_id = i.lead_id) AS lead
  FROM jorge.inbox i WHERE i.received_at >= (SELECT max(received_at) - interval '1 minute' FROM jorge.inbox) AND i.source <> 'website' ORDER BY i.received_at, i.element NULLS FIRST;

\echo '==> a row of jorge.field_map teaches it the new shape, and jorge.replay() takes in what failed'
INSERT INTO jorge.field_map (source, field, path) VALUES ('openhouse_app', 'name', '{visitor,who}'), ('openhouse_app', 'phone', '{visitor,cell}');
SELECT * FROM jorge.replay();

\echo '==> what the leads'' sources cost, and the listing Bob asked about as it was then'
SELECT source, count(*) AS touches, sum(cost) AS cost FROM jorge.lead_touch GROUP BY source ORDER BY cost DESC NULLS LAST LIMIT 6;
SELECT i.name, e.street, e.price, e.bedrooms, e.intent, e.hints FROM jorge.inquiry_listing e JOIN jorge.inquiry i USING (location_id, inquiry_id);
