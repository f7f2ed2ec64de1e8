# SPDX-License-Identifier: GPL-2.0-or-later
"""The bench's policy as Neutron's iptables_hybrid driver writes it.

Chains, order and matches are the driver's: for each port three rules in raw for
its conntrack zone, two in FORWARD, two in sg-chain, and chains of its own for
ingress, egress and spoofing. br_netfilter brings the bridged packets there.
tap0 is in the middle of the ports.
"""
import lab

ANY = {4: "0.0.0.0/32", 6: "::/128"}
TOP = "neutron-openvswi-"
BRIDGED = "--physdev-is-bridged"


def rule_words(rule, direction, family):
    end, side = ("-d", "dst") if direction == "egress" else ("-s", "src")
    words = []
    if rule.prefix:
        words.append("%s %s" % (end, rule.prefix))
    words.append("-p %s" % rule.proto)
    low, high = rule.ports
    if low == high:
        words.append("-m %s --dport %d" % (rule.proto, low))
    else:
        words.append("-m multiport --dports %d:%d" % (low, high))
    if rule.group:
        words.append("-m set --match-set NIPv%d%s %s" % (family, rule.group, side))
    return " ".join(words) + " -j RETURN"


def ingress(family, port, rules):
    out = []
    ip = port.ips[family]
    state = "-m state --state RELATED,ESTABLISHED -j RETURN"
    if family == 4:
        out += [state]
        out += ["-d %s -p udp -m udp --sport 67 --dport 68 -j RETURN" % d
                for d in (ip + "/32", "255.255.255.255/32")]
    else:
        out += ["-p ipv6-icmp -m icmp6 --icmpv6-type %d -j RETURN" % t
                for t in (130, 135, 136)]
        out += [state, "-p ipv6-icmp -m icmp6 --icmpv6-type 134 -j RETURN"]
        out += ["-d %s -p udp -m udp --sport 547 --dport 546 -j RETURN" % d
                for d in (ip + "/128", "fe80::/64")]
    return out + rules + ["-m state --state INVALID -j DROP",
                          "-j %ssg-fallback" % TOP]


def egress(family, port, rules, spoof):
    if family == 4:
        out = ["-s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 "
               "--dport 67 -j RETURN",
               "-j " + spoof,
               "-p udp -m udp --sport 68 --dport 67 -j RETURN",
               "-p udp -m udp --sport 67 --dport 68 -j DROP"]
    else:
        out = ["-s ::/128 -d ff02::/16 -p ipv6-icmp -m icmp6 --icmpv6-type %d "
               "-j RETURN" % t for t in (131, 135, 143)]
        out += ["-j " + spoof,
                "-p ipv6-icmp -m icmp6 --icmpv6-type 134 -j DROP",
                "-p ipv6-icmp -j RETURN",
                "-p udp -m udp --sport 546 --dport 547 -j RETURN",
                "-p udp -m udp --sport 547 --dport 546 -j DROP"]
    return out + ["-m state --state RELATED,ESTABLISHED -j RETURN"] + rules + \
        ["-m state --state INVALID -j DROP", "-j %ssg-fallback" % TOP]


def config(policy, family, rules_of=None):
    """iptables-restore's input; @rules_of: a port's rules, all the same if
    not given"""
    half = len(policy.ports) // 2
    ports = policy.ports[1:half + 1] + policy.ports[:1] + policy.ports[half + 1:]
    raw, forward, sg, chains, bodies = [], [], [], [], []
    shared = [rule_words(r, policy.direction, family) for r in policy.rules
              if family in r.families]
    for i, port in enumerate(ports):
        rules = shared
        if rules_of:
            rules = [rule_words(r, policy.direction, family)
                     for r in rules_of(port) if family in r.families]
        mine = policy.direction == "egress"
        name = "%010d" % port.index
        ichain, ochain, spoof = (TOP + c + name for c in "ios")
        uplink = "qvb%d" % port.index
        for match in ("-m physdev --physdev-in " + uplink, "-i " + uplink,
                      "-m physdev --physdev-in " + port.name):
            raw.append("-A %sPREROUTING %s -m comment --comment \"Set zone for "
                       "%s\" -j CT --zone %d" % (TOP, match, name, 4097 + i))
        for way, chain in (("out", ichain), ("in", ochain)):
            match = "-m physdev --physdev-%s %s %s" % (way, port.name, BRIDGED)
            forward.append("-A %sFORWARD %s -j %ssg-chain" % (TOP, match, TOP))
            sg.append("-A %ssg-chain %s -j %s" % (TOP, match, chain))
        chains += [":%s - [0:0]" % c for c in (ichain, ochain, spoof)]
        bits = 32 if family == 4 else 128
        bodies.append("-A %s -s %s/%d -m mac --mac-source %s -j RETURN" % (
            spoof, port.ips[family], bits, port.mac))
        bodies.append("-A %s -j DROP" % spoof)
        bodies += ["-A %s %s" % (ichain, r)
                   for r in ingress(family, port, [] if mine else rules)]
        bodies += ["-A %s %s" % (ochain, r)
                   for r in egress(family, port, rules if mine else [], spoof)]
    lines = ["*raw", ":PREROUTING ACCEPT [0:0]", ":%sPREROUTING - [0:0]" % TOP,
             "-A PREROUTING -j %sPREROUTING" % TOP] + raw + ["COMMIT"]
    lines += ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]",
              ":OUTPUT ACCEPT [0:0]", ":neutron-filter-top - [0:0]"]
    lines += [":%s%s - [0:0]" % (TOP, c) for c in (
        "local", "FORWARD", "sg-chain", "sg-fallback")] + chains
    lines += ["-A FORWARD -j neutron-filter-top",
              "-A neutron-filter-top -j %slocal" % TOP,
              "-A FORWARD -j %sFORWARD" % TOP,
              "-A %ssg-fallback -j DROP" % TOP]
    lines += forward + sg + ["-A %ssg-chain -j ACCEPT" % TOP] + bodies
    return "\n".join(lines + ["COMMIT"]) + "\n"


def sets(policy):
    """ipset restore's input"""
    lines = []
    for family, kind in ((4, "inet"), (6, "inet6")):
        name = "NIPv%dpeers" % family
        lines.append("create %s hash:net family %s maxelem %d" % (
            name, kind, max(65536, policy.count + 16)))
        lines += ["add %s %s" % (name, a) for a in policy.members(family)]
    return "\n".join(lines) + "\n"


def apply(policy, variant, families=(4, 6)):
    """only tap0 has rules of groups: those of the other ports are in chains that
    no packet of the bench walks, and take minutes to restore"""
    def rules_of(port):
        return policy.rules if port.index == 0 else []

    lab.sh("ipset", "restore", stdin=sets(policy))
    for family in families:
        lab.sh("%s-%s-restore" % ("iptables" if family == 4 else "ip6tables",
                                  variant), stdin=config(policy, family, rules_of))
