-- From a document to a row of jorge.inquiry: where each column is found is said by rows, so that a provider's
-- changed payload needs no release. Policy, so an owner may change the functions too.

CREATE OR REPLACE FUNCTION jorge.lead_alias(lead_id uuid, location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT coalesce((SELECT a.lead_id FROM jorge.lead_alias a WHERE a.location_id = $2 AND a.alias_id = $1), $1)
$fn$;
COMMENT ON FUNCTION jorge.lead_alias(uuid, text) IS 'The lead that an id means today: an id once given stays valid for ever.';

CREATE OR REPLACE FUNCTION jorge.locked_lead(lead_id uuid, location_id text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE STRICT
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    who uuid := $1;
    now_is uuid;
BEGIN
    LOOP
        PERFORM FROM jorge.lead l WHERE l.location_id = $2 AND l.lead_id = who FOR NO KEY UPDATE;
        IF FOUND AND who = $1 THEN
            RETURN who;
        END IF;
        -- merged away before, or while we waited; or parted again
        now_is := jorge.lead_alias($1, $2);
        IF now_is = who THEN
            RETURN (SELECT l.lead_id FROM jorge.lead l WHERE l.location_id = $2 AND l.lead_id = who);
        END IF;
        who := now_is;
    END LOOP;
END
$fn$;
COMMENT ON FUNCTION jorge.locked_lead(uuid, text) IS 'The lead that an id means, locked FOR NO KEY UPDATE until the commit, also if it was merged while we waited for the lock; NULL if there is none.';
REVOKE ALL ON FUNCTION jorge.locked_lead(uuid, text) FROM PUBLIC;

CREATE TABLE IF NOT EXISTS jorge.field_map (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    source      text NOT NULL,
    field       text NOT NULL,
    path        text[] NOT NULL,
    pattern     text NOT NULL DEFAULT '',
    transform   text NOT NULL DEFAULT 'text',
    rank        integer NOT NULL DEFAULT 100,
    replaces    boolean NOT NULL DEFAULT false,
    shipped     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (location_id, source, field, path, pattern)
);
COMMENT ON TABLE jorge.field_map IS 'Where each column of jorge.inquiry is found in a source''s payload. The first row that finds a value wins: the tenant''s own before those of "*", own before shipped, then by rank, at the same rank the source''s before those of "*". install() renews shipped rows and never touches others.';
COMMENT ON COLUMN jorge.field_map.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.field_map.source IS 'Source; "*" = all.';
COMMENT ON COLUMN jorge.field_map.field IS 'Column of jorge.inquiry.';
COMMENT ON COLUMN jorge.field_map.path IS 'Path in the payload, as for the operator #>. A step that begins with ~ is a regular expression on the keys (any case), e.g. {answers,~budget}.';
COMMENT ON COLUMN jorge.field_map.pattern IS 'Regular expression on the text found; its first group is the value, no match is no value. Empty = the whole text.';
COMMENT ON COLUMN jorge.field_map.transform IS 'What is made of it: text, line, words, message, html, number, low, high, time, side, financing, language (jorge.field_value).';
COMMENT ON COLUMN jorge.field_map.rank IS 'Lower is asked first.';
COMMENT ON COLUMN jorge.field_map.replaces IS 'In a row of one''s own: no shipped row is asked for this column of this source. With a path that finds nothing the column stays empty.';
COMMENT ON COLUMN jorge.field_map.shipped IS 'True for the rows of install().';

CREATE OR REPLACE FUNCTION jorge.json_number(value text) RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $fn$
    SELECT CASE WHEN cleaned ~ '^-?[0-9]{1,15}(\.[0-9]{1,6})?$' THEN cleaned::numeric END
      FROM (SELECT translate(btrim(value), '$, ', '') AS cleaned) c
$fn$;
COMMENT ON FUNCTION jorge.json_number(text) IS 'A number written with or without $ and thousands commas; NULL if it is none.';

CREATE OR REPLACE FUNCTION jorge.json_pick(document jsonb, path text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    step text;
BEGIN
    FOREACH step IN ARRAY path LOOP
        IF step NOT LIKE '~%' THEN
            document := document -> step;
        ELSIF jsonb_typeof(document) = 'object' THEN
            document := (SELECT value FROM jsonb_each(document) WHERE key ~* substr(step, 2) ORDER BY key COLLATE "C" LIMIT 1);
        ELSE
            RETURN NULL;
        END IF;
        IF document IS NULL THEN
            RETURN NULL;
        END IF;
    END LOOP;
    RETURN document;
END
$fn$;
COMMENT ON FUNCTION jorge.json_pick(jsonb, text[]) IS 'What a path of jorge.field_map finds in a document; NULL if nothing.';

CREATE OR REPLACE FUNCTION jorge.field_value(value jsonb, pattern text, transform text) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- longest text a column other than the message takes, characters
    longest CONSTANT integer := 1000;
    said text;
    amount numeric;
BEGIN
    IF jsonb_typeof(value) = 'object' THEN
        RETURN NULL;
    ELSIF jsonb_typeof(value) = 'array' THEN
        said := (SELECT string_agg(e, ', ') FROM jsonb_array_elements_text(value) e WHERE e !~ '^[[{]');
    ELSE
        said := value #>> '{}';
    END IF;
    said := btrim(said, E' \t\r\n');
    IF pattern <> '' THEN
        said := btrim(substring(left(said, 65536) FROM pattern), E' \t\r\n');
    END IF;
    IF said IS NULL OR said = '' OR lower(said) IN ('null', 'n/a', 'none provided', 'not provided') THEN
        RETURN NULL;
    END IF;
    IF transform IN ('low', 'high') THEN
        said := left(translate(said, '_', ' '), longest);
        amount := jorge.json_number(said);
        IF amount IS NOT NULL THEN
            RETURN CASE WHEN transform = 'high' THEN to_jsonb(amount) END;
        END IF;
        SELECT CASE transform WHEN 'low' THEN s.budget_min ELSE s.budget_max END INTO amount FROM jorge.text_signals('My budget is ' || said) s;
        RETURN to_jsonb(amount);
    END IF;
    RETURN CASE transform
        WHEN 'text' THEN to_jsonb(left(said, longest))
        WHEN 'line' THEN to_jsonb(left(regexp_replace(said, '\s+', ' ', 'g'), longest))
        WHEN 'words' THEN to_jsonb(left(translate(said, '_', ' '), longest))
        WHEN 'message' THEN to_jsonb(said)
        WHEN 'html' THEN to_jsonb(jorge.html_text(said))
        WHEN 'number' THEN to_jsonb(jorge.json_number(said))
        WHEN 'time' THEN to_jsonb(jorge.parse_time(said))
        WHEN 'language' THEN to_jsonb(lower(substring(said FROM '^([A-Za-z]{2})(?:[-_].*)?$')))
        WHEN 'side' THEN to_jsonb(CASE WHEN said ~* 'both|buy.*sell|sell.*buy|compra.*vend|vend.*compra' THEN 'both'
                                       WHEN said ~* 'sell|listing appointment|home value|valuation|vend' THEN 'seller'
                                       WHEN said ~* 'buy|purchas|compra|showing' THEN 'buyer' END)
        WHEN 'financing' THEN to_jsonb(CASE WHEN lower(said) IN ('true', 'yes', 'y', 'si', 'sí', '1') THEN 'pre-approved'
                                            WHEN lower(said) IN ('false', 'no', 'n', '0') THEN 'not pre-approved'
                                            ELSE left(translate(said, '_', ' '), longest) END)
        END;
END
$fn$;
COMMENT ON FUNCTION jorge.field_value(jsonb, text, text) IS
    'What a row of jorge.field_map makes of the JSON it found. text; line (white space closed up); words (_ becomes a space); message (any length); html (as text); number; low and high (bounds of "$400k_to_$500k"); time (jorge.parse_time); side; financing (yes or no answers whether pre-approved); language (two letters). NULL for nothing, an object, or what the transform can''t read.';

CREATE OR REPLACE FUNCTION jorge.map_fields(source text, document jsonb, location_id text DEFAULT jorge.current_location()) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN (
    WITH candidates AS (
        SELECT m.field, m.path, m.pattern, m.transform, m.shipped,
               row_number() OVER (ORDER BY m.location_id = '*', m.shipped, m.rank, m.source = '*', m.path, m.pattern) AS turn,
               bool_or(m.replaces AND NOT m.shipped) OVER (PARTITION BY m.field) AS replaced
          FROM jorge.field_map m
         WHERE m.location_id IN ($3, '*') AND m.source IN ($1, '*')
           -- most rows are for other shapes: their first step is not there
           AND (m.replaces OR m.path[1] IS NULL OR starts_with(m.path[1], '~') OR $2 ? m.path[1])
    ), found AS (
        SELECT DISTINCT ON (c.field) c.field, f.value
          FROM candidates c,
               LATERAL (SELECT jorge.field_value(CASE WHEN strpos(array_to_string(c.path, ','), '~') > 0 THEN jorge.json_pick($2, c.path) ELSE $2 #> c.path END,
                                                 c.pattern, c.transform) AS value OFFSET 0) f
         WHERE NOT (c.shipped AND c.replaced) AND f.value IS NOT NULL
         ORDER BY c.field, c.turn
    )
    SELECT coalesce(jsonb_object_agg(field, value), '{}') FROM found);
END
$fn$;
COMMENT ON FUNCTION jorge.map_fields(text, jsonb, text) IS
    'Columns of jorge.inquiry found in a document by the rows of jorge.field_map: try a new row with SELECT jorge.map_fields(''zillow'', jorge.read_payload(body)) FROM jorge.inbox.';

CREATE OR REPLACE FUNCTION jorge.payload_items(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    list text;
BEGIN
    IF jsonb_typeof(document) = 'array' THEN
        RETURN document;
    END IF;
    -- Facebook: {"object": "page", "entry": [{"id": ..., "changes": [{"field": "leadgen", "value": {...}}, ...]}, ...]}
    IF jsonb_typeof(document -> 'entry') = 'array' AND jsonb_typeof(document -> 'object') = 'string' THEN
        RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('object', document -> 'object', 'page_id', e -> 'id', 'time', e -> 'time') || c), '[]')
                  FROM jsonb_array_elements(document -> 'entry') e,
                       LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(e -> 'changes') = 'array' THEN e -> 'changes' ELSE jsonb_build_array(e) END) c);
    END IF;
    -- pages of an API's list
    FOREACH list IN ARRAY ARRAY['data', 'contacts', 'leads'] LOOP
        IF jsonb_typeof(document -> list) = 'array' AND jsonb_typeof(document #> ARRAY[list, '0']) = 'object' THEN
            RETURN document -> list;
        END IF;
    END LOOP;
    RETURN NULL;
END
$fn$;
COMMENT ON FUNCTION jorge.payload_items(jsonb) IS
    'Elements of a document that carries many leads (an array; Facebook''s entry[].changes[]; data, contacts or leads of an API''s page), each to be a delivery of its own; NULL if it is one.';

CREATE OR REPLACE FUNCTION jorge.insert_inquiry(arrival jorge.inbox, fields jsonb, payload jsonb) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    inquiry jorge.inquiry;
BEGIN
    inquiry := jsonb_populate_record(NULL::jorge.inquiry, fields);
    inquiry.inquiry_id := jorge.new_id();
    -- a clock that runs ahead is not believed
    IF inquiry.received_at IS NULL OR inquiry.received_at > arrival.received_at + interval '1 day' THEN
        inquiry.received_at := arrival.received_at;
    END IF;
    INSERT INTO jorge.inquiry (location_id, inquiry_id, received_at, source, source_ref, campaign, cost, side, name, first_name, last_name, phone, email,
                               street, city, state, postal_code, country, message, budget_min, budget_max, timeline, financing,
                               property_type, bedrooms, bathrooms, area, listing_ref, language, time_zone, payload)
    VALUES (arrival.location_id, inquiry.inquiry_id, inquiry.received_at, arrival.source, inquiry.source_ref, inquiry.campaign, inquiry.cost, inquiry.side,
            inquiry.name, inquiry.first_name, inquiry.last_name, inquiry.phone, inquiry.email, inquiry.street, inquiry.city, inquiry.state,
            inquiry.postal_code, inquiry.country, inquiry.message, inquiry.budget_min, inquiry.budget_max, inquiry.timeline, inquiry.financing,
            inquiry.property_type, inquiry.bedrooms, inquiry.bathrooms, inquiry.area, inquiry.listing_ref, inquiry.language, inquiry.time_zone, payload)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        arrival.inquiry_id := inquiry.inquiry_id;
        SELECT l.lead_id INTO arrival.lead_id FROM jorge.inquiry_lead l
         WHERE l.location_id = arrival.location_id AND l.inquiry_id = inquiry.inquiry_id;
    ELSE
        arrival.state := 'duplicate';
        arrival.reason := format('%s has an inquiry %s', arrival.source, inquiry.source_ref);
    END IF;
    RETURN arrival;
END
$fn$;
COMMENT ON FUNCTION jorge.insert_inquiry(jorge.inbox, jsonb, jsonb) IS
    'Makes the inquiry of a delivery from columns of jorge.inquiry given as JSON, and tells its ids; a duplicate if the source''s id is there.';
REVOKE ALL ON FUNCTION jorge.insert_inquiry(jorge.inbox, jsonb, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.take_lead(arrival jorge.inbox, document jsonb, kind text, provider_ref text DEFAULT NULL) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    fields jsonb := jorge.map_fields(arrival.source, document, arrival.location_id);
BEGIN
    arrival.kind := $3;
    IF NOT fields ?| ARRAY['name', 'first_name', 'last_name', 'phone', 'email', 'message', 'source_ref'] THEN
        RAISE EXCEPTION 'the % payload has no name, phone, e-mail, message or id', arrival.source USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Rows of jorge.field_map say where they are; then SELECT jorge.replay().';
    END IF;
    -- one person who sends one text twice on a day has sent it once
    arrival := jorge.claim_delivery(arrival, coalesce($4, 'lead:' || (fields ->> 'source_ref'),
        'hash:' || md5((fields - 'received_at')::text || document::text) || to_char(arrival.received_at AT TIME ZONE 'UTC', ':YYYY-MM-DD')));
    IF arrival.state = 'duplicate' THEN
        RETURN arrival;
    END IF;
    RETURN jorge.insert_inquiry(arrival, fields, document);
END
$fn$;
COMMENT ON FUNCTION jorge.take_lead(jorge.inbox, jsonb, text, text) IS
    'The plain adapter: columns by jorge.field_map, one inquiry. Known again by provider_ref, else the source''s id, else by a hash of what came and the day. ERROR 22023 if nothing of a person is found.';
REVOKE ALL ON FUNCTION jorge.take_lead(jorge.inbox, jsonb, text, text) FROM PUBLIC;

-- what receivers call

CREATE OR REPLACE FUNCTION jorge.ingest(source text, payload jsonb, headers jsonb DEFAULT NULL, provider_ref text DEFAULT NULL,
                                        location_id text DEFAULT jorge.current_location(), deferred boolean DEFAULT false) RETURNS uuid
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    id uuid := jorge.new_id();
BEGIN
    INSERT INTO jorge.inbox (location_id, inbox_id, source, provider_ref, headers, payload, deferred)
    VALUES ($5, id, coalesce($1, ''), $4, $3, $2, coalesce($6, false));
    RETURN (SELECT coalesce(i.inquiry_id, (SELECT c.inquiry_id FROM jorge.inbox c
                                            WHERE c.parent_id = id AND c.location_id = $5 AND c.inquiry_id IS NOT NULL ORDER BY c.element LIMIT 1))
              FROM jorge.inbox i WHERE i.location_id = $5 AND i.inbox_id = id);
END
$fn$;
COMMENT ON FUNCTION jorge.ingest(text, jsonb, jsonb, text, text, boolean) IS
    'Stores what a provider delivered in jorge.inbox and takes it in, in this transaction; returns the (first) inquiry_id, or NULL if it made none: a duplicate, a message, an error (see jorge.inbox). provider_ref: the delivery''s id where a header has it. deferred: store only. Needs INSERT and SELECT on jorge.inbox.';
REVOKE ALL ON FUNCTION jorge.ingest(text, jsonb, jsonb, text, text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.ingest(source text, body text, headers jsonb DEFAULT NULL, provider_ref text DEFAULT NULL,
                                        location_id text DEFAULT jorge.current_location(), deferred boolean DEFAULT false) RETURNS uuid
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    id uuid := jorge.new_id();
BEGIN
    INSERT INTO jorge.inbox (location_id, inbox_id, source, provider_ref, headers, body, deferred)
    VALUES ($5, id, coalesce($1, ''), $4, $3, $2, coalesce($6, false));
    RETURN (SELECT coalesce(i.inquiry_id, (SELECT c.inquiry_id FROM jorge.inbox c
                                            WHERE c.parent_id = id AND c.location_id = $5 AND c.inquiry_id IS NOT NULL ORDER BY c.element LIMIT 1))
              FROM jorge.inbox i WHERE i.location_id = $5 AND i.inbox_id = id);
END
$fn$;
COMMENT ON FUNCTION jorge.ingest(text, text, jsonb, text, text, boolean) IS
    'As jorge.ingest(text, jsonb) for a body as it came over the wire: JSON, a form (application/x-www-form-urlencoded), an e-mail (RFC 822), ADF XML or plain text; jorge.read_payload() finds out which.';
REVOKE ALL ON FUNCTION jorge.ingest(text, text, jsonb, text, text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.ingest(source text, bytes bytea, headers jsonb DEFAULT NULL, provider_ref text DEFAULT NULL,
                                        location_id text DEFAULT jorge.current_location(), deferred boolean DEFAULT false) RETURNS uuid
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    id uuid := jorge.new_id();
BEGIN
    INSERT INTO jorge.inbox (location_id, inbox_id, source, provider_ref, headers, body, bytes, deferred)
    VALUES ($5, id, coalesce($1, ''), $4, $3, jorge.text_or_null($2), CASE WHEN jorge.text_or_null($2) IS NULL THEN $2 END, coalesce($6, false));
    RETURN (SELECT coalesce(i.inquiry_id, (SELECT c.inquiry_id FROM jorge.inbox c
                                            WHERE c.parent_id = id AND c.location_id = $5 AND c.inquiry_id IS NOT NULL ORDER BY c.element LIMIT 1))
              FROM jorge.inbox i WHERE i.location_id = $5 AND i.inbox_id = id);
END
$fn$;
COMMENT ON FUNCTION jorge.ingest(text, bytea, jsonb, text, text, boolean) IS
    'As jorge.ingest(text, text) for raw bytes: zero bytes and text in any charset never fail. What is text of the database''s encoding is stored as text.';
REVOKE ALL ON FUNCTION jorge.ingest(text, bytea, jsonb, text, text, boolean) FROM PUBLIC;
