#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Flows of two kernels' own stacks, TCP, UDP, ICMP and SCTP, IPv4 and IPv6, begun
by the VM and from outside, under every kind of change: what is revoked is so with
the next packet, what stays allowed loses none, what is allowed again goes on.

Both machines count each flow's packets as they leave (output) and arrive
(prerouting), retransmissions and acknowledgments included, so that what is
missing was lost on the bridge, and not in a socket's buffer:

    after the commit of a change     nothing arrives that had not left by then
    after it is taken back           all arrives that leaves from then on
    of flows that are not concerned  all arrives
"""
import json
import mmap
import os
import select
import socket
import struct
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../netns"))
import harness          # noqa: E402
import hosts            # noqa: E402
from harness import sh, sysctl  # noqa: E402

FAMILIES = (4, 6)
A = {4: "10.1.0.2", 6: "fd00::2"}
PAIR = {4: "10.1.0.3", 6: "fd00::3"}
CUT = {4: "10.1.0.66", 6: "fd00::66"}
KEEP = {4: "10.1.0.67", 6: "fd00::67"}
PROTOS = {"tcp": 6, "udp": 17, "icmp": 1, "sctp": 132}
SIZE = 64
WINDOW = 32             # messages of a stream on their way at once
ENOUGH = 20             # messages of each flow in each phase
SENT, BACK, WRONG = range(3)

t = harness.start()


class Flow:
    """@role: cut, by the changes of rules; keep; pair, from the pair's address"""

    def __init__(self, number, proto, family, opener, role):
        self.number, self.proto, self.family = number, proto, family
        self.opener, self.role = opener, role
        self.stream = proto in ("tcp", "sctp")
        vm = PAIR[family] if role == "pair" else A[family]
        far = CUT[family] if role == "cut" else KEEP[family]
        self.src, self.dst = (vm, far) if opener == "vm" else (far, vm)
        self.near, self.far = (the_vm, outside) if opener == "vm" else (
            outside, the_vm)
        # a number that is no other flow's, either
        self.port = 20000 + number
        self.name = "IPv%d %s from %s, %s" % (family, proto, opener, role)

    def open(self):
        """sockets of both ends; of ICMP the kernel is the other"""
        one, other = (self.src, self.port), (self.dst, 40000 + self.number)
        if self.proto == "icmp":
            kind = socket.IPPROTO_ICMPV6 if self.family == 6 else \
                socket.IPPROTO_ICMP
            s = self.near.socket(self.family, socket.SOCK_DGRAM, kind)
            s.bind(one)
            s.connect((self.dst, 0))
            self.sockets = [s]
        elif self.proto == "udp":
            self.sockets = [m.socket(self.family, socket.SOCK_DGRAM)
                            for m in (self.near, self.far)]
            self.sockets[0].bind(one)
            self.sockets[1].bind(other)
            self.sockets[0].connect(other)
            self.sockets[1].connect(one)
        else:
            self.sockets = hosts.connect(self.near, self.far, self.family,
                                         *other, PROTOS[self.proto], one)
        if self.proto == "tcp":
            for s in self.sockets:
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for s in self.sockets:
            s.setblocking(False)
        self.out, self.unread = [b"", b""], b""

    def message(self, seq):
        body = struct.pack("!IQ", self.number, seq).ljust(SIZE, b"x")
        if self.proto == "icmp":
            kind = 8 if self.family == 4 else 128
            # the kernel puts in the identifier and the checksum
            return struct.pack("!BBHHH", kind, 0, 0, 0, seq & 0xffff) + body
        return body

    def push(self, end, data=b""):
        """of a stream, what its buffer takes now"""
        self.out[end] += data
        try:
            n = self.sockets[end].send(self.out[end][:4096])
            self.out[end] = self.out[end][n:]
        except BlockingIOError:
            pass

    def send(self, count):
        at = self.number * 3
        if not self.stream:
            try:
                self.sockets[0].send(self.message(count[at + SENT]))
                count[at + SENT] += 1
            except BlockingIOError:
                pass
        elif count[at + SENT] - count[at + BACK] < WINDOW:
            self.push(0, self.message(count[at + SENT]))
            count[at + SENT] += 1
        elif self.out[0]:
            self.push(0)

    def receive(self, end, count):
        try:
            data = self.sockets[end].recv(1 << 16)
        except BlockingIOError:
            return
        if end:
            # what it says is said back
            if self.stream:
                self.push(1, data)
            else:
                self.sockets[1].send(data)
            return
        at = self.number * 3
        if not self.stream:
            number, seq = struct.unpack_from(
                "!IQ", data, 8 if self.proto == "icmp" else 0)
            count[at + WRONG] |= number != self.number or \
                seq >= count[at + SENT]
            count[at + BACK] += 1
            return
        self.unread += data
        while len(self.unread) >= SIZE:
            # in order, and none is missing
            count[at + WRONG] |= self.unread[:SIZE] != self.message(
                count[at + BACK])
            count[at + BACK] += 1
            self.unread = self.unread[SIZE:]


