-- Business data: who works, what is on the market and what was sold, what things cost. Every table is written by plain
-- INSERT or COPY, or by jorge.load_json(), which updates by the provider's id. A lead_id here is the id once given:
-- jorge.lead_alias() says whom it means today.

CREATE TABLE IF NOT EXISTS jorge.agent (
    location_id  text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    agent_id     uuid NOT NULL DEFAULT jorge.new_id(),
    provider     text NOT NULL DEFAULT 'own',
    provider_ref text NOT NULL DEFAULT gen_random_uuid()::text,
    name         text NOT NULL,
    email        text,
    phone        text,
    seniority    text,
    areas        text[] NOT NULL DEFAULT '{}',
    capacity     integer CHECK (capacity >= 0),
    active       boolean NOT NULL DEFAULT true,
    started_on   date,
    detail       jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, agent_id),
    UNIQUE (location_id, provider, provider_ref)
);
COMMENT ON TABLE jorge.agent IS 'Agents of the agency.';
COMMENT ON COLUMN jorge.agent.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.agent.agent_id IS 'Id.';
COMMENT ON COLUMN jorge.agent.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.agent.provider_ref IS 'That system''s id: what jorge.load_json() updates by.';
COMMENT ON COLUMN jorge.agent.name IS 'Name.';
COMMENT ON COLUMN jorge.agent.email IS 'E-mail address.';
COMMENT ON COLUMN jorge.agent.phone IS 'Phone number.';
COMMENT ON COLUMN jorge.agent.seniority IS 'Seniority: junior, senior, lead ...';
COMMENT ON COLUMN jorge.agent.areas IS 'Areas the agent works in.';
COMMENT ON COLUMN jorge.agent.capacity IS 'Open leads the agent can work at a time; NULL = no limit told.';
COMMENT ON COLUMN jorge.agent.active IS 'False: takes no more leads.';
COMMENT ON COLUMN jorge.agent.started_on IS 'First day.';
COMMENT ON COLUMN jorge.agent.detail IS 'What was loaded under keys that are no columns.';

CREATE TABLE IF NOT EXISTS jorge.listing (
    location_id   text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    listing_id    uuid NOT NULL DEFAULT jorge.new_id(),
    provider      text NOT NULL DEFAULT 'own',
    provider_ref  text NOT NULL DEFAULT gen_random_uuid()::text,
    mls_number    text,
    status        text NOT NULL DEFAULT 'active',
    street        text,
    city          text,
    state         text,
    postal_code   text,
    area          text,
    latitude      float8 CHECK (latitude BETWEEN -90 AND 90),
    longitude     float8 CHECK (longitude BETWEEN -180 AND 180),
    property_type text,
    bedrooms      numeric CHECK (bedrooms >= 0),
    bathrooms     numeric CHECK (bathrooms >= 0),
    square_feet   numeric CHECK (square_feet > 0),
    year_built    integer,
    list_price    numeric CHECK (list_price > 0),
    listed_at     timestamptz,
    closed_at     timestamptz,
    agent_ref     text,
    url           text,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    detail        jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, listing_id),
    UNIQUE (location_id, provider, provider_ref)
);
COMMENT ON TABLE jorge.listing IS 'Properties on the market, as last told. A change of list_price is kept in jorge.listing_price by itself.';
COMMENT ON COLUMN jorge.listing.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.listing.listing_id IS 'Id.';
COMMENT ON COLUMN jorge.listing.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.listing.provider_ref IS 'That system''s id: what jorge.load_json() updates by.';
COMMENT ON COLUMN jorge.listing.mls_number IS 'Number in the multiple listing service.';
COMMENT ON COLUMN jorge.listing.status IS 'active, pending, sold, withdrawn ...';
COMMENT ON COLUMN jorge.listing.street IS 'Street address.';
COMMENT ON COLUMN jorge.listing.city IS 'City.';
COMMENT ON COLUMN jorge.listing.state IS 'State.';
COMMENT ON COLUMN jorge.listing.postal_code IS 'Postal code.';
COMMENT ON COLUMN jorge.listing.area IS 'Neighbourhood or area, as leads call it.';
COMMENT ON COLUMN jorge.listing.latitude IS 'Degrees north.';
COMMENT ON COLUMN jorge.listing.longitude IS 'Degrees east.';
COMMENT ON COLUMN jorge.listing.property_type IS 'Property type.';
COMMENT ON COLUMN jorge.listing.bedrooms IS 'Bedrooms.';
COMMENT ON COLUMN jorge.listing.bathrooms IS 'Bathrooms.';
COMMENT ON COLUMN jorge.listing.square_feet IS 'Living area, square feet.';
COMMENT ON COLUMN jorge.listing.year_built IS 'Year built.';
COMMENT ON COLUMN jorge.listing.list_price IS 'Price asked, US dollars.';
COMMENT ON COLUMN jorge.listing.listed_at IS 'Since when it is on the market.';
COMMENT ON COLUMN jorge.listing.closed_at IS 'When it was sold or withdrawn.';
COMMENT ON COLUMN jorge.listing.agent_ref IS 'Agent who lists it (jorge.agent.provider_ref).';
COMMENT ON COLUMN jorge.listing.url IS 'Web address.';
COMMENT ON COLUMN jorge.listing.updated_at IS 'When the row was last written.';
COMMENT ON COLUMN jorge.listing.detail IS 'What was loaded under keys that are no columns.';

