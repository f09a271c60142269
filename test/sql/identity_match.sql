-- The matching decision: merge, review or none, and why.
\pset null '-'
\set VERBOSITY terse
CREATE TABLE pair (what text, a jsonb, b jsonb);
INSERT INTO pair VALUES
    ('same phone and name', '{"name": "John Smith", "phone": "512 867 5309"}', '{"name": "JOHN SMITH", "phone": "+15128675309"}'),
    ('same phone, nickname', '{"name": "Robert Smith", "phone": "512 867 5309"}', '{"name": "Bob Smith", "phone": "5128675309"}'),
    ('same phone, initial', '{"name": "J Smith", "phone": "512 867 5309"}', '{"name": "John Smith", "phone": "5128675309"}'),
    ('same phone, no name', '{"phone": "512 867 5309"}', '{"name": "John Smith", "phone": "5128675309"}'),
    ('same phone, one of two people', '{"name": "John & Mary Smith", "phone": "512 867 5309"}', '{"name": "Mary Smith", "phone": "5128675309"}'),
    ('same phone, other given name: a household', '{"name": "John Smith", "phone": "512 867 5309"}', '{"name": "Susan Smith", "phone": "5128675309"}'),
    ('same phone, other name, other e-mail', '{"name": "John Smith", "phone": "512 867 5309", "email": "js@example.com"}', '{"name": "Susan Miller", "phone": "5128675309", "email": "susan@example.com"}'),
    ('same phone and name, other e-mail', '{"name": "John Smith", "phone": "512 867 5309", "email": "js@example.com"}', '{"name": "John Smith", "phone": "5128675309", "email": "work@example.org"}'),
    ('same e-mail', '{"name": "Ann Lee", "email": "a.nn@gmail.com"}', '{"name": "Ann Lee", "email": "ann+x@googlemail.com"}'),
    ('same e-mail, married', '{"name": "Ann Lee", "email": "ann@example.com"}', '{"name": "Ann Miller", "email": "ann@example.com"}'),
    ('same e-mail, other person', '{"name": "Ann Lee", "email": "ann@example.com"}', '{"name": "Robert Miller", "email": "ann@example.com"}'),
    ('father and son', '{"name": "John Smith Sr", "email": "smith@example.com"}', '{"name": "John Smith Jr", "email": "smith@example.com"}'),
    ('a further phone', '{"name": "Ann Lee", "phone": "512 867 5309", "phones": ["737 867 5309", "x", 5]}', '{"name": "Ann Lee", "phone": "737-867-5309"}'),
    ('name and last four, nothing else', '{"name": "John Smith", "phone": "512 867 5309"}', '{"name": "John Smith", "phone": "737 222 5309"}'),
    ('rare name and last four, nothing else', '{"name": "Xochitl Zbikowski", "phone": "512 867 5309"}', '{"name": "Xochitl Zbikowski", "phone": "737 222 5309"}'),
    ('rare name, a digit apart', '{"name": "Xochitl Zbikowski", "phone": "512 867 5309"}', '{"name": "Xochitl Zbikowski", "phone": "512 867 5303"}'),
    ('rare name, a digit apart, other e-mail', '{"name": "Xochitl Zbikowski", "phone": "512 867 5309", "email": "xz@example.com"}', '{"name": "Xochitl Zbikowski", "phone": "512 867 5303", "email": "other@example.org"}'),
    ('common name, a digit apart', '{"name": "John Smith", "phone": "512 867 5309"}', '{"name": "John Smith", "phone": "512 867 5303"}'),
    ('common name, a digit apart, same home', '{"name": "John Smith", "phone": "512 867 5309", "street": "123 Oak Street", "postal_code": "78701"}', '{"name": "Jon Smith", "phone": "512 867 5303", "street": "123 Oak St #4", "postal_code": "78701-1234"}'),
    ('number without area code', '{"name": "Robert Nakamura", "phone": "867-5309"}', '{"name": "Bob Nakamura", "phone": "512 867 5309"}'),
    ('masked number', '{"name": "Robert Nakamura", "phone": "***-***-5309"}', '{"name": "Robert Nakamura", "phone": "512 867 5309"}'),
    ('same name and home, no key', '{"first_name": "Maria", "last_name": "Garcia", "street": "1234 Oak St", "city": "Austin", "postal_code": "78701"}', '{"name": "Maria García López", "street": "1234 Oak St.", "city": "Austin", "postal_code": "78701"}'),
    ('same home, other given name', '{"first_name": "Maria", "last_name": "Garcia", "street": "1234 Oak St", "city": "Austin", "postal_code": "78701"}', '{"first_name": "Jose", "last_name": "Garcia", "street": "1234 Oak St", "city": "Austin", "postal_code": "78701"}'),
    ('same home, a like given name', '{"first_name": "Maria", "last_name": "Garcia", "street": "1234 Oak St", "city": "Austin", "postal_code": "78701"}', '{"first_name": "Mario", "last_name": "Garcia", "street": "1234 Oak St", "city": "Austin", "postal_code": "78701"}'),
    ('same name and town', '{"name": "John Smith", "city": "Austin", "postal_code": "78701"}', '{"name": "John Smith", "city": "Austin", "postal_code": "78701"}'),
    ('rare name and town', '{"name": "Xochitl Zbikowski", "city": "Austin", "postal_code": "78701"}', '{"name": "Xochitl Zbikowski", "city": "Austin", "postal_code": "78701"}'),
    ('mistyped domain', '{"name": "Xochitl Zbikowski", "email": "xochitlz@gmail.com", "postal_code": "78701"}', '{"name": "Xochitl Zbikowski", "email": "xochitlz@gmial.com", "postal_code": "78701"}'),
    ('numbered mailboxes', '{"name": "John Smith", "email": "john.smith1@example.com"}', '{"name": "John Smith", "email": "john.smith2@example.com"}'),
    ('strangers', '{"name": "John Smith", "phone": "512 867 5309"}', '{"name": "Susan Miller", "phone": "737 222 4444"}'),
    ('role mailbox', '{"name": "John Smith", "email": "info@example.com"}', '{"name": "Susan Miller", "email": "info@example.com"}'),
    ('nothing given', '{}', '{"name": null}');
