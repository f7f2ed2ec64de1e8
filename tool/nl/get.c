// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the module: attributes to the model
 *
 * A module may be newer than we are. Attributes that we do not know are skipped
 * and noted, at the object and in the model: who would send the object back, or
 * write all of it to a file, asks for that first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nl/attr.h"
#include "nl/nl.h"

struct reading {
	struct conf *conf;
	uint64_t generation;
	bool mixed;		/* a message of another generation came */
};

/* To the object and the model; 0: there is none */
static void note(struct conf *conf, uint16_t *unknown, const char *object, const char *name,
		 uint16_t attr)
{
	if (!attr)
		return;
	if (unknown)
		*unknown = attr;
	if (conf->unknown.attr)
		return;
	conf->unknown.object = object;
	conf->unknown.name = name ? arena_strdup(&conf->arena, name) : NULL;
	conf->unknown.attr = attr;
}

/*
 * mac may be NULL; gives whether there is a MAC. unknown is left alone where we know
 * all, and may be NULL
 */
static bool get_addr(const struct nlattr *nest, struct addr *a, uint8_t *mac,
		     uint16_t *unknown)
{
	const struct nlattr *tb[BR_SG_ADDR_A_MAX + 1];
	uint16_t other;

	other = index_attrs(nest, tb, BR_SG_ADDR_A_MAX);
	if (other && unknown)
		*unknown = other;
	memset(a, 0, sizeof(*a));
	a->family = get_bytes(tb[BR_SG_ADDR_A_IPV4], a->b, 4) ? AF_INET : AF_INET6;
	if (a->family == AF_INET6)
		get_bytes(tb[BR_SG_ADDR_A_IPV6], a->b, 16);
	a->len = tb[BR_SG_ADDR_A_LEN] ? get_num(tb[BR_SG_ADDR_A_LEN]) : addr_bits(a);
	return mac && get_bytes(tb[BR_SG_ADDR_A_MAC], mac, 6);
}

static void get_default(struct conf *conf, const struct nlattr *nest)
{
	const struct nlattr *tb[BR_SG_DEFAULT_A_MAX + 1];
	struct defpat *d;
	uint16_t unknown;

	unknown = index_attrs(nest, tb, BR_SG_DEFAULT_A_MAX);
	d = conf_default(conf, get_string(tb[BR_SG_DEFAULT_A_PATTERN]), true);
	d->verdict = get_num(tb[BR_SG_DEFAULT_A_VERDICT]);
	note(conf, &d->unknown, "default", d->pattern, unknown);
}

static void get_set(struct conf *conf, const struct nlattr *nest)
{
	const struct nlattr *tb[BR_SG_SET_A_MAX + 1];
	struct set *set;
	uint16_t unknown;

	unknown = index_attrs(nest, tb, BR_SG_SET_A_MAX);
	set = conf_set(conf, get_string(tb[BR_SG_SET_A_NAME]), true);
	note(conf, &set->unknown, "set", set->name, unknown);
	set->defined = true;
	set->count = get_num(tb[BR_SG_SET_A_COUNT]);
}

static void get_group(struct conf *conf, const struct nlattr *nest)
{
	const struct nlattr *tb[BR_SG_GROUP_A_MAX + 1];
	struct group *group;
	uint16_t unknown;

	unknown = index_attrs(nest, tb, BR_SG_GROUP_A_MAX);
	group = conf_group(conf, get_string(tb[BR_SG_GROUP_A_NAME]), true);
	note(conf, &group->unknown, "group", group->name, unknown);
	group->defined = true;
	group->stateless = tb[BR_SG_GROUP_A_STATELESS];
	group->n_rules = get_num(tb[BR_SG_GROUP_A_RULES]);
	group->count = get_num(tb[BR_SG_GROUP_A_COUNT]);
}

