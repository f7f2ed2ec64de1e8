// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * port chains: the port as an operator of iptables knows it
 *
 * One row per step and per rule, in the order in which the module asks them.
 * What the kernel counts is shown as it is. The kernel does not count what
 * passes the spoof chain: that is the sum of what is counted behind it.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

struct row {
	bool counted;			/* else its counters don't exist */
	bool derived;			/* a sum of other counters */
	uint64_t packets, bytes;
	const char *target;
	char proto[16], source[ADDR_TEXT], destination[ADDR_TEXT];
	char match[768];		/* a port may have 16 DHCP servers */
	uint8_t step, reason;
	const char *group;
	uint32_t id;
};

struct chain {
	const char *name;
	uint8_t direction;
	const char *policy;		/* NULL: none, it returns */
	VEC(struct row) rows;
};

struct view {
	const struct conf *conf;
	const struct port *port;
	const struct counters *counters;
	const struct counter *steps[__BR_SG_DIRECTIONS][BR_SG_STEP_MAX + 1];
	const struct counter *reasons[__BR_SG_DIRECTIONS][BR_SG_REASON_MAX + 1];
	bool placed[__BR_SG_DIRECTIONS][BR_SG_REASON_MAX + 1];
};

static const struct counter none;

static const struct counter *step(const struct view *view, uint8_t direction, uint8_t which)
{
	return view->steps[direction][which] ? view->steps[direction][which] : &none;
}

static const struct counter *reason(const struct view *view, uint8_t direction, uint8_t which)
{
	return view->reasons[direction][which] ? view->reasons[direction][which] : &none;
}

static int rule_counter_cmp(const void *a, const void *b)
{
	const struct counter *x = a, *y = b;
	int d = (!x->group) - (!y->group);

	if (!d)
		d = x->direction - y->direction;
	if (!d && x->group)
		d = strcmp(x->group, y->group);
	return d ? d : (x->id > y->id) - (x->id < y->id);
}

static void index_counters(struct view *view, struct counters *counters)
{
	size_t i;

	if (counters->n)
		qsort(counters->v, counters->n, sizeof(*counters->v), rule_counter_cmp);
	for (i = 0; i < counters->n; i++) {
		const struct counter *c = &counters->v[i];

		if (c->direction >= __BR_SG_DIRECTIONS || c->group)
			continue;
		if (c->reason && c->reason <= BR_SG_REASON_MAX)
			view->reasons[c->direction][c->reason] = c;
		else if (c->step && c->step <= BR_SG_STEP_MAX)
			view->steps[c->direction][c->step] = c;
	}
	view->counters = counters;
}

static struct row *__printf(6, 7)
add_row(struct chain *chain, const char *target, const char *proto, const char *source,
	const char *destination, const char *fmt, ...)
{
	struct row *row = vec_push(&chain->rows);
	va_list ap;

	row->target = target;
	snprintf(row->proto, sizeof(row->proto), "%s", proto);
	snprintf(row->source, sizeof(row->source), "%s", source);
	snprintf(row->destination, sizeof(row->destination), "%s", destination);
	va_start(ap, fmt);
	vsnprintf(row->match, sizeof(row->match), fmt, ap);
	va_end(ap);
	return row;
}

static void count(struct row *row, const struct counter *c)
{
	row->counted = true;
	row->packets += c->packets;
	row->bytes += c->bytes;
}

static void accept_row(const struct view *view, struct chain *chain, uint8_t which,
		       const char *proto, const char *source, const char *destination,
		       const char *match)
{
	struct row *row = add_row(chain, "ACCEPT", proto, source, destination, "%s", match);

	row->step = which;
	count(row, step(view, chain->direction, which));
}

static void drop_row(struct view *view, struct chain *chain, uint8_t which, const char *proto,
		     const char *source, const char *match)
{
	struct row *row = add_row(chain, "DROP", proto, source, "any", "%s%s[%s]", match,
				  *match ? " " : "", reason_name(which));

	row->reason = which;
	view->placed[chain->direction][which] = true;
	count(row, reason(view, chain->direction, which));
}

