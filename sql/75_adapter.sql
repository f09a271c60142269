-- adapter: reading what providers deliver

CREATE FUNCTION jorge.read_payload(body text) RETURNS jsonb
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 2000
    AS 'MODULE_PATHNAME', 'jorge_read_payload';
COMMENT ON FUNCTION jorge.read_payload(text) IS
    'A delivery of any kind as a JSON document: JSON (zero characters, broken surrogates and raw control characters in strings put right), a form (application/x-www-form-urlencoded), an e-mail ({format: mail, headers, from, subject, text, labels, meta, adf, ...}), ADF XML, HTML, or plain text ({format: text, text, labels}). NULL if empty; ERROR 22P02 for what begins like JSON and is none, 54000 beyond 32 MB. Nothing is fetched and no entity is expanded. Shapes: doc/adapters.md.';

CREATE FUNCTION jorge.read_payload(bytes bytea) RETURNS jsonb
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 2000
    AS 'MODULE_PATHNAME', 'jorge_read_payload';
COMMENT ON FUNCTION jorge.read_payload(bytea) IS
    'As jorge.read_payload(text) for raw bytes: other charsets than the database''s are converted, zero bytes dropped.';

CREATE FUNCTION jorge.html_text(html text) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 500
    AS 'MODULE_PATHNAME', 'jorge_html_text';
COMMENT ON FUNCTION jorge.html_text(text) IS
    'The text of HTML: blocks as lines, cells parted by tabs, character references read, scripts and styles left out. At most 4 MB.';

CREATE FUNCTION jorge.text_or_null(bytes bytea) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'jorge_text_or_null';
COMMENT ON FUNCTION jorge.text_or_null(bytea) IS
    'The bytes as text if they are text of the database''s encoding, else NULL.';

CREATE FUNCTION jorge.parse_time(value text) RETURNS timestamptz
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'jorge_parse_time';
COMMENT ON FUNCTION jorge.parse_time(text) IS
    'A time as providers write them: ISO 8601, mails'' dates, 11/20/2026 3:15 PM (order by DateStyle), seconds or milliseconds since 1970. Without a zone it is UTC. NULL if it can''t be read; words such as now or today can''t.';

CREATE FUNCTION jorge.verify_hub_signature(body bytea, signature text, secret text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_verify_hub_signature';
COMMENT ON FUNCTION jorge.verify_hub_signature(bytea, text, text) IS
    'Is X-Hub-Signature-256 (Facebook: "sha256=" and hexadecimal HMAC-SHA256) that of the raw body under the app''s secret? Compared in constant time. ERROR 22023 for an empty secret.';

CREATE FUNCTION jorge.verify_signature(body bytea, signature text, public_key text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2000
    AS 'MODULE_PATHNAME', 'jorge_verify_signature';
COMMENT ON FUNCTION jorge.verify_signature(bytea, text, text) IS
    'Is the base64 signature that of the raw body under the public key (PEM, or its base64)? An Ed25519 key checks GoHighLevel''s X-GHL-Signature, an RSA key (PKCS#1 v1.5, SHA-256) its former x-wh-signature. ERROR 22023 for a key that can''t be read, 0A000 on a server without OpenSSL.';

CREATE FUNCTION jorge.inbox_intake() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_inbox_intake';
COMMENT ON FUNCTION jorge.inbox_intake() IS
    'Trigger on jorge.inbox, once a row: takes the delivery in by jorge.take_inbox(), as the table''s owner.';
REVOKE ALL ON FUNCTION jorge.inbox_intake() FROM PUBLIC;

CREATE FUNCTION jorge.inquiry_listing_hints() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_inquiry_listing_hints';
COMMENT ON FUNCTION jorge.inquiry_listing_hints() IS
    'Trigger on jorge.inquiry, before each row that names a listing: fills it by jorge.inquiry_hints(), as the table''s owner.';
REVOKE ALL ON FUNCTION jorge.inquiry_listing_hints() FROM PUBLIC;

CREATE FUNCTION jorge.inquiry_listing_kept() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_inquiry_listing_kept';
COMMENT ON FUNCTION jorge.inquiry_listing_kept() IS
    'Trigger on jorge.inquiry, once a statement: keeps the listings asked about by jorge.keep_listing(), as the table''s owner.';
REVOKE ALL ON FUNCTION jorge.inquiry_listing_kept() FROM PUBLIC;