CREATE TABLE IF NOT EXISTS jorge.listing_price (
    location_id  text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    provider     text NOT NULL DEFAULT 'own',
    provider_ref text NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    price        numeric NOT NULL CHECK (price > 0),
    detail       jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, provider, provider_ref, at)
);
COMMENT ON TABLE jorge.listing_price IS 'Every price a listing was offered at. Written by the listing''s changes; history can be loaded.';
COMMENT ON COLUMN jorge.listing_price.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.listing_price.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.listing_price.provider_ref IS 'The listing''s id in that system (jorge.listing.provider_ref).';
COMMENT ON COLUMN jorge.listing_price.at IS 'Since when.';
COMMENT ON COLUMN jorge.listing_price.price IS 'US dollars.';
COMMENT ON COLUMN jorge.listing_price.detail IS 'What was loaded under keys that are no columns.';

CREATE TABLE IF NOT EXISTS jorge.sale (
    location_id    text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    sale_id        uuid NOT NULL DEFAULT jorge.new_id(),
    provider       text NOT NULL DEFAULT 'own',
    provider_ref   text NOT NULL DEFAULT gen_random_uuid()::text,
    mls_number     text,
    sold_on        date NOT NULL,
    sale_price     numeric NOT NULL CHECK (sale_price > 0),
    list_price     numeric CHECK (list_price > 0),
    days_on_market integer CHECK (days_on_market >= 0),
    street         text,
    city           text,
    state          text,
    postal_code    text,
    area           text,
    latitude       float8 CHECK (latitude BETWEEN -90 AND 90),
    longitude      float8 CHECK (longitude BETWEEN -180 AND 180),
    property_type  text,
    bedrooms       numeric CHECK (bedrooms >= 0),
    bathrooms      numeric CHECK (bathrooms >= 0),
    square_feet    numeric CHECK (square_feet > 0),
    year_built     integer,
    agent_ref      text,
    side           text CHECK (side IN ('buyer', 'seller', 'both')),
    detail         jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, sale_id),
    UNIQUE (location_id, provider, provider_ref)
);
COMMENT ON TABLE jorge.sale IS 'Closed sales, ours and others'': the comparables.';
COMMENT ON COLUMN jorge.sale.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.sale.sale_id IS 'Id.';
COMMENT ON COLUMN jorge.sale.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.sale.provider_ref IS 'That system''s id: what jorge.load_json() updates by.';
COMMENT ON COLUMN jorge.sale.mls_number IS 'Number in the multiple listing service.';
COMMENT ON COLUMN jorge.sale.sold_on IS 'Day of closing.';
COMMENT ON COLUMN jorge.sale.sale_price IS 'Price paid, US dollars.';
COMMENT ON COLUMN jorge.sale.list_price IS 'Last price asked, US dollars.';
COMMENT ON COLUMN jorge.sale.days_on_market IS 'Days from listing to contract.';
COMMENT ON COLUMN jorge.sale.street IS 'Street address.';
COMMENT ON COLUMN jorge.sale.city IS 'City.';
COMMENT ON COLUMN jorge.sale.state IS 'State.';
COMMENT ON COLUMN jorge.sale.postal_code IS 'Postal code.';
COMMENT ON COLUMN jorge.sale.area IS 'Neighbourhood or area, as leads call it.';
COMMENT ON COLUMN jorge.sale.latitude IS 'Degrees north.';
COMMENT ON COLUMN jorge.sale.longitude IS 'Degrees east.';
COMMENT ON COLUMN jorge.sale.property_type IS 'Property type.';
COMMENT ON COLUMN jorge.sale.bedrooms IS 'Bedrooms.';
COMMENT ON COLUMN jorge.sale.bathrooms IS 'Bathrooms.';
COMMENT ON COLUMN jorge.sale.square_feet IS 'Living area, square feet.';
COMMENT ON COLUMN jorge.sale.year_built IS 'Year built.';
COMMENT ON COLUMN jorge.sale.agent_ref IS 'Our agent in it (jorge.agent.provider_ref); NULL = none of ours.';
COMMENT ON COLUMN jorge.sale.side IS 'Whom our agent worked for.';
COMMENT ON COLUMN jorge.sale.detail IS 'What was loaded under keys that are no columns.';

