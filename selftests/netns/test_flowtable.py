#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A flowtable of nftables: what it takes over goes past every bridge hook.

    vm = tap1 --[br0, the VM's router]-- host --- wan = wan

The host routes between the two and offloads the flow. With the tap in the
flowtable a frame of it passes with any MAC, and after its rule is gone: as README
says, and `sgctl status` names the device. With the bridge in its place the guard
holds. The frames that come out are the verdict; no counter of br_sg moves."""
import json
import os

import frames as f
import harness

t = harness.start()
harness.hush()
VM, MX = "02:00:00:00:00:01", "02:00:00:00:00:99"
BR, WAN, PEER = "02:00:00:00:00:05", "02:00:00:00:00:06", "02:00:00:00:00:07"
ADDR = {4: ("10.1.0.2", "192.0.2.9"), 6: ("fd00::2", "fd09::9")}
RULES = "group add web\nrule add web egress proto udp dport 53\n" \
    "rule add web ingress proto udp dport 7000\n"
PORT = "port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web\n"
TABLE = """
table inet fast {
	flowtable ft {
		hook ingress priority 0
		devices = { %s, wan }
	}
	chain forward {
		type filter hook forward priority 0
		ct state established flow add @ft
	}
}
"""
if harness.sh("nft", "-f", "-", stdin=
              "table inet probe { flowtable ft { hook ingress priority 0; "
              "devices = { lo }; }; }", check=False).returncode:
    t.skip("flowtables", "this kernel has none (CONFIG_NF_FLOW_TABLE)")
    t.done()
harness.sh("nft", "flush ruleset")
harness.sysctl("net.ipv6.conf.all.disable_ipv6", 0)
harness.sysctl("net.ipv6.conf.default.disable_ipv6", 0)
# a bridge that knows where the VM is: a flowtable asks it for the port behind it
node = harness.Node(t, taps=("tap1", "tap2", "qvb"), ageing=30000)
node.add("wan", bridge=None)
for dev in ("tap1", "tap2", "qvb"):
    harness.sysctl("net.ipv6.conf.%s.disable_ipv6" % dev, 1)
for dev in ("br0", "wan"):
    harness.sysctl("net.ipv6.conf.%s.accept_dad" % dev, 0)
harness.ip("link set br0 address %s\nlink set wan address %s\n"
           "addr add 10.1.0.1/24 dev br0\naddr add 192.0.2.1/24 dev wan\n"
           "addr add fd00::1/64 dev br0 nodad\naddr add fd09::1/64 dev wan nodad\n"
           "neigh add 10.1.0.2 lladdr %s dev br0 nud permanent\n"
           "neigh add fd00::2 lladdr %s dev br0 nud permanent\n"
           "neigh add 192.0.2.9 lladdr %s dev wan nud permanent\n"
           "neigh add fd09::9 lladdr %s dev wan nud permanent" % (
               BR, WAN, VM, VM, PEER, PEER))
harness.sysctl("net.ipv4.ip_forward", 1)
harness.sysctl("net.ipv6.conf.all.forwarding", 1)


def out(family, sport, src=VM, data=b"out"):
    vm, peer = ADDR[family]
    return f.packet(src, BR, vm, peer, 17, f.udp(vm, peer, sport, 53, data))


def back(family, sport, data=b"back"):
    vm, peer = ADDR[family]
    return f.packet(PEER, WAN, peer, vm, 17, f.udp(peer, vm, 53, sport, data))


def came(sender, frame, to, data):
    """how many frames with @data come out at @to"""
    return sum(data in x for x in node.send(sender, frame)[to])


def status():
    text = node.sgctl("-j", "status").stdout
    return [(x["family"], x["table"], x["name"], x["device"])
            for x in json.loads(text)["flowtables"]], text


def offload(family, sport, devices):
    """a flow that the flowtable has; its rule lets its packets by"""
    harness.sh("nft", "flush ruleset")
    harness.hush()
    harness.sh("nft", "-f", "-", stdin=TABLE % devices)
    good = came("tap1", out(family, sport), "wan", b"out") == 1 and \
        came("wan", back(family, sport), "tap1", b"back") == 1
    for _ in range(3):
        good &= came("tap1", out(family, sport), "wan", b"out") == 1
    return good and any("[OFFLOAD]" in x for x in harness.conntrack(
        "sport=%d" % sport))


node.apply(RULES + PORT)
t.equal(status()[0], [], "no flowtable, none named")
for family in ADDR:
    sport = 4000 + family
    node.apply(RULES + PORT)
    t.ok(came("tap1", out(family, sport + 100, src=MX), "wan", b"out") == 0,
         "IPv%d: without a flowtable another MAC does not pass" % family)
    if not t.ok(offload(family, sport, "tap1"),
                "IPv%d: the flowtable takes over a flow of the tap" % family,
                *harness.conntrack()):
        continue
    found, text = status()
    t.equal(found, [("inet", "fast", "ft", "tap1")],
            "IPv%d: sgctl status names the flowtable and the tap" % family)
    harness.valid(t, "status", text)
    t.ok("flowtable inet fast ft names tap1: flows that it has taken over pass "
         "br_sg unseen" in node.sgctl("status").stdout, "as text too")
    node.count()
    t.ok(came("tap1", out(family, sport, src=MX), "wan", b"out") == 1,
         "IPv%d: a frame of the flow passes with another MAC" % family)
    t.equal(node.count(), {}, "IPv%d: and no counter of the port moves" % family)
    node.apply(RULES.replace("rule add web egress proto udp dport 53\n", "") + PORT)
    t.ok(came("tap1", out(family, sport), "wan", b"out") == 1,
         "IPv%d: the rule is gone, the flow goes on" % family)
    t.ok(came("tap1", out(family, sport + 200), "wan", b"out") == 0,
         "IPv%d: a new one does not start" % family)
    # the remedy: the bridge
    node.apply(RULES + PORT)
    t.ok(offload(family, sport + 300, "br0"),
         "IPv%d: with the bridge as device it takes over a flow, too" % family,
         *harness.conntrack())
    t.equal(status()[0], [], "IPv%d: sgctl status has nothing to say" % family)
    node.before = None
    node.count()
    t.ok(came("tap1", out(family, sport + 300, src=MX), "wan", b"out") == 0,
         "IPv%d: another MAC does not pass" % family)
    t.equal(node.count(), {("tap1", "egress", "[mac]"): 1},
            "IPv%d: it is [mac]" % family)
    t.ok(came("tap1", out(family, sport + 300), "wan", b"out") == 1 and
         came("wan", back(family, sport + 300), "tap1", b"back") == 1,
         "IPv%d: its own frames pass both ways" % family)
    node.apply(RULES.replace("rule add web egress proto udp dport 53\n", "") + PORT)
    t.ok(came("tap1", out(family, sport + 300), "wan", b"out") == 0 and
         came("wan", back(family, sport + 300), "tap1", b"back") == 0,
         "IPv%d: the rule is gone, it is obeyed both ways" % family)

# which devices are named
node.apply("default drop tap*\ndefault accept tap2\n" + RULES + PORT)
for devices, want, name in (
        ("tap1, tap2", ["tap1"], "a port; a default accepts the other"),
        ("br0, qvb", [], "neither port nor default"),
        ("tap2", [], "one device that a default accepts")):
    harness.sh("nft", "flush ruleset")
    harness.sh("nft", "-f", "-", stdin=TABLE % devices)
    t.equal(sorted(x[3] for x in status()[0]), want, "named: " + name)
harness.sh("nft", "flush ruleset")
harness.sh("nft", "-f", "-", stdin=(TABLE % "tap2, tap1") +
           "table ip other { flowtable f2 { hook ingress priority 5; devices = { tap1 }; }; }")
node.apply("default drop tap*\n" + RULES + PORT)
t.equal(sorted(status()[0]), [("inet", "fast", "ft", "tap1"),
                              ("inet", "fast", "ft", "tap2"),
                              ("ip", "other", "f2", "tap1")],
        "two flowtables, a port and a device that a default drops")
node.apply("port add tap1 off\nport add tap2 trusted\n")
t.equal(status()[0], [], "ports that are off or trusted are not guarded")
node.apply(RULES + PORT)
# no nft: no word, and no failure
path = os.environ["PATH"]
os.environ["PATH"] = "/nowhere"
harness.SGCTL = os.path.abspath(harness.SGCTL)
r = node.sgctl("status", check=False)
j = node.sgctl("-j", "status", check=False)
os.environ["PATH"] = path
t.ok(r.returncode == 0 and not r.stderr and "flowtable" not in r.stdout,
     "without nft there is no error", r.stderr)
t.equal(json.loads(j.stdout)["flowtables"], [], "and an empty list")
t.done()
