// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages that are not as the header says, whatever their values. */
#include "client.h"

static void test_unknown(struct client *c)
{
	ALL_BAD(c, "an attribute that a command does not take is refused",
		{ BAD, "FLUSH !op:1" },
		{ BAD, "COMMIT !generation:1" },
		{ BAD, "COMMIT flags:0 !op:1" },
		{ BAD, "SET_NEW op:1 set{name:x} !flags:0" },
		{ BAD, "SET_NEW op:1 !group{name:x}" },
		{ BAD, "SET_NEW op:1 set{name:x} !group{name:x}" },
		{ BAD, "SET_NEW !generation:1 op:1 set{name:x}" },
		{ BAD, "SET_DEL !op:1 set{name:s}" },
		{ BAD, "GROUP_NEW op:1 group{name:x} !set{name:x}" },
		{ BAD, "GROUP_DEL !op:1 group{name:g}" },
		{ BAD, "DEFAULT_NEW op:1 default{pattern:x verdict:1} !status{}" },
		{ BAD, "DEFAULT_DEL !op:1 default{pattern:x}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr:10.0.0.1} !counter{}" },
		{ BAD, "ADDRS_DEL !op:1 addrs{set:s addr:10.0.0.1}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0} !version:1" },
		{ BAD, "RULE_DEL rule{group:h id:1} !op:1" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1} !zone{}" },
		{ BAD, "PORT_DEL !op:1 port{dev:t}" },
		{ BAD, "SET_NEW op:1 set{name:x} !pad" });
	ALL_BAD(c, "an attribute that a nest does not have is refused",
		{ BAD, "SET_NEW op:1 set{name:x !4=00000000}" },
		{ BAD, "SET_NEW op:1 set{name:x !0=00000000}" },
		{ BAD, "SET_NEW op:1 set{!300= name:x}" },
		{ BAD, "GROUP_NEW op:1 group{name:x !6=}" },
		{ BAD, "DEFAULT_NEW op:1 default{pattern:x verdict:1 !4=}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr:10.0.0.1 !5=}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{ipv4:10.0.0.1 !5=00}}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{ipv4:10.0.0.1 !0=00}}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 !14=}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 remote{ipv4:10.0.0.1 !5=}}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !19=}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !0=}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !16383=}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 pair{ipv4:10.0.0.1 !5=}}" },
		{ BAD, "SET_DEL set{name:s !4=}" },
		{ BAD, "RULE_DEL rule{group:h id:1 !14=}" });
	ALL_BAD(c, "an attribute that is read only is refused",
		{ BAD, "SET_NEW op:1 set{name:x !count:0}" },
		{ BAD, "SET_DEL set{name:s !count:0}" },
		{ BAD, "GROUP_NEW op:1 group{name:x !rules:0}" },
		{ BAD, "GROUP_NEW op:1 group{name:x !count:0}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !state:0}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !ifindex:1}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !bridge:br0}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !zone_used:1}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !ct_limit_used:1}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !ct_entries:1}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !serial:1}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !policy_version:1}" });
	ALL_BAD(c, "flags that are not known are refused",
		{ BAD, "COMMIT !flags:4" },
		{ BAD, "COMMIT !flags:7" },
		{ BAD, "COMMIT !flags:0x80000000" });
}

