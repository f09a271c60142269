-- One person once: the merge log, what is to be kept apart, what a human decides, and what an owner may change of it.

CREATE TABLE IF NOT EXISTS jorge.lead_merge (
    location_id   text NOT NULL,
    merge_id      uuid NOT NULL DEFAULT jorge.new_id(),
    at            timestamptz NOT NULL DEFAULT now(),
    winner_id     uuid NOT NULL,
    loser_id      uuid NOT NULL,
    rule          text NOT NULL,
    reason        text,
    actor         text NOT NULL DEFAULT session_user,
    inquiry_id    uuid,
    score         float8,
    winner_row    jsonb,
    loser_row     jsonb,
    winner_score  jsonb,
    merged_values jsonb,
    moved         jsonb NOT NULL DEFAULT '{}',
    replaced      jsonb NOT NULL DEFAULT '{}',
    undone_at     timestamptz,
    undone_by     text,
    undone_reason text,
    erased_at     timestamptz,
    PRIMARY KEY (location_id, merge_id)
);
CREATE INDEX IF NOT EXISTS lead_merge_winner_idx ON jorge.lead_merge (winner_id, location_id);
CREATE INDEX IF NOT EXISTS lead_merge_loser_idx ON jorge.lead_merge (loser_id, location_id);
COMMENT ON TABLE jorge.lead_merge IS 'Log of merges, with all that undoing one needs. Rows are never deleted; erasing a person empties them.';
COMMENT ON COLUMN jorge.lead_merge.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_merge.merge_id IS 'Id of the merge, for jorge.unmerge().';
COMMENT ON COLUMN jorge.lead_merge.at IS 'When.';
COMMENT ON COLUMN jorge.lead_merge.winner_id IS 'The lead that went on: the lower id, which is the older lead where intake gave both.';
COMMENT ON COLUMN jorge.lead_merge.loser_id IS 'The lead whose id became an alias; where loser_row is NULL an arrival that never had a row of its own.';
COMMENT ON COLUMN jorge.lead_merge.rule IS 'manual, review, phone, email, phone+email (an arrival brought the keys of both), fields (an arrival was much like the person), or household (same phone or e-mail, clearly different name).';
COMMENT ON COLUMN jorge.lead_merge.reason IS 'Why, in the words of who merged.';
COMMENT ON COLUMN jorge.lead_merge.actor IS 'Role that merged, or that brought the arrival.';
COMMENT ON COLUMN jorge.lead_merge.inquiry_id IS 'The arrival that caused it; NULL for merges by hand.';
COMMENT ON COLUMN jorge.lead_merge.score IS 'How much spoke for one person, bits (jorge.identity_review.score); NULL for exact keys and merges by hand.';
COMMENT ON COLUMN jorge.lead_merge.winner_row IS 'Row of the winner before.';
COMMENT ON COLUMN jorge.lead_merge.loser_row IS 'Row of the loser before.';
COMMENT ON COLUMN jorge.lead_merge.winner_score IS 'Score of the winner before.';
COMMENT ON COLUMN jorge.lead_merge.merged_values IS 'Columns that are not folded from arrivals, as the merge set them.';
COMMENT ON COLUMN jorge.lead_merge.moved IS 'Rows that changed hands: by table, their primary keys.';
COMMENT ON COLUMN jorge.lead_merge.replaced IS 'Rows of the loser that could not stand beside the winner''s: by table, whole rows.';
COMMENT ON COLUMN jorge.lead_merge.undone_at IS 'When it was undone; the two are not merged by arrivals again.';
COMMENT ON COLUMN jorge.lead_merge.undone_by IS 'Role that undid it.';
COMMENT ON COLUMN jorge.lead_merge.undone_reason IS 'Why it was undone.';
COMMENT ON COLUMN jorge.lead_merge.erased_at IS 'When the person was erased: the values are gone and it can''t be undone.';

