// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The grammar: words of a line to a changing command
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/parse.h"

struct parser {
	struct input *in;
	struct arena *arena;
	enum words_of words;
	struct cmd *cmd;
};

void cmd_free(struct cmd *cmd)
{
	vec_free(&cmd->addrs);
	port_free(&cmd->port);
}

int unknown_word(struct input *in, size_t word, const char *what,
		 const char *const *allowed)
{
	const char *s = word < in->words.n ? in->words.v[word].s : NULL;
	const char *near = s ? suggest(s, allowed) : NULL;
	char list[256] = "";
	size_t n = 0;

	for (; *allowed && n < sizeof(list) - 1; allowed++)
		n += snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", *allowed);
	if (!s)
		return err_word(in, word, "%s is missing: one of %s", what, list);
	return err_word(in, word, "%s \"%.80s\" is unknown%s%s%s: one of %s", what, s,
			near ? " (did you mean \"" : "", near ? near : "",
			near ? "\"?)" : "", list);
}

int no_more_words(struct input *in)
{
	if (!peek(in))
		return RC_OK;
	return err_word(in, in->at, "\"%.80s\" is one word too many: the command ends before it",
			peek(in));
}

/* msg about the word before in->at */
static int bad_value(struct input *in, const struct msg *msg)
{
	return err_word(in, in->at - 1, "%s", msg->text);
}

/* msg about the whole command: the word behind the keyword that it names */
static int bad_object(struct input *in, const struct msg *msg)
{
	return err_word(in, msg->key ? find_value(in, msg->key) : 0, "%s", msg->text);
}

static const char *value_of(struct input *in, const char *key, const char *what)
{
	if (!peek(in))
		err_word(in, in->at, "%s needs a value: %s", key, what);
	return take(in);
}

static int take_name(struct parser *p, const char *what, const char **name)
{
	const char *s = take(p->in);
	struct msg msg;

	if (!s)
		return err_word(p->in, p->in->at, "the name of the %s is missing", what);
	if (!check_name(what, s, &msg))
		return bad_value(p->in, &msg);
	*name = arena_strdup(p->arena, s);
	return RC_OK;
}

static int parse_addrs(struct parser *p, bool required)
{
	struct cmd *cmd = p->cmd;
	struct addr a;
	struct msg msg;
	const char *s;

	if (required && !peek(p->in))
		return err_word(p->in, p->in->at,
				"an address is missing: ADDRESS or ADDRESS/LEN, one or more");
	while ((s = take(p->in))) {
		if (!read_addr(s, &a, &msg))
			return bad_value(p->in, &msg);
		if (!cmd->of_set && !a.len)
			return err_word(p->in, p->in->at - 1,
					"\"%.80s\" can't be a member: a prefix /0 would let everybody in",
					s);
		items_add(&cmd->addrs, &a, cmd->src);
	}
	return RC_OK;
}

static int parse_default(struct parser *p, bool verdict)
{
	static const char *const verdicts[] = { "drop", "accept", NULL };
	struct input *in = p->in;
	struct msg msg;
	const char *s;

	if (verdict) {
		if (take_if(in, "drop"))
			p->cmd->verdict = BR_SG_DEFAULT_DROP;
		else if (take_if(in, "accept"))
			p->cmd->verdict = BR_SG_DEFAULT_ACCEPT;
		else
			return unknown_word(in, in->at, "verdict", verdicts);
	}
	s = take(in);
	if (!s)
		return err_word(in, in->at,
				"the pattern is missing: a device name, in which * stands for any characters and ? for one");
	/* what was taken before it was refused can be taken out */
	if (p->cmd->act == ACT_DEL ? !check_pattern_name(s, &msg) : !check_pattern(s, &msg))
		return bad_value(in, &msg);
	p->cmd->name = arena_strdup(p->arena, s);
	return RC_OK;
}

