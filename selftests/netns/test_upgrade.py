#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sgctl module upgrade: another module under running machines. Connections go on,
what is revoked stays so, and at no moment, however it ends or is killed, passes
a frame that the policy forbids.

    tap1 = VM --+
    tap9: shut -+-- [br0] --+-- qvb: who is outside
    vm5: renamed+           +-- other: a port that nothing guards
    tap3 = VM ----- [br1]
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import frames as f
import harness
from harness import conntrack, ip, read, sh, sysctl, write

RESTORE = os.path.join(harness.TOP, "contrib/systemd/br-sg-restore")
VM, FAR, SHUT, GHOST = ("02:00:00:00:00:01", "02:00:00:00:00:99",
                        "02:00:00:00:00:09", "02:00:00:00:00:77")
ADDR = {4: ("10.1.0.2", "10.9.0.7"), 6: ("fd00::2", "fd09::7")}
CONFIG = """default drop tap*
group add vm
rule add vm egress proto udp dport 53 id 1
rule add vm egress proto tcp dport 80 id 2
rule add vm ingress proto tcp dport 22 id 3
rule add vm ingress proto udp dport 7 id 4
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group vm
port add tap3 mac 02:00:00:00:00:03 ip 10.1.0.3 group vm
"""
REVOKED = "rule add vm egress proto tcp dport 81 id 5\n"
MARK = b"FORBIDDEN"
STATE = "/run/br_sg"
TABLES = ["table", "bridge", "br_sg_upgrade", "table", "netdev", "br_sg_upgrade"]

t = harness.start()
work = tempfile.mkdtemp()
bins = work + "/bin"
os.mkdir(bins)
os.environ["PATH"] = bins + ":" + os.environ["PATH"]
nft, insmod, modprobe = (shutil.which(x, path="/usr/sbin:/sbin:/usr/bin:/bin")
                         for x in ("nft", "insmod", "modprobe"))


# a program that counts its calls, and at one of them, before or after its work,
# does what work/at says with the process that called it
FAKE = """#!/bin/sh
echo x >>%(work)s/%(name)s.n
n=$(wc -l <%(work)s/%(name)s.n)
at() {
	[ -e %(work)s/at.$n.$1.%(name)s ] || return 0
	. %(work)s/at.$n.$1.%(name)s
}
at before
%(run)s
code=$?
at after
exit $code
"""
write(bins + "/nft", FAKE % dict(work=work, name="nft", run=nft + ' "$@"'), 0o755)
write(bins + "/modprobe", FAKE % dict(
    work=work, name="modprobe",
    run='if [ "$*" = br_sg ]; then [ -d /sys/module/br_sg ] || %s %s/br_sg.ko; '
        'else %s "$@"; fi' % (insmod, work, modprobe)), 0o755)
shutil.copy(harness.MODULE, work + "/br_sg.ko")


def tcp(src, dst, sport, dport, flags, seq, ack=0, data=b""):
    return f.tcp(src, dst, sport, dport, flags, seq, ack, data)


class Way:
    """what a VM and one outside send each other, of a family"""

    def __init__(self, family):
        self.vm, self.far = ADDR[family]

    def out(self, proto, payload):
        return f.packet(VM, FAR, self.vm, self.far, proto, payload)

    def back(self, proto, payload):
        return f.packet(FAR, VM, self.far, self.vm, proto, payload)

    def udp(self, sport, dport, data=b"data"):
        return self.out(17, f.udp(self.vm, self.far, sport, dport, data))

    def udp_back(self, sport, dport, data=b"data"):
        return self.back(17, f.udp(self.far, self.vm, sport, dport, data))

    def tcp(self, sport, dport, flags, seq, ack=0, data=b""):
        return self.out(6, tcp(self.vm, self.far, sport, dport, flags, seq,
                               ack, data))

    def tcp_back(self, sport, dport, flags, seq, ack=0, data=b""):
        return self.back(6, tcp(self.far, self.vm, sport, dport, flags, seq,
                                ack, data))


