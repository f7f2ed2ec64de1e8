// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages from text and back, see client.h. */
#include <arpa/inet.h>
#include <ctype.h>
#include <net/ethernet.h>
#include <netinet/ether.h>

#include "client.h"

enum form { U8, U16, U32, U64, STRING, FLAG, V4, V6, MAC, BYTES, NEST, PAD };

static const uint8_t form_len[] = {
	[U8] = 1, [U16] = 2, [U32] = 4, [U64] = 8, [V4] = 4, [V6] = 16,
	[MAC] = 6, [BYTES] = 16,
};

struct attr {
	const char *name;
	enum form form;
	const struct attr *nest;
};

static const struct attr addr_attrs[] = {
	[BR_SG_ADDR_A_IPV4] = { "ipv4", V4, NULL },
	[BR_SG_ADDR_A_IPV6] = { "ipv6", V6, NULL },
	[BR_SG_ADDR_A_LEN] = { "len", U8, NULL },
	[BR_SG_ADDR_A_MAC] = { "mac", MAC, NULL },
	[__BR_SG_ADDR_A_LAST] = { "", 0, NULL },
};

static const struct attr default_attrs[] = {
	[BR_SG_DEFAULT_A_PATTERN] = { "pattern", STRING, NULL },
	[BR_SG_DEFAULT_A_VERDICT] = { "verdict", U8, NULL },
	[BR_SG_DEFAULT_A_COOKIE] = { "cookie", U32, NULL },
	[__BR_SG_DEFAULT_A_LAST] = { "", 0, NULL },
};

static const struct attr set_attrs[] = {
	[BR_SG_SET_A_NAME] = { "name", STRING, NULL },
	[BR_SG_SET_A_COUNT] = { "count", U32, NULL },
	[BR_SG_SET_A_COOKIE] = { "cookie", U32, NULL },
	[__BR_SG_SET_A_LAST] = { "", 0, NULL },
};

static const struct attr group_attrs[] = {
	[BR_SG_GROUP_A_NAME] = { "name", STRING, NULL },
	[BR_SG_GROUP_A_STATELESS] = { "stateless", FLAG, NULL },
	[BR_SG_GROUP_A_RULES] = { "rules", U32, NULL },
	[BR_SG_GROUP_A_COUNT] = { "count", U32, NULL },
	[BR_SG_GROUP_A_COOKIE] = { "cookie", U32, NULL },
	[__BR_SG_GROUP_A_LAST] = { "", 0, NULL },
};

static const struct attr addrs_attrs[] = {
	[BR_SG_ADDRS_A_SET] = { "set", STRING, NULL },
	[BR_SG_ADDRS_A_GROUP] = { "group", STRING, NULL },
	[BR_SG_ADDRS_A_ADDR] = { "addr", NEST, addr_attrs },
	[BR_SG_ADDRS_A_COOKIE] = { "cookie", U32, NULL },
	[__BR_SG_ADDRS_A_LAST] = { "", 0, NULL },
};

static const struct attr rule_attrs[] = {
	[BR_SG_RULE_A_GROUP] = { "group", STRING, NULL },
	[BR_SG_RULE_A_ID] = { "id", U32, NULL },
	[BR_SG_RULE_A_DIRECTION] = { "direction", U8, NULL },
	[BR_SG_RULE_A_FAMILY] = { "family", U8, NULL },
	[BR_SG_RULE_A_PROTO] = { "proto", U8, NULL },
	[BR_SG_RULE_A_PORT_MIN] = { "min", U16, NULL },
	[BR_SG_RULE_A_PORT_MAX] = { "max", U16, NULL },
	[BR_SG_RULE_A_ICMP_TYPE] = { "type", U8, NULL },
	[BR_SG_RULE_A_ICMP_CODE] = { "code", U8, NULL },
	[BR_SG_RULE_A_REMOTE] = { "remote", NEST, addr_attrs },
	[BR_SG_RULE_A_REMOTE_GROUP] = { "remote_group", STRING, NULL },
	[BR_SG_RULE_A_REMOTE_SET] = { "remote_set", STRING, NULL },
	[BR_SG_RULE_A_COOKIE] = { "cookie", U32, NULL },
	[__BR_SG_RULE_A_LAST] = { "", 0, NULL },
};