CREATE TABLE IF NOT EXISTS jorge.lead_apart (
    location_id text NOT NULL,
    lead_a      uuid NOT NULL,
    lead_b      uuid NOT NULL,
    reason      text,
    actor       text NOT NULL DEFAULT session_user,
    at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, lead_a, lead_b),
    CHECK (lead_a < lead_b)
);
CREATE INDEX IF NOT EXISTS lead_apart_b_idx ON jorge.lead_apart (lead_b, location_id);
COMMENT ON TABLE jorge.lead_apart IS 'Pairs that are never merged (jorge.never_merge). Ids as they were given; they are followed through later merges.';
COMMENT ON COLUMN jorge.lead_apart.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_apart.lead_a IS 'One lead: the lower id.';
COMMENT ON COLUMN jorge.lead_apart.lead_b IS 'The other lead.';
COMMENT ON COLUMN jorge.lead_apart.reason IS 'Why.';
COMMENT ON COLUMN jorge.lead_apart.actor IS 'Role that said so.';
COMMENT ON COLUMN jorge.lead_apart.at IS 'When.';

CREATE TABLE IF NOT EXISTS jorge.identity_review (
    location_id text NOT NULL,
    review_id   uuid NOT NULL DEFAULT jorge.new_id(),
    lead_a      uuid NOT NULL,
    lead_b      uuid NOT NULL,
    inquiry_id  uuid,
    score       float8,
    reasons     text[] NOT NULL DEFAULT '{}',
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'rejected')),
    proposed_at timestamptz NOT NULL DEFAULT now(),
    decided_by  text,
    decided_at  timestamptz,
    PRIMARY KEY (location_id, review_id),
    CHECK (lead_a < lead_b)
);
CREATE UNIQUE INDEX IF NOT EXISTS identity_review_pair_idx ON jorge.identity_review (lead_a, lead_b, location_id);
CREATE INDEX IF NOT EXISTS identity_review_b_idx ON jorge.identity_review (lead_b, location_id);
COMMENT ON TABLE jorge.identity_review IS 'Pairs of leads that may be one person, for a human to decide (jorge.accept_review, jorge.reject_review). A pair is proposed once.';
COMMENT ON COLUMN jorge.identity_review.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.identity_review.review_id IS 'Id of the proposal.';
COMMENT ON COLUMN jorge.identity_review.lead_a IS 'One lead: the lower id.';
COMMENT ON COLUMN jorge.identity_review.lead_b IS 'The other lead.';
COMMENT ON COLUMN jorge.identity_review.inquiry_id IS 'The arrival that caused the proposal.';
COMMENT ON COLUMN jorge.identity_review.score IS 'Bits that speak for one person, summed over fields; NULL where a rule, not the fields, asked.';
COMMENT ON COLUMN jorge.identity_review.reasons IS 'Why it was proposed: name and last four digits, different names with one phone, too many keys for one person ...';
COMMENT ON COLUMN jorge.identity_review.state IS 'open, accepted (merged) or rejected (kept apart).';
COMMENT ON COLUMN jorge.identity_review.proposed_at IS 'When it was proposed.';
COMMENT ON COLUMN jorge.identity_review.decided_by IS 'Role that decided.';
COMMENT ON COLUMN jorge.identity_review.decided_at IS 'When.';

-- No primary key and no index by lead: rows follow their lead through jorge.lead_alias, and two equal ones do no harm.
CREATE TABLE IF NOT EXISTS jorge.lead_block (
    location_id text NOT NULL,
    key         bigint NOT NULL,
    lead_id     uuid NOT NULL
);
CREATE INDEX IF NOT EXISTS lead_block_key_idx ON jorge.lead_block (key);
-- it has no key by which a logical replica could find a row that goes
ALTER TABLE jorge.lead_block REPLICA IDENTITY FULL;
COMMENT ON TABLE jorge.lead_block IS 'Hashes under which leads that may be one person are found; the lead may be an alias. jorge.rebuild_identity() makes it anew.';
COMMENT ON COLUMN jorge.lead_block.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_block.key IS 'Hash of fields that such leads have in common.';
COMMENT ON COLUMN jorge.lead_block.lead_id IS 'The lead, or an alias of it.';

