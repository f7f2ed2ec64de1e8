// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits, by messages of many objects. That of all rules and of all addresses
 * would need a machine's memory: they are left out.
 */
#include <stdarg.h>
#include <netlink/genl/genl.h>

#include "client.h"

#define ROOM	65536	/* of a message */
#define FULL	32768

/* @n objects by @put in messages of 32 KiB; what the last was answered */
static int fill(struct client *c, uint8_t cmd, uint32_t first, uint32_t n,
		void (*put)(struct nl_msg *nl, uint32_t i))
{
	struct message m;
	uint32_t i = 0;
	int err;

	while (i < n) {
		m = message_new(ROOM);
		message_head(&m, cmd, 0);
		nla_put_u8(m.nl, BR_SG_A_OP, BR_SG_OP_ADD);
		while (i < n && nlmsg_hdr(m.nl)->nlmsg_len < FULL)
			put(m.nl, first + i++);
		err = client_send(c, &m);
		message_free(&m);
		if (err)
			return err;
	}
	return 0;
}

static struct nlattr *nest(struct nl_msg *nl, int type)
{
	return nla_nest_start(nl, type | NLA_F_NESTED);
}

static void put_default(struct nl_msg *nl, uint32_t i)
{
	struct nlattr *at = nest(nl, BR_SG_A_DEFAULT);
	char name[16];

	snprintf(name, sizeof(name), "p%05u*", i);
	nla_put_string(nl, BR_SG_DEFAULT_A_PATTERN, name);
	nla_put_u8(nl, BR_SG_DEFAULT_A_VERDICT, BR_SG_DEFAULT_ACCEPT);
	nla_nest_end(nl, at);
}

static void put_set(struct nl_msg *nl, uint32_t i)
{
	struct nlattr *at = nest(nl, BR_SG_A_SET);
	char name[16];

	snprintf(name, sizeof(name), "s%05u", i);
	nla_put_string(nl, BR_SG_SET_A_NAME, name);
	nla_nest_end(nl, at);
}

static void put_group(struct nl_msg *nl, uint32_t i)
{
	struct nlattr *at = nest(nl, BR_SG_A_GROUP);
	char name[16];

	snprintf(name, sizeof(name), "g%05u", i);
	nla_put_string(nl, BR_SG_GROUP_A_NAME, name);
	nla_nest_end(nl, at);
}

static void put_port(struct nl_msg *nl, uint32_t i)
{
	struct nlattr *at = nest(nl, BR_SG_A_PORT);
	char name[16];

	snprintf(name, sizeof(name), "p%05u", i);
	nla_put_string(nl, BR_SG_PORT_A_DEV, name);
	nla_put_u8(nl, BR_SG_PORT_A_MODE, BR_SG_PORT_OFF);
	nla_nest_end(nl, at);
}

/* rules of group g, or h behind the 65536th */
static void put_rule(struct nl_msg *nl, uint32_t i)
{
	struct nlattr *at = nest(nl, BR_SG_A_RULE);

	nla_put_string(nl, BR_SG_RULE_A_GROUP, i < 0x10000 ? "g" : "h");
	nla_put_u8(nl, BR_SG_RULE_A_DIRECTION, i & 1);
	nla_put_u8(nl, BR_SG_RULE_A_PROTO, 6);
	nla_put_u16(nl, BR_SG_RULE_A_PORT_MIN, i);
	nla_put_u16(nl, BR_SG_RULE_A_PORT_MAX, i);
	nla_nest_end(nl, at);
}

static bool counted(struct client *c, int err, const char *what, int got)
{
	if (got == err && (!err || *c->a.text))
		return true;
	note("%s: %d (%s), expected %d", what, got, c->a.text, err);
	return false;
}

static const struct {
	const char *name;
	uint8_t cmd;
	uint32_t max;
	void (*put)(struct nl_msg *nl, uint32_t i);
} numbers[] = {
	{ "default patterns", BR_SG_CMD_DEFAULT_NEW, BR_SG_MAX_DEFAULTS,
	  put_default },
	{ "sets", BR_SG_CMD_SET_NEW, BR_SG_MAX_SETS, put_set },
	{ "groups", BR_SG_CMD_GROUP_NEW, BR_SG_MAX_GROUPS, put_group },
	{ "ports", BR_SG_CMD_PORT_NEW, BR_SG_MAX_PORTS, put_port },
};

