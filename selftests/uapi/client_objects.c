// SPDX-License-Identifier: GPL-2.0-or-later
/* Every object: made, replaced, deleted, and read back as it was sent. */
#include "client.h"

static void test_defaults(struct client *c)
{
	ok(TRANSACTS(c, "DEFAULT_NEW op:1 default{pattern:tap* verdict:2} "
			"default{verdict:1 pattern:vnet?}") &&
	   shows(c, "DEFAULT_GET*",
		 "default{pattern:tap* verdict:2} default{pattern:vnet? verdict:1}") &&
	   STATUS(c, "defaults:2 sets:0 groups:0 rules:0 ports:0"),
	   "defaults come back as they were sent");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -EEXIST, "DEFAULT_NEW op:1 default{!pattern:tap* verdict:2}"),
	   "DEFAULT_NEW ADD of a pattern that exists is EEXIST");
	ok(SAYS_ALL(c, "BEGIN",
		    "DEFAULT_NEW op:2 default{pattern:tap* verdict:1} default{pattern:x verdict:2}",
		    "COMMIT") &&
	   shows(c, "DEFAULT_GET*",
		 "default{pattern:tap* verdict:1} "
		 "default{pattern:vnet? verdict:1} "
		 "default{pattern:x verdict:2}"),
	   "DEFAULT_NEW REPLACE makes or replaces");
	ok(SAYS_ALL(c, "BEGIN",
		    "DEFAULT_DEL default{pattern:tap*} default{pattern:x cookie:3}",
		    "COMMIT") &&
	   shows(c, "DEFAULT_GET*", "default{pattern:vnet? verdict:1}"),
	   "DEFAULT_DEL deletes");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "DEFAULT_DEL default{!pattern:tap*}") &&
	   says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "DEFAULT_DEL default{pattern:vnet?} default{!pattern:vnet?}"),
	   "DEFAULT_DEL of what is not there is ENOENT");
}

/* 63 characters */
#define LONG	"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff123"

static void test_sets(struct client *c)
{
	ok(TRANSACTS(c, "SET_NEW op:1 set{name:b} set{name:a cookie:5}",
		     "ADDRS_NEW op:1 addrs{set:a addr:10.0.0.1}") &&
	   shows(c, "SET_GET*", "set{name:a count:1} set{name:b count:0}") &&
	   STATUS(c, "defaults:0 sets:2 groups:0 rules:0 ports:0"),
	   "sets come back as they were sent, with their counts");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -EEXIST, "SET_NEW op:1 set{name:c} set{!name:a}"),
	   "SET_NEW ADD of a name that exists is EEXIST");
	ok(SAYS_ALL(c, "BEGIN", "SET_NEW op:2 set{name:a} set{name:c}",
		    "COMMIT") &&
	   shows(c, "SET_GET*",
		 "set{name:a count:1} set{name:b count:0} set{name:c count:0}") &&
	   shows(c, "ADDRS_GET*", "addrs{set:a addr:10.0.0.1}"),
	   "SET_NEW REPLACE makes one, leaves the addresses of another alone");
	ok(SAYS_ALL(c, "BEGIN", "SET_DEL set{name:a} set{name:b cookie:1}",
		    "COMMIT") &&
	   shows(c, "SET_GET*", "set{name:c count:0}") &&
	   shows(c, "ADDRS_GET*", ""), "SET_DEL takes the addresses along");
	ok(says(c, 0, "BEGIN") && refuses(c, -ENOENT, "SET_DEL set{!name:a}"),
	   "SET_DEL of what is not there is ENOENT");
	ok(TRANSACTS(c, "GROUP_NEW op:1 group{name:g}",
		     "SET_NEW op:1 set{name:s}",
		     "RULE_NEW op:1 rule{group:g direction:0 remote_set:s}") &&
	   SAYS_ALL(c, "BEGIN", "SET_DEL set{name:s}") &&
	   refuses(c, -ENOENT, "COMMIT") &&
	   SAYS_ALL(c, "BEGIN", "SET_DEL set{name:s}",
		    "RULE_DEL rule{group:g id:1}", "COMMIT"),
	   "COMMIT is ENOENT when a set goes that a rule refers to");
	ok(TRANSACTS(c, "SET_NEW op:1 set{name:!$%&()*+,./:;<=>?@[]^_`{|~} set{name:A-#}",
		     "SET_NEW op:1 set{name:" LONG "}") &&
	   shows(c, "SET_GET*",
		 "set{name:!$%&()*+,./:;<=>?@[]^_`{|~ count:0} "
		 "set{name:A-# count:0} "
		 "set{name:" LONG " count:0}"),
	   "a name is 1 to 63 printable characters");
}

