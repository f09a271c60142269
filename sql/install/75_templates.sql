-- What is written: templates, who writes, and the law's requirements of a text. A template that could fail or break a
-- rule is refused when it is defined, not when it is due.

CREATE TABLE IF NOT EXISTS jorge.voice (
    location_id     text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    agent_name      text,
    company_name    text,
    agent_phone     text,
    postal_address  text,
    unsubscribe_url text CHECK (unsubscribe_url ~ '^https://[^[:space:]<>"]+$'),
    booking_url     text CHECK (booking_url ~ '^https://[^[:space:]<>"]+$'),
    opt_out_en      text NOT NULL DEFAULT 'Reply STOP to opt out, HELP for help.' CHECK (opt_out_en ~* '\mstop\M'),
    opt_out_es      text NOT NULL DEFAULT 'Responda STOP para no recibir más, HELP para ayuda.' CHECK (opt_out_es ~* '\mstop\M'),
    confrontation   float8 NOT NULL DEFAULT 0.5 CHECK (confrontation BETWEEN 0 AND 1),
    PRIMARY KEY (location_id)
);
COMMENT ON TABLE jorge.voice IS 'Who writes, and how: one row a location. Follow-ups need one; e-mail needs postal_address and unsubscribe_url (CAN-SPAM).';
COMMENT ON COLUMN jorge.voice.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.voice.agent_name IS 'Who signs.';
COMMENT ON COLUMN jorge.voice.company_name IS 'The agency.';
COMMENT ON COLUMN jorge.voice.agent_phone IS 'Number to call.';
COMMENT ON COLUMN jorge.voice.postal_address IS 'Valid physical postal address, in every e-mail.';
COMMENT ON COLUMN jorge.voice.unsubscribe_url IS 'Where one unsubscribes by a click; the lead''s id is appended as ?lead= (or &lead=).';
COMMENT ON COLUMN jorge.voice.booking_url IS 'Where one books an appointment.';
COMMENT ON COLUMN jorge.voice.opt_out_en IS 'How to opt out of texts, English; names STOP.';
COMMENT ON COLUMN jorge.voice.opt_out_es IS 'The same in Spanish.';
COMMENT ON COLUMN jorge.voice.confrontation IS 'Tone, 0 (gentle) ... 1 (blunt): of a template''s variants the nearest one is used.';

CREATE TABLE IF NOT EXISTS jorge.template (
    location_id   text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    template      text NOT NULL,
    language      text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'es')),
    confrontation float8 NOT NULL DEFAULT 0.5 CHECK (confrontation BETWEEN 0 AND 1),
    channel       text NOT NULL CHECK (channel IN ('sms', 'email', 'call', 'tag', 'workflow', 'note')),
    purpose       text NOT NULL DEFAULT 'follow_up' CHECK (purpose IN ('follow_up', 'reply', 'reminder')),
    subject       text,
    body          text NOT NULL,
    active        boolean NOT NULL DEFAULT true,
    PRIMARY KEY (location_id, template, language, confrontation)
);
COMMENT ON TABLE jorge.template IS 'Texts with variables ({{first_name|there}}; jorge.template_variable lists them). A name has variants by language and tone; a location''s own rows of a name replace all shared ones of it. Refused: an unknown variable, one that may be missing and has no words to stand for it, an e-mail without {{postal_address}} and {{unsubscribe_url}}, a follow-up text without {{opt_out}}.';
COMMENT ON COLUMN jorge.template.location_id IS 'Tenant; "*" = all (shipped).';
COMMENT ON COLUMN jorge.template.template IS 'Name.';
COMMENT ON COLUMN jorge.template.language IS 'en or es; a lead whose language has no row gets English.';
COMMENT ON COLUMN jorge.template.confrontation IS 'Tone 0 (gentle) ... 1 (blunt).';
COMMENT ON COLUMN jorge.template.channel IS 'sms; email (body is HTML); call (subject and body of the task); tag (body is tags, comma-separated); workflow (body is its id); note.';
COMMENT ON COLUMN jorge.template.purpose IS 'follow_up, reply or reminder.';
COMMENT ON COLUMN jorge.template.subject IS 'Subject of an e-mail, title of a call task.';
COMMENT ON COLUMN jorge.template.body IS 'The text.';
COMMENT ON COLUMN jorge.template.active IS 'false = as if it were not there.';

