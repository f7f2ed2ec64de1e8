#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A port or a device that is shut says why, in text and in JSON, and what it says
to do opens it."""
import json

import frames as f
import harness
from harness import ip, sh

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
GROUP = "group add web\nrule add web egress\nrule add web ingress\n"
DROP = "default drop tap*\n"
PORT = "port add %s mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web%s\n"
WHO = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}

t = harness.start()
node = harness.Node(t, taps=("tap1", "tap2", "eth9", "qvb"))
sports = iter(range(2000, 60000))


def passes(dev):
    """in which (family, direction) do frames pass this device's tap?"""
    got = set()
    for family, (vm, far) in WHO.items():
        frame = f.packet(VM, FAR, vm, far, 17, f.udp(vm, far, next(sports), 53))
        if node.send(dev, frame)["qvb"] == [frame]:
            got.add((family, "egress"))
        frame = f.packet(FAR, VM, far, vm, 17, f.udp(far, vm, next(sports), 53))
        if node.send("qvb", frame)[dev] == [frame]:
            got.add((family, "ingress"))
    return got


def rename(old, new):
    ip("link set %s down\nlink set %s name %s\nlink set %s up" % (old, old, new, new))


OPEN = {(4, "egress"), (4, "ingress"), (6, "egress"), (6, "ingress")}


def shown(dev):
    """what port show says of it, or its refusal"""
    text = node.sgctl("port", "show", dev, check=False)
    out = node.sgctl("-j", "port", "show", dev, check=False).stdout
    if not out:
        return text.stderr, {}
    harness.valid(t, "port-show", out)
    return text.stdout, json.loads(out)[0]


def shut(name, dev, cause, *words, tap=None):
    text, said = shown(dev)
    t.ok(said.get("state") == "blocked" and said.get("cause") == cause and
         said["why"] in text and "blocked" in text and
         "in zone" not in text and "zone_used" not in said and
         all(w in said["why"] for w in words), name + ": it says why", text, said)
    t.equal(passes(tap or dev), set(), name + ": nothing passes")


def opened(name, dev, tap=None):
    text, said = shown(dev)
    t.ok("cause" not in said and "why" not in said and "blocked" not in text,
         name + ": nothing more to say", text, said)
    t.equal(passes(tap or dev), OPEN, name + ": all passes")


node.apply(DROP + GROUP + PORT % ("tap1", ""))
opened("a port", "tap1")

ip("link set br0 type bridge vlan_filtering 1")
shut("a bridge that filters VLANs", "tap1", "vlan-filtering", "br0 filters VLANs",
     "ip link set br0 type bridge vlan_filtering 0")
sh("sh", "-c", shown("tap1")[1]["why"].rsplit(": ", 1)[1])
opened("after what it says to do", "tap1")

node.apply(DROP + GROUP + PORT % ("tap1", " zone 77") + (PORT % ("tap2", " zone 78")).replace(
    "01 ip 10.1.0.2 ip fd00::2", "02 ip 10.1.0.3 ip fd00::3"))
shut("another port's zone", "tap2", "zone", "zone 78", "br0", "sgctl status")
opened("the first of them", "tap1")
node.apply(DROP + GROUP + PORT % ("tap1", ""))

shut("a device that a default holds", "tap2", "default", "default drop",
     "sgctl port add tap2")
said = node.sgctl("-s", "port", "show", "tap2").stdout
t.ok("device tap2: blocked on bridge br0" in said, "its bridge is said, and it is no port", said)
listed = [p["dev"] for p in json.loads(node.sgctl("-j", "port", "show").stdout)]
t.equal(listed, ["tap1"], "it is not among the ports")
r = node.sgctl("port", "chains", "tap2", check=False)
t.ok(r.returncode == 2 and "default drop" in r.stderr, "port chains says it too", r.stderr)
node.sgctl("default", "replace", "accept", "tap2")
text, said = shown("tap2")
t.ok(not said and "there is no port" in text, "one that no default holds is no port", text)
node.sgctl("default", "del", "tap2")
node.sgctl("-b", "-", stdin="port del tap1\n" + PORT % ("tap2", ""))
opened("after what it says to do", "tap2")
node.sgctl("-b", "-", stdin="port del tap2\n" + PORT % ("tap1", ""))

rename("tap1", "eth1")
shut("a port that was renamed", "eth1", "renamed", "another name", "name it back",
     "sgctl port add eth1", tap="tap1")
t.equal(shown("tap1")[1].get("state"), "waiting", "its line waits for the name")
rename("eth1", "tap1")
opened("named back", "tap1")
rename("tap1", "eth1")
node.sgctl("-b", "-", stdin=PORT % ("eth1", "") + "port del tap1\n")
opened("with a line for the new name", "eth1", tap="tap1")
rename("eth1", "tap1")
shut("renamed to what a default holds", "tap1", "default", "sgctl port add tap1")
node.apply(DROP + GROUP + PORT % ("tap1", ""))
for dev in ("none", "eth9", "br0"):
    text, said = shown(dev)
    t.ok(not said and "there is no port" in text, "%s is no port and not shut" % dev, text)
node.sgctl("flush")
text, said = shown("tap2")
t.ok(not said and "there is no port" in text, "nothing is shut where nothing is configured", text)
t.done()