static void test_numbers(struct client *c)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		tell(c, "BEGIN flags:1");
		ok(counted(c, 0, "up to the limit",
			   fill(c, numbers[i].cmd, 0, numbers[i].max,
				numbers[i].put)) &&
		   counted(c, -ENOSPC, "one more",
			   fill(c, numbers[i].cmd, numbers[i].max, 1,
				numbers[i].put)) &&
		   says(c, -EBADFD, "FLUSH"), "%u %s may be, one more is ENOSPC",
		   numbers[i].max, numbers[i].name);
		tell(c, "ABORT");
	}
}

static void test_rules(struct client *c)
{
	ok(OBJECTS(c) &&
	   counted(c, 0, "4096 rules",
		   fill(c, BR_SG_CMD_RULE_NEW, 0, BR_SG_MAX_RULES, put_rule)) &&
	   says(c, 0, "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 group:g}") &&
	   says(c, 0, "COMMIT") &&
	   STATUS(c, "defaults:0 sets:1 groups:2 rules:4096 ports:1"),
	   "a group may have %u rules", BR_SG_MAX_RULES);
	ok(says(c, 0, "BEGIN") &&
	   counted(c, -E2BIG, "4097 rules",
		   fill(c, BR_SG_CMD_RULE_NEW, BR_SG_MAX_RULES, 1, put_rule)) &&
	   says(c, -EBADFD, "FLUSH"), "one more is E2BIG");
	ok(says(c, 0, "BEGIN") &&
	   says(c, 0, "RULE_NEW op:2 rule{group:g id:4096 direction:0 proto:99}") &&
	   refuses(c, -E2BIG, "RULE_NEW op:2 !rule{group:g id:4097 direction:1 proto:99}"),
	   "at the limit REPLACE replaces, and makes none");
	ok(SAYS_ALL(c, "BEGIN", "RULE_NEW op:1 rule{group:h direction:0}",
		    "PORT_NEW op:2 port{dev:t mac:2:0:0:0:0:1 group:g group:h cookie:12}") &&
	   refuses(c, -E2BIG, "COMMIT") && c->a.has_cookie &&
	   c->a.cookie == 12,
	   "a port's groups may have that many together, one more is E2BIG");
	ok(says(c, 0, "BEGIN") &&
	   SAYS_ALL(c, "RULE_DEL rule{group:g id:77}",
		    "RULE_NEW op:1 rule{group:h direction:0}",
		    "PORT_NEW op:2 port{dev:t mac:2:0:0:0:0:1 group:g group:h}",
		    "COMMIT"), "with one less COMMIT takes them");
}

/* a port with @n of @what, %u and %u being its high and low byte; the last marked */
static bool port_lists(struct client *c, int err, unsigned int n,
		       const char *what)
{
	char *text = NULL;
	unsigned int i;
	size_t size;
	bool good;
	FILE *to;

	to = open_memstream(&text, &size);
	fprintf(to, "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1");
	for (i = 0; i < n; i++) {
		fprintf(to, err && i == n - 1 ? " !" : " ");
		if (!strcmp(what, "ip") || !strcmp(what, "dhcp"))
			fprintf(to, "%s:fe80::%x", what, i + 1);
		else if (!strcmp(what, "pair"))
			fprintf(to, "pair:10.0.%u.0/24@2:0:0:0:1:%x", i % 250,
				i / 250);
		else if (!strcmp(what, "group"))
			fprintf(to, "group:g%05u", i);
		else
			fprintf(to, "ethertype:%u", 0x9000 + i);
	}
	fputc('}', to);
	fclose(to);
	good = says(c, 0, "BEGIN flags:1") &&
	       counted(c, 0, "groups",
		       fill(c, BR_SG_CMD_GROUP_NEW, 0, BR_SG_MAX_PORT_GROUPS,
			    put_group));
	good = good && (err ? refuses(c, err, text) :
			says(c, 0, text) && says(c, 0, "COMMIT") &&
			says(c, 0, "PORT_GET*"));
	if (good && !err) {
		/* it comes back as it went */
		i = strlen("PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1");
		text[strlen(text) - 1] = 0;
		good = strstr(c->a.shown, text + i) && !c->a.bad;
	}
	tell(c, "ABORT");
	free(text);
	return good;
}

static void test_lists(struct client *c)
{
	static const struct {
		const char *what;
		unsigned int max;
	} lists[] = {
		{ "group", BR_SG_MAX_PORT_GROUPS },
		{ "ip", BR_SG_MAX_PORT_IPS },
		{ "pair", BR_SG_MAX_PORT_PAIRS },
		{ "dhcp", BR_SG_MAX_PORT_DHCP },
		{ "ethertype", BR_SG_MAX_PORT_ETHERTYPES },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++)
		ok(port_lists(c, 0, lists[i].max, lists[i].what) &&
		   port_lists(c, -E2BIG, lists[i].max + 1, lists[i].what),
		   "a port may have %u %ss, one more is E2BIG", lists[i].max,
		   lists[i].what);
}