class Engine:
    """a process that keeps all flows going until it is told to pause"""

    def __init__(self, flows):
        self.count = memoryview(mmap.mmap(-1, 1 << 16)).cast("Q")
        self.flags = memoryview(mmap.mmap(-1, 4096)).cast("Q")
        self.pid = os.fork()
        if not self.pid:
            try:
                self.run(flows)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)

    def run(self, flows):
        poll = select.epoll()
        by_fd = {}
        for flow in flows:
            for end, s in enumerate(flow.sockets):
                poll.register(s, select.EPOLLIN)
                by_fd[s.fileno()] = flow, end
        while os.getppid() != 1:
            self.flags[1] = self.flags[0]
            for flow in flows if not self.flags[0] else ():
                flow.send(self.count)
            for flow in flows:
                for end in range(len(flow.sockets)):
                    if flow.out[end]:
                        flow.push(end)
            for _ in range(4):
                ready = poll.poll(0.002)
                for fd, _ in ready:
                    flow, end = by_fd[fd]
                    flow.receive(end, self.count)
                if not ready:
                    break

    def pause(self, on):
        self.flags[0] = on
        wait(lambda: self.flags[1] == on, lambda: "the engine's answer")


def wait(done, what, seconds=90):
    end = harness.deadline(seconds)
    while not done():
        if time.monotonic() > end:
            raise RuntimeError("not in time: " + what())
        time.sleep(0.02)


def counters_of(machine):
    """{name: packets}"""
    with machine:
        text = sh("nft", "-j", "list", "counters").stdout
    return {x["counter"]["name"]: x["counter"]["packets"]
            for x in json.loads(text)["nftables"] if "counter" in x}


def count_packets(machine, flows):
    """of each flow, in and out, of the opener (f) and of the other (b)"""
    lines = []
    chains = {"out": [], "in": []}
    for way, chain in chains.items():
        for mark, field, request in (("f", "sport", "request"),
                                     ("b", "dport", "reply")):
            for match, key, mine in (
                    ("meta l4proto { tcp, udp, sctp }", "th " + field,
                     [x for x in flows if x.proto != "icmp"]),
                    ("icmp type echo-" + request, "icmp id",
                     [x for x in flows if x.proto == "icmp" and x.family == 4]),
                    ("icmpv6 type echo-" + request, "icmpv6 id",
                     [x for x in flows if x.proto == "icmp" and
                      x.family == 6])):
                names = {x.port: "%s%s%d" % (way, mark, x.number)
                         for x in mine}
                lines += ["counter %s { }" % x for x in names.values()]
                chain.append("%s counter name %s map { %s }" % (
                    match, key, ", ".join('%d : "%s"' % x
                                          for x in names.items())))
    text = "table inet count {\n%s\n" % "\n".join(lines)
    for way, hook in (("out", "output"), ("in", "prerouting")):
        text += "chain %s { type filter hook %s priority -450;\n%s\n}\n" % (
            way, hook, "\n".join(chains[way]))
    with machine:
        sh("nft", "-f", "-", stdin=text + "}\n")