static void get_addrs(struct conf *conf, const struct nlattr *nest)
{
	const struct nlattr *tb[BR_SG_ADDRS_A_MAX + 1], *attr;
	struct group *group = NULL;
	struct set *set = NULL;
	struct items *items;
	uint16_t unknown;
	struct addr a;

	unknown = index_attrs(nest, tb, BR_SG_ADDRS_A_MAX);
	if (tb[BR_SG_ADDRS_A_SET]) {
		set = conf_set(conf, get_string(tb[BR_SG_ADDRS_A_SET]), true);
		items = &set->addrs;
	} else {
		group = conf_group(conf, get_string(tb[BR_SG_ADDRS_A_GROUP]), true);
		items = &group->members;
	}
	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) != BR_SG_ADDRS_A_ADDR)
			continue;
		get_addr(attr, &a, NULL, &unknown);
		items_add(items, &a, 0);
	}
	if (set)
		note(conf, &set->unknown, "the addresses of set", set->name, unknown);
	else
		note(conf, NULL, "the members of group", group->name, unknown);
}

static void get_rule(struct conf *conf, const struct nlattr *nest)
{
	const struct nlattr *tb[BR_SG_RULE_A_MAX + 1];
	struct group *group;
	struct rule *rule;
	struct msg msg;
	uint16_t unknown;

	unknown = index_attrs(nest, tb, BR_SG_RULE_A_MAX);
	group = conf_group(conf, get_string(tb[BR_SG_RULE_A_GROUP]), true);
	rule = vec_push(&group->rules);
	rule_init(rule);
	rule->id = get_num(tb[BR_SG_RULE_A_ID]);
	rule->direction = get_num(tb[BR_SG_RULE_A_DIRECTION]);
	rule->family = get_num(tb[BR_SG_RULE_A_FAMILY]);
	rule->proto = get_num(tb[BR_SG_RULE_A_PROTO]);
	rule->has_ports = tb[BR_SG_RULE_A_PORT_MIN];
	rule->port_min = get_num(tb[BR_SG_RULE_A_PORT_MIN]);
	rule->port_max = get_num(tb[BR_SG_RULE_A_PORT_MAX]);
	if (tb[BR_SG_RULE_A_ICMP_TYPE])
		rule->icmp_type = get_num(tb[BR_SG_RULE_A_ICMP_TYPE]);
	if (tb[BR_SG_RULE_A_ICMP_CODE])
		rule->icmp_code = get_num(tb[BR_SG_RULE_A_ICMP_CODE]);
	if (tb[BR_SG_RULE_A_REMOTE]) {
		rule->remote = REMOTE_PREFIX;
		get_addr(tb[BR_SG_RULE_A_REMOTE], &rule->prefix, NULL, &unknown);
	} else if (tb[BR_SG_RULE_A_REMOTE_GROUP]) {
		rule->remote = REMOTE_GROUP;
		rule->remote_name = conf_name(conf, get_string(tb[BR_SG_RULE_A_REMOTE_GROUP]));
	} else if (tb[BR_SG_RULE_A_REMOTE_SET]) {
		rule->remote = REMOTE_SET;
		rule->remote_name = conf_name(conf, get_string(tb[BR_SG_RULE_A_REMOTE_SET]));
	}
	rule_check(rule, &msg);		/* fills in the implied family */
	note(conf, &rule->unknown, "a rule of group", group->name, unknown);
}

static struct port *get_port(struct conf *conf, const struct nlattr *nest)
{
	const struct nlattr *tb[BR_SG_PORT_A_MAX + 1], *attr;
	struct port *port;
	struct pair *pair;
	uint16_t unknown;

