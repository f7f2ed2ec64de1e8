#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a change takes beside how much there is: the kernel's part of sgctl's
commands and of what devices do, in millions of instructions. For QEMU's -icount,
where a millisecond is a million of them. A line of JSON for each row.

changes.py [--calls] [PART]...: parts are those of PARTS, all without one

--calls: also what each kind of message of a command takes
"""
import glob
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

import control
import lab
import policy
import sgctl

sys.path.insert(0, os.path.join(sgctl.TOP, "selftests/netns"))
import genl  # noqa: E402

INSIDE, FILE = "/tmp/inside.so", "/tmp/inside"
TRIES = 3
COMMANDS = genl.names("BR_SG_CMD_")
RTM_NEWLINK, GENL_ID_CTRL, NLMSG_MIN_TYPE = 16, 16, 16
CALLS = "--calls" in sys.argv

# Of a group's ports, as many have it and one more that all have, "default".
PORTS_OF_GROUP, RULES_OF_GROUP = 10, 16
PER_BRIDGE = 100


def million(ns):
    return round(ns / 1e6, 4)


def report(name, **values):
    print("change " + json.dumps(dict(name=name, **values)), flush=True)


def told(name, call):
    """with --calls: what each message of a command took"""
    if not CALLS:
        return
    parts = []
    for kind, cmd, n, sent, answered in call:
        what = "close" if not kind else "GETFAMILY" if kind == GENL_ID_CTRL \
            else COMMANDS.get(cmd, "%d/%d" % (kind, cmd))
        parts.append("%s%s %.3f" % (what, " x%d" % n if n > 1 else "",
                                    million(sent + answered)))
    print("# %-24s %s" % (name, ", ".join(parts)), flush=True)


def inside(*args):
    """what each kind of message of a command took: lines of inside.c's file"""
    r = subprocess.run(args, env=dict(os.environ, LD_PRELOAD=INSIDE,
                                      INSIDE=FILE),
                       capture_output=True, text=True)
    if r.returncode:
        raise RuntimeError("%s: %s" % (" ".join(args)[:200], r.stderr[-500:]))
    with open(FILE) as f:
        return [tuple(map(int, line.split())) for line in f]


def behind():
    """nanoseconds of the kernel's own threads: what is left to them for later"""
    total = 0
    for path in glob.glob("/proc/[0-9]*/schedstat"):
        try:
            with open(os.path.dirname(path) + "/comm") as f:
                if not f.read().startswith(("kworker/", "rcu", "ksoftirqd/")):
                    continue
            with open(path) as f:
                total += int(f.read().split()[0])
        except OSError:
            pass        # ended meanwhile
    return total


def settle():
    """until what waits for a grace period has been freed"""
    time.sleep(0.3)


class Row:
    """several tries of a command; the median counts"""

    def __init__(self, name, **keys):
        self.name, self.keys = name, keys
        self.kernel, self.later, self.whole = [], [], []

    def one(self, *args):
        before = behind()
        settle()
        idle = behind() - before
        call = inside(*args)
        self.kernel.append(million(sum(c[3] + c[4] for c in call)))
        settle()
        self.later.append(million(max(0, behind() - before - 2 * idle)))
        if len(self.kernel) == TRIES:
            told(self.name, call)

    def timed(self, *args):
        self.whole.append(round(control.timed(*args), 4))
        settle()

    def report(self, **more):
        values = dict(self.keys, **more)
        for key, tries in (("kernel", self.kernel), ("later", self.later),
                           ("whole", self.whole)):
            if tries:
                values[key] = round(statistics.median(tries), 4)
        report(self.name, **values)


def there_and_back(names, keys, there, back, tries=TRIES):
    """@there and @back: arguments of sgctl of a try, each undoes the other"""
    rows = [Row(n, **keys) if n else None for n in names]
    for i in range(tries + 1):
        for row, args in zip(rows, (there(i), back(i))):
            args = [sgctl.SGCTL] + args.split()
            if not row:
                lab.sh(*args)
                settle()
            elif i < tries:
                row.one(*args)
            else:
                row.timed(*args)
    for row in rows:
        if row:
            row.report()


