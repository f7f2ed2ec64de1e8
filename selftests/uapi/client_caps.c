// SPDX-License-Identifier: GPL-2.0-or-later
/* CAP_NET_ADMIN in the initial user namespace, for everything. */
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

static const char *const every[] = {
	"STATUS_GET", "BEGIN", "COMMIT", "ABORT", "FLUSH",
	"DEFAULT_NEW op:1 default{pattern:x verdict:1}",
	"DEFAULT_DEL default{pattern:x}", "DEFAULT_GET*",
	"SET_NEW op:1 set{name:x}", "SET_DEL set{name:x}", "SET_GET*",
	"GROUP_NEW op:1 group{name:x}", "GROUP_DEL group{name:x}",
	"GROUP_GET*", "ADDRS_NEW op:1 addrs{set:s addr:10.0.0.1}",
	"ADDRS_DEL addrs{set:s addr:10.0.0.1}", "ADDRS_GET*",
	"RULE_NEW op:1 rule{group:g direction:0}",
	"RULE_DEL rule{group:g id:1}", "RULE_GET*",
	"PORT_NEW op:1 port{dev:t mode:1}", "PORT_DEL port{dev:t}",
	"PORT_GET*", "PORT_GET port{dev:t}", "COUNTER_GET*",
	"FLOW_GET*",
};

static bool all_eperm(struct client *c)
{
	bool good = true;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(every); i++)
		good &= says(c, -EPERM, every[i]) && !c->a.messages;
	return good;
}

static bool drop(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return false;
	data[0].effective &= ~(1U << CAP_NET_ADMIN);
	data[0].permitted &= ~(1U << CAP_NET_ADMIN);
	data[0].inheritable &= ~(1U << CAP_NET_ADMIN);
	return !syscall(SYS_capset, &head, data);
}

static bool without(struct client *shared)
{
	struct client c;

	(void)shared;
	if (!drop())
		return false;
	client_open(&c);
	return all_eperm(&c);
}

static bool inherited(struct client *shared)
{
	return drop() && all_eperm(shared);
}

static bool user_namespace(struct client *shared)
{
	struct client c;

	(void)shared;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		_exit(2);
	client_open(&c);
	return all_eperm(&c);
}

static bool user_namespace_inherited(struct client *shared)
{
	if (unshare(CLONE_NEWUSER))
		_exit(2);
	return all_eperm(shared);
}

static void in_child(struct client *shared, bool (*test)(struct client *c),
		     const char *name)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		bool good = test(shared);

		fflush(stdout);
		_exit(good ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		skip("no user namespaces here", name);
	else
		ok(!status, "%s", name);
}

void test_capability(void)
{
	struct client c;

	client_open(&c);
	tell(&c, "BEGIN flags:1");
	tell(&c, "SET_NEW op:1 set{name:mine}");
	in_child(&c, without,
		 "without CAP_NET_ADMIN every command is EPERM, reading too");
	in_child(&c, inherited,
		 "and on a socket that was opened with it");
	in_child(&c, user_namespace,
		 "the root of another user and network namespace gets EPERM for every command");
	in_child(&c, user_namespace_inherited,
		 "and on a socket of the initial one");
	ok(says(&c, 0, "SET_DEL set{name:mine}") && says(&c, 0, "COMMIT"),
	   "EPERM leaves an open transaction as it was");
	client_close(&c);
}