static void test_groups(struct client *c)
{
	ok(TRANSACTS(c, "GROUP_NEW op:1 group{name:web} group{stateless name:db cookie:1}",
		     "RULE_NEW op:1 rule{group:web direction:0} rule{group:web direction:1}",
		     "ADDRS_NEW op:1 addrs{group:web addr:10.0.0.1 addr:10.1.0.0/16}") &&
	   shows(c, "GROUP_GET*",
		 "group{name:db stateless rules:0 count:0} group{name:web rules:2 count:2}") &&
	   STATUS(c, "defaults:0 sets:0 groups:2 rules:2 ports:0"),
	   "groups come back as they were sent, with their figures");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -EEXIST, "GROUP_NEW op:1 group{!name:web stateless}"),
	   "GROUP_NEW ADD of a name that exists is EEXIST");
	ok(SAYS_ALL(c, "BEGIN", "GROUP_NEW op:2 group{name:web stateless} "
				"group{name:db} group{name:new}",
		    "COMMIT") &&
	   shows(c, "GROUP_GET*",
		 "group{name:db rules:0 count:0} "
		 "group{name:new rules:0 count:0} "
		 "group{name:web stateless rules:2 count:2}") &&
	   shows(c, "RULE_GET*",
		 "rule{group:web id:1 direction:0} rule{group:web id:2 direction:1}") &&
	   shows(c, "ADDRS_GET*",
		 "addrs{group:web addr:10.0.0.1 addr:10.1.0.0/16}"),
	   "GROUP_NEW REPLACE leaves members and rules alone");
	ok(SAYS_ALL(c, "BEGIN", "GROUP_DEL group{name:web} group{name:db cookie:1}",
		    "COMMIT") &&
	   shows(c, "GROUP_GET*", "group{name:new rules:0 count:0}") &&
	   shows(c, "RULE_GET*", "") && shows(c, "ADDRS_GET*", "") &&
	   STATUS(c, "defaults:0 sets:0 groups:1 rules:0 ports:0"),
	   "GROUP_DEL takes members and rules along");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "GROUP_DEL group{!name:web}"),
	   "GROUP_DEL of what is not there is ENOENT");
	ok(TRANSACTS(c, "GROUP_NEW op:1 group{name:a} group{name:b}",
		     "RULE_NEW op:1 rule{group:a direction:0 remote_group:b} "
		     "rule{group:a direction:0 remote_group:a}",
		     "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 group:a}") &&
	   SAYS_ALL(c, "BEGIN", "GROUP_DEL group{name:b}") &&
	   refuses(c, -ENOENT, "COMMIT") &&
	   SAYS_ALL(c, "BEGIN", "GROUP_DEL group{name:a}") &&
	   refuses(c, -ENOENT, "COMMIT") &&
	   SAYS_ALL(c, "BEGIN", "PORT_DEL port{dev:t}",
		    "GROUP_DEL group{name:a} group{name:b}", "COMMIT"),
	   "COMMIT is ENOENT when a group goes that a rule or port refers to");
	ok(TRANSACTS(c, "GROUP_NEW op:1 group{name:a} group{name:b stateless}",
		     "ADDRS_NEW op:1 addrs{group:a addr:10.0.0.1}",
		     "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 group:a "
		     "ip:10.0.0.2 pair:10.0.0.3 pair:10.1.0.0/16}") &&
	   shows(c, "GROUP_GET*",
		 "group{name:a rules:0 count:3} group{name:b stateless rules:0 count:0}") &&
	   shows(c, "ADDRS_GET*", "addrs{group:a addr:10.0.0.1}"),
	   "COUNT has the addresses of ports, ADDRS_GET has not");
}