CREATE OR REPLACE VIEW jorge.template_variable AS
    SELECT * FROM (VALUES
        ('first_name', true, 'Ann', 'First name of the person, if it looks like one'),
        ('name', true, 'Ann Lee', 'Full name'),
        ('area', true, 'Hyde Park', 'Area wished'),
        ('city', true, 'Austin', 'City'),
        ('budget', true, '$450,000', 'Budget: highest price wished, or the least'),
        ('property_type', true, 'condo', 'Property type wished'),
        ('bedrooms', true, '3', 'Bedrooms wished'),
        ('listing', true, '12 Oak St', 'Listing last asked about'),
        ('street', true, '12 Oak St', 'Street of the person'),
        ('source', true, 'Zillow', 'Where the person came from'),
        ('timeline', true, 'by March', 'When they want to move'),
        ('score', true, '87', 'Score, whole points'),
        ('class', true, 'HOT', 'HOT, WARM or COLD'),
        ('next_question', true, 'Are you pre-approved, or paying cash?', 'The core question to ask next (jorge.next_question)'),
        ('appointment_at', true, 'Tuesday, December 1 at 2:30 PM', 'When the next appointment is, by the person''s clock'),
        ('appointment_place', true, '12 Oak St', 'Where it is'),
        ('message', true, 'Can I tour it?', 'What the person wrote last'),
        ('phone', true, '(512) 555-2001', 'Phone as given'),
        ('email', true, 'ann@example.com', 'E-mail as given'),
        ('agent_name', false, 'Jorge', 'jorge.voice'),
        ('company_name', false, 'Jorge Realty', 'jorge.voice'),
        ('agent_phone', false, '(512) 555-0100', 'jorge.voice'),
        ('postal_address', false, '1 Main St, Austin, TX 78701', 'jorge.voice'),
        ('unsubscribe_url', false, 'https://example.com/u?lead=...', 'jorge.voice, with the lead'),
        ('booking_url', true, 'https://example.com/book', 'jorge.voice'),
        ('opt_out', false, 'Reply STOP to opt out, HELP for help.', 'jorge.voice, in the language of the text')) v(name, may_be_missing, sample, meaning);
COMMENT ON VIEW jorge.template_variable IS 'Variables of templates.';
COMMENT ON COLUMN jorge.template_variable.name IS 'Name, to be written {{name}}.';
COMMENT ON COLUMN jorge.template_variable.may_be_missing IS 'Not every person has it: a template must say what to write without, {{name|words}}.';
COMMENT ON COLUMN jorge.template_variable.sample IS 'A value as it looks.';
COMMENT ON COLUMN jorge.template_variable.meaning IS 'What it is.';

CREATE OR REPLACE FUNCTION jorge.check_template() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    written text := concat_ws(' ', NEW.subject, NEW.body);
    wrong text;
