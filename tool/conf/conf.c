// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model: a whole configuration, as read from a file or from the kernel
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/conf.h"

void port_free(struct port *port)
{
	vec_free(&port->ips);
	vec_free(&port->pairs);
	vec_free(&port->groups);
	vec_free(&port->dhcp);
	vec_free(&port->ethertypes);
}

void conf_free(struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf->sets.n; i++)
		vec_free(&conf->sets.v[i]->addrs);
	for (i = 0; i < conf->groups.n; i++) {
		vec_free(&conf->groups.v[i]->members);
		vec_free(&conf->groups.v[i]->rules);
	}
	for (i = 0; i < conf->ports.n; i++)
		port_free(conf->ports.v[i]);
	vec_free(&conf->defaults);
	vec_free(&conf->sets);
	vec_free(&conf->groups);
	vec_free(&conf->ports);
	names_free(&conf->default_names);
	names_free(&conf->set_names);
	names_free(&conf->group_names);
	names_free(&conf->port_names);
	arena_free(&conf->arena);
	memset(conf, 0, sizeof(*conf));
}

bool conf_guards(const struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf->defaults.n; i++)
		if (conf->defaults.v[i]->verdict == BR_SG_DEFAULT_DROP)
			return true;
	return conf->ports.n;
}

struct defpat *conf_default(struct conf *conf, const char *pattern, bool make)
{
	struct defpat *d = names_get(&conf->default_names, pattern);

	if (d || !make)
		return d;
	d = arena_alloc(&conf->arena, sizeof(*d));
	snprintf(d->pattern, sizeof(d->pattern), "%s", pattern);
	*vec_push(&conf->defaults) = d;
	names_put(&conf->default_names, d->pattern, d);
	return d;
}

struct set *conf_set(struct conf *conf, const char *name, bool make)
{
	struct set *set = names_get(&conf->set_names, name);

	if (set || !make)
		return set;
	set = arena_alloc(&conf->arena, sizeof(*set));
	set->name = arena_strdup(&conf->arena, name);
	*vec_push(&conf->sets) = set;
	names_put(&conf->set_names, set->name, set);
	return set;
}

struct group *conf_group(struct conf *conf, const char *name, bool make)
{
	struct group *group = names_get(&conf->group_names, name);

	if (group || !make)
		return group;
	group = arena_alloc(&conf->arena, sizeof(*group));
	group->name = arena_strdup(&conf->arena, name);
	*vec_push(&conf->groups) = group;
	names_put(&conf->group_names, group->name, group);
	return group;
}

struct port *conf_port(struct conf *conf, const char *dev, bool make)
{
	struct port *port = names_get(&conf->port_names, dev);

	if (port || !make)
		return port;
	port = arena_alloc(&conf->arena, sizeof(*port));
	snprintf(port->dev, sizeof(port->dev), "%s", dev);
	*vec_push(&conf->ports) = port;
	names_put(&conf->port_names, port->dev, port);
	return port;
}

/* A name that an object refers to, kept once where the object is known */
const char *conf_name(struct conf *conf, const char *name)
{
	struct group *group = conf_group(conf, name, false);
	struct set *set;

	if (group)
		return group->name;
	set = conf_set(conf, name, false);
	return set ? set->name : arena_strdup(&conf->arena, name);
}

struct rule *group_rule(struct group *group, uint32_t id)
{
	size_t i;

	for (i = 0; i < group->rules.n; i++)
		if (group->rules.v[i].id == id)
			return &group->rules.v[i];
	return NULL;
}

void items_add(struct items *items, const struct addr *a, uint32_t src)
{
	struct item *item = vec_push(items);

	item->a = *a;
	item->src = src;
}

static int item_cmp(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int d = addr_cmp(&x->a, &y->a);

	return d ? d : (x->src > y->src) - (x->src < y->src);
}

void items_sort(struct items *items)
{
	if (items->n > 1)
		qsort(items->v, items->n, sizeof(*items->v), item_cmp);
}

void rule_init(struct rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	rule->icmp_type = -1;
	rule->icmp_code = -1;
}

/* The family that the protocol or the remote say without a word of its own */
uint8_t rule_implied_family(const struct rule *rule)
{
	if (rule->proto == 1)
		return AF_INET;
	if (rule->proto == 58)
		return AF_INET6;
	return rule->remote == REMOTE_PREFIX ? rule->prefix.family : 0;
}

static const char *family_name(uint8_t family)
{
	return family == AF_INET ? "ipv4" : "ipv6";
}

/* On IPv6 the protocol of a packet is what these carry */
static bool proto_is_exthdr(uint8_t proto)
{
	return proto == 43 || proto == 44 || proto == 51 || proto == 60;
}

