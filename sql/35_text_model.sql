-- textmodel: linear models over the n-grams of a message, as values

CREATE TYPE jorge.text_model;

CREATE FUNCTION jorge.text_model_in(cstring) RETURNS jorge.text_model
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'jorge_text_model_in';
COMMENT ON FUNCTION jorge.text_model_in(cstring) IS
    'Text input of jorge.text_model: the binary form in hexadecimal, after \x. ERROR 22P02 malformed, 0A000 a format this jorge does not know.';

CREATE FUNCTION jorge.text_model_out(jorge.text_model) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'jorge_text_model_out';
COMMENT ON FUNCTION jorge.text_model_out(jorge.text_model) IS
    'Text output of jorge.text_model: the binary form in hexadecimal, after \x. To read a model use jorge.text_model_info() and jorge.text_model_weights().';

CREATE FUNCTION jorge.text_model_recv(internal) RETURNS jorge.text_model
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'jorge_text_model_recv';
COMMENT ON FUNCTION jorge.text_model_recv(internal) IS
    'Binary input of jorge.text_model; layout in doc/text_model.md. ERROR 22P03 malformed, 0A000 a format this jorge does not know.';

CREATE FUNCTION jorge.text_model_send(jorge.text_model) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'jorge_text_model_send';
COMMENT ON FUNCTION jorge.text_model_send(jorge.text_model) IS
    'Binary output of jorge.text_model, the same on every machine; jorge.text_model_from_bytes() reads it.';

CREATE TYPE jorge.text_model (
    INPUT = jorge.text_model_in,
    OUTPUT = jorge.text_model_out,
    RECEIVE = jorge.text_model_recv,
    SEND = jorge.text_model_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = external
);
COMMENT ON TYPE jorge.text_model IS
    'A logistic model over a message''s hashed words, pairs of words and runs of 3 to 5 characters, protected spans taken out first; immutable. Made by jorge.train_text(), read by jorge.predict(), explained by jorge.explain_text(). 2^8 to 2^22 buckets, an embedding of up to 16384 elements.';

CREATE FUNCTION jorge.text_model_from_bytes(document bytea) RETURNS jorge.text_model
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'jorge_text_model_from_bytea';
COMMENT ON FUNCTION jorge.text_model_from_bytes(bytea) IS
    'Text model from its binary form, as jorge.text_model_send() gives it. ERROR 22P03 malformed, 0A000 a format this jorge does not know.';

CREATE FUNCTION jorge.text_model_hash(model jorge.text_model) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'jorge_text_model_hash';
COMMENT ON FUNCTION jorge.text_model_hash(jorge.text_model) IS
    'What identifies a text model: the first 16 bytes of the SHA-256 of its binary form, 32 hexadecimal digits.';