static void test_lengths(struct client *c)
{
	ALL_BAD(c, "numbers of another length are refused",
		{ BAD, "SET_NEW !op= set{name:x}" },
		{ BAD, "SET_NEW !op=0100 set{name:x}" },
		{ BAD, "SET_NEW !op=01000000 set{name:x}" },
		{ BAD, "COMMIT !flags=" },
		{ BAD, "COMMIT !flags=01" },
		{ BAD, "COMMIT !flags=0000000000000000" },
		{ BAD, "SET_NEW op:1 set{name:x !cookie=}" },
		{ BAD, "SET_NEW op:1 set{name:x !cookie=010203}" },
		{ BAD, "SET_NEW op:1 set{name:x !cookie=0102030405}" },
		{ BAD, "GROUP_NEW op:1 group{name:x !cookie=01}" },
		{ BAD, "DEFAULT_NEW op:1 default{pattern:x !verdict=0100}" },
		{ BAD, "DEFAULT_NEW op:1 default{pattern:x verdict:1 !cookie=0100}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{ipv4:10.0.0.1 !len=}}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{ipv4:10.0.0.1 !len=2000}}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr:10.0.0.1 !cookie=0100}" },
		{ BAD, "RULE_NEW op:1 rule{group:g !id=0100 direction:0}" },
		{ BAD, "RULE_NEW op:1 rule{group:g !id=0100000000000000 direction:0}" },
		{ BAD, "RULE_NEW op:1 rule{group:g !direction=00000000}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 !family=0200}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 !proto=0600}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 proto:6 !min=50 max:80}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 proto:6 min:80 !max=50000000}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 proto:1 !type=0000}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 proto:1 type:0 !code=}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 !cookie=01}" },
		{ BAD, "PORT_NEW op:1 port{dev:t !mode=0100}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !zone=01}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !zone=01000000}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !ethertype=00}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !cookie=}" });
	ALL_BAD(c, "addresses, MACs and UUIDs of another length are refused",
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{!ipv4=}}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{!ipv4=0a0000}}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{!ipv4=0a00000001}}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{!ipv6=0a000001}}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{!ipv6=00112233445566778899aabbccddee}}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s "
		       "addr{!ipv6=00112233445566778899aabbccddeeff00}}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 remote{!ipv4=0a0000}}" },
		{ BAD, "PORT_NEW op:1 port{dev:t !mac=0200000000}" },
		{ BAD, "PORT_NEW op:1 port{dev:t !mac=02000000000000}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !mac=}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !uuid=}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !uuid=00112233445566778899aabbccddee}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 "
		       "!uuid=00112233445566778899aabbccddeeff00}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 "
		       "pair{ipv4:10.0.0.1 !mac=0200000000}}" });
	ALL_BAD(c, "flags with a value are refused",
		{ BAD, "GROUP_NEW op:1 group{name:x !stateless=00}" },
		{ BAD, "GROUP_NEW op:1 group{name:x !stateless=01000000}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !strict=01}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !any_source=01}" });
}

static void test_twice(struct client *c)
{
	ALL_BAD(c, "an attribute that is not repeated is refused when it is there twice",
		{ -EINVAL, "SET_NEW op:1 !op:1 set{name:x}" },
		{ -EINVAL, "COMMIT flags:0 !flags:0" },
		{ -EINVAL, "SET_NEW op:1 set{name:x !name:x}" },
		{ -EINVAL, "SET_NEW op:1 set{name:x cookie:1 !cookie:1}" },
		{ -EINVAL, "SET_DEL set{name:s !name:s}" },
		{ -EINVAL, "GROUP_NEW op:1 group{name:x stateless !stateless}" },
		{ -EINVAL, "GROUP_NEW op:1 group{name:x !name:y}" },
		{ -EINVAL, "DEFAULT_NEW op:1 default{pattern:x verdict:1 !verdict:2}" },
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s !set:s addr:10.0.0.1}" },
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s addr{ipv4:10.0.0.1 !ipv4:10.0.0.2}}" },
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s addr{ipv4:10.0.0.1 len:32 !len:32}}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 !direction:1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 "
			   "remote:10.0.0.1 !remote:10.0.0.2}" },
		{ -EINVAL, "RULE_DEL rule{group:h id:1 !id:1}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 !dev:u}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 strict !strict}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 any_source !any_source}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 "
			   "pair{ipv4:10.0.0.1 mac:2:0:0:0:0:1 "
			   "!mac:2:0:0:0:0:1}}" },
		{ -EINVAL, "PORT_DEL port{dev:t !dev:t}" });
}

static void test_nests(struct client *c)
{
	ALL_BAD(c, "a nest in an object without NLA_F_NESTED is refused",
		{ BAD, "ADDRS_NEW op:1 addrs{set:s !addr~{ipv4:10.0.0.1}}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 !remote~{ipv4:10.0.0.1}}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !ip~{ipv4:10.0.0.1}}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !pair~{ipv4:10.0.0.1}}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !dhcp~{ipv4:10.0.0.1}}" });
	ALL_BAD(c, "NLA_F_NESTED in an object where there is no nest is refused",
		{ BAD, "SET_NEW op:1 set{!name~:x}" },
		{ BAD, "GROUP_NEW op:1 group{name:x !stateless~}" },
		{ BAD, "RULE_NEW op:1 rule{group:g !direction~:0}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{!ipv4~:10.0.0.1}}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !ethertype~:0x88cc}" });
	ALL_BAD(c, "bytes behind the last attribute of a nest are refused",
		{ BAD, "SET_NEW op:1 set{name:x +00}" },
		{ BAD, "SET_NEW op:1 set{name:x +000000}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{ipv4:10.0.0.1 +0000}}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 +ffff}" });
	ALL_BAD(c, "an attribute longer than its nest or shorter than its header is refused",
		{ BAD, "SET_NEW op:1 set{name:x +08000100}" },
		{ BAD, "SET_NEW op:1 set{+ffff010061006200}" },
		{ BAD, "SET_NEW op:1 set{name:x +03000300}" },
		{ BAD, "SET_NEW op:1 set{name:x +00000000}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{+090001000a000001}}" });
}