static void rule_row(const struct view *view, struct chain *chain, const char *group,
		     const struct rule *rule)
{
	struct counter key = { .group = group, .id = rule->id, .direction = rule->direction };
	const char *any = rule->family == AF_INET ? "0.0.0.0/0" :
			  rule->family == AF_INET6 ? "::/0" : "any";
	const char *name = proto_name(rule->proto);
	char proto[16], ports[64] = "", remote[96] = "", addr[ADDR_TEXT];
	const struct counter *c;
	struct row *row;
	const char *far = any;

	if (name)
		snprintf(proto, sizeof(proto), "%s", name);
	else
		snprintf(proto, sizeof(proto), rule->proto ? "%u" : "all", rule->proto);
	if (rule->has_ports && rule->port_min == rule->port_max)
		snprintf(ports, sizeof(ports), "%s dpt:%u ", proto, rule->port_min);
	else if (rule->has_ports)
		snprintf(ports, sizeof(ports), "%s dpts:%u:%u ", proto, rule->port_min,
			 rule->port_max);
	else if (rule->icmp_code >= 0)
		snprintf(ports, sizeof(ports), "%s type %d code %d ", proto, rule->icmp_type,
			 rule->icmp_code);
	else if (rule->icmp_type >= 0)
		snprintf(ports, sizeof(ports), "%s type %d ", proto, rule->icmp_type);
	if (rule->remote == REMOTE_PREFIX)
		far = addr_text(&rule->prefix, addr);
	else if (rule->remote != REMOTE_ANY)
		snprintf(remote, sizeof(remote), "remote %s %s ",
			 rule->remote == REMOTE_GROUP ? "group" : "set", rule->remote_name);
	row = add_row(chain, "ACCEPT", proto, rule->direction == BR_SG_INGRESS ? far : any,
		      rule->direction == BR_SG_EGRESS ? far : any, "%s%s/* group %s id %u */",
		      ports, remote, group, rule->id);
	row->group = group;
	row->id = rule->id;
	c = view->counters->n ? bsearch(&key, view->counters->v, view->counters->n, sizeof(key),
					rule_counter_cmp) : NULL;
	count(row, c ? c : &none);
}

static void rule_rows(const struct view *view, struct chain *chain)
{
	size_t i, k;

	for (i = 0; i < view->port->groups.n; i++) {
		const char *name = view->port->groups.v[i].name;
		const struct group *group = names_get(&view->conf->group_names, name);

		for (k = 0; group && k < group->rules.n; k++)
			if (group->rules.v[k].direction == chain->direction)
				rule_row(view, chain, name, &group->rules.v[k]);
	}
}

/* What both directions end with: conntrack, the rules, nothing matched */
static void tail_rows(struct view *view, struct chain *chain)
{
	uint8_t which;

	drop_row(view, chain, BR_SG_REASON_INVALID, "all", "any",
		 view->port->strict ? "state INVALID, or TCP in mid-stream" : "state INVALID");
	accept_row(view, chain, BR_SG_STEP_ESTABLISHED, "all", "any", "any",
		   "state RELATED,ESTABLISHED and allowed");
	drop_row(view, chain, BR_SG_REASON_REVOKED, "all", "any",
		 "state RELATED,ESTABLISHED and allowed no more");
	rule_rows(view, chain);
	drop_row(view, chain, BR_SG_REASON_CT_LIMIT, "all", "any", "conntrack cap of the port");
	for (which = 1; which <= BR_SG_REASON_MAX; which++)
		if (!view->placed[chain->direction][which] && which != BR_SG_REASON_NO_RULE &&
		    reason(view, chain->direction, which)->packets)
			drop_row(view, chain, which, "all", "any", "");
	drop_row(view, chain, BR_SG_REASON_NO_RULE, "all", "any", "no rule matched");
}

static void ethertype_match(const struct port *port, const char *first, char *buf, size_t size)
{
	size_t i, n = snprintf(buf, size, "%s", first);

	for (i = 0; i < port->ethertypes.n && n < size; i++)
		n += snprintf(buf + n, size - n, " 0x%04x", port->ethertypes.v[i]);
}

static const char *dhcp_match(const struct port *port, char *buf, size_t size)
{
	char addr[ADDR_TEXT];
	size_t i, n;

	n = snprintf(buf, size, "udp spt:67 dpt:68 or spt:547 dpt:546");
	for (i = 0; port->dhcp.n > 1 && i < port->dhcp.n && n < size; i++)
		n += snprintf(buf + n, size - n, "%s%s", i ? "," : " from ",
			      addr_text(&port->dhcp.v[i], addr));
	return buf;
}