CREATE TABLE IF NOT EXISTS jorge.lead_reference (
    location_id text NOT NULL DEFAULT '*' CHECK (location_id = '*'),
    relation    text NOT NULL,
    column_name text NOT NULL DEFAULT 'lead_id',
    on_merge    text NOT NULL DEFAULT 'move' CHECK (on_merge IN ('move', 'keep')),
    on_erase    text NOT NULL DEFAULT 'delete' CHECK (on_erase IN ('delete', 'keep')),
    PRIMARY KEY (location_id, relation, column_name)
);
COMMENT ON TABLE jorge.lead_reference IS 'Tables whose rows belong to leads, where they are not as jorge finds them by itself: every table of the schema jorge with location_id and lead_id follows merges and is emptied of an erased person.';
COMMENT ON COLUMN jorge.lead_reference.location_id IS '"*": the same for every tenant.';
COMMENT ON COLUMN jorge.lead_reference.relation IS 'Table, with its schema. It needs a column location_id, and a primary key for merges to be undone.';
COMMENT ON COLUMN jorge.lead_reference.column_name IS 'Column that holds the lead.';
COMMENT ON COLUMN jorge.lead_reference.on_merge IS 'move: rows follow the lead; keep: they keep the id they were given, which stays valid as an alias.';
COMMENT ON COLUMN jorge.lead_reference.on_erase IS 'delete: rows go with the person; keep: they hold no personal data.';

CREATE OR REPLACE FUNCTION jorge.lead_relations() RETURNS TABLE (relation regclass, column_name text, key_columns text[], on_merge text, on_erase text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN QUERY SELECT c.oid::regclass, a.attname::text,
           (SELECT coalesce(array_agg(k.attname::text ORDER BY k.attnum) FILTER (WHERE k.attname NOT IN ('location_id', a.attname)), '{}')
              FROM pg_index i JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey)
             WHERE i.indrelid = c.oid AND i.indisprimary HAVING count(*) > 0),
           coalesce(r.on_merge, 'move'),
           coalesce(r.on_erase, CASE WHEN c.oid::regclass::text IN ('jorge.inquiry_lead', 'jorge.lead_alias', 'jorge.event') THEN 'keep' ELSE 'delete' END)
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      JOIN pg_attribute l ON l.attrelid = c.oid AND l.attname = 'location_id' AND NOT l.attisdropped
      LEFT JOIN jorge.lead_reference r ON to_regclass(r.relation) = c.oid AND r.column_name = a.attname::text
     WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'uuid'::regtype
       AND (r.relation IS NOT NULL
            OR (a.attname = 'lead_id' AND c.relnamespace = 'jorge'::regnamespace AND c.relname NOT IN ('lead', 'lead_block')))
     ORDER BY c.oid::regclass::text, a.attname;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_relations() IS 'Tables whose rows follow their lead when it is merged or erased: those of the schema jorge with location_id and lead_id, and those of jorge.lead_reference. key_columns: what else its primary key has; NULL = it has none.';

CREATE OR REPLACE FUNCTION jorge.merge_values(one jorge.lead, other jorge.lead) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    stages CONSTANT text[] := '{initial_contact,qualified,hot,appointment,closed}';
    one_first boolean := (coalesce(one.first_seen_at, 'infinity'), one.lead_id) <= (coalesce(other.first_seen_at, 'infinity'), other.lead_id);
    senior jsonb := to_jsonb(CASE WHEN one_first THEN one ELSE other END);
    junior jsonb := to_jsonb(CASE WHEN one_first THEN other ELSE one END);
    result jsonb;
    outcomes text[] := '{lost,won}';
