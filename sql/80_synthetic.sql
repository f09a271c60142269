-- synthetic: seeded lead history whose truth is known

CREATE FUNCTION jorge.synthetic_leads(
    n integer DEFAULT 500,
    seed integer DEFAULT 1,
    win_rate double precision DEFAULT 0.27)
RETURNS TABLE (
    received_at timestamptz,
    source text,
    source_ref text,
    campaign text,
    cost numeric,
    side text,
    name text,
    first_name text,
    last_name text,
    phone text,
    email text,
    street text,
    city text,
    state text,
    postal_code text,
    message text,
    budget_min numeric,
    budget_max numeric,
    timeline text,
    financing text,
    property_type text,
    bedrooms numeric,
    bathrooms numeric,
    area text,
    listing_ref text,
    language text,
    time_zone text,
    interactions jsonb,
    stage text,
    outcome text,
    outcome_at timestamptz,
    drop_reason text,
    sale_price numeric,
    revenue numeric,
    true_probability double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 500
    AS 'MODULE_PATHNAME', 'jorge_synthetic_leads';
COMMENT ON FUNCTION jorge.synthetic_leads(integer, integer, double precision) IS
    'Invented lead history for training, demonstrations and tests: n leads (0 to 10000000), each depending on seed, its row number and win_rate (0.001 to 0.9; share of resolved leads that are won) only. The first columns are those of jorge.inquiry; then interactions (array of at, channel, direction, body, duration_seconds in time order), stage, outcome (won, lost, or open for arrivals of the last 30 days), and true_probability, from which the outcome was drawn. Arrivals fill 2024-07-01 to 2026-06-30, Austin time; outcomes follow within 90 days. Phones are invented but dialable: never send to them. Arguments out of range: 22023. The truth is documented in doc/synthetic.md.';