static void test_missing(struct client *c)
{
	ALL_BAD(c, "a *_NEW without OP is refused",
		{ -EINVAL, "DEFAULT_NEW default{pattern:x verdict:1} ?op" },
		{ -EINVAL, "SET_NEW set{name:x} ?op" },
		{ -EINVAL, "GROUP_NEW group{name:x} ?op" },
		{ -EINVAL, "ADDRS_NEW addrs{set:s addr:10.0.0.1} ?op" },
		{ -EINVAL, "RULE_NEW rule{group:g direction:0} ?op" },
		{ -EINVAL, "PORT_NEW port{dev:t mode:1} ?op" });
	ALL_BAD(c, "a change without an object is refused",
		{ -EINVAL, "DEFAULT_NEW op:1 ?default" },
		{ -EINVAL, "DEFAULT_DEL ?default" },
		{ -EINVAL, "SET_NEW op:1 ?set" }, { -EINVAL, "SET_DEL ?set" },
		{ -EINVAL, "GROUP_NEW op:1 ?group" },
		{ -EINVAL, "GROUP_DEL ?group" },
		{ -EINVAL, "ADDRS_NEW op:1 ?addrs" },
		{ -EINVAL, "ADDRS_DEL ?addrs" },
		{ -EINVAL, "RULE_NEW op:1 ?rule" }, { -EINVAL, "RULE_DEL ?rule" },
		{ -EINVAL, "PORT_NEW op:1 ?port" }, { -EINVAL, "PORT_DEL ?port" });
	ALL_BAD(c, "an object without what it must have is refused",
		{ -EINVAL, "DEFAULT_NEW op:1 default{verdict:1 ?pattern}" },
		{ -EINVAL, "DEFAULT_NEW op:1 default{pattern:x ?verdict}" },
		{ -EINVAL, "SET_NEW op:1 set{?name}" },
		{ -EINVAL, "SET_NEW op:1 set{name:x} set{cookie:1 ?name}" },
		{ -EINVAL, "GROUP_NEW op:1 group{stateless ?name}" },
		{ -EINVAL, "ADDRS_NEW op:1 addrs{addr:10.0.0.1 ?set}" },
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s ?addr}" },
		{ -EINVAL, "RULE_NEW op:1 rule{direction:0 ?group}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g ?direction}" },
		{ -EINVAL, "RULE_NEW op:2 rule{group:g direction:0 ?id}" },
		{ -EINVAL, "PORT_NEW op:1 port{mode:1 ?dev}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t ?mac}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:0 ?mac}" });
	ALL_BAD(c, "a *_DEL without its key is refused",
		{ -EINVAL, "DEFAULT_DEL default{cookie:1 ?pattern}" },
		{ -EINVAL, "SET_DEL set{?name}" },
		{ -EINVAL, "GROUP_DEL group{?name}" },
		{ -EINVAL, "ADDRS_DEL addrs{addr:10.0.0.1 ?set}" },
		{ -EINVAL, "ADDRS_DEL addrs{group:g ?addr}" },
		{ -EINVAL, "RULE_DEL rule{id:1 ?group}" },
		{ -EINVAL, "RULE_DEL rule{group:h ?id}" },
		{ -EINVAL, "PORT_DEL port{?dev}" });
	ALL_BAD(c, "a *_DEL with more than its key is refused",
		{ BAD, "DEFAULT_DEL default{pattern:x !verdict:1}" },
		{ BAD, "GROUP_DEL group{name:g !stateless}" },
		{ BAD, "RULE_DEL rule{group:h id:1 !direction:0}" },
		{ BAD, "RULE_DEL rule{group:h id:1 !remote_set:s}" },
		{ BAD, "PORT_DEL port{dev:t !mode:1}" },
		{ BAD, "PORT_DEL port{dev:t !uuid:00112233445566778899aabbccddeeff}" },
		{ BAD, "PORT_DEL port{dev:t !group:g}" });
	ALL_BAD(c, "addresses of a SET and a GROUP are refused",
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s !group:g addr:10.0.0.1}" },
		{ -EINVAL, "ADDRS_DEL addrs{!group:g set:s addr:10.0.0.1}" });
}