/* One row is all of a port that is off or trusted */
static bool open_port(const struct view *view, struct chain *chain)
{
	bool off = view->port->mode == BR_SG_PORT_OFF;

	if (view->port->mode == BR_SG_PORT_FILTER)
		return false;
	chain->policy = "ACCEPT";
	if (!chain->name[0])
		return true;
	accept_row(view, chain, off ? BR_SG_STEP_OFF : BR_SG_STEP_TRUSTED, "all", "any", "any",
		   off ? "port security is off" : "the port is trusted");
	return true;
}

static void ingress_chain(struct view *view, struct chain *chain)
{
	const struct port *port = view->port;
	char buf[256], addr[ADDR_TEXT];

	chain->name = "ingress";
	chain->direction = BR_SG_INGRESS;
	chain->policy = "DROP";
	if (open_port(view, chain))
		return;
	drop_row(view, chain, BR_SG_REASON_ZONE, "all", "any", "the port is blocked");
	drop_row(view, chain, BR_SG_REASON_MALFORMED, "all", "any", "");
	ethertype_match(port, "RARP", buf, sizeof(buf));
	accept_row(view, chain, BR_SG_STEP_ETHERTYPE, "all", "any", "any", buf);
	drop_row(view, chain, BR_SG_REASON_ETHERTYPE, "all", "any", "neither ARP nor IP");
	drop_row(view, chain, BR_SG_REASON_SOURCE, "all",
		 port->ips.n == 1 ? addr_text(&port->ips.v[0], addr) : "any",
		 port->ips.n == 1 ? "or the port's MAC" : "an own ip of the port, or its MAC");
	accept_row(view, chain, BR_SG_STEP_ARP, "arp", "any", "any", "");
	accept_row(view, chain, BR_SG_STEP_ND,
		   "icmpv6", "::/0", "::/0", "icmpv6 types 130,135,136");
	accept_row(view, chain, BR_SG_STEP_IGMP, "igmp", "0.0.0.0/0", "0.0.0.0/0", "igmp query");
	accept_row(view, chain, BR_SG_STEP_RA, "icmpv6", "fe80::/10", "::/0",
		   "icmpv6 type 134 hop limit 255");
	drop_row(view, chain, BR_SG_REASON_RA, "icmpv6", "::/0", "icmpv6 type 134");
	accept_row(view, chain, BR_SG_STEP_DHCP, "udp",
		   port->dhcp.n == 1 ? addr_text(&port->dhcp.v[0], addr) : "any", "any",
		   dhcp_match(port, buf, sizeof(buf)));
	tail_rows(view, chain);
}

/* Everything that egress counted behind its check of well-formedness */
static void count_all(const struct view *view, struct row *row)
{
	size_t i;

	row->derived = true;
	row->counted = true;
	for (i = 0; i < view->counters->n; i++) {
		const struct counter *c = &view->counters->v[i];

		if (c->direction == BR_SG_EGRESS && c->reason != BR_SG_REASON_ZONE &&
		    c->reason != BR_SG_REASON_MALFORMED &&
		    c->reason != BR_SG_REASON_UNCONFIGURED)
			count(row, c);
	}
}

/* IP frames that came through the source check by an address of the port */
static void count_paired(const struct view *view, struct row *row)
{
	static const uint8_t steps[] = {
		BR_SG_STEP_DHCP, BR_SG_STEP_ND, BR_SG_STEP_ESTABLISHED,
	};
	static const uint8_t reasons[] = {
		BR_SG_REASON_ND, BR_SG_REASON_RA, BR_SG_REASON_DHCP, BR_SG_REASON_INVALID,
		BR_SG_REASON_REVOKED, BR_SG_REASON_NO_RULE, BR_SG_REASON_CT_LIMIT,
	};
	size_t i;

	row->derived = true;
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		count(row, step(view, BR_SG_EGRESS, steps[i]));
	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		count(row, reason(view, BR_SG_EGRESS, reasons[i]));
	for (i = 0; i < view->counters->n && view->counters->v[i].group; i++)
		if (view->counters->v[i].direction == BR_SG_EGRESS)
			count(row, &view->counters->v[i]);
}

