#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is a member of a group, by hand or by a local port, whatever came and went
before: random changes, and after each every address knocks."""
import json
import os
import random

import frames as f
import harness

STEPS = 60
VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
DST = {4: "10.1.0.2", 6: "fd00::2"}
POOL = ["10.2.0.%d" % i for i in range(1, 7)] + \
       ["fd02::%x" % i for i in range(1, 7)]
GROUPS = ["one", "two", "three"]
DEVS = ["vm%d" % i for i in range(5)]
CONFIG = "group add web\nport add tap1 mac %s ip %s ip %s group web\n" % (
    VM, DST[4], DST[6]) + "".join(
    "group add %s\nrule add web ingress proto udp dport %d remote group %s\n" % (
        g, 7000 + i, g) for i, g in enumerate(GROUPS))

t = harness.start()
node = harness.Node(t, taps=("tap1", "qvb"))
node.apply(CONFIG)
seed = int(os.environ.get("BR_SG_SEED", "1"))
dice = random.Random(seed)
hand = {g: set() for g in GROUPS}
ports = {}          # dev: (groups, addresses)
sport = 1000


def family(a):
    return 6 if ":" in a else 4


def some(of, most):
    return dice.sample(of, dice.randint(0, min(most, len(of))))


def change():
    """a line for sgctl -b, played on the model, too"""
    kind, g = dice.randrange(5), dice.choice(GROUPS)
    if kind == 0:
        new = sorted(set(POOL) - hand[g])
        if new:
            a = dice.sample(new, dice.randint(1, min(3, len(new))))
            hand[g].update(a)
            return "member add %s %s" % (g, " ".join(a))
    if kind == 1 and hand[g]:
        a = dice.sample(sorted(hand[g]), dice.randint(1, len(hand[g])))
        hand[g].difference_update(a)
        return "member del %s %s" % (g, " ".join(a))
    dev = dice.choice(DEVS)
    if kind == 2 and dev in ports:
        del ports[dev]
        return "port del " + dev
    groups, own, pairs = some(GROUPS, 3), some(POOL, 3), some(POOL, 2)
    pairs = [a for a in pairs if a not in own]
    ports[dev] = groups, own + pairs
    words = ["port replace %s mac 02:00:00:00:01:0%s" % (dev, dev[2:])]
    words += ["ip " + a for a in own]
    # a pair of a prefix lets the port send from it, and is no member
    words += ["pair " + a for a in pairs] + ["pair 10.2.0.0/29"]
    return " ".join(words + ["group " + g for g in groups])


def members(g):
    return hand[g].union(*(a for groups, a in ports.values() if g in groups))


def knock(g):
    """the addresses that the rule of this group lets in, each a new flow"""
    global sport
    sport += 1
    let = set()
    for a in POOL:
        dst = DST[family(a)]
        out = node.send("qvb", f.packet(FAR, VM, a, dst, 17, f.udp(
            a, dst, sport, 7000 + GROUPS.index(g))))
        if out["tap1"]:
            let.add(a)
    return let


def agree(name):
    why = []
    for g in GROUPS:
        want, got = members(g), knock(g)
        if got != want:
            why.append("%s: let in %s, members are %s" % (
                g, sorted(got), sorted(want)))
        shown = json.loads(node.sgctl("-j", "group", "show", g).stdout)
        count = [x["count"] for x in shown if x["name"] == g]
        if count != [len(want)]:
            why.append("%s: counts %s, members are %d" % (g, count, len(want)))
    t.ok(not why, name, "BR_SG_SEED=%d" % seed, *why)


for step in range(STEPS):
    lines = [change() for _ in range(dice.randint(1, 4))]
    if dice.random() < 0.1:
        # gone and come again in one transaction: its ports are what they were
        g = dice.choice(GROUPS)
        i = GROUPS.index(g)
        back = " ".join(sorted(hand[g]))
        lines += ["group del " + g, "group add " + g] + (
            ["member add %s %s" % (g, back)] if back else [])
    node.sgctl("-b", "-", stdin="\n".join(lines) + "\n")
    agree("step %d: %s" % (step, "; ".join(lines)))

# what is in force by steps is what is in force from nothing
saved = node.sgctl("save").stdout
node.sgctl("flush")
node.apply(saved)
agree("the same configuration from nothing")
for g in GROUPS:
    if hand[g]:
        node.sgctl("member", "del", g, *sorted(hand[g]))
        hand[g].clear()
agree("none by hand")
for dev in sorted(ports):
    node.sgctl("port", "del", dev)
ports.clear()
agree("nobody")
t.done()
