-- metrics: how good predictions are. Probabilities and outcomes are a jorge.tally: jorge.tally(probability, won::integer)

CREATE FUNCTION jorge.classification(predictions jorge.tally, threshold float8 DEFAULT 0.5,
        OUT observations bigint, OUT positives bigint, OUT base_rate float8, OUT at_threshold float8, OUT tp bigint, OUT fp bigint, OUT tn bigint, OUT fn bigint,
        OUT accuracy float8, OUT "precision" float8, OUT recall float8, OUT f1 float8, OUT mcc float8, OUT roc_auc float8, OUT roc_auc_lower float8,
        OUT roc_auc_upper float8, OUT pr_auc float8, OUT log_loss float8, OUT brier float8, OUT ece float8, OUT ks float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200
    AS 'MODULE_PATHNAME', 'jorge_classification';
COMMENT ON FUNCTION jorge.classification(jorge.tally, float8) IS
    'Every figure of a classifier in one row, from jorge.tally(probability, won::integer): confusion matrix, accuracy, precision, recall, F1 and Matthews'' correlation at a threshold (positive = probability >= threshold); area under the ROC curve with DeLong''s 95 % interval; average precision; log loss (probabilities clipped to 2.2e-16 from 0 and 1), Brier score, expected calibration error (10 bins of equal width) and Kolmogorov–Smirnov distance, which need no threshold. Definitions as scikit-learn''s. NULL where a figure has nothing to divide by. ERROR 22023 for a value outside 0 ... 1 or a class but 0 and 1.';

CREATE FUNCTION jorge.best_threshold(predictions jorge.tally) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_best_threshold';
COMMENT ON FUNCTION jorge.best_threshold(jorge.tally) IS 'Probability from which on calling it positive gives the highest F1; NULL without a positive outcome.';

CREATE FUNCTION jorge.reliability(predictions jorge.tally, bins integer DEFAULT 10, OUT lower float8, OUT upper float8, OUT observations bigint,
                                  OUT predicted float8, OUT observed float8, OUT observed_lower float8, OUT observed_upper float8) RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 10
    AS 'MODULE_PATHNAME', 'jorge_reliability';
COMMENT ON FUNCTION jorge.reliability(jorge.tally, integer) IS
    'Reliability diagram: bins of equal width (lower <= probability < upper, the last one with 1), the mean prediction and the observed rate in each, with Wilson''s 95 % interval. NULL in empty bins.';

CREATE FUNCTION jorge.lift(predictions jorge.tally, bands integer DEFAULT 10, OUT band integer, OUT highest float8, OUT lowest float8, OUT observations float8,
                           OUT positives float8, OUT rate float8, OUT lift float8, OUT gain float8) RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 10
    AS 'MODULE_PATHNAME', 'jorge_lift';
COMMENT ON FUNCTION jorge.lift(jorge.tally, integer) IS
    'Bands of equally many observations, best predictions first: highest and lowest probability, positives, their rate, lift (rate over the base rate) and gain (share of all positives reached so far). Equal predictions across a border are shared in proportion, so counts may be fractions.';

CREATE FUNCTION jorge.roc(predictions jorge.tally, OUT threshold float8, OUT fpr float8, OUT tpr float8, OUT "precision" float8) RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 1000
    AS 'MODULE_PATHNAME', 'jorge_roc';
COMMENT ON FUNCTION jorge.roc(jorge.tally) IS 'ROC and precision–recall curve: false and true positive rate (recall) and precision at each distinct probability, highest first.';

CREATE TYPE jorge.regression_quality AS (
    observations bigint, mae float8, rmse float8, r2 float8, mape float8, mdape float8, within_5 float8, within_10 float8, within_20 float8,
    cod float8, prd float8
);
COMMENT ON TYPE jorge.regression_quality IS 'How good predicted amounts are; made by jorge.regression().';
COMMENT ON COLUMN jorge.regression_quality.observations IS 'Pairs used.';
COMMENT ON COLUMN jorge.regression_quality.mae IS 'Mean absolute error.';
COMMENT ON COLUMN jorge.regression_quality.rmse IS 'Root of the mean squared error.';
COMMENT ON COLUMN jorge.regression_quality.r2 IS '1 - squared errors over squared distances from the mean; NULL where all actual amounts are equal.';
COMMENT ON COLUMN jorge.regression_quality.mape IS 'Mean of |error| / actual, over actual amounts above zero, as the columns after it.';
COMMENT ON COLUMN jorge.regression_quality.mdape IS 'Median of |error| / actual.';
COMMENT ON COLUMN jorge.regression_quality.within_5 IS 'Share of predictions within 5 % of the actual amount.';
COMMENT ON COLUMN jorge.regression_quality.within_10 IS 'Share within 10 %.';
COMMENT ON COLUMN jorge.regression_quality.within_20 IS 'Share within 20 %.';
COMMENT ON COLUMN jorge.regression_quality.cod IS 'Coefficient of dispersion (IAAO): mean distance of predicted / actual from its median, in percent of the median.';
COMMENT ON COLUMN jorge.regression_quality.prd IS 'Price-related differential (IAAO): mean ratio over weighted ratio; above 1.03 = dear ones are undervalued.';

CREATE FUNCTION jorge.regression_add(bytea, float8, float8) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_regression_add';
COMMENT ON FUNCTION jorge.regression_add(bytea, float8, float8) IS 'Transition function of jorge.regression().';
CREATE FUNCTION jorge.regression_finish(bytea) RETURNS jorge.regression_quality
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'jorge_regression_finish';
COMMENT ON FUNCTION jorge.regression_finish(bytea) IS 'Final function of jorge.regression().';
CREATE AGGREGATE jorge.regression(actual float8, predicted float8) (
    SFUNC = jorge.regression_add, STYPE = bytea, COMBINEFUNC = jorge.rows_combine, FINALFUNC = jorge.regression_finish,
    FINALFUNC_MODIFY = SHAREABLE, PARALLEL = SAFE, SSPACE = 4096
);
COMMENT ON AGGREGATE jorge.regression(float8, float8) IS
    'Every figure of predicted amounts in one row (type jorge.regression_quality). Pairs with a NULL are left out; NULL without any. ERROR 22023 for amounts that are not finite.';
