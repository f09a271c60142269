-- Qualification, answers to messages, appointments.

-- appointments

CREATE TABLE IF NOT EXISTS jorge.appointment (
    location_id    text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    appointment_id uuid NOT NULL DEFAULT jorge.new_id(),
    lead_id        uuid NOT NULL,
    provider       text,
    provider_ref   text,
    title          text,
    place          text,
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz,
    state          text NOT NULL DEFAULT 'set' CHECK (state IN ('set', 'held', 'no_show', 'cancelled')),
    moves          integer NOT NULL DEFAULT 0,
    first_start    timestamptz,
    set_at         timestamptz NOT NULL DEFAULT now(),
    decided_at     timestamptz,
    told_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, appointment_id),
    UNIQUE (location_id, provider, provider_ref)
);
CREATE INDEX IF NOT EXISTS appointment_lead_idx ON jorge.appointment (lead_id, location_id);
COMMENT ON TABLE jorge.appointment IS 'Appointments. Setting one that is still to come ends sequences that stop on it and puts reminders into the outbox; moving it moves them.';
COMMENT ON COLUMN jorge.appointment.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.appointment.appointment_id IS 'Id.';
COMMENT ON COLUMN jorge.appointment.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.appointment.provider IS 'Calendar it came from, e.g. ghl.';
COMMENT ON COLUMN jorge.appointment.provider_ref IS 'Its id there.';
COMMENT ON COLUMN jorge.appointment.title IS 'Title.';
COMMENT ON COLUMN jorge.appointment.place IS 'Where; the reminder says it.';
COMMENT ON COLUMN jorge.appointment.starts_at IS 'When.';
COMMENT ON COLUMN jorge.appointment.ends_at IS 'Until when.';
COMMENT ON COLUMN jorge.appointment.state IS 'set, held, no_show or cancelled.';
COMMENT ON COLUMN jorge.appointment.moves IS 'Times it was moved.';
COMMENT ON COLUMN jorge.appointment.first_start IS 'When it was to be at first; NULL = it was never moved.';
COMMENT ON COLUMN jorge.appointment.set_at IS 'When it was made.';
COMMENT ON COLUMN jorge.appointment.decided_at IS 'When it was held, missed or cancelled.';
COMMENT ON COLUMN jorge.appointment.told_at IS 'Time of the news that last changed it; older news never does.';

CREATE OR REPLACE FUNCTION jorge.appointment_time(at timestamptz, lead jorge.lead, language text DEFAULT 'en') RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET lc_time = 'C'
AS $fn$
DECLARE
    zones text[] := (jorge.person_place(lead.phone, lead.state, lead.country, lead.time_zone, lead.location_id)).zones;
    zone text;
    clock timestamp;
BEGIN
    -- one zone: the person's clock; else the office's, and it is said which
    zone := CASE WHEN cardinality(zones) = 1 THEN zones[1] ELSE coalesce((SELECT o.time_zone FROM jorge.location o WHERE o.location_id = lead.location_id), 'America/Chicago') END;
    clock := at AT TIME ZONE zone;
    RETURN CASE $3 WHEN 'es' THEN format('%s %s de %s a las %s',
                        ('{lunes,martes,miércoles,jueves,viernes,sábado,domingo}'::text[])[extract(isodow FROM clock)::integer], extract(day FROM clock)::integer,
                        ('{enero,febrero,marzo,abril,mayo,junio,julio,agosto,septiembre,octubre,noviembre,diciembre}'::text[])[extract(month FROM clock)::integer], to_char(clock, 'FMHH12:MI AM'))
                        ELSE to_char(clock, 'FMDay, FMMonth FMDD "at" FMHH12:MI AM') END
           || CASE WHEN cardinality(zones) = 1 THEN '' ELSE format(' (%s)', replace(split_part(zone, '/', 2), '_', ' ')) END;
END
$fn$;
COMMENT ON FUNCTION jorge.appointment_time(timestamptz, jorge.lead, text) IS 'A moment as it is written to a person, by their own clock where it is known, else the office''s, which is then named. English or Spanish.';

CREATE TABLE IF NOT EXISTS jorge.reminder_rule (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    minutes     integer NOT NULL CHECK (minutes BETWEEN 5 AND 20160),
    template    text NOT NULL DEFAULT 'reminder',
    PRIMARY KEY (location_id, minutes)
);
COMMENT ON TABLE jorge.reminder_rule IS 'Reminders before appointments. A location with rows of its own has only those.';
COMMENT ON COLUMN jorge.reminder_rule.location_id IS 'Tenant; "*" = all (shipped).';
COMMENT ON COLUMN jorge.reminder_rule.minutes IS 'So many minutes before the start.';
COMMENT ON COLUMN jorge.reminder_rule.template IS 'Name in jorge.template.';
INSERT INTO jorge.reminder_rule (location_id, minutes) SELECT '*', m FROM unnest('{1440,60}'::integer[]) m
 WHERE NOT EXISTS (SELECT FROM jorge.reminder_rule WHERE location_id = '*');

