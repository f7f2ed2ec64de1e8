# SPDX-License-Identifier: GPL-2.0-or-later
"""Random configurations, the same for the same seed"""
import ipaddress
import random

PORT_PROTOS = ["tcp", "udp", "dccp", "sctp", "udplite", "6", "17"]
PLAIN_PROTOS = ["igmp", "gre", "esp", "ospf", "vrrp", "200", "0", "any", "41"]


class Generator:
    def __init__(self, seed):
        self.rnd = random.Random(seed)

    def number(self, bits):
        return self.rnd.getrandbits(bits)

    def host(self, version=None):
        version = version or self.rnd.choice([4, 6])
        if version == 4:
            return str(ipaddress.IPv4Address((10 << 24) | self.number(20)))
        address = ipaddress.IPv6Address((0x20010db8 << 96) | self.number(24))
        return self.rnd.choice([str(address), address.exploded, str(address).upper()])

    def prefix(self, version=None, zero=True):
        version = version or self.rnd.choice([4, 6])
        if self.rnd.random() < 0.4:
            return self.host(version)
        top = 32 if version == 4 else 128
        length = self.rnd.randint(0 if zero else 1, top)
        bits = self.number(top) >> (top - length) << (top - length) if length else 0
        kind = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
        return f"{kind(bits)}/{length}"

    def prefixes(self, most, zero=True):
        seen = {}
        for _ in range(self.rnd.randint(0, most)):
            text = self.prefix(zero=zero)
            seen[ipaddress.ip_network(text)] = text
        return list(seen.values())

    def mac(self):
        text = "fa:16:3e:%02x:%02x:%02x" % (self.number(8), self.number(8), self.number(8))
        return self.rnd.choice([text, text.upper()])

    def rule(self, groups, sets):
        """The words of a rule, and a key that is equal for rules of equal content"""
        rnd, words, family = self.rnd, [], None
        words.append(rnd.choice(["ingress", "egress"]))
        kind = rnd.choice(["any", "ports", "plain", "icmp", "icmpv6"])
        if kind == "ports":
            low = rnd.randint(0, 65535)
            words += ["proto", rnd.choice(PORT_PROTOS)]
            if rnd.random() < 0.8:
                high = rnd.randint(low, 65535)
                words += ["dport", rnd.choice([f"{low}-{high}", str(low)])]
        elif kind == "plain":
            words += ["proto", rnd.choice(PLAIN_PROTOS)]
        elif kind in ("icmp", "icmpv6"):
            family = 4 if kind == "icmp" else 6
            words += ["proto", kind]
            if rnd.random() < 0.7:
                code = rnd.choice(["", "/0", "/255"])
                words += ["icmp", f"{rnd.randint(0, 255)}{code}"]
        if family is None and rnd.random() < 0.4:
            family = rnd.choice([4, 6])
        if family and rnd.random() < 0.7:
            words.insert(1, f"ipv{family}")
        remote = rnd.random()
        if remote < 0.3:
            words += ["remote", self.prefix(family)]
        elif remote < 0.5:
            words += ["remote", "group", rnd.choice(groups)]
        elif remote < 0.6 and sets:
            words += ["remote", "set", rnd.choice(sets)]
        return words

    def port(self, name, groups, stateless):
        rnd, words = self.rnd, ["port", "add", name]
        mode = rnd.choice(["", "", "", "off", "trusted"])
        parts = []
        if rnd.random() < 0.5:
            parts.append(["uuid", "%08x-%04x-%04x-%04x-%012x" % (
                self.number(32), self.number(16), self.number(16), self.number(16),
                self.number(48))])
        mac = self.mac()
        if not mode or rnd.random() < 0.5:
            parts.append(["mac", mac])
        for ip in {ipaddress.ip_address(self.host()): 0 for _ in range(rnd.randint(0, 4))}:
            parts.append(["ip", str(ip)])
        for text in self.prefixes(3):
            parts.append(["pair", text] + (["mac", self.mac()] if rnd.random() < 0.5 else []))
        if mode:
            parts.append([mode])
        for group in rnd.sample(groups, rnd.randint(0, min(3, len(groups)))):
            if stateless[group] == stateless[groups[0]]:
                parts.append(["group", group])
        for _ in range(rnd.randint(0, 1)):
            parts.append(["dhcp-server", self.host()])
        if rnd.random() < 0.2:
            parts.append(["ethertype", rnd.choice(["0x88b5", "35061", "0xffff"])])
        if rnd.random() < 0.2:
            parts.append(["zone", str(rnd.randint(1, 65535))])
        if rnd.random() < 0.2:
            parts.append(["ct-limit", str(rnd.randint(1, 2147483647))])
        if rnd.random() < 0.2:
            parts.append(["any-source"])
        if rnd.random() < 0.2:
            parts.append(["strict"])
        # A mac behind a pair would be the pair's: the port's own comes first
        rnd.shuffle(parts)
        parts.sort(key=lambda part: part[0] != "mac")
        for part in parts:
            words += part
        return " ".join(words)

    def conf(self, objects=6):
        """A file whose lines stand in any order, but for the rules of a group"""
        rnd, lines, seen = self.rnd, [], set()
        sets = [f"set{i}" for i in range(rnd.randint(0, objects))]
        groups = [f"group-{i}" for i in range(rnd.randint(1, objects))]
        stateless = {group: rnd.random() < 0.3 for group in groups}
        for i in range(rnd.randint(0, 3)):
            lines.append(f"default {rnd.choice(['drop', 'accept'])} tap{i}{rnd.choice('*?x')}")
        for name in sets:
            lines.append(" ".join(["set", "add", name] + self.prefixes(6)))
        for name in groups:
            lines.append(f"group add {name}{' stateless' if stateless[name] else ''}")
            members = self.prefixes(12, zero=False)
            for at in range(0, len(members), 5):
                lines.append(" ".join(["member", "add", name] + members[at:at + 5]))
        rules = []
        for name in groups:
            used = set()
            for _ in range(rnd.randint(0, 12)):
                words = self.rule(groups, sets)
                if (name, tuple(words)) in seen:
                    continue
                seen.add((name, tuple(words)))
                number = rnd.randint(1, 40)
                if rnd.random() < 0.3 and number not in used:
                    used.add(number)
                    words += ["id", str(number)]
                rules.append(" ".join(["rule", "add", name] + words))
        for i in range(rnd.randint(0, objects)):
            lines.append(self.port(f"tap{i}-{self.number(16):x}", groups, stateless))
        rnd.shuffle(lines)
        return "\n".join(["# generated"] + lines + rules) + "\n"
