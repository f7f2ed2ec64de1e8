#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line as a table: arguments, exit status, message

Commands that would need the module are run where it is not loaded: they must
parse and then end with status 3.
"""
import os
import subprocess

from tap import SGCTL, TOP, Tap, build, module_is_loaded, run

with open(os.path.join(TOP, "dkms.conf"), encoding="ascii") as conf:
    VERSION = next(line.split('"')[1] for line in conf if line.startswith("PACKAGE_VERSION="))
MAC = "mac fa:16:3e:dc:be:eb"
RULE_MISSING = "one of ingress, egress"
NO = "module br_sg is not loaded: run modprobe br_sg; dkms status br_sg"

# arguments, exit status, what the message contains (its column included)
TABLE = [
    ("", 1, "command line:1:1: Error: object is missing: one of default, set,"),
    ("help", 0, ""),
    ("-h", 0, ""),
    ("--help", 0, ""),
    ("-V", 0, ""),
    ("help me", 1, 'command line:1:6: Error: "me" is one word too many'),
    ("prt show", 1, 'command line:1:1: Error: object "prt" is unknown (did you mean "port"?)'),
    ("po show", 1, 'object "po" is unknown'),
    ("-x", 1, 'command line:1:1: Error: option "-x" is unknown'),
    ("-j -x", 1, 'command line:1:4: Error: option "-x" is unknown'),
    ("-n", 1, "command line:1:4: Error: option -n needs a value"),
    ("-b", 1, "option -b needs a value"),
    ("-b - save", 1, 'command line:1:6: Error: "save" is one word too many'),
    ("-j=1 save", 1, 'option "-j=1" is unknown'),
    ("-c=blue save", 1, 'color "blue" is unknown: always, auto or never'),
    ("-c=never status", 3, NO),
    ("-color=always status", 3, "module br_sg is not loaded"),
    ("-n no/such status", 1, 'network namespace "no/such" is no name'),
    ("-n no-such-netns status", 1, 'network namespace "no-such-netns"'),
    ("status now", 1, 'command line:1:8: Error: "now" is one word too many'),
    ("status", 3, NO),
    ("monitor", 3, NO),
    ("monitor events port tap1", 3, NO),
    ("monitor config port tap1", 1, 'command line:1:16: Error: word "port" is unknown'),
    ("monitor port", 1, "command line:1:14: Error: the port is missing: DEV"),
    ("monitor event", 1, '(did you mean "events"?)'),
    ("shadow", 1, "command line:1:8: Error: verb is missing: one of apply, show, diff, commit, drop"),
    ("shadow apply", 1, "command line:1:14: Error: the file is missing"),
    ("shadow apply a b", 1, '"b" is one word too many'),
    ("shadow apply /no/such/file", 1, "/no/such/file: No such file or directory"),
    ("shadow apply /dev/null", 3, NO),
    ("shadow show", 3, NO),
    ("-j shadow show port tap1", 3, NO),
    ("shadow show port", 1, "command line:1:18: Error: the port is missing: DEV"),
    ("shadow show port a b", 1, '"b" is one word too many'),
    ("shadow show tap1", 1, 'command line:1:13: Error: word "tap1" is unknown: one of port'),
    ("shadow diff", 3, NO),
    ("shadow diff a", 1, '"a" is one word too many'),
    ("shadow commit", 3, NO),
    ("shadow commit now", 1, '"now" is one word too many'),
    ("shadow drop", 3, NO),
    ("flow", 1, "command line:1:6: Error: verb is missing: one of show, help"),
    ("flow list", 1, 'command line:1:6: Error: verb "list" is unknown'),
    ("flow show", 3, NO),
    ("flow show revoked", 3, NO),
    ("-j flow show revoked port tap1", 3, NO),
    ("flow show port tap1 revoked", 3, NO),
    ("flow show port", 1, "command line:1:16: Error: the port is missing: DEV or UUID"),
    ("flow show tap1", 1, 'command line:1:11: Error: word "tap1" is unknown: one of port, revoked'),
    ("flow show revokd", 1, '(did you mean "revoked"?)'),
    ("flow show port a port b", 1, 'command line:1:18: Error: "port" is there twice'),
    ("flow show revoked revoked", 1, 'command line:1:19: Error: "revoked" is there twice'),
    ("save", 3, NO),
    ("flush", 3, NO),
    ("flush all", 1, '"all" is one word too many'),
    ("apply", 1, "command line:1:7: Error: the file is missing"),
    ("apply a b", 1, '"b" is one word too many'),
    ("apply /no/such/file", 1, "/no/such/file: No such file or directory"),
    ("fmt /", 1, "/: "),
    ("port", 1, "command line:1:6: Error: verb is missing: one of add, replace, set, del, show, chains"),
    ("port help", 0, ""),
    ("port add help", 0, ""),
    ("apply help", 0, ""),
    ("port ad", 1, 'command line:1:6: Error: verb "ad" is unknown'),
    ("port shw", 1, '(did you mean "show"?)'),
    ("port add", 1, "command line:1:10: Error: the device of the port is missing"),
    ("port add tap1", 1, 'port "tap1" needs a mac, unless it is off or trusted'),
    ("port add tap1 off", 3, NO),
    ("port add tap1 off trusted", 1, '"trusted" comes behind another word for the same'),
    (f"port add tap1 {MAC}", 3, NO),
    (f"-j port add tap1 {MAC} mtu 1", 1, 'command line:1:40: Error: word "mtu" is unknown'),
    ("port add sixteen-letters0 off", 1, "has 16 characters: at most 15 are allowed"),
    ("port add a/b off", 1, 'device "a/b" is no device name'),
    ("port add -x off", 1, "device \"-x\" begins with '-'"),
    ("port add tap1 mac fa:16:3e:dc:be", 1, 'command line:1:19: Error: mac "fa:16:3e:dc:be" is no MAC'),
    ("port add tap1 mac 01:00:5e:00:00:01", 1, "is a group address: a unicast MAC is needed"),
    ("port add tap1 mac 00:00:00:00:00:00", 1, "is zero"),
    ("port add tap1 uuid 67c49753 off", 1, 'uuid "67c49753" is no UUID'),
    ("port add tap1 off zone 0", 1, 'zone "0" is not a number from 1 to 65535'),
    ("port add tap1 off zone 65536", 1, 'zone "65536" is not a number from 1 to 65535'),
    ("port add tap1 off ct-limit 0", 1, 'ct-limit "0" is not a number from 1 to 2147483647'),
    ("port add tap1 off ct-limit 2147483648", 1,
     'ct-limit "2147483648" is not a number from 1 to 2147483647'),
    ("port add tap1 off ct-limit", 1, "ct-limit needs a value: 1 to 2147483647"),
    ("port set tap1 ct-limit 9 no zone", 3, NO),
    ("port set tap1 no ct-limit", 3, NO),
    ("port add tap1 off zone", 1, "zone needs a value: 1 to 65535"),
    ("port add tap1 off ip 10.0.0.1/24", 1, 'ip "10.0.0.1/24" is a prefix: an address without /LEN is needed'),
    ("port add tap1 off ip 10.0.0.300", 1, 'ip "10.0.0.300" is no address'),
    ("port add tap1 off ip 10.0.0.1 ip 10.0.0.1", 1, "ip 10.0.0.1 is given twice"),
    ("port add tap1 off pair 10.0.0.1/24", 1, "the prefix is 10.0.0.0/24"),
    ("port add tap1 pair 10.0.0.1 " + MAC, 1, "a mac directly behind a pair is the pair's"),
    (f"port add tap1 {MAC} pair ::/0 pair 0.0.0.0/0 {MAC}", 3, NO),
    ("port add tap1 off ethertype 0x0800", 1, "ethertype 0x0800 can't be permitted: IPv4 is judged by the rules"),
    ("port add tap1 off ethertype 0x8100", 1, "ethertype 0x8100 can't be permitted"),
    ("port add tap1 off ethertype 0x88a8", 1, "ethertype 0x88a8 can't be permitted"),
    ("port add tap1 off ethertype 0x86dd", 1, "ethertype 0x86dd can't be permitted"),
    ("port add tap1 off ethertype 0x0806", 1, "ethertype 0x0806 can't be permitted"),
    ("port add tap1 off ethertype 0x88cc", 1, "ethertype 0x88cc can't be permitted: LLDP is sent to 01:80:c2:00:00:0x, which never passes"),
    ("port add tap1 off ethertype 0x8808", 1, "ethertype 0x8808 can't be permitted: PAUSE is sent to 01:80:c2:00:00:01"),
    ("port add tap1 off ethertype 34825", 1, "ethertype 0x8809 can't be permitted: LACP and its like are sent to"),
    ("port add tap1 off ethertype 0x888e", 1, "ethertype 0x888e can't be permitted: EAPOL is sent to 01:80:c2:00:00:03"),
    ("port add tap1 off ethertype 0x8807", 3, NO),
    ("port add tap1 off ethertype 0x05ff", 1, "0x0600 to 0xffff are allowed"),
    ("port add tap1 off ethertype 0x10000", 1, 'ethertype "0x10000" is none'),
    ("port add tap1 off ethertype 0x88b5", 3, NO),
    ("port add tap1 off group g group g", 1, 'group "g" is given twice'),
    ("port add tap1 off group", 1, "group needs a value: the name of a group"),
    ("port add tap1 off dhcp-server ::1/64", 1, 'dhcp-server "::1/64" is a prefix'),
    ("port replace tap1 off", 3, NO),
    ("port set tap1", 1, "word is missing: one of uuid, mac"),
    ("port set tap1 no", 1, "field is missing: one of uuid, mac"),
    ("port set tap1 no mtu", 1, 'field "mtu" is unknown'),
    ("port set tap1 strict no strict", 1, "comes behind another word for the same"),
    ("port set tap1 filter zone 3", 3, NO),
    ("port del tap1", 3, NO),
    ("port del tap1 now", 1, '"now" is one word too many'),
    ("port show", 3, NO),
    ("port show tap1", 3, NO),
    ("port chains", 1, "the port is missing: DEV or UUID"),
    ("port chains tap1", 3, NO),
    ("default", 1, "verb is missing"),
    ("default drop", 1, "the pattern is missing"),
    ("default drop tap*", 3, NO),
    ("default add accept tap*", 3, NO),
    ("default add tap*", 1, 'verdict "tap*" is unknown: one of drop, accept'),
    ("default drop " + "t" * 32, 1, "has 32 characters: at most 31 are allowed"),
    ("default replace drop tap*", 3, NO),
    ("default del tap*", 3, NO),
    ("default show", 3, NO),
    ("default set drop x", 1, 'verb "set" is unknown'),
    ("set add", 1, "the name of the set is missing"),
    ("set add " + "s" * 64, 1, "has 64 characters: at most 63 are allowed"),
    ("set add #s", 1, "begins with '#'"),
    ("set add a\"b", 1, "has a character that is not allowed"),
    ("set add s", 3, NO),
    ("set add s 0.0.0.0/0", 3, NO),
    ("set insert s", 1, "an address is missing"),
    ("set insert s 10.0.0.0/33", 1, 'has no valid prefix length: 0 to 32 are allowed'),
    ("set insert s fe80::/129", 1, '0 to 128 are allowed'),
    ("set insert s fe80::1/10", 1, "the prefix is fe80::/10"),
    ("set insert s host", 1, 'command line:1:14: Error: "host" is no address'),
    ("set remove s 10.0.0.1", 3, NO),
    ("set replace s 10.0.0.1", 3, NO),
    ("set del s", 3, NO),
    ("set show s", 3, NO),
    ("group add g stateles", 1, 'word "stateles" is unknown (did you mean "stateless"?)'),
    ("group add g stateless", 3, NO),
    ("group set g", 1, "word is missing: one of stateless, stateful"),
    ("group set g stateful", 3, NO),
    ("group show g h", 1, '"h" is one word too many'),
    ("member add g", 1, "an address is missing"),
    ("member add g 0.0.0.0/0", 1, "can't be a member: a prefix /0 would let everybody in"),
    ("member add g ::/0", 1, "can't be a member"),
    ("member del g 10.0.0.1", 3, NO),
    ("member replace g 10.0.0.1", 1, 'verb "replace" is unknown'),
    ("member show", 3, NO),
    ("rule add g", 1, f"direction is missing: {RULE_MISSING}"),
    ("rule add g in", 1, 'direction "in" is unknown'),
    ("rule add g ingress", 3, NO),
    ("rule add g ingress ipv4 ipv6", 1, '"ipv6" comes behind another word for the same'),
    ("rule add g ingress proto", 1, "proto needs a value"),
    ("rule add g ingress proto 256", 1, 'proto "256" is unknown: 0 to 255 or a name'),
    ("rule add g ingress proto tpc", 1, 'did you mean "tcp"?'),
    ("rule add g ingress proto tcp dport 90-80", 1,
     'command line:1:36: Error: dport "90-80" is reversed: the first port must not be above the last'),
    ("rule add g ingress proto tcp dport 65536", 1, 'dport "65536" is no port'),
    ("rule add g ingress proto tcp dport -80", 1, 'dport "-80" is no port'),
    ("rule add g ingress proto tcp dport 0-65535", 3, NO),
    ("rule add g ingress dport 80", 1, "dport needs a protocol with ports"),
    ("rule add g ingress proto gre dport 80", 1, "dport needs a protocol with ports"),
    ("rule add g ingress proto icmp icmp 256", 1, 'icmp "256" is no ICMP type'),
    ("rule add g ingress proto icmp icmp 3/", 1, 'icmp "3/" is no ICMP type'),
    ("rule add g ingress proto icmp icmp 3/4", 3, NO),
    ("rule add g ingress ipv4 icmp 8", 1, "icmp needs the protocol: proto icmp or proto icmpv6"),
    ("rule add g ingress ipv6 proto icmp", 1, "the ICMP of IPv6 is icmpv6"),
    ("rule add g ingress ipv4 proto 58", 1, "the ICMP of IPv4 is icmp"),
    ("rule add g ingress ipv4 remote 2001:db8::/32", 1, "both must be of one family"),
    ("rule add g ingress proto icmpv6 remote 10.0.0.0/8", 1, "both must be of one family"),
    ("rule add g ingress remote 10.0.0.1/8", 1, "the prefix is 10.0.0.0/8"),
    ("rule add g ingress remote group", 1, "the name of the group is missing"),
    ("rule add g ingress remote set s remote group h", 1, "comes behind another word for the same"),
    ("rule add g ingress id 0", 1, 'id "0" is not a number from 1 to 2147483647'),
    ("rule replace g ingress", 1, '"id" is missing: it says which rule to replace'),
    ("rule replace g ingress id 3", 3, NO),
    ("rule set g", 1, "word is missing: one of id"),
    ("rule set g id 3", 1, "word is missing: one of ingress, egress, ipv4"),
    ("rule set g id 3 no dport", 3, NO),
    ("rule del g id 3", 3, NO),
    ("rule del g egress", 3, NO),
    ("rule del g id 3 egress", 1, '"egress" is one word too many'),
    ("rule show g id", 1, "id needs a value"),
    ("rule show g 3", 1, 'word "3" is unknown: one of id'),
    ("-s rule show g id 3", 3, NO),
]

# A batch or file on standard input: name, arguments, text, exit status, message
FILES = [
    ("an empty file applies where the module is", "apply -", "", 3, NO),
    ("a batch takes all verbs", "-b -",
     "group add g\nrule set g id 1 no dport\nport del t\nset remove s 1.1.1.1\nflush\n", 3, NO),
    ("a batch shows nothing", "-b -", "group show\n", 1,
     'standard input:1:7: Error: verb "show" is unknown'),
    ("a file takes add only", "apply -", "group add g\ngroup del g\n", 1,
     'standard input:2:7: Error: "del" is no word of a configuration file'),
    ("the line and the column", "check -", "# x\n\n\trule add g ingress proto tcp dport 90-80\n", 1,
     'standard input:3:37: Error: dport "90-80" is reversed'),
    ("check without a module", "check -", "group add g\n", 3, NO),
    ("a comment ends a line", "fmt -", "group add g # stateless x y\n", 0, ""),
    ("a # in a name is none", "fmt -", "group add g#1\n", 0, ""),
    ("CR LF", "fmt -", "group add g\r\nport add t off\r\n", 0, ""),
    ("no newline at the end", "fmt -", "group add g", 0, ""),
    ("a set twice", "fmt -", "set add s\nset add s\n", 1,
     'standard input:2:9: Error: set "s" exists already: line 1'),
    ("a group twice", "fmt -", "group add g\ngroup add g\n", 1, 'group "g" exists already: line 1'),
    ("a port twice", "fmt -", "port add t off\nport add t off\n", 1, 'port "t" exists already: line 1'),
    ("a default twice", "fmt -", "default drop t\ndefault accept t\n", 1,
     'standard input:2:16: Error: default "t" exists already: line 1'),
    ("an address twice", "fmt -", "set add s 1.1.1.1 2.2.2.2 1.1.1.1\n", 1,
     'standard input:1:27: Error: 1.1.1.1 is twice in set "s"'),
    ("an address twice, in two spellings", "fmt -",
     "group add g\nmember add g ::1\nmember add g 0:0::1\n", 1,
     'standard input:3:14: Error: ::1 is twice in group "g"'),
    ("a rule twice", "fmt -", "group add g\nrule add g egress\nrule add g egress id 2\n", 1,
     'Error: group "g" has this rule already'),
    ("an id twice", "fmt -", "group add g\nrule add g egress id 2\nrule add g ingress id 2\n", 1,
     'standard input:3:23: Error: id 2 is twice in group "g"'),
    ("a uuid twice", "fmt -",
     "port add a off uuid 67c49753-bf85-4eae-a5a3-faa48fdab983\n"
     "port add b off uuid 67C49753-bf85-4eae-a5a3-faa48fdab983\n", 1,
     'standard input:2:21: Error: uuid 67c49753-bf85-4eae-a5a3-faa48fdab983 is port "a"\'s already'),
    ("an unknown group", "fmt -", "group add web\nport add t off group wbe\n", 1,
     'standard input:2:22: Error: group "wbe" does not exist: "group add wbe" makes it; did you mean "web"?'),
    ("an unknown remote set", "fmt -", "group add g\nrule add g egress remote set dns\n", 1,
     'standard input:2:30: Error: set "dns" does not exist'),
    ("rules of an unknown group", "fmt -", "rule add g egress\n", 1,
     'standard input:1:10: Error: group "g" does not exist'),
    ("stateful beside stateless", "fmt -",
     "group add a\ngroup add b stateless\nport add t off group a group b\n", 1,
     "standard input:3:30: Error: group \"b\" is stateless and group \"a\" stateful"),
    ("/0 is no remote", "fmt -", "group add g\nrule add g egress ipv4\nrule add g egress remote 0.0.0.0/0\n", 1,
     'group "g" has this rule already'),
    ("JSON that is none", "fmt -", "{\n \"br_sg\": ]", 1, "standard input:2:"),
    ("JSON without a head", "fmt -", "{}", 1, 'standard input: Error: /: key "br_sg" is missing'),
    ("JSON of another version", "fmt -", '{"br_sg": {"version": 2}}', 1,
     "standard input: Error: /br_sg/version: a number from 1 to 1 is needed"),
    ("JSON with an unknown key", "fmt -", '{"br_sg": {"version": 1}, "prots": []}', 1,
     'Error: /prots: key "prots" is unknown: did you mean "ports"?'),
    ("JSON with a bad value", "fmt -",
     '{"br_sg": {"version": 1}, "ports": [{"dev": "a", "mode": "off"}, {"dev": "b", "mac": "x"}]}', 1,
     'standard input: Error: /ports/1/mac: mac "x" is no MAC'),
    ("JSON with a bad rule", "fmt -",
     '{"br_sg": {"version": 1}, "groups": [{"name": "g", "rules": [{"direction": "egress", "dport_min": 1, "dport_max": 2}]}]}',
     1, "Error: /groups/0/rules/0/dport_min: dport needs a protocol with ports"),
    ("JSON with a key twice", "fmt -", '{"br_sg": {"version": 1}, "ports": [], "ports": []}', 1,
     "standard input:1:"),
    ("JSON with a type that is wrong", "fmt -", '{"br_sg": {"version": 1}, "ports": {}}', 1,
     "Error: /ports: an array is needed"),
    ("a big number in JSON", "fmt -",
     '{"br_sg": {"version": 1}, "ports": [{"dev": "a", "mode": "off", "zone": 4294967297}]}', 1,
     "Error: /ports/0/zone: a number from 1 to 65535 is needed"),
    ("nothing of a file reaches the terminal raw", "fmt -", "group \033[31m\n", 1, 'verb "?[31m" is unknown'),
    ("a NUL", "fmt -", "group add a\0b\n", 1, "has a character that is not allowed"),
    ("diff of two files that are equal", "diff - /dev/null", "# nothing\n", 0, ""),
    ("diff of two files", "diff - /dev/null", "group add g\n", 4, ""),
    ("as many errors as lines", "fmt -", "x\ny\nz\n", 1, 'standard input:3:1: Error: object "z"'),
]


def page_faults(*args):
    pid = os.posix_spawn(args[0], args, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    return os.wait4(pid, 0)[2].ru_minflt


def main():
    tap = Tap()
    build()
    loaded = module_is_loaded()
    for args, status, message in TABLE:
        name = f"sgctl {args}" if len(args) < 70 else f"sgctl {args[:67]}..."
        if loaded and status == 3:
            continue
        rc, out, err = run(*args.split())
        good = rc == status and message in err
        if rc == 0:
            good = good and not err
        else:
            good = good and not out
        tap.ok(good, name, f"status {rc}, wanted {status}\nmessage {err!r}\nwanted  {message!r}")
    for name, args, text, status, message in FILES:
        if loaded and status == 3:
            continue
        rc, _, err = run(*args.split(), stdin=text)
        tap.ok(rc == status and message in err, name,
               f"status {rc}, wanted {status}\nmessage {err!r}\nwanted  {message!r}")
    rc, out, err = run("-j", "-V")
    tap.ok(rc == 0 and f'"sgctl":"{VERSION}"' in out, "-j -V is JSON", out)
    rc, out, err = run("-c=always", "prt")
    tap.ok("\033[1;31mError:\033[0m" in err, "-c=always colours errors", err)
    with open("/dev/full", "w", encoding="ascii") as full:
        rc = subprocess.run([SGCTL, "help"], stdout=full, stderr=subprocess.PIPE,
                            check=False).returncode
    tap.equal(rc, 1, "an output that can't be written is an error")
    more = min(page_faults(SGCTL, "-V") for _ in range(5)) - \
        min(page_faults("/bin/true") for _ in range(5))
    tap.ok(more <= 40, "sgctl touches at most 40 pages more than a program that "
           "does nothing", f"{more} page faults more")
    tap.done()


main()
