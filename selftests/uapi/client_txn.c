// SPDX-License-Identifier: GPL-2.0-or-later
/* Transactions. */
#include <time.h>

#include "client.h"

#define SETS(c, shown)	shows(c, "SET_GET*", shown)

static void test_empty(void)
{
	struct client c;

	client_open(&c);
	ok(shows(&c, "STATUS_GET",
		 "version:" VERSION " status{defaults:0 sets:0 groups:0 rules:0 "
		 "ports:0 active:0 packets:0 bytes:0 memory:0 "
		 "budget:1073741824 vectors:0 zones:0}") &&
	   c.a.has_generation && !c.a.generation,
	   "a new network namespace is at generation 0 and empty");
	ok(shows(&c, "DEFAULT_GET*", "") && SETS(&c, "") &&
	   shows(&c, "GROUP_GET*", "") && shows(&c, "ADDRS_GET*", "") &&
	   shows(&c, "RULE_GET*", "") && shows(&c, "PORT_GET*", "") &&
	   shows(&c, "COUNTER_GET*", "") && shows(&c, "FLOW_GET*", ""),
	   "dumps of an empty configuration are empty");
	client_close(&c);
}

static void test_commit(void)
{
	struct client a, b;
	uint64_t first;
	bool good;

	client_open(&a);
	client_open(&b);
	ok(says(&a, 0, "BEGIN") && says(&a, 0, "SET_NEW op:1 set{name:one}") &&
	   SETS(&a, "") && SETS(&b, "") && !generation(&b),
	   "nobody sees a candidate before COMMIT, its owner included");
	good = says(&a, 0, "COMMIT");
	ok(good && a.a.messages == 1 && a.a.has_generation &&
	   a.a.generation, "COMMIT replies with the generation");
	first = a.a.generation;
	ok(first >> 53 == 0 && first >> 20 > (uint64_t)time(NULL) - 1577836800 - 60 &&
	   first >> 20 <= (uint64_t)time(NULL) - 1577836800,
	   "the first begins with the time, and has room in a double");
	ok(SETS(&b, "set{name:one count:0}") && b.a.generation == first &&
	   generation(&a) == first, "COMMIT publishes the candidate");
	ok(says(&a, 0, "BEGIN") && says(&a, 0, "COMMIT") &&
	   a.a.generation == first + 1,
	   "a COMMIT that changes nothing makes a generation too");
	ok(!tellf(&a, "BEGIN generation:%llu", (unsigned long long)first + 1) &&
	   says(&a, 0, "ABORT"), "BEGIN takes the generation in force");
	ok(says(&a, 0, "BEGIN") && says(&a, 0, "SET_NEW op:1 set{name:two}") &&
	   says(&a, 0, "ABORT") && SETS(&a, "set{name:one count:0}") &&
	   generation(&a) == first + 1, "ABORT drops the candidate");
	ok(says(&a, 0, "ABORT") && says(&a, 0, "ABORT"),
	   "ABORT without a transaction is no error");
	client_close(&a);
	client_close(&b);
}

static void test_flags(void)
{
	struct client a;

	client_open(&a);
	ok(says(&a, 0, "BEGIN flags:0") && says(&a, 0, "COMMIT flags:0") &&
	   SETS(&a, "set{name:one count:0}"),
	   "BEGIN copies the configuration in force");
	ok(says(&a, 0, "BEGIN flags:1") &&
	   says(&a, 0, "SET_NEW op:1 set{name:two}") && says(&a, 0, "COMMIT") &&
	   SETS(&a, "set{name:two count:0}"),
	   "BEGIN with EMPTY starts from an empty configuration");
	ok(says(&a, 0, "BEGIN") && says(&a, 0, "FLUSH") &&
	   says(&a, 0, "SET_NEW op:1 set{name:three}") &&
	   SETS(&a, "set{name:two count:0}") && says(&a, 0, "COMMIT") &&
	   SETS(&a, "set{name:three count:0}"),
	   "FLUSH empties the candidate and nothing else");
	ok(says(&a, 0, "BEGIN") && says(&a, 0, "FLUSH") &&
	   says(&a, 0, "COMMIT flags:1") && a.a.messages == 1 &&
	   a.a.generation == generation(&a) &&
	   SETS(&a, "set{name:three count:0}"),
	   "DRY_RUN publishes nothing, replies with the generation in force");
	ok(says(&a, -EBADFD, "COMMIT"), "DRY_RUN drops the candidate");
	ok(says(&a, 0, "BEGIN flags:1") &&
	   SAYS_ALL(&a, "GROUP_NEW op:1 group{name:g}",
		    "RULE_NEW op:1 rule{group:g direction:0 remote_set:no}") &&
	   says(&a, -ENOENT, "COMMIT flags:1") &&
	   says(&a, -EBADFD, "COMMIT flags:1"),
	   "DRY_RUN validates, and drops what it refuses");
	client_close(&a);
}