CREATE TABLE IF NOT EXISTS jorge.market_snapshot (
    location_id           text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    snapshot_id           uuid NOT NULL DEFAULT jorge.new_id(),
    provider              text NOT NULL DEFAULT 'own',
    provider_ref          text NOT NULL DEFAULT gen_random_uuid()::text,
    as_of                 date NOT NULL,
    area                  text NOT NULL DEFAULT '',
    price_band            text NOT NULL DEFAULT '',
    property_type         text NOT NULL DEFAULT '',
    median_price          numeric CHECK (median_price > 0),
    average_price         numeric CHECK (average_price > 0),
    price_per_square_foot numeric CHECK (price_per_square_foot > 0),
    active_listings       integer CHECK (active_listings >= 0),
    new_listings          integer CHECK (new_listings >= 0),
    pending               integer CHECK (pending >= 0),
    sold                  integer CHECK (sold >= 0),
    days_on_market        numeric CHECK (days_on_market >= 0),
    months_of_supply      numeric CHECK (months_of_supply >= 0),
    sale_to_list          numeric CHECK (sale_to_list > 0),
    detail                jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, snapshot_id),
    UNIQUE (location_id, provider, provider_ref)
);
COMMENT ON TABLE jorge.market_snapshot IS 'State of the market on a day, by area, price band and property type.';
COMMENT ON COLUMN jorge.market_snapshot.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.market_snapshot.snapshot_id IS 'Id.';
COMMENT ON COLUMN jorge.market_snapshot.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.market_snapshot.provider_ref IS 'That system''s id: what jorge.load_json() updates by.';
COMMENT ON COLUMN jorge.market_snapshot.as_of IS 'Day.';
COMMENT ON COLUMN jorge.market_snapshot.area IS 'Area; empty = all.';
COMMENT ON COLUMN jorge.market_snapshot.price_band IS 'Band of prices, e.g. 400000-600000; empty = all.';
COMMENT ON COLUMN jorge.market_snapshot.property_type IS 'Property type; empty = all.';
COMMENT ON COLUMN jorge.market_snapshot.median_price IS 'Median sale price, US dollars.';
COMMENT ON COLUMN jorge.market_snapshot.average_price IS 'Mean sale price, US dollars.';
COMMENT ON COLUMN jorge.market_snapshot.price_per_square_foot IS 'Median, US dollars.';
COMMENT ON COLUMN jorge.market_snapshot.active_listings IS 'On the market.';
COMMENT ON COLUMN jorge.market_snapshot.new_listings IS 'Listed in the month before.';
COMMENT ON COLUMN jorge.market_snapshot.pending IS 'Under contract.';
COMMENT ON COLUMN jorge.market_snapshot.sold IS 'Sold in the month before.';
COMMENT ON COLUMN jorge.market_snapshot.days_on_market IS 'Median days on market.';
COMMENT ON COLUMN jorge.market_snapshot.months_of_supply IS 'Active listings by sales a month.';
COMMENT ON COLUMN jorge.market_snapshot.sale_to_list IS 'Sale price by list price, 1 = as asked.';
COMMENT ON COLUMN jorge.market_snapshot.detail IS 'What was loaded under keys that are no columns.';

CREATE TABLE IF NOT EXISTS jorge.competitor (
    location_id     text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    competitor_id   uuid NOT NULL DEFAULT jorge.new_id(),
    provider        text NOT NULL DEFAULT 'own',
    provider_ref    text NOT NULL DEFAULT gen_random_uuid()::text,
    name            text NOT NULL,
    kind            text,
    areas           text[] NOT NULL DEFAULT '{}',
    listings        integer CHECK (listings >= 0),
    market_share    numeric CHECK (market_share BETWEEN 0 AND 1),
    commission_rate numeric CHECK (commission_rate BETWEEN 0 AND 1),
    rating          numeric,
    note            text,
    as_of           date,
    detail          jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, competitor_id),
    UNIQUE (location_id, provider, provider_ref)
);
COMMENT ON TABLE jorge.competitor IS 'Competing agencies and agents.';
COMMENT ON COLUMN jorge.competitor.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.competitor.competitor_id IS 'Id.';
COMMENT ON COLUMN jorge.competitor.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.competitor.provider_ref IS 'That system''s id: what jorge.load_json() updates by.';
COMMENT ON COLUMN jorge.competitor.name IS 'Name.';
COMMENT ON COLUMN jorge.competitor.kind IS 'agency, team, agent, portal ...';
COMMENT ON COLUMN jorge.competitor.areas IS 'Where they work.';
COMMENT ON COLUMN jorge.competitor.listings IS 'Their active listings.';
COMMENT ON COLUMN jorge.competitor.market_share IS 'Share of sales, 0 ... 1.';
COMMENT ON COLUMN jorge.competitor.commission_rate IS 'Commission they ask, 0 ... 1.';
COMMENT ON COLUMN jorge.competitor.rating IS 'Rating by clients.';
COMMENT ON COLUMN jorge.competitor.note IS 'Anything else.';
COMMENT ON COLUMN jorge.competitor.as_of IS 'Day it was true.';
COMMENT ON COLUMN jorge.competitor.detail IS 'What was loaded under keys that are no columns.';

