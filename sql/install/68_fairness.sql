-- Fair housing: which features may be in a score, and whether a score treats groups alike.

DO $do$
BEGIN
    IF to_regclass('jorge.feature_policy') IS NULL THEN
        CREATE TABLE jorge.feature_policy (
            location_id text NOT NULL,
            feature     text NOT NULL,
            status      text NOT NULL CHECK (status IN ('allowed', 'monitor', 'prohibited')),
            reason      text NOT NULL,
            citation    text,
            PRIMARY KEY (location_id, feature)
        );
        INSERT INTO jorge.feature_policy (location_id, feature, status, reason, citation) VALUES
            ('*', 'family_size_mentioned', 'prohibited', 'familial status', '42 U.S.C. 3602(k), 3604'),
            ('*', 'familial_status', 'prohibited', 'familial status', '42 U.S.C. 3602(k), 3604'),
            ('*', 'children', 'prohibited', 'familial status', '42 U.S.C. 3602(k), 3604'),
            ('*', 'household_size', 'prohibited', 'familial status', '42 U.S.C. 3602(k), 3604'),
            ('*', 'pregnant', 'prohibited', 'familial status', '42 U.S.C. 3602(k), 3604'),
            ('*', 'job_stability_score', 'prohibited', 'source of income', 'state and city law'),
            ('*', 'source_of_income', 'prohibited', 'source of income', 'state and city law'),
            ('*', 'race', 'prohibited', 'race', '42 U.S.C. 3604; 42 U.S.C. 1981, 1982'),
            ('*', 'ethnicity', 'prohibited', 'national origin', '42 U.S.C. 3604'),
            ('*', 'color', 'prohibited', 'colour', '42 U.S.C. 3604'),
            ('*', 'national_origin', 'prohibited', 'national origin', '42 U.S.C. 3604'),
            ('*', 'nationality', 'prohibited', 'national origin', '42 U.S.C. 3604'),
            ('*', 'religion', 'prohibited', 'religion', '42 U.S.C. 3604'),
            ('*', 'sex', 'prohibited', 'sex', '42 U.S.C. 3604'),
            ('*', 'gender', 'prohibited', 'sex', '42 U.S.C. 3604'),
            ('*', 'sexual_orientation', 'prohibited', 'sexual orientation', 'NAR Code of Ethics, Article 10'),
            ('*', 'disability', 'prohibited', 'disability', '42 U.S.C. 3604(f)'),
            ('*', 'age', 'prohibited', 'age', 'state law; 15 U.S.C. 1691 where credit enters'),
            ('*', 'marital_status', 'prohibited', 'marital status', 'state law; 15 U.S.C. 1691 where credit enters'),
            ('*', 'veteran_status', 'prohibited', 'military status', 'state law'),
            ('*', 'first_name', 'prohibited', 'tells sex and origin', '42 U.S.C. 3604'),
            ('*', 'last_name', 'prohibited', 'tells origin', '42 U.S.C. 3604'),
            ('*', 'language', 'prohibited', 'tells national origin', '42 U.S.C. 3604'),
            ('*', 'school_rating', 'monitor', 'may stand for families, or for who lives there', NULL),
            ('*', 'postal_code', 'monitor', 'may stand for who lives there', NULL),
            ('*', 'city', 'monitor', 'may stand for who lives there', NULL),
            ('*', 'area', 'monitor', 'may stand for who lives there', NULL),
            ('*', 'bedrooms', 'monitor', 'may stand for familial status: right for matching, not for priority', NULL),
            ('*', 'source_facebook', 'monitor', 'targeted advertising', 'United States v. Meta, 2022'),
            ('*', 'message_length', 'monitor', 'may stand for the language of the person', NULL),
            ('*', 'word_count', 'monitor', 'may stand for the language of the person', NULL),
            ('*', 'message_length_avg', 'monitor', 'may stand for the language of the person', NULL),
            ('*', 'questions_asked', 'monitor', 'may stand for the language of the person', NULL),
            ('*', 'question_marks', 'monitor', 'may stand for the language of the person', NULL);
        GRANT SELECT ON jorge.feature_policy TO PUBLIC;
    END IF;
