#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The parser under ASan and UBSan: good, bad and mutated input

No input may crash it or leak; the exit status is 0 or 1 (4 for diff, 3 for
what gets as far as the kernel).
"""
import os
import random
import subprocess
import tempfile

from gen import Generator
from tap import HERE, TOOL, Tap, build, run

ROUNDS = int(os.environ.get("ROUNDS", "40"))
WORDS = ["add", "del", "set", "group", "rule", "port", "ingress", "remote", "mac", "0", "-1",
         "99999999999", "10.0.0.0/8", "::/0", "#", "\t", "\n", "no", "id", "proto", "dport",
         "\x00", "\xff", "a" * 300, "{", "}", '"', "[", "]", ":", "null", "1e9", "true"]
FLAGS = "-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"


def mutate(rnd, text):
    data = list(text)
    for _ in range(rnd.randint(1, 6)):
        at = rnd.randrange(len(data) + 1)
        kind = rnd.random()
        if kind < 0.3 and data:
            del data[at:at + rnd.randint(1, 20)]
        elif kind < 0.6:
            data[at:at] = list(rnd.choice(WORDS))
        elif kind < 0.8 and data:
            data[min(at, len(data) - 1)] = chr(rnd.randrange(256))
        else:
            start = rnd.randrange(len(data) + 1)
            data[at:at] = data[start:start + rnd.randint(1, 60)]
    return "".join(data)


def main():
    tap = Tap()
    build()
    rnd = random.Random(20140224)
    with tempfile.TemporaryDirectory() as tmp:
        binary = os.path.join(tmp, "sgctl")
        done = subprocess.run(["make", "-s", "-C", TOOL, f"OBJDIR={tmp}", f"BIN={binary}",
                               f"CFLAGS={FLAGS}"], capture_output=True, text=True, check=False)
        if not tap.ok(not done.returncode, "sgctl builds with ASan and UBSan",
                      done.stdout + done.stderr):
            tap.done()
        env = {"ASAN_OPTIONS": "detect_leaks=1:exitcode=99", "UBSAN_OPTIONS": "exitcode=99"}
        bad = []

        def check(name, text, *args, allowed=(0, 1)):
            rc, _, err = run(*args, stdin=text.encode("latin-1", "replace"), binary=binary,
                             env=env)
            if rc not in allowed or "Sanitizer" in err or "runtime error" in err:
                bad.append((name, args, rc, err[-2000:]))

        for number in range(ROUNDS):
            text = Generator(number).conf(4)
            _, js, _ = run("-j", "fmt", "-", stdin=text)
            check(number, text, "fmt", "-")
            check(number, js, "-j", "fmt", "-")
            check(number, mutate(rnd, text), "-j", "fmt", "-")
            check(number, mutate(rnd, js or "{}"), "fmt", "-")
            check(number, mutate(rnd, text), "-b", "-", allowed=(1, 3))
            other = os.path.join(tmp, "other")
            with open(other, "w", encoding="latin-1") as f:
                f.write(Generator(number + 1).conf(4))
            check(number, text, "diff", "-", other, allowed=(0, 1, 4))
            check(number, text, "-j", "diff", "-", other, allowed=(0, 1, 4))
            check(number, text, "apply", "-", allowed=(1, 3))
        tap.equal(bad[:3], [], f"{ROUNDS} configurations and their mutations")
        bad.clear()
        with open(os.path.join(HERE, "test_cli.py"), encoding="utf-8") as f:
            lines = [line for line in f if line.startswith("    (\"")]
        for line in lines:
            args = line.split('"')[1].split()
            check(line, "", *args, allowed=(0, 1, 3, 4))
        tap.equal(bad[:3], [], "the command lines of test_cli")
    tap.done()


main()