static void test_closed(void)
{
	struct client a, b;
	uint64_t g;

	client_open(&a);
	client_open(&b);
	g = generation(&a);
	ok(says(&b, 0, "BEGIN") && says(&b, 0, "FLUSH") && generation(&a) == g,
	   "a candidate is its socket's");
	ok(says(&a, -EBADFD, "SET_NEW op:1 set{name:no}") &&
	   says(&a, -EBADFD, "COMMIT") && says(&b, 0, "FLUSH"),
	   "another socket has no part in it");
	client_close(&b);
	ok(generation(&a) == g && SETS(&a, "set{name:three count:0}"),
	   "closing the socket drops the candidate");
	client_close(&a);
}

static void test_busy(void)
{
	struct client c[BR_SG_MAX_CANDIDATES + 1];
	bool good = true;
	int i;

	for (i = 0; i <= BR_SG_MAX_CANDIDATES; i++)
		client_open(&c[i]);
	ok(says(&c[0], 0, "BEGIN") && says(&c[0], 0, "SET_NEW op:1 set{name:b}") &&
	   refuses(&c[0], -EBUSY, "BEGIN"), "a second BEGIN is EBUSY");
	for (i = 1; i < BR_SG_MAX_CANDIDATES; i++)
		good &= says(&c[i], 0, "BEGIN");
	ok(good, "%d transactions may be open", BR_SG_MAX_CANDIDATES);
	ok(refuses(&c[i], -EBUSY, "BEGIN"), "one more is EBUSY");
	ok(says(&c[1], 0, "ABORT") && says(&c[i], 0, "BEGIN") &&
	   says(&c[1], -EBUSY, "BEGIN"), "ABORT makes room for another");
	client_close(&c[i]);
	/* a socket's end is heard of a moment later */
	for (i = 0; tell(&c[1], "BEGIN") == -EBUSY && i < 1000; i++)
		;
	ok(!c[1].a.err, "closing a socket makes room for another");
	ok(says(&c[2], -ENOENT, "SET_DEL set{name:no}") &&
	   says(&c[3], 0, "COMMIT flags:1"), "a refused message makes room");
	for (i = 0; i < BR_SG_MAX_CANDIDATES; i++)
		client_close(&c[i]);
}

static void test_stale(void)
{
	struct client a, b;
	uint64_t g;

	client_open(&a);
	client_open(&b);
	g = generation(&a);
	ok(refuses(&a, -ESTALE, "BEGIN !generation:0") &&
	   refuses(&a, -ESTALE, "BEGIN flags:1 !generation:9999") &&
	   says(&a, -EBADFD, "FLUSH"),
	   "BEGIN with another generation is ESTALE and begins nothing");
	ok(says(&a, 0, "BEGIN") && says(&b, 0, "BEGIN") &&
	   says(&a, 0, "SET_NEW op:1 set{name:a}") &&
	   says(&b, 0, "SET_NEW op:1 set{name:b}") && says(&b, 0, "COMMIT") &&
	   refuses(&a, -ESTALE, "COMMIT") && generation(&a) == g + 1 &&
	   SETS(&a, "set{name:b count:0} set{name:three count:0}"),
	   "COMMIT is ESTALE when another writer committed since BEGIN");
	ok(says(&a, -EBADFD, "COMMIT"), "that drops the candidate");
	ok(says(&a, 0, "BEGIN") && says(&b, 0, "BEGIN") &&
	   says(&b, 0, "COMMIT flags:1") && says(&a, 0, "COMMIT"),
	   "another's DRY_RUN makes nothing stale");
	ok(says(&a, 0, "BEGIN") && says(&b, 0, "BEGIN") &&
	   says(&b, 0, "COMMIT") && says(&a, -ESTALE, "COMMIT flags:1"),
	   "DRY_RUN is ESTALE too");
	client_close(&a);
	client_close(&b);
}

