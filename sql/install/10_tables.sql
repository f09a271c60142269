-- The managed tables. Every one starts with location_id (the tenant) and carries it in every key; ids are
-- uuid; times are timestamptz. No default, CHECK or index uses a function or type of the extension (the
-- one exception, jorge.model.forest, is a copy of jorge.model.ubj), so DROP EXTENSION ... CASCADE loses no row.
--
-- No index but the one that a look-up needs starts with location_id: a plan saved while the table was empty
-- would as soon take the other and read the whole tenant.

-- as jorge_new_id() in C; its body is fixed here, and takes the place of the call
CREATE OR REPLACE FUNCTION jorge.new_id() RETURNS uuid
    LANGUAGE sql VOLATILE PARALLEL SAFE
    RETURN encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
                                          PLACING substring(int8send((date_part('epoch', clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1),
                                  52, 1), 53, 1), 'hex')::uuid;
COMMENT ON FUNCTION jorge.new_id() IS
    'A new id: UUID of version 7 (RFC 9562), 48 bits of milliseconds since 1970 and 74 random ones. What is newer sorts behind, so that rows that come together lie together in every index.';

CREATE TABLE IF NOT EXISTS jorge.location (
    location_id text PRIMARY KEY,
    name        text,
    time_zone   text NOT NULL DEFAULT 'America/Chicago',
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE jorge.location IS 'Tenants (GHL sub-accounts) and their settings. A location needs no row here to receive leads.';
COMMENT ON COLUMN jorge.location.location_id IS 'Tenant id, as in every other table.';
COMMENT ON COLUMN jorge.location.name IS 'Name shown to people.';
COMMENT ON COLUMN jorge.location.time_zone IS 'IANA zone of the office; default is the Austin market. Features of a lead that names no zone are in UTC.';
COMMENT ON COLUMN jorge.location.created_at IS 'When the row was made.';

CREATE TABLE IF NOT EXISTS jorge.inquiry (
    location_id   text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    inquiry_id    uuid NOT NULL DEFAULT jorge.new_id(),
    received_at   timestamptz NOT NULL DEFAULT now(),
    source        text NOT NULL,
    source_ref    text,
    campaign      text,
    cost          numeric,
    side          text,
    name          text,
    first_name    text,
    last_name     text,
    phone         text,
    email         text,
    street        text,
    city          text,
    state         text,
    postal_code   text,
    country       text,
    message       text,
    budget_min    numeric,
    budget_max    numeric,
    timeline      text,
    financing     text,
    property_type text,
    bedrooms      numeric,
    bathrooms     numeric,
    area          text,
    listing_ref   text,
    language      text,
    time_zone     text,
    payload       jsonb,
    UNIQUE (location_id, source, source_ref)
);
DO $do$
BEGIN
    -- The primary key is made last: foreign-key checks are planned once a session, and on an empty table, or one that was analyzed in
    -- the middle of a large load, the planner finds both indexes equally cheap and takes the younger one.
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'jorge.inquiry'::regclass AND contype = 'p') THEN
        ALTER TABLE jorge.inquiry ADD PRIMARY KEY (location_id, inquiry_id);
    END IF;
