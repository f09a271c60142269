-- identity: keys by which arrivals of one person are recognised, likeness of names, the matcher

CREATE FUNCTION jorge.phone_key(phone text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'jorge_phone_key';
COMMENT ON FUNCTION jorge.phone_key(text) IS
    'Canonical form of a phone number (E.164, e.g. +15128675309): North American numbers in any form, others with + or 00 or 011. NULL where it can''t be a key: no area code, letters for digits, impossible, or a number people make up. Area codes are not judged.';

CREATE FUNCTION jorge.phone_key(phone text, country text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'jorge_phone_key_in';
COMMENT ON FUNCTION jorge.phone_key(text, text) IS
    'As jorge.phone_key(phone), for a number written as it is dialled inside a country (ISO 3166-1 two letters: MX, GB). An unknown country is read as US.';

CREATE FUNCTION jorge.email_key(email text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'jorge_email_key';
COMMENT ON FUNCTION jorge.email_key(text) IS
    'Canonical form of an e-mail address: lower case, without "mailto:" and <>, a domain beyond ASCII as xn--; gmail without dots and +tag, other providers without the +tag they ignore. NULL where it can''t be a key: no address, a role (info@), or a portal''s relay. Never send to this form.';

CREATE FUNCTION jorge.name_key(name text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_name_key';
COMMENT ON FUNCTION jorge.name_key(text) IS
    'A person''s full name for grouping: no case, accents, titles, suffixes and middle names; the frequent formal name for a nickname; words sorted ("Smith, Bob Jr." and "Robert Smith" are "robert smith"). The first of two people. NULL if it holds no name. Equal keys are a reason to look, not proof of one person.';

CREATE FUNCTION jorge.jaro_winkler(a text, b text) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_jaro_winkler';
COMMENT ON FUNCTION jorge.jaro_winkler(text, text) IS
    'Jaro-Winkler similarity of two texts as given, by Unicode code points: 0 (nothing in common) to 1 (equal). Prefix of up to 4, scale 0.1 (Winkler 1990). Of longer texts the first 1000 characters are compared.';

CREATE FUNCTION jorge.damerau_levenshtein(a text, b text) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_damerau_levenshtein';
COMMENT ON FUNCTION jorge.damerau_levenshtein(text, text) IS
    'Edits that make one text the other: insert, delete, replace a character or swap two neighbours, no part edited twice (optimal string alignment), by Unicode code points. ERROR 54000 for more than 1000 characters.';

CREATE FUNCTION jorge.name_similarity(a text, b text) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_name_similarity';
COMMENT ON FUNCTION jorge.name_similarity(text, text) IS
    'How alike two people''s full names are, 0 to 1: the mean of given name and surname, each 1 if equal but for case and accents, 0.95 for a nickname, 0.9 for an initial, else Jaro-Winkler; names in the other order count 0.97. One of two people (John & Mary) is enough. NULL if one holds no name.';

CREATE FUNCTION jorge.match_score(a record, b record,
        OUT decision text, OUT reason text, OUT weight real, OUT given_name text, OUT surname text, OUT phone text,
        OUT email text, OUT house text, OUT street text, OUT city text, OUT postal_code text) RETURNS record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'jorge_match_score';
COMMENT ON FUNCTION jorge.match_score(record, record) IS
    'Are two rows the same person? Reads name, first_name, last_name, phone, email, street, city, postal_code of either row, as far as it has them. decision: merge, review or none; reason: what decided; weight: bits for one person (log2 of the likelihood ratio); then how each field agrees: same, close, alike, different, NULL = not given on a side. Reads no table: numbers and addresses in jorge.identity_stop are the caller''s to leave out. doc/identity.md explains.';

CREATE FUNCTION jorge.match_score(a jsonb, b jsonb,
        OUT decision text, OUT reason text, OUT weight real, OUT given_name text, OUT surname text, OUT phone text,
        OUT email text, OUT house text, OUT street text, OUT city text, OUT postal_code text) RETURNS record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'jorge_match_score_json';
COMMENT ON FUNCTION jorge.match_score(jsonb, jsonb) IS
    'As jorge.match_score(record, record) for JSON objects with those names; "phones" and "emails" may hold further ones as arrays. ERROR 22023 if it is no object, or a value no string.';

CREATE FUNCTION jorge.blocking_keys(person record) RETURNS bigint[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'jorge_blocking_keys_row';
COMMENT ON FUNCTION jorge.blocking_keys(record) IS
    'Up to 7 hashes under which a row is looked up for jorge.match_score(): rows that share none are not compared, beside those with the same phone or e-mail key. The same on every machine.';

CREATE FUNCTION jorge.blocking_keys(person jsonb) RETURNS bigint[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'jorge_blocking_keys_json';
COMMENT ON FUNCTION jorge.blocking_keys(jsonb) IS 'As jorge.blocking_keys(record) for a JSON object.';
