-- Enrichment by the listing asked about, and touches: what brought a person, and what it cost.

CREATE TABLE IF NOT EXISTS jorge.inquiry_listing (
    location_id    text NOT NULL,
    inquiry_id     uuid NOT NULL,
    listing_id     uuid NOT NULL,
    price          numeric,
    bedrooms       numeric,
    bathrooms      numeric,
    square_feet    numeric,
    property_type  text,
    street         text,
    city           text,
    state          text,
    postal_code    text,
    area           text,
    status         text,
    days_on_market integer,
    intent         text NOT NULL DEFAULT 'HIGH',
    hints          jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, inquiry_id),
    FOREIGN KEY (location_id, inquiry_id) REFERENCES jorge.inquiry ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS inquiry_listing_listing_idx ON jorge.inquiry_listing (listing_id, location_id);
COMMENT ON TABLE jorge.inquiry_listing IS 'The listing an inquiry asked about, as it was at that moment. Written when the inquiry arrives and the listing is known.';
COMMENT ON COLUMN jorge.inquiry_listing.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.inquiry_listing.inquiry_id IS 'The inquiry.';
COMMENT ON COLUMN jorge.inquiry_listing.listing_id IS 'The listing (jorge.listing).';
COMMENT ON COLUMN jorge.inquiry_listing.price IS 'Price asked then, US dollars.';
COMMENT ON COLUMN jorge.inquiry_listing.bedrooms IS 'Bedrooms.';
COMMENT ON COLUMN jorge.inquiry_listing.bathrooms IS 'Bathrooms.';
COMMENT ON COLUMN jorge.inquiry_listing.square_feet IS 'Living area, square feet.';
COMMENT ON COLUMN jorge.inquiry_listing.property_type IS 'Property type.';
COMMENT ON COLUMN jorge.inquiry_listing.street IS 'Street address.';
COMMENT ON COLUMN jorge.inquiry_listing.city IS 'City.';
COMMENT ON COLUMN jorge.inquiry_listing.state IS 'State.';
COMMENT ON COLUMN jorge.inquiry_listing.postal_code IS 'Postal code.';
COMMENT ON COLUMN jorge.inquiry_listing.area IS 'Area.';
COMMENT ON COLUMN jorge.inquiry_listing.status IS 'Its status then.';
COMMENT ON COLUMN jorge.inquiry_listing.days_on_market IS 'Days from listed_at to the inquiry; NULL where listed_at is not known.';
COMMENT ON COLUMN jorge.inquiry_listing.intent IS 'HIGH: who asks about one home means it.';
COMMENT ON COLUMN jorge.inquiry_listing.hints IS 'Columns of the inquiry that were filled from the listing because the person gave none: budget_max, area.';

CREATE OR REPLACE FUNCTION jorge.find_listing(ref text, source text, location_id text DEFAULT jorge.current_location()) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    -- plans kept from when the tables were small must not read the whole tenant later: by the indexes of refs only
    SET enable_seqscan = off
AS $fn$
BEGIN
    RETURN (
    SELECT coalesce(
        (SELECT l.listing_id FROM jorge.listing l WHERE l.provider_ref = $1 AND l.location_id || '' = $3 ORDER BY l.provider <> coalesce($2, ''), l.provider LIMIT 1),
        (SELECT l.listing_id FROM jorge.listing l WHERE l.mls_number = $1 AND l.location_id || '' = $3 ORDER BY l.updated_at DESC, l.listing_id LIMIT 1),
        -- an address: the street before the first comma, and if it says more then a city or postal code that fits
        (SELECT l.listing_id FROM jorge.listing l
          WHERE lower(l.street) = lower(btrim(split_part($1, ',', 1))) AND l.location_id || '' = $3
            AND (strpos($1, ',') = 0 OR strpos(lower($1), nullif(lower(btrim(l.city)), '')) > 0 OR strpos($1, nullif(btrim(l.postal_code), '')) > 0)
          ORDER BY l.updated_at DESC, l.listing_id LIMIT 1))
     WHERE $1 <> '');
END
$fn$;
COMMENT ON FUNCTION jorge.find_listing(text, text, text) IS
    'The listing that a listing_ref means: a provider''s id (the source''s own first), an MLS number, or a street address as it is written in jorge.listing. NULL if it is not known.';

CREATE OR REPLACE FUNCTION jorge.listing_price_at(listing_id uuid, at timestamptz, location_id text DEFAULT jorge.current_location()) RETURNS numeric
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $fn$
BEGIN
    RETURN (
    SELECT coalesce((SELECT p.price FROM jorge.listing_price p
                      WHERE p.location_id = l.location_id AND p.provider = l.provider AND p.provider_ref = l.provider_ref AND p.at <= $2
                      ORDER BY p.at DESC LIMIT 1), l.list_price)
      FROM jorge.listing l WHERE l.location_id || '' = $3 AND l.listing_id = $1);
