-- conversation: what its course says

CREATE TYPE jorge.conversation AS (
    interactions integer,
    sms_in integer,
    email_in integer,
    calls_in integer,
    sms_out integer,
    email_out integer,
    calls_out integer,
    visits integer,
    notes integer,
    preferred_channel text,
    last_at timestamptz,
    last_inbound_at timestamptz,
    last_outbound_at timestamptz,
    replies integer,
    reply_log_sum float8,
    reply_log_recent float8,
    fastest_reply_seconds float8,
    slowest_reply_seconds float8,
    our_replies integer,
    our_reply_log_sum float8,
    texts integer,
    sentiment_first float8,
    sentiment_last float8,
    sentiment_sum float8,
    sentiment_recent float8,
    objection_price integer,
    objection_timing integer,
    objection_financing integer,
    objection_location integer,
    objection_condition integer,
    objection_agent integer,
    objection_commission integer,
    objection_partner integer,
    last_objection text,
    last_objection_at timestamptz,
    stopped_at timestamptz,
    heat float8,
    heat_fast float8
);
COMMENT ON TYPE jorge.conversation IS 'What the course of a conversation says, made by the aggregate jorge.conversation(); NULL counts are 0. jorge.lead_conversation has a row of it for each lead.';
COMMENT ON COLUMN jorge.conversation.interactions IS 'Number of interactions.';
COMMENT ON COLUMN jorge.conversation.sms_in IS 'Text messages from the person.';
COMMENT ON COLUMN jorge.conversation.email_in IS 'E-mails from the person.';
COMMENT ON COLUMN jorge.conversation.calls_in IS 'Calls from the person.';
COMMENT ON COLUMN jorge.conversation.sms_out IS 'Text messages from us.';
COMMENT ON COLUMN jorge.conversation.email_out IS 'E-mails from us.';
COMMENT ON COLUMN jorge.conversation.calls_out IS 'Calls from us.';
COMMENT ON COLUMN jorge.conversation.visits IS 'Visits.';
COMMENT ON COLUMN jorge.conversation.notes IS 'Notes.';
COMMENT ON COLUMN jorge.conversation.preferred_channel IS 'Channel the person uses most (sms, email, call), of equals the one used last.';
COMMENT ON COLUMN jorge.conversation.last_at IS 'Latest interaction.';
COMMENT ON COLUMN jorge.conversation.last_inbound_at IS 'Latest one from the person.';
COMMENT ON COLUMN jorge.conversation.last_outbound_at IS 'Latest one from us.';
COMMENT ON COLUMN jorge.conversation.replies IS 'Answers of the person: first inbound interactions after an outbound one.';
COMMENT ON COLUMN jorge.conversation.reply_log_sum IS 'Sum of ln(1 + hours) of these answers.';
COMMENT ON COLUMN jorge.conversation.reply_log_recent IS 'Mean of ln(1 + hours) that leans on the latest answers (0.4 of the newest).';
COMMENT ON COLUMN jorge.conversation.fastest_reply_seconds IS 'Fastest answer, seconds.';
COMMENT ON COLUMN jorge.conversation.slowest_reply_seconds IS 'Slowest answer, seconds.';
COMMENT ON COLUMN jorge.conversation.our_replies IS 'Answers of ours.';
COMMENT ON COLUMN jorge.conversation.our_reply_log_sum IS 'Sum of ln(1 + hours) of our answers.';
COMMENT ON COLUMN jorge.conversation.texts IS 'Inbound texts that were read.';
COMMENT ON COLUMN jorge.conversation.sentiment_first IS 'Sentiment of the first text, -1 ... 1.';
COMMENT ON COLUMN jorge.conversation.sentiment_last IS 'Sentiment of the last text.';
COMMENT ON COLUMN jorge.conversation.sentiment_sum IS 'Sum of the sentiments.';
COMMENT ON COLUMN jorge.conversation.sentiment_recent IS 'Mean sentiment that leans on the latest texts.';
COMMENT ON COLUMN jorge.conversation.objection_price IS 'Texts with an objection: price.';
COMMENT ON COLUMN jorge.conversation.objection_timing IS 'Texts with an objection: timing.';
COMMENT ON COLUMN jorge.conversation.objection_financing IS 'Texts with an objection: financing.';
COMMENT ON COLUMN jorge.conversation.objection_location IS 'Texts with an objection: location.';
COMMENT ON COLUMN jorge.conversation.objection_condition IS 'Texts with an objection: condition of the property.';
COMMENT ON COLUMN jorge.conversation.objection_agent IS 'Texts with an objection: has an agent, or distrusts agents.';
COMMENT ON COLUMN jorge.conversation.objection_commission IS 'Texts with an objection: commission.';
COMMENT ON COLUMN jorge.conversation.objection_partner IS 'Texts with an objection: must ask somebody else first.';
COMMENT ON COLUMN jorge.conversation.last_objection IS 'Latest objection.';
COMMENT ON COLUMN jorge.conversation.last_objection_at IS 'When it was raised.';
COMMENT ON COLUMN jorge.conversation.stopped_at IS 'When the person last asked for no further contact.';
COMMENT ON COLUMN jorge.conversation.heat IS 'Warmth at last_at: message 1, call 2, visit 4, objection -0.5; half of it fades in 14 days, a stop ends it.';
COMMENT ON COLUMN jorge.conversation.heat_fast IS 'The same, fading by half in 3.5 days.';

CREATE FUNCTION jorge.conversation_step(state jorge.conversation, at timestamptz, channel text, direction text, sentiment float8, objections text[], stop boolean)
    RETURNS jorge.conversation
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'jorge_conversation_step';
COMMENT ON FUNCTION jorge.conversation_step(jorge.conversation, timestamptz, text, text, float8, text[], boolean) IS
    'A conversation with one interaction more: its time, not before the latest one; channel and direction as in jorge.interaction; of an inbound text its sentiment, objections and whether it asks for no further contact, as jorge.text_signals() tells them. Transition function of jorge.conversation(). ERROR 22023 for an earlier time, 22004 without time or channel.';

CREATE AGGREGATE jorge.conversation(at timestamptz, channel text, direction text, sentiment float8, objections text[], stop boolean) (
    SFUNC = jorge.conversation_step, STYPE = jorge.conversation, PARALLEL = SAFE
);
COMMENT ON AGGREGATE jorge.conversation(timestamptz, text, text, float8, text[], boolean) IS
    'What the course of a conversation says. The order is part of it: jorge.conversation(... ORDER BY at, interaction_id).';
