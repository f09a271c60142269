-- The inbox: whatever a provider delivers is stored here first, as it came, and then taken in. What can't be read
-- stays with its error and can be replayed.

CREATE TABLE IF NOT EXISTS jorge.inbox (
    location_id    text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    inbox_id       uuid NOT NULL DEFAULT jorge.new_id(),
    received_at    timestamptz NOT NULL DEFAULT now(),
    source         text NOT NULL DEFAULT 'unknown',
    provider_ref   text,
    headers        jsonb,
    payload        jsonb,
    body           text,
    bytes          bytea,
    parent_id      uuid,
    element        integer,
    deferred       boolean NOT NULL DEFAULT false,
    state          text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done', 'waiting', 'error', 'duplicate', 'ignored')),
    kind           text,
    reason         text,
    error          text,
    error_code     text,
    waits_for      text,
    attempts       integer NOT NULL DEFAULT 0,
    processed_at   timestamptz,
    inquiry_id     uuid,
    lead_id        uuid,
    interaction_id uuid,
    PRIMARY KEY (location_id, inbox_id)
) WITH (fillfactor = 80);
-- what is still to be done; finished rows are in neither
CREATE INDEX IF NOT EXISTS inbox_open_idx ON jorge.inbox (state, received_at, location_id) WHERE state IN ('new', 'waiting', 'error');
CREATE INDEX IF NOT EXISTS inbox_waits_idx ON jorge.inbox (waits_for, location_id) WHERE waits_for IS NOT NULL;
CREATE INDEX IF NOT EXISTS inbox_parent_idx ON jorge.inbox (parent_id, location_id) WHERE parent_id IS NOT NULL;
COMMENT ON TABLE jorge.inbox IS 'Every delivery of a provider, as it came: a webhook''s body, an e-mail, a form. Inserting here takes it in (jorge.take_inbox) in the same transaction; what fails is kept with its error, see jorge.replay(). One of payload, body and bytes is set.';
COMMENT ON COLUMN jorge.inbox.location_id IS 'Tenant; default is the setting jorge.location_id, else "main".';
COMMENT ON COLUMN jorge.inbox.inbox_id IS 'Id of the delivery.';
COMMENT ON COLUMN jorge.inbox.received_at IS 'When it was handed to the database.';
COMMENT ON COLUMN jorge.inbox.source IS 'Who delivered it: ghl, zillow, realtor_com, facebook, email or any other name; aliases are resolved when it is taken in, and a portal''s mail gets the portal''s name.';
COMMENT ON COLUMN jorge.inbox.provider_ref IS 'Id by which a second delivery of the same is known (jorge.inbox_ref); where the provider gives none, a hash of what came and the day.';
COMMENT ON COLUMN jorge.inbox.headers IS 'HTTP headers, if the receiver hands them over; not interpreted.';
COMMENT ON COLUMN jorge.inbox.payload IS 'What came, if it was handed over as jsonb; also one element of a delivery that was split.';
COMMENT ON COLUMN jorge.inbox.body IS 'What came, if it is text.';
COMMENT ON COLUMN jorge.inbox.bytes IS 'What came, if it is no text of the database''s encoding (zero bytes, other charsets).';
COMMENT ON COLUMN jorge.inbox.parent_id IS 'The delivery that this one was an element of.';
COMMENT ON COLUMN jorge.inbox.element IS 'Its place in that delivery: 1, 2 ...';
COMMENT ON COLUMN jorge.inbox.deferred IS 'True: only stored; jorge.replay(''new'') takes it in.';
COMMENT ON COLUMN jorge.inbox.state IS 'new; done; waiting for what waits_for names; error; duplicate of an earlier delivery; ignored, for the reason given.';
COMMENT ON COLUMN jorge.inbox.kind IS 'What it was taken for: contact, message, lead, opportunity, batch ...; for GoHighLevel the event''s type.';
COMMENT ON COLUMN jorge.inbox.reason IS 'Why it is waiting, a duplicate or ignored.';
COMMENT ON COLUMN jorge.inbox.error IS 'Why it could not be taken in.';
COMMENT ON COLUMN jorge.inbox.error_code IS 'SQLSTATE of that error.';
COMMENT ON COLUMN jorge.inbox.waits_for IS 'Name of what has to come first, e.g. contact:abc (GoHighLevel) or lead:123 (Facebook).';
COMMENT ON COLUMN jorge.inbox.attempts IS 'How often it was tried.';
COMMENT ON COLUMN jorge.inbox.processed_at IS 'When it was last tried.';
COMMENT ON COLUMN jorge.inbox.inquiry_id IS 'The inquiry it became.';
COMMENT ON COLUMN jorge.inbox.lead_id IS 'The person it is about.';
COMMENT ON COLUMN jorge.inbox.interaction_id IS 'The interaction it became.';

