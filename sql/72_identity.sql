-- identity: merging, undoing, erasing, checking. What is done seldom is planned each time: a plan saved on small tables
-- may read the whole tenant later. The functions that end in _owned do the work as the owner of the managed
-- tables and are called by the C function of the same name, which checks who asks.

CREATE FUNCTION jorge.lock_identity(location_id text, keys text[]) RETURNS void
    LANGUAGE c VOLATILE STRICT
    AS 'MODULE_PATHNAME', 'jorge_lock_identity';
COMMENT ON FUNCTION jorge.lock_identity(text, text[]) IS
    'Locks intake out of these keys (kind and key as one text, e.g. P+15128675309) until the end of the transaction.';
REVOKE ALL ON FUNCTION jorge.lock_identity(text, text[]) FROM PUBLIC;

CREATE FUNCTION jorge.unfolded_columns() RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
     WHERE a.attrelid = 'jorge.lead'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
       AND a.attname <> ALL (jorge.folded_columns()) AND a.attname <> 'erased_at');
END
$fn$;
COMMENT ON FUNCTION jorge.unfolded_columns() IS 'Columns of jorge.lead that are not folded from arrivals: stage, outcome, owner ... and those its owner has added.';
REVOKE ALL ON FUNCTION jorge.unfolded_columns() FROM PUBLIC;