static int parse_set(struct parser *p)
{
	int rc = take_name(p, "set", &p->cmd->name);

	p->cmd->of_set = true;
	if (rc || (p->cmd->obj == OBJ_SET && p->cmd->act == ACT_DEL))
		return rc;
	return parse_addrs(p, p->cmd->obj == OBJ_ADDRS);
}

static int parse_group(struct parser *p)
{
	static const char *const words[] = { "stateless", NULL };
	static const char *const set_words[] = { "stateless", "stateful", NULL };
	int rc = take_name(p, "group", &p->cmd->name);

	if (rc || p->cmd->act == ACT_DEL)
		return rc;
	if (p->cmd->act == ACT_SET) {
		if (!peek(p->in) || (strcmp(peek(p->in), "stateless") &&
				     strcmp(peek(p->in), "stateful")))
			return unknown_word(p->in, p->in->at, "word", set_words);
		p->cmd->stateless = !strcmp(take(p->in), "stateless");
		return RC_OK;
	}
	if (take_if(p->in, "stateless"))
		p->cmd->stateless = true;
	else if (peek(p->in) && !strcmp(peek(p->in), "stateful"))
		return err_word(p->in, p->in->at,
				"\"stateful\" is no word here: a group is stateful unless it is \"stateless\"");
	else if (peek(p->in))
		return unknown_word(p->in, p->in->at, "word", words);
	return RC_OK;
}

static int parse_member(struct parser *p)
{
	int rc = take_name(p, "group", &p->cmd->name);

	return rc ? rc : parse_addrs(p, true);
}

/* A keyword is given once; those that repeat don't ask */
static int once(struct parser *p, uint32_t field)
{
	if (p->cmd->given & field)
		return err_word(p->in, p->in->at - 1,
				"\"%s\" comes behind another word for the same: one is allowed",
				p->in->words.v[p->in->at - 1].s);
	p->cmd->given |= field;
	return RC_OK;
}

static int parse_remote(struct parser *p, struct rule *rule)
{
	const char *s = value_of(p->in, "remote", "ADDRESS[/LEN], group GROUP or set SET");
	struct msg msg;

	if (!s)
		return RC_USAGE;
	if (!strcmp(s, "group")) {
		rule->remote = REMOTE_GROUP;
		return take_name(p, "group", &rule->remote_name);
	}
	if (!strcmp(s, "set")) {
		rule->remote = REMOTE_SET;
		return take_name(p, "set", &rule->remote_name);
	}
	rule->remote = REMOTE_PREFIX;
	if (!read_addr(s, &rule->prefix, &msg))
		return err_word(p->in, p->in->at - 1, "remote %s", msg.text);
	return RC_OK;
}

static const char *const rule_words[] = {
	"ipv4", "ipv6", "proto", "dport", "icmp", "remote", "id", NULL
};

static const char *const rule_set_words[] = {
	"ingress", "egress", "ipv4", "ipv6", "proto", "dport", "icmp", "remote",
	"no", NULL
};

/* What is wanted is mostly the answers of a server: they need no rule */
static int source_port(struct parser *p)
{
	bool egress = p->cmd->rule.direction == BR_SG_EGRESS;
	const char *port = peek(p->in) ? peek(p->in) : "N";

	return err_word(p->in, p->in->at - 1,
			"\"%s\": a rule cannot match the source port, \"dport\" is the port of the end that is sent to: of ingress the VM's, of egress the remote's; answers need no rule of their own: for what comes %s port %.20s allow what asks for it, \"%s ... dport %.20s\" (in a stateless group answers need a rule without a port)",
			p->in->words.v[p->in->at - 1].s,
			egress ? "from the VM's" : "from the remote's", port,
			egress ? "ingress" : "egress", port);
}