CREATE TABLE IF NOT EXISTS jorge.activity (
    location_id  text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    activity_id  uuid NOT NULL DEFAULT jorge.new_id(),
    provider     text NOT NULL DEFAULT 'own',
    provider_ref text NOT NULL DEFAULT gen_random_uuid()::text,
    at           timestamptz NOT NULL DEFAULT now(),
    agent_ref    text,
    lead_id      uuid,
    kind         text NOT NULL,
    hours        numeric CHECK (hours >= 0),
    cost         numeric CHECK (cost >= 0),
    note         text,
    detail       jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, activity_id),
    UNIQUE (location_id, provider, provider_ref)
);
CREATE INDEX IF NOT EXISTS activity_lead_idx ON jorge.activity (lead_id, location_id) WHERE lead_id IS NOT NULL;
COMMENT ON TABLE jorge.activity IS 'What somebody did, how long it took and what it cost.';
COMMENT ON COLUMN jorge.activity.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.activity.activity_id IS 'Id.';
COMMENT ON COLUMN jorge.activity.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.activity.provider_ref IS 'That system''s id: what jorge.load_json() updates by.';
COMMENT ON COLUMN jorge.activity.at IS 'When.';
COMMENT ON COLUMN jorge.activity.agent_ref IS 'Who (jorge.agent.provider_ref).';
COMMENT ON COLUMN jorge.activity.lead_id IS 'For which person; NULL = none.';
COMMENT ON COLUMN jorge.activity.kind IS 'prospecting, showing, open_house, paperwork ...';
COMMENT ON COLUMN jorge.activity.hours IS 'Hours spent.';
COMMENT ON COLUMN jorge.activity.cost IS 'US dollars.';
COMMENT ON COLUMN jorge.activity.note IS 'Anything else.';
COMMENT ON COLUMN jorge.activity.detail IS 'What was loaded under keys that are no columns.';

CREATE TABLE IF NOT EXISTS jorge.source_spend (
    location_id  text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    spend_id     uuid NOT NULL DEFAULT jorge.new_id(),
    provider     text NOT NULL DEFAULT 'own',
    provider_ref text NOT NULL DEFAULT gen_random_uuid()::text,
    source       text NOT NULL,
    campaign     text NOT NULL DEFAULT '',
    starts_on    date NOT NULL,
    ends_on      date NOT NULL,
    amount       numeric NOT NULL CHECK (amount >= 0),
    detail       jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, spend_id),
    UNIQUE (location_id, provider, provider_ref),
    CHECK (starts_on <= ends_on)
);
COMMENT ON TABLE jorge.source_spend IS 'Money spent on a source or campaign in a time.';
COMMENT ON COLUMN jorge.source_spend.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.source_spend.spend_id IS 'Id.';
COMMENT ON COLUMN jorge.source_spend.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.source_spend.provider_ref IS 'That system''s id: what jorge.load_json() updates by.';
COMMENT ON COLUMN jorge.source_spend.source IS 'Source.';
COMMENT ON COLUMN jorge.source_spend.campaign IS 'Campaign; empty = the source as a whole.';
COMMENT ON COLUMN jorge.source_spend.starts_on IS 'First day.';
COMMENT ON COLUMN jorge.source_spend.ends_on IS 'Last day.';
COMMENT ON COLUMN jorge.source_spend.amount IS 'US dollars.';
COMMENT ON COLUMN jorge.source_spend.detail IS 'What was loaded under keys that are no columns.';

CREATE TABLE IF NOT EXISTS jorge.referral (
    location_id   text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    referral_id   uuid NOT NULL DEFAULT jorge.new_id(),
    provider      text NOT NULL DEFAULT 'own',
    provider_ref  text NOT NULL DEFAULT gen_random_uuid()::text,
    at            timestamptz NOT NULL DEFAULT now(),
    referrer      text NOT NULL,
    referrer_kind text,
    lead_id       uuid,
    name          text,
    phone         text,
    email         text,
    status        text,
    fee           numeric CHECK (fee >= 0),
    detail        jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, referral_id),
    UNIQUE (location_id, provider, provider_ref)
);
CREATE INDEX IF NOT EXISTS referral_lead_idx ON jorge.referral (lead_id, location_id) WHERE lead_id IS NOT NULL;
COMMENT ON TABLE jorge.referral IS 'Who sent us whom.';
COMMENT ON COLUMN jorge.referral.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.referral.referral_id IS 'Id.';
COMMENT ON COLUMN jorge.referral.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.referral.provider_ref IS 'That system''s id: what jorge.load_json() updates by.';
COMMENT ON COLUMN jorge.referral.at IS 'When.';
COMMENT ON COLUMN jorge.referral.referrer IS 'Who referred.';
COMMENT ON COLUMN jorge.referral.referrer_kind IS 'client, agent, partner ...';
COMMENT ON COLUMN jorge.referral.lead_id IS 'The person; NULL = not known yet.';
COMMENT ON COLUMN jorge.referral.name IS 'Name of the person referred.';
COMMENT ON COLUMN jorge.referral.phone IS 'Phone number of the person referred.';
COMMENT ON COLUMN jorge.referral.email IS 'E-mail address of the person referred.';
COMMENT ON COLUMN jorge.referral.status IS 'open, won, lost ...';
COMMENT ON COLUMN jorge.referral.fee IS 'US dollars agreed for it.';
COMMENT ON COLUMN jorge.referral.detail IS 'What was loaded under keys that are no columns.';