	unknown = index_attrs(nest, tb, BR_SG_PORT_A_MAX);
	port = conf_port(conf, get_string(tb[BR_SG_PORT_A_DEV]), true);
	port->has_uuid = get_bytes(tb[BR_SG_PORT_A_UUID], port->uuid, 16);
	port->has_mac = get_bytes(tb[BR_SG_PORT_A_MAC], port->mac, 6);
	port->mode = get_num(tb[BR_SG_PORT_A_MODE]);
	port->strict = tb[BR_SG_PORT_A_STRICT];
	port->any_source = tb[BR_SG_PORT_A_ANY_SOURCE];
	port->zone = get_num(tb[BR_SG_PORT_A_ZONE]);
	port->ct_limit = get_num(tb[BR_SG_PORT_A_CT_LIMIT]);
	port->live = tb[BR_SG_PORT_A_STATE];
	port->state = get_num(tb[BR_SG_PORT_A_STATE]);
	port->cause = get_num(tb[BR_SG_PORT_A_CAUSE]);
	port->held = port->live && !tb[BR_SG_PORT_A_MODE];
	port->ifindex = get_num(tb[BR_SG_PORT_A_IFINDEX]);
	port->zone_used = get_num(tb[BR_SG_PORT_A_ZONE_USED]);
	port->ct_limit_used = get_num(tb[BR_SG_PORT_A_CT_LIMIT_USED]);
	port->ct_entries = get_num(tb[BR_SG_PORT_A_CT_ENTRIES]);
	port->serial = get_num(tb[BR_SG_PORT_A_SERIAL]);
	port->policy_version = get_num(tb[BR_SG_PORT_A_POLICY_VERSION]);
	if (tb[BR_SG_PORT_A_BRIDGE])
		port->bridge = arena_strdup(&conf->arena, get_string(tb[BR_SG_PORT_A_BRIDGE]));
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case BR_SG_PORT_A_IP:
			get_addr(attr, vec_push(&port->ips), NULL, &unknown);
			break;
		case BR_SG_PORT_A_PAIR:
			pair = vec_push(&port->pairs);
			pair->has_mac = get_addr(attr, &pair->a, pair->mac, &unknown);
			break;
		case BR_SG_PORT_A_GROUP:
			vec_push(&port->groups)->name = conf_name(conf, get_string(attr));
			break;
		case BR_SG_PORT_A_DHCP_SERVER:
			get_addr(attr, vec_push(&port->dhcp), NULL, &unknown);
			break;
		case BR_SG_PORT_A_ETHERTYPE:
			*vec_push(&port->ethertypes) = get_num(attr);
			break;
		}
	}
	note(conf, &port->unknown, "port", port->dev, unknown);
	return port;
}

static void got_objects(const struct nlmsghdr *nlh, void *data)
{
	struct reading *reading = data;
	struct conf *conf = reading->conf;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		switch (mnl_attr_get_type(attr)) {
		case BR_SG_A_GENERATION:
			if (get_num(attr) != reading->generation)
				reading->mixed = true;
			break;
		case BR_SG_A_DEFAULT:
			get_default(conf, attr);
			break;
		case BR_SG_A_SET:
			get_set(conf, attr);
			break;
		case BR_SG_A_GROUP:
			get_group(conf, attr);
			break;
		case BR_SG_A_ADDRS:
			get_addrs(conf, attr);
			break;
		case BR_SG_A_RULE:
			get_rule(conf, attr);
			break;
		case BR_SG_A_PORT:
			get_port(conf, attr);
			break;
		case BR_SG_A_PAD:
			break;
		default:
			note(conf, NULL, "the configuration", NULL, mnl_attr_get_type(attr));
		}
	}
}

/* 0, an errno, or EINTR where what was read is of several generations */
static int read_once(struct nl *nl, struct conf *conf, unsigned int what)
{
	static const uint8_t cmds[] = {		/* by bit of enum read_what */
		BR_SG_CMD_DEFAULT_GET, BR_SG_CMD_SET_GET, BR_SG_CMD_GROUP_GET,
		BR_SG_CMD_ADDRS_GET, BR_SG_CMD_RULE_GET, BR_SG_CMD_PORT_GET,
	};
	struct reading reading = { .conf = conf };
	bool shadow = what & READ_SHADOW;
	uint32_t flags = shadow ? BR_SG_GET_F_SHADOW : 0;
	struct nlmsghdr *nlh;
	struct status status;
	unsigned int i;
	int rc;

	rc = nl_call_status(nl, &status);
	/* a module that cannot has nothing that we don't know */
	if (what & READ_CONFIG && status_can(&status, BR_SG_FEATURE_GET_CONFIG))
		flags |= BR_SG_GET_F_CONFIG;
	status_free(&status);
	reading.generation = shadow ? status.shadow : status.generation;
	for (i = 0; !rc && i < ARRAY_SIZE(cmds); i++) {
		if (!(what & (1U << i)))
			continue;
		nlh = nl_new(nl, cmds[i], NLM_F_DUMP);
		if (flags)
			mnl_attr_put_u32(nlh, BR_SG_A_FLAGS, flags);
		rc = nl_call(nl, nlh, got_objects, &reading);
	}
	if (!rc) {
		rc = nl_call_status(nl, &status);
		status_free(&status);
	}
	conf->generation = reading.generation;
	if (!rc && (reading.mixed || reading.generation !=
		    (shadow ? status.shadow : status.generation))) {
		nl->err.err = EINTR;
		nl->err.text[0] = '\0';
		return EINTR;
	}
	return rc;
}