static const char *const changes[] = {
	"COMMIT", "FLUSH",
	"DEFAULT_NEW op:1 default{pattern:tap* verdict:2}",
	"DEFAULT_DEL default{pattern:tap*}",
	"SET_NEW op:1 set{name:s}", "SET_DEL set{name:s}",
	"GROUP_NEW op:1 group{name:g}", "GROUP_DEL group{name:g}",
	"ADDRS_NEW op:1 addrs{set:s addr:10.0.0.1}",
	"ADDRS_DEL addrs{set:s addr:10.0.0.1}",
	"RULE_NEW op:1 rule{group:g direction:0}",
	"RULE_DEL rule{group:g id:1}",
	"PORT_NEW op:1 port{dev:tap0 mode:1}", "PORT_DEL port{dev:tap0}",
};

static void test_refused(void)
{
	bool good = true;
	struct client a;
	unsigned int i;
	uint64_t g;

	client_open(&a);
	g = generation(&a);
	for (i = 0; i < ARRAY_SIZE(changes); i++)
		good &= refuses(&a, -EBADFD, changes[i]);
	ok(good, "changes and COMMIT without BEGIN are EBADFD");
	for (i = 0; i < ARRAY_SIZE(changes); i++)
		good &= says(&a, 0, "BEGIN") &&
			says(&a, 0, "SET_NEW op:1 set{name:s1}") &&
			says(&a, -ENOENT, "SET_DEL set{name:no}") &&
			refuses(&a, -EBADFD, changes[i]);
	ok(good, "changes and COMMIT after a refused message are EBADFD");
	ok(generation(&a) == g && says(&a, 0, "BEGIN") &&
	   says(&a, -ENOENT, "SET_DEL set{name:s1}"),
	   "of a refused transaction nothing is left");
	ok(says(&a, 0, "BEGIN") &&
	   says(&a, -EEXIST, "SET_NEW op:1 set{name:s1} set{name:s1}") &&
	   says(&a, -EBADFD, "FLUSH"),
	   "of a message whose second object is refused nothing is left");
	ok(says(&a, 0, "BEGIN") && says(&a, -EEXIST, "SET_NEW op:1 set{name:b}") &&
	   says(&a, 0, "ABORT") && says(&a, 0, "BEGIN") && says(&a, 0, "ABORT"),
	   "ABORT after a refused message is no error");
	ok(says(&a, 0, "BEGIN") && says(&a, -ENOENT, "PORT_GET port{dev:no}") &&
	   says(&a, BAD, "STATUS_GET op:1") && says(&a, 0, "FLUSH") &&
	   says(&a, 0, "ABORT"),
	   "a GET is no message of the transaction: refused, it drops nothing");
	ok(says(&a, 0, "BEGIN") && says(&a, -EOPNOTSUPP, "99") &&
	   says(&a, -EINVAL, "FLUSH%1") && says(&a, BAD, "FLUSH 99=00") &&
	   says(&a, BAD, "SET_NEW op:1 set~{name:x}") && says(&a, 0, "FLUSH") &&
	   says(&a, 0, "ABORT"),
	   "what generic netlink refuses by itself drops nothing");
	client_close(&a);
}

static bool returns(struct client *c, uint64_t cookie)
{
	if (c->a.has_cookie && c->a.cookie == cookie && *c->a.text)
		return true;
	note("cookie %s%llu (%s), expected %llu", c->a.has_cookie ? "" : "no ",
	     (unsigned long long)c->a.cookie, c->a.text,
	     (unsigned long long)cookie);
	return false;
}

