-- text: what a message says

CREATE FUNCTION jorge.lexicon_version() RETURNS integer
    LANGUAGE c IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'jorge_lexicon_version';
COMMENT ON FUNCTION jorge.lexicon_version() IS
    'Version of the words and rules that find text signals; grows with every change that can alter a signal of some message.';

CREATE FUNCTION jorge.text_signals(
        message text,
        OUT length integer,
        OUT words integer,
        OUT question_marks integer,
        OUT questions integer,
        OUT exclamation_marks integer,
        OUT sentiment real,
        OUT budget_min double precision,
        OUT budget_max double precision,
        OUT budget_specificity real,
        OUT price_range boolean,
        OUT timeline_urgency real,
        OUT timeline_days real,
        OUT financing text,
        OUT financing_readiness real,
        OUT intent text,
        OUT intent_strength real,
        OUT objections text[],
        OUT location_specificity real,
        OUT experience real,
        OUT language text,
        OUT job_stability real,
        OUT family_size real)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200
    AS 'MODULE_PATHNAME', 'jorge_text_signals';
COMMENT ON FUNCTION jorge.text_signals(text) IS
    'What a message says, in English or Spanish; NULL = not said. length: characters other than white space; sentiment -1 to 1; budgets in US dollars, one of them NULL for a bound; budget_specificity 1 (exact figure) to 0; timeline_days until the wished move and timeline_urgency 1 (now) to 0; financing: mentioned, needs_lender, sells_first, prequalified, preapproved, cash; intent: browse, rent, buy, sell, both, stop; intent_strength, financing_readiness, location_specificity, experience 0 to 1; language en or es. job_stability and family_size come from protected spans, which nothing else sees. Reads the first 4 MB. Rules: doc/text.md.';

CREATE FUNCTION jorge.text_signals(
        message text,
        phrases text[],
        signals text[],
        weights double precision[],
        OUT length integer,
        OUT words integer,
        OUT question_marks integer,
        OUT questions integer,
        OUT exclamation_marks integer,
        OUT sentiment real,
        OUT budget_min double precision,
        OUT budget_max double precision,
        OUT budget_specificity real,
        OUT price_range boolean,
        OUT timeline_urgency real,
        OUT timeline_days real,
        OUT financing text,
        OUT financing_readiness real,
        OUT intent text,
        OUT intent_strength real,
        OUT objections text[],
        OUT location_specificity real,
        OUT experience real,
        OUT language text,
        OUT job_stability real,
        OUT family_size real)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000
    AS 'MODULE_PATHNAME', 'jorge_text_signals_with';
COMMENT ON FUNCTION jorge.text_signals(text, text[], text[], double precision[]) IS
    'What a message says with additions to the lexicon: to try them before they are made. The arrays are one addition each: phrase (1 to 10 words), signal (sentiment, timeline_urgency, financing_readiness, intent_browse, _rent, _buy, _sell or _stop, intent_strength, location, objection_... or protected) and weight (sentiment -1 to 1, others 0 to 1). Compiles the lexicon at each call. Error 22023 for an unknown signal, a weight out of range or a phrase without words.';

CREATE FUNCTION jorge.text_visible(message text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200
    AS 'MODULE_PATHNAME', 'jorge_text_visible';
COMMENT ON FUNCTION jorge.text_visible(text) IS
    'The message without its protected spans (family, religion, disability, origin, sex, age, marital status, job), a space in place of each: all that text signals other than job_stability and family_size are read from.';

CREATE FUNCTION jorge.lexicon_rows(
        OUT phrase text,
        OUT language text,
        OUT signal text,
        OUT weight real,
        OUT protected boolean,
        OUT note text)
    RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2000 ROWS 6000
    AS 'MODULE_PATHNAME', 'jorge_lexicon';
COMMENT ON FUNCTION jorge.lexicon_rows() IS
    'Rows of the view jorge.lexicon.';

CREATE VIEW jorge.lexicon AS
    SELECT phrase, language, signal, weight, protected, note FROM jorge.lexicon_rows();
COMMENT ON VIEW jorge.lexicon IS
    'The words and phrases that text signals are found by, of version jorge.lexicon_version(). Written without accents; articles and possessives inside a phrase are skipped unless it is protected.';
COMMENT ON COLUMN jorge.lexicon.phrase IS
    'Words; # stands for a number, a final . for the end of a clause.';
COMMENT ON COLUMN jorge.lexicon.language IS
    'en, es, or * for both.';
COMMENT ON COLUMN jorge.lexicon.signal IS
    'What the phrase says; word_... is a class of words that the rules ask for, spelling another form of the word in note, none keeps the shorter phrases in it from being seen.';
COMMENT ON COLUMN jorge.lexicon.weight IS
    'In the unit of the signal: sentiment -1 to 1, timeline_days and visit_days in days, word_number the number, word_time days; 0 to 1 otherwise. For protected_child the number of persons where no count is said, for jobs the stability.';
COMMENT ON COLUMN jorge.lexicon.protected IS
    'Phrase of a protected span: taken out before anything else is looked at (and, with signal none, one that only looks like it).';
COMMENT ON COLUMN jorge.lexicon.note IS
    'For a spelling, the word it stands for.';
GRANT SELECT ON jorge.lexicon TO PUBLIC;
