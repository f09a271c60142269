-- learn: training in SQL, and the progress of long work

CREATE FUNCTION jorge.progress_rows(
    OUT pid integer, OUT database text, OUT role text, OUT task text, OUT phase text,
    OUT done bigint, OUT total bigint, OUT metric double precision, OUT started_at timestamptz,
    OUT round bigint, OUT fold bigint, OUT eta timestamptz)
    RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL RESTRICTED ROWS 3
    AS 'MODULE_PATHNAME', 'jorge_progress_rows';
COMMENT ON FUNCTION jorge.progress_rows() IS
    'Rows of the view jorge.progress.';

CREATE VIEW jorge.progress AS
    SELECT pid, database, role, task, phase, done, total, metric, started_at, round, fold, eta FROM jorge.progress_rows();
COMMENT ON VIEW jorge.progress IS
    'Long work of jorge that runs on this server now: one row a backend, gone when its statement ends. Shows the work of roles you belong to; of all roles to members of pg_read_all_stats. Empty where track_activities is off.';
COMMENT ON COLUMN jorge.progress.pid IS 'Process that does it.';
COMMENT ON COLUMN jorge.progress.database IS 'Its database.';
COMMENT ON COLUMN jorge.progress.role IS 'Its role.';
COMMENT ON COLUMN jorge.progress.task IS 'What is done: train, or score (jorge.score_all, jorge.score_batch).';
COMMENT ON COLUMN jorge.progress.phase IS 'Where it stands. Train: reading rows, building matrix, cross-validating, boosting, refitting. Score: scoring, writing.';
COMMENT ON COLUMN jorge.progress.done IS 'Units done in this phase: rows while reading, rounds while boosting; leads of the whole run while scoring.';
COMMENT ON COLUMN jorge.progress.total IS 'Units this phase takes at most; NULL where not known.';
COMMENT ON COLUMN jorge.progress.metric IS
    'Latest loss, lower is better: log loss in nats or RMSE, on held-out or out-of-fold rows where there are any (every round), else on training rows (every 10 rounds, every 50 after the fiftieth).';
COMMENT ON COLUMN jorge.progress.started_at IS 'When the task began.';
COMMENT ON COLUMN jorge.progress.round IS 'Round of the training, from 1; NULL outside rounds.';
COMMENT ON COLUMN jorge.progress.fold IS 'Model of the cross-validation that took this round last, from 1; they take rounds side by side. 1 where there is one model.';
COMMENT ON COLUMN jorge.progress.eta IS 'When this phase ends at the latest, if it goes on at its pace; early stopping ends it sooner. NULL where not known.';
GRANT SELECT ON jorge.progress TO PUBLIC;

CREATE FUNCTION jorge.train(query text, label text, params jsonb DEFAULT '{}')
    RETURNS jorge.forest
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 10000
    AS '$libdir/jorge_learn', 'jorge_train';
REVOKE EXECUTE ON FUNCTION jorge.train(text, text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION jorge.train(text, text, jsonb) IS
    'Trains a forest (XGBoost, hist, one thread) on the rows of a query and returns it; writes nothing. The query is one SELECT, run with the caller''s rights; its column named by label is what to predict (boolean or 0/1; any number with objective reg:squarederror; a time above 0 with survival:aft; a text or number, one a class, with multi:softprob), every other column (boolean, number or text, composites field by field) is a feature, in order; a text column becomes one feature "column=value" for each of its 50 most common values that at least category_rows rows have, and the forest reads it from rows as it is; NULL and NaN are missing; rows without label are skipped. Equal rows and options make an equal forest, in whatever order the rows come. Options (params): objective "binary:logistic", "reg:squarederror", "multi:softprob" or "survival:aft"; booster "boosting", "forest" (random forest: trees 100, max_depth 10, colsample 0.4 by node) or "linear" (coordinate descent: learning_rate 0.5, reg_lambda 0, reg_alpha 0); class_weights "balanced" or {"label": weight}; monotone {"feature": 1 or -1}; event (boolean column: is the time of survival:aft the end, or only the last look?), distribution "normal", "logistic" or "extreme", scale 1; category_rows 10; rounds 500 (100 where nothing stops them early); max_depth 4; learning_rate 0.1; subsample 0.8; colsample 0.8; min_child_weight 3; reg_lambda 1; gamma 0; scale_pos_weight 1; base_score (mean of the labels); cv 5 (folds of the cross-validation, by class, 0 = none: their common out-of-fold loss ends the rounds, which are then trained on all rows); time (column that orders rows in time and is no feature: each fold judges rows newer than those it learned from; rows of one time stay together); validation (share held out instead of cv, by class; with time the newest share) and refit true (train the best number of rounds again on all rows); early_stopping 20 (rounds without a better loss, 0 = off); calibration "auto" ("affine", "isotonic", "none"): learned from the rows out of fold, see jorge.calibration(); seed 1; features (only these columns); protected (protected features to use all the same); quiet false. Errors: P0002 no labelled rows; 22003 infinite value; 22023 bad option, label or constant label; 42601 not one SELECT; 42703, 42701, 42702 columns; 42804 type of a column; 22004 a row without time; 53200 more memory than jorge.train_memory. Can be cancelled between rounds. Not granted to PUBLIC: it costs processor time and up to jorge.train_memory.';

CREATE FUNCTION jorge.train_report(query text, label text, params jsonb DEFAULT '{}',
        OUT forest jorge.forest, OUT answer text, OUT rows bigint, OUT data_hash text, OUT parameters jsonb, OUT metrics jsonb, OUT features jsonb)
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 10000
    AS '$libdir/jorge_learn', 'jorge_train_report';
REVOKE EXECUTE ON FUNCTION jorge.train_report(text, text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION jorge.train_report(text, text, jsonb) IS
    'jorge.train(), and what a registry keeps of it; writes nothing. Where there is too little to learn from (fewer than 10 rows of either outcome, 10 seen ends, two classes of 10 rows, or 30 amounts) the forest is NULL and answer says so in words, "not enough data: ..."; else answer is "trained". Sizes that params leave out are fitted to the data: rounds 100 at most, early_stopping 10, min_child_weight 1, max_depth the whole part of log2(n / 10) between 3 and 6, n = rows of the rarer outcome (ends, smallest class, a quarter of the amounts). rows = labelled rows; data_hash = 32 hexadecimal digits that identify rows, columns and label, in whatever order the rows come; parameters, metrics and features as in jorge.model. Errors and rights as jorge.train().';
