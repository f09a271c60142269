-- The send gate: may this message go to this person on this channel now? What is not known is not sent.
--
-- What is law or policy is rows with their source and the day it was checked: hours by region, consent a channel
-- needs, caps. A tenant's own rows can narrow the shared ones of hours and caps, never widen them.

-- where a person is

CREATE TABLE IF NOT EXISTS jorge.region (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    region      text NOT NULL,
    name        text NOT NULL,
    zones       text[] NOT NULL,
    is_state    boolean NOT NULL DEFAULT true,
    PRIMARY KEY (location_id, region)
);
COMMENT ON TABLE jorge.region IS 'States and territories with the time zones (IANA) that are in use there. Somebody whose place is not known may be in any state.';
COMMENT ON COLUMN jorge.region.location_id IS 'Tenant; "*" = all (shipped).';
COMMENT ON COLUMN jorge.region.region IS 'ISO 3166-2: US-TX.';
COMMENT ON COLUMN jorge.region.name IS 'Its name in English, as people write it into forms.';
COMMENT ON COLUMN jorge.region.zones IS 'Zones in use there.';
COMMENT ON COLUMN jorge.region.is_state IS 'One of the places somebody unknown may be in: the states and the District of Columbia, not the territories.';

INSERT INTO jorge.region (location_id, region, name, zones, is_state)
SELECT '*', 'US-' || s.code, s.name, ARRAY(SELECT CASE z WHEN 'E' THEN 'America/New_York' WHEN 'C' THEN 'America/Chicago' WHEN 'M' THEN 'America/Denver'
                                            WHEN 'P' THEN 'America/Los_Angeles' WHEN 'Phoenix' THEN 'America/Phoenix' ELSE z END
                                     FROM unnest(string_to_array(s.zones, ' ')) z), s.code NOT IN ('AS', 'GU', 'MP', 'PR', 'VI')
  FROM (VALUES ('AL', 'Alabama', 'C'), ('AK', 'Alaska', 'America/Anchorage America/Adak'), ('AZ', 'Arizona', 'Phoenix M'), ('AR', 'Arkansas', 'C'),
               ('CA', 'California', 'P'), ('CO', 'Colorado', 'M'), ('CT', 'Connecticut', 'E'), ('DE', 'Delaware', 'E'), ('DC', 'District of Columbia', 'E'),
               ('FL', 'Florida', 'E C'), ('GA', 'Georgia', 'E'), ('HI', 'Hawaii', 'Pacific/Honolulu'), ('ID', 'Idaho', 'M P'), ('IL', 'Illinois', 'C'),
               ('IN', 'Indiana', 'E C'), ('IA', 'Iowa', 'C'), ('KS', 'Kansas', 'C M'), ('KY', 'Kentucky', 'E C'), ('LA', 'Louisiana', 'C'), ('ME', 'Maine', 'E'),
               ('MD', 'Maryland', 'E'), ('MA', 'Massachusetts', 'E'), ('MI', 'Michigan', 'E C'), ('MN', 'Minnesota', 'C'), ('MS', 'Mississippi', 'C'),
               ('MO', 'Missouri', 'C'), ('MT', 'Montana', 'M'), ('NE', 'Nebraska', 'C M'), ('NV', 'Nevada', 'P M'), ('NH', 'New Hampshire', 'E'),
               ('NJ', 'New Jersey', 'E'), ('NM', 'New Mexico', 'M'), ('NY', 'New York', 'E'), ('NC', 'North Carolina', 'E'), ('ND', 'North Dakota', 'C M'),
               ('OH', 'Ohio', 'E'), ('OK', 'Oklahoma', 'C'), ('OR', 'Oregon', 'P M'), ('PA', 'Pennsylvania', 'E'), ('RI', 'Rhode Island', 'E'),
               ('SC', 'South Carolina', 'E'), ('SD', 'South Dakota', 'C M'), ('TN', 'Tennessee', 'E C'), ('TX', 'Texas', 'C M'), ('UT', 'Utah', 'M'),
               ('VT', 'Vermont', 'E'), ('VA', 'Virginia', 'E'), ('WA', 'Washington', 'P'), ('WV', 'West Virginia', 'E'), ('WI', 'Wisconsin', 'C'), ('WY', 'Wyoming', 'M'),
               ('AS', 'American Samoa', 'Pacific/Pago_Pago'), ('GU', 'Guam', 'Pacific/Guam'), ('MP', 'Northern Mariana Islands', 'Pacific/Saipan'),
               ('PR', 'Puerto Rico', 'America/Puerto_Rico'), ('VI', 'Virgin Islands', 'America/St_Thomas')) s(code, name, zones)
 WHERE NOT EXISTS (SELECT FROM jorge.region WHERE location_id = '*');

CREATE TABLE IF NOT EXISTS jorge.area_code (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    code        text NOT NULL CHECK (code ~ '^[2-9][0-9]{2}$'),
    regions     text[] NOT NULL,
    zones       text[] NOT NULL,
    source      text NOT NULL,
    checked_on  date NOT NULL,
    PRIMARY KEY (location_id, code)
);
COMMENT ON TABLE jorge.area_code IS 'Where the telephone area codes of North America are. A code says where a number was given out, which is not always where its owner lives: the address counts beside it. A code that is not here may be anywhere.';
COMMENT ON COLUMN jorge.area_code.location_id IS 'Tenant; "*" = all (shipped). A tenant''s own row replaces the shared one.';
COMMENT ON COLUMN jorge.area_code.code IS 'Area code, three digits.';
COMMENT ON COLUMN jorge.area_code.regions IS 'States (US-TX), or countries (CA) beyond the United States.';
COMMENT ON COLUMN jorge.area_code.zones IS 'Zones in use where the code is; all of them count.';
COMMENT ON COLUMN jorge.area_code.source IS 'Where the row is from.';
COMMENT ON COLUMN jorge.area_code.checked_on IS 'When that was looked up.';