def snapshot():
    """per flow, of the opener's packets and of the other's: left, arrived"""
    # what arrives is counted before what leaves, so that arrived <= left
    vm, far = counters_of(the_vm), counters_of(outside)
    out = {}
    for x in flows:
        near, there = (vm, far) if x.opener == "vm" else (far, vm)
        n = x.number
        out[x] = ((near["outf%d" % n], there["inf%d" % n]),
                  (there["outb%d" % n], near["inb%d" % n]))
    return out


def lost(now):
    return {x: tuple(left - arrived for left, arrived in v)
            for x, v in now.items()}


def quiet(concerned):
    """no message is begun, and what left has arrived, or has not. The packets of
    flows that are cut are not waited for"""
    engine.pause(1)
    last = None
    same = 0
    end = harness.deadline(60)
    while same < 3 and time.monotonic() < end:
        now = snapshot()
        rest = {x: v for x, v in now.items() if x not in concerned}
        same = same + 1 if rest == last else 0
        last = rest
        time.sleep(0.1)
    return now


def progress(some, more, field=BACK):
    """waits until each of these flows has @more messages"""
    start = {x: engine.count[x.number * 3 + field] for x in some}
    wait(lambda: all(engine.count[x.number * 3 + field] >= n + more
                     for x, n in start.items()),
         lambda: "progress of " + ", ".join(
             x.name for x, n in start.items()
             if engine.count[x.number * 3 + field] < n + more))


def apply(config):
    node.sgctl("apply", "-", stdin=config)


PREFIXES = "".join(
    "rule add cut %s proto %s remote %s\n" % (
        direction, "icmpv6" if (proto, v) == ("icmp", 6) else proto, CUT[v])
    for direction in ("egress", "ingress") for proto in PROTOS
    for v in FAMILIES)


def config(groups="keep cut", rules=PREFIXES, member=True, address=True,
           pair=True, more="", port=None):
    """of the port; what is taken away"""
    return """default drop tap*
set add s %s
group add peers
%sgroup add keep
rule add keep egress remote 10.1.0.67
rule add keep ingress remote 10.1.0.67
rule add keep egress remote fd00::67
rule add keep ingress remote fd00::67
group add cut
%sgroup add bygroup
rule add bygroup egress remote group peers
rule add bygroup ingress remote group peers
group add byset
rule add byset egress remote set s
rule add byset ingress remote set s
%sport add tap1 %s
""" % ("10.1.0.66 fd00::66" if address else "",
       "member add peers 10.1.0.66 fd00::66\n" if member else "", rules, more,
       port or "mac %s ip 10.1.0.2 ip fd00::2%s %s" % (
           hosts.VM, " pair 10.1.0.3 pair fd00::3" if pair else "",
           " ".join("group " + x for x in groups.split())))


# name, before, after, the role that it cuts
CHANGES = [
    ("rules", config(), config(rules=""), "cut"),
    ("a group of the port", config(), config("keep"), "cut"),
    ("members of a group", config("keep bygroup"),
     config("keep bygroup", member=False), "cut"),
    ("addresses of a set", config("keep byset"),
     config("keep byset", address=False), "cut"),
    ("addresses of the port", config(), config(pair=False), "pair"),
    ("off, then on without the rules", config(port="off"), config("keep"),
     "cut"),
    ("trusted, then on without the rules", config(port="trusted"),
     config("keep"), "cut"),
    ("off and on", config(), config(port="off"), None),
    ("trusted and on", config(), config(port="trusted"), None),
    ("strict", config(), config().replace("group cut\n", "group cut strict\n")
     .replace("group add cut strict", "group add cut"), None),
    ("the rule that allows it", config("keep cut"), config("keep byset"), None),
    ("another group and another port", config(), config(
        more="group add z\nrule add z ingress\nport add tap7 mac "
             "02:00:00:00:00:07 ip 10.1.0.7 group z\n"), None),
]