BEGIN
    SELECT string_agg(DISTINCT format('{{%s}}', v.name), ', ') INTO wrong FROM jorge.template_variables(written) v
     WHERE NOT EXISTS (SELECT FROM jorge.template_variable k WHERE k.name = v.name);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'template "%" has unknown variables: %', NEW.template, wrong USING ERRCODE = 'undefined_column',
            HINT = 'See SELECT * FROM jorge.template_variable.';
    END IF;
    SELECT string_agg(DISTINCT format('{{%s}}', v.name), ', ') INTO wrong FROM jorge.template_variables(written) v
      JOIN jorge.template_variable k ON k.name = v.name AND k.may_be_missing WHERE v.fallback IS NULL;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'template "%" does not say what to write where % is not known', NEW.template, wrong USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Write {{first_name|there}}, or {{first_name|}} for nothing.';
    END IF;
    SELECT string_agg(DISTINCT format('{{%s}}', v.name), ', ') INTO wrong FROM jorge.template_variables(written) v
     WHERE v.name IN ('opt_out', 'postal_address', 'unsubscribe_url') AND v.fallback IS NOT NULL;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'template "%" has a way round %', NEW.template, wrong USING ERRCODE = 'check_violation',
            HINT = 'The law asks for it: write it without |; nothing is sent while jorge.voice lacks it.';
    END IF;
    -- the gate is asked for the step's channel, so all variants of a name have one
    SELECT min(t.channel) INTO wrong FROM jorge.template t
     WHERE t.template = NEW.template AND (NEW.location_id = '*' OR t.location_id IN (NEW.location_id, '*')) AND t.channel <> NEW.channel
       AND (TG_OP = 'INSERT' OR (t.location_id, t.template, t.language, t.confrontation) <> (OLD.location_id, OLD.template, OLD.language, OLD.confrontation));
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'template "%" is for %, not %', NEW.template, wrong, NEW.channel USING ERRCODE = 'invalid_parameter_value',
            HINT = 'All languages and tones of a name have one channel; give this text another name.';
    END IF;
    IF EXISTS (SELECT FROM jorge.sequence_step s
                WHERE s.template = NEW.template AND (NEW.location_id = '*' OR s.location_id IN (NEW.location_id, '*'))
                  AND (s.channel <> NEW.channel OR NEW.channel IN ('sms', 'email') AND NEW.purpose <> 'follow_up')) THEN
        RAISE EXCEPTION 'template "%" is that of a step of jorge.sequence_step, as a follow-up by another channel', NEW.template USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give this text another name, or change the steps first.';
    END IF;
    IF btrim(NEW.body) = '' THEN
        RAISE EXCEPTION 'template "%" has no text', NEW.template USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NEW.channel IN ('email', 'call') AND coalesce(btrim(NEW.subject), '') = '' THEN
        RAISE EXCEPTION 'template "%" has no subject', NEW.template USING ERRCODE = 'invalid_parameter_value',
            HINT = 'An e-mail and a call task need one.';
    END IF;
    IF NEW.channel = 'email' AND NEW.purpose = 'follow_up' THEN
        SELECT string_agg(format('{{%s}}', n), ' and ') INTO wrong FROM unnest(ARRAY['postal_address', 'unsubscribe_url']) n
         WHERE n NOT IN (SELECT v.name FROM jorge.template_variables(NEW.body) v);
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'e-mail template "%" lacks %', NEW.template, wrong USING ERRCODE = 'check_violation',
                HINT = 'CAN-SPAM: every commercial e-mail has a postal address and a way to unsubscribe.';
        END IF;
    ELSIF NEW.channel = 'sms' AND NEW.purpose = 'follow_up' AND NOT EXISTS (SELECT FROM jorge.template_variables(NEW.body) v WHERE v.name = 'opt_out') THEN
        RAISE EXCEPTION 'text template "%" lacks {{opt_out}}', NEW.template USING ERRCODE = 'check_violation',
            HINT = 'A text that nobody asked for says how to opt out.';
    END IF;
    RETURN NEW;
END
$fn$;
COMMENT ON FUNCTION jorge.check_template() IS
    'Trigger on jorge.template: refuses what could fail or break a rule when it is due. ERROR 42601 (not a variable), 42703 (unknown variable), 22023 (may be missing; no text or subject), 23514 (the law''s requirements).';
REVOKE ALL ON FUNCTION jorge.check_template() FROM PUBLIC;

CREATE OR REPLACE TRIGGER check_template BEFORE INSERT OR UPDATE ON jorge.template FOR EACH ROW EXECUTE FUNCTION jorge.check_template();
COMMENT ON TRIGGER check_template ON jorge.template IS 'Refuses what could fail or break a rule when it is due.';

-- a text of before asked for a link that not everybody has
UPDATE jorge.template t SET body = replace(t.body, 'If it is right: {{booking_url}}', 'If it is right, tell me a day. {{booking_url|}}')
 WHERE t.location_id = '*' AND t.template = 'day_30' AND t.body LIKE '%If it is right: {{booking\_url}}%';

