// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values that attributes must not have: each is refused at that attribute,
 * with a text, and with it the transaction. And the ones next to them.
 */
#include "client.h"

/* each alone in a transaction that is committed */
static void all_good(struct client *c, const char *name,
		     const char *const *texts)
{
	bool good = true;

	for (; *texts; texts++) {
		good &= OBJECTS(c) && says(c, 0, *texts) && says(c, 0, "COMMIT");
		tell(c, "ABORT");
	}
	ok(good, "%s", name);
}

#define ALL_GOOD(c, name, ...) \
	all_good(c, name, (const char *const []){ __VA_ARGS__, NULL })

#define N60 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

/* a command, what is before the name in the nest and what is behind it */
static void bad_names(struct client *c, const char *what, const char *head,
		      const char *tail, bool device)
{
	static const char *const names[] = {
		"=", "=00", "=61", "=6162", "=610000", "=61006200",
		":#a", ":-a", ":a\\20b", ":a\\22", ":'", ":a\\5c", ":a\\7f",
		":a\\09", ":a\\0a", ":\\01", ":\\c3\\a4", ":\\80", ":\\ff",
		":" N60 "1234", ":" N60 N60 N60 N60 N60,
	};
	static const char *const devices[] = { ":a/b", ":a:b", ":/", "::" };
	char text[1024];
	bool good = true;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names) + (device ? ARRAY_SIZE(devices) : 0);
	     i++) {
		const char *name = i < ARRAY_SIZE(names) ? names[i] :
				   devices[i - ARRAY_SIZE(names)];
		struct bad bad = { BAD, text };

		snprintf(text, sizeof(text), "%s%s%s", head, name, tail);
		good &= one_bad(c, &bad);
	}
	ok(good, "%s is refused when empty, too long, not terminated or of other characters",
	   what);
}

static void test_names(struct client *c)
{
	bad_names(c, "a set's NAME", "SET_NEW op:1 set{!name", "}", false);
	bad_names(c, "a set's NAME (DEL)", "SET_DEL set{!name", "}", false);
	bad_names(c, "a group's NAME", "GROUP_NEW op:1 group{!name", "}", false);
	bad_names(c, "a group's NAME (DEL)", "GROUP_DEL group{!name", "}",
		  false);
	bad_names(c, "an ADDRS' SET", "ADDRS_NEW op:1 addrs{addr:10.0.0.1 !set",
		  "}", false);
	bad_names(c, "an ADDRS' GROUP",
		  "ADDRS_DEL addrs{addr:10.0.0.1 !group", "}", false);
	bad_names(c, "a rule's GROUP", "RULE_NEW op:1 rule{!group",
		  " direction:0}", false);
	bad_names(c, "a rule's REMOTE_GROUP",
		  "RULE_NEW op:1 rule{group:g direction:0 !remote_group", "}",
		  false);
	bad_names(c, "a rule's REMOTE_SET",
		  "RULE_NEW op:1 rule{group:g direction:0 !remote_set", "}",
		  false);
	bad_names(c, "a port's GROUP",
		  "PORT_NEW op:1 port{dev:t mode:1 group:g !group", "}", false);
	bad_names(c, "a port's DEV", "PORT_NEW op:1 port{mode:1 !dev", "}",
		  true);
	bad_names(c, "a port's DEV (DEL)", "PORT_DEL port{!dev", "}", true);
	bad_names(c, "a default's PATTERN",
		  "DEFAULT_NEW op:1 default{verdict:1 !pattern", "}", true);
	ALL_BAD(c, "DEV is 15 characters, PATTERN 31, names 63 at most",
		{ BAD, "PORT_NEW op:1 port{mode:1 !dev:abcdefghijklmnop}" },
		{ BAD, "PORT_NEW op:1 port{mode:1 !dev:.}" },
		{ BAD, "PORT_NEW op:1 port{mode:1 !dev:..}" },
		{ BAD, "DEFAULT_NEW op:1 default{verdict:1 "
		       "!pattern:abcdefghijklmnopabcdefghijklmnop}" },
		{ BAD, "DEFAULT_DEL default{!pattern:abcdefghijklmnopabcdefghijklmnop}" },
		{ BAD, "GROUP_NEW op:1 group{!name:" N60 "1234}" });
	ALL_GOOD(c, "and that many they may be",
		 "PORT_NEW op:1 port{mode:1 dev:abcdefghijklmno}",
		 "PORT_NEW op:1 port{mode:1 dev:a}",
		 "DEFAULT_NEW op:1 default{verdict:1 pattern:abcdefghijklmnopabcdefghijklmno}",
		 "DEFAULT_NEW op:1 default{verdict:1 pattern:*}",
		 "DEFAULT_NEW op:1 default{verdict:1 pattern:*?*}",
		 "GROUP_NEW op:1 group{name:" N60 "123}",
		 "SET_NEW op:1 set{name:" N60 "123}",
		 "SET_NEW op:1 set{name:x}");
}

