// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * To the module: a transaction of changes, and who is meant by a refusal
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "nl/resume.h"

#define ADDRS_PER_NEST	400		/* stays below 16 KiB */

/* Which change a stretch of the message in hand comes from */
struct mark {
	uint32_t offset;
	const struct change *change;
	uint32_t src;
};

struct sender {
	struct nl *nl;
	struct input *in;
	struct nlmsghdr *nlh;
	uint8_t cmd;
	uint8_t op;
	VEC(struct mark) marks;
	const struct changes *changes;
};

static void put_addr(struct nlmsghdr *nlh, uint16_t type, const struct addr *a,
		     const uint8_t *mac)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	if (a->family == AF_INET)
		mnl_attr_put(nlh, BR_SG_ADDR_A_IPV4, 4, a->b);
	else
		mnl_attr_put(nlh, BR_SG_ADDR_A_IPV6, 16, a->b);
	if (!addr_is_host(a))
		mnl_attr_put_u8(nlh, BR_SG_ADDR_A_LEN, a->len);
	if (mac)
		mnl_attr_put(nlh, BR_SG_ADDR_A_MAC, 6, mac);
	mnl_attr_nest_end(nlh, nest);
}

static void put_rule(struct nlmsghdr *nlh, const char *group, const struct rule *rule,
		     bool only_id)
{
	mnl_attr_put_strz(nlh, BR_SG_RULE_A_GROUP, group);
	if (rule->id)
		mnl_attr_put_u32(nlh, BR_SG_RULE_A_ID, rule->id);
	if (only_id)
		return;
	mnl_attr_put_u8(nlh, BR_SG_RULE_A_DIRECTION, rule->direction);
	if (rule->family)
		mnl_attr_put_u8(nlh, BR_SG_RULE_A_FAMILY, rule->family);
	if (rule->proto)
		mnl_attr_put_u8(nlh, BR_SG_RULE_A_PROTO, rule->proto);
	if (rule->has_ports) {
		mnl_attr_put_u16(nlh, BR_SG_RULE_A_PORT_MIN, rule->port_min);
		mnl_attr_put_u16(nlh, BR_SG_RULE_A_PORT_MAX, rule->port_max);
	}
	if (rule->icmp_type >= 0)
		mnl_attr_put_u8(nlh, BR_SG_RULE_A_ICMP_TYPE, rule->icmp_type);
	if (rule->icmp_code >= 0)
		mnl_attr_put_u8(nlh, BR_SG_RULE_A_ICMP_CODE, rule->icmp_code);
	if (rule->remote == REMOTE_PREFIX)
		put_addr(nlh, BR_SG_RULE_A_REMOTE, &rule->prefix, NULL);
	else if (rule->remote == REMOTE_GROUP)
		mnl_attr_put_strz(nlh, BR_SG_RULE_A_REMOTE_GROUP, rule->remote_name);
	else if (rule->remote == REMOTE_SET)
		mnl_attr_put_strz(nlh, BR_SG_RULE_A_REMOTE_SET, rule->remote_name);
}

static void put_port(struct nlmsghdr *nlh, const struct port *port)
{
	size_t i;

	if (port->has_uuid)
		mnl_attr_put(nlh, BR_SG_PORT_A_UUID, 16, port->uuid);
	if (port->has_mac)
		mnl_attr_put(nlh, BR_SG_PORT_A_MAC, 6, port->mac);
	mnl_attr_put_u8(nlh, BR_SG_PORT_A_MODE, port->mode);
	if (port->strict)
		mnl_attr_put(nlh, BR_SG_PORT_A_STRICT, 0, NULL);
	if (port->any_source)
		mnl_attr_put(nlh, BR_SG_PORT_A_ANY_SOURCE, 0, NULL);
	if (port->zone)
		mnl_attr_put_u16(nlh, BR_SG_PORT_A_ZONE, port->zone);
	if (port->ct_limit)
		mnl_attr_put_u32(nlh, BR_SG_PORT_A_CT_LIMIT, port->ct_limit);
	for (i = 0; i < port->ips.n; i++)
		put_addr(nlh, BR_SG_PORT_A_IP, &port->ips.v[i], NULL);
	for (i = 0; i < port->pairs.n; i++)
		put_addr(nlh, BR_SG_PORT_A_PAIR, &port->pairs.v[i].a,
			 port->pairs.v[i].has_mac ? port->pairs.v[i].mac : NULL);
	for (i = 0; i < port->groups.n; i++)
		mnl_attr_put_strz(nlh, BR_SG_PORT_A_GROUP, port->groups.v[i].name);
	for (i = 0; i < port->dhcp.n; i++)
		put_addr(nlh, BR_SG_PORT_A_DHCP_SERVER, &port->dhcp.v[i], NULL);
	for (i = 0; i < port->ethertypes.n; i++)
		mnl_attr_put_u16(nlh, BR_SG_PORT_A_ETHERTYPE, port->ethertypes.v[i]);
}

