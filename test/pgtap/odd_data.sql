-- What a stranger may send, and what an owner may load by mistake, spoils no answer and holds nothing up.
BEGIN;
SELECT no_plan();
SET LOCAL jorge.location_id = 'odd';

-- a mail's subject of 64 kB
SET LOCAL statement_timeout = '5s';
SELECT is((SELECT jorge.map_fields('realtor_com', jsonb_build_object('subject', s.subject)) ->> 'name'), s.name, 'a long subject is read at once: ' || left(s.subject, 30))
  FROM (VALUES ('New Inquiry: Jane Doe 512-867-5309', 'Jane Doe'), ('New Inquiry: ' || repeat('a', 65000), NULL), ('New Inquiry: ' || repeat('a. ', 22000), NULL)) s(subject, name);
RESET statement_timeout;

SELECT * FROM finish();
ROLLBACK;