/* Does a rule make sense? Fills in the implied family; /0 is no remote */
bool rule_check(struct rule *rule, struct msg *msg)
{
	uint8_t by_proto = rule->proto == 1 ? AF_INET : rule->proto == 58 ? AF_INET6 : 0;
	uint8_t by_remote = rule->remote == REMOTE_PREFIX ? rule->prefix.family : 0;
	char buf[ADDR_TEXT];

	if (by_proto && rule->family && by_proto != rule->family)
		return refuse(msg, "proto", "proto %s is of %s and the rule of %s: %s",
			      proto_name(rule->proto), family_name(by_proto),
			      family_name(rule->family),
			      by_proto == AF_INET ? "the ICMP of IPv6 is icmpv6" :
						    "the ICMP of IPv4 is icmp");
	if (by_remote && rule->family && by_remote != rule->family)
		return refuse(msg,
			      "remote",
			      "remote %s is of %s and the rule of %s: both must be of one family",
			      addr_text(&rule->prefix, buf), family_name(by_remote),
			      family_name(rule->family));
	if (by_remote && by_proto && by_remote != by_proto)
		return refuse(msg,
			      "remote",
			      "remote %s is of %s and proto %s of %s: both must be of one family",
			      addr_text(&rule->prefix, buf), family_name(by_remote),
			      proto_name(rule->proto), family_name(by_proto));
	if (rule->has_ports && rule->proto != 6 && rule->proto != 17 && rule->proto != 33 &&
	    rule->proto != 132 && rule->proto != 136)
		return refuse(msg,
			      "dport",
			      "dport needs a protocol with ports: proto tcp, udp, dccp, sctp or udplite");
	if (rule->icmp_type >= 0 && !by_proto)
		return refuse(msg, "icmp", "icmp needs the protocol: proto icmp or proto icmpv6");
	if (!rule->family)
		rule->family = by_proto ? by_proto : by_remote;
	if (rule->family != AF_INET && proto_is_exthdr(rule->proto))
		return refuse(msg, "proto",
			      "proto %s is an extension header on IPv6, which no rule matches: say ipv4 if that is what is meant",
			      proto_name(rule->proto));
	if (rule->remote == REMOTE_PREFIX && !rule->prefix.len) {
		rule->remote = REMOTE_ANY;
		memset(&rule->prefix, 0, sizeof(rule->prefix));
	}
	return true;
}

static int cmp_int(long long a, long long b)
{
	return (a > b) - (a < b);
}

/* By content: all but the id */
int rule_cmp(const struct rule *a, const struct rule *b)
{
	int d;

	d = cmp_int(a->direction, b->direction);
	if (!d)
		d = cmp_int(a->family, b->family);
	if (!d)
		d = cmp_int(a->proto, b->proto);
	if (!d)
		d = cmp_int(a->has_ports, b->has_ports);
	if (!d)
		d = cmp_int(a->port_min, b->port_min);
	if (!d)
		d = cmp_int(a->port_max, b->port_max);
	if (!d)
		d = cmp_int(a->icmp_type, b->icmp_type);
	if (!d)
		d = cmp_int(a->icmp_code, b->icmp_code);
	if (!d)
		d = cmp_int(a->remote, b->remote);
	if (!d && a->remote == REMOTE_PREFIX)
		d = addr_cmp(&a->prefix, &b->prefix);
	if (!d && a->remote > REMOTE_PREFIX)
		d = strcmp(a->remote_name, b->remote_name);
	return d;
}

bool port_check(const struct port *port, struct msg *msg)
{
	if (!port->has_mac && port->mode == BR_SG_PORT_FILTER)
		return refuse(msg, NULL, "port \"%s\" needs a mac, unless it is off or trusted%s",
			      port->dev,
			      port->pairs.n && port->pairs.v[0].has_mac ?
			      " (a mac directly behind a pair is the pair's)" : "");
	return true;
}

