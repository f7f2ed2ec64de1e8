#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is this JSON as the schema says? For the tests that run against the module:

    sgctl -j port chains tap0 | validate.py chains

NAME is that of a file in tool/schema. Exit status 0: yes; 1: no.
"""
import json
import os
import sys

import jsonschema

from tap import TOOL

with open(os.path.join(TOOL, "schema", sys.argv[1] + ".json"), encoding="utf-8") as schema:
    validator = jsonschema.Draft7Validator(json.load(schema))
wrong = list(validator.iter_errors(json.load(sys.stdin)))
for error in wrong:
    print(f"/{'/'.join(str(part) for part in error.absolute_path)}: {error.message}",
          file=sys.stderr)
sys.exit(1 if wrong else 0)
