// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports and counters. */
#include "client.h"

#define UUID1	"00112233445566778899aabbccddeeff"
#define UUID2	"ffeeddccbbaa99887766554433221100"
#define PORT1 \
	"port{dev:tap1 uuid:" UUID1 " mac:52:54:0:0:0:1 mode:0 strict " \
	"any_source zone:65535 ip:10.0.0.1 ip:fe80::1 pair:10.0.0.2 " \
	"pair:10.1.0.0/16@52:54:0:0:0:9 pair:2001:db8::/64 group:g group:h " \
	"dhcp:10.0.0.3 dhcp:fe80::3 ethertype:1536 ethertype:65535"
#define PORT2	"port{dev:tap2 uuid:" UUID2 " mode:1"
#define PORT3	"port{dev:tap3 mac:52:54:0:0:0:3 mode:2 ip:0.0.0.1"
#define PORT4	"port{dev:fifteen-is-max1 mac:52:54:0:0:0:4 mode:0 zone:1"

static void test_read(struct client *c)
{
	ok(OBJECTS(c) &&
	   SAYS_ALL(c, "PORT_NEW op:1 " PORT1 " cookie:1} " PORT2 "}",
		    "PORT_NEW op:1 " PORT3 "} " PORT4 "}", "COMMIT") &&
	   shows(c, "PORT_GET*", PORT4 " state:0} " PORT1 " state:0} "
		 PORT2 " state:0} " PORT3 " state:0}") &&
	   STATUS(c, "defaults:0 sets:1 groups:2 rules:0 ports:4"),
	   "ports come back as they were sent");
	ok(shows(c, "PORT_GET port{dev:tap1}", PORT1 " state:0}") &&
	   c->a.messages == 1 && c->a.has_generation &&
	   shows(c, "PORT_GET port{uuid:" UUID2 "}", PORT2 " state:0}") &&
	   c->a.generation == generation(c),
	   "PORT_GET gives the port of a DEV or UUID");
	ok(refuses(c, -ENOENT, "PORT_GET port{!dev:tap9}") &&
	   refuses(c, -ENOENT, "PORT_GET port{!uuid:00000000000000000000000000000000}"),
	   "PORT_GET of a port that is not there is ENOENT");
}

