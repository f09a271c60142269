-- GoHighLevel as rows: what is sent, and how an answer is read. Facts are those of GHL's own API description; see doc/delivery.md.

INSERT INTO jorge.provider (location_id, provider, base_url, token_path) VALUES ('*', 'ghl', 'https://services.leadconnectorhq.com', '/oauth/token')
ON CONFLICT (location_id, provider) DO NOTHING;

WITH shipped(endpoint, method, path, version, body, context, allowed, required, accepted, on_unknown, reuse) AS (VALUES
    ('sms', 'POST', '/conversations/messages', '2021-04-15', '{"type": "SMS"}', '{"contactId": "contact_id"}',
     '{message,attachments,fromNumber,toNumber}', '{message}', '{messageId}', 'reconcile', false),
    ('email', 'POST', '/conversations/messages', '2021-04-15', '{"type": "Email"}', '{"contactId": "contact_id"}',
     '{subject,html,attachments,emailFrom,emailTo,emailCc,emailBcc,emailReplyMode,threadId,replyMessageId}', '{subject,html}', '{messageId,emailMessageId}', 'reconcile', false),
    ('task', 'POST', '/contacts/{contact_id}/tasks', '2021-07-28', '{"completed": false}', '{}',
     '{title,body,dueDate,assignedTo}', '{title,dueDate}', '{task.id}', 'resend', false),
    ('note', 'POST', '/contacts/{contact_id}/notes', '2021-07-28', '{}', '{}', '{body,userId}', '{body}', '{note.id}', 'resend', false),
    ('tags', 'POST', '/contacts/{contact_id}/tags', '2021-07-28', '{}', '{}', '{tags}', '{tags}', '{tags}', 'resend', true),
    ('untag', 'DELETE', '/contacts/{contact_id}/tags', '2021-07-28', '{}', '{}', '{tags}', '{tags}', NULL, 'resend', true),
    ('workflow', 'POST', '/contacts/{contact_id}/workflow/{workflow_id}', '2021-07-28', '{}', '{}', '{workflow_id,eventStartTime}', '{workflow_id}',
     '{succeded,succeeded}', 'stop', false),
    ('contact_update', 'PUT', '/contacts/{contact_id}', '2021-07-28', '{}', '{}',
     '{firstName,lastName,name,email,phone,address1,city,state,postalCode,website,timezone,country,source,assignedTo,customFields}', '{}', '{succeded,succeeded,contact.id}', 'resend', true),
    ('opportunity', 'POST', '/opportunities/', '2021-07-28', '{}', '{"locationId": "account_id", "contactId": "contact_id"}',
     '{pipelineId,pipelineStageId,name,status,monetaryValue,assignedTo,customFields}', '{pipelineId,name,status}', '{opportunity.id}', 'stop', false),
    ('opportunity_status', 'PUT', '/opportunities/{opportunity_id}/status', '2021-07-28', '{}', '{}',
     '{opportunity_id,status,lostReasonId}', '{opportunity_id,status}', '{succeded,succeeded}', 'resend', true),
    -- steps that others need
    ('contact_get', 'GET', '/contacts/{contact_id}', '2021-07-28', '{}', '{}', '{}', '{}', '{contact.id}', 'resend', true),
    ('contact_search', 'GET', '/contacts/search/duplicate?locationId={account_id}&number={phone}&email={email}', '2021-07-28', '{}', '{}', '{}', '{}',
     '{contact.id,contacts.0.id}', 'resend', true),
    ('contact_upsert', 'POST', '/contacts/upsert', '2021-07-28', '{}',
     '{"locationId": "account_id", "name": "name", "firstName": "first_name", "lastName": "last_name", "email": "email", "phone": "phone", "source": "source", "timezone": "time_zone"}',
     '{}', '{}', '{contact.id,meta.contactId}', 'resend', false),
    ('conversation_search', 'GET', '/conversations/search?locationId={account_id}&contactId={contact_id}', '2021-04-15', '{}', '{}', '{}', '{}', '{conversations.0.id}', 'resend', true),
    ('messages', 'GET', '/conversations/{conversation_id}/messages?limit=100', '2021-04-15', '{}', '{}', '{}', '{}', NULL, 'resend', true))
INSERT INTO jorge.endpoint (location_id, endpoint, provider, method, path, version, body, context, allowed, required, accepted, on_unknown, reuse, classes)
SELECT '*', 'ghl.' || s.endpoint, 'ghl', s.method, s.path, s.version, s.body::jsonb, s.context::jsonb, s.allowed::text[], s.required::text[], s.accepted::text[], s.on_unknown, s.reuse,
       '[{"status": [400, 403, 422], "match": "DND is active", "class": "rejected", "reason": "do-not-disturb"},
         {"status": [400, 403, 422], "match": "unsubscribed", "class": "rejected", "reason": "unsubscribed"},
         {"status": [400, 404, 422], "match": "contact not found", "class": "contact", "reason": "contact not found"},
         {"status": [400, 404, 422], "match": "contact with id % not found", "class": "contact", "reason": "contact not found"},
         {"status": [401], "match": "version header", "class": "setup", "reason": "version header"},
         {"status": [401, 403], "match": "not authorized for this scope", "class": "setup", "reason": "the token lacks a scope"},
         {"status": [401, 403], "match": "not allowed to access this scope", "class": "setup", "reason": "the token lacks a scope"},
         {"status": [401, 403], "match": "not have access to this location", "class": "setup", "reason": "the token is another location''s"}]'::jsonb
  FROM shipped s
