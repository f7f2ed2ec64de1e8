#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of a shadow: applied, shown, committed, dropped; what refuses it;
what it leaves behind, which is nothing.
"""
import json
import subprocess

import frames as f
import harness
from harness import ip, objects

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
ADDR = {4: ("10.1.0.2", "10.1.0.66"), 6: ("fd00::2", "fd00::66")}
REAL = """default drop tap*
set add dns 10.1.0.66 fd00::66
group add web
rule add web egress proto udp dport 53 remote set dns id 1
rule add web ingress proto udp dport 7000 id 2
port add tap1 mac 02:00:00:00:00:01 ip 10.1.0.2 ip fd00::2 group web
"""
SHADOW = REAL.replace("7000 id 2", "7001 id 3")
CYCLES, WARM = 30, 10

t = harness.start()


def udp(family, sport, dport, out=True):
    vm, far = ADDR[family]
    if out:
        return f.packet(VM, FAR, vm, far, 17, f.udp(vm, far, sport, dport))
    return f.packet(FAR, VM, far, vm, 17, f.udp(far, vm, sport, dport))


def node_of(real=REAL, taps=("tap1", "qvb")):
    harness.new_netns()
    node = harness.Node(t, taps=taps)
    if real:
        node.apply(real)
    return node


def status(node):
    return json.loads(node.sgctl("-j", "status").stdout)


def shown(node, *words):
    """what `shadow show` says: {(port, direction, would, what): packets}"""
    out = {}
    for port in json.loads(node.sgctl("-j", "shadow", "show", *words).stdout):
        for c in port["counters"]:
            what = c.get("step") or c.get("reason") or "no port"
            if "group" in c:
                what = "%s %d" % (c["group"], c["id"])
            out[port["port"], c["direction"], c["would"], what] = c["packets"]
    return out


def refused(node, name, args, code, says, stdin=None):
    r = node.sgctl(*args, stdin=stdin, check=False)
    t.ok(r.returncode == code and says in r.stderr, name, r.returncode,
         r.stderr)


# drop, and all is as before
node = node_of()
plain = status(node)
samples = []
for i in range(CYCLES):
    node.sgctl("shadow", "apply", "-", stdin=SHADOW)
    for v in ADDR:
        node.send("qvb", udp(v, 1000, 7000, False), udp(v, 1000, 7001, False))
        node.send("tap1", udp(v, 1000, 53))
    # a commit with a shadow there, and one that makes it what is in force
    node.sgctl("apply", "-", stdin=SHADOW)
    node.sgctl("shadow", "apply", "-", stdin=REAL)
    if i % 2:
        node.sgctl("shadow", "drop")
        node.sgctl("apply", "-", stdin=REAL)
    else:
        node.sgctl("shadow", "commit")
    if i >= WARM:
        # the module goes when all is freed that waited for a grace period
        node.sgctl("flush")
        if not harness.unload_module():
            t.ok(False, "it leaves the module free to go")
            break
        samples.append(objects())
        harness.load_module()
        node.genl = harness.genl.Genl()
        node.sgctl("apply", "-", stdin=REAL)
now = status(node)
t.equal({k: now.get(k) for k in ("bytes", "shadow", "ports_active")},
        {k: plain.get(k) for k in ("bytes", "shadow", "ports_active")},
        "after %d shadows status is as before" % (2 * CYCLES))
GROWTH = "and memory does not grow by the shadow"
grown = {k: [s[k] for s in samples] for k in samples[0]
         if samples[-1][k] - samples[0][k] >= len(samples) - 1}
if harness.SLOW > 1:
    t.skip(GROWTH, "a debug kernel's trackers keep what was released")
else:
    t.equal(grown, {}, GROWTH)

# none
node = node_of()
for verb in ("show", "diff", "commit", "drop"):
    refused(node, "shadow %s without one" % verb, ("shadow", verb), 2,
            "there is no shadow: sgctl shadow apply makes one")
before = status(node)
t.ok("shadow" not in before, "status speaks of none", before)

# one
node.sgctl("shadow", "apply", "-", stdin=SHADOW)
now = status(node)
number = now["shadow"]
t.equal((now["shadow_base"], now["generation"]),
        (before["generation"], before["generation"]),
        "status: a shadow, of the generation that is in force still")
t.ok(now["shadow_bytes"] > 0 and now["bytes"] == before["bytes"],
     "it has bytes of its own", now)
t.ok("7000" in node.sgctl("save").stdout and
     "7001" not in node.sgctl("save").stdout, "save is of what is in force")
t.equal(shown(node), {}, "nothing differs yet")
r = node.sgctl("shadow", "diff", check=False)
t.equal((r.returncode, r.stdout, r.stderr), (4, node.sgctl(
    "diff", "-", stdin=SHADOW, check=False).stdout, ""),
        "shadow diff says what diff says, and exits so")
for v in ADDR:
    node.send("qvb", udp(v, 1000, 7000, False))
    node.send("qvb", udp(v, 1000, 7001, False))
    node.send("qvb", udp(v, 1000, 7002, False))
want = {("tap1", "ingress", "drop", "no-rule"): 2,
        ("tap1", "ingress", "drop", "web 2"): 2,
        ("tap1", "ingress", "accept", "web 3"): 2}
t.equal(shown(node), want, "shadow show: what differs, and no more")
t.equal((shown(node, "port", "tap1"), shown(node, "port", "tap2")), (want, {}),
        "of a port")
t.equal(node.sgctl("shadow", "show").stdout, """port tap1:
    ingress  would drop [no-rule]: 2 packets, 112 bytes
    ingress  would drop what is accepted by rule web id 2: 2 packets, 112 bytes
    ingress  would accept by rule web id 3: 2 packets, 112 bytes