static const struct attr port_attrs[] = {
	[BR_SG_PORT_A_DEV] = { "dev", STRING, NULL },
	[BR_SG_PORT_A_UUID] = { "uuid", BYTES, NULL },
	[BR_SG_PORT_A_MAC] = { "mac", MAC, NULL },
	[BR_SG_PORT_A_MODE] = { "mode", U8, NULL },
	[BR_SG_PORT_A_STRICT] = { "strict", FLAG, NULL },
	[BR_SG_PORT_A_ZONE] = { "zone", U16, NULL },
	[BR_SG_PORT_A_IP] = { "ip", NEST, addr_attrs },
	[BR_SG_PORT_A_PAIR] = { "pair", NEST, addr_attrs },
	[BR_SG_PORT_A_GROUP] = { "group", STRING, NULL },
	[BR_SG_PORT_A_DHCP_SERVER] = { "dhcp", NEST, addr_attrs },
	[BR_SG_PORT_A_ETHERTYPE] = { "ethertype", U16, NULL },
	[BR_SG_PORT_A_COOKIE] = { "cookie", U32, NULL },
	[BR_SG_PORT_A_STATE] = { "state", U8, NULL },
	[BR_SG_PORT_A_IFINDEX] = { "ifindex", U32, NULL },
	[BR_SG_PORT_A_BRIDGE] = { "bridge", STRING, NULL },
	[BR_SG_PORT_A_ZONE_USED] = { "zone_used", U16, NULL },
	[BR_SG_PORT_A_SERIAL] = { "serial", U32, NULL },
	[BR_SG_PORT_A_POLICY_VERSION] = { "policy_version", U16, NULL },
	[BR_SG_PORT_A_CT_LIMIT] = { "ct_limit", U32, NULL },
	[BR_SG_PORT_A_CT_LIMIT_USED] = { "ct_limit_used", U32, NULL },
	[BR_SG_PORT_A_CT_ENTRIES] = { "ct_entries", U32, NULL },
	[BR_SG_PORT_A_CAUSE] = { "cause", U8, NULL },
	[BR_SG_PORT_A_ANY_SOURCE] = { "any_source", FLAG, NULL },
	[__BR_SG_PORT_A_LAST] = { "", 0, NULL },
};

static const struct attr counter_attrs[] = {
	[BR_SG_COUNTER_A_DEV] = { "dev", STRING, NULL },
	[BR_SG_COUNTER_A_DIRECTION] = { "direction", U8, NULL },
	[BR_SG_COUNTER_A_STEP] = { "step", U8, NULL },
	[BR_SG_COUNTER_A_REASON] = { "reason", U8, NULL },
	[BR_SG_COUNTER_A_GROUP] = { "group", STRING, NULL },
	[BR_SG_COUNTER_A_ID] = { "id", U32, NULL },
	[BR_SG_COUNTER_A_PACKETS] = { "packets", U64, NULL },
	[BR_SG_COUNTER_A_BYTES] = { "bytes", U64, NULL },
	[BR_SG_COUNTER_A_PAD] = { "pad", PAD, NULL },
	[BR_SG_COUNTER_A_WOULD] = { "would", U8, NULL },
	[__BR_SG_COUNTER_A_LAST] = { "", 0, NULL },
};