static int parse_rule_unset(struct parser *p)
{
	static const struct {
		const char *word;
		uint32_t field;
	} fields[] = {
		{ "family", F_FAMILY }, { "proto", F_PROTO }, { "dport", F_DPORT },
		{ "icmp", F_ICMP }, { "remote", F_REMOTE },
	};
	static const char *const words[] = {
		"family", "proto", "dport", "icmp", "remote", NULL
	};
	const char *s = take(p->in);
	size_t i;

	for (i = 0; s && i < ARRAY_SIZE(fields); i++)
		if (!strcmp(s, fields[i].word)) {
			p->cmd->unset |= fields[i].field;
			return once(p, fields[i].field);
		}
	if (s && is_source_port(s))
		return source_port(p);
	return unknown_word(p->in, p->in->at - (s ? 1 : 0), "field", words);
}

static int parse_rule_word(struct parser *p, struct rule *rule)
{
	bool set = p->cmd->act == ACT_SET;
	struct input *in = p->in;
	const char *s = take(in), *value;
	struct msg msg;
	uint32_t id;

	if (!strcmp(s, "ipv4") || !strcmp(s, "ipv6")) {
		rule->family = s[3] == '4' ? AF_INET : AF_INET6;
		return once(p, F_FAMILY);
	}
	if (!strcmp(s, "proto")) {
		if (once(p, F_PROTO))
			return RC_USAGE;
		value = value_of(in, s, "0 to 255 or a name like tcp");
		if (value && !read_proto(value, &rule->proto, &msg))
			return bad_value(in, &msg);
		return value ? RC_OK : RC_USAGE;
	}
	if (!strcmp(s, "dport")) {
		if (once(p, F_DPORT))
			return RC_USAGE;
		value = value_of(in, s, "N or N-M from 0 to 65535");
		rule->has_ports = true;
		if (value && !read_dport(value, &rule->port_min, &rule->port_max, &msg))
			return bad_value(in, &msg);
		return value ? RC_OK : RC_USAGE;
	}
	if (!strcmp(s, "icmp")) {
		if (once(p, F_ICMP))
			return RC_USAGE;
		value = value_of(in, s, "TYPE or TYPE/CODE, each from 0 to 255");
		if (value && !read_icmp(value, &rule->icmp_type, &rule->icmp_code, &msg))
			return bad_value(in, &msg);
		return value ? RC_OK : RC_USAGE;
	}
	if (!strcmp(s, "remote"))
		return once(p, F_REMOTE) ? RC_USAGE : parse_remote(p, rule);
	if (!strcmp(s, "id") && !set) {
		if (once(p, F_ID))
			return RC_USAGE;
		value = value_of(in, s, "1 to 2147483647");
		if (value && !read_uint("id", value, 1, 0x7fffffff, &id, &msg))
			return bad_value(in, &msg);
		rule->id = value ? id : 0;
		return value ? RC_OK : RC_USAGE;
	}
	if (set && (!strcmp(s, "ingress") || !strcmp(s, "egress"))) {
		rule->direction = *s == 'e' ? BR_SG_EGRESS : BR_SG_INGRESS;
		return once(p, F_DIRECTION);
	}
	if (set && !strcmp(s, "no"))
		return parse_rule_unset(p);
	if (is_source_port(s))
		return source_port(p);
	return unknown_word(in, in->at - 1, "word", set ? rule_set_words : rule_words);
}

static int parse_rule_id(struct parser *p, bool required)
{
	static const char *const words[] = { "id", NULL };
	const char *value;
	struct msg msg;

	if (!take_if(p->in, "id"))
		return required ? unknown_word(p->in, p->in->at, "word", words) : RC_OK;
	value = value_of(p->in, "id", "1 to 2147483647");
	if (value && !read_uint("id", value, 1, 0x7fffffff, &p->cmd->rule.id, &msg))
		return bad_value(p->in, &msg);
	p->cmd->given |= F_ID;
	return value ? RC_OK : RC_USAGE;
}