WAYS = {v: Way(v) for v in ADDR}


def forbidden():
    """tap -> frames that come out at no other, or at no guarded one"""
    w4, w6 = WAYS[4], WAYS[6]
    return {
        "tap1": [w4.udp(900, 54, MARK), w6.udp(900, 54, MARK),
                 f.packet(GHOST, FAR, w4.vm, w4.far, 17,
                          f.udp(w4.vm, w4.far, 900, 53, MARK)),
                 f.packet(VM, FAR, "10.1.0.66", w4.far, 17,
                          f.udp("10.1.0.66", w4.far, 900, 53, MARK))],
        "tap9": [f.packet(SHUT, FAR, "10.1.0.9", w4.far, 17,
                          f.udp("10.1.0.9", w4.far, 900, 53, MARK)),
                 f.eth(FAR, SHUT, 0x88b5, MARK * 8)],
        "vm5": [f.eth(FAR, SHUT, 0x88b5, MARK * 8)],
        "qvb": [w4.udp_back(53, 900, MARK), w6.udp_back(53, 900, MARK),
                f.packet(FAR, f.BROADCAST, w4.far, "10.1.0.255", 17,
                         f.udp(w4.far, "10.1.0.255", 900, 99, MARK))],
    }


GUARDED = ("tap1", "tap9", "vm5")


class Storm(threading.Thread):
    """sends what is forbidden, all the time, and looks where it comes out"""

    def __init__(self, taps):
        super().__init__()
        self.taps = taps
        self.frames = forbidden()
        self.sent, self.out = 0, []
        self.over = threading.Event()

    def look(self):
        for name, tap in self.taps.items():
            for frame in tap.recv():
                # of the unguarded two one sends what the other may see
                if MARK in frame and (name in GUARDED or
                                      frame not in self.frames["qvb"]):
                    self.out.append((name, frame[:60].hex()))

    def run(self):
        while not self.over.is_set():
            for name, frames in self.frames.items():
                for frame in frames:
                    self.taps[name].send(frame)
                    self.sent += 1
            self.look()
            # one processor of two is sgctl's
            time.sleep(0.001)
        self.look()

    def end(self):
        self.over.set()
        self.join()


def stormy(run, name):
    """@run while the storm blows; what it returned"""
    node.drain()
    storm = Storm({x: node.taps[x] for x in GUARDED + ("qvb", "other")})
    storm.start()
    try:
        return run()
    finally:
        storm.end()
        t.ok(storm.sent and not storm.out,
             "%s: none of %d forbidden frames came out" % (
                 name, 100 * (storm.sent > 100)), storm.out[:5])


def upgrade(*args, verb="upgrade"):
    return sh(harness.SGCTL, "module", verb, *args, check=False)


def expect(code, name, *words, args=(), verb="upgrade"):
    r = stormy(lambda: upgrade(*args, verb=verb), name)
    t.ok(r.returncode == code and all(w in r.stderr + r.stdout for w in words),
         "%s: exit status %d" % (name, code), r.returncode, r.stdout, r.stderr)
    return r


def at(n, when, program, what):
    write("%s/at.%d.%s.%s" % (work, n, when, program), what)


def calm():
    for name in os.listdir(work):
        if name.startswith("at.") or name.endswith(".n"):
            os.remove(work + "/" + name)


def tables():
    """of nftables, but for ours"""
    return sh(nft, "list", "tables").stdout.replace(harness.KEPT, "").split()


def left():
    return sorted(x for x in os.listdir(STATE) if x != "lock")


def port(dev="tap1"):
    return json.loads(node.sgctl("-j", "port", "show", dev).stdout)[0]


def came(sender, frame, at_tap):
    return frame in node.send(sender, frame)[at_tap]


SEQ = {}


