-- The registry: a model of one's own from any query, its card, its gates, and one statement to undo it.
\echo
\echo '==> jorge.train_model(): won or lost from columns of the lead, texts as they are; "not enough data" is an answer too'
SELECT version, answer, round((metrics ->> 'log_loss')::numeric, 3) AS log_loss, round((metrics ->> 'auc')::numeric, 3) AS auc, failed_gates
  FROM jorge.train_model('demo_win', 'SELECT outcome = ''won'' AS won, first_source, side, property_type, interactions, inbound, replies, budget_max FROM jorge.lead WHERE outcome <> ''open''', 'won', params => '{"quiet": true}');
SELECT version, answer FROM jorge.train_model('demo_win', 'SELECT outcome = ''won'' AS won, interactions FROM jorge.lead WHERE outcome <> ''open'' LIMIT 12', 'won', params => '{"quiet": true}');

\echo '==> jorge.model_card()'
SELECT jorge.model_card('demo_win') \g (format=unaligned tuples_only=on)

\echo '==> a gate is passed, or put on record; jorge.rollback() goes back'
SELECT jorge.promote('demo_win', 1, override => 'demo: shown to people, decides nothing') \g /dev/null
SELECT jorge.promote('demo_win', jorge.register_model('demo_win', forest, metrics, notes => 'the same once more'), override => 'demo') FROM jorge.model WHERE name = 'demo_win' AND version = 1 \g /dev/null
SELECT jorge.rollback('demo_win', reason => 'it was the same') AS serves_again;
SELECT number, action, version, serves, override, reason FROM jorge.model_event WHERE name = 'demo_win' ORDER BY number;
SELECT l.name, round(jorge.predict_row(m.forest, l)::numeric, 2) AS chance FROM jorge.serving_model('demo_win') m, jorge.lead l WHERE l.outcome = 'open' ORDER BY chance DESC, l.name LIMIT 3;