CREATE TABLE IF NOT EXISTS jorge.goal (
    location_id  text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    goal_id      uuid NOT NULL DEFAULT jorge.new_id(),
    provider     text NOT NULL DEFAULT 'own',
    provider_ref text NOT NULL DEFAULT gen_random_uuid()::text,
    agent_ref    text,
    metric       text NOT NULL,
    starts_on    date NOT NULL,
    ends_on      date NOT NULL,
    target       numeric NOT NULL,
    detail       jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, goal_id),
    UNIQUE (location_id, provider, provider_ref),
    CHECK (starts_on <= ends_on)
);
COMMENT ON TABLE jorge.goal IS 'What is to be reached in a time.';
COMMENT ON COLUMN jorge.goal.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.goal.goal_id IS 'Id.';
COMMENT ON COLUMN jorge.goal.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.goal.provider_ref IS 'That system''s id: what jorge.load_json() updates by.';
COMMENT ON COLUMN jorge.goal.agent_ref IS 'Whose goal (jorge.agent.provider_ref); NULL = the agency''s.';
COMMENT ON COLUMN jorge.goal.metric IS 'leads, appointments, sales, revenue ...';
COMMENT ON COLUMN jorge.goal.starts_on IS 'First day.';
COMMENT ON COLUMN jorge.goal.ends_on IS 'Last day.';
COMMENT ON COLUMN jorge.goal.target IS 'What is to be reached, in the metric''s unit.';
COMMENT ON COLUMN jorge.goal.detail IS 'What was loaded under keys that are no columns.';

CREATE TABLE IF NOT EXISTS jorge.satisfaction (
    location_id     text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    satisfaction_id uuid NOT NULL DEFAULT jorge.new_id(),
    provider        text NOT NULL DEFAULT 'own',
    provider_ref    text NOT NULL DEFAULT gen_random_uuid()::text,
    at              timestamptz NOT NULL DEFAULT now(),
    lead_id         uuid,
    agent_ref       text,
    score           numeric NOT NULL CHECK (score BETWEEN 0 AND 10),
    comment         text,
    detail          jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, satisfaction_id),
    UNIQUE (location_id, provider, provider_ref)
);
CREATE INDEX IF NOT EXISTS satisfaction_lead_idx ON jorge.satisfaction (lead_id, location_id) WHERE lead_id IS NOT NULL;
COMMENT ON TABLE jorge.satisfaction IS 'What clients said of us.';
COMMENT ON COLUMN jorge.satisfaction.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.satisfaction.satisfaction_id IS 'Id.';
COMMENT ON COLUMN jorge.satisfaction.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.satisfaction.provider_ref IS 'That system''s id: what jorge.load_json() updates by.';
COMMENT ON COLUMN jorge.satisfaction.at IS 'When.';
COMMENT ON COLUMN jorge.satisfaction.lead_id IS 'Who.';
COMMENT ON COLUMN jorge.satisfaction.agent_ref IS 'About whom (jorge.agent.provider_ref).';
COMMENT ON COLUMN jorge.satisfaction.score IS '0 ... 10, as in a net promoter score.';
COMMENT ON COLUMN jorge.satisfaction.comment IS 'In their words.';
COMMENT ON COLUMN jorge.satisfaction.detail IS 'What was loaded under keys that are no columns.';
-- how an inquiry finds its listing
-- not by the primary key: a plan saved while the table was empty would as soon take the other key and read the whole tenant
CREATE INDEX IF NOT EXISTS listing_id_idx ON jorge.listing (listing_id, location_id);
CREATE INDEX IF NOT EXISTS listing_ref_idx ON jorge.listing (provider_ref, location_id);
CREATE INDEX IF NOT EXISTS listing_mls_idx ON jorge.listing (mls_number, location_id) WHERE mls_number IS NOT NULL;
CREATE INDEX IF NOT EXISTS listing_street_idx ON jorge.listing (lower(street), location_id) WHERE street IS NOT NULL;

CREATE OR REPLACE FUNCTION jorge.keep_price() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    INSERT INTO jorge.listing_price AS p (location_id, provider, provider_ref, at, price)
    VALUES (NEW.location_id, NEW.provider, NEW.provider_ref,
            CASE TG_OP WHEN 'INSERT' THEN coalesce(NEW.listed_at, NEW.updated_at) 
                        ELSE CASE WHEN NEW.updated_at IS DISTINCT FROM OLD.updated_at THEN NEW.updated_at ELSE now() END END, NEW.list_price)
    ON CONFLICT (location_id, provider, provider_ref, at) DO UPDATE SET price = EXCLUDED.price WHERE p.price <> EXCLUDED.price;
    RETURN NULL;
