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
# Rows of the nicknames that are wrong.
NO_NICKNAMES = {("robert", "bill"), ("robert", "billy"), ("robert", "billie"), ("robert", "willie"), ("bill", "fred"), ("lisa", "liz")}
# Usual in Texas and not among them.
MORE_NICKNAMES = {
    "alberto": "beto", "alejandra": "ale", "alejandro": "ale alex", "antonio": "tono tony", "barbara": "barb", "eduardo": "lalo eddie",
    "enrique": "quique kike", "fernando": "nando fer", "francisco": "paco pancho frank", "gabriel": "gabo gabe", "gabriela": "gabi gaby",
    "graciela": "chela", "guadalupe": "lupe lupita", "guillermo": "memo", "ignacio": "nacho", "javier": "javi", "jesus": "chuy chucho",
    "jose": "pepe joe", "lorenzo": "lencho", "luisa": "lucha", "maria": "mari", "patricia": "paty", "rafael": "rafa", "roberto": "beto",
    "rosario": "chayo", "santiago": "santi", "teresa": "tere", "veronica": "vero",
}
# A nickname's formal name begins as it does, but for these.
OTHER_LETTER = set("""becky bert bessie beth betsy betty bill billy bob bobby chuy dick drew gene gina kate lalo lupe memo nacho ned nell nellie
    paco pancho patty peggy pepe tina tony trish chela chucho lucha chayo beto""".split())
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
            if formal.isalpha() and short.isalpha() and len(formal) > 1 and len(short) > 1 and formal != short and (formal, short) not in NO_NICKNAMES:
                roots.setdefault(short, set()).add(formal)
    # of two names that are each other's nickname the more frequent is the formal one
    for short, formals in roots.items():
        for formal in list(formals):
            if short in roots.get(formal, ()) and given.get(short, 0) > given.get(formal, 0):
                formals.discard(formal)
    for formal, shorts in MORE_NICKNAMES.items():
        for short in shorts.split():
            roots.setdefault(short, set()).add(formal)
    for formals in list(roots.values()):
        for formal in formals:
            roots.setdefault(formal, set())
    names = sorted(set(given) | set(roots))
    position = {name: i for i, name in enumerate(names)}

    def formal_of(name):
        """Find the frequent name that stands for a name in keys."""
        better = [root for root in roots.get(name, ()) if given.get(root, 0) > given.get(name, 0) and
                  (root[0] == name[0] or name in OTHER_LETTER)]
        # the one that begins alike goes first: Ted is Theodore before he is Edward
        return formal_of(min(better, key=lambda root: (root[0] != name[0], -given[root], root))) if better else name

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
        formal = sorted(roots.get(name, ()))
        if formal:
            offsets[name] = len(numbers)
            numbers += [f"{position[root]}," for root in formal] + ["UINT16_MAX,"]
    table(numbers, 14)
    print("""};

/* Sorted by name: name, surprise in quarter bits (0 = not frequent), first of its roots (-1 = none), what stands for it in keys */
const GivenName jorge_given_names[] = {""")
    table([f'{{"{name}", {quarter_bits(given[name]) if name in given else 0}, {offsets.get(name, -1)}, {position[formal_of(name)]}}},'
           for name in names], 4)
    print("""};

const int jorge_ngiven_names = lengthof(jorge_given_names);

/* Sorted by name: name, surprise in quarter bits */
const Surname jorge_surnames[] = {""")
    table([f'{{"{name}", {quarter_bits(percent)}}},' for name, percent in sorted(surnames.items())], 5)
    print("};\n\nconst int jorge_nsurnames = lengthof(jorge_surnames);")
    assert max(map(len, names)) < 16 and max(map(len, surnames)) < 16


main()