static int parse_rule(struct parser *p)
{
	static const char *const directions[] = { "ingress", "egress", NULL };
	struct rule *rule = &p->cmd->rule;
	struct input *in = p->in;
	struct msg msg;
	int rc;

	rule_init(rule);
	rule->src = p->cmd->src;
	rc = take_name(p, "group", &p->cmd->name);
	if (rc)
		return rc;
	if (p->cmd->act == ACT_SET || p->cmd->act == ACT_DEL) {
		rc = parse_rule_id(p, p->cmd->act == ACT_SET);
		if (rc || (p->cmd->act == ACT_DEL && rule->id))
			return rc;
	}
	if (p->cmd->act != ACT_SET) {
		if (take_if(in, "ingress"))
			rule->direction = BR_SG_INGRESS;
		else if (take_if(in, "egress"))
			rule->direction = BR_SG_EGRESS;
		else
			return unknown_word(in, in->at, "direction", directions);
	} else if (!peek(in)) {
		return unknown_word(in, in->at, "word", rule_set_words);
	}
	while (peek(in)) {
		rc = parse_rule_word(p, rule);
		if (rc)
			return rc;
	}
	if (p->cmd->act == ACT_REPLACE && !rule->id)
		return err_word(in, in->at, "\"id\" is missing: it says which rule to replace");
	if (p->cmd->act != ACT_SET && !rule_check(rule, &msg))
		return bad_object(in, &msg);
	return RC_OK;
}

static const char *const port_words[] = {
	"uuid", "mac", "ip", "pair", "group", "dhcp-server", "ethertype", "zone",
	"ct-limit", "any-source", "strict", "off", "trusted", NULL
};

static const char *const port_set_words[] = {
	"uuid", "mac", "ip", "pair", "group", "dhcp-server", "ethertype", "zone",
	"ct-limit", "any-source", "strict", "filter", "off", "trusted", "no", NULL
};

static int parse_port_unset(struct parser *p)
{
	static const struct {
		const char *word;
		uint32_t field;
	} fields[] = {
		{ "uuid", F_UUID }, { "mac", F_MAC }, { "ip", F_IP }, { "pair", F_PAIR },
		{ "group", F_GROUP }, { "dhcp-server", F_DHCP },
		{ "ethertype", F_ETHERTYPE }, { "zone", F_ZONE }, { "ct-limit", F_CT_LIMIT },
		{ "any-source", F_ANY_SOURCE }, { "strict", F_STRICT },
	};
	static const char *const words[] = {
		"uuid", "mac", "ip", "pair", "group", "dhcp-server", "ethertype",
		"zone", "ct-limit", "any-source", "strict", NULL
	};
	const char *s = take(p->in);
	size_t i;

	for (i = 0; s && i < ARRAY_SIZE(fields); i++)
		if (!strcmp(s, fields[i].word)) {
			p->cmd->unset |= fields[i].field;
			return once(p, fields[i].field);
		}
	return unknown_word(p->in, p->in->at - (s ? 1 : 0), "field", words);
}

static int too_many(struct parser *p, size_t n, size_t max, const char *what)
{
	if (n < max)
		return RC_OK;
	return err_word(p->in, p->in->at - 1, "one %s too many: a port has at most %zu",
			what, max);
}

static int parse_port_addr(struct parser *p, const char *key, bool dhcp)
{
	const char *s = value_of(p->in, key, "an address");
	struct port *port = &p->cmd->port;
	struct addr a;
	struct msg msg;
	size_t i;

	if (!s)
		return RC_USAGE;
	if (!read_host(s, key, &a, &msg))
		return bad_value(p->in, &msg);
	if (dhcp) {
		for (i = 0; i < port->dhcp.n; i++)
			if (!addr_cmp(&port->dhcp.v[i], &a))
				return err_word(p->in, p->in->at - 1,
						"%s %s is given twice", key, s);
		if (too_many(p, port->dhcp.n, BR_SG_MAX_PORT_DHCP, key))
			return RC_USAGE;
		*vec_push(&port->dhcp) = a;
	} else {
		for (i = 0; i < port->ips.n; i++)
			if (!addr_cmp(&port->ips.v[i], &a))
				return err_word(p->in, p->in->at - 1,
						"%s %s is given twice", key, s);
		if (too_many(p, port->ips.n, BR_SG_MAX_PORT_IPS, key))
			return RC_USAGE;
		*vec_push(&port->ips) = a;
	}
	return RC_OK;
}