static void test_cookies(void)
{
	struct client a;

	client_open(&a);
	ok(says(&a, 0, "BEGIN flags:1") &&
	   SAYS_ALL(&a, "GROUP_NEW op:1 group{name:g cookie:1}",
		    "RULE_NEW op:1 rule{group:g direction:0 cookie:2} "
		    "rule{group:g direction:0 remote_set:nosuch cookie:3}") &&
	   refuses(&a, -ENOENT, "COMMIT") && returns(&a, 3),
	   "COMMIT returns the cookie of a rule without its set");
	ok(says(&a, 0, "BEGIN flags:1") &&
	   SAYS_ALL(&a, "GROUP_NEW op:1 group{name:g}",
		    "RULE_NEW op:1 rule{group:g direction:0 "
		    "remote_group:nosuch cookie:0xffffffff}") &&
	   refuses(&a, -ENOENT, "COMMIT") && returns(&a, 0xffffffff),
	   "COMMIT returns the cookie of a rule without its remote group");
	ok(says(&a, 0, "BEGIN flags:1") &&
	   SAYS_ALL(&a, "PORT_NEW op:1 port{dev:tap1 mode:1 cookie:4} "
			"port{dev:tap2 mac:2:0:0:0:0:1 group:nosuch "
			"cookie:5}") &&
	   refuses(&a, -ENOENT, "COMMIT") && returns(&a, 5),
	   "COMMIT returns the cookie of a port without its group");
	ok(says(&a, 0, "BEGIN flags:1") &&
	   SAYS_ALL(&a, "GROUP_NEW op:1 group{name:f} group{name:l stateless}",
		    "PORT_NEW op:1 port{dev:t mode:1 group:f group:l cookie:6}") &&
	   refuses(&a, -EINVAL, "COMMIT") && returns(&a, 6),
	   "COMMIT refuses a port with stateful and stateless groups");
	ok(says(&a, 0, "BEGIN flags:1") &&
	   SAYS_ALL(&a, "PORT_NEW op:1 port{dev:t mode:1 group:no cookie:7}",
		    "PORT_NEW op:2 port{dev:t mode:1 group:no cookie:8}") &&
	   says(&a, -ENOENT, "COMMIT") && returns(&a, 8),
	   "an object that is replaced has the new cookie");
	ok(says(&a, 0, "BEGIN flags:1") &&
	   SAYS_ALL(&a, "PORT_NEW op:1 port{dev:t mode:1 group:no}") &&
	   says(&a, -ENOENT, "COMMIT") && !a.a.has_cookie,
	   "an object without a cookie returns none");
	ok(TRANSACTS(&a, "GROUP_NEW op:1 group{name:g}",
		     "PORT_NEW op:1 port{dev:t mode:1 group:g cookie:9}") &&
	   SAYS_ALL(&a, "BEGIN", "GROUP_DEL group{name:g}") &&
	   says(&a, -ENOENT, "COMMIT") && !a.a.has_cookie,
	   "a cookie does not outlive its candidate");
	ok(SAYS_ALL(&a, "BEGIN flags:1",
		    "PORT_NEW op:1 port{dev:t mac:2:0:0:0:0:1 group:g}",
		    "GROUP_NEW op:1 group{name:g} group{name:h}",
		    "RULE_NEW op:1 rule{group:g direction:0 remote_group:i} "
		    "rule{group:g direction:0 remote_set:s}",
		    "GROUP_NEW op:1 group{name:i}", "SET_NEW op:1 set{name:s}",
		    "COMMIT"),
	   "names are resolved at COMMIT: the order of messages is free");
	client_close(&a);
}

/* the texts in one datagram; what the last is answered */
static int batch(struct client *c, const char *const *texts)
{
	struct message m[8];
	unsigned int i, n;

	for (n = 0; texts[n]; n++)
		m[n] = message_text(texts[n]);
	client_post_all(c, m, n);
	client_wait(c);
	for (i = 0; i < n; i++)
		message_free(&m[i]);
	return c->a.err;
}

#define BATCH(c, ...) batch(c, (const char *const []){ __VA_ARGS__, NULL })

static void test_batch(void)
{
	struct client a;
	uint64_t g;

	client_open(&a);
	g = generation(&a);
	ok(!BATCH(&a, "BEGIN flags:1", "SET_NEW op:1 set{name:a}",
		  "SET_NEW op:1 set{name:b}", "COMMIT") &&
	   a.a.generation == g + 1 &&
	   SETS(&a, "set{name:a count:0} set{name:b count:0}"),
	   "a transaction may be one datagram");
	ok(BATCH(&a, "BEGIN", "SET_NEW op:1 set{name:c}",
		 "SET_NEW op:1 set{name:a}", "SET_NEW op:1 set{name:d}",
		 "COMMIT") == -EBADFD && generation(&a) == g + 1 &&
	   SETS(&a, "set{name:a count:0} set{name:b count:0}"),
	   "refused in the middle, it changes nothing");
	client_close(&a);
}

void test_transactions(void)
{
	test_empty();
	test_commit();
	test_flags();
	test_closed();
	test_busy();
	test_stale();
	test_refused();
	test_cookies();
	test_batch();
}
