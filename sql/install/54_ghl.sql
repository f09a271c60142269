-- GoHighLevel: webhook events, workflow webhooks, contacts of the API.

CREATE OR REPLACE FUNCTION jorge.adapter_ghl(arrival jorge.inbox, item jsonb) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    event text := item ->> 'type';
    custom jsonb;
    is_contact boolean;
BEGIN
    is_contact := event IS NULL OR event IN ('lead', 'customer', 'contact') OR event IN ('ContactCreate', 'ContactUpdate', 'ContactTagUpdate', 'ContactDndUpdate');
    -- a workflow's author may have called anything "type"
    IF NOT is_contact AND event !~ '^(Contact|Inbound|Outbound|Opportunity|Task|Note|Appointment)[A-Z]' AND (item ? 'contact_id' OR item ? 'workflow') THEN
        is_contact := true;
        event := NULL;
    END IF;
    IF is_contact THEN
        -- the API wraps a contact; workflows nest some of it
        IF jsonb_typeof(item -> 'contact') = 'object' THEN
            item := (item -> 'contact') || (item - 'contact');
        END IF;
        SELECT jsonb_object_agg(k, v) INTO custom
          FROM (SELECT key AS k, value AS v FROM jsonb_each(CASE WHEN jsonb_typeof(item -> 'customFields') = 'object' THEN item -> 'customFields' ELSE '{}' END)
                UNION ALL
                SELECT k, coalesce(f -> 'value', f -> 'field_value', f -> 'fieldValue')
                  FROM jsonb_array_elements(CASE WHEN jsonb_typeof(item -> 'customFields') = 'array' THEN item -> 'customFields' ELSE '[]' END) f,
                       LATERAL unnest(ARRAY[f ->> 'id', f ->> 'key', f ->> 'name']) k
                 WHERE jsonb_typeof(f) = 'object' AND k IS NOT NULL) c;
        item := coalesce(CASE WHEN jsonb_typeof(item -> 'customData') = 'object' THEN item -> 'customData' END, '{}')
                || jsonb_strip_nulls(item - 'customData') || jsonb_strip_nulls(jsonb_build_object('custom', custom));
        arrival.kind := CASE WHEN event LIKE 'Contact%' THEN event ELSE 'contact' END;
        RETURN jorge.ghl_contact(arrival, item);
    END IF;
    arrival.kind := event;
    IF event IN ('InboundMessage', 'OutboundMessage', 'NoteCreate') THEN
        RETURN jorge.ghl_message(arrival, item);
    END IF;
    -- newer deliveries carry an id; the text of an event otherwise
    arrival := jorge.claim_delivery(arrival, 'event:' || coalesce(item ->> 'webhookId', md5(item::text)));
    IF arrival.state = 'duplicate' THEN
        RETURN arrival;
    END IF;
    CASE
        WHEN event = 'ContactDelete' THEN
            UPDATE jorge.lead_contact c SET deleted_at = coalesce(jorge.parse_time(item ->> 'timestamp'), arrival.received_at)
             WHERE c.location_id = arrival.location_id AND c.source = arrival.source AND c.contact_id = item ->> 'id'
            RETURNING jorge.lead_alias(c.lead_id, c.location_id) INTO arrival.lead_id;
            IF NOT FOUND THEN
                arrival.state := 'ignored';
                arrival.reason := 'the contact is not known';
            END IF;
        WHEN event IN ('OpportunityCreate', 'OpportunityUpdate', 'OpportunityStatusUpdate', 'OpportunityStageUpdate') THEN
            RETURN jorge.ghl_opportunity(arrival, item);
        WHEN event IN ('AppointmentCreate', 'AppointmentUpdate', 'AppointmentDelete') THEN
            RETURN jorge.ghl_appointment(arrival, item);
        ELSE
            arrival.state := 'ignored';
            arrival.reason := format('no table holds what %s says', event);
    END CASE;
    RETURN arrival;