static const struct attr status_attrs[] = {
	[BR_SG_STATUS_A_DEFAULTS] = { "defaults", U32, NULL },
	[BR_SG_STATUS_A_SETS] = { "sets", U32, NULL },
	[BR_SG_STATUS_A_GROUPS] = { "groups", U32, NULL },
	[BR_SG_STATUS_A_RULES] = { "rules", U32, NULL },
	[BR_SG_STATUS_A_PORTS] = { "ports", U32, NULL },
	[BR_SG_STATUS_A_PORTS_ACTIVE] = { "active", U32, NULL },
	[BR_SG_STATUS_A_UNCONFIGURED_PACKETS] = { "packets", U64, NULL },
	[BR_SG_STATUS_A_UNCONFIGURED_BYTES] = { "bytes", U64, NULL },
	[BR_SG_STATUS_A_PAD] = { "pad", PAD, NULL },
	[BR_SG_STATUS_A_BYTES] = { "memory", U64, NULL },
	[BR_SG_STATUS_A_BYTES_MAX] = { "budget", U64, NULL },
	[BR_SG_STATUS_A_VECTOR_BYTES] = { "vectors", U64, NULL },
	[BR_SG_STATUS_A_SHADOW] = { "shadow", U64, NULL },
	[BR_SG_STATUS_A_SHADOW_BASE] = { "base", U64, NULL },
	[BR_SG_STATUS_A_SHADOW_BYTES] = { "shadow_memory", U64, NULL },
	[BR_SG_STATUS_A_ZONES] = { "zones", U32, NULL },
	[BR_SG_STATUS_A_FEATURE] = { "", U16, NULL },
	[BR_SG_STATUS_A_ERRATUM] = { "", U16, NULL },
	[__BR_SG_STATUS_A_LAST] = { "", 0, NULL },
};

static const struct attr zone_attrs[] = {
	[BR_SG_ZONE_A_BRIDGE] = { "bridge", STRING, NULL },
	[BR_SG_ZONE_A_ID] = { "id", U16, NULL },
	[BR_SG_ZONE_A_PORTS] = { "ports", U32, NULL },
	[__BR_SG_ZONE_A_LAST] = { "", 0, NULL },
};

static const struct attr tuple_attrs[] = {
	[BR_SG_TUPLE_A_SRC] = { "src", NEST, addr_attrs },
	[BR_SG_TUPLE_A_DST] = { "dst", NEST, addr_attrs },
	[BR_SG_TUPLE_A_SPORT] = { "sport", U16, NULL },
	[BR_SG_TUPLE_A_DPORT] = { "dport", U16, NULL },
	[BR_SG_TUPLE_A_ICMP_TYPE] = { "type", U8, NULL },
	[BR_SG_TUPLE_A_ICMP_CODE] = { "code", U8, NULL },
	[BR_SG_TUPLE_A_ICMP_ID] = { "icmp_id", U16, NULL },
	[__BR_SG_TUPLE_A_LAST] = { "", 0, NULL },
};

static const struct attr end_attrs[] = {
	[BR_SG_END_A_DEV] = { "dev", STRING, NULL },
	[BR_SG_END_A_DIRECTION] = { "direction", U8, NULL },
	[BR_SG_END_A_REVOKED] = { "revoked", FLAG, NULL },
	[BR_SG_END_A_AGAIN] = { "again", FLAG, NULL },
	[BR_SG_END_A_VERSION] = { "version", U16, NULL },
	[BR_SG_END_A_GROUP] = { "group", STRING, NULL },
	[BR_SG_END_A_ID] = { "id", U32, NULL },
	[__BR_SG_END_A_LAST] = { "", 0, NULL },
};

static const struct attr flow_attrs[] = {
	[BR_SG_FLOW_A_ZONE] = { "zone", U16, NULL },
	[BR_SG_FLOW_A_PROTO] = { "proto", U8, NULL },
	[BR_SG_FLOW_A_ORIGINAL] = { "original", NEST, tuple_attrs },
	[BR_SG_FLOW_A_REPLY] = { "reply", NEST, tuple_attrs },
	[BR_SG_FLOW_A_TCP_STATE] = { "tcp_state", U8, NULL },
	[BR_SG_FLOW_A_TIMEOUT] = { "timeout", U32, NULL },
	[BR_SG_FLOW_A_SEEN_REPLY] = { "seen_reply", FLAG, NULL },
	[BR_SG_FLOW_A_ASSURED] = { "assured", FLAG, NULL },
	[BR_SG_FLOW_A_END] = { "end", NEST, end_attrs },
	[__BR_SG_FLOW_A_LAST] = { "", 0, NULL },
};