/* By the object's attribute: the word of the line, or the keyword in front of it */
static const char *word_of(const struct change *change, const struct nlattr *attr,
			   char *buf, size_t size)
{
	unsigned int type = mnl_attr_get_type(attr);
	const struct nlattr *inner;
	bool addr = false;

	switch (change->obj) {
	case OBJ_DEFAULT:
		return type == BR_SG_DEFAULT_A_PATTERN ? change->name : NULL;
	case OBJ_SET:
		return type == BR_SG_SET_A_NAME ? THE_NAME : NULL;
	case OBJ_GROUP:
		return type == BR_SG_GROUP_A_NAME ? THE_NAME : "stateless";
	case OBJ_ADDRS:
		addr = type == BR_SG_ADDRS_A_ADDR;
		break;
	case OBJ_RULE:
		switch (type) {
		case BR_SG_RULE_A_ID:
			return "id";
		case BR_SG_RULE_A_DIRECTION:
			return direction_name(change->rule->direction);
		case BR_SG_RULE_A_FAMILY:
			return change->rule->family == AF_INET ? "ipv4" : "ipv6";
		case BR_SG_RULE_A_PROTO:
			return "proto";
		case BR_SG_RULE_A_PORT_MIN:
		case BR_SG_RULE_A_PORT_MAX:
			return "dport";
		case BR_SG_RULE_A_ICMP_TYPE:
		case BR_SG_RULE_A_ICMP_CODE:
			return "icmp";
		case BR_SG_RULE_A_REMOTE:
			return "remote";
		case BR_SG_RULE_A_REMOTE_GROUP:
		case BR_SG_RULE_A_REMOTE_SET:
			return change->rule->remote_name;
		}
		break;
	case OBJ_PORT:
		switch (type) {
		case BR_SG_PORT_A_UUID:
			return "uuid";
		case BR_SG_PORT_A_MAC:
			return "mac";
		case BR_SG_PORT_A_MODE:
			return mode_name(change->port->mode);
		case BR_SG_PORT_A_STRICT:
			return "strict";
		case BR_SG_PORT_A_ANY_SOURCE:
			return "any-source";
		case BR_SG_PORT_A_ZONE:
			return "zone";
		case BR_SG_PORT_A_CT_LIMIT:
			return "ct-limit";
		case BR_SG_PORT_A_ETHERTYPE:
			return "ethertype";
		case BR_SG_PORT_A_GROUP:
			snprintf(buf, size, "%s", mnl_attr_get_str(attr));
			return buf;
		case BR_SG_PORT_A_IP:
		case BR_SG_PORT_A_PAIR:
		case BR_SG_PORT_A_DHCP_SERVER:
			addr = true;
		}
		break;
	default:
		break;
	}
	if (!addr)
		return THE_NAME;
	mnl_attr_for_each_nested(inner, attr) {
		struct addr a = { .family = AF_INET };
		bool v6 = mnl_attr_get_type(inner) == BR_SG_ADDR_A_IPV6;

		if (v6)
			a.family = AF_INET6;
		else if (mnl_attr_get_type(inner) != BR_SG_ADDR_A_IPV4)
			continue;
		memcpy(a.b, mnl_attr_get_payload(inner), v6 ? 16 : 4);
		a.len = addr_bits(&a);
		mnl_attr_for_each_nested(inner, attr)
			if (mnl_attr_get_type(inner) == BR_SG_ADDR_A_LEN)
				a.len = mnl_attr_get_u8(inner);
		return addr_text(&a, buf);
	}
	return NULL;
}