static int parse_pair(struct parser *p)
{
	const char *s = value_of(p->in, "pair", "ADDRESS or ADDRESS/LEN");
	struct port *port = &p->cmd->port;
	struct pair pair = { 0 };
	struct msg msg;
	size_t i, word = p->in->at - 1;

	if (!s)
		return RC_USAGE;
	if (!read_addr(s, &pair.a, &msg))
		return err_word(p->in, word, "pair %s", msg.text);
	if (take_if(p->in, "mac")) {
		const char *mac = value_of(p->in, "mac", "a MAC");

		if (!mac)
			return RC_USAGE;
		if (!read_mac(mac, pair.mac, &msg))
			return bad_value(p->in, &msg);
		pair.has_mac = true;
	}
	for (i = 0; i < port->pairs.n; i++)
		if (!addr_cmp(&port->pairs.v[i].a, &pair.a) &&
		    port->pairs.v[i].has_mac == pair.has_mac &&
		    !memcmp(port->pairs.v[i].mac, pair.mac, 6))
			return err_word(p->in, word, "pair %s is given twice", s);
	if (too_many(p, port->pairs.n, BR_SG_MAX_PORT_PAIRS, "pair"))
		return RC_USAGE;
	*vec_push(&port->pairs) = pair;
	return RC_OK;
}

static int parse_port_group(struct parser *p)
{
	struct port *port = &p->cmd->port;
	const char *name;

	if (!peek(p->in))
		return err_word(p->in, p->in->at, "group needs a value: the name of a group");
	if (take_name(p, "group", &name))
		return RC_USAGE;
	if (port_has_group(port, name))
		return err_word(p->in, p->in->at - 1, "group \"%s\" is given twice", name);
	if (too_many(p, port->groups.n, BR_SG_MAX_PORT_GROUPS, "group"))
		return RC_USAGE;
	vec_push(&port->groups)->name = name;
	return RC_OK;
}

static int parse_ethertype(struct parser *p)
{
	const char *s = value_of(p->in, "ethertype", "0x0600 to 0xffff");
	struct port *port = &p->cmd->port;
	struct msg msg;
	uint16_t type;
	size_t i;

	if (!s)
		return RC_USAGE;
	if (!read_ethertype(s, &type, &msg))
		return bad_value(p->in, &msg);
	for (i = 0; i < port->ethertypes.n; i++)
		if (port->ethertypes.v[i] == type)
			return err_word(p->in, p->in->at - 1,
					"ethertype 0x%04x is given twice", type);
	if (too_many(p, port->ethertypes.n, BR_SG_MAX_PORT_ETHERTYPES, "ethertype"))
		return RC_USAGE;
	*vec_push(&port->ethertypes) = type;
	return RC_OK;
}

static int parse_mode(struct parser *p, uint8_t mode)
{
	p->cmd->port.mode = mode;
	return once(p, F_MODE);
}

/* A list that a "set" command names is replaced, unless the command unsets it */
static int repeated(struct parser *p, uint32_t field)
{
	if (p->cmd->unset & field)
		return once(p, field);
	p->cmd->given |= field;
	return RC_OK;
}