static const struct attr top_attrs[] = {
	[BR_SG_A_GENERATION] = { "generation", U64, NULL },
	[BR_SG_A_FLAGS] = { "flags", U32, NULL },
	[BR_SG_A_OP] = { "op", U8, NULL },
	[BR_SG_A_DEFAULT] = { "default", NEST, default_attrs },
	[BR_SG_A_SET] = { "set", NEST, set_attrs },
	[BR_SG_A_GROUP] = { "group", NEST, group_attrs },
	[BR_SG_A_ADDRS] = { "addrs", NEST, addrs_attrs },
	[BR_SG_A_RULE] = { "rule", NEST, rule_attrs },
	[BR_SG_A_PORT] = { "port", NEST, port_attrs },
	[BR_SG_A_COUNTER] = { "counter", NEST, counter_attrs },
	[BR_SG_A_VERSION] = { "version", STRING, NULL },
	[BR_SG_A_STATUS] = { "status", NEST, status_attrs },
	[BR_SG_A_ZONE] = { "zone", NEST, zone_attrs },
	[BR_SG_A_PAD] = { "pad", PAD, NULL },
	[BR_SG_A_FLOW] = { "flow", NEST, flow_attrs },
	[__BR_SG_A_LAST] = { "", 0, NULL },
};

static const char *const commands[BR_SG_CMD_MAX + 1] = {
	[BR_SG_CMD_STATUS_GET] = "STATUS_GET",
	[BR_SG_CMD_BEGIN] = "BEGIN",
	[BR_SG_CMD_COMMIT] = "COMMIT",
	[BR_SG_CMD_ABORT] = "ABORT",
	[BR_SG_CMD_FLUSH] = "FLUSH",
	[BR_SG_CMD_DEFAULT_NEW] = "DEFAULT_NEW",
	[BR_SG_CMD_DEFAULT_DEL] = "DEFAULT_DEL",
	[BR_SG_CMD_DEFAULT_GET] = "DEFAULT_GET",
	[BR_SG_CMD_SET_NEW] = "SET_NEW",
	[BR_SG_CMD_SET_DEL] = "SET_DEL",
	[BR_SG_CMD_SET_GET] = "SET_GET",
	[BR_SG_CMD_GROUP_NEW] = "GROUP_NEW",
	[BR_SG_CMD_GROUP_DEL] = "GROUP_DEL",
	[BR_SG_CMD_GROUP_GET] = "GROUP_GET",
	[BR_SG_CMD_ADDRS_NEW] = "ADDRS_NEW",
	[BR_SG_CMD_ADDRS_DEL] = "ADDRS_DEL",
	[BR_SG_CMD_ADDRS_GET] = "ADDRS_GET",
	[BR_SG_CMD_RULE_NEW] = "RULE_NEW",
	[BR_SG_CMD_RULE_DEL] = "RULE_DEL",
	[BR_SG_CMD_RULE_GET] = "RULE_GET",
	[BR_SG_CMD_PORT_NEW] = "PORT_NEW",
	[BR_SG_CMD_PORT_DEL] = "PORT_DEL",
	[BR_SG_CMD_PORT_GET] = "PORT_GET",
	[BR_SG_CMD_COUNTER_GET] = "COUNTER_GET",
	[BR_SG_CMD_CONFIG_NTF] = "CONFIG_NTF",
	[BR_SG_CMD_EVENT_NTF] = "EVENT_NTF",
	[BR_SG_CMD_SHADOW_COMMIT] = "SHADOW_COMMIT",
	[BR_SG_CMD_SHADOW_DROP] = "SHADOW_DROP",
	[BR_SG_CMD_FLOW_GET] = "FLOW_GET",
};

const char *command_name(int cmd)
{
	return commands[cmd];
}

/* the test's text is wrong */
static _Noreturn void wrong(const char *what, const char *at)
{
	printf("Bail out! client: %s at \"%s\"\n", what, at);
	exit(1);
}

struct message message_new(size_t size)
{
	struct message m = { .nl = nlmsg_alloc_size(size) };

	if (!m.nl)
		wrong("out of memory", "");
	return m;
}

void message_free(struct message *m)
{
	nlmsg_free(m->nl);
	m->nl = NULL;
}

