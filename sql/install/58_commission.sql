-- Commission plans by date, and the ledger of booked commissions that a yearly cap reads.

CREATE TABLE IF NOT EXISTS jorge.commission_plan (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    name        text NOT NULL,
    valid_from  date NOT NULL DEFAULT '-infinity',
    plan        jsonb NOT NULL,
    note        text,
    PRIMARY KEY (location_id, name, valid_from)
);
COMMENT ON TABLE jorge.commission_plan IS 'Commission plans and their versions. "standard" serves agents without a plan of their own; 6 % for both sides where it is not defined.';
COMMENT ON COLUMN jorge.commission_plan.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.commission_plan.name IS 'Name of the plan.';
COMMENT ON COLUMN jorge.commission_plan.valid_from IS 'First closing day this version applies to; it ends where the next one begins.';
COMMENT ON COLUMN jorge.commission_plan.plan IS 'The plan as jorge.jorge_commission() takes it, without what has been paid this year: the ledger knows that.';
COMMENT ON COLUMN jorge.commission_plan.note IS 'For people.';

CREATE TABLE IF NOT EXISTS jorge.commission_agent (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    agent       text NOT NULL,
    plan_name   text NOT NULL DEFAULT 'standard',
    anniversary date NOT NULL DEFAULT '2000-01-01',
    PRIMARY KEY (location_id, agent)
);
COMMENT ON TABLE jorge.commission_agent IS 'Which plan an agent is on, and when the agent''s year begins. Optional: others are on "standard" and the calendar year.';
COMMENT ON COLUMN jorge.commission_agent.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.commission_agent.agent IS 'Agent, as in jorge.lead.owner.';
COMMENT ON COLUMN jorge.commission_agent.plan_name IS 'Plan in jorge.commission_plan.';
COMMENT ON COLUMN jorge.commission_agent.anniversary IS 'Day on which caps start anew each year; only month and day count.';

CREATE TABLE IF NOT EXISTS jorge.commission_year (
    location_id text NOT NULL,
    agent       text NOT NULL,
    year_start  date NOT NULL,
    bookings    integer NOT NULL DEFAULT 0,
    PRIMARY KEY (location_id, agent, year_start)
);
COMMENT ON TABLE jorge.commission_year IS 'One row an agent and year, locked by each booking, so that two bookings at once can''t both use the same room under a cap.';
COMMENT ON COLUMN jorge.commission_year.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.commission_year.agent IS 'Agent.';
COMMENT ON COLUMN jorge.commission_year.year_start IS 'First day of the agent''s year.';
COMMENT ON COLUMN jorge.commission_year.bookings IS 'Bookings and reversals so far.';

CREATE TABLE IF NOT EXISTS jorge.commission_entry (
    location_id text NOT NULL,
    entry_id    uuid NOT NULL DEFAULT jorge.new_id(),
    agent       text NOT NULL,
    year_start  date NOT NULL,
    closed_on   date NOT NULL,
    lead_id     uuid,
    deal_ref    text,
    price       numeric(16,2) NOT NULL,
    plan        jsonb NOT NULL,
    lines       jsonb NOT NULL,
    gross       numeric(16,2) NOT NULL,
    income      numeric(16,2) NOT NULL,
    company     numeric(16,2) NOT NULL,
    royalty     numeric(16,2) NOT NULL,
    net         numeric(16,2) NOT NULL,
    reverses    uuid,
    reason      text,
    booked_at   timestamptz NOT NULL DEFAULT now(),
    booked_by   text NOT NULL DEFAULT current_user,
    PRIMARY KEY (location_id, entry_id),
    UNIQUE (location_id, reverses)
);
CREATE INDEX IF NOT EXISTS commission_entry_year ON jorge.commission_entry (agent, year_start, location_id);
COMMENT ON TABLE jorge.commission_entry IS 'Ledger of commissions: entries are never changed, a deal that falls through is reversed by an entry of its own. Written by jorge.book_commission() and jorge.reverse_commission().';
COMMENT ON COLUMN jorge.commission_entry.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.commission_entry.entry_id IS 'Id of the entry.';
COMMENT ON COLUMN jorge.commission_entry.agent IS 'Agent.';
COMMENT ON COLUMN jorge.commission_entry.year_start IS 'First day of the agent''s year that the caps count in.';
COMMENT ON COLUMN jorge.commission_entry.closed_on IS 'Closing day; selects year and version of the plan.';
COMMENT ON COLUMN jorge.commission_entry.lead_id IS 'Lead of the deal, if known.';
COMMENT ON COLUMN jorge.commission_entry.deal_ref IS 'The office''s own reference of the deal.';
COMMENT ON COLUMN jorge.commission_entry.price IS 'Contract price.';
COMMENT ON COLUMN jorge.commission_entry.plan IS 'Plan as it was applied, with what had been paid in the year until then.';
COMMENT ON COLUMN jorge.commission_entry.lines IS 'Lines of jorge.jorge_commission_lines(), as an array of objects; a reversal has those of its entry with negative amounts.';
COMMENT ON COLUMN jorge.commission_entry.gross IS 'Gross commission of our sides.';
COMMENT ON COLUMN jorge.commission_entry.income IS 'Gross less referral: what the split is of.';
COMMENT ON COLUMN jorge.commission_entry.company IS 'Brokerage''s part of the split.';
COMMENT ON COLUMN jorge.commission_entry.royalty IS 'Franchise royalty.';
COMMENT ON COLUMN jorge.commission_entry.net IS 'Agent''s net.';
COMMENT ON COLUMN jorge.commission_entry.reverses IS 'Entry that this one takes back; NULL for a booking.';
COMMENT ON COLUMN jorge.commission_entry.reason IS 'Why it was reversed.';
COMMENT ON COLUMN jorge.commission_entry.booked_at IS 'When it was booked.';
COMMENT ON COLUMN jorge.commission_entry.booked_by IS 'Role that booked it.';

