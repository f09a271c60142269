-- Adapters of single sources: jorge.adapter_<source>(jorge.inbox, jsonb) is called for each delivery of that source.
-- An owner adds one by making such a function.

CREATE OR REPLACE FUNCTION jorge.adapter_facebook(arrival jorge.inbox, item jsonb) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    standard CONSTANT text[] := ARRAY['full_name', 'first_name', 'last_name', 'email', 'phone_number', 'street_address', 'city', 'state',
                                      'zip_code', 'post_code', 'country', 'message'];
    lead text;
    answers jsonb;
    questions text;
    taken jorge.inbox;
BEGIN
    IF item ? 'changes' OR (item ? 'field' AND item ->> 'field' <> 'leadgen') OR item ? 'messaging' THEN
        arrival.kind := coalesce(item ->> 'field', 'page event');
        arrival.state := 'ignored';
        arrival.reason := 'a page event that is no lead';
        RETURN arrival;
    END IF;
    IF jsonb_typeof(item -> 'value') = 'object' THEN
        item := (item - 'value' - 'field') || (item -> 'value');
    END IF;
    lead := CASE WHEN item ? 'field_data' OR item ? 'leadgen_id' THEN coalesce(item ->> 'leadgen_id', item ->> 'id') END;
    IF jsonb_typeof(item -> 'field_data') = 'array' THEN
        SELECT coalesce(jsonb_object_agg(f ->> 'name', CASE WHEN jsonb_typeof(f -> 'values') = 'array' THEN f -> 'values' ELSE coalesce(f -> 'value', f -> 'values') END), '{}')
          INTO answers
          FROM jsonb_array_elements(item -> 'field_data') f
         WHERE jsonb_typeof(f) = 'object' AND f ->> 'name' IS NOT NULL;
        IF answers::text LIKE '%<test lead: dummy data%' THEN
            arrival.kind := 'lead';
            arrival.state := 'ignored';
            arrival.reason := 'a test lead of Facebook''s tool';
            RETURN arrival;
        END IF;
        -- the form's own questions are said as sentences, so that the scanner of messages reads them
        SELECT string_agg(format('%s: %s.', upper(left(q, 1)) || substr(q, 2), a), ' ' ORDER BY q) INTO questions
          FROM (SELECT btrim(translate(key, '_?', ' ')) AS q,
                       (SELECT string_agg(translate(v, '_', ' '), ', ') FROM jsonb_array_elements_text(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE jsonb_build_array(value) END) v) AS a
                  FROM jsonb_each(answers) WHERE key <> ALL (standard)) s
         WHERE a <> '';
        -- the event that announced it may know the advertisement
        item := coalesce((SELECT coalesce(i.payload -> 'value', i.payload) FROM jorge.inbox i WHERE i.waits_for = 'lead:' || lead AND i.location_id = arrival.location_id LIMIT 1), '{}')
                || item || jsonb_build_object('answers', answers) || jsonb_strip_nulls(jsonb_build_object('questions', questions));
        taken := jorge.take_lead(arrival, item, 'lead', 'lead:' || lead);
        UPDATE jorge.inbox i SET state = 'done', waits_for = NULL, reason = 'its content came', inquiry_id = taken.inquiry_id, lead_id = taken.lead_id
         WHERE i.waits_for = 'lead:' || lead AND i.location_id = arrival.location_id AND i.state = 'waiting' AND i.source = 'facebook' AND i.inbox_id <> arrival.inbox_id;
        RETURN taken;
    END IF;
    IF lead IS NULL THEN
        RETURN jorge.take_lead(arrival, item, 'lead');
    END IF;
    arrival.kind := 'leadgen';
    arrival := jorge.claim_delivery(arrival, 'event:' || lead);
    IF arrival.state = 'duplicate' THEN
        RETURN arrival;
    END IF;
    IF EXISTS (SELECT FROM jorge.inquiry q WHERE q.location_id = arrival.location_id AND q.source = arrival.source AND q.source_ref = lead) THEN
        arrival.reason := 'its content came before';
        RETURN arrival;
    END IF;
    arrival.state := 'waiting';
    arrival.waits_for := 'lead:' || lead;
    arrival.reason := format('to be fetched: GET /%s?fields=id,created_time,ad_id,adset_id,campaign_id,form_id,platform,field_data', lead);
    RETURN arrival;
