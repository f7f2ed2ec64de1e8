#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What br-sg-restore puts in force at boot: the saved configuration, else less,
never more. Boot is a namespace with nothing configured in it."""
import itertools
import os
import shutil
import socket
import tempfile

import frames as f
import harness
from harness import read, sh, write

RESTORE = os.path.join(harness.TOP, "contrib/systemd/br-sg-restore")
VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
GOOD = """
default drop tap*
group add web
rule add web egress proto udp dport 53 id 1
rule add web ingress proto tcp dport 22 id 2
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 group web
"""
BAD = GOOD + "port add tap2 mac 02:00:00:00:00:02 group none\n"

t = harness.start()
node = harness.Node(t, taps=("tap1", "tap2", "qvb", "other"))
sports = itertools.count(2000)
work = tempfile.mkdtemp()
config, state = work + "/br_sg.conf", work + "/var/br_sg"
last = state + "/last-good.conf"


def restore(**env):
    """runs the script; its exit code and what it said"""
    env = {"CONFIG": config, "STATE": state, "SGCTL": harness.SGCTL,
           "MODPROBE": "true", **env}
    r = sh("env", "-u", "JOURNAL_STREAM", *["%s=%s" % x for x in env.items()],
           RESTORE, check=False)
    return r.returncode, r.stderr


def expect(code, name, *words, **env):
    got, said = restore(**env)
    t.ok(got == code and all(w in said for w in words), name,
         "exit code %d, not %d" % (got, code), said)


def out(dport, sender="tap1"):
    """does a VM's datagram come out at the others?"""
    came = node.send(sender, f.packet(VM, FAR, "10.1.0.2", "10.1.0.66", 17, f.udp(
        "10.1.0.2", "10.1.0.66", next(sports), dport)))
    return bool(came["qvb"] and came["other"])


def into(dport):
    """at which taps comes a SYN from the network out?"""
    came = node.send("qvb", f.packet(FAR, VM, "10.1.0.66", "10.1.0.2", 6, f.tcp(
        "10.1.0.66", "10.1.0.2", next(sports), dport)))
    return sorted(name for name, frames in came.items() if frames)


def as_good(name):
    t.equal((out(53), out(54), into(22), into(23)),
            (True, False, ["other", "tap1"], ["other"]),
            name + ": what its rules allow passes, and nothing else")
    t.ok(not out(53, "tap2"), name + ": a tap without a port line is shut")


def from_host():
    """at which taps comes a frame of the host's own stack out?"""
    node.drain()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("br0", 0))
        s.send(f.arp(FAR, FAR, "10.1.0.66", "10.1.0.2"))
    return sorted(name for name, tap in node.taps.items() if tap.recv())


def shut(name):
    got = [out(53), out(53, "tap2"), into(22), from_host()]
    t.equal(got, [False, False, ["other"], ["other", "qvb"]],
            name + ": nothing passes from or to a tap, other ports do as ever")


def open_(name):
    got = [out(53), out(54), out(53, "tap2"), into(22), from_host()]
    t.equal(got, [True, True, True, ["other", "tap1", "tap2"],
                  ["other", "qvb", "tap1", "tap2"]], name)


def reboot(last_good=None):
    """nothing configured; @last_good is what the last boot left"""
    node.sgctl("flush")
    shutil.rmtree(state, ignore_errors=True)
    if last_good is not None:
        os.makedirs(state)
        write(last, last_good)


def tables():
    return sh("nft", "list", "tables").stdout.split()


# a good file
open_("without a configuration every port is open")
write(config, GOOD)
expect(0, "a good file is restored")
as_good("good file")
t.equal((read(last), os.listdir(state), os.stat(last).st_mode & 0o777),
        (GOOD, ["last-good.conf"], 0o600), "and kept, for root to read")

# a bad one
node.sgctl("rule", "add", "web", "egress", "proto", "udp", "dport", "54")
write(config, BAD)
expect(2, "a bad file is told with its place, and what is in force",
       config + ":7:", "none", "what was before is")
t.ok(out(54) and into(22) == ["other", "tap1"] and not out(55),
     "what was in force stays, not the older last good file")
