-- Why each of the six has its score, what would lift it, and what to do; and how well model and rules sort leads.
\set QUIET on
\pset border 2
\pset footer off
CREATE TEMP TABLE shown AS
SELECT l.*, s.score, s.class FROM jorge.lead l JOIN jorge.lead_score s USING (location_id, lead_id) ORDER BY s.scored_at DESC, s.score DESC LIMIT 6;
\echo
\echo '==> why, in one sentence: jorge.lead_sentence()'
SELECT name, round(score::numeric, 1) AS score, class, jorge.lead_sentence(lead_id) AS why FROM shown ORDER BY score DESC;

\echo '==> exactly: jorge.lead_explain(); base and contributions sum to the log-odds of the score, for every lead in the database'
SELECT count(*) AS leads, max(abs(e.sum - ln(p / (1 - p)))) < 1e-4 AS "all add up"
  FROM jorge.lead l, LATERAL (SELECT jorge.lead_score(l) AS p) s, LATERAL (SELECT sum(contribution) FROM jorge.lead_explain(l)) e;

\echo '==> what if: pre-approved, and our answer within six minutes'
SELECT l.name, round(w.score_before::numeric, 1) AS score, round(w.score_after::numeric, 1) AS "then", to_char(w.difference, 'SG990.0') AS points, w.class_after AS class
  FROM shown l, jorge.lead_what_if(l.lead_id, '{"financing_readiness": 0.9, "first_response_hours": 0.1}') w ORDER BY w.score_before DESC;

\echo '==> what an agent can do that would lift each lead most (an association, not a promise): jorge.lead_best_change()'
SELECT l.name, b.action, b.label AS "if the lead then", to_char(b.points, 'SG990.0') AS points
  FROM shown l, jorge.lead_best_change(l.lead_id) b WHERE b.rank <= 2 ORDER BY l.score DESC, b.rank;

\echo '==> how well scores sort leads: the model as logged at arrival, the rules on the same knowledge'
SELECT band AS tenth, max(leads) FILTER (WHERE scorer = 'model') AS leads,
       round(max(conversion) FILTER (WHERE scorer = 'model')::numeric, 3) AS model_won, round(max(lift) FILTER (WHERE scorer = 'model')::numeric, 2) AS model_lift,
       round(max(conversion) FILTER (WHERE scorer = 'rules')::numeric, 3) AS rules_won, round(max(lift) FILTER (WHERE scorer = 'rules')::numeric, 2) AS rules_lift
  FROM jorge.score_lift() GROUP BY band ORDER BY band;