ON CONFLICT (location_id, endpoint) DO NOTHING;

UPDATE jorge.endpoint e SET channel = substr(e.endpoint, 5)
 WHERE e.location_id = '*' AND e.endpoint IN ('ghl.sms', 'ghl.email', 'ghl.workflow') AND e.channel IS NULL;

-- rows of before match was words
UPDATE jorge.endpoint e
   SET classes = replace(replace(e.classes::text, '"match": "version"', '"match": "version header"'),
                         '{"class": "contact", "match": "contact( with id [^ \"]+)? not found", "reason": "contact not found", "status": [400, 404, 422]}',
                         '{"class": "contact", "match": "contact not found", "reason": "contact not found", "status": [400, 404, 422]}, '
                         || '{"class": "contact", "match": "contact with id % not found", "reason": "contact not found", "status": [400, 404, 422]}')::jsonb
 WHERE e.provider = 'ghl' AND e.classes::text LIKE '%"contact( with id [^ %';

CREATE OR REPLACE FUNCTION jorge.read_contact_ghl(answer jsonb, OUT dnd jsonb, OUT time_zone text)
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    contact jsonb := coalesce(answer -> 'contact', answer #> '{contacts,0}');
BEGIN
    IF jsonb_typeof(contact) IS DISTINCT FROM 'object' THEN
        RETURN;
    END IF;
    time_zone := contact ->> 'timezone';
    -- status "active" means that do-not-disturb is on
    SELECT jsonb_object_agg(c.channel, coalesce(contact ->> 'dnd' = 'true', false) OR coalesce(contact #>> ARRAY['dndSettings', c.theirs, 'status'] IN ('active', 'permanent'), false))
      INTO dnd FROM (VALUES ('sms', 'SMS'), ('email', 'Email'), ('call', 'Call')) c(channel, theirs);
END
$fn$;
COMMENT ON FUNCTION jorge.read_contact_ghl(jsonb) IS 'Do-not-disturb by channel (true = on) and time zone from GHL''s contact.';

CREATE OR REPLACE FUNCTION jorge.plain_text(html text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
AS $fn$
    SELECT lower(btrim(regexp_replace(replace(replace(replace(replace(replace(replace(regexp_replace($1, '<[^>]*>', ' ', 'g'),
           '&nbsp;', ' '), '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&#39;', ''''), '&amp;', '&'), '\s+', ' ', 'g')))
$fn$;
COMMENT ON FUNCTION jorge.plain_text(text) IS 'A message as it is compared: without tags, in lower case, runs of white space as one space.';

CREATE OR REPLACE FUNCTION jorge.reconcile_ghl(o jorge.outbox, answer jsonb, OUT verdict text, OUT remote_id text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    list jsonb := CASE WHEN jsonb_typeof(answer #> '{messages,messages}') = 'array' THEN answer #> '{messages,messages}'
                       WHEN jsonb_typeof(answer -> 'messages') = 'array' THEN answer -> 'messages' END;
    ours text := jorge.plain_text(coalesce(o.payload ->> 'message', o.payload ->> 'html'));
    oldest timestamptz;
    n integer;
BEGIN
    IF list IS NULL THEN
        verdict := 'inconclusive';
        RETURN;
    END IF;
    SELECT m ->> 'id' INTO remote_id
      FROM jsonb_array_elements(list) m
     WHERE m ->> 'direction' = 'outbound' AND coalesce(m ->> 'source', 'api') = 'api'
       AND coalesce(m ->> 'messageType', 'TYPE_' || upper(o.channel)) = 'TYPE_' || upper(o.channel)
       AND jorge.parse_time(m ->> 'dateAdded') BETWEEN o.sent_at - interval '30 seconds' AND o.sent_at + interval '15 minutes'
       -- GHL may add a footer
       AND left(jorge.plain_text(m ->> 'body'), length(ours)) = ours
       AND NOT EXISTS (SELECT FROM jorge.outbox_done d WHERE d.remote_id = m ->> 'id' AND d.location_id = o.location_id)
     ORDER BY abs(extract(epoch FROM jorge.parse_time(m ->> 'dateAdded') - o.sent_at)) LIMIT 1;
    IF remote_id IS NOT NULL THEN
        verdict := 'found';
        RETURN;
    END IF;
    -- does the page go back far enough to say no?
    SELECT count(*), min(jorge.parse_time(m ->> 'dateAdded')) INTO n, oldest FROM jsonb_array_elements(list) m;
    verdict := CASE WHEN n > 0 AND coalesce(answer #>> '{messages,nextPage}', answer ->> 'nextPage', 'false') = 'true'
                         AND (oldest IS NULL OR oldest > o.sent_at - interval '30 seconds') THEN 'inconclusive' ELSE 'not_found' END;
END
$fn$;
COMMENT ON FUNCTION jorge.reconcile_ghl(jorge.outbox, jsonb) IS
    'Whether a message is in the conversation that GHL returned: found (outbound, by API, of the channel, sent at that time, same text, not another delivery''s), not_found, or inconclusive (the page doesn''t reach back to then).';
REVOKE ALL ON FUNCTION jorge.reconcile_ghl(jorge.outbox, jsonb) FROM PUBLIC;
