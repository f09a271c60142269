-- Who synthetic leads are: unique contact data, valid numbers, sources, languages.
CREATE TEMP TABLE lead AS SELECT * FROM jorge.synthetic_leads(40000, 7);
CREATE TEMP TABLE digits AS
SELECT source_ref, right(regexp_replace(phone, '\D', '', 'g'), 10) AS number FROM lead WHERE phone IS NOT NULL;

-- unique after normalisation
SELECT count(number) = count(DISTINCT number) AS phones_unique FROM digits;
SELECT count(email) = count(DISTINCT lower(email)) AS emails_unique FROM lead;
SELECT count(DISTINCT source_ref) = count(*) AS refs_unique FROM lead;
SELECT count(*) AS without_contact FROM lead WHERE phone IS NULL AND email IS NULL;

-- numbers of the North American plan, most of them Austin's, in many written forms
SELECT count(*) AS invalid FROM digits
WHERE number !~ '^[2-9][0-8]\d[2-9]\d{6}$' OR substr(number, 4, 3) ~ '^(.11|555)$';
SELECT round(avg((number ~ '^(512|737)')::int), 2) AS austin FROM digits;
SELECT count(DISTINCT regexp_replace(phone, '\d', '9', 'g')) AS forms FROM lead;

-- e-mail domains that belong to nobody
SELECT DISTINCT split_part(email, '@', 2) AS domain FROM lead WHERE email IS NOT NULL ORDER BY 1;
SELECT count(*) AS malformed FROM lead WHERE email !~ '^[A-Za-z._]+[0-9]+@[a-z.]+$';

-- sources in their proportions, with their default cost
SELECT source, cost, count(*) AS leads, round(count(*) / 40000.0 * 800) AS of_800
FROM lead GROUP BY 1, 2 ORDER BY leads DESC;

SELECT side, round(count(*) / 40000.0, 2) AS share FROM lead GROUP BY 1 ORDER BY 1;
SELECT language, round(count(*) / 40000.0, 2) AS share FROM lead GROUP BY 1 ORDER BY 1;

-- Spanish leads write Spanish
SELECT language, round(avg((message ~* '\m(the|and|to|is|a)\M')::int), 1) AS english_words,
       round(avg((message ~* '\m(de|en|el|la|con|quiero|por|casa|ya|no)\M')::int), 1) AS spanish_words
FROM lead WHERE length(message) > 80 GROUP BY 1 ORDER BY 1;

-- fields are given for a part of the leads
SELECT round(avg((budget_min IS NOT NULL OR budget_max IS NOT NULL)::int), 1) AS budget,
       round(avg((timeline IS NOT NULL)::int), 1) AS timeline,
       round(avg((financing IS NOT NULL)::int) FILTER (WHERE side <> 'seller'), 1) AS financing,
       round(avg((message IS NOT NULL)::int), 1) AS message
FROM lead;
SELECT timeline, count(*) > 0 AS used FROM lead WHERE timeline IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT financing, count(*) FILTER (WHERE side = 'seller') AS sellers FROM lead
WHERE financing IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT count(*) AS bad_ranges FROM lead WHERE budget_min > budget_max OR budget_min <= 0;
SELECT min(bedrooms), max(bedrooms), min(bathrooms), max(bathrooms) FROM lead;

-- no phrase leaks its slots or choices
SELECT count(*) AS unfilled FROM lead WHERE message ~ '[][{}|]' OR message = '';
SELECT count(*) AS unfilled FROM lead, jsonb_to_recordset(interactions) AS i(body text)
WHERE body ~ '[][{}|]' OR body = '';
