-- Sequences: who is followed up, when and how; what ends it. A step becomes a delivery (jorge.enqueue) when it is due, not
-- before: text and condition are of that moment, and what stops a person stops a single row.
--
-- Order of locks, here and wherever a follow-up is stopped: the lead's row FOR NO KEY UPDATE, then its enrolments, then deliveries.

CREATE TABLE IF NOT EXISTS jorge.sequence (
    location_id  text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    sequence     text NOT NULL,
    title        text NOT NULL,
    lasts_days   integer NOT NULL DEFAULT 90 CHECK (lasts_days BETWEEN 1 AND 3650),
    again_days   integer CHECK (again_days >= 0),
    stops_on     text[] NOT NULL DEFAULT '{reply,booked,outcome}' CHECK (stops_on <@ ARRAY['reply', 'booked', 'outcome']),
    active       boolean NOT NULL DEFAULT true,
    PRIMARY KEY (location_id, sequence)
);
COMMENT ON TABLE jorge.sequence IS 'Plans of follow-up. A location''s own sequence replaces the shared one of its name, steps and all. Opt-outs, do-not-disturb, merges and deleted contacts stop every sequence.';
COMMENT ON COLUMN jorge.sequence.location_id IS 'Tenant; "*" = all (shipped).';
COMMENT ON COLUMN jorge.sequence.sequence IS 'Name.';
COMMENT ON COLUMN jorge.sequence.title IS 'What people call it.';
COMMENT ON COLUMN jorge.sequence.lasts_days IS 'An enrolment expires after so many days, whatever is left of it.';
COMMENT ON COLUMN jorge.sequence.again_days IS 'A rule enrols somebody again after so many days since the last enrolment; NULL = never. By hand it is always possible.';
COMMENT ON COLUMN jorge.sequence.stops_on IS 'What ends it: reply, booked (an appointment), outcome (won or lost).';
COMMENT ON COLUMN jorge.sequence.active IS 'false = nobody is enrolled; running enrolments go on.';

CREATE TABLE IF NOT EXISTS jorge.sequence_step (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    sequence    text NOT NULL,
    step        integer NOT NULL CHECK (step > 0),
    day         integer NOT NULL CHECK (day >= 0),
    opens       time NOT NULL DEFAULT '10:00',
    closes      time NOT NULL DEFAULT '18:00',
    weekdays    integer[] NOT NULL DEFAULT '{1,2,3,4,5,6,7}' CHECK (weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7] AND cardinality(weekdays) > 0),
    channel     text NOT NULL CHECK (channel IN ('sms', 'email', 'call', 'tag', 'workflow')),
    template    text NOT NULL,
    condition   jsonb,
    on_miss     text NOT NULL DEFAULT 'move' CHECK (on_miss IN ('move', 'skip')),
    PRIMARY KEY (location_id, sequence, step),
    FOREIGN KEY (location_id, sequence) REFERENCES jorge.sequence ON DELETE CASCADE,
    CHECK (opens < closes)
);
COMMENT ON TABLE jorge.sequence_step IS 'Steps of sequences, in order.';
COMMENT ON COLUMN jorge.sequence_step.location_id IS 'Tenant; "*" = all (shipped).';
COMMENT ON COLUMN jorge.sequence_step.sequence IS 'The sequence.';
COMMENT ON COLUMN jorge.sequence_step.step IS 'Order, from 1.';
COMMENT ON COLUMN jorge.sequence_step.day IS 'Days after the enrolment, by the person''s calendar; 0 = the same day.';
COMMENT ON COLUMN jorge.sequence_step.opens IS 'Earliest time of day, by the person''s clock; the law''s hours (jorge.quiet_hours) narrow it.';
COMMENT ON COLUMN jorge.sequence_step.closes IS 'First time of day that is too late.';
COMMENT ON COLUMN jorge.sequence_step.weekdays IS 'Days of the week: 1 Monday ... 7 Sunday.';
COMMENT ON COLUMN jorge.sequence_step.channel IS 'sms, email, call (a task), tag, workflow.';
COMMENT ON COLUMN jorge.sequence_step.template IS 'Name in jorge.template, of that channel.';
COMMENT ON COLUMN jorge.sequence_step.condition IS 'Condition over facts (jorge.fact, and stage, replies, owner) as in jorge.condition_met(); where it does not hold the step is skipped. NULL = none.';
COMMENT ON COLUMN jorge.sequence_step.on_miss IS 'What becomes of a step that can''t go out in its window on its day: move (to the next such window) or skip.';

CREATE TABLE IF NOT EXISTS jorge.enroll_rule (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    rule        text NOT NULL,
    sequence    text NOT NULL,
    classes     text[],
    sources     text[],
    stages      text[],
    sides       text[],
    languages   text[],
    rank        integer NOT NULL DEFAULT 100,
    active      boolean NOT NULL DEFAULT true,
    PRIMARY KEY (location_id, rule)
);
COMMENT ON TABLE jorge.enroll_rule IS 'Who is enrolled by itself: at arrival, and by the job sequences_enroll where class or stage changed later. Of the rules that fit, the first by rank counts.';
COMMENT ON COLUMN jorge.enroll_rule.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.enroll_rule.rule IS 'Name.';
COMMENT ON COLUMN jorge.enroll_rule.sequence IS 'Where to.';
COMMENT ON COLUMN jorge.enroll_rule.classes IS 'HOT, WARM, COLD; NULL = any.';
COMMENT ON COLUMN jorge.enroll_rule.sources IS 'First sources (jorge.lead.first_source); NULL = any.';
COMMENT ON COLUMN jorge.enroll_rule.stages IS 'Stages of the funnel; NULL = any.';
COMMENT ON COLUMN jorge.enroll_rule.sides IS 'buyer, seller, both; NULL = any, also not known.';
COMMENT ON COLUMN jorge.enroll_rule.languages IS 'en, es; NULL = any.';
COMMENT ON COLUMN jorge.enroll_rule.rank IS 'Lower is asked first.';
COMMENT ON COLUMN jorge.enroll_rule.active IS 'false = does not enrol.';