int nl_no_shadow(struct input *in)
{
	err_src(in, 0, NULL, "there is no shadow: sgctl shadow apply makes one");
	return RC_REFUSED;
}

int nl_unknown(struct input *in, uint32_t src, const char *object, const char *name,
	       uint16_t attr)
{
	err_src(in, src, src && name ? THE_NAME : NULL,
		"%s%s%s%s has an attribute (%u) that sgctl %s does not know and that would be lost: nothing was done, update sgctl to the module's version",
		object, name ? " \"" : "", name ? name : "", name ? "\"" : "", attr,
		SGCTL_VERSION);
	return RC_NO_MODULE;
}

/* All of one generation */
int nl_read(struct nl *nl, struct conf *conf, unsigned int what, struct input *in)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < NL_TRIES; i++) {
		memset(conf, 0, sizeof(*conf));
		rc = read_once(nl, conf, what);
		if (!nl_torn(rc))
			break;
		conf_free(conf);
		usleep(5000 * i);
	}
	if (rc == ENOENT && what & READ_SHADOW)
		return nl_no_shadow(in);
	if (rc)
		rc = nl_fail(nl, in, "read");
	else if (what & READ_KNOWN && conf->unknown.attr)
		rc = nl_unknown(in, 0, conf->unknown.object, conf->unknown.name,
				conf->unknown.attr);
	else
		conf_sort(conf);
	if (rc)
		conf_free(conf);
	return rc;
}

static void put_port_id(struct nlmsghdr *nlh, const char *dev_or_uuid);

int nl_read_line(struct nl *nl, struct conf *conf, const char *dev, struct input *in)
{
	struct reading reading = { .conf = conf };
	struct nlmsghdr *nlh;
	struct status status;
	bool can;
	int rc;

	memset(conf, 0, sizeof(*conf));
	rc = nl_call_status(nl, &status);
	can = status_can(&status, BR_SG_FEATURE_GET_CONFIG);
	/* what was committed between is found by the commit that says this one */
	reading.generation = status.generation;
	status_free(&status);
	if (!rc && !can)
		return nl_read(nl, conf, READ_PORTS | READ_CONFIG, in);
	if (!rc) {
		nlh = nl_new(nl, BR_SG_CMD_PORT_GET, 0);
		mnl_attr_put_u32(nlh, BR_SG_A_FLAGS, BR_SG_GET_F_CONFIG);
		put_port_id(nlh, dev);
		rc = nl_call(nl, nlh, got_objects, &reading);
	}
	if (rc && rc != ENOENT) {
		rc = nl_fail(nl, in, "port");
		conf_free(conf);
		return rc;
	}
	conf->generation = reading.generation;
	conf_sort(conf);
	return RC_OK;
}

struct one_port {
	struct conf *conf;
	struct port *port;
};

static void got_one_port(const struct nlmsghdr *nlh, void *data)
{
	struct one_port *one = data;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == BR_SG_A_PORT)
			one->port = get_port(one->conf, attr);
}

static void put_port_id(struct nlmsghdr *nlh, const char *dev_or_uuid)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, BR_SG_A_PORT);
	struct msg msg;
	uint8_t uuid[16];

	if (strlen(dev_or_uuid) == UUID_TEXT - 1 && read_uuid(dev_or_uuid, uuid, &msg))
		mnl_attr_put(nlh, BR_SG_PORT_A_UUID, sizeof(uuid), uuid);
	else
		mnl_attr_put_strz(nlh, BR_SG_PORT_A_DEV, dev_or_uuid);
	mnl_attr_nest_end(nlh, nest);
}

int nl_read_port(struct nl *nl, struct conf *conf, const char *dev_or_uuid,
		 struct input *in, struct port **port)
{
	struct one_port one = { .conf = conf };
	struct nlmsghdr *nlh;
	int rc;