static void egress_chain(struct view *view, struct chain *chain)
{
	const struct port *port = view->port;
	char buf[256];

	chain->name = "egress";
	chain->direction = BR_SG_EGRESS;
	chain->policy = "DROP";
	if (open_port(view, chain))
		return;
	drop_row(view, chain, BR_SG_REASON_ZONE, "all", "any", "the port is blocked");
	drop_row(view, chain, BR_SG_REASON_MALFORMED, "all", "any", "");
	count_all(view, add_row(chain, "spoof", "all", "any", "any", "%s", ""));
	view->placed[BR_SG_EGRESS][BR_SG_REASON_MAC] = true;
	view->placed[BR_SG_EGRESS][BR_SG_REASON_SOURCE] = true;
	ethertype_match(port, "RARP", buf, sizeof(buf));
	accept_row(view, chain, BR_SG_STEP_ETHERTYPE, "all", "any", "any", buf);
	drop_row(view, chain, BR_SG_REASON_ETHERTYPE, "all", "any", "neither ARP nor IP");
	accept_row(view, chain, BR_SG_STEP_ARP, "arp", "any", "any", "of an address of the port");
	drop_row(view, chain, BR_SG_REASON_ARP, "arp", "any", "");
	drop_row(view, chain, BR_SG_REASON_ND, "icmpv6", "::/0", "ND in another's name");
	drop_row(view, chain, BR_SG_REASON_RA, "all", "any",
		 "icmpv6 types 134,137 or icmp type 5");
	drop_row(view, chain, BR_SG_REASON_DHCP, "udp", "any",
		 "udp spt:67 dpt:68 or spt:547 dpt:546");
	accept_row(view, chain, BR_SG_STEP_DHCP_UNSPEC, "udp", "0.0.0.0", "255.255.255.255",
		   "udp spt:68 dpt:67");
	accept_row(view, chain, BR_SG_STEP_DHCP, "udp", "any", "any",
		   "udp spt:68 dpt:67 or spt:546 dpt:547");
	accept_row(view, chain, BR_SG_STEP_ND_UNSPEC, "icmpv6", "::", "ff02::/16",
		   "icmpv6 types 131,135,143");
	accept_row(view, chain, BR_SG_STEP_ND, "icmpv6", "::/0", "::/0",
		   "icmpv6 types 131,132,133,135,136,143");
	tail_rows(view, chain);
}

static void address_row(struct chain *chain, const char *source, const uint8_t *mac,
			const char *note)
{
	char buf[MAC_TEXT];

	add_row(chain, "RETURN", "all", source, "any", "MAC %s%s", mac_text(mac, buf), note);
}

static void link_local_row(struct chain *chain, const uint8_t *mac)
{
	struct addr a = { .family = AF_INET6, .len = 128 };
	char buf[ADDR_TEXT];

	a.b[0] = 0xfe;
	a.b[1] = 0x80;
	a.b[8] = mac[0] ^ 2;
	a.b[9] = mac[1];
	a.b[10] = mac[2];
	a.b[11] = 0xff;
	a.b[12] = 0xfe;
	a.b[13] = mac[3];
	a.b[14] = mac[4];
	a.b[15] = mac[5];
	address_row(chain, addr_text(&a, buf), mac, " link-local");
}