END
$do$;
COMMENT ON TABLE jorge.inquiry IS 'One arrival from one source, as it came. jorge only appends: grant nobody UPDATE or DELETE. Inserting here makes or finds the lead and scores it in the same transaction. All columns but source are optional.';
COMMENT ON COLUMN jorge.inquiry.location_id IS 'Tenant; default is the setting jorge.location_id, else "main".';
COMMENT ON COLUMN jorge.inquiry.inquiry_id IS 'Id of this arrival.';
COMMENT ON COLUMN jorge.inquiry.received_at IS 'When it arrived.';
COMMENT ON COLUMN jorge.inquiry.source IS 'Where it came from: ghl, zillow, realtor_com, facebook, email, or any other name.';
COMMENT ON COLUMN jorge.inquiry.source_ref IS 'The source''s own id; a second arrival with the same one violates the unique key (use ON CONFLICT DO NOTHING for replays).';
COMMENT ON COLUMN jorge.inquiry.campaign IS 'Campaign or advertisement.';
COMMENT ON COLUMN jorge.inquiry.cost IS 'US dollars paid for this arrival; NULL = not told.';
COMMENT ON COLUMN jorge.inquiry.side IS 'buyer, seller or both.';
COMMENT ON COLUMN jorge.inquiry.name IS 'Full name as given.';
COMMENT ON COLUMN jorge.inquiry.first_name IS 'First name as given.';
COMMENT ON COLUMN jorge.inquiry.last_name IS 'Last name as given.';
COMMENT ON COLUMN jorge.inquiry.phone IS 'Phone number as given; see jorge.phone_key().';
COMMENT ON COLUMN jorge.inquiry.email IS 'E-mail address as given; see jorge.email_key().';
COMMENT ON COLUMN jorge.inquiry.street IS 'Street address.';
COMMENT ON COLUMN jorge.inquiry.city IS 'City.';
COMMENT ON COLUMN jorge.inquiry.state IS 'State.';
COMMENT ON COLUMN jorge.inquiry.postal_code IS 'Postal code.';
COMMENT ON COLUMN jorge.inquiry.country IS 'Country.';
COMMENT ON COLUMN jorge.inquiry.message IS 'What the person wrote; scanned for signals on arrival (jorge.text_signals).';
COMMENT ON COLUMN jorge.inquiry.budget_min IS 'Least price wished, US dollars, as given; implausible values are kept here and ignored by the lead.';
COMMENT ON COLUMN jorge.inquiry.budget_max IS 'Highest price wished, US dollars, as given.';
COMMENT ON COLUMN jorge.inquiry.timeline IS 'When they want to move, in the source''s words.';
COMMENT ON COLUMN jorge.inquiry.financing IS 'State of financing, in the source''s words.';
COMMENT ON COLUMN jorge.inquiry.property_type IS 'Property type.';
COMMENT ON COLUMN jorge.inquiry.bedrooms IS 'Bedrooms wished.';
COMMENT ON COLUMN jorge.inquiry.bathrooms IS 'Bathrooms wished.';
COMMENT ON COLUMN jorge.inquiry.area IS 'Area wished: neighbourhood, suburb.';
COMMENT ON COLUMN jorge.inquiry.listing_ref IS 'Listing asked about.';
COMMENT ON COLUMN jorge.inquiry.language IS 'Language of the person, as the source says it.';
COMMENT ON COLUMN jorge.inquiry.time_zone IS 'IANA zone of the person.';
COMMENT ON COLUMN jorge.inquiry.payload IS 'The source''s payload, whole.';