	nlh = nl_new(nl, BR_SG_CMD_PORT_GET, 0);
	put_port_id(nlh, dev_or_uuid);
	rc = nl_call(nl, nlh, got_one_port, &one);
	if (rc == ENOENT || (!rc && !one.port)) {
		err_src(in, 0, dev_or_uuid, "there is no port \"%s\": sgctl port show lists them",
			dev_or_uuid);
		return RC_REFUSED;
	}
	if (rc)
		return nl_fail(nl, in, "port");
	port_canonical(one.port);
	*port = one.port;
	return RC_OK;
}

static void got_counters(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[BR_SG_COUNTER_A_MAX + 1], *attr;
	struct counters *counters = data;
	const char *last = NULL;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		struct counter *c;

		if (mnl_attr_get_type(attr) != BR_SG_A_COUNTER)
			continue;
		index_attrs(attr, tb, BR_SG_COUNTER_A_MAX);
		c = vec_push(counters);
		snprintf(c->dev, sizeof(c->dev), "%s", get_string(tb[BR_SG_COUNTER_A_DEV]));
		c->direction = get_num(tb[BR_SG_COUNTER_A_DIRECTION]);
		c->step = get_num(tb[BR_SG_COUNTER_A_STEP]);
		c->reason = get_num(tb[BR_SG_COUNTER_A_REASON]);
		c->would = get_num(tb[BR_SG_COUNTER_A_WOULD]);
		c->id = get_num(tb[BR_SG_COUNTER_A_ID]);
		c->packets = get_num(tb[BR_SG_COUNTER_A_PACKETS]);
		c->bytes = get_num(tb[BR_SG_COUNTER_A_BYTES]);
		if (tb[BR_SG_COUNTER_A_GROUP]) {
			const char *name = get_string(tb[BR_SG_COUNTER_A_GROUP]);

			if (!last || strcmp(last, name))
				last = arena_strdup(&counters->arena, name);
			c->group = last;
		}
	}
}

/* A port's, or every port's where dev is NULL */
int nl_counters(struct nl *nl, struct counters *counters, const char *dev, bool shadow,
		struct input *in)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < NL_TRIES; i++) {
		struct nlmsghdr *nlh = nl_new(nl, BR_SG_CMD_COUNTER_GET, NLM_F_DUMP);

		memset(counters, 0, sizeof(*counters));
		if (shadow)
			mnl_attr_put_u32(nlh, BR_SG_A_FLAGS, BR_SG_GET_F_SHADOW);
		if (dev)
			put_port_id(nlh, dev);
		rc = nl_call(nl, nlh, got_counters, counters);
		if (!nl_torn(rc))
			break;
		counters_free(counters);
		usleep(5000 * i);
	}
	if (rc == ENOENT && shadow)
		return nl_no_shadow(in);
	return rc ? nl_fail(nl, in, "counters") : RC_OK;
}

void counters_free(struct counters *counters)
{
	free(counters->v);
	arena_free(&counters->arena);
	memset(counters, 0, sizeof(*counters));
}

static void get_tuple(struct flow_tuple *t, const struct nlattr *nest)
{
	const struct nlattr *tb[BR_SG_TUPLE_A_MAX + 1];

	if (!nest)
		return;
	index_attrs(nest, tb, BR_SG_TUPLE_A_MAX);
	if (tb[BR_SG_TUPLE_A_SRC])
		get_addr(tb[BR_SG_TUPLE_A_SRC], &t->src, NULL, NULL);
	if (tb[BR_SG_TUPLE_A_DST])
		get_addr(tb[BR_SG_TUPLE_A_DST], &t->dst, NULL, NULL);
	t->has_ports = tb[BR_SG_TUPLE_A_SPORT];
	t->sport = get_num(tb[BR_SG_TUPLE_A_SPORT]);
	t->dport = get_num(tb[BR_SG_TUPLE_A_DPORT]);
	t->has_icmp = tb[BR_SG_TUPLE_A_ICMP_TYPE];
	t->icmp_type = get_num(tb[BR_SG_TUPLE_A_ICMP_TYPE]);
	t->icmp_code = get_num(tb[BR_SG_TUPLE_A_ICMP_CODE]);
	t->icmp_id = get_num(tb[BR_SG_TUPLE_A_ICMP_ID]);
}