BEGIN
    -- what the longer known lead says stands; what it does not say comes from the other
    result := junior || jsonb_strip_nulls(senior);
    -- the further outcome, with all that belongs to it; else the further stage
    IF array_position(outcomes, junior ->> 'outcome') IS NOT NULL
       AND coalesce(array_position(outcomes, senior ->> 'outcome'), 0) < array_position(outcomes, junior ->> 'outcome') THEN
        result := result || jsonb_build_object('outcome', junior -> 'outcome', 'outcome_at', junior -> 'outcome_at', 'stage', junior -> 'stage',
                                               'drop_reason', junior -> 'drop_reason', 'sale_price', junior -> 'sale_price', 'revenue', junior -> 'revenue');
    ELSIF array_position(outcomes, senior ->> 'outcome') IS NOT NULL THEN
        result := result || jsonb_build_object('outcome_at', senior -> 'outcome_at', 'stage', senior -> 'stage', 'drop_reason', senior -> 'drop_reason',
                                               'sale_price', senior -> 'sale_price', 'revenue', senior -> 'revenue');
    ELSIF coalesce(array_position(stages, junior ->> 'stage'), 0) > coalesce(array_position(stages, senior ->> 'stage'), 0) THEN
        result := result || jsonb_build_object('stage', junior -> 'stage', 'drop_reason', junior -> 'drop_reason');
    ELSE
        result := result || jsonb_build_object('drop_reason', senior -> 'drop_reason');
    END IF;
    -- consent: the more restrictive of the two
    SELECT result || coalesce(jsonb_object_agg(key, CASE WHEN key ~ '^(consent|can_|may_)|_consent$|_allowed$'
                                                         THEN (value = 'true' AND junior -> key = 'true')
                                                         ELSE (value = 'true' OR junior -> key = 'true') END), '{}')
      INTO result
      FROM jsonb_each(senior)
     WHERE key ~ '^(consent|can_|may_|opted_out|opt_out|dnd|do_not_|unsubscribed|blocked)|_consent$|_allowed$|_opt_out$'
       AND (jsonb_typeof(value) = 'boolean' OR jsonb_typeof(junior -> key) = 'boolean');
    RETURN result;
END
$fn$;
COMMENT ON FUNCTION jorge.merge_values(jorge.lead, jorge.lead) IS
    'What a merged lead has in the columns that are not folded from arrivals: the longer known lead''s value unless it has none; the further outcome and stage; of columns named like a consent the more restrictive value. The same whichever is named first. Yours to change; folded columns in the result are ignored.';