END
$fn$;
COMMENT ON FUNCTION jorge.keep_price() IS 'Trigger on jorge.listing: keeps each new list_price in jorge.listing_price.';
REVOKE ALL ON FUNCTION jorge.keep_price() FROM PUBLIC;
CREATE OR REPLACE TRIGGER keep_price_new AFTER INSERT ON jorge.listing
    FOR EACH ROW WHEN (NEW.list_price IS NOT NULL) EXECUTE FUNCTION jorge.keep_price();
COMMENT ON TRIGGER keep_price_new ON jorge.listing IS 'Keeps the first price.';
CREATE OR REPLACE TRIGGER keep_price_change AFTER UPDATE OF list_price ON jorge.listing
    FOR EACH ROW WHEN (NEW.list_price IS NOT NULL AND NEW.list_price IS DISTINCT FROM OLD.list_price) EXECUTE FUNCTION jorge.keep_price();
COMMENT ON TRIGGER keep_price_change ON jorge.listing IS 'Keeps a changed price.';

-- what people do on our pages

CREATE TABLE IF NOT EXISTS jorge.platform_event (
    location_id  text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    event_id     uuid NOT NULL DEFAULT jorge.new_id(),
    at           timestamptz NOT NULL DEFAULT now(),
    kind         text NOT NULL CHECK (kind IN ('listing_view', 'saved_home', 'content_view', 'content_download', 'form', 'visit')),
    lead_id      uuid,
    visitor      text,
    listing_ref  text,
    content      text,
    seconds      integer CHECK (seconds >= 0),
    provider     text,
    provider_ref text,
    detail       jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, at, event_id)
) PARTITION BY RANGE (at);
CREATE INDEX IF NOT EXISTS platform_event_lead_idx ON jorge.platform_event (lead_id, at, location_id) WHERE lead_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS jorge.platform_event_default PARTITION OF jorge.platform_event DEFAULT;
COMMENT ON TABLE jorge.platform_event_default IS 'Platform events of months without a partition of their own.';
COMMENT ON TABLE jorge.platform_event IS 'What people do on web pages and portals: listings viewed, homes saved, content viewed or downloaded, forms, visits. Partitioned by month (jorge.upkeep). Counted by jorge.lead_platform.';
COMMENT ON COLUMN jorge.platform_event.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.platform_event.event_id IS 'Id.';
COMMENT ON COLUMN jorge.platform_event.at IS 'When.';
COMMENT ON COLUMN jorge.platform_event.kind IS 'listing_view, saved_home, content_view, content_download, form or visit.';
COMMENT ON COLUMN jorge.platform_event.lead_id IS 'The person; NULL = not known (yet).';
COMMENT ON COLUMN jorge.platform_event.visitor IS 'Id of the browser or account, for those whose person is not known.';
COMMENT ON COLUMN jorge.platform_event.listing_ref IS 'Listing viewed or saved.';
COMMENT ON COLUMN jorge.platform_event.content IS 'Page, document or form.';
COMMENT ON COLUMN jorge.platform_event.seconds IS 'How long it lasted.';
COMMENT ON COLUMN jorge.platform_event.provider IS 'System it comes from.';
COMMENT ON COLUMN jorge.platform_event.provider_ref IS 'That system''s id; a second event with the same one is dropped silently (jorge.platform_event_ref).';
COMMENT ON COLUMN jorge.platform_event.detail IS 'What was loaded under keys that are no columns.';

CREATE TABLE IF NOT EXISTS jorge.platform_event_ref (
    location_id  text NOT NULL,
    provider     text NOT NULL,
    provider_ref text NOT NULL,
    PRIMARY KEY (location_id, provider, provider_ref)
);
COMMENT ON TABLE jorge.platform_event_ref IS 'Provider ids of platform events already seen: a key that a partitioned table can''t have.';
COMMENT ON COLUMN jorge.platform_event_ref.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.platform_event_ref.provider IS 'System the event came from.';
COMMENT ON COLUMN jorge.platform_event_ref.provider_ref IS 'That system''s id.';

CREATE OR REPLACE FUNCTION jorge.platform_event_unseen() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    INSERT INTO jorge.platform_event_ref (location_id, provider, provider_ref) VALUES (NEW.location_id, NEW.provider, NEW.provider_ref)
    ON CONFLICT DO NOTHING;
    RETURN CASE WHEN FOUND THEN NEW END;
END
$fn$;
COMMENT ON FUNCTION jorge.platform_event_unseen() IS 'Trigger on jorge.platform_event: drops an event whose provider and provider_ref were stored before. Whoever inserts needs INSERT on jorge.platform_event_ref too.';
REVOKE ALL ON FUNCTION jorge.platform_event_unseen() FROM PUBLIC;
CREATE OR REPLACE TRIGGER unseen BEFORE INSERT ON jorge.platform_event
    FOR EACH ROW WHEN (NEW.provider IS NOT NULL AND NEW.provider_ref IS NOT NULL) EXECUTE FUNCTION jorge.platform_event_unseen();
COMMENT ON TRIGGER unseen ON jorge.platform_event IS 'Drops a replay of an event that was stored before.';