static void test_addrs(struct client *c)
{
	const char *all = "addrs{set:s addr:0.0.0.0/0 addr:10.0.0.1 "
			  "addr:10.0.0.0/8 addr:::/0 addr:2001:db8::/32} "
			  "addrs{group:g addr:10.0.0.1 addr:0.0.0.0/1 "
			  "addr:fe80::1}";
	const char *none = "addrs{group:g addr:10.0.0.1}";
	bool good;

	good = TRANSACTS(c, "SET_NEW op:1 set{name:s}",
			 "GROUP_NEW op:1 group{name:g}",
			 "ADDRS_NEW op:1 addrs{set:s addr:0.0.0.0/0 "
			 "addr:10.0.0.1} addrs{group:g addr:10.0.0.1/32}",
			 "ADDRS_NEW op:1 addrs{cookie:4 addr:::/0 set:s "
			 "addr:2001:db8::/32 addr:10.0.0.0/8} "
			 "addrs{group:g addr:fe80::1/128 addr:0.0.0.0/1}");
	tell(c, "ADDRS_GET*");
	/* the header says nothing of the order, nor of the nests */
	ok(good && !c->a.bad && c->a.shown && strlen(c->a.shown) == strlen(all) &&
	   strstr(c->a.shown, "addr:0.0.0.0/0") &&
	   strstr(c->a.shown, "addr:10.0.0.0/8") &&
	   strstr(c->a.shown, "addr:10.0.0.1 ") &&
	   strstr(c->a.shown, "addr:::/0") &&
	   strstr(c->a.shown, "addr:2001:db8::/32") &&
	   strstr(c->a.shown, "addr:0.0.0.0/1 ") &&
	   strstr(c->a.shown, "addr:fe80::1") && c->a.messages == 1,
	   "addresses come back as they were sent");
	ok(shows(c, "SET_GET*", "set{name:s count:5}") &&
	   shows(c, "GROUP_GET*", "group{name:g rules:0 count:3}"),
	   "COUNT counts addresses");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -EEXIST, "ADDRS_NEW op:1 addrs{set:s addr:10.0.0.2 !addr:10.0.0.1}") &&
	   says(c, 0, "BEGIN") &&
	   refuses(c, -EEXIST, "ADDRS_NEW op:1 addrs{group:g addr:fe80::2 "
			       "!addr:fe80::1/128 addr:fe80::3}"),
	   "ADDRS_NEW ADD of an address that is there is EEXIST");
	ok(SAYS_ALL(c, "BEGIN", "ADDRS_NEW op:2 addrs{set:s addr:10.0.0.1 addr:10.0.0.2}",
		    "COMMIT") && shows(c, "SET_GET*", "set{name:s count:6}"),
	   "ADDRS_NEW REPLACE adds those that are not there");
	good = true;
	for (int op = 1; op <= 2; op++)
		good &= says(c, 0, "BEGIN") &&
			tellf(c, "ADDRS_NEW op:%d addrs{set:s addr:1.0.0.0/8 "
				 "addr:2.0.0.0/8 addr:1.0.0.0/8}",
			      op) == -EEXIST && *c->a.text && c->a.offset;
	ok(good && says(c, 0, "BEGIN") &&
	   refuses(c, -EEXIST, "ADDRS_NEW op:2 addrs{set:s addr:1.0.0.0 "
			       "addr:2.0.0.0 !addr:1.0.0.0/32}") &&
	   says(c, 0, "BEGIN") &&
	   refuses(c, -EEXIST, "ADDRS_DEL addrs{group:g addr:fe80::1 !addr:fe80::1}"),
	   "the same address twice in one message is refused");
	ok(says(c, 0, "BEGIN") &&
	   says(c, 0, "ADDRS_NEW op:1 addrs{set:s addr:3.0.0.0/8 addr:3.0.0.0/9 addr:3.0.0.0}"),
	   "addresses of different lengths are different");
	ok(says(c, -EBUSY, "BEGIN") && says(c, 0, "ABORT") &&
	   SAYS_ALL(c, "BEGIN", "ADDRS_DEL addrs{set:s addr:10.0.0.1/32 "
				"addr:10.0.0.2 addr:::/0 addr:0.0.0.0/0 "
				"addr:10.0.0.0/8 addr:2001:db8::/32} "
				"addrs{group:g addr:fe80::1 addr:0.0.0.0/1 "
				"cookie:1}",
		    "COMMIT") && shows(c, "ADDRS_GET*", none),
	   "ADDRS_DEL takes addresses out");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "ADDRS_DEL addrs{set:s !addr:10.0.0.1}") &&
	   says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "ADDRS_DEL addrs{group:g addr:10.0.0.1 !addr:10.0.0.2}") &&
	   says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "ADDRS_DEL addrs{group:g !addr:10.0.0.0/31}") &&
	   shows(c, "ADDRS_GET*", none),
	   "ADDRS_DEL of an address that is not there is ENOENT");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "ADDRS_NEW op:1 addrs{!set:g addr:10.0.0.1}") &&
	   says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "ADDRS_NEW op:2 addrs{!group:s addr:10.0.0.1}") &&
	   says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "ADDRS_DEL addrs{!group:s addr:10.0.0.1}"),
	   "ADDRS of a set or group that is not there is ENOENT");
}