END
$fn$;
COMMENT ON FUNCTION jorge.listing_price_at(uuid, timestamptz, text) IS 'What a listing cost at a time, US dollars; its current price where no older one is kept.';

CREATE OR REPLACE FUNCTION jorge.inquiry_hints(inquiry jorge.inquiry) RETURNS jorge.inquiry
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $fn$
DECLARE
    listing jorge.listing;
    known jorge.lead;
    said record;
    hints jsonb := '{}';
    given jorge.inquiry := inquiry;
BEGIN
    SELECT l.* INTO listing FROM jorge.listing l
     WHERE l.location_id || '' = inquiry.location_id AND l.listing_id = (SELECT jorge.find_listing(inquiry.listing_ref, inquiry.source, inquiry.location_id));
    IF NOT FOUND THEN
        RETURN inquiry;
    END IF;
    SELECT l.* INTO known FROM jorge.lead l
     WHERE l.location_id = inquiry.location_id AND l.lead_id = jorge.lead_of_address(inquiry.phone, inquiry.email, inquiry.location_id);
    -- a renter's or a seller's wish is another matter
    IF inquiry.budget_min IS NULL AND inquiry.budget_max IS NULL AND coalesce(inquiry.side, 'buyer') <> 'seller'
       AND num_nonnulls(known.budget_min, known.budget_max, known.text_budget_min, known.text_budget_max) = 0 THEN
        SELECT s.budget_min, s.budget_max, s.intent INTO said FROM jorge.text_signals(coalesce(inquiry.message, '')) s;
        IF said.budget_min IS NULL AND said.budget_max IS NULL AND said.intent IS DISTINCT FROM 'rent' THEN
            inquiry.budget_max := jorge.listing_price_at(listing.listing_id, inquiry.received_at, inquiry.location_id);
            IF inquiry.budget_max > 0 AND inquiry.budget_max <= 1e9 THEN
                hints := hints || jsonb_build_object('budget_max', inquiry.budget_max);
            ELSE
                inquiry.budget_max := NULL;
            END IF;
        END IF;
    END IF;
    IF inquiry.area IS NULL AND inquiry.city IS NULL AND num_nonnulls(known.area, known.city) = 0 AND coalesce(listing.area, listing.city) IS NOT NULL THEN
        inquiry.area := coalesce(listing.area, listing.city);
        hints := hints || jsonb_build_object('area', inquiry.area);
    END IF;
    IF hints <> '{}' AND coalesce(jsonb_typeof(inquiry.payload), 'object') = 'object' THEN
        inquiry.payload := coalesce(inquiry.payload, '{}') || jsonb_build_object('hints', hints);
    END IF;
    RETURN inquiry;
EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE ~ '^(40|57)' THEN
        RAISE;
    END IF;
    -- a hint is no reason to lose a lead
    RAISE WARNING 'an inquiry gets no hints from its listing: %', SQLERRM;
    RETURN given;
END
$fn$;
COMMENT ON FUNCTION jorge.inquiry_hints(jorge.inquiry) IS
    'Fills budget_max and area of an inquiry about a known listing from it, where neither the inquiry, its message nor the person so far gave one; what was filled is told under "hints" in the payload.';
REVOKE ALL ON FUNCTION jorge.inquiry_hints(jorge.inquiry) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.keep_listing(location_id text, inquiry_id uuid, listing_ref text, source text, received_at timestamptz, payload jsonb) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    INSERT INTO jorge.inquiry_listing (location_id, inquiry_id, listing_id, price, bedrooms, bathrooms, square_feet, property_type, street, city, state,
                                       postal_code, area, status, days_on_market, hints)
    SELECT $1, $2, l.listing_id, jorge.listing_price_at(l.listing_id, $5, $1), l.bedrooms, l.bathrooms, l.square_feet, l.property_type, l.street, l.city, l.state,
           l.postal_code, l.area, l.status,
           CASE WHEN isfinite($5) AND isfinite(l.listed_at) AND $5 BETWEEN l.listed_at AND l.listed_at + interval '100 years' THEN extract(day FROM $5 - l.listed_at)::integer END,
           CASE WHEN jsonb_typeof($6 -> 'hints') = 'object' THEN $6 -> 'hints' ELSE '{}' END
      FROM jorge.listing l
     WHERE l.location_id || '' = $1 AND l.listing_id = (SELECT jorge.find_listing($3, $4, $1))
    ON CONFLICT DO NOTHING