static void spoof_chain(struct view *view, struct chain *chain)
{
	const struct port *port = view->port;
	size_t i, k, n = port->ips.n + port->pairs.n;
	char buf[ADDR_TEXT];
	struct row *row;

	chain->name = "spoof";
	chain->direction = BR_SG_EGRESS;
	if (port->mode != BR_SG_PORT_FILTER)
		return;
	drop_row(view, chain, BR_SG_REASON_MAC, "all", "any", "not a MAC of the port");
	row = add_row(chain, "RETURN", "all", "-", "-", "ARP and other ethertypes: no IP source");
	row->derived = true;
	count(row, step(view, BR_SG_EGRESS, BR_SG_STEP_ETHERTYPE));
	count(row, step(view, BR_SG_EGRESS, BR_SG_STEP_ARP));
	count(row, reason(view, BR_SG_EGRESS, BR_SG_REASON_ETHERTYPE));
	count(row, reason(view, BR_SG_EGRESS, BR_SG_REASON_ARP));
	row = add_row(chain, "RETURN", "udp", "0.0.0.0", "255.255.255.255", "udp spt:68 dpt:67");
	row->derived = true;
	count(row, step(view, BR_SG_EGRESS, BR_SG_STEP_DHCP_UNSPEC));
	row = add_row(chain, "RETURN", "icmpv6", "::", "ff02::/16", "icmpv6 types 131,135,143");
	row->derived = true;
	count(row, step(view, BR_SG_EGRESS, BR_SG_STEP_ND_UNSPEC));
	if (port->any_source)
		n = 0;
	if (n != 1) {
		row = add_row(chain, "RETURN", "all", "any", "any", "any of the addresses below");
		count_paired(view, row);
	}
	if (port->any_source)
		address_row(chain, "any", port->mac, ", but not ND");
	for (i = 0; i < port->ips.n; i++)
		address_row(chain, addr_text(&port->ips.v[i], buf), port->mac, "");
	for (i = 0; i < port->pairs.n; i++)
		address_row(chain, addr_text(&port->pairs.v[i].a, buf),
			    port->pairs.v[i].has_mac ? port->pairs.v[i].mac : port->mac, "");
	if (n == 1) {
		row = &chain->rows.v[chain->rows.n - 1];
		count_paired(view, row);
		snprintf(row->match + strlen(row->match), sizeof(row->match) - strlen(row->match),
			 ", with the link-local below");
	}
	link_local_row(chain, port->mac);
	for (i = 0; i < port->pairs.n; i++) {
		const struct pair *pair = &port->pairs.v[i];

		for (k = 0; k < i; k++)
			if (port->pairs.v[k].has_mac && !memcmp(port->pairs.v[k].mac, pair->mac, 6))
				break;
		if (pair->has_mac && k == i && memcmp(pair->mac, port->mac, 6))
			link_local_row(chain, pair->mac);
	}
	drop_row(view, chain, BR_SG_REASON_SOURCE, "all", "any", "not an address of that MAC");
}

static void widen(int *width, const char *text)
{
	if ((int)strlen(text) > *width)
		*width = strlen(text);
}

static const char *decimal(const struct row *row, uint64_t value, char *buf, size_t size)
{
	if (row->counted)
		snprintf(buf, size, "%ju", (uintmax_t)value);
	else
		snprintf(buf, size, "-");
	return buf;
}

/* A column: its text is padded, its JSON is not */
static void print_column(struct print *p, const char *key, int width, const char *text)
{
	char fmt[16];

	snprintf(fmt, sizeof(fmt), width ? "%%-%ds " : "%%s", width);
	print_str(p, key, fmt, text);
}

static void print_count(struct print *p, const char *key, int width, const struct row *row,
			uint64_t value)
{
	char fmt[16], dash[32];

	if (row->counted) {
		snprintf(fmt, sizeof(fmt), "%%%dju ", width);
		print_uint(p, key, fmt, value);
	} else {
		snprintf(dash, sizeof(dash), "%*s ", width, "-");
		print_null(p, key, dash);
	}
}

static void print_row(struct print *p, const struct row *row, size_t num, const int *w)
{
	const char *color = *row->target == 'D' ? "\033[31m" :
			    *row->target == 'A' ? "\033[32m" : "";

	print_object(p, NULL);
	print_uint(p, "num", "%-4ju ", num);
	print_count(p, "packets", w[0], row, row->packets);
	print_count(p, "bytes", w[1], row, row->bytes);
	print_text(p, "%s", p->color ? color : "");
	print_column(p, "target", w[2], row->target);
	print_text(p, "%s", p->color && *color ? "\033[0m" : "");
	print_column(p, "proto", w[3], row->proto);
	print_column(p, "source", w[4], row->source);
	print_column(p, "destination", *row->match ? w[5] : 0, row->destination);
	print_str(p, "match", "%s", row->match);
	if (row->step)
		print_str(p, "step", NULL, step_name(row->step));
	if (row->reason)
		print_str(p, "reason", NULL, reason_name(row->reason));
	if (row->group) {
		print_str(p, "group", NULL, row->group);
		print_uint(p, "id", NULL, row->id);
	}
	print_bool(p, "derived", NULL, row->derived);
	print_text(p, "\n");
	print_close(p);
}

