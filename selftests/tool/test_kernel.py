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


# what the newer module of fake_kernel.c has, as far as sgctl knows it
HAS = ("default drop tap*\nset add s 10.0.0.1\ngroup add g\nmember add g 10.0.0.1\n"
       "rule add g ingress remote 10.0.0.1 id 1\nport add tap1 pair 10.0.0.1 off\n")
# an object, as FAKE_NEWER and as a message name it
NEWER = {"default": 'default "tap*"', "set": 'set "s"', "address": 'the addresses of set "s"',
         "group": 'group "g"', "member": 'the members of group "g"',
         "rule": 'a rule of group "g"', "remote": 'a rule of group "g"',
         "port": 'port "tap1"', "pair": 'port "tap1"', "top": "the configuration"}
# commands that read one object and send it back, and what of it they would lose
BACK = {"port set tap1 strict": ("port", "pair"), "group set g stateless": ("group",),
        "set replace s 10.0.0.2": ("set", "address"),
        "rule set g id 1 proto tcp": ("rule", "remote"),
        "rule del g ingress remote 10.0.0.1": ("rule", "remote")}


def newer(tap, fake_run):
    """a module with attributes that sgctl does not know"""
    def newer_run(line, what, **env):
        rc, out, err, asked = fake_run(line, stdin=HAS + "set add t\n", FAKE_NEWER=what,
                                       FAKE_FEATURES="5", **env)
        return rc, out, err, "written" in asked or "commit" in asked

    whole = ["save", "-j save", "diff -", "apply -", "shadow apply -", "shadow diff"]
    for what, name in NEWER.items():
        for line in whole:
            rc, out, err, changed = newer_run(line, what)
            tap.ok(rc == 3 and not out and name in err and "(999)" in err and
                   "update sgctl" in err and not changed,
                   f"{line} leaves alone what it does not know of {name} ({what})",
                   f"status {rc}\n{out}{err}{changed}")
    for line, of in BACK.items():
        for what in NEWER:
            rc, out, err, changed = newer_run(line, what)
            if what in of:
                tap.ok(rc == 3 and "(999)" in err and "update sgctl" in err and not changed,
                       f"{line} does not lose what it does not know ({what})",
                       f"status {rc}\n{out}{err}{changed}")
            else:
                tap.ok(rc == 0 and changed, f"{line} does not touch what is unknown ({what})",
                       f"status {rc}\n{out}{err}{changed}")
    for line in ("port show", "group show", "set show s", "rule show", "default show"):
        for what in NEWER:
            tap.equal(newer_run(line, what)[0], 0, f"{line} shows what it knows ({what})")
    # what is read only is nothing to lose
    for line in [*whole[:2], *BACK]:
        tap.equal(newer_run(line, "live")[0], 0, f"{line}: it may be read only")
    # what was there with the first of such modules needs no feature, and has none
    rc, out, err, _ = fake_run("save", FAKE_NEWER="none")
    tap.equal((rc, out), (0, HAS), "a module without features is no newer one")
    rc, out, err, asked = fake_run("port set tap1 strict", FAKE_NEWER="none")
    tap.ok(rc == 0 and "written" in asked, "and may be changed", err)
    for line in ("port replace tap1 off", "group replace g", "default replace accept tap*",
                 "set del s", "rule del g id 1"):
        rc, _, err, asked = fake_run(line, FAKE_NEWER="port", FAKE_FEATURES="5")
        tap.ok(rc == 0, f"{line} says all of the object", err)
    rc, out, _, _ = fake_run("status", FAKE_FEATURES="1,5,300")
    tap.ok("features  shadow get-config 300\n" in out,
           "status: features, those too that it does not know", out)
    rc, out, _, _ = fake_run("-j status", FAKE_FEATURES="1,5,300")
    tap.equal(json.loads(out).get("features"), ["shadow", "get-config", 300], "the same in JSON")
    tap.equal(json.loads(fake_run("-j status")[1]).get("features"), [], "an older module has none")


