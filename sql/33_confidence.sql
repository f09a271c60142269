-- confidence: what a forest's probability means, and how sure that is

CREATE FUNCTION jorge.calibration(model jorge.forest) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ((jorge.forest_info(model)).attributes OPERATOR(pg_catalog.->>) 'jorge_calibration')::jsonb;
COMMENT ON FUNCTION jorge.calibration(jorge.forest) IS
    'How a forest''s margins become probabilities (its attribute jorge_calibration), NULL where jorge.train() wrote none. method: affine (log-odds = intercept + slope * margin), isotonic (through knots [margin, log-odds, variance]) or none (fewer than 10 outcomes of a kind: margins are taken as they are, and the interval is 0 ... 1). rows and positives it was learned from, all predicted by models that had not seen them. centre, level_variance, slope_variance, misfit_variance, unlike_scale, unlike_from: see jorge.predict_interval().';

CREATE FUNCTION jorge.calibrate(model jorge.forest, margin float8) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_calibrate_margin';
COMMENT ON FUNCTION jorge.calibrate(jorge.forest, float8) IS
    'Prediction from a margin: jorge.calibrate(f, jorge.predict_margin(f, x)) = jorge.predict(f, x). For binary:logistic without calibration 1 / (1 + exp(-margin)). Rises strictly with the margin, but for the last bit of single precision.';

CREATE FUNCTION jorge.predict_interval(model jorge.forest, features real[], OUT probability float8, OUT lower float8, OUT upper float8, OUT confidence float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 60
    AS 'MODULE_PATHNAME', 'jorge_predict_interval';
COMMENT ON FUNCTION jorge.predict_interval(jorge.forest, real[]) IS
    'A probability, and the 80 % interval lower ... upper of the rate at which rows that score like this one come true. confidence = 1 - (upper - lower), 0 ... 1: how narrow that interval is, not how far the probability is from a half. In calibrated log-odds the interval is the prediction +- 1.2816 * sqrt(v), v = level_variance + slope_variance * (margin - centre)^2 + misfit_variance + unlike_scale * max(0, l - unlike_from) by jorge.calibration(); l = sum over trees of rate^2 * H / (H + 1)^2, H = cover of the leaf the row falls in, which is large for rows unlike those the forest was trained on. It speaks of the group of rows with this score, not of this row alone. 0 ... 1 and confidence 0 where too few outcomes were known; NULL where the forest has no calibration. Errors as jorge.predict().';
