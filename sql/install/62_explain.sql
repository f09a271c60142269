-- Explanations of stored leads.

CREATE OR REPLACE FUNCTION jorge.lead_explain(lead record)
    RETURNS TABLE (rank integer, feature text, value float8, text text, contribution float8, points float8)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    base float8 := jorge.base_value();
BEGIN
    RETURN QUERY SELECT 0, '(base)', NULL::float8, jorge.signal_text('(base)', NULL), base, 100 / (1 + exp(-base))
           UNION ALL
           SELECT r.rank, r.feature, r.value, jorge.signal_text(r.feature, r.value), r.contribution, 100 * r.points FROM jorge.lead_reasons(lead) r;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_explain(record) IS
    'Why a row has its score, exactly: rank 0 is the base, what the model expects of a lead it knows nothing about; then a row a feature, the largest contribution first. value NULL = missing, text = in words, contribution in log-odds: all of them, base included, sum to ln(p / (1 - p)) of jorge.lead_score(). points = the contribution in score points (0 ... 100 scale), of the base the score it stands for: all of them sum to the score (jorge.explain() says how). A protected feature, which only a model that was given it by name uses, is listed but not described. Errors as jorge.lead_score().';

CREATE OR REPLACE FUNCTION jorge.lead_explain(lead_id uuid, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (rank integer, feature text, value float8, text text, contribution float8, points float8)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN QUERY SELECT e.* FROM jorge.lead_explain(jorge.stored_lead($1, $2)) e ORDER BY e.rank;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_explain(uuid, text) IS 'jorge.lead_explain() of a stored lead. ERROR P0002 if there is none.';

CREATE OR REPLACE FUNCTION jorge.lead_top_signals(lead_id uuid, n integer DEFAULT 3, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (rank integer, signal text, sign text, points integer, points_text text, text text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF n < 0 THEN
        RAISE EXCEPTION 'can''t list % signals', n USING ERRCODE = 'invalid_parameter_value', HINT = 'n is the number of signals, e.g. 3; NULL = all.';
    END IF;
    RETURN QUERY SELECT s.rank, s.signal, s.sign, s.points, s.points_text, s.text FROM jorge.signals(jorge.stored_lead($1, $3)) s ORDER BY s.rank LIMIT n;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_top_signals(uuid, integer, text) IS
    'The n strongest signals of a stored lead: what they speak of, sign, points of the score ("+25 points"), and in words. See jorge.signals(). Errors: P0002 no such lead; 22023 n is negative.';

CREATE OR REPLACE FUNCTION jorge.lead_sentence(lead_id uuid, n integer DEFAULT 3, location_id text DEFAULT jorge.current_location()) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN jorge.lead_sentence(jorge.stored_lead($1, $3), n);
END
$fn$;
COMMENT ON FUNCTION jorge.lead_sentence(uuid, integer, text) IS 'jorge.lead_sentence() of a stored lead. ERROR P0002 if there is none.';
