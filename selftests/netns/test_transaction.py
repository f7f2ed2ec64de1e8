#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A configuration changes as a whole or not at all, and what it does not touch
does not notice."""
import json
import os
import re
import subprocess
import tempfile

import frames as f
import harness

VM, FAR = "02:00:00:00:00:01", "02:00:00:00:00:99"
A, X = "10.1.0.2", "10.1.0.66"
CONFIG = harness.SOME_GROUPS + """port add tap1 uuid 67c49753-bf85-4eae-a5a3-faa48fdab983 mac 02:00:00:00:00:01 \
ip 10.1.0.2 ip fd00::2 pair 10.2.0.0/24 mac 02:00:00:00:00:11 group web group db \
dhcp-server 10.1.0.3 ethertype 0x88b5 strict
port add tap2 mac 02:00:00:00:00:02 ip 10.1.0.4 group web
port add tap3 off
"""

t = harness.start()
node = harness.Node(t)
tmp = tempfile.TemporaryDirectory()


def write(name, text):
    path = os.path.join(tmp.name, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def save(*options):
    return node.sgctl(*options, "save").stdout


def udp(sport, dport, out=True):
    a, b = (A, X) if out else (X, A)
    return f.packet(*((VM, FAR) if out else (FAR, VM)), a, b, 17,
                    f.udp(a, b, sport, dport))


def refused(name, r, code, regex):
    t.ok(r.returncode == code and re.search(regex, r.stderr), name,
         "exit status %d" % r.returncode, r.stderr)


# save, apply, save
node.apply(CONFIG)
text, as_json = save(), save("-j")
generation = node.genl.status()[1]
node.sgctl("apply", "-", stdin=text)
node.sgctl("apply", "-", stdin=as_json)
node.sgctl("apply", "-", stdin=CONFIG)
t.equal(node.genl.status()[1], generation,
        "apply of what is in force publishes nothing")
node.sgctl("flush")
node.sgctl("apply", "-", stdin=text)
t.equal((save(), save("-j")), (text, as_json), "save, apply, save: the same")
node.sgctl("flush")
node.sgctl("apply", "-", stdin=as_json)
t.equal((save(), save("-j")), (text, as_json), "the same through JSON")
t.equal(node.sgctl("diff", "-", stdin=text, check=False).returncode, 0,
        "diff finds no difference in what was saved")
refused("diff exits 4 when there is one",
        node.sgctl("diff", "-", stdin=CONFIG.replace("5432", "5433"),
                   check=False), 4, "")

# a bad batch of 1,000 lines
node.count()
node.check("a connection is made", "tap1", udp(1000, 53), to=["qvb"],
           counts=["tap1 egress web 1", "tap2 ingress [no-rule]"])
lines = ["group add g%d" % i for i in range(500)]
lines += ["rule add g%d ingress proto tcp dport %d" % (i, i + 1)
          for i in range(500)]
lines[776] = "rule add g276 ingress proto tcp dport 90-80"
before, generation = save(), node.genl.status()[1]
refused("one wrong line of 1,000: exit status 1, and it is named",
        node.sgctl("-b", write("parse", "\n".join(lines) + "\n"), check=False),
        1, r"parse:777:\d+: Error: .*90-80")
lines[776] = "rule add g276 ingress remote group nosuch"
refused("one that the kernel refuses: exit status 2, and it is named",
        node.sgctl("-b", write("kernel", "\n".join(lines) + "\n"), check=False),
        2, r"kernel:777:\d+: Error: .*nosuch")
lines[776] = "group del nosuch"
refused("one at once refused: exit status 2, and it is named",
        node.sgctl("-b", write("at-once", "\n".join(lines) + "\n"), check=False),
        2, r"at-once:777:\d+: Error: .*nosuch")
t.equal((save(), node.genl.status()[1]), (before, generation),
        "and nothing has changed")
node.check("nor did traffic notice", "qvb", udp(53, 1000, out=False),
           to=["tap1"],
           counts=["tap1 ingress established", "tap2 ingress [no-rule]"])

# what a change does not touch
counters = node.genl.counters("tap1")
serial = json.loads(node.sgctl("-j", "port", "show", "tap1").stdout)
node.sgctl("-b", "-", stdin="""
group add other
rule add other ingress proto tcp dport 1
port add tap7 mac 02:00:00:00:00:07 ip 10.1.0.7 group other
set insert dns 192.0.2.55
set remove dns 192.0.2.55
""")
t.equal(node.genl.counters("tap1"), counters,
        "counters survive a change elsewhere")
t.equal(json.loads(node.sgctl("-j", "port", "show", "tap1").stdout), serial,
        "and the port keeps its serial and policy version")
node.count()
node.check("its connections go on", "qvb", udp(53, 1000, out=False),
           to=["tap1"],
           counts=["tap1 ingress established", "tap2 ingress [no-rule]"])
node.sgctl("apply", "-", stdin=CONFIG.replace("dport 22 id 2",
                                              "dport 23 id 2"))
now = node.genl.counters("tap1")
t.ok(now["tap1", "egress", "web 1"] == counters["tap1", "egress", "web 1"] and
     now["tap1", "egress", "web 1"][0] == 1,
     "a rule's counter survives a change of another rule", now)
node.sgctl("apply", "-", stdin=CONFIG.replace("udp dport 7000-7010 id 3",
                                              "udp dport 53 id 1")
           .replace("web egress id 1", "web egress id 3"))
now = node.genl.counters("tap1")
t.equal((now["tap1", "egress", "web 3"][0], now["tap1", "ingress", "web 1"][0]),
        (0, 0), "a rule of another content starts at nothing")
node.apply(CONFIG)

# the command line, each against what is and what is not there
TABLE = (
    ("default drop vnet*", 0, ""),
    ("default drop vnet*", 2, "vnet"),
    ("default del vnet*", 0, ""),
    ("default del vnet*", 2, "vnet"),
    ("set add s 10.0.0.1", 0, ""),
    ("set add s", 2, '"?s"?'),
    ("set insert s 10.0.0.2", 0, ""),
    ("set insert s 10.0.0.2", 2, "10.0.0.2"),
    ("set remove s 10.0.0.2", 0, ""),
    ("set remove s 10.0.0.2", 2, "10.0.0.2"),
    ("set replace s 10.0.0.3", 0, ""),
    ("set insert none 10.0.0.2", 2, "none"),
    ("group add g", 0, ""),
    ("group add g", 2, '"?g"?'),
    ("group replace g", 0, ""),
    ("member add g 10.0.0.9", 0, ""),
    ("member add g 10.0.0.9", 2, "10.0.0.9"),
    ("member del g 10.0.0.9", 0, ""),
    ("member del g 10.0.0.9", 2, "10.0.0.9"),
    ("rule add g ingress proto tcp dport 80", 0, ""),
    ("rule add g ingress proto tcp dport 80", 2, "says the same"),
    ("rule replace g ingress proto tcp dport 81 id 1", 0, ""),
    ("rule add g ingress remote group none", 2, "none"),
    ("rule add g ingress remote set none", 2, "none"),
    ("rule set g id 1 dport 82", 0, ""),
    ("rule del g id 1", 0, ""),
    ("rule del g id 1", 2, "1"),
    ("rule add none ingress", 2, "none"),
    ("port add tap8 mac 02:00:00:00:00:08 ip 10.1.0.8 group g", 0, ""),
    ("port add tap8 mac 02:00:00:00:00:08", 2, "tap8"),
    ("port set tap8 ip 10.1.0.9", 0, ""),
    ("port replace tap8 mac 02:00:00:00:00:08 group g", 0, ""),
    ("port add tap9 mac 02:00:00:00:00:09 group none", 2, "none"),
    ("group del g", 2, '"g"'),
    ("port del tap8", 0, ""),
    ("port del tap8", 2, "tap8"),
    ("group add less stateless", 0, ""),
    ("port add tap8 mac 02:00:00:00:00:08 group web group less", 2,
     "stateless"),
    ("group del less", 0, ""),
    ("group del g", 0, ""),
    ("group del g", 2, '"?g"?'),
    ("set del s", 0, ""),
    ("set del s", 2, '"?s"?'),
    ("port show none", 2, "none"),
    ("port chains none", 2, "none"),
)
for line, code, message in TABLE:
    r = node.sgctl(*line.split(), check=False)
    t.ok(r.returncode == code and (not code or (
        re.search(message, r.stderr) and "Error: " in r.stderr)),
        "sgctl %s: exit status %d" % (line, code),
        "exit status %d" % r.returncode, r.stdout, r.stderr)
t.equal(save(), text, "and all is as before")

# the chains tell what the kernel counts
chains = node.sgctl("-j", "port", "chains",
                    "67c49753-bf85-4eae-a5a3-faa48fdab983").stdout
counters = node.genl.counters("tap1")
rules = {}


def walk(x):
    """rule rows, wherever the JSON has them"""
    if isinstance(x, dict):
        if x.get("group") and x.get("id") is not None and "packets" in x:
            rules[x["group"], x["id"]] = x["packets"]
        for y in x.values():
            walk(y)
    elif isinstance(x, list):
        for y in x:
            walk(y)


walk(json.loads(chains))
t.equal(rules, {(k[2].split()[0], int(k[2].split()[1])): v[0]
                for k, v in counters.items()
                if " " in k[2] and not k[2].startswith("[")},
        "port chains, by UUID, has each rule with its counter")

# two writers at once: all of both is there, or it is said what is not
writers = [subprocess.Popen(
    ["sh", "-c", "for i in 1 2 3 4 5 6 7 8; do %s group add w%d-$i || exit; "
     "done" % (harness.SGCTL, w)], stderr=subprocess.PIPE, text=True)
    for w in (1, 2)]
errors = [w.communicate()[1] for w in writers]
there = set(re.findall(r"group add (w\d\S*)", save()))
want = {"w%d-%d" % (w, i) for w in (1, 2) for i in range(1, 9)}
t.ok([w.returncode for w in writers] == [0, 0] and there == want,
     "two writers at once: what both wrote is there", errors, there)
node.sgctl("flush")
t.equal(save(), "", "flush removes all")
t.done()