CREATE TABLE IF NOT EXISTS jorge.lead (
    location_id        text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    lead_id            uuid NOT NULL DEFAULT jorge.new_id(),
    name               text,
    first_name         text,
    last_name          text,
    phone              text,
    email              text,
    street             text,
    city               text,
    state              text,
    postal_code        text,
    country            text,
    language           text,
    time_zone          text,
    side               text,
    budget_min         numeric,
    budget_max         numeric,
    timeline           text,
    financing          text,
    property_type      text,
    bedrooms           numeric,
    bathrooms          numeric,
    area               text,
    listing_ref        text,
    first_source       text,
    sources            text[] NOT NULL DEFAULT '{}',
    first_seen_at      timestamptz,
    last_seen_at       timestamptz,
    inquiries          integer NOT NULL DEFAULT 0,
    multi_source_bonus integer NOT NULL DEFAULT 0,
    name_conflict      boolean NOT NULL DEFAULT false,
    edited_at          timestamptz,
    erased_at          timestamptz,
    stage              text NOT NULL DEFAULT 'initial_contact',
    drop_reason        text,
    outcome            text NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'won', 'lost')),
    outcome_at         timestamptz,
    sale_price         numeric,
    revenue            numeric,
    owner              text,
    ghl_contact_id     text,
    interactions       integer NOT NULL DEFAULT 0,
    inbound            integer NOT NULL DEFAULT 0,
    outbound           integer NOT NULL DEFAULT 0,
    calls              integer NOT NULL DEFAULT 0,
    visits             integer NOT NULL DEFAULT 0,
    first_outbound_at  timestamptz,
    last_outbound_at   timestamptz,
    last_inbound_at    timestamptz,
    replies            integer NOT NULL DEFAULT 0,
    reply_seconds      float8 NOT NULL DEFAULT 0,
    text_messages             integer NOT NULL DEFAULT 0,
    text_length               bigint NOT NULL DEFAULT 0,
    text_words                bigint NOT NULL DEFAULT 0,
    text_question_marks       bigint NOT NULL DEFAULT 0,
    text_questions            bigint NOT NULL DEFAULT 0,
    text_exclamation_marks    bigint NOT NULL DEFAULT 0,
    text_sentiment            float8 NOT NULL DEFAULT 0,
    text_budget_min           float8,
    text_budget_max           float8,
    text_budget_specificity   float8,
    text_price_ranges         integer NOT NULL DEFAULT 0,
    text_timeline_urgency     float8,
    text_financing_readiness  float8,
    text_intent               float8,
    text_location_specificity float8,
    text_experience           float8,
    text_objections           integer NOT NULL DEFAULT 0,
    text_objection_kinds      integer NOT NULL DEFAULT 0,
    text_job_stability        float8,
    text_family_size          float8,
    lexicon                   integer,
    PRIMARY KEY (location_id, lead_id)
) WITH (fillfactor = 60);
COMMENT ON TABLE jorge.lead IS 'One row a person, deduplicated: the best value known of each field, folded from the person''s inquiries and interactions in order of time, with conversation counters and text signals. Scores are in jorge.lead_score.';
COMMENT ON COLUMN jorge.lead.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead.lead_id IS 'Id of the person; stays valid for ever (jorge.lead_alias).';
COMMENT ON COLUMN jorge.lead.name IS 'Full name; like all fields up to listing_ref, the newest value that is not empty.';
COMMENT ON COLUMN jorge.lead.first_name IS 'First name.';
COMMENT ON COLUMN jorge.lead.last_name IS 'Last name.';
COMMENT ON COLUMN jorge.lead.phone IS 'Phone number as given.';
COMMENT ON COLUMN jorge.lead.email IS 'E-mail address as given.';
COMMENT ON COLUMN jorge.lead.street IS 'Street address.';
COMMENT ON COLUMN jorge.lead.city IS 'City.';
COMMENT ON COLUMN jorge.lead.state IS 'State.';
COMMENT ON COLUMN jorge.lead.postal_code IS 'Postal code.';
COMMENT ON COLUMN jorge.lead.country IS 'Country.';
COMMENT ON COLUMN jorge.lead.language IS 'Language of the person.';
COMMENT ON COLUMN jorge.lead.time_zone IS 'IANA zone of the person.';
COMMENT ON COLUMN jorge.lead.side IS 'buyer, seller or both.';
COMMENT ON COLUMN jorge.lead.budget_min IS 'Least price wished, US dollars; only plausible values (0 < budget <= 1e9, least <= highest).';
COMMENT ON COLUMN jorge.lead.budget_max IS 'Highest price wished, US dollars; only plausible values.';
COMMENT ON COLUMN jorge.lead.timeline IS 'When they want to move, in the source''s words.';
COMMENT ON COLUMN jorge.lead.financing IS 'State of financing, in the source''s words.';
COMMENT ON COLUMN jorge.lead.property_type IS 'Property type.';
COMMENT ON COLUMN jorge.lead.bedrooms IS 'Bedrooms wished.';
COMMENT ON COLUMN jorge.lead.bathrooms IS 'Bathrooms wished.';
COMMENT ON COLUMN jorge.lead.area IS 'Area wished.';
COMMENT ON COLUMN jorge.lead.listing_ref IS 'Listing last asked about.';
COMMENT ON COLUMN jorge.lead.first_source IS 'Source of the earliest inquiry.';
COMMENT ON COLUMN jorge.lead.sources IS 'Distinct sources in the order they first brought this person.';
COMMENT ON COLUMN jorge.lead.first_seen_at IS 'Time of the earliest inquiry.';
COMMENT ON COLUMN jorge.lead.last_seen_at IS 'Time of the latest inquiry.';
COMMENT ON COLUMN jorge.lead.inquiries IS 'Number of inquiries.';
COMMENT ON COLUMN jorge.lead.multi_source_bonus IS 'Quality points (0-100 scale): 5 for each source beyond the first.';
COMMENT ON COLUMN jorge.lead.name_conflict IS 'Arrivals gave clearly different names: a household, or two people with one phone or e-mail.';
COMMENT ON COLUMN jorge.lead.edited_at IS 'Latest edit by hand of a column up to listing_ref (kept as an inquiry of the source "manual").';
COMMENT ON COLUMN jorge.lead.erased_at IS 'When the person was erased (jorge.erase_lead): the row is kept for counts by source and month, what it said is gone.';
COMMENT ON COLUMN jorge.lead.stage IS 'Funnel stage: initial_contact, qualified, hot, appointment, closed.';
COMMENT ON COLUMN jorge.lead.drop_reason IS 'Why the lead left the funnel; NULL while it has not.';
COMMENT ON COLUMN jorge.lead.outcome IS 'open, won or lost.';
COMMENT ON COLUMN jorge.lead.outcome_at IS 'When the outcome was known.';
COMMENT ON COLUMN jorge.lead.sale_price IS 'Price of the sale, US dollars.';
COMMENT ON COLUMN jorge.lead.revenue IS 'Commission earned, US dollars.';
COMMENT ON COLUMN jorge.lead.owner IS 'Agent who has the lead.';
COMMENT ON COLUMN jorge.lead.ghl_contact_id IS 'Contact id in GoHighLevel.';
COMMENT ON COLUMN jorge.lead.interactions IS 'Number of interactions.';
COMMENT ON COLUMN jorge.lead.inbound IS 'Interactions that came from the person.';
COMMENT ON COLUMN jorge.lead.outbound IS 'Interactions that came from us.';
COMMENT ON COLUMN jorge.lead.calls IS 'Interactions by call.';
COMMENT ON COLUMN jorge.lead.visits IS 'Visits.';
COMMENT ON COLUMN jorge.lead.first_outbound_at IS 'Our first interaction.';
COMMENT ON COLUMN jorge.lead.last_outbound_at IS 'Our latest interaction.';
COMMENT ON COLUMN jorge.lead.last_inbound_at IS 'The person''s latest interaction.';
COMMENT ON COLUMN jorge.lead.replies IS 'Inbound interactions that answered an outbound one.';
COMMENT ON COLUMN jorge.lead.reply_seconds IS 'Seconds those answers took, summed.';
COMMENT ON COLUMN jorge.lead.text_messages IS 'Inbound messages scanned, the inquiries'' included; the text_ columns say what they say together.';
COMMENT ON COLUMN jorge.lead.text_length IS 'Characters other than white space, summed; like all text_ columns without protected spans.';
COMMENT ON COLUMN jorge.lead.text_words IS 'Words, summed.';
COMMENT ON COLUMN jorge.lead.text_question_marks IS 'Question marks, summed.';
COMMENT ON COLUMN jorge.lead.text_questions IS 'Questions asked, with or without the mark, summed.';
COMMENT ON COLUMN jorge.lead.text_exclamation_marks IS 'Exclamation marks, summed.';
COMMENT ON COLUMN jorge.lead.text_sentiment IS 'Sentiment -1 ... 1 of each message, summed.';
COMMENT ON COLUMN jorge.lead.text_budget_min IS 'Lower bound of the budget last stated, US dollars.';
COMMENT ON COLUMN jorge.lead.text_budget_max IS 'Upper bound of the budget last stated, US dollars.';
COMMENT ON COLUMN jorge.lead.text_budget_specificity IS 'How exactly it was stated: 1 one figure ... 0 flexible.';
COMMENT ON COLUMN jorge.lead.text_price_ranges IS 'Messages that gave two bounds.';
COMMENT ON COLUMN jorge.lead.text_timeline_urgency IS 'Urgency last stated: 1 now ... 0 no rush.';
COMMENT ON COLUMN jorge.lead.text_financing_readiness IS 'Financing last stated: 1 cash ... 0 none.';
COMMENT ON COLUMN jorge.lead.text_intent IS 'Strongest wish to act in any message, 0 ... 1.';
COMMENT ON COLUMN jorge.lead.text_location_specificity IS 'Most exact place named in any message: 0 none ... 1 street address.';
COMMENT ON COLUMN jorge.lead.text_experience IS 'Experience last stated: 1 has bought or sold before, 0 first time.';
COMMENT ON COLUMN jorge.lead.text_objections IS 'Objections raised, summed over messages.';
COMMENT ON COLUMN jorge.lead.text_objection_kinds IS 'Bit set of the categories raised: 1 price, 2 timing, 4 financing, 8 location, 16 condition, 32 agent, 64 commission, 128 partner.';
COMMENT ON COLUMN jorge.lead.text_job_stability IS 'Protected: job stability last stated, 0 ... 1; in no score unless its owner asks for it by name.';
COMMENT ON COLUMN jorge.lead.text_family_size IS 'Protected: persons in the family last mentioned; in no score unless its owner asks for it by name.';
COMMENT ON COLUMN jorge.lead.lexicon IS 'Version of the words that found the text_ columns (jorge.lexicon_version).';