CREATE TABLE IF NOT EXISTS jorge.enrollment (
    location_id   text NOT NULL,
    enrollment_id uuid NOT NULL DEFAULT jorge.new_id(),
    lead_id       uuid NOT NULL,
    sequence      text NOT NULL,
    language      text NOT NULL DEFAULT 'en',
    state         text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'finished', 'stopped', 'expired')),
    started_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    next_step     integer,
    next_at       timestamptz,
    reason        text,
    ended_at      timestamptz,
    last_error    text,
    enrolled_by   text NOT NULL DEFAULT current_user,
    PRIMARY KEY (location_id, enrollment_id),
    CHECK ((state IN ('active', 'paused')) = (ended_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS enrollment_due_idx ON jorge.enrollment (next_at) WHERE state = 'active';
CREATE INDEX IF NOT EXISTS enrollment_lead_idx ON jorge.enrollment (lead_id, location_id);
COMMENT ON TABLE jorge.enrollment IS 'People in sequences: where each stands, and how it ended.';
COMMENT ON COLUMN jorge.enrollment.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.enrollment.enrollment_id IS 'Id; jorge.outbox.sequence_enrollment_id.';
COMMENT ON COLUMN jorge.enrollment.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.enrollment.sequence IS 'The sequence.';
COMMENT ON COLUMN jorge.enrollment.language IS 'Language of all its texts.';
COMMENT ON COLUMN jorge.enrollment.state IS 'active, paused, finished (every step is through), stopped (reason says by what), expired.';
COMMENT ON COLUMN jorge.enrollment.started_at IS 'Day 0.';
COMMENT ON COLUMN jorge.enrollment.expires_at IS 'When it expires.';
COMMENT ON COLUMN jorge.enrollment.next_step IS 'The step that comes next; NULL = none is left.';
COMMENT ON COLUMN jorge.enrollment.next_at IS 'When that step is made a delivery, or the enrolment expires.';
COMMENT ON COLUMN jorge.enrollment.reason IS 'Why it is paused, or how it ended: reply, opt_out, dnd, booked, outcome, merged, contact_deleted, or what somebody said.';
COMMENT ON COLUMN jorge.enrollment.ended_at IS 'When it ended.';
COMMENT ON COLUMN jorge.enrollment.last_error IS 'Why its step could not be made a delivery; it is tried again each hour.';
COMMENT ON COLUMN jorge.enrollment.enrolled_by IS 'Role that enrolled, or rule: and its name.';

CREATE TABLE IF NOT EXISTS jorge.enrollment_step (
    location_id   text NOT NULL,
    enrollment_id uuid NOT NULL,
    step          integer NOT NULL,
    channel       text NOT NULL,
    result        text NOT NULL CHECK (result IN ('queued', 'skipped')),
    reason        text,
    due_at        timestamptz,
    outbox_id     bigint,
    at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, enrollment_id, step),
    FOREIGN KEY (location_id, enrollment_id) REFERENCES jorge.enrollment ON DELETE CASCADE
);
COMMENT ON TABLE jorge.enrollment_step IS 'What became of each step: made a delivery (jorge.outbox, jorge.outbox_done), or skipped and why.';
COMMENT ON COLUMN jorge.enrollment_step.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.enrollment_step.enrollment_id IS 'The enrolment.';
COMMENT ON COLUMN jorge.enrollment_step.step IS 'The step.';
COMMENT ON COLUMN jorge.enrollment_step.channel IS 'Its channel.';
COMMENT ON COLUMN jorge.enrollment_step.result IS 'queued or skipped.';
COMMENT ON COLUMN jorge.enrollment_step.reason IS 'Of a skipped one: condition, missed its window, its window has no lawful hour, expires before, or what somebody said.';
COMMENT ON COLUMN jorge.enrollment_step.due_at IS 'When it was to go out.';
COMMENT ON COLUMN jorge.enrollment_step.outbox_id IS 'The delivery.';
COMMENT ON COLUMN jorge.enrollment_step.at IS 'When that was decided.';

CREATE OR REPLACE FUNCTION jorge.check_step() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    told text;
BEGIN
    IF NEW.condition IS NOT NULL THEN
        PERFORM jorge.condition_check(NEW.condition, (SELECT jsonb_object_agg(f.name, f.type) FROM jorge.fact f) || '{"stage": "text", "replies": "number", "owner": "text"}');
    END IF;
    SELECT min(t.channel) INTO told FROM jorge.template t WHERE t.template = NEW.template AND t.location_id IN (NEW.location_id, '*');
    IF told IS NULL THEN
        RAISE EXCEPTION 'there is no template "%"', NEW.template USING ERRCODE = 'undefined_object', HINT = 'See SELECT DISTINCT template FROM jorge.template.';
    ELSIF told <> NEW.channel THEN
        RAISE EXCEPTION 'template "%" is for %, the step for %', NEW.template, told, NEW.channel USING ERRCODE = 'invalid_parameter_value';
    ELSIF NEW.channel IN ('sms', 'email') AND EXISTS (SELECT FROM jorge.template t WHERE t.template = NEW.template AND t.location_id IN (NEW.location_id, '*') AND t.purpose <> 'follow_up') THEN
        RAISE EXCEPTION 'template "%" is no follow-up', NEW.template USING ERRCODE = 'check_violation',
            HINT = 'A step is written to people who did not ask: its template has the purpose follow_up, which says how to opt out.';
    END IF;
    RETURN NEW;
END
$fn$;
COMMENT ON FUNCTION jorge.check_step() IS 'Trigger on jorge.sequence_step: refuses conditions that could never be meant (42703, 22023) and templates that are not there (42704) of another channel (22023), or no follow-ups (23514).';
REVOKE ALL ON FUNCTION jorge.check_step() FROM PUBLIC;

CREATE OR REPLACE TRIGGER check_step BEFORE INSERT OR UPDATE ON jorge.sequence_step FOR EACH ROW EXECUTE FUNCTION jorge.check_step();
COMMENT ON TRIGGER check_step ON jorge.sequence_step IS 'Refuses what could only fail when it is due.';

CREATE OR REPLACE FUNCTION jorge.check_enroll_rule() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF NOT EXISTS (SELECT FROM jorge.sequence s WHERE s.sequence = NEW.sequence AND s.location_id IN (NEW.location_id, '*')) THEN
        RAISE EXCEPTION 'there is no sequence "%"', NEW.sequence USING ERRCODE = 'undefined_object', HINT = 'See SELECT sequence, title FROM jorge.sequence.';
    ELSIF NOT coalesce(NEW.classes <@ ARRAY['HOT', 'WARM', 'COLD'], true) THEN
        RAISE EXCEPTION 'rule "%" names a class that nobody has', NEW.rule USING ERRCODE = 'invalid_parameter_value', HINT = 'Classes are HOT, WARM and COLD.';
    END IF;
    RETURN NEW;
END
$fn$;
COMMENT ON FUNCTION jorge.check_enroll_rule() IS 'Trigger on jorge.enroll_rule: refuses rules that could enrol nobody: a sequence that is not there (42704), a class nobody has (22023).';
REVOKE ALL ON FUNCTION jorge.check_enroll_rule() FROM PUBLIC;

CREATE OR REPLACE TRIGGER check_enroll_rule BEFORE INSERT OR UPDATE ON jorge.enroll_rule FOR EACH ROW EXECUTE FUNCTION jorge.check_enroll_rule();
COMMENT ON TRIGGER check_enroll_rule ON jorge.enroll_rule IS 'Refuses what could enrol nobody.';

-- planning

CREATE OR REPLACE FUNCTION jorge.steps_of(sequence text, location_id text DEFAULT jorge.current_location()) RETURNS SETOF jorge.sequence_step
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT s.* FROM jorge.sequence_step s
     WHERE s.sequence = $1 AND s.location_id = CASE WHEN EXISTS (SELECT FROM jorge.sequence o WHERE o.location_id = $2 AND o.sequence = $1) THEN $2 ELSE '*' END
     ORDER BY s.step
$fn$;
COMMENT ON FUNCTION jorge.steps_of(text, text) IS 'The steps of a sequence as they hold for a location, in order.';

CREATE OR REPLACE FUNCTION jorge.step_week(step jorge.sequence_step) RETURNS integer[]
    LANGUAGE sql IMMUTABLE
AS $fn$
    SELECT array_agg(CASE WHEN d = ANY ($1.weekdays) THEN extract(epoch FROM CASE side WHEN 0 THEN $1.opens ELSE $1.closes END)::integer ELSE 0 END ORDER BY d, side)
      FROM generate_series(1, 7) d, generate_series(0, 1) side
$fn$;
COMMENT ON FUNCTION jorge.step_week(jorge.sequence_step) IS 'A step''s own hours, as jorge.next_open() takes them.';

CREATE OR REPLACE FUNCTION jorge.step_time(step jorge.sequence_step, started_at timestamptz, place record, not_before timestamptz, location_id text, OUT planned timestamptz, OUT missed_at timestamptz, OUT due_at timestamptz)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    zones text[] := CASE WHEN cardinality(place.zones) > 0 THEN place.zones ELSE ARRAY['UTC'] END;
    law integer[] := jorge.open_hours(place.regions, $5);
    own integer[] := jorge.step_week(step);
    asks_law boolean := (SELECT p.quiet_hours FROM jorge.channel_policy p WHERE p.channel = step.channel AND p.location_id IN ($5, '*') ORDER BY p.location_id = '*' LIMIT 1);
    moment timestamptz;
BEGIN
    -- the day begins where it begins last, so that it is that day in every zone
    SELECT max(((started_at AT TIME ZONE z)::date + step.day + step.opens) AT TIME ZONE z),
           min(((started_at AT TIME ZONE z)::date + step.day + step.closes) AT TIME ZONE z)
      INTO planned, missed_at FROM unnest(zones) z;
    IF step.day = 0 THEN
        planned := greatest(planned, started_at);
    END IF;
    moment := greatest(planned, not_before);
    IF asks_law IS FALSE OR law IS NULL THEN
        due_at := jorge.next_open(moment, zones, own);
        RETURN;
    END IF;
    -- holidays: from one to the first hour after it
    FOR i IN 1 .. 60 LOOP
        due_at := jorge.next_open(moment, zones, law || own);
        moment := jorge.first_open(due_at, zones, place.regions, $5);
        EXIT WHEN moment IS NULL OR moment = due_at;
        due_at := NULL;
    END LOOP;
END
$fn$;
COMMENT ON FUNCTION jorge.step_time(jorge.sequence_step, timestamptz, record, timestamptz, text) IS
    'When a step is to go out. planned: its day and hour by the person''s clock; missed_at: when its window of that day is over; due_at: the first moment not before not_before in its window, the law''s hours and no holiday; NULL if none comes. place is a row of jorge.person_place().';

CREATE OR REPLACE FUNCTION jorge.follow_up_facts(lead jorge.lead) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    f jorge.features := jorge.lead_features(lead);
BEGIN
    RETURN jorge.lead_facts(lead, f, jorge.served_score(lead, f, lead.location_id), lead.location_id)
           || jsonb_strip_nulls(jsonb_build_object('stage', lead.stage, 'replies', lead.replies, 'owner', lead.owner));
END
$fn$;
COMMENT ON FUNCTION jorge.follow_up_facts(jorge.lead) IS 'Facts of a lead for conditions of steps: those of jorge.fact, and stage, replies and owner.';

-- enrolment

CREATE OR REPLACE FUNCTION jorge.enroll(lead_id uuid, sequence text DEFAULT 'standard', started_at timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location(),
                                        enrolled_by text DEFAULT current_user) RETURNS uuid
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    lead jorge.lead;
    plan jorge.sequence;
    first jorge.sequence_step;
    id uuid;
    place record;
BEGIN
    SELECT s.* INTO plan FROM jorge.sequence s WHERE s.sequence = $2 AND s.location_id IN ($4, '*') ORDER BY s.location_id = '*' LIMIT 1;
    IF plan.sequence IS NULL OR NOT plan.active THEN
        RAISE EXCEPTION 'there is no active sequence "%"', $2 USING ERRCODE = 'undefined_object', HINT = 'See SELECT sequence, title FROM jorge.sequence.';
    END IF;
    PERFORM jorge.locked_lead($1, $4);
    lead := jorge.stored_lead($1, $4);
    SELECT e.enrollment_id INTO id FROM jorge.enrollment e
     WHERE e.lead_id = lead.lead_id AND e.location_id || '' = $4 AND e.sequence = $2 AND e.state IN ('active', 'paused');
    IF FOUND THEN
        RETURN id;
    END IF;
    IF lead.outcome <> 'open' AND 'outcome' = ANY (plan.stops_on) THEN
        RAISE EXCEPTION 'lead % is %', lead.lead_id, lead.outcome USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT s.* INTO first FROM jorge.steps_of($2, $4) s ORDER BY s.step LIMIT 1;
    place := jorge.person_place(lead.phone, lead.state, lead.country, lead.time_zone, $4);
    INSERT INTO jorge.enrollment (location_id, lead_id, sequence, language, started_at, expires_at, next_step, next_at, enrolled_by)
    VALUES ($4, lead.lead_id, $2, jorge.lead_language(lead.language), $3, $3 + plan.lasts_days * interval '1 day', first.step,
            least(CASE WHEN first.step IS NOT NULL THEN (jorge.step_time(first, $3, place, NULL, $4)).planned ELSE $3 END, $3 + plan.lasts_days * interval '1 day'), $5)
    RETURNING enrollment_id INTO id;
    INSERT INTO jorge.event (location_id, lead_id, kind, reason, detail)
    VALUES ($4, lead.lead_id, 'enrolled', $2, jsonb_build_object('enrollment_id', id, 'by', $5));
    RETURN id;
END
$fn$;
COMMENT ON FUNCTION jorge.enroll(uuid, text, timestamptz, text, text) IS
    'Enrols a lead in a sequence and returns the enrolment; the running one if there is one. Nothing is promised to be sent: the send gate decides at each step. started_at is day 0. Errors: P0002 unknown lead, 42704 no such sequence, 55000 a lead that is won or lost.';
REVOKE ALL ON FUNCTION jorge.enroll(uuid, text, timestamptz, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.enroll_by_rules(lead_ids uuid[] DEFAULT NULL, location_id text DEFAULT jorge.current_location()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- people who are new: a rule does not wake the archive
    newest CONSTANT timestamptz := now() - interval '30 days';
    found record;
    made bigint := 0;
BEGIN
    -- OFFSET 0: one arrival must not read what there is of others, whatever there was when the plan was saved
    FOR found IN
        SELECT DISTINCT ON (l.lead_id) l.lead_id, r.rule, r.sequence
          FROM unnest(coalesce($1, ARRAY(SELECT x.lead_id FROM jorge.lead x WHERE x.location_id = $2 AND x.outcome = 'open' AND x.last_seen_at > newest))) w(lead_id)
         CROSS JOIN LATERAL (SELECT x.* FROM jorge.lead x WHERE x.location_id = $2 AND x.lead_id = w.lead_id OFFSET 0) l
          LEFT JOIN LATERAL (SELECT x.class FROM jorge.lead_score x WHERE x.location_id = $2 AND x.lead_id = w.lead_id OFFSET 0) c ON true
          JOIN jorge.enroll_rule r ON r.location_id = $2 AND r.active
          JOIN LATERAL (SELECT q.again_days, q.active FROM jorge.sequence q WHERE q.sequence = r.sequence AND q.location_id IN ($2, '*') ORDER BY q.location_id = '*' LIMIT 1) s ON s.active
         WHERE l.outcome = 'open' AND l.last_seen_at > newest
           AND (r.classes IS NULL OR c.class = ANY (r.classes)) AND (r.sources IS NULL OR l.first_source = ANY (r.sources))
           AND (r.stages IS NULL OR l.stage = ANY (r.stages)) AND (r.sides IS NULL OR l.side = ANY (r.sides))
           AND (r.languages IS NULL OR jorge.lead_language(l.language) = ANY (r.languages))
           AND NOT EXISTS (SELECT FROM jorge.enrollment e
                            WHERE e.lead_id = l.lead_id AND e.location_id || '' = $2
                              AND (e.state IN ('active', 'paused') OR s.again_days IS NULL AND e.sequence = r.sequence
                                   OR e.sequence = r.sequence AND e.started_at > now() - s.again_days * interval '1 day'
                                   OR e.reason IN ('opt_out', 'dnd', 'contact_deleted')) OFFSET 0)
           AND NOT EXISTS (SELECT FROM jorge.consent c
                            WHERE c.lead_id = l.lead_id AND c.location_id || '' = $2 AND c.act = 'revoke' AND c.channel = 'all'
                              AND NOT EXISTS (SELECT FROM jorge.consent g WHERE g.lead_id = c.lead_id AND g.location_id || '' = $2 AND g.act = 'grant' AND g.at > c.at OFFSET 0) OFFSET 0)
         ORDER BY l.lead_id, r.rank, r.rule
    LOOP
        PERFORM jorge.enroll(found.lead_id, found.sequence, now(), $2, 'rule:' || found.rule);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$fn$;
COMMENT ON FUNCTION jorge.enroll_by_rules(uuid[], text) IS
    'Enrols by jorge.enroll_rule the open leads that were seen in the last 30 days (some of them, or all) and are in no sequence; nobody who opted out, of one or of everything. Returns how many.';
REVOKE ALL ON FUNCTION jorge.enroll_by_rules(uuid[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.arrival_told(inquiry jorge.inquiry) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF inquiry.received_at > now() - interval '1 day' THEN
        PERFORM jorge.enroll_by_rules(ARRAY[jorge.lead_alias(i.lead_id, i.location_id)], i.location_id) FROM jorge.inquiry_lead i
          WHERE i.location_id = inquiry.location_id AND i.inquiry_id = inquiry.inquiry_id;
    END IF;
EXCEPTION WHEN query_canceled OR serialization_failure OR deadlock_detected THEN
    RAISE;
WHEN OTHERS THEN
    -- the arrival is worth more than its follow-up
    INSERT INTO jorge.error (location_id, context, ref, sqlstate, message)
    VALUES (inquiry.location_id, 'enroll', inquiry.inquiry_id, SQLSTATE, SQLERRM);
END
$fn$;
COMMENT ON FUNCTION jorge.arrival_told(jorge.inquiry) IS 'What follows an inquiry: enrolment by rules. A failure is kept in jorge.error and loses no arrival.';
REVOKE ALL ON FUNCTION jorge.arrival_told(jorge.inquiry) FROM PUBLIC;

-- ending, pausing

CREATE OR REPLACE FUNCTION jorge.stop_follow_up(lead_id uuid, reason text, location_id text DEFAULT jorge.current_location(), happened_at timestamptz DEFAULT NULL,
                                                enrollment_id uuid DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    who uuid := coalesce(jorge.locked_lead($1, $3), $1);
    e record;
    ended integer := 0;
BEGIN
    FOR e IN SELECT n.enrollment_id, n.state FROM jorge.enrollment n
                LEFT JOIN LATERAL (SELECT s.stops_on FROM jorge.sequence s WHERE s.sequence = n.sequence AND s.location_id IN ($3, '*') ORDER BY s.location_id = '*' LIMIT 1) q ON true
              WHERE n.lead_id IN (who, $1) AND n.location_id || '' = $3 AND ($5 IS NULL OR n.enrollment_id = $5)
                AND ($4 IS NULL OR n.started_at <= $4)
                AND ($2 NOT IN ('reply', 'booked', 'outcome') OR q.stops_on IS NULL OR $2 = ANY (q.stops_on))
                AND (n.state IN ('active', 'paused')
                     OR EXISTS (SELECT FROM jorge.outbox o WHERE o.sequence_enrollment_id = n.enrollment_id AND o.location_id || '' = $3))
              ORDER BY n.enrollment_id
    LOOP
        PERFORM jorge.cancel_lead(who, $2, NULL, $3, e.enrollment_id);
        UPDATE jorge.enrollment n SET state = 'stopped', reason = $2, ended_at = now(), next_step = NULL, next_at = NULL
         WHERE n.location_id = $3 AND n.enrollment_id = e.enrollment_id AND n.state IN ('active', 'paused');
        IF FOUND THEN
            ended := ended + 1;
            INSERT INTO jorge.event (location_id, lead_id, kind, reason, detail)
            VALUES ($3, who, 'followup_stopped', left($2, 200), jsonb_build_object('enrollment_id', e.enrollment_id));
        END IF;
    END LOOP;
    RETURN ended;
END
$fn$;
COMMENT ON FUNCTION jorge.stop_follow_up(uuid, text, text, timestamptz, uuid) IS
    'Ends the enrolments of a lead (those that had begun at happened_at; one of them) and cancels what they have in the outbox; returns how many it ended. For the reasons reply, booked and outcome only those whose sequence stops on it. Locks the lead''s row: nothing is claimed after the commit.';
REVOKE ALL ON FUNCTION jorge.stop_follow_up(uuid, text, text, timestamptz, uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.locked_enrollment(enrollment_id uuid, location_id text) RETURNS jorge.enrollment
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    e jorge.enrollment;
BEGIN
    SELECT n.* INTO e FROM jorge.enrollment n WHERE n.location_id = $2 AND n.enrollment_id = $1;
    PERFORM jorge.locked_lead(e.lead_id, $2);
    SELECT n.* INTO e FROM jorge.enrollment n WHERE n.location_id = $2 AND n.enrollment_id = $1 FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'location "%" has no enrolment %', $2, $1 USING ERRCODE = 'no_data_found';
    END IF;
    RETURN e;
END
$fn$;
COMMENT ON FUNCTION jorge.locked_enrollment(uuid, text) IS 'An enrolment with the locks to change it, in their order. ERROR P0002 if there is none.';
REVOKE ALL ON FUNCTION jorge.locked_enrollment(uuid, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.pause_enrollment(enrollment_id uuid, reason text DEFAULT 'paused by hand', location_id text DEFAULT jorge.current_location()) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    e jorge.enrollment := jorge.locked_enrollment($1, $3);
BEGIN
    IF e.state <> 'active' THEN
        RETURN false;
    END IF;
    UPDATE jorge.enrollment n SET state = 'paused', reason = $2 WHERE n.location_id = $3 AND n.enrollment_id = $1;
    PERFORM jorge.hold(o.outbox_id, $2, $3) FROM jorge.outbox o WHERE o.sequence_enrollment_id = $1 AND o.location_id = $3 AND o.state = 'pending';
    RETURN true;
END
$fn$;
COMMENT ON FUNCTION jorge.pause_enrollment(uuid, text, text) IS 'Pauses an enrolment; what it has in the outbox is held. False if it is not active. ERROR P0002 if there is none.';
REVOKE ALL ON FUNCTION jorge.pause_enrollment(uuid, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.resume_enrollment(enrollment_id uuid, location_id text DEFAULT jorge.current_location()) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    e jorge.enrollment := jorge.locked_enrollment($1, $2);
BEGIN
    IF e.state <> 'paused' THEN
        RETURN false;
    END IF;
    UPDATE jorge.enrollment n SET state = 'active', reason = NULL WHERE n.location_id = $2 AND n.enrollment_id = $1;
    -- what somebody holds by hand stays held
    PERFORM jorge.requeue(o.outbox_id, greatest(o.due_at, now()), $2) FROM jorge.outbox o
      WHERE o.sequence_enrollment_id = $1 AND o.location_id = $2 AND o.state = 'held' AND (o.reason = e.reason OR o.reason = o.rule);
    RETURN true;
END
$fn$;
COMMENT ON FUNCTION jorge.resume_enrollment(uuid, text) IS 'Lets a paused enrolment go on; steps that became due meanwhile move or are skipped by their own rule. False if it is not paused. ERROR P0002 if there is none.';
REVOKE ALL ON FUNCTION jorge.resume_enrollment(uuid, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.advance_enrollment(e jorge.enrollment, done jorge.sequence_step, place record) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    next jorge.sequence_step;
BEGIN
    SELECT s.* INTO next FROM jorge.steps_of(e.sequence, e.location_id) s WHERE s.step > done.step ORDER BY s.step LIMIT 1;
    IF next.step IS NULL THEN
        UPDATE jorge.enrollment n SET state = 'finished', reason = NULL, ended_at = now(), next_step = NULL, next_at = NULL, last_error = NULL
         WHERE n.location_id = e.location_id AND n.enrollment_id = e.enrollment_id;
    ELSE
        UPDATE jorge.enrollment n SET next_step = next.step, next_at = least((jorge.step_time(next, e.started_at, place, NULL, e.location_id)).planned, e.expires_at), last_error = NULL
         WHERE n.location_id = e.location_id AND n.enrollment_id = e.enrollment_id;
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.advance_enrollment(jorge.enrollment, jorge.sequence_step, record) IS 'Brings an enrolment, locked by the caller, to the step after one; the last finishes it.';
REVOKE ALL ON FUNCTION jorge.advance_enrollment(jorge.enrollment, jorge.sequence_step, record) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.skip_step(enrollment_id uuid, reason text DEFAULT 'skipped by hand', location_id text DEFAULT jorge.current_location()) RETURNS integer
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    e jorge.enrollment := jorge.locked_enrollment($1, $3);
    step jorge.sequence_step;
    lead jorge.lead;
BEGIN
    IF e.state NOT IN ('active', 'paused') OR e.next_step IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT s.* INTO step FROM jorge.steps_of(e.sequence, $3) s WHERE s.step >= e.next_step ORDER BY s.step LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    lead := jorge.stored_lead(e.lead_id, $3);
    INSERT INTO jorge.enrollment_step (location_id, enrollment_id, step, channel, result, reason) VALUES ($3, $1, step.step, step.channel, 'skipped', $2);
    PERFORM jorge.advance_enrollment(e, step, jorge.person_place(lead.phone, lead.state, lead.country, lead.time_zone, $3));
    RETURN step.step;
END
$fn$;
COMMENT ON FUNCTION jorge.skip_step(uuid, text, text) IS 'Skips the next step of an enrolment and returns its number; NULL if none is left. ERROR P0002 if there is no such enrolment.';
REVOKE ALL ON FUNCTION jorge.skip_step(uuid, text, text) FROM PUBLIC;

-- the clock

CREATE OR REPLACE FUNCTION jorge.run_step(enrollment_id uuid, at timestamptz, location_id text) RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    e jorge.enrollment;
    lead jorge.lead;
    step jorge.sequence_step;
    place record;
    times record;
    filled record;
    skip text;
    id bigint;
BEGIN
    -- somebody who writes about this lead now may be stopping it: come back later
    SELECT l.* INTO lead FROM jorge.lead l JOIN jorge.enrollment n ON n.location_id = l.location_id AND n.lead_id = l.lead_id
     WHERE n.location_id = $3 AND n.enrollment_id = $1 FOR NO KEY UPDATE OF l SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT n.* INTO e FROM jorge.enrollment n WHERE n.location_id = $3 AND n.enrollment_id = $1 AND n.state = 'active' AND (n.next_at <= $2 OR n.expires_at <= $2) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF e.expires_at <= $2 THEN
        PERFORM jorge.cancel_lead(lead.lead_id, 'expired', NULL, $3, $1);
        UPDATE jorge.enrollment n SET state = 'expired', reason = 'expired', ended_at = $2, next_step = NULL, next_at = NULL WHERE n.location_id = $3 AND n.enrollment_id = $1;
        RETURN 'expired';
    END IF;
    SELECT s.* INTO step FROM jorge.steps_of(e.sequence, $3) s WHERE s.step >= e.next_step ORDER BY s.step LIMIT 1;
    IF step.step IS NULL THEN
        UPDATE jorge.enrollment n SET state = 'finished', ended_at = $2, next_step = NULL, next_at = NULL WHERE n.location_id = $3 AND n.enrollment_id = $1;
        RETURN 'finished';
    END IF;
    place := jorge.person_place(lead.phone, lead.state, lead.country, lead.time_zone, $3);
    times := jorge.step_time(step, e.started_at, place, $2, $3);
    -- what was planned may have moved: another zone, other rows
    IF times.planned > $2 THEN
        UPDATE jorge.enrollment n SET next_at = times.planned WHERE n.location_id = $3 AND n.enrollment_id = $1;
        RETURN 'planned';
    END IF;
    skip := CASE WHEN step.condition IS NOT NULL AND NOT jorge.condition_met(step.condition, jorge.follow_up_facts(lead)) THEN 'condition'
                 WHEN times.due_at IS NULL THEN 'its window has no lawful hour'
                 WHEN step.on_miss = 'skip' AND times.due_at >= times.missed_at THEN 'missed its window'
                 WHEN times.due_at >= e.expires_at THEN 'expires before' END;
    IF skip IS NULL THEN
        filled := jorge.render_for(lead.lead_id, step.template, $3, e.language);
        IF filled.channel = 'call' THEN
            filled.payload := filled.payload || jsonb_build_object('dueDate', to_char(times.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
        END IF;
        id := jorge.enqueue($3, lead.lead_id, step.channel, filled.endpoint, filled.payload, NULL, times.due_at, format('seq:%s:%s', $1, step.step),
                            CASE step.on_miss WHEN 'skip' THEN times.missed_at ELSE least(times.due_at + interval '7 days', e.expires_at) END, $1);
    END IF;
    INSERT INTO jorge.enrollment_step (location_id, enrollment_id, step, channel, result, reason, due_at, outbox_id, at)
    VALUES ($3, $1, step.step, step.channel, CASE WHEN skip IS NULL THEN 'queued' ELSE 'skipped' END, skip, times.due_at, id, $2);
    PERFORM jorge.advance_enrollment(e, step, place);
    RETURN CASE WHEN skip IS NULL THEN 'queued' ELSE 'skipped' END;
END
$fn$;
COMMENT ON FUNCTION jorge.run_step(uuid, timestamptz, text) IS
    'Takes the next step of an enrolment if it is due: queued, skipped, expired, finished, planned (it is due later after all), NULL (nothing to do, or somebody else writes about the lead).';
REVOKE ALL ON FUNCTION jorge.run_step(uuid, timestamptz, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.run_sequences(at timestamptz DEFAULT now(), most integer DEFAULT 5000, location_id text DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    -- planning a step's queries takes longer than the step
    SET plan_cache_mode = force_generic_plan
AS $fn$
DECLARE
    due record;
    result text;
    counts jsonb := '{}';
BEGIN
    FOR due IN SELECT e.location_id, e.enrollment_id, e.lead_id FROM jorge.enrollment e
                WHERE e.state = 'active' AND e.next_at <= $1 AND ($3 IS NULL OR e.location_id = $3) ORDER BY e.next_at LIMIT $2
    LOOP
        BEGIN
            result := coalesce(jorge.run_step(due.enrollment_id, $1, due.location_id), 'busy');
        EXCEPTION WHEN query_canceled OR serialization_failure OR deadlock_detected THEN
            RAISE;
        WHEN OTHERS THEN
            result := 'failed';
            UPDATE jorge.enrollment e SET last_error = left(SQLERRM, 500), next_at = $1 + interval '1 hour'
             WHERE e.location_id = due.location_id AND e.enrollment_id = due.enrollment_id;
            INSERT INTO jorge.error (location_id, context, ref, sqlstate, message) VALUES (due.location_id, 'sequence', due.enrollment_id, SQLSTATE, left(SQLERRM, 500));
        END;
        counts := counts || jsonb_build_object(result, coalesce((counts ->> result)::bigint, 0) + 1);
    END LOOP;
    -- those that wait for nothing any more
    FOR due IN SELECT e.location_id, e.enrollment_id, e.lead_id FROM jorge.enrollment e
                WHERE e.state = 'paused' AND e.expires_at <= $1 AND ($3 IS NULL OR e.location_id = $3) LIMIT $2
    LOOP
        PERFORM jorge.cancel_lead(due.lead_id, 'expired', NULL, due.location_id, due.enrollment_id);
        UPDATE jorge.enrollment e SET state = 'expired', reason = 'expired', ended_at = $1, next_step = NULL, next_at = NULL
         WHERE e.location_id = due.location_id AND e.enrollment_id = due.enrollment_id AND e.state = 'paused';
        counts := counts || jsonb_build_object('expired', coalesce((counts ->> 'expired')::bigint, 0) + 1);
    END LOOP;
    RETURN counts;
END
$fn$;
COMMENT ON FUNCTION jorge.run_sequences(timestamptz, integer, text) IS
    'Takes every step that is due at a moment (of one location, or all) and returns counts: queued, skipped, expired, finished, planned, busy, failed (in jorge.error; tried again in an hour). The job "sequences" runs it each minute. At a later time than now it shows what would happen; roll it back.';
REVOKE ALL ON FUNCTION jorge.run_sequences(timestamptz, integer, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.preview(days integer DEFAULT 7, location_id text DEFAULT jorge.current_location(), from_at timestamptz DEFAULT now())
    RETURNS TABLE (at timestamptz, lead_id uuid, name text, sequence text, step integer, channel text, text text, note text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    found record;
    place record;
    times record;
    filled record;
    verdict record;
BEGIN
    FOR found IN SELECT e, l, s FROM jorge.enrollment e
                   JOIN jorge.lead l ON l.location_id = e.location_id AND l.lead_id = e.lead_id, LATERAL jorge.steps_of(e.sequence, e.location_id) s
                  WHERE e.location_id = $2 AND e.state = 'active' AND s.step >= e.next_step AND e.expires_at > $3
                    AND e.started_at + (s.day - 2) * interval '1 day' < $3 + $1 * interval '1 day'
    LOOP
        place := jorge.person_place((found.l).phone, (found.l).state, (found.l).country, (found.l).time_zone, $2);
        times := jorge.step_time(found.s, (found.e).started_at, place, $3, $2);
        CONTINUE WHEN coalesce(times.due_at, times.planned) >= $3 + $1 * interval '1 day';
        at := coalesce(times.due_at, times.planned);
        lead_id := (found.l).lead_id; name := (found.l).name; sequence := (found.e).sequence; step := (found.s).step; channel := (found.s).channel; text := NULL; note := NULL;
        IF (found.s).condition IS NOT NULL AND NOT jorge.condition_met((found.s).condition, jorge.follow_up_facts(found.l)) THEN
            note := 'skipped: condition';
        ELSIF times.due_at IS NULL THEN
            note := 'skipped: its window has no lawful hour';
        ELSIF (found.s).on_miss = 'skip' AND times.due_at >= times.missed_at THEN
            note := 'skipped: misses its window';
        ELSE
            verdict := jorge.send_rule($2, lead_id, channel, at);
            IF verdict.decision <> 'send' THEN
                note := concat_ws(' ', verdict.decision || ':', verdict.rule, verdict.until);
            END IF;
            BEGIN
                filled := jorge.render_for(lead_id, (found.s).template, $2, (found.e).language);
                text := coalesce(filled.payload ->> 'message', filled.payload ->> 'title', filled.payload ->> 'subject', filled.payload::text);
            EXCEPTION WHEN no_data_found OR undefined_object THEN
                note := concat_ws('; ', note, SQLERRM);
            END;
        END IF;
        RETURN NEXT;
    END LOOP;
    RETURN QUERY SELECT o.due_at, o.lead_id, l.name, e.sequence, NULL::integer, o.channel,
                        coalesce(o.payload ->> 'message', o.payload ->> 'title', o.payload ->> 'subject', o.payload::text), concat_ws(' ', o.state, o.reason, o.rule)
                   FROM jorge.outbox o JOIN jorge.lead l ON l.location_id = o.location_id AND l.lead_id = o.lead_id
                   LEFT JOIN jorge.enrollment e ON e.location_id = o.location_id AND e.enrollment_id = o.sequence_enrollment_id
                  WHERE o.location_id = $2 AND o.state IN ('pending', 'held') AND o.due_at < $3 + $1 * interval '1 day';
END
$fn$;
COMMENT ON FUNCTION jorge.preview(integer, text, timestamptz) IS
    'What would be sent to whom in the next days as things stand: steps to come, with their text, and what waits in the outbox (step NULL). note: why not, or not then. A reply, an opt-out or a cap reached meanwhile changes it.';
REVOKE ALL ON FUNCTION jorge.preview(integer, text, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.prune_follow_up(keep interval DEFAULT '400 days', location_id text DEFAULT jorge.current_location()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    removed bigint;
    more bigint;
BEGIN
    IF keep IS NULL OR keep < interval '90 days' THEN
        RAISE EXCEPTION 'enrolments and decisions are kept for 90 days at least' USING ERRCODE = 'invalid_parameter_value', HINT = 'Caps and rules of enrolment read them.';
    END IF;
    DELETE FROM jorge.enrollment e WHERE e.location_id = $2 AND e.ended_at < now() - keep;
    GET DIAGNOSTICS removed = ROW_COUNT;
    DELETE FROM jorge.send_decision d WHERE d.location_id = $2 AND d.at < now() - keep;
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN removed + more;
END
$fn$;
COMMENT ON FUNCTION jorge.prune_follow_up(interval, text) IS 'Removes enrolments that ended, and decisions of the send gate, longer ago than keep (90 days at least); consents stay. Returns how many rows.';
REVOKE ALL ON FUNCTION jorge.prune_follow_up(interval, text) FROM PUBLIC;