# a name of a bridge, and what is shown of it
NAMES = {
    b"br\xff\x1b[31mX": r"br\xff\x1b[31mX",
    b"\x07\x7f\x9b31m": r"\x07\x7f\x9b31m",
    b"a\\xff": r"a\x5cxff",             # what looks like the first is not the first
    "br-gr\u00fcn".encode(): "br-gr\u00fcn",
    "\u0431\u0440\U00010348".encode(): "\u0431\u0440\U00010348",
    b"\xc2\x9b31m": r"\xc2\x9b31m",      # CSI, to a terminal of 8 bits
    "\u202exob".encode(): r"\xe2\x80\xaexob",
    b"\xc0\xaf\xed\xa0\x80": r"\xc0\xaf\xed\xa0\x80",
    b"\xf4\x90\x80\x80\xf8": r"\xf4\x90\x80\x80\xf8",
    b"cut\xe2\x82": r"cut\xe2\x82",
    b"%s%n\x22'": "%s%n\"'",
}


def loaded(text, otherwise):
    try:
        return json.loads(text)
    except ValueError:
        return otherwise


def names(tap, fake_run):
    """bridges whose names are not text"""
    for name, shown in NAMES.items():
        env = {"FAKE_NEWER": "none", "FAKE_BRIDGE": name}
        rc, out, err, _ = fake_run("port show", **env)
        tap.ok(rc == 0 and not err and f"port tap1: blocked on bridge {shown}\n" in out and
               f"{shown} filters VLANs" in out, f"port show: {name}", out)
        rc, out, err, _ = fake_run("-j port show", **env)
        port = loaded(out, [{"bridge": None, "why": ""}])[0]
        tap.ok(rc == 0 and port["bridge"] == shown and port["why"].startswith(shown),
               f"as JSON: {name}", out)
        rc, out, err, _ = fake_run("status", **env)
        tap.ok(rc == 0 and f"bridge {shown} zone 7 ports 1\n" in out, f"status: {name}", out)
        out = fake_run("-j status", **env)[1]
        tap.equal(loaded(out, {"zones": [{"bridge": None}]})["zones"][0]["bridge"], shown,
                  f"as JSON: {name}")


# what prints: all of it, or an error
PRINTS = [
    "status", "save", "default show", "set show", "set show s", "group show", "member show",
    "rule show", "port show", "-s port show", "port show tap1", "port chains tap1", "diff -",
    "check -", "fmt -", "-V",
]


def unwritten(tap, fake):
    """an output that cannot be written"""
    sgctl = os.environ.get("SGCTL", os.path.join(TOOL, "sgctl"))
    shell = {"full": '"$@" >/dev/full', "closed": '"$@" >&-',
             "gone": ('trap "" PIPE; exec 3>&1; '
                      '{ while echo; do :; done 2>/dev/null; "$@"; echo $? >&3; } | :')}
    for line in [*PRINTS, *("-j " + x for x in PRINTS), "-j flow show", "-j shadow show",
                 "help", "-h", "port help"]:
        for how, script in shell.items():
            done = subprocess.run(
                ["bash", "-c", script, "sh", sgctl, *line.split()],
                input="default drop tap1\n".encode(), capture_output=True, check=False,
                timeout=60, env={**os.environ, "LD_PRELOAD": fake, "FAKE_NEWER": "none"})
            rc = int(done.stdout) if how == "gone" else done.returncode
            tap.ok(rc == 1 and b"Error: output: " in done.stderr,
                   f"sgctl {line}, output {how}: an error",
                   f"status {rc}\n{done.stdout}{done.stderr}")


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

        newer(tap, fake_run)
        names(tap, fake_run)
        unwritten(tap, fake)
        for line in ("save", "port show", "rule show", "set show s", "diff -", "flow show",
                     "-s port show", "port set tap1 strict", "status"):
            want = fake_run(line, FAKE_NEWER="none")
            tap.equal(fake_run(line, FAKE_NEWER="none", FAKE_DUMP="lost")[:3], want[:3],
                      f"{line} reads again what was lost")
        rc, out, err, _ = fake_run("save", FAKE_NEWER="none", FAKE_DUMP="never")
        tap.ok(rc == 2 and not out and "lost each time" in err, "and not for ever",
               f"status {rc}\n{out}{err}")

        rc, out, err, _ = fake_run("check -")
        tap.equal((rc, out, err), (0, "standard input is valid\n", ""),
                  "check of what is valid and not in force: exit status 0")
        rc, out, err, _ = fake_run("check -", stdin="group add g\n")
        tap.ok(rc == 0 and "guards nothing" in out, "check says what guards nothing", out)
        tap.equal(fake_run("diff -")[0], 4, "diff says that it differs")
    tap.done()


main()
