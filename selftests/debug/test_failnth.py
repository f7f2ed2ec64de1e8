#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every allocation of every operation fails once: it is said, and what was in
force before is in force.

The first allocation that the kernel makes for an operation fails, then the second
alone, and so on until the operation ends with none failed. In sgctl only those
for its netlink calls are counted (failnth.c); the other operations are system
calls of this process."""
import fcntl
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import checkers
from checkers import harness
import frames as f
import genl

SHIM = os.environ["FAIL_NTH_SO"]
SIOCBRADDIF, SIOCBRDELIF = 0x89a2, 0x89a3
MOST = 5000     # an operation that goes on after as many allocations has no end
VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
A, X = "10.1.0.2", "10.1.0.66"
BASE = harness.SOME_GROUPS + """group add spare
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web group db \
dhcp-server 10.1.0.3 ethertype 0x88b5
port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 group web
port add gone off
"""
MORE = BASE.replace("dport 22", "dport 23").replace("fd00::35", "fd00::36") \
    .replace("10.9.0.0/24", "10.8.0.0/24").replace("port add gone off\n", "") + """
default accept vnet*
set add far 198.51.100.0/24 2001:db8::/32
group add less stateless
rule add less ingress
rule add web ingress remote set far id 5
rule add web ingress remote 203.0.113.0/24 id 6
rule add web egress proto icmp icmp 8/0 id 7
rule add db ingress proto tcp dport 1000-2000 remote group db id 2
rule add db ingress proto tcp dport 1500-3000 remote set far id 3
port add tap8 mac 02:00:00:00:00:08 ip 10.1.0.8 pair 10.2.0.0/24 group db zone 77
port add tap9 mac 02:00:00:00:00:09 ip 10.1.0.9 group less
"""
# what is in force before, the command, its standard input
COMMANDS = (
    ("", "apply -", BASE),
    (BASE, "apply -", MORE),
    (BASE, "apply --allow-empty -", ""),
    (BASE, "check -", MORE),
    (BASE, "diff -", BASE),
    (BASE, "-b -", "group add x\nmember add x 10.0.0.1\nport set tap2 ip "
     "10.1.0.5\nrule del web id 2\n"),
    (BASE, "flush", None),
    ("", "default add drop tap*", None),
    (BASE, "default add accept vnet*", None),
    (BASE, "default replace accept tap*", None),
    (BASE, "default del tap*", None),
    (BASE, "set add s 10.0.0.1", None),
    (BASE, "set replace dns 10.0.0.2", None),
    (BASE, "set insert dns 10.0.0.2 10.0.1.0/24", None),
    (BASE, "set remove dns 192.0.2.54", None),
    (BASE + "set add s 10.0.0.1\n", "set del s", None),
    (BASE, "group add g stateless", None),
    (BASE, "group replace spare stateless", None),
    (BASE, "group set spare stateless", None),
    (BASE, "group del spare", None),
    (BASE, "member add web 10.0.0.9", None),
    (BASE, "member del db 10.9.0.0/24", None),
    (BASE, "rule add web ingress proto tcp dport 80 remote group db", None),
    (BASE, "rule replace web ingress proto tcp dport 81 id 2", None),
    (BASE, "rule set web id 2 dport 82", None),
    (BASE, "rule del web id 2", None),
    (BASE, "rule del web ingress proto tcp dport 22", None),
    (BASE, "port add tap3 mac 02:00:00:00:00:08 ip 10.1.0.8 group db", None),
    (BASE, "port replace tap2 mac 02:00:00:00:00:02 group db", None),
    (BASE, "port set tap1 ip 10.1.0.7", None),
    (BASE, "port del tap2", None),
    (BASE, "port show", None),
    (BASE, "-s port show tap1", None),
    (BASE, "port chains tap1", None),
    (BASE, "default show", None),
    (BASE, "set show dns", None),
    (BASE, "group show", None),
    (BASE, "member show", None),
    (BASE, "-s rule show", None),
    (BASE, "flow show port tap1", None),
    (BASE, "-j flow show", None),
    (BASE, "-j save", None),
    (BASE, "status", None),
    (BASE, "-V", None),
    (BASE, "monitor", None),
    (BASE, "shadow apply -", MORE),
)
# what else: with a shadow there
SHADOWS = (
    ("shadow apply -", MORE),
    ("shadow show", None),
    ("-j shadow diff", None),
    ("shadow commit", None),
    ("shadow drop", None),
    ("status", None),
)
# begun again from nothing with each allocation: as little as has one of each kind
SMALL = """default drop tap*
group add web
rule add web egress id 1
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 group web
"""


def setting(kind, name, value):
    with open("/sys/kernel/debug/%s/%s" % (kind, name), "w") as file:
        file.write(value)


class Wrong(Exception):
    pass


class Sweep:
    """The numbers of allocations to fail, until there are no more; the caller
    says with each whether there was one. Objects and pages apart: how many pages
    are asked for changes from run to run, and would move the count of objects."""

    def __init__(self):
        self.fired = False

    def __iter__(self):
        for objects in (True, False):
            setting("failslab", "ignore-gfp-wait", "NY"[not objects])
            setting("fail_page_alloc", "min-order", "0" if not objects else "99")
            n = missed = 0
            while missed < 3:
                n += 1
                if n > MOST:
                    raise Wrong("it does not end")
                yield n
                missed = 0 if self.fired else missed + 1


# what the kernel says, with a trace, of a failure that is handled
HANDLED = re.compile(r"^.*(vmalloc error|page allocation failure|percpu: allocation"
                     r" failed|sysctl could not get directory).*\n"
                     r"(?:(?!.*</TASK>).*\n)*.*</TASK>.*\n", re.M)


class Nth:
    """a call of this process, of which the nth allocation fails"""

    def __init__(self):
        self.fd = os.open("/proc/thread-self/fail-nth", os.O_RDWR)

    def call(self, n, function, *args):
        """what it returned or raised, and whether an allocation failed"""
        os.pwrite(self.fd, b"%d" % n, 0)
        try:
            result = function(*args)
        except OSError as e:
            result = e
        left = os.pread(self.fd, 20, 0)
        os.pwrite(self.fd, b"0", 0)
        return result, int(left) == 0


def udp(src, sport, dport, macs=(VM, FAR)):
    return f.packet(*macs, src, X, 17, f.udp(src, X, sport, dport))


GOOD, BAD = udp(A, 1000, 53), udp("10.1.0.99", 1000, 53)
t = harness.start()
node = harness.Node(t)
for kind in ("failslab", "fail_page_alloc"):
    setting(kind, "verbose", "0")
    setting(kind, "ignore-gfp-wait", "N")
setting("fail_page_alloc", "ignore-gfp-highmem", "N")
setting("failslab", "cache-filter", "Y")
tmp = tempfile.TemporaryDirectory()
DUMPS = ["DEFAULT", "SET", "GROUP", "ADDRS", "RULE", "PORT"]


def steady(message):
    """but for how many connections a port has: the frames below make some"""
    return [(kind, [x for x in genl.attrs(value)
                    if x[0] != genl.N["BR_SG_PORT_A_CT_ENTRIES"]]
             if kind == genl.N["BR_SG_A_PORT"] else value)
            for kind, value in genl.attrs(message)]


def state():
    """all that is in force, figures and serials too, as the kernel tells it"""
    g = node.genl
    return [g.request(g.family, genl.N["BR_SG_CMD_STATUS_GET"])] + [
        [steady(x) for x in g.request(
            g.family, genl.N["BR_SG_CMD_%s_GET" % what], b"", genl.NLM_F_DUMP)]
        for what in DUMPS]


def passing():
    """which of a good and a bad frame of tap1 pass"""
    return [bool(node.send("tap1", x)["qvb"]) for x in (GOOD, BAD)]


class Command:
    """sgctl, as often as it is asked for, each time with another allocation that
    fails"""

    def __init__(self, line, stdin):
        self.files = [tempfile.TemporaryFile("w+", dir=tmp.name)
                      for _ in range(3)]
        self.endless = line == "monitor"
        self.good = (-signal.SIGTERM,) if self.endless else (0, 4)
        self.files[0].write(stdin or "")
        self.files[0].flush()
        orders, self.orders = os.pipe()
        self.results, results = os.pipe()
        self.process = subprocess.Popen(
            [harness.SGCTL, *line.split()], stdin=self.files[0],
            stdout=self.files[1], stderr=self.files[2],
            pass_fds=(orders, results), start_new_session=True,
            env={**os.environ, "LD_PRELOAD": SHIM,
                 "FAIL_NTH": "%d,%d" % (orders, results)})
        os.close(orders)
        os.close(results)

    def ended(self, seconds):
        return select.select([self.results], [], [], seconds)[0]

    def run(self, n):
        """exit status, what it says, whether an allocation failed; None when it
        does not come to an end"""
        os.write(self.orders, struct.pack("=i", n))
        if self.endless and not self.told():
            return None
        if not self.ended(30 * harness.SLOW):
            return None
        status, left = struct.unpack("=ii", os.read(self.results, 8))
        self.files[2].seek(0)
        return os.waitstatus_to_exitcode(status), self.files[2].read(), not left

    def told(self):
        """it has come so far that it tells something, and was ended then; or it
        has ended"""
        end = harness.deadline(30)
        while not self.ended(0.05):
            if os.fstat(self.files[1].fileno()).st_size:
                # not failnth.so, which waits for it
                os.killpg(self.process.pid, signal.SIGTERM)
                return True
            if time.monotonic() > end:
                return False
        return True

    def close(self):
        os.close(self.orders)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.results)
        for file in self.files:
            file.close()


def force(config, shadow=None):
    node.sgctl("apply", "-", stdin=config)
    node.sgctl("shadow", "drop", check=False)
    if shadow is not None:
        node.sgctl("shadow", "apply", "-", stdin=shadow)
    return state(), passing()


def outcome(command, n):
    """exit status, what it says, whether an allocation failed, and all that in
    words"""
    result = command.run(n)
    if not result:
        raise Wrong("allocation %d: it hangs" % n)
    return *result, "allocation %d: exit status %d, %s" % (n, *result[:2])


def fail_one(command, n, there):
    """whether an allocation failed, and whether it mattered"""
    code, said, fired, where = outcome(command, n)
    if not fired:
        if code not in command.good:
            raise Wrong("with none failed: " + where)
        return False, False
    if code in (2, 3) and "Error: " in said:
        now = state(), passing()
        if now != there[:2]:
            raise Wrong(where, "what is in force has changed:", *[
                x for x in zip(there[0], now[0]) if x[0] != x[1]],
                there[1], now[1])
        return True, True
    if code not in command.good:
        raise Wrong(where)
    return True, False


def fail_all(name, line, stdin, one):
    """@one(command, n) is as fail_one()"""
    refused = survived = 0
    wrong = []
    command = Command(line, stdin)
    try:
        sweep = Sweep()
        for n in sweep:
            sweep.fired, mattered = one(command, n)
            refused += mattered
            survived += sweep.fired and not mattered
    except Wrong as e:
        wrong = e.args
    command.close()
    fine(name, wrong, refused, survived)


def fail_each(name, before, line, stdin, shadow=None):
    there = force(before, shadow)

    def one(command, n):
        nonlocal there
        fired, mattered = fail_one(command, n, there)
        if not mattered and state() != there[0]:
            there = force(before, shadow)
        return fired, mattered

    fail_all(name, line, stdin, one)


checkers.take_log()


def fine(name, wrong, refused, survived):
    bad = checkers.bad(HANDLED.sub("", checkers.take_log()))
    t.ok(not wrong and not bad and refused + survived,
         "%s: %d failures" % (name, refused + survived),
         "%d refused, %d survived" % (refused, survived), *wrong, bad)


# all the time, so that a commit and a dropped frame have someone to be told to
heard = tempfile.TemporaryFile("w+", dir=tmp.name)
listener = subprocess.Popen([harness.SGCTL, "-j", "monitor"],
                            stdout=subprocess.DEVNULL, stderr=heard)
for before, line, stdin in COMMANDS:
    fail_each("sgctl %s%s" % (line, "" if before else ", from nothing"),
              before, line, stdin)
for line, stdin in SHADOWS:
    fail_each("sgctl %s, with a shadow" % line, BASE, line, stdin, MORE)

# a change must be seen to be made when it is said to be: the last of each
node.sgctl("flush")
node.sgctl("apply", "-", stdin=MORE)
node.sgctl("apply", "-", stdin=BASE)
t.equal(passing(), [True, False], "after all that it works")

# system calls of this process
nth = Nth()


def each(name, function, check, undo=lambda: None):
    """check(result, fired) says what is wrong"""
    failures, wrong, sweep = 0, None, Sweep()
    for n in sweep:
        result, sweep.fired = nth.call(n, function)
        failures += sweep.fired
        wrong = check(result, sweep.fired)
        if wrong:
            break
        undo()
    fine(name, ["allocation %d: %s" % (n, wrong)] if wrong else [], failures, 0)


# frames: one that must not pass does not pass
def send(*frames):
    for frame in frames:
        os.write(node.taps["tap1"].fd, frame)


def sent(result, fired):
    out = node.taps["qvb"].recv()
    if BAD in out:
        return "a frame passed that must not"
    if not fired and out != [GOOD]:
        return "with none failed it does not pass"
    return None


def fresh():
    harness.sh("conntrack", "-F")
    node.drain()


fresh()
each("a frame that opens a connection", lambda: send(GOOD, BAD), sent, fresh)
node.sgctl("shadow", "apply", "-", stdin=BASE.replace(
    "rule add web egress id 1", "rule add web egress proto tcp id 1"))
fresh()
each("a frame that the shadow would drop", lambda: send(GOOD, BAD), sent, fresh)
node.sgctl("shadow", "drop")

# a device joins a bridge: guarded, or not in it
control = socket.socket()


def port_of(dev, request):
    fcntl.ioctl(control, request, struct.pack("16si20x", b"br0",
                                              socket.if_nametoindex(dev)))


def known():
    """who is who, those that are away too, and which zone is whose"""
    g = node.genl
    return [g.request(g.family, genl.N["BR_SG_CMD_%s_GET" % what], b"",
                      genl.NLM_F_DUMP) for what in ("BINDING", "ZONE")]


def guarded(dev):
    away = known()

    def check(result, fired):
        if result and known() != away:
            return "it is refused, and something has changed: %s" % [
                x for x in zip(away, known()) if x[0] != x[1]]
        if any(node.send(dev, BAD, BAD).values()):
            return "%s is not guarded, %s" % (dev, result)
        if result and not fired:
            return "with none failed it does not join: %s" % result
        return None
    return check


def leave(dev):
    try:
        port_of(dev, SIOCBRDELIF)
    except OSError:     # it is in none
        pass


def serial(dev):
    """None: no port"""
    shown = node.sgctl("-j", "port", "show", dev, check=False).stdout
    return json.loads(shown)[0].get("serial") if shown else None


def left(dev):
    def check(result, fired):
        if result:
            return "it cannot leave: %s" % result
        if any(node.send(dev, BAD, BAD).values()):
            return "%s sends all the same" % dev
        return None
    return check


node.add("tap3", None)
for dev, what in (("tap1", "with a port line"),
                  ("tap3", "that default drop holds")):
    before = serial(dev)
    leave(dev)
    each("a device %s joins a bridge" % what,
         lambda: port_of(dev, SIOCBRADDIF), guarded(dev), lambda: leave(dev))
    leave(dev)
    port_of(dev, SIOCBRADDIF)
    t.equal(serial(dev), before, "and is who it was before")
    each("a device %s leaves it" % what, lambda: port_of(dev, SIOCBRDELIF),
         left(dev), lambda: port_of(dev, SIOCBRADDIF))
    t.equal(serial(dev), before, "and is who it was when it is back")

listener.terminate()
t.equal(listener.wait(), -signal.SIGTERM, "who listens does so to the end")
heard.seek(0)
t.ok("is lost" in heard.read(), "and was told that it was not told all")
node.sgctl("flush")
for x in list(node.taps):
    node.remove(x)
# not from the shared folder, whose client does not survive it
ko = shutil.copy(harness.MODULE, tmp.name)


# another module under a port: whatever fails, it is guarded or blocked, and once
# more goes on from there
def guards():
    """the configuration, the port's serial, what passes, what is left behind"""
    node.genl = genl.Genl()
    return (node.sgctl("save").stdout,
            json.loads(node.sgctl("-j", "port", "show", "tap1").stdout)[0]["serial"],
            passing(), harness.sh("nft", "list", "tables").stdout,
            os.listdir("/run/br_sg"))


