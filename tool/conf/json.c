// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A configuration in JSON to the model
 *
 * Every object becomes the command it stands for, so that text and JSON are
 * judged by the same code. An error names the value by its path.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/parse.h"

#define MAX_ERRORS	20

struct reader {
	struct conf *conf;
	struct input *in;
	struct cmd cmd;
	char path[160];		/* of the object in hand */
};

/* An error at path, or at a value below it */
static int __printf(3, 4) bad(struct reader *r, const char *key, const char *fmt, ...)
{
	char text[400], path[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(path, sizeof(path), "%s%s%.100s", r->path, key ? "/" : "", key ? key : "");
	return err_src(r->in, input_src_path(r->in, *path ? path : "/"), NULL, "%s", text);
}

static int bad_msg(struct reader *r, const char *key, const struct msg *msg)
{
	return bad(r, key, "%s", msg->text);
}

static int check_keys(struct reader *r, json_t *obj, const char *const *allowed)
{
	const char *key;
	json_t *value;
	size_t i;

	if (!json_is_object(obj))
		return bad(r, NULL, "this is no object: { } is needed");
	json_object_foreach(obj, key, value) {
		const char *near;

		for (i = 0; allowed[i]; i++)
			if (!strcmp(allowed[i], key))
				break;
		if (allowed[i])
			continue;
		if (is_source_port(key))
			return bad(r, key,
				   "key \"%.80s\": a rule cannot match the source port; dport_min and dport_max are the port of the end that is sent to: of ingress the VM's, of egress the remote's",
				   key);
		near = suggest(key, allowed);
		return bad(r, key, "key \"%.80s\" is unknown%s%s%s", key,
			   near ? ": did you mean \"" : "", near ? near : "",
			   near ? "\"?" : "");
	}
	return RC_OK;
}

/* Getters: *out stays as it is where the key is absent or null */
static int get_str(struct reader *r, json_t *obj, const char *key, bool required,
		   const char **out)
{
	json_t *value = json_object_get(obj, key);

	if (!value || json_is_null(value))
		return required ? bad(r, NULL, "key \"%s\" is missing", key) : RC_OK;
	if (!json_is_string(value))
		return bad(r, key, "a string is needed");
	*out = json_string_value(value);
	return RC_OK;
}

static int get_bool(struct reader *r, json_t *obj, const char *key, bool *out)
{
	json_t *value = json_object_get(obj, key);

	if (!value)
		return RC_OK;
	if (!json_is_boolean(value))
		return bad(r, key, "true or false is needed");
	*out = json_is_true(value);
	return RC_OK;
}

static int get_uint(struct reader *r, json_t *obj, const char *key, uint32_t min,
		    uint32_t max, bool *has, uint32_t *out)
{
	json_t *value = json_object_get(obj, key);

	*has = false;
	if (!value || json_is_null(value))
		return RC_OK;
	if (!json_is_integer(value) || json_integer_value(value) < min ||
	    json_integer_value(value) > max)
		return bad(r, key, "a number from %u to %u is needed", min, max);
	*has = true;
	*out = json_integer_value(value);
	return RC_OK;
}

static int get_array(struct reader *r, json_t *obj, const char *key, json_t **out)
{
	json_t *value = json_object_get(obj, key);

	*out = value;
	if (value && !json_is_array(value))
		return bad(r, key, "an array is needed: [ ]");
	return RC_OK;
}

static int get_name(struct reader *r, json_t *obj, const char *key, const char *what,
		    bool required, const char **out)
{
	const char *s = NULL;
	struct msg msg;

	if (get_str(r, obj, key, required, &s))
		return RC_USAGE;
	if (s && !check_name(what, s, &msg))
		return bad_msg(r, key, &msg);
	*out = s;
	return RC_OK;
}

static int get_addrs(struct reader *r, json_t *obj, const char *key, bool zero)
{
	json_t *array, *value;
	struct addr a;
	struct msg msg;
	char at[64];
	size_t i;

	if (get_array(r, obj, key, &array))
		return RC_USAGE;
	json_array_foreach(array, i, value) {
		const char *s = json_string_value(value);

		snprintf(at, sizeof(at), "%s/%zu", key, i);
		if (!s)
			return bad(r, at, "a string is needed: an address");
		if (!read_addr(s, &a, &msg))
			return bad_msg(r, at, &msg);
		if (!zero && !a.len)
			return bad(r, at,
				   "\"%.80s\" can't be a member: a prefix /0 would let everybody in",
				   s);
		items_add(&r->cmd.addrs, &a, r->cmd.src);
	}
	return RC_OK;
}

static void begin(struct reader *r, enum object obj, const char *name)
{
	cmd_free(&r->cmd);
	memset(&r->cmd, 0, sizeof(r->cmd));
	r->cmd.obj = obj;
	r->cmd.act = ACT_ADD;
	r->cmd.name = name;
	r->cmd.src = input_src_path(r->in, r->path);
}

static int read_default(struct reader *r, json_t *obj)
{
	static const char *const keys[] = { "pattern", "verdict", NULL };
	const char *pattern = NULL, *verdict = NULL;
	struct msg msg;

	if (check_keys(r, obj, keys) ||
	    get_str(r, obj, "pattern", true, &pattern) ||
	    get_str(r, obj, "verdict", true, &verdict))
		return RC_USAGE;
	if (!check_pattern(pattern, &msg))
		return bad_msg(r, "pattern", &msg);
	begin(r, OBJ_DEFAULT, pattern);
	if (!strcmp(verdict, "drop"))
		r->cmd.verdict = BR_SG_DEFAULT_DROP;
	else if (!strcmp(verdict, "accept"))
		r->cmd.verdict = BR_SG_DEFAULT_ACCEPT;
	else
		return bad(r, "verdict", "verdict \"%.80s\" is unknown: drop or accept", verdict);
	return conf_take(r->conf, r->in, &r->cmd);
}

static int read_set(struct reader *r, json_t *obj)
{
	static const char *const keys[] = { "name", "addresses", NULL };
	const char *name = NULL;

	if (check_keys(r, obj, keys) || get_name(r, obj, "name", "set", true, &name))
		return RC_USAGE;
	begin(r, OBJ_SET, name);
	r->cmd.of_set = true;
	if (get_addrs(r, obj, "addresses", true))
		return RC_USAGE;
	return conf_take(r->conf, r->in, &r->cmd);
}

static int read_remote(struct reader *r, json_t *obj, struct rule *rule)
{
	const char *prefix = NULL, *group = NULL, *set = NULL;
	struct msg msg;

	if (get_str(r, obj, "remote", false, &prefix) ||
	    get_name(r, obj, "remote_group", "group", false, &group) ||
	    get_name(r, obj, "remote_set", "set", false, &set))
		return RC_USAGE;
	if (!!prefix + !!group + !!set > 1)
		return bad(r, NULL,
			   "a rule has one remote: \"remote\", \"remote_group\" or \"remote_set\"");
	if (prefix) {
		rule->remote = REMOTE_PREFIX;
		if (!read_addr(prefix, &rule->prefix, &msg))
			return bad(r, "remote", "remote %s", msg.text);
	} else if (group || set) {
		rule->remote = group ? REMOTE_GROUP : REMOTE_SET;
		rule->remote_name = group ? group : set;
	}
	return RC_OK;
}

static int read_rule_proto(struct reader *r, json_t *obj, struct rule *rule)
{
	json_t *value = json_object_get(obj, "proto");
	struct msg msg;

	if (!value || json_is_null(value))
		return RC_OK;
	if (json_is_integer(value) && json_integer_value(value) >= 0 &&
	    json_integer_value(value) <= 255) {
		rule->proto = json_integer_value(value);
		return RC_OK;
	}
	if (!json_is_string(value))
		return bad(r, "proto", "a number from 0 to 255 or a name is needed");
	if (!read_proto(json_string_value(value), &rule->proto, &msg))
		return bad_msg(r, "proto", &msg);
	return RC_OK;
}

static const char *json_key(const char *word)
{
	return word && !strcmp(word, "dport") ? "dport_min" :
	       word && !strcmp(word, "icmp") ? "icmp_type" : word;
}

static int read_rule(struct reader *r, json_t *obj, const char *group)
{
	static const char *const keys[] = {
		"id", "direction", "family", "proto", "dport_min", "dport_max",
		"icmp_type", "icmp_code", "remote", "remote_group", "remote_set", NULL
	};
	const char *direction = NULL, *family = NULL;
	uint32_t id = 0, min = 0, max = 0, type = 0, code = 0;
	bool has_id, has_min, has_max, has_type, has_code;
	struct rule *rule;
	struct msg msg;

	if (check_keys(r, obj, keys))
		return RC_USAGE;
	begin(r, OBJ_RULE, group);
	rule = &r->cmd.rule;
	rule_init(rule);
	rule->src = r->cmd.src;
	if (get_str(r, obj, "direction", true, &direction) ||
	    get_str(r, obj, "family", false, &family) ||
	    read_rule_proto(r, obj, rule) ||
	    get_uint(r, obj, "id", 1, 0x7fffffff, &has_id, &id) ||
	    get_uint(r, obj, "dport_min", 0, 65535, &has_min, &min) ||
	    get_uint(r, obj, "dport_max", 0, 65535, &has_max, &max) ||
	    get_uint(r, obj, "icmp_type", 0, 255, &has_type, &type) ||
	    get_uint(r, obj, "icmp_code", 0, 255, &has_code, &code) ||
	    read_remote(r, obj, rule))
		return RC_USAGE;
	if (strcmp(direction, "ingress") && strcmp(direction, "egress"))
		return bad(r, "direction", "direction \"%.80s\" is unknown: ingress or egress",
			   direction);
	rule->direction = *direction == 'e' ? BR_SG_EGRESS : BR_SG_INGRESS;
	if (family && strcmp(family, "ipv4") && strcmp(family, "ipv6"))
		return bad(r, "family", "family \"%.80s\" is unknown: ipv4 or ipv6", family);
	if (family)
		rule->family = family[3] == '4' ? AF_INET : AF_INET6;
	if (has_min != has_max)
		return bad(r, has_min ? "dport_min" : "dport_max",
			   "\"dport_min\" and \"dport_max\" go together");
	if (max < min)
		return bad(r, "dport_min",
			   "dport %u-%u is reversed: the first port must not be above the last",
			   min, max);
	if (has_code && !has_type)
		return bad(r, "icmp_code", "\"icmp_code\" needs \"icmp_type\"");
	rule->id = id;
	rule->has_ports = has_min;
	rule->port_min = min;
	rule->port_max = max;
	rule->icmp_type = has_type ? (int)type : -1;
	rule->icmp_code = has_code ? (int)code : -1;
	if (!rule_check(rule, &msg))
		return bad_msg(r, json_key(msg.key), &msg);
	return conf_take(r->conf, r->in, &r->cmd);
}

static int read_group(struct reader *r, json_t *obj)
{
	static const char *const keys[] = {
		"name", "stateless", "members", "rules", NULL
	};
	const char *name = NULL;
	bool stateless = false;
	json_t *rules, *value;
	size_t i, base = strlen(r->path);
	int rc = RC_OK;

	if (check_keys(r, obj, keys) || get_name(r, obj, "name", "group", true, &name) ||
	    get_bool(r, obj, "stateless", &stateless) || get_array(r, obj, "rules", &rules))
		return RC_USAGE;
	begin(r, OBJ_GROUP, name);
	r->cmd.stateless = stateless;
	if (conf_take(r->conf, r->in, &r->cmd))
		return RC_USAGE;
	begin(r, OBJ_ADDRS, name);
	if (get_addrs(r, obj, "members", false) || conf_take(r->conf, r->in, &r->cmd))
		return RC_USAGE;
	json_array_foreach(rules, i, value) {
		snprintf(r->path + base, sizeof(r->path) - base, "/rules/%zu", i);
		if (read_rule(r, value, name))
			rc = RC_USAGE;
		if (r->in->errors >= MAX_ERRORS)
			break;
	}
	r->path[base] = '\0';
	return rc;
}

static int read_hosts(struct reader *r, json_t *obj, const char *key, size_t max,
		      bool dhcp)
{
	struct port *port = &r->cmd.port;
	json_t *array, *value;
	struct addr a;
	struct msg msg;
	char at[64];
	size_t i, k;

	if (get_array(r, obj, key, &array))
		return RC_USAGE;
	json_array_foreach(array, i, value) {
		size_t n = dhcp ? port->dhcp.n : port->ips.n;
		struct addr *v = dhcp ? port->dhcp.v : port->ips.v;

		snprintf(at, sizeof(at), "%s/%zu", key, i);
		if (!json_is_string(value))
			return bad(r, at, "a string is needed: an address");
		if (!read_host(json_string_value(value), dhcp ? "dhcp-server" : "ip", &a, &msg))
			return bad_msg(r, at, &msg);
		for (k = 0; k < n; k++)
			if (!addr_cmp(&v[k], &a))
				return bad(r, at, "%s is given twice", json_string_value(value));
		if (n >= max)
			return bad(r, at, "one too many: a port has at most %zu", max);
		if (dhcp)
			*vec_push(&port->dhcp) = a;
		else
			*vec_push(&port->ips) = a;
	}
	return RC_OK;
}

static int read_pair(struct reader *r, json_t *obj)
{
	static const char *const keys[] = { "address", "mac", NULL };
	const char *address = NULL, *mac = NULL;
	struct port *port = &r->cmd.port;
	struct pair pair = { 0 };
	struct msg msg;
	size_t k;

	if (check_keys(r, obj, keys) || get_str(r, obj, "address", true, &address) ||
	    get_str(r, obj, "mac", false, &mac))
		return RC_USAGE;
	if (!read_addr(address, &pair.a, &msg))
		return bad_msg(r, "address", &msg);
	if (mac && !read_mac(mac, pair.mac, &msg))
		return bad_msg(r, "mac", &msg);
	pair.has_mac = mac;
	for (k = 0; k < port->pairs.n; k++)
		if (!addr_cmp(&port->pairs.v[k].a, &pair.a) &&
		    port->pairs.v[k].has_mac == pair.has_mac &&
		    !memcmp(port->pairs.v[k].mac, pair.mac, 6))
			return bad(r, NULL, "pair %s is given twice", address);
	if (port->pairs.n >= BR_SG_MAX_PORT_PAIRS)
		return bad(r, NULL, "one too many: a port has at most %u", BR_SG_MAX_PORT_PAIRS);
	*vec_push(&port->pairs) = pair;
	return RC_OK;
}

static int read_port_lists(struct reader *r, json_t *obj)
{
	struct port *port = &r->cmd.port;
	json_t *array, *value;
	size_t i, k, base = strlen(r->path);
	struct msg msg;
	char at[64];

	if (read_hosts(r, obj, "ips", BR_SG_MAX_PORT_IPS, false) ||
	    read_hosts(r, obj, "dhcp_servers", BR_SG_MAX_PORT_DHCP, true) ||
	    get_array(r, obj, "pairs", &array))
		return RC_USAGE;
	json_array_foreach(array, i, value) {
		int rc;

		snprintf(r->path + base, sizeof(r->path) - base, "/pairs/%zu", i);
		rc = read_pair(r, value);
		r->path[base] = '\0';
		if (rc)
			return rc;
	}
	if (get_array(r, obj, "groups", &array))
		return RC_USAGE;
	json_array_foreach(array, i, value) {
		const char *name = json_string_value(value);

		snprintf(at, sizeof(at), "groups/%zu", i);
		if (!name)
			return bad(r, at, "a string is needed: the name of a group");
		if (!check_name("group", name, &msg))
			return bad_msg(r, at, &msg);
		if (port_has_group(port, name))
			return bad(r, at, "group \"%s\" is given twice", name);
		if (port->groups.n >= BR_SG_MAX_PORT_GROUPS)
			return bad(r, at, "one too many: a port has at most %u",
				   BR_SG_MAX_PORT_GROUPS);
		vec_push(&port->groups)->name = name;
	}
	if (get_array(r, obj, "ethertypes", &array))
		return RC_USAGE;
	json_array_foreach(array, i, value) {
		json_int_t type = json_is_integer(value) ? json_integer_value(value) : 0;

		snprintf(at, sizeof(at), "ethertypes/%zu", i);
		if (type < 0 || type > 0xffff)
			type = 0;
		if (!check_ethertype(type, &msg))
			return bad_msg(r, at, &msg);
		for (k = 0; k < port->ethertypes.n; k++)
			if (port->ethertypes.v[k] == type)
				return bad(r, at,
					   "ethertype 0x%04x is given twice", (unsigned int)type);
		if (port->ethertypes.n >= BR_SG_MAX_PORT_ETHERTYPES)
			return bad(r, at, "one too many: a port has at most %u",
				   BR_SG_MAX_PORT_ETHERTYPES);
		*vec_push(&port->ethertypes) = type;
	}
	return RC_OK;
}

static int read_port(struct reader *r, json_t *obj)
{
	static const char *const keys[] = {
		"dev", "uuid", "mac", "mode", "any_source", "strict", "zone", "ct_limit",
		"ips", "pairs", "groups", "dhcp_servers", "ethertypes", NULL
	};
	static const char *const modes[] = { "filter", "off", "trusted" };
	const char *dev = NULL, *uuid = NULL, *mac = NULL, *mode = "filter";
	uint32_t zone = 0, ct_limit = 0;
	struct port *port;
	struct msg msg;
	bool given;
	size_t i;

	if (check_keys(r, obj, keys) || get_str(r, obj, "dev", true, &dev))
		return RC_USAGE;
	if (!check_dev(dev, &msg))
		return bad_msg(r, "dev", &msg);
	begin(r, OBJ_PORT, dev);
	port = &r->cmd.port;
	snprintf(port->dev, sizeof(port->dev), "%s", dev);
	port->src = r->cmd.src;
	if (get_str(r, obj, "uuid", false, &uuid) || get_str(r, obj, "mac", false, &mac) ||
	    get_str(r, obj, "mode", false, &mode) ||
	    get_bool(r, obj, "any_source", &port->any_source) ||
	    get_bool(r, obj, "strict", &port->strict) ||
	    get_uint(r, obj, "zone", 1, 65535, &given, &zone) ||
	    get_uint(r, obj, "ct_limit", 1, BR_SG_CT_LIMIT_MAX, &given, &ct_limit))
		return RC_USAGE;
	port->zone = zone;
	port->ct_limit = ct_limit;
	port->has_uuid = uuid;
	port->has_mac = mac;
	if (uuid && !read_uuid(uuid, port->uuid, &msg))
		return bad_msg(r, "uuid", &msg);
	if (mac && !read_mac(mac, port->mac, &msg))
		return bad_msg(r, "mac", &msg);
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(mode, modes[i]))
			break;
	if (i == ARRAY_SIZE(modes))
		return bad(r, "mode", "mode \"%.80s\" is unknown: filter, off or trusted", mode);
	port->mode = i;
	if (read_port_lists(r, obj))
		return RC_USAGE;
	if (!port_check(port, &msg))
		return bad_msg(r, NULL, &msg);
	return conf_take(r->conf, r->in, &r->cmd);
}