static void test_ranges(struct client *c)
{
	ALL_BAD(c, "OP is 1 or 2",
		{ BAD, "SET_NEW !op:0 set{name:x}" },
		{ BAD, "SET_NEW !op:3 set{name:x}" },
		{ BAD, "GROUP_NEW group{name:x} !op:255" },
		{ BAD, "DEFAULT_NEW !op:0 default{pattern:x verdict:1}" },
		{ BAD, "ADDRS_NEW !op:3 addrs{set:s addr:10.0.0.1}" },
		{ BAD, "RULE_NEW !op:3 rule{group:g direction:0}" },
		{ BAD, "PORT_NEW !op:3 port{dev:t mode:1}" });
	ALL_BAD(c, "VERDICT is 1 or 2",
		{ BAD, "DEFAULT_NEW op:1 default{pattern:x !verdict:0}" },
		{ BAD, "DEFAULT_NEW op:1 default{pattern:x !verdict:3}" },
		{ BAD, "DEFAULT_NEW op:1 default{pattern:x !verdict:255}" });
	ALL_BAD(c, "a rule's ID is 1 to 0x7fffffff",
		{ BAD, "RULE_NEW op:1 rule{group:g !id:0 direction:0}" },
		{ BAD, "RULE_NEW op:2 rule{group:g !id:0x80000000 direction:0}" },
		{ BAD, "RULE_NEW op:2 rule{group:g !id:0xffffffff direction:0}" },
		{ BAD, "RULE_DEL rule{group:g !id:0}" },
		{ BAD, "RULE_DEL rule{group:g !id:0x80000000}" });
	ALL_BAD(c, "DIRECTION is 0 or 1, FAMILY 2 or 10, MODE 0 to 2",
		{ BAD, "RULE_NEW op:1 rule{group:g !direction:2}" },
		{ BAD, "RULE_NEW op:1 rule{group:g !direction:255}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 !family:0}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 !family:1}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 !family:3}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 !family:9}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 !family:11}" },
		{ BAD, "PORT_NEW op:1 port{dev:t !mode:3}" },
		{ BAD, "PORT_NEW op:1 port{dev:t !mode:255}" });
	ALL_BAD(c, "a port's ZONE and CT_LIMIT are not 0, an ETHERTYPE not below 0x0600",
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !zone:0}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !ct_limit:0}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !ct_limit:2147483648}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 !ethertype:0}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 ethertype:0x600 !ethertype:0x5ff}" });
	ALL_BAD(c, "the ethertypes of VLAN, ARP and IP are refused",
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 !ethertype:0x8100}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 !ethertype:0x88a8}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 !ethertype:0x0800}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 !ethertype:0x86dd}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 !ethertype:0x0806}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 !ethertype:0x8808}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 !ethertype:0x8809}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 !ethertype:0x888e}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 !ethertype:0x88cc}" });
	ALL_BAD(c, "a MAC is unicast and not zero",
		{ -EINVAL, "PORT_NEW op:1 port{dev:t !mac:0:0:0:0:0:0}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 !mac:0:0:0:0:0:0}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t !mac:1:0:0:0:0:1}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t !mac:ff:ff:ff:ff:ff:ff}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 "
			   "pair{ipv4:10.0.0.1 !mac:0:0:0:0:0:0}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 "
			   "pair{ipv4:10.0.0.1 !mac:33:33:0:0:0:1}}" });
	ALL_GOOD(c, "the values at the ends of a range are good",
		 "DEFAULT_NEW op:2 default{pattern:x verdict:1 cookie:0}",
		 "RULE_NEW op:2 rule{group:g id:1 direction:0 cookie:0xffffffff}",
		 "RULE_NEW op:2 rule{group:g id:0x7fffffff direction:1}",
		 "PORT_NEW op:2 port{dev:t mode:2 zone:1 ethertype:0x600}",
		 "PORT_NEW op:2 port{dev:t mode:1 zone:65535 ethertype:0xffff}",
		 "PORT_NEW op:2 port{dev:t mac:0:0:0:0:0:1}",
		 "PORT_NEW op:2 port{dev:t mac:fe:ff:ff:ff:ff:ff}",
		 "PORT_NEW op:2 port{dev:t mode:1 ethertype:0x801 "
		 "ethertype:0x7ff ethertype:0x805 ethertype:0x807 "
		 "ethertype:0x80ff ethertype:0x8101 ethertype:0x86dc "
		 "ethertype:0x86de ethertype:0x88a7 ethertype:0x88a9}");
}