static int parse_port_word(struct parser *p)
{
	bool set = p->cmd->act == ACT_SET;
	struct port *port = &p->cmd->port;
	struct input *in = p->in;
	const char *s = take(in), *value;
	struct msg msg;
	uint32_t number;

	if (!strcmp(s, "ip"))
		return repeated(p, F_IP) ? RC_USAGE : parse_port_addr(p, s, false);
	if (!strcmp(s, "dhcp-server"))
		return repeated(p, F_DHCP) ? RC_USAGE : parse_port_addr(p, s, true);
	if (!strcmp(s, "pair"))
		return repeated(p, F_PAIR) ? RC_USAGE : parse_pair(p);
	if (!strcmp(s, "group"))
		return repeated(p, F_GROUP) ? RC_USAGE : parse_port_group(p);
	if (!strcmp(s, "ethertype"))
		return repeated(p, F_ETHERTYPE) ? RC_USAGE : parse_ethertype(p);
	if (!strcmp(s, "any-source")) {
		port->any_source = true;
		return once(p, F_ANY_SOURCE);
	}
	if (!strcmp(s, "strict")) {
		port->strict = true;
		return once(p, F_STRICT);
	}
	if (!strcmp(s, "off"))
		return parse_mode(p, BR_SG_PORT_OFF);
	if (!strcmp(s, "trusted"))
		return parse_mode(p, BR_SG_PORT_TRUSTED);
	if (set && !strcmp(s, "filter"))
		return parse_mode(p, BR_SG_PORT_FILTER);
	if (set && !strcmp(s, "no"))
		return parse_port_unset(p);
	if (!strcmp(s, "uuid")) {
		if (once(p, F_UUID))
			return RC_USAGE;
		value = value_of(in, s, "a UUID");
		port->has_uuid = true;
		if (value && !read_uuid(value, port->uuid, &msg))
			return bad_value(in, &msg);
		return value ? RC_OK : RC_USAGE;
	}
	if (!strcmp(s, "mac")) {
		if (once(p, F_MAC))
			return RC_USAGE;
		value = value_of(in, s, "a MAC");
		port->has_mac = true;
		if (value && !read_mac(value, port->mac, &msg))
			return bad_value(in, &msg);
		return value ? RC_OK : RC_USAGE;
	}
	if (!strcmp(s, "zone")) {
		if (once(p, F_ZONE))
			return RC_USAGE;
		value = value_of(in, s, "1 to 65535");
		if (value && !read_uint("zone", value, 1, 65535, &number, &msg))
			return bad_value(in, &msg);
		port->zone = value ? number : 0;
		return value ? RC_OK : RC_USAGE;
	}
	if (!strcmp(s, "ct-limit")) {
		if (once(p, F_CT_LIMIT))
			return RC_USAGE;
		value = value_of(in, s, "1 to 2147483647");
		if (value && !read_uint("ct-limit", value, 1, BR_SG_CT_LIMIT_MAX, &number, &msg))
			return bad_value(in, &msg);
		port->ct_limit = value ? number : 0;
		return value ? RC_OK : RC_USAGE;
	}
	return unknown_word(in, in->at - 1, "word", set ? port_set_words : port_words);
}

static int parse_port(struct parser *p)
{
	struct port *port = &p->cmd->port;
	struct input *in = p->in;
	const char *s = take(in);
	struct msg msg;
	int rc;

	if (!s)
		return err_word(in, in->at, "the device of the port is missing");
	if (!check_dev(s, &msg))
		return bad_value(in, &msg);
	snprintf(port->dev, sizeof(port->dev), "%s", s);
	port->src = p->cmd->src;
	p->cmd->name = arena_strdup(p->arena, s);
	if (p->cmd->act == ACT_DEL)
		return RC_OK;
	if (p->cmd->act == ACT_SET && !peek(in))
		return unknown_word(in, in->at, "word", port_set_words);
	while (peek(in)) {
		rc = parse_port_word(p);
		if (rc)
			return rc;
	}
	if (p->cmd->act != ACT_SET && !port_check(port, &msg))
		return bad_object(in, &msg);
	return RC_OK;
}

