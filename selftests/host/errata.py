#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each mended fault of guarding has a number, a paragraph in docs/errata.md, a line in the
module's list and one in CHANGELOG.md; and features that the header, the module's list,
sgctl and its JSON schema name are the same. TAP."""
import json
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "selftests", "tool"))
from tap import Tap  # noqa: E402


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def table(text, name):
    """the entries of a list of numbers, and their comments"""
    body = re.search(r"%s\[\] = \{(.*?)\n\};" % name, text, re.S).group(1)
    return re.findall(r"^\t(\w+),(?:\t/\* (.*) \*/)?$", body, re.M)


def main():
    tap = Tap()
    module, page = read("kmod/nl/features.c"), read("docs/errata.md")
    errata = [(int(n), text) for n, text in table(module, "br_sg_errata")]
    headings = [(int(n), text) for n, text in re.findall(r"^## (\d+)\. (.+)$", page, re.M)]
    tap.equal([n for n, _ in headings], list(range(1, len(headings) + 1)),
              "docs/errata.md numbers them from 1")
    tap.equal([(n, text[0].upper() + text[1:]) for n, text in errata], headings,
              "the module lists those that it has")
    bodies = re.split(r"^## .+$", page, flags=re.M)[1:]
    tap.ok(headings and all(len(b.split()) > 30 for b in bodies), "each has a paragraph")
    changes = read("CHANGELOG.md")
    for number, _ in headings:
        tap.ok(re.search(r"\berratum %d\b" % number, changes), "CHANGELOG.md has erratum %d"
               % number)

    header = [n.split("=")[0].strip() for n in re.search(
        r"enum br_sg_feature \{(.*?)\};", read("uapi/linux/br_sg.h"), re.S).group(1).split(",")
        if n.strip() and "__" not in n]
    tap.equal([n for n, _ in table(module, "br_sg_features")], header,
              "the module has every feature of the header")
    names = [n[len("BR_SG_FEATURE_"):].lower().replace("_", "-") for n in header]
    tap.equal(re.findall(r'\[(BR_SG_FEATURE_\w+)\] = "([a-z-]+)"', read("tool/cmd/status.c")),
              list(zip(header, names)), "sgctl has their names")
    schema = json.loads(read("tool/schema/status.json"))
    tap.equal(schema["properties"]["features"]["items"]["oneOf"][0]["enum"], names,
              "and its schema")
    manual = read("tool/man/sgctl.8").replace("\\-", "-")
    for name in names:
        tap.ok(re.search(r"^\.B %s$" % name, manual, re.M), "the manual explains %s" % name)
    tap.done()


main()
