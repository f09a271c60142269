-- The outbox: everything that leaves the database leaves through here. A row is put in by jorge.enqueue(), claimed and
-- recorded by the functions of 72_worker.sql, and moves to jorge.outbox_done when it is finished.
--
-- States: pending -> sending -> (sent | pending again | unknown | dead); unknown -> sending (a look whether it arrived) ->
-- (sent | unknown | pending, once | dead); pending, held -> cancelled, expired; pending <-> held.
--
-- The contract with the send gate (70_gate.sql): jorge.send_gate(location_id text, lead_id uuid, channel text, at timestamptz,
-- dedupe_key text) gives decision text (send, defer, cancel, hold), rule text, until timestamptz. It is asked in the statement
-- that claims, with 'outbox:<id>' for a delivery without a key; no answer, an unknown one or an error sends nothing. The claim holds the lead's row FOR SHARE
-- while it asks, so whoever takes a consent back or takes in a reply in a transaction that changes the lead's row (every
-- inbound interaction does, jorge.cancel_lead() too) is before the claim, which then sees it, or after it.

CREATE TABLE IF NOT EXISTS jorge.outbox (
    location_id   text NOT NULL,
    outbox_id     bigint GENERATED ALWAYS AS IDENTITY,
    lead_id       uuid NOT NULL,
    channel       text NOT NULL,
    endpoint      text NOT NULL,
    payload       jsonb NOT NULL DEFAULT '{}',
    priority      integer NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 100),
    lane          smallint NOT NULL GENERATED ALWAYS AS (CASE WHEN priority >= 80 THEN 0 WHEN priority >= 50 THEN 1 ELSE 2 END) STORED,
    due_at        timestamptz NOT NULL DEFAULT now(),
    not_before    timestamptz,
    expires_at    timestamptz,
    state         text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'unknown', 'held')),
    step          text NOT NULL DEFAULT 'send',
    attempt       integer NOT NULL DEFAULT 0,
    looks         integer NOT NULL DEFAULT 0,
    resends       integer NOT NULL DEFAULT 0,
    fence         bigint NOT NULL DEFAULT 0,
    dedupe_key    text,
    sequence_enrollment_id uuid,
    rule          text,
    reason        text,
    stop_reason   text,
    sent_at       timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, outbox_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX IF NOT EXISTS outbox_due_idx ON jorge.outbox (location_id, lane, due_at) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS outbox_look_idx ON jorge.outbox (location_id, due_at) WHERE state = 'unknown';
-- for a worker that starts: however many are waiting, few were on their way
CREATE INDEX IF NOT EXISTS outbox_sending_idx ON jorge.outbox (outbox_id) WHERE state = 'sending';
-- of the lead alone: with the tenant in it a plan that was saved while there were few rows would take it to find one by its id
CREATE INDEX IF NOT EXISTS outbox_of_lead_idx ON jorge.outbox (lead_id);
DROP INDEX IF EXISTS jorge.outbox_lead_idx;
CREATE INDEX IF NOT EXISTS outbox_enrollment_idx ON jorge.outbox (sequence_enrollment_id) WHERE sequence_enrollment_id IS NOT NULL;
COMMENT ON TABLE jorge.outbox IS 'Deliveries that are not finished: due, being sent, of unknown outcome, or held. Fill it with jorge.enqueue(). Finished ones are in jorge.outbox_done, the history of each in jorge.outbox_log.';
COMMENT ON COLUMN jorge.outbox.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.outbox.outbox_id IS 'Id of the delivery, unique in the database; kept when it moves to jorge.outbox_done.';
COMMENT ON COLUMN jorge.outbox.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.outbox.channel IS 'What the send gate is asked for: sms, email, call, tag, workflow, note ...';
COMMENT ON COLUMN jorge.outbox.endpoint IS 'How it is sent: a row of jorge.endpoint.';
COMMENT ON COLUMN jorge.outbox.payload IS 'Members of the request as they were when it was put in; never a URL or a token.';
COMMENT ON COLUMN jorge.outbox.priority IS '0 ... 100, usually the lead''s score.';
COMMENT ON COLUMN jorge.outbox.lane IS '0 hot (priority 80 and more: at once), 1 warm (50 and more: within a minute), 2 cold (within five minutes).';
COMMENT ON COLUMN jorge.outbox.due_at IS 'When it is to be sent; of an unknown one, when to look next whether it arrived.';
COMMENT ON COLUMN jorge.outbox.not_before IS 'No requeue or retry brings it before this time; NULL = none.';
COMMENT ON COLUMN jorge.outbox.expires_at IS 'It is not sent from this time on; NULL = never expires.';
COMMENT ON COLUMN jorge.outbox.state IS 'pending, sending (a request is on its way), unknown (it may have arrived), held (until a person calls jorge.requeue()).';
COMMENT ON COLUMN jorge.outbox.step IS 'Which request is on its way: send, or one that is needed first or afterwards (contact_get, contact_search, contact_upsert, conversation_search, messages).';
COMMENT ON COLUMN jorge.outbox.attempt IS 'Requests of the step send so far that counted: waiting for a rate limit or a token doesn''t.';
COMMENT ON COLUMN jorge.outbox.looks IS 'Looks whether the last attempt arrived that found nothing.';
COMMENT ON COLUMN jorge.outbox.resends IS 'Times it was sent again after its outcome stayed unknown; at most 1.';
COMMENT ON COLUMN jorge.outbox.fence IS 'Counts claims: a result is taken only from the latest.';
COMMENT ON COLUMN jorge.outbox.dedupe_key IS 'A second delivery with the same key is not made (jorge.outbox_key).';
COMMENT ON COLUMN jorge.outbox.sequence_enrollment_id IS 'The enrolment whose step this is; NULL for others.';
COMMENT ON COLUMN jorge.outbox.rule IS 'Rule of the latest decision of the send gate.';
COMMENT ON COLUMN jorge.outbox.reason IS 'Why it is in its state.';
COMMENT ON COLUMN jorge.outbox.stop_reason IS 'Set when it was cancelled while on its way: it is not sent again.';
COMMENT ON COLUMN jorge.outbox.sent_at IS 'When the latest request of the step send was claimed.';
COMMENT ON COLUMN jorge.outbox.created_at IS 'When it was put in.';

