#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A VM that was migrated comes with TCP connections of which this host's
conntrack knows nothing: they go on where a rule allows them, unless the port is
strict. So does what was not watched while the port was off."""
import socket
import struct
import time

import frames
import harness
import hosts
from harness import sh
from hosts import ADDR

CONFIG = """
default drop tap*
group add web
rule add web egress proto tcp dport 80 id 1
rule add web ingress proto tcp dport 22 id 2
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web
"""
STRICT = CONFIG.replace(" group web\n", " group web strict\n")
OFF = CONFIG.replace("mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web",
                     "off")
# more than any window
MUCH = 8 << 20

t = harness.start()
node = harness.Node(t, taps=())


def apply(config):
    node.sgctl("apply", "--allow-empty", "-", stdin=config)


class Talk:
    """a TCP connection, its opener's socket and the other's"""

    def __init__(self, opener, family):
        self.opener, self.family = opener, family
        vm, far = ADDR[family]
        self.name = "IPv%d: TCP %s the VM: " % (
            family, "from" if opener == "vm" else "to")
        # what the answerer has not sent back yet
        if opener == "vm":
            self.sockets = hosts.connect(the_vm, outside, family, far, 80)
            self.denied = "egress"
        else:
            self.sockets = hosts.connect(outside, the_vm, family, vm, 22)
            self.denied = "ingress"
        for s in self.sockets:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.settimeout(120 * harness.SLOW)

    def say(self, data, first=0):
        """one end says it, the other says it back"""
        one, other = self.sockets[first], self.sockets[1 - first]
        one.sendall(data)
        got = hosts.receive(other, len(data))
        other.sendall(got)
        return hosts.receive(one, len(data)) == data

    def goes_on(self, why):
        try:
            good = self.say(b"hello") and self.say(b"hello", 1)
        except OSError as e:
            good = e
        t.ok(good is True, self.name + why, good)

    def stream(self):
        """more than a window, one way and then the other"""
        block = b"x" * 16384
        for one, other in self.sockets, self.sockets[::-1]:
            for _ in range(MUCH // len(block)):
                one.sendall(block)
                hosts.receive(other, len(block))

    def stops(self, why, reason):
        """what the opener says is dropped, again and again; it is left unsaid"""
        key = "tap1", self.denied, reason
        before = node.genl.counters().get(key, (0, 0))[0]
        self.sockets[0].sendall(b"hello")
        end = harness.deadline(240)
        while node.genl.counters().get(key, (0, 0))[0] < before + 2:
            if time.monotonic() > end:
                break
            time.sleep(0.05)
        n = node.genl.counters().get(key, (0, 0))[0] - before
        patience = self.sockets[1].gettimeout()
        self.sockets[1].settimeout(0)
        try:
            got = self.sockets[1].recv(1)
        except BlockingIOError:
            got = b""
        self.sockets[1].settimeout(patience)
        t.ok(n >= 2 and not got, self.name + why, n, got)

    def arrives(self, why):
        """what was left unsaid"""
        try:
            got = hosts.receive(self.sockets[1], 5)
        except OSError as e:
            got = e
        t.ok(got == b"hello", self.name + why, got)

    def close(self):
        for s in self.sockets:
            # at once: what is unsaid would be sent, and counted, again and again
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
            s.close()


the_vm, outside = hosts.pair()


def talks():
    return [Talk(opener, family) for opener in ("vm", "outside")
            for family in ADDR]


def forgotten():
    """conntrack knows nothing any more"""
    sh("conntrack", "-F")


# the port is configured when the VM is here already
for config, why in ((CONFIG, "begun before the port was configured"),
                    (STRICT, "the same, strict")):
    open_now = talks()
    apply(config)
    for x in open_now:
        if config == CONFIG:
            x.goes_on(why + ": goes on")
        else:
            x.stops(why + ": does not", "[invalid]")
    apply(CONFIG)
    for x in open_now:
        if config == STRICT:
            x.arrives("not strict any more: it does")
            x.goes_on("both ways")
        x.close()
    node.sgctl("flush")

# it comes to a port that is configured
apply(CONFIG)
open_now = talks()
forgotten()
for x in open_now:
    x.goes_on("its entry is gone: goes on")
apply(STRICT)
for x in open_now:
    x.goes_on("strict from now on: what is known goes on")
forgotten()
for x in open_now:
    x.stops("strict, its entry is gone: does not", "[invalid]")
apply(CONFIG)
for x in open_now:
    x.arrives("not strict any more: it does")
apply(CONFIG.replace("proto tcp", "proto udp"))
forgotten()
for x in open_now:
    x.stops("its entry is gone, no rule allows it: does not", "[no-rule]")
apply(CONFIG)
for x in open_now:
    x.arrives("the rule is back: it does")
    x.goes_on("both ways")
    x.close()

# for a while nobody follows the connections: what conntrack knows of them is old,
# and it knows nothing of one begun then
GAPS = (("the port was off", OFF), ("the port was trusted",
                                    OFF.replace("off", "trusted")),
        ("its groups were stateless", CONFIG.replace(
            "group add web", "group add web stateless").replace(
            "rule add", "rule add web egress id 8\nrule add web ingress id 9\n"
            "rule add", 1)),
        ("nothing was configured", ""))
for why, gap in GAPS:
    for config, strict in (CONFIG, ""), (STRICT, "strict: "):
        apply(config)
        seen = talks()
        apply(gap)
        unseen = talks()
        for x in seen + unseen:
            x.stream()
        apply(config)
        for x in seen:
            name = "%safter much of it while %s: " % (strict, why)
            # a port line that is made anew knows no connection
            if strict and not gap:
                x.stops(name + "does not", "[invalid]")
            else:
                x.goes_on(name + "goes on")
        for x in unseen:
            name = "%sbegun while %s: " % (strict, why)
            if strict:
                x.stops(name + "does not", "[invalid]")
            else:
                x.goes_on(name + "goes on")
        for x in seen + unseen:
            x.close()

# the numbers are followed again: what is far from them is invalid
apply(CONFIG)
x = Talk("vm", 4)
apply(OFF)
x.stream()
apply(CONFIG)
x.goes_on("after much of it while the port was off: goes on")
before = node.genl.counters()
vm, far = ADDR[4]
raw = outside.socket(4, socket.SOCK_RAW, socket.IPPROTO_RAW)
for seq in 0, 1 << 30, 2 << 30, 3 << 30:
    raw.sendto(frames.packet(hosts.FAR, hosts.VM, far, vm, 6, frames.tcp(
        far, vm, 80, x.sockets[0].getsockname()[1], "A", seq, 1,
        b"x"))[14:], (vm, 0))
end = harness.deadline(240)
while time.monotonic() < end:
    n = node.genl.counters().get(("tap1", "ingress", "[invalid]"), [0])[0] - \
        before.get(("tap1", "ingress", "[invalid]"), [0])[0]
    if n:
        break
    time.sleep(0.05)
# those behind it; conntrack lets by what is ahead and does not follow it
t.ok(1 <= n <= 4, "after that, what is far from its window is invalid", n)
x.goes_on("and it goes on")
x.close()
node.sgctl("flush")
t.done()
