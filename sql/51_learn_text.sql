-- learn: training of text models

CREATE FUNCTION jorge.train_text(query text, label text DEFAULT 'won', message text DEFAULT 'message', params jsonb DEFAULT '{}')
    RETURNS jorge.text_model
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 10000
    AS '$libdir/jorge_learn', 'jorge_train_text';
REVOKE EXECUTE ON FUNCTION jorge.train_text(text, text, text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION jorge.train_text(text, text, text, jsonb) IS
    'Trains a text model on the rows of a query and returns it; writes nothing. The query is one SELECT, run with the caller''s rights; of its columns only label (boolean or 0/1), message (text) and those that options name are read. Rows without label, or with no word in the message once protected spans are out, are skipped. L2-regularised logistic regression over jorge.text_terms(), exact (Newton''s method), one thread; equal rows and options make an equal model, in whatever order the rows come. Options (params): cost (weight of the data against the penalty, scikit-learn''s C; NULL = the one of 0.01, 0.03 ... 100, or no words at all, with the least out-of-fold log loss); cv 5 (folds, by class; 0 = none, then cost must be given); time (column that orders rows in time: each fold judges rows newer than those it learned from); min_count 5 (messages that a bucket must occur in); bits 18, hash_seed 0 (of jorge.text_terms); embedding (column real[]: an embedding of the message made elsewhere, brought to length 1); language "neutral" (a free offset for each language is learned beside the words and averaged out of the model: Pope and Sydnor 2011) or "as_is"; calibration "affine" (from rows out of fold, folded into the weights) or "none"; seed 1 (of the folds); quiet false. Errors: P0002 no usable row; 22023 bad option, label or constant label; 42601 not one SELECT; 42703, 42702 columns; 42804 type of a column; 22004 a row without time; 53200 more memory than jorge.train_memory. Can be cancelled at any time. Not granted to PUBLIC: it costs processor time and up to jorge.train_memory.';

CREATE FUNCTION jorge.text_out_of_fold(query text, label text DEFAULT 'won', message text DEFAULT 'message', params jsonb DEFAULT '{}')
    RETURNS TABLE (place bigint, fold integer, label_value boolean, margin double precision)
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 10000 ROWS 1000
    AS '$libdir/jorge_learn', 'jorge_text_out_of_fold';
REVOKE EXECUTE ON FUNCTION jorge.text_out_of_fold(text, text, text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION jorge.text_out_of_fold(text, text, text, jsonb) IS
    'What jorge.train_text() with these arguments goes by to judge itself: for each row that was judged, its place in the query''s result (1, 2 ...: give the query an ORDER BY), the fold that held it out, its label, and the log-odds that the model of the other folds gives it, calibrated as the model is. Errors and options as jorge.train_text().';