CREATE TABLE IF NOT EXISTS jorge.inbox_ref (
    location_id  text NOT NULL,
    source       text NOT NULL,
    provider_ref text NOT NULL,
    inbox_id     uuid NOT NULL,
    PRIMARY KEY (location_id, source, provider_ref)
);
COMMENT ON TABLE jorge.inbox_ref IS 'Deliveries that were taken in, by their provider''s id: what makes a second one a duplicate. Outlives jorge.prune_inbox().';
COMMENT ON COLUMN jorge.inbox_ref.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.inbox_ref.source IS 'Source.';
COMMENT ON COLUMN jorge.inbox_ref.provider_ref IS 'As in jorge.inbox.';
COMMENT ON COLUMN jorge.inbox_ref.inbox_id IS 'The delivery that was taken in.';

CREATE TABLE IF NOT EXISTS jorge.source (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    source      text NOT NULL,
    aliases     text[] NOT NULL DEFAULT '{}',
    quality     numeric CHECK (quality BETWEEN 0 AND 1),
    shipped     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (location_id, source)
);
COMMENT ON TABLE jorge.source IS 'Sources: the names they go by and how good their data is. A source needs no row here. Rows of location "*" count for every tenant that has none of its own.';
COMMENT ON COLUMN jorge.source.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.source.source IS 'Name under which it is known: ghl, zillow, realtor_com, facebook, email, website ...';
COMMENT ON COLUMN jorge.source.aliases IS 'Other names that mean it, lower case.';
COMMENT ON COLUMN jorge.source.quality IS 'Quality of the data it delivers, 0 ... 1; NULL = not rated.';
COMMENT ON COLUMN jorge.source.shipped IS 'True for rows that install() brought; it never changes a row that is there.';

INSERT INTO jorge.source (location_id, source, aliases, quality, shipped) VALUES
    ('*', 'ghl', '{gohighlevel,highlevel,leadconnector}', 0.91, true),
    ('*', 'zillow', '{zillow.com,zillow_leads,trulia}', 0.85, true),
    ('*', 'realtor_com', '{realtor,realtor.com,realtorcom}', 0.80, true),
    ('*', 'facebook', '{facebook_leads,facebook_lead_ads,fb,instagram,instagram_leads,ig,meta}', 0.62, true),
    ('*', 'email', '{email_forwarded,mail,e-mail,imap}', NULL, true)
ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION jorge.source_name(source text, location_id text DEFAULT jorge.current_location()) RETURNS text
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN (
    SELECT coalesce((SELECT s.source FROM jorge.source s
                      WHERE s.location_id IN ($2, '*') AND (s.source = n.name OR n.name = ANY (s.aliases))
                      ORDER BY s.location_id = '*', s.source <> n.name, s.source LIMIT 1), nullif(n.name, ''), 'unknown')
      FROM (SELECT lower(btrim($1)) AS name) n);
END
$fn$;
COMMENT ON FUNCTION jorge.source_name(text, text) IS 'The name under which a source is known (jorge.source): facebook_leads is facebook, email_forwarded is email, realtor.com is realtor_com; any other name is itself in lower case, an empty one "unknown".';

CREATE TABLE IF NOT EXISTS jorge.lead_contact (
    location_id text NOT NULL,
    source      text NOT NULL,
    contact_id  text NOT NULL,
    lead_id     uuid NOT NULL,
    deleted_at  timestamptz,
    PRIMARY KEY (location_id, source, contact_id)
);
CREATE INDEX IF NOT EXISTS lead_contact_lead_idx ON jorge.lead_contact (lead_id, location_id);
COMMENT ON TABLE jorge.lead_contact IS 'Which person a contact of an outside system is: how a message finds its lead.';
COMMENT ON COLUMN jorge.lead_contact.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_contact.source IS 'The system, e.g. ghl.';
COMMENT ON COLUMN jorge.lead_contact.contact_id IS 'Its id of the contact.';
COMMENT ON COLUMN jorge.lead_contact.lead_id IS 'The person (today''s id: jorge.lead_alias()).';
COMMENT ON COLUMN jorge.lead_contact.deleted_at IS 'When the contact was deleted there; the lead and its history stay.';

