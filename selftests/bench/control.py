#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The control plane: how long whole commands take, and what memory what they put
in force takes. A line of JSON for each. Under QEMU's -icount a millisecond is a
million instructions.

control.py [--quick] [--count] [br_sg|nft|iptables]...

--count: only the commands, with their names behind "count"
"""
import glob
import itertools
import json
import os
import shutil
import sys
import tempfile
import time

import hybrid
import lab
import nft
import peers
import policy
import sgctl

TIMES = 9
TIMED = "/tmp/timed"
WEB, PEERS_ = "web", "peers"


class Own(policy.Policy):
    """each port has a group of its own with @each rules, all different"""

    def __init__(self, ports, each):
        super().__init__(ports, 1, 10)
        self.each = each

    def rules_of(self, port):
        return [policy.mixed((port.index * self.each + i) % 32768)
                for i in range(self.each)]


def sgctl_own(pol):
    lines = ["group add peers", "member add peers " +
             " ".join(pol.members(4) + pol.members(6))]
    for port in pol.ports:
        group = "g%d" % port.index
        lines.append("group add " + group)
        lines += [sgctl.rule_line(group, "egress", r)
                  for r in pol.rules_of(port)]
        lines.append(sgctl.port_line(port, group))
    return "\n".join(lines) + "\n"


def nft_own(pol):
    """nft.config's shape, with chains for each port and its rules one by one:
    with sets for each port's rules nft takes many minutes"""
    out, from_ = "", []
    for family in (4, 6):
        out += nft.set_text("peers%d" % family, nft.ADDR[family],
                            pol.members(family))
        out += nft.set_text("pairs%d" % family, "ifname . ether_addr . " +
                            nft.ADDR[family], ['"%s" . %s . %s' % (
                                p.name, p.mac, p.ips[family])
                                for p in pol.ports])
    for port in pol.ports:
        n = port.index
        one = policy.Policy(1, 1, 10)
        one.rules = pol.rules_of(port)
        for family in (4, 6):
            text = nft.Text(one, family, "", plain=True)
            net = nft.NET[family]
            out += nft.chain(
                "out%d_%d" % (n, family),
                "iifname . ether saddr . %s saddr != @pairs%d drop" % (
                    net, family), nft.STATE, *text.lines, "drop")
        out += nft.chain("out%d" % n, "ether type vmap { ip : goto out%d_4, "
                         "ip6 : goto out%d_6 }" % (n, n), "drop")
        from_.append('"%s" : jump out%d' % (port.name, n))
    out += "\tmap from {\n\t\ttype ifname : verdict\n\t\telements = { %s }\n\t}\n" \
        % ",\n\t\t\t".join(from_)
    out += nft.chain("forward", "type filter hook forward priority filter",
                     "iifname vmap @from")
    return "table bridge sg {\n" + out + "}\n"


def held():
    """bytes that the kernel has of its own and cannot give back"""
    time.sleep(0.5)     # what is freed behind RCU
    lab.sysctl("vm.drop_caches", 3)
    # slabs that are kept though nothing in them is used any more
    for path in glob.glob("/sys/kernel/slab/*/shrink"):
        with open(path, "w") as f:
            f.write("1")
    with open("/proc/meminfo") as f:
        lines = dict(line.split(":") for line in f)
    return sum(int(lines[k].split()[0]) * 1024
               for k in ("SUnreclaim", "VmallocUsed", "Percpu"))


def write(name, text):
    with open("/tmp/" + name, "w") as f:
        f.write(text)
    return "/tmp/" + name


def timed(*args):
    """milliseconds of a whole command"""
    return int(lab.sh(TIMED, *args).stdout) / 1e6


CGROUP = "/tmp/cgroup"


def peak(*args):
    """the most bytes that a command and the kernel on its behalf have at a time,
    as a memory cgroup of its own counts them: by 64 pages"""
    if not os.path.isdir(CGROUP):
        os.mkdir(CGROUP)
        lab.sh("mount", "-t", "cgroup2", "none", CGROUP)
        with open(CGROUP + "/cgroup.subtree_control", "w") as f:
            f.write("+memory")
    group = tempfile.mkdtemp(dir=CGROUP)
    lab.sh("sh", "-c", 'echo 0 >"$0/cgroup.procs" && exec "$@"', group, *args)
    with open(group + "/memory.peak") as f:
        return int(f.read())


WORD = "count" if "--count" in sys.argv else "control"


def report(name, peer, **values):
    print(WORD + " " + json.dumps(dict(name=name, peer=peer, **values)),
          flush=True)


# what only starts a peer's tool
STARTS = {"br_sg": lambda: (sgctl.SGCTL, "-V"), "nft": lambda: ("nft", "-v")}


def series(name, peer, commands, undo=lambda i: None, times=TIMES):
    """@commands: of a try, those that it runs one after another. Where they are
    timed a start of the tool takes turns with them, so that what else the machine
    does meanwhile is in both."""
    took, more = [], {}
    for i in range(times):
        if WORD != "count" and peer in STARTS:
            more.setdefault("start_ms", []).append(
                round(timed(*STARTS[peer]()), 3))
        took.append(round(sum(timed(*c) for c in commands(i)), 3))
        undo(i)
    if WORD != "count":
        more["peak_bytes"] = max(peak(*c) for c in commands(times))
        undo(times)
    report(name, peer, ms=took, **more)


