#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The layers of kmod/ and tool/ are their folders: a file includes its own folder's
headers and those of folders below it. Kbuild and tool/Makefile list the folders from
the bottom up. TAP."""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MAX_LINES = 800
sys.path.insert(0, os.path.join(TOP, "selftests", "tool"))
from tap import Tap  # noqa: E402


def kmod_order():
    with open(os.path.join(TOP, "kmod/Kbuild"), encoding="utf-8") as f:
        objects = f.read().split("br_sg-y :=")[1].split("\n\n")[0]
    return re.findall(r"\$\(addprefix ([a-z]+)/,", objects) + ["."]


def tool_order():
    with open(os.path.join(TOP, "tool/Makefile"), encoding="utf-8") as f:
        return re.search(r"^FOLDERS := (.*)$", f.read(), re.M)[1].split()


def above(rank, name, text):
    """what the file @name includes and must not"""
    here = os.path.dirname(name) or "."
    for line in text.splitlines():
        m = re.match(r'#\s*include "(?:([a-z_/]+)/)?([a-z_]+\.h)"', line)
        if not m or m[2] == "compat_gen.h":
            continue
        there = m[1] or "."
        if there not in rank or rank[there] > rank[here]:
            yield "%s includes %s/%s" % (name, there, m[2])


def check(tap, tree, listed_by, layers, without):
    """the sources of @tree, whose folders but those of @without are @layers"""
    rank = {d: i for i, d in enumerate(layers)}
    folders = {e.name for e in os.scandir(os.path.join(TOP, tree)) if e.is_dir()} - without
    tap.ok(folders == set(layers[:-1]) and len(rank) == len(layers) and layers[-1] == ".",
           "%s lists every folder of %s/ once" % (listed_by, tree),
           folders ^ set(layers[:-1]))
    # the test can fail
    low, high = layers[0], layers[-2]
    tap.ok(list(above(rank, low + "/x.c", '#include "%s/x.h"' % high)) and
           list(above(rank, low + "/x.c", '#include "x.h"')) and
           not list(above(rank, high + "/x.c", '#include "%s/x.h"' % low)),
           "an include that points upwards is found in %s/" % tree)
    for d in layers:
        wrong, long = [], []
        for f in sorted(os.listdir(os.path.join(TOP, tree, d))):
            if not f.endswith((".c", ".h")) or f == "compat_gen.h" or f.endswith(".mod.c"):
                continue
            name = os.path.normpath(os.path.join(d, f))
            with open(os.path.join(TOP, tree, name), encoding="utf-8") as fh:
                text = fh.read()
            wrong += above(rank, name, text)
            if text.count("\n") > MAX_LINES:
                long.append("%s has %u lines" % (name, text.count("\n")))
        tap.ok(not wrong, "%s/%s includes nothing above it" % (tree, d), "\n".join(wrong))
        tap.ok(not long, "%s/%s has no file above %u lines" % (tree, d, MAX_LINES),
               "\n".join(long))


def main():
    tap = Tap()
    check(tap, "kmod", "Kbuild", kmod_order(), set())
    check(tap, "tool", "Makefile", tool_order(), {"completion", "man", "schema"})
    tap.done()


main()
