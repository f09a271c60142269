-- Adapters: a provider's payload becomes a row of jorge.inquiry. Policy, so an owner may change them.

CREATE OR REPLACE FUNCTION jorge.lead_alias(lead_id uuid, location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT coalesce((SELECT a.lead_id FROM jorge.lead_alias a WHERE a.location_id = $2 AND a.alias_id = $1), $1)
$fn$;
COMMENT ON FUNCTION jorge.lead_alias(uuid, text) IS 'The lead that an id means today: an id once given stays valid for ever.';

CREATE OR REPLACE FUNCTION jorge.source_name(source text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $fn$
    SELECT CASE lower(btrim(source))
               WHEN 'facebook_leads' THEN 'facebook' WHEN 'fb' THEN 'facebook' WHEN 'instagram' THEN 'facebook'
               WHEN 'email_forwarded' THEN 'email' WHEN 'realtor' THEN 'realtor_com' WHEN 'realtor.com' THEN 'realtor_com'
               WHEN 'gohighlevel' THEN 'ghl' ELSE lower(btrim(source)) END
$fn$;
COMMENT ON FUNCTION jorge.source_name(text) IS 'The name under which a source is known: facebook_leads is facebook, email_forwarded is email, realtor.com is realtor_com.';

CREATE OR REPLACE FUNCTION jorge.json_number(value text) RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $fn$
    SELECT CASE WHEN cleaned ~ '^-?[0-9]{1,15}(\.[0-9]{1,6})?$' THEN cleaned::numeric END
      FROM (SELECT translate(btrim(value), '$, ', '') AS cleaned) c
$fn$;
COMMENT ON FUNCTION jorge.json_number(text) IS 'A number written with or without $ and thousands commas; NULL if it is none.';

CREATE OR REPLACE FUNCTION jorge.inquiry_from_generic(payload jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $fn$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'source_ref', coalesce(payload ->> 'source_ref', payload ->> 'id', payload ->> 'lead_id'),
        'campaign', coalesce(payload ->> 'campaign', payload ->> 'utm_campaign'),
        'cost', jorge.json_number(payload ->> 'cost'),
        'side', coalesce(payload ->> 'side', payload ->> 'role'),
        'name', coalesce(payload ->> 'name', payload ->> 'full_name', payload ->> 'fullName'),
        'first_name', coalesce(payload ->> 'first_name', payload ->> 'firstName'),
        'last_name', coalesce(payload ->> 'last_name', payload ->> 'lastName'),
        'phone', coalesce(payload ->> 'phone', payload ->> 'phone_number', payload ->> 'phoneNumber'),
        'email', coalesce(payload ->> 'email', payload ->> 'email_address', payload ->> 'emailAddress'),
        'street', coalesce(payload ->> 'street', payload ->> 'address', payload ->> 'address1'),
        'city', payload ->> 'city', 'state', payload ->> 'state',
        'postal_code', coalesce(payload ->> 'postal_code', payload ->> 'postalCode', payload ->> 'zip'),
        'country', payload ->> 'country',
        'message', coalesce(payload ->> 'message', payload ->> 'comments', payload ->> 'body', payload ->> 'notes'),
        'budget_min', jorge.json_number(payload ->> 'budget_min'),
        'budget_max', jorge.json_number(coalesce(payload ->> 'budget_max', payload ->> 'budget')),
        'timeline', payload ->> 'timeline', 'financing', payload ->> 'financing',
        'property_type', payload ->> 'property_type',
        'bedrooms', jorge.json_number(coalesce(payload ->> 'bedrooms', payload ->> 'beds')),
        'bathrooms', jorge.json_number(coalesce(payload ->> 'bathrooms', payload ->> 'baths')),
        'area', payload ->> 'area', 'listing_ref', coalesce(payload ->> 'listing_ref', payload ->> 'listing_id'),
        'language', payload ->> 'language', 'time_zone', coalesce(payload ->> 'time_zone', payload ->> 'timezone')))
$fn$;
COMMENT ON FUNCTION jorge.inquiry_from_generic(jsonb) IS 'Fields of jorge.inquiry from flat JSON under their own or common other names; what is not known stays in the payload.';

CREATE OR REPLACE FUNCTION jorge.inquiry_from_ghl(payload jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $fn$
    -- Webhook events carry the contact id as "id"; workflow webhooks as "contact_id", with fields in snake_case and
    -- whatever the workflow's author added under "customData".
    SELECT jorge.inquiry_from_generic(coalesce(payload -> 'customData', '{}') || (payload - 'id' - 'source' - 'customData'))
        || jsonb_strip_nulls(jsonb_build_object(
               'source_ref', coalesce(payload ->> 'contact_id', payload ->> 'id'),
               'campaign', coalesce(payload ->> 'campaign', payload #>> '{workflow,name}', payload ->> 'source')))
$fn$;
COMMENT ON FUNCTION jorge.inquiry_from_ghl(jsonb) IS 'Fields of jorge.inquiry from a GoHighLevel contact: webhook event (ContactCreate) or workflow webhook.';

CREATE OR REPLACE FUNCTION jorge.inquiry_from_facebook(payload jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $fn$
    SELECT jorge.inquiry_from_generic(a.answers)
        || jsonb_strip_nulls(jsonb_build_object(
               'source_ref', coalesce(payload ->> 'id', payload ->> 'leadgen_id'),
               'campaign', coalesce(payload ->> 'campaign_name', payload ->> 'campaign_id', payload ->> 'ad_id'),
               'street', a.answers ->> 'street_address',
               'postal_code', coalesce(a.answers ->> 'zip_code', a.answers ->> 'post_code'),
               'message', coalesce(a.answers ->> 'message', nullif(o.others, ''))))
      FROM (SELECT coalesce(jsonb_object_agg(f ->> 'name', f #>> '{values,0}') FILTER (WHERE f ->> 'name' IS NOT NULL), '{}') AS answers
              FROM jsonb_array_elements(CASE WHEN jsonb_typeof(payload -> 'field_data') = 'array' THEN payload -> 'field_data' ELSE '[]' END) f) a,
           LATERAL (SELECT string_agg(format('%s: %s.', initcap(translate(key, '_?', ' ')), translate(value, '_', ' ')), ' ' ORDER BY key) AS others
                      FROM jsonb_each_text(a.answers)
                     WHERE key NOT IN ('full_name', 'first_name', 'last_name', 'email', 'phone_number', 'street_address', 'city',
                                       'state', 'zip_code', 'post_code', 'country', 'message')) o
$fn$;
COMMENT ON FUNCTION jorge.inquiry_from_facebook(jsonb) IS 'Fields of jorge.inquiry from a Facebook or Instagram lead (field_data); answers to the form''s own questions become the message.';

CREATE OR REPLACE FUNCTION jorge.ingest(source text, payload jsonb) RETURNS uuid
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    from_source text := jorge.source_name(source);
    fields jsonb;
    arrived jorge.inquiry;
BEGIN
    IF from_source IS NULL OR from_source = '' OR jsonb_typeof(payload) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'a payload is a JSON object with the name of its source' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT jorge.ingest(''ghl'', ''{"type": "ContactCreate", "id": "abc", ...}'').';
    END IF;
    fields := CASE from_source WHEN 'ghl' THEN jorge.inquiry_from_ghl(payload)
                               WHEN 'facebook' THEN jorge.inquiry_from_facebook(payload)
                               ELSE jorge.inquiry_from_generic(payload) END;
    IF coalesce(fields ->> 'name', fields ->> 'first_name', fields ->> 'last_name', fields ->> 'phone', fields ->> 'email',
                fields ->> 'message', fields ->> 'source_ref') IS NULL THEN
        RAISE EXCEPTION 'the % payload has no name, phone, e-mail, message or id', from_source USING ERRCODE = 'invalid_parameter_value',
            HINT = 'ghl: contact or workflow webhook; facebook: lead with field_data; other sources: flat JSON with columns of jorge.inquiry.';
    END IF;
    arrived := jsonb_populate_record(NULL::jorge.inquiry, fields);
    arrived.inquiry_id := gen_random_uuid();
    INSERT INTO jorge.inquiry (inquiry_id, source, source_ref, campaign, cost, side, name, first_name, last_name, phone, email, street,
                               city, state, postal_code, country, message, budget_min, budget_max, timeline, financing,
                               property_type, bedrooms, bathrooms, area, listing_ref, language, time_zone, payload)
    VALUES (arrived.inquiry_id, from_source, arrived.source_ref, arrived.campaign, arrived.cost, arrived.side, arrived.name,
            arrived.first_name, arrived.last_name, arrived.phone, arrived.email, arrived.street, arrived.city, arrived.state,
            arrived.postal_code, arrived.country, arrived.message, arrived.budget_min, arrived.budget_max, arrived.timeline,
            arrived.financing, arrived.property_type, arrived.bedrooms, arrived.bathrooms, arrived.area, arrived.listing_ref,
            arrived.language, arrived.time_zone, payload)
    ON CONFLICT DO NOTHING;
    RETURN CASE WHEN FOUND THEN arrived.inquiry_id END;
END
$fn$;
COMMENT ON FUNCTION jorge.ingest(text, jsonb) IS
    'Takes in a provider''s payload as it came: ghl (contact webhook or workflow webhook), facebook (field_data), any other source as flat JSON. Returns the inquiry_id, or NULL for a replay (same source and id). Needs INSERT on jorge.inquiry.';