t.equal(read(last), GOOD, "a bad file does not become the last good one")
reboot(GOOD)
expect(2, "a bad file at boot: the last good one is restored", last,
       "sgctl check " + config)
as_good("last good file")
for what, text in ("is empty", ""), ("has only a group", "group add web\n"):
    reboot(GOOD)
    write(config, text)
    expect(2, "a file that %s would open every port: refused" % what,
           "would open every port")
    as_good("file that " + what)
os.remove(config)
reboot(GOOD)
expect(2, "the file is not there", config + " is not there")
as_good("no file")

# neither
write(config, BAD)
for what, old in ("no", None), ("a bad", BAD), ("an empty", ""):
    reboot(old)
    expect(3, "a bad file and %s last good one" % what, "ARE SHUT")
    shut("bad file and %s last good one" % what)
t.equal(node.sgctl("save").stdout, "default drop tap*\n", "by default drop")
write(config, GOOD)
expect(0, "the file is corrected and restored")
as_good("corrected file")

# not kept, or not to the end
reboot()
expect(0, "a last good file that cannot be written is said", "not kept",
       STATE="/proc/none")
as_good("nothing kept")
reboot()
killer = write(work + "/killer", """#!/bin/sh
[ "$1" = apply ] && kill -9 $PPID && exit
exec %s "$@"
""" % harness.SGCTL, 0o755)
t.equal(restore(SGCTL=killer)[0], -9, "killed when it is about to apply")
shut("killed")
reboot()
write(config, BAD)
expect(4, "default drop is refused for a pattern: nft holds them all",
       "drops ALL frames", GUARD="tap* a-pattern-of-more-than-31-characters*")
node.sgctl("flush")
shut("nft beside a bad pattern")
write(config, GOOD)
expect(0, "a good file with the nft table there")
t.equal(tables(), [], "the nft table is gone")

# a kernel without the module
reboot(GOOD)
t.ok(harness.unload_module(), "the module is not there")
open_("without module and table every port is open")
expect(4, "the module is absent", "not there for kernel " + os.uname().release,
       "drops ALL frames of tap*", "build it", MODPROBE="modprobe")
shut("module absent")
rules = sh("nft", "-s", "list", "ruleset").stdout
expect(4, "and again", MODPROBE="modprobe")
t.equal(sh("nft", "-s", "list", "ruleset").stdout, rules,
        "the table is what it was, not twice that")
shut("module absent, again")
expect(4, "patterns that nft does not have", MODPROBE="modprobe",
       GUARD="tap1 ta?2 a-name-of-more-than-15-characters vm\"*")
shut("patterns that nft does not have")
expect(4, "a pattern that holds every port", MODPROBE="modprobe", GUARD="*")
t.equal((into(22), from_host()), ([], []), "holds every port")
expect(4, "a pattern that holds others", MODPROBE="modprobe", GUARD="vnet*")
open_("leaves taps open")
sh("nft", "flush", "ruleset")
expect(5, "neither module nor nft: it says so", "tap* ARE OPEN",
       MODPROBE="false", NFT="false")

# and with it again
expect(4, "the table is put up", MODPROBE="false")
write(config, BAD)
shutil.rmtree(state)
load = write(work + "/load", """#!/usr/bin/env python3
import sys
sys.path.insert(0, "%s")
import harness
sys.exit(0 if sys.argv[1] == "br_sg" and harness.insert_module() else 1)
""" % os.path.dirname(os.path.abspath(__file__)), 0o755)
expect(3, "the module is back, the file is bad", MODPROBE=load)
t.equal(tables(), ["table", "bridge", "br_sg_guard"],
        "the table stays without a configuration")
write(config, GOOD)
witness = write(work + "/nft", """#!/bin/sh
[ "$1" = delete ] && %s save >%s/saved
exec nft "$@"
""" % (harness.SGCTL, work), 0o755)
expect(0, "a good file is restored", NFT=witness)
t.ok("port add tap1" in read(work + "/saved"),
     "the table goes when the configuration is in force, not before")
t.equal(tables(), [], "and is gone")
as_good("module back")

t.equal(sh(RESTORE, "stop", check=False).returncode, 1, "it takes no argument")
as_good("no argument")
node.sgctl("flush")
shutil.rmtree(work)
t.done()