/* @n addresses from @first on to a set or group, in a message of one nest */
static int add(struct client *c, int owner, const char *name, uint32_t first,
	       uint32_t n)
{
	struct message m = message_new(ROOM + 4096);
	struct nlattr *addrs, *at;
	uint32_t i, v4;
	int err;

	message_head(&m, BR_SG_CMD_ADDRS_NEW, 0);
	nla_put_u8(m.nl, BR_SG_A_OP, BR_SG_OP_ADD);
	addrs = nest(m.nl, BR_SG_A_ADDRS);
	nla_put_string(m.nl, owner, name);
	for (i = 0; i < n; i++) {
		at = nest(m.nl, BR_SG_ADDRS_A_ADDR);
		v4 = htobe32(0x0a000000 + first + i);
		nla_put(m.nl, BR_SG_ADDR_A_IPV4, 4, &v4);
		nla_nest_end(m.nl, at);
	}
	nla_nest_end(m.nl, addrs);
	err = client_send(c, &m);
	message_free(&m);
	return err;
}

static int add_max(struct client *c, int owner, const char *name)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < BR_SG_MAX_ADDRS && !err; i += 4096)
		err = add(c, owner, name, i, 4096);
	return err;
}

static void test_addresses(struct client *c)
{
	ok(OBJECTS(c) &&
	   counted(c, 0, "131072 addresses",
		   add_max(c, BR_SG_ADDRS_A_SET, "s")) &&
	   counted(c, -E2BIG, "one more",
		   add(c, BR_SG_ADDRS_A_SET, "s", BR_SG_MAX_ADDRS, 1)) &&
	   says(c, -EBADFD, "FLUSH"), "a set may have %u addresses, one more is E2BIG",
	   BR_SG_MAX_ADDRS);
	tell(c, "ABORT");
	ok(OBJECTS(c) &&
	   counted(c, 0, "131072 members",
		   add_max(c, BR_SG_ADDRS_A_GROUP, "g")) &&
	   SAYS_ALL(c, "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 group:g ip:10.0.0.1}",
		    "COMMIT") &&
	   shows(c, "GROUP_GET*", "group{name:g rules:0 count:131072} "
				  "group{name:h rules:0 count:0}"),
	   "and a group as many members, of ports and by hand");
	ok(SAYS_ALL(c, "BEGIN", "PORT_NEW op:2 port{dev:t mac:2:0:0:0:0:1 group:g ip:11.0.0.1}") &&
	   refuses(c, -E2BIG, "COMMIT"), "one more by a port is E2BIG at COMMIT");
	ok(says(c, 0, "BEGIN") &&
	   counted(c, -E2BIG, "one more",
		   add(c, BR_SG_ADDRS_A_GROUP, "g", BR_SG_MAX_ADDRS, 1)),
	   "one more by hand is E2BIG");
	TRANSACTS(c, "FLUSH");
}

static void test_big(struct client *c)
{
	struct message m;
	uint32_t i;
	bool good;

	m = message_new(4 * ROOM);
	message_head(&m, BR_SG_CMD_SET_NEW, 0);
	nla_put_u8(m.nl, BR_SG_A_OP, BR_SG_OP_ADD);
	for (i = 0; nlmsg_hdr(m.nl)->nlmsg_len < 3 * ROOM; i++)
		put_set(m.nl, i);
	good = says(c, 0, "BEGIN flags:1") && !client_send(c, &m) &&
	       says(c, 0, "COMMIT") && says(c, 0, "STATUS_GET");
	message_free(&m);
	ok(good && i > 8000, "a message of 192 KiB has %u sets", i);
	good = OBJECTS(c);
	ok(good && counted(c, 0, "5000 addresses",
			   add(c, BR_SG_ADDRS_A_SET, "s", 0, 5000)) &&
	   SAYS_ALL(c, "COMMIT") &&
	   shows(c, "SET_GET*", "set{name:s count:5000}"),
	   "an attribute of 60,000 bytes has 5000 addresses");
}

void test_limits(void)
{
	struct client c;

	client_open(&c);
	test_big(&c);
	test_numbers(&c);
	test_rules(&c);
	test_lists(&c);
	test_addresses(&c);
	client_close(&c);
}
