// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD for sgctl: a kernel that is not there, in place of libmnl's socket
 *
 * It has the family br_sg and in it, from generation 2 on, "default drop tap*".
 * Every request is written to FAKE_LOG, a word a line. The environment says what
 * is odd about it:
 *	FAKE_VERSION	of the family; 0: there is no such family
 *	FAKE_COMMIT	what becomes of COMMIT: "eintr", "lost": it is in force and
 *			the program is told of an error; "before": of an error, and
 *			it is not in force, the first time; "never": each time;
 *			"signal": SIGINT comes meanwhile
 *	FAKE_STATUS	an errno: the answer to STATUS_GET after COMMIT
 *	FAKE_DUMP	"lost": a message of each kind's first dump is lost, and nothing
 *			comes through the socket any more; "never": of each dump
 *	FAKE_FEATURES	its features, as numbers
 *	FAKE_NEWER	it is newer than sgctl: it has the set s, the group g with a
 *			member and a rule, and the port tap1, and an attribute that
 *			nobody knows of the one that is named: "default", "set",
 *			"address", "group", "member", "rule", "remote", "port", "pair",
 *			"top"; "live": of the port, which is read only
 *	FAKE_BRIDGE	of the port, and of a zone: a name of whatever bytes
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/br_sg.h>

#define FAMILY	0x20

static char answers[8192];
static size_t len;
static unsigned long generation = 1;
static int fail, lost, after_commit, dumps[BR_SG_CMD_MAX + 1];
static const struct mnl_socket *dead;	/* its dump has stopped for good */

static int is(const char *name, const char *value)
{
	const char *s = getenv(name);

	return s && !strcmp(s, value);
}

static void note(const char *word)
{
	FILE *f = getenv("FAKE_LOG") ? fopen(getenv("FAKE_LOG"), "a") : NULL;

	if (f) {
		fprintf(f, "%s\n", word);
		fclose(f);
	}
}

static struct nlmsghdr *begin(const struct nlmsghdr *to, unsigned int type, int cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(answers + len);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_seq = to->nlmsg_seq;
	nlh->nlmsg_pid = 77;
	if (cmd >= 0) {
		genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
		genl->cmd = cmd;
	}
	return nlh;
}

static void end(const struct nlmsghdr *nlh)
{
	len += NLMSG_ALIGN(nlh->nlmsg_len);
}

static void ack(const struct nlmsghdr *to, int err)
{
	int dump = (to->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP && !err;
	struct nlmsghdr *nlh = begin(to, dump ? NLMSG_DONE : NLMSG_ERROR, -1);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(nlh, dump ? sizeof(int) : sizeof(*e));

	e->error = -err;
	if (!dump)
		e->msg = *to;
	end(nlh);
}

static void answer_family(const struct nlmsghdr *to)
{
	int dump = (to->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int version = getenv("FAKE_VERSION") ? atoi(getenv("FAKE_VERSION")) : BR_SG_GENL_VERSION;
	struct nlmsghdr *nlh;

	note(dump ? "families" : "family-by-name");
	if (dump) {
		nlh = begin(to, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);
		mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAMILY - 1);
		mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, "br_sg_not");
		mnl_attr_put_u32(nlh, CTRL_ATTR_VERSION, 9);
		end(nlh);
	}
	if (version) {
		nlh = begin(to, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);
		mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAMILY);
		mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, BR_SG_GENL_NAME);
		mnl_attr_put_u32(nlh, CTRL_ATTR_VERSION, version);
		end(nlh);
	}
	ack(to, version || dump ? 0 : ENOENT);
}

static void put_features(struct nlmsghdr *nlh)
{
	const char *s = getenv("FAKE_FEATURES");
	struct nlattr *nest = mnl_attr_nest_start(nlh, BR_SG_A_STATUS);
	char *rest;

	for (; s && *s; s = *rest ? rest + 1 : rest)
		mnl_attr_put_u16(nlh, BR_SG_STATUS_A_FEATURE, strtoul(s, &rest, 10));
	mnl_attr_nest_end(nlh, nest);
}

static void put_zone(struct nlmsghdr *nlh)
{
	struct nlattr *nest;

	if (!getenv("FAKE_BRIDGE"))
		return;
	nest = mnl_attr_nest_start(nlh, BR_SG_A_ZONE);
	mnl_attr_put_strz(nlh, BR_SG_ZONE_A_BRIDGE, getenv("FAKE_BRIDGE"));
	mnl_attr_put_u16(nlh, BR_SG_ZONE_A_ID, 7);
	mnl_attr_put_u32(nlh, BR_SG_ZONE_A_PORTS, 1);
	mnl_attr_nest_end(nlh, nest);
}