END
$do$;
COMMENT ON TABLE jorge.feature_policy IS 'Which features may be in a model. What has no row is allowed. A location''s own row goes before the shared one ("*").';
COMMENT ON COLUMN jorge.feature_policy.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.feature_policy.feature IS 'Name of a feature or column; its indicators (name=value) are meant too. Letters of either case.';
COMMENT ON COLUMN jorge.feature_policy.status IS 'allowed; monitor: allowed, and worth a jorge.fairness_audit(); prohibited: no model is stored that has it, unless its options name it under "protected".';
COMMENT ON COLUMN jorge.feature_policy.reason IS 'Why.';
COMMENT ON COLUMN jorge.feature_policy.citation IS 'Law or rule.';
DROP POLICY IF EXISTS shared ON jorge.feature_policy;
CREATE POLICY shared ON jorge.feature_policy FOR SELECT USING (location_id = '*');
COMMENT ON POLICY shared ON jorge.feature_policy IS 'What is shared is readable by every location.';

CREATE OR REPLACE FUNCTION jorge.features_policy(features text[], location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (feature text, status text, reason text, citation text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT f.name, coalesce(p.status, 'allowed'), p.reason, p.citation
      FROM unnest($1) WITH ORDINALITY f(name, i)
      LEFT JOIN LATERAL (SELECT x.* FROM jorge.feature_policy x WHERE x.location_id IN ($2, '*') AND lower(x.feature) IN (lower(f.name), lower(split_part(f.name, '=', 1)))
                          ORDER BY x.location_id = '*', lower(x.feature) <> lower(f.name) LIMIT 1) p ON true
     ORDER BY f.i
$fn$;
COMMENT ON FUNCTION jorge.features_policy(text[], text) IS 'What jorge.feature_policy says to each of these features.';

CREATE OR REPLACE FUNCTION jorge.check_features(features text[], named text[] DEFAULT '{}', location_id text DEFAULT jorge.current_location()) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    refused text;
    names text;
BEGIN
    SELECT string_agg(format('%s (%s)', p.feature, concat_ws('; ', p.reason, p.citation)), ', '), string_agg(to_json(p.feature)::text, ', ') INTO refused, names
      FROM jorge.features_policy($1, $3) p WHERE p.status = 'prohibited' AND lower(p.feature) <> ALL (SELECT lower(n) FROM unnest($2) n WHERE n IS NOT NULL)
                                             AND lower(split_part(p.feature, '=', 1)) <> ALL (SELECT lower(n) FROM unnest($2) n WHERE n IS NOT NULL);
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'a score must not be made of: %', refused USING ERRCODE = 'check_violation',
            HINT = format('Leave them out of the query (see jorge.feature_policy). Who may use them all the same says so by name: {"protected": [%s]}.', names);
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.check_features(text[], text[], text) IS
    'Refuses features that jorge.feature_policy prohibits, unless they are named. ERROR 23514 that says which and why.';

CREATE OR REPLACE FUNCTION jorge.model_features_allowed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    told record;
    options jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- only ever a copy of the document, which was looked at when it came
        NEW.forest := jorge.forest_from_ubj(NEW.ubj);
        RETURN NEW;
    END IF;
    told := jorge.forest_info(coalesce(NEW.forest, jorge.forest_from_ubj(NEW.ubj)));
    options := coalesce((told.attributes ->> 'jorge_params')::jsonb, '{}');
    PERFORM jorge.check_features(told.feature_names,
                                 ARRAY(SELECT jsonb_array_elements_text(CASE WHEN jsonb_typeof(options -> 'protected') = 'array' THEN options -> 'protected' ELSE '[]' END)
                                       UNION SELECT jsonb_array_elements_text(CASE WHEN jsonb_typeof(to_jsonb(NEW) #> '{parameters,protected}') = 'array' THEN to_jsonb(NEW) #> '{parameters,protected}' ELSE '[]' END)),
                                 NEW.location_id);
    RETURN NEW;
END
$fn$;
COMMENT ON FUNCTION jorge.model_features_allowed() IS 'Trigger on jorge.model: no version is stored, as a document or as the value that predicts, that has a prohibited feature its options don''t name.';
REVOKE ALL ON FUNCTION jorge.model_features_allowed() FROM PUBLIC;
CREATE OR REPLACE TRIGGER features_allowed BEFORE INSERT OR UPDATE OF forest ON jorge.model
    FOR EACH ROW EXECUTE FUNCTION jorge.model_features_allowed();
COMMENT ON TRIGGER features_allowed ON jorge.model IS 'Refuses models with prohibited features.';

-- ---- the audit ----

CREATE OR REPLACE FUNCTION jorge.fairness_audit(groups text, threshold float8 DEFAULT NULL, location_id text DEFAULT jorge.current_location(), least_people integer DEFAULT 30, path text DEFAULT pg_catalog.current_setting('search_path'))
    RETURNS TABLE ("group" text, people bigint, selected bigint, selection_rate float8, selection_lower float8, selection_upper float8,
                   impact_ratio float8, impact_lower float8, impact_upper float8, impact_p float8,
                   outcomes bigint, won bigint, opportunity float8, opportunity_lower float8, opportunity_upper float8, opportunity_p float8,
                   predicted float8, observed float8, observed_lower float8, observed_upper float8, calibration_p float8, finding text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    line float8 := coalesce($2, current_setting('jorge.hot_threshold')::float8);
    missing text;
BEGIN
    IF line <= 0 OR line > 1 OR $4 IS NULL OR $4 < 1 THEN
        RAISE EXCEPTION 'a threshold lies in 0 ... 1, and least_people is 1 or more' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM set_config('search_path', path, true);
    EXECUTE format('SELECT CASE WHEN NOT to_jsonb("(q)") ? ''group'' THEN ''group'' WHEN NOT to_jsonb("(q)") ?| ARRAY[''lead_id'', ''probability''] THEN ''lead_id or probability'' END FROM (%s) "(q)" LIMIT 1', $1) INTO missing;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'the query has no column %', missing USING ERRCODE = 'undefined_column',
            HINT = 'It gives "group" with lead_id, or with probability and won.';
    END IF;
    RETURN QUERY EXECUTE format($q$
        WITH given AS (SELECT to_jsonb("(q)") AS r FROM (%s) "(q)"),
        person AS (
            SELECT g.r ->> 'group' AS grp, coalesce((g.r ->> 'probability')::float8, s.probability) AS p,
                   CASE WHEN g.r ? 'won' THEN CASE g.r ->> 'won' WHEN 'true' THEN true WHEN '1' THEN true WHEN 'false' THEN false WHEN '0' THEN false END
                        WHEN l.outcome <> 'open' THEN l.outcome = 'won' END AS won
              FROM given g
              LEFT JOIN jorge.lead_score s ON s.location_id = $2 AND s.lead_id = (g.r ->> 'lead_id')::uuid
              LEFT JOIN jorge.lead l ON l.location_id = $2 AND l.lead_id = (g.r ->> 'lead_id')::uuid),
        g AS (
            SELECT grp, count(*) AS n, count(*) FILTER (WHERE p >= $1) AS chosen, count(won) AS known, count(*) FILTER (WHERE person.won) AS wins,
                   count(*) FILTER (WHERE person.won AND p >= $1) AS chosen_wins, avg(p) FILTER (WHERE person.won IS NOT NULL) AS mean_p,
                   sum(p * (1 - p)) FILTER (WHERE person.won IS NOT NULL) AS spread
              FROM person WHERE p IS NOT NULL AND grp IS NOT NULL GROUP BY grp),
        -- the group that is served best is what the others are measured by; a small one is no measure
        best AS (SELECT DISTINCT ON (1) 1, grp, n, chosen FROM g WHERE n >= $3 ORDER BY 1, chosen::float8 / n DESC, n DESC, grp),
        fair AS (SELECT DISTINCT ON (1) 1, grp, wins, chosen_wins FROM g WHERE wins >= $3 ORDER BY 1, chosen_wins::float8 / wins DESC, wins DESC, grp),
        m AS (
            SELECT g.*, count(*) FILTER (WHERE g.n >= $3) OVER () AS judged, (g.chosen::float8 / g.n) / nullif(best.chosen::float8 / best.n, 0) AS ratio, best.grp = g.grp AS is_best,
                   -- Katz' interval of a ratio of rates, half a person added where a count is 0
                   sqrt(1 / (g.chosen + 0.5) - 1 / (g.n + 0.5) + 1 / (best.chosen + 0.5) - 1 / (best.n + 0.5)) AS ratio_se,
                   jorge.two_rates_p(g.chosen, g.n, best.chosen, best.n) AS ratio_p,
                   jorge.two_rates_p(g.chosen_wins, g.wins, fair.chosen_wins, fair.wins) AS opportunity_p,
                   2 * jorge.normal_cdf(-abs(g.wins - g.mean_p * g.known) / nullif(sqrt(g.spread), 0)) AS cal_p
              FROM g LEFT JOIN best ON true LEFT JOIN fair ON true)
        SELECT m.grp, m.n, m.chosen, m.chosen::float8 / m.n, w.lower, w.upper,
               m.ratio, CASE WHEN NOT m.is_best THEN m.ratio * exp(-1.959964 * m.ratio_se) END, CASE WHEN NOT m.is_best THEN m.ratio * exp(1.959964 * m.ratio_se) END,
               CASE WHEN NOT m.is_best THEN m.ratio_p END,
               m.known, m.wins, m.chosen_wins::float8 / nullif(m.wins, 0), CASE WHEN m.wins > 0 THEN o.lower END, CASE WHEN m.wins > 0 THEN o.upper END, m.opportunity_p,
               m.mean_p, m.wins::float8 / nullif(m.known, 0), CASE WHEN m.known > 0 THEN c.lower END, CASE WHEN m.known > 0 THEN c.upper END, m.cal_p,
               CASE WHEN m.n < $3 THEN format('fewer than %%s people: no finding', $3)
                    ELSE coalesce(nullif(concat_ws('; ',
                         CASE WHEN m.ratio < 0.8 AND m.ratio_p * (m.judged - 1) < 0.05 THEN 'adverse impact: selected at less than four fifths of the best rate'
                              WHEN m.ratio < 0.8 THEN 'below four fifths of the best rate, which may be chance' END,
                         CASE WHEN m.wins >= $3 AND m.opportunity_p * (m.judged - 1) < 0.05 THEN 'unequal opportunity: of those who were won fewer had been selected' END,
                         CASE WHEN m.known >= $3 AND m.cal_p * m.judged < 0.05 AND m.wins > m.mean_p * m.known THEN 'scored too low for what became of them'
                              WHEN m.known >= $3 AND m.cal_p * m.judged < 0.05 THEN 'scored too high for what became of them' END), ''), 'nothing found') END
          FROM m, LATERAL jorge.wilson_interval(m.chosen, m.n) w, LATERAL jorge.wilson_interval(m.chosen_wins, m.wins) o, LATERAL jorge.wilson_interval(m.wins, m.known) c
         ORDER BY m.chosen::float8 / m.n DESC, m.grp$q$, $1) USING line, $3, $4;
END
$fn$;
COMMENT ON FUNCTION jorge.fairness_audit(text, float8, text, integer, text) IS
    'Does a score treat groups alike? groups: a query with the column "group" and either lead_id (scores and outcomes are those of the location) or probability and won; it runs with the caller''s rights and may only read. A row a group: people; selected: probability >= threshold (default jorge.hot_threshold: who gets prompt service) and its rate with Wilson''s 95 % interval; impact_ratio to the group with the highest rate (of at least least_people people) with Katz'' interval, below 0.8 = the four-fifths rule, and the p value of the difference; outcomes known and won; opportunity: share of the won that had been selected, its interval and p value against the best group; predicted and observed rate of those with an outcome, interval and p value of the difference (calibration within the group); and the finding in words. Of a group with fewer than least_people people nothing is found: its intervals say how little is known. p values are of each comparison alone; for a finding they count as often as groups are judged (Bonferroni). Groups are data that the agency holds lawfully; nothing is inferred. ERROR 42703 missing column, 22023 threshold.';

CREATE OR REPLACE FUNCTION jorge.two_rates_p(a bigint, n bigint, b bigint, m bigint) RETURNS float8
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE WHEN n > 0 AND m > 0 THEN CASE WHEN a + b IN (0, n + m) THEN 1
                ELSE 2 * jorge.normal_cdf(-abs(a::float8 / n - b::float8 / m) / sqrt((a + b)::float8 / (n + m) * (1 - (a + b)::float8 / (n + m)) * (1.0 / n + 1.0 / m))) END END
$fn$;
COMMENT ON FUNCTION jorge.two_rates_p(bigint, bigint, bigint, bigint) IS 'Two-sided p value that a of n and b of m have the same rate: the pooled test of two proportions (the square is Pearson''s). NULL without observations.';