#define RULES \
	"rule{group:g id:1 direction:0}", \
	"rule{group:g id:2 direction:1}", \
	"rule{group:g id:3 direction:0 family:2}", \
	"rule{group:g id:4 direction:0 family:10}", \
	"rule{group:g id:5 direction:0 proto:47}", \
	"rule{group:g id:6 direction:0 proto:6 min:0 max:65535}", \
	"rule{group:g id:7 direction:0 proto:17 min:53 max:53}", \
	"rule{group:g id:8 direction:0 proto:33 min:1 max:2}", \
	"rule{group:g id:9 direction:0 proto:132 min:1 max:2}", \
	"rule{group:g id:10 direction:1 proto:136 min:65535 max:65535}", \
	"rule{group:g id:11 direction:0 family:2 proto:1}", \
	"rule{group:g id:12 direction:0 family:2 proto:1 type:0}", \
	"rule{group:g id:13 direction:0 family:2 proto:1 type:255 code:0}", \
	"rule{group:g id:14 direction:0 family:10 proto:58 type:128 code:255}", \
	"rule{group:g id:15 direction:0 family:2 remote:10.0.0.0/8}", \
	"rule{group:g id:16 direction:0 family:10 remote:fe80::1}", \
	"rule{group:g id:17 direction:0 family:10 proto:6 min:22 max:23 remote:2001:db8::/32}", \
	"rule{group:g id:18 direction:0 remote_group:g}", \
	"rule{group:g id:19 direction:0 family:10 remote_group:h}", \
	"rule{group:g id:20 direction:1 family:2 proto:255 remote_set:s}", \
	"rule{group:h id:2147483647 direction:1}"

/* each text is both sent and what comes back */
static bool same_rules(struct client *c, const char *const *rules)
{
	char text[256], *shown = NULL;
	bool good = true;
	size_t size;
	FILE *to;

	to = open_memstream(&shown, &size);
	for (; *rules; rules++) {
		snprintf(text, sizeof(text), "RULE_NEW op:1 %s", *rules);
		good &= says(c, 0, text);
		fprintf(to, "%s%s", *rules, rules[1] ? " " : "");
	}
	fclose(to);
	good &= says(c, 0, "COMMIT") && shows(c, "RULE_GET*", shown);
	free(shown);
	return good;
}