CREATE TABLE IF NOT EXISTS jorge.lead_tag (
    location_id text NOT NULL,
    lead_id     uuid NOT NULL,
    tag         text NOT NULL,
    added_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, lead_id, tag)
);
COMMENT ON TABLE jorge.lead_tag IS 'Tags of the contact in its outside system, as last told.';
COMMENT ON COLUMN jorge.lead_tag.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_tag.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.lead_tag.tag IS 'The tag, lower case.';
COMMENT ON COLUMN jorge.lead_tag.added_at IS 'When it was first told.';

CREATE TABLE IF NOT EXISTS jorge.lead_dnd (
    location_id text NOT NULL,
    lead_id     uuid NOT NULL,
    channel     text NOT NULL,
    state       text NOT NULL CHECK (state IN ('inactive', 'active', 'permanent')),
    message     text,
    code        text,
    told_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, lead_id, channel)
);
SELECT jorge.add_check('jorge.lead_dnd', 'lead_dnd_channel_spelling', $check$channel = lower(channel)$check$);
COMMENT ON TABLE jorge.lead_dnd IS 'Do not disturb, by channel, as the contact''s system last told it. state "active" or "permanent" means: do not send.';
COMMENT ON COLUMN jorge.lead_dnd.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_dnd.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.lead_dnd.channel IS 'all, sms, email, call, whatsapp, gmb or fb.';
COMMENT ON COLUMN jorge.lead_dnd.state IS 'inactive (may send), active or permanent (must not).';
COMMENT ON COLUMN jorge.lead_dnd.message IS 'What the system says about it.';
COMMENT ON COLUMN jorge.lead_dnd.code IS 'Its code.';
COMMENT ON COLUMN jorge.lead_dnd.told_at IS 'Time of the event that said so; an older one never overrides it.';

CREATE TABLE IF NOT EXISTS jorge.pipeline_stage (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    source      text NOT NULL DEFAULT 'ghl',
    stage_ref   text NOT NULL,
    stage       text NOT NULL,
    PRIMARY KEY (location_id, source, stage_ref)
);
COMMENT ON TABLE jorge.pipeline_stage IS 'What an outside pipeline''s stages mean here: stage ids are opaque, so the owner says it. Add rows, then SELECT jorge.replay(''ignored'').';
COMMENT ON COLUMN jorge.pipeline_stage.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.pipeline_stage.source IS 'The system, e.g. ghl.';
COMMENT ON COLUMN jorge.pipeline_stage.stage_ref IS 'Its id of the stage (pipelineStageId).';
COMMENT ON COLUMN jorge.pipeline_stage.stage IS 'Funnel stage of jorge.lead: initial_contact, qualified, hot, appointment, closed.';

-- one delivery

CREATE OR REPLACE FUNCTION jorge.take_inbox(inbox_id uuid, location_id text DEFAULT jorge.current_location()) RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    arrival jorge.inbox;
    taken jorge.inbox;
    document jsonb;
    items jsonb;
    hint text;
