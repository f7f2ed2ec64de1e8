# SPDX-License-Identifier: GPL-2.0-or-later
"""The bench's policy as a good hand-made nftables ruleset of the bridge family.

It does what a port of br_sg does to every packet: the sender's MAC and address
must be a pair of its port, no DHCP server, state, then the rules. Nothing in it
is scanned that could be looked up: ports and protocols by verdict map, pairs by
set, rules of a kind by one set for each protocol, with ranges where they have any,
and the chains of rules are shared by all ports that have the same groups. With the
protocol as one more field of a concatenation with ranges it takes longer, and Linux
6.12 refuses what Debian's nft makes of that (a byteorder expression of one byte).
"""
import lab

NET = {4: "ip", 6: "ip6"}
ADDR = {4: "ipv4_addr", 6: "ipv6_addr"}


def ports_text(rule):
    low, high = rule.ports
    return str(low) if low == high else "%d-%d" % (low, high)


def set_text(name, kind, elements, interval=False):
    # with a size known, nft takes the cheaper of its hash tables
    flags = "\t\tflags interval\n" if interval else "\t\tsize %d\n" % (
        2 * len(elements) + 64)
    lines = [", ".join(elements[i:i + 50]) for i in range(0, len(elements), 50)]
    body = "\t\telements = { %s }\n" % ",\n\t\t\t".join(lines) if lines else ""
    return "\tset %s {\n\t\ttype %s\n%s%s\t}\n" % (name, kind, flags, body)


class Text:
    """of a list of rules for one family: the sets and the chain's lines"""

    def __init__(self, policy, family, name, plain=False):
        self.family, self.name = family, name
        self.few = 2 if not plain else len(policy.rules)
        self.net = NET[family]
        self.end = "daddr" if policy.direction == "egress" else "saddr"
        self.sets, self.lines, self.protocols = "", [], {}
        rules = [r for r in policy.rules if family in r.families]
        self.any([r for r in rules if not r.prefix and not r.group])
        self.prefix([r for r in rules if r.prefix])
        self.group([r for r in rules if r.group])
        self.go()

    def each(self, rules, remote):
        """few rules: as they are"""
        for r in rules:
            self.lines.append("%s dport %s%s return" % (
                r.proto, ports_text(r), remote(r)))

    def by_protocol(self, rules, name, line, kind, element):
        """many rules: a set for each protocol, which @line looks up"""
        for proto in sorted({r.proto for r in rules}):
            mine = [r for r in rules if r.proto == proto]
            one = "%s_%s_%s" % (self.name, name, proto)
            self.sets += set_text(one, kind, [element(r) for r in mine], any(
                r.prefix or r.ports[0] != r.ports[1] for r in mine))
            self.protocols.setdefault(proto, []).append(line % one + " return")

    def go(self):
        """last of the lines: return in there is out of here"""
        for proto, lines in self.protocols.items():
            self.sets += chain("%s_%s" % (self.name, proto), *lines, "drop")
        if self.protocols:
            self.lines.append("meta l4proto vmap { %s }" % ", ".join(
                "%s : goto %s_%s" % (p, self.name, p) for p in self.protocols))

    def any(self, rules):
        if len(rules) <= self.few:
            return self.each(rules, lambda r: "")
        self.by_protocol(rules, "any", "th dport @%s", "inet_service",
                         ports_text)

    def prefix(self, rules):
        if len(rules) <= self.few:
            return self.each(rules, lambda r: " %s %s %s" % (
                self.net, self.end, r.prefix))
        self.by_protocol(
            rules, "net", "%s %s . th dport @%%s" % (self.net, self.end),
            ADDR[self.family] + " . inet_service",
            lambda r: "%s . %s" % (r.prefix, ports_text(r)))

    def group(self, rules):
        members = "%s %s @peers%d" % (self.net, self.end, self.family)
        if len(rules) <= self.few:
            return self.each(rules, lambda r: " " + members)
        self.by_protocol(rules, "peers", "th dport @%s " + members,
                         "inet_service", ports_text)


def chain(name, *lines):
    return "\tchain %s {\n%s\t}\n" % (name, "".join(
        "\t\t%s\n" % line for line in lines))


STATE = "ct state vmap { established : return, related : return, invalid : drop }"


def egress(text, family):
    """from the port's VM; what returns is content"""
    net = NET[family]
    if family == 4:
        return chain(
            "out4",
            "iifname . ether saddr . ip saddr != @pairs4 goto out4_other",
            "udp sport 67 udp dport 68 drop",
            STATE,
            "udp sport 68 udp dport 67 return",
            *text, "drop") + chain(
            "out4_other",
            "ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 "
            "udp dport 67 iifname . ether saddr @macs return", "drop")
    return chain(
        "out6",
        "iifname . ether saddr . ip6 saddr != @pairs6 goto out6_other",
        "udp sport 547 udp dport 546 drop",
        "icmpv6 type { 134, 137 } drop",
        STATE,
        "icmpv6 type { 131, 132, 133, 135, 136, 143 } return",
        "udp sport 546 udp dport 547 return",
        *text, "drop") + chain(
        "out6_other",
        "ip6 saddr :: ip6 daddr ff02::/16 icmpv6 type { 131, 135, 143 } "
        "iifname . ether saddr @macs return", "drop")


def ingress(text, family):
    if family == 4:
        return chain(
            "in4", STATE,
            "udp sport 67 udp dport 68 return", *text, "drop")
    return chain(
        "in6", "icmpv6 type { 130, 135, 136 } return", STATE,
        "icmpv6 type 134 ip6 hoplimit 255 ip6 saddr fe80::/10 return",
        "udp sport 547 udp dport 546 return", *text, "drop")


def config(policy):
    ports = policy.ports
    out = set_text("macs", "ifname . ether_addr", [
        '"%s" . %s' % (p.name, p.mac) for p in ports])
    for family in (4, 6):
        out += set_text("pairs%d" % family, "ifname . ether_addr . " +
                        ADDR[family], ['"%s" . %s . %s' % (
                            p.name, p.mac, p.ips[family]) for p in ports])
        out += set_text("peers%d" % family, ADDR[family],
                        policy.members(family))
    texts = {f: Text(policy, f, "web%d" % f) for f in (4, 6)}
    for family, text in texts.items():
        mine = policy.direction == "egress"
        out += text.sets
        out += egress(text.lines if mine else [], family)
        out += ingress([] if mine else text.lines, family)
    out += chain("arp_out", "iifname . ether saddr . arp saddr ip @pairs4 return",
                 "drop")
    for way, arp in (("out", "goto arp_out"), ("in", "return")):
        out += chain(way + "_web",
                     "ether type vmap { ip : goto %s4, ip6 : goto %s6, arp : %s }"
                     % (way, way, arp), "drop")
        out += "\tmap %s {\n\t\ttype ifname : verdict\n\t\tsize 20000\n\t\telements = { %s }\n\t}\n" % (
            "from" if way == "out" else "to",
            ",\n\t\t\t".join('"%s" : jump %s_web' % (p.name, way) for p in ports))
    out += chain("forward", "type filter hook forward priority filter",
                 "iifname vmap @from", "oifname vmap @to")
    return "table bridge sg {\n" + out + "}\n"


def apply(policy):
    lab.sh("nft", "-f", "-", stdin=config(policy))
