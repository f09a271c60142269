-- History to try jorge on: the rows of jorge.synthetic_leads(), put in as if they had arrived.

CREATE OR REPLACE FUNCTION jorge.load_synthetic_leads(n integer DEFAULT 500, seed integer DEFAULT 1, win_rate float8 DEFAULT 0.27)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    loaded bigint;
BEGIN
    CREATE TEMP TABLE jorge_synthetic ON COMMIT DROP AS
        SELECT jorge.new_id() AS inquiry_id, s.* FROM jorge.synthetic_leads(n, seed, win_rate) s;
    INSERT INTO jorge.inquiry (inquiry_id, received_at, source, source_ref, campaign, cost, side, name, first_name, last_name, phone, email,
                               street, city, state, postal_code, message, budget_min, budget_max, timeline, financing, property_type,
                               bedrooms, bathrooms, area, listing_ref, language, time_zone)
    SELECT inquiry_id, received_at, source, source_ref, campaign, cost, side, name, first_name, last_name, phone, email,
           street, city, state, postal_code, message, budget_min, budget_max, timeline, financing, property_type,
           bedrooms, bathrooms, area, listing_ref, language, time_zone
      FROM pg_temp.jorge_synthetic ORDER BY received_at
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS loaded = ROW_COUNT;
    IF loaded < n THEN
        RAISE NOTICE '% of % leads were loaded before', n - loaded, n USING HINT = 'Use another seed for further leads.';
    END IF;
    INSERT INTO jorge.interaction (lead_id, at, channel, direction, body, duration_seconds)
    SELECT l.lead_id, i.at, i.channel, i.direction, i.body, i.duration_seconds
      FROM pg_temp.jorge_synthetic s
      JOIN jorge.inquiry_lead l ON l.location_id = jorge.current_location() AND l.inquiry_id = s.inquiry_id,
           LATERAL jsonb_to_recordset(s.interactions) AS i(at timestamptz, channel text, direction text, body text, duration_seconds integer)
     ORDER BY i.at;
    -- stages are spread over the time until the outcome, or until the last word; a lead's own pace is drawn from its id
    INSERT INTO jorge.stage_change (lead_id, location_id, at, stage, stage_before)
    SELECT il.lead_id, il.location_id, s.received_at + (e.ends - s.received_at) * power(k / reached, pace.pace), (jorge.funnel_stages())[k + 1], (jorge.funnel_stages())[k]
      FROM pg_temp.jorge_synthetic s
      JOIN jorge.inquiry_lead il ON il.location_id = jorge.current_location() AND il.inquiry_id = s.inquiry_id,
           LATERAL (SELECT array_position(jorge.funnel_stages(), s.stage)::float8 AS reached) r,
           LATERAL (SELECT coalesce(s.outcome_at, (SELECT max(i.at) FROM jsonb_to_recordset(s.interactions) AS i(at timestamptz)), s.received_at) AS ends) e,
           LATERAL (SELECT 1 + (hashtext(s.source_ref) & 255) / 128.0 AS pace) pace,
           generate_series(1, least(reached::integer, cardinality(jorge.funnel_stages()) - 1) - 1) k
    ON CONFLICT DO NOTHING;
    UPDATE jorge.lead l SET stage = s.stage, drop_reason = s.drop_reason, outcome = s.outcome, outcome_at = s.outcome_at,
                            sale_price = s.sale_price, revenue = s.revenue
      FROM pg_temp.jorge_synthetic s
      JOIN jorge.inquiry_lead il ON il.location_id = jorge.current_location() AND il.inquiry_id = s.inquiry_id
     WHERE l.location_id = il.location_id AND l.lead_id = il.lead_id;
    DROP TABLE pg_temp.jorge_synthetic;
    RETURN loaded;
END
$fn$;
COMMENT ON FUNCTION jorge.load_synthetic_leads(integer, integer, float8) IS
    'Puts n synthetic leads with their conversations and outcomes into the managed tables of this location, through the same triggers as real ones. The same seed again loads nothing.';