/* what belongs to no transaction, or is refused before it is one's */
static const struct bad outside[] = {
	{ BAD, "BEGIN !flags:2" }, { BAD, "BEGIN !flags:0x80000001" },
	{ BAD, "BEGIN !flags=01" }, { BAD, "BEGIN !generation=01" },
	{ BAD, "BEGIN !generation=000000000000000000" },
	{ BAD, "BEGIN flags:0 !flags:0" }, { BAD, "BEGIN !op:1" },
	{ BAD, "BEGIN generation:0 !pad" }, { BAD, "BEGIN !99=" },
	{ BAD, "STATUS_GET !op:1" }, { BAD, "STATUS_GET !status{}" },
	{ BAD, "STATUS_GET !99=" }, { BAD, "STATUS_GET +00" },
	{ BAD, "STATUS_GET !0=" },
	{ -EINVAL, "PORT_GET ?port" }, { -EINVAL, "PORT_GET !port{}" },
	{ -EINVAL, "PORT_GET !port{dev:t uuid:00112233445566778899aabbccddeeff}" },
	{ BAD, "PORT_GET port{dev:t !mode:1}" },
	{ BAD, "PORT_GET port{dev:t !cookie:1}" },
	{ BAD, "PORT_GET port{dev:t !state:1}" },
	{ BAD, "PORT_GET port{dev:t !99=}" },
	{ BAD, "PORT_GET port{!dev=74}" }, { BAD, "PORT_GET port{!uuid=74}" },
	{ BAD, "PORT_GET port{dev:t !dev:t}" },
	{ BAD, "PORT_GET port{dev:t} !port{dev:t}" },
	{ BAD, "PORT_GET !port~{dev:t}" }, { BAD, "PORT_GET port{dev:t +00}" },
	{ BAD, "PORT_GET port{dev:t} +0000" },
	{ BAD, "PORT_GET port{dev:t} !generation:1" },
	{ BAD, "PORT_GET !flags:4 port{dev:t}" },
	{ -ENOENT, "PORT_GET !flags:1 port{dev:t}" },
	{ BAD, "SHADOW_COMMIT !flags:1" }, { BAD, "SHADOW_COMMIT !generation=01" },
	{ BAD, "SHADOW_COMMIT generation:1 !generation:1" },
	{ BAD, "SHADOW_DROP !generation:1" }, { BAD, "SHADOW_DROP +00" },
	{ BAD, "SET_NEW op:1 set{name:x} !15=" }, { BAD, "FLUSH !99=00" },
	{ BAD, "SET_NEW op:1 set{name:x} !0=00" }, { BAD, "COMMIT !32767=" },
	{ BAD, "SET_NEW op:1 !set~{name:x}" }, { BAD, "SET_DEL !set~{name:s}" },
	{ BAD, "SET_NEW !op~:1 set{name:x}" }, { BAD, "ABORT !99=" },
	{ BAD, "FLUSH +00" }, { BAD, "SET_NEW op:1 set{name:x} +000000" },
	{ -EINVAL, "STATUS_GET%1" }, { -EINVAL, "BEGIN%256" },
	{ -EINVAL, "FLUSH%1" }, { -EINVAL, "SET_NEW%65535 op:1 set{name:x}" },
	{ -EINVAL, "COMMIT%1" }, { -EINVAL, "SET_GET*%1" },
	/* NLM_F_ECHO (8) generic netlink lets through, without effect */
	{ -EINVAL, "SET_NEW|0x100 op:1 set{name:x}" },
	{ -EINVAL, "SET_NEW|0x200 op:1 set{name:x}" },
	{ -EINVAL, "SET_NEW|0x400 op:1 set{name:x}" },
	{ -EINVAL, "SET_NEW|0x800 op:1 set{name:x}" },
	{ -EINVAL, "FLUSH|0x8000" }, { -EINVAL, "COMMIT|0x10" },
	{ -EINVAL, "STATUS_GET|0x20" }, { -EINVAL, "BEGIN|0x40" },
	{ -EINVAL, "SET_GET*|0x400" },
	{ -EOPNOTSUPP, "0" }, { -EOPNOTSUPP, "26" }, { -EOPNOTSUPP, "255" },
	{ -EOPNOTSUPP, "26*" },
	{ -EOPNOTSUPP, "STATUS_GET*" }, { -EOPNOTSUPP, "BEGIN*" },
	{ -EOPNOTSUPP, "COMMIT*" }, { -EOPNOTSUPP, "SET_NEW*" },
	{ -EOPNOTSUPP, "SET_GET" }, { -EOPNOTSUPP, "DEFAULT_GET" },
	{ -EOPNOTSUPP, "GROUP_GET" }, { -EOPNOTSUPP, "ADDRS_GET" },
	{ -EOPNOTSUPP, "RULE_GET" }, { -EOPNOTSUPP, "COUNTER_GET" },
	{ -EOPNOTSUPP, "FLOW_GET" }, { -EOPNOTSUPP, "SHADOW_COMMIT*" },
	{ -EOPNOTSUPP, "SHADOW_DROP*" },
};