CREATE TABLE IF NOT EXISTS jorge.outbox_done (
    location_id   text NOT NULL,
    at            timestamptz NOT NULL DEFAULT now(),
    outbox_id     bigint NOT NULL,
    lead_id       uuid NOT NULL,
    channel       text NOT NULL,
    endpoint      text NOT NULL,
    payload       jsonb NOT NULL,
    priority      integer NOT NULL,
    due_at        timestamptz NOT NULL,
    expires_at    timestamptz,
    state         text NOT NULL CHECK (state IN ('sent', 'dead', 'cancelled', 'expired')),
    attempt       integer NOT NULL,
    resends       integer NOT NULL,
    dedupe_key    text,
    sequence_enrollment_id uuid,
    rule          text,
    reason        text,
    sent_at       timestamptz,
    remote_id     text,
    conversation_id text,
    noted         boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (location_id, at, outbox_id)
) PARTITION BY RANGE (at);
CREATE INDEX IF NOT EXISTS outbox_done_lead_idx ON jorge.outbox_done (lead_id, at, location_id);
CREATE INDEX IF NOT EXISTS outbox_done_id_idx ON jorge.outbox_done (outbox_id);
CREATE INDEX IF NOT EXISTS outbox_done_enrollment_idx ON jorge.outbox_done (sequence_enrollment_id) WHERE sequence_enrollment_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS outbox_done_unnoted_idx ON jorge.outbox_done (at) WHERE NOT noted;
CREATE INDEX IF NOT EXISTS outbox_done_remote_idx ON jorge.outbox_done (remote_id) WHERE remote_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS jorge.outbox_done_default PARTITION OF jorge.outbox_done DEFAULT;
COMMENT ON TABLE jorge.outbox_done IS 'Deliveries that are finished, one row each. Partitioned by month; jorge.prune_outbox() removes old ones.';
COMMENT ON TABLE jorge.outbox_done_default IS 'Finished deliveries of months without a partition of their own.';
COMMENT ON COLUMN jorge.outbox_done.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.outbox_done.at IS 'When it was finished.';
COMMENT ON COLUMN jorge.outbox_done.outbox_id IS 'Id of the delivery.';
COMMENT ON COLUMN jorge.outbox_done.lead_id IS 'The person, as known then.';
COMMENT ON COLUMN jorge.outbox_done.channel IS 'sms, email, call, tag, workflow, note ...';
COMMENT ON COLUMN jorge.outbox_done.endpoint IS 'How it was sent.';
COMMENT ON COLUMN jorge.outbox_done.payload IS 'What was sent.';
COMMENT ON COLUMN jorge.outbox_done.priority IS '0 ... 100.';
COMMENT ON COLUMN jorge.outbox_done.due_at IS 'When it was due last.';
COMMENT ON COLUMN jorge.outbox_done.expires_at IS 'When it would have expired.';
COMMENT ON COLUMN jorge.outbox_done.state IS 'sent (the provider confirmed it with an id), dead (refused, or out of attempts), cancelled, expired.';
COMMENT ON COLUMN jorge.outbox_done.attempt IS 'Attempts it took.';
COMMENT ON COLUMN jorge.outbox_done.resends IS 'Times it was sent again after an unknown outcome.';
COMMENT ON COLUMN jorge.outbox_done.dedupe_key IS 'Its key.';
COMMENT ON COLUMN jorge.outbox_done.sequence_enrollment_id IS 'The enrolment whose step it was.';
COMMENT ON COLUMN jorge.outbox_done.rule IS 'Rule of the last decision of the send gate.';
COMMENT ON COLUMN jorge.outbox_done.reason IS 'Why it is dead, cancelled or expired; how it was found, if its outcome was unknown.';
COMMENT ON COLUMN jorge.outbox_done.sent_at IS 'When its last request was claimed; NULL if it never was.';
COMMENT ON COLUMN jorge.outbox_done.remote_id IS 'The provider''s id, e.g. GHL''s messageId.';
COMMENT ON COLUMN jorge.outbox_done.conversation_id IS 'The provider''s id of the conversation.';
COMMENT ON COLUMN jorge.outbox_done.noted IS 'False until a sent message that is to be an interaction of its lead is one (the worker does that in a moment).';
COMMENT ON COLUMN jorge.outbox_done.created_at IS 'When it was put in.';

CREATE TABLE IF NOT EXISTS jorge.outbox_key (
    location_id text NOT NULL,
    dedupe_key  text NOT NULL,
    outbox_id   bigint NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, dedupe_key)
);
COMMENT ON TABLE jorge.outbox_key IS 'Keys of deliveries ever put in: a unique key that outlives the delivery.';
COMMENT ON COLUMN jorge.outbox_key.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.outbox_key.dedupe_key IS 'The key, e.g. enrolment and step.';
COMMENT ON COLUMN jorge.outbox_key.outbox_id IS 'The delivery that has it.';
COMMENT ON COLUMN jorge.outbox_key.created_at IS 'When it was put in.';