BEGIN
    SELECT i.* INTO arrival FROM jorge.inbox i WHERE i.location_id = $2 AND i.inbox_id = $1 FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'location "%" has no delivery %', $2, $1 USING ERRCODE = 'no_data_found',
            HINT = 'See SELECT inbox_id, source, state FROM jorge.inbox.';
    END IF;
    IF arrival.state NOT IN ('new', 'waiting', 'error', 'ignored') THEN
        RETURN arrival.state;
    END IF;
    arrival.source := jorge.source_name(arrival.source, arrival.location_id);
    arrival.attempts := arrival.attempts + 1;
    arrival.processed_at := clock_timestamp();
    arrival.state := 'done';
    arrival.kind := CASE WHEN arrival.source LIKE 'load:%' THEN arrival.kind END;
    arrival.reason := NULL;
    arrival.error := NULL;
    arrival.error_code := NULL;
    arrival.waits_for := NULL;
    BEGIN
        document := coalesce(arrival.payload, jorge.read_payload(arrival.body), jorge.read_payload(arrival.bytes));
        IF document IS NULL THEN
            RAISE EXCEPTION 'the delivery is empty' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        items := CASE WHEN arrival.parent_id IS NULL THEN jorge.payload_items(document) END;
        taken := CASE WHEN arrival.provider_ref IS NULL THEN arrival ELSE jorge.claim_delivery(arrival, arrival.provider_ref) END;
        IF taken.state = 'duplicate' THEN
            NULL;
        ELSIF items IS NULL THEN
            taken := jorge.take_item(arrival, document);
        ELSE
            taken.kind := 'batch';
            taken.state := CASE jsonb_array_length(items) WHEN 0 THEN 'ignored' ELSE 'done' END;
            taken.reason := format('split into %s', jsonb_array_length(items));
            INSERT INTO jorge.inbox (location_id, received_at, source, headers, payload, parent_id, element)
            SELECT arrival.location_id, arrival.received_at, arrival.source, arrival.headers, item, arrival.inbox_id, position
              FROM jsonb_array_elements(items) WITH ORDINALITY AS e(item, position) ORDER BY position;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        -- what a retry of the whole transaction mends is the caller's to see; query_canceled never gets here
        IF SQLSTATE ~ '^(40|57)' THEN
            RAISE;
        END IF;
        GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
        taken := arrival;
        taken.state := 'error';
        taken.error := SQLERRM || CASE WHEN hint <> '' THEN ' (' || hint || ')' ELSE '' END;
        taken.error_code := SQLSTATE;
    END;
    UPDATE jorge.inbox i
       SET source = taken.source, provider_ref = coalesce(taken.provider_ref, i.provider_ref), deferred = false, state = taken.state, kind = taken.kind,
           reason = taken.reason, error = taken.error, error_code = taken.error_code, waits_for = taken.waits_for,
           attempts = taken.attempts, processed_at = taken.processed_at,
           inquiry_id = taken.inquiry_id, lead_id = taken.lead_id, interaction_id = taken.interaction_id
     WHERE i.location_id = $2 AND i.inbox_id = $1;
    RETURN taken.state;
END
$fn$;
COMMENT ON FUNCTION jorge.take_inbox(uuid, text) IS
    'Takes one delivery in, or tries again: reads it, splits a batch into deliveries of their own, hands each to its adapter. Returns its state. A failure is written to the row; deadlocks and serialization failures are raised.';
