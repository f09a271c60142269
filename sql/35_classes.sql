-- classes: forests that tell several classes apart

CREATE FUNCTION jorge.predict_classes(forest jorge.forest, features real[]) RETURNS real[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 500
    AS 'MODULE_PATHNAME', 'jorge_predict_classes';
COMMENT ON FUNCTION jorge.predict_classes(jorge.forest, real[]) IS
    'Probability of each class for features in the forest''s own order: the float32 that XGBoost''s multi:softprob gives, bit for bit, in the order of the classes (attribute jorge_classes names them: (jorge.forest_info(forest)).attributes ->> ''jorge_classes''). A forest of one output gives its one prediction. Missing values and errors as jorge.predict().';

CREATE FUNCTION jorge.predict_classes(forest jorge.forest, "row" record) RETURNS real[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 600
    AS 'MODULE_PATHNAME', 'jorge_predict_classes_row';
COMMENT ON FUNCTION jorge.predict_classes(jorge.forest, record) IS 'The same for a row, read by column name as jorge.predict_row() does.';

CREATE FUNCTION jorge.predict_class(forest jorge.forest, features real[]) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 500
    AS 'MODULE_PATHNAME', 'jorge_predict_class';
COMMENT ON FUNCTION jorge.predict_class(jorge.forest, real[]) IS
    'The likeliest class by its name, or by its number from 0 where the forest names none; of equally likely ones the first. For binary:logistic 1 from a probability of 0.5 on, else 0. ERROR 22023 for a forest that predicts amounts.';

CREATE FUNCTION jorge.predict_class(forest jorge.forest, "row" record) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 600
    AS 'MODULE_PATHNAME', 'jorge_predict_class_row';
COMMENT ON FUNCTION jorge.predict_class(jorge.forest, record) IS 'The same for a row, read by column name as jorge.predict_row() does.';