CREATE OR REPLACE VIEW jorge.lead_platform WITH (security_invoker = true) AS
SELECT e.location_id, jorge.lead_alias(e.lead_id, e.location_id) AS lead_id,
       count(*) FILTER (WHERE e.kind = 'listing_view') AS listing_views,
       count(DISTINCT e.listing_ref) FILTER (WHERE e.kind = 'listing_view') AS listings_viewed,
       count(*) FILTER (WHERE e.kind = 'saved_home') AS saved_homes,
       count(*) FILTER (WHERE e.kind = 'content_view') AS content_views,
       count(*) FILTER (WHERE e.kind = 'content_download') AS content_downloads,
       count(*) FILTER (WHERE e.kind = 'form') AS forms,
       count(*) FILTER (WHERE e.kind = 'visit') AS visits,
       sum(e.seconds) AS seconds, min(e.at) AS first_at, max(e.at) AS last_at
  FROM jorge.platform_event e
 WHERE e.lead_id IS NOT NULL
 GROUP BY 1, 2;
COMMENT ON VIEW jorge.lead_platform IS 'Platform events counted, a row a person who has any.';
COMMENT ON COLUMN jorge.lead_platform.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_platform.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.lead_platform.listing_views IS 'Views of listings.';
COMMENT ON COLUMN jorge.lead_platform.listings_viewed IS 'Different listings viewed.';
COMMENT ON COLUMN jorge.lead_platform.saved_homes IS 'Homes saved.';
COMMENT ON COLUMN jorge.lead_platform.content_views IS 'Pages and documents viewed.';
COMMENT ON COLUMN jorge.lead_platform.content_downloads IS 'Documents downloaded.';
COMMENT ON COLUMN jorge.lead_platform.forms IS 'Forms sent.';
COMMENT ON COLUMN jorge.lead_platform.visits IS 'Visits.';
COMMENT ON COLUMN jorge.lead_platform.seconds IS 'Seconds told, summed.';
COMMENT ON COLUMN jorge.lead_platform.first_at IS 'First event.';
COMMENT ON COLUMN jorge.lead_platform.last_at IS 'Latest event.';

-- loaders

CREATE OR REPLACE FUNCTION jorge.load_rows(target text, rows jsonb, provider text, location_id text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    relation regclass := to_regclass(format('jorge.%I', target));
    known text[];
    unique_key text[];
    changes text;
    same text;
    shape record;
    stored bigint;
    total bigint := 0;
BEGIN
    SELECT array_agg(a.attname::text ORDER BY a.attnum) INTO known
      FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped;
    -- the unique key that has the provider's id in it; a partitioned table has none and drops replays by its trigger
    SELECT array_agg(a.attname::text) INTO unique_key
      FROM (SELECT i.indkey, i.indrelid FROM pg_index i
             WHERE i.indrelid = relation AND i.indisunique AND i.indpred IS NULL
               AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = 'provider_ref' AND a.attnum = ANY (i.indkey)) LIMIT 1) i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey);
    IF relation IS NULL OR NOT 'provider_ref' = ANY (known) OR NOT 'detail' = ANY (known) THEN
        RAISE EXCEPTION 'jorge.% is no table of business data', target USING ERRCODE = 'undefined_table',
            HINT = 'Tables that can be loaded: agent, listing, listing_price, sale, market_snapshot, competitor, activity, source_spend, referral, goal, satisfaction, platform_event.';
    END IF;
    IF EXISTS (SELECT FROM jsonb_array_elements(rows) r WHERE jsonb_typeof(r) <> 'object' OR coalesce(r ->> 'provider_ref', r ->> 'id') IS NULL) THEN
        RAISE EXCEPTION 'a row is no object, or has no provider_ref or id' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The provider''s id is what a later load updates the row by.';
    END IF;
    IF (SELECT count(*) <> count(DISTINCT (SELECT array_agg(coalesce(CASE k WHEN 'provider_ref' THEN coalesce(r ->> 'provider_ref', r ->> 'id') ELSE r ->> k END, '') ORDER BY k) FROM unnest(unique_key) k))
          FROM jsonb_array_elements(rows) r WHERE unique_key IS NOT NULL) THEN
        RAISE EXCEPTION 'an id occurs twice' USING ERRCODE = 'cardinality_violation', HINT = 'jorge.load_json() loads such rows one by one.';
    END IF;
    -- rows that have the same columns are one statement; what a row does not mention stays as it is
    FOR shape IN
        SELECT columns, jsonb_agg(r ORDER BY n) AS batch
          FROM (SELECT n, (SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(c.cleaned) k) AS columns, c.cleaned AS r
                  FROM jsonb_array_elements(rows) WITH ORDINALITY AS e(r, n),
                       LATERAL (SELECT coalesce(jsonb_object_agg(key, value) FILTER (WHERE key = ANY (known) AND key <> 'id'), '{}')
                                       || jsonb_build_object('location_id', $4, 'provider', coalesce(e.r ->> 'provider', $3),
                                                             'provider_ref', coalesce(e.r ->> 'provider_ref', e.r ->> 'id'),
                                                             'detail', coalesce(jsonb_object_agg(key, value) FILTER (WHERE key <> ALL (known) AND key <> 'id'), '{}')
                                                                       || CASE WHEN jsonb_typeof(e.r -> 'detail') = 'object' THEN e.r -> 'detail' ELSE '{}' END) AS cleaned
                                  FROM jsonb_each(e.r) f(key, value)) c) s
         GROUP BY columns ORDER BY min(n)
    LOOP
        changes := (SELECT string_agg(CASE c WHEN 'detail' THEN 'detail = t.detail || r.detail' WHEN 'updated_at' THEN format('updated_at = %s', CASE WHEN c = ANY (shape.columns) THEN 'r.updated_at' ELSE 'now()' END)
                                             ELSE format('%1$I = r.%1$I', c) END, ', ')
                      FROM unnest(CASE WHEN 'updated_at' = ANY (known) AND NOT 'updated_at' = ANY (shape.columns) THEN shape.columns || 'updated_at'::text ELSE shape.columns END) c
                     WHERE c <> ALL (coalesce(unique_key, '{}')));
        same := (SELECT string_agg(format('t.%1$I = r.%1$I', c), ' AND ') FROM unnest(unique_key) c);
        -- not by ON CONFLICT alone: a row that mentions only what changed has none of the columns an insert needs
        IF same IS NOT NULL THEN
            EXECUTE format('UPDATE %s t SET %s FROM jsonb_populate_recordset(NULL::%s, $1) r WHERE %s', relation, changes, relation, same) USING shape.batch;
            GET DIAGNOSTICS stored = ROW_COUNT;
            total := total + stored;
        END IF;
        EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM jsonb_populate_recordset(NULL::%s, $1) r%s', relation,
                       (SELECT string_agg(quote_ident(c), ', ') FROM unnest(shape.columns) c), (SELECT string_agg('r.' || quote_ident(c), ', ') FROM unnest(shape.columns) c), relation,
                       CASE WHEN same IS NOT NULL THEN format(' WHERE NOT EXISTS (SELECT FROM %s t WHERE %s)', relation, same) ELSE '' END)
          USING shape.batch;
        GET DIAGNOSTICS stored = ROW_COUNT;
        total := total + stored;
    END LOOP;
    RETURN total;
