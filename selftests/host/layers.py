#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The layers of kmod/ are its folders: a file includes its own folder's headers and
those of folders below it. Kbuild lists the folders from the bottom up. TAP."""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KMOD = os.path.join(TOP, "kmod")
MAX_LINES = 800
sys.path.insert(0, os.path.join(TOP, "selftests", "tool"))
from tap import Tap  # noqa: E402


def order():
    with open(os.path.join(KMOD, "Kbuild"), encoding="utf-8") as f:
        objects = f.read().split("br_sg-y :=")[1].split("\n\n")[0]
    return re.findall(r"\$\(addprefix ([a-z]+)/,", objects) + ["."]


def above(rank, name, text):
    """what the file @name includes and must not"""
    here = os.path.dirname(name) or "."
    for line in text.splitlines():
        m = re.match(r'#include "(?:([a-z_/]+)/)?([a-z_]+\.h)"', line)
        if not m or m[2] == "compat_gen.h":
            continue
        there = m[1] or "."
        if there not in rank or rank[there] > rank[here]:
            yield "%s includes %s/%s" % (name, there, m[2])


def main():
    tap = Tap()
    layers = order()
    rank = {d: i for i, d in enumerate(layers)}
    folders = sorted(e.name for e in os.scandir(KMOD) if e.is_dir())
    tap.ok(folders == sorted(layers[:-1]), "Kbuild lists every folder of kmod/ once",
           set(folders) ^ set(layers[:-1]))
    # the test can fail
    tap.ok(list(above(rank, "match/x.c", '#include "nl/nl.h"')) and
           list(above(rank, "match/x.c", '#include "x.h"')) and
           not list(above(rank, "nl/x.c", '#include "match/tree.h"')),
           "an include that points upwards is found")
    for d in layers:
        wrong, long = [], []
        for f in sorted(os.listdir(os.path.join(KMOD, d))):
            if not f.endswith((".c", ".h")) or f == "compat_gen.h" or f.endswith(".mod.c"):
                continue
            name = os.path.normpath(os.path.join(d, f))
            with open(os.path.join(KMOD, name), encoding="utf-8") as fh:
                text = fh.read()
            wrong += above(rank, name, text)
            if text.count("\n") > MAX_LINES:
                long.append("%s has %u lines" % (name, text.count("\n")))
        tap.ok(not wrong, "kmod/%s includes nothing above it" % d, "\n".join(wrong))
        tap.ok(not long, "kmod/%s has no file above %u lines" % (d, MAX_LINES),
               "\n".join(long))
    tap.done()


main()
