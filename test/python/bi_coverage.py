#!/usr/bin/python3
"""Sources of simulated agencies whose true conversion is known: rates with half of the leads still open are not biased, and intervals hold what they promise."""
import os, random, subprocess

AGENCIES = 200 if os.environ.get("JORGE_LONG") else 60
rng = random.Random(11)


def ask(sql):
    done = subprocess.run(["psql", "-qXAtv", "ON_ERROR_STOP=1"], input=sql, check=True, capture_output=True, text=True)
    return done.stdout.strip()


# a year of leads; the won take 20 to 300 days, the lost are given up after 5 to 120; today is the year's last day
rows, truth = [], {}
for agency in range(AGENCIES):
    worth = rng.choice([10, 40, 200])
    mean = rng.uniform(0.05, 0.3)
    for source in range(6):
        rate = rng.betavariate(mean * worth, (1 - mean) * worth)
        truth[agency, source] = rate
        for _ in range(int(10 * 20 ** rng.random())):
            at = rng.uniform(0, 365)
            won = rng.random() < rate
            ends = at + (rng.uniform(20, 300) if won else rng.uniform(5, 120))
            rows.append("a%d\ts%d\t%r\t%s\t%s\n" % (agency, source, at, ("won" if won else "lost") if ends < 365 else "open", repr(ends) if ends < 365 else "\\N"))
ask("""BEGIN; SET LOCAL session_replication_role = replica; CREATE TEMP TABLE t (agency text, source text, at float8, outcome text, ends float8);
COPY t FROM stdin;
%s\\.
INSERT INTO jorge.lead (location_id, first_source, first_seen_at, last_seen_at, outcome, outcome_at)
SELECT agency, source, f, f, outcome, '2025-01-01 00:00+00'::timestamptz + ends * interval '1 day' FROM t, LATERAL (SELECT '2025-01-01 00:00+00'::timestamptz + at * interval '1 day' AS f) x; COMMIT; ANALYZE jorge.lead;""" % "".join(rows))
out = ask("SELECT a, r.source, r.leads, r.won, r.lost, r.conversion_rate, r.conversion_lower, r.conversion_upper, r.shrunk_rate, r.shrunk_lower, r.shrunk_upper"
          " FROM generate_series(0, %d) a, jorge.source_roi('2025-01-01 00:00+00', '2026-01-01 00:00+00', as_of => '2026-01-01 00:00+00', location_id => 'a' || a) r" % (AGENCIES - 1)).split("\n")
results, n, bias, naive, lost_counted, plain, wilson, own, held = [], 0, 0, 0, 0, 0, 0, 0, 0
own_error = held_error = won_all = expected_all = ended_all = leads_all = 0
for line in out:
    a, s, leads, won, lost, rate, lower, upper, shrunk, shrunk_lower, shrunk_upper = [float(v.lstrip("s")) for v in line.split("|")]
    p = truth[int(a), int(s)]
    n += 1
    leads_all += leads
    expected_all += leads * p
    bias += leads * rate
    lost_counted += won
    ended_all += leads * won / max(won + lost, 1)
    wilson += lower <= p <= upper
    held += shrunk_lower <= p <= shrunk_upper
    own_error += abs(rate - p)
    held_error += abs(shrunk - p)


def check(good, what):
    results.append(good)
    print(("ok" if good else "not ok"), len(results), "-", what, flush=True)


print("1..4")
check(abs(bias / expected_all - 1) < 0.08, "rates of sources with open leads hit the truth on the whole: %.3f of it (won by all leads would be %.3f, by those that ended %.3f)"
      % (bias / expected_all, lost_counted / expected_all, ended_all / expected_all))
check(0.90 <= wilson / n, "Wilson's 95 %% limits hold the truth of %.1f %% of %d sources" % (100 * wilson / n, n))
check(0.90 <= held / n <= 0.99, "limits held together with the other sources that of %.1f %%" % (100 * held / n))
check(held_error < own_error, "and are nearer to it: mean error %.4f against %.4f" % (held_error / n, own_error / n))
raise SystemExit(not all(results))