void message_head(struct message *m, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh;
	struct genlmsghdr *genl;

	nlh = nlmsg_put(m->nl, NL_AUTO_PORT, NL_AUTO_SEQ, client_family,
			sizeof(*genl), NLM_F_REQUEST | NLM_F_ACK | flags);
	genl = nlmsg_data(nlh);
	genl->cmd = cmd;
	genl->version = BR_SG_GENL_VERSION;
	genl->reserved = 0;
}

static int find(const struct attr *attrs, const char *name, size_t len)
{
	int type;

	for (type = 1; !attrs[type].name || *attrs[type].name; type++)
		if (attrs[type].name && strlen(attrs[type].name) == len &&
		    !memcmp(attrs[type].name, name, len))
			return type;
	return 0;
}

static size_t hex(uint8_t *to, size_t max, const char **at)
{
	const char *p = *at;
	unsigned int byte;
	size_t n = 0;

	for (; isxdigit(p[0]) && isxdigit(p[1]); p += 2) {
		if (n == max || sscanf(p, "%2x", &byte) != 1)
			wrong("bytes", *at);
		to[n++] = byte;
	}
	*at = p;
	return n;
}

static void put(struct message *m, int type, const void *data, size_t len)
{
	if (nla_put(m->nl, type, len, data))
		wrong("a message that is too long", data);
}

static uint32_t nest_begin(struct message *m, int type)
{
	uint32_t offset = NLMSG_ALIGN(nlmsg_hdr(m->nl)->nlmsg_len);

	put(m, type, NULL, 0);
	return offset;
}

static void nest_end(struct message *m, uint32_t offset)
{
	struct nlmsghdr *nlh = nlmsg_hdr(m->nl);
	struct nlattr *nest = (struct nlattr *)((char *)nlh + offset);

	nest->nla_len = nlh->nlmsg_len - offset;
}

/* up to the next blank or brace, bytes from \XX */
static size_t word(char *to, size_t max, const char **at)
{
	const char *p = *at;
	unsigned int byte;
	size_t n = 0;

	while (*p && *p != ' ' && *p != '}') {
		if (n + 1 >= max)
			wrong("too much", *at);
		if (*p == '\\' && sscanf(p + 1, "%2x", &byte) == 1) {
			to[n++] = byte;
			p += 3;
		} else {
			to[n++] = *p++;
		}
	}
	to[n] = 0;
	*at = p;
	return n;
}

/* ADDRESS[/LENGTH][@MAC] */
static void put_address(struct message *m, char *text)
{
	char *mac = strchr(text, '@'), *len;
	uint8_t bytes[16], bits;

	if (mac)
		*mac++ = 0;
	len = strchr(text, '/');
	if (len)
		*len++ = 0;
	if (inet_pton(AF_INET, text, bytes) == 1)
		put(m, BR_SG_ADDR_A_IPV4, bytes, 4);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		put(m, BR_SG_ADDR_A_IPV6, bytes, 16);
	else
		wrong("an address", text);
	if (len) {
		bits = atoi(len);
		put(m, BR_SG_ADDR_A_LEN, &bits, 1);
	}
	if (mac)
		put(m, BR_SG_ADDR_A_MAC, ether_aton(mac), 6);
}

static void put_value(struct message *m, int type, const struct attr *attr,
		      const char **at)
{
	const char *start = *at, *p = *at;
	uint8_t bytes[32];
	uint64_t number;
	char text[1200];
	uint32_t nest;
	size_t len;

	len = word(text, sizeof(text), at);
	switch (attr->form) {
	case U8:
	case U16:
	case U32:
	case U64:
		number = strtoull(text, NULL, 0);
		/* little end first, which is what the tests run on */
		put(m, type, &number, form_len[attr->form]);
		break;
	case STRING:
		put(m, type, text, len + 1);
		break;
	case V4:
		if (inet_pton(AF_INET, text, bytes) != 1)
			wrong("IPv4", start);
		put(m, type, bytes, 4);
		break;
	case V6:
		if (inet_pton(AF_INET6, text, bytes) != 1)
			wrong("IPv6", start);
		put(m, type, bytes, 16);
		break;
	case MAC:
		if (!ether_aton(text))
			wrong("MAC", start);
		put(m, type, ether_aton(text), 6);
		break;
	case BYTES:
		put(m, type, bytes, hex(bytes, sizeof(bytes), &p));
		break;
	case NEST:
		if (attr->nest != addr_attrs)
			wrong("no nest of an address", start);
		nest = nest_begin(m, type);
		put_address(m, text);
		nest_end(m, nest);
		break;
	default:
		wrong("no value goes here", start);
	}
}

