-- What people say and do stops what would have been sent to them, in the transaction that learns of it.
--
-- The protocol: whoever stops something holds the lead's row FOR NO KEY UPDATE until its commit (every interaction does, by intake); the
-- send gate takes it FOR SHARE, without waiting, and then looks with a new snapshot. So a claim either sees what was said,
-- or committed before it was.

CREATE OR REPLACE FUNCTION jorge.release_held(lead_id uuid, rules text[], location_id text DEFAULT jorge.current_location()) RETURNS integer
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    released integer;
BEGIN
    SELECT count(*) FILTER (WHERE jorge.requeue(h.outbox_id, greatest(h.due_at, now()), $3)) INTO released
      FROM (SELECT o.outbox_id, o.due_at FROM jorge.outbox o
             WHERE o.location_id = $3 AND ($1 IS NULL OR o.lead_id IN ($1, jorge.lead_alias($1, $3))) AND o.state = 'held' AND split_part(o.rule, ' ', 1) = ANY ($2)
               AND NOT EXISTS (SELECT FROM jorge.enrollment e WHERE e.location_id = o.location_id AND e.enrollment_id = o.sequence_enrollment_id AND e.state = 'paused')
             ORDER BY o.outbox_id OFFSET 0) h;
    RETURN released;
END
$fn$;
COMMENT ON FUNCTION jorge.release_held(uuid, text[], text) IS 'Makes deliveries due again that the send gate held by certain rules (their first word), of a lead or (NULL) of all, but for those of paused enrolments; returns how many. The gate is asked again.';
REVOKE ALL ON FUNCTION jorge.release_held(uuid, text[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.write_consent(lead_id uuid, channel text, act text, kind text, source text, at timestamptz, text_shown text, ip inet, evidence jsonb, location_id text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    who uuid;
    id uuid;
BEGIN
    IF $2 NOT IN ('all', 'sms', 'email', 'call', 'workflow') THEN
        RAISE EXCEPTION 'there is no consent for channel "%"', $2 USING ERRCODE = 'invalid_parameter_value', HINT = 'Channels are all, sms, email, call and workflow.';
    END IF;
    who := jorge.locked_lead($1, $10);
    IF who IS NULL THEN
        RAISE EXCEPTION 'location "%" has no lead %', $10, $1 USING ERRCODE = 'no_data_found';
    END IF;
    -- nobody allowed anything later than now: a clock that is ahead must not outdo the STOP that comes next
    INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, at, text_shown, ip, evidence)
    VALUES ($10, who, $2, $3, $4, $5, CASE WHEN $3 IN ('grant', 'resume') THEN least(coalesce($6, now()), clock_timestamp()) ELSE coalesce($6, now()) END, left($7, 4000), $8, $9) RETURNING consent_id INTO id;
    INSERT INTO jorge.event (location_id, lead_id, kind, reason, detail)
    VALUES ($10, who, 'consent_' || $3, $5, jsonb_strip_nulls(jsonb_build_object('consent_id', id, 'channel', $2, 'kind', $4)));
    RETURN id;
END
$fn$;
COMMENT ON FUNCTION jorge.write_consent(uuid, text, text, text, text, timestamptz, text, inet, jsonb, text) IS 'Adds a row of jorge.consent under the lead''s lock, with its event. ERROR 22023 unknown channel, P0002 unknown lead.';
REVOKE ALL ON FUNCTION jorge.write_consent(uuid, text, text, text, text, timestamptz, text, inet, jsonb, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.grant_consent(lead_id uuid, channel text, kind text, source text, text_shown text DEFAULT NULL, ip inet DEFAULT NULL, at timestamptz DEFAULT now(),
                                               evidence jsonb DEFAULT NULL, location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    id uuid;
BEGIN
    IF $3 = 'written' AND coalesce(btrim($5), '') = '' THEN
        RAISE EXCEPTION 'written consent needs the text that was shown' USING ERRCODE = 'invalid_parameter_value', HINT = 'It is the evidence.';
    END IF;
    id := jorge.write_consent($1, $2, 'grant', $3, $4, $7, $5, $6, $8, $9);
    PERFORM jorge.release_held($1, '{no_consent,paused}', $9);
    RETURN id;
END
$fn$;
COMMENT ON FUNCTION jorge.grant_consent(uuid, text, text, text, text, inet, timestamptz, jsonb, text) IS
    'Records consent (inquiry, express or written) to a channel or to all, as a person gave it at a time; what was held for want of it becomes due. Written consent needs text_shown. Returns its id. Errors: 22023, P0002.';
REVOKE ALL ON FUNCTION jorge.grant_consent(uuid, text, text, text, text, inet, timestamptz, jsonb, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.opt_out(lead_id uuid, channel text DEFAULT 'all', source text DEFAULT 'by hand', at timestamptz DEFAULT now(), said text DEFAULT NULL,
                                         location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    id uuid;
    reached text[] := CASE $2 WHEN 'all' THEN ARRAY(SELECT p.channel FROM jorge.channel_policy p WHERE p.location_id IN ('*', $6) AND p.reaches)
                              WHEN 'sms' THEN '{sms,workflow}' ELSE ARRAY[$2] END;
BEGIN
    id := jorge.write_consent($1, $2, 'revoke', NULL, $3, $4, $5, NULL, NULL, $6);
    -- an opt-out that came late, after a new consent, cancels nothing: the gate weighs them by time
    IF $2 = 'all' THEN
        PERFORM jorge.stop_follow_up($1, 'opt_out', $6, $4);
    END IF;
    PERFORM jorge.cancel_lead($1, 'opt_out', reached, $6);
    RETURN id;
END
$fn$;
COMMENT ON FUNCTION jorge.opt_out(uuid, text, text, timestamptz, text, text) IS
    'Records that a person wants no more on a channel, or at all, and cancels what is on its way there; sequences end with an opt-out from all. At once, though the law gives ten business days. Returns the row''s id. Errors: 22023, P0002.';
REVOKE ALL ON FUNCTION jorge.opt_out(uuid, text, text, timestamptz, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.pause_lead(lead_id uuid, source text DEFAULT 'by hand', at timestamptz DEFAULT now(), said text DEFAULT NULL, location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT jorge.write_consent($1, 'all', 'pause', NULL, $2, $3, $4, NULL, NULL, $5)
$fn$;
COMMENT ON FUNCTION jorge.pause_lead(uuid, text, timestamptz, text, text) IS 'Holds everything to a lead until a person has looked (jorge.needs_person): jorge.resume_lead() or jorge.opt_out(). Errors: P0002.';
REVOKE ALL ON FUNCTION jorge.pause_lead(uuid, text, timestamptz, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.resume_lead(lead_id uuid, source text DEFAULT current_user, location_id text DEFAULT jorge.current_location()) RETURNS integer
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM jorge.write_consent($1, 'all', 'resume', NULL, $2, clock_timestamp(), NULL, NULL, NULL, $3);
    RETURN jorge.release_held($1, '{paused}', $3);
END
$fn$;
COMMENT ON FUNCTION jorge.resume_lead(uuid, text, text) IS 'Ends a pause; what was held becomes due (an opt-out stays one). Returns how many deliveries. ERROR P0002.';
REVOKE ALL ON FUNCTION jorge.resume_lead(uuid, text, text) FROM PUBLIC;

CREATE OR REPLACE VIEW jorge.needs_person WITH (security_invoker = true) AS
    SELECT c.location_id, jorge.lead_alias(c.lead_id, c.location_id) AS lead_id, l.name, c.at, c.source AS channel, c.text_shown AS said
      FROM jorge.consent c JOIN jorge.lead l ON l.location_id = c.location_id AND l.lead_id = jorge.lead_alias(c.lead_id, c.location_id)
     WHERE c.act = 'pause'
       -- as long as the gate holds one channel for it
       AND EXISTS (SELECT FROM (VALUES ('sms', 'sms'), ('email', 'email'), ('call', 'call'), ('workflow', 'sms')) p(channel, also)
                    WHERE c.channel IN ('all', p.channel, p.also)
                      AND NOT EXISTS (SELECT FROM jorge.consent r
                                       WHERE r.location_id = c.location_id AND r.lead_id IN (c.lead_id, l.lead_id) AND r.channel IN ('all', p.channel, p.also)
                                         AND (r.act IN ('resume', 'grant') AND r.at > c.at OR r.act = 'revoke' AND r.at >= c.at)));
COMMENT ON VIEW jorge.needs_person IS 'Messages a person must read: it is not clear whether somebody wants to be left alone, and what the pause concerns is held until jorge.resume_lead(), or until each channel of it has an opt-out or a new consent.';
COMMENT ON COLUMN jorge.needs_person.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.needs_person.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.needs_person.name IS 'Name.';
COMMENT ON COLUMN jorge.needs_person.at IS 'When it was said.';
COMMENT ON COLUMN jorge.needs_person.channel IS 'Where.';
COMMENT ON COLUMN jorge.needs_person.said IS 'What was said.';

-- what triggers call, as the owner of the tables

CREATE OR REPLACE FUNCTION jorge.heard(said jorge.interaction) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $fn$
DECLARE
    who uuid := jorge.lead_alias(said.lead_id, said.location_id);
    meaning text := coalesce(jorge.reply_meaning(said.body), 'none');
    scope text := coalesce((SELECT p.opt_out_scope FROM jorge.reply_policy p WHERE p.location_id = said.location_id), 'all');
BEGIN
    IF said.channel NOT IN ('sms', 'email', 'call') THEN
        RETURN;
    END IF;
    IF meaning = 'stop' THEN
        PERFORM jorge.opt_out(who, CASE scope WHEN 'all' THEN 'all' ELSE said.channel END, said.channel, said.at, said.body, said.location_id);
    ELSIF meaning = 'unclear' AND said.at > now() - interval '90 days' THEN
        -- history that is loaded would leave a person more to read than anybody can
        PERFORM jorge.pause_lead(who, said.channel, said.at, said.body, said.location_id);
    ELSIF meaning = 'start' AND EXISTS (SELECT FROM jorge.consent c WHERE c.lead_id = who AND c.location_id || '' = said.location_id AND c.act = 'revoke') THEN
        PERFORM jorge.grant_consent(who, said.channel, 'express', said.channel, said.body, NULL, said.at, NULL, said.location_id);
    END IF;
    PERFORM jorge.stop_follow_up(who, 'reply', said.location_id, said.at);
    -- an answer to what was said before is none to this
    PERFORM jorge.cancel(o.outbox_id, 'another message came', said.location_id)
       FROM (SELECT b.outbox_id FROM jorge.outbox b
              WHERE b.location_id || '' = said.location_id AND b.lead_id = who AND b.state IN ('pending', 'held') AND b.dedupe_key LIKE 'reply:%' ORDER BY b.outbox_id OFFSET 0) o;
    IF meaning IN ('none', 'help', 'start') AND said.channel IN ('sms', 'email') AND said.body IS NOT NULL AND said.at > now() - interval '1 day' THEN
        PERFORM jorge.draft_reply(said);
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.heard(jorge.interaction) IS
    'What follows from something a person said: an opt-out, a pause where it is not clear (of the last 90 days), a new consent; sequences begun before it end (reply); answers not yet sent to earlier messages are cancelled; an answer is drafted (jorge.reply_policy).';
REVOKE ALL ON FUNCTION jorge.heard(jorge.interaction) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.answered(said jorge.interaction) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $fn$
DECLARE
    who uuid := jorge.lead_alias(said.lead_id, said.location_id);
    waiting bigint[];
BEGIN
    IF said.channel NOT IN ('sms', 'email') OR NOT EXISTS (SELECT FROM jorge.reply r WHERE r.lead_id = who AND r.location_id || '' = said.location_id AND r.state = 'queued') THEN
        RETURN;
    END IF;
    who := coalesce(jorge.locked_lead(who, said.location_id), who);
    -- what a person approved is a person's answer too
    SELECT array_agg(o.outbox_id ORDER BY o.outbox_id) INTO waiting
      FROM jorge.reply r JOIN jorge.outbox o ON o.location_id = r.location_id AND o.outbox_id = r.outbox_id
     WHERE r.lead_id = who AND r.location_id || '' = said.location_id AND r.state = 'queued' AND r.decided_by IS NULL AND r.asked_at <= said.at AND o.state IN ('pending', 'held');
    -- our own message, come back: known by its id, or on its way while the id isn't known
    IF waiting IS NULL
       OR EXISTS (SELECT FROM jorge.outbox_done d WHERE d.remote_id = said.provider_ref AND d.location_id || '' = said.location_id)
       OR EXISTS (SELECT FROM jorge.outbox o WHERE o.lead_id = who AND o.location_id || '' = said.location_id AND o.channel = said.channel AND o.state IN ('sending', 'unknown')) THEN
        RETURN;
    END IF;
    PERFORM jorge.cancel(w.outbox_id, 'a person answered', said.location_id) FROM unnest(waiting) w(outbox_id);
END
$fn$;
COMMENT ON FUNCTION jorge.answered(jorge.interaction) IS
    'What follows from a message of ours, by text or e-mail, that did not leave through the outbox: a person has answered, so automatic answers to what came before it are cancelled.';
REVOKE ALL ON FUNCTION jorge.answered(jorge.interaction) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.form_heard(form jorge.inquiry) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $fn$
DECLARE
    meaning text := jorge.form_meaning(form.message);
    -- one without a lead is heard when it gets one (jorge.resolve_pending)
    who uuid := (SELECT jorge.lead_alias(l.lead_id, l.location_id) FROM jorge.inquiry_lead l WHERE l.location_id = form.location_id AND l.inquiry_id = form.inquiry_id);
BEGIN
    -- a form belongs to no channel, so neither does its opt-out
    IF meaning = 'stop' AND who IS NOT NULL THEN
        PERFORM jorge.opt_out(who, 'all', 'form: ' || form.source, form.received_at, form.message, form.location_id);
    ELSIF meaning = 'unclear' AND who IS NOT NULL AND form.received_at > now() - interval '90 days' THEN
        PERFORM jorge.pause_lead(who, 'form: ' || form.source, form.received_at, form.message, form.location_id);
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.form_heard(jorge.inquiry) IS
    'What follows from the message of a form (jorge.form_meaning): an opt-out from every channel, or a pause where it is not clear (of the last 90 days).';
REVOKE ALL ON FUNCTION jorge.form_heard(jorge.inquiry) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.inquiry_told(inquiry jorge.inquiry) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    -- who says stop is not enrolled
    PERFORM jorge.form_heard(inquiry);
    PERFORM jorge.arrival_told(inquiry);
END
$fn$;
COMMENT ON FUNCTION jorge.inquiry_told(jorge.inquiry) IS 'What follows an inquiry: jorge.form_heard(), then jorge.arrival_told().';
REVOKE ALL ON FUNCTION jorge.inquiry_told(jorge.inquiry) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.forms_resolved(locations text[], inquiries uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM jorge.form_heard(i) FROM unnest(locations, inquiries) k(location_id, inquiry_id)
       JOIN jorge.inquiry i ON i.location_id = k.location_id AND i.inquiry_id = k.inquiry_id
      WHERE jorge.form_meaning(i.message) <> 'none';
END
$fn$;
COMMENT ON FUNCTION jorge.forms_resolved(text[], uuid[]) IS 'jorge.resolve_pending() tells it the inquiries it took in: what their messages say is heard as if they had just arrived.';
REVOKE ALL ON FUNCTION jorge.forms_resolved(text[], uuid[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.dnd_told(dnd jorge.lead_dnd) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF dnd.channel = 'all' THEN
        PERFORM jorge.stop_follow_up(dnd.lead_id, 'dnd', dnd.location_id);
    END IF;
    PERFORM jorge.cancel_lead(dnd.lead_id, 'dnd', CASE dnd.channel WHEN 'all' THEN '{sms,email,call,workflow}'::text[] WHEN 'sms' THEN '{sms,workflow}' ELSE ARRAY[dnd.channel] END, dnd.location_id);
END
$fn$;
COMMENT ON FUNCTION jorge.dnd_told(jorge.lead_dnd) IS 'What follows when do-not-disturb is switched on: the channel''s deliveries are cancelled; "all" ends sequences, too.';
REVOKE ALL ON FUNCTION jorge.dnd_told(jorge.lead_dnd) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.outcome_told(lead jorge.lead) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM jorge.stop_follow_up(lead.lead_id, 'outcome', lead.location_id);
END
$fn$;
COMMENT ON FUNCTION jorge.outcome_told(jorge.lead) IS 'What follows when a lead is won or lost: its sequences end.';
REVOKE ALL ON FUNCTION jorge.outcome_told(jorge.lead) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.contact_told(contact jorge.lead_contact) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    who uuid := jorge.lead_alias(contact.lead_id, contact.location_id);
BEGIN
    -- another contact of the person may be left
    IF NOT EXISTS (SELECT FROM jorge.lead_contact c WHERE c.location_id = contact.location_id AND c.lead_id IN (who, contact.lead_id) AND c.source = contact.source AND c.deleted_at IS NULL) THEN
        PERFORM jorge.stop_follow_up(who, 'contact_deleted', contact.location_id);
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.contact_told(jorge.lead_contact) IS 'What follows when a person''s last contact in a system is deleted there: sequences end.';
REVOKE ALL ON FUNCTION jorge.contact_told(jorge.lead_contact) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.stop_after_merge(lead_id uuid, location_id text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $fn$
DECLARE
    replied_at timestamptz;
BEGIN
    IF EXISTS (SELECT FROM jorge.consent c
                WHERE c.lead_id = $1 AND c.location_id || '' = $2 AND c.act = 'revoke' AND c.channel = 'all'
                  AND NOT EXISTS (SELECT FROM jorge.consent g WHERE g.lead_id = c.lead_id AND g.location_id || '' = $2 AND g.act = 'grant' AND g.at > c.at OFFSET 0)) THEN
        PERFORM jorge.stop_follow_up($1, 'opt_out', $2);
    END IF;
    IF EXISTS (SELECT FROM jorge.lead_dnd d WHERE d.lead_id = $1 AND d.location_id = $2 AND d.channel = 'all' AND d.state <> 'inactive') THEN
        PERFORM jorge.stop_follow_up($1, 'dnd', $2);
    END IF;
    IF EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = $2 AND l.lead_id = $1 AND l.outcome <> 'open') THEN
        PERFORM jorge.stop_follow_up($1, 'outcome', $2);
    END IF;
    IF EXISTS (SELECT FROM jorge.appointment a WHERE a.lead_id = $1 AND a.location_id || '' = $2 AND a.state = 'set' AND a.starts_at > now()) THEN
        PERFORM jorge.stop_follow_up($1, 'booked', $2);
    END IF;
    -- a sequence begun after the reply goes on, as it does without a merge
    SELECT max(i.at) INTO replied_at FROM jorge.interaction i
     WHERE i.lead_id = $1 AND i.location_id || '' = $2 AND i.direction = 'in' AND i.channel IN ('sms', 'email', 'call');
    IF replied_at IS NOT NULL THEN
        PERFORM jorge.stop_follow_up($1, 'reply', $2, replied_at);
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.stop_after_merge(uuid, text) IS
    'Ends the sequences of the lead that a merge left, by what either of the two brought: an opt-out or do-not-disturb of everything, an outcome, an appointment to come, a reply after they began.';
REVOKE ALL ON FUNCTION jorge.stop_after_merge(uuid, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.alias_told(alias jorge.lead_alias) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    extra record;
BEGIN
    PERFORM jorge.stop_after_merge(alias.lead_id, alias.location_id);
    -- of two enrolments in one sequence the older goes on
    FOR extra IN
        SELECT n.enrollment_id FROM (SELECT e.enrollment_id, row_number() OVER (PARTITION BY e.sequence ORDER BY e.started_at, e.enrollment_id) AS turn
                                       FROM jorge.enrollment e WHERE e.location_id = alias.location_id AND e.lead_id IN (alias.lead_id, alias.alias_id) AND e.state IN ('active', 'paused')) n
         WHERE n.turn > 1
    LOOP
        PERFORM jorge.cancel_lead(alias.lead_id, 'merged', NULL, alias.location_id, extra.enrollment_id);
        PERFORM jorge.cancel_lead(alias.alias_id, 'merged', NULL, alias.location_id, extra.enrollment_id);
        UPDATE jorge.enrollment e SET state = 'stopped', reason = 'merged', ended_at = now(), next_step = NULL, next_at = NULL
         WHERE e.location_id = alias.location_id AND e.enrollment_id = extra.enrollment_id;
    END LOOP;
END
$fn$;
COMMENT ON FUNCTION jorge.alias_told(jorge.lead_alias) IS 'What follows when two leads turn out to be one: what happened to either stops the sequences of both (jorge.stop_after_merge); the later of two enrolments in one sequence ends (merged), and stays ended if they are parted again. The merge itself moves the rows.';
REVOKE ALL ON FUNCTION jorge.alias_told(jorge.lead_alias) FROM PUBLIC;

-- what was said while nobody listened: before this part of jorge was there, or while the extension was not
DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = 'jorge.interaction'::pg_catalog.regclass AND t.tgname = 'sequences') THEN
        PERFORM CASE i.meaning WHEN 'stop' THEN jorge.opt_out(i.lead_id, 'all', i.channel, i.at, i.body, i.location_id)
                               ELSE jorge.pause_lead(i.lead_id, i.channel, i.at, i.body, i.location_id) END
           FROM (SELECT a.*, jorge.reply_meaning(a.body) AS meaning FROM jorge.interaction a
                  WHERE a.direction = 'in' AND a.channel IN ('sms', 'email', 'call') AND a.body IS NOT NULL ORDER BY a.lead_id, a.at OFFSET 0) i
          WHERE (i.meaning = 'stop' OR (i.meaning = 'unclear' AND i.at > pg_catalog.now() - interval '90 days'))
            AND NOT EXISTS (SELECT FROM jorge.consent c WHERE c.location_id = i.location_id AND c.lead_id = jorge.lead_alias(i.lead_id, i.location_id) AND c.at >= i.at);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = 'jorge.inquiry'::pg_catalog.regclass AND t.tgname = 'sequences'
                     AND pg_catalog.encode(t.tgargs, 'escape') LIKE 'inquiry\_told%') THEN
        PERFORM jorge.form_heard(f.form)
           FROM (SELECT i AS form, l.lead_id FROM jorge.inquiry i JOIN jorge.inquiry_lead l ON l.location_id = i.location_id AND l.inquiry_id = i.inquiry_id
                  WHERE jorge.form_meaning(i.message) <> 'none' ORDER BY l.lead_id, i.received_at OFFSET 0) f
          -- but for what later words have outdone
          WHERE NOT EXISTS (SELECT FROM jorge.consent c
                             WHERE c.location_id = (f.form).location_id AND c.lead_id = jorge.lead_alias(f.lead_id, (f.form).location_id) AND c.at >= (f.form).received_at
                               AND (c.channel = 'all' AND c.act IN ('grant', 'revoke') OR jorge.form_meaning((f.form).message) = 'unclear'));
    END IF;
END
$do$;

-- "sequences" comes after "intake", by its name
CREATE OR REPLACE TRIGGER sequences AFTER INSERT ON jorge.interaction
    REFERENCING NEW TABLE AS arrivals FOR EACH STATEMENT EXECUTE FUNCTION jorge.tell_follow_up('heard', 'direction=in', 'body', 'enrollment', 'reply_policy');
COMMENT ON TRIGGER sequences ON jorge.interaction IS 'What somebody says stops what would have been sent: jorge.heard().';

-- after "intake", too, which locks the leads in their order
CREATE OR REPLACE TRIGGER taken_over AFTER INSERT ON jorge.interaction
    REFERENCING NEW TABLE AS arrivals FOR EACH STATEMENT EXECUTE FUNCTION jorge.tell_follow_up('answered', 'direction=out', '', 'reply');
COMMENT ON TRIGGER taken_over ON jorge.interaction IS 'Where a person answers, nothing else does: jorge.answered().';

CREATE OR REPLACE TRIGGER sequences AFTER INSERT ON jorge.inquiry
    REFERENCING NEW TABLE AS arrivals FOR EACH STATEMENT EXECUTE FUNCTION jorge.tell_follow_up('inquiry_told', '', 'message:form', 'enroll_rule');
COMMENT ON TRIGGER sequences ON jorge.inquiry IS 'STOP in the message of a form is heeded, and jorge.enroll_rule enrols: jorge.inquiry_told().';

CREATE OR REPLACE TRIGGER sequences AFTER INSERT OR UPDATE ON jorge.lead_dnd
    FOR EACH ROW WHEN (NEW.state <> 'inactive') EXECUTE FUNCTION jorge.tell_follow_up('dnd_told', '', '');
COMMENT ON TRIGGER sequences ON jorge.lead_dnd IS 'Do-not-disturb cancels what would have been sent: jorge.dnd_told().';

CREATE OR REPLACE TRIGGER sequences AFTER UPDATE OF outcome ON jorge.lead
    FOR EACH ROW WHEN (NEW.outcome <> OLD.outcome AND NEW.outcome <> 'open') EXECUTE FUNCTION jorge.tell_follow_up('outcome_told', '', '', 'enrollment');
COMMENT ON TRIGGER sequences ON jorge.lead IS 'An outcome ends sequences: jorge.outcome_told().';

CREATE OR REPLACE TRIGGER sequences AFTER UPDATE OF deleted_at ON jorge.lead_contact
    FOR EACH ROW WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION jorge.tell_follow_up('contact_told', '', '', 'enrollment');
COMMENT ON TRIGGER sequences ON jorge.lead_contact IS 'A contact deleted in the CRM ends sequences: jorge.contact_told().';

CREATE OR REPLACE TRIGGER sequences AFTER INSERT OR UPDATE ON jorge.lead_alias
    FOR EACH ROW EXECUTE FUNCTION jorge.tell_follow_up('alias_told', '', '', 'enrollment');
COMMENT ON TRIGGER sequences ON jorge.lead_alias IS 'One person, one enrolment in a sequence: jorge.alias_told().';

-- consent that rows give: what an own application inserts straight into the ledger counts as well
CREATE OR REPLACE FUNCTION jorge.consent_told(row_of jorge.consent) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM jorge.locked_lead(row_of.lead_id, row_of.location_id);
END
$fn$;
COMMENT ON FUNCTION jorge.consent_told(jorge.consent) IS 'Locks the lead of a row of the ledger until the commit, so that no claim decides without seeing it.';
REVOKE ALL ON FUNCTION jorge.consent_told(jorge.consent) FROM PUBLIC;

CREATE OR REPLACE TRIGGER sequences AFTER INSERT ON jorge.consent FOR EACH ROW EXECUTE FUNCTION jorge.tell_follow_up('consent_told', '', '');
COMMENT ON TRIGGER sequences ON jorge.consent IS 'Locks the lead until the commit: jorge.consent_told().';

CREATE OR REPLACE FUNCTION jorge.consent_in_time() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    NEW.at := least(NEW.at, clock_timestamp());
    RETURN NEW;
END
$fn$;
COMMENT ON FUNCTION jorge.consent_in_time() IS 'Trigger on jorge.consent: nobody has allowed anything later than now. A grant dated ahead would outdo the STOP that comes next.';
REVOKE ALL ON FUNCTION jorge.consent_in_time() FROM PUBLIC;

CREATE OR REPLACE TRIGGER in_time BEFORE INSERT OR UPDATE OF at, act ON jorge.consent
    FOR EACH ROW WHEN (NEW.act IN ('grant', 'resume')) EXECUTE FUNCTION jorge.consent_in_time();
COMMENT ON TRIGGER in_time ON jorge.consent IS 'A grant or a resumption is of now at the latest.';
UPDATE jorge.consent c SET at = now() WHERE c.act IN ('grant', 'resume') AND c.at > now();