""".replace("112", str(sum(len(udp(v, 1000, 7000, False)) for v in ADDR))),
        "as text")
r = node.sgctl("shadow", "diff", check=False)
t.equal((r.returncode, r.stdout), (4, node.sgctl(
    "diff", "-", stdin=SHADOW, check=False).stdout + node.sgctl(
    "shadow", "show").stdout), "shadow diff: both")
harness.valid(t, "shadow-show", node.sgctl("-j", "shadow", "show").stdout)
harness.valid(t, "shadow-diff", node.sgctl("-j", "shadow", "diff", check=False).stdout)
harness.valid(t, "status", node.sgctl("-j", "status").stdout)

# it is compared with what is in force, whatever that becomes
node.sgctl("rule", "add", "web", "ingress", "proto", "udp", "dport", "7001",
           "id", "9")
t.equal(shown(node), want, "a change of what is in force leaves the counts")
for v in ADDR:
    node.send("qvb", udp(v, 1001, 7001, False))
    node.send("qvb", udp(v, 1001, 7000, False))
want["tap1", "ingress", "drop", "no-rule"] += 2
want["tap1", "ingress", "drop", "web 2"] += 2
t.equal(shown(node), want, "and counts by what is in force now")
refused(node, "shadow commit after that", ("shadow", "commit"), 2,
        "the shadow was made of generation %d and %d is in force: apply it "
        "again" % (before["generation"], before["generation"] + 1))
t.equal(status(node)["shadow"], number, "it is still there")
r = node.sgctl("shadow", "diff", check=False)
t.ok(r.returncode == 4 and "apply it again before shadow commit" in r.stderr,
     "shadow diff says so", r.stderr)
node.sgctl("shadow", "apply", "-", stdin=SHADOW)
t.equal((shown(node), status(node)["shadow"]), ({}, number + 1),
        "applied again it is another, and counts from 0")

# commit: what was accepted and counted is as the shadow said
node.send("tap1", udp(4, 1002, 53))
kept = node.genl.counters()["tap1", "egress", "web 1"]
node.sgctl("shadow", "commit")
now = status(node)
t.ok("shadow" not in now and now["generation"] == before["generation"] + 2,
     "commit: the shadow is in force and is none any more", now)
t.equal(node.sgctl("diff", "-", stdin=SHADOW, check=False).returncode, 0,
        "exactly it")
t.equal(node.genl.counters()["tap1", "egress", "web 1"], kept,
        "a rule that was the same keeps its counter")
for v in ADDR:
    node.check("IPv%d: what it would drop is dropped" % v, "qvb",
               udp(v, 1003, 7000, False), counts="tap1 ingress [no-rule]")
    node.check("IPv%d: what was accepted before too" % v, "qvb",
               udp(v, 1000, 7000, False), counts="tap1 ingress [revoked]")
    node.check("IPv%d: what it would accept is accepted" % v, "qvb",
               udp(v, 1003, 7001, False), to=["tap1"],
               counts="tap1 ingress web 3")
refused(node, "and there is nothing to commit", ("shadow", "commit"), 2,
        "there is no shadow")

# refusals
node = node_of()
bad = REAL.replace("remote set dns", "remote set nds")
refused(node, "a bad file: the line and the value", ("shadow", "apply", "-"), 1,
        "standard input:4:51: ", bad)
refused(node, "it names what it did not find", ("shadow", "apply", "-"), 1,
        'set "nds"', bad)
for args in (("apply", "-"), ("shadow", "apply", "-")):
    r = node.sgctl(*args, stdin=REAL + "".join(
        "rule add web ingress proto udp dport %d\n" % n
        for n in range(1, 4100)), check=False)
    t.ok(r.returncode == 2 and "4096" in r.stderr and ":4" in r.stderr,
         "%s: the kernel refuses a limit and names the line" % " ".join(args),
         r.returncode, r.stderr)
t.ok("shadow" not in status(node), "nothing is left of them")
with open("/sys/module/br_sg/parameters/budget") as file:
    budget = file.read()
many = REAL + "".join("port add vm%d mac 02:00:00:00:%02x:%02x group web\n" %
                      (n, 1 + n // 256, n % 256) for n in range(900))
try:
    with open("/sys/module/br_sg/parameters/budget", "w") as file:
        file.write("1")
    r = node.sgctl("shadow", "apply", "-", stdin=many, check=False)
    t.ok(r.returncode == 2 and "the policy and its shadow take" in r.stderr,
         "a shadow beyond what is left of the budget", r.stderr)
finally:
    with open("/sys/module/br_sg/parameters/budget", "w") as file:
        file.write(budget)
node = node_of(real=None)
refused(node, "where nothing is in force", ("shadow", "apply", "-"), 2,
        "no port and no default is in force", REAL)
t.ok("shadow" not in status(node), "nothing is left of it")

# it goes with the last port, and is of its netns
node = node_of()
first = harness.netns_fd()
node.sgctl("shadow", "apply", "-", stdin=SHADOW)
other = node_of()
refused(other, "another network namespace has none", ("shadow", "show"), 2,
        "there is no shadow")
harness.enter(first)
node.sgctl("flush")
t.ok("shadow" not in status(node), "flush takes it with it")
node.apply(REAL)
refused(node, "and the next configuration does not bring it back",
        ("shadow", "commit"), 2, "there is no shadow")

# devices come, go and are renamed
node = node_of()
node.sgctl("shadow", "apply", "-", stdin=SHADOW)
node.send("qvb", udp(4, 1000, 7000, False))
node.remove("tap1")
t.equal(shown(node), {("tap1", "ingress", "drop", "no-rule"): 1},
        "the shadow's counts stay when the device goes")
node.add("tap1")
node.send("qvb", udp(4, 1001, 7000, False))
t.equal(shown(node), {("tap1", "ingress", "drop", "no-rule"): 2,
                      ("tap1", "ingress", "drop", "web 2"): 1},
        "and go on when one comes; of rules in force they begin anew")
node.sgctl("shadow", "apply", "-", stdin=REAL.replace("drop tap*",
                                                      "drop tap1"))
node.add("tap2")
node.taps["tap2"].send(f.arp(VM, VM, "10.1.0.2", "10.1.0.66"))
t.equal(shown(node), {("tap2", "egress", "accept", "no port"): 1},
        "a device without a port line, by the shadow's defaults")
ip("link set tap1 down\nlink set tap1 name tap3\nlink set tap3 up")
node.taps["tap1"].send(f.arp(VM, VM, "10.1.0.2", "10.1.0.66"))
t.ok(not any(k[0] == "tap3" for k in shown(node)),
     "a renamed device is blocked in both", shown(node))

# events
node = node_of()
node.sgctl("shadow", "apply", "-", stdin=SHADOW)
monitor = subprocess.Popen([harness.SGCTL, "-j", "monitor"],
                           stdout=subprocess.PIPE, text=True)
monitor.stdout.readline()
for port in (7000, 7001, 7002):
    node.send("qvb", udp(4, 1000, port, False))
events = [json.loads(monitor.stdout.readline()) for _ in range(4)]
t.equal(sorted((e["event"], e["port"], e["direction"], e.get("reason"),
                e["dport"]) for e in events), [
    ("drop", "tap1", "ingress", "no-rule", 7001),
    ("drop", "tap1", "ingress", "no-rule", 7002),
    ("would-accept", "tap1", "ingress", None, 7001),
    ("would-drop", "tap1", "ingress", "no-rule", 7000)],
        "monitor tells what differs")
for event in events:
    harness.valid(t, "monitor", json.dumps(event))
monitor.terminate()
monitor.wait()
monitor = subprocess.Popen([harness.SGCTL, "monitor", "config"],
                           stdout=subprocess.PIPE, text=True)
generation = int(monitor.stdout.readline().split()[1])
node.sgctl("shadow", "drop")
node.sgctl("shadow", "apply", "-", stdin=SHADOW)
node.sgctl("shadow", "commit")
heard = [monitor.stdout.readline() for _ in range(4)]
numbers = [int(line.split()[1]) for line in heard]
in_force = ", generation %d is in force\n"
t.equal(heard, [
    "shadow %d dropped" % numbers[0] + in_force % generation,
    "shadow %d made" % (numbers[0] + 1) + in_force % generation,
    "generation %d\n" % (generation + 1),
    "shadow %d committed" % (numbers[0] + 1) + in_force % (generation + 1)],
        "monitor tells what becomes of a shadow, and commits")
monitor.terminate()
monitor.wait()

# all ways of a shadow to come and go, each told once; and what is none is not told
node = node_of()
monitor = subprocess.Popen([harness.SGCTL, "-j", "monitor", "config"],
                           stdout=subprocess.PIPE, text=True)
generation = json.loads(monitor.stdout.readline())["generation"]


def told():
    """what was told up to a commit of the test's own; without the numbers"""
    node.sgctl("set", "add", "mark")
    node.sgctl("set", "del", "mark")
    out = []
    while len(out) < 2 or [e["event"] for e in out[-2:]] != ["config", "config"]:
        line = monitor.stdout.readline()
        harness.valid(t, "monitor", line)
        out.append(json.loads(line))
    return out[:-2]


def changes():
    return [e.get("change", "generation") for e in told()]


for verb in ("drop", "commit"):
    node.sgctl("shadow", verb, check=False)
t.equal(changes(), [], "where there is none nothing is told")
r = node.sgctl("shadow", "apply", "-", stdin="port add tap1 off group none\n", check=False)
t.equal((r.returncode, changes()), (1, []), "nor of one that was refused")
node.sgctl("shadow", "apply", "-", stdin=SHADOW)
now = status(node)
e = told()
t.equal([(x["change"], x["shadow"], x["generation"]) for x in e],
        [("made", now["shadow"], now["generation"])], "made, with its number")
node.sgctl("shadow", "apply", "-", stdin=SHADOW)
t.equal(changes(), ["made"], "another in its place")
node.sgctl("shadow", "commit", check=False)
t.equal(changes(), [], "a commit that is refused is not told")
node.sgctl("flush")
t.equal(changes(), ["generation", "dropped"], "the last port goes, and the shadow with it")
monitor.terminate()
monitor.wait()

t.done()
