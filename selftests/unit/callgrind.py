#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions of a table lookup, and of an address that gets into many sets at once,
counted by valgrind's callgrind: TAP, one test for each case of bench_table. The rules and keys are the same each time and the
count is exact, so it changes with table.c and the compiler alone. A bound is
what GCC 12 -O2 on x86_64 gives and a tenth more: a change that needs more has to
say why here."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.environ.get("OUT", os.path.join(HERE, "build"))
BENCH = os.path.join(OUT, "bench_table")
REMOTES = os.path.join(OUT, "count_remotes")

# case, rules, family, and what they may take: a key that a rule matches, one
# that none does
BOUNDS = {
    ("mix", 1, "IPv4"): (55, 55),
    ("mix", 8, "IPv4"): (100, 155),
    ("mix", 16, "IPv4"): (160, 140),
    ("mix", 256, "IPv4"): (210, 180),
    ("mix-1024-tags", 256, "IPv4"): (1010, None),
    ("mix", 4096, "IPv4"): (305, 295),
    ("mix", 1, "IPv6"): (55, 55),
    ("mix", 8, "IPv6"): (110, 145),
    ("mix", 16, "IPv6"): (165, 155),
    ("mix", 256, "IPv6"): (225, 220),
    ("mix-1024-tags", 256, "IPv6"): (1020, None),
    ("mix", 4096, "IPv6"): (315, 280),
    ("mix-8-tags", 4096, "IPv6"): (475, None),
    ("mix-64-tags", 4096, "IPv6"): (1915, None),
    ("nested", 4096, "IPv4"): (210, 85),
}


def count():
    """[(case, rules, family, hit or miss, instructions, bytes, bytes)]"""
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "out")
        run = subprocess.run(
            ["valgrind", "--quiet", "--tool=callgrind",
             "--toggle-collect=br_sg_table_lookup", "--dump-after=case_end",
             "--callgrind-out-file=" + out, BENCH],
            stdout=subprocess.PIPE, check=True, text=True)
        result = []
        for i, line in enumerate(run.stdout.splitlines(), 1):
            case, rules, family, what, lookups, r, v = line.split()
            with open("%s.%d" % (out, i)) as f:
                total = int(re.search(r"^totals: (\d+)$", f.read(), re.M)[1])
            result.append((case, int(rules), family, what,
                           total / int(lookups), int(r), int(v)))
        return result


# sets, and instructions for each when one address gets into so many. All that is done
# for each of those that it is in already is to copy its id (callgrind counts bytes)
SETS = {256: 3900, 4095: 11500}


def change(sets):
    """instructions of the change, for each set"""
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "out")
        subprocess.run(["valgrind", "--quiet", "--tool=callgrind",
                        "--collect-atstart=no",
                        "--toggle-collect=br_sg_remotes_change",
                        "--callgrind-out-file=" + out, REMOTES, "sets", str(sets)],
                       stdout=subprocess.DEVNULL, check=True)
        with open(out) as f:
            return int(re.search(r"^totals: (\d+)$", f.read(), re.M)[1]) / sets


def main():
    print("TAP version 13")
    if not shutil.which("valgrind"):
        print("Bail out! no valgrind: apt install valgrind")
        return 1
    counts = count()
    bad = 0
    seen = set()
    for i, (case, rules, family, what, n, r, v) in enumerate(counts, 1):
        bound = BOUNDS[case, rules, family][what == "miss"]
        seen.add((case, rules, family))
        bad += n > bound
        print("%sok %d - %s, %d rules, %s, %s: %.1f instructions a lookup, "
              "%d allowed; %d bytes and %d of vectors"
              % ("not " if n > bound else "", i, case, rules, family, what, n,
                 bound, r, v))
    left = set(BOUNDS) - seen
    print("%sok %d - every case was counted" % ("not " if left else "",
                                                 len(counts) + 1))
    for i, (sets, bound) in enumerate(SETS.items(), len(counts) + 2):
        n = change(sets)
        bad += n > bound
        print("%sok %d - one address into %d sets: %.0f instructions a set, "
              "%d allowed" % ("not " if n > bound else "", i, sets, n, bound))
    print("1..%d" % (len(counts) + 1 + len(SETS)))
    return 1 if bad or left else 0


if __name__ == "__main__":
    sys.exit(main())
