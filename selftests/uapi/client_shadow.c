// SPDX-License-Identifier: GPL-2.0-or-later
/* The shadow: COMMIT with its flag, and what reads, commits and drops it. */
#include "client.h"

#define REAL	"port{dev:tap1 mac:52:54:0:0:0:1 mode:0"
#define OTHER	"port{dev:tap1 mac:52:54:0:0:0:2 mode:0"

static bool shadows(struct client *c, const char *port)
{
	return says(c, 0, "BEGIN flags:1") &&
	       !tellf(c, "PORT_NEW op:1 %s}", port) && says(c, 0, "COMMIT flags:2");
}

/* STATUS_GET says so of a shadow; NULL: that there is none */
static bool is_there(struct client *c, const char *text)
{
	if (!says(c, 0, "STATUS_GET"))
		return false;
	return !text == !strstr(c->a.shown, text ? text : "shadow:");
}

static void test_none(struct client *c)
{
	ok(refuses(c, -ENOENT, "SHADOW_COMMIT") && refuses(c, -ENOENT, "SHADOW_DROP") &&
	   says(c, -ENOENT, "SET_GET* flags:1") && is_there(c, NULL),
	   "without a shadow its commands are ENOENT");
	ok(SAYS_ALL(c, "BEGIN", "FLUSH", "COMMIT", "BEGIN",
		    "PORT_NEW op:1 " REAL "}") &&
	   refuses(c, -ENODEV, "COMMIT flags:2") && says(c, -EBADFD, "COMMIT") &&
	   is_there(c, NULL),
	   "where no port and no default is in force it is ENODEV");
}

static void test_made(struct client *c)
{
	uint64_t g;

	ok(SAYS_ALL(c, "BEGIN", "PORT_NEW op:1 " REAL "}", "COMMIT"), "a port in force");
	g = generation(c);
	ok(shadows(c, OTHER) && c->a.has_generation && c->a.generation == g &&
	   generation(c) == g && is_there(c, "shadow:"),
	   "a shadow leaves the generation in force");
	ok(shows(c, "PORT_GET*", REAL " state:0}") &&
	   shows(c, "PORT_GET* flags:0", REAL " state:0}") &&
	   shows(c, "PORT_GET* flags:1", OTHER "}") &&
	   shows(c, "PORT_GET flags:1 port{dev:tap1}", OTHER "}"),
	   "PORT_GET shows either, of the shadow nothing of the port in force");
	ok(says(c, 0, "BEGIN") && says(c, 0, "COMMIT flags:3") && is_there(c, "shadow:") &&
	   shows(c, "PORT_GET* flags:1", OTHER "}"),
	   "a dry run of a shadow leaves the one that is there");
	ok(says(c, 0, "BEGIN") &&
	   SAYS_ALL(c, "GROUP_NEW op:1 group{name:g}",
		    "RULE_NEW op:1 rule{group:g direction:0 remote_set:no cookie:7}") &&
	   says(c, -ENOENT, "COMMIT flags:2") && c->a.has_cookie && c->a.cookie == 7 &&
	   shows(c, "PORT_GET* flags:1", OTHER "}"),
	   "one that does not hold together is refused as any, with the cookie");
	ok(says(c, 0, "COUNTER_GET* flags:1") && strstr(c->a.shown, "would:2") &&
	   strstr(c->a.shown, "would:1") && says(c, 0, "COUNTER_GET*") &&
	   !strstr(c->a.shown, "would"), "COUNTER_GET says would of a shadow alone");
}

static void test_committed(struct client *c)
{
	uint64_t g = generation(c), number;

	ok(says(c, 0, "SET_GET* flags:1") &&
	   says(c, 0, "PORT_GET* flags:1") && c->a.has_generation,
	   "a dump of a shadow has its number");
	number = c->a.generation;
	ok(tellf(c, "SHADOW_COMMIT generation:%llu", (unsigned long long)number + 1) ==
	   -ESTALE && generation(c) == g, "SHADOW_COMMIT of another number is ESTALE");
	ok(SAYS_ALL(c, "BEGIN", "SET_NEW op:1 set{name:s}", "COMMIT") &&
	   refuses(c, -ESTALE, "SHADOW_COMMIT") && is_there(c, "shadow:"),
	   "after another commit too, and the shadow stays");
	ok(shadows(c, OTHER) && says(c, 0, "PORT_GET* flags:1") &&
	   c->a.generation == number + 1, "the next shadow has the next number");
	ok(!tellf(c, "SHADOW_COMMIT generation:%llu", (unsigned long long)number + 1) &&
	   c->a.has_generation && c->a.generation == g + 2 && generation(c) == g + 2 &&
	   shows(c, "PORT_GET*", OTHER " state:0}") && is_there(c, NULL),
	   "SHADOW_COMMIT puts it in force");
	ok(shadows(c, REAL) && says(c, 0, "SHADOW_DROP") && is_there(c, NULL) &&
	   shows(c, "PORT_GET*", OTHER " state:0}"), "SHADOW_DROP drops it");
	ok(shadows(c, REAL) && SAYS_ALL(c, "BEGIN", "FLUSH", "COMMIT") &&
	   is_there(c, NULL), "it goes with the last port");
}

void test_shadow(void)
{
	struct client c;

	client_open(&c);
	test_none(&c);
	test_made(&c);
	test_committed(&c);
	client_close(&c);
}