INSERT INTO jorge.area_code (location_id, code, regions, zones, source, checked_on)
SELECT '*', c.code, string_to_array(a.regions, ','), string_to_array(a.zones, ','),
       CASE WHEN c.code IN ('364', '448', '458', '689', '930') THEN 'libphonenumber 8.12.57, with the zones of the code it overlays or of its whole state'
            ELSE 'libphonenumber 8.12.57' END, DATE '2026-11-21'
  FROM (VALUES
               ('AG', '', '268'),
               ('AI', '', '264'),
               ('BB', '', '246'),
               ('BM', '', '441'),
               ('BS', '', '242'),
               ('CA', '', '204 226 236 249 250 263 289 306 343 365 367 368 403 416 418 431 437 438 450 468 474 506 514 519 548 579 581 584 587 600 604 613 622 639 647 672 705 709 742 753 778 780 782 807 819 825 867 873 902 905'),
               ('DM', '', '767'),
               ('DO', '', '809 829 849'),
               ('GD', '', '473'),
               ('JM', '', '658 876'),
               ('KN', '', '869'),
               ('KY', '', '345'),
               ('LC', '', '758'),
               ('MS', '', '664'),
               ('SX', '', '721'),
               ('TC', '', '649'),
               ('TT', '', '868'),
               ('US-AK', 'America/Adak,America/Anchorage', '907'),
               ('US-AL', 'America/Chicago', '205 251 256 334 659 938'),
               ('US-AR', 'America/Chicago', '479 501 870'),
               ('US-AS', 'Pacific/Pago_Pago', '684'),
               ('US-AZ', 'America/Denver,America/Phoenix', '480 520 602 928'),
               ('US-AZ', 'America/Phoenix', '623'),
               ('US-CA', 'America/Los_Angeles', '209 213 279 310 323 341 408 415 424 442 510 530 559 562 619 626 628 650 657 661 669 707 714 747 760 805 818 820 831 840 858 909 916 925 949 951'),
               ('US-CO', 'America/Denver', '303 719 720 970'),
               ('US-CT', 'America/New_York', '203 475 860 959'),
               ('US-DC', 'America/New_York', '202 771'),
               ('US-DE', 'America/New_York', '302'),
               ('US-FL', 'America/Chicago,America/New_York', '448 689 850'),
               ('US-FL', 'America/New_York', '239 305 321 352 386 407 561 656 727 754 772 786 813 863 904 941 954'),
               ('US-GA', 'America/New_York', '229 404 470 478 678 706 762 770 912 943'),
               ('US-GU', 'Pacific/Guam', '671'),
               ('US-HI', 'Pacific/Honolulu', '808'),
               ('US-IA', 'America/Chicago', '319 515 563 641 712'),
               ('US-ID', 'America/Denver,America/Los_Angeles', '208 986'),
               ('US-IL', 'America/Chicago', '217 224 309 312 331 447 464 618 630 708 773 779 815 847 872'),
               ('US-IN', 'America/Chicago,America/New_York', '219 574 812 930'),
               ('US-IN', 'America/New_York', '260 317 463 765'),
               ('US-KS', 'America/Chicago', '316 913'),
               ('US-KS', 'America/Chicago,America/Denver', '620 785'),
               ('US-KY', 'America/Chicago,America/New_York', '270 364 606'),
               ('US-KY', 'America/New_York', '502 859'),
               ('US-LA', 'America/Chicago', '225 318 337 504 985'),
               ('US-MA', 'America/New_York', '339 351 413 508 617 774 781 857 978'),
               ('US-MD', 'America/New_York', '240 301 410 443 667'),
               ('US-ME', 'America/New_York', '207'),
               ('US-MI', 'America/Chicago,America/New_York', '906'),
               ('US-MI', 'America/New_York', '231 248 269 313 517 586 616 734 810 947 989'),
               ('US-MN', 'America/Chicago', '218 320 507 612 651 763 952'),
               ('US-MO', 'America/Chicago', '314 417 573 636 660 816'),
               ('US-MP', 'Pacific/Saipan', '670'),
               ('US-MS', 'America/Chicago', '228 601 662 769'),
               ('US-MT', 'America/Denver', '406'),
               ('US-NC', 'America/New_York', '252 336 704 743 828 910 919 980 984'),
               ('US-ND', 'America/Chicago,America/Denver', '701'),
               ('US-NE', 'America/Chicago', '402 531'),
               ('US-NE', 'America/Chicago,America/Denver', '308'),
               ('US-NH', 'America/New_York', '603'),
               ('US-NJ', 'America/New_York', '551 609 640 732 848 856 862 908 973'),
               ('US-NJ,US-NY', 'America/New_York', '201'),
               ('US-NM', 'America/Denver', '505 575'),
               ('US-NV', 'America/Denver,America/Los_Angeles', '775'),
               ('US-NV', 'America/Los_Angeles', '702 725'),
               ('US-NY', 'America/New_York', '212 315 332 347 516 518 585 607 631 646 680 716 718 838 845 914 917 929 934'),
               ('US-OH', 'America/New_York', '216 220 234 283 326 330 380 419 440 513 567 614 740 937'),
               ('US-OK', 'America/Chicago', '405 539 572 580 918'),
               ('US-OR', 'America/Denver,America/Los_Angeles', '458 541'),
               ('US-OR', 'America/Los_Angeles', '503 971'),
               ('US-PA', 'America/New_York', '215 223 267 272 412 484 570 582 610 717 724 814 878'),
               ('US-PR', 'America/Puerto_Rico', '787 939'),
               ('US-RI', 'America/New_York', '401'),
               ('US-SC', 'America/New_York', '803 839 843 854 864'),
               ('US-SD', 'America/Chicago,America/Denver', '605'),
               ('US-TN', 'America/Chicago', '615 629 731 901 931'),
               ('US-TN', 'America/Chicago,America/New_York', '423'),
               ('US-TN', 'America/New_York', '865'),
               ('US-TX', 'America/Chicago', '210 214 254 281 325 346 361 409 430 432 469 512 682 713 726 737 806 817 830 832 903 936 940 945 956 972 979'),
               ('US-TX', 'America/Denver', '915'),
               ('US-UT', 'America/Denver', '385 435 801'),
               ('US-VA', 'America/New_York', '276 434 540 571 703 757 804 826 948'),
               ('US-VI', 'America/St_Thomas', '340'),
               ('US-VT', 'America/New_York', '802'),
               ('US-WA', 'America/Los_Angeles', '206 253 360 425 509 564'),
               ('US-WI', 'America/Chicago', '262 414 534 608 715 920'),
               ('US-WV', 'America/New_York', '304 681'),
               ('US-WY', 'America/Denver', '307'),
               ('VC', '', '784'),
               ('VG', '', '284')       ) a(regions, zones, codes), LATERAL unnest(string_to_array(a.codes, ' ')) c(code)
 WHERE NOT EXISTS (SELECT FROM jorge.area_code WHERE location_id = '*');

