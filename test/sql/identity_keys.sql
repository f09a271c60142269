-- Canonical phone and e-mail: what is a key, in which form, and what is none.
\pset null '-'
SELECT phone, jorge.phone_key(phone) FROM (VALUES
    ('(512) 867-5309'), ('512.867.5309'), ('1-512-867-5309'), ('+1 512 867 5309'), ('5128675309'), (' 512 867 5309 x12'),
    ('512-867-5309 ext. 4'), ('(512)867-5309 (cell)'), ('p:+15128675309'), ('512-867-5309; 512-867-0000'), ('５１２８６７５３０９'),
    ('+44 (0)20 7946 0958'), ('0044 20 7946 0958'), ('011 52 55 1234 5678'), ('+52 55 1234 5678'), ('+1 512 867 5309' || E'\n'),
    ('512-911-5309'), ('tel:+15128675309'), ('٥١٢٨٦٧٥٣٠٩'), ('+44 020 7946 0958'), ('+49 30/1234567'), ('+52 1 55 1234 5678'), ('+39 06 1234 5678'), ('512-867-5309, 512-867-0000'),
    ('512-867-5309 or 737-867-0000'), ('512/867-5309'), ('512-555-1234'), ('+6831234')) p(phone);
SELECT left(phone, 30) AS no_key, jorge.phone_key(phone) FROM (VALUES
    (''), ('n/a'), ('867-5309'), ('1-800-FLOWERS'), ('555-555-5555'), ('512-555-0123'), ('123-456-7890'), ('512-123-4567'), ('911-867-5309'),
    ('592-867-5309'), ('512-000-0000'), ('234-567-8901'), ('7946 0958'), ('+0 512 867 5309'), ('+1'), ('+12345678901234567890123'), ('512-555-1212'), ('+1 512 867'), ('+44'), ('+999'), ('+44 00 20 7946 0958'), (E'\u202e512\u202c'), ('📞'),
    (repeat('5', 100000))) p(phone);
SELECT email, jorge.email_key(email) FROM (VALUES
    ('Ann@Example.com'), ('  ann@example.com. '), ('mailto:ann@example.com'), ('Ann Smith <Ann@example.com>'), ('a.n.n+zillow@gmail.com'),
    ('ann@googlemail.com'), ('ann+x@outlook.com'), ('ann+x@example.com'), ('a.n.n@example.com'), ('ana-maría@example.com'),
    ('ANA-MARÍA@EXAMPLE.COM'), (E'ana-mari\u0301a@example.com'), ('ann@Bücher.example'), ('ann@BÜCHER.example'), ('ann@xn--bcher-kva.example'), ('ann@пример.рф'), ('ann@münchen-ost.köln.example'),
    ('ann-x@yahoo.com'), ('ann+x@me.com'), ('"ann"@example.com'), ('ann@privaterelay.appleid.com')) e(email);
SELECT left(email, 30) AS no_key, jorge.email_key(email) FROM (VALUES
    (''), ('none'), ('@example.com'), ('ann@'), ('ann@localhost'), ('ann@.com'), ('a@b@example.com'), ('ann smith@example.com'), ('info@example.com'),
    ('noreply@example.com'), ('z375@convo.zillow.com'), ('x@sub.convo.zillow.com'), ('leads@email.realtor.com'), ('<ann@example.com'), ('+x@gmail.com'), ('info+zillow@example.com'), ('x@reply.craigslist.org'), ('No-Reply@example.com'), ('ann@example..com'), (E'a\tb@example.com'), ('ann@' || repeat('é', 130) || '.com'), (repeat('é', 120) || '@' || repeat('ü', 60) || '.com'),
    (repeat('a', 300) || '@example.com')) e(email);
SELECT jorge.phone_key(NULL), jorge.email_key(NULL), jorge.phone_key('512 867 5309', NULL);
-- as dialled inside a country
SELECT phone, country, jorge.phone_key(phone, country) FROM (VALUES
    ('020 7946 0958', 'GB'), ('55 1234 5678', 'MX'), ('01 55 1234 5678', 'mx'), ('030 1234567', 'DE'), ('06 1234 5678', 'IT'), ('512 867 5309', 'US'), ('512 867 5309', 'CA'),
    ('+1 512 867 5309', 'MX'), ('001 512 867 5309', 'GB'), ('512 867 5309', 'Narnia'), ('512 867 5309', ''), ('12345', 'GB'), ('1234567890123456', 'DE'), ('', 'GB')) p(phone, country);
-- equal keys are what makes equal persons: a key is its own key
SELECT count(*) FROM (SELECT jorge.phone_key('512' || (2000000 + n * 7919)::text) AS k FROM generate_series(1, 700) n) x WHERE jorge.phone_key(k) IS DISTINCT FROM k;
SELECT count(*) FROM unnest(ARRAY['ann@Bücher.example', 'a.n.n+x@gmail.com', 'ana-maría@example.com']) e WHERE jorge.email_key(jorge.email_key(e)) IS DISTINCT FROM jorge.email_key(e);
-- a megabyte takes no longer than its first characters
SELECT jorge.phone_key(repeat(' ', 1000000) || '512 867 5309'), jorge.phone_key(repeat('x', 1000000)), jorge.email_key(repeat('a', 1000000)), jorge.email_key(repeat('<', 1000000)),
       jorge.email_key(repeat(' ', 1000000) || 'ann@example.com');