/* errors of dumps, whose extended ack older kernels lose */
static const struct bad dumps[] = {
	{ BAD, "SET_GET* op:1" }, { BAD, "SET_GET* set{name:s}" },
	{ BAD, "GROUP_GET* 99=" }, { BAD, "ADDRS_GET* addrs{set:s}" },
	{ BAD, "RULE_GET* rule{group:g}" }, { BAD, "DEFAULT_GET* flags:4" },
	{ BAD, "PORT_GET* port{dev:t}" }, { BAD, "PORT_GET* port{}" },
	{ BAD, "COUNTER_GET* port{}" }, { BAD, "COUNTER_GET* counter{}" },
	{ BAD, "COUNTER_GET* port{mode:1}" },
	{ BAD, "COUNTER_GET* port{dev:t mode:1}" },
	{ BAD, "COUNTER_GET* port{dev:t dev:t}" },
	{ BAD, "COUNTER_GET* port~{dev:t}" },
	{ BAD, "COUNTER_GET* port{dev=74}" },
	{ BAD, "COUNTER_GET* port{dev:t uuid:00112233445566778899aabbccddeeff}" },
	{ BAD, "FLOW_GET* port{}" }, { BAD, "FLOW_GET* flow{}" },
	{ BAD, "FLOW_GET* port{dev:t mode:1}" }, { BAD, "FLOW_GET* flags:2" },
	{ BAD, "FLOW_GET* op:1" },
	{ BAD, "SET_GET* +00" }, { BAD, "SET_GET* flags:0 flags:0" },
	{ BAD, "RULE_GET* flags=00" }, { BAD, "PORT_GET* flags:4" },
	{ BAD, "COUNTER_GET* flags:4" }, { -ENOENT, "COUNTER_GET* flags:1" },
	{ -ENOENT, "GROUP_GET* flags:1" },
};

static void test_outside(struct client *c)
{
	struct client other;
	bool good = true, open;
	unsigned int i;

	client_open(&other);
	open = says(&other, 0, "BEGIN flags:1") &&
	       says(&other, 0, "SET_NEW op:1 set{name:s}");
	for (i = 0; i < ARRAY_SIZE(outside); i++)
		good &= refuses(c, outside[i].err, outside[i].text);
	ok(good, "headers, commands and attributes that are none of br_sg's "
		 "are refused, outside of a transaction");
	good = true;
	for (i = 0; i < ARRAY_SIZE(dumps); i++)
		good &= says(c, dumps[i].err, dumps[i].text) &&
			!c->a.messages;
	ok(good, "dumps with other attributes than theirs are refused");
	ok(says(c, BAD, "COUNTER_GET* port{dev:t} port{dev:t}") &&
	   says(c, BAD, "FLOW_GET* port{dev:t} port{dev:t}") &&
	   says(c, BAD, "FLOW_GET* flags:1 flags:1"),
	   "and COUNTER_GET and FLOW_GET of two ports");
	for (i = 0; i < ARRAY_SIZE(outside); i++)
		if (memcmp(outside[i].text, "ABORT", 5))
			open &= says(&other, outside[i].err, outside[i].text) &&
				says(&other, 0, "SET_NEW op:2 set{name:x}");
	for (i = 0; i < ARRAY_SIZE(dumps); i++)
		open &= says(&other, dumps[i].err, dumps[i].text);
	ok(open && says(&other, 0, "SET_DEL set{name:s}") &&
	   says(&other, 0, "COMMIT flags:1"),
	   "and leave an open transaction as it was");
	client_close(&other);
}

static void test_abort(struct client *c)
{
	ok(says(c, 0, "BEGIN") && refuses(c, BAD, "ABORT !op:1") &&
	   says(c, -EBADFD, "FLUSH"),
	   "an ABORT that is refused ends the transaction too");
}

void test_strictness(void)
{
	struct client c;

	client_open(&c);
	test_unknown(&c);
	test_lengths(&c);
	test_twice(&c);
	test_nests(&c);
	test_missing(&c);
	test_outside(&c);
	test_abort(&c);
	client_close(&c);
}