/* The attribute of an object's nest that holds the offset, if it is one */
static const struct nlattr *attr_at(const struct nlmsghdr *nlh, uint32_t nest_offset,
				    uint32_t offset)
{
	const struct nlattr *nest = (const void *)((const char *)nlh + nest_offset);
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		uint32_t start = (const char *)attr - (const char *)nlh;

		if (offset >= start && offset < start + MNL_ALIGN(attr->nla_len))
			return attr;
	}
	return NULL;
}

static const char *object_name(const struct change *change)
{
	static const char *const names[] = {
		[OBJ_DEFAULT] = "default", [OBJ_SET] = "set", [OBJ_GROUP] = "group",
		[OBJ_RULE] = "rule of group", [OBJ_PORT] = "port", [OBJ_ALL] = "flush",
	};

	if (change->obj == OBJ_ADDRS)
		return change->of_set ? "addresses of set" : "members of group";
	return names[change->obj];
}

static const char *errno_text(int err)
{
	switch (err) {
	case EEXIST:
		return "it exists already: replace changes it";
	case ENOENT:
		return "it does not exist";
	case EBUSY:
		return "too many transactions are open in this network namespace: try again";
	case ESTALE:
		return "another writer changes the configuration all the time: try again";
	case E2BIG:
	case ENOSPC:
		return "a limit is reached";
	default:
		return strerror(err);
	}
}

/* COMMIT says which object, and quotes the name that it did not find */
static const char *last_quoted(const char *text, char *buf, size_t size)
{
	const char *end = strrchr(text, '"'), *start;

	if (!end || end == text)
		return NULL;
	for (start = end - 1; start > text && *start != '"'; start--)
		;
	if (*start != '"' || (size_t)(end - start) > size)
		return NULL;
	snprintf(buf, size, "%.*s", (int)(end - start - 1), start + 1);
	return buf;
}

/* The group or set that COMMIT says is in use and cannot go, or NULL */
static const char *in_use(const char *text, char *buf, size_t size)
{
	const char *start = strchr(text, '"'), *end = start ? strchr(start + 1, '"') : NULL;

	if (!end || strncmp(end, "\" cannot go, it is in use", 25) ||
	    (size_t)(end - start) > size)
		return NULL;
	snprintf(buf, size, "%.*s", (int)(end - start - 1), start + 1);
	return buf;
}

/* The command that takes it away, or NULL: there is none that names it */
static const struct change *find_del(const struct changes *changes, enum object obj,
				     const char *name)
{
	size_t i;

	for (i = 0; i < changes->n; i++)
		if (changes->v[i].obj == obj && changes->v[i].act == ACT_DEL &&
		    !strcmp(changes->v[i].name, name))
			return &changes->v[i];
	return NULL;
}

/* Says what the kernel refused and where that was read */
static int refused(struct sender *s, const struct nlmsghdr *sent)
{
	const struct nl_error *err = &s->nl->err;
	const struct mark *mark = NULL;
	const struct change *gone = NULL;
	const char *word = NULL, *used = NULL, *text;
	char buf[ADDR_TEXT + 64];
	uint32_t src = 0;
	size_t i;

	if (err->err == EPERM)
		return nl_fail(s->nl, s->in, "transaction");
	if (err->unanswered && err->err == EMSGSIZE && sent) {
		err_src(s->in, 0, NULL,
			"transaction: a message of %u bytes does not fit into the socket's send buffer: sysctl net.core.wmem_max to be %u or more",
			sent->nlmsg_len, NL_MSG_ROOM);
		return RC_REFUSED;
	}
	text = *err->text ? err->text : errno_text(err->err);
	/* the kernel's words, by which nobody knows what to do */
	if (err->err == EOPNOTSUPP || !strcmp(text, "Unknown attribute type") ||
	    !strcmp(text, "Unsupported attribute") || !strcmp(text, "reserved bit set"))
		text = "the loaded module is older than sgctl and does not know this: update it";
	if (sent && err->has_offset)
		for (i = 0; i < s->marks.n && s->marks.v[i].offset <= err->offset; i++)
			mark = &s->marks.v[i];
	if (!mark && sent && s->marks.n == 1)
		mark = &s->marks.v[0];
	if (!mark)
		used = in_use(text, buf, sizeof(buf));
	if (used)
		gone = find_del(s->changes, *text == 'g' ? OBJ_GROUP : OBJ_SET, used);
	if (mark) {
		const struct nlattr *attr = NULL;

		src = mark->src;
		if (err->has_offset)
			attr = attr_at(sent, mark->offset, err->offset);
		if (attr)
			word = word_of(mark->change, attr, buf, sizeof(buf));
	} else if (gone) {
		src = gone->src;
		word = THE_NAME;
	} else if (err->has_cookie && err->cookie < s->in->srcs.n) {
		src = err->cookie;
		word = used ? used : last_quoted(text, buf, sizeof(buf));
	}
	if (mark && !src && mark->change->name)
		err_src(s->in, 0, NULL, "%s \"%s\": %s", object_name(mark->change),
			mark->change->name, text);
	else
		err_src(s->in, src, word, "%s", text);
	return RC_REFUSED;
}