static void test_addresses(struct client *c)
{
	ALL_BAD(c, "LEN is at most 32 or 128",
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{ipv4:10.0.0.1 !len:33}}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{ipv4:10.0.0.1 !len:128}}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{ipv6:fe80:: !len:129}}" },
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{ipv6:fe80:: !len:255}}" },
		{ BAD, "ADDRS_DEL addrs{set:s addr{ipv4:10.0.0.1 !len:33}}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 remote{ipv4:10.0.0.1 !len:33}}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 pair{ipv4:10.0.0.1 !len:33}}" });
	ALL_BAD(c, "bits behind LEN are 0",
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s addr{!ipv4:10.0.0.1 len:31}}" },
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s addr{!ipv4:128.0.0.0 len:0}}" },
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s addr{len:64 !ipv6:fe80::1}}" },
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s addr{len:0 !ipv6:8000::}}" },
		{ -EINVAL, "ADDRS_DEL addrs{set:s addr{!ipv6:::1 len:127}}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 remote{!ipv4:10.0.0.1 len:8}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 pair{!ipv4:10.0.0.1 len:8}}" });
	ALL_BAD(c, "an address is IPV4 or IPV6: not both, not none",
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s addr{ipv4:10.0.0.1 !ipv6:fe80::1}}" },
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s addr:10.0.0.1 addr{?ipv4}}" },
		{ -EINVAL, "ADDRS_NEW op:1 addrs{set:s addr{len:0 ?ipv4}}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 remote{?ipv4}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 ip{?ipv4}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 "
			   "pair{mac:2:0:0:0:0:1 ?ipv4}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 dhcp{?ipv4}}" });
	ALL_BAD(c, "a MAC belongs to a PAIR only",
		{ BAD, "ADDRS_NEW op:1 addrs{set:s addr{ipv4:10.0.0.1 !mac:2:0:0:0:0:1}}" },
		{ BAD, "RULE_NEW op:1 rule{group:g direction:0 "
		       "remote{ipv4:10.0.0.1 !mac:2:0:0:0:0:1}}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 ip{ipv4:10.0.0.1 !mac:2:0:0:0:0:1}}" },
		{ BAD, "PORT_NEW op:1 port{dev:t mode:1 dhcp{ipv4:10.0.0.1 !mac:2:0:0:0:0:1}}" });
	ALL_BAD(c, "IP and DHCP_SERVER are hosts",
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 ip{ipv4:10.0.0.0 !len:31}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 ip{ipv6:fe80:: !len:127}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 dhcp{ipv4:10.0.0.0 !len:24}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 dhcp{ipv6:fe80:: !len:64}}" });
	ALL_BAD(c, "a group's member is no /0",
		{ -EINVAL, "ADDRS_NEW op:1 addrs{group:g !addr:0.0.0.0/0}" },
		{ -EINVAL, "ADDRS_NEW op:2 addrs{group:g addr:10.0.0.1 !addr:::/0}" });
	/* not in the header: what no host can have */
	ALL_BAD(c, "a port's addresses are some host's",
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 ip{!ipv4:0.0.0.0}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 ip{!ipv4:255.255.255.255}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 ip{!ipv4:224.0.0.1}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 ip{!ipv4:127.0.0.1}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 ip{!ipv6:::}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 ip{!ipv6:::1}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 pair{!ipv6:ff02::1}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 pair{!ipv4:239.0.0.0 len:8}}" },
		{ -EINVAL, "PORT_NEW op:1 port{dev:t mode:1 dhcp{!ipv4:224.0.0.1}}" });
	ALL_GOOD(c, "every LEN from 0 to 32 or 128 is good where it may be",
		 "ADDRS_NEW op:1 addrs{set:s addr:0.0.0.0/0 addr:0.0.0.0/1 "
		 "addr:0.0.0.0/32 addr:::/0 addr:::/1 addr:::/33 addr:::/128 "
		 "addr:255.255.255.255 addr:224.0.0.0/4 addr:ff00::/8}",
		 "ADDRS_NEW op:1 addrs{group:g addr:0.0.0.0/1 addr:::/1}",
		 "RULE_NEW op:1 rule{group:g direction:0 remote:128.0.0.0/1} "
		 "rule{group:g direction:0 remote:::1/128}",
		 "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 pair:0.0.0.0/0 "
		 "pair:::/0 pair:10.0.0.0/31 pair:fe80::/127 "
		 "pair:0.0.0.0/0@2:0:0:0:0:2 ip:0.0.0.1 dhcp:255.255.255.254}");
}