-- Without a foreign key, as scores are: checking one costs more than the row. A lead can't go while jorge.inquiry_lead refers to it.
CREATE TABLE IF NOT EXISTS jorge.lead_key (
    location_id text NOT NULL,
    kind        text NOT NULL COLLATE "C",
    key         text NOT NULL COLLATE "C",
    lead_id     uuid NOT NULL,
    share       integer NOT NULL DEFAULT 0,
    PRIMARY KEY (location_id, kind, key, share)
);
CREATE INDEX IF NOT EXISTS lead_key_lead_idx ON jorge.lead_key (lead_id, location_id);
COMMENT ON TABLE jorge.lead_key IS 'Which key belongs to which person. The primary key is the backstop of deduplication.';
COMMENT ON COLUMN jorge.lead_key.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_key.kind IS 'P phone, E e-mail.';
COMMENT ON COLUMN jorge.lead_key.key IS 'Canonical form: jorge.phone_key() or jorge.email_key().';
COMMENT ON COLUMN jorge.lead_key.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.lead_key.share IS '0 for the person who brought the key first; 1, 2 ... for further ones of a household that is kept apart (jorge.phone_requires_name).';

CREATE TABLE IF NOT EXISTS jorge.inquiry_lead (
    location_id text NOT NULL,
    inquiry_id  uuid NOT NULL,
    lead_id     uuid NOT NULL,
    rule        text NOT NULL,
    linked_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, inquiry_id),
    FOREIGN KEY (location_id, inquiry_id) REFERENCES jorge.inquiry,
    FOREIGN KEY (location_id, lead_id) REFERENCES jorge.lead
);
CREATE INDEX IF NOT EXISTS inquiry_lead_lead_idx ON jorge.inquiry_lead (lead_id, location_id);
COMMENT ON TABLE jorge.inquiry_lead IS 'The only mapping from arrival to person.';
COMMENT ON COLUMN jorge.inquiry_lead.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.inquiry_lead.inquiry_id IS 'The arrival.';
COMMENT ON COLUMN jorge.inquiry_lead.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.inquiry_lead.rule IS 'Why: new, phone, email, phone+email, fields (name and further fields agree), edit (changed by hand), lead (inserted into jorge.lead), or batch (same statement brought the person).';
COMMENT ON COLUMN jorge.inquiry_lead.linked_at IS 'When the mapping was made.';