def begin():
    """connections, each with a direction that only their being one lets by"""
    SEQ.clear()
    for w in WAYS.values():
        node.send("tap1", w.udp(1000, 53))
        node.send("qvb", w.udp_back(53, 1000))
        node.send("qvb", w.udp_back(2001, 7))
        node.send("tap1", w.udp(7, 2001))
        node.send("tap1", w.tcp(1001, 80, "S", 1000))
        node.send("qvb", w.tcp_back(80, 1001, "SA", 5000, 1001))
        node.send("tap1", w.tcp(1001, 80, "A", 1001, 5001))
        node.send("qvb", w.tcp_back(2000, 22, "S", 1000))
        node.send("tap1", w.tcp(22, 2000, "SA", 5000, 1001))
        node.send("qvb", w.tcp_back(2000, 22, "A", 1001, 5001))
        # nobody's: the unguarded port took it
        node.send("qvb", w.udp_back(53, 1999))


def go_on(name):
    for family, w in WAYS.items():
        n = SEQ[family] = SEQ.get(family, 0) + 4
        got = [came("qvb", w.udp_back(53, 1000), "tap1"),
               came("tap1", w.udp(1000, 53), "qvb"),
               came("tap1", w.udp(7, 2001), "qvb"),
               came("qvb", w.udp_back(2001, 7), "tap1"),
               came("qvb", w.tcp_back(80, 1001, "PA", 5001 + n - 4, 1001 + n - 4,
                                      b"resp"), "tap1"),
               came("tap1", w.tcp(1001, 80, "PA", 1001 + n - 4, 5001 + n,
                                  b"more"), "qvb"),
               came("tap1", w.tcp(22, 2000, "PA", 5001 + n - 4, 1001 + n - 4,
                                  b"resp"), "qvb"),
               came("qvb", w.tcp_back(2000, 22, "PA", 1001 + n - 4, 5001 + n,
                                      b"more"), "tap1")]
        t.equal(got, [True] * 8, "%s: IPv%d: TCP and UDP that the VM opened, and "
                "that it answered, go on both ways" % (name, family))
        got = [came("qvb", w.udp_back(53, 1999), "tap1"),
               came("qvb", w.udp_back(53, 1998), "tap1"),
               came("tap1", w.udp(1999, 54), "qvb")]
        t.equal(got, [False] * 3,
                "%s: IPv%d: what never was allowed is not" % (name, family))


def shut(name):
    frames = forbidden()
    out = [(sender, to) for sender in frames for frame in frames[sender]
           for to, seen in node.send(sender, frame).items()
           if frame in seen and (sender in GUARDED or to in GUARDED)]
    t.equal(out, [], name + ": what is forbidden passes nowhere")


def as_before(name):
    """guarded, connected, and nothing left behind"""
    t.equal((node.sgctl("save").stdout, tables(), left()), (CONFIG, [], []),
            name + ": in force is what was, no table and no file is left")
    go_on(name)
    shut(name)


def bare_netns():
    harness.bare_netns()
    harness.keep_ingress(nft)
    for name, value in (("udp_timeout", 36000), ("udp_timeout_stream", 36000),
                        ("acct", 1)):
        sysctl("net.netfilter.nf_conntrack_" + name, value)


def fresh():
    """a node whose machines are connected"""
    global node
    calm()
    bare_netns()
    node = harness.Node(t, taps=("tap1", "tap9", "qvb", "other"))
    ip("link add br1 type bridge ageing_time 0 mcast_snooping 0\n"
       "link set br1 up")
    node.add("tap3", "br1")
    node.add("tap5")
    node.apply(CONFIG + REVOKED + "port add tap5 mac %s\n" % SHUT)
    for w in WAYS.values():
        node.send("tap1", w.tcp(1002, 81, "S", 1000))
        node.send("qvb", w.tcp_back(81, 1002, "SA", 5000, 1001))
        node.send("tap1", w.tcp(1002, 81, "A", 1001, 5001))
    ip("link set tap5 down\nlink set tap5 name vm5\nlink set vm5 up")
    node.taps["vm5"] = node.taps.pop("tap5")
    node.apply(CONFIG)
    for w in WAYS.values():
        node.send("tap1", w.tcp(1002, 81, "PA", 1001, 5001, b"x"))
    begin()


