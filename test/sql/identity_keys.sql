-- Canonical phone and e-mail: what is a key, in which form, and what is none.
\pset null '-'
SELECT phone, jorge.phone_key(phone) FROM (VALUES
    ('(512) 867-5309'), ('512.867.5309'), ('1-512-867-5309'), ('+1 512 867 5309'), ('5128675309'), (' 512 867 5309 x12'),
    ('512-867-5309 ext. 4'), ('(512)867-5309 (cell)'), ('p:+15128675309'), ('512-867-5309; 512-867-0000'), ('５１２８６７５３０９'),
    ('+44 (0)20 7946 0958'), ('0044 20 7946 0958'), ('011 52 55 1234 5678'), ('+52 55 1234 5678'), ('+1 512 867 5309' || E'\n')) p(phone);
SELECT left(phone, 30) AS no_key, jorge.phone_key(phone) FROM (VALUES
    (''), ('n/a'), ('867-5309'), ('1-800-FLOWERS'), ('555-555-5555'), ('512-555-0123'), ('123-456-7890'), ('512-123-4567'), ('911-867-5309'),
    ('512-911-5309'), ('592-867-5309'), ('512-000-0000'), ('234-567-8901'), ('7946 0958'), ('+0 512 867 5309'), ('+1'), ('+12345678901234567890123'),
    (repeat('5', 100000))) p(phone);
SELECT email, jorge.email_key(email) FROM (VALUES
    ('Ann@Example.com'), ('  ann@example.com. '), ('mailto:ann@example.com'), ('Ann Smith <Ann@example.com>'), ('a.n.n+zillow@gmail.com'),
    ('ann@googlemail.com'), ('ann+x@outlook.com'), ('ann+x@example.com'), ('a.n.n@example.com'), ('ana-maría@example.com')) e(email);
SELECT left(email, 30) AS no_key, jorge.email_key(email) FROM (VALUES
    (''), ('none'), ('@example.com'), ('ann@'), ('ann@localhost'), ('ann@.com'), ('a@b@example.com'), ('ann smith@example.com'), ('info@example.com'),
    ('noreply@example.com'), ('z375@convo.zillow.com'), ('x@sub.convo.zillow.com'), ('leads@email.realtor.com'), ('<ann@example.com'), ('+x@gmail.com'),
    (repeat('a', 300) || '@example.com')) e(email);
SELECT jorge.phone_key(NULL), jorge.email_key(NULL);
-- equal keys are what makes equal persons: a key is its own key
SELECT count(*) FROM (SELECT jorge.phone_key('512' || (2000000 + n * 7919)::text) AS k FROM generate_series(1, 700) n) x WHERE jorge.phone_key(k) IS DISTINCT FROM k;