/* 0, an errno */
static int send_message(struct sender *s)
{
	int rc;

	if (!s->nlh)
		return 0;
	rc = nl_call(s->nl, s->nlh, NULL, NULL);
	if (rc)
		return rc;
	s->nlh = NULL;
	s->marks.n = 0;
	return 0;
}

static int start_object(struct sender *s, uint8_t cmd, uint8_t op,
			const struct change *change, uint32_t src)
{
	struct mark *mark;
	int rc;

	if (s->nlh && (s->cmd != cmd || s->op != op || s->nlh->nlmsg_len >= s->nl->good)) {
		rc = send_message(s);
		if (rc)
			return rc;
	}
	if (!s->nlh) {
		s->nlh = nl_new(s->nl, cmd, 0);
		s->cmd = cmd;
		s->op = op;
		if (op)
			mnl_attr_put_u8(s->nlh, BR_SG_A_OP, op);
	}
	mark = vec_push(&s->marks);
	mark->offset = s->nlh->nlmsg_len;
	mark->change = change;
	mark->src = src;
	return 0;
}

static void put_cookie(struct nlmsghdr *nlh, uint16_t type, uint32_t src)
{
	if (src)
		mnl_attr_put_u32(nlh, type, src);
}

/* Nests of at most ADDRS_PER_NEST addresses, each from one place */
static int put_addrs(struct sender *s, const struct change *change, uint8_t op)
{
	uint8_t cmd = change->act == ACT_DEL ? BR_SG_CMD_ADDRS_DEL : BR_SG_CMD_ADDRS_NEW;
	struct nlattr *nest;
	size_t i, n;
	int rc;

	for (i = 0; i < change->n; i += n) {
		uint32_t src = change->addrs[i].src;

		rc = start_object(s, cmd, op, change, src);
		if (rc)
			return rc;
		nest = mnl_attr_nest_start(s->nlh, BR_SG_A_ADDRS);
		mnl_attr_put_strz(s->nlh, change->of_set ? BR_SG_ADDRS_A_SET : BR_SG_ADDRS_A_GROUP,
				  change->name);
		put_cookie(s->nlh, BR_SG_ADDRS_A_COOKIE, src);
		for (n = 0; i + n < change->n && n < ADDRS_PER_NEST &&
		     (!n || s->nlh->nlmsg_len < s->nl->good) &&
		     change->addrs[i + n].src == src; n++)
			put_addr(s->nlh, BR_SG_ADDRS_A_ADDR, &change->addrs[i + n].a, NULL);
		mnl_attr_nest_end(s->nlh, nest);
	}
	return 0;
}