CREATE FUNCTION jorge.text_model_info(
        model jorge.text_model,
        OUT buckets integer,
        OUT hash_seed bigint,
        OUT embedding integer,
        OUT weights integer,
        OUT base double precision,
        OUT lexicon integer,
        OUT attributes jsonb,
        OUT bytes integer,
        OUT hash text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_text_model_info';
COMMENT ON FUNCTION jorge.text_model_info(jorge.text_model) IS
    'What a text model tells of itself. embedding: elements it wants, 0 = none; weights: how many are not 0; base: log-odds where nothing is said; lexicon: version of the words that protected spans were found with; attributes: rows, positives, options (with the strength of regularisation chosen) and out-of-fold metrics of its training; bytes: size stored.';

CREATE FUNCTION jorge.text_model_weights(model jorge.text_model)
    RETURNS TABLE (term integer, weight real)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 10000
    AS 'MODULE_PATHNAME', 'jorge_text_model_weights';
COMMENT ON FUNCTION jorge.text_model_weights(jorge.text_model) IS
    'Weights that are not 0, in log-odds, by term as jorge.text_terms() numbers them; from text_model_info().buckets on, the elements of the embedding.';

CREATE FUNCTION jorge.text_terms(message text, bits integer DEFAULT 18, hash_seed bigint DEFAULT 0)
    RETURNS TABLE (term integer, times integer, value real)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 500
    AS 'MODULE_PATHNAME', 'jorge_text_terms_rows';
COMMENT ON FUNCTION jorge.text_terms(text, integer, bigint) IS
    'What a text model sees of a message: the buckets its n-grams hash into, in order of first appearance. Words and pairs of words fall below 2^(bits - 1), runs of 3 to 5 characters of a word above; value = 1 + ln(times), each of the two halves brought to Euclidean length 1. Protected spans, case, accents and punctuation are gone, digits are 0, a link or e-mail address is one word; the first 4096 words count, 40 characters of each. bits 8 to 22. ERROR 22023 out of range.';

CREATE FUNCTION jorge.predict(model jorge.text_model, message text) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 500
    AS 'MODULE_PATHNAME', 'jorge_text_predict';
COMMENT ON FUNCTION jorge.predict(jorge.text_model, text) IS
    'Probability by a message alone, 0 ... 1. NULL where there is no word to go by (no message, or nothing but protected spans and punctuation).';

CREATE FUNCTION jorge.predict(model jorge.text_model, message text, embedding real[]) RETURNS double precision
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 600
    AS 'MODULE_PATHNAME', 'jorge_text_predict_embedded';
COMMENT ON FUNCTION jorge.predict(jorge.text_model, text, real[]) IS
    'The same with an embedding of the message made elsewhere, for a model trained with one; either may be NULL. ERROR 22023 if the embedding has not as many elements as the model wants, 22003 if one is not finite.';

CREATE FUNCTION jorge.predict_margin(model jorge.text_model, message text) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 500
    AS 'MODULE_PATHNAME', 'jorge_text_predict_margin';
COMMENT ON FUNCTION jorge.predict_margin(jorge.text_model, text) IS
    'Log-odds of jorge.predict(text_model, text).';

CREATE FUNCTION jorge.predict_margin(model jorge.text_model, message text, embedding real[]) RETURNS double precision
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 600
    AS 'MODULE_PATHNAME', 'jorge_text_predict_margin_embedded';
COMMENT ON FUNCTION jorge.predict_margin(jorge.text_model, text, real[]) IS
    'Log-odds of jorge.predict(text_model, text, real[]).';

CREATE FUNCTION jorge.explain_text(model jorge.text_model, message text)
    RETURNS TABLE (rank integer, kind text, term text, times integer, contribution double precision, base double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2000 ROWS 50
    AS 'MODULE_PATHNAME', 'jorge_explain_text';
COMMENT ON FUNCTION jorge.explain_text(jorge.text_model, text) IS
    'Which words of a message a text model goes by, the largest contribution (log-odds) first. kind: word (with the runs of characters in it) or pair (of neighbouring words); term as the model reads it, without case and accents, digits as 0; times it occurs. base, the same in each row, is where nothing is said: base + sum(contribution) = jorge.predict_margin(). What adds nothing is left out.';

CREATE FUNCTION jorge.stack(labels boolean[], log_odds double precision[], weights double precision[],
                            OUT learnt double precision[], OUT intercept double precision, OUT log_loss double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000
    AS 'MODULE_PATHNAME', 'jorge_stack';
COMMENT ON FUNCTION jorge.stack(boolean[], double precision[], double precision[]) IS
    'How much each member of an ensemble counts: logistic regression of labels on the members'' log-odds (an array of rows, one column a member; of models that had not seen the row), weights not below 0, drawn to those given with a standard deviation of 1, intercept free. log-odds of the whole = intercept + sum of learnt * log_odds; log_loss is its mean over the rows. At most 16 members. ERROR 22023 where lengths do not match, a number is not finite or all labels are alike.';
