#!/usr/bin/python3
"""No send outside its window: jorge.first_open() against Python's zoneinfo, for every state, every zone and every hour of two years, and a second around each edge."""
import os
import subprocess
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
FIRST, LAST = datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2028, 1, 1, tzinfo=timezone.utc)
done = 0


def seconds(moment):
    return int((moment - EPOCH).total_seconds())


def check(good, what):
    global done
    done += 1
    print(f"{'ok' if good else 'not ok'} {done} - {what}", flush=True)


def query(sql):
    answer = subprocess.run(["psql", "-qXAt", "-F", "|", "-v", "ON_ERROR_STOP=1"], input="SET timezone = 'UTC';\n" + sql, text=True, capture_output=True)
    if answer.returncode != 0:
        raise SystemExit(answer.stderr)
    return [line.split("|") for line in answer.stdout.splitlines()]


# ---- the truth: the rows as a lawyer reads them, and the clocks of zoneinfo
hours = {}  # region -> 7 lists of (opens, closes)
for region, days, opens, closes in query("SELECT region, array_to_string(days, ','), extract(epoch FROM opens)::int, extract(epoch FROM closes)::int FROM jorge.quiet_hours WHERE location_id = '*'"):
    for day in days.split(","):
        hours.setdefault(region, [[] for _ in range(7)])[int(day) - 1].append((int(opens), int(closes)))

HOURLY = numpy.arange(seconds(FIRST), seconds(LAST), 3600, dtype=numpy.int64)


def changes(zone):
    """Moments when the zone's offset changes, by bisection between hours"""
    at, found = FIRST, []
    while at < LAST:
        after = at + timedelta(hours=1)
        if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            low, high = seconds(at), seconds(after)
            while high - low > 1:
                middle = (low + high) // 2
                same = (EPOCH + timedelta(seconds=middle)).astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        at = after
    return found


class Clock:
    """Offsets of a zone as steps, from zoneinfo"""
    def __init__(self, name):
        zone = ZoneInfo(name)
        self.changes = numpy.array([seconds(FIRST) - 10**7] + changes(zone), dtype=numpy.int64)
        self.offsets = numpy.array([int((EPOCH + timedelta(seconds=int(c))).astimezone(zone).utcoffset().total_seconds()) for c in self.changes], dtype=numpy.int64)
        self.offsets[0] = int(FIRST.astimezone(zone).utcoffset().total_seconds())

    def wall(self, at):
        return at + self.offsets[numpy.searchsorted(self.changes, at, side="right") - 1]


zone_lists = {}
regions = query("SELECT region, array_to_string(zones, ',') FROM jorge.region WHERE location_id = '*' ORDER BY region")
names = sorted({z for _, zones in regions for z in zones.split(",")})
clocks = {name: Clock(name) for name in names}


def is_open(at, zones, rows):
    allowed = numpy.ones(len(at), dtype=bool)
    for zone in zones:
        wall = clocks[zone].wall(at)
        day, of_day = (wall // 86400 + 3) % 7, wall % 86400
        for row in rows:
            good = numpy.zeros(len(at), dtype=bool)
            for d in range(7):
                # every row of the region that names the day must allow it; none = closed
                if hours[row][d]:
                    good |= (day == d) & numpy.all([(of_day >= o) & (of_day < c) for o, c in hours[row][d]], axis=0)
            allowed &= good
    return allowed


def moments(zones, rows):
    """Every hour, and a second before, at and after each change of a clock and each edge of a window near it or in a sample of days"""
    edges = set()
    for zone in zones:
        for change in clocks[zone].changes[1:]:
            edges.add(int(change))
        days = {(int(c) // 86400) + d for c in clocks[zone].changes[1:] for d in (-1, 0, 1)} | set(range(seconds(FIRST) // 86400, seconds(LAST) // 86400, 5))
        for day in days:
            offset = int(clocks[zone].wall(numpy.array([day * 86400]))[0]) - day * 86400
            for shift in (-3600, 0, 3600):
                for row in rows:
                    for d in range(7):
                        for opens, closes in hours[row][d][:1]:
                            edges.update((day * 86400 - offset + opens + shift, day * 86400 - offset + closes + shift))
    edges = numpy.array([e + s for e in edges for s in (-1, 0, 1)], dtype=numpy.int64)
    return numpy.unique(numpy.concatenate([HOURLY, edges[(edges >= seconds(FIRST)) & (edges < seconds(LAST))]]))


def compare(cases, what):
    """cases: (zones, rows, regions as the database takes them). The database tells each moment whether it is open and when it opens next."""
    wrong, count, late = 0, 0, 0
    for zones, rows, asked in cases:
        at = moments(zones, rows)
        # runs of equal answers: first_open(t) = t is "open", else when it opens
        sql = f"""WITH h AS MATERIALIZED (SELECT jorge.open_hours('{{{",".join(asked)}}}') AS hours)
            SELECT string_agg(coalesce(extract(epoch FROM jorge.next_open(to_timestamp(t), '{{{",".join(zones)}}}', h.hours))::bigint::text, 'x'), ',' ORDER BY n)
              FROM unnest('{{{",".join(map(str, at))}}}'::bigint[]) WITH ORDINALITY u(t, n), h"""
        told = numpy.array([int(x) if x != "x" else -1 for x in query(sql)[0][0].split(",")], dtype=numpy.int64)
        opens = is_open(at, zones, rows)
        wrong += int(((told == at) != opens).sum())
        # where it is closed: the moment told is open, and the second before it is not
        closed = numpy.unique(told[~opens])
        closed = closed[closed >= 0]
        late += int((~is_open(closed, zones, rows)).sum()) + int(is_open(closed - 1, zones, rows).sum())
        # and nothing was open between
        later = told[~opens]
        late += int((later < 0).sum()) + int((numpy.diff(told) < 0).sum())
        count += len(at)
    check(wrong == 0, f"{what}: {count:,} moments, {wrong} differ from zoneinfo")
    check(late == 0, f"{what}: the next opening is the first, {late} are not")


print("1..7")
# each state with its own zones, all at once and one by one
compare([(zones.split(","), [r for r in ("US", region) if r in hours], ["US", region]) for region, zones in regions], "every state, in all its zones at once")
# each zone with each set of hours
sets = sorted(hours)
compare([([zone], ["US"] if row == "US" else ["US", row], ["US"] if row == "US" else ["US", row]) for zone in names for row in (sets if os.environ.get("JORGE_LONG") else ["US", "US-TX", "US-RI"])], "every zone under other states' hours")
everywhere = sorted({z for region, zones in regions for z in zones.split(",") if region not in ("US-AS", "US-GU", "US-MP", "US-PR", "US-VI")})
compare([(everywhere, sorted(hours), ["US", "US-*"])], "somebody who may be in any state")

# what the database takes for the place of somebody unknown is what was tested
place = query("SELECT array_to_string(ARRAY(SELECT unnest(zones) ::text COLLATE \"C\" AS z ORDER BY z), ','), array_to_string(regions, ',') FROM jorge.person_place(NULL, NULL, NULL, NULL)")[0]
check(place[0].split(",") == everywhere and place[1] == "US,US-*", "who is nowhere may be in any state")