static int put_change(struct sender *s, const struct change *change)
{
	static const struct {
		uint8_t cmd_new, cmd_del;
		uint16_t nest;
	} kinds[] = {
		[OBJ_DEFAULT] = { BR_SG_CMD_DEFAULT_NEW, BR_SG_CMD_DEFAULT_DEL, BR_SG_A_DEFAULT },
		[OBJ_SET] = { BR_SG_CMD_SET_NEW, BR_SG_CMD_SET_DEL, BR_SG_A_SET },
		[OBJ_GROUP] = { BR_SG_CMD_GROUP_NEW, BR_SG_CMD_GROUP_DEL, BR_SG_A_GROUP },
		[OBJ_RULE] = { BR_SG_CMD_RULE_NEW, BR_SG_CMD_RULE_DEL, BR_SG_A_RULE },
		[OBJ_PORT] = { BR_SG_CMD_PORT_NEW, BR_SG_CMD_PORT_DEL, BR_SG_A_PORT },
	};
	bool del = change->act == ACT_DEL;
	struct nlattr *nest;
	uint8_t op;
	int rc;

	op = del ? 0 : change->act == ACT_ADD ? BR_SG_OP_ADD : BR_SG_OP_REPLACE;
	if (change->obj == OBJ_ADDRS)
		return put_addrs(s, change, op);
	if (change->obj == OBJ_ALL) {
		rc = send_message(s);
		return rc ? rc : nl_call(s->nl, nl_new(s->nl, BR_SG_CMD_FLUSH, 0), NULL, NULL);
	}
	rc = start_object(s, del ? kinds[change->obj].cmd_del : kinds[change->obj].cmd_new, op,
			  change, change->src);
	if (rc)
		return rc;
	nest = mnl_attr_nest_start(s->nlh, kinds[change->obj].nest);
	switch (change->obj) {
	case OBJ_DEFAULT:
		mnl_attr_put_strz(s->nlh, BR_SG_DEFAULT_A_PATTERN, change->name);
		if (!del)
			mnl_attr_put_u8(s->nlh, BR_SG_DEFAULT_A_VERDICT, change->verdict);
		put_cookie(s->nlh, BR_SG_DEFAULT_A_COOKIE, change->src);
		break;
	case OBJ_SET:
		mnl_attr_put_strz(s->nlh, BR_SG_SET_A_NAME, change->name);
		put_cookie(s->nlh, BR_SG_SET_A_COOKIE, change->src);
		break;
	case OBJ_GROUP:
		mnl_attr_put_strz(s->nlh, BR_SG_GROUP_A_NAME, change->name);
		if (!del && change->stateless)
			mnl_attr_put(s->nlh, BR_SG_GROUP_A_STATELESS, 0, NULL);
		put_cookie(s->nlh, BR_SG_GROUP_A_COOKIE, change->src);
		break;
	case OBJ_RULE:
		put_rule(s->nlh, change->name, change->rule, del);
		put_cookie(s->nlh, BR_SG_RULE_A_COOKIE, change->src);
		break;
	default:
		mnl_attr_put_strz(s->nlh, BR_SG_PORT_A_DEV, change->name);
		if (!del)
			put_port(s->nlh, change->port);
		put_cookie(s->nlh, BR_SG_PORT_A_COOKIE, change->src);
		break;
	}
	mnl_attr_nest_end(s->nlh, nest);
	return 0;
}

/* Names of devices are in it, which may be any bytes */
static void print_warning(const char *text)
{
	fputs("Warning: ", stderr);
	for (; *text; text++)
		fputc(*text >= ' ' && *text <= '~' ? *text : '?', stderr);
	fputc('\n', stderr);
}

/* Comes only when it is in force: then a lost acknowledgment does not matter */
static void got_generation(const struct nlmsghdr *nlh, void *data)
{
	struct commit *commit = data;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == BR_SG_A_GENERATION) {
			commit->generation = mnl_attr_get_u64(attr);
			commit->answered = true;
		} else if (mnl_attr_get_type(attr) == BR_SG_A_WARNING &&
			   mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0) {
			print_warning(mnl_attr_get_str(attr));
		}
}

static sigset_t signals_before;

void nl_let_signals(void)
{
	sigprocmask(SIG_SETMASK, &signals_before, NULL);
}

/*
 * COMMIT or SHADOW_COMMIT; 0 or an errno. The kernel commits while we send, and
 * a signal would end us before we have said that it is in force. So signals
 * wait, and where it is in force until the end: then it is too late for them.
 */
static int call_commit(struct nl *nl, struct nlmsghdr *nlh, struct commit *commit)
{
	sigset_t all;
	int rc;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &signals_before);
	rc = nl_call(nl, nlh, got_generation, commit);
	if (commit->answered)
		return 0;
	commit->unsure = rc && nl->err.unanswered;
	if (rc)
		nl_let_signals();
	return rc;
}