-- the reminders of an appointment, whoever's it is now
CREATE INDEX IF NOT EXISTS outbox_reminder_idx ON jorge.outbox (split_part(dedupe_key, ':', 2)) WHERE dedupe_key LIKE 'reminder:%';

CREATE OR REPLACE FUNCTION jorge.plan_reminder(appointment jorge.appointment, lead jorge.lead, rule jorge.reminder_rule) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    due timestamptz := appointment.starts_at - rule.minutes * interval '1 minute';
    first_key text := format('reminder:%s:%s:%s', appointment.appointment_id, extract(epoch FROM appointment.starts_at)::bigint, rule.minutes);
    key text := first_key;
    turn integer := 1;
    id bigint;
    waiting bigint;
    written text;
    filled record;
BEGIN
    -- a key is used once: the same reminder, planned again after it was cancelled, has a number behind it
    LOOP
        SELECT k.outbox_id INTO id FROM jorge.outbox_key k WHERE k.location_id = appointment.location_id AND k.dedupe_key = key;
        EXIT WHEN NOT FOUND;
        -- nobody is reminded twice of one start
        IF EXISTS (SELECT FROM jorge.outbox_done d WHERE d.outbox_id = id AND d.location_id || '' = appointment.location_id AND d.state = 'sent') THEN
            RETURN NULL;
        END IF;
        UPDATE jorge.outbox o SET stop_reason = nullif(o.stop_reason, 'the appointment changed')
         WHERE o.location_id = appointment.location_id AND o.outbox_id = id AND o.state IN ('sending', 'unknown');
        IF FOUND THEN
            RETURN NULL;
        END IF;
        SELECT o.outbox_id INTO waiting FROM jorge.outbox o WHERE o.location_id = appointment.location_id AND o.outbox_id = id;
        EXIT WHEN FOUND;
        turn := turn + 1;
        key := first_key || ':' || turn;
    END LOOP;
    -- one that is due already: the next one is enough
    IF waiting IS NULL AND due <= now() THEN
        RETURN NULL;
    END IF;
    written := (jorge.pick_template(rule.template, jorge.lead_language(lead.language), appointment.location_id)).language;
    filled := jorge.render_for(lead.lead_id, rule.template, appointment.location_id, written, NULL,
                               jsonb_strip_nulls(jsonb_build_object('appointment_at', jorge.appointment_time(appointment.starts_at, lead, written),
                                                                    'appointment_place', left(appointment.place, 100))));
    IF waiting IS NULL THEN
        RETURN jorge.enqueue(appointment.location_id, lead.lead_id, filled.channel, filled.endpoint, filled.payload, 90, due, key, appointment.starts_at - interval '5 minutes');
    END IF;
    WITH changed AS (
        UPDATE jorge.outbox o SET lead_id = lead.lead_id, channel = filled.channel, endpoint = filled.endpoint, payload = filled.payload
         WHERE o.location_id = appointment.location_id AND o.outbox_id = waiting
           AND (o.lead_id, o.channel, o.endpoint, o.payload) IS DISTINCT FROM (lead.lead_id, filled.channel, filled.endpoint, filled.payload) RETURNING o.*)
    INSERT INTO jorge.outbox_log (location_id, outbox_id, lead_id, kind, decision, until, reason)
    SELECT c.location_id, c.outbox_id, c.lead_id, 'state', c.state, c.due_at, 'the appointment changed' FROM changed c;
    RETURN waiting;
END
$fn$;
COMMENT ON FUNCTION jorge.plan_reminder(jorge.appointment, jorge.lead, jorge.reminder_rule) IS
    'Puts one reminder of an appointment into the outbox, or brings the one that waits there up to date, and returns its delivery; NULL if it was sent for this start, is on its way, or was due before. Errors: those of jorge.render_for() and jorge.enqueue().';