static void get_end(struct flows *flows, struct flow_end *end, const struct nlattr *nest)
{
	const struct nlattr *tb[BR_SG_END_A_MAX + 1];

	index_attrs(nest, tb, BR_SG_END_A_MAX);
	snprintf(end->dev, sizeof(end->dev), "%s", get_string(tb[BR_SG_END_A_DEV]));
	end->direction = get_num(tb[BR_SG_END_A_DIRECTION]);
	end->revoked = tb[BR_SG_END_A_REVOKED];
	end->again = tb[BR_SG_END_A_AGAIN];
	end->counted = tb[BR_SG_END_A_COUNTED];
	end->version = get_num(tb[BR_SG_END_A_VERSION]);
	end->id = get_num(tb[BR_SG_END_A_ID]);
	if (tb[BR_SG_END_A_GROUP])
		end->group = arena_strdup(&flows->arena, get_string(tb[BR_SG_END_A_GROUP]));
}

static void got_flows(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[BR_SG_FLOW_A_MAX + 1], *attr, *end;
	struct flows *flows = data;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		struct flow *flow;

		if (mnl_attr_get_type(attr) != BR_SG_A_FLOW)
			continue;
		index_attrs(attr, tb, BR_SG_FLOW_A_MAX);
		flow = vec_push(flows);
		flow->zone = get_num(tb[BR_SG_FLOW_A_ZONE]);
		flow->proto = get_num(tb[BR_SG_FLOW_A_PROTO]);
		get_tuple(&flow->original, tb[BR_SG_FLOW_A_ORIGINAL]);
		get_tuple(&flow->reply, tb[BR_SG_FLOW_A_REPLY]);
		flow->has_state = tb[BR_SG_FLOW_A_TCP_STATE];
		flow->tcp_state = get_num(tb[BR_SG_FLOW_A_TCP_STATE]);
		flow->timeout = get_num(tb[BR_SG_FLOW_A_TIMEOUT]);
		flow->seen_reply = tb[BR_SG_FLOW_A_SEEN_REPLY];
		flow->assured = tb[BR_SG_FLOW_A_ASSURED];
		mnl_attr_for_each_nested(end, attr)
			if (mnl_attr_get_type(end) == BR_SG_FLOW_A_END && flow->n_ends < FLOW_ENDS)
				get_end(flows, &flow->ends[flow->n_ends++], end);
	}
}

/* Those of a port, or of every port where dev is NULL */
int nl_flows(struct nl *nl, struct flows *flows, const char *dev, bool revoked,
	     struct input *in)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < NL_TRIES; i++) {
		struct nlmsghdr *nlh = nl_new(nl, BR_SG_CMD_FLOW_GET, NLM_F_DUMP);

		if (revoked)
			mnl_attr_put_u32(nlh, BR_SG_A_FLAGS, BR_SG_FLOW_F_REVOKED);
		if (dev)
			put_port_id(nlh, dev);
		rc = nl_call(nl, nlh, got_flows, flows);
		if (!nl_torn(rc))
			break;
		flows_free(flows);
		usleep(5000 * i);
	}
	if (rc == ENOENT && dev) {
		err_src(in, 0, dev, "there is no port \"%s\": sgctl port show lists them", dev);
		return RC_REFUSED;
	}
	return rc ? nl_fail(nl, in, "flows") : RC_OK;
}

void flows_free(struct flows *flows)
{
	free(flows->v);
	arena_free(&flows->arena);
	memset(flows, 0, sizeof(*flows));
}