static int addr_qcmp(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

static int pair_qcmp(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int d = addr_cmp(&x->a, &y->a);

	if (!d)
		d = x->has_mac - y->has_mac;
	return d ? d : memcmp(x->mac, y->mac, 6);
}

static int u16_qcmp(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

#define SORT(vec, cmp)							\
	do {								\
		if ((vec)->n > 1)					\
			qsort((vec)->v, (vec)->n, sizeof(*(vec)->v), cmp); \
	} while (0)

/* Sorted, and a pair's mac only where it isn't the port's. Groups keep their order */
void port_canonical(struct port *port)
{
	size_t i;

	for (i = 0; port->has_mac && i < port->pairs.n; i++) {
		struct pair *pair = &port->pairs.v[i];

		if (pair->has_mac && !memcmp(pair->mac, port->mac, 6)) {
			pair->has_mac = false;
			memset(pair->mac, 0, 6);
		}
	}
	SORT(&port->ips, addr_qcmp);
	SORT(&port->pairs, pair_qcmp);
	SORT(&port->dhcp, addr_qcmp);
	SORT(&port->ethertypes, u16_qcmp);
}

/* Both canonical */
bool port_same(const struct port *a, const struct port *b)
{
	size_t i;

	if (a->has_uuid != b->has_uuid || a->has_mac != b->has_mac ||
	    a->strict != b->strict || a->mode != b->mode || a->zone != b->zone ||
	    a->ct_limit != b->ct_limit || a->any_source != b->any_source ||
	    a->ips.n != b->ips.n || a->pairs.n != b->pairs.n ||
	    a->groups.n != b->groups.n || a->dhcp.n != b->dhcp.n ||
	    a->ethertypes.n != b->ethertypes.n ||
	    memcmp(a->uuid, b->uuid, 16) || memcmp(a->mac, b->mac, 6))
		return false;
	for (i = 0; i < a->ips.n; i++)
		if (addr_cmp(&a->ips.v[i], &b->ips.v[i]))
			return false;
	for (i = 0; i < a->pairs.n; i++)
		if (pair_qcmp(&a->pairs.v[i], &b->pairs.v[i]))
			return false;
	for (i = 0; i < a->groups.n; i++)
		if (strcmp(a->groups.v[i].name, b->groups.v[i].name))
			return false;
	for (i = 0; i < a->dhcp.n; i++)
		if (addr_cmp(&a->dhcp.v[i], &b->dhcp.v[i]))
			return false;
	for (i = 0; i < a->ethertypes.n; i++)
		if (a->ethertypes.v[i] != b->ethertypes.v[i])
			return false;
	return true;
}

bool port_has_group(const struct port *port, const char *name)
{
	size_t i;

	for (i = 0; i < port->groups.n; i++)
		if (!strcmp(port->groups.v[i].name, name))
			return true;
	return false;
}

#define COPY(to, from)							\
	do {								\
		size_t n_ = (from)->n;					\
									\
		(to)->v = NULL;						\
		(to)->n = n_;						\
		(to)->cap = n_;						\
		if (n_) {						\
			(to)->v = xcalloc(n_, sizeof(*(to)->v));	\
			memcpy((to)->v, (from)->v, n_ * sizeof(*(to)->v)); \
		}							\
	} while (0)

void port_copy(struct port *to, const struct port *from)
{
	*to = *from;
	COPY(&to->ips, &from->ips);
	COPY(&to->pairs, &from->pairs);
	COPY(&to->groups, &from->groups);
	COPY(&to->dhcp, &from->dhcp);
	COPY(&to->ethertypes, &from->ethertypes);
}

static int default_qcmp(const void *a, const void *b)
{
	const struct defpat *const *x = a, *const *y = b;

	return strcmp((*x)->pattern, (*y)->pattern);
}

static int set_qcmp(const void *a, const void *b)
{
	const struct set *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int group_qcmp(const void *a, const void *b)
{
	const struct group *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int port_qcmp(const void *a, const void *b)
{
	const struct port *const *x = a, *const *y = b;

	return strcmp((*x)->dev, (*y)->dev);
}

/* By id; those without one behind, in the file's order */
static int rule_qcmp(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	if (x->id != y->id)
		return !x->id ? 1 : !y->id ? -1 : cmp_int(x->id, y->id);
	return cmp_int(x->seq, y->seq);
}

/* The canonical order of everything */
void conf_sort(struct conf *conf)
{
	size_t i;

	SORT(&conf->defaults, default_qcmp);
	SORT(&conf->sets, set_qcmp);
	SORT(&conf->groups, group_qcmp);
	SORT(&conf->ports, port_qcmp);
	for (i = 0; i < conf->sets.n; i++)
		items_sort(&conf->sets.v[i]->addrs);
	for (i = 0; i < conf->groups.n; i++) {
		items_sort(&conf->groups.v[i]->members);
		SORT(&conf->groups.v[i]->rules, rule_qcmp);
	}
	for (i = 0; i < conf->ports.n; i++)
		port_canonical(conf->ports.v[i]);
}

static void finish_items(struct input *in, const struct items *items,
			 const char *what, const char *name)
{
	char buf[ADDR_TEXT];
	size_t i;

	for (i = 1; i < items->n; i++)
		if (!addr_cmp(&items->v[i - 1].a, &items->v[i].a)) {
			addr_text(&items->v[i].a, buf);
			err_src(in, items->v[i].src, buf, "%s is twice in %s \"%s\"",
				buf, what, name);
		}
}

static void unknown_name(struct conf *conf, struct input *in, uint32_t src,
			 const char *what, const char *name)
{
	bool is_set = !strcmp(what, "set");
	const char *near = NULL;
	unsigned int best = ~0U;
	size_t i;

	for (i = 0; is_set && i < conf->sets.n; i++)
		if (conf->sets.v[i]->defined && looks_like(name, conf->sets.v[i]->name, &best))
			near = conf->sets.v[i]->name;
	for (i = 0; !is_set && i < conf->groups.n; i++)
		if (conf->groups.v[i]->defined && looks_like(name, conf->groups.v[i]->name, &best))
			near = conf->groups.v[i]->name;
	err_src(in, src, name, "%s \"%s\" does not exist: \"%s add %s\" makes it%s%s%s",
		what, name, what, name, near ? "; did you mean \"" : "",
		near ? near : "", near ? "\"?" : "");
}

static int content_qcmp(const void *a, const void *b)
{
	const struct rule *const *x = a, *const *y = b;
	int d = rule_cmp(*x, *y);

	return d ? d : cmp_int((*x)->seq, (*y)->seq);
}

static void finish_group(struct conf *conf, struct input *in, struct group *group)
{
	struct rule **by_content;
	size_t i;

	finish_items(in, &group->members, "group", group->name);
	for (i = 0; i < group->rules.n; i++) {
		struct rule *rule = &group->rules.v[i];
		struct group *g;
		struct set *set;

		if (i && rule->id && rule->id == rule[-1].id) {
			char id[16];

			snprintf(id, sizeof(id), "%u", rule->id);
			err_src(in, rule->src,
				"id", "id %s is twice in group \"%s\": an id is one rule's",
				id, group->name);
		}
		if (rule->remote == REMOTE_GROUP) {
			g = conf_group(conf, rule->remote_name, false);
			if (!g || !g->defined)
				unknown_name(conf, in, rule->src, "group", rule->remote_name);
		} else if (rule->remote == REMOTE_SET) {
			set = conf_set(conf, rule->remote_name, false);
			if (!set || !set->defined)
				unknown_name(conf, in, rule->src, "set", rule->remote_name);
		}
	}
	if (group->rules.n < 2)
		return;
	by_content = xcalloc(group->rules.n, sizeof(*by_content));
	for (i = 0; i < group->rules.n; i++)
		by_content[i] = &group->rules.v[i];
	qsort(by_content, group->rules.n, sizeof(*by_content), content_qcmp);
	for (i = 1; i < group->rules.n; i++)
		if (!rule_cmp(by_content[i - 1], by_content[i]))
			err_src(in, by_content[i]->src, NULL,
				"group \"%s\" has this rule already: equal content is allowed once",
				group->name);
	free(by_content);
}

static void finish_port(struct conf *conf, struct input *in, struct port *port,
			struct names *uuids)
{
	const struct group *first = NULL;
	size_t i;

	for (i = 0; i < port->groups.n; i++) {
		const char *name = port->groups.v[i].name;
		const struct group *group = conf_group(conf, name, false);

		if (!group || !group->defined) {
			unknown_name(conf, in, port->src, "group", name);
			continue;
		}
		if (!first)
			first = group;
		if (group->stateless != first->stateless)
			err_src(in, port->src, name,
				"group \"%s\" is %s and group \"%s\" %s: a port's groups are all stateful or all stateless",
				name, group->stateless ? "stateless" : "stateful",
				first->name, first->stateless ? "stateless" : "stateful");
	}
	if (port->has_uuid) {
		char *uuid = arena_alloc(&conf->arena, UUID_TEXT);
		const struct port *other;

		uuid_text(port->uuid, uuid);
		other = names_get(uuids, uuid);
		if (other)
			err_src(in, port->src,
				"uuid", "uuid %s is port \"%s\"'s already: a UUID is one port's",
				uuid, other->dev);
		else
			names_put(uuids, uuid, port);
	}
}

/* A whole file was read: sorts it and checks what single lines can't tell */
int conf_finish(struct conf *conf, struct input *in)
{
	struct names uuids = { 0 };
	size_t i;

	conf_sort(conf);
	if (in->errors)
		return RC_USAGE;
	for (i = 0; i < conf->sets.n; i++)
		finish_items(in, &conf->sets.v[i]->addrs, "set", conf->sets.v[i]->name);
	for (i = 0; i < conf->groups.n; i++) {
		if (!conf->groups.v[i]->defined)
			unknown_name(conf, in, conf->groups.v[i]->src, "group",
				     conf->groups.v[i]->name);
		finish_group(conf, in, conf->groups.v[i]);
	}
	for (i = 0; i < conf->ports.n; i++)
		finish_port(conf, in, conf->ports.v[i], &uuids);
	names_free(&uuids);
	return in->errors ? RC_USAGE : RC_OK;
}

/* Text or JSON, whichever it is */
int conf_load(struct conf *conf, struct input *in, const char *name)
{
	int rc;

	memset(conf, 0, sizeof(*conf));
	rc = input_open(in, name);
	if (!rc)
		rc = input_is_json(in) ? conf_from_json(conf, in) : conf_from_text(conf, in);
	return rc;
}
