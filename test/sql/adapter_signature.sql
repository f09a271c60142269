-- Webhook signatures: vectors of RFC 4231 (HMAC-SHA256), RFC 8032 (Ed25519) and of OpenSSL (RSA), and what is refused
\set VERBOSITY terse

-- RFC 4231, test cases 1 and 2
SELECT n, jorge.verify_hub_signature(body, 'sha256=' || mac, secret)
  FROM (VALUES (1, 'Hi There'::bytea, convert_from(decode(repeat('0b', 20), 'hex'), 'UTF8'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'),
               (2, 'what do ya want for nothing?', 'Jefe', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')) v(n, body, secret, mac) ORDER BY n;
\set mac '''sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'''
SELECT jorge.verify_hub_signature('what do ya want for nothing?', upper(:mac), 'Jefe') AS upper_case,
       jorge.verify_hub_signature('what do ya want for nothing!', :mac, 'Jefe') AS other_body,
       jorge.verify_hub_signature('what do ya want for nothing?', :mac, 'jefe') AS other_secret,
       jorge.verify_hub_signature('what do ya want for nothing?', overlay(:mac placing '0' from 71), 'Jefe') AS last_digit,
       jorge.verify_hub_signature('what do ya want for nothing?', left(:mac, -1), 'Jefe') AS cut,
       jorge.verify_hub_signature('what do ya want for nothing?', :mac || 'x', 'Jefe') AS longer;
SELECT s, jorge.verify_hub_signature('x', s, 'Jefe') FROM unnest(ARRAY['', 'sha256=', 'sha1=5bdcc146bf60754e6a042426089575c75a003f08', 'sha256=' || repeat('zz', 32), 'N/A']) s ORDER BY s COLLATE "C";
SELECT jorge.verify_hub_signature(NULL, :mac, 'Jefe') IS NULL AS no_body, jorge.verify_hub_signature('x', NULL, 'Jefe') IS NULL AS no_signature;
SELECT jorge.verify_hub_signature('x', :mac, '');

-- RFC 8032, section 7.1, tests 1 to 3
CREATE TEMP TABLE ed (n integer, body bytea, signature text, key text);
INSERT INTO ed VALUES
    (1, '\x', '5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==', 'MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='),
    (2, '\x72', 'kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA==', 'MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw='),
    (3, '\xaf82', 'YpHWV97sJAJIJ+acOr4BowzlSKKEdDpEXjaA19taw6wY/5tTjRbykK5n92CYTcZZSnwV6XFu0o3AJ77O6h7ECg==', 'MCowBQYDK2VwAyEA/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=');
SELECT n, jorge.verify_signature(body, signature, key) AS valid, jorge.verify_signature(body || '\x00', signature, key) AS other_body,
       jorge.verify_signature(body, signature, (SELECT key FROM ed o WHERE o.n = ed.n % 3 + 1)) AS other_key,
       jorge.verify_signature(body, 'A' || substr(signature, 2), key) AS other_signature,
       jorge.verify_signature(body, left(signature, -4), key) AS cut
  FROM ed ORDER BY n;
-- GoHighLevel's key is one; its test calls send no signature
SELECT s, jorge.verify_signature('{}', s, 'MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=')
  FROM unnest(ARRAY['N/A', '', '????', repeat('A', 88), repeat('A', 5000)]) WITH ORDINALITY AS v(s, n) WHERE length(s) < 100 ORDER BY n;

-- RSA, PKCS#1 v1.5 with SHA-256, PEM and bare
CREATE TEMP TABLE rsa AS SELECT $pem$-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyXZNUtTW8kZLJ6f3EqVd
r06ohNnKoMvNPr1vGVROoFt0QRqJuAfeaTHKnfTDFxL0qVTdoMwmFal/4xRvHsU4
wpfMllkAT3jn5JAqSLg6ihGhyFe4bxZjdvigszB5C8FjzmsTg6GngsxbCkmZbcsR
iirHz0dN/QA5KxOoxIUyrdoJNiMSLlyAWj03NXbBzeT0rNMh1yHIToWKmyZr+zWJ
mMu0EyEKmxIo00q8TfHxCxDEpO/W/RT9il+dpvtighJbvGjsAHpA7EihALxoXqyH
W03oABZHwaYUDBeXG4JxOBi8ayUqvHP+nIbzKefVPFay4DyrksKyHbVUgiNG1djS
7wIDAQAB
-----END PUBLIC KEY-----$pem$::text AS pem,
       'E/OxvTw6DvzoJCmqoWkSSJQhOB//ECpehYkrBw/1odP8W9MIStNZlzPhWN2zcd4opf/HyEYSIEgkhbFpPHqh/rdGda/4OXJiyqmULXU1Ib5VD1XJX3O0KenPBp6cqPNpWYXqPDUYpoLOChszlDaoTlbVMwBCbCiQJrdOdCc1KAqD+w0l8msVKWkawZcCDuCK6ltY24vdVo6LL9YDee3lhwdyp93J15TTp5f16jxsWLEX6LU6IP/fTswhX5/I+1J9MGKHgezC4JmnOVxx6aXPvWc90a5wamq/2IZWIWF9O5acuNSrk7VNygaetgwRzjechmdjqRcbyFM5+6tx1z7DBA=='::text AS signature;
SELECT jorge.verify_signature('{"type":"ContactCreate","locationId":"L"}', signature, pem) AS valid,
       jorge.verify_signature('{"type":"ContactCreate","locationId":"M"}', signature, pem) AS other_body,
       jorge.verify_signature('{"type":"ContactCreate","locationId":"L"}', signature, replace(replace(pem, '-----BEGIN PUBLIC KEY-----', ''), '-----END PUBLIC KEY-----', '')) AS bare_key
  FROM rsa;

-- keys that are none are our mistake
SELECT jorge.verify_signature('x', 'AAAA', '');
SELECT jorge.verify_signature('x', 'AAAA', 'not a key');
SELECT jorge.verify_signature('x', '', 'not a key');
SELECT jorge.verify_signature('x', 'AAAA', NULL) IS NULL AS no_key;