static void test_rules(struct client *c)
{
	ALL_BAD(c, "PORT_MIN and PORT_MAX go together, and in order",
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:6 !min:1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:6 !max:1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:6 min:1 !max:0}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:6 "
			   "min:65535 !max:65534}" });
	ALL_BAD(c, "only protocols that have them have ports",
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 !min:1 max:1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:0 !min:1 max:1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:1 !min:1 max:1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:47 !min:1 max:1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:58 max:1 !min:1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:255 !min:1 max:1}" });
	ALL_BAD(c, "only ICMP has types, and a code only with a type",
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 !type:8}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:6 !type:8}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:17 min:1 max:1 !type:0}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:1 !code:0}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:58 !code:1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 !code:1}" });
	ALL_BAD(c, "a rule is of one family",
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 family:10 !proto:1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 family:2 !proto:58}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 family:10 !remote:10.0.0.1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 family:2 !remote:::/0}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:1 !remote:fe80::1}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 proto:58 !remote:0.0.0.0/0}" });
	ALL_BAD(c, "an extension header of IPv6 is a protocol in a rule of IPv4 only",
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 !proto:43}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:1 family:10 !proto:44}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 !proto:51}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 !proto:51 remote:::/0}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 family:10 !proto:60}" });
	ALL_GOOD(c, "and there it is taken",
		 "RULE_NEW op:1 rule{group:g direction:0 family:2 proto:43}",
		 "RULE_NEW op:1 rule{group:g direction:0 family:2 proto:51}",
		 "RULE_NEW op:1 rule{group:g direction:0 proto:51 remote:10.0.0.1}",
		 "RULE_NEW op:1 rule{group:g direction:0 proto:0}",
		 "RULE_NEW op:1 rule{group:g direction:0 family:10 proto:59}");
	ALL_BAD(c, "a rule has one remote at most",
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 "
			   "remote:10.0.0.1 !remote_group:g}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 "
			   "remote:0.0.0.0/0 !remote_set:s}" },
		{ -EINVAL, "RULE_NEW op:1 rule{group:g direction:0 remote_group:g !remote_set:s}" },
		{ -EINVAL, "RULE_NEW op:2 rule{group:g id:1 direction:0 "
			   "remote:10.0.0.1 !remote_group:g remote_set:s}" });
}

static void test_lists(struct client *c)
{
	ALL_BAD(c, "nothing is in a port's lists twice",
		{ -EEXIST, "PORT_NEW op:1 port{dev:t mode:1 group:g group:h !group:g}" },
		{ -EEXIST, "PORT_NEW op:1 port{dev:t mode:1 ip:10.0.0.1 !ip:10.0.0.1/32}" },
		{ -EEXIST, "PORT_NEW op:1 port{dev:t mode:1 pair:10.0.0.0/8 "
			   "pair:10.0.0.0/9 !pair:10.0.0.0/8}" },
		{ -EEXIST, "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 "
			   "pair:10.0.0.0 !pair:10.0.0.0/32@2:0:0:0:0:1}" },
		{ -EEXIST, "PORT_NEW op:1 port{dev:t mode:1 dhcp:fe80::1 "
			   "dhcp:10.0.0.1 !dhcp:fe80::1}" },
		{ -EEXIST, "PORT_NEW op:1 port{dev:t mode:1 ethertype:0x88b5 !ethertype:0x88b5}" });
	ALL_GOOD(c, "an IP may be a PAIR too, a PAIR have two MACs",
		 "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 ip:10.0.0.1 "
		 "pair:10.0.0.1 pair:10.0.0.1@2:0:0:0:0:2 dhcp:10.0.0.1}");
}

void test_values(void)
{
	struct client c;

	client_open(&c);
	test_names(&c);
	test_ranges(&c);
	test_addresses(&c);
	test_rules(&c);
	test_lists(&c);
	client_close(&c);
}