def group_rules(group, number):
    """a group's rules as Neutron makes them, and others of all kinds: its own
    members may come in, those of a set that every group names may, and the rest is
    different in each group"""
    lines = ["rule add %s ingress remote group %s" % (group, group),
             "rule add %s ingress proto tcp dport 22 remote set jump" % group]
    rest = RULES_OF_GROUP - len(lines)
    rules = [policy.mixed(8 * (number * 2 + i // 7) + i % 7 + (i % 7 > 4))
             for i in range(rest)]
    return lines + [sgctl.rule_line(group, "egress", r) for r in rules]


def cloud(ports):
    """@ports ports, ten in a group and all in "default\""""
    groups = -(-ports // PORTS_OF_GROUP)
    lines = ["set add jump " + " ".join("10.240.0.%d" % i for i in range(1, 11)),
             "group add default",
             "rule add default ingress remote group default",
             "rule add default egress"]
    for g in range(groups):
        lines.append("group add g%d" % g)
        lines += group_rules("g%d" % g, g)
    for i in range(ports):
        port = policy.Port(i)
        lines.append("%s group g%d" % (sgctl.port_line(port, "default"),
                                       i // PORTS_OF_GROUP))
    return lines, groups + 1


def text(lines):
    return "\n".join(lines) + "\n"


def apply_row(name, keys, lines, **more):
    row = Row(name, **keys)
    row.one(sgctl.SGCTL, "apply", control.write("sg", text(lines)))
    row.report(**more)


def at(ports):
    """all that changes one thing, beside @ports ports"""
    lines, groups = cloud(ports)
    keys = {"ports": ports, "groups": groups}
    path = control.write("sg", text(lines))
    held = control.held()
    row = Row("apply", **keys)
    row.one(sgctl.SGCTL, "apply", path)
    row.report(bytes=control.held() - held)
    there_and_back(
        ("port add", "port del"), keys,
        lambda i: "port add tapnew mac 02:00:09:00:00:01 ip 10.200.0.1 "
                  "ip fd02::1 group default group g5", lambda i: "port del tapnew")
    there_and_back(("port set", None), keys,
                   lambda i: "port set tap77 ct-limit %d" % (5000 + i),
                   lambda i: "port set tap77 no ct-limit")
    there_and_back(
        ("rule add", "rule del"), keys,
        lambda i: "rule add g5 egress proto tcp dport %d id 70000" % (60000 + i),
        lambda i: "rule del g5 id 70000")
    there_and_back(("member add", "member del"), keys,
                   lambda i: "member add g5 10.250.0.%d" % i,
                   lambda i: "member del g5 10.250.0.%d" % i)
    there_and_back(("address of a set", None), keys,
                   lambda i: "set insert jump 10.251.0.%d" % i,
                   lambda i: "set remove jump 10.251.0.%d" % i)
    there_and_back(
        ("rule of all", None), keys,
        lambda i: "rule add default egress proto tcp dport %d id 70000" %
        (60000 + i), lambda i: "rule del default id 70000")
    one = control.write("one", text(lines + ["member add g5 10.250.0.1"]))
    there_and_back(("apply one", None), keys, lambda i: "apply " + one,
                   lambda i: "apply " + path, 2)
    sgctl.flush()
    settle()


def bridge_of(i, count):
    """of the i-th tap and its uplink: a bridge of 100, as a bridge has for a
    network, or, of the second half, one of their own, as of a hybrid plug"""
    return "br%d" % (2 * i // PER_BRIDGE) if i < count // 4 else "qbr%d" % i


def devices(count):
    """@count ports of bridges: half of them taps, which have port lines, each with
    an uplink, which has none"""
    lines, bridge = [], None
    for i in range(count // 2):
        if bridge != bridge_of(i, count):
            bridge = bridge_of(i, count)
            lines.append("link add %s type bridge" % bridge)
        lines += ["link add %s master %s type dummy" % (dev, bridge)
                  for dev in ("qvb%d" % i, policy.Port(i).name)]
    lab.ip("\n".join(lines))


def enslave(dev, bridge):
    """nanoseconds of RTM_NEWLINK, which takes it to a bridge"""
    lab.ip("link set %s nomaster" % dev)
    settle()
    for kind, _, _, sent, _ in inside("ip", "link", "set", dev, "master", bridge):
        if kind == RTM_NEWLINK:
            return sent
    raise RuntimeError("ip link set has not sent RTM_NEWLINK")


def join(count):
    """a device joins a bridge of each size, beside so many that are on bridges:
    what it takes more than without a configuration"""
    devices(count)
    last = {PER_BRIDGE: count // 4 - 1, 2: count // 2 - 1}

    def took():
        return {size: statistics.median(
            enslave(policy.Port(i).name, bridge_of(i, count))
            for _ in range(TRIES)) for size, i in last.items()}
    bare = took()
    lines, groups = cloud(count // 2)
    keys = {"ports": count // 2, "groups": groups, "devices": count}
    apply_row("apply", keys, lines)
    for defaults in (0, 64):
        if defaults:
            sgctl.run("-b", "-", stdin=text(
                "default drop none%d*" % i for i in range(defaults)))
        for size, ns in took().items():
            report("join", **keys, per_bridge=size, defaults=defaults,
                   kernel=million(ns - bare[size]), bare=million(bare[size]))
    sgctl.flush()
    settle()


def replace():
    """all rules of a group that 100 ports have, by others"""
    rules, ports = 1024, 100

    def lines(first):
        out = ["group add web", "group add peers"]
        out += [sgctl.rule_line("web", "egress", policy.mixed(first + i))
                for i in range(rules)]
        return out + [sgctl.port_line(policy.Port(i), "web")
                      for i in range(ports)]
    sgctl.run("apply", "-", stdin=text(lines(0)))
    row = Row("replace all rules", ports=ports, groups=2, rules=rules)
    for first in (rules, 0, rules):
        row.one(sgctl.SGCTL, "apply", control.write("sg", text(lines(first))))
    row.report()
    sgctl.flush()


def sets():
    """a member of a group that names as many sets as it may have rules"""
    count = 4095
    lines = ["set add s%d 10.%d.%d.0/24" % (i, 64 + i // 256, i % 256)
             for i in range(count)]
    lines.append("group add web")
    lines += ["rule add web ingress remote set s%d" % i for i in range(count)]
    lines += [sgctl.port_line(policy.Port(i), "web") for i in range(2)]
    sgctl.run("apply", "-", stdin=text(lines))
    there_and_back(("member beside sets", None),
                   {"ports": 2, "groups": 1, "sets": count},
                   lambda i: "member add web 10.250.0.%d" % i,
                   lambda i: "member del web 10.250.0.%d" % i)
    sgctl.flush()


def cpu(*args):
    """nanoseconds that a command has run, without what it has waited"""
    def used():
        u = resource.getrusage(resource.RUSAGE_CHILDREN)
        return u.ru_utime + u.ru_stime
    before = used()
    lab.sh(*args)
    return 1e9 * (used() - before)


def rmmod():
    """nanoseconds of its own, and of the kernel's threads after it"""
    settle()
    before = behind()
    settle()
    idle = behind() - before
    took = cpu("rmmod", "br_sg")
    settle()
    return took, max(0, behind() - before - 2 * idle)


def unload():
    """the module goes after a flush, beside devices on bridges"""
    n = 1000
    bare = rmmod()
    sgctl.load()
    devices(n)
    lines, groups = cloud(n // 2)
    keys = {"ports": n // 2, "groups": groups, "devices": n}
    sgctl.run("apply", "-", stdin=text(lines))
    row = Row("flush", **keys)
    row.one(sgctl.SGCTL, "flush")
    row.report()
    took, later = (million(max(0, a - b)) for a, b in zip(rmmod(), bare))
    report("rmmod after flush", **keys, kernel=took, later=later,
           bare=million(bare[0]))
    sgctl.load()


# In this order, whatever was asked for: the devices of a namespace take long to go and
# would do it beside what is counted, so main() keeps namespaces; and the module, when
# it goes, is told of the devices of all.
PARTS = {"1000": lambda: at(1000), "10000": lambda: at(10000),
         "replace": replace, "sets": sets, "rmmod": unload,
         "join-2000": lambda: join(2000), "join-10000": lambda: join(10000)}


def main():
    for name in ("timed", "inside.so"):
        shutil.copy(os.path.join(sgctl.TOP, "build/bench", name), "/tmp")
    sgctl.SGCTL = shutil.copy(sgctl.SGCTL, "/tmp/sgctl")
    sgctl.load()
    lab.sh(sgctl.SGCTL, "-V")
    kept = []
    for name in [p for p in PARTS if p in sys.argv] or PARTS:
        lab.enter(lab.FIRST)
        lab.unshare()
        kept.append(lab.netns_fd())
        for family in ("all", "default"):
            lab.sysctl("net.ipv6.conf.%s.disable_ipv6" % family, 1)
        lab.sh("ip", "link", "set", "lo", "up")
        try:
            PARTS[name]()
        except (RuntimeError, OSError) as e:
            print("failed changes, %s: %s" % (name, e), flush=True)


if __name__ == "__main__":
    main()