$fn$;
COMMENT ON FUNCTION jorge.keep_listing(text, uuid, text, text, timestamptz, jsonb) IS 'Writes the row of jorge.inquiry_listing for an inquiry, if its listing is known.';
REVOKE ALL ON FUNCTION jorge.keep_listing(text, uuid, text, text, timestamptz, jsonb) FROM PUBLIC;

CREATE TABLE IF NOT EXISTS jorge.source_cost (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    source      text NOT NULL,
    month       date NOT NULL DEFAULT '-infinity',
    cost        numeric NOT NULL CHECK (cost >= 0),
    PRIMARY KEY (location_id, source, month)
);
COMMENT ON TABLE jorge.source_cost IS 'What a lead of a source costs where the inquiry does not say it. The tenant''s own row before that of "*", then the latest month that is not after the inquiry.';
COMMENT ON COLUMN jorge.source_cost.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.source_cost.source IS 'Source.';
COMMENT ON COLUMN jorge.source_cost.month IS 'Since when; -infinity = always.';
COMMENT ON COLUMN jorge.source_cost.cost IS 'US dollars a lead.';
INSERT INTO jorge.source_cost (location_id, source, cost) VALUES
    ('*', 'zillow', 35), ('*', 'realtor_com', 28), ('*', 'facebook', 12), ('*', 'ghl', 0), ('*', 'email', 0)
ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION jorge.source_cost_at(source text, at timestamptz, location_id text DEFAULT jorge.current_location()) RETURNS numeric
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT c.cost FROM jorge.source_cost c
     WHERE c.location_id IN ($3, '*') AND c.source = $1 AND c.month <= ($2 AT TIME ZONE 'UTC')::date
     ORDER BY c.location_id = '*', c.month DESC LIMIT 1
$fn$;
COMMENT ON FUNCTION jorge.source_cost_at(text, timestamptz, text) IS 'Default cost of a lead of a source at a time (months begin in UTC, as in jorge.source_month), US dollars; NULL where no row of jorge.source_cost says it.';

CREATE OR REPLACE VIEW jorge.lead_touch WITH (security_invoker = true) AS
SELECT i.location_id, il.lead_id, i.inquiry_id, i.received_at AS at, i.source, i.campaign,
       CASE WHEN abs(i.cost) < 'infinity' THEN i.cost ELSE jorge.source_cost_at(i.source, i.received_at, i.location_id) END AS cost,
       abs(i.cost) < 'infinity' IS TRUE AS cost_given,
       row_number() OVER person AS position,
       count(*) OVER (PARTITION BY i.location_id, il.lead_id) AS touches,
       s.quality AS source_quality
  FROM jorge.inquiry i
  JOIN jorge.inquiry_lead il ON il.location_id = i.location_id AND il.inquiry_id = i.inquiry_id
  LEFT JOIN LATERAL (SELECT q.quality FROM jorge.source q WHERE q.source = i.source AND q.location_id IN (i.location_id, '*') ORDER BY q.location_id = '*' LIMIT 1) s ON true
WINDOW person AS (PARTITION BY i.location_id, il.lead_id ORDER BY i.received_at, i.inquiry_id);
COMMENT ON VIEW jorge.lead_touch IS 'Every inquiry as a touch: what brought a person when, and what it cost (as given, else jorge.source_cost).';
COMMENT ON COLUMN jorge.lead_touch.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_touch.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.lead_touch.inquiry_id IS 'The inquiry.';
COMMENT ON COLUMN jorge.lead_touch.at IS 'When.';
COMMENT ON COLUMN jorge.lead_touch.source IS 'Source.';
COMMENT ON COLUMN jorge.lead_touch.campaign IS 'Campaign.';
COMMENT ON COLUMN jorge.lead_touch.cost IS 'US dollars; NULL = not known.';
COMMENT ON COLUMN jorge.lead_touch.cost_given IS 'True if the inquiry told its cost.';
COMMENT ON COLUMN jorge.lead_touch.position IS '1 = the person''s first touch.';
COMMENT ON COLUMN jorge.lead_touch.touches IS 'Touches of the person in all.';
COMMENT ON COLUMN jorge.lead_touch.source_quality IS 'Quality of the source''s data, 0 ... 1 (jorge.source).';