CREATE OR REPLACE FUNCTION jorge.commission_year_start(closed_on date, anniversary date) RETURNS date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $fn$
    -- 29 February falls on 28 February in other years, as date + interval has it
    SELECT max(day)::date
      FROM (SELECT ($2 + make_interval(years => extract(year FROM $1)::integer - extract(year FROM $2)::integer - back))::date AS day
              FROM generate_series(0, 1) AS back) AS days
     WHERE day <= $1
$fn$;
COMMENT ON FUNCTION jorge.commission_year_start(date, date) IS 'First day of the year, by an agent''s anniversary, that a closing day falls in.';

CREATE OR REPLACE FUNCTION jorge.commission_plan_at(agent text, closed_on date DEFAULT current_date, location_id text DEFAULT jorge.current_location())
    RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
AS $fn$
    SELECT coalesce((SELECT p.plan FROM jorge.commission_plan p
                      WHERE p.location_id = $3 AND p.valid_from <= $2
                        AND p.name = coalesce((SELECT a.plan_name FROM jorge.commission_agent a WHERE a.location_id = $3 AND a.agent = $1), 'standard')
                      ORDER BY p.valid_from DESC LIMIT 1), '{}')
$fn$;
COMMENT ON FUNCTION jorge.commission_plan_at(text, date, text) IS 'Plan of an agent on a day: the newest version by then of the agent''s plan, of "standard" for an agent without one; an empty plan (6 %, both sides) where there is none.';

CREATE OR REPLACE FUNCTION jorge.commission_plan_to_date(plan jsonb, agent text, year_start date, location_id text DEFAULT jorge.current_location())
    RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    income_paid numeric;
    company_paid numeric;
    royalty_paid numeric;
    fees jsonb;
BEGIN
    SELECT coalesce(sum(e.income), 0), coalesce(sum(e.company), 0), coalesce(sum(e.royalty), 0)
      INTO income_paid, company_paid, royalty_paid
      FROM jorge.commission_entry e WHERE e.location_id = $4 AND e.agent = $2 AND e.year_start = $3;
    IF plan ? 'split' THEN
        plan := jsonb_set(plan, '{split}', (plan -> 'split') || jsonb_build_object('ytd_income', greatest(income_paid, 0), 'ytd_paid', greatest(company_paid, 0)));
    END IF;
    IF plan ? 'royalty' THEN
        plan := jsonb_set(plan, '{royalty}', (plan -> 'royalty') || jsonb_build_object('ytd', greatest(royalty_paid, 0)));
    END IF;
    IF plan ? 'fees' THEN
        SELECT jsonb_agg(fee.value || jsonb_build_object('ytd', greatest((
                   SELECT coalesce(sum((line ->> 'amount')::numeric), 0)
                     FROM jorge.commission_entry e, jsonb_array_elements(e.lines) line
                    WHERE e.location_id = $4 AND e.agent = $2 AND e.year_start = $3
                      AND line ->> 'party' = 'fee' AND line ->> 'label' = fee.value ->> 'label'), 0)) ORDER BY fee.ordinality)
          INTO fees
          FROM jsonb_array_elements(plan -> 'fees') WITH ORDINALITY fee;
        plan := jsonb_set(plan, '{fees}', fees);
    END IF;
    RETURN plan;
END
$fn$;
COMMENT ON FUNCTION jorge.commission_plan_to_date(jsonb, text, date, text) IS 'A plan with what the ledger says was paid in the agent''s year: income and brokerage''s part of the split, royalty, and each fee by its label.';

CREATE OR REPLACE FUNCTION jorge.book_commission(agent text, price numeric, closed_on date DEFAULT current_date, lead_id uuid DEFAULT NULL,
                                                 deal_ref text DEFAULT NULL, plan jsonb DEFAULT NULL,
                                                 location_id text DEFAULT jorge.current_location())
    RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    starts date;
    applied jsonb;
    made uuid;