INSERT INTO jorge.template (location_id, template, language, confrontation, channel, purpose, subject, body)
SELECT '*', t.*
  FROM (VALUES
    ('day_3', 'en', 0.5, 'sms', 'follow_up', NULL, 'Hi {{first_name|there}}, {{agent_name}} with {{company_name}}. Still looking in {{area|the area}}? {{next_question|What would have to be true for you to move this year?}} {{opt_out}}'),
    ('day_3', 'en', 0.7, 'sms', 'follow_up', NULL, '{{first_name|Hi}}, {{agent_name}} with {{company_name}}. Straight question, so I don''t waste your time: {{next_question|are you moving this year or just looking?}} {{opt_out}}'),
    ('day_3', 'en', 0.9, 'sms', 'follow_up', NULL, '{{first_name|Hi}}, {{agent_name}}, {{company_name}}. Good homes in {{area|your area}} go in days. Are you serious or shall I close your file? {{next_question|}} {{opt_out}}'),
    ('day_3', 'es', 0.5, 'sms', 'follow_up', NULL, 'Hola {{first_name|}}, soy {{agent_name}} de {{company_name}}. ¿Sigue buscando en {{area|la zona}}? {{next_question|¿Cuándo le gustaría mudarse?}} {{opt_out}}'),
    ('day_3', 'es', 0.8, 'sms', 'follow_up', NULL, '{{first_name|Hola}}, {{agent_name}} de {{company_name}}. Pregunta directa: {{next_question|¿va en serio este año o solo está mirando?}} {{opt_out}}'),
    ('day_7', 'en', 0.5, 'call', 'follow_up', 'Call {{name|the lead}} ({{class|unscored}}, {{score|no}} points)', 'From {{source|an unknown source}}. Budget {{budget|not said}}, area {{area|not said}}, timeline {{timeline|not said}}. Ask: {{next_question|nothing is open; book the appointment}} Last message: {{message|none}}'),
    ('day_7', 'es', 0.5, 'call', 'follow_up', 'Call {{name|the lead}} in Spanish ({{class|unscored}}, {{score|no}} points)', 'From {{source|an unknown source}}. Budget {{budget|not said}}, area {{area|not said}}, timeline {{timeline|not said}}. Ask: {{next_question|nothing is open; book the appointment}} Last message: {{message|none}}'),
    ('day_14', 'en', 0.5, 'email', 'follow_up', 'What changed in {{area|your area}} since you asked', '<p>Hi {{first_name|there}},</p><p>two weeks ago you asked about {{listing|a home}}. Prices and listings move fast; tell me one thing and I send you only what fits: {{next_question|what would make you move?}}</p><p>{{agent_name}}<br>{{company_name}}, {{postal_address}}</p><p><a href="{{unsubscribe_url}}">Unsubscribe</a></p>'),
    ('day_14', 'en', 0.8, 'email', 'follow_up', 'Yes or no, {{first_name|quickly}}?', '<p>{{first_name|Hello}},</p><p>no long mail. Are you moving within six months, yes or no? If yes, answer this: {{next_question|when can we talk for ten minutes?}} If no, tell me and I close your file.</p><p>{{agent_name}}<br>{{company_name}}, {{postal_address}}</p><p><a href="{{unsubscribe_url}}">Unsubscribe</a></p>'),
    ('day_14', 'es', 0.5, 'email', 'follow_up', 'Novedades en {{area|su zona}}', '<p>Hola {{first_name|}},</p><p>hace dos semanas preguntó por {{listing|una casa}}. Dígame una cosa y le envío solo lo que le sirve: {{next_question|¿cuándo le gustaría mudarse?}}</p><p>{{agent_name}}<br>{{company_name}}, {{postal_address}}</p><p><a href="{{unsubscribe_url}}">Cancelar la suscripción</a></p>'),
    ('day_30', 'en', 0.5, 'sms', 'follow_up', NULL, 'Hi {{first_name|there}}, {{agent_name}} again. If the timing is wrong, tell me when it is right and I come back then. If it is right, tell me a day. {{booking_url|}} {{opt_out}}'),
    ('day_30', 'en', 0.8, 'sms', 'follow_up', NULL, '{{first_name|Hi}}, last one from {{agent_name}}: yes, no, or later? One word is enough. {{opt_out}}'),
    ('day_30', 'es', 0.5, 'sms', 'follow_up', NULL, 'Hola {{first_name|}}, soy {{agent_name}}. ¿Sí, no o más adelante? Una palabra basta. {{opt_out}}'),
    ('reply', 'en', 0.5, 'sms', 'reply', NULL, 'Thanks {{first_name|}}, got it. {{next_question|When can we talk for ten minutes?}}'),
    ('reply', 'en', 0.7, 'sms', 'reply', NULL, 'Got it. {{next_question|Ten minutes today or tomorrow?}}'),
    ('reply', 'en', 0.9, 'sms', 'reply', NULL, '{{next_question|Today or tomorrow: when do we talk?}}'),
    ('reply', 'es', 0.5, 'sms', 'reply', NULL, 'Gracias {{first_name|}}. {{next_question|¿Cuándo podemos hablar diez minutos?}}'),
    ('reply_email', 'en', 0.5, 'email', 'reply', 'Re: your message', '<p>Hi {{first_name|there}},</p><p>thank you, I got it. {{next_question|When can we talk for ten minutes?}}</p><p>{{agent_name}}<br>{{company_name}}</p>'),
    ('reply_email', 'es', 0.5, 'email', 'reply', 'Re: su mensaje', '<p>Hola {{first_name|}},</p><p>gracias por su mensaje. {{next_question|¿Cuándo podemos hablar diez minutos?}}</p><p>{{agent_name}}<br>{{company_name}}</p>'),
    ('reminder', 'en', 0.5, 'sms', 'reminder', NULL, 'Reminder: {{appointment_at|our appointment}}, {{appointment_place|as agreed}}, with {{agent_name}}. Can''t make it? Text me.'),
    ('reminder', 'es', 0.5, 'sms', 'reminder', NULL, 'Recordatorio: {{appointment_at|nuestra cita}}, {{appointment_place|según lo acordado}}, con {{agent_name}}. ¿No puede? Escríbame.')
    ) t(template, language, confrontation, channel, purpose, subject, body)
 WHERE NOT EXISTS (SELECT FROM jorge.template WHERE location_id = '*');