CREATE OR REPLACE VIEW jorge.lead_attribution WITH (security_invoker = true) AS
WITH weighed AS (
    SELECT t.*, l.outcome, l.revenue,
           -- the credit of a touch halves with each week before the last one; beyond a thousand weeks nothing is left
           power(0.5::float8, least(extract(epoch FROM max(t.at) OVER (PARTITION BY t.location_id, t.lead_id) - t.at)::float8 / 604800, 1000)) AS recency,
           CASE WHEN t.touches = 1 THEN 1 WHEN t.touches = 2 THEN 0.5
                WHEN t.position IN (1, t.touches) THEN 0.4 ELSE 0.2 / (t.touches - 2) END AS ends
      FROM jorge.lead_touch t JOIN jorge.lead l ON l.location_id = t.location_id AND l.lead_id = t.lead_id
     WHERE isfinite(t.at)
)
SELECT w.location_id, w.lead_id, w.inquiry_id, w.at, w.source, w.campaign, w.cost, w.outcome, w.revenue,
       (w.position = 1)::integer::float8 AS first_touch,
       (w.position = w.touches)::integer::float8 AS last_touch,
       1 / w.touches::float8 AS linear,
       w.recency / sum(w.recency) OVER (PARTITION BY w.location_id, w.lead_id) AS time_decay,
       w.ends::float8 AS position_based
  FROM weighed w;
COMMENT ON VIEW jorge.lead_attribution IS 'Each touch''s share of its person by five rules; the shares of a person sum to 1. Revenue by source: SELECT source, sum(revenue * linear) FROM jorge.lead_attribution GROUP BY source.';
COMMENT ON COLUMN jorge.lead_attribution.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_attribution.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.lead_attribution.inquiry_id IS 'The touch.';
COMMENT ON COLUMN jorge.lead_attribution.at IS 'When.';
COMMENT ON COLUMN jorge.lead_attribution.source IS 'Source.';
COMMENT ON COLUMN jorge.lead_attribution.campaign IS 'Campaign.';
COMMENT ON COLUMN jorge.lead_attribution.cost IS 'Cost of the touch, US dollars.';
COMMENT ON COLUMN jorge.lead_attribution.outcome IS 'Outcome of the person.';
COMMENT ON COLUMN jorge.lead_attribution.revenue IS 'Revenue of the person, US dollars.';
COMMENT ON COLUMN jorge.lead_attribution.first_touch IS 'All to the first.';
COMMENT ON COLUMN jorge.lead_attribution.last_touch IS 'All to the last.';
COMMENT ON COLUMN jorge.lead_attribution.linear IS 'To all alike.';
COMMENT ON COLUMN jorge.lead_attribution.time_decay IS 'Halving with each week before the last touch.';
COMMENT ON COLUMN jorge.lead_attribution.position_based IS '0.4 to the first and the last each, the rest to those between.';

CREATE OR REPLACE VIEW jorge.source_month WITH (security_invoker = true) AS
WITH touches AS (
    SELECT t.location_id, date_trunc('month', t.at AT TIME ZONE 'UTC')::date AS month, t.source, count(*) AS inquiries, count(DISTINCT t.lead_id) AS leads, sum(t.cost) AS cost
      FROM jorge.lead_touch t WHERE isfinite(t.at) GROUP BY 1, 2, 3
), spent AS (
    -- an amount counts for the months it was spent in, by their days
    SELECT p.location_id, m::date AS month, p.source,
           sum(p.amount * (least(p.ends_on, (m + interval '1 month')::date - 1) - greatest(p.starts_on, m::date) + 1) / (p.ends_on - p.starts_on + 1)) AS spend
      FROM jorge.source_spend p, LATERAL generate_series(date_trunc('month', p.starts_on::timestamp), p.ends_on::timestamp, interval '1 month') m
     WHERE p.starts_on > '1900-01-01' AND p.ends_on < '2200-01-01' AND p.amount < 'infinity'
     GROUP BY 1, 2, 3
)
SELECT location_id, month, source, coalesce(t.inquiries, 0) AS inquiries, coalesce(t.leads, 0) AS leads, t.cost, round(s.spend, 2) AS spend,
       round(coalesce(s.spend, t.cost) / nullif(t.leads, 0), 2) AS cost_per_lead
  FROM touches t FULL JOIN spent s USING (location_id, month, source);
COMMENT ON VIEW jorge.source_month IS 'Inquiries, persons and money by source and month (UTC). What was really spent (jorge.source_spend) counts before the costs of single inquiries.';
COMMENT ON COLUMN jorge.source_month.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.source_month.month IS 'First day of the month.';
COMMENT ON COLUMN jorge.source_month.source IS 'Source.';
COMMENT ON COLUMN jorge.source_month.inquiries IS 'Inquiries.';
COMMENT ON COLUMN jorge.source_month.leads IS 'Different persons.';
COMMENT ON COLUMN jorge.source_month.cost IS 'Costs of the inquiries, US dollars.';
COMMENT ON COLUMN jorge.source_month.spend IS 'Money spent (jorge.source_spend), US dollars; NULL = not told.';
COMMENT ON COLUMN jorge.source_month.cost_per_lead IS 'Spend, else costs, by persons, US dollars.';