CREATE TABLE IF NOT EXISTS jorge.outbox_log (
    location_id text NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    log_id      uuid NOT NULL DEFAULT jorge.new_id(),
    outbox_id   bigint NOT NULL,
    lead_id     uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('gate', 'attempt', 'state')),
    decision    text NOT NULL,
    rule        text,
    until       timestamptz,
    step        text,
    attempt     integer,
    status      integer,
    took_ms     integer,
    reason      text,
    PRIMARY KEY (location_id, at, log_id)
) PARTITION BY RANGE (at);
CREATE INDEX IF NOT EXISTS outbox_log_outbox_idx ON jorge.outbox_log (outbox_id, at);
CREATE TABLE IF NOT EXISTS jorge.outbox_log_default PARTITION OF jorge.outbox_log DEFAULT;
COMMENT ON TABLE jorge.outbox_log IS 'History of each delivery: every decision of the send gate with the rule that made it, every request with its outcome, every change by a person. Partitioned by month.';
COMMENT ON TABLE jorge.outbox_log_default IS 'History of months without a partition of their own.';
COMMENT ON COLUMN jorge.outbox_log.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.outbox_log.at IS 'When.';
COMMENT ON COLUMN jorge.outbox_log.log_id IS 'Id of the entry.';
COMMENT ON COLUMN jorge.outbox_log.outbox_id IS 'The delivery.';
COMMENT ON COLUMN jorge.outbox_log.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.outbox_log.kind IS 'gate (decision of the send gate), attempt (a request), state (a person or the worker changed its state).';
COMMENT ON COLUMN jorge.outbox_log.decision IS 'Gate: send, defer, cancel, hold, expire. Attempt: its class: accepted, not_sent, throttled, rejected, auth, setup, unknown, found, not_found, inconclusive, contact. State: the new one.';
COMMENT ON COLUMN jorge.outbox_log.rule IS 'Rule of the gate.';
COMMENT ON COLUMN jorge.outbox_log.until IS 'When it is tried or looked for again.';
COMMENT ON COLUMN jorge.outbox_log.step IS 'Which request it was.';
COMMENT ON COLUMN jorge.outbox_log.attempt IS 'Number of the attempt.';
COMMENT ON COLUMN jorge.outbox_log.status IS 'HTTP status; NULL if there was no answer.';
COMMENT ON COLUMN jorge.outbox_log.took_ms IS 'Milliseconds the request took.';
COMMENT ON COLUMN jorge.outbox_log.reason IS 'What the provider, the transport or the person said; at most 500 characters.';

CREATE TABLE IF NOT EXISTS jorge.endpoint (
    location_id text NOT NULL DEFAULT '*',
    endpoint    text NOT NULL,
    provider    text NOT NULL,
    method      text NOT NULL CHECK (method IN ('GET', 'POST', 'PUT', 'DELETE')),
    path        text NOT NULL CHECK (path ~ '^/[A-Za-z0-9_/{}?=&.-]*$'),
    version     text,
    body        jsonb NOT NULL DEFAULT '{}',
    context     jsonb NOT NULL DEFAULT '{}',
    allowed     text[] NOT NULL DEFAULT '{}',
    required    text[] NOT NULL DEFAULT '{}',
    accepted    text[],
    on_unknown  text NOT NULL CHECK (on_unknown IN ('reconcile', 'resend', 'stop')),
    reuse       boolean NOT NULL DEFAULT false,
    classes     jsonb NOT NULL DEFAULT '[]',
    needs_contact boolean NOT NULL GENERATED ALWAYS AS (path LIKE '%{contact_id}%' OR context::text LIKE '%"contact_id"%') STORED,
    PRIMARY KEY (location_id, endpoint)
);
ALTER TABLE jorge.endpoint ADD COLUMN IF NOT EXISTS channel text;
COMMENT ON COLUMN jorge.endpoint.channel IS 'The channel whose rules hold for what is sent this way (sms, email, workflow ...): jorge.enqueue() takes no other. NULL = it reaches nobody (notes, tags, tasks).';
SELECT jorge.add_check('jorge.endpoint', 'endpoint_body_check', $check$jsonb_typeof(body) = 'object'$check$);
SELECT jorge.add_check('jorge.endpoint', 'endpoint_context_check', $check$jsonb_typeof(context) = 'object'$check$);
SELECT jorge.add_check('jorge.endpoint', 'endpoint_classes_check', $check$jsonb_typeof(classes) = 'array'$check$);
SELECT jorge.add_check('jorge.endpoint', 'endpoint_classes_known', $check$NOT jsonb_path_exists(classes, '$[*] ? (!exists(@.class ? (@ == "accepted" || @ == "rejected" || @ == "contact" || @ == "auth" || @ == "setup" || @ == "throttled" || @ == "unknown" || @ == "not_sent")) || @.class.type() != "string" || @.match.type() != "string" || @.type() != "object")')$check$);
SELECT jorge.add_check('jorge.endpoint', 'endpoint_size', $check$octet_length(path) <= 1024 AND octet_length(body::text) <= 32768 AND octet_length(context::text) <= 8192 AND octet_length(classes::text) <= 8192$check$);
COMMENT ON TABLE jorge.endpoint IS 'How each kind of delivery is sent: one HTTP request, as data. Rows of location * are shipped; a location''s own row of the same name wins.';
COMMENT ON COLUMN jorge.endpoint.location_id IS 'Tenant; * = every one.';
COMMENT ON COLUMN jorge.endpoint.endpoint IS 'Name: provider, dot, kind; e.g. ghl.sms. The kinds contact_get, contact_search, contact_upsert, conversation_search and messages are steps that others need.';
COMMENT ON COLUMN jorge.endpoint.provider IS 'Row of jorge.provider.';
COMMENT ON COLUMN jorge.endpoint.method IS 'GET, POST, PUT or DELETE.';
COMMENT ON COLUMN jorge.endpoint.path IS 'Path and query under the provider''s base URL; {name} is a value of the context or the payload, encoded. One that needs {contact_id}, here or in context, has the contact looked up first.';
COMMENT ON COLUMN jorge.endpoint.version IS 'Value of the header Version; NULL = no such header.';
COMMENT ON COLUMN jorge.endpoint.body IS 'Members every request has.';
COMMENT ON COLUMN jorge.endpoint.context IS 'Members taken from the context: {"contactId": "contact_id"}. Names: contact_id, account_id, conversation_id, and first_name, last_name, name, email, phone, source, time_zone of the lead; those that are NULL are left out.';
COMMENT ON COLUMN jorge.endpoint.allowed IS 'Members a payload may have; any other is an error of jorge.enqueue().';
COMMENT ON COLUMN jorge.endpoint.required IS 'Members it must have.';
COMMENT ON COLUMN jorge.endpoint.accepted IS 'Paths (a.b) of the answer, one of which a success must have; its value is the remote id. NULL = any 2xx is a success.';
COMMENT ON COLUMN jorge.endpoint.on_unknown IS 'If nobody knows whether it arrived: reconcile (read the conversation, send again once at most), resend (sending twice does no harm), stop (dead).';
COMMENT ON COLUMN jorge.endpoint.reuse IS 'May the request use a kept-alive connection? Not where sending twice does harm: libcurl silently repeats a request whose old connection had died.';
COMMENT ON COLUMN jorge.endpoint.needs_contact IS 'Does it need the contact''s id?';
COMMENT ON COLUMN jorge.endpoint.classes IS 'Answers that mean more than their status, first match wins: [{"status": [400], "match": "number % is invalid", "class": "rejected", "reason": "no number"}]. match is words that the answer must contain, whatever their case; % in it is anything (no regular expression: one worker reads the answers of all locations). class: accepted, rejected, contact (it is not there), auth (the token: wait for another), setup (the account: wait ten minutes), throttled, unknown, not_sent.';