static void print_chain(struct print *p, const struct view *view, const struct chain *chain)
{
	const struct counter *rest = reason(view, chain->direction, BR_SG_REASON_NO_RULE);
	int w[6] = { 4, 5, 6, 4, 8, 11 };
	char buf[24];
	size_t i;

	if (view->port->mode != BR_SG_PORT_FILTER)
		rest = &none;
	for (i = 0; i < chain->rows.n; i++) {
		const struct row *row = &chain->rows.v[i];

		widen(&w[0], decimal(row, row->packets, buf, sizeof(buf)));
		widen(&w[1], decimal(row, row->bytes, buf, sizeof(buf)));
		widen(&w[2], row->target);
		widen(&w[3], row->proto);
		widen(&w[4], row->source);
		widen(&w[5], row->destination);
	}
	print_object(p, NULL);
	print_str(p, "name", "Chain %s", chain->name);
	print_text(p, " (port %s, ", view->port->dev);
	if (chain->policy) {
		print_str(p, "policy", "policy %s", chain->policy);
		print_uint(p, "packets", " %ju packets", rest->packets);
		print_uint(p, "bytes", ", %ju bytes)\n", rest->bytes);
	} else {
		print_text(p, "from chain egress)\n");
	}
	print_text(p, "%-4s %*s %*s %-*s %-*s %-*s %-*s match\n", "num", w[0], "pkts", w[1],
		   "bytes", w[2], "target", w[3], "prot", w[4], "source", w[5], "destination");
	print_array(p, "rows");
	for (i = 0; i < chain->rows.n; i++)
		print_row(p, &chain->rows.v[i], i + 1, w);
	print_close(p);
	print_close(p);
}

static int read_all(struct ctx *ctx, struct conf *conf, struct counters *counters,
		    const char *name, struct port **port)
{
	struct conf one = { 0 };
	struct port *found;
	char why[400];
	int rc;

	rc = nl_read_port(&ctx->nl, &one, name, &ctx->in, &found);
	if (!rc && found->held) {
		err_src(&ctx->in, 0, name, "device \"%s\" is no port and all its frames are dropped: %s",
			found->dev, port_why(found, why, sizeof(why)));
		rc = RC_REFUSED;
	}
	if (!rc)
		rc = nl_read(&ctx->nl, conf, READ_GROUPS | READ_RULES | READ_PORTS, &ctx->in);
	if (!rc) {
		*port = conf_port(conf, found->dev, false);
		if (!*port) {
			err_src(&ctx->in, 0, NULL, "port \"%s\" was removed meanwhile", found->dev);
			rc = RC_REFUSED;
		}
	}
	conf_free(&one);
	return rc ? rc : nl_counters(&ctx->nl, counters, (*port)->dev, false, &ctx->in);
}

int cmd_port_chains(struct ctx *ctx)
{
	struct chain chains[3] = { { 0 } };
	struct counters counters = { 0 };
	struct conf conf = { 0 };
	struct view view = { 0 };
	struct port *port = NULL;
	char buf[UUID_TEXT];
	const char *name;
	struct print p;
	size_t i;
	int rc;

	name = take(&ctx->in);
	if (!name)
		return err_word(&ctx->in, ctx->in.at, "the port is missing: DEV or UUID");
	rc = no_more_words(&ctx->in);
	if (!rc)
		rc = ctx_open(ctx);
	if (!rc)
		rc = read_all(ctx, &conf, &counters, name, &port);
	if (rc)
		goto out;
	view.conf = &conf;
	view.port = port;
	index_counters(&view, &counters);
	ingress_chain(&view, &chains[0]);
	egress_chain(&view, &chains[1]);
	spoof_chain(&view, &chains[2]);
	ctx_print(ctx, &p);
	print_object(&p, NULL);
	print_str(&p, "port", NULL, port->dev);
	if (port->has_uuid)
		print_str(&p, "uuid", NULL, uuid_text(port->uuid, buf));
	print_array(&p, "chains");
	for (i = 0; i < ARRAY_SIZE(chains); i++) {
		print_text(&p, "%s", i ? "\n" : "");
		print_chain(&p, &view, &chains[i]);
		vec_free(&chains[i].rows);
	}
	print_close(&p);
	print_close(&p);
	rc = print_end(&p);
out:
	counters_free(&counters);
	conf_free(&conf);
	return rc;
}