END
$fn$;
COMMENT ON FUNCTION jorge.adapter_facebook(jorge.inbox, jsonb) IS
    'Facebook and Instagram Lead Ads: a lead with field_data becomes an inquiry; a leadgen event, which has no content, waits for it (state waiting, waits_for lead:<id>) until the Graph API''s answer is ingested. Other page events and test leads are ignored.';
REVOKE ALL ON FUNCTION jorge.adapter_facebook(jorge.inbox, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.adapter_mail(arrival jorge.inbox, item jsonb) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    address text := lower(item #>> '{from,address}');
    rule jorge.mail_sender;
    known uuid;
BEGIN
    arrival.kind := 'mail';
    SELECT s.* INTO rule FROM jorge.mail_sender s
     WHERE s.location_id IN (arrival.location_id, '*')
       AND (address = s.sender OR right(address, length(s.sender) + 1) IN ('@' || s.sender, '.' || s.sender)
            OR (strpos(s.sender, '.') = 0 AND split_part(address, '@', 1) = s.sender))
     ORDER BY s.location_id = '*', length(s.sender) DESC LIMIT 1;
    IF (FOUND AND rule.source IS NULL) OR lower(item #>> '{headers,auto-submitted}') LIKE 'auto-replied%' THEN
        arrival.state := 'ignored';
        arrival.reason := coalesce(rule.reason, 'an automatic reply');
        RETURN arrival;
    END IF;
    IF rule.source IS NOT NULL THEN
        arrival.source := jorge.source_name(rule.source, arrival.location_id);
    END IF;
    IF arrival.source = 'unknown' THEN
        arrival.source := 'email';
    END IF;
    -- an answer in a conversation with a lead we know belongs to the conversation
    IF rule.source IS NULL AND (item #> '{headers,in-reply-to}' IS NOT NULL OR item #> '{headers,references}' IS NOT NULL)
       AND NOT item ? 'forwarded_by' AND NOT item ? 'adf' THEN
        known := jorge.lead_of_address(NULL, address, arrival.location_id);
        IF known IS NOT NULL THEN
            RETURN jorge.take_interaction(arrival, known, 'email', 'in', item ->> 'text', jorge.parse_time(item ->> 'date'), NULL,
                                          nullif(item ->> 'message_id', ''));
        END IF;
    END IF;
    RETURN jorge.take_lead(arrival, item - 'headers', 'mail', 'mail:' || nullif(item ->> 'message_id', ''));
END
$fn$;
COMMENT ON FUNCTION jorge.adapter_mail(jorge.inbox, jsonb) IS
    'E-mails: the sender (of the inner mail where one was forwarded) says by jorge.mail_sender whose lead it is; a reply of a known lead becomes an interaction, everything else an inquiry. Bounces, automatic replies and advertising are ignored.';
REVOKE ALL ON FUNCTION jorge.adapter_mail(jorge.inbox, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.lead_of_address(phone text, email text, location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    -- a plan kept from when the table was small must not read the whole tenant later: by the key only
    SET enable_seqscan = off
AS $fn$
BEGIN
    RETURN jorge.lead_alias(coalesce(
        (SELECT k.lead_id FROM jorge.lead_key k WHERE k.location_id = $3 AND k.kind = 'E' AND k.key = jorge.email_key($2) ORDER BY k.share LIMIT 1),
        (SELECT k.lead_id FROM jorge.lead_key k WHERE k.location_id = $3 AND k.kind = 'P' AND k.key = jorge.phone_key($1) ORDER BY k.share LIMIT 1)), $3);
END
$fn$;
COMMENT ON FUNCTION jorge.lead_of_address(text, text, text) IS 'The lead who has this phone number or e-mail address (the address first; of a household who brought it first), NULL if nobody has.';

CREATE OR REPLACE FUNCTION jorge.lead_of_contact(source text, contact_id text, location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN (
    SELECT jorge.lead_alias(coalesce(
        (SELECT c.lead_id FROM jorge.lead_contact c WHERE c.location_id = $3 AND c.source = $1 AND c.contact_id = $2),
        (SELECT l.lead_id FROM jorge.inquiry i JOIN jorge.inquiry_lead l ON l.location_id = i.location_id AND l.inquiry_id = i.inquiry_id
          WHERE i.location_id = $3 AND i.source = $1 AND i.source_ref = $2)), $3));
END
$fn$;
COMMENT ON FUNCTION jorge.lead_of_contact(text, text, text) IS 'The lead that a contact of an outside system is, NULL if it is not known.';

CREATE OR REPLACE FUNCTION jorge.take_interaction(arrival jorge.inbox, lead_id uuid, channel text, direction text, body text, at timestamptz,
                                                  duration_seconds integer, provider_ref text) RETURNS jorge.inbox
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    arrival.lead_id := $2;
    IF provider_ref IS NOT NULL THEN
        arrival := jorge.claim_delivery(arrival, 'message:' || provider_ref);
    ELSE
        arrival := jorge.claim_delivery(arrival, 'hash:' || md5(concat_ws('|', $2, channel, direction, body, at)));
    END IF;
    IF arrival.state = 'duplicate' THEN
        RETURN arrival;
    END IF;
    arrival.interaction_id := jorge.new_id();
    INSERT INTO jorge.interaction (location_id, interaction_id, lead_id, at, channel, direction, body, duration_seconds, provider, provider_ref)
    VALUES (arrival.location_id, arrival.interaction_id, $2, least(coalesce($6, arrival.received_at), arrival.received_at + interval '1 day'), channel, direction,
            nullif(body, ''), duration_seconds, arrival.source, $8);
    IF NOT FOUND THEN
        -- the trigger "unseen" dropped it
        arrival.interaction_id := NULL;
        arrival.state := 'duplicate';
        arrival.reason := 'the interaction is stored';
    END IF;
    RETURN arrival;
END
$fn$;
COMMENT ON FUNCTION jorge.take_interaction(jorge.inbox, uuid, text, text, text, timestamptz, integer, text) IS
    'Makes the interaction of a delivery; a duplicate if the provider''s id of it is there.';
REVOKE ALL ON FUNCTION jorge.take_interaction(jorge.inbox, uuid, text, text, text, timestamptz, integer, text) FROM PUBLIC;

-- lead_id in jorge.lead_contact, lead_tag and lead_dnd is the id that was given: after a merge jorge.lead_alias() says
-- whom it means
CREATE OR REPLACE VIEW jorge.lead_dnd_now WITH (security_invoker = true) AS
SELECT d.location_id, jorge.lead_alias(d.lead_id, d.location_id) AS lead_id, d.channel,
       CASE max(CASE d.state WHEN 'permanent' THEN 2 WHEN 'active' THEN 1 ELSE 0 END) WHEN 2 THEN 'permanent' WHEN 1 THEN 'active' ELSE 'inactive' END AS state,
       max(d.told_at) AS told_at
  FROM jorge.lead_dnd d
 GROUP BY 1, 2, 3;
COMMENT ON VIEW jorge.lead_dnd_now IS 'Do not disturb by person of today and channel: of merged persons the most restrictive counts. Do not send where state is active or permanent for the channel or for "all".';
COMMENT ON COLUMN jorge.lead_dnd_now.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_dnd_now.lead_id IS 'The person, today''s id.';
COMMENT ON COLUMN jorge.lead_dnd_now.channel IS 'As in jorge.lead_dnd.';
COMMENT ON COLUMN jorge.lead_dnd_now.state IS 'inactive, active or permanent.';
COMMENT ON COLUMN jorge.lead_dnd_now.told_at IS 'When something was last told.';