class Peer:
    """one after another, each in a namespace of its own"""

    def __init__(self):
        lab.enter(lab.FIRST)
        lab.unshare()
        lab.ip("link set lo up\nlink add br0 type bridge")


class Sgctl(Peer):
    name = "br_sg"

    def start(self):
        series("start", self.name, lambda i: [STARTS[self.name]()])

    def apply(self, pol):
        write("sg", sgctl.config(pol))
        sgctl.run("apply", "/tmp/sg")

    def full(self, pol, times):
        path = write("sg", sgctl_own(pol))
        series("apply", self.name, lambda i: [(sgctl.SGCTL, "apply", path)],
               lambda i: sgctl.flush(), times)

    def memory(self, pol):
        path = write("sg", pol if isinstance(pol, str) else sgctl_own(pol))
        before = held()
        sgctl.run("apply", path)
        used = held() - before
        self.vectors = json.loads(sgctl.run("-j", "status").stdout)[
            "vector_bytes"]
        sgctl.flush()
        return used

    def rule(self):
        series("rule", self.name,
               lambda i: [(sgctl.SGCTL, "rule", "add", WEB, "egress", "proto",
                           "tcp", "dport", str(60000 + i), "id",
                           str(70000 + i))],
               lambda i: sgctl.run("rule", "del", WEB, "id", str(70000 + i)))

    def member(self):
        series("member", self.name,
               lambda i: [(sgctl.SGCTL, "member", "add", PEERS_,
                           "10.250.0.%d" % i)],
               lambda i: sgctl.run("member", "del", PEERS_, "10.250.0.%d" % i))

    def port(self):
        series("port", self.name,
               lambda i: [(sgctl.SGCTL, "port", "add", "tapnew", "mac",
                           "02:00:09:00:00:01", "ip", "10.200.0.1", "ip",
                           "fd02::1", "group", WEB)],
               lambda i: sgctl.run("port", "del", "tapnew"))

    def clear(self):
        sgctl.flush()


class Nft(Peer):
    name = "nft"

    def start(self):
        series("start", self.name, lambda i: [STARTS[self.name]()])

    def apply(self, pol):
        nft.apply(pol)

    def full(self, pol, times):
        path = write("nft", nft_own(pol))
        series("apply", self.name, lambda i: [("nft", "-f", path)],
               lambda i: self.clear(), times)

    def memory(self, pol):
        path = write("nft", nft_own(pol))
        before = held()
        lab.sh("nft", "-f", path)
        used = held() - before
        self.clear()
        return used

    def elements(self, verb, *pairs):
        return write("nft." + verb, "".join(
            "%s element bridge sg %s { %s }\n" % (verb, s, e) for s, e in pairs))

    def element(self, name, *pairs):
        add, delete = (self.elements(v, *pairs) for v in ("add", "delete"))
        series(name, self.name, lambda i: [("nft", "-f", add)],
               lambda i: lab.sh("nft", "-f", delete))

    def rule(self):
        self.element("rule", ("web4_any_tcp", "60000"),
                     ("web6_any_tcp", "60000"))

    def member(self):
        self.element("member", ("peers4", "10.250.0.1"))

    def port(self):
        key = '"tapnew" . 02:00:09:00:00:01'
        self.element("port", ("macs", key), ("pairs4", key + " . 10.200.0.1"),
                     ("pairs6", key + " . fd02::1"),
                     ("from", '"tapnew" : jump out_web'),
                     ("to", '"tapnew" : jump in_web'))

    def clear(self):
        lab.sh("nft", "flush", "ruleset")