-- those shipped before asked everybody the same; one that its owner has changed stays
UPDATE jorge.template t SET body = replace(t.body, w.words, '{{next_question|' || w.words || '}}')
  FROM (VALUES ('c0dde530ebb366c270338ba87ae74e18', '¿Cuándo le gustaría mudarse?'), ('64efaf3975a2fd5c111d8df5e1b7d177', '¿va en serio este año o solo está mirando?'),
               ('9f5da47bb43f0009aad9336570547f12', '¿cuándo le gustaría mudarse?'), ('195ade6fa63d738baad18340c6749caa', '¿Cuándo podemos hablar diez minutos?'),
               ('ab709463860065949ffe4d9370c064d2', '¿Cuándo podemos hablar diez minutos?')) w(body_md5, words)
 WHERE t.location_id = '*' AND t.language = 'es' AND md5(t.body) = w.body_md5;

CREATE OR REPLACE FUNCTION jorge.lead_language(language text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT CASE WHEN lower(btrim($1)) ~ '^(es|spa|español|espanol|spanish|castellano)([-_ ].*)?$' THEN 'es' ELSE 'en' END
$fn$;
COMMENT ON FUNCTION jorge.lead_language(text) IS 'The language a person is written to in, en or es, by what the lead''s column language says in any usual form.';

CREATE OR REPLACE FUNCTION jorge.template_values(lead jorge.lead, language text DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v jorge.voice;
    s jorge.lead_score;
    meeting jorge.appointment;
    said text;
    first text := btrim(coalesce(nullif(btrim(lead.first_name), ''), split_part(btrim(lead.name), ' ', 1)));
    asked jsonb;
BEGIN
    language := coalesce($2, jorge.lead_language(lead.language));
    SELECT o.* INTO v FROM jorge.voice o WHERE o.location_id = lead.location_id;
    SELECT o.* INTO s FROM jorge.lead_score o WHERE o.location_id = lead.location_id AND o.lead_id = lead.lead_id;
    SELECT a.* INTO meeting FROM jorge.appointment a
     WHERE a.lead_id = lead.lead_id AND a.location_id || '' = lead.location_id AND a.state = 'set' AND a.starts_at > now() ORDER BY a.starts_at LIMIT 1;
    SELECT i.body INTO said FROM jorge.interaction i
     WHERE i.lead_id = lead.lead_id AND i.location_id || '' = lead.location_id AND i.direction = 'in' AND i.body IS NOT NULL ORDER BY i.at DESC LIMIT 1;
    asked := jorge.next_question(lead.lead_id, lead.location_id, language);
    -- what forms bring as a name may be an address or an advertisement
    IF first !~ '^[[:alpha:]][[:alpha:]''’. -]{0,29}$' OR lower(first) IN ('unknown', 'test', 'na', 'none', 'null', 'lead', 'guest', 'facebook', 'zillow') THEN
        first := NULL;
    END IF;
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'first_name', CASE WHEN first = upper(first) OR first = lower(first) THEN initcap(first) ELSE first END,
        'name', left(coalesce(nullif(btrim(lead.name), ''), concat_ws(' ', lead.first_name, lead.last_name)), 80), 'area', left(lead.area, 60), 'city', left(lead.city, 60),
        'budget', '$' || btrim(to_char(coalesce(lead.budget_max, lead.budget_min), 'FM999,999,999,999')),
        'property_type', left(lead.property_type, 40), 'bedrooms', lead.bedrooms::text,
        'listing', (SELECT left(l.street, 80) FROM jorge.listing l WHERE l.location_id = lead.location_id AND l.listing_id = jorge.find_listing(lead.listing_ref, lead.first_source, lead.location_id)),
        'street', left(lead.street, 80),
        'source', CASE lead.first_source WHEN 'zillow' THEN 'Zillow' WHEN 'realtor_com' THEN 'Realtor.com' WHEN 'facebook' THEN 'Facebook' WHEN 'ghl' THEN 'our website' ELSE left(lead.first_source, 40) END,
        'timeline', left(lead.timeline, 60), 'score', round(s.score)::text, 'class', s.class,
        -- a question that nobody has put into the language is not asked in English
        'next_question', CASE WHEN template_values.language = 'en' OR EXISTS (
            SELECT FROM jorge.question_variant q WHERE q.side = asked ->> 'side' AND q.question = asked ->> 'question'
               AND q.language = template_values.language AND q.location_id IN (lead.location_id, '*')) THEN asked ->> 'asks' END,
        'appointment_at', jorge.appointment_time(meeting.starts_at, lead, language),
        'appointment_place', left(meeting.place, 100), 'message', left(said, 300), 'phone', lead.phone, 'email', lead.email,
        'agent_name', coalesce(v.agent_name, lead.owner), 'company_name', v.company_name, 'agent_phone', v.agent_phone, 'postal_address', v.postal_address,
        'unsubscribe_url', v.unsubscribe_url || CASE WHEN strpos(v.unsubscribe_url, '?') > 0 THEN '&' ELSE '?' END || 'lead=' || lead.lead_id,
        'booking_url', v.booking_url, 'opt_out', CASE language WHEN 'es' THEN v.opt_out_es ELSE v.opt_out_en END));