END
$fn$;
COMMENT ON FUNCTION jorge.adapter_ghl(jorge.inbox, jsonb) IS
    'GoHighLevel: contacts (ContactCreate/Update/TagUpdate/DndUpdate, workflow webhooks, the API''s JSON) become inquiries, tags and DND; messages, calls and notes interactions; opportunities outcome and stage; appointments stage and visits. Known again by webhookId, else by a hash. What no table holds is ignored, with the reason.';
REVOKE ALL ON FUNCTION jorge.adapter_ghl(jorge.inbox, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.ghl_contact(arrival jorge.inbox, item jsonb) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    contact text := coalesce(item ->> 'contact_id', item ->> 'contactId', item ->> 'id');
    told timestamptz := coalesce(jorge.parse_time(item ->> 'dateUpdated'), jorge.parse_time(item ->> 'timestamp'), arrival.received_at);
    fields jsonb;
    known uuid;
    stored jsonb;
BEGIN
    fields := jorge.map_fields(arrival.source, item, arrival.location_id);
    IF NOT fields ?| ARRAY['name', 'first_name', 'last_name', 'phone', 'email', 'message'] AND contact IS NULL THEN
        RAISE EXCEPTION 'the ghl payload has no name, phone, e-mail, message or contact id' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Rows of jorge.field_map say where they are; then SELECT jorge.replay().';
    END IF;
    arrival := jorge.claim_delivery(arrival, 'event:' || coalesce(item ->> 'webhookId', md5((item - 'timestamp')::text)));
    IF arrival.state = 'duplicate' THEN
        RETURN arrival;
    END IF;
    known := jorge.lead_of_contact(arrival.source, contact, arrival.location_id);
    IF known IS NULL THEN
        arrival := jorge.insert_inquiry(arrival, fields, item);
    ELSE
        SELECT to_jsonb(l) INTO stored FROM jorge.lead l WHERE l.location_id = arrival.location_id AND l.lead_id = known;
        -- a workflow's webhook is an arrival; an event is one only if it brings something new
        IF arrival.kind = 'contact' OR (arrival.kind IN ('ContactCreate', 'ContactUpdate') AND EXISTS (
                SELECT FROM jsonb_each_text(fields - ARRAY['source_ref', 'received_at', 'campaign', 'cost', 'message']) f
                 WHERE CASE f.key WHEN 'phone' THEN coalesce(jorge.phone_key(f.value), f.value) IS DISTINCT FROM coalesce(jorge.phone_key(stored ->> 'phone'), stored ->> 'phone')
                                  WHEN 'email' THEN coalesce(jorge.email_key(f.value), f.value) IS DISTINCT FROM coalesce(jorge.email_key(stored ->> 'email'), stored ->> 'email')
                                  ELSE lower(f.value) IS DISTINCT FROM lower(stored ->> f.key) END)) THEN
            -- the contact's id says who it is, whatever number or address is new
            INSERT INTO jorge.lead_key (location_id, kind, key, lead_id)
            SELECT arrival.location_id, k.kind, k.key, known
              FROM (VALUES ('E', jorge.email_key(fields ->> 'email')), ('P', jorge.phone_key(fields ->> 'phone'))) k(kind, key)
             WHERE k.key IS NOT NULL
            ON CONFLICT DO NOTHING;
            fields := fields || jsonb_build_object('received_at', told, 'source_ref', contact || ':' || left(arrival.provider_ref, 60));
            IF jorge.phone_key(fields ->> 'phone') IS NULL AND jorge.email_key(fields ->> 'email') IS NULL THEN
                fields := fields || jsonb_strip_nulls(jsonb_build_object('phone', stored -> 'phone', 'email', stored -> 'email'));
            END IF;
            arrival := jorge.insert_inquiry(arrival, fields, item);
        ELSE
            arrival.lead_id := known;
            arrival.reason := 'nothing new of the person';
        END IF;
    END IF;
    IF arrival.lead_id IS NOT NULL AND contact IS NOT NULL THEN
        INSERT INTO jorge.lead_contact AS c (location_id, source, contact_id, lead_id)
        VALUES (arrival.location_id, arrival.source, contact, arrival.lead_id)
        ON CONFLICT (location_id, source, contact_id) DO UPDATE SET lead_id = EXCLUDED.lead_id, deleted_at = NULL
          WHERE c.lead_id <> EXCLUDED.lead_id OR c.deleted_at IS NOT NULL;
        UPDATE jorge.lead l SET ghl_contact_id = contact
         WHERE l.location_id = arrival.location_id AND l.lead_id = arrival.lead_id AND l.ghl_contact_id IS DISTINCT FROM contact;
        PERFORM jorge.ghl_tags_and_dnd(arrival, item, told);
        -- what came before the contact did
        PERFORM jorge.take_inbox(i.inbox_id, i.location_id)
           FROM (SELECT w.inbox_id, w.location_id FROM jorge.inbox w
                  WHERE w.waits_for = 'contact:' || contact AND w.location_id = arrival.location_id AND w.state = 'waiting'
                  ORDER BY w.received_at, w.inbox_id OFFSET 0) i;
    END IF;
    RETURN arrival;
END
$fn$;
COMMENT ON FUNCTION jorge.ghl_contact(jorge.inbox, jsonb) IS
    'A contact of GoHighLevel: an inquiry if the contact or something about it is new, or if a workflow sent it; tags and DND; then deliveries that waited for this contact.';
REVOKE ALL ON FUNCTION jorge.ghl_contact(jorge.inbox, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.ghl_tags_and_dnd(arrival jorge.inbox, item jsonb, told timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    tags text[];
BEGIN
    IF jsonb_typeof(item -> 'tags') IN ('array', 'string') THEN
        SELECT coalesce(array_agg(DISTINCT lower(btrim(t))) FILTER (WHERE btrim(t) <> ''), '{}') INTO tags
          FROM unnest(CASE jsonb_typeof(item -> 'tags') WHEN 'string' THEN string_to_array(item ->> 'tags', ',')
                      ELSE ARRAY(SELECT jsonb_array_elements_text(item -> 'tags')) END) t;
        DELETE FROM jorge.lead_tag g WHERE g.location_id = arrival.location_id AND g.lead_id = arrival.lead_id AND g.tag <> ALL (tags);
        INSERT INTO jorge.lead_tag (location_id, lead_id, tag, added_at) SELECT arrival.location_id, arrival.lead_id, t, told FROM unnest(tags) t
        ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO jorge.lead_dnd AS d (location_id, lead_id, channel, state, message, code, told_at)
    SELECT arrival.location_id, arrival.lead_id, s.channel, s.state, s.message, s.code, told
      FROM (SELECT 'all' AS channel, CASE WHEN lower(item ->> 'dnd') = 'true' THEN 'active' ELSE 'inactive' END AS state, NULL AS message, NULL AS code
             WHERE lower(item ->> 'dnd') IN ('true', 'false')
             UNION ALL
            -- a status nobody knows means: do not send
            SELECT lower(key), CASE WHEN value ->> 'status' IN ('active', 'inactive', 'permanent') THEN value ->> 'status' ELSE 'active' END, value ->> 'message', value ->> 'code'
              FROM jsonb_each(CASE WHEN jsonb_typeof(item -> 'dndSettings') = 'object' THEN item -> 'dndSettings' ELSE '{}' END)
             WHERE jsonb_typeof(value) = 'object' AND coalesce(value ->> 'status', '') <> '') s
    ON CONFLICT (location_id, lead_id, channel) DO UPDATE
       SET state = EXCLUDED.state, message = EXCLUDED.message, code = EXCLUDED.code, told_at = EXCLUDED.told_at
     WHERE d.told_at <= EXCLUDED.told_at;
END
$fn$;
COMMENT ON FUNCTION jorge.ghl_tags_and_dnd(jorge.inbox, jsonb, timestamptz) IS
    'Writes the tags (the whole list, as GoHighLevel sends it) and the do-not-disturb settings of a contact; an older event never overrides a newer DND.';
REVOKE ALL ON FUNCTION jorge.ghl_tags_and_dnd(jorge.inbox, jsonb, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.ghl_lead(arrival jorge.inbox, contact text) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF contact IS NULL THEN
        RAISE EXCEPTION 'the % names no contact', arrival.kind USING ERRCODE = 'invalid_parameter_value';
    END IF;
    arrival.lead_id := jorge.lead_of_contact(arrival.source, contact, arrival.location_id);
    IF arrival.lead_id IS NULL THEN
        arrival.state := 'waiting';
        arrival.waits_for := 'contact:' || contact;
        arrival.reason := format('contact %s has not come yet', contact);
    END IF;
    RETURN arrival;
END
$fn$;
COMMENT ON FUNCTION jorge.ghl_lead(jorge.inbox, text) IS 'Finds the lead of a contact; the delivery waits for the contact if it is not known.';
REVOKE ALL ON FUNCTION jorge.ghl_lead(jorge.inbox, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.ghl_message(arrival jorge.inbox, item jsonb) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    contact text := item ->> 'contactId';
    medium text := lower(coalesce(item ->> 'messageType', replace(item ->> 'messageTypeString', 'TYPE_', ''), ''));
    channel text;
    direction text;
    address text;
    body text := coalesce(item ->> 'body', item ->> 'html', item ->> 'message');
    at timestamptz := coalesce(jorge.parse_time(item ->> 'dateAdded'), jorge.parse_time(item ->> 'timestamp'), arrival.received_at);
    fields jsonb;
    made jorge.inbox;
BEGIN
    IF arrival.kind = 'NoteCreate' THEN
        channel := 'note';
    ELSE
        channel := CASE WHEN medium ~ 'call|voice' THEN 'call' WHEN medium ~ 'email' THEN 'email' ELSE 'sms' END;
        -- GoHighLevel sends inbound calls as OutboundMessage too: the direction is what counts
        direction := CASE WHEN lower(item ->> 'direction') IN ('inbound', 'incoming') THEN 'in' WHEN lower(item ->> 'direction') IN ('outbound', 'outgoing') THEN 'out'
                          WHEN arrival.kind = 'InboundMessage' THEN 'in' ELSE 'out' END;
    END IF;
    IF channel = 'email' AND (lower(item ->> 'contentType') LIKE 'text/html%' OR body ~* '<(html|body|div|p|br|table|span)[ />]') THEN
        body := jorge.html_text(body);
    END IF;
    arrival.lead_id := jorge.lead_of_contact(arrival.source, contact, arrival.location_id);
    IF arrival.lead_id IS NULL AND channel <> 'note' THEN
        address := CASE direction WHEN 'in' THEN item ->> 'from' ELSE coalesce(item #>> '{to,0}', item ->> 'to') END;
        arrival.lead_id := jorge.lead_of_address(CASE WHEN channel <> 'email' THEN address END, CASE WHEN channel = 'email' THEN address END, arrival.location_id);
        IF arrival.lead_id IS NULL AND direction = 'in' AND (jorge.phone_key(address) IS NOT NULL OR jorge.email_key(address) IS NOT NULL) THEN
            -- somebody unknown writes: that is a lead
            fields := jsonb_strip_nulls(jsonb_build_object('source_ref', contact, 'received_at', at,
                        'phone', CASE WHEN channel <> 'email' THEN address END, 'email', CASE WHEN channel = 'email' THEN address END));
            made := jorge.insert_inquiry(arrival, fields, item);
            arrival.lead_id := made.lead_id;
            arrival.inquiry_id := made.inquiry_id;
        END IF;
        IF arrival.lead_id IS NOT NULL AND contact IS NOT NULL THEN
            INSERT INTO jorge.lead_contact (location_id, source, contact_id, lead_id) VALUES (arrival.location_id, arrival.source, contact, arrival.lead_id)
            ON CONFLICT DO NOTHING;
        END IF;
    END IF;
    IF arrival.lead_id IS NULL THEN
        RETURN jorge.ghl_lead(arrival, contact);
    END IF;
    RETURN jorge.take_interaction(arrival, arrival.lead_id, channel, direction, body, at,
        CASE WHEN item ->> 'callDuration' ~ '^[0-9]{1,6}$' THEN (item ->> 'callDuration')::integer END,
        coalesce(item ->> 'messageId', item ->> 'emailMessageId', CASE WHEN channel = 'note' THEN 'note:' || (item ->> 'id') END, item ->> 'webhookId'));
END
$fn$;
COMMENT ON FUNCTION jorge.ghl_message(jorge.inbox, jsonb) IS
    'A message, call or note of GoHighLevel becomes an interaction of its contact''s lead. Somebody unknown who writes from a number or address becomes a lead; anything else waits for the contact. WhatsApp, Facebook, Instagram and chat count as sms.';
REVOKE ALL ON FUNCTION jorge.ghl_message(jorge.inbox, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.ghl_opportunity(arrival jorge.inbox, item jsonb) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    told timestamptz := coalesce(jorge.parse_time(item ->> 'dateUpdated'), jorge.parse_time(item ->> 'timestamp'), arrival.received_at);
    new_outcome text;
    new_stage text;
BEGIN
    arrival := jorge.ghl_lead(arrival, coalesce(item ->> 'contactId', item ->> 'contact_id'));
    IF arrival.lead_id IS NULL THEN
        RETURN arrival;
    END IF;
    new_outcome := CASE lower(item ->> 'status') WHEN 'won' THEN 'won' WHEN 'lost' THEN 'lost' WHEN 'abandoned' THEN 'lost' WHEN 'open' THEN 'open' END;
    SELECT s.stage INTO new_stage FROM jorge.pipeline_stage s
     WHERE s.location_id = arrival.location_id AND s.source = arrival.source AND s.stage_ref = item ->> 'pipelineStageId';
    IF new_outcome IS NOT NULL THEN
        UPDATE jorge.lead l SET outcome = new_outcome, outcome_at = CASE WHEN new_outcome <> 'open' THEN told END
         WHERE l.location_id = arrival.location_id AND l.lead_id = arrival.lead_id
           AND l.outcome <> new_outcome AND coalesce(l.outcome_at, '-infinity') <= told;
        IF FOUND THEN
            INSERT INTO jorge.event (location_id, at, lead_id, kind, reason, detail)
            VALUES (arrival.location_id, told, arrival.lead_id, 'lead_outcome', arrival.kind, jsonb_build_object('outcome', new_outcome));
            arrival.reason := format('outcome is %s', new_outcome);
        END IF;
    END IF;
    IF new_stage IS NOT NULL THEN
        UPDATE jorge.lead l SET stage = new_stage
         WHERE l.location_id = arrival.location_id AND l.lead_id = arrival.lead_id AND l.stage <> new_stage;
        IF FOUND THEN
            INSERT INTO jorge.event (location_id, at, lead_id, kind, reason, detail)
            VALUES (arrival.location_id, told, arrival.lead_id, 'lead_stage', arrival.kind, jsonb_build_object('stage', new_stage));
            arrival.reason := concat_ws('; ', arrival.reason, format('stage is %s', new_stage));
        END IF;
    END IF;
    IF arrival.reason IS NULL THEN
        IF new_stage IS NULL AND item ->> 'pipelineStageId' IS NOT NULL AND (new_outcome IS NULL OR arrival.kind = 'OpportunityStageUpdate') THEN
            arrival.state := 'ignored';
            arrival.reason := format('no row of jorge.pipeline_stage says what stage %s is', item ->> 'pipelineStageId');
        ELSE
            arrival.reason := 'nothing new of the opportunity';
        END IF;
    END IF;
    RETURN arrival;
END
$fn$;
COMMENT ON FUNCTION jorge.ghl_opportunity(jorge.inbox, jsonb) IS
    'An opportunity of GoHighLevel sets its lead''s outcome (won; lost and abandoned are lost; open) and, by jorge.pipeline_stage, its stage. Older events never override a newer outcome.';
REVOKE ALL ON FUNCTION jorge.ghl_opportunity(jorge.inbox, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.ghl_appointment(arrival jorge.inbox, item jsonb) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    appointment jsonb := CASE WHEN jsonb_typeof(item -> 'appointment') = 'object' THEN item -> 'appointment' ELSE item END;
    status text := lower(coalesce(appointment ->> 'appointmentStatus', ''));
    starts timestamptz := jorge.parse_time(appointment ->> 'startTime');
    ends timestamptz := jorge.parse_time(appointment ->> 'endTime');
BEGIN
    arrival := jorge.ghl_lead(arrival, coalesce(appointment ->> 'contactId', item ->> 'contactId'));
    IF arrival.lead_id IS NULL THEN
        RETURN arrival;
    END IF;
    IF arrival.kind = 'AppointmentDelete' THEN
        status := 'cancelled';
    END IF;
    -- "invalid" is a double booking or a mistake
    IF starts IS NOT NULL AND appointment ->> 'id' IS NOT NULL AND status IN ('', 'new', 'confirmed', 'showed', 'noshow', 'cancelled', 'invalid') THEN
        PERFORM jorge.set_appointment(arrival.lead_id, starts, ends, appointment ->> 'title', appointment ->> 'address',
            CASE status WHEN 'showed' THEN 'held' WHEN 'noshow' THEN 'no_show' WHEN 'cancelled' THEN 'cancelled' WHEN 'invalid' THEN 'cancelled' ELSE 'set' END,
            arrival.source, appointment ->> 'id',
            coalesce(jorge.parse_time(appointment ->> 'dateUpdated'), jorge.parse_time(item ->> 'timestamp'), arrival.received_at), arrival.location_id);
        arrival.reason := format('the appointment is %s', coalesce(nullif(status, ''), 'set'));
    END IF;
    IF status IN ('', 'new', 'confirmed', 'showed') THEN
        UPDATE jorge.lead l SET stage = 'appointment'
         WHERE l.location_id = arrival.location_id AND l.lead_id = arrival.lead_id AND l.stage IN ('initial_contact', 'qualified', 'hot');
        IF FOUND THEN
            INSERT INTO jorge.event (location_id, at, lead_id, kind, reason, detail)
            VALUES (arrival.location_id, arrival.received_at, arrival.lead_id, 'lead_stage', arrival.kind, jsonb_build_object('stage', 'appointment', 'starts_at', starts));
            arrival.reason := 'stage is appointment';
        END IF;
    END IF;
    IF status = 'showed' AND starts IS NOT NULL AND appointment ->> 'id' IS NOT NULL THEN
        arrival.interaction_id := jorge.new_id();
        INSERT INTO jorge.interaction (location_id, interaction_id, lead_id, at, channel, direction, body, duration_seconds, provider, provider_ref)
        VALUES (arrival.location_id, arrival.interaction_id, arrival.lead_id, starts, 'visit', 'in', appointment ->> 'title',
                CASE WHEN ends > starts AND ends < starts + interval '1 day' THEN extract(epoch FROM ends - starts)::integer END, arrival.source, 'appointment:' || (appointment ->> 'id'));
        IF NOT FOUND THEN
            arrival.interaction_id := NULL;
        END IF;
    ELSIF arrival.reason IS NULL THEN
        arrival.state := 'ignored';
        arrival.reason := format('no table holds an appointment that is %s', coalesce(nullif(status, ''), 'of no status'));
    END IF;
    RETURN arrival;
END
$fn$;
COMMENT ON FUNCTION jorge.ghl_appointment(jorge.inbox, jsonb) IS
    'An appointment of GoHighLevel is kept in jorge.appointment (which ends sequences and plans reminders) and brings its lead to the stage appointment; one whose lead showed up becomes an interaction (visit).';
REVOKE ALL ON FUNCTION jorge.ghl_appointment(jorge.inbox, jsonb) FROM PUBLIC;