-- hours

CREATE TABLE IF NOT EXISTS jorge.quiet_hours (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    region      text NOT NULL,
    days        integer[] NOT NULL CHECK (days <@ ARRAY[1, 2, 3, 4, 5, 6, 7] AND cardinality(days) > 0),
    opens       time NOT NULL,
    closes      time NOT NULL,
    source      text NOT NULL,
    checked_on  date NOT NULL,
    PRIMARY KEY (location_id, region, days),
    CHECK (opens < closes)
);
COMMENT ON TABLE jorge.quiet_hours IS 'When people of a region may be written to or called, by their own clock: outside these hours it is quiet. Of all rows that concern somebody the strictest hours hold: the country''s, those of every state involved, and the tenant''s own, which can therefore only narrow. A region with rows is closed on the days none of them names. A country without rows is not written to, unless region ZZ has rows for such countries.';
COMMENT ON COLUMN jorge.quiet_hours.location_id IS 'Tenant; "*" = all (shipped).';
COMMENT ON COLUMN jorge.quiet_hours.region IS 'Country (ISO 3166, US), state (US-FL), or ZZ: any country without rows of its own.';
COMMENT ON COLUMN jorge.quiet_hours.days IS 'Days of the week: 1 Monday ... 7 Sunday.';
COMMENT ON COLUMN jorge.quiet_hours.opens IS 'First moment allowed.';
COMMENT ON COLUMN jorge.quiet_hours.closes IS 'First moment not allowed any more; 24:00 = the end of the day.';
COMMENT ON COLUMN jorge.quiet_hours.source IS 'Law, or where it was read.';
COMMENT ON COLUMN jorge.quiet_hours.checked_on IS 'When somebody last checked that it still holds.';

CREATE TABLE IF NOT EXISTS jorge.region_week (
    location_id text NOT NULL,
    region      text NOT NULL,
    hours       integer[] NOT NULL,
    PRIMARY KEY (location_id, region)
);
COMMENT ON TABLE jorge.region_week IS 'jorge.quiet_hours as jorge.next_open() takes them; a trigger keeps it.';
COMMENT ON COLUMN jorge.region_week.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.region_week.region IS 'As in jorge.quiet_hours.';
COMMENT ON COLUMN jorge.region_week.hours IS 'Opening and closing of Monday to Sunday, seconds since midnight; 0, 0 = closed.';

CREATE OR REPLACE FUNCTION jorge.keep_weeks() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    DELETE FROM jorge.region_week w
     WHERE NOT EXISTS (SELECT FROM jorge.quiet_hours q WHERE q.location_id = w.location_id AND q.region = w.region);
    INSERT INTO jorge.region_week AS w (location_id, region, hours)
    SELECT d.location_id, d.region, array_agg(h.second ORDER BY d.day, h.place)
      FROM (SELECT r.location_id, r.region, day,
                   -- rows of one region for one day are alternatives of its own law: the strictest of them, too
                   coalesce(max(extract(epoch FROM q.opens))::integer, 0) AS opens, coalesce(min(extract(epoch FROM q.closes))::integer, 0) AS closes
              FROM (SELECT DISTINCT location_id, region FROM jorge.quiet_hours) r
             CROSS JOIN generate_series(1, 7) day
              LEFT JOIN jorge.quiet_hours q ON q.location_id = r.location_id AND q.region = r.region AND day = ANY (q.days)
             GROUP BY 1, 2, 3) d,
           LATERAL (VALUES (1, d.opens), (2, d.closes)) h(place, second)
     GROUP BY 1, 2
    ON CONFLICT (location_id, region) DO UPDATE SET hours = EXCLUDED.hours WHERE w.hours <> EXCLUDED.hours;
    RETURN NULL;
END
$fn$;
COMMENT ON FUNCTION jorge.keep_weeks() IS 'Trigger on jorge.quiet_hours: keeps jorge.region_week.';

CREATE OR REPLACE TRIGGER weeks AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jorge.quiet_hours
    FOR EACH STATEMENT EXECUTE FUNCTION jorge.keep_weeks();
COMMENT ON TRIGGER weeks ON jorge.quiet_hours IS 'Keeps jorge.region_week.';

INSERT INTO jorge.quiet_hours (location_id, region, days, opens, closes, source, checked_on)
SELECT '*', q.region, q.days, q.opens::time, q.closes::time, q.source, DATE '2026-11-21'
  FROM (VALUES ('US', '{1,2,3,4,5,6,7}'::integer[], '08:00', '21:00', '47 CFR 64.1200(c)(1)'),
               ('US-CT', '{1,2,3,4,5,6,7}', '09:00', '20:00', 'state table of support.referrizer.com'),
               ('US-FL', '{1,2,3,4,5,6,7}', '08:00', '20:00', 'state table of support.referrizer.com'),
               ('US-MD', '{1,2,3,4,5,6,7}', '08:00', '20:00', 'state table of support.referrizer.com'),
               ('US-MS', '{1,2,3,4,5,6,7}', '08:00', '20:00', 'state table of support.referrizer.com'),
               ('US-NJ', '{1,2,3,4,5,6,7}', '08:00', '20:00', 'state table of support.referrizer.com'),
               ('US-OK', '{1,2,3,4,5,6,7}', '08:00', '20:00', 'state table of support.referrizer.com'),
               ('US-RI', '{1,2,3,4,5}', '09:00', '18:00', 'state table of support.referrizer.com; it names weekdays only, so weekends are closed'),
               ('US-TX', '{1,2,3,4,5,6}', '09:00', '21:00', 'Texas SB 140, in force 2025-09-01, after attentive.com sms-compliance-texas-amendments'),
               ('US-TX', '{7}', '12:00', '21:00', 'Texas SB 140, in force 2025-09-01, after attentive.com sms-compliance-texas-amendments')
       ) q(region, days, opens, closes, source)
 WHERE NOT EXISTS (SELECT FROM jorge.quiet_hours WHERE location_id = '*');

CREATE TABLE IF NOT EXISTS jorge.no_send_day (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    day         date NOT NULL,
    reason      text NOT NULL,
    PRIMARY KEY (location_id, day)
);
COMMENT ON TABLE jorge.no_send_day IS 'Days, by the person''s own calendar, on which nothing is sent that obeys quiet hours: holidays, days of mourning.';
COMMENT ON COLUMN jorge.no_send_day.location_id IS 'Tenant, or "*" for all of them.';
COMMENT ON COLUMN jorge.no_send_day.day IS 'The day.';
COMMENT ON COLUMN jorge.no_send_day.reason IS 'Why.';