END
$fn$;
COMMENT ON FUNCTION jorge.template_values(jorge.lead, text) IS
    'Values of jorge.template_variable for a lead, as JSON; what is not known is left out. A first name that has digits, marks of an address, or is a placeholder is not known. next_question in Spanish is one of jorge.question_variant; where there is none for it, it is not known.';

CREATE OR REPLACE FUNCTION jorge.pick_template(template text, language text DEFAULT 'en', location_id text DEFAULT jorge.current_location(), confrontation float8 DEFAULT NULL) RETURNS jorge.template
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    picked jorge.template;
    tone float8 := coalesce($4, (SELECT v.confrontation FROM jorge.voice v WHERE v.location_id = $3), 0.5);
BEGIN
    SELECT t.* INTO picked FROM jorge.template t
     WHERE t.template = $1 AND t.active AND t.language IN ($2, 'en')
       AND t.location_id = (SELECT max(o.location_id) FILTER (WHERE o.location_id = $3) FROM jorge.template o WHERE o.template = $1 AND o.active AND o.location_id = $3
                            UNION ALL SELECT '*' LIMIT 1)
     ORDER BY t.language <> $2, abs(t.confrontation - tone), t.confrontation LIMIT 1;
    IF NOT FOUND THEN
        SELECT t.* INTO picked FROM jorge.template t WHERE t.template = $1 AND t.active AND t.location_id = '*' AND t.language IN ($2, 'en')
         ORDER BY t.language <> $2, abs(t.confrontation - tone), t.confrontation LIMIT 1;
    END IF;
    IF picked.template IS NULL THEN
        RAISE EXCEPTION 'there is no template "%"', $1 USING ERRCODE = 'undefined_object', HINT = 'See SELECT DISTINCT template FROM jorge.template.';
    END IF;
    RETURN picked;