static void put_attrs(struct message *m, const struct attr *attrs,
		      uint32_t nest, const char **at);

static void put_attr(struct message *m, const struct attr *attrs,
		     const char **at)
{
	static const struct attr unknown = { "", BYTES, NULL };
	const struct attr *attr = &unknown;
	uint8_t bytes[1100];
	const char *p = *at;
	uint32_t nest;
	int type;

	if (isdigit(*p)) {
		type = strtol(p, (char **)&p, 0);
	} else {
		while (islower(*p) || isdigit(*p) || *p == '_')
			p++;
		type = find(attrs, *at, p - *at);
		if (!type)
			wrong("no such attribute", *at);
		attr = &attrs[type];
		if (attr->form == NEST)
			type |= NLA_F_NESTED;
	}
	if (*p == '~') {
		type ^= NLA_F_NESTED;
		p++;
	}
	switch (*p) {
	case ':':
		p++;
		put_value(m, type, attr, &p);
		break;
	case '=':
		p++;
		put(m, type, bytes, hex(bytes, sizeof(bytes), &p));
		break;
	case '{':
		p++;
		if (!attr->nest)
			wrong("no nest", *at);
		nest = nest_begin(m, type);
		put_attrs(m, attr->nest, nest, &p);
		nest_end(m, nest);
		if (*p++ != '}')
			wrong("a nest without end", *at);
		break;
	default:
		put(m, type, NULL, 0);
	}
	*at = p;
}

static void put_attrs(struct message *m, const struct attr *attrs,
		      uint32_t nest, const char **at)
{
	const char *p = *at;
	uint8_t bytes[64];
	size_t n;

	for (;;) {
		while (*p == ' ')
			p++;
		if (!*p || *p == '}')
			break;
		if (*p == '?') {
			n = strcspn(p + 1, " }");
			m->miss = find(attrs, p + 1, n);
			m->miss_nest = nest;
			m->blame = nest;
			p += 1 + n;
		} else if (*p == '+') {
			p++;
			n = hex(bytes, sizeof(bytes), &p);
			if (nlmsg_append(m->nl, bytes, n, 0))
				wrong("a message that is too long", p);
		} else {
			if (*p == '!') {
				p++;
				m->blame = NLMSG_ALIGN(nlmsg_hdr(m->nl)->nlmsg_len);
			}
			put_attr(m, attrs, &p);
		}
	}
	*at = p;
}

struct message message_text(const char *text)
{
	struct message m = message_new(4096 + 2 * strlen(text));
	unsigned int flags = 0, reserved = 0;
	struct genlmsghdr *genl;
	const char *p = text;
	int cmd;

	if (isdigit(*p)) {
		cmd = strtol(p, (char **)&p, 0);
	} else {
		while (isupper(*p) || *p == '_')
			p++;
		for (cmd = 1; cmd <= BR_SG_CMD_MAX; cmd++)
			if (strlen(commands[cmd]) == (size_t)(p - text) &&
			    !memcmp(commands[cmd], text, p - text))
				break;
		if (cmd > BR_SG_CMD_MAX)
			wrong("no such command", text);
	}
	if (*p == '*') {
		flags = NLM_F_DUMP;
		p++;
	}
	if (*p == '|')
		flags |= strtol(p + 1, (char **)&p, 0);
	if (*p == '%')
		reserved = strtol(p + 1, (char **)&p, 0);

	message_head(&m, cmd, flags);
	genl = nlmsg_data(nlmsg_hdr(m.nl));
	genl->reserved = reserved;
	put_attrs(&m, top_attrs, 0, &p);
	if (*p)
		wrong("an end without nest", p);
	return m;
}

