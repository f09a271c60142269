-- follow_up: hours of sending, templates

CREATE FUNCTION jorge.next_open(at timestamptz, zones text[], hours integer[]) RETURNS timestamptz
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'jorge_next_open';
COMMENT ON FUNCTION jorge.next_open(timestamptz, text[], integer[]) IS
    'The first moment at or after "at" when the wall clock of every zone (IANA names, at most 64) is within the hours; at itself if it is one. hours: 14 numbers a week, opening and first closed second of Monday to Sunday, in seconds since midnight; of several weeks (jorge.open_hours) what is open in all of them counts; a day that doesn''t close after it opens is closed. Exact to the second around changes of summer time. NULL if none comes within three weeks or for infinite times. ERROR 22023 for an unknown zone.';

CREATE FUNCTION jorge.is_zone(name text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'jorge_is_zone';
COMMENT ON FUNCTION jorge.is_zone(text) IS 'Is this the name of a time zone (IANA, any case)? Specifications such as UTC+5 are none: their sign means the opposite of what most writers think.';

CREATE FUNCTION jorge.reply_meaning(message text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50
    AS 'MODULE_PATHNAME', 'jorge_reply_meaning';
COMMENT ON FUNCTION jorge.reply_meaning(text) IS
    'What a message says about being written to. stop: it is a word of 47 CFR 64.1200(a)(10), of the carriers or a Spanish one, alone or with words that add nothing ("please stop texting me", "PARAR"). start and help: it is such a word, alone. unclear: any other wish to be left alone, in English or Spanish, which a person must read. none: nothing of the kind. Quoted lines (>) and what follows "-----" don''t count. The first 8 kB are read.';

CREATE FUNCTION jorge.form_meaning(message text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50
    AS 'MODULE_PATHNAME', 'jorge_form_meaning';
COMMENT ON FUNCTION jorge.form_meaning(text) IS
    'What the message of a form (jorge.inquiry) says about being written to: stop, unclear or none, by the words of jorge.reply_meaning(). A portal may have sent it with its small print: there a wish counts within a sentence only, and not where it tells the reader how to unsubscribe ("Reply STOP to opt out").';

CREATE FUNCTION jorge.render(template text, "values" jsonb, html boolean DEFAULT false) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'jorge_render';
COMMENT ON FUNCTION jorge.render(text, jsonb, boolean) IS
    'A template with its variables filled in: {{name}} is the value of that name, {{name|words}} the words where there is none (missing, null, blank). Control characters in values become blanks; html = true escapes them for HTML; a value is never itself taken for a template. ERROR 42601 for what is no variable, P0002 for a variable without value and words, 54000 beyond 64 kB (256 kB filled).';

CREATE FUNCTION jorge.template_variables(template text, OUT name text, OUT fallback text) RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 5
    AS 'MODULE_PATHNAME', 'jorge_template_variables';
COMMENT ON FUNCTION jorge.template_variables(text) IS
    'The variables of a template in the order they are written, with the words that stand for a missing value (NULL = none given). ERROR 42601 for what is no variable.';

CREATE FUNCTION jorge.tell_follow_up() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_tell_follow_up';
COMMENT ON FUNCTION jorge.tell_follow_up() IS
    'Trigger on managed tables, once a row or once a statement with a transition table: calls a policy function of follow-ups with each row as it is now (a deleted one, row by row only, as it was), as the table''s owner. Arguments: the function; "column=value" that rows must have, or ""; a column whose message counts, if it says anything about being written to, whatever else, with ":form" after it if it is a form''s, or ""; tables without whose rows nothing but such a message counts.';
REVOKE ALL ON FUNCTION jorge.tell_follow_up() FROM PUBLIC;