END
$fn$;
COMMENT ON FUNCTION jorge.load_rows(text, jsonb, text, text) IS
    'Inserts or updates the rows of a JSON array by the provider''s id, all or none; returns how many were written. See jorge.load_json().';
REVOKE ALL ON FUNCTION jorge.load_rows(text, jsonb, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.load_json(target text, rows jsonb, provider text DEFAULT 'own', location_id text DEFAULT jorge.current_location(),
                                           OUT loaded bigint, OUT failed bigint)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    one jsonb;
BEGIN
    IF jsonb_typeof(rows) = 'object' THEN
        rows := jsonb_build_array(rows);
    END IF;
    IF target IS NULL OR provider IS NULL OR jsonb_typeof(rows) IS DISTINCT FROM 'array' THEN
        RAISE EXCEPTION 'rows to load are a JSON array of objects' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT * FROM jorge.load_json(''agent'', ''[{"id": "a1", "name": "Ann Smith"}]'').';
    END IF;
    failed := 0;
    BEGIN
        loaded := jorge.load_rows(target, rows, provider, $4);
        RETURN;
    EXCEPTION WHEN undefined_table OR insufficient_privilege THEN
        RAISE;
    WHEN OTHERS THEN
        IF SQLSTATE ~ '^(40|57)' THEN
            RAISE;
        END IF;
    END;
    -- some row is bad: find out which
    loaded := 0;
    FOR one IN SELECT r FROM jsonb_array_elements(rows) r LOOP
        BEGIN
            loaded := loaded + jorge.load_rows(target, jsonb_build_array(one), provider, $4);
        EXCEPTION WHEN OTHERS THEN
            IF SQLSTATE ~ '^(40|57)' THEN
                RAISE;
            END IF;
            failed := failed + 1;
            INSERT INTO jorge.inbox (location_id, source, kind, payload, state, error, error_code, attempts, processed_at)
            VALUES ($4, 'load:' || target, provider, one, 'error', SQLERRM, SQLSTATE, 1, clock_timestamp());
        END;
    END LOOP;
END
$fn$;
COMMENT ON FUNCTION jorge.load_json(text, jsonb, text, text) IS
    'Loads a JSON array of rows into a table of business data (jorge.agent, jorge.listing ...), updating rows whose provider and provider_ref (or "id") are there; columns a row does not mention stay. Keys that are no columns go to detail. A row that can''t be stored is kept in jorge.inbox with its error (source load:<table>) and can be replayed; the others are loaded. Returns both counts.';
REVOKE ALL ON FUNCTION jorge.load_json(text, jsonb, text, text) FROM PUBLIC;