static void show_address(FILE *to, const struct nlattr *nest, bool *bad)
{
	struct nlattr *tb[BR_SG_ADDR_A_MAX + 1];
	char text[INET6_ADDRSTRLEN];
	const struct nlattr *v4, *v6;

	if (nla_parse_nested(tb, BR_SG_ADDR_A_MAX, (struct nlattr *)nest,
			     NULL)) {
		*bad = true;
		return;
	}
	v4 = tb[BR_SG_ADDR_A_IPV4];
	v6 = tb[BR_SG_ADDR_A_IPV6];
	if (!v4 == !v6 || (v4 && nla_len(v4) != 4) ||
	    (v6 && nla_len(v6) != 16)) {
		*bad = true;
		return;
	}
	inet_ntop(v4 ? AF_INET : AF_INET6, nla_data(v4 ? v4 : v6), text,
		  sizeof(text));
	fputs(text, to);
	if (tb[BR_SG_ADDR_A_LEN])
		fprintf(to, "/%u", nla_get_u8(tb[BR_SG_ADDR_A_LEN]));
	if (tb[BR_SG_ADDR_A_MAC])
		fprintf(to, "@%s", ether_ntoa(nla_data(tb[BR_SG_ADDR_A_MAC])));
}

static void show_attrs(FILE *to, const struct attr *attrs,
		       const struct nlattr *head, int len, bool *bad);

static void show_value(FILE *to, const struct attr *attr,
		       const struct nlattr *at, bool *bad)
{
	const uint8_t *data = nla_data(at);
	uint64_t number = 0;
	int len = nla_len(at);
	bool nest = attr->form == NEST;
	int i;

	if ((form_len[attr->form] && len != form_len[attr->form]) ||
	    !(at->nla_type & NLA_F_NESTED) != !nest) {
		*bad = true;
		return;
	}
	switch (attr->form) {
	case U8:
	case U16:
	case U32:
	case U64:
		memcpy(&number, data, len);
		fprintf(to, ":%llu", (unsigned long long)number);
		break;
	case STRING:
		if (!len || strnlen((char *)data, len) + 1 != (size_t)len)
			*bad = true;
		else
			fprintf(to, ":%s", data);
		break;
	case MAC:
		fprintf(to, ":%s", ether_ntoa((struct ether_addr *)data));
		break;
	case BYTES:
		fputc(':', to);
		for (i = 0; i < len; i++)
			fprintf(to, "%02x", data[i]);
		break;
	case NEST:
		if (attr->nest == addr_attrs) {
			fputc(':', to);
			show_address(to, at, bad);
			break;
		}
		fputc('{', to);
		show_attrs(to, attr->nest, at, 0, bad);
		fputc('}', to);
		break;
	case FLAG:
		if (len)
			*bad = true;
		break;
	default:
		*bad = true;
	}
}

/* of a message, or of the nest @head when @len is 0 */
static void show_attrs(FILE *to, const struct attr *attrs,
		       const struct nlattr *head, int len, bool *bad)
{
	struct nlattr *at = (struct nlattr *)head;
	const char *blank = "";
	int rem = len;
	int type, max;

	/* the last has a name that is empty, and so has what is not shown */
	for (max = 1; !attrs[max].name || *attrs[max].name || attrs[max].form; max++)
		;
	if (!len) {
		at = nla_data(head);
		rem = nla_len(head);
	}
	for (; nla_ok(at, rem); at = nla_next(at, &rem)) {
		type = nla_type(at);
		if (type >= max || !type || !attrs[type].name) {
			*bad = true;
			continue;
		}
		if (attrs[type].form == PAD ||
		    (attrs == top_attrs && type == BR_SG_A_GENERATION))
			continue;
		if (!*attrs[type].name) {
			if (nla_len(at) != form_len[attrs[type].form])
				*bad = true;
			continue;
		}
		fprintf(to, "%s%s", blank, attrs[type].name);
		show_value(to, &attrs[type], at, bad);
		blank = " ";
	}
	if (rem)
		*bad = true;
}

void message_show(FILE *to, const struct nlmsghdr *nlh, bool *bad)
{
	int len = nlmsg_datalen(nlh) - GENL_HDRLEN;

	if (len > 0)
		show_attrs(to, top_attrs,
			   (struct nlattr *)((char *)nlmsg_data(nlh) +
					     GENL_HDRLEN), len, bad);
}
