#!/usr/bin/python3
"""Writes names_table.c from name frequencies and nicknames.

  make_names.py DIST_DIR NICKNAMES_CSV > names_table.c

DIST_DIR holds dist.all.last, dist.male.first and dist.female.first of the 1990 US census (public domain; name, percent).
NICKNAMES_CSV is carltonnorthern/nicknames (Apache-2.0; name1 has_nickname name2).
"""
import csv
import math
import sys

# Names that have become much more frequent since 1990: percent of the population of 2013 (D. Flowers and A. Bialik for
# FiveThirtyEight, from census counts).
SURNAMES_2013 = {
    "garcia": .406, "rodriguez": .382, "martinez": .367, "hernandez": .337, "lopez": .295, "gonzalez": .285, "lee": .243,
    "perez": .232, "sanchez": .209, "ramirez": .186, "torres": .154, "nguyen": .152, "flores": .148, "rivera": .142,
    "gomez": .125, "diaz": .119, "reyes": .111, "cruz": .110, "morales": .103, "ortiz": .102, "gutierrez": .101,
    "kim": .095, "ramos": .091, "chavez": .088, "ruiz": .083, "mendoza": .080, "alvarez": .080, "castillo": .078,
    "vasquez": .076, "jimenez": .075,
}
SURNAMES = 1000
LEAST_GIVEN = 0.01  # percent of one sex


def frequencies(path):
    """Read name -> percent."""
    with open(path) as file:
        return {line.split()[0].lower(): float(line.split()[1]) for line in file if line.strip()}


def quarter_bits(percent):
    """Surprise of a name, in quarters of a bit."""
    return round(-4 * math.log2(percent / 100))


def table(rows, per_line):
    """Lay out initialisers."""
    for i in range(0, len(rows), per_line):
        print("\t" + " ".join(rows[i:i + per_line]))


def main():
    """Write the file."""
    folder, nicknames = sys.argv[1:]
    surnames = frequencies(f"{folder}/dist.all.last")
    surnames = dict(sorted(surnames.items(), key=lambda item: -item[1])[:SURNAMES])
    for name, percent in SURNAMES_2013.items():
        surnames[name] = max(percent, surnames.get(name, 0))

    given = {}
    for sex in ("male", "female"):
        for name, percent in frequencies(f"{folder}/dist.{sex}.first").items():
            if percent >= LEAST_GIVEN:
                given[name] = given.get(name, 0) + percent / 2
    roots = {}
    with open(nicknames) as file:
        for row in csv.DictReader(file):
            formal, short = row["name1"].replace(".", ""), row["name2"].replace(".", "")
            if formal.isalpha() and short.isalpha() and len(formal) > 1 and len(short) > 1 and formal != short:
                roots.setdefault(short, set()).add(formal)
                roots.setdefault(formal, set())
    names = sorted(set(given) | set(roots))
    position = {name: i for i, name in enumerate(names)}

    print("""/*
 * names_table.c: frequent names and nicknames. Written by make_names.py; don't edit.
 *
 * Frequencies: 1990 US census, public domain. Nicknames: carltonnorthern/nicknames, Copyright its authors, licensed
 * under the Apache License 2.0 (https://www.apache.org/licenses/LICENSE-2.0), changed only in form.
 */
#include "core/jorge.h"

#include "identity/names.h"

/* Formal names of the nicknames, as positions in jorge_given_names; UINT16_MAX ends a list */
const uint16 jorge_name_roots[] = {""")
    offsets, numbers = {}, []
    for name in names:
        # the most frequent formal name first: it stands for the nickname in a key
        formal = sorted(roots.get(name, ()), key=lambda root: (-given.get(root, 0), root))
        if formal:
            offsets[name] = len(numbers)
            numbers += [f"{position[root]}," for root in formal] + ["UINT16_MAX,"]
    table(numbers, 14)
    print("""};

/* Sorted by name: name, surprise in quarter bits (0 = not frequent), first of its roots (-1 = none) */
const GivenName jorge_given_names[] = {""")
    table([f'{{"{name}", {quarter_bits(given[name]) if name in given else 0}, {offsets.get(name, -1)}}},' for name in names], 4)
    print("""};

const int jorge_ngiven_names = lengthof(jorge_given_names);

/* Sorted by name: name, surprise in quarter bits */
const Surname jorge_surnames[] = {""")
    table([f'{{"{name}", {quarter_bits(percent)}}},' for name, percent in sorted(surnames.items())], 5)
    print("};\n\nconst int jorge_nsurnames = lengthof(jorge_surnames);")
    assert max(map(len, names)) < 16 and max(map(len, surnames)) < 16


main()