static void test_replace(struct client *c)
{
	ok(SAYS_ALL(c, "BEGIN", "PORT_NEW op:2 port{dev:tap1 mode:0 mac:2:0:0:0:0:1}",
		    "PORT_NEW op:2 port{dev:tap2 mac:2:0:0:0:0:2 uuid:" UUID1 "}",
		    "PORT_NEW op:2 port{dev:tap0 mode:1}", "COMMIT") &&
	   shows(c, "PORT_GET port{dev:tap1}",
		 "port{dev:tap1 mac:2:0:0:0:0:1 mode:0 state:0}") &&
	   shows(c, "PORT_GET port{uuid:" UUID1 "}",
		 "port{dev:tap2 uuid:" UUID1 " mac:2:0:0:0:0:2 mode:0 state:0}") &&
	   shows(c, "PORT_GET port{dev:tap0}", "port{dev:tap0 mode:1 state:0}") &&
	   says(c, -ENOENT, "PORT_GET port{uuid:" UUID2 "}"),
	   "PORT_NEW REPLACE unsets what is not sent");
	ok(says(c, 0, "BEGIN") &&
	   refuses(c, -EEXIST, "PORT_NEW op:1 port{mode:1 !dev:tap1}"),
	   "PORT_NEW ADD of a DEV that exists is EEXIST");
	ok(SAYS_ALL(c, "BEGIN", "PORT_NEW op:1 port{dev:tap9 mode:1 cookie:9 uuid:" UUID1 "}") &&
	   refuses(c, -EEXIST, "COMMIT") && c->a.has_cookie && c->a.cookie == 9 &&
	   SAYS_ALL(c, "BEGIN", "PORT_NEW op:2 port{dev:tap1 mode:1 cookie:3 uuid:" UUID1 "}") &&
	   refuses(c, -EEXIST, "COMMIT") && c->a.has_cookie && c->a.cookie == 3 &&
	   SAYS_ALL(c, "BEGIN", "PORT_NEW op:1 port{dev:tap9 mode:1 uuid:" UUID2 "}") &&
	   refuses(c, -EEXIST, "PORT_NEW op:2 port{dev:tap1 mode:1 !uuid:" UUID2 "}") &&
	   SAYS_ALL(c, "BEGIN", "PORT_NEW op:2 port{dev:tap2 mode:1 uuid:" UUID1 "}",
		    "COMMIT"), "the UUID of another port is EEXIST");
	ok(SAYS_ALL(c, "BEGIN", "PORT_NEW op:2 port{dev:tap1 mode:1 uuid:" UUID2 "}",
		    "COMMIT", "BEGIN", "PORT_NEW op:2 port{dev:tap1 mode:1 uuid:" UUID1 "}",
		    "PORT_NEW op:2 port{dev:tap2 mode:1 uuid:" UUID2 "}", "COMMIT") &&
	   shows(c, "PORT_GET port{uuid:" UUID1 "}",
		 "port{dev:tap1 uuid:" UUID1 " mode:1 state:0}") &&
	   SAYS_ALL(c, "BEGIN", "PORT_NEW op:2 port{dev:tap1 mode:1}",
		    "PORT_NEW op:2 port{dev:tap2 mode:1 uuid:" UUID1 "}", "COMMIT") &&
	   shows(c, "PORT_GET port{uuid:" UUID1 "}",
		 "port{dev:tap2 uuid:" UUID1 " mode:1 state:0}"),
	   "two ports swap their UUIDs in one transaction, or one takes it");
	ok(SAYS_ALL(c, "BEGIN", "PORT_DEL port{dev:tap1 cookie:1} "
				"port{dev:tap3} port{dev:fifteen-is-max1} "
				"port{dev:tap0}",
		    "PORT_NEW op:1 port{dev:tap1 mode:2}", "COMMIT") &&
	   shows(c, "PORT_GET*",
		 "port{dev:tap1 mode:2 state:0} port{dev:tap2 uuid:" UUID1 " mode:1 state:0}"),
	   "PORT_DEL deletes");
	ok(SAYS_ALL(c, "BEGIN", "PORT_DEL port{dev:tap2}",
		    "PORT_NEW op:1 port{dev:tap3 mode:1 uuid:" UUID1 "}", "COMMIT") &&
	   shows(c, "PORT_GET port{uuid:" UUID1 "}",
		 "port{dev:tap3 uuid:" UUID1 " mode:1 state:0}"),
	   "the UUID of a port that is gone is free");
	ok(says(c, 0, "BEGIN") && refuses(c, -ENOENT, "PORT_DEL port{!dev:tap2}"),
	   "PORT_DEL of what is not there is ENOENT");
	ok(OBJECTS(c) &&
	   SAYS_ALL(c, "PORT_NEW op:1 port{dhcp:10.0.0.9 group:h pair:10.0.0.1 "
		       "mode:2 dev:t ip:10.0.0.1/32 group:g ip:fe80::1/128 "
		       "mac:2:0:0:0:0:1}",
		    "COMMIT") &&
	   shows(c, "PORT_GET*", "port{dev:t mac:2:0:0:0:0:1 mode:2 "
				 "ip:10.0.0.1 ip:fe80::1 pair:10.0.0.1 group:h "
				 "group:g dhcp:10.0.0.9 state:0}"),
	   "the attributes of a port come in any order");
}

/* what a COUNTER_GET shows of @direction has @n of @what */
static bool counts(struct client *c, const char *dev, int direction,
		   const char *what, unsigned int n)
{
	char head[64];
	const char *p;
	unsigned int i = 0;

	snprintf(head, sizeof(head), "counter{dev:%s direction:%d %s:", dev,
		 direction, what);
	for (p = strstr(c->a.shown, head); p; p = strstr(p + 1, head))
		i++;
	if (i != n)
		note("%u of %s, expected %u", i, head, n);
	return i == n;
}

static bool has(struct client *c, const char *what)
{
	if (strstr(c->a.shown, what))
		return true;
	note("no %s in %.400s", what, c->a.shown);
	return false;
}

