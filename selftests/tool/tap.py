# SPDX-License-Identifier: GPL-2.0-or-later
"""TAP output and a way to run sgctl, for the host tests of the tool"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))
TOOL = os.path.join(TOP, "tool")
SGCTL = os.environ.get("SGCTL", os.path.join(TOOL, "sgctl"))
SKIP = 4


class Tap:
    def __init__(self):
        self.results = []

    def ok(self, good, name, detail=""):
        self.results.append((bool(good), name, str(detail)))
        return bool(good)

    def equal(self, got, want, name):
        return self.ok(got == want, name, f"got  {got!r}\nwant {want!r}")

    def done(self):
        print("TAP version 13")
        print(f"1..{len(self.results)}")
        for number, (good, name, detail) in enumerate(self.results, 1):
            print(f"{'ok' if good else 'not ok'} {number} - {name}")
            if not good:
                for line in detail[:4000].splitlines():
                    print(f"# {line}")
        sys.stdout.flush()
        sys.exit(0 if all(good for good, _, _ in self.results) else 1)


def skip_all(why):
    print("TAP version 13")
    print(f"1..0 # SKIP {why}")
    sys.exit(SKIP)


def build():
    """sgctl is built where it is not there"""
    if not os.path.exists(SGCTL):
        subprocess.run(["make", "-s", "-C", TOOL], check=True, stdout=sys.stderr)


def run(*args, stdin="", binary=None, env=None, timeout=60):
    """Gives (exit status, stdout, stderr)"""
    environ = dict(os.environ, NO_COLOR="1", LC_ALL="C")
    environ.update(env or {})
    data = stdin if isinstance(stdin, bytes) else stdin.encode()
    done = subprocess.run([binary or SGCTL, *args], input=data, capture_output=True,
                          env=environ, timeout=timeout, check=False)
    return (done.returncode, done.stdout.decode("utf-8", "replace"),
            done.stderr.decode("utf-8", "replace"))


def module_is_loaded():
    return "not loaded" not in run("-V")[1]
