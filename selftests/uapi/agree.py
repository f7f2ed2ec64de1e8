#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Do the header, the YNL spec and the module's tables say the same?

agree.py [DIR]: DIR is the repository. Reads

  uapi/linux/br_sg.h                  numbers, limits, and its comments: the
                                      attributes' types and ranges, and what
                                      each command takes and gives
  uapi/br_sg.yaml
  kmod/nl/attr_policy.c                    the policies
  kmod/nl/family.c, kmod/nl/change.c    which command has which policy

as text and prints TAP. Needs a C and a C++ compiler and python3-yaml; neither
the module nor root."""
import os
import shutil
import subprocess
import sys

from sources import (Header, header_attr, Ops, Policies, POLICY_OF, read,
                     ROOT, Spec, upper)


def same(what, **sides):
    """a line for each key in which two dicts differ"""
    (an, a), (bn, b) = sides.items()
    for key in list(a) + [k for k in b if k not in a]:
        if a.get(key) != b.get(key):
            yield "%s %s: %s has %s, %s has %s" % (
                what, key, an, a.get(key, "none"), bn, b.get(key, "none"))


class Agree:
    def __init__(self):
        self.h = Header(read("uapi/linux/br_sg.h"))
        self.s = Spec(read("uapi/br_sg.yaml"))
        self.p = Policies(read("kmod/nl/attr_policy.c"), self.h.names)
        self.o = Ops(read("kmod/nl/family.c"), read("kmod/nl/change.c"))
        self.attrs = [n[len("BR_SG_A_"):] for n in self.h.enums["br_sg_attr"]
                      if not n.startswith("__")]
        self.explained = self.h.commands(self.attrs)
        self.base = {n: s for n, s in self.s.sets.items()
                     if "subset-of" not in s}
        self.c_sets = {s["enum-name"].replace("-", "_"): n
                       for n, s in self.base.items()}

    def tests(self):
        h, s = self.h, self.s
        yield "spec: keys, licence, docs", self.shape
        yield "spec: every reference resolves, every set is used", self.refs
        yield "family: name, version, defines", self.family
        yield "limits and other constants", self.constants
        yield "flags", self.flags
        yield "the header's enums are the spec's", self.all_enums
        for d in s.defs.values():
            if d["type"] == "enum":
                yield "enum " + d["name"], lambda d=d: self.one_enum(d)
        for n in self.base:
            yield "set %s: names, numbers" % n, lambda n=n: self.numbers(n)
            yield "set %s: header, spec" % n, lambda n=n: self.header_set(n)
        yield "policies: none missing, none more", self.all_policies
        for n in s.sets:
            if self.policy_name(n) in self.p.tables:
                yield "set %s: spec, policy" % n, lambda n=n: self.nested(n)
        yield "what generic netlink checks: all attributes, the nests", \
            self.opaque
        yield "commands: names, numbers", self.commands
        for o in s.ops.values():
            yield "command %s: header, spec" % o["name"], \
                lambda o=o: self.explain(o)
            if "event" in o:
                continue
            yield "command %s: spec, policy" % o["name"], \
                lambda o=o: self.top(o)
            yield "command %s: ops, GENL_ADMIN_PERM" % o["name"], \
                lambda o=o: self.op(o)
        for compiler, language in ("cc", "c"), ("c++", "c++"):
            yield "the header compiles alone as " + language.upper(), \
                lambda c=compiler, l=language: self.compiles(c, l)

    # the spec by itself

    def keys(self, what, where, y, need=()):
        for k in y:
            if k not in Spec.KEYS[what].split() and k != "by-name":
                yield "%s: unknown key %s" % (where, k)
        for k in need:
            if not y.get(k):
                yield "%s: no %s" % (where, k)

    def shape(self):
        y = self.s.y
        yield from self.keys("", "spec", y, ["doc"])
        for path in "uapi/linux/br_sg.h", "uapi/br_sg.yaml":
            if "SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) " \
                    "OR MIT" not in read(path).split("\n")[0]:
                yield path + ": first line is not the licence"
        if y.get("protocol") != "genetlink-c":
            yield "protocol: %s" % y.get("protocol")
        if y.get("max-by-define") is not True:
            yield "max-by-define is not true"
        for d in y["definitions"]:
            yield from self.keys("definition", d["name"], d, ["doc"])
            if d["type"] not in ("const", "enum", "flags"):
                yield "%s: type %s" % (d["name"], d["type"])
            if ("value" in d) != (d["type"] == "const"):
                yield "%s: value" % d["name"]
            for e in d.get("entries", []):
                yield from self.keys("entry", "%s %s" % (d["name"], e["name"]),
                                     e, ["doc"])
        for s in self.s.sets.values():
            yield from self.keys("set", s["name"], s, ["doc"])
            for a in s["attributes"]:
                where = "%s %s" % (s["name"], a["name"])
                sub = "subset-of" in s
                yield from self.keys(
                    "attribute", where, a, [] if sub or a["type"] == "pad"
                    else ["doc"])
                yield from self.keys("checks", where, a.get("checks", {}))
                if sub and set(a) != {"name"}:
                    yield where + ": a subset names attributes only"
                if not sub and a["type"] not in Spec.TYPES:
                    yield "%s: type %s" % (where, a["type"])
        yield from self.keys("groups", "mcast-groups", y["mcast-groups"])
        for g in self.s.groups.values():
            yield from self.keys("group", g["name"], g, ["c-define-name"])
        yield from self.keys("operations", "operations", y["operations"])
        for o in self.s.ops.values():
            yield from self.keys("operation", o["name"], o, ["doc"])
            for mode in "do", "dump":
                yield from self.keys("mode", o["name"], o.get(mode, {}))
                for side in o.get(mode, {}).values():
                    yield from self.keys("attributes", o["name"], side)
            yield from self.keys("attributes", o["name"], o.get("event", {}))
            if ("event" in o) != (o.get("mcgrp") in self.s.groups):
                yield "%s: mcgrp %s" % (o["name"], o.get("mcgrp"))

    def refs(self):
        used = {"msg"}
        enums = set()
        for n, s in self.base.items():
            for a in s["attributes"]:
                nest = a.get("nested-attributes")
                if nest and nest not in self.s.sets:
                    yield "%s %s: no set %s" % (n, a["name"], nest)
                used.add(nest)
                if "enum" in a:
                    if self.s.defs.get(a["enum"], {}).get("type") != "enum":
                        yield "%s %s: no enum %s" % (n, a["name"], a["enum"])
                    enums.add(a["enum"])
                for c in a.get("checks", {}).values():
                    if isinstance(c, str) and c not in self.s.defs:
                        yield "%s %s: no constant %s" % (n, a["name"], c)
        for n, s in self.s.sets.items():
            if n not in used:
                yield "set %s is not used" % n
            of = s.get("subset-of")
            for a in s["by-name"]:
                if of and a not in self.s.sets[of]["by-name"]:
                    yield "%s: %s is not of %s" % (n, a, of)
        for n, d in self.s.defs.items():
            if d["type"] == "enum" and n not in enums:
                yield "enum %s is not used" % n
        for o in self.s.ops.values():
            if o.get("attribute-set") != "msg":
                yield "%s: attribute-set is not msg" % o["name"]
            if not {"do", "dump", "event"} & set(o):
                yield "%s: neither do nor dump nor event" % o["name"]
            for mode in "do", "dump":
                for side in o.get(mode, {}).values():
                    names = side["attributes"]
                    if len(names) != len(set(names)):
                        yield "%s: an attribute twice" % o["name"]
                    for a in names:
                        if a not in self.s.sets["msg"]["by-name"]:
                            yield "%s: no attribute %s" % (o["name"], a)

    # header and spec

    def family(self):
        y, h = self.s.y, self.h
        if h.strings.get(upper(y["c-family-name"])) != y["name"]:
            yield "c-family-name: the header has %s" % h.strings
        # YNL sends version 1 unless a genetlink-legacy spec says otherwise
        if h.defines.get(upper(y["c-version-name"])) != 1:
            yield "c-version-name: the header has no such define, or not 1"
        if y["uapi-header"] != "linux/br_sg.h":
            yield "uapi-header: " + y["uapi-header"]
        for field, value in ("name", y["c-family-name"]), \
                ("version", y["c-version-name"]):
            if ".%s = %s," % (field, upper(value)) not in self.o.netlink:
                yield "nl/family.c: the family's %s" % field
        for g in self.s.groups.values():
            if h.strings.get(upper(g["c-define-name"])) != g["name"]:
                yield "multicast group %s: not in the header" % g["name"]
            if ".name = %s," % upper(g["c-define-name"]) not in \
                    read("kmod/nl/event.c"):
                yield "multicast group %s: not in nl/event.c" % g["name"]
        if ".ops = br_sg_nl_ops," not in self.o.netlink:
            yield "nl/family.c: the family's ops"

    def constants(self):
        spec = {upper("br-sg-" + n): d["value"]
                for n, d in self.s.defs.items() if d["type"] == "const"}
        header = {n: v for n, v in self.h.defines.items()
                  if not n.startswith("__") and "_F_" not in n and
                  n not in self.maxima() and n != "BR_SG_GENL_VERSION"}
        yield from same("constant", header=header, spec=spec)

    def maxima(self):
        """the defines that stand behind an enum, by its last member"""
        out = {}
        for members in self.h.enums.values():
            last = list(members)[-1]
            if last.startswith("__") and last.endswith("_LAST"):
                out[last[2:-len("LAST")] + "MAX"] = members[last] - 1
        return out

    def flags(self):
        spec = {}
        for d in self.s.defs.values():
            if d["type"] != "flags":
                continue
            flags = self.s.enum(d)
            spec.update(flags)
            mask = "__%sALL" % upper(d["name-prefix"])
            if self.h.defines.get(mask) != sum(flags.values()):
                yield "%s: the header has %s" % (mask, self.h.defines.get(mask))
            if d.get("enum-name") is not None:
                yield "%s: the header has no enum of flags" % d["name"]
        header = {n: v for n, v in self.h.defines.items()
                  if "_F_" in n and not n.startswith("__")}
        yield from same("flag", header=header, spec=spec)

    def all_enums(self):
        spec = {d["enum-name"].replace("-", "_"): "enum"
                for d in self.s.defs.values() if d["type"] == "enum"}
        spec.update({n: "set" for n in self.c_sets})
        spec[self.s.y["operations"]["enum-name"].replace("-", "_")] = "commands"
        for n in self.h.enums:
            if n not in spec:
                yield "the spec has no " + n
        for n in spec:
            if n not in self.h.enums:
                yield "the header has no enum " + n
        for n, v in self.maxima().items():
            if self.h.defines.get(n) != v:
                yield "%s: %s, not %d" % (n, self.h.defines.get(n), v)

    def members(self, enum):
        return {k: v for k, v in self.h.enums[enum].items()
                if not k.startswith("__")}

    def explained_members(self, enum, members):
        docs = self.h.docs.get(enum)
        if docs is None:
            return
        for n in members:
            if n not in docs and not n.endswith("_PAD"):
                yield "the comment of enum %s has no %s" % (enum, n)
        for n in docs:
            if n not in members:
                yield "the comment of enum %s has %s" % (enum, n)

    def one_enum(self, d):
        enum = d["enum-name"].replace("-", "_")
        if enum != "br_sg_" + d["name"].replace("-", "_"):
            yield "%s: enum-name %s" % (d["name"], enum)
        members = self.members(enum)
        yield from same("enum", header=members, spec=self.s.enum(d))
        if list(members) != list(self.s.enum(d)):
            yield "not in the same order"
        yield from self.explained_members(enum, members)

    def numbers(self, n):
        s = self.base[n]
        enum = s["enum-name"].replace("-", "_")
        members = self.members(enum)
        yield from same("attribute", header=members, spec=self.s.set(s))
        yield from self.explained_members(enum, members)
        if upper(s["attr-cnt-name"]) != list(self.h.enums[enum])[-1]:
            yield "attr-cnt-name: %s" % s["attr-cnt-name"]
        if self.h.defines.get(upper(s["attr-max-name"])) != \
                max(members.values()):
            yield "attr-max-name: %s" % s["attr-max-name"]

    def differ(self, where, a, b, fields):
        for f in fields:
            x, y = getattr(a, f), getattr(b, f)
            if x != y:
                yield "%s: %s: %s and %s" % (where, f, x, y)

    def header_set(self, n):
        s = self.base[n]
        docs = self.h.docs[s["enum-name"].replace("-", "_")]
        for y in s["attributes"]:
            name = upper(s["name-prefix"] + y["name"])
            if y["type"] == "pad" or name.endswith("_PAD"):
                if y["type"] != "pad" or not name.endswith("_PAD"):
                    yield name + ": pad"
                continue
            yield from self.differ(
                name, header_attr(self.h, name, docs[name]),
                self.s.attr(name, y),
                ("kind", "range", "values", "max_len", "len", "nest", "multi",
                 "enum", "read_only"))

    # spec and policies

    def policy_name(self, n):
        return POLICY_OF.get(n, "br_sg_%s_policy" % n.replace("-", "_"))

    def all_policies(self):
        expected = {"br_sg_nl_opaque"}
        reached = set()
        todo = [a for o in self.s.ops.values() for a in self.request(o)]
        todo = [self.s.sets["msg"]["by-name"][a].get("nested-attributes")
                for a in todo]
        while todo:
            n = todo.pop()
            if n and n not in reached:
                reached.add(n)
                s = self.s.sets[n]
                full = self.s.sets[s.get("subset-of", n)]["by-name"]
                todo += [full[a].get("nested-attributes") for a in s["by-name"]]
        expected |= {self.policy_name(n) for n in reached}
        expected |= {"br_sg_%s_policy" % n.replace("-", "_")
                     for n, o in self.s.ops.items() if "event" not in o}
        for n in sorted(expected ^ set(self.p.tables)):
            yield "%s: %s" % (n, "is missing" if n in expected
                              else "no command needs it")

    def request(self, o):
        """what a command takes, do or dump"""
        out = []
        for mode in "do", "dump":
            for a in o.get(mode, {}).get("request", {}).get("attributes", []):
                if a not in out:
                    out.append(a)
        return out

    def compare(self, where, spec, policy):
        if spec.read_only or policy.read_only:
            if not (spec.read_only and policy.read_only):
                yield where + ": read only here, not there"
            return
        yield from self.differ(where, spec, policy,
                               ("kind", "range", "values", "max_len", "len"))
        if spec.nest and self.policy_name(spec.nest) != policy.nest:
            yield "%s: nest of %s and of %s" % (where, spec.nest, policy.nest)

    def table(self, table, size, attrs):
        """@attrs: C name -> attribute of the spec"""
        maximum, lines = self.p.tables[table]
        if maximum != size:
            yield "%s: of %s" % (table, maximum)
        for name, y in attrs.items():
            if name not in lines:
                yield "%s: no %s" % (table, name)
        for name, text in lines.items():
            policy = self.p.attr(name, text)
            if name not in attrs:
                if policy.kind != "reject":
                    yield "%s: takes %s" % (table, name)
                continue
            yield from self.compare("%s %s" % (table, name),
                                    self.s.attr(name, attrs[name]), policy)

    def nested(self, n):
        s = self.s.sets[n]
        base = self.s.sets[s.get("subset-of", n)]
        attrs = {upper(base["name-prefix"] + a): base["by-name"][a]
                 for a in s["by-name"]}
        attrs = {k: y for k, y in attrs.items() if y["type"] != "pad"}
        yield from self.table(self.policy_name(n),
                              upper(base["attr-max-name"]), attrs)

    def top(self, o):
        table = "br_sg_%s_policy" % o["name"].replace("-", "_")
        msg = self.s.sets["msg"]
        attrs = {upper(msg["name-prefix"] + a): msg["by-name"][a]
                 for a in self.request(o)}
        yield from self.table(table, "BR_SG_A_MAX", attrs)
        lines = self.p.tables[table][1]
        d = self.s.defs.get(o["name"] + "-flags")
        # most that read have the same
        if not d and o["name"].endswith("-get") and "flags" in self.request(o):
            d = self.s.defs["get-flags"]
        if bool(d) != ("BR_SG_A_FLAGS" in lines):
            yield "%s: flags" % table
        for name, text in lines.items():
            mask = self.p.attr(name, text).mask
            want = sum(self.s.enum(d).values()) \
                if d and name == "BR_SG_A_FLAGS" else None
            if mask != want:
                yield "%s %s: mask %s, not %s" % (table, name, mask, want)

    def opaque(self):
        msg = self.s.sets["msg"]
        size, lines = self.p.tables["br_sg_nl_opaque"]
        if size != "BR_SG_A_MAX":
            yield "br_sg_nl_opaque: of " + size
        spec = {upper(msg["name-prefix"] + n):
                "nested" if y["type"] == "nest" else "binary"
                for n, y in msg["by-name"].items()}
        yield from same("attribute", spec=spec,
                        policy={n: self.p.attr(n, t).kind
                                for n, t in lines.items()})

    # commands

    def commands(self):
        members = self.members("br_sg_cmd")
        yield from same("command", header=members, spec=self.s.commands())
        y = self.s.y
        if upper(y["cmd-cnt-name"]) != list(self.h.enums["br_sg_cmd"])[-1]:
            yield "cmd-cnt-name: %s" % y["cmd-cnt-name"]
        if self.h.defines.get(upper(y["cmd-max-name"])) != \
                max(members.values()):
            yield "cmd-max-name: %s" % y["cmd-max-name"]
        for n in self.o.ops:
            if n not in members:
                yield "nl/family.c: %s is no command" % n
        told = {upper(self.s.prefix + n) for n, o in self.s.ops.items()
                if "event" in o}
        for n in members:
            if (n in told) == (n in self.o.ops):
                yield "nl/family.c: %s" % n
        for n, _ in self.explained:
            if "BR_SG_CMD_" + n not in members:
                yield "the header explains %s" % n

    def explain(self, o):
        """the comment of the header and the spec: modes, request, reply"""
        for mode in "do", "dump", "event":
            says = self.explained.get((upper(o["name"]), mode))
            if (says is not None) != (mode in o):
                yield "%s: the header %s it, the spec does not" % (
                    mode, "explains" if says else "does not explain")
                continue
            if says is None:
                continue
            request, reply = ({upper(a) for a in o[mode].get(side, {}).get(
                "attributes", [])} for side in ("request", "reply"))
            if mode == "event":
                reply = {upper(a) for a in o[mode]["attributes"]}
            if set(says[0]) != request:
                yield "%s: takes %s and %s" % (mode, says[0], sorted(request))
            # which configuration it is goes with all that is read
            also = {"GENERATION"} if o["name"].endswith("-get") else set()
            if set(says[1]) | also != reply:
                yield "%s: gives %s and %s" % (mode, says[1], sorted(reply))

    def op(self, o):
        cmd = upper(self.s.prefix + o["name"])
        op = self.o.ops[cmd]
        if o.get("flags") != ["admin-perm"]:
            yield "spec: flags %s" % o.get("flags")
        if op.get("flags") != "GENL_ADMIN_PERM":
            yield "nl/family.c: flags %s" % op.get("flags")
        if op.get("maxattr") != "BR_SG_A_MAX":
            yield "nl/family.c: maxattr %s" % op.get("maxattr")
        if "validate" in op:
            yield "nl/family.c: is not strict"
        for mode, fn in ("do", "doit"), ("dump", "dumpit"):
            if (mode in o) != (fn in op):
                yield "%s: of spec and nl/family.c one has it" % mode
        want = "br_sg_%s_policy" % o["name"].replace("-", "_")
        if self.o.policy(cmd) != want:
            yield "parsed with %s" % self.o.policy(cmd)
        if op.get("doit") == "br_sg_nl_change_doit":
            change = self.o.changes[cmd]
            attrs = {"BR_SG_A_" + upper(a) for a in self.request(o)}
            table = {change["object"]} if "object" in change else set()
            if change.get("has_op") == "true":
                table.add("BR_SG_A_OP")
            if attrs != table:
                yield "nl/change.c: %s, spec: %s" % (sorted(table),
                                                     sorted(attrs))
        elif cmd in self.o.changes:
            yield "nl/change.c has it, nl/family.c does not send it there"

    def compiles(self, compiler, language):
        compiler = os.environ.get({"cc": "CC", "c++": "CXX"}[compiler],
                                  compiler)
        if not shutil.which(compiler.split()[0]):
            yield compiler + " is missing"
            return
        # twice, for its guard
        use = '#include "%s"\n' % os.path.abspath(os.path.join(
            ROOT, "uapi/linux/br_sg.h")) * 2
        use += "extern const unsigned long long used[];\n" \
            "const unsigned long long used[] = {\n%s\n};\n" % ",\n".join(
                self.h.defines)
        out = subprocess.run(
            compiler.split() + ["-Wall", "-Wextra", "-pedantic", "-Werror",
                                "-o", os.devnull, "-S", "-x", language, "-"],
            input=use, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False)
        if out.returncode:
            yield from out.stdout.split("\n")


def main():
    print("TAP version 13")
    try:
        tests = list(Agree().tests())
    except Exception as e:  # one of the files cannot be read as what it is
        print("1..1\nnot ok 1 the files can be read")
        print("# %s: %s" % (type(e).__name__, e))
        return 1
    print("1..%d" % len(tests))
    failed = 0
    for i, (name, test) in enumerate(tests, 1):
        try:
            wrong = list(test())
        except Exception as e:
            wrong = ["%s: %s" % (type(e).__name__, e)]
        print("%s %d %s" % ("not ok" if wrong else "ok", i, name))
        for line in wrong:
            print("# " + line)
        failed += bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