static void read_array(struct reader *r, json_t *root, const char *key,
		       int (*read)(struct reader *r, json_t *obj))
{
	json_t *array, *value;
	size_t i;

	*r->path = '\0';
	if (get_array(r, root, key, &array))
		return;
	json_array_foreach(array, i, value) {
		snprintf(r->path, sizeof(r->path), "/%s/%zu", key, i);
		read(r, value);
		if (r->in->errors >= MAX_ERRORS)
			break;
	}
}

static void read_root(struct reader *r, json_t *root)
{
	static const char *const keys[] = {
		"br_sg", "defaults", "sets", "groups", "ports", NULL
	};
	static const char *const head_keys[] = { "version", NULL };
	json_t *head = json_object_get(root, "br_sg");
	uint32_t version = 0;
	bool has;

	if (check_keys(r, root, keys))
		return;
	if (!head) {
		bad(r, NULL, "key \"br_sg\" is missing: {\"version\": 1} says what this is");
		return;
	}
	snprintf(r->path, sizeof(r->path), "/br_sg");
	if (check_keys(r, head, head_keys) ||
	    get_uint(r, head, "version", 1, 1, &has, &version))
		return;
	if (!has) {
		bad(r, NULL, "key \"version\" is missing: 1 is allowed");
		return;
	}
	read_array(r, root, "defaults", read_default);
	read_array(r, root, "sets", read_set);
	read_array(r, root, "groups", read_group);
	read_array(r, root, "ports", read_port);
}

int conf_from_json(struct conf *conf, struct input *in)
{
	struct reader r = {
		.conf = conf,
		.in = in,
	};
	json_error_t error;
	json_t *root;
	int rc;

	root = json_loadb(in->text, in->len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return err_at(in, error.line > 0 ? error.line : 1,
			      error.column > 0 ? error.column : 1, "%s", error.text);
	read_root(&r, root);
	cmd_free(&r.cmd);
	rc = conf_finish(conf, in);
	json_decref(root);
	return rc;
}