node = harness.Node(t, taps=())
the_vm, outside = hosts.pair([PAIR[v] for v in FAMILIES],
                             [KEEP[v] for v in FAMILIES])
sh("modprobe", "sctp")
for machine in the_vm, outside:
    with machine:
        sysctl("net.ipv4.ping_group_range", "0 2147483647")
        for name, value in (("rto_initial", 300), ("rto_min", 200),
                            ("rto_max", 1000), ("association_max_retrans", 9999),
                            ("path_max_retrans", 9999)):
            sysctl("net.sctp." + name, value)
kinds = [(proto, v, opener, role) for proto in PROTOS for v in FAMILIES
         for opener in ("vm", "outside") for role in ("cut", "keep")]
kinds += [(proto, v, "vm", "pair") for proto in PROTOS for v in FAMILIES]
flows = [Flow(i, *kind) for i, kind in enumerate(kinds)]
for machine in the_vm, outside:
    count_packets(machine, flows)
apply(config())
for flow in flows:
    flow.open()
engine = Engine(flows)
progress(flows, ENOUGH)
start = quiet(())
t.equal({x.name: n for x, n in lost(start).items() if any(n)}, {},
        "%d flows, and nothing lost" % len(flows))


def names(some):
    return sorted(x.name for x in some)[:8]


def unharmed(before, now, concerned):
    """those that lost something and must not"""
    was, lost_now = lost(before), lost(now)
    return ["%s: %s" % (x.name, lost_now[x]) for x in flows
            if x not in concerned and lost_now[x] != was[x]]


for name, old, new, role in CHANGES:
    cut = [x for x in flows if x.role == role]
    rest = [x for x in flows if x.role != role]
    engine.pause(0)
    apply(old)
    progress(flows, ENOUGH)
    begin = quiet(())
    engine.pause(0)
    progress(rest, ENOUGH)
    # the change, under load
    apply(new)
    at = snapshot()
    progress(rest, ENOUGH)
    progress([x for x in cut if not x.stream], ENOUGH, SENT)
    if cut:
        wait(lambda: all(v[0][0] >= at[x][0][0] + 2
                         for x, v in snapshot().items() if x in cut),
             lambda: "packets of those that are cut")
    gone = quiet(cut)
    t.equal(unharmed(begin, gone, cut), [],
            name + ": what is still allowed loses nothing")
    if cut:
        late = [x for x in cut if any(
            gone[x][way][1] > at[x][way][0] for way in (0, 1))]
        t.equal(names(late), [], name + ": of what is not, nothing arrives that "
                "left after the commit")
    # and back
    engine.pause(0)
    progress(rest, ENOUGH)
    apply(old)
    at = snapshot()
    progress(flows, ENOUGH)
    again = quiet(())
    t.equal(unharmed(begin, again, cut), [],
            name + ", taken back: what was allowed loses nothing")
    if cut:
        short = [x for x in cut if any(
            again[x][way][1] - gone[x][way][1] <
            again[x][way][0] - at[x][way][0] for way in (0, 1))]
        t.equal(names(short), [], name + ", taken back: what leaves after the "
                "commit arrives")
t.equal(names(x for x in flows if engine.count[x.number * 3 + WRONG]), [],
        "no stream has a gap, and every answer is to a question")
stats = sh("conntrack", "-S").stdout
t.ok(all(x == "0" for line in stats.splitlines() for key, _, x in
         (word.partition("=") for word in line.split())
         if key in ("drop", "early_drop", "insert_failed")),
     "conntrack itself dropped nothing", stats)
print("# messages answered: %s" % {
    proto: sum(engine.count[x.number * 3 + BACK] for x in flows
               if x.proto == proto) for proto in PROTOS})
os.kill(engine.pid, 9)
os.waitpid(engine.pid, 0)
node.sgctl("flush")
t.done()