def done():
    """of this netns"""
    node.sgctl("flush", check=False)
    for family in "bridge", "netdev":
        sh(nft, "delete", "table", family, "br_sg_upgrade", check=False)
    for tap in node.taps.values():
        tap.close()


def entries(port_no):
    """with the packets that conntrack has seen, without the time that is left"""
    return sorted([w for w in line.split() if not w.isdigit()]
                  for line in conntrack("dport=%d" % port_no))


# the whole way
fresh()
go_on("before")
before, zones, tomb = port(), node.genl.status()[2], entries(81)
t.equal(len(tomb), 2, "two revoked connections are kept")
write("/sys/module/br_sg/parameters/budget", "777")
r = expect(0, "upgrade", "2 ports, blocked for ")
node.genl = harness.genl.Genl()
after = port()
t.equal((after["serial"], after["policy_version"], after["ifindex"]),
        (before["serial"], before["policy_version"] + 1, before["ifindex"]),
        "a port keeps its serial and has the next version")
t.equal((len(zones), node.genl.status()[2]), (2, zones),
        "a bridge keeps its zone")
t.equal(read("/sys/module/br_sg/parameters/budget"), "777\n",
        "the module keeps its parameter")
write("/sys/module/br_sg/parameters/budget", "1024")
for v, w in WAYS.items():
    out = [came("qvb", w.tcp_back(81, 1002, "RA", 5001, 1002), "tap1"),
           came("tap1", w.tcp(1002, 81, "S", 9000), "qvb")]
    t.equal(out, [False] * 2, "IPv%d: RST and SYN do not revive what is revoked" % v)
t.equal(entries(81), tomb, "conntrack has not seen them")
for v, w in WAYS.items():
    out = [came("tap1", w.tcp(1002, 81, "PA", 1002, 5001, b"x"), "qvb"),
           came("qvb", w.tcp_back(81, 1002, "PA", 5001, 1002, b"x"), "tap1")]
    t.equal(out, [False] * 2, "IPv%d: nor does data" % v)
as_before("upgraded")
node.sgctl("rule", "add", "vm", "egress", "proto", "tcp", "dport", "81", "id", "5")
for v, w in WAYS.items():
    t.ok(came("tap1", w.tcp(1002, 81, "PA", 1001, 5001, b"y"), "qvb"),
         "IPv%d: and goes on when the rule is back" % v)
node.sgctl("apply", "-", stdin=CONFIG)
before = port()
expect(0, "once more")
as_before("once more")
t.equal(port()["serial"], before["serial"], "with the same serial again")
save = node.sgctl("save").stdout
t.ok("serial" not in save and save == CONFIG, "save knows nothing of it")

# another version, from a file
version = json.loads(node.sgctl("-j", "-V").stdout)["module"]
other = version[:-1] + ("9" if version[-1] != "9" else "8")
with open(harness.MODULE, "rb") as ko:
    image = ko.read()
with open(work + "/other.ko", "wb") as ko:
    ko.write(image.replace(version.encode(), other.encode()))
expect(0, "another version", "%s -> %s" % (version, other), args=(work + "/other.ko",))
t.equal(json.loads(node.sgctl("-j", "-V").stdout)["module"], other,
        "the file's module is loaded")
as_before("another version")
r = upgrade()
t.ok("%s -> %s, 2 ports" % (other, version) in r.stdout, "and back again",
     r.stdout, r.stderr)
as_before("back again")

# refused before anything is touched
generation = harness.genl.Genl().status()[1]


def untouched(code, name, *words, args=()):
    expect(code, name, *words, args=args)
    t.equal(harness.genl.Genl().status()[1], generation,
            name + ": nothing was committed")
    as_before(name)


