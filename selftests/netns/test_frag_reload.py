#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Parts of a datagram wait in conntrack's hands while the module goes and another
comes. They wait for the others in the bridge's zone: where the bridge has it again, the
datagram comes out; where it has not, what came before is lost, as the parts time out.
"""
import json

import frames as f
import harness

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
CONFIG = """default drop tap*
group add web
rule add web egress proto udp dport 53 id 1
rule add web ingress proto udp dport 7000 id 2
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web%s
"""
NO_ZONE, ZONE = CONFIG % "", CONFIG % " zone 700"

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
ident = 100


def parts(family, sport, dport, out):
    global ident
    ident += 1
    vm, far = ADDR[family]
    a, b, macs = (vm, far, (VM, FAR)) if out else (far, vm, (FAR, VM))
    kw = {} if family == 6 else {"ident": ident}
    frame = f.packet(*macs, a, b, 17,
                     f.udp(a, b, sport, dport, b"u" * 3000), **kw)
    return f.fragments4(frame, 1232) if family == 4 else \
        f.fragments6(frame, 1232, ident)


def zone():
    return json.loads(node.sgctl("-j", "status").stdout)["zones"][0]["id"]


def reload(config):
    node.sgctl("flush")
    harness.unload_module()
    harness.load_module()
    node.apply(config)


def flush(config):
    node.sgctl("flush")
    node.apply(config)


def upgrade(config):
    node.sgctl("module", "upgrade", harness.MODULE)


def again(config):
    node.genl = harness.genl.Genl()
    node.before = None


# by way: is the bridge's zone the same then, without entries in it and with? They
# are anybody's to a module that is not told: it takes a zone without any
WAYS = (("a flush", flush, NO_ZONE, True, True),
        ("sgctl module upgrade", upgrade, NO_ZONE, True, True),
        ("unload and load, by a zone that is given", reload, ZONE, True, True),
        ("unload and load", reload, NO_ZONE, True, None))
sport = 1000
for entries in (False, True):
    for name, way, config, *kept in WAYS:
        # of an earlier turn nothing is known
        harness.sh("conntrack", "-F")
        reload(config)
        if entries:
            for family in ADDR:
                vm, far = ADDR[family]
                node.send("tap1", f.packet(VM, FAR, vm, far, 17, f.udp(
                    vm, far, 999, 53)))
        waiting = []
        for family in ADDR:
            for out in (True, False):
                for dport in (53, 54) if out else (7000, 7001):
                    sport += 1
                    p = parts(family, sport, dport, out)
                    node.send("tap1" if out else "qvb", p[0])
                    waiting.append((family, out, dport, p))
        before = zone()
        way(config)
        again(config)
        same = zone() == before
        if kept[entries]:
            t.ok(same, "%s%s: the bridge has its zone again" % (
                name, ", with entries" if entries else ""), before, zone())
        for family, out, dport, p in waiting:
            allowed = dport in (53, 7000)
            node.count()
            came = node.send("tap1" if out else "qvb", *p[1:])
            got = came["qvb" if out else "tap1"]
            moved = {" ".join(k): v for k, v in node.count().items()}
            way_of = "tap1 egress " if out else "tap1 ingress "
            want = {way_of + ("web %d" % (1 if out else 2) if allowed else
                              "[no-rule]"): 1} if same else {}
            t.ok(len(got) == (3 if same and allowed else 0) and moved == want,
                 "%s%s: IPv%d, begun before, %s the VM, to port %d: %s" % (
                     name, ", with entries" if entries else "", family,
                     "from" if out else "to", dport,
                     "whole" if same and allowed else "dropped" if same else
                     "lost, the zone is another"), len(got), moved)
            # and what is begun now is whole, by itself
            if not same and allowed:
                q = parts(family, sport, dport, out)
                sender, to = ("tap1", "qvb") if out else ("qvb", "tap1")
                t.ok(len(node.send(sender, *q)[to]) == 3,
                     "%s%s: IPv%d, begun behind it" % (
                         name, ", with entries" if entries else "", family))
        node.sgctl("flush")
t.done()
