# SPDX-License-Identifier: GPL-2.0-or-later
"""What the header, the YNL spec and the module's tables say, each read as text:
for agree.py, whose argument DIR is the repository."""
import os
import re
import sys

import yaml

ROOT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")
BITS = {"u8": 8, "u16": 16, "u32": 32, "u64": 64}
# what the kernel's headers define
KERNEL = {"ETH_ALEN": 6, "AF_INET": 2, "AF_INET6": 10}
# a nest of addresses has a policy with and one without MAC
POLICY_OF = {"addr": "br_sg_pair_policy", "prefix": "br_sg_addr_policy"}
# strings of which the header does not repeat the length
STRING_MAX = {"DEV": "BR_SG_DEV_MAX", "BRIDGE": "BR_SG_DEV_MAX",
              "PATTERN": "BR_SG_PATTERN_MAX", "VERSION": "BR_SG_VERSION_MAX",
              "WARNING": "BR_SG_WARNING_MAX"}


def read(path):
    with open(os.path.join(ROOT, path), encoding="ascii") as f:
        return f.read()


def uncomment(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


def upper(name):
    return name.upper().replace("-", "_")


def number(text, names):
    """a C constant expression"""
    text = re.sub(r"\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", text)

    def name(m):
        if m.group() not in names:
            raise ValueError("%s is not defined" % m.group())
        return str(names[m.group()])

    text = re.sub(r"\b[A-Za-z_]\w*\b", name, text)
    if not re.fullmatch(r"[\s\dxXa-fA-F()+\-*|&<>~]+", text):
        raise ValueError("not a constant: " + text)
    return eval(text)  # digits and operators only


class Header:
    def __init__(self, text):
        self.text = text
        self.enums = {}
        self.values = {}
        self.defines = {}
        self.strings = {}
        self.docs = {}
        bare = uncomment(text)
        for m in re.finditer(r"\benum\s+(\w+)\s*\{(.*?)\}\s*;", bare, re.S):
            self.enums[m.group(1)] = self.enum(m.group(2))
        # a macro may stand before what it refers to
        left = {}
        for m in re.finditer(r"^#define[ \t]+(\w+)[ \t]+(.+?)\s*$", bare, re.M):
            if m.group(2).startswith('"'):
                self.strings[m.group(1)] = m.group(2).strip('"')
            elif m.group(1) in left:
                raise ValueError("%s is defined twice" % m.group(1))
            else:
                left[m.group(1)] = m.group(2)
        names = dict(self.values)
        for _ in range(len(left)):
            for name, value in list(left.items()):
                try:
                    names[name] = self.defines[name] = number(value, names)
                    del left[name]
                except ValueError:
                    pass
        if left:
            raise ValueError("no number: " + ", ".join(left))
        self.names = names
        for m in re.finditer(r"/\*\*\n \* enum (\w+) - (.*?)\*/", text, re.S):
            self.docs[m.group(1)] = self.doc(m.group(2))

    def enum(self, body):
        members, value = {}, -1
        for item in filter(None, (s.strip() for s in body.split(","))):
            name, _, init = (s.strip() for s in item.partition("="))
            value = number(init, self.values) if init else value + 1
            if name in self.values:
                raise ValueError("%s is defined twice" % name)
            members[name] = self.values[name] = value
        return members

    @staticmethod
    def doc(text):
        text = re.sub(r"^ \*[ \t]*", "", text, flags=re.M)
        items = re.split(r"^@(\w+):", text, flags=re.M)
        return {name: " ".join(body.split("\n\n")[0].split())
                for name, body in zip(items[1::2], items[2::2])}

    def commands(self, attrs):
        """(command, "do", "dump" or "event") -> what its comment says it takes, gives"""
        text = re.search(r"^ \* Commands \(request -> reply\)\n(.*?)"
                         r"^ \* The dumps of", self.text, re.S | re.M).group(1)
        text = re.sub(r"^ \*", " ", text, flags=re.M)
        parts = re.split(r"(?<!\S)([A-Z_]+) {2,}(do|dump|event)\b", text)
        out = {}
        for name, mode, says in zip(parts[1::3], parts[2::3], parts[3::3]):
            says = re.sub(r"\([^()]*\)", " ", says)
            request, _, reply = says.partition("->")
            if (name, mode) in out:
                raise ValueError("%s %s is explained twice" % (name, mode))
            out[name, mode] = tuple(
                [w for w in re.findall(r"\b[A-Z]+\b", side) if w in attrs]
                for side in (request, reply))
        return out


class Attr:
    """what one of the three says of an attribute"""

    def __init__(self, kind, **more):
        self.kind = kind
        self.range = None       # of an integer
        self.values = None      # the same, where it has gaps
        self.max_len = None     # of a string
        self.len = None         # of bytes
        self.nest = None        # a set of the spec, or a policy
        self.multi = None
        self.enum = None
        self.read_only = False
        self.mask = None
        self.__dict__.update(more)
        if kind in BITS and self.range is None:
            self.range = (0, (1 << BITS[kind]) - 1)


def header_attr(h, name, text):
    short = name.split("_A_")[1]
    m = re.match(r"(nest|string|flag|u8|u16|u32|u64|(\d+) bytes)\b", text)
    if not m:
        raise ValueError("%s: the comment says no type" % name)
    kind = "binary" if m.group(2) else m.group(1)
    a = Attr(kind, multi="repeated" in text, read_only="read only" in text)
    if kind == "binary":
        a.len = int(m.group(2))
    elif kind == "nest":
        a.nest = re.match(r"nest of enum br_sg_(?:(\w+)_)?attr\b",
                          text).group(1) or "msg"
        if a.nest == "addr" and "without MAC" in text:
            a.nest = "prefix"
    elif kind == "string":
        a.max_len = h.names[STRING_MAX.get(short, "BR_SG_NAME_MAX")]
        m = re.match(r"string of (\d+) to (\d+)\b", text)
        if m and (int(m.group(1)), int(m.group(2))) != (1, a.max_len):
            raise ValueError("%s: %s to %s, but %s is %d" % (
                name, m.group(1), m.group(2),
                STRING_MAX.get(short, "BR_SG_NAME_MAX"), a.max_len))
        if re.match(r"string, a name\b", text) and short != "NAME":
            raise ValueError("%s: a name" % name)
    elif kind in BITS:
        clause = re.split(r"[:;.]", text)[0]
        m = re.search(r"\b(0x[0-9a-f]+|\d+) to (0x[0-9a-f]+|\d+)"
                      r"(?: or (\d+))?", clause)
        if m:
            a.range = (int(m.group(1), 0), int(m.group(3) or m.group(2), 0))
        m = re.search(r"(\d+) \(AF_INET\) or (\d+) \(AF_INET6\)", clause)
        if m:
            a.values = {int(m.group(1)), int(m.group(2))}
            a.range = (min(a.values), max(a.values))
        m = re.search(r"enum br_sg_(\w+)", text)
        if m:
            a.enum = m.group(1).replace("_", "-")
            members = [v for k, v in h.enums["br_sg_" + m.group(1)].items()
                       if not k.startswith("__")]
            a.range = (min(members), max(members))
    return a


class Spec:
    # of Documentation/netlink/genetlink-c.yaml, what is used here
    KEYS = {
        "": "name protocol uapi-header c-family-name c-version-name doc "
            "cmd-max-name cmd-cnt-name max-by-define definitions "
            "attribute-sets operations mcast-groups",
        "definition": "name type doc value value-start entries enum-name "
                      "name-prefix",
        "entry": "name value doc",
        "set": "name enum-name name-prefix attr-cnt-name attr-max-name doc "
               "attributes subset-of",
        "attribute": "name type doc value multi-attr nested-attributes enum "
                     "checks display-hint",
        "checks": "min max exact-len max-len",
        "operations": "enum-name name-prefix list",
        "operation": "name doc value attribute-set flags do dump "
                     "event mcgrp",
        "groups": "list",
        "group": "name c-define-name",
        "mode": "request reply",
        "attributes": "attributes",
    }
    TYPES = {"nest", "string", "flag", "binary", "pad", *BITS}
    HINTS = {"ipv4": 4, "ipv6": 16, "mac": 6, "uuid": 16}

    def __init__(self, text):
        self.text = text
        self.y = yaml.safe_load(text)
        self.defs = self.named(self.y["definitions"])
        self.sets = self.named(self.y["attribute-sets"])
        self.ops = self.named(self.y["operations"]["list"])
        for s in self.sets.values():
            s["by-name"] = self.named(s["attributes"])
        self.groups = self.named(self.y["mcast-groups"]["list"])
        self.prefix = self.y["operations"]["name-prefix"]

    @staticmethod
    def named(items):
        out = {}
        for item in items:
            if not isinstance(item["name"], str):
                raise ValueError("%r is not a name" % (item["name"],))
            if item["name"] in out:
                raise ValueError("%s is there twice" % item["name"])
            out[item["name"]] = item
        return out

    @staticmethod
    def numbered(items, value):
        for item in items:
            value = item.get("value", value)
            yield item, value
            value += 1

    def enum(self, d):
        """C names and numbers of an enum or of flags"""
        out = {}
        prefix = d.get("name-prefix", "br-sg-%s-" % d["name"])
        for e, v in self.numbered(d["entries"], d.get("value-start", 0)):
            name = upper(prefix + e["name"])
            if name in out:
                raise ValueError("%s is there twice" % name)
            out[name] = 1 << v if d["type"] == "flags" else v
        return out

    def set(self, s):
        return {upper(s["name-prefix"] + a["name"]): v
                for a, v in self.numbered(s["attributes"], 1)}

    def commands(self):
        return {upper(self.prefix + o["name"]): v
                for o, v in self.numbered(self.ops.values(), 1)}

    def limit(self, v):
        return self.defs[v]["value"] if isinstance(v, str) else v

    def attr(self, where, y):
        kind = y["type"]
        a = Attr(kind, multi=y.get("multi-attr", False),
                 nest=y.get("nested-attributes"), enum=y.get("enum"),
                 read_only=y.get("doc", "").lower().startswith("read only"))
        checks = {k: self.limit(v) for k, v in y.get("checks", {}).items()}
        allowed = {"string": {"max-len"}, "binary": {"exact-len"}}.get(
            kind, {"min", "max"} if kind in BITS else set())
        if set(checks) - allowed:
            raise ValueError("%s: checks of a %s" % (where, kind))
        if bool(a.nest) != (kind == "nest") or (a.enum and kind not in BITS):
            raise ValueError("%s: not for a %s" % (where, kind))
        if kind == "string":
            a.max_len = checks.get("max-len")
        elif kind == "binary":
            a.len = checks.get("exact-len")
            if a.len != self.HINTS.get(y.get("display-hint"), a.len):
                raise ValueError("%s: display-hint" % where)
        elif kind in BITS:
            a.range = (checks.get("min", a.range[0]),
                       checks.get("max", a.range[1]))
            if a.enum:
                if checks:
                    raise ValueError("%s: an enum and checks" % where)
                values = self.enum(self.defs[a.enum]).values()
                a.range = (min(values), max(values))
        m = re.match(r"(\d+) \(AF_INET\) or (\d+) \(AF_INET6\)",
                     y.get("doc", ""))
        if m:
            a.values = {int(m.group(1)), int(m.group(2))}
        return a


class Policies:
    # a string's validator and the length that goes with it
    VALIDATORS = {"br_sg_name": "BR_SG_NAME_MAX", "br_sg_dev": "BR_SG_DEV_MAX",
                  "br_sg_pattern": "BR_SG_PATTERN_MAX"}

    def __init__(self, text, names):
        self.text = uncomment(text)
        self.names = dict(names, **KERNEL)
        joined = self.text.replace("\\\n", " ")
        self.macros = {}
        for m in re.finditer(r"^#define[ \t]+(BR_SG_\w+)(\(\w+\))?[ \t]+(.*)$",
                             joined, re.M):
            if not m.group(2):
                self.macros[m.group(1)] = " ".join(m.group(3).split())
        self.read_only = re.search(
            r"#define BR_SG_READ_ONLY\(name\)\s+\{ \.type = NLA_REJECT, "
            r"\.reject_message = name \" is read only\" \}", joined)
        self.tables = {}
        for m in re.finditer(r"^(?:static )?const struct nla_policy (\w+)"
                             r"\[(\w+) \+ 1\] = \{(.*?)\};", joined,
                             re.M | re.S):
            if m.group(1) in self.tables:
                raise ValueError("%s is there twice" % m.group(1))
            self.tables[m.group(1)] = (m.group(2), self.lines(m.group(3)))
        seen = len(re.findall(r"struct nla_policy\b", joined))
        if seen != len(self.tables):
            raise ValueError("attr_policy.c: %d tables, %d understood" % (
                seen, len(self.tables)))

    @staticmethod
    def lines(body):
        out = {}
        for line in filter(None, (s.strip() for s in body.split("\n"))):
            m = re.fullmatch(r"\[(\w+)\] = (.*),", line)
            if not m:
                raise ValueError("not an attribute a line: " + line)
            if m.group(1) in out:
                raise ValueError("%s is there twice" % m.group(1))
            out[m.group(1)] = m.group(2)
        return out

    def body(self, function):
        return re.search(r"^static int %s\(.*?^\}" % function, self.text,
                         re.M | re.S).group()

    def attr(self, name, text):
        text = self.macros.get(text, text)
        m = re.fullmatch(r'BR_SG_READ_ONLY\("(\w+)"\)', text)
        if m:
            if not self.read_only or m.group(1) != name.split("_A_")[1]:
                raise ValueError("%s: %s" % (name, text))
            return Attr("reject", read_only=True)
        m = re.fullmatch(r"\{ \.type = NLA_(\w+) \}", text)
        if m:
            return Attr(m.group(1).lower())
        m = re.fullmatch(r"NLA_POLICY_(\w+)\((.*)\)", text)
        if not m:
            raise ValueError("%s: not understood: %s" % (name, text))
        what = m.group(1)
        args = [s.strip() for s in m.group(2).split(",")]
        if what == "NESTED":
            return Attr("nest", nest=args[0])
        if what == "EXACT_LEN":
            return Attr("binary", len=number(args[0], self.names))
        kind = re.fullmatch(r"NLA_(\w+)", args.pop(0)).group(1).lower()
        if what == "VALIDATE_FN":
            return self.validated(name, kind, args)
        a = Attr(kind)
        low, high = a.range
        if what == "FULL_RANGE":
            m = re.search(r"^static struct netlink_range_validation %s = \{"
                          r"\s*\.min = (.*?),\s*\.max = (.*?),\s*\};" %
                          re.escape(args[0].lstrip("&")), self.text,
                          re.M | re.S)
            args, what = list(m.groups()), "RANGE"
        values = [number(s, self.names) for s in args]
        a.range = {"MAX": lambda: (low, values[0]),
                   "MIN": lambda: (values[0], high),
                   "RANGE": lambda: (values[0], values[1]),
                   "MASK": lambda: (low, high)}[what]()
        if what == "MASK":
            a.mask = values[0]
        # a range of address families is the two; change.c sees to that
        if what == "RANGE" and args[0].startswith("AF_"):
            a.values = set(values)
        return a

    def validated(self, name, kind, args):
        body = self.body(args[0])
        if kind == "nul_string":
            if args[1] != self.VALIDATORS[args[0]]:
                raise ValueError("%s: %s with %s" % (name, *args))
            if "br_sg_string(attr, " not in body:
                raise ValueError("%s: %s is no string's" % (name, args[0]))
            return Attr("string", max_len=number(args[1], self.names))
        raise ValueError("%s: a number with a validation function" % name)


class Ops:
    """the table of family.c, its macros expanded, and that of change.c"""

    def __init__(self, netlink, change):
        self.netlink = uncomment(netlink)
        joined = self.netlink.replace("\\\n", " ")
        table = re.search(r"struct genl_ops br_sg_nl_ops\[\] = \{(.*?)^\};",
                          joined, re.M | re.S).group(1)
        for m in re.finditer(r"^#define (BR_SG_NL_\w+)\(([\w, ]+)\) (.*)$",
                             joined, re.M):
            table = re.sub(
                r"\b%s\(([\w, ]+)\)" % m.group(1),
                lambda call, m=m: self.paste(m.group(3), m.group(2),
                                             call.group(1)), table)
        self.ops = {}
        rest = re.sub(r"\{([^{}]*)\},", self.entry, table).strip()
        if rest:
            raise ValueError("family.c: not understood: " + rest)
        self.changes = {}
        table = re.search(r"struct br_sg_change br_sg_changes\[BR_SG_CMD_MAX "
                          r"\+ 1\] = \{(.*?)^\};", uncomment(change),
                          re.M | re.S).group(1)
        for m in re.finditer(r"\[(\w+)\] = \{([^{}]*)\},", table):
            self.changes[m.group(1)] = self.fields(m.group(2))

    @staticmethod
    def paste(body, params, args):
        body = body.replace("##", "\0")
        for p, a in zip(params.split(","), args.split(",")):
            body = re.sub(r"(?<!\w)%s(?!\w)" % p.strip(), a.strip(), body)
        return body.replace("\0", "")

    @staticmethod
    def fields(text):
        return dict(re.findall(r"\.(\w+) = ([\w&]+)\s*(?:,|$)", text))

    def entry(self, m):
        f = self.fields(m.group(1))
        if f["cmd"] in self.ops:
            raise ValueError("family.c: %s is there twice" % f["cmd"])
        self.ops[f["cmd"]] = f
        return ""

    def policy(self, cmd):
        """the one that a message is parsed with"""
        op = self.ops[cmd]
        if op["policy"] != "br_sg_nl_opaque":
            return op["policy"]
        if op["doit"] == "br_sg_nl_change_doit":
            return self.changes[cmd]["policy"]
        body = re.search(r"^static int %s\(.*?^\}" % op["doit"], self.netlink,
                         re.M | re.S).group()
        return re.search(r"br_sg_nl_parse\(info->nlhdr, tb, (\w+),",
                         body).group(1)