untouched(1, "no such file", "nothing was changed", args=(work + "/none.ko",))
write(work + "/text.ko", "text\n")
untouched(2, "a file that is no module", "not br_sg.ko", "nothing was changed",
          args=(work + "/text.ko",))
with open(work + "/alien.ko", "wb") as ko:
    ko.write(image.replace(b"vermagic=" + os.uname().release.encode(),
                           b"vermagic=" + os.uname().release[:-1].encode() + b"~"))
untouched(2, "a module of another kernel", "another kernel",
          args=(work + "/alien.ko",))
calm()
at(1, "before", "nft", "exit 127\n")
untouched(2, "nft is absent", "apt install nftables", "nothing was changed")
calm()
ns = "upgrade-test"
sh("ip", "netns", "add", ns)
sh(harness.SGCTL, "-n", ns, "default", "drop", "tap*")
untouched(2, "another network namespace has ports", ns, "nothing was changed")
sh(harness.SGCTL, "-n", ns, "flush")
r = sh(harness.SGCTL, "module", "upgrade", "now", "then", check=False)
t.ok(r.returncode == 1, "a word too many is a usage error", r.stderr)
expect(0, "resume without an upgrade that was broken off", verb="resume")

# it fails on the way
with open(work + "/broken.ko", "wb") as ko:
    ko.write(image.replace(b"\0nf_conntrack_in\0", b"\0nf_conntrack_no\0"))
expect(2, "a module that does not load", "see dmesg", "guards the ports as before",
       args=(work + "/broken.ko",))
as_before("a module that does not load")
calm()
at(2, "after", "nft", "%s -n %s default drop 'tap*'\n" % (harness.SGCTL, ns))
expect(2, "another takes the module in the last moment",
       "cannot be removed", "guards the ports as before")
as_before("another takes the module")
sh(harness.SGCTL, "-n", ns, "flush")
calm()
at(1, "before", "modprobe", "exit 1\n")
at(2, "before", "modprobe", "exit 1\n")
expect(3, "no module loads at all", "DOES NOT GUARD", "drops ALL")
t.equal((tables(), harness.module_loaded(), len(left())), (TABLES, False, 1),
        "no module at all: the tables and the file stay")
stormy(lambda: time.sleep(0.2), "no module at all")
calm()
expect(0, "then one does", "broken off")
node.genl = harness.genl.Genl()
as_before("then one does")
calm()
at(1, "before", "modprobe", "exit 1\n")
at(2, "before", "modprobe", "exit 1\n")
expect(3, "no module again")
calm()
write(work + "/config", CONFIG)
env = ["CONFIG=" + work + "/config", "STATE=" + work + "/var",
       "SGCTL=" + harness.SGCTL]
r = stormy(lambda: sh("env", "-u", "JOURNAL_STREAM", *env, RESTORE, check=False),
           "br-sg-restore")
t.equal(r.returncode, 0, "br-sg-restore goes on where it was broken off")
as_before("br-sg-restore")
calm()
at(1, "before", "modprobe", "kill -9 $PPID; exit\n")
upgrade()
state = STATE + "/" + left()[0]
write(state, read(state).replace("# end\n", ""))
calm()
expect(2, "the file is cut off", "no end", "stay blocked")
r = stormy(lambda: sh("env", "-u", "JOURNAL_STREAM", *env, RESTORE, check=False),
           "br-sg-restore, the file is cut off")
t.ok(r.returncode == 4 and "br_sg_upgrade drops ALL" in r.stderr,
     "br-sg-restore says so too", r.returncode, r.stderr)
t.equal((tables()[:3], node.sgctl("save").stdout), (TABLES[:3], CONFIG),
        "its configuration is in force, and the ports stay blocked")
os.remove(state)
done()