END
$fn$;
COMMENT ON FUNCTION jorge.pick_template(text, text, text, float8) IS
    'The variant of a template for a language and a tone (default: that of jorge.voice): the location''s own rows before the shared, the language before English, the nearest tone. ERROR 42704 if there is none.';

CREATE OR REPLACE FUNCTION jorge.render_for(lead_id uuid, template text, location_id text DEFAULT jorge.current_location(), language text DEFAULT NULL, confrontation float8 DEFAULT NULL,
                                            extra jsonb DEFAULT '{}', OUT channel text, OUT endpoint text, OUT payload jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    lead jorge.lead := jorge.stored_lead($1, $3);
    said text := coalesce($4, jorge.lead_language(lead.language));
    t jorge.template := jorge.pick_template($2, said, $3, $5);
    -- one message, one language: that of the variant
    known jsonb := jorge.template_values(lead, t.language) || $6;
    body text;
    subject text;
BEGIN
    body := jorge.render(t.body, known, t.channel = 'email');
    IF t.channel <> 'email' THEN
        -- a value that was missing leaves no hole
        body := btrim(regexp_replace(regexp_replace(body, '[[:blank:]]+', ' ', 'g'), ' ([,.!?])', '\1', 'g'));
    END IF;
    subject := btrim(regexp_replace(jorge.render(coalesce(t.subject, ''), known), '\s+', ' ', 'g'));
    channel := t.channel;
    endpoint := 'ghl.' || CASE t.channel WHEN 'call' THEN 'task' WHEN 'tag' THEN 'tags' ELSE t.channel END;
    payload := CASE t.channel
        WHEN 'sms' THEN jsonb_build_object('message', body)
        WHEN 'email' THEN jsonb_build_object('subject', subject, 'html', body)
        WHEN 'call' THEN jsonb_build_object('title', subject, 'body', body)
        WHEN 'tag' THEN jsonb_build_object('tags', (SELECT jsonb_agg(btrim(g)) FROM unnest(string_to_array(body, ',')) g WHERE btrim(g) <> ''))
        WHEN 'workflow' THEN jsonb_build_object('workflow_id', btrim(body))
        ELSE jsonb_build_object('body', body) END;
END
$fn$;
COMMENT ON FUNCTION jorge.render_for(uuid, text, text, text, float8, jsonb) IS
    'A template filled for a lead, as jorge.enqueue() takes it: channel, endpoint, payload (of a call task without its dueDate). Values are in the language of the variant. extra overrides values. ERROR 42704 for an unknown template, P0002 for an unknown lead or a value that jorge.voice lacks.';

-- the shipped sequence: here, since its steps name templates
INSERT INTO jorge.sequence (location_id, sequence, title) SELECT '*', 'standard', 'Day 3 text, day 7 call, day 14 e-mail, day 30 text'
 WHERE NOT EXISTS (SELECT FROM jorge.sequence WHERE location_id = '*');
INSERT INTO jorge.sequence_step (location_id, sequence, step, day, opens, closes, weekdays, channel, template)
SELECT '*', 'standard', s.step, s.day, s.opens::time, s.closes::time, s.weekdays, s.channel, 'day_' || s.day
  FROM (VALUES (1, 3, '10:00', '18:00', '{1,2,3,4,5,6,7}'::integer[], 'sms'), (2, 7, '10:00', '17:00', '{1,2,3,4,5}', 'call'),
               (3, 14, '09:00', '17:00', '{1,2,3,4,5}', 'email'), (4, 30, '10:00', '18:00', '{1,2,3,4,5,6,7}', 'sms')) s(step, day, opens, closes, weekdays, channel)
 WHERE EXISTS (SELECT FROM jorge.sequence WHERE location_id = '*' AND sequence = 'standard')
   AND NOT EXISTS (SELECT FROM jorge.sequence_step WHERE location_id = '*');