CREATE TABLE IF NOT EXISTS jorge.lead_alias (
    location_id text NOT NULL,
    alias_id    uuid NOT NULL,
    lead_id     uuid NOT NULL,
    PRIMARY KEY (location_id, alias_id),
    FOREIGN KEY (location_id, lead_id) REFERENCES jorge.lead
);
CREATE INDEX IF NOT EXISTS lead_alias_lead_idx ON jorge.lead_alias (lead_id, location_id);
COMMENT ON TABLE jorge.lead_alias IS 'Ids that were given for a person who is now another row; see the function jorge.lead_alias().';
COMMENT ON COLUMN jorge.lead_alias.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_alias.alias_id IS 'The id once given.';
COMMENT ON COLUMN jorge.lead_alias.lead_id IS 'The row it means now.';

CREATE TABLE IF NOT EXISTS jorge.interaction (
    location_id      text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    interaction_id   uuid NOT NULL DEFAULT jorge.new_id(),
    lead_id          uuid NOT NULL,
    at               timestamptz NOT NULL DEFAULT now(),
    channel          text NOT NULL CHECK (channel IN ('sms', 'email', 'call', 'visit', 'note')),
    direction        text CHECK (direction IN ('in', 'out')),
    body             text,
    duration_seconds integer CHECK (duration_seconds >= 0),
    provider         text,
    provider_ref     text,
    PRIMARY KEY (location_id, at, interaction_id),
    FOREIGN KEY (location_id, lead_id) REFERENCES jorge.lead,
    CHECK (direction IS NOT NULL OR channel = 'note')
) PARTITION BY RANGE (at);
CREATE INDEX IF NOT EXISTS interaction_lead_idx ON jorge.interaction (lead_id, at, location_id);
COMMENT ON TABLE jorge.interaction IS 'A message, call, note or visit, one row each; partitioned by month. Inserting here updates the lead''s counters and text signals and scores it anew in the same transaction.';
COMMENT ON COLUMN jorge.interaction.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.interaction.interaction_id IS 'Id of the interaction.';
COMMENT ON COLUMN jorge.interaction.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.interaction.at IS 'When it happened.';
COMMENT ON COLUMN jorge.interaction.channel IS 'sms, email, call, visit or note.';
COMMENT ON COLUMN jorge.interaction.direction IS 'in (from the person) or out (from us); NULL only for notes.';
COMMENT ON COLUMN jorge.interaction.body IS 'Text; inbound bodies are scanned for signals.';
COMMENT ON COLUMN jorge.interaction.duration_seconds IS 'Length of a call or visit, seconds.';
COMMENT ON COLUMN jorge.interaction.provider IS 'System it came from.';
COMMENT ON COLUMN jorge.interaction.provider_ref IS 'That system''s id; a replay with the same one is dropped silently (jorge.interaction_ref).';

