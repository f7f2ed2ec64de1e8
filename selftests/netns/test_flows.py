#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sgctl flow show: which connections ports have judged, by which rule, and what
has become of them.

    tap1 = VM A --+
    tap2 = VM B --+-- [br0] --+-- qvb: who is outside
                              +-- the host
"""
import json
import socket

import frames as f
import harness
from harness import ip

A_MAC, B_MAC, X_MAC = ("02:00:00:00:00:01", "02:00:00:00:00:02",
                       "02:00:00:00:00:99")
MAC = {"a": A_MAC, "b": B_MAC, "x": X_MAC}
ADDR = {4: dict(a="10.1.0.2", b="10.1.0.4", x="10.9.0.7"),
        6: dict(a="fd00::2", b="fd00::4", x="fd09::7")}
UUID = "00112233-4455-6677-8899-aabbccddeeff"
TCP = "rule add a egress proto tcp dport 80 id 3\n"
CONFIG = """
group add a
%srule add a egress proto icmp id 4
rule add a egress proto icmpv6 id 5
rule add a egress proto udp id 6
group add b
rule add b ingress proto udp dport 53 id 7
port add tap1 uuid %s mac %s ip 10.1.0.2 ip fd00::2 group a ct-limit 9000
port add tap2 mac %s ip 10.1.0.4 ip fd00::4 group b
""" % (TCP, UUID, A_MAC, B_MAC)
MANY = 3000     # flows; no message of a dump holds so many

t = harness.start()


def packet(family, src, dst, proto, make):
    a = ADDR[family]
    return f.packet(MAC[src], MAC[dst], a[src], a[dst], proto,
                    make(a[src], a[dst]))


def udp(family, src, dst, sport, dport):
    return packet(family, src, dst, 17,
                  lambda s, d: f.udp(s, d, sport, dport))


def tcp(family, src, dst, sport, dport, flags, seq, ack):
    return packet(family, src, dst, 6, lambda s, d: f.tcp(
        s, d, sport, dport, flags, seq, ack))


def echo(family, src, dst, reply):
    rest = b"\5\1\0\1"
    if family == 6:
        return packet(6, src, dst, 58, lambda s, d: f.icmp6(
            s, d, 128 + reply, 0, rest))
    return packet(4, src, dst, 1,
                  lambda s, d: f.icmp(0 if reply else 8, 0, rest))


def show(node, *words):
    """{(proto, source, destination): flow}; none is there twice"""
    flows = json.loads(node.sgctl("-j", "flow", "show", *words).stdout)
    found = {(x["proto"], x["original"]["source"],
              x["original"]["destination"]): x for x in flows}
    t.equal(len(found), len(flows), "flow show %s: none twice" %
            " ".join(words))
    return found


def tuple_of(src, dst, **more):
    return dict({"source": src, "destination": dst}, **more)


def end(port, direction, version, rule=None, revoked=False, again=False):
    group, number = rule.split() if rule else (None, None)
    return dict({"port": port, "direction": direction, "revoked": revoked,
                 "policy_version": version, "again": again,
                 "counted": False},
                **{"group": group, "id": int(number)} if rule else {})


def version(node, port):
    return json.loads(node.sgctl("-j", "port", "show", port).stdout)[0][
        "policy_version"]


harness.new_netns()
node = harness.Node(t)
t.equal((node.sgctl("flow", "show").stdout, node.sgctl(
    "-j", "flow", "show").stdout), ("", "[]\n"), "nothing configured: no flows")
node.apply(CONFIG)
# a flow of the host's own, in no zone of ours
ip("link set lo up\nlink set br0 address 02:00:00:00:00:80\n"
   "addr add 127.0.0.9/8 dev lo")
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
own.sendto(b"x", ("127.0.0.9", 9))
for v in ADDR:
    node.send("tap1", tcp(v, "a", "x", 5000, 80, "S", 1, 0))
    node.send("qvb", tcp(v, "x", "a", 80, 5000, "SA", 1, 2))
    node.send("tap1", tcp(v, "a", "x", 5000, 80, "A", 2, 2))
    node.send("tap1", echo(v, "a", "x", False))
    node.send("qvb", echo(v, "x", "a", True))
    node.send("tap1", udp(v, "a", "b", 6000, 53))
one, two = version(node, "tap1"), version(node, "tap2")
flows = show(node)
t.equal(len(flows), 6, "TCP, ping and UDP of two families, and no other")
for v, a in ADDR.items():
    name = "IPv%d: " % v
    flow = dict(flows["tcp", a["a"], a["x"]])
    time, zone = flow.pop("timeout"), flow.pop("zone")
    t.equal(flow, {
        "proto": "tcp", "tcp_state": "ESTABLISHED", "seen_reply": True,
        "assured": True,
        "original": tuple_of(a["a"], a["x"], sport=5000, dport=80),
        "reply": tuple_of(a["x"], a["a"], sport=80, dport=5000),
        "ends": [end("tap1", "egress", one, "a 3")]}, name + "TCP")
    t.ok(430000 < time <= 432000 and zone == json.loads(node.sgctl(
        "-j", "status").stdout)["zones"][0]["id"],
         name + "its time and zone", time, zone)
    proto, kind = ("icmp", 8) if v == 4 else ("icmpv6", 128)
    flow = flows[proto, a["a"], a["x"]]
    answer = 0 if v == 4 else 129
    t.equal((flow["original"], flow["reply"], flow["ends"],
             flow["seen_reply"], "tcp_state" in flow), (
        tuple_of(a["a"], a["x"], icmp_type=kind, icmp_code=0, icmp_id=0x501),
        tuple_of(a["x"], a["a"], icmp_type=answer, icmp_code=0,
                 icmp_id=0x501),
        [end("tap1", "egress", one, "a %d" % v if v == 4 else "a 5")],
        True, False), name + "ping")
    flow = flows["udp", a["a"], a["b"]]
    t.equal((flow["ends"], flow["seen_reply"], flow["assured"]),
            ([end("tap1", "egress", one, "a 6"),
              end("tap2", "ingress", two, "b 7")], False, False),
            name + "UDP between two ports, unanswered")

harness.valid(t, "flow-show", node.sgctl("-j", "flow", "show").stdout)

text = node.sgctl("flow", "show").stdout.splitlines()
words = sorted([" ".join(x.split()) for x in text[1:]])
time = {x["proto"]: x["timeout"] for x in flows.values()}
t.ok(text[0].split() == ["proto", "source", "destination", "state", "status",
                         "timeout", "zone", "ports"] and len(text) == 7 and
     len({x.index("tap1") for x in text[1:]}) == 1,
     "as text: a heading, a flow a line, in columns", *text)
t.ok(any(x.startswith("tcp [fd00::2]:5000 [fd09::7]:80 ESTABLISHED assured 43")
         and x.endswith(" tap1 egress rule a id 3 version %d" % one)
         for x in words) and
     any(x.startswith("icmp 10.1.0.2 10.9.0.7 8/0 id 1281 ") for x in words) and
     any(x.startswith("udp 10.1.0.2:6000 10.1.0.4:53 - unanswered ") and
         x.endswith("tap2 ingress rule b id 7 version %d" % two)
         for x in words), "and what they say", *text)

t.equal({k[0] for k in show(node, "port", "tap2")}, {"udp"},
        "those of a port")
t.equal(len(show(node, "port", UUID)), 6, "a port by its UUID")
t.equal(show(node, "revoked"), {}, "none is revoked")
for words, code, says in (
        (("port", "tap9"), 2, 'there is no port "tap9"'),
        (("revoked", "port", UUID[:-1] + "0"), 2, "there is no port"),
        (("port",), 1, "the port is missing"),
        (("revokd",), 1, 'did you mean "revoked"?'),
        (("revoked", "revoked"), 1, "there twice"),
        (("port", "tap1", "port", "tap2"), 1, "there twice")):
    r = node.sgctl("flow", "show", *words, check=False)
    t.ok(r.returncode == code and says in r.stderr and not r.stdout,
         "flow show " + " ".join(words), r.returncode, r.stderr)

# a change: what has been seen of it, packet by packet
node.apply(CONFIG.replace(TCP, ""))
a = ADDR[4]
flows = show(node)
t.equal(flows["tcp", a["a"], a["x"]]["ends"],
        [end("tap1", "egress", one, again=True)],
        "the rule is gone: judged again with the next packet")
t.equal(flows["udp", a["a"], a["b"]]["ends"],
        [end("tap1", "egress", one, again=True),
         end("tap2", "ingress", two, "b 7")],
        "and the other end as before")
node.send("tap1", tcp(4, "a", "x", 5000, 80, "A", 2, 2))
node.send("tap1", udp(4, "a", "b", 6000, 53))
now = version(node, "tap1")
flows = show(node)
t.equal((now != one, flows["tcp", a["a"], a["x"]]["ends"],
         flows["udp", a["a"], a["b"]]["ends"][0],
         flows["tcp", ADDR[6]["a"], ADDR[6]["x"]]["ends"][0]["again"]),
        (True, [end("tap1", "egress", now, revoked=True)],
         end("tap1", "egress", now, "a 6"), True),
        "after it: one is revoked, one goes on, one has not been seen")
t.equal(set(show(node, "revoked")), {("tcp", a["a"], a["x"])},
        "those that are revoked")
t.equal((len(show(node, "revoked", "port", "tap1")),
         len(show(node, "port", "tap2", "revoked"))), (1, 0),
        "of a port")
line = node.sgctl("flow", "show", "revoked").stdout.splitlines()[-1]
t.ok(line.endswith("tap1 egress [revoked] version %d" % now), "as text", line)
node.apply(CONFIG)
node.send("tap1", tcp(4, "a", "x", 5000, 80, "A", 2, 2))
t.equal(show(node)["tcp", a["a"], a["x"]]["ends"],
        [end("tap1", "egress", version(node, "tap1"), "a 3")],
        "the rule is back, and so is the flow")

# more than a message
for port in range(MANY):
    node.taps["tap1"].send(udp(4, "a", "x", 10000 + port, 53))
    if not port % 100:
        node.drain()
flows = json.loads(node.sgctl("-j", "flow", "show", "port", "tap1").stdout)
ports = [x["original"]["sport"] for x in flows
         if x["original"].get("sport", 0) >= 10000]
t.equal((len(ports), len(set(ports))), (MANY, MANY),
        "%d flows, each once" % MANY)
first = node
harness.new_netns()
node = harness.Node(t)
node.apply(CONFIG)
t.equal(show(node), {}, "another network namespace shows none of them")
node.send("tap1", udp(4, "a", "b", 6000, 53))
t.equal(len(show(node)), 1, "but its own")
node.sgctl("flush")
t.equal(show(node), {}, "without a port none is a port's")
t.done()