def upgrade_each():
    node.sgctl("apply", "-", stdin=SMALL)
    node.sgctl("module", "upgrade", ko)
    there = guards()

    def one(command, n):
        code, said, fired, where = outcome(command, n)
        if code and not (fired and code in (2, 3) and "Error: " in said):
            raise Wrong(where)
        if node.send("tap1", BAD)["qvb"]:
            raise Wrong(where, "a frame passes that must not")
        if code and "DOES NOT GUARD" in said:
            node.sgctl("module", "upgrade", ko)
        now = guards()
        if now != there:
            raise Wrong(where, there, now)
        return fired, code != 0

    fail_all("sgctl module upgrade", "module upgrade " + ko, None, one)


node.add("tap1")
node.add("qvb")
harness.keep_ingress()
upgrade_each()
node.sgctl("flush")
for x in list(node.taps):
    node.remove(x)
t.ok(harness.unload_module(), "the module goes")


# the module is loaded
def unload():
    if harness.module_loaded():
        harness.unload_module()


each("the module is loaded", lambda: harness.insert_module(ko),
     lambda ok, fired: None if ok or fired and not harness.module_loaded()
     else "with none failed it does not load", unload)
t.ok(harness.load_module(), "and again, with none failed")

# a namespace is made: what fails there must leave nothing behind
here = harness.netns_fd()


def namespace():
    return harness._libc.unshare(harness.CLONE_NEWNET)


each("a namespace is made",
     namespace, lambda code, fired: None if not code or fired
     else "with none failed it is not made", lambda: harness.enter(here))
harness.enter(here)
t.done()