BEGIN
    IF $1 IS NULL OR $2 IS NULL OR $3 IS NULL THEN
        RAISE EXCEPTION 'a booking needs agent, price and closing day' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'For example: SELECT jorge.book_commission(''Ann Lee'', 450000).';
    END IF;
    SELECT jorge.commission_year_start($3, coalesce(max(a.anniversary), '2000-01-01')) INTO starts
      FROM jorge.commission_agent a WHERE a.location_id = $7 AND a.agent = $1;
    -- one booking of an agent and year at a time; under REPEATABLE READ a concurrent one fails with 40001
    INSERT INTO jorge.commission_year AS y (location_id, agent, year_start, bookings) VALUES ($7, $1, starts, 1)
        ON CONFLICT ON CONSTRAINT commission_year_pkey DO UPDATE SET bookings = y.bookings + 1;
    applied := jorge.commission_plan_to_date(coalesce($6, jorge.commission_plan_at($1, $3, $7)), $1, starts, $7);
    INSERT INTO jorge.commission_entry (location_id, agent, year_start, closed_on, lead_id, deal_ref, price, plan, lines,
                                        gross, income, company, royalty, net)
    SELECT $7, $1, starts, $3, $4, $5, $2, applied, jsonb_agg(to_jsonb(l) ORDER BY l.seq), jorge.jorge_commission($2, applied),
           jorge.jorge_commission($2, applied) - coalesce(sum(l.amount) FILTER (WHERE l.party = 'referral'), 0),
           coalesce(sum(l.amount) FILTER (WHERE l.party = 'brokerage' AND l.label <> 'net'), 0),
           coalesce(sum(l.amount) FILTER (WHERE l.party = 'franchise'), 0), jorge.jorge_commission_net($2, applied)
      FROM jorge.jorge_commission_lines($2, applied) l
    RETURNING entry_id INTO made;
    RETURN made;
END
$fn$;
COMMENT ON FUNCTION jorge.book_commission(text, numeric, date, uuid, text, jsonb, text) IS
    'Books a closed deal in the ledger and returns the entry''s id. The plan is the agent''s on that day unless one is given; caps, tiers and fees count what the ledger has for the agent''s year. Bookings of one agent wait for each other, so that a cap is never passed.';

CREATE OR REPLACE FUNCTION jorge.reverse_commission(entry_id uuid, reason text DEFAULT NULL, location_id text DEFAULT jorge.current_location())
    RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    booked jorge.commission_entry;
    made uuid;
BEGIN
    SELECT e.* INTO booked FROM jorge.commission_entry e WHERE e.location_id = $3 AND e.entry_id = $1;
    IF NOT FOUND OR booked.reverses IS NOT NULL THEN
        RAISE EXCEPTION 'location "%" has no booking %', $3, $1 USING ERRCODE = 'no_data_found',
            HINT = 'See SELECT entry_id, agent, price FROM jorge.commission_entry WHERE reverses IS NULL.';
    END IF;
    UPDATE jorge.commission_year y SET bookings = y.bookings + 1
     WHERE y.location_id = $3 AND y.agent = booked.agent AND y.year_start = booked.year_start;
    INSERT INTO jorge.commission_entry (location_id, agent, year_start, closed_on, lead_id, deal_ref, price, plan, lines,
                                        gross, income, company, royalty, net, reverses, reason)
    SELECT $3, booked.agent, booked.year_start, booked.closed_on, booked.lead_id, booked.deal_ref, -booked.price, booked.plan,
           (SELECT jsonb_agg(line || jsonb_build_object('amount', -(line ->> 'amount')::numeric) ORDER BY n)
              FROM jsonb_array_elements(booked.lines) WITH ORDINALITY AS l(line, n)),
           -booked.gross, -booked.income, -booked.company, -booked.royalty, -booked.net, $1, $2
    ON CONFLICT ON CONSTRAINT commission_entry_location_id_reverses_key DO NOTHING
    RETURNING commission_entry.entry_id INTO made;
    IF made IS NULL THEN
        RAISE EXCEPTION 'booking % was reversed before', $1 USING ERRCODE = 'unique_violation',
            HINT = 'See SELECT * FROM jorge.commission_entry WHERE reverses IS NOT NULL.';
    END IF;
    RETURN made;
END
$fn$;
COMMENT ON FUNCTION jorge.reverse_commission(uuid, text, text) IS 'Takes a booking back, for a deal that fell through, and gives its room under caps back. Returns the id of the reversing entry. ERROR P0002 for no such booking, 23505 if it was reversed before.';

REVOKE ALL ON FUNCTION jorge.book_commission(text, numeric, date, uuid, text, jsonb, text), jorge.reverse_commission(uuid, text, text) FROM PUBLIC;