class Tables(Peer):
    """iptables-restore for both families, as the driver calls it"""
    name = "iptables"
    variant = "legacy"

    def __init__(self):
        super().__init__()
        peers.need_br_netfilter(peers.HybridLegacy())

    def tool(self, family):
        return "%s-%s-restore" % ("iptables" if family == 4 else "ip6tables",
                                  self.variant)

    def commands(self, paths, *flags):
        return [(self.tool(f), *flags, paths[f]) for f in (4, 6)]

    def restore(self, paths, *flags):
        for command in self.commands(paths, *flags):
            lab.sh(*command)

    def text(self, pol, rules_of=None):
        return {f: write("ipt%d" % f, hybrid.config(pol, f, rules_of))
                for f in (4, 6)}

    def apply(self, pol):
        lab.sh("ipset", "restore", stdin=hybrid.sets(pol))
        self.restore(self.text(pol))

    def full(self, pol, times):
        lab.sh("ipset", "restore", stdin=hybrid.sets(pol))
        paths = self.text(pol, pol.rules_of)
        series("apply", self.name, lambda i: self.commands(paths),
               lambda i: self.empty(), times)

    def memory(self, pol):
        paths = self.text(pol, pol.rules_of)
        before = held()
        self.restore(paths)
        used = held() - before
        self.empty()
        return used

    def empty(self):
        path = write("empty", "*raw\nCOMMIT\n*filter\nCOMMIT\n")
        self.restore({4: path, 6: path})

    def lines(self, name, head, per_port, pol):
        return {f: write("%s%d" % (name, f), head + "".join(
            per_port(f, p) for p in pol.ports) + "COMMIT\n") for f in (4, 6)}

    def rule(self, pol):
        """the driver inserts it into the chain of each port of the group"""
        rule = "%so%010d -p tcp -m tcp --dport 60000 -j RETURN\n"
        add, delete = (self.lines(
            verb, "*filter\n", lambda f, p, v=verb: "-%s " % v + rule % (
                hybrid.TOP, p.index), pol) for verb in "AD")
        series("rule", self.name, lambda i: self.commands(add, "-n"),
               lambda i: self.restore(delete, "-n"))

    def member(self):
        series("member", self.name,
               lambda i: [("ipset", "add", "NIPv4peers", "10.250.0.1")],
               lambda i: lab.sh("ipset", "del", "NIPv4peers", "10.250.0.1"))

    def clear(self):
        self.empty()
        lab.sh("ipset", "destroy")


def members_text(count):
    pol = policy.Policy(1, 1, count)
    return sgctl.config(pol)


def both(peer):
    """what br_sg and nft are both asked"""
    peer.start()
    peer.apply(policy.Policy(1000, 16, 10))
    peer.rule()
    peer.clear()
    peer.apply(policy.Policy(1, 16, 100000))
    peer.member()
    peer.clear()
    peer.apply(policy.Policy(10000, 16, 10))
    peer.port()
    peer.clear()


LISTS = 400     # so many that a slab more or less does not count


def lists_text(distinct):
    """LISTS ports with 2 groups of 50 rules each, of 30 groups in all: all ports
    with the same list, or each with another"""
    lines = ["group add peers", "member add peers 10.250.0.1"]
    for g in range(30):
        lines.append("group add g%d" % g)
        lines += [sgctl.rule_line("g%d" % g, "egress",
                                  policy.mixed(50 * g + i)) for i in range(50)]
    pairs = list(itertools.combinations(range(30), 2))
    for i in range(LISTS):
        a, b = pairs[i if distinct else 0]
        lines.append("port add tap%d mac 02:00:01:00:%02x:%02x group g%d group g%d"
                     % (i, i >> 8, i & 255, a, b))
    return "\n".join(lines) + "\n"


def lists_memory(peer):
    """of a rule in a list of groups more, the rules themselves being there"""
    used, vectors = [], []
    for distinct in (False, True):
        used.append(peer.memory(lists_text(distinct)))
        vectors.append(peer.vectors)
    rules = (LISTS - 1) * 100
    report("lists", peer.name, lists=LISTS, rules_per_list=100,
           bytes_per_rule=round((used[1] - used[0] - vectors[1] + vectors[0])
                                / rules, 1),
           vector_bytes_per_rule=round((vectors[1] - vectors[0]) / rules, 1))


def ours(quick):
    sgctl.load()
    peer = Sgctl()
    peer.full(Own(1000, 100), 3)
    both(peer)
    if WORD == "count":
        return
    few, many = (peer.memory(members_text(n)) for n in (10, 100000))
    report("members", "br_sg", bytes=many, members=100000,
           bytes_per_member=round((many - few) / 99990, 1))
    lists_memory(peer)
    rules_memory(peer)


def by_hand(quick):
    peer = Nft()
    both(peer)
    if WORD == "count":
        return
    # also when quick: it is what our own is measured by
    peer.full(Own(1000, 100), 1)
    if not quick:
        rules_memory(peer)


def rules_memory(peer):
    few, many = (peer.memory(Own(1000, n)) for n in (1, 100))
    report("memory", peer.name, bytes=many, rules=100000,
           bytes_per_rule=round((many - few) / 99000, 1))


def tables(quick):
    peer = Tables()
    peer.apply(policy.Policy(1, 16, 100000))
    peer.member()
    peer.clear()
    pol = policy.Policy(1000, 16, 10)
    peer.apply(pol)
    peer.rule(pol)
    peer.clear()
    if not quick:
        peer = Tables()
        peer.full(Own(1000, 100), 1)
        rules_memory(peer)


PARTS = {"br_sg": ours, "nft": by_hand, "iptables": tables}


def main():
    quick = "--quick" in sys.argv
    # as it would be on a host, not behind the guest's shared folder
    shutil.copy(os.path.join(sgctl.TOP, "build/bench/timed"), TIMED)
    sgctl.SGCTL = shutil.copy(sgctl.SGCTL, "/tmp/sgctl")
    for name in [a for a in sys.argv[1:] if a in PARTS] or PARTS:
        try:
            PARTS[name](quick)
        except (RuntimeError, OSError) as e:
            print("failed control of %s: %s" % (name, e), flush=True)
        lab.enter(lab.FIRST)


if __name__ == "__main__":
    main()