REVOKE ALL ON FUNCTION jorge.plan_reminder(jorge.appointment, jorge.lead, jorge.reminder_rule) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.cancel_reminders(appointment jorge.appointment, planned bigint[] DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    -- by its own index, also by a plan saved while the outbox was empty
    SET enable_seqscan = off
AS $fn$
BEGIN
    PERFORM jorge.cancel(o.outbox_id, 'the appointment changed', appointment.location_id)
       FROM (SELECT b.outbox_id FROM jorge.outbox b
              WHERE b.location_id || '' = appointment.location_id AND b.dedupe_key LIKE 'reminder:%' AND split_part(b.dedupe_key, ':', 2) = appointment.appointment_id::text
                AND b.outbox_id <> ALL ($2)
                -- one on its way says what is right if its start still is
                AND (b.state IN ('pending', 'held') OR appointment.state <> 'set'
                     OR split_part(b.dedupe_key, ':', 3) <> round(extract(epoch FROM appointment.starts_at))::text)
              ORDER BY b.outbox_id OFFSET 0) o;
END
$fn$;
COMMENT ON FUNCTION jorge.cancel_reminders(jorge.appointment, bigint[]) IS 'Cancels the reminders of an appointment but for some; of those on their way the ones of another start, or of all if it is not set any more, are not sent again.';
REVOKE ALL ON FUNCTION jorge.cancel_reminders(jorge.appointment, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.plan_reminders(appointment jorge.appointment) RETURNS integer
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    lead jorge.lead;
    r jorge.reminder_rule;
    planned bigint[] := '{}';
BEGIN
    PERFORM jorge.locked_lead(appointment.lead_id, appointment.location_id);
    lead := jorge.stored_lead(appointment.lead_id, appointment.location_id);
    FOR r IN SELECT m.* FROM jorge.reminder_rule m
              WHERE appointment.state = 'set'
                AND m.location_id = CASE WHEN EXISTS (SELECT FROM jorge.reminder_rule o WHERE o.location_id = appointment.location_id) THEN appointment.location_id ELSE '*' END
              ORDER BY m.minutes DESC
    LOOP
        BEGIN
            planned := planned || jorge.plan_reminder(appointment, lead, r);
        EXCEPTION WHEN query_canceled OR serialization_failure OR deadlock_detected THEN
            RAISE;
        WHEN OTHERS THEN
            -- the appointment is worth more than its reminder
            INSERT INTO jorge.error (location_id, context, ref, sqlstate, message, hint)
            VALUES (appointment.location_id, 'reminder', appointment.appointment_id, SQLSTATE, left(SQLERRM, 500), CASE WHEN SQLSTATE = 'P0002' THEN 'jorge.voice says who writes.' END);
        END;
    END LOOP;
    planned := array_remove(planned, NULL);
    PERFORM jorge.cancel_reminders(appointment, planned);
    RETURN cardinality(planned);
END
$fn$;
COMMENT ON FUNCTION jorge.plan_reminders(jorge.appointment) IS
    'Makes the reminders that wait in the outbox those of the appointment as it is now: none if it is not set, none of a start that one was sent for, each once, in today''s words. Returns how many wait. They go through the send gate and expire five minutes before the start.';
REVOKE ALL ON FUNCTION jorge.plan_reminders(jorge.appointment) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.appointment_told(appointment jorge.appointment) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    -- one that is over was imported: it says nothing of whoever is followed up now
    IF appointment.state = 'set' AND appointment.starts_at > now() THEN
        PERFORM jorge.stop_follow_up(appointment.lead_id, 'booked', appointment.location_id);
    END IF;
    PERFORM jorge.plan_reminders(appointment);
END
$fn$;
COMMENT ON FUNCTION jorge.appointment_told(jorge.appointment) IS 'What follows when an appointment is set, moved or decided: sequences end if it is still to come (booked), reminders are planned anew.';
REVOKE ALL ON FUNCTION jorge.appointment_told(jorge.appointment) FROM PUBLIC;

CREATE OR REPLACE TRIGGER sequences AFTER INSERT OR UPDATE OF state, starts_at, lead_id, place ON jorge.appointment
    FOR EACH ROW EXECUTE FUNCTION jorge.tell_follow_up('appointment_told', '', '');
COMMENT ON TRIGGER sequences ON jorge.appointment IS 'Ends sequences and plans reminders: jorge.appointment_told().';

CREATE OR REPLACE FUNCTION jorge.appointment_deleted(appointment jorge.appointment) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM jorge.locked_lead(appointment.lead_id, appointment.location_id);
    appointment.state := 'cancelled';
    PERFORM jorge.cancel_reminders(appointment);
END
$fn$;
COMMENT ON FUNCTION jorge.appointment_deleted(jorge.appointment) IS 'What follows when an appointment is deleted: it reminds nobody.';
REVOKE ALL ON FUNCTION jorge.appointment_deleted(jorge.appointment) FROM PUBLIC;

CREATE OR REPLACE TRIGGER deleted AFTER DELETE ON jorge.appointment FOR EACH ROW EXECUTE FUNCTION jorge.tell_follow_up('appointment_deleted', '', '');
COMMENT ON TRIGGER deleted ON jorge.appointment IS 'Cancels its reminders: jorge.appointment_deleted().';

CREATE OR REPLACE FUNCTION jorge.set_appointment(lead_id uuid, starts_at timestamptz, ends_at timestamptz DEFAULT NULL, title text DEFAULT NULL, place text DEFAULT NULL, state text DEFAULT 'set',
                                                 provider text DEFAULT NULL, provider_ref text DEFAULT NULL, told_at timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    lead jorge.lead;
    id uuid;
BEGIN
    PERFORM jorge.locked_lead($1, $10);
    lead := jorge.stored_lead($1, $10);
    INSERT INTO jorge.appointment AS a (location_id, lead_id, provider, provider_ref, title, place, starts_at, ends_at, state, told_at, decided_at)
    VALUES ($10, lead.lead_id, $7, $8, left($4, 300), left($5, 300), $2, $3, coalesce($6, 'set'), $9, CASE WHEN $6 <> 'set' THEN $9 END)
    ON CONFLICT (location_id, provider, provider_ref) DO UPDATE
       SET lead_id = EXCLUDED.lead_id, title = coalesce(EXCLUDED.title, a.title), place = coalesce(EXCLUDED.place, a.place), starts_at = EXCLUDED.starts_at,
           ends_at = EXCLUDED.ends_at, state = EXCLUDED.state, told_at = EXCLUDED.told_at,
           moves = a.moves + (EXCLUDED.starts_at <> a.starts_at)::integer,
           first_start = CASE WHEN EXCLUDED.starts_at <> a.starts_at THEN coalesce(a.first_start, a.starts_at) ELSE a.first_start END,
           decided_at = CASE WHEN EXCLUDED.state = 'set' THEN NULL WHEN EXCLUDED.state <> a.state THEN EXCLUDED.told_at ELSE a.decided_at END
     WHERE a.told_at <= EXCLUDED.told_at
    RETURNING a.appointment_id INTO id;
    IF id IS NULL THEN
        SELECT a.appointment_id INTO id FROM jorge.appointment a WHERE a.location_id = $10 AND a.provider = $7 AND a.provider_ref = $8;
    END IF;
    RETURN id;
END
$fn$;
COMMENT ON FUNCTION jorge.set_appointment(uuid, timestamptz, timestamptz, text, text, text, text, text, timestamptz, text) IS
    'Makes an appointment, or changes the one with the provider''s id: another starts_at moves it, state decides it (set, held, no_show, cancelled). News older than what is stored changes nothing. Returns its id. Errors: P0002 unknown lead, 23514 unknown state.';
REVOKE ALL ON FUNCTION jorge.set_appointment(uuid, timestamptz, timestamptz, text, text, text, text, text, timestamptz, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.decide_appointment(appointment_id uuid, state text, location_id text DEFAULT jorge.current_location()) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM FROM jorge.lead l JOIN jorge.appointment a ON a.location_id = l.location_id AND a.lead_id = l.lead_id
      WHERE a.location_id = $3 AND a.appointment_id = $1 FOR NO KEY UPDATE OF l;
    UPDATE jorge.appointment a SET state = $2, decided_at = CASE WHEN $2 <> 'set' THEN now() END, told_at = now() WHERE a.location_id = $3 AND a.appointment_id = $1 AND a.state <> $2;
    RETURN FOUND;
END
$fn$;
COMMENT ON FUNCTION jorge.decide_appointment(uuid, text, text) IS 'Says how an appointment went: held, no_show, cancelled (or set again). False if there is no such, or it is so already.';
REVOKE ALL ON FUNCTION jorge.decide_appointment(uuid, text, text) FROM PUBLIC;

CREATE OR REPLACE VIEW jorge.show_rate WITH (security_invoker = true) AS
    SELECT a.location_id, date_trunc('month', a.starts_at AT TIME ZONE 'UTC')::date AS month, coalesce(l.first_source, 'unknown') AS source,
           count(*) AS appointments, count(*) FILTER (WHERE a.state = 'held') AS held, count(*) FILTER (WHERE a.state = 'no_show') AS no_show,
           count(*) FILTER (WHERE a.state = 'cancelled') AS cancelled, count(*) FILTER (WHERE a.state = 'set' AND a.starts_at < now()) AS undecided,
           count(*) FILTER (WHERE a.moves > 0) AS moved,
           count(*) FILTER (WHERE a.state = 'held')::float8 / nullif(count(*) FILTER (WHERE a.state IN ('held', 'no_show')), 0) AS show_rate
      FROM jorge.appointment a LEFT JOIN jorge.lead l ON l.location_id = a.location_id AND l.lead_id = jorge.lead_alias(a.lead_id, a.location_id)
     GROUP BY 1, 2, 3;
COMMENT ON VIEW jorge.show_rate IS 'Appointments by month of their start (UTC) and source, and how many were kept.';
COMMENT ON COLUMN jorge.show_rate.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.show_rate.month IS 'First day of the month.';
COMMENT ON COLUMN jorge.show_rate.source IS 'First source of the lead.';
COMMENT ON COLUMN jorge.show_rate.appointments IS 'All of them.';
COMMENT ON COLUMN jorge.show_rate.held IS 'The lead came.';
COMMENT ON COLUMN jorge.show_rate.no_show IS 'The lead did not.';
COMMENT ON COLUMN jorge.show_rate.cancelled IS 'Called off before.';
COMMENT ON COLUMN jorge.show_rate.undecided IS 'Over, and nobody has said how it went.';
COMMENT ON COLUMN jorge.show_rate.moved IS 'Moved at least once.';
COMMENT ON COLUMN jorge.show_rate.show_rate IS 'held / (held + no_show), 0 ... 1; NULL = none is decided.';

-- questions

CREATE TABLE IF NOT EXISTS jorge.question_variant (
    location_id   text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    side          text NOT NULL CHECK (side IN ('buyer', 'seller')),
    question      text NOT NULL,
    language      text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'es')),
    confrontation float8 NOT NULL CHECK (confrontation BETWEEN 0 AND 1),
    asks          text NOT NULL,
    PRIMARY KEY (location_id, side, question, language, confrontation)
);
COMMENT ON TABLE jorge.question_variant IS 'The core questions (jorge.core_question, whose own words count as 0.3) in other tones: what is nearest to the location''s jorge.voice.confrontation is asked.';
COMMENT ON COLUMN jorge.question_variant.location_id IS 'Tenant; "*" = all (shipped).';
COMMENT ON COLUMN jorge.question_variant.side IS 'buyer or seller.';
COMMENT ON COLUMN jorge.question_variant.question IS 'Short name, as in jorge.core_question.';
COMMENT ON COLUMN jorge.question_variant.language IS 'en or es.';
COMMENT ON COLUMN jorge.question_variant.confrontation IS 'Tone 0 (gentle) ... 1 (blunt).';
COMMENT ON COLUMN jorge.question_variant.asks IS 'The question as it is asked.';
INSERT INTO jorge.question_variant (location_id, side, question, language, confrontation, asks)
SELECT '*', v.*
  FROM (VALUES
    ('buyer', 'budget', 'en', 0.5, 'What is the most you want to spend?'),
    ('buyer', 'budget', 'en', 0.7, 'What is your real number, the most you would sign for?'),
    ('buyer', 'budget', 'en', 0.9, 'Give me one number: what is your limit?'),
    ('buyer', 'timeline', 'en', 0.5, 'By when do you need to be in?'),
    ('buyer', 'timeline', 'en', 0.7, 'When are you moving: this month, this quarter, or someday?'),
    ('buyer', 'timeline', 'en', 0.9, 'Are you moving in the next 90 days, yes or no?'),
    ('buyer', 'financing', 'en', 0.5, 'Are you pre-approved, paying cash, or not there yet?'),
    ('buyer', 'financing', 'en', 0.7, 'Do you have a pre-approval letter today, or do you need my lender?'),
    ('buyer', 'financing', 'en', 0.9, 'Without a pre-approval no seller listens. Do you have one?'),
    ('buyer', 'area', 'en', 0.5, 'Which two areas are at the top of your list?'),
    ('buyer', 'area', 'en', 0.7, 'Where exactly, and what is out of the question?'),
    ('buyer', 'area', 'en', 0.9, 'Name one area you would sign in this week.'),
    ('seller', 'motivation', 'en', 0.5, 'What has to change that makes you sell?'),
    ('seller', 'motivation', 'en', 0.7, 'Why sell now and not next year?'),
    ('seller', 'motivation', 'en', 0.9, 'If it does not sell, what happens to you?'),
    ('seller', 'timeline', 'en', 0.5, 'By what date must it be sold?'),
    ('seller', 'timeline', 'en', 0.7, 'Could you close within 30 to 45 days if the number is right?'),
    ('seller', 'timeline', 'en', 0.9, '30 days: could you be out, yes or no?'),
    ('seller', 'condition', 'en', 0.5, 'Move-in ready, or what would a buyer fix first?'),
    ('seller', 'condition', 'en', 0.7, 'Be straight with me: what is wrong with the house?'),
    ('seller', 'condition', 'en', 0.9, 'What will the inspector find?'),
    ('seller', 'price', 'en', 0.5, 'What price would you be happy with?'),
    ('seller', 'price', 'en', 0.7, 'What is the least you would take today?'),
    ('seller', 'price', 'en', 0.9, 'One number: at what price do you sign today?'),
    ('buyer', 'budget', 'es', 0.5, '¿Cuál es su presupuesto máximo?'), ('buyer', 'timeline', 'es', 0.5, '¿Para cuándo quiere mudarse?'),
    ('buyer', 'financing', 'es', 0.5, '¿Ya tiene preaprobación o paga en efectivo?'), ('buyer', 'area', 'es', 0.5, '¿Qué zona prefiere?'),
    ('seller', 'motivation', 'es', 0.5, '¿Por qué quiere vender?'), ('seller', 'timeline', 'es', 0.5, '¿Para cuándo quiere haber vendido?'),
    ('seller', 'condition', 'es', 0.5, '¿En qué estado está la casa?'), ('seller', 'price', 'es', 0.5, '¿Qué precio tiene en mente?')) v(side, question, language, confrontation, asks)
 WHERE NOT EXISTS (SELECT FROM jorge.question_variant WHERE location_id = '*');

CREATE OR REPLACE FUNCTION jorge.lead_questions(lead_id uuid, location_id text DEFAULT jorge.current_location(), language text DEFAULT NULL, confrontation float8 DEFAULT NULL)
    RETURNS TABLE ("position" bigint, side text, question text, asks text, is_answered boolean, answer text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    lead jorge.lead := jorge.stored_lead($1, $2);
    said text := coalesce($3, jorge.lead_language(lead.language));
    tone float8 := coalesce($4, (SELECT v.confrontation FROM jorge.voice v WHERE v.location_id = $2), 0.5);
    answered text[] := ARRAY(SELECT a.question FROM jorge.lead_answer a WHERE a.location_id = $2 AND a.lead_id = lead.lead_id);
BEGIN
    RETURN QUERY
    SELECT q."position", q.side, q.question,
           coalesce((SELECT v.asks FROM (SELECT w.asks, w.confrontation, w.location_id, w.language FROM jorge.question_variant w
                                          WHERE w.side = q.side AND w.question = q.question AND w.location_id IN ($2, '*') AND w.language IN (said, 'en')
                                         UNION ALL SELECT q.asks, 0.3, '*', 'en') v
                      ORDER BY v.language <> said, abs(v.confrontation - tone), v.location_id = '*' LIMIT 1), q.asks),
           q.is_answered, (SELECT a.answer FROM jorge.lead_answer a WHERE a.location_id = $2 AND a.lead_id = lead.lead_id AND a.question = q.question)
      FROM jorge.core_questions(jorge.lead_features(lead), answered, $2) q
     ORDER BY q."position";
END
$fn$;
COMMENT ON FUNCTION jorge.lead_questions(uuid, text, text, float8) IS
    'The core questions of a lead in the order to ask them, in its language and the tone given (default: jorge.voice), and whether messages, fields or jorge.lead_answer answer them. ERROR P0002 unknown lead.';

CREATE OR REPLACE FUNCTION jorge.next_question(lead_id uuid, location_id text DEFAULT jorge.current_location(), language text DEFAULT NULL, confrontation float8 DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT jsonb_build_object('question', q.question, 'side', q.side, 'asks', q.asks, 'answered', q.answered, 'questions', q.questions)
      FROM (SELECT p.*, count(*) FILTER (WHERE p.is_answered) OVER () AS answered, count(*) OVER () AS questions FROM jorge.lead_questions($1, $2, $3, $4) p) q
     WHERE NOT q.is_answered ORDER BY q."position" LIMIT 1
$fn$;
COMMENT ON FUNCTION jorge.next_question(uuid, text, text, float8) IS
    'The core question to ask a lead next: {question, side, asks, answered, questions}; NULL when all are answered. Language of the lead and tone of the location unless given. ERROR P0002 unknown lead.';

CREATE OR REPLACE FUNCTION jorge.qualification(lead_id uuid, location_id text DEFAULT jorge.current_location(), OUT frs float8, OUT pcs float8, OUT temperature text, OUT answered integer,
                                               OUT questions integer, OUT next_question text, OUT asks text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    lead jorge.lead := jorge.stored_lead($1, $2);
    rules record;
BEGIN
    rules := jorge.rule_score(jorge.lead_features(lead), $2);
    frs := rules.frs; pcs := rules.pcs; temperature := rules.temperature;
    SELECT count(*) FILTER (WHERE q.is_answered), count(*), (array_agg(q.question ORDER BY q."position") FILTER (WHERE NOT q.is_answered))[1],
           (array_agg(q.asks ORDER BY q."position") FILTER (WHERE NOT q.is_answered))[1]
      INTO answered, questions, next_question, asks FROM jorge.lead_questions(lead.lead_id, $2) q;
END
$fn$;
COMMENT ON FUNCTION jorge.qualification(uuid, text) IS
    'How far a lead is qualified: financial readiness (frs) and commitment (pcs) 0 ... 100 and temperature by the rules (jorge.rule_score), core questions answered, and the next one. ERROR P0002 unknown lead.';

-- answers

CREATE TABLE IF NOT EXISTS jorge.reply_policy (
    location_id   text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    mode          text NOT NULL DEFAULT 'draft' CHECK (mode IN ('off', 'draft', 'send')),
    wait_low      integer NOT NULL DEFAULT 30 CHECK (wait_low BETWEEN 0 AND 86400),
    wait_high     integer NOT NULL DEFAULT 60,
    sms_template  text DEFAULT 'reply',
    email_template text DEFAULT 'reply_email',
    opt_out_scope text NOT NULL DEFAULT 'all' CHECK (opt_out_scope IN ('all', 'channel')),
    PRIMARY KEY (location_id),
    CHECK (wait_high BETWEEN wait_low AND 86400)
);
COMMENT ON TABLE jorge.reply_policy IS 'How messages are answered: a row a location; without one nobody is.';
COMMENT ON COLUMN jorge.reply_policy.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.reply_policy.mode IS 'off; draft (left for a person: jorge.reply, jorge.approve_reply, jorge.discard_reply); send (after the wait, through the send gate).';
COMMENT ON COLUMN jorge.reply_policy.wait_low IS 'Least wait before an answer, seconds: 0, 5 or 30 are usual.';
COMMENT ON COLUMN jorge.reply_policy.wait_high IS 'Longest wait, seconds: 0, 15 or 60; each answer''s is random between the two.';
COMMENT ON COLUMN jorge.reply_policy.sms_template IS 'Name in jorge.template; NULL = texts are not answered.';
COMMENT ON COLUMN jorge.reply_policy.email_template IS 'Name in jorge.template; NULL = e-mails are not answered.';
COMMENT ON COLUMN jorge.reply_policy.opt_out_scope IS 'What STOP ends: all (default), or only the channel it came by.';

CREATE TABLE IF NOT EXISTS jorge.reply (
    location_id    text NOT NULL,
    reply_id       uuid NOT NULL DEFAULT jorge.new_id(),
    lead_id        uuid NOT NULL,
    interaction_id uuid NOT NULL,
    asked_at       timestamptz NOT NULL,
    channel        text NOT NULL,
    endpoint       text NOT NULL,
    payload        jsonb NOT NULL,
    template       text,
    confrontation  float8,
    state          text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'queued', 'discarded')),
    outbox_id      bigint,
    made_at        timestamptz NOT NULL DEFAULT now(),
    decided_by     text,
    PRIMARY KEY (location_id, reply_id)
);
CREATE INDEX IF NOT EXISTS reply_lead_idx ON jorge.reply (lead_id, location_id);
COMMENT ON TABLE jorge.reply IS 'Answers drafted to messages.';
COMMENT ON COLUMN jorge.reply.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.reply.reply_id IS 'Id.';
COMMENT ON COLUMN jorge.reply.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.reply.interaction_id IS 'The message it answers.';
COMMENT ON COLUMN jorge.reply.asked_at IS 'When that came.';
COMMENT ON COLUMN jorge.reply.channel IS 'sms or email.';
COMMENT ON COLUMN jorge.reply.endpoint IS 'How it is sent.';
COMMENT ON COLUMN jorge.reply.payload IS 'The answer, as jorge.enqueue() takes it.';
COMMENT ON COLUMN jorge.reply.template IS 'Template it is made from.';
COMMENT ON COLUMN jorge.reply.confrontation IS 'Tone of the variant.';
COMMENT ON COLUMN jorge.reply.state IS 'draft (waits for a person), queued (in the outbox; see there what became of it), discarded.';
COMMENT ON COLUMN jorge.reply.outbox_id IS 'The delivery.';
COMMENT ON COLUMN jorge.reply.made_at IS 'When it was drafted.';
COMMENT ON COLUMN jorge.reply.decided_by IS 'Who approved or discarded it.';

CREATE OR REPLACE FUNCTION jorge.queue_reply(reply jorge.reply, wait interval) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    id bigint;
BEGIN
    id := jorge.enqueue(reply.location_id, reply.lead_id, reply.channel, reply.endpoint, reply.payload, 95, now() + wait, 'reply:' || reply.reply_id, now() + interval '24 hours');
    UPDATE jorge.reply r SET state = 'queued', outbox_id = id, payload = reply.payload WHERE r.location_id = reply.location_id AND r.reply_id = reply.reply_id;
    RETURN id;
END
$fn$;
COMMENT ON FUNCTION jorge.queue_reply(jorge.reply, interval) IS 'Puts an answer into the outbox, due after a wait; it expires after a day.';
REVOKE ALL ON FUNCTION jorge.queue_reply(jorge.reply, interval) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.draft_reply(said jorge.interaction) RETURNS uuid
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    policy jorge.reply_policy;
    who uuid := jorge.lead_alias(said.lead_id, said.location_id);
    name text;
    filled record;
    made jorge.reply;
BEGIN
    SELECT p.* INTO policy FROM jorge.reply_policy p WHERE p.location_id = said.location_id;
    name := CASE said.channel WHEN 'sms' THEN policy.sms_template WHEN 'email' THEN policy.email_template END;
    IF policy.mode IS NULL OR policy.mode = 'off' OR name IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE jorge.reply r SET state = 'discarded', decided_by = 'another message came' WHERE r.lead_id = who AND r.location_id || '' = said.location_id AND r.state = 'draft';
    filled := jorge.render_for(who, name, said.location_id);
    INSERT INTO jorge.reply (location_id, lead_id, interaction_id, asked_at, channel, endpoint, payload, template, confrontation)
    VALUES (said.location_id, who, said.interaction_id, said.at, filled.channel, filled.endpoint, filled.payload, name,
            (SELECT v.confrontation FROM jorge.voice v WHERE v.location_id = said.location_id))
    RETURNING * INTO made;
    IF policy.mode = 'send' THEN
        PERFORM jorge.queue_reply(made, (policy.wait_low + floor(random() * (policy.wait_high - policy.wait_low + 1))) * interval '1 second');
    END IF;
    RETURN made.reply_id;
EXCEPTION WHEN query_canceled OR serialization_failure OR deadlock_detected THEN
    RAISE;
WHEN OTHERS THEN
    -- what was said is worth more than the answer
    INSERT INTO jorge.error (location_id, context, ref, sqlstate, message) VALUES (said.location_id, 'reply', said.interaction_id, SQLSTATE, left(SQLERRM, 500));
    RETURN NULL;
END
$fn$;
COMMENT ON FUNCTION jorge.draft_reply(jorge.interaction) IS 'Drafts an answer to a message by jorge.reply_policy and, in mode send, puts it into the outbox. Earlier drafts are discarded. A failure is kept in jorge.error.';
REVOKE ALL ON FUNCTION jorge.draft_reply(jorge.interaction) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.approve_reply(reply_id uuid, text text DEFAULT NULL, location_id text DEFAULT jorge.current_location()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    r jorge.reply;
BEGIN
    SELECT d.* INTO r FROM jorge.reply d WHERE d.location_id = $3 AND d.reply_id = $1 AND d.state = 'draft' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'location "%" has no draft %', $3, $1 USING ERRCODE = 'no_data_found', HINT = 'See SELECT reply_id, lead_id, payload FROM jorge.reply WHERE state = ''draft''.';
    END IF;
    IF $2 !~ '[^[:space:]]' THEN
        RAISE EXCEPTION 'the answer has no text' USING ERRCODE = 'invalid_parameter_value', HINT = 'NULL sends the draft as it is, jorge.discard_reply() none.';
    END IF;
    IF $2 IS NOT NULL THEN
        r.payload := r.payload || jsonb_build_object(CASE r.channel WHEN 'email' THEN 'html' ELSE 'message' END, $2);
    END IF;
    UPDATE jorge.reply d SET decided_by = current_user WHERE d.location_id = $3 AND d.reply_id = $1;
    RETURN jorge.queue_reply(r, '0');
END
$fn$;
COMMENT ON FUNCTION jorge.approve_reply(uuid, text, text) IS 'Sends a draft, as it is or with another text, through the outbox; returns the delivery. Errors: P0002 if it is no draft, 22023 for a text without a word.';
REVOKE ALL ON FUNCTION jorge.approve_reply(uuid, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.discard_reply(reply_id uuid, location_id text DEFAULT jorge.current_location()) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    UPDATE jorge.reply d SET state = 'discarded', decided_by = current_user WHERE d.location_id = $2 AND d.reply_id = $1 AND d.state = 'draft';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'location "%" has no draft %', $2, $1 USING ERRCODE = 'no_data_found', HINT = 'One that is in the outbox is stopped by jorge.cancel(outbox_id).';
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.discard_reply(uuid, text) IS 'Discards a draft: it is not sent. ERROR P0002 if it is no draft.';
REVOKE ALL ON FUNCTION jorge.discard_reply(uuid, text) FROM PUBLIC;

CREATE OR REPLACE VIEW jorge.first_response WITH (security_invoker = true) AS
    SELECT l.location_id, l.lead_id, l.first_source AS source, l.first_seen_at, l.first_outbound_at,
           extract(epoch FROM l.first_outbound_at - l.first_seen_at)::float8 AS seconds
      FROM jorge.lead l WHERE l.first_seen_at IS NOT NULL AND (l.first_outbound_at IS NULL OR l.first_outbound_at >= l.first_seen_at);
COMMENT ON VIEW jorge.first_response IS 'How long each lead waited for our first word; leads we had written to before they came are left out.';
COMMENT ON COLUMN jorge.first_response.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.first_response.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.first_response.source IS 'First source.';
COMMENT ON COLUMN jorge.first_response.first_seen_at IS 'Arrival.';
COMMENT ON COLUMN jorge.first_response.first_outbound_at IS 'Our first message or call; NULL = none yet.';
COMMENT ON COLUMN jorge.first_response.seconds IS 'Between the two.';