SELECT what, m.decision, m.reason, m.weight, m.given_name, m.surname, m.phone, m.email, m.house, m.street, m.postal_code FROM pair, jorge.match_score(a, b) m;
-- the order of the two does not matter
SELECT what FROM pair WHERE jorge.match_score(a, b) IS DISTINCT FROM jorge.match_score(b, a);
-- pairs to merge or review meet: by an equal key, or by a blocking key
SELECT what FROM pair, jorge.match_score(a, b) m
 WHERE m.decision <> 'none' AND NOT jorge.blocking_keys(a) && jorge.blocking_keys(b)
   AND jorge.phone_key(a ->> 'phone') IS DISTINCT FROM jorge.phone_key(b ->> 'phone') AND jorge.email_key(a ->> 'email') IS DISTINCT FROM jorge.email_key(b ->> 'email');
-- rows say what objects say, whatever else they hold
SELECT what FROM pair, jsonb_to_record(a) AS x(extra integer, name text, first_name text, last_name text, phone varchar(20), email text, street text, city text, postal_code char(10)),
       jsonb_to_record(b) AS y(postal_code text, name text, first_name text, last_name text, phone text, email text, street text, city text)
 WHERE what <> 'a further phone' AND (jorge.match_score(x, y) IS DISTINCT FROM jorge.match_score(a, b) OR jorge.blocking_keys(x) <> jorge.blocking_keys(a));
SELECT cardinality(jorge.blocking_keys('{}'::jsonb)) AS none, cardinality(jorge.blocking_keys('{"name": "Ann Maria Garcia Lopez", "phone": "512 867 5309", "email": "annmaria@example.com", "street": "1 Oak St", "postal_code": "78701"}'::jsonb)) AS most;
-- the keys are the same on every machine
SELECT jorge.blocking_keys('{"name": "Bob Smith", "phone": "512 867 5309"}'::jsonb), jorge.blocking_keys('{"name": "Smith, Robert", "phone": "5309 x"}'::jsonb);
SELECT jorge.match_score(NULL::jsonb, '{}'), jorge.blocking_keys(NULL::jsonb);
SELECT jorge.match_score('[]'::jsonb, '{}');
SELECT jorge.match_score('{"name": {}}'::jsonb, '{}');
SELECT jorge.match_score('{"phones": "512 867 5309"}'::jsonb, '{}');
SELECT jorge.match_score(ROW(1), (SELECT x FROM (SELECT 5 AS name) x));
-- hostile: a megabyte in every field
SELECT (jorge.match_score(x, x)).decision, cardinality(jorge.blocking_keys(x)) > 0 FROM (SELECT repeat('Ann é', 200000) AS name, repeat('5', 1000000) AS phone, repeat('a', 1000000) AS email, repeat('1 ', 500000) AS street, repeat('Ωx', 500000) AS city, repeat('7', 1000000) AS postal_code) x;
DROP TABLE pair;
