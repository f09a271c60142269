-- The course of each lead's conversation, kept in a narrow row of its own as interactions come, change and go.

CREATE TABLE IF NOT EXISTS jorge.lead_conversation (
    location_id text NOT NULL,
    lead_id     uuid NOT NULL,
    last_id     uuid NOT NULL,
    LIKE jorge.conversation INCLUDING COMMENTS,
    PRIMARY KEY (location_id, lead_id),
    FOREIGN KEY (location_id, lead_id) REFERENCES jorge.lead ON DELETE CASCADE
) WITH (fillfactor = 80);
COMMENT ON TABLE jorge.lead_conversation IS 'The course of each lead''s conversation (type jorge.conversation), a row for each lead that has interactions; kept by triggers on jorge.interaction and equal to a count from the beginning (jorge.recount_conversation()). The view jorge.conversation_now says it in words.';
COMMENT ON COLUMN jorge.lead_conversation.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_conversation.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.lead_conversation.last_id IS 'Id of the latest interaction.';

CREATE OR REPLACE FUNCTION jorge.write_conversations(locations text[], leads uuid[]) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    written bigint;
BEGIN
    -- From the beginning. LATERAL … OFFSET 0 and ctid here and below: a plan that is saved while the tables are empty must go to
    -- each lead's rows by index all the same, as it does not where it may join as it likes.
    DELETE FROM jorge.lead_conversation d WHERE d.ctid = ANY (ARRAY(
        SELECT c.ctid FROM unnest($1, $2) w(location_id, lead_id)
         CROSS JOIN LATERAL (SELECT k.ctid FROM jorge.lead_conversation k WHERE k.location_id = w.location_id AND k.lead_id = w.lead_id OFFSET 0) c
         WHERE NOT EXISTS (SELECT FROM jorge.interaction i WHERE coalesce(i.location_id, i.location_id) = w.location_id AND i.lead_id = w.lead_id OFFSET 0)));
    WITH told AS MATERIALIZED (
        SELECT w.location_id, w.lead_id,
               jorge.conversation(i.at, i.channel, i.direction, s.sentiment, s.objections, s.intent = 'stop' ORDER BY i.at, i.interaction_id) AS c,
               (array_agg(i.interaction_id ORDER BY i.at DESC, i.interaction_id DESC))[1] AS last_id
          FROM (SELECT DISTINCT * FROM unnest($1, $2) u(location_id, lead_id)) w
          -- coalesce: a plan saved on a small table must not come to read the whole location
         CROSS JOIN LATERAL (SELECT * FROM jorge.interaction x WHERE coalesce(x.location_id, x.location_id) = w.location_id AND x.lead_id = w.lead_id OFFSET 0) i
          LEFT JOIN LATERAL jorge.text_signals(CASE WHEN i.direction = 'in' THEN i.body END) s ON true
         GROUP BY w.location_id, w.lead_id)
    INSERT INTO jorge.lead_conversation AS k (location_id, lead_id, last_id, interactions, sms_in, email_in, calls_in, sms_out, email_out, calls_out, visits, notes, preferred_channel, last_at, last_inbound_at, last_outbound_at, replies, reply_log_sum, reply_log_recent, fastest_reply_seconds, slowest_reply_seconds, our_replies, our_reply_log_sum, texts, sentiment_first, sentiment_last, sentiment_sum, sentiment_recent, objection_price, objection_timing, objection_financing, objection_location, objection_condition, objection_agent, objection_commission, objection_partner, last_objection, last_objection_at, stopped_at, heat, heat_fast)
    SELECT location_id, lead_id, last_id, (c).* FROM told
    ON CONFLICT ON CONSTRAINT lead_conversation_pkey DO UPDATE SET (last_id, interactions, sms_in, email_in, calls_in, sms_out, email_out, calls_out, visits, notes, preferred_channel, last_at, last_inbound_at, last_outbound_at, replies, reply_log_sum, reply_log_recent, fastest_reply_seconds, slowest_reply_seconds, our_replies, our_reply_log_sum, texts, sentiment_first, sentiment_last, sentiment_sum, sentiment_recent, objection_price, objection_timing, objection_financing, objection_location, objection_condition, objection_agent, objection_commission, objection_partner, last_objection, last_objection_at, stopped_at, heat, heat_fast) =
        ROW(EXCLUDED.last_id, EXCLUDED.interactions, EXCLUDED.sms_in, EXCLUDED.email_in, EXCLUDED.calls_in, EXCLUDED.sms_out, EXCLUDED.email_out, EXCLUDED.calls_out, EXCLUDED.visits, EXCLUDED.notes, EXCLUDED.preferred_channel, EXCLUDED.last_at, EXCLUDED.last_inbound_at, EXCLUDED.last_outbound_at, EXCLUDED.replies, EXCLUDED.reply_log_sum, EXCLUDED.reply_log_recent, EXCLUDED.fastest_reply_seconds, EXCLUDED.slowest_reply_seconds, EXCLUDED.our_replies, EXCLUDED.our_reply_log_sum, EXCLUDED.texts, EXCLUDED.sentiment_first, EXCLUDED.sentiment_last, EXCLUDED.sentiment_sum, EXCLUDED.sentiment_recent, EXCLUDED.objection_price, EXCLUDED.objection_timing, EXCLUDED.objection_financing, EXCLUDED.objection_location, EXCLUDED.objection_condition, EXCLUDED.objection_agent, EXCLUDED.objection_commission, EXCLUDED.objection_partner, EXCLUDED.last_objection, EXCLUDED.last_objection_at, EXCLUDED.stopped_at, EXCLUDED.heat, EXCLUDED.heat_fast);
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$fn$;
COMMENT ON FUNCTION jorge.write_conversations(text[], uuid[]) IS 'Writes jorge.lead_conversation of these leads anew from all their interactions. Returns how many have any.';