CREATE OR REPLACE FUNCTION jorge.person_place(phone text, state text, country text, time_zone text, location_id text DEFAULT jorge.current_location(),
                                              OUT zones text[], OUT regions text[])
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    number text := jorge.phone_key($1);
    given text := nullif(upper(btrim($2, ' .')), '');
    land text := nullif(upper(translate(btrim($3), '.', '')), '');
    area jorge.area_code;
    home jorge.region;
BEGIN
    regions := '{}';
    IF number LIKE '+1%' THEN
        SELECT a.* INTO area FROM jorge.area_code a
         WHERE a.code = substr(number, 3, 3) AND a.location_id IN ('*', $5) ORDER BY a.location_id = '*' LIMIT 1;
    ELSIF number IS NOT NULL THEN
        regions := '{ZZ}';
    END IF;
    IF land NOT IN ('US', 'USA', 'UNITED STATES', 'UNITED STATES OF AMERICA', 'ESTADOS UNIDOS', 'ESTADOS UNIDOS DE AMÉRICA', 'EEUU', 'EE UU') THEN
        regions := regions || CASE WHEN land ~ '^[A-Z]{2}$' THEN land ELSE 'ZZ' END;
    ELSIF given IS NOT NULL THEN
        IF length(given) = 2 THEN
            SELECT r.* INTO home FROM jorge.region r WHERE r.region = 'US-' || given AND r.location_id IN ('*', $5) ORDER BY r.location_id = '*' LIMIT 1;
        ELSE
            SELECT r.* INTO home FROM jorge.region r WHERE upper(r.name) = given AND r.location_id IN ('*', $5) ORDER BY r.location_id = '*' LIMIT 1;
        END IF;
        IF home.region IS NULL THEN
            regions := regions || 'US-*'::text;
        END IF;
    END IF;
    -- most people: the number is of the state they live in
    IF regions = '{}' AND area.regions = ARRAY[home.region] AND area.zones <@ home.zones THEN
        regions := ARRAY['US', home.region];
        zones := CASE WHEN jorge.is_zone($4) THEN ARRAY[$4] ELSE area.zones END;
        RETURN;
    END IF;
    regions := regions || coalesce(area.regions, '{}') || coalesce(ARRAY[home.region], '{}');
    regions := ARRAY(SELECT DISTINCT r FROM unnest(regions) r WHERE r IS NOT NULL ORDER BY r);
    IF regions = '{}' THEN
        regions := '{US-*}';
    END IF;
    IF EXISTS (SELECT FROM unnest(regions) r WHERE r LIKE 'US-%') THEN
        regions := 'US'::text || regions;
    END IF;

    IF jorge.is_zone($4) THEN
        zones := ARRAY[$4];
    ELSIF home.region = ANY (area.regions) AND area.zones && home.zones THEN
        zones := ARRAY(SELECT unnest(area.zones) INTERSECT SELECT unnest(home.zones));
    ELSIF 'US-*' = ANY (regions) OR (home.region IS NULL AND area.code IS NULL) THEN
        zones := ARRAY(SELECT DISTINCT z FROM jorge.region r, LATERAL unnest(r.zones) z
                        WHERE r.location_id IN ('*', $5) AND r.is_state AND 'US' = ANY (regions)
                       UNION SELECT unnest(area.zones || home.zones));
    ELSE
        zones := ARRAY(SELECT unnest(area.zones) UNION SELECT unnest(home.zones));
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.person_place(text, text, text, text, text) IS
    'Where somebody may be, for the hours of sending. regions: country and states involved (of the address and of the phone''s area code); US-* = any state, where neither says, or the state can''t be read; ZZ = a country we can''t tell. zones: the person''s own zone if it is known, else those of area code and state (where both are of one state, what they share), else all of the United States; empty where nothing is known of a foreign country.';