static void answer_generation(const struct nlmsghdr *to, int cmd)
{
	struct nlmsghdr *nlh = begin(to, FAMILY, cmd);

	mnl_attr_put_u64(nlh, BR_SG_A_GENERATION, generation);
	if (cmd == BR_SG_CMD_STATUS_GET) {
		mnl_attr_put_strz(nlh, BR_SG_A_VERSION, "7.7");
		put_features(nlh);
		put_zone(nlh);
	}
	end(nlh);
}

#define NEWER	999		/* an attribute that nobody knows */

static int newer(const char *what)
{
	return is("FAKE_NEWER", what);
}

static void put_newer(struct nlmsghdr *nlh, const char *what)
{
	if (newer(what))
		mnl_attr_put_u32(nlh, NEWER, 1);
}

static void put_addr(struct nlmsghdr *nlh, uint16_t type, const char *what)
{
	static const unsigned char addr[4] = { 10, 0, 0, 1 };
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	mnl_attr_put(nlh, BR_SG_ADDR_A_IPV4, 4, addr);
	mnl_attr_put_u8(nlh, BR_SG_ADDR_A_LEN, 32);
	put_newer(nlh, what);
	mnl_attr_nest_end(nlh, nest);
}

static void put_object(struct nlmsghdr *nlh, int cmd, int live)
{
	struct nlattr *nest;

	switch (cmd) {
	case BR_SG_CMD_SET_GET:
		nest = mnl_attr_nest_start(nlh, BR_SG_A_SET);
		mnl_attr_put_strz(nlh, BR_SG_SET_A_NAME, "s");
		put_newer(nlh, "set");
		break;
	case BR_SG_CMD_GROUP_GET:
		nest = mnl_attr_nest_start(nlh, BR_SG_A_GROUP);
		mnl_attr_put_strz(nlh, BR_SG_GROUP_A_NAME, "g");
		put_newer(nlh, "group");
		break;
	case BR_SG_CMD_ADDRS_GET:
		nest = mnl_attr_nest_start(nlh, BR_SG_A_ADDRS);
		mnl_attr_put_strz(nlh, BR_SG_ADDRS_A_SET, "s");
		put_addr(nlh, BR_SG_ADDRS_A_ADDR, "address");
		mnl_attr_nest_end(nlh, nest);
		nest = mnl_attr_nest_start(nlh, BR_SG_A_ADDRS);
		mnl_attr_put_strz(nlh, BR_SG_ADDRS_A_GROUP, "g");
		put_addr(nlh, BR_SG_ADDRS_A_ADDR, "member");
		break;
	case BR_SG_CMD_RULE_GET:
		nest = mnl_attr_nest_start(nlh, BR_SG_A_RULE);
		mnl_attr_put_strz(nlh, BR_SG_RULE_A_GROUP, "g");
		mnl_attr_put_u32(nlh, BR_SG_RULE_A_ID, 1);
		mnl_attr_put_u8(nlh, BR_SG_RULE_A_DIRECTION, BR_SG_INGRESS);
		put_addr(nlh, BR_SG_RULE_A_REMOTE, "remote");
		put_newer(nlh, "rule");
		break;
	default:
		nest = mnl_attr_nest_start(nlh, BR_SG_A_PORT);
		mnl_attr_put_strz(nlh, BR_SG_PORT_A_DEV, "tap1");
		mnl_attr_put_u8(nlh, BR_SG_PORT_A_MODE, BR_SG_PORT_OFF);
		put_addr(nlh, BR_SG_PORT_A_PAIR, "pair");
		put_newer(nlh, "port");
		if (live)
			put_newer(nlh, "live");
		if (live && getenv("FAKE_BRIDGE")) {
			mnl_attr_put_u8(nlh, BR_SG_PORT_A_STATE, BR_SG_PORT_BLOCKED);
			mnl_attr_put_u8(nlh, BR_SG_PORT_A_CAUSE, BR_SG_PORT_CAUSE_VLAN);
			mnl_attr_put_strz(nlh, BR_SG_PORT_A_BRIDGE, getenv("FAKE_BRIDGE"));
		}
	}
	mnl_attr_nest_end(nlh, nest);
}

static void answer_object(const struct nlmsghdr *to, int cmd)
{
	uint32_t flags = 0;
	struct nlmsghdr *nlh;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, to, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == BR_SG_A_FLAGS)
			flags = mnl_attr_get_u32(attr);
	nlh = begin(to, FAMILY, cmd);
	mnl_attr_put_u64(nlh, BR_SG_A_GENERATION, generation);
	put_object(nlh, cmd, !(flags & BR_SG_GET_F_CONFIG));
	put_newer(nlh, "top");
	end(nlh);
}

