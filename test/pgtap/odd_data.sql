-- What a stranger may send, and what an owner may load by mistake, spoils no answer and holds nothing up.
BEGIN;
SELECT no_plan();
SET LOCAL jorge.location_id = 'odd';

-- a mail's subject of 64 kB
SET LOCAL statement_timeout = '5s';
SELECT is((SELECT jorge.map_fields('realtor_com', jsonb_build_object('subject', s.subject)) ->> 'name'), s.name, 'a long subject is read at once: ' || left(s.subject, 30))
  FROM (VALUES ('New Inquiry: Jane Doe 512-867-5309', 'Jane Doe'), ('New Inquiry: ' || repeat('a', 65000), NULL), ('New Inquiry: ' || repeat('a. ', 22000), NULL)) s(subject, name);
RESET statement_timeout;

-- a portal's domain before the @ is nobody's, and a household's number is its first one's
SELECT is((SELECT (jorge.adapter_mail(jsonb_populate_record(NULL::jorge.inbox, jsonb_build_object('location_id', 'odd', 'inbox_id', gen_random_uuid(), 'received_at', now(), 'source', 'email')),
                                      jsonb_build_object('from', jsonb_build_object('address', m.address), 'text', 'hello, call 512-867-5309', 'message_id', m.address))).source), m.source, m.address)
  FROM (VALUES ('zillow.com@portal.example', 'email'), ('lead@zillow.com', 'zillow'), ('lead@a.zillow.com', 'zillow'), ('lead@notzillow.com', 'email')) m(address, source);
SELECT is((SELECT (jorge.adapter_mail(jsonb_populate_record(NULL::jorge.inbox, '{"location_id": "odd", "source": "email"}'), '{"from": {"address": "MAILER-DAEMON@x.example"}}')).reason), 'a bounce', 'a name without a dot is one anywhere');
SET LOCAL jorge.phone_requires_name = on;
INSERT INTO jorge.inquiry (source, phone, first_name, last_name) VALUES ('zillow', '512-867-5311', 'Ann', 'Miller');
INSERT INTO jorge.inquiry (source, phone, first_name, last_name) VALUES ('zillow', '512-867-5311', 'Robert', 'Gonzales');
RESET jorge.phone_requires_name;
SELECT is((SELECT array_agg(k.share ORDER BY k.share) FROM jorge.lead_key k WHERE k.location_id = 'odd' AND k.key = '+15128675311'), '{0,1}', 'two have one number');
UPDATE jorge.lead_key k SET key = key WHERE k.location_id = 'odd' AND k.share = 0;
SELECT is((SELECT l.first_name FROM jorge.lead l WHERE l.lead_id = jorge.lead_of_address('512-867-5311', NULL)), 'Ann', 'who brought it first is meant, wherever the rows lie');

SELECT * FROM finish();
ROLLBACK;