static int parse_verb(struct parser *p, const char *const *all)
{
	static const char *const only_add[] = { "add", NULL };
	static const struct {
		const char *word;
		enum act act;
	} verbs[] = {
		{ "add", ACT_ADD }, { "replace", ACT_REPLACE }, { "set", ACT_SET },
		{ "del", ACT_DEL }, { "insert", ACT_ADD }, { "remove", ACT_DEL },
	};
	const char *const *allowed = p->words == WORDS_FILE ? only_add : all;
	struct input *in = p->in;
	size_t i;

	for (; peek(in) && *allowed; allowed++)
		if (!strcmp(peek(in), *allowed))
			break;
	if (!peek(in) || !*allowed) {
		for (i = 0; p->words == WORDS_FILE && peek(in) && all[i]; i++)
			if (!strcmp(peek(in), all[i]))
				return err_word(in, in->at,
						"\"%s\" is no word of a configuration file: only \"add\" is (sgctl -b takes all verbs)",
						peek(in));
		return unknown_word(in, in->at, "verb", p->words == WORDS_FILE ? only_add : all);
	}
	if (p->cmd->obj == OBJ_SET && (!strcmp(*allowed, "insert") || !strcmp(*allowed, "remove")))
		p->cmd->obj = OBJ_ADDRS;
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(*allowed, verbs[i].word))
			p->cmd->act = verbs[i].act;
	take(in);
	return RC_OK;
}

static const char *const add_del[] = { "add", "del", NULL };
static const char *const set_verbs[] = {
	"add", "del", "replace", "insert", "remove", NULL
};

static const char *const all_verbs[] = { "add", "del", "replace", "set", NULL };

static int parse_default_command(struct parser *p)
{
	bool file = p->words == WORDS_FILE;
	struct input *in = p->in;

	if (!file && take_if(in, "del")) {
		p->cmd->act = ACT_DEL;
		return parse_default(p, false);
	}
	if (!file && take_if(in, "replace"))
		p->cmd->act = ACT_REPLACE;
	else if (!file)
		take_if(in, "add");
	return parse_default(p, true);
}

static int parse_object(struct parser *p, const char *object)
{
	static const char *const file_objects[] = {
		"default", "set", "group", "member", "rule", "port", NULL
	};
	static const char *const objects[] = {
		"default", "set", "group", "member", "rule", "port", "flush", NULL
	};
	int rc;

	if (!strcmp(object, "default")) {
		p->cmd->obj = OBJ_DEFAULT;
		return parse_default_command(p);
	}
	if (!strcmp(object, "set")) {
		p->cmd->obj = OBJ_SET;
		rc = parse_verb(p, set_verbs);
		return rc ? rc : parse_set(p);
	}
	if (!strcmp(object, "group")) {
		p->cmd->obj = OBJ_GROUP;
		rc = parse_verb(p, all_verbs);
		return rc ? rc : parse_group(p);
	}
	if (!strcmp(object, "member")) {
		p->cmd->obj = OBJ_ADDRS;
		rc = parse_verb(p, add_del);
		return rc ? rc : parse_member(p);
	}
	if (!strcmp(object, "rule")) {
		p->cmd->obj = OBJ_RULE;
		rc = parse_verb(p, all_verbs);
		return rc ? rc : parse_rule(p);
	}
	if (!strcmp(object, "port")) {
		p->cmd->obj = OBJ_PORT;
		rc = parse_verb(p, all_verbs);
		return rc ? rc : parse_port(p);
	}
	if (!strcmp(object, "flush") && p->words == WORDS_CHANGE) {
		p->cmd->obj = OBJ_ALL;
		return RC_OK;
	}
	return unknown_word(p->in, p->in->at - 1, "object",
			    p->words == WORDS_FILE ? file_objects : objects);
}

int cmd_parse(struct input *in, struct arena *arena, enum words_of words,
	      struct cmd *cmd)
{
	struct parser p = {
		.in = in,
		.arena = arena,
		.words = words,
		.cmd = cmd,
	};
	int rc;

	memset(cmd, 0, sizeof(*cmd));
	cmd->src = input_src(in);
	rc = parse_object(&p, take(in));
	return rc ? rc : no_more_words(in);
}
