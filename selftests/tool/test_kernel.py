#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sgctl against a kernel of the test's own making (fake_kernel.c), for what a real
one does not do on demand: another version of the family, an answer that is lost, a
signal at the wrong moment. And who asks for the family in the way that loads the
module."""
import json
import os
import subprocess
import tempfile

from tap import HERE, TOOL, Tap, build, run

WANTED = "default drop tap*\n"
NO = "module br_sg is not loaded"
READS = [
    "status", "save", "diff -", "check -", "default show", "set show", "set show s",
    "group show", "member show", "rule show", "port show", "port show tap1",
    "port chains tap1", "flow show", "monitor", "monitor events port tap1",
    "shadow show", "shadow diff", "shadow commit", "shadow drop", "-V",
]
CHANGES = [
    "apply -", "shadow apply -", "-b -", "flush", "group add g", "default drop tap*",
    "set del s", "port add t off",
]


def main():
    tap = Tap()
    build()
    with tempfile.TemporaryDirectory() as tmp:
        fake, log = os.path.join(tmp, "fake.so"), os.path.join(tmp, "log")
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-Wall", "-Wextra",
                        "-Werror", "-I", os.path.join(TOOL, "../uapi"), "-o", fake,
                        os.path.join(HERE, "fake_kernel.c")], check=True)

        def fake_run(line, stdin=WANTED, **env):
            """(exit status, stdout, stderr, requests)"""
            if os.path.exists(log):
                os.unlink(log)
            env = {"LD_PRELOAD": fake, "FAKE_LOG": log, **env}
            got = run(*line.split(), stdin=stdin, env=env)
            words = []
            if os.path.exists(log):
                with open(log, encoding="ascii") as file:
                    words = file.read().split()
            return (*got, words)

        version = run("-V")[1].split(",")[0].split()[1]
        for line in READS:
            rc, _, err, asked = fake_run(line, FAKE_VERSION="0")
            tap.ok(asked == ["families"] and
                   (rc == 0 if line == "-V" else rc == 3 and NO in err),
                   f"sgctl {line} does not ask the kernel to load the module",
                   f"status {rc}\n{err}{asked}")
        for line in CHANGES:
            rc, _, err, asked = fake_run(line, FAKE_VERSION="0")
            tap.ok(rc == 3 and asked == ["family-by-name"] and NO in err,
                   f"sgctl {line} may", f"status {rc}\n{err}{asked}")

        rc, out, err, _ = fake_run("-V")
        tap.equal((rc, out, err), (0, f"sgctl {version}, module br_sg 7.7\n", ""), "-V")
        for other in ("2", "250"):
            rc, out, err, _ = fake_run("-V", FAKE_VERSION=other)
            tap.ok(rc == 3 and "not loaded" not in out + err and "module br_sg 7.7" in out and
                   f"speaks version {other}" in err and "update the tool" in err,
                   f"-V of a module that speaks version {other}: exit status 3 and a sentence",
                   f"status {rc}\n{out}{err}")
            rc, out, err, _ = fake_run("-j -V", FAKE_VERSION=other)
            tap.ok(rc == 3 and json.loads(out) == {
                "sgctl": version, "module": "7.7", "fits": False}, "the same in JSON", out)
            rc, _, err, _ = fake_run("status", FAKE_VERSION=other)
            tap.ok(rc == 3 and f"speaks version {other}" in err, "and so does status", err)

        rc, out, err, asked = fake_run("apply -")
        tap.equal((rc, out, err), (0, "generation 2: defaults: 1 added\n", ""),
                  "apply says what it did")
        rc, out, err, asked = fake_run("-q apply -")
        tap.equal((rc, out, err), (0, "", ""), "with -q it does not")
        rc, out, err, asked = fake_run("apply -q -")
        tap.equal((rc, out, err), (0, "", ""), "nor with -q behind it")
        for how in ("eintr", "lost"):
            rc, out, err, asked = fake_run("apply -", FAKE_COMMIT=how)
            tap.ok((rc, out, err) == (0, "generation 2: defaults: 1 added\n", "") and
                   asked.count("commit") == 1,
                   f"an apply whose answer is lost ({how}) and that is in force says so",
                   f"status {rc}\n{out}{err}{asked}")
            rc, out, err, asked = fake_run("default drop tap*", FAKE_COMMIT=how)
            tap.ok(rc == 2 and "generation 2 is in force" in err and "sgctl save" in err,
                   f"a command whose answer is lost ({how}) says what is in force",
                   f"status {rc}\n{out}{err}")
        rc, out, err, asked = fake_run("default drop tap*", FAKE_COMMIT="lost", FAKE_STATUS="12")
        tap.ok(rc == 2 and "it does not say what is in force" in err,
               "or that it does not know", f"status {rc}\n{out}{err}")
        rc, out, err, asked = fake_run("apply -", FAKE_COMMIT="before")
        tap.ok(rc == 0 and out == "generation 2: defaults: 1 added\n",
               "an apply that is lost before it is in force is tried again",
               f"status {rc}\n{out}{err}{asked}")
        rc, out, err, asked = fake_run("apply -", FAKE_COMMIT="never")
        tap.ok(rc == 2 and not out and "lost" in err and "another writer" not in err,
               "and not for ever", f"status {rc}\n{out}{err}{asked}")
        rc, out, err, asked = fake_run("set replace s 10.0.0.1", FAKE_COMMIT="before")
        tap.ok(rc == 2 and "nothing was changed, generation 1 is in force" in err,
               "a command that depends on what was read and is lost so says that too",
               f"status {rc}\n{out}{err}{asked}")
        rc, out, err, asked = fake_run("apply -", FAKE_COMMIT="signal")
        tap.ok((rc, out, err) == (0, "generation 2: defaults: 1 added\n", ""),
               "a signal that comes while the kernel commits is too late",
               f"status {rc}\n{out}{err}{asked}")
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run(
                [os.environ.get("SGCTL", os.path.join(TOOL, "sgctl")), "apply", "-"],
                input=WANTED.encode(), stdout=full, stderr=subprocess.PIPE, check=False,
                env={**os.environ, "LD_PRELOAD": fake})
        tap.ok(done.returncode == 0 and b"No space left" in done.stderr,
               "what is in force is, also where that can't be written", done.stderr)

        rc, out, err, _ = fake_run("check -")
        tap.equal((rc, out, err), (0, "standard input is valid\n", ""),
                  "check of what is valid and not in force: exit status 0")
        rc, out, err, _ = fake_run("check -", stdin="group add g\n")
        tap.ok(rc == 0 and "guards nothing" in out, "check says what guards nothing", out)
        tap.equal(fake_run("diff -")[0], 4, "diff says that it differs")
    tap.done()


main()