CREATE TABLE IF NOT EXISTS jorge.interaction_ref (
    location_id    text NOT NULL,
    provider       text NOT NULL,
    provider_ref   text NOT NULL,
    at             timestamptz NOT NULL,
    interaction_id uuid NOT NULL,
    PRIMARY KEY (location_id, provider, provider_ref)
);
COMMENT ON TABLE jorge.interaction_ref IS 'Provider ids already seen: a key that a partitioned table can''t have.';
COMMENT ON COLUMN jorge.interaction_ref.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.interaction_ref.provider IS 'System the interaction came from.';
COMMENT ON COLUMN jorge.interaction_ref.provider_ref IS 'That system''s id.';
COMMENT ON COLUMN jorge.interaction_ref.at IS 'Time of the interaction: with the id, its primary key.';
COMMENT ON COLUMN jorge.interaction_ref.interaction_id IS 'Id of the interaction.';

CREATE TABLE IF NOT EXISTS jorge.lead_score (
    location_id text NOT NULL,
    lead_id     uuid NOT NULL,
    probability float8 NOT NULL CHECK (probability BETWEEN 0 AND 1),
    score       float8 NOT NULL,
    class       text NOT NULL,
    confidence  float8,
    lower       float8,
    upper       float8,
    model       text NOT NULL,
    scored_at   timestamptz NOT NULL,
    PRIMARY KEY (location_id, lead_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE jorge.lead_score IS 'The current score of each lead, kept by the triggers.';
COMMENT ON COLUMN jorge.lead_score.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_score.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.lead_score.probability IS 'Probability of "won within the horizon", 0 ... 1.';
COMMENT ON COLUMN jorge.lead_score.score IS '100 * probability.';
COMMENT ON COLUMN jorge.lead_score.class IS 'HOT, WARM or COLD by jorge.hot_threshold and jorge.warm_threshold.';
COMMENT ON COLUMN jorge.lead_score.confidence IS '1 - (upper - lower); 0 where the model knew too few outcomes to tell, NULL where it is not calibrated. See jorge.predict_interval().';
COMMENT ON COLUMN jorge.lead_score.lower IS 'Lower end of the 80 % interval of the probability.';
COMMENT ON COLUMN jorge.lead_score.upper IS 'Upper end of the 80 % interval of the probability.';
COMMENT ON COLUMN jorge.lead_score.model IS 'Model and version that gave it, e.g. jorge_lead_scorer_v1.';
COMMENT ON COLUMN jorge.lead_score.scored_at IS 'When.';

CREATE TABLE IF NOT EXISTS jorge.prediction (
    location_id   text NOT NULL,
    at            timestamptz NOT NULL DEFAULT now(),
    prediction_id uuid NOT NULL DEFAULT jorge.new_id(),
    lead_id       uuid NOT NULL,
    reason        text NOT NULL,
    model         text NOT NULL,
    probability   float8 NOT NULL,
    class         text NOT NULL,
    confidence    float8,
    lower         float8,
    upper         float8,
    features      float4[] NOT NULL,
    PRIMARY KEY (location_id, at, prediction_id)
) PARTITION BY RANGE (at);
CREATE INDEX IF NOT EXISTS prediction_lead_idx ON jorge.prediction (lead_id, at, location_id);
COMMENT ON TABLE jorge.prediction IS 'Each served prediction with the features it was made from: audit, training set and drift monitor. Partitioned by month.';
COMMENT ON COLUMN jorge.prediction.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.prediction.at IS 'When it was served.';
COMMENT ON COLUMN jorge.prediction.prediction_id IS 'Id of the prediction.';
COMMENT ON COLUMN jorge.prediction.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.prediction.reason IS 'What asked for it: inquiry, interaction, refold.';
COMMENT ON COLUMN jorge.prediction.model IS 'Model and version.';
COMMENT ON COLUMN jorge.prediction.probability IS 'Probability served.';
COMMENT ON COLUMN jorge.prediction.class IS 'HOT, WARM or COLD.';
COMMENT ON COLUMN jorge.prediction.confidence IS 'As in jorge.lead_score.';
COMMENT ON COLUMN jorge.prediction.lower IS 'As in jorge.lead_score.';
COMMENT ON COLUMN jorge.prediction.upper IS 'As in jorge.lead_score.';
COMMENT ON COLUMN jorge.prediction.features IS 'All features in catalogue order (jorge.feature.position), NULL = missing.';

CREATE TABLE IF NOT EXISTS jorge.event (
    location_id text NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    event_id    uuid NOT NULL DEFAULT jorge.new_id(),
    lead_id     uuid,
    kind        text NOT NULL,
    score       float8,
    confidence  float8,
    class       text,
    model       text,
    reason      text,
    detail      jsonb,
    PRIMARY KEY (location_id, at, event_id)
) PARTITION BY RANGE (at);
CREATE INDEX IF NOT EXISTS event_lead_idx ON jorge.event (lead_id, at, location_id);
COMMENT ON TABLE jorge.event IS 'What happened, for dashboards and relays: durable rows without names or contact data. Partitioned by month.';
COMMENT ON COLUMN jorge.event.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.event.at IS 'When.';
COMMENT ON COLUMN jorge.event.event_id IS 'Id of the event.';
COMMENT ON COLUMN jorge.event.lead_id IS 'The person it is about.';
COMMENT ON COLUMN jorge.event.kind IS 'lead_ml_scored, lead_merged, lead_unmerged, lead_parted, lead_erased, model_promoted ...';
COMMENT ON COLUMN jorge.event.score IS '0 ... 100.';
COMMENT ON COLUMN jorge.event.confidence IS '0 ... 1.';
COMMENT ON COLUMN jorge.event.class IS 'HOT, WARM or COLD.';
COMMENT ON COLUMN jorge.event.model IS 'Model and version.';
COMMENT ON COLUMN jorge.event.reason IS 'What caused it: inquiry, interaction, refold ...';
COMMENT ON COLUMN jorge.event.detail IS 'More, by kind.';

CREATE TABLE IF NOT EXISTS jorge.error (
    location_id text NOT NULL,
    error_id    uuid NOT NULL DEFAULT jorge.new_id(),
    at          timestamptz NOT NULL DEFAULT now(),
    context     text NOT NULL,
    ref         uuid,
    sqlstate    text NOT NULL,
    message     text NOT NULL,
    hint        text,
    PRIMARY KEY (location_id, error_id)
);
CREATE INDEX IF NOT EXISTS error_at_idx ON jorge.error (location_id, at);
COMMENT ON TABLE jorge.error IS 'What went wrong without losing a row: the lead is stored, the score is missing, the reason is here.';
COMMENT ON COLUMN jorge.error.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.error.error_id IS 'Id of the error.';
COMMENT ON COLUMN jorge.error.at IS 'When.';
COMMENT ON COLUMN jorge.error.context IS 'What was being done: score.';
COMMENT ON COLUMN jorge.error.ref IS 'Id of the row concerned (a lead_id for score).';
COMMENT ON COLUMN jorge.error.sqlstate IS 'SQLSTATE of the error.';
COMMENT ON COLUMN jorge.error.message IS 'Its message.';
COMMENT ON COLUMN jorge.error.hint IS 'Its hint.';

CREATE TABLE IF NOT EXISTS jorge.job_log (
    location_id text NOT NULL DEFAULT 'main',
    job_id      uuid NOT NULL DEFAULT jorge.new_id(),
    job         text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    state       text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed')),
    detail      jsonb,
    PRIMARY KEY (location_id, job_id)
);
COMMENT ON TABLE jorge.job_log IS 'Runs of jobs, e.g. jorge.upkeep().';
COMMENT ON COLUMN jorge.job_log.location_id IS 'Tenant; "main" for jobs of the whole database.';
COMMENT ON COLUMN jorge.job_log.job_id IS 'Id of the run.';
COMMENT ON COLUMN jorge.job_log.job IS 'Name of the job.';
COMMENT ON COLUMN jorge.job_log.started_at IS 'Start.';
COMMENT ON COLUMN jorge.job_log.finished_at IS 'End; NULL while it runs.';
COMMENT ON COLUMN jorge.job_log.state IS 'running, done or failed.';
COMMENT ON COLUMN jorge.job_log.detail IS 'Counts or the error, by job.';

CREATE TABLE IF NOT EXISTS jorge.lexicon_extra (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    phrase      text NOT NULL,
    signal      text NOT NULL,
    weight      float8 NOT NULL,
    PRIMARY KEY (location_id, phrase, signal)
);
COMMENT ON TABLE jorge.lexicon_extra IS 'The owner''s own words for the message scanner; they act on messages that arrive after the commit.';
COMMENT ON COLUMN jorge.lexicon_extra.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lexicon_extra.phrase IS 'One or more words, any case.';
COMMENT ON COLUMN jorge.lexicon_extra.signal IS 'Signal it speaks for, as in jorge.lexicon.';
COMMENT ON COLUMN jorge.lexicon_extra.weight IS 'Value of the signal, on the signal''s own scale.';

CREATE TABLE IF NOT EXISTS jorge.shipped_function (
    signature text PRIMARY KEY,
    body_md5  text NOT NULL
);
COMMENT ON TABLE jorge.shipped_function IS 'Policy functions as shipped: install() replaces those whose body is still this one and keeps the others.';
COMMENT ON COLUMN jorge.shipped_function.signature IS 'Function and argument types.';
COMMENT ON COLUMN jorge.shipped_function.body_md5 IS 'md5 of the shipped body.';