CREATE TABLE IF NOT EXISTS jorge.provider (
    location_id text NOT NULL DEFAULT '*',
    provider    text NOT NULL,
    base_url    text NOT NULL CHECK (base_url ~ '^https://[a-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9_/.-]*[^/])?$'),
    token_path  text,
    rate        float8 NOT NULL DEFAULT 8 CHECK (rate > 0),
    burst       float8 NOT NULL DEFAULT 10 CHECK (burst >= 1),
    interactions boolean NOT NULL DEFAULT true,
    PRIMARY KEY (location_id, provider)
);
COMMENT ON TABLE jorge.provider IS 'Systems deliveries go to. Rows of location * are shipped; a location''s own row wins.';
COMMENT ON COLUMN jorge.provider.location_id IS 'Tenant; * = every one.';
COMMENT ON COLUMN jorge.provider.provider IS 'Name, e.g. ghl.';
COMMENT ON COLUMN jorge.provider.base_url IS 'Where its API is; its host must be in the setting jorge.outbox_hosts.';
COMMENT ON COLUMN jorge.provider.token_path IS 'Path of the OAuth token endpoint; NULL = tokens are not refreshed.';
COMMENT ON COLUMN jorge.provider.rate IS 'Requests a second to one account, in the long run.';
COMMENT ON COLUMN jorge.provider.burst IS 'Requests at once: no window of t seconds has more than burst + rate * t.';
COMMENT ON COLUMN jorge.provider.interactions IS 'Are SMS and e-mails noted as interactions of the lead when they are sent?';