/* Nobody knows what became of COMMIT: says what is in force now */
static int unsure(struct nl *nl, const struct commit *commit, struct input *in)
{
	const char *why = strerror(nl->err.err);
	struct status status = { 0 };
	int rc;

	rc = nl_call(nl, nl_new(nl, BR_SG_CMD_STATUS_GET, 0), nl_got_status, &status);
	status_free(&status);
	if (rc)
		err_src(in, 0, NULL,
			"the kernel's answer to the change is lost (%s), and it does not say what is in force (%s): sgctl save does",
			why, strerror(rc));
	else if (commit->has_generation && status.generation == commit->generation)
		err_src(in, 0, NULL, "%s: nothing was changed, generation %ju is in force", why,
			(uintmax_t)status.generation);
	else
		err_src(in, 0, NULL,
			"the kernel's answer to the change is lost (%s): generation %ju is in force, sgctl save shows whether the change is in it",
			why, (uintmax_t)status.generation);
	return RC_REFUSED;
}

/* One transaction of all changes */
int nl_commit(struct nl *nl, const struct changes *changes, struct commit *commit,
	      struct input *in)
{
	struct sender s = { .nl = nl, .in = in, .changes = changes };
	struct nlmsghdr *nlh;
	size_t i;
	int rc;

	nlh = nl_new(nl, BR_SG_CMD_BEGIN, 0);
	if (commit->begin_flags)
		mnl_attr_put_u32(nlh, BR_SG_A_FLAGS, commit->begin_flags);
	if (commit->has_generation)
		mnl_attr_put_u64(nlh, BR_SG_A_GENERATION, commit->generation);
	rc = nl_call(nl, nlh, NULL, NULL);
	if (rc)
		return rc == ESTALE ? RC_STALE : refused(&s, NULL);
	for (i = 0; !rc && i < changes->n; i++)
		rc = put_change(&s, &changes->v[i]);
	if (!rc)
		rc = send_message(&s);
	if (!rc && commit->resume)
		rc = resume_put(nl, commit->resume);
	if (rc) {
		const struct nl_error err = nl->err;

		rc = refused(&s, s.nlh);
		vec_free(&s.marks);
		nl_call(nl, nl_new(nl, BR_SG_CMD_ABORT, 0), NULL, NULL);
		nl->err = err;
		return rc;
	}
	s.marks.n = 0;
	nlh = nl_new(nl, BR_SG_CMD_COMMIT, 0);
	if (commit->commit_flags)
		mnl_attr_put_u32(nlh, BR_SG_A_FLAGS, commit->commit_flags);
	rc = call_commit(nl, nlh, commit);
	if (commit->unsure)
		rc = commit->again ? RC_STALE : unsure(nl, commit, in);
	else if (rc)
		rc = rc == ESTALE ? RC_STALE : refused(&s, NULL);
	vec_free(&s.marks);
	return rc;
}

int nl_shadow_commit(struct nl *nl, struct input *in)
{
	struct commit commit = { 0 };
	int rc;

	rc = call_commit(nl, nl_new(nl, BR_SG_CMD_SHADOW_COMMIT, 0), &commit);
	if (commit.unsure) {
		/* where it is in force, there is no shadow any more */
		rc = call_commit(nl, nl_new(nl, BR_SG_CMD_SHADOW_COMMIT, 0), &commit);
		if (rc == ENOENT)
			return RC_OK;
	}
	if (rc == ENOENT)
		return nl_no_shadow(in);
	return rc ? nl_fail(nl, in, "shadow") : RC_OK;
}

int nl_shadow_drop(struct nl *nl, struct input *in)
{
	int rc;

	rc = nl_call(nl, nl_new(nl, BR_SG_CMD_SHADOW_DROP, 0), NULL, NULL);
	if (rc == ENOENT)
		return nl_no_shadow(in);
	if (rc == ENOBUFS) {
		/* it may be the acknowledgment alone that is lost */
		rc = nl_call(nl, nl_new(nl, BR_SG_CMD_SHADOW_DROP, 0), NULL, NULL);
		if (rc == ENOENT)
			return RC_OK;
	}
	return rc ? nl_fail(nl, in, "shadow") : RC_OK;
}