CREATE FUNCTION jorge.folded_columns() RETURNS text[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'jorge_folded_columns';
COMMENT ON FUNCTION jorge.folded_columns() IS 'Columns of jorge.lead that intake keeps: ids, and what is folded from arrivals and interactions.';

CREATE FUNCTION jorge.refold_after(lead_id uuid, location_id text, reason text) RETURNS boolean
    LANGUAGE c VOLATILE
    AS 'MODULE_PATHNAME', 'jorge_refold_after';
COMMENT ON FUNCTION jorge.refold_after(uuid, text, text) IS 'As jorge.refold_lead(), but logs no prediction: what was said has not changed, only who said it. reason NULL = keeps the score too.';
REVOKE ALL ON FUNCTION jorge.refold_after(uuid, text, text) FROM PUBLIC;

CREATE FUNCTION jorge.lead_ids(lead_id uuid, location_id text) RETURNS uuid[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN (SELECT array_agg(a.alias_id) || $1 FROM jorge.lead_alias a WHERE a.lead_id = $1 AND a.location_id = $2);
END
$fn$;
COMMENT ON FUNCTION jorge.lead_ids(uuid, text) IS 'The id of a lead and all its aliases.';
REVOKE ALL ON FUNCTION jorge.lead_ids(uuid, text) FROM PUBLIC;

CREATE FUNCTION jorge.lock_keys(lead_id uuid, location_id text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM jorge.lock_identity($2, (SELECT coalesce(array_agg(k.kind || k.key), '{}') FROM jorge.lead_key k WHERE k.lead_id = $1 AND k.location_id = $2));
END
$fn$;
COMMENT ON FUNCTION jorge.lock_keys(uuid, text) IS 'Locks intake out of the keys that the lead has now. Again once its row is locked: others may have brought keys meanwhile.';
REVOKE ALL ON FUNCTION jorge.lock_keys(uuid, text) FROM PUBLIC;

CREATE FUNCTION jorge.is_apart(one uuid, other uuid, location_id text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    -- a plan saved while the tables were empty must not read them whole later: by the leads' indexes only
    SET enable_seqscan = off
AS $fn$
DECLARE
    ones uuid[] := jorge.lead_ids(one, $3);
    others uuid[] := jorge.lead_ids(other, $3);
BEGIN
    RETURN EXISTS (SELECT FROM jorge.lead_apart p WHERE p.location_id || '' = $3 AND p.lead_a = ANY (ones) AND p.lead_b = ANY (others))
        OR EXISTS (SELECT FROM jorge.lead_apart p WHERE p.location_id || '' = $3 AND p.lead_a = ANY (others) AND p.lead_b = ANY (ones))
        -- undoing a merge says so too
        OR EXISTS (SELECT FROM jorge.lead_merge m WHERE m.location_id || '' = $3 AND m.undone_at IS NOT NULL AND m.winner_id = ANY (ones) AND m.loser_id = ANY (others))
        OR EXISTS (SELECT FROM jorge.lead_merge m WHERE m.location_id || '' = $3 AND m.undone_at IS NOT NULL AND m.winner_id = ANY (others) AND m.loser_id = ANY (ones));
END
$fn$;
COMMENT ON FUNCTION jorge.is_apart(uuid, uuid, text) IS 'Has somebody said that the two leads are two people, by jorge.never_merge() or by undoing a merge?';
REVOKE ALL ON FUNCTION jorge.is_apart(uuid, uuid, text) FROM PUBLIC;

CREATE FUNCTION jorge.is_asked(one uuid, other uuid, location_id text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    -- a plan saved while the tables were empty must not read them whole later: by the leads' indexes only
    SET enable_seqscan = off
AS $fn$
DECLARE
    ones uuid[] := jorge.lead_ids(one, $3);
    others uuid[] := jorge.lead_ids(other, $3);
BEGIN
    RETURN EXISTS (SELECT FROM jorge.identity_review r WHERE r.location_id || '' = $3 AND r.lead_a = ANY (ones) AND r.lead_b = ANY (others))
        OR EXISTS (SELECT FROM jorge.identity_review r WHERE r.location_id || '' = $3 AND r.lead_a = ANY (others) AND r.lead_b = ANY (ones));
END
$fn$;
COMMENT ON FUNCTION jorge.is_asked(uuid, uuid, text) IS 'Was a human asked about the two leads before, under these ids or aliases of theirs?';
REVOKE ALL ON FUNCTION jorge.is_asked(uuid, uuid, text) FROM PUBLIC;

CREATE FUNCTION jorge.merge_rows(location_id text, winner_id uuid, loser_id uuid, rule text, reason text, inquiry_id uuid, score float8) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET extra_float_digits = 1
AS $fn$
DECLARE
    winner jorge.lead;
    loser jorge.lead;
    relation record;
    stored record;
    keys jsonb;
    rows jsonb;
    moved jsonb := '{}';
    replaced jsonb := '{}';
    columns text[] := jorge.unfolded_columns();
    list text;
    merged jsonb;
    log_id uuid;
    winner_score jsonb;
BEGIN
    SELECT to_jsonb(s) INTO winner_score FROM jorge.lead_score s WHERE s.location_id = $1 AND s.lead_id = $2;
    SELECT l.* INTO STRICT winner FROM jorge.lead l WHERE l.location_id = $1 AND l.lead_id = $2;
    SELECT l.* INTO STRICT loser FROM jorge.lead l WHERE l.location_id = $1 AND l.lead_id = $3;

    FOR relation IN SELECT r.*, format('%s %s', r.relation, r.column_name) AS name, coalesce(nullif((SELECT string_agg(quote_ident(k), ', ') FROM unnest(r.key_columns) k), ''), '1 AS one') AS key_list
                      FROM jorge.lead_relations() r WHERE r.on_merge = 'move' LOOP
        keys := NULL;
        rows := NULL;
        BEGIN
            EXECUTE format('WITH moved AS (UPDATE %s t SET %I = $1 WHERE t.location_id = $2 AND t.%I = $3 RETURNING %s) SELECT jsonb_agg(to_jsonb(m)) FROM moved m',
                           relation.relation, relation.column_name, relation.column_name, relation.key_list)
               INTO keys USING $2, $1, $3;
        EXCEPTION WHEN unique_violation OR exclusion_violation THEN
            -- the winner has such a row: one by one, and what can't stand beside it is kept in the log
            keys := NULL;
            FOR stored IN EXECUTE format('SELECT t.tableoid AS part, t.ctid AS place, to_jsonb(t) AS whole FROM %s t WHERE t.location_id = $1 AND t.%I = $2',
                                         relation.relation, relation.column_name) USING $1, $3 LOOP
                BEGIN
                    EXECUTE format('UPDATE %s t SET %I = $1 WHERE t.tableoid = $2 AND t.ctid = $3', relation.relation, relation.column_name)
                        USING $2, stored.part, stored.place;
                    keys := coalesce(keys, '[]') || coalesce((SELECT jsonb_object_agg(k, stored.whole -> k) FROM unnest(relation.key_columns) k), '{"one": 1}');
                EXCEPTION WHEN unique_violation OR exclusion_violation THEN
                    EXECUTE format('DELETE FROM %s t WHERE t.tableoid = $1 AND t.ctid = $2', relation.relation) USING stored.part, stored.place;
                    rows := coalesce(rows, '[]') || stored.whole;
                END;
            END LOOP;
        END;
        IF keys IS NOT NULL THEN
            moved := moved || jsonb_build_object(relation.name, keys);
        END IF;
        IF rows IS NOT NULL THEN
            replaced := replaced || jsonb_build_object(relation.name, rows);
        END IF;
    END LOOP;

    SELECT jsonb_object_agg(c, v.all_values -> c), string_agg(quote_ident(c), ', ') INTO merged, list
      FROM unnest(columns) c, (SELECT jorge.merge_values(winner, loser) AS all_values) v;
    IF list IS NOT NULL AND NOT to_jsonb(winner) @> merged THEN
        EXECUTE format('UPDATE jorge.lead l SET (%s) = (SELECT %s FROM jsonb_populate_record(NULL::jorge.lead, $1) v) WHERE l.location_id = $2 AND l.lead_id = $3',
                       list, (SELECT string_agg('v.' || quote_ident(c), ', ') FROM unnest(columns) c)) USING merged, $1, $2;
    END IF;

    DELETE FROM jorge.lead l WHERE l.location_id = $1 AND l.lead_id = $3;
    INSERT INTO jorge.lead_alias AS a (location_id, alias_id, lead_id) VALUES ($1, $3, $2);
    INSERT INTO jorge.lead_merge AS m (location_id, winner_id, loser_id, rule, reason, inquiry_id, score, winner_row, loser_row, winner_score, merged_values, moved, replaced)
    VALUES ($1, $2, $3, $4, $5, $6, $7, to_jsonb(winner), to_jsonb(loser), winner_score, merged, moved, replaced)
    RETURNING m.merge_id INTO log_id;
    RETURN log_id;
END
$fn$;
COMMENT ON FUNCTION jorge.merge_rows(text, uuid, uuid, text, text, uuid, float8) IS
    'Gives all rows of one lead to another and logs it; both are locked. The winner is to be folded anew afterwards.';
REVOKE ALL ON FUNCTION jorge.merge_rows(text, uuid, uuid, text, text, uuid, float8) FROM PUBLIC;

CREATE FUNCTION jorge.record_merge(location_id text, merge_id uuid, kind text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    INSERT INTO jorge.event (location_id, lead_id, kind, score, confidence, class, model, reason, detail)
    SELECT m.location_id, jorge.lead_alias(m.winner_id, m.location_id), $3, s.score, s.confidence, s.class, s.model, m.rule,
           jsonb_strip_nulls(jsonb_build_object('merge_id', m.merge_id, 'other_lead_id', m.loser_id, 'inquiry_id', m.inquiry_id))
      FROM jorge.lead_merge m
      LEFT JOIN jorge.lead_score s ON s.location_id = m.location_id AND s.lead_id = jorge.lead_alias(m.winner_id, m.location_id)
     WHERE m.location_id = $1 AND m.merge_id = $2;
END
$fn$;
COMMENT ON FUNCTION jorge.record_merge(text, uuid, text) IS 'Writes the event lead_merged or lead_unmerged.';
REVOKE ALL ON FUNCTION jorge.record_merge(text, uuid, text) FROM PUBLIC;

CREATE FUNCTION jorge.lock_lead(INOUT lead_id uuid, location_id text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    LOOP
        lead_id := jorge.lead_alias(lead_id, $2);
        PERFORM FROM jorge.lead l WHERE l.location_id = $2 AND l.lead_id = lock_lead.lead_id FOR UPDATE;
        EXIT WHEN FOUND;
        IF NOT EXISTS (SELECT FROM jorge.lead_alias a WHERE a.location_id = $2 AND a.alias_id = lock_lead.lead_id) THEN
            RAISE EXCEPTION 'location "%" has no lead %', $2, $1 USING ERRCODE = 'no_data_found',
                HINT = 'See SELECT lead_id, name FROM jorge.lead.';
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = $2 AND l.lead_id = lock_lead.lead_id AND l.erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'lead % was erased', $1 USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'What is left of it is there for counts only.';
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.lock_lead(uuid, text) IS 'Locks the row that an id means and returns its id. ERROR P0002 if there is none, 55000 if the person was erased.';
REVOKE ALL ON FUNCTION jorge.lock_lead(uuid, text) FROM PUBLIC;

CREATE FUNCTION jorge.merge_leads_owned(one uuid, other uuid, reason text, location_id text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $fn$
DECLARE
    low uuid;
    high uuid;
    log_id uuid;
BEGIN
    PERFORM jorge.lock_identity($4, '{}');
    -- rows are locked from the highest id down; a row that is gone leads to a lower one
    LOOP
        low := least(jorge.lead_alias(one, $4), jorge.lead_alias(other, $4));
        high := greatest(jorge.lead_alias(one, $4), jorge.lead_alias(other, $4));
        IF low = high THEN
            RAISE EXCEPTION 'the two ids are of one lead already' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', low),
                HINT = 'See SELECT * FROM jorge.merge_history(lead_id).';
        END IF;
        EXIT WHEN jorge.lock_lead(high, $4) = high AND jorge.lock_lead(low, $4) = low;
    END LOOP;
    IF EXISTS (SELECT FROM jorge.lead_apart p WHERE p.location_id = $4
                  AND (p.lead_a = ANY (jorge.lead_ids(low, $4)) AND p.lead_b = ANY (jorge.lead_ids(high, $4))
                       OR p.lead_a = ANY (jorge.lead_ids(high, $4)) AND p.lead_b = ANY (jorge.lead_ids(low, $4)))) THEN
        RAISE EXCEPTION 'the two leads are never to be merged' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Delete the pair from jorge.lead_apart first.';
    END IF;
    log_id := jorge.merge_rows($4, low, high, 'manual', $3, NULL, NULL);
    PERFORM jorge.refold_after(low, $4, 'merge');
    PERFORM jorge.record_merge($4, log_id, 'lead_merged');
    RETURN log_id;
END
$fn$;
COMMENT ON FUNCTION jorge.merge_leads_owned(uuid, uuid, text, text) IS 'What jorge.merge_leads() does as the owner.';
REVOKE ALL ON FUNCTION jorge.merge_leads_owned(uuid, uuid, text, text) FROM PUBLIC;

CREATE FUNCTION jorge.merge_leads(one uuid, other uuid, reason text DEFAULT NULL, location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE c VOLATILE
    AS 'MODULE_PATHNAME', 'jorge_merge_leads';
COMMENT ON FUNCTION jorge.merge_leads(uuid, uuid, text, text) IS
    'Makes two leads one and returns the merge_id: arrivals, keys, interactions, predictions, events and whatever else belongs to a lead follow; the lower id (of two that intake gave, the older lead) goes on, the other stays valid as an alias. jorge.unmerge() undoes it. ERROR P0002 for an unknown lead, 22023 if the two are one, 55000 if they are never to be merged or one was erased.';
REVOKE ALL ON FUNCTION jorge.merge_leads(uuid, uuid, text, text) FROM PUBLIC;

CREATE FUNCTION jorge.related_leads(ids uuid[], location_id text) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN QUERY
    SELECT jorge.lead_alias(o.id, $2)
      FROM (SELECT CASE WHEN m.winner_id = ANY (ids) THEN m.loser_id ELSE m.winner_id END AS id FROM jorge.lead_merge m
             WHERE m.location_id = $2 AND m.undone_at IS NOT NULL AND (m.winner_id = ANY (ids) OR m.loser_id = ANY (ids))
            UNION SELECT CASE WHEN p.lead_a = ANY (ids) THEN p.lead_b ELSE p.lead_a END FROM jorge.lead_apart p
             WHERE p.location_id = $2 AND (p.lead_a = ANY (ids) OR p.lead_b = ANY (ids))
            UNION SELECT CASE WHEN r.lead_a = ANY (ids) THEN r.lead_b ELSE r.lead_a END FROM jorge.identity_review r
             WHERE r.location_id = $2 AND (r.lead_a = ANY (ids) OR r.lead_b = ANY (ids))) o
     WHERE jorge.lead_alias(o.id, $2) <> ALL (ids)
     GROUP BY 1;
END
$fn$;
COMMENT ON FUNCTION jorge.related_leads(uuid[], text) IS 'Leads that were told apart from one with these ids, or that a human was asked about: only their arrivals can carry its keys.';
REVOKE ALL ON FUNCTION jorge.related_leads(uuid[], text) FROM PUBLIC;

CREATE FUNCTION jorge.move_blocks(location_id text, from_lead uuid, to_lead uuid, arrivals uuid[], since_merge boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    given bigint[];
    kept bigint[];
BEGIN
    SELECT array_agg(DISTINCT k) INTO given
      FROM jorge.inquiry i, unnest(jorge.inquiry_blocks(i.location_id, i.name, i.first_name, i.last_name, i.phone, i.email, i.street, i.city, i.postal_code)) k
     WHERE i.location_id = $1 AND i.inquiry_id = ANY (arrivals);
    -- what arrivals that stay have in common with those that go
    SELECT coalesce(array_agg(DISTINCT k), '{}') INTO kept
      FROM jorge.inquiry_lead l JOIN jorge.inquiry i ON i.location_id = coalesce(l.location_id, l.location_id) AND i.inquiry_id = l.inquiry_id,
           unnest(jorge.inquiry_blocks(i.location_id, i.name, i.first_name, i.last_name, i.phone, i.email, i.street, i.city, i.postal_code)) k
     WHERE l.lead_id = from_lead AND l.location_id = $1 AND k = ANY (given);
    WITH gone AS (
        DELETE FROM jorge.lead_block b
         WHERE b.key = ANY (given) AND b.key <> ALL (kept) AND b.location_id = $1 AND b.lead_id = ANY (jorge.lead_ids(from_lead, $1)) RETURNING b.key)
    INSERT INTO jorge.lead_block (location_id, key, lead_id)
    SELECT $1, v.key, to_lead FROM (SELECT g.key FROM gone g UNION SELECT unnest(kept) WHERE since_merge) v
     WHERE NOT EXISTS (SELECT FROM jorge.lead_block b WHERE b.key = v.key AND b.location_id = $1 AND b.lead_id = ANY (jorge.lead_ids(to_lead, $1)));
END
$fn$;
COMMENT ON FUNCTION jorge.move_blocks(text, uuid, uuid, uuid[], boolean) IS
    'Lets the lead that has got these arrivals be found by them (jorge.lead_block), and the one that had them by those that stay. since_merge: also by what both have in common, which arrivals of a merged lead brought before.';
REVOKE ALL ON FUNCTION jorge.move_blocks(text, uuid, uuid, uuid[], boolean) FROM PUBLIC;

CREATE FUNCTION jorge.review_shared_keys(location_id text, lead_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM jorge.propose_review($1, $2, c.other, c.inquiry_id, NULL, 'an arrival carries a key of the other')
       FROM (SELECT DISTINCT ON (k.lead_id) k.lead_id AS other, i.inquiry_id
               FROM jorge.inquiry_lead l
               JOIN jorge.inquiry i ON i.location_id = coalesce(l.location_id, l.location_id) AND i.inquiry_id = l.inquiry_id
              CROSS JOIN LATERAL (VALUES ('P', jorge.phone_key(i.phone)), ('E', jorge.email_key(i.email))) v(kind, key)
               JOIN jorge.lead_key k ON k.location_id = coalesce(l.location_id, l.location_id) AND k.kind = v.kind AND k.key = v.key AND k.lead_id <> $2
              WHERE l.lead_id = $2 AND l.location_id = $1
                AND NOT EXISTS (SELECT FROM jorge.lead_key o WHERE o.location_id = coalesce(l.location_id, l.location_id)
                                   AND o.kind = v.kind AND o.key = v.key AND o.lead_id = $2)
              ORDER BY k.lead_id, i.inquiry_id) c;
END
$fn$;
COMMENT ON FUNCTION jorge.review_shared_keys(text, uuid) IS 'Asks a human about leads whose keys an arrival of this one carries, where nobody has said that they are two.';
REVOKE ALL ON FUNCTION jorge.review_shared_keys(text, uuid) FROM PUBLIC;

CREATE FUNCTION jorge.unmerge_owned(id uuid, reason text, location_id text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET extra_float_digits = 1
AS $fn$
DECLARE
    log jorge.lead_merge;
    winner uuid;
    holder uuid;
    relation record;
    columns text[] := jorge.unfolded_columns();
    list text;
    now_row jsonb;
    back jsonb;
    own_keys text[];
    other_keys text[];
    later uuid[];
BEGIN
    SELECT m.* INTO log FROM jorge.lead_merge m WHERE m.location_id = $3 AND m.merge_id = $1;
    IF NOT FOUND THEN
        SELECT m.* INTO log FROM jorge.lead_merge m WHERE m.location_id = $3 AND m.loser_id = $1 AND m.undone_at IS NULL ORDER BY m.at DESC, m.merge_id LIMIT 1;
    END IF;
    IF NOT FOUND THEN
        SELECT m.* INTO log FROM jorge.lead_merge m
         WHERE m.location_id = $3 AND m.winner_id = ANY (jorge.lead_ids(jorge.lead_alias($1, $3), $3)) AND m.undone_at IS NULL ORDER BY m.at DESC, m.merge_id LIMIT 1;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'location "%" has no merge to undo under %', $3, $1 USING ERRCODE = 'no_data_found',
            HINT = 'See SELECT * FROM jorge.merge_history(lead_id).';
    END IF;

    -- keys first, as intake does; then rows; what had no row of its own is wherever its arrival is
    SELECT coalesce(array_agg((m ->> 'kind') || (m ->> 'key')), '{}') INTO own_keys FROM jsonb_array_elements(log.moved -> 'jorge.lead_key lead_id') m;
    LOOP
        winner := log.winner_id;
        IF log.loser_row IS NULL THEN
            winner := coalesce((SELECT l.lead_id FROM jorge.inquiry_lead l WHERE l.location_id = $3 AND l.inquiry_id = log.inquiry_id), winner);
        END IF;
        SELECT coalesce(array_agg(k.kind || k.key), '{}') INTO other_keys FROM jorge.lead_key k
         WHERE k.lead_id = jorge.lead_alias(winner, $3) AND k.location_id = $3;
        PERFORM jorge.lock_identity($3, own_keys || other_keys);
        holder := jorge.lock_lead(winner, $3);
        EXIT WHEN log.loser_row IS NOT NULL
               OR holder = coalesce((SELECT l.lead_id FROM jorge.inquiry_lead l WHERE l.location_id = $3 AND l.inquiry_id = log.inquiry_id), holder);
    END LOOP;
    PERFORM jorge.lock_keys(holder, $3);
    SELECT m.* INTO log FROM jorge.lead_merge m WHERE m.location_id = $3 AND m.merge_id = log.merge_id FOR UPDATE;
    IF log.undone_at IS NOT NULL OR log.erased_at IS NOT NULL THEN
        RAISE EXCEPTION 'merge % was % before', log.merge_id, CASE WHEN log.erased_at IS NULL THEN 'undone' ELSE 'erased' END
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'See SELECT * FROM jorge.merge_history(lead_id).';
    END IF;
    -- whatever was written into the log, what comes back is of this tenant
    log.loser_row := log.loser_row || jsonb_build_object('location_id', $3, 'lead_id', log.loser_id);
    log.winner_score := log.winner_score || jsonb_build_object('location_id', $3, 'lead_id', holder);
    log.replaced := coalesce((SELECT jsonb_object_agg(r.key, coalesce((SELECT jsonb_agg(e || jsonb_build_object('location_id', $3)) FROM jsonb_array_elements(r.value) e), '[]'))
                                FROM jsonb_each(log.replaced) r), '{}');

    DELETE FROM jorge.lead_alias a WHERE a.location_id = $3 AND a.alias_id = log.loser_id;
    IF log.loser_row IS NULL THEN
        INSERT INTO jorge.lead (location_id, lead_id) VALUES ($3, log.loser_id);
    ELSE
        SELECT string_agg(quote_ident(a.attname), ', ') INTO list FROM pg_attribute a
         WHERE a.attrelid = 'jorge.lead'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND log.loser_row ? a.attname;
        EXECUTE format('INSERT INTO jorge.lead (%1$s) SELECT %1$s FROM jsonb_populate_record(NULL::jorge.lead, $1)', list) USING log.loser_row;
    END IF;

    FOR relation IN SELECT r.*, format('%s %s', r.relation, r.column_name) AS name,
                           (SELECT string_agg(format(' AND t.%1$I = m.%1$I', k), '') FROM unnest(r.key_columns) k) AS same,
                           (SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_attribute a
                             WHERE a.attrelid = r.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS all_columns
                      FROM jorge.lead_relations() r LOOP
        IF log.moved ? relation.name AND relation.key_columns IS NOT NULL THEN
            EXECUTE format('UPDATE %1$s t SET %2$I = $1 FROM jsonb_populate_recordset(NULL::%1$s, $4) m WHERE t.location_id = $2 AND t.%2$I = $3%3$s',
                           relation.relation, relation.column_name, relation.same) USING log.loser_id, $3, holder, log.moved -> relation.name;
        END IF;
        IF log.replaced ? relation.name THEN
            EXECUTE format('INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM jsonb_populate_recordset(NULL::%1$s, $1) ON CONFLICT DO NOTHING',
                           relation.relation, relation.all_columns) USING log.replaced -> relation.name;
        END IF;
    END LOOP;

    -- arrivals since then that carry the loser's keys and none of the winner's, and keys that only such carry
    SELECT coalesce(array_agg(k.kind || k.key), '{}') INTO own_keys FROM jorge.lead_key k WHERE k.lead_id = log.loser_id AND k.location_id = $3;
    SELECT coalesce(array_agg(k.kind || k.key), '{}') INTO other_keys FROM jorge.lead_key k WHERE k.lead_id = holder AND k.location_id = $3 AND k.kind || k.key <> ALL (own_keys);
    WITH arrivals AS (SELECT i.inquiry_id, l.linked_at, 'P' || jorge.phone_key(i.phone) AS phone, 'E' || jorge.email_key(i.email) AS email
                        FROM jorge.inquiry_lead l JOIN jorge.inquiry i ON i.location_id = coalesce(l.location_id, l.location_id) AND i.inquiry_id = l.inquiry_id
                       WHERE l.lead_id = holder AND l.location_id = $3)
    SELECT array_agg(a.inquiry_id) INTO later FROM arrivals a
     WHERE a.linked_at >= log.at AND (a.phone = ANY (own_keys) OR a.email = ANY (own_keys))
       -- what it shares with arrivals that stay is the winner's
       AND NOT EXISTS (SELECT FROM unnest(ARRAY[a.phone, a.email]) k
                        WHERE k = ANY (other_keys)
                          AND EXISTS (SELECT FROM arrivals b WHERE (b.phone = k OR b.email = k)
                                         AND NOT coalesce(b.phone = ANY (own_keys) OR b.email = ANY (own_keys), false)));
    IF later IS NOT NULL AND cardinality(own_keys) > 0 THEN
        UPDATE jorge.inquiry_lead l SET lead_id = log.loser_id WHERE l.location_id = $3 AND l.inquiry_id = ANY (later) AND l.lead_id = holder;
        UPDATE jorge.lead_key k SET lead_id = log.loser_id
         WHERE k.lead_id = holder AND k.location_id = $3
           AND NOT EXISTS (SELECT FROM jorge.inquiry_lead l JOIN jorge.inquiry i ON i.location_id = coalesce(l.location_id, l.location_id) AND i.inquiry_id = l.inquiry_id
                            WHERE l.lead_id = holder AND l.location_id = $3
                              AND k.key = CASE k.kind WHEN 'P' THEN jorge.phone_key(i.phone) ELSE jorge.email_key(i.email) END)
           AND EXISTS (SELECT FROM jorge.inquiry i WHERE i.location_id = $3 AND i.inquiry_id = ANY (later)
                              AND k.key = CASE k.kind WHEN 'P' THEN jorge.phone_key(i.phone) ELSE jorge.email_key(i.email) END);
    END IF;

    PERFORM jorge.move_blocks($3, holder, log.loser_id, (SELECT array_agg(l.inquiry_id) FROM jorge.inquiry_lead l WHERE l.lead_id = log.loser_id AND l.location_id = $3), false);
    PERFORM jorge.move_blocks($3, holder, log.loser_id, CASE WHEN log.loser_row IS NULL THEN later || log.inquiry_id ELSE later END, true);
    -- under ids that are the loser's again stands also what other arrivals brought before
    PERFORM jorge.move_blocks($3, log.loser_id, holder, (SELECT array_agg(l.inquiry_id) FROM jorge.inquiry_lead l WHERE l.lead_id = holder AND l.location_id = $3), true);

    -- columns that are not folded: as they were, but for those changed since
    SELECT to_jsonb(l) INTO now_row FROM jorge.lead l WHERE l.location_id = $3 AND l.lead_id = holder;
    IF log.merged_values IS NOT NULL AND holder = log.winner_id THEN
        SELECT string_agg(quote_ident(c), ', '), jsonb_object_agg(c, CASE WHEN now_row -> c = log.merged_values -> c THEN log.winner_row -> c ELSE now_row -> c END)
          INTO list, back FROM unnest(columns) c WHERE log.winner_row ? c AND log.merged_values ? c;
        IF list IS NOT NULL AND NOT now_row @> back THEN
            EXECUTE format('UPDATE jorge.lead l SET (%1$s) = (SELECT %1$s FROM jsonb_populate_record(NULL::jorge.lead, $1)) WHERE l.location_id = $2 AND l.lead_id = $3', list)
                USING back, $3, holder;
        END IF;
    END IF;

    PERFORM jorge.refold_after(log.loser_id, $3, NULL);
    PERFORM jorge.refold_after(holder, $3, NULL);
    -- a lead that is as it was has the score that it had; any other gets a new one
    IF NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = $3 AND l.lead_id = log.loser_id AND to_jsonb(l) = log.loser_row) THEN
        PERFORM jorge.refold_after(log.loser_id, $3, 'unmerge');
    END IF;
    IF EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = $3 AND l.lead_id = holder AND to_jsonb(l) = log.winner_row) AND log.winner_score IS NOT NULL THEN
        DELETE FROM jorge.lead_score s WHERE s.location_id = $3 AND s.lead_id = holder;
        INSERT INTO jorge.lead_score SELECT (jsonb_populate_record(NULL::jorge.lead_score, log.winner_score)).*;
    ELSE
        PERFORM jorge.refold_after(holder, $3, 'unmerge');
    END IF;

    UPDATE jorge.lead_merge m SET undone_at = now(), undone_by = session_user, undone_reason = $2 WHERE m.location_id = $3 AND m.merge_id = log.merge_id;
    IF NOT jorge.is_apart(holder, log.loser_id, $3) THEN
        INSERT INTO jorge.lead_apart (location_id, lead_a, lead_b, reason) VALUES ($3, least(holder, log.loser_id), greatest(holder, log.loser_id), $2);
    END IF;
    PERFORM jorge.review_shared_keys($3, holder);
    PERFORM jorge.review_shared_keys($3, log.loser_id);
    PERFORM jorge.review_shared_keys($3, r) FROM jorge.related_leads(jorge.lead_ids(holder, $3) || jorge.lead_ids(log.loser_id, $3), $3) r;
    PERFORM jorge.record_merge($3, log.merge_id, 'lead_unmerged');
    RETURN log.loser_id;
END
$fn$;

COMMENT ON FUNCTION jorge.unmerge_owned(uuid, text, text) IS 'What jorge.unmerge() does as the owner.';
REVOKE ALL ON FUNCTION jorge.unmerge_owned(uuid, text, text) FROM PUBLIC;

CREATE FUNCTION jorge.unmerge(id uuid, reason text DEFAULT NULL, location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE c VOLATILE
    AS 'MODULE_PATHNAME', 'jorge_unmerge';
COMMENT ON FUNCTION jorge.unmerge(uuid, text, text) IS
    'Undoes a merge and returns the id of the lead that is there again. id: a merge_id; or the id of the lead that was merged away; or of the lead that went on, for the latest merge into it. Rows that came since then stay with the lead that went on, but for arrivals that carry only the other''s keys. Arrivals do not merge the two again; jorge.merge_leads() may. ERROR P0002 if there is no such merge, 55000 if the person was erased.';
REVOKE ALL ON FUNCTION jorge.unmerge(uuid, text, text) FROM PUBLIC;

CREATE FUNCTION jorge.never_merge_owned(one uuid, other uuid, reason text, location_id text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $fn$
BEGIN
    PERFORM jorge.lock_identity($4, '{}');
    IF jorge.lead_alias(one, $4) = jorge.lead_alias(other, $4) THEN
        RAISE EXCEPTION 'the two ids are of one lead' USING ERRCODE = 'invalid_parameter_value', HINT = 'Undo their merge with jorge.unmerge() first.';
    END IF;
    PERFORM jorge.lock_lead(greatest(jorge.lead_alias(one, $4), jorge.lead_alias(other, $4)), $4);
    PERFORM jorge.lock_lead(least(jorge.lead_alias(one, $4), jorge.lead_alias(other, $4)), $4);
    INSERT INTO jorge.lead_apart AS p (location_id, lead_a, lead_b, reason)
    VALUES ($4, least(jorge.lead_alias(one, $4), jorge.lead_alias(other, $4)), greatest(jorge.lead_alias(one, $4), jorge.lead_alias(other, $4)), $3)
    ON CONFLICT DO NOTHING;
    UPDATE jorge.identity_review r SET state = 'rejected', decided_by = session_user, decided_at = now()
     WHERE r.location_id = $4 AND r.state = 'open' AND jorge.lead_alias(r.lead_a, $4) IN (jorge.lead_alias(one, $4), jorge.lead_alias(other, $4))
       AND jorge.lead_alias(r.lead_b, $4) IN (jorge.lead_alias(one, $4), jorge.lead_alias(other, $4))
       AND (r.lead_a = ANY (jorge.lead_ids(jorge.lead_alias(one, $4), $4)) OR r.lead_a = ANY (jorge.lead_ids(jorge.lead_alias(other, $4), $4)));
END
$fn$;
COMMENT ON FUNCTION jorge.never_merge_owned(uuid, uuid, text, text) IS 'What jorge.never_merge() does as the owner.';
REVOKE ALL ON FUNCTION jorge.never_merge_owned(uuid, uuid, text, text) FROM PUBLIC;

CREATE FUNCTION jorge.never_merge(one uuid, other uuid, reason text DEFAULT NULL, location_id text DEFAULT jorge.current_location()) RETURNS void
    LANGUAGE c VOLATILE
    AS 'MODULE_PATHNAME', 'jorge_never_merge';
COMMENT ON FUNCTION jorge.never_merge(uuid, uuid, text, text) IS
    'Keeps two leads apart for ever (jorge.lead_apart): neither an arrival nor jorge.merge_leads() makes them one. An arrival with the keys of both goes to the e-mail''s lead. ERROR P0002 for an unknown lead, 22023 if the two are one already.';
REVOKE ALL ON FUNCTION jorge.never_merge(uuid, uuid, text, text) FROM PUBLIC;

CREATE FUNCTION jorge.erase_lead_owned(lead_id uuid, location_id text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $fn$
DECLARE
    holder uuid;
    ids uuid[];
    related uuid[];
    arrivals uuid[];
    blocks bigint[];
    relation record;
    list text;
BEGIN
    -- those who may get a key of this one are locked too
    LOOP
        holder := jorge.lead_alias($1, $2);
        IF NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = $2 AND l.lead_id = holder AND l.erased_at IS NULL) THEN
            RETURN false;
        END IF;
        PERFORM jorge.lock_keys(holder, $2);
        related := ARRAY(SELECT r FROM jorge.related_leads(jorge.lead_ids(holder, $2), $2) r ORDER BY r);
        PERFORM FROM jorge.lead l WHERE l.location_id = $2 AND l.lead_id = ANY (related || holder) ORDER BY l.lead_id DESC FOR UPDATE;
        EXIT WHEN related = ARRAY(SELECT r FROM jorge.related_leads(jorge.lead_ids(holder, $2), $2) r ORDER BY r)
              AND EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = $2 AND l.lead_id = holder AND l.erased_at IS NULL);
    END LOOP;
    PERFORM jorge.lock_keys(holder, $2);
    ids := jorge.lead_ids(holder, $2);
    SELECT array_agg(l.inquiry_id) INTO arrivals FROM jorge.inquiry_lead l WHERE l.lead_id = holder AND l.location_id = $2;
    -- a key that an arrival of another lead carries too is that lead's now
    UPDATE jorge.lead_key k SET lead_id = o.lead_id
      FROM (SELECT DISTINCT ON (v.kind, v.key) v.kind, v.key, l.lead_id
              FROM unnest(related) AS other(lead_id)
              JOIN jorge.inquiry_lead l ON l.lead_id = other.lead_id AND l.location_id = $2
              JOIN jorge.inquiry i ON i.location_id = coalesce(l.location_id, l.location_id) AND i.inquiry_id = l.inquiry_id
             CROSS JOIN LATERAL (VALUES ('P', jorge.phone_key(i.phone)), ('E', jorge.email_key(i.email))) v(kind, key)
             WHERE v.key IS NOT NULL
             ORDER BY v.kind, v.key, l.lead_id) o
     WHERE k.lead_id = holder AND k.location_id = $2 AND k.kind = o.kind AND k.key = o.key;
    SELECT array_agg(DISTINCT k) INTO blocks
      FROM jorge.inquiry i, unnest(jorge.inquiry_blocks(i.location_id, i.name, i.first_name, i.last_name, i.phone, i.email, i.street, i.city, i.postal_code)) k
     WHERE i.location_id = $2 AND i.inquiry_id = ANY (arrivals);
    DELETE FROM jorge.lead_block b WHERE b.key = ANY (blocks) AND b.location_id = $2 AND b.lead_id = ANY (ids);
    DELETE FROM jorge.interaction_ref r USING jorge.interaction i
     WHERE i.lead_id = holder AND i.location_id = $2 AND r.location_id = $2 AND r.provider = i.provider AND r.provider_ref = i.provider_ref;

    FOR relation IN SELECT r.* FROM jorge.lead_relations() r WHERE r.on_erase = 'delete' AND r.relation <> 'jorge.lead_merge'::regclass LOOP
        EXECUTE format('DELETE FROM %s t WHERE t.location_id = $1 AND t.%I = ANY ($2)', relation.relation, relation.column_name) USING $2, ids;
    END LOOP;
    -- what belongs to an arrival: raw payloads and the like
    FOR relation IN SELECT c.oid::regclass AS relation FROM pg_class c
                      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'inquiry_id' AND NOT a.attisdropped AND a.atttypid = 'uuid'::regtype
                      JOIN pg_attribute l ON l.attrelid = c.oid AND l.attname = 'location_id' AND NOT l.attisdropped
                     WHERE c.relnamespace = 'jorge'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                       AND c.relname NOT IN ('inquiry', 'inquiry_lead', 'lead_merge', 'identity_review') LOOP
        EXECUTE format('DELETE FROM %s t WHERE t.location_id = $1 AND t.inquiry_id = ANY ($2)', relation.relation) USING $2, arrivals;
    END LOOP;

    DELETE FROM jorge.lead_apart p WHERE p.location_id = $2 AND (p.lead_a = ANY (ids) OR p.lead_b = ANY (ids));
    DELETE FROM jorge.identity_review r WHERE r.location_id = $2 AND (r.lead_a = ANY (ids) OR r.lead_b = ANY (ids));
    DELETE FROM jorge.error e WHERE e.location_id = $2 AND e.ref = ANY (ids);
    UPDATE jorge.event e SET score = NULL, confidence = NULL, class = NULL, detail = NULL WHERE e.location_id = $2 AND e.lead_id = ANY (ids);
    UPDATE jorge.lead_merge m SET reason = NULL, undone_reason = NULL, score = NULL, winner_row = NULL, loser_row = NULL, winner_score = NULL, merged_values = NULL,
           moved = '{}', replaced = '{}', erased_at = now()
     WHERE m.location_id = $2 AND (m.winner_id = ANY (ids) OR m.loser_id = ANY (ids));

    -- arrivals and lead keep when and from where, for counts
    SELECT string_agg(format('%I = NULL', a.attname), ', ') INTO list FROM pg_attribute a
     WHERE a.attrelid = 'jorge.inquiry'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND NOT a.attnotnull
       AND a.attname NOT IN ('location_id', 'inquiry_id', 'received_at', 'source', 'campaign', 'cost');
    EXECUTE format('UPDATE jorge.inquiry i SET %s WHERE i.location_id = $1 AND i.inquiry_id = ANY ($2)', list) USING $2, arrivals;
    SELECT string_agg(format('%I = DEFAULT', a.attname), ', ') INTO list FROM pg_attribute a
     WHERE a.attrelid = 'jorge.lead'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
       AND a.attname NOT IN ('location_id', 'lead_id', 'first_source', 'sources', 'first_seen_at', 'last_seen_at', 'inquiries', 'multi_source_bonus', 'edited_at',
                             'stage', 'outcome', 'outcome_at', 'sale_price', 'revenue', 'owner', 'erased_at');
    EXECUTE format('UPDATE jorge.lead l SET %s, erased_at = now() WHERE l.location_id = $1 AND l.lead_id = $2', list) USING $2, holder;
    INSERT INTO jorge.event (location_id, lead_id, kind) VALUES ($2, holder, 'lead_erased');
    -- two who had been told apart from this one, but not from each other
    PERFORM jorge.review_shared_keys($2, r) FROM unnest(related) r;
    RETURN true;
END
$fn$;
COMMENT ON FUNCTION jorge.erase_lead_owned(uuid, text) IS 'What jorge.erase_lead() does as the owner.';
REVOKE ALL ON FUNCTION jorge.erase_lead_owned(uuid, text) FROM PUBLIC;

CREATE FUNCTION jorge.erase_lead(lead_id uuid, location_id text DEFAULT jorge.current_location()) RETURNS boolean
    LANGUAGE c VOLATILE STRICT
    AS 'MODULE_PATHNAME', 'jorge_erase_lead';
COMMENT ON FUNCTION jorge.erase_lead(uuid, text) IS
    'Erases a person: all that was said, by whom and how to reach them is gone from arrivals, payloads, lead, keys, conversation, predictions, reviews and the merge log. Times, sources, costs, stage and outcome stay, so that counts by source and month do (jorge.lead.erased_at). A further arrival makes a new lead. False if there is no such lead or it was erased before. Backups and the write-ahead log are yours to expire.';
REVOKE ALL ON FUNCTION jorge.erase_lead(uuid, text) FROM PUBLIC;

CREATE FUNCTION jorge.inquiry_blocks(location_id text, name text, first_name text, last_name text, phone text, email text, street text, city text, postal_code text)
    RETURNS bigint[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'jorge_inquiry_blocks';
COMMENT ON FUNCTION jorge.inquiry_blocks(text, text, text, text, text, text, text, text, text) IS
    'Hashes under which an arrival''s lead is found by arrivals much like it (jorge.lead_block).';

CREATE FUNCTION jorge.is_stopped(location_id text, kind text, key text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN EXISTS (SELECT FROM jorge.identity_stop s WHERE s.location_id IN ($1, '*') AND s.kind = CASE $2 WHEN 'P' THEN 'phone' ELSE 'email' END AND s.key = $3)
        OR $2 = 'E' AND EXISTS (SELECT FROM jorge.identity_stop s WHERE s.location_id IN ($1, '*') AND s.kind = 'domain'
                                   AND (split_part($3, '@', 2) = s.key OR split_part($3, '@', 2) LIKE '%.' || s.key));
END
$fn$;
COMMENT ON FUNCTION jorge.is_stopped(text, text, text) IS 'Is the key (kind P or E) nobody''s by jorge.identity_stop?';
REVOKE ALL ON FUNCTION jorge.is_stopped(text, text, text) FROM PUBLIC;

CREATE FUNCTION jorge.absorb_lead(location_id text, winner_id uuid, loser_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET extra_float_digits = 1
AS $fn$
DECLARE
    winner jorge.lead;
    loser jorge.lead;
    list text;
    merged jsonb;
BEGIN
    SELECT l.* INTO STRICT winner FROM jorge.lead l WHERE l.location_id = $1 AND l.lead_id = $2;
    SELECT l.* INTO STRICT loser FROM jorge.lead l WHERE l.location_id = $1 AND l.lead_id = $3;
    SELECT string_agg(quote_ident(c), ', ') INTO list FROM unnest(jorge.unfolded_columns()) c;
    merged := jorge.merge_values(winner, loser);
    EXECUTE format('UPDATE jorge.lead l SET (%1$s) = (SELECT %1$s FROM jsonb_populate_record(NULL::jorge.lead, $1)) WHERE l.location_id = $2 AND l.lead_id = $3', list)
        USING merged, $1, $2;
    DELETE FROM jorge.lead l WHERE l.location_id = $1 AND l.lead_id = $3;
    INSERT INTO jorge.lead_alias AS a (location_id, alias_id, lead_id) VALUES ($1, $3, $2);
END
$fn$;
COMMENT ON FUNCTION jorge.absorb_lead(text, uuid, uuid) IS 'Makes the id of a row that was just inserted into jorge.lead an alias of the lead the person has already.';
REVOKE ALL ON FUNCTION jorge.absorb_lead(text, uuid, uuid) FROM PUBLIC;

CREATE FUNCTION jorge.log_join(location_id text, lead_id uuid, inquiry_id uuid, rule text, score float8) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    loser uuid := gen_random_uuid();
    log_id uuid;
BEGIN
    INSERT INTO jorge.lead_alias AS a (location_id, alias_id, lead_id) VALUES ($1, loser, $2);
    INSERT INTO jorge.lead_merge AS m (location_id, winner_id, loser_id, rule, inquiry_id, score, moved)
    SELECT $1, $2, loser, $4, $3, $5,
           jsonb_strip_nulls(jsonb_build_object('jorge.inquiry_lead lead_id', jsonb_build_array(jsonb_build_object('inquiry_id', $3)),
               'jorge.lead_key lead_id', (SELECT jsonb_agg(jsonb_build_object('kind', k.kind, 'key', k.key, 'share', k.share))
                  FROM jorge.lead_key k JOIN jorge.inquiry i ON i.location_id = $1 AND i.inquiry_id = $3
                 WHERE k.lead_id = $2 AND k.location_id = $1
                   AND k.key = CASE k.kind WHEN 'P' THEN jorge.phone_key(i.phone) ELSE jorge.email_key(i.email) END
                   AND NOT EXISTS (SELECT FROM jorge.inquiry_lead l JOIN jorge.inquiry o ON o.location_id = coalesce(l.location_id, l.location_id) AND o.inquiry_id = l.inquiry_id
                                    WHERE l.lead_id = $2 AND l.location_id = $1 AND l.inquiry_id <> $3
                                      AND k.key = CASE k.kind WHEN 'P' THEN jorge.phone_key(o.phone) ELSE jorge.email_key(o.email) END))))
    RETURNING m.merge_id INTO log_id;
    PERFORM jorge.record_merge($1, log_id, 'lead_merged');
END
$fn$;
COMMENT ON FUNCTION jorge.log_join(text, uuid, uuid, text, float8) IS
    'Logs that an arrival was joined to a lead without an exact key, or under clearly another name, as if it had been a lead of its own that was merged: so it can be undone.';
REVOKE ALL ON FUNCTION jorge.log_join(text, uuid, uuid, text, float8) FROM PUBLIC;

CREATE FUNCTION jorge.propose_review(location_id text, one uuid, other uuid, inquiry_id uuid, score float8, reason text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    INSERT INTO jorge.identity_review (location_id, lead_a, lead_b, inquiry_id, score, reasons)
    SELECT $1, least($2, $3), greatest($2, $3), $4, $5, ARRAY[$6]
     WHERE $2 <> $3 AND NOT jorge.is_apart($2, $3, $1) AND NOT jorge.is_asked($2, $3, $1)
    ON CONFLICT DO NOTHING;
END
$fn$;
COMMENT ON FUNCTION jorge.propose_review(text, uuid, uuid, uuid, float8, text) IS 'Asks a human whether two leads are one person, unless somebody has said so or was asked before.';
REVOKE ALL ON FUNCTION jorge.propose_review(text, uuid, uuid, uuid, float8, text) FROM PUBLIC;

CREATE FUNCTION jorge.part_lead(location_id text, kind text, key text, lead_id uuid) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $fn$
DECLARE
    part record;
    made uuid;
    parts uuid[] := '{}';
BEGIN
    INSERT INTO jorge.identity_stop AS s (location_id, kind, key, reason)
    VALUES ($1, CASE $2 WHEN 'P' THEN 'phone' ELSE 'email' END, $3, 'more people gave it than jorge.shared_key_limit') ON CONFLICT DO NOTHING;
    IF $4 IS NOT NULL THEN
        PERFORM jorge.lock_keys($4, $1);
    END IF;
    DELETE FROM jorge.lead_key k WHERE k.location_id = $1 AND k.kind = $2 AND k.key = $3;
    IF $4 IS NULL THEN
        RETURN 0;
    END IF;

    -- arrivals that other keys hold together stay together; the earliest of them keep the lead, as do edits by hand
    FOR part IN
        WITH RECURSIVE arrivals AS (
            SELECT i.inquiry_id, i.received_at, i.source = 'manual' OR NOT coalesce($3 = CASE $2 WHEN 'P' THEN jorge.phone_key(i.phone) ELSE jorge.email_key(i.email) END, false) AS stays,
                   CASE WHEN jorge.is_stopped($1, 'P', jorge.phone_key(i.phone)) THEN NULL ELSE 'P' || jorge.phone_key(i.phone) END AS phone,
                   CASE WHEN jorge.is_stopped($1, 'E', jorge.email_key(i.email)) THEN NULL ELSE 'E' || jorge.email_key(i.email) END AS email
              FROM jorge.inquiry_lead l JOIN jorge.inquiry i ON i.location_id = coalesce(l.location_id, l.location_id) AND i.inquiry_id = l.inquiry_id
             WHERE l.lead_id = $4 AND l.location_id = $1),
        edges AS (SELECT DISTINCT coalesce(a.phone, a.email) AS one, coalesce(a.email, a.phone) AS other FROM arrivals a WHERE coalesce(a.phone, a.email) IS NOT NULL),
        reach AS (SELECT e.one AS root, e.one AS node FROM edges e UNION SELECT e.other, e.other FROM edges e
                  UNION SELECT r.root, CASE r.node WHEN e.one THEN e.other ELSE e.one END FROM reach r JOIN edges e ON r.node IN (e.one, e.other)),
        component AS (SELECT r.root AS node, min(r.node COLLATE "C") AS component FROM reach r GROUP BY r.root),
        placed AS (SELECT a.*, coalesce(c.component, CASE WHEN a.stays THEN '' ELSE a.inquiry_id::text END) AS component
                     FROM arrivals a LEFT JOIN component c ON c.node = coalesce(a.phone, a.email)),
        grouped AS (SELECT p.component, array_agg(p.inquiry_id) AS inquiries, array_agg(DISTINCT p.phone) || array_agg(DISTINCT p.email) AS keys, min(p.received_at) AS first,
                           min(p.inquiry_id::text) AS tie FROM placed p GROUP BY p.component)
        SELECT g.* FROM grouped g WHERE g.component <> '' ORDER BY g.first, g.tie OFFSET 1
    LOOP
        INSERT INTO jorge.lead AS l (location_id) VALUES ($1) RETURNING l.lead_id INTO made;
        UPDATE jorge.inquiry_lead l SET lead_id = made WHERE l.location_id = $1 AND l.inquiry_id = ANY (part.inquiries);
        UPDATE jorge.lead_key k SET lead_id = made WHERE k.lead_id = $4 AND k.location_id = $1 AND k.kind || k.key = ANY (part.keys);
        PERFORM jorge.move_blocks($1, $4, made, part.inquiries, true);
        PERFORM jorge.refold_after(made, $1, 'parted');
        parts := parts || made;
    END LOOP;
    IF parts <> '{}' THEN
        PERFORM jorge.refold_after($4, $1, 'parted');
        PERFORM jorge.review_shared_keys($1, r) FROM unnest(parts || $4 || ARRAY(SELECT jorge.related_leads(jorge.lead_ids($4, $1), $1))) r;
        INSERT INTO jorge.event (location_id, lead_id, kind, reason, detail)
        VALUES ($1, $4, 'lead_parted', 'shared key', jsonb_build_object('kind', $2, 'leads', cardinality(parts)));
    END IF;
    RETURN cardinality(parts);
END
$fn$;
COMMENT ON FUNCTION jorge.part_lead(text, text, text, uuid) IS
    'Makes a key nobody''s (jorge.identity_stop) and parts the lead that it had brought together by what other keys there are; returns how many leads were made.';
REVOKE ALL ON FUNCTION jorge.part_lead(text, text, text, uuid) FROM PUBLIC;

CREATE FUNCTION jorge.check_identity() RETURNS TABLE (kind text, location_id text, id uuid, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH link AS (SELECT l.location_id, l.inquiry_id, l.lead_id, i.source, i.received_at, i.inquiry_id AS arrival,
                         jorge.phone_key(i.phone) AS phone, jorge.email_key(i.email) AS email
                    FROM jorge.inquiry_lead l LEFT JOIN jorge.inquiry i ON i.location_id = l.location_id AND i.inquiry_id = l.inquiry_id),
    carried AS (SELECT k.location_id, k.inquiry_id, k.lead_id, v.kind, v.key
                  FROM link k, LATERAL (VALUES ('P', k.phone), ('E', k.email)) v(kind, key) WHERE v.key IS NOT NULL),
    counted AS (SELECT k.location_id, k.lead_id, count(*) AS inquiries, min(k.received_at) AS first_seen_at, max(k.received_at) AS last_seen_at,
                       array_agg(DISTINCT k.source COLLATE "C" ORDER BY k.source COLLATE "C") AS sources
                  FROM link k WHERE k.source <> 'manual' GROUP BY 1, 2),
    talked AS (SELECT i.location_id, i.lead_id, count(*) AS interactions FROM jorge.interaction i GROUP BY 1, 2)
    SELECT 'arrival without lead', i.location_id, i.inquiry_id, i.source FROM jorge.inquiry i
     WHERE NOT EXISTS (SELECT FROM jorge.inquiry_lead l WHERE l.location_id = i.location_id AND l.inquiry_id = i.inquiry_id)
    UNION ALL
    SELECT 'link to no lead', k.location_id, k.inquiry_id, k.lead_id::text FROM link k
     WHERE NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = k.location_id AND l.lead_id = k.lead_id) OR k.arrival IS NULL
    UNION ALL
    SELECT 'key of no lead', k.location_id, k.lead_id, k.kind || k.key FROM jorge.lead_key k
     WHERE NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = k.location_id AND l.lead_id = k.lead_id AND l.erased_at IS NULL)
    UNION ALL
    SELECT 'key not stored', c.location_id, c.inquiry_id, c.kind || c.key FROM carried c
     WHERE NOT EXISTS (SELECT FROM jorge.lead_key k WHERE k.location_id = c.location_id AND k.kind = c.kind AND k.key = c.key)
       AND NOT jorge.is_stopped(c.location_id, c.kind, c.key)
    UNION ALL
    SELECT 'stopped key stored', k.location_id, k.lead_id, k.kind || k.key FROM jorge.lead_key k WHERE jorge.is_stopped(k.location_id, k.kind, k.key)
    UNION ALL
    SELECT 'key that no arrival carries', k.location_id, k.lead_id, k.kind || k.key FROM jorge.lead_key k
     WHERE NOT EXISTS (SELECT FROM carried c WHERE c.location_id = k.location_id AND c.lead_id = k.lead_id AND c.kind = k.kind AND c.key = k.key)
       AND NOT EXISTS (SELECT FROM jorge.lead_merge m WHERE m.location_id = k.location_id AND m.undone_at IS NOT NULL AND k.lead_id IN (m.winner_id, m.loser_id))
    UNION ALL
    -- one key, two leads, and nobody has said that they are two
    SELECT DISTINCT 'person in two leads', c.location_id, c.inquiry_id, format('%s%s: %s and %s', c.kind, c.key, c.lead_id, k.lead_id)
      FROM carried c JOIN jorge.lead_key k ON k.location_id = c.location_id AND k.kind = c.kind AND k.key = c.key AND k.lead_id <> c.lead_id
     WHERE NOT EXISTS (SELECT FROM jorge.lead_key o WHERE o.location_id = c.location_id AND o.kind = c.kind AND o.key = c.key AND o.lead_id = c.lead_id)
       AND NOT jorge.is_apart(c.lead_id, k.lead_id, c.location_id)
       AND NOT EXISTS (SELECT FROM jorge.identity_review r WHERE r.location_id = c.location_id
                          AND jorge.lead_alias(r.lead_a, c.location_id) IN (c.lead_id, k.lead_id) AND jorge.lead_alias(r.lead_b, c.location_id) IN (c.lead_id, k.lead_id))
       AND NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = c.location_id AND l.lead_id = c.lead_id AND l.erased_at IS NOT NULL)
    UNION ALL
    SELECT 'alias of no lead', a.location_id, a.alias_id, a.lead_id::text FROM jorge.lead_alias a
     WHERE NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = a.location_id AND l.lead_id = a.lead_id)
    UNION ALL
    SELECT 'alias that is a lead', a.location_id, a.alias_id, a.lead_id::text FROM jorge.lead_alias a
     WHERE EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = a.location_id AND l.lead_id = a.alias_id)
    UNION ALL
    SELECT 'merge without alias', m.location_id, m.merge_id, m.loser_id::text FROM jorge.lead_merge m
     WHERE m.undone_at IS NULL AND NOT EXISTS (SELECT FROM jorge.lead_alias a WHERE a.location_id = m.location_id AND a.alias_id = m.loser_id)
    UNION ALL
    SELECT 'counts of arrivals', l.location_id, l.lead_id, format('%s, sources %s, bonus %s, %s to %s; should be %s, %s, %s to %s', l.inquiries, l.sources, l.multi_source_bonus,
                  l.first_seen_at, l.last_seen_at, c.inquiries, c.sources, c.first_seen_at, c.last_seen_at)
      FROM jorge.lead l JOIN counted c ON c.location_id = l.location_id AND c.lead_id = l.lead_id
     WHERE l.inquiries <> c.inquiries OR l.first_seen_at <> c.first_seen_at OR l.last_seen_at <> c.last_seen_at
        OR l.multi_source_bonus <> 5 * (cardinality(c.sources) - 1)
        OR (SELECT array_agg(s COLLATE "C" ORDER BY s COLLATE "C") FROM unnest(l.sources) s) IS DISTINCT FROM c.sources
    UNION ALL
    SELECT 'counts of arrivals', l.location_id, l.lead_id, format('%s; should be 0', l.inquiries) FROM jorge.lead l
     WHERE l.inquiries <> 0 AND NOT EXISTS (SELECT FROM counted c WHERE c.location_id = l.location_id AND c.lead_id = l.lead_id)
    UNION ALL
    SELECT 'counts of interactions', l.location_id, l.lead_id, format('%s; should be %s', l.interactions, coalesce(t.interactions, 0))
      FROM jorge.lead l LEFT JOIN talked t ON t.location_id = l.location_id AND t.lead_id = l.lead_id
     WHERE l.interactions <> coalesce(t.interactions, 0)
    UNION ALL
    SELECT 'conversation of no lead', i.location_id, i.interaction_id, i.lead_id::text FROM jorge.interaction i
     WHERE NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = i.location_id AND l.lead_id = i.lead_id)
    UNION ALL
    SELECT 'score of no lead', s.location_id, s.lead_id, s.model FROM jorge.lead_score s
     WHERE NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = s.location_id AND l.lead_id = s.lead_id AND l.erased_at IS NULL)
    UNION ALL
    SELECT 'block of no lead', b.location_id, b.lead_id, b.key::text FROM jorge.lead_block b
     WHERE NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = b.location_id AND l.lead_id = b.lead_id AND l.erased_at IS NULL)
       AND NOT EXISTS (SELECT FROM jorge.lead_alias a WHERE a.location_id = b.location_id AND a.alias_id = b.lead_id)
    UNION ALL
    SELECT 'erased person that still says something', l.location_id, l.lead_id, coalesce(l.name, l.phone, l.email, l.city)
      FROM jorge.lead l WHERE l.erased_at IS NOT NULL AND (coalesce(l.name, l.first_name, l.last_name, l.phone, l.email, l.street, l.city, l.ghl_contact_id) IS NOT NULL OR l.text_messages > 0)
    UNION ALL
    SELECT 'pair apart that is one lead', p.location_id, p.lead_a, p.lead_b::text FROM jorge.lead_apart p
     WHERE jorge.lead_alias(p.lead_a, p.location_id) = jorge.lead_alias(p.lead_b, p.location_id)
$fn$;
COMMENT ON FUNCTION jorge.check_identity() IS
    'Lists what is wrong with who is who, one row each; empty when all is well. Reads everything: for tests, nightly jobs and after repairs by hand.';