static void test_counters(struct client *c)
{
	ok(OBJECTS(c) &&
	   SAYS_ALL(c, "RULE_NEW op:1 rule{group:g id:5 direction:0} "
		       "rule{group:g id:6 direction:1} "
		       "rule{group:h id:7 direction:1}",
		    "PORT_NEW op:1 port{dev:t1 mac:2:0:0:0:0:1 group:g "
		    "group:h} port{dev:t2 mode:1 uuid:" UUID1 "}",
		    "COMMIT") &&
	   says(c, 0, "COUNTER_GET* port{dev:t1}") && !c->a.bad && !c->a.torn &&
	   has(c, "counter{dev:t1 direction:0 group:g id:5 packets:0 bytes:0}") &&
	   has(c, "counter{dev:t1 direction:1 group:g id:6 packets:0 bytes:0}") &&
	   has(c, "counter{dev:t1 direction:1 group:h id:7 packets:0 bytes:0}") &&
	   counts(c, "t1", 0, "group", 1) && counts(c, "t1", 1, "group", 2),
	   "COUNTER_GET has the counters of a port's rules");
	ok(counts(c, "t1", 0, "step", BR_SG_STEP_MAX) &&
	   counts(c, "t1", 1, "step", BR_SG_STEP_MAX) &&
	   counts(c, "t1", 0, "reason", BR_SG_REASON_MAX) &&
	   counts(c, "t1", 1, "reason", BR_SG_REASON_MAX),
	   "and of every STEP and REASON, zeros included");
	ok(says(c, 0, "COUNTER_GET* port{uuid:" UUID1 "}") &&
	   counts(c, "t1", 0, "step", 0) &&
	   counts(c, "t2", 0, "step", BR_SG_STEP_MAX) &&
	   says(c, 0, "COUNTER_GET*") && !c->a.bad &&
	   counts(c, "t1", 1, "reason", BR_SG_REASON_MAX) &&
	   counts(c, "t2", 1, "reason", BR_SG_REASON_MAX),
	   "COUNTER_GET is of the port of a DEV or UUID, or of all");
	ok(says(c, -ENOENT, "COUNTER_GET* port{dev:t3}") &&
	   says(c, -ENOENT, "COUNTER_GET* port{uuid:" UUID2 "}"),
	   "COUNTER_GET of a port that is not there is ENOENT");
	ok(shows(c, "FLOW_GET* port{dev:t1}", "") &&
	   shows(c, "FLOW_GET* flags:1 port{uuid:" UUID1 "}", "") &&
	   says(c, -ENOENT, "FLOW_GET* port{dev:t3}") &&
	   says(c, -ENOENT, "FLOW_GET* port{uuid:" UUID2 "}"),
	   "FLOW_GET likewise; a port without a device has no flows");
}

static bool run(const char *command)
{
	return !system(command);
}

/* PORT_GET has @what within two seconds: devices are heard of by notifiers */
static bool state(struct client *c, const char *what)
{
	int i;

	for (i = 0; i < 2000; i++) {
		tell(c, "PORT_GET port{dev:sgp}");
		if (strstr(c->a.shown, what))
			return !c->a.bad;
	}
	return has(c, what);
}

static void test_device(struct client *c)
{
	static const char *const names[] = {
		"a device without bridge is UNBRIDGED",
		"a device on a bridge is ACTIVE, with IFINDEX, BRIDGE, "
		"ZONE_USED, SERIAL, POLICY_VERSION, CT_LIMIT_USED and CT_ENTRIES",
		"STATUS_GET counts it and shows the bridge's zone",
		"a bridge with another zone makes the port BLOCKED",
		"a port whose device is gone is WAITING",
	};
	unsigned int i = 0;

	if (!run("ip tuntap add dev sgp mode tap 2>/dev/null || ip link add "
		 "sgp type dummy 2>/dev/null") ||
	    !run("ip link add sgbr type bridge 2>/dev/null")) {
		for (i = 0; i < ARRAY_SIZE(names); i++)
			skip("no tap or no bridge here", names[i]);
		return;
	}
	ok(TRANSACTS(c, "PORT_NEW op:1 port{dev:sgp mac:2:0:0:0:0:1 zone:77 ct_limit:9}") &&
	   state(c, " state:1}"),
	   "%s", names[i++]);
	ok(run("ip link set sgp master sgbr") && state(c, " state:2 ifindex:") &&
	   has(c, " bridge:sgbr zone_used:77 serial:") &&
	   has(c, " policy_version:") && has(c, " ct_limit_used:9 ct_entries:0"),
	   "%s", names[i++]);
	ok(says(c, 0, "STATUS_GET") && has(c, "ports:1 active:1 ") &&
	   has(c, "zone{bridge:sgbr id:77 ports:1}") && !c->a.bad, "%s",
	   names[i++]);
	ok(run("ip tuntap add dev sgq mode tap 2>/dev/null || ip link add sgq type dummy") &&
	   run("ip link set sgq master sgbr") &&
	   SAYS_ALL(c, "BEGIN", "PORT_NEW op:1 port{dev:sgq mac:2:0:0:0:0:2 zone:78}",
		    "COMMIT", "PORT_GET*") &&
	   has(c, "dev:sgp mac:2:0:0:0:0:1 mode:0 zone:77 ct_limit:9 state:2") &&
	   has(c, "dev:sgq mac:2:0:0:0:0:2 mode:0 zone:78 state:3"), "%s", names[i++]);
	ok(run("ip link del sgp") && state(c, "{dev:sgp mac:2:0:0:0:0:1 mode:0 zone:77 ct_limit:9 state:0}"),
	   "%s", names[i++]);
	run("ip link del sgq");
	run("ip link del sgbr");
}

void test_ports(void)
{
	struct client c;

	client_open(&c);
	test_read(&c);
	test_replace(&c);
	test_counters(&c);
	test_device(&c);
	client_close(&c);
}
