-- An owner's own words act on messages that arrive after them, in the owner's location only.
BEGIN;
SELECT plan(8);

INSERT INTO jorge.inquiry (source, phone, message) VALUES ('ghl', '512-555-2001', 'zorbing');
SELECT is((SELECT text_intent FROM jorge.lead WHERE phone = '512-555-2001'), 0::float8, 'a word the scanner does not know');
INSERT INTO jorge.lexicon_extra (phrase, signal, weight) VALUES ('zorbing', 'intent_strength', 0.9);
INSERT INTO jorge.inquiry (source, phone, message) VALUES ('ghl', '512-555-2002', 'We want some ZORBING');
SELECT cmp_ok((SELECT text_intent FROM jorge.lead WHERE phone = '512-555-2002'), '>=', 0.8::float8, 'added by the owner it counts, in any case');
SELECT is((SELECT text_intent FROM jorge.lead WHERE phone = '512-555-2001'), 0::float8, 'messages that arrived before are as they were read');
SELECT ok((SELECT jorge.refold_lead(lead_id) FROM jorge.lead WHERE phone = '512-555-2001'), 'until they are read again');
SELECT cmp_ok((SELECT text_intent FROM jorge.lead WHERE phone = '512-555-2001'), '>=', 0.8::float8, 'with today''s words');
INSERT INTO jorge.inquiry (location_id, source, phone, message) VALUES ('north', 'ghl', '512-555-2003', 'zorbing');
SELECT is((SELECT text_intent FROM jorge.lead WHERE phone = '512-555-2003'), 0::float8, 'another location does not know it');
SELECT throws_ok($$INSERT INTO jorge.lexicon_extra (phrase, signal, weight) VALUES ('x', 'colour', 1)$$, '22023', NULL, 'an unknown signal is refused when it is added');
DELETE FROM jorge.lexicon_extra;
INSERT INTO jorge.inquiry (source, phone, message) VALUES ('ghl', '512-555-2004', 'zorbing');
SELECT is((SELECT text_intent FROM jorge.lead WHERE phone = '512-555-2004'), 0::float8, 'taken out again it is forgotten');

SELECT * FROM finish();
ROLLBACK;