REVOKE ALL ON FUNCTION jorge.take_inbox(uuid, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.take_item(arrival jorge.inbox, item jsonb) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    adapter regprocedure;
    taken jorge.inbox;
BEGIN
    IF jsonb_typeof(item) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'a lead, contact or event is a JSON object, not %', coalesce(jsonb_typeof(item), 'nothing')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF arrival.source LIKE 'load:%' THEN
        -- a row that jorge.load_json() could not store; its provider is in kind
        PERFORM jorge.load_rows(substr(arrival.source, 6), jsonb_build_array(item), coalesce(arrival.kind, 'own'), arrival.location_id);
        RETURN arrival;
    END IF;
    IF item ->> 'format' = 'mail' AND item ? 'headers' THEN
        RETURN jorge.adapter_mail(arrival, item);
    END IF;
    adapter := to_regprocedure(format('jorge.%I(jorge.inbox, jsonb)', 'adapter_' || left(arrival.source, 40)));
    IF adapter IS NULL THEN
        RETURN jorge.take_lead(arrival, item, 'lead');
    END IF;
    EXECUTE format('SELECT t.* FROM jorge.%I($1, $2) t', 'adapter_' || left(arrival.source, 40)) INTO taken USING arrival, item;
    RETURN taken;
END
$fn$;
COMMENT ON FUNCTION jorge.take_item(jorge.inbox, jsonb) IS
    'Hands what was read to the adapter: e-mails to jorge.adapter_mail(), the rest to jorge.adapter_<source>(jorge.inbox, jsonb) if there is such a function, else to jorge.take_lead().';
REVOKE ALL ON FUNCTION jorge.take_item(jorge.inbox, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.check_load() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF NOT coalesce(has_table_privilege(to_regclass(format('jorge.%I', substr(NEW.source, 6))), 'INSERT'), false) THEN
        RAISE EXCEPTION 'permission denied for %', NEW.source USING ERRCODE = 'insufficient_privilege',
            HINT = 'Who delivers rows of a table must be allowed to insert into it; see jorge.load_json().';
    END IF;
    RETURN NEW;
END
$fn$;
COMMENT ON FUNCTION jorge.check_load() IS 'Trigger: a delivery of the source load:<table> is stored in that table with the rights of the owner, so only who may insert there may bring one.';
REVOKE ALL ON FUNCTION jorge.check_load() FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.claim_delivery(arrival jorge.inbox, provider_ref text) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    earlier uuid;
BEGIN
    arrival.provider_ref := coalesce(arrival.provider_ref, left($2, 500));
    -- waits for a concurrent delivery of the same
    INSERT INTO jorge.inbox_ref (location_id, source, provider_ref, inbox_id)
    VALUES (arrival.location_id, arrival.source, arrival.provider_ref, arrival.inbox_id)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT r.inbox_id INTO earlier FROM jorge.inbox_ref r
         WHERE r.location_id = arrival.location_id AND r.source = arrival.source AND r.provider_ref = arrival.provider_ref;
        IF earlier IS DISTINCT FROM arrival.inbox_id THEN
            arrival.state := 'duplicate';
            arrival.reason := format('delivered before: %s', coalesce(earlier::text, 'by a transaction that began later'));
        END IF;
    END IF;
    RETURN arrival;
END
$fn$;
COMMENT ON FUNCTION jorge.claim_delivery(jorge.inbox, text) IS
    'Marks the delivery with its provider''s id, and as a duplicate if one with the same id was taken in before. An id that is set already stands.';
REVOKE ALL ON FUNCTION jorge.claim_delivery(jorge.inbox, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.replay(what text DEFAULT 'error', location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (state text, deliveries bigint)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF what ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN
        RETURN QUERY SELECT jorge.take_inbox(what::uuid, $2), 1::bigint;
        RETURN;
    END IF;
    IF what IS NULL OR what NOT IN ('new', 'waiting', 'error', 'ignored') THEN
        RAISE EXCEPTION 'deliveries that are % can''t be replayed', coalesce(what, 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Replay error, new, waiting or ignored, or one inbox_id.';
    END IF;
    RETURN QUERY
        SELECT t.state, count(*)
          FROM (SELECT jorge.take_inbox(i.inbox_id, i.location_id) AS state
                  FROM (SELECT b.inbox_id, b.location_id FROM jorge.inbox b
                         WHERE b.state = $1 AND b.location_id = $2 ORDER BY b.received_at, b.inbox_id OFFSET 0) i OFFSET 0) t
         GROUP BY t.state ORDER BY t.state;
END
$fn$;
COMMENT ON FUNCTION jorge.replay(text, text) IS
    'Tries deliveries again: one by its inbox_id, or all that are in a state (error by default; new, waiting, ignored), oldest first, each with its own outcome. Returns how many are in which state now.';
REVOKE ALL ON FUNCTION jorge.replay(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.replay(inbox_id uuid, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (state text, deliveries bigint)
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT jorge.take_inbox($1, $2), 1::bigint
$fn$;
COMMENT ON FUNCTION jorge.replay(uuid, text) IS 'Tries one delivery again and returns its state.';
REVOKE ALL ON FUNCTION jorge.replay(uuid, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.prune_inbox(keep interval DEFAULT '90 days', location_id text DEFAULT jorge.current_location()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    removed bigint;
BEGIN
    IF keep IS NULL OR keep < interval '1 day' THEN
        RAISE EXCEPTION 'deliveries are kept for a day at least' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT jorge.prune_inbox(''90 days'').';
    END IF;
    DELETE FROM jorge.inbox i
     WHERE i.location_id = $2 AND i.state IN ('done', 'duplicate', 'ignored') AND i.received_at < now() - keep;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$fn$;
COMMENT ON FUNCTION jorge.prune_inbox(interval, text) IS
    'Removes raw deliveries that were dealt with longer ago than keep and returns their number; never one that is new, waiting or in error. What they became stays, and so do the ids that make a second delivery a duplicate.';
REVOKE ALL ON FUNCTION jorge.prune_inbox(interval, text) FROM PUBLIC;
