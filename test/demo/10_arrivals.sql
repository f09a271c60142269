-- The main job from end to end: history, a model trained on it, and six arrivals as six providers send them.
\set QUIET on
\pset border 2
\pset null '-'
\pset footer off
SET client_min_messages = notice;

\echo
\echo '==> CREATE EXTENSION jorge; SELECT jorge.install();'
CREATE EXTENSION jorge;
SELECT jorge.install() \g /dev/null

\echo '==> 5,000 synthetic leads, with messages, conversations and outcomes'
SELECT jorge.load_synthetic_leads(5000) AS inquiries,
       (SELECT count(*) FROM jorge.interaction) AS interactions \g /dev/null
SELECT count(*) AS leads, count(*) FILTER (WHERE outcome = 'won') AS won, count(*) FILTER (WHERE outcome = 'lost') AS lost,
       count(*) FILTER (WHERE outcome = 'open') AS open, sum(interactions) AS interactions
  FROM jorge.lead;

\echo '==> jorge.train(): a model from that history (progress below; also in the view jorge.progress)'
CREATE TEMP TABLE trained AS
SELECT jorge.train($$
           SELECT jorge.features_from_vector(p.features), l.outcome = 'won' AS won
             FROM jorge.prediction p JOIN jorge.lead l USING (location_id, lead_id)
            WHERE l.outcome <> 'open' AND hashtext(coalesce(l.email, l.phone, l.name)) % 5 <> 0
       $$, 'won', '{"max_depth": 4}') AS forest;


\echo
\echo '==> what it learned: the fifth of the leads it has not seen, as they were when they arrived and as they were in the end'
WITH seen AS (
    SELECT DISTINCT ON (l.lead_id, w.moment) w.moment, l.outcome = 'won' AS won, jorge.predict_row(t.forest, jorge.features_from_vector(p.features)) AS p
      FROM trained t, jorge.prediction p JOIN jorge.lead l USING (location_id, lead_id), (VALUES ('arrival'), ('end')) w(moment)
     WHERE l.outcome <> 'open' AND hashtext(coalesce(l.email, l.phone, l.name)) % 5 = 0 AND (p.reason = 'inquiry' OR w.moment = 'end')
     ORDER BY l.lead_id, w.moment, (p.features)[19] DESC NULLS LAST -- num_interactions: the latest state
), ranked AS (
    SELECT *, rank() OVER (PARTITION BY moment ORDER BY p) + (count(*) OVER (PARTITION BY moment, p) - 1) / 2.0 AS r FROM seen
)
SELECT moment AS "as of", count(*) AS leads, round(avg(won::integer), 3) AS base_rate,
       round(((sum(r) FILTER (WHERE won) - count(*) FILTER (WHERE won) * (count(*) FILTER (WHERE won) + 1) / 2.0)
              / (count(*) FILTER (WHERE won) * count(*) FILTER (WHERE NOT won)))::numeric, 3) AS roc_auc,
       round(avg((won = (p >= 0.5))::integer), 3) AS accuracy,
       round(avg(won::integer) FILTER (WHERE p >= 0.5), 3) AS precision,
       round((count(*) FILTER (WHERE won AND p >= 0.5))::numeric / count(*) FILTER (WHERE won), 3) AS recall,
       round(avg(-ln(CASE WHEN won THEN p ELSE 1 - p END))::numeric, 3) AS log_loss
  FROM ranked GROUP BY moment ORDER BY moment;

\echo '==> deploy it: jorge.register_model(), jorge.promote()'
SELECT jorge.promote('jorge_lead_scorer', jorge.register_model('jorge_lead_scorer', forest, notes => 'demo'), override => 'demo: trained on few leads') FROM trained \g /dev/null

\echo '==> six arrivals in their providers'' own shapes'
CREATE TEMP TABLE demo_start AS SELECT clock_timestamp() AS at;

\echo '    1. GoHighLevel ContactCreate webhook'
SELECT jorge.ingest('ghl', '{"type": "ContactCreate", "locationId": "ve9EPM428h8vShlRW1KT", "id": "nmFmQEsNgz6AVpgLVUJ0",
    "name": "Marie Dupont", "firstName": "Marie", "lastName": "Dupont", "email": "marie.dupont@example.com", "phone": "+15125550834",
    "city": "Austin", "state": "TX", "country": "US", "source": "public api", "tags": ["website"],
    "customFields": []}') \g /dev/null