static void get_event(struct event *event, const struct nlattr *nest)
{
	const struct nlattr *tb[BR_SG_EVENT_A_MAX + 1];

	index_attrs(nest, tb, BR_SG_EVENT_A_MAX);
	event->kind = get_num(tb[BR_SG_EVENT_A_KIND]);
	event->time = get_num(tb[BR_SG_EVENT_A_TIME]);
	snprintf(event->dev, sizeof(event->dev), "%s", get_string(tb[BR_SG_EVENT_A_DEV]));
	event->withheld = get_num(tb[BR_SG_EVENT_A_WITHHELD]);
	event->direction = get_num(tb[BR_SG_EVENT_A_DIRECTION]);
	event->reason = get_num(tb[BR_SG_EVENT_A_REASON]);
	event->bytes = get_num(tb[BR_SG_EVENT_A_BYTES]);
	get_bytes(tb[BR_SG_EVENT_A_SRC_MAC], event->src, sizeof(event->src));
	get_bytes(tb[BR_SG_EVENT_A_DST_MAC], event->dst, sizeof(event->dst));
	event->ethertype = get_num(tb[BR_SG_EVENT_A_ETHERTYPE]);
	event->has_proto = tb[BR_SG_EVENT_A_PROTO];
	event->proto = get_num(tb[BR_SG_EVENT_A_PROTO]);
	event->has_tuple = tb[BR_SG_EVENT_A_TUPLE];
	get_tuple(&event->tuple, tb[BR_SG_EVENT_A_TUPLE]);
	event->entries = get_num(tb[BR_SG_EVENT_A_ENTRIES]);
	event->limit = get_num(tb[BR_SG_EVENT_A_LIMIT]);
	event->state = get_num(tb[BR_SG_EVENT_A_STATE]);
	event->cause = get_num(tb[BR_SG_EVENT_A_CAUSE]);
}

static void get_shadow_event(struct event *event, const struct nlattr *nest)
{
	const struct nlattr *tb[BR_SG_SHADOW_A_MAX + 1];

	index_attrs(nest, tb, BR_SG_SHADOW_A_MAX);
	event->shadow_change = get_num(tb[BR_SG_SHADOW_A_CHANGE]);
	event->shadow = get_num(tb[BR_SG_SHADOW_A_NUMBER]);
}

/* From now on the socket hears what it is told */
int nl_join(struct nl *nl, bool config, bool events, struct input *in)
{
	uint32_t groups[] = { config ? nl->config_group : 0, events ? nl->events_group : 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		if (groups[i] &&
		    mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &groups[i],
					  sizeof(groups[i])) < 0) {
			nl->err.err = errno;
			return nl_fail(nl, in, "monitor");
		}
	}
	if ((config && !groups[0]) || (events && !groups[1])) {
		err_src(in, 0, NULL,
			"monitor: the loaded module tells nothing: it is older than sgctl, update it");
		return RC_NO_MODULE;
	}
	return RC_OK;
}

static int heard_message(struct nl *nl, const struct nlmsghdr *nlh, nl_heard heard, void *data)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	uint64_t generation = 0;
	int rc = 0;

	/* what is not of the family is an answer that came late */
	if (nlh->nlmsg_type != nl->family || nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return 0;
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		struct event event = { .config = genl->cmd == BR_SG_CMD_CONFIG_NTF };

		if (mnl_attr_get_type(attr) == BR_SG_A_GENERATION)
			generation = get_num(attr);
		event.generation = generation;
		if (event.config && mnl_attr_get_type(attr) == BR_SG_A_GENERATION)
			;
		else if (genl->cmd == BR_SG_CMD_SHADOW_NTF &&
			 mnl_attr_get_type(attr) == BR_SG_A_SHADOW)
			get_shadow_event(&event, attr);
		else if (genl->cmd == BR_SG_CMD_EVENT_NTF &&
			 mnl_attr_get_type(attr) == BR_SG_A_EVENT)
			get_event(&event, attr);
		else
			continue;
		rc = heard(&event, data);
		if (rc)
			break;
	}
	return rc;
}

/* Until heard() has had enough, and gives what that said */
int nl_listen(struct nl *nl, nl_heard heard, void *data, struct input *in)
{
	for (;;) {
		ssize_t got = mnl_socket_recvfrom(nl->sock, nl->in, NL_MSG_ROOM);
		const struct nlmsghdr *msg = (const struct nlmsghdr *)nl->in;
		int left = got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOBUFS) {
			err_src(in, 0, NULL,
				"monitor: too slow, some of what was told is lost");
			continue;
		}
		if (got < 0) {
			nl->err.err = errno;
			return nl_fail(nl, in, "monitor");
		}
		for (; mnl_nlmsg_ok(msg, left); msg = mnl_nlmsg_next(msg, &left)) {
			int rc = heard_message(nl, msg, heard, data);

			if (rc)
				return rc;
		}
	}
}