CREATE TABLE IF NOT EXISTS jorge.provider_account (
    location_id   text NOT NULL,
    provider      text NOT NULL,
    account_id    text CHECK (account_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    enabled       boolean NOT NULL DEFAULT true,
    defaults      jsonb NOT NULL DEFAULT '{}',
    blocked_until timestamptz,
    block_reason  text,
    last_sent_at  timestamptz,
    last_error_at timestamptz,
    last_error    text,
    PRIMARY KEY (location_id, provider)
);
SELECT jorge.add_check('jorge.provider_account', 'provider_account_defaults_check', $check$jsonb_typeof(defaults) = 'object'$check$);
COMMENT ON TABLE jorge.provider_account IS 'A location''s account with a provider. The token is in a file that only the server can read (doc/delivery.md), never here.';
COMMENT ON COLUMN jorge.provider_account.location_id IS 'Tenant; also the name of its token''s file.';
COMMENT ON COLUMN jorge.provider_account.provider IS 'Row of jorge.provider.';
COMMENT ON COLUMN jorge.provider_account.account_id IS 'The provider''s id of the account (GHL: location id); NULL = the same as location_id.';
COMMENT ON COLUMN jorge.provider_account.enabled IS 'False: nothing is sent to it.';
COMMENT ON COLUMN jorge.provider_account.defaults IS 'Members added to every payload that may have them and doesn''t, e.g. {"fromNumber": "+15125550100"}.';
COMMENT ON COLUMN jorge.provider_account.blocked_until IS 'Nothing is sent before: a rate limit, or a token the provider refuses.';
COMMENT ON COLUMN jorge.provider_account.block_reason IS 'Why: rate limit, token (refused), setup (version or scope).';
COMMENT ON COLUMN jorge.provider_account.last_sent_at IS 'Latest success, to the minute.';
COMMENT ON COLUMN jorge.provider_account.last_error_at IS 'Latest failure that concerns the whole account.';
COMMENT ON COLUMN jorge.provider_account.last_error IS 'What it was.';

CREATE TABLE IF NOT EXISTS jorge.contact_cache (
    location_id     text NOT NULL,
    provider        text NOT NULL,
    lead_id         uuid NOT NULL,
    contact_id      text,
    conversation_id text,
    doubt           text CHECK (doubt IN ('check', 'search', 'make')),
    checked_at      timestamptz NOT NULL DEFAULT now(),
    dnd             jsonb,
    time_zone       text,
    PRIMARY KEY (location_id, provider, lead_id)
);
COMMENT ON TABLE jorge.contact_cache IS 'What is known of a lead''s contact with a provider. Can be emptied at any time: it is filled again by the lead''s own contact id, by a search, or by making the contact.';
COMMENT ON COLUMN jorge.contact_cache.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.contact_cache.provider IS 'Row of jorge.provider.';
COMMENT ON COLUMN jorge.contact_cache.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.contact_cache.contact_id IS 'The provider''s id of the contact.';
COMMENT ON COLUMN jorge.contact_cache.conversation_id IS 'The provider''s id of the conversation.';
COMMENT ON COLUMN jorge.contact_cache.doubt IS 'NULL = the id is believed; check = read the contact by it; search = look for it by phone and e-mail; make = create it.';
COMMENT ON COLUMN jorge.contact_cache.checked_at IS 'When the provider last confirmed it.';
COMMENT ON COLUMN jorge.contact_cache.dnd IS 'The provider''s do-not-disturb settings when it was read.';
COMMENT ON COLUMN jorge.contact_cache.time_zone IS 'The contact''s time zone when it was read.';

CREATE TABLE IF NOT EXISTS jorge.outbox_arm (
    location_id       text NOT NULL DEFAULT '*' CHECK (location_id = '*'),
    system_identifier bigint NOT NULL,
    database_oid      oid NOT NULL,
    token             text NOT NULL,
    armed_at          timestamptz NOT NULL DEFAULT now(),
    armed_by          text NOT NULL DEFAULT session_user,
    PRIMARY KEY (location_id)
);
COMMENT ON TABLE jorge.outbox_arm IS 'Whether this database may send: one row, made by jorge.arm(), that must agree with this server, this database and a file beside the tokens. A restored dump or a copied data directory doesn''t.';
COMMENT ON COLUMN jorge.outbox_arm.location_id IS 'Always *.';
COMMENT ON COLUMN jorge.outbox_arm.system_identifier IS 'The cluster that was armed (pg_control_system()).';
COMMENT ON COLUMN jorge.outbox_arm.database_oid IS 'The database that was armed.';
COMMENT ON COLUMN jorge.outbox_arm.token IS 'Random; the file holds the same.';
COMMENT ON COLUMN jorge.outbox_arm.armed_at IS 'When.';
COMMENT ON COLUMN jorge.outbox_arm.armed_by IS 'By whom.';

-- moves finished rows; the caller has them locked
CREATE OR REPLACE FUNCTION jorge.outbox_finish(location_id text, ids bigint[], state text, reason text, kind text DEFAULT 'state') RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    moved bigint;
BEGIN
    WITH gone AS (
        DELETE FROM jorge.outbox o WHERE o.location_id = $1 AND o.outbox_id = ANY ($2) RETURNING o.*
    ), done AS (
        INSERT INTO jorge.outbox_done (location_id, at, outbox_id, lead_id, channel, endpoint, payload, priority, due_at, expires_at, state,
                                       attempt, resends, dedupe_key, sequence_enrollment_id, rule, reason, sent_at, created_at)
        SELECT g.location_id, clock_timestamp(), g.outbox_id, g.lead_id, g.channel, g.endpoint, g.payload, g.priority, g.due_at, g.expires_at, $3,
               g.attempt, g.resends, g.dedupe_key, g.sequence_enrollment_id, g.rule, left($4, 500), g.sent_at, g.created_at FROM gone g
    ), logged AS (
        INSERT INTO jorge.outbox_log (location_id, at, outbox_id, lead_id, kind, decision, rule, attempt, reason)
        SELECT g.location_id, clock_timestamp(), g.outbox_id, g.lead_id, $5, $3, g.rule, g.attempt, left($4, 500) FROM gone g
    ), told AS (
        INSERT INTO jorge.event (location_id, lead_id, kind, reason, detail)
        SELECT g.location_id, g.lead_id, 'followup_' || $3, left($4, 200), jsonb_build_object('outbox_id', g.outbox_id, 'channel', g.channel) FROM gone g
    )
    SELECT count(*) INTO moved FROM gone;
    RETURN moved;
END
$fn$;
COMMENT ON FUNCTION jorge.outbox_finish(text, bigint[], text, text, text) IS 'Moves deliveries to jorge.outbox_done in a state (dead, cancelled, expired) with a reason, and says so in jorge.outbox_log and jorge.event. Returns how many.';
REVOKE ALL ON FUNCTION jorge.outbox_finish(text, bigint[], text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.endpoint_of(location_id text, endpoint text) RETURNS jorge.endpoint
    LANGUAGE sql STABLE
AS $fn$
    SELECT e FROM jorge.endpoint e WHERE e.endpoint = $2 AND e.location_id IN ($1, '*') ORDER BY e.location_id = '*' LIMIT 1
$fn$;
COMMENT ON FUNCTION jorge.endpoint_of(text, text) IS 'The location''s own row of jorge.endpoint with a name, else the shipped one; NULL if there is none.';

CREATE OR REPLACE FUNCTION jorge.provider_of(location_id text, provider text) RETURNS jorge.provider
    LANGUAGE sql STABLE
AS $fn$
    SELECT p FROM jorge.provider p WHERE p.provider = $2 AND p.location_id IN ($1, '*') ORDER BY p.location_id = '*' LIMIT 1
$fn$;
COMMENT ON FUNCTION jorge.provider_of(text, text) IS 'The location''s own row of jorge.provider with a name, else the shipped one; NULL if there is none.';

CREATE OR REPLACE FUNCTION jorge.check_payload(location_id text, endpoint text, payload jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    e jorge.endpoint := jorge.endpoint_of($1, $2);
    wrong text;
BEGIN
    IF e.endpoint IS NULL THEN
        RAISE EXCEPTION 'endpoint "%" does not exist', $2 USING ERRCODE = 'undefined_object',
            HINT = 'See SELECT endpoint FROM jorge.endpoint.';
    END IF;
    IF jsonb_typeof($3) IS DISTINCT FROM 'object' OR octet_length($3::text) > 262144 THEN
        RAISE EXCEPTION 'the payload of a delivery is a JSON object of at most 256 kB' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT string_agg(k, ', ' ORDER BY k) INTO wrong FROM jsonb_object_keys($3) k WHERE k <> ALL (e.allowed);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'endpoint % does not take %', $2, wrong USING ERRCODE = 'invalid_parameter_value',
            HINT = format('It takes %s.', array_to_string(e.allowed, ', '));
    END IF;
    SELECT string_agg(k, ', ' ORDER BY k) INTO wrong FROM unnest(e.required) k WHERE btrim(coalesce($3 ->> k, ''), E' \t\r\n') = '';
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'endpoint % needs %', $2, wrong USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.check_payload(text, text, jsonb) IS 'ERROR 42704 if there is no such endpoint, 22023 if it does not take the payload: GHL refuses unknown members.';

CREATE OR REPLACE FUNCTION jorge.enqueue(
    location_id text, lead_id uuid, channel text, endpoint text, payload jsonb, priority integer DEFAULT NULL,
    due_at timestamptz DEFAULT now(), dedupe_key text DEFAULT NULL, expires_at timestamptz DEFAULT NULL, enrollment uuid DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    who uuid := jorge.lead_alias($2, $1);
    id bigint;
    meant text;
BEGIN
    PERFORM jorge.check_payload($1, $4, $5);
    meant := (jorge.endpoint_of($1, $4)).channel;
    IF meant IS DISTINCT FROM $3 AND meant IS NOT NULL THEN
        RAISE EXCEPTION 'endpoint % is for channel %, not %', $4, meant, coalesce($3, 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The send gate is asked for the channel; it must be that of the endpoint.';
    END IF;
    IF who IS NULL OR NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = $1 AND l.lead_id = who) THEN
        RAISE EXCEPTION 'lead % does not exist in location "%"', $2, $1 USING ERRCODE = 'no_data_found';
    END IF;
    IF $8 IS NOT NULL THEN
        id := nextval('jorge.outbox_outbox_id_seq');
        -- waits for a concurrent transaction with the same key
        INSERT INTO jorge.outbox_key (location_id, dedupe_key, outbox_id) VALUES ($1, $8, id) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            SELECT k.outbox_id INTO id FROM jorge.outbox_key k WHERE k.location_id = $1 AND k.dedupe_key = $8;
            RETURN id;
        END IF;
    END IF;
    INSERT INTO jorge.outbox (location_id, outbox_id, lead_id, channel, endpoint, payload, priority, due_at, not_before, expires_at, dedupe_key, sequence_enrollment_id)
    OVERRIDING SYSTEM VALUE
    VALUES ($1, coalesce(id, nextval('jorge.outbox_outbox_id_seq')), who, $3, $4, $5,
            least(100, greatest(0, coalesce($6, (SELECT s.score::integer FROM jorge.lead_score s WHERE s.location_id = $1 AND s.lead_id = who), 0))),
            coalesce($7, now()), $7, $9, $8, $10)
    RETURNING outbox_id INTO id;
    RETURN id;
END
$fn$;
COMMENT ON FUNCTION jorge.enqueue(text, uuid, text, text, jsonb, integer, timestamptz, text, timestamptz, uuid) IS
    'Puts a delivery to a lead into the outbox and returns its id; it leaves with the commit, when it is due and the send gate lets it. channel is what the gate is asked for; endpoint (jorge.endpoint) says how it is sent; payload has the members the endpoint takes; priority 0 ... 100 is the lead''s score by default. With a dedupe_key that was used before, in whatever state that delivery is, nothing is put in and its id returned. expires_at: not sent from then on. Errors: 42704 unknown endpoint, 22023 payload, or a channel that is not the endpoint''s, P0002 unknown lead.';
REVOKE ALL ON FUNCTION jorge.enqueue(text, uuid, text, text, jsonb, integer, timestamptz, text, timestamptz, uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.cancel(outbox_id bigint, reason text DEFAULT 'cancelled by hand', location_id text DEFAULT jorge.current_location())
    RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    now_is text;
BEGIN
    SELECT o.state INTO now_is FROM jorge.outbox o WHERE o.location_id = $3 AND o.outbox_id = $1 FOR UPDATE;
    IF now_is IN ('pending', 'held') THEN
        PERFORM jorge.outbox_finish($3, ARRAY[$1], 'cancelled', $2);
        RETURN 'cancelled';
    ELSIF now_is IS NOT NULL THEN
        UPDATE jorge.outbox o SET stop_reason = coalesce(o.stop_reason, left($2, 500)) WHERE o.location_id = $3 AND o.outbox_id = $1;
        RETURN now_is;
    END IF;
    SELECT d.state INTO now_is FROM jorge.outbox_done d WHERE d.location_id = $3 AND d.outbox_id = $1 ORDER BY d.at DESC LIMIT 1;
    IF now_is IS NULL THEN
        RAISE EXCEPTION 'delivery % does not exist in location "%"', $1, $3 USING ERRCODE = 'no_data_found';
    END IF;
    RETURN now_is;
END
$fn$;
COMMENT ON FUNCTION jorge.cancel(bigint, text, text) IS
    'Cancels a delivery and returns its state: cancelled; sending or unknown if its request was on its way already (it is then not sent again); or the state it had finished in. ERROR P0002 if it does not exist.';
REVOKE ALL ON FUNCTION jorge.cancel(bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.cancel_lead(lead_id uuid, reason text, channels text[] DEFAULT NULL, location_id text DEFAULT jorge.current_location(),
                                             enrollment uuid DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- a claim that is deciding about this lead now is finished first, and every later one sees what we do
    who uuid := coalesce(jorge.locked_lead($1, $4), $1);
    ids bigint[];
BEGIN
    SELECT coalesce(array_agg(x.outbox_id), '{}') INTO ids
      FROM (SELECT o.outbox_id FROM jorge.outbox o
             WHERE o.location_id = $4 AND o.lead_id IN (who, $1) AND o.state IN ('pending', 'held')
               AND ($3 IS NULL OR o.channel = ANY ($3)) AND ($5 IS NULL OR o.sequence_enrollment_id = $5)
             ORDER BY o.outbox_id FOR UPDATE) x;
    UPDATE jorge.outbox o SET stop_reason = coalesce(o.stop_reason, left($2, 500))
     WHERE o.location_id = $4 AND o.lead_id IN (who, $1) AND o.state IN ('sending', 'unknown')
       AND ($3 IS NULL OR o.channel = ANY ($3)) AND ($5 IS NULL OR o.sequence_enrollment_id = $5);
    RETURN jorge.outbox_finish($4, ids, 'cancelled', $2);
END
$fn$;
COMMENT ON FUNCTION jorge.cancel_lead(uuid, text, text[], text, uuid) IS
    'Cancels all deliveries to a lead that are not on their way (of some channels; of one enrolment) and returns how many; one on its way is not sent again. Takes the lead''s row lock, so nothing leaves after the commit.';
REVOKE ALL ON FUNCTION jorge.cancel_lead(uuid, text, text[], text, uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.hold(outbox_id bigint, reason text DEFAULT 'held by hand', location_id text DEFAULT jorge.current_location())
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    WITH held AS (
        UPDATE jorge.outbox o SET state = 'held', reason = left($2, 500)
         WHERE o.location_id = $3 AND o.outbox_id = $1 AND o.state = 'pending' RETURNING o.*)
    INSERT INTO jorge.outbox_log (location_id, outbox_id, lead_id, kind, decision, reason)
    SELECT h.location_id, h.outbox_id, h.lead_id, 'state', 'held', h.reason FROM held h;
    RETURN FOUND;
END
$fn$;
COMMENT ON FUNCTION jorge.hold(bigint, text, text) IS 'Keeps a pending delivery from being sent until jorge.requeue(). False if it is not pending.';
REVOKE ALL ON FUNCTION jorge.hold(bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.requeue(outbox_id bigint, due_at timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    item jorge.outbox_done;
BEGIN
    WITH again AS (
        UPDATE jorge.outbox o SET state = 'pending', step = 'send', attempt = 0, reason = 'requeued', due_at = greatest($2, o.not_before)
         WHERE o.location_id = $3 AND o.outbox_id = $1 AND o.state IN ('held', 'pending') RETURNING o.*)
    INSERT INTO jorge.outbox_log (location_id, outbox_id, lead_id, kind, decision, until, reason)
    SELECT a.location_id, a.outbox_id, a.lead_id, 'state', 'pending', a.due_at, 'requeued' FROM again a;
    IF FOUND THEN
        PERFORM jorge.outbox_wake($2);
        RETURN true;
    END IF;
    DELETE FROM jorge.outbox_done d WHERE d.location_id = $3 AND d.outbox_id = $1 AND d.state IN ('dead', 'expired') RETURNING d.* INTO item;
    IF item.outbox_id IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO jorge.outbox (location_id, outbox_id, lead_id, channel, endpoint, payload, priority, due_at, dedupe_key, sequence_enrollment_id, reason, created_at)
    OVERRIDING SYSTEM VALUE
    VALUES (item.location_id, item.outbox_id, item.lead_id, item.channel, item.endpoint, item.payload, item.priority, $2, item.dedupe_key,
            item.sequence_enrollment_id, 'requeued', item.created_at);
    INSERT INTO jorge.outbox_log (location_id, outbox_id, lead_id, kind, decision, until, reason)
    VALUES (item.location_id, item.outbox_id, item.lead_id, 'state', 'pending', $2, 'requeued, was ' || item.state || coalesce(': ' || item.reason, ''));
    RETURN true;
END
$fn$;
COMMENT ON FUNCTION jorge.requeue(bigint, timestamptz, text) IS
    'Makes a held, pending, dead or expired delivery due again, with new attempts (a dead or expired one without its expiry). The send gate is asked as ever. False if it is on its way, sent, cancelled or not there.';
REVOKE ALL ON FUNCTION jorge.requeue(bigint, timestamptz, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.workers_needed(queue bigint DEFAULT NULL, seconds_per_lead float8 DEFAULT 5, target_seconds float8 DEFAULT 60,
                                                least_workers integer DEFAULT 2, most_workers integer DEFAULT 20)
    RETURNS integer
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT least($5, greatest($4, ceil(coalesce($1, (SELECT count(*) FROM jorge.outbox o WHERE o.state = 'pending' AND o.due_at <= now())) * $2 / $3)))::integer
$fn$;
COMMENT ON FUNCTION jorge.workers_needed(bigint, float8, float8, integer, integer) IS
    'Workers (people or processes, each taking seconds_per_lead for a lead) that empty a queue within target_seconds: ceil(queue * seconds_per_lead / target_seconds), within bounds. The queue is, by default, what is due in the outbox now.';

CREATE OR REPLACE VIEW jorge.outbox_status WITH (security_invoker = true) AS
    SELECT coalesce(q.hot_queue, 0) AS hot_queue, coalesce(q.warm_queue, 0) AS warm_queue, coalesce(q.cold_queue, 0) AS cold_queue,
           w.workers_active, w.processing_rate,
           coalesce(w.state, 'no worker') AS worker_state,
           w.in_flight, w.last_error, w.last_error_at,
           (SELECT min(o.due_at) FROM jorge.outbox o WHERE o.state = 'pending') AS next_due_at,
           extract(epoch FROM now() - q.oldest)::float8 AS oldest_due_seconds,
           (SELECT count(*) FROM jorge.outbox o WHERE o.state = 'unknown') AS unknown,
           (SELECT count(*) FROM jorge.outbox o WHERE o.state = 'held') AS held,
           (SELECT string_agg(CASE WHEN a.blocked_until > now() THEN format('%s %s: %s until %s', a.location_id, a.provider, a.block_reason, a.blocked_until)
                                   ELSE format('%s %s: %s', a.location_id, a.provider, coalesce(a.last_error, 'token')) END, '; ' ORDER BY a.location_id, a.provider)
              FROM jorge.provider_account a
             WHERE a.blocked_until > now() OR a.block_reason = 'token' AND a.last_error_at > coalesce(a.last_sent_at, '-infinity')) AS blocked
      FROM (SELECT count(*) FILTER (WHERE o.lane = 0) AS hot_queue, count(*) FILTER (WHERE o.lane = 1) AS warm_queue,
                   count(*) FILTER (WHERE o.lane = 2) AS cold_queue, min(o.due_at) AS oldest
              FROM jorge.outbox o WHERE o.state = 'pending' AND o.due_at <= now()) q,
           (SELECT count(*) FILTER (WHERE s.state = 'running')::integer AS workers_active, coalesce(sum(s.sent_per_minute), 0) AS processing_rate,
                   max(s.state) AS state, sum(s.in_flight)::integer AS in_flight, max(s.last_error) AS last_error, max(s.last_error_at) AS last_error_at
              FROM jorge.outbox_workers() s WHERE s.database = current_database()) w;
COMMENT ON VIEW jorge.outbox_status IS 'The outbox in one row.';
COMMENT ON COLUMN jorge.outbox_status.hot_queue IS 'Due now, priority 80 and more.';
COMMENT ON COLUMN jorge.outbox_status.warm_queue IS 'Due now, priority 50 to 79.';
COMMENT ON COLUMN jorge.outbox_status.cold_queue IS 'Due now, priority below 50.';
COMMENT ON COLUMN jorge.outbox_status.workers_active IS 'Workers that send for this database.';
COMMENT ON COLUMN jorge.outbox_status.processing_rate IS 'Deliveries finished by the worker in the last full minute.';
COMMENT ON COLUMN jorge.outbox_status.worker_state IS 'running, or why not: no worker, disarmed, hold-off, version, stopped ...';
COMMENT ON COLUMN jorge.outbox_status.in_flight IS 'Requests on their way.';
COMMENT ON COLUMN jorge.outbox_status.last_error IS 'Latest error of the worker itself.';
COMMENT ON COLUMN jorge.outbox_status.last_error_at IS 'When.';
COMMENT ON COLUMN jorge.outbox_status.next_due_at IS 'When the next pending delivery is, or was, due.';
COMMENT ON COLUMN jorge.outbox_status.oldest_due_seconds IS 'How long the oldest due delivery has been waiting; NULL = none is.';
COMMENT ON COLUMN jorge.outbox_status.unknown IS 'Deliveries whose outcome is being looked for.';
COMMENT ON COLUMN jorge.outbox_status.held IS 'Deliveries that wait for a person.';
COMMENT ON COLUMN jorge.outbox_status.blocked IS 'Accounts to which nothing is sent now, and why.';

CREATE OR REPLACE FUNCTION jorge.prune_outbox(keep interval DEFAULT '400 days', location_id text DEFAULT jorge.current_location()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    removed bigint;
BEGIN
    IF keep IS NULL OR keep < interval '35 days' THEN
        RAISE EXCEPTION 'finished deliveries are kept for 35 days at least' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Limits by day and week, and the search for lost messages, read them.';
    END IF;
    DELETE FROM jorge.outbox_log g WHERE g.location_id = $2 AND g.at < now() - keep
       AND NOT EXISTS (SELECT FROM jorge.outbox o WHERE o.location_id = $2 AND o.outbox_id = g.outbox_id);
    DELETE FROM jorge.outbox_key k WHERE k.location_id = $2 AND k.created_at < now() - keep
       AND NOT EXISTS (SELECT FROM jorge.outbox o WHERE o.location_id = $2 AND o.outbox_id = k.outbox_id);
    DELETE FROM jorge.outbox_done d WHERE d.location_id = $2 AND d.at < now() - keep;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$fn$;
COMMENT ON FUNCTION jorge.prune_outbox(interval, text) IS
    'Removes deliveries finished longer ago than keep (at least 35 days), their history and keys, and returns their number.';
REVOKE ALL ON FUNCTION jorge.prune_outbox(interval, text) FROM PUBLIC;

CREATE OR REPLACE TRIGGER wake AFTER INSERT ON jorge.outbox
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION jorge.outbox_added();
COMMENT ON TRIGGER wake ON jorge.outbox IS 'Wakes the worker at the commit, if something is due before it would wake by itself.';