\echo '    2. GoHighLevel workflow webhook'
SELECT jorge.ingest('ghl', '{"contact_id": "kP3bJ0YyT7WQzT8oP1aD", "first_name": "Tom", "last_name": "Keller", "full_name": "Tom Keller",
    "phone": "+15126414410", "email": "tom.keller@example.net", "tags": "buyer", "workflow": {"id": "wf1", "name": "Website chat"},
    "location": {"id": "ve9EPM428h8vShlRW1KT", "name": "Austin"}, "customData": {"message": "just looking around for now, no rush, maybe next year",
    "timeline": "12+ months"}}') \g /dev/null
\echo '    3. Facebook lead ad (field_data)'
SELECT jorge.ingest('facebook', '{"id": "55459717045641545", "ad_id": "120210001", "form_id": "98765",
    "field_data": [{"name": "full_name", "values": ["James Oak"]}, {"name": "email", "values": ["james.oak@example.com"]},
    {"name": "phone_number", "values": ["+15125209934"]}, {"name": "what_is_your_budget?", "values": ["$400k_to_$500k"]},
    {"name": "when_are_you_moving?", "values": ["within_3_months"]}, {"name": "are_you_pre-approved?", "values": ["not_yet,_need_a_lender"]}]}') \g /dev/null
\echo '    4. generic JSON'
SELECT jorge.ingest('website', '{"id": "w-1", "name": "Lucía Morales", "phone": "512.448.9012", "email": "lucia@example.org", "language": "es",
    "message": "Hola, busco casa de 3 recámaras en el sur de Austin, tengo hasta 380 mil y ya estoy preaprobada. ¿Puedo verla mañana?"}') \g /dev/null
\echo '    5. plain SQL'
INSERT INTO jorge.inquiry (source, name, phone, email, side, message)
VALUES ('zillow', 'Frank Miller', '512-771-2030', 'frank@example.com', 'buyer',
        'Cash buyer here. Want to make an offer on 1204 Oak Street, around $600k, and close asap. Can I see it today?');
\echo '    6. COPY of a CSV file'
\copy jorge.inquiry (source, name, phone, email, message, budget_max) FROM 'test/demo/arrivals.csv' WITH (FORMAT csv, HEADER)

\echo
\echo '==> each became a scored lead in the transaction that stored it'
SELECT l.first_source AS source, l.name, round(s.score::numeric, 1) AS score, s.class, round(s.confidence::numeric, 2) AS confidence, s.model
  FROM demo_start d, jorge.lead l JOIN jorge.lead_score s USING (location_id, lead_id)
 WHERE l.first_seen_at >= d.at - interval '1 minute' ORDER BY s.score DESC;

\echo '==> why: the three strongest reasons, exact SHAP values in points'
SELECT l.name, r.rank, jorge.signal_text(r.feature, r.value) AS reason, to_char(100 * r.points, 'SG990') || ' points' AS points, r.feature
  FROM demo_start d, jorge.lead l JOIN jorge.lead_score s USING (location_id, lead_id), LATERAL jorge.lead_reasons(l) r
 WHERE l.first_seen_at >= d.at - interval '1 minute' AND r.rank <= 3 ORDER BY s.score DESC, r.rank;

\echo '==> what to do next'
SELECT l.name, r.action, r.reason
  FROM demo_start d, jorge.lead l JOIN jorge.lead_score s USING (location_id, lead_id), jorge.lead_recommendations(l.lead_id) r
 WHERE l.first_seen_at >= d.at - interval '1 minute' ORDER BY s.score DESC, r.priority, r.rule;

\echo '==> the event rows that dashboards and relays read'
SELECT to_char(e.at, 'HH24:MI:SS') AS at, e.kind, left(e.lead_id::text, 8) AS lead, round(e.score::numeric, 1) AS score, e.class, e.model, e.reason
  FROM demo_start d, jorge.event e WHERE e.at >= d.at - interval '1 minute' AND e.kind = 'lead_ml_scored' AND e.reason = 'inquiry'
   AND EXISTS (SELECT FROM jorge.lead l WHERE l.lead_id = e.lead_id AND l.first_seen_at >= d.at - interval '1 minute')
 ORDER BY e.score DESC;
