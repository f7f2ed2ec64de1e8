#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two ports of a bridge with one virtual address and MAC (VRRP): a copy that one
gets does not take the other's word, whichever the bridge serves first.

    tap1, tap2: master and backup --[ br0 ]-- qvb: who is outside
"""
import frames as f
import harness

VMAC, X_MAC = "00:00:5e:00:01:01", "02:00:00:00:00:99"
ADDR = {4: ("10.1.0.100", "10.9.0.7"), 6: ("fd00::100", "fd09::7")}
PORTS = """default drop tap*
group add g
%s"""
PORTS += "".join("port add tap%d mac 02:00:00:00:00:0%d ip 10.1.0.%d ip fd00::%d "
                 "pair 10.1.0.100 mac %s pair fd00::100 mac %s group g "
                 "ct-limit 64\n" % (n, n, n, n, VMAC, VMAC) for n in (1, 2))
INGRESS = "rule add g ingress proto tcp dport 80 id 1\n" \
    "rule add g ingress proto udp dport 53 id 2\n"
EGRESS = "rule add g egress id 3\n"
MORE = "rule add g ingress proto tcp dport 22 id 4\n"

t = harness.start()


def packet(v, proto, out, flags="A"):
    """of the flow that X opens, or with @out of its answer"""
    vip, far = ADDR[v]
    s, d = (vip, far) if out else (far, vip)
    ports = (1000, 80 if proto == "tcp" else 53)
    ports = ports[::-1] if out else ports
    if proto == "udp":
        data = 17, f.udp(s, d, *ports)
    else:
        data = 6, f.tcp(s, d, *ports, flags, 1 if "S" in flags else 2,
                        2 if "A" in flags else 0, b"" if "S" in flags else b"x")
    return f.packet(VMAC if out else X_MAC, X_MAC if out else VMAC, s, d, *data)


def each(rules):
    """a node for each order, family and protocol; master and backup"""
    for order in ("tap1", "tap2"), ("tap2", "tap1"):
        for v in ADDR:
            for proto in "tcp", "udp":
                harness.new_netns()
                node = harness.Node(t, taps=order + ("qvb",))
                node.apply(PORTS % rules)
                for master, backup in ("tap1", "tap2"), ("tap2", "tap1"):
                    harness.sh("conntrack", "-F")
                    yield node, v, proto, master, backup, \
                        "IPv%d %s, %s is master, %s the first port: " % (
                            v, proto.upper(), master, order[0])


def to_both(node, name, frame, counts):
    node.check(name, "qvb", frame, to=["tap1", "tap2"], counts=counts)


for rules in INGRESS, INGRESS + EGRESS:
    for node, v, proto, master, backup, name in each(rules):
        rule = "ingress g %d" % (1 if proto == "tcp" else 2)
        name += "egress any, " if EGRESS in rules else ""
        by_rule = ["tap1 " + rule, "tap2 " + rule]
        copy = "%s ingress [no-rule]"

        def answers(who, other, why, flags="A"):
            node.check(name + why, who, packet(v, proto, True, flags),
                       to=["qvb"], counts=[who + " egress established",
                                           copy % other])

        def asks(who, other, why, flags="A"):
            to_both(node, name + why, packet(v, proto, False, flags),
                    [who + " ingress established", other + " " + rule])

        node.count()
        to_both(node, name + "the request", packet(v, proto, False, "S"),
                by_rule)
        answers(master, backup, "is answered", "SA")
        for i in range(2):
            asks(master, backup, "more of it")
            answers(master, backup, "and of the answer")
        # the backup becomes master in mid-connection, and back
        for who, other in (backup, master), (master, backup):
            answers(who, other, "%s takes over" % who)
            for i in range(2):
                asks(who, other, "it is asked")
                answers(who, other, "it answers")
        # the word is the flow's, not the answer's: the rule goes, the flow goes
        node.apply(PORTS % rules.replace(INGRESS, MORE))
        node.count()
        for who, other in (master, backup), (backup, master):
            node.check(name + "its rule is gone: %s" % who, who,
                       packet(v, proto, True),
                       counts=who + " egress [revoked]")
        node.check(name + "nor does a request", "qvb", packet(v, proto, False),
                   counts=["tap1 ingress [revoked]", "tap2 ingress [revoked]"])
        node.apply(PORTS % rules)

# many flows: what a copy gave a port goes with the entry, and is counted once
harness.new_netns()
node = harness.Node(t, taps=("tap2", "tap1", "qvb"))
node.apply(PORTS % INGRESS)
lost = 0
for i in range(40):
    vip, far = ADDR[4]
    out = node.send("qvb", f.packet(X_MAC, VMAC, far, vip, 17,
                                    f.udp(far, vip, 2000 + i, 53)))
    lost += len(out["tap1"]) != 1 or len(out["tap2"]) != 1
    for j in range(3):
        out = node.send("tap1", f.packet(VMAC, X_MAC, vip, far, 17,
                                         f.udp(vip, far, 53, 2000 + i)))
        lost += len(out["qvb"]) != 1
t.equal(lost, 0, "40 flows at a limit of 64: none is refused")
t.done()
