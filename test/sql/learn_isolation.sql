-- A backend that only scores maps neither libxgboost nor libgomp nor libcurl; one that trains does.

CREATE SCHEMA learn_isolation;
CREATE TABLE learn_isolation.kept AS
SELECT jorge.train('SELECT i % 2 AS won, i % 3 AS x FROM generate_series(1, 100) i', 'won', '{"quiet": true, "rounds": 5}') AS forest;
CREATE VIEW learn_isolation.mapped AS
SELECT library, pg_read_file('/proc/self/maps') LIKE '%' || library || '%' AS is_mapped
FROM unnest(ARRAY['jorge.so', 'jorge_learn.so', 'libxgboost', 'libgomp', 'libcurl']) library;

-- this one has trained
SELECT * FROM learn_isolation.mapped ORDER BY library;

-- a new one that scores
\c
SELECT jorge.predict(forest, ARRAY[1]::real[]) BETWEEN 0 AND 1 AS scored FROM learn_isolation.kept;
SELECT * FROM learn_isolation.mapped ORDER BY library;
