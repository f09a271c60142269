-- Scoring all leads, a batch a transaction, so that it can be cancelled, killed and gone on with.

CREATE TABLE IF NOT EXISTS jorge.score_run (
    location_id text NOT NULL,
    run_id      uuid NOT NULL DEFAULT jorge.new_id(),
    model       text NOT NULL,
    everything  boolean NOT NULL,
    older_than  interval,
    state       text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'superseded')),
    started_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    last_id     uuid,
    total       bigint NOT NULL,
    leads       bigint NOT NULL DEFAULT 0,
    due         bigint NOT NULL DEFAULT 0,
    written     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (location_id, run_id)
);
CREATE UNIQUE INDEX IF NOT EXISTS score_run_running_idx ON jorge.score_run (location_id) WHERE state = 'running';
COMMENT ON TABLE jorge.score_run IS 'Runs of jorge.score_all(), a row each, brought up to date with every batch. One that is "running" while nobody runs it was cancelled or killed: the next CALL goes on with it.';
COMMENT ON COLUMN jorge.score_run.location_id IS 'Tenant whose leads are scored.';
COMMENT ON COLUMN jorge.score_run.run_id IS 'Id of the run.';
COMMENT ON COLUMN jorge.score_run.model IS 'Model and version of all its scores.';
COMMENT ON COLUMN jorge.score_run.everything IS 'Whether scores are written that are as stored.';
COMMENT ON COLUMN jorge.score_run.older_than IS 'Age from which a stored score is written anew; NULL = none.';
COMMENT ON COLUMN jorge.score_run.state IS 'running; done; superseded: another model came to serve, or a CALL asked for something else, before the end.';
COMMENT ON COLUMN jorge.score_run.started_at IS 'Start.';
COMMENT ON COLUMN jorge.score_run.updated_at IS 'Commit of the last batch, about.';
COMMENT ON COLUMN jorge.score_run.finished_at IS 'End; NULL while it runs.';
COMMENT ON COLUMN jorge.score_run.last_id IS 'Last lead done; leads are taken in order of ids.';
COMMENT ON COLUMN jorge.score_run.total IS 'Leads of the location at the start.';
COMMENT ON COLUMN jorge.score_run.leads IS 'Leads scored so far.';
COMMENT ON COLUMN jorge.score_run.due IS 'Of these, leads whose score was missing, other than stored, of another model or too old.';
COMMENT ON COLUMN jorge.score_run.written IS 'Of these, scores written; the others were being scored by somebody else meanwhile.';

CREATE OR REPLACE FUNCTION jorge.score_step(location_id text, model text, batch_size integer, everything boolean, older_than interval)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    run jorge.score_run;
    serving text;
    batch record;
BEGIN
    -- one step at a time in a location, whoever calls; until the commit
    PERFORM pg_advisory_xact_lock(hashtextextended('jorge.score_all ' || $1, 0));
    serving := (jorge.score_batch($1, batch_size => 0, model => $2)).serves;
    SELECT * INTO run FROM jorge.score_run r WHERE r.location_id = $1 AND r.state = 'running';
    IF run.run_id IS NOT NULL AND (run.model <> serving OR run.everything <> $4 OR run.older_than IS DISTINCT FROM $5) THEN
        UPDATE jorge.score_run r SET state = 'superseded', finished_at = clock_timestamp()
         WHERE r.location_id = $1 AND r.run_id = run.run_id;
        RAISE NOTICE 'the run of % with model % ends at lead % of %: a new one begins', run.started_at, run.model, run.leads, run.total;
        run := NULL;
    END IF;
    IF run.run_id IS NULL THEN
        INSERT INTO jorge.score_run (location_id, model, everything, older_than, total)
        SELECT $1, serving, $4, $5, count(*) FROM jorge.lead l WHERE l.location_id = $1 AND l.erased_at IS NULL
        RETURNING * INTO run;
    END IF;
    SELECT * INTO batch
      FROM jorge.score_batch($1, run.last_id, $3, $4, $5, $2, run.model, false, run.leads, run.total);
    UPDATE jorge.score_run r
       SET leads = r.leads + batch.leads, due = r.due + batch.due, written = r.written + batch.written,
           last_id = coalesce(batch.last_id, r.last_id), updated_at = clock_timestamp(),
           state = CASE WHEN batch.leads < $3 THEN 'done' ELSE 'running' END,
           finished_at = CASE WHEN batch.leads < $3 THEN clock_timestamp() END
     WHERE r.location_id = $1 AND r.run_id = run.run_id;
    RETURN batch.leads = $3;
END
$fn$;
COMMENT ON FUNCTION jorge.score_step(text, text, integer, boolean, interval) IS
    'One batch of jorge.score_all(), in this transaction: goes on with the run of the location, or begins one. True while there is more to do.';

CREATE OR REPLACE PROCEDURE jorge.score_all(model text DEFAULT NULL, location_id text DEFAULT jorge.current_location(), batch_size integer DEFAULT 10000,
                                            everything boolean DEFAULT false, older_than interval DEFAULT NULL)
    LANGUAGE plpgsql
    -- a procedure that commits can't pin its search_path, so all names and operators are qualified
AS $fn$
DECLARE
    place text := location_id;
BEGIN
    IF batch_size IS NULL OR batch_size OPERATOR(pg_catalog.<) 1 OR everything IS NULL THEN
        RAISE EXCEPTION 'batch_size must be positive, and everything true or false' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF location_id IS NULL THEN
        place := (SELECT pg_catalog.min(l.location_id) FROM jorge.lead l);
    END IF;
    WHILE place IS NOT NULL LOOP
        WHILE jorge.score_step(place, model, batch_size, everything, older_than) LOOP
            COMMIT;
        END LOOP;
        COMMIT;
        place := (SELECT pg_catalog.min(l.location_id) FROM jorge.lead l WHERE score_all.location_id IS NULL AND l.location_id OPERATOR(pg_catalog.>) place);
    END LOOP;
END
$fn$;
COMMENT ON PROCEDURE jorge.score_all(text, text, integer, boolean, interval) IS
    'Scores the leads of a location (NULL = of all that the caller sees, one after the other) in bulk, batch_size of them a transaction, and writes those whose score is missing, comes out other than it is stored (the row was changed behind the triggers'' backs, thresholds were moved), or is of another model; everything => true writes all, older_than => interval ''30 days'' those that are older too. All scores of a run are of one model, the one named (NULL = setting jorge.model) that serves when the run begins; if another comes to serve, the run ends and one with the new model begins. Cancelled or killed, it loses the batch it was in: the next CALL with the same arguments goes on after the last lead done. Progress: jorge.progress, jorge.score_run. Leads may arrive and change meanwhile: nothing waits for them, and a score written meanwhile is kept. Writes jorge.lead_score; jorge.prediction if jorge.log_predictions is on; a lead_ml_scored event where the class is new. No NOTIFY. Must not be called in a transaction block (ERROR 2D000).';

REVOKE ALL ON FUNCTION jorge.score_step(text, text, integer, boolean, interval) FROM PUBLIC;
REVOKE ALL ON PROCEDURE jorge.score_all(text, text, integer, boolean, interval) FROM PUBLIC;