CREATE OR REPLACE FUNCTION jorge.recount_conversation(lead_id uuid DEFAULT NULL, location_id text DEFAULT jorge.current_location()) RETURNS bigint
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    -- the lock that arrivals take: what comes meanwhile waits, and steps on from what is counted here
    SELECT jorge.write_conversations(array_agg($2), array_agg(l.lead_id))
      FROM (SELECT d.lead_id FROM jorge.lead d WHERE d.location_id = $2 AND ($1 IS NULL OR d.lead_id = jorge.lead_alias($1, $2)) ORDER BY d.lead_id FOR NO KEY UPDATE) l
$fn$;
COMMENT ON FUNCTION jorge.recount_conversation(uuid, text) IS
    'Counts the conversation of a lead, or of all leads of the location, from the beginning, by today''s words. The result is what the triggers keep; the leads are locked until the end of the transaction. Returns how many leads have interactions.';

CREATE OR REPLACE FUNCTION jorge.conversations_grew(locations text[], leads uuid[], counts bigint[], at timestamptz[], ids uuid[], channels text[], directions text[], bodies text[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    rest_locations text[];
    rest_leads uuid[];
BEGIN
    IF $1 IS NULL THEN
        RETURN;
    END IF;
    -- one interaction more that is the latest is one step; anything else is counted from the beginning
    IF cardinality($2) = 1 AND $3[1] = 1 THEN
        UPDATE jorge.lead_conversation k SET (last_id, interactions, sms_in, email_in, calls_in, sms_out, email_out, calls_out, visits, notes, preferred_channel, last_at, last_inbound_at, last_outbound_at, replies, reply_log_sum, reply_log_recent, fastest_reply_seconds, slowest_reply_seconds, our_replies, our_reply_log_sum, texts, sentiment_first, sentiment_last, sentiment_sum, sentiment_recent, objection_price, objection_timing, objection_financing, objection_location, objection_condition, objection_agent, objection_commission, objection_partner, last_objection, last_objection_at, stopped_at, heat, heat_fast) =
               (SELECT $5[1], n.* FROM jorge.conversation_step(ROW(k.interactions, k.sms_in, k.email_in, k.calls_in, k.sms_out, k.email_out, k.calls_out, k.visits, k.notes, k.preferred_channel, k.last_at, k.last_inbound_at, k.last_outbound_at, k.replies, k.reply_log_sum, k.reply_log_recent, k.fastest_reply_seconds, k.slowest_reply_seconds, k.our_replies, k.our_reply_log_sum, k.texts, k.sentiment_first, k.sentiment_last, k.sentiment_sum, k.sentiment_recent, k.objection_price, k.objection_timing, k.objection_financing, k.objection_location, k.objection_condition, k.objection_agent, k.objection_commission, k.objection_partner, k.last_objection, k.last_objection_at, k.stopped_at, k.heat, k.heat_fast)::jorge.conversation, $4[1], $6[1], $7[1], s.sentiment, s.objections, s.intent = 'stop') n)
          FROM (SELECT CASE WHEN $7[1] = 'in' THEN $8[1] END AS body) b LEFT JOIN LATERAL jorge.text_signals(b.body) s ON true
         WHERE k.location_id = $1[1] AND k.lead_id = $2[1] AND (k.last_at, k.last_id) < ($4[1], $5[1]);
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    WITH come AS MATERIALIZED (SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) u(location_id, lead_id, n, at, id, channel, direction, body)),
    next AS MATERIALIZED (
        SELECT k.ctid, c.id,
               jorge.conversation_step(ROW(k.interactions, k.sms_in, k.email_in, k.calls_in, k.sms_out, k.email_out, k.calls_out, k.visits, k.notes, k.preferred_channel, k.last_at, k.last_inbound_at, k.last_outbound_at, k.replies, k.reply_log_sum, k.reply_log_recent, k.fastest_reply_seconds, k.slowest_reply_seconds, k.our_replies, k.our_reply_log_sum, k.texts, k.sentiment_first, k.sentiment_last, k.sentiment_sum, k.sentiment_recent, k.objection_price, k.objection_timing, k.objection_financing, k.objection_location, k.objection_condition, k.objection_agent, k.objection_commission, k.objection_partner, k.last_objection, k.last_objection_at, k.stopped_at, k.heat, k.heat_fast)::jorge.conversation, c.at, c.channel, c.direction, s.sentiment, s.objections, s.intent = 'stop') AS state
          FROM come c CROSS JOIN LATERAL (SELECT x.ctid, x.* FROM jorge.lead_conversation x WHERE x.location_id = c.location_id AND x.lead_id = c.lead_id OFFSET 0) k
          LEFT JOIN LATERAL jorge.text_signals(CASE WHEN c.direction = 'in' THEN c.body END) s ON true
         WHERE c.n = 1 AND (c.at > k.last_at OR (c.at = k.last_at AND c.id > k.last_id))),
    stepped AS (
        UPDATE jorge.lead_conversation k SET (last_id, interactions, sms_in, email_in, calls_in, sms_out, email_out, calls_out, visits, notes, preferred_channel, last_at, last_inbound_at, last_outbound_at, replies, reply_log_sum, reply_log_recent, fastest_reply_seconds, slowest_reply_seconds, our_replies, our_reply_log_sum, texts, sentiment_first, sentiment_last, sentiment_sum, sentiment_recent, objection_price, objection_timing, objection_financing, objection_location, objection_condition, objection_agent, objection_commission, objection_partner, last_objection, last_objection_at, stopped_at, heat, heat_fast) = (SELECT n.id, (n.state).*)
          FROM next n WHERE k.ctid = n.ctid
        RETURNING k.location_id, k.lead_id)
    SELECT array_agg(c.location_id), array_agg(c.lead_id) INTO rest_locations, rest_leads
      FROM come c WHERE NOT EXISTS (SELECT FROM stepped s WHERE s.location_id = c.location_id AND s.lead_id = c.lead_id);
    IF rest_leads IS NOT NULL THEN
        PERFORM jorge.write_conversations(rest_locations, rest_leads);
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.conversations_grew(text[], uuid[], bigint[], timestamptz[], uuid[], text[], text[], text[]) IS
    'Keeps jorge.lead_conversation after an insert: a lead an element, how many interactions it got, and the one where it got one. Called by a trigger on jorge.interaction, which holds the locks of the leads.';

CREATE OR REPLACE FUNCTION jorge.conversations_changed(locations text[], leads uuid[], said boolean[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF $1 IS NULL THEN
        RETURN;
    END IF;
    -- the lead's own counters and signals, too; in order of ids, for it locks the leads
    PERFORM CASE WHEN w.said THEN jorge.refold_lead(w.lead_id, w.location_id) ELSE jorge.refold_after(w.lead_id, w.location_id, NULL) END
       FROM (SELECT u.* FROM unnest($1, $2, $3) u(location_id, lead_id, said) ORDER BY u.location_id, u.lead_id OFFSET 0) w;
    PERFORM jorge.write_conversations($1, $2);
END
$fn$;
COMMENT ON FUNCTION jorge.conversations_changed(text[], uuid[], boolean[]) IS 'Folds leads anew, and writes jorge.lead_conversation, after their interactions were changed, moved (said false: the score stays) or deleted. Called by triggers on jorge.interaction.';
REVOKE ALL ON FUNCTION jorge.write_conversations(text[], uuid[]), jorge.recount_conversation(uuid, text), jorge.conversations_changed(text[], uuid[], boolean[]),
    jorge.conversations_grew(text[], uuid[], bigint[], timestamptz[], uuid[], text[], text[], text[]) FROM PUBLIC;

-- after "intake" by their names, so the leads' rows are locked
CREATE OR REPLACE TRIGGER kept AFTER INSERT ON jorge.interaction
    REFERENCING NEW TABLE AS arrivals FOR EACH STATEMENT EXECUTE FUNCTION jorge.interaction_counted();
COMMENT ON TRIGGER kept ON jorge.interaction IS 'Keeps the course of the conversations.';
CREATE OR REPLACE TRIGGER kept_changed AFTER UPDATE ON jorge.interaction
    REFERENCING OLD TABLE AS departures NEW TABLE AS arrivals FOR EACH STATEMENT EXECUTE FUNCTION jorge.interaction_counted();
COMMENT ON TRIGGER kept_changed ON jorge.interaction IS 'Folds the leads anew, and keeps the course of the conversations.';
CREATE OR REPLACE TRIGGER kept_deleted AFTER DELETE ON jorge.interaction
    REFERENCING OLD TABLE AS departures FOR EACH STATEMENT EXECUTE FUNCTION jorge.interaction_counted();
COMMENT ON TRIGGER kept_deleted ON jorge.interaction IS 'Folds the leads anew, and keeps the course of the conversations.';

-- conversations from before, or that went on while the triggers were absent
SELECT jorge.write_conversations(array_agg(i.location_id), array_agg(i.lead_id))
  FROM (SELECT location_id, lead_id, count(*) AS n FROM jorge.interaction GROUP BY 1, 2) i
 WHERE NOT EXISTS (SELECT FROM jorge.lead_conversation k WHERE k.location_id = i.location_id AND k.lead_id = i.lead_id AND k.interactions = i.n);

-- ---- in words ----

CREATE OR REPLACE VIEW jorge.conversation_now WITH (security_invoker) AS
    SELECT k.location_id, k.lead_id, k.interactions, k.preferred_channel,
           CASE WHEN k.replies IS NULL THEN CASE WHEN k.last_outbound_at IS NOT NULL THEN 'no answer' END
                WHEN exp(k.reply_log_sum / k.replies) - 1 <= 1 THEN 'within the hour' WHEN exp(k.reply_log_sum / k.replies) - 1 <= 24 THEN 'within a day' ELSE 'slow' END AS reply_pattern,
           exp(k.reply_log_sum / k.replies) - 1 AS reply_hours,
           CASE WHEN k.replies >= 3 THEN CASE WHEN k.reply_log_recent - k.reply_log_sum / k.replies > 0.3 THEN 'slowing' WHEN k.reply_log_recent - k.reply_log_sum / k.replies < -0.3 THEN 'quickening' ELSE 'steady' END END AS reply_trend,
           exp(k.our_reply_log_sum / k.our_replies) - 1 AS our_reply_hours,
           k.sentiment_sum / k.texts AS sentiment,
           CASE WHEN k.texts >= 3 THEN CASE WHEN k.sentiment_recent - k.sentiment_sum / k.texts > 0.1 THEN 'improving' WHEN k.sentiment_recent - k.sentiment_sum / k.texts < -0.1 THEN 'worsening' ELSE 'steady' END END AS sentiment_trend,
           coalesce(k.objection_price, 0) + coalesce(k.objection_timing, 0) + coalesce(k.objection_financing, 0) + coalesce(k.objection_location, 0)
               + coalesce(k.objection_condition, 0) + coalesce(k.objection_agent, 0) + coalesce(k.objection_commission, 0) + coalesce(k.objection_partner, 0) AS objections,
           k.last_objection, k.stopped_at,
           round((100 * (1 - exp(-least(h.heat / 8, 700))))::numeric, 2)::float8 AS warmth,
           -- of a steady conversation the quick one is a quarter of the other
           round((100 * (h.heat_fast - h.heat / 4) / (4 + h.heat))::numeric, 2)::float8 AS velocity,
           CASE WHEN h.heat_fast > h.heat / 2 AND h.heat > 0.5 THEN 'warming' WHEN h.heat_fast < h.heat / 8 OR h.heat <= 0.1 THEN 'cooling' ELSE 'steady' END AS direction
      FROM jorge.lead_conversation k,
           -- epochs, of which infinite ones can be subtracted; beyond a thousand halvings nothing is left
           LATERAL (SELECT greatest(extract(epoch FROM now()) - extract(epoch FROM k.last_at), 0) / 86400 AS days) d,
           LATERAL (SELECT k.heat * 0.5 ^ least(d.days / 14, 1000)::float8 AS heat, k.heat_fast * 0.5 ^ least(d.days / 3.5, 1000)::float8 AS heat_fast) h;
COMMENT ON VIEW jorge.conversation_now IS 'Each conversation as it stands now, in words.';
COMMENT ON COLUMN jorge.conversation_now.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.conversation_now.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.conversation_now.interactions IS 'Number of interactions.';
COMMENT ON COLUMN jorge.conversation_now.preferred_channel IS 'Channel the person uses most.';
COMMENT ON COLUMN jorge.conversation_now.reply_pattern IS 'How the person answers: within the hour, within a day, slow, no answer; NULL = never asked.';
COMMENT ON COLUMN jorge.conversation_now.reply_hours IS 'Time the person takes to answer, hours: geometric mean of 1 + hours, less 1.';
COMMENT ON COLUMN jorge.conversation_now.reply_trend IS 'quickening, steady or slowing: the latest answers against all; NULL below 3.';
COMMENT ON COLUMN jorge.conversation_now.our_reply_hours IS 'Time we take, hours.';
COMMENT ON COLUMN jorge.conversation_now.sentiment IS 'Mean sentiment of the texts, -1 ... 1.';
COMMENT ON COLUMN jorge.conversation_now.sentiment_trend IS 'improving, steady or worsening: the latest texts against all; NULL below 3.';
COMMENT ON COLUMN jorge.conversation_now.objections IS 'Objections, texts and categories counted.';
COMMENT ON COLUMN jorge.conversation_now.last_objection IS 'Category of the latest.';
COMMENT ON COLUMN jorge.conversation_now.stopped_at IS 'When the person last asked for no further contact.';
COMMENT ON COLUMN jorge.conversation_now.warmth IS '0 ... 100: what the person did, fading by half in 14 days (8 messages of today = 63).';
COMMENT ON COLUMN jorge.conversation_now.velocity IS 'Temperature''s velocity: above 0 it warms up, below it cools down.';
COMMENT ON COLUMN jorge.conversation_now.direction IS 'warming, steady or cooling.';

CREATE OR REPLACE FUNCTION jorge.lead_answers(lead_id uuid, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE ("position" bigint, side text, question text, asks text, answer text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    lead jorge.lead := jorge.stored_lead($1, $2);
    f jorge.features := jorge.lead_features(lead);
BEGIN
    RETURN QUERY
    SELECT q."position", q.side, q.question, q.asks,
           coalesce(a.answer, CASE WHEN q.is_answered THEN
               CASE q.question WHEN 'budget' THEN jorge.money_text(f.budget_midpoint) WHEN 'price' THEN jorge.money_text(f.budget_midpoint)
                               WHEN 'timeline' THEN coalesce(lead.timeline, jorge.signal_text('timeline_urgency', f.timeline_urgency))
                               WHEN 'financing' THEN jorge.signal_text('financing_readiness', f.financing_readiness)
                               WHEN 'area' THEN coalesce(lead.area, lead.city, lead.postal_code, jorge.signal_text('location_specificity', f.location_specificity))
                               ELSE 'answered' END END)
      FROM jorge.core_questions(f, (SELECT array_agg(x.question) FROM jorge.lead_answer x WHERE x.location_id = $2 AND x.lead_id = lead.lead_id), $2) q
      LEFT JOIN jorge.lead_answer a ON a.location_id = $2 AND a.lead_id = lead.lead_id AND a.question = q.question
     ORDER BY q."position";
END
$fn$;
COMMENT ON FUNCTION jorge.lead_answers(uuid, text) IS
    'The core questions of a lead with their answers, as somebody took them down (jorge.lead_answer) or as the person''s messages and fields say; NULL = not answered yet. ERROR P0002 no such lead.';

CREATE OR REPLACE FUNCTION jorge.conversation_features(lead_id uuid, location_id text DEFAULT jorge.current_location()) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    lead jorge.lead := jorge.stored_lead($1, $2);
    rules record;
    earlier record;
    answer jsonb;
BEGIN
    SELECT r.* INTO rules FROM jorge.rule_score(lead, $2) r;
    -- what the rules would have said a week ago, by the features logged then
    SELECT r.score, p.at INTO earlier
      FROM jorge.prediction p, LATERAL jorge.rule_score(jorge.features_from_vector(p.features), $2) r
     WHERE p.location_id = $2 AND p.lead_id = lead.lead_id AND p.at <= now() - interval '7 days'
     ORDER BY p.at DESC, p.features[19] DESC NULLS LAST, p.prediction_id LIMIT 1;
    SELECT to_jsonb(n) - 'location_id' INTO answer FROM jorge.conversation_now n WHERE n.location_id = $2 AND n.lead_id = lead.lead_id;
    RETURN jsonb_build_object('lead_id', lead.lead_id, 'interactions', 0) || coalesce(answer, '{}')
        || jsonb_build_object('frs', rules.frs, 'pcs', rules.pcs, 'temperature', rules.temperature,
                              'temperature_velocity', (rules.score - earlier.score) / (extract(epoch FROM now() - earlier.at) / 604800)::float8,
                              'answers', (SELECT jsonb_object_agg(a.side || ' ' || a.question, a.answer) FROM jorge.lead_answers(lead.lead_id, $2) a),
                              'objection_counts', (SELECT jsonb_strip_nulls(jsonb_build_object('price', k.objection_price, 'timing', k.objection_timing, 'financing', k.objection_financing,
                                    'location', k.objection_location, 'condition', k.objection_condition, 'agent', k.objection_agent, 'commission', k.objection_commission, 'partner', k.objection_partner))
                                  FROM jorge.lead_conversation k WHERE k.location_id = $2 AND k.lead_id = lead.lead_id));
END
$fn$;
COMMENT ON FUNCTION jorge.conversation_features(uuid, text) IS
    'What the conversation with a lead says, as jsonb: the row of jorge.conversation_now; frs and pcs (0 ... 100) and temperature (hot, warm, cold) of jorge.rule_score(); temperature_velocity: points of the rules'' score a week, since what the prediction log had a week ago (null without); answers to the core questions; objection_counts by category. ERROR P0002 no such lead.';