-- plpgsql: its plan is kept, an SQL function is planned in every transaction
CREATE OR REPLACE FUNCTION jorge.open_hours(regions text[], location_id text DEFAULT jorge.current_location()) RETURNS integer[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    -- every country needs rows of its own or of ZZ
    RETURN (SELECT CASE WHEN count(*) FILTER (WHERE NOT covered) = 0 THEN
        (SELECT array_agg(w.hours ORDER BY w.region, w.location_id) FROM jorge.region_week w
          WHERE w.location_id IN ('*', $2)
            AND (w.region = ANY ($1) OR ('US-*' = ANY ($1) AND w.region LIKE 'US-%') OR (w.region = 'ZZ' AND bool_or(foreign_land)))) END
      FROM (SELECT NOT own.found AS foreign_land, own.found OR EXISTS (SELECT FROM jorge.region_week w WHERE w.location_id IN ('*', $2) AND w.region = 'ZZ') AS covered
              FROM unnest($1) r, LATERAL (SELECT EXISTS (SELECT FROM jorge.region_week w WHERE w.location_id IN ('*', $2) AND w.region = r) AS found) own
             WHERE length(r) = 2) lands);
END
$fn$;
COMMENT ON FUNCTION jorge.open_hours(text[], text) IS
    'The hours (jorge.quiet_hours) of all regions given, a week of 14 numbers each, for jorge.next_open(), which takes the strictest. NULL if a country has none: then nothing may be sent.';

-- consent

CREATE TABLE IF NOT EXISTS jorge.consent (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    consent_id  uuid NOT NULL DEFAULT jorge.new_id(),
    lead_id     uuid NOT NULL,
    channel     text NOT NULL,
    act         text NOT NULL CHECK (act IN ('grant', 'revoke', 'pause', 'resume')),
    kind        text CHECK (kind IN ('inquiry', 'express', 'written')),
    at          timestamptz NOT NULL DEFAULT now(),
    source      text NOT NULL,
    text_shown  text,
    ip          inet,
    evidence    jsonb,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL DEFAULT current_user,
    PRIMARY KEY (location_id, consent_id),
    CHECK ((act = 'grant') = (kind IS NOT NULL))
);
SELECT jorge.add_check('jorge.consent', 'consent_channel_known', $check$channel IN ('all', 'sms', 'email', 'call', 'workflow')$check$);
CREATE INDEX IF NOT EXISTS consent_lead_idx ON jorge.consent (lead_id, location_id);
COMMENT ON TABLE jorge.consent IS 'What people allowed and forbade us, as a ledger: rows are only added (keep them 5 years). By time of the act, the latest of a channel holds; at the same moment the stricter one. Write with jorge.grant_consent(), jorge.opt_out(), jorge.pause_lead(), jorge.resume_lead(), which lock the lead, so that nothing is sent that a committed row forbids.';
COMMENT ON COLUMN jorge.consent.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.consent.consent_id IS 'Id of the row.';
COMMENT ON COLUMN jorge.consent.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.consent.channel IS 'sms, email, call, workflow, or all.';
COMMENT ON COLUMN jorge.consent.act IS 'grant; revoke (an opt-out: everything open is cancelled); pause (hold everything until a person has looked); resume.';
COMMENT ON COLUMN jorge.consent.kind IS 'Of a grant: inquiry (the person asked us), express (said yes), written (signed or ticked, with text_shown).';
COMMENT ON COLUMN jorge.consent.at IS 'When the person did it.';
COMMENT ON COLUMN jorge.consent.source IS 'Where: the form''s name, sms, ghl, or who recorded it.';
COMMENT ON COLUMN jorge.consent.text_shown IS 'What the person agreed to, word for word; or the message that opted out.';
COMMENT ON COLUMN jorge.consent.ip IS 'From which address.';
COMMENT ON COLUMN jorge.consent.evidence IS 'Anything else that proves it.';
COMMENT ON COLUMN jorge.consent.recorded_at IS 'When the row was written.';
COMMENT ON COLUMN jorge.consent.recorded_by IS 'Database role that wrote it.';

-- policy

CREATE TABLE IF NOT EXISTS jorge.channel_policy (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    channel     text NOT NULL,
    consent     text NOT NULL CHECK (consent IN ('none', 'inquiry', 'express', 'written')),
    needs       text CHECK (needs IN ('phone', 'email')),
    reaches     boolean NOT NULL DEFAULT true,
    quiet_hours boolean NOT NULL DEFAULT true,
    capped      boolean NOT NULL DEFAULT true,
    a2p         boolean NOT NULL DEFAULT false,
    source      text NOT NULL,
    PRIMARY KEY (location_id, channel)
);
COMMENT ON TABLE jorge.channel_policy IS 'What the send gate asks on each channel. A tenant''s own row replaces the shared one. A channel without a row is not sent on.';
COMMENT ON COLUMN jorge.channel_policy.location_id IS 'Tenant; "*" = all (shipped).';
COMMENT ON COLUMN jorge.channel_policy.channel IS 'sms, email, call (a task for a person), workflow (of GoHighLevel, which may itself write), tag, contact, note, opportunity.';
COMMENT ON COLUMN jorge.channel_policy.consent IS 'Least consent a follow-up needs: written > express > inquiry > none. Replies and reminders need inquiry, which any message from the person is, too.';
COMMENT ON COLUMN jorge.channel_policy.needs IS 'What the lead must have: phone, email, or nothing (NULL).';
COMMENT ON COLUMN jorge.channel_policy.reaches IS 'Reaches the person: opt-outs, do-not-disturb, pauses and outcomes stop it. False for what changes only our CRM.';
COMMENT ON COLUMN jorge.channel_policy.quiet_hours IS 'Obeys jorge.quiet_hours and jorge.no_send_day.';
COMMENT ON COLUMN jorge.channel_policy.capped IS 'Counts and obeys jorge.send_cap.';
COMMENT ON COLUMN jorge.channel_policy.a2p IS 'Needs a sender whose registration is approved (jorge.sender).';
COMMENT ON COLUMN jorge.channel_policy.source IS 'Why.';

INSERT INTO jorge.channel_policy (location_id, channel, consent, needs, reaches, quiet_hours, capped, a2p, source)
SELECT '*', p.*
  FROM (VALUES ('sms', 'written', 'phone', true, true, true, true, 'TCPA: prior express written consent for marketing texts; carriers block unregistered 10DLC'),
               ('call', 'inquiry', 'phone', true, true, true, false, 'A person calls somebody who asked; quiet hours of telephone solicitation apply'),
               ('email', 'inquiry', 'email', true, true, true, false, 'CAN-SPAM: opt-out; quiet hours are courtesy'),
               ('workflow', 'written', 'phone', true, true, true, true, 'A workflow may send texts: as strict as sms'),
               ('tag', 'none', NULL, false, false, false, false, 'Changes the CRM only'),
               ('contact', 'none', NULL, false, false, false, false, 'Changes the CRM only'),
               ('note', 'none', NULL, false, false, false, false, 'Changes the CRM only'),
               ('opportunity', 'none', NULL, false, false, false, false, 'Changes the CRM only')) p
 WHERE NOT EXISTS (SELECT FROM jorge.channel_policy WHERE location_id = '*');

CREATE TABLE IF NOT EXISTS jorge.send_cap (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    channel     text NOT NULL,
    days        integer NOT NULL CHECK (days BETWEEN 1 AND 90),
    at_most     integer NOT NULL CHECK (at_most >= 0),
    reason      text NOT NULL,
    PRIMARY KEY (location_id, channel, days)
);
COMMENT ON TABLE jorge.send_cap IS 'At most so many follow-ups to one person within so many days of 24 hours. All rows hold, shared and own; messages our people sent count, replies and reminders don''t.';
COMMENT ON COLUMN jorge.send_cap.location_id IS 'Tenant; "*" = all (shipped).';
COMMENT ON COLUMN jorge.send_cap.channel IS 'Channel, or all: every capped channel together.';
COMMENT ON COLUMN jorge.send_cap.days IS 'Length of the window, days of 24 hours.';
COMMENT ON COLUMN jorge.send_cap.at_most IS 'Most messages in it.';
COMMENT ON COLUMN jorge.send_cap.reason IS 'Why.';

INSERT INTO jorge.send_cap (location_id, channel, days, at_most, reason)
SELECT '*', c.*
  FROM (VALUES ('all', 1, 1, 'One touch a day'), ('all', 7, 3, 'Three touches a week')) c
 WHERE NOT EXISTS (SELECT FROM jorge.send_cap WHERE location_id = '*');

CREATE TABLE IF NOT EXISTS jorge.sender (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    channel     text NOT NULL DEFAULT 'sms',
    address     text NOT NULL,
    a2p_status  text NOT NULL DEFAULT 'unregistered' CHECK (a2p_status IN ('unregistered', 'pending', 'approved', 'rejected', 'exempt')),
    campaign    text,
    checked_on  date NOT NULL DEFAULT current_date,
    PRIMARY KEY (location_id, channel, address)
);
COMMENT ON TABLE jorge.sender IS 'Numbers and addresses a location sends from. Texts wait until one is approved (brand and campaign registered with The Campaign Registry) or exempt (toll-free, short code).';
COMMENT ON COLUMN jorge.sender.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.sender.channel IS 'sms or workflow: the channel that needs it; a row for sms serves workflow too.';
COMMENT ON COLUMN jorge.sender.address IS 'The number, E.164.';
COMMENT ON COLUMN jorge.sender.a2p_status IS 'unregistered, pending, approved, rejected or exempt.';
COMMENT ON COLUMN jorge.sender.campaign IS 'Id of the campaign.';
COMMENT ON COLUMN jorge.sender.checked_on IS 'When that was looked up.';

CREATE TABLE IF NOT EXISTS jorge.send_decision (
    location_id text NOT NULL,
    decision_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    at          timestamptz NOT NULL,
    lead_id     uuid NOT NULL,
    channel     text NOT NULL,
    dedupe_key  text,
    decision    text NOT NULL CHECK (decision IN ('send', 'defer', 'cancel', 'hold')),
    rule        text NOT NULL,
    until       timestamptz,
    PRIMARY KEY (location_id, decision_id)
);
CREATE INDEX IF NOT EXISTS send_decision_lead_idx ON jorge.send_decision (lead_id, at, location_id);
COMMENT ON TABLE jorge.send_decision IS 'Every decision of the send gate and the rule that made it, written in the transaction that claims the message.';
COMMENT ON COLUMN jorge.send_decision.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.send_decision.decision_id IS 'Number of the row.';
COMMENT ON COLUMN jorge.send_decision.at IS 'The moment it was decided for.';
COMMENT ON COLUMN jorge.send_decision.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.send_decision.channel IS 'Channel.';
COMMENT ON COLUMN jorge.send_decision.dedupe_key IS 'The message''s key in jorge.outbox; NULL if the caller named none.';
COMMENT ON COLUMN jorge.send_decision.decision IS 'send; defer (not before until); cancel (never); hold (until somebody changes what the rule names).';
COMMENT ON COLUMN jorge.send_decision.rule IS 'The rule that made it, with what it found: a word, then details. doc/follow_up.md lists them.';
COMMENT ON COLUMN jorge.send_decision.until IS 'Of a deferral: when to ask again.';

-- the gate

CREATE OR REPLACE FUNCTION jorge.message_purpose(dedupe_key text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT CASE split_part($1, ':', 1) WHEN 'reply' THEN 'reply' WHEN 'reminder' THEN 'reminder' ELSE 'follow_up' END
$fn$;
COMMENT ON FUNCTION jorge.message_purpose(text) IS
    'What a message is for, by the first word of its dedupe key: "reply:..." (answers what the person wrote), "reminder:..." (of an appointment); anything else is follow_up, the strictest.';

CREATE OR REPLACE FUNCTION jorge.first_open(at timestamptz, zones text[], regions text[], location_id text DEFAULT jorge.current_location()) RETURNS timestamptz
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    hours integer[] := jorge.open_hours(regions, $4);
    moment timestamptz;
    next_day timestamptz;
BEGIN
    IF hours IS NULL OR coalesce(cardinality(zones), 0) = 0 THEN
        RETURN NULL;
    END IF;
    -- as many steps as there may be holidays in a row
    FOR step IN 1 .. 60 LOOP
        moment := jorge.next_open($1, zones, hours);
        SELECT max((d.day + 1)::timestamp AT TIME ZONE z) INTO next_day
          FROM jorge.no_send_day d, unnest(zones) z
         WHERE d.location_id IN ('*', $4) AND d.day = (moment AT TIME ZONE z)::date;
        IF moment IS NULL OR next_day IS NULL THEN
            RETURN moment;
        END IF;
        $1 := next_day;
    END LOOP;
    RETURN NULL;
END
$fn$;
COMMENT ON FUNCTION jorge.first_open(timestamptz, text[], text[], text) IS
    'The first moment at or after "at" within the hours of all regions in all zones and on no day of jorge.no_send_day; NULL if none comes soon, or if nothing is known of the place.';

CREATE OR REPLACE FUNCTION jorge.send_rule(location_id text, lead_id uuid, channel text, at timestamptz, dedupe_key text DEFAULT NULL,
                                           OUT decision text, OUT rule text, OUT until timestamptz)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    -- A plan saved while a table was empty would read the whole of it later. For the same reason a tenant is compared below by
    -- an expression where the index of the primary key, which begins with it, is the wrong one. Planning takes longer than all the rest.
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    SET plan_cache_mode = force_generic_plan
AS $fn$
DECLARE
    levels CONSTANT text[] := ARRAY['none', 'inquiry', 'express', 'written'];
    lead jorge.lead;
    ids uuid[];
    policy jorge.channel_policy;
    purpose text := jorge.message_purpose($5);
    wish record;
    found_text text;
    needed text;
    level integer;
    place record;
    -- caps are of 90 days at most, but seldom: what is read is bounded by the longest there is
    longest interval;
    least_cap integer;
    touched_at timestamptz[];
    touched_on text[];
    free_at timestamptz;
    open_at timestamptz;
BEGIN
    IF $1 IS NULL OR $2 IS NULL OR $3 IS NULL OR $4 IS NULL OR NOT isfinite($4) THEN
        decision := 'hold'; rule := 'incomplete';
        RETURN;
    END IF;
    SELECT p.* INTO policy FROM jorge.channel_policy p WHERE p.channel = $3 AND p.location_id IN ('*', $1) ORDER BY p.location_id = '*' LIMIT 1;
    IF NOT FOUND THEN
        decision := 'hold'; rule := 'channel_unknown ' || $3;
        RETURN;
    END IF;
    SELECT l.* INTO lead FROM jorge.lead l WHERE l.location_id = $1 AND l.lead_id = $2;
    IF NOT FOUND THEN
        SELECT l.* INTO lead FROM jorge.lead_alias a JOIN jorge.lead l ON l.location_id = a.location_id AND l.lead_id = a.lead_id
         WHERE a.location_id = $1 AND a.alias_id = $2;
    END IF;
    IF lead.lead_id IS NULL THEN
        decision := 'cancel'; rule := 'lead_unknown';
        RETURN;
    END IF;
    IF NOT policy.reaches AND policy.consent = 'none' AND NOT policy.quiet_hours AND NOT policy.capped AND NOT policy.a2p THEN
        decision := 'send'; rule := 'internal';
        RETURN;
    END IF;
    -- a merge moves rows to the lead that stays; what somebody writes under an old id later counts, too
    ids := lead.lead_id || ARRAY(SELECT a.alias_id FROM jorge.lead_alias a WHERE a.lead_id = lead.lead_id AND a.location_id || '' = $1);

    IF policy.reaches THEN
        IF purpose = 'follow_up' AND lead.outcome <> 'open' THEN
            decision := 'cancel'; rule := 'outcome ' || lead.outcome;
            RETURN;
        END IF;
        SELECT string_agg(DISTINCT d.channel || '=' || d.state, ' ' ORDER BY d.channel || '=' || d.state) INTO found_text
          FROM jorge.lead_dnd d
         WHERE d.lead_id = ANY (ids) AND d.location_id = $1 AND d.state <> 'inactive'
           AND d.channel IN ('all', $3, CASE WHEN $3 = 'workflow' THEN 'sms' END);
        IF found_text IS NOT NULL THEN
            decision := 'cancel'; rule := 'dnd ' || found_text;
            RETURN;
        END IF;
    END IF;

    SELECT max(c.revoked) AS revoked, max(c.at) FILTER (WHERE c.act = 'pause') AS paused,
           max(c.at) FILTER (WHERE c.act IN ('resume', 'grant')) AS resumed, max(c.at) FILTER (WHERE c.act = 'grant') AS granted,
           max(array_position(levels, c.kind)) FILTER (WHERE c.act = 'grant' AND c.at > coalesce(c.revoked, '-infinity')) AS level
      INTO wish
      FROM (SELECT w.at, w.act, w.kind, max(w.at) FILTER (WHERE w.act = 'revoke') OVER () AS revoked FROM jorge.consent w
             WHERE w.lead_id = ANY (ids) AND w.location_id || '' = $1 AND w.channel IN ('all', $3, CASE WHEN $3 = 'workflow' THEN 'sms' END)) c;
    -- a workflow may text: no texts ends with consent to texts, not with consent to a workflow
    IF policy.reaches AND ((wish.revoked IS NOT NULL AND wish.granted > wish.revoked IS NOT TRUE) OR
                           ($3 = 'workflow' AND EXISTS (
                                SELECT FROM jorge.consent w
                                 WHERE w.lead_id = ANY (ids) AND w.location_id || '' = $1 AND w.act = 'revoke' AND w.channel IN ('sms', 'workflow')
                                   AND NOT EXISTS (SELECT FROM jorge.consent g WHERE g.lead_id = ANY (ids) AND g.location_id || '' = $1 AND g.act = 'grant'
                                                      AND g.channel IN ('all', w.channel) AND g.at > w.at)))) THEN
        decision := 'cancel'; rule := 'opted_out';
        RETURN;
    END IF;
    IF policy.reaches AND wish.paused IS NOT NULL AND wish.resumed > wish.paused IS NOT TRUE THEN
        decision := 'hold'; rule := 'paused';
        RETURN;
    END IF;
    IF (policy.needs = 'phone' AND jorge.phone_key(lead.phone) IS NULL) OR (policy.needs = 'email' AND jorge.email_key(lead.email) IS NULL) THEN
        decision := 'cancel'; rule := 'no_' || policy.needs;
        RETURN;
    END IF;

    needed := CASE WHEN purpose = 'follow_up' OR policy.consent = 'none' THEN policy.consent ELSE 'inquiry' END;
    IF needed <> 'none' THEN
        level := coalesce(wish.level, 1);
        -- who asked us, or writes to us, may be answered; an opt-out ends that
        IF level < 2 AND (wish.revoked IS NULL AND lead.inquiries > 0 OR lead.last_inbound_at > coalesce(wish.revoked, '-infinity')) THEN
            level := 2;
        END IF;
        IF level < array_position(levels, needed) THEN
            decision := 'hold'; rule := format('no_consent has %s, needs %s', levels[level], needed);
            RETURN;
        END IF;
    END IF;
    IF policy.a2p AND NOT EXISTS (SELECT FROM jorge.sender s WHERE s.location_id = $1 AND s.channel IN ($3, 'sms') AND s.a2p_status IN ('approved', 'exempt')) THEN
        decision := 'hold'; rule := 'a2p_not_approved';
        RETURN;
    END IF;

    free_at := $4;
    IF policy.capped AND purpose = 'follow_up' THEN
        SELECT max(cap.days) * interval '24 hours', min(cap.at_most) INTO longest, least_cap FROM jorge.send_cap cap WHERE cap.location_id IN ('*', $1) AND cap.channel IN ('all', $3);
    END IF;
    IF longest IS NOT NULL THEN
        SELECT coalesce(array_agg(t.at ORDER BY t.at DESC), '{}'), coalesce(array_agg(t.channel ORDER BY t.at DESC), '{}') INTO touched_at, touched_on
          FROM (SELECT max(d.at) AS at, d.channel FROM jorge.send_decision d
                 WHERE d.lead_id = lead.lead_id AND d.location_id || '' = $1 AND d.at > $4 - longest AND d.decision = 'send' AND d.rule <> 'internal'
                   AND ($5 IS NULL OR d.dedupe_key IS DISTINCT FROM $5) AND split_part(coalesce(d.dedupe_key, ''), ':', 1) NOT IN ('reply', 'reminder')
                 GROUP BY coalesce(d.dedupe_key, d.decision_id::text), d.channel
                UNION ALL
                -- what our people wrote; what we sent comes back from the CRM and is known by its decision
                SELECT i.at, i.channel FROM jorge.interaction i
                 WHERE i.lead_id = lead.lead_id AND i.location_id || '' = $1 AND i.at > $4 - longest AND i.at <= $4
                   AND i.direction = 'out' AND i.channel IN ('sms', 'email', 'call')
                   AND NOT EXISTS (SELECT FROM jorge.send_decision d
                                    WHERE d.lead_id = lead.lead_id AND d.location_id || '' = $1 AND d.decision = 'send' AND d.channel = i.channel
                                      AND d.at BETWEEN i.at - interval '30 minutes' AND i.at + interval '5 minutes')) t;
        IF cardinality(touched_at) >= least_cap THEN
            -- of each cap, when the one touch too many falls out of its window
            SELECT c.until, format('cap %s in %s days on %s', c.at_most, c.days, c.channel) INTO free_at, found_text
              FROM (SELECT cap.*, CASE WHEN cap.at_most = 0 THEN 'infinity'
                                       WHEN cap.channel = 'all' THEN touched_at[cap.at_most]
                                       ELSE (SELECT t.at FROM unnest(touched_at, touched_on) t(at, channel) WHERE t.channel = cap.channel
                                              ORDER BY t.at DESC OFFSET cap.at_most - 1 LIMIT 1) END + cap.days * interval '24 hours' AS until
                      FROM jorge.send_cap cap
                     WHERE cap.location_id IN ('*', $1) AND cap.channel IN ('all', $3)) c
             WHERE c.until > $4
             ORDER BY c.until DESC LIMIT 1;
            IF free_at = 'infinity' THEN
                decision := 'hold'; rule := found_text;
                RETURN;
            END IF;
            free_at := coalesce(free_at, $4);
        END IF;
    END IF;
    IF policy.quiet_hours THEN
        place := jorge.person_place(lead.phone, lead.state, lead.country, lead.time_zone, $1);
        open_at := jorge.first_open(free_at, place.zones, place.regions, $1);
        IF open_at IS NULL THEN
            decision := 'hold'; rule := 'no_hours ' || array_to_string(place.regions, ',');
            RETURN;
        END IF;
        IF open_at > free_at AND free_at = $4 THEN
            decision := 'defer'; until := open_at;
            rule := format('quiet_hours %s @ %s', array_to_string(place.regions, ','), CASE WHEN cardinality(place.zones) > 3 THEN 'all zones' ELSE array_to_string(place.zones, ',') END);
            RETURN;
        END IF;
        free_at := open_at;
    END IF;
    IF free_at > $4 THEN
        decision := 'defer'; rule := found_text; until := free_at;
        RETURN;
    END IF;
    decision := 'send';
    rule := 'allowed';
END
$fn$;
COMMENT ON FUNCTION jorge.send_rule(text, uuid, text, timestamptz, text) IS
    'What the send gate would decide, without lock or trace: decision (send; defer until; hold, until somebody changes what the rule names; cancel for good) and the rule. In this order: channel_unknown, lead_unknown, internal, outcome, dnd, opted_out, paused, no_phone or no_email, no_consent, a2p_not_approved, cap, no_hours, quiet_hours, allowed. Anything not known is not sent. dedupe_key tells replies and reminders (jorge.message_purpose), and keeps a retried message from counting against itself.';

CREATE OR REPLACE FUNCTION jorge.send_gate(location_id text, lead_id uuid, channel text, at timestamptz, dedupe_key text DEFAULT NULL,
                                           OUT decision text, OUT rule text, OUT until timestamptz)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- the lead that the id means
    who uuid := $2;
    locked boolean;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'the send gate needs READ COMMITTED' USING ERRCODE = 'invalid_transaction_state',
            HINT = 'An older snapshot would not see a reply that has committed.';
    END IF;
    -- Whoever stops a follow-up holds the lead FOR NO KEY UPDATE until its commit. Got the lock: whatever stopped before has committed,
    -- and the next statement, by its new snapshot, sees it. Not got: somebody writes about this lead right now; never wait here.
    PERFORM FROM jorge.lead l WHERE l.location_id = $1 AND l.lead_id = $2 FOR SHARE SKIP LOCKED;
    locked := FOUND;
    IF NOT locked THEN
        who := jorge.lead_alias($2, $1);
        PERFORM FROM jorge.lead l WHERE l.location_id = $1 AND l.lead_id = who FOR SHARE SKIP LOCKED;
        -- a merge, or the undoing of one, that committed since the look-up has made another lead of the id; from here on the lock keeps it
        locked := FOUND AND jorge.lead_alias($2, $1) = who;
    END IF;
    SELECT r.decision, r.rule, r.until INTO decision, rule, until FROM jorge.send_rule($1, CASE WHEN locked THEN who ELSE $2 END, $3, $4, $5) r;
    -- without the lock nothing is decided about a lead that there is
    IF NOT locked AND rule NOT IN ('incomplete', 'lead_unknown') AND rule NOT LIKE 'channel_unknown %' THEN
        decision := 'defer'; rule := 'lead_busy'; until := $4 + interval '1 second';
        RETURN;
    END IF;
    IF $1 IS NOT NULL AND $2 IS NOT NULL AND $3 IS NOT NULL AND $4 IS NOT NULL THEN
        INSERT INTO jorge.send_decision (location_id, at, lead_id, channel, dedupe_key, decision, rule, until)
        VALUES ($1, $4, who, $3, $5, decision, rule, until);
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.send_gate(text, uuid, text, timestamptz, text) IS
    'May the message go to the lead now? As jorge.send_rule(), binding: it locks the lead (FOR SHARE, never waiting: a lead that somebody writes about, merges or parts is deferred a second, rule lead_busy) and writes jorge.send_decision. For the claim, in READ COMMITTED: "send" committed before any stop, or no stop had committed; see doc/follow_up.md. ERROR 25000 in other isolation levels.';
REVOKE ALL ON FUNCTION jorge.send_gate(text, uuid, text, timestamptz, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.next_allowed_at(lead_id uuid, channel text, at timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location(),
                                                 dedupe_key text DEFAULT NULL) RETURNS timestamptz
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    moment timestamptz := $3;
    answer record;
BEGIN
    -- a deferral by one rule may end within another
    FOR step IN 1 .. 20 LOOP
        answer := jorge.send_rule($4, $1, $2, moment, $5);
        IF answer.decision <> 'defer' THEN
            RETURN CASE answer.decision WHEN 'send' THEN moment END;
        END IF;
        moment := answer.until;
    END LOOP;
    RETURN NULL;
END
$fn$;
COMMENT ON FUNCTION jorge.next_allowed_at(uuid, text, timestamptz, text, text) IS
    'The first moment at or after "at" when the send gate would let a message to the lead through, as things stand; NULL if it is held or cancelled (jorge.send_rule() says why).';