# killed
# the program that it called dies with it, before its work or after
KILL = "kill -9 $PPID; exit\n"
for n, when, program, blocked in (
        (1, "before", "nft", False), (2, "before", "nft", False),
        (2, "after", "nft", True), (3, "before", "nft", True),
        (3, "after", "nft", True), (1, "before", "modprobe", True),
        (1, "after", "modprobe", True), (4, "before", "nft", True),
        (4, "after", "nft", False)):
    fresh()
    name = "killed %s call %d of %s" % (when, n, program)
    before, zones = port(), harness.genl.Genl().status()[2]
    at(n, when, program, KILL)
    r = stormy(upgrade, name)
    t.equal((r.returncode, "br_sg_upgrade" in tables()), (-9, blocked),
            name + ": it is dead, and the ports " +
            ("blocked" if blocked else "guarded"))
    stormy(lambda: time.sleep(0.1), name + ", after")
    calm()
    r = stormy(upgrade, name + ", again")
    t.equal((r.returncode, port()["serial"], harness.genl.Genl().status()[2]),
            (0, before["serial"], zones),
            name + ": a second upgrade finishes the job")
    node.genl = harness.genl.Genl()
    as_before(name)
    done()

# between flush and removal it runs no program: held there by another netns
fresh()
name = "killed between flush and removal"
serial = port()["serial"]
at(2, "after", "nft", "%s -n %s default drop 'tap*'\n" % (harness.SGCTL, ns))


def flushed_and_killed():
    p = subprocess.Popen([harness.SGCTL, "module", "upgrade"],
                         stderr=subprocess.DEVNULL)
    end = harness.deadline(60)
    while "port" in node.sgctl("save").stdout and time.monotonic() < end:
        pass
    p.send_signal(signal.SIGKILL)
    return p.wait()


t.equal(stormy(flushed_and_killed, name), -9, name + ": it is dead")
t.equal((tables(), node.sgctl("save").stdout), (TABLES, ""),
        name + ": nothing is in force, all is blocked")
sh(harness.SGCTL, "-n", ns, "flush")
calm()
expect(0, name + ", again")
node.genl = harness.genl.Genl()
t.equal(port()["serial"], serial, name + ": and the serial is the same")
as_before(name)

# what somebody configured meanwhile counts, if it guards as much
calm()
at(4, "before", "nft", KILL)
stormy(upgrade, "killed when all is in force")
calm()
node.sgctl("rule", "add", "vm", "egress", "proto", "udp", "dport", "54", "id", "9")
t.equal(upgrade().returncode, 0, "then a rule is added, and it goes on")
t.ok("dport 54" in node.sgctl("save").stdout, "the rule stays")
node.sgctl("apply", "-", stdin=CONFIG)
calm()
at(3, "after", "nft", KILL)
stormy(upgrade, "killed when all is blocked")
calm()
node.sgctl("port", "del", "tap1")
t.equal(upgrade().returncode, 0, "then a port is deleted, and it goes on")
t.equal(node.sgctl("save").stdout, CONFIG, "the port is back: never open")
done()
sh("ip", "netns", "del", ns)

# the entries of before are a port's still
fresh()
node.apply(CONFIG.replace("fd00::2", "fd00::2 ct-limit 20"))
mine = [WAYS[4].udp(3000 + i, 53) for i in range(30)]


def passed():
    return [came("tap1", frame, "qvb") for frame in mine]


before = passed()
t.ok(before[0] and not before[-1], "a port is at its cap", before)
expect(0, "at its cap")
t.equal(passed(), before, "and is so afterwards: what passed passes, and no more")
done()

# nothing is guarded: nothing is blocked
bare_netns()
node = harness.Node(t, taps=("qvb", "other"))
calm()
r = upgrade()
t.ok(r.returncode == 0 and not os.path.exists(work + "/nft.n"),
     "without a configuration nft is not asked", r.stderr)
t.ok(harness.unload_module(), "the module can be removed")
r = upgrade()
t.ok(r.returncode == 3 and "nothing to upgrade" in r.stderr,
     "and then there is none to upgrade", r.stderr)
harness.load_module()
shutil.rmtree(work)
t.done()
