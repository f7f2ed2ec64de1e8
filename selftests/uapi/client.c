// SPDX-License-Identifier: GPL-2.0-or-later
/* client [SEED]: see client.h. TAP, and what the tests are made of. */
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <unistd.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "client.h"

static int tests, failures;

void note(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

bool ok(bool good, const char *fmt, ...)
{
	va_list args;

	tests++;
	failures += !good;
	printf("%sok %d - ", good ? "" : "not ", tests);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return good;
}

void skip(const char *why, const char *name)
{
	printf("ok %d - %s # SKIP %s\n", ++tests, name, why);
	fflush(stdout);
}

static const char *errno_name(int err)
{
	static char text[2][64];
	static int i;

	i = !i;
	if (err > 0)
		return "EINVAL or ERANGE";
	if (!err)
		return "no error";
	snprintf(text[i], sizeof(text[i]), "%s", strerrorname_np(-err) ? :
		 "an unknown errno");
	return text[i];
}

int tell(struct client *c, const char *text)
{
	struct message m = message_text(text);
	int err = client_send(c, &m);

	message_free(&m);
	return err;
}

int tellf(struct client *c, const char *fmt, ...)
{
	char text[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return tell(c, text);
}

static bool answered(struct client *c, int err, const char *text)
{
	int got = c->a.err;

	if (got == err || (err == BAD && (got == -EINVAL || got == -ERANGE)))
		return true;
	note("%s: %s (%s), expected %s", text, errno_name(got), c->a.text,
	     errno_name(err));
	return false;
}

bool says(struct client *c, int err, const char *text)
{
	tell(c, text);
	return answered(c, err, text);
}

bool refuses_message(struct client *c, int err, struct message *m,
		     const char *name)
{
	struct answer *a = &c->a;
	bool good;

	client_send(c, m);
	good = answered(c, err, name);
	/* generic netlink has no text for these */
	if (!*a->text && a->err != -EPERM && a->err != -EOPNOTSUPP) {
		note("%s: %s without a text", name, errno_name(a->err));
		good = false;
	}
	if (a->offset != m->blame) {
		note("%s: offset %u (%s), the attribute is at %u", name,
		     a->offset, a->text, m->blame);
		good = false;
	}
	if (a->miss != m->miss || a->miss_nest != m->miss_nest) {
		note("%s: misses %u at %u (%s), not %u at %u", name, a->miss,
		     a->miss_nest, a->text, m->miss, m->miss_nest);
		good = false;
	}
	return good;
}

bool refuses(struct client *c, int err, const char *text)
{
	struct message m = message_text(text);
	bool good = refuses_message(c, err, &m, text);

	message_free(&m);
	return good;
}

bool shows(struct client *c, const char *text, const char *shown)
{
	bool good = says(c, 0, text);

	if (strcmp(c->a.shown, shown)) {
		note("%s: %s", text, c->a.shown);
		note("expected %s", shown);
		good = false;
	}
	if (c->a.bad || c->a.torn) {
		note("%s: the reply is %s", text, c->a.bad ?
		     "not well-formed" : "of different generations");
		good = false;
	}
	return good;
}

bool status(struct client *c, const char *figures)
{
	unsigned long long memory, budget, vectors;
	size_t len = strlen(figures);
	unsigned int zones;
	char again[400];

	if (!says(c, 0, "STATUS_GET"))
		return false;
	if (strncmp(c->a.shown, figures, len) ||
	    sscanf(c->a.shown + len, "memory:%llu budget:%llu vectors:%llu zones:%u",
		   &memory, &budget, &vectors, &zones) != 4 ||
	    !memory || memory > budget || vectors > memory) {
		note("STATUS_GET: %s", c->a.shown);
		note("expected %s and memory", figures);
		return false;
	}
	snprintf(again, sizeof(again),
		 "%smemory:%llu budget:%llu vectors:%llu zones:%u}", figures, memory,
		 budget, vectors, zones);
	return shows(c, "STATUS_GET", again);
}

bool all_said(struct client *c, const char *const *texts)
{
	for (; *texts; texts++)
		if (!says(c, 0, *texts))
			return false;
	return true;
}

bool transacts(struct client *c, const char *const *texts)
{
	return says(c, 0, "BEGIN flags:1") && all_said(c, texts) &&
	       says(c, 0, "COMMIT");
}

uint64_t generation(struct client *c)
{
	tell(c, "STATUS_GET");
	return c->a.generation;
}

bool one_bad(struct client *c, const struct bad *bad)
{
	bool good;

	if (!OBJECTS(c) ||
	    !says(c, 0, "RULE_NEW op:1 rule{group:h id:1 direction:0}"))
		return false;
	good = refuses(c, bad->err, bad->text);
	if (tell(c, "FLUSH") == -EBADFD)
		return good;
	note("%s: the transaction is still open", bad->text);
	tell(c, "ABORT");
	return false;
}

void all_bad(struct client *c, const char *name, const struct bad *bad)
{
	bool good = true;

	for (; bad->text; bad++)
		good &= one_bad(c, bad);
	ok(good, "%s", name);
}

static int resolve(void)
{
	struct nl_sock *nl = nl_socket_alloc();
	int family = -1;

	if (nl && !genl_connect(nl))
		family = genl_ctrl_resolve(nl, BR_SG_GENL_NAME);
	nl_socket_free(nl);
	return family;
}

/* built here, or where BR_SG_KO says */
static void load(void)
{
	char self[PATH_MAX] = "", command[2 * PATH_MAX];
	const char *ko = getenv("BR_SG_KO");

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return;
	if (system("modprobe -q nf_conntrack_bridge") == -1)
		return;
	if (ko)
		snprintf(command, sizeof(command), "insmod '%s' 2>/dev/null",
			 ko);
	else
		snprintf(command, sizeof(command),
			 "insmod '%s/../../kmod/br_sg.ko' 2>/dev/null",
			 dirname(self));
	if (system(command))
		note("%s: failed", command);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;

	printf("TAP version 13\n");
	client_family = resolve();
	if (client_family < 0) {
		load();
		client_family = resolve();
	}
	if (client_family < 0 || unshare(CLONE_NEWNET)) {
		printf("1..0 # SKIP %s\n", client_family < 0 ?
		       "no br_sg in this kernel" : "not root");
		return 4;
	}
	test_transactions();
	test_objects();
	test_ports();
	test_strictness();
	test_values();
	test_limits();
	test_dumps();
	test_shadow();
	test_capability();
	test_fuzz(seed);
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}