static void answer_default(const struct nlmsghdr *to)
{
	struct nlmsghdr *nlh = begin(to, FAMILY, BR_SG_CMD_DEFAULT_GET);
	struct nlattr *nest;

	mnl_attr_put_u64(nlh, BR_SG_A_GENERATION, generation);
	nest = mnl_attr_nest_start(nlh, BR_SG_A_DEFAULT);
	mnl_attr_put_strz(nlh, BR_SG_DEFAULT_A_PATTERN, "tap*");
	mnl_attr_put_u8(nlh, BR_SG_DEFAULT_A_VERDICT, BR_SG_DEFAULT_DROP);
	if (is("FAKE_NEWER", "default"))
		mnl_attr_put_u32(nlh, 999, 1);
	mnl_attr_nest_end(nlh, nest);
	end(nlh);
}

static void answer_commit(const struct nlmsghdr *to)
{
	after_commit = 1;
	note("commit");
	if (is("FAKE_COMMIT", "signal") && generation == 1)
		raise(SIGINT);
	if (is("FAKE_COMMIT", "never") || (is("FAKE_COMMIT", "before") && !lost++)) {
		fail = ENOBUFS;
		return;
	}
	generation++;
	if ((is("FAKE_COMMIT", "eintr") || is("FAKE_COMMIT", "lost")) && generation == 2) {
		fail = is("FAKE_COMMIT", "eintr") ? EINTR : ENOBUFS;
		return;
	}
	answer_generation(to, BR_SG_CMD_COMMIT);
	ack(to, 0);
}

static void answer_newer(const struct nlmsghdr *to, int cmd)
{
	switch (cmd) {
	case BR_SG_CMD_SET_GET:
	case BR_SG_CMD_GROUP_GET:
	case BR_SG_CMD_ADDRS_GET:
	case BR_SG_CMD_RULE_GET:
	case BR_SG_CMD_PORT_GET:
		answer_object(to, cmd);
		break;
	case BR_SG_CMD_PORT_NEW:
	case BR_SG_CMD_SET_NEW:
	case BR_SG_CMD_GROUP_NEW:
	case BR_SG_CMD_RULE_NEW:
	case BR_SG_CMD_RULE_DEL:
		note("written");
	}
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t size)
{
	const struct nlmsghdr *to = buf;
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(to);
	int err = 0;

	len = 0;
	if (nl == dead) {
		fprintf(stderr, "a socket that was to be closed is used\n");
		exit(99);
	}
	if (to->nlmsg_type == GENL_ID_CTRL) {
		answer_family(to);
		return size;
	}
	if (genl->cmd == BR_SG_CMD_COMMIT) {
		answer_commit(to);
		if (fail == EINTR) {	/* nobody said that it was sent */
			fail = 0;
			errno = EINTR;
			return -1;
		}
		return size;
	}
	if (genl->cmd == BR_SG_CMD_STATUS_GET) {
		if (after_commit && getenv("FAKE_STATUS"))
			err = atoi(getenv("FAKE_STATUS"));
		else
			answer_generation(to, genl->cmd);
	} else if (genl->cmd == BR_SG_CMD_DEFAULT_GET) {
		if (generation > 1 || getenv("FAKE_NEWER"))
			answer_default(to);
	} else if (getenv("FAKE_NEWER")) {
		answer_newer(to, genl->cmd);
	}
	ack(to, err);
	if ((to->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP && getenv("FAKE_DUMP") &&
	    (!dumps[genl->cmd]++ || is("FAKE_DUMP", "never"))) {
		fail = ENOBUFS;
		dead = nl;
	}
	return size;
}

int mnl_socket_close(struct mnl_socket *nl)
{
	if (nl == dead)
		dead = NULL;
	/* what is left of it is of nobody */
	len = 0;
	return 0;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	size_t got = len;

	(void)nl;
	if (fail) {
		errno = fail;
		fail = 0;
		return -1;
	}
	if (!len || size < len) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(buf, answers, len);
	len = 0;
	return got;
}

/* What is read when an answer is lost: there is no more */
ssize_t recv(int fd, void *buf, size_t size, int flags)
{
	(void)fd;
	(void)buf;
	(void)size;
	(void)flags;
	errno = EAGAIN;
	return -1;
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *nl)
{
	(void)nl;
	return 77;
}