CREATE OR REPLACE FUNCTION jorge.merge_history(lead_id uuid, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (merge_id uuid, at timestamptz, winner_id uuid, loser_id uuid, rule text, reason text, actor text, inquiry_id uuid, score float8,
                   undone_at timestamptz, undone_by text, undone_reason text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH RECURSIVE ids AS (
        SELECT jorge.lead_alias($1, $2) AS id
        UNION SELECT $1
        UNION SELECT CASE WHEN m.winner_id = ids.id THEN m.loser_id ELSE m.winner_id END
                FROM ids JOIN jorge.lead_merge m ON m.location_id = $2 AND (m.winner_id = ids.id OR m.loser_id = ids.id))
    SELECT m.merge_id, m.at, m.winner_id, m.loser_id, m.rule, m.reason, m.actor, m.inquiry_id, m.score, m.undone_at, m.undone_by, m.undone_reason
      FROM jorge.lead_merge m
     WHERE m.location_id = $2 AND m.winner_id IN (SELECT id FROM ids)
     ORDER BY m.at, m.merge_id
$fn$;
COMMENT ON FUNCTION jorge.merge_history(uuid, text) IS 'All merges that made the lead, or that were undone again, oldest first. Any id of the person will do.';

CREATE OR REPLACE FUNCTION jorge.review_pair(review_id uuid, location_id text) RETURNS jorge.identity_review
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    review jorge.identity_review;
BEGIN
    SELECT r.* INTO review FROM jorge.identity_review r WHERE r.location_id = $2 AND r.review_id = $1 FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'location "%" has no review %', $2, $1 USING ERRCODE = 'no_data_found', HINT = 'See SELECT * FROM jorge.identity_review.';
    ELSIF review.state <> 'open' THEN
        RAISE EXCEPTION 'review % was % before', $1, review.state USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'jorge.unmerge() and jorge.merge_leads() change a decision.';
    END IF;
    RETURN review;
END
$fn$;
COMMENT ON FUNCTION jorge.review_pair(uuid, text) IS 'An open proposal, locked. ERROR P0002 if there is none, 55000 if it was decided.';

CREATE OR REPLACE FUNCTION jorge.accept_review(review_id uuid, location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    review jorge.identity_review := jorge.review_pair($1, $2);
    merged uuid;
BEGIN
    UPDATE jorge.identity_review r SET state = 'accepted', decided_by = session_user, decided_at = now()
     WHERE r.location_id = $2 AND r.review_id = $1;
    -- the two may have become one meanwhile
    IF jorge.lead_alias(review.lead_a, $2) <> jorge.lead_alias(review.lead_b, $2) THEN
        merged := jorge.merge_leads(review.lead_a, review.lead_b, array_to_string(review.reasons, ', '), $2);
    END IF;
    RETURN merged;
END
$fn$;
COMMENT ON FUNCTION jorge.accept_review(uuid, text) IS 'Merges a proposed pair; returns the merge_id, NULL if the two are one already.';

CREATE OR REPLACE FUNCTION jorge.reject_review(review_id uuid, location_id text DEFAULT jorge.current_location()) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    review jorge.identity_review := jorge.review_pair($1, $2);
BEGIN
    UPDATE jorge.identity_review r SET state = 'rejected', decided_by = session_user, decided_at = now()
     WHERE r.location_id = $2 AND r.review_id = $1;
    PERFORM jorge.never_merge(review.lead_a, review.lead_b, 'review rejected', $2);
END
$fn$;
COMMENT ON FUNCTION jorge.reject_review(uuid, text) IS 'Keeps a proposed pair apart, for ever; it is not proposed again.';

REVOKE ALL ON FUNCTION jorge.review_pair(uuid, text), jorge.accept_review(uuid, text), jorge.reject_review(uuid, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.lead_truncated() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    relation text;
    filled boolean;
BEGIN
    TRUNCATE jorge.lead_block, jorge.lead_merge, jorge.lead_apart, jorge.identity_review;
    -- These the same statement may have emptied, and then they can't be truncated again. Through a contact that is left a provider's
    -- next message would go to a lead that is gone.
    FOREACH relation IN ARRAY ARRAY['lead_key', 'lead_score', 'lead_contact', 'lead_tag'] LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM jorge.%I)', relation) INTO filled;
        IF filled THEN
            EXECUTE format('TRUNCATE jorge.%I', relation);
        END IF;
    END LOOP;
    RETURN NULL;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_truncated() IS 'Trigger: when all leads go, so does what only refers to them by id.';
REVOKE ALL ON FUNCTION jorge.lead_truncated() FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.rebuild_identity(location_id text DEFAULT jorge.current_location()) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    pair record;
    open_before bigint;
    open_now bigint;
BEGIN
    -- the bulk lock of intake: nobody looks keys up meanwhile
    PERFORM pg_advisory_xact_lock(1785688679, 1024);
    SELECT count(*) INTO open_before FROM jorge.identity_review r WHERE r.location_id = $1;
    DELETE FROM jorge.lead_key k WHERE k.location_id = $1;
    INSERT INTO jorge.lead_key (location_id, kind, key, lead_id, share)
    SELECT $1, c.kind, c.key, c.lead_id, row_number() OVER (PARTITION BY c.kind, c.key ORDER BY c.lead_id) - 1
      FROM (SELECT DISTINCT v.kind, v.key, l.lead_id
              FROM jorge.inquiry_lead l
              JOIN jorge.inquiry i ON i.location_id = l.location_id AND i.inquiry_id = l.inquiry_id
              JOIN jorge.lead p ON p.location_id = l.location_id AND p.lead_id = l.lead_id AND p.erased_at IS NULL
             CROSS JOIN LATERAL (VALUES ('P', jorge.phone_key(i.phone)), ('E', jorge.email_key(i.email))) v(kind, key)
             WHERE l.location_id = $1 AND v.key IS NOT NULL) c
     WHERE NOT jorge.is_stopped($1, c.kind, c.key);
    FOR pair IN SELECT DISTINCT a.lead_id AS one, b.lead_id AS other FROM jorge.lead_key b
                  JOIN jorge.lead_key a ON a.location_id = b.location_id AND a.kind = b.kind AND a.key = b.key AND a.share = 0
                 WHERE b.location_id = $1 AND b.share > 0 LOOP
        PERFORM jorge.propose_review($1, pair.one, pair.other, NULL, NULL, 'one key for two leads');
    END LOOP;
    DELETE FROM jorge.lead_block b WHERE b.location_id = $1;
    -- intake looks at no more leads under one key either
    INSERT INTO jorge.lead_block (location_id, key, lead_id)
    SELECT $1, n.key, n.lead_id
      FROM (SELECT k AS key, l.lead_id, row_number() OVER (PARTITION BY k ORDER BY l.lead_id) AS place
              FROM jorge.inquiry_lead l
              JOIN jorge.inquiry i ON i.location_id = l.location_id AND i.inquiry_id = l.inquiry_id
              JOIN jorge.lead p ON p.location_id = l.location_id AND p.lead_id = l.lead_id AND p.erased_at IS NULL
             CROSS JOIN LATERAL unnest(jorge.inquiry_blocks(i.location_id, i.name, i.first_name, i.last_name, i.phone, i.email, i.street, i.city, i.postal_code)) k
             WHERE l.location_id = $1
             GROUP BY k, l.lead_id) n
     WHERE n.place <= 17;
    SELECT count(*) INTO open_now FROM jorge.identity_review r WHERE r.location_id = $1;
    RETURN open_now - open_before;
END
$fn$;
COMMENT ON FUNCTION jorge.rebuild_identity(text) IS 'Makes the keys of a location anew from what arrivals say, by today''s rules and jorge.identity_stop: after an upgrade that changes the rules of keys, or repairs by hand. Merges nobody: leads that have one key now are proposed to a human. Keeps all intake of the server waiting until the end of the transaction. Returns how many pairs were proposed.';
REVOKE ALL ON FUNCTION jorge.rebuild_identity(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.ingest_rows(rows jsonb) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    unknown text;
    taken bigint;
BEGIN
    IF jsonb_typeof(rows) IS DISTINCT FROM 'array' OR EXISTS (SELECT FROM jsonb_array_elements(rows) r WHERE jsonb_typeof(r) <> 'object') THEN
        RAISE EXCEPTION 'rows are a JSON array of objects' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT jorge.ingest_rows(''[{"source": "csv", "phone": "512-867-5309"}]'').';
    END IF;
    SELECT string_agg(DISTINCT k, ', ' ORDER BY k) INTO unknown FROM jsonb_array_elements(rows) r, jsonb_object_keys(r) k
     WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'jorge.inquiry'::regclass AND a.attname = k AND a.attnum > 0);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown field: %', unknown USING ERRCODE = 'undefined_column', HINT = 'Fields are the columns of jorge.inquiry.';
    END IF;
    INSERT INTO jorge.inquiry (location_id, inquiry_id, received_at, source, source_ref, campaign, cost, side, name, first_name, last_name, phone, email, street, city, state, postal_code, country, message, budget_min, budget_max, timeline, financing, property_type, bedrooms, bathrooms, area, listing_ref, language, time_zone, payload)
    SELECT coalesce(i.location_id, jorge.current_location()), coalesce(i.inquiry_id, jorge.new_id()), coalesce(i.received_at, now()),
           i.source, i.source_ref, i.campaign, i.cost, i.side, i.name, i.first_name, i.last_name, i.phone, i.email, i.street, i.city, i.state, i.postal_code, i.country, i.message, i.budget_min, i.budget_max, i.timeline, i.financing, i.property_type, i.bedrooms, i.bathrooms, i.area, i.listing_ref, i.language, i.time_zone, i.payload
      FROM jsonb_populate_recordset(NULL::jorge.inquiry, rows) i
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS taken = ROW_COUNT;
    RETURN taken;
END
$fn$;
COMMENT ON FUNCTION jorge.ingest_rows(jsonb) IS
    'Takes in many inquiries in one statement: a JSON array of objects with columns of jorge.inquiry. For roles under row security, which can''t COPY. Returns how many were new (replays by source and source_ref, or inquiry_id, are left out). Needs INSERT on jorge.inquiry. ERROR 22023 for anything but an array of objects, 42703 for an unknown field.';
REVOKE ALL ON FUNCTION jorge.ingest_rows(jsonb) FROM PUBLIC;
