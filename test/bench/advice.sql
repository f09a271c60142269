-- advice: what a question about one stored lead costs, CPU of the backend, against lead_score() of the same row.
-- 2,000 leads of the synthetic history, one process, best of three.
SET jit = off;
SELECT jorge.load_synthetic_leads(2000) \g /dev/null
VACUUM ANALYZE jorge.lead;
CREATE PROCEDURE measure() LANGUAGE plpgsql AS $$
DECLARE
    began float8;
BEGIN
    FOR run IN 1..3 LOOP
        began := cpu(); PERFORM jorge.lead_score(l) FROM jorge.lead l;
        INSERT INTO measured VALUES ('lead_score(lead)', run, cpu() - began);
        began := cpu(); PERFORM w.difference FROM jorge.lead l, jorge.lead_what_if(l, '{"financing_readiness": 0.9}') w;
        INSERT INTO measured VALUES ('lead_what_if(lead, changes), with what moved', run, cpu() - began);
        began := cpu(); PERFORM jorge.lead_sentence(l) FROM jorge.lead l;
        INSERT INTO measured VALUES ('lead_sentence(lead)', run, cpu() - began);
        began := cpu(); PERFORM r.score FROM jorge.lead l, jorge.rule_score(l) r;
        INSERT INTO measured VALUES ('rule_score(lead)', run, cpu() - began);
        began := cpu(); PERFORM r.action FROM jorge.lead l, jorge.lead_recommendations(l) r;
        INSERT INTO measured VALUES ('lead_recommendations(lead)', run, cpu() - began);
        began := cpu(); PERFORM b.points FROM jorge.lead l, jorge.lead_best_change(l) b;
        INSERT INTO measured VALUES ('lead_best_change(lead), ten levers', run, cpu() - began);
        began := cpu(); PERFORM jorge.score_lead(l.lead_id) FROM jorge.lead l;
        INSERT INTO measured VALUES ('score_lead(lead_id), the whole answer', run, cpu() - began);
    END LOOP;
END $$;
CALL measure();
SELECT what, round((min(cpu_us) * 1e6 / 2000)::numeric, 1) AS us_a_lead FROM measured GROUP BY what ORDER BY 2;