static void test_rules(struct client *c)
{
	ok(OBJECTS(c) && same_rules(c, (const char *const []){ RULES, NULL }) &&
	   STATUS(c, "defaults:0 sets:1 groups:2 rules:21 ports:0"),
	   "rules come back as they were sent");
	ok(OBJECTS(c) &&
	   SAYS_ALL(c, "RULE_NEW op:1 rule{group:g direction:0 proto:1} "
		       "rule{group:g direction:0 proto:58} "
		       "rule{group:g direction:0 remote:10.0.0.0/8} "
		       "rule{group:g direction:0 remote:fe80::/16}",
		    "COMMIT") &&
	   shows(c, "RULE_GET*",
		 "rule{group:g id:1 direction:0 family:2 proto:1} "
		 "rule{group:g id:2 direction:0 family:10 proto:58} "
		 "rule{group:g id:3 direction:0 family:2 remote:10.0.0.0/8} "
		 "rule{group:g id:4 direction:0 family:10 remote:fe80::/16}"),
	   "PROTO and REMOTE say the family");
	ok(OBJECTS(c) &&
	   SAYS_ALL(c, "RULE_NEW op:1 rule{group:g direction:0 "
		       "remote:0.0.0.0/0} rule{group:g direction:0 remote:::/0 "
		       "proto:0} rule{group:g direction:1 proto:0}",
		    "COMMIT") &&
	   shows(c, "RULE_GET*",
		 "rule{group:g id:1 direction:0 family:2} "
		 "rule{group:g id:2 direction:0 family:10} "
		 "rule{group:g id:3 direction:1}"),
	   "a remote /0 is none of its family, PROTO 0 is any");
	ok(OBJECTS(c) &&
	   SAYS_ALL(c, "RULE_NEW op:1 rule{group:g direction:0 id:7} "
		       "rule{group:g direction:1} "
		       "rule{group:g id:3 direction:0 proto:6} "
		       "rule{group:g direction:0 proto:17}",
		    "COMMIT") &&
	   shows(c, "RULE_GET*",
		 "rule{group:g id:3 direction:0 proto:6} "
		 "rule{group:g id:7 direction:0} "
		 "rule{group:g id:8 direction:1} rule{group:g id:9 direction:0 "
		 "proto:17}"),
	   "rules are in the order of ID, by default the highest + 1");
	ok(SAYS_ALL(c, "BEGIN", "RULE_NEW op:2 rule{group:g id:7 direction:1 "
				"proto:6} rule{group:g id:1 direction:0 "
				"proto:5} rule{group:g id:8 direction:1}",
		    "COMMIT") &&
	   shows(c, "RULE_GET*",
		 "rule{group:g id:1 direction:0 proto:5} "
		 "rule{group:g id:3 direction:0 proto:6} "
		 "rule{group:g id:7 direction:1 proto:6} "
		 "rule{group:g id:8 direction:1} rule{group:g id:9 direction:0 "
		 "proto:17}"),
	   "RULE_NEW REPLACE makes or replaces");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -EEXIST, "RULE_NEW op:1 rule{group:g !id:7 direction:0 proto:99}"),
	   "RULE_NEW ADD of an ID that exists is EEXIST");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -EEXIST, "RULE_NEW op:1 !rule{group:g direction:0 proto:17}") &&
	   says(c, 0, "BEGIN") &&
	   refuses(c, -EEXIST, "RULE_NEW op:2 !rule{group:g id:7 direction:0 proto:17 cookie:1}") &&
	   says(c, 0, "BEGIN") &&
	   says(c, 0, "RULE_NEW op:1 rule{group:h direction:0 remote:0.0.0.0/0}") &&
	   refuses(c, -EEXIST, "RULE_NEW op:1 !rule{group:h direction:0 family:2}"),
	   "a second rule of equal content is EEXIST");
	ok(SAYS_ALL(c, "BEGIN", "RULE_DEL rule{group:g id:9} rule{group:g id:1 cookie:1}",
		    "RULE_NEW op:1 rule{group:g direction:0 proto:17}",
		    "COMMIT") &&
	   shows(c, "RULE_GET*",
		 "rule{group:g id:3 direction:0 proto:6} "
		 "rule{group:g id:7 direction:1 proto:6} "
		 "rule{group:g id:8 direction:1} rule{group:g id:9 direction:0 "
		 "proto:17}"),
	   "RULE_DEL deletes");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "RULE_DEL rule{group:g !id:1}") &&
	   says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "RULE_DEL rule{!group:no id:3}") &&
	   says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "RULE_DEL rule{group:g id:3} rule{group:g !id:3}"),
	   "RULE_DEL of what is not there is ENOENT");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -ENOENT, "RULE_NEW op:1 rule{!group:s direction:0}"),
	   "RULE_NEW of a group that is not there is ENOENT");
	ok(OBJECTS(c) &&
	   says(c, 0, "RULE_NEW op:1 rule{group:g direction:0 id:0x7fffffff}") &&
	   tell(c, "RULE_NEW op:1 rule{group:g direction:1}") == -ENOSPC &&
	   *c->a.text, "behind the highest ID there is none");
}

void test_objects(void)
{
	struct client c;

	client_open(&c);
	test_defaults(&c);
	test_sets(&c);
	test_groups(&c);
	test_addrs(&c);
	test_rules(&c);
	client_close(&c);
}
