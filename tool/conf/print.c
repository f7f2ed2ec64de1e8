// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text and JSON from the same call
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/print.h"

void print_begin(struct print *p, FILE *out, bool json, bool pretty)
{
	memset(p, 0, sizeof(*p));
	p->out = out;
	p->json = json;
	p->pretty = pretty;
	p->color = !json && color_on(out);
}

/* Writes what was built. An output that can't be written is an error */
int print_end(struct print *p)
{
	bool failed = p->failed;

	errno = 0;
	if (p->json && p->stack[0]) {
		failed |= json_dumpf(p->stack[0], p->out, JSON_PRESERVE_ORDER |
				     (p->pretty ? JSON_INDENT(4) : JSON_COMPACT)) < 0;
		fputc('\n', p->out);
		json_decref(p->stack[0]);
		p->stack[0] = NULL;
	}
	if (fflush(p->out) || ferror(p->out))
		return err_plain("output: %s", strerror(errno ? errno : EIO));
	if (failed)
		return err_plain("output: the JSON is not whole: no memory, or it holds what JSON cannot");
	return RC_OK;
}

static void put(struct print *p, const char *key, json_t *value)
{
	json_t *in = p->depth ? p->stack[p->depth - 1] : NULL;

	if (!in)
		p->stack[0] = value;
	else if (json_is_array(in))
		p->failed |= json_array_append_new(in, value) < 0;
	else
		p->failed |= json_object_set_new_nocheck(in, key, value) < 0;
	p->failed |= !value;
}

static void open_json(struct print *p, const char *key, json_t *value)
{
	put(p, key, value);
	p->stack[p->depth++] = value;
}

void print_object(struct print *p, const char *key)
{
	if (p->json)
		open_json(p, key, json_object());
}

void print_array(struct print *p, const char *key)
{
	if (p->json)
		open_json(p, key, json_array());
}

void print_close(struct print *p)
{
	if (p->json)
		p->depth--;
}

void print_text(struct print *p, const char *fmt, ...)
{
	va_list ap;

	if (p->json)
		return;
	va_start(ap, fmt);
	vfprintf(p->out, fmt, ap);
	va_end(ap);
}

void print_str(struct print *p, const char *key, const char *fmt, const char *value)
{
	char *escaped = NULL;

	if (!is_plain(value, true)) {
		escaped = xmalloc(ESCAPED(strlen(value)));
		escape(escaped, value, true);
		value = escaped;
	}
	if (p->json)
		put(p, key, json_string_nocheck(value));
	else if (fmt)
		fprintf(p->out, fmt, value);
	free(escaped);
}

/* The format's conversion is %ju */
void print_uint(struct print *p, const char *key, const char *fmt, uint64_t value)
{
	if (p->json)
		put(p, key, json_integer(value));
	else if (fmt)
		fprintf(p->out, fmt, (uintmax_t)value);
}

/* The text only where it is true */
void print_bool(struct print *p, const char *key, const char *text, bool value)
{
	if (p->json)
		put(p, key, json_boolean(value));
	else if (text && value)
		fputs(text, p->out);
}

void print_null(struct print *p, const char *key, const char *text)
{
	if (p->json)
		put(p, key, json_null());
	else if (text)
		fputs(text, p->out);
}

const char *mode_name(uint8_t mode)
{
	return mode == BR_SG_PORT_OFF ? "off" :
	       mode == BR_SG_PORT_TRUSTED ? "trusted" : "filter";
}

const char *direction_name(uint8_t direction)
{
	return direction == BR_SG_EGRESS ? "egress" : "ingress";
}

static void print_addr(struct print *p, const char *key, const char *fmt,
		       const struct addr *a)
{
	char buf[ADDR_TEXT];

	print_str(p, key, fmt, addr_text(a, buf));
}

void print_default(struct print *p, const struct defpat *d)
{
	print_object(p, NULL);
	print_str(p, "verdict", "default %s",
		  d->verdict == BR_SG_DEFAULT_DROP ? "drop" : "accept");
	print_str(p, "pattern", " %s\n", d->pattern);
	print_close(p);
}

static void print_addrs(struct print *p, const char *key, const struct item *v, size_t n)
{
	size_t i;

	print_array(p, key);
	for (i = 0; i < n; i++)
		print_addr(p, NULL, " %s", &v[i].a);
	print_close(p);
}

void print_addrs_line(struct print *p, const char *command, const char *owner,
		      const struct item *v, size_t n)
{
	print_text(p, "%s %s", command, owner);
	print_addrs(p, "addresses", v, n);
	print_text(p, "\n");
}

/* The fields of a rule: "ingress proto tcp dport 22 id 3" */
void print_rule_fields(struct print *p, const struct rule *rule)
{
	print_str(p, "direction", " %s", direction_name(rule->direction));
	if (rule->family)
		print_str(p, "family", rule_implied_family(rule) ? NULL : " %s",
			  rule->family == AF_INET ? "ipv4" : "ipv6");
	if (rule->proto) {
		const char *name = proto_name(rule->proto);

		if (name)
			print_str(p, "proto", " proto %s", name);
		else
			print_uint(p, "proto", " proto %ju", rule->proto);
	}
	if (rule->has_ports) {
		print_uint(p, "dport_min", " dport %ju", rule->port_min);
		print_uint(p, "dport_max",
			   rule->port_min == rule->port_max ? NULL : "-%ju", rule->port_max);
	}
	if (rule->icmp_type >= 0)
		print_uint(p, "icmp_type", " icmp %ju", rule->icmp_type);
	if (rule->icmp_code >= 0)
		print_uint(p, "icmp_code", "/%ju", rule->icmp_code);
	if (rule->remote == REMOTE_PREFIX)
		print_addr(p, "remote", " remote %s", &rule->prefix);
	else if (rule->remote == REMOTE_GROUP)
		print_str(p, "remote_group", " remote group %s", rule->remote_name);
	else if (rule->remote == REMOTE_SET)
		print_str(p, "remote_set", " remote set %s", rule->remote_name);
	if (rule->id)
		print_uint(p, "id", " id %ju", rule->id);
}

void print_rule_line(struct print *p, const char *group, const struct rule *rule)
{
	print_text(p, "rule add %s", group);
	print_rule_fields(p, rule);
	print_text(p, "\n");
}

void print_port_fields(struct print *p, const struct port *port)
{
	char buf[UUID_TEXT];
	size_t i;

	if (port->has_uuid)
		print_str(p, "uuid", " uuid %s", uuid_text(port->uuid, buf));
	if (port->has_mac)
		print_str(p, "mac", " mac %s", mac_text(port->mac, buf));
	print_array(p, "ips");
	for (i = 0; i < port->ips.n; i++)
		print_addr(p, NULL, " ip %s", &port->ips.v[i]);
	print_close(p);
	print_array(p, "pairs");
	for (i = 0; i < port->pairs.n; i++) {
		print_object(p, NULL);
		print_addr(p, "address", " pair %s", &port->pairs.v[i].a);
		if (port->pairs.v[i].has_mac)
			print_str(p, "mac", " mac %s", mac_text(port->pairs.v[i].mac, buf));
		print_close(p);
	}
	print_close(p);
	print_array(p, "groups");
	for (i = 0; i < port->groups.n; i++)
		print_str(p, NULL, " group %s", port->groups.v[i].name);
	print_close(p);
	print_array(p, "dhcp_servers");
	for (i = 0; i < port->dhcp.n; i++)
		print_addr(p, NULL, " dhcp-server %s", &port->dhcp.v[i]);
	print_close(p);
	print_array(p, "ethertypes");
	for (i = 0; i < port->ethertypes.n; i++)
		print_uint(p, NULL, " ethertype 0x%04jx", port->ethertypes.v[i]);
	print_close(p);
	if (port->zone)
		print_uint(p, "zone", " zone %ju", port->zone);
	if (port->ct_limit)
		print_uint(p, "ct_limit", " ct-limit %ju", port->ct_limit);
	if (port->any_source)
		print_bool(p, "any_source", " any-source", true);
	print_bool(p, "strict", " strict", port->strict);
	print_str(p, "mode", port->mode == BR_SG_PORT_FILTER ? NULL : " %s",
		  mode_name(port->mode));
}

void print_port_line(struct print *p, const struct port *port)
{
	print_str(p, "dev", "port add %s", port->dev);
	print_port_fields(p, port);
	print_text(p, "\n");
}

#define MEMBERS_PER_LINE	8

static void print_group(struct print *p, const struct group *group)
{
	size_t i, n;

	print_object(p, NULL);
	print_str(p, "name", "group add %s", group->name);
	print_bool(p, "stateless", " stateless", group->stateless);
	print_text(p, "\n");
	print_array(p, "members");
	for (i = 0; i < group->members.n; i += n) {
		size_t k;

		n = group->members.n - i;
		if (n > MEMBERS_PER_LINE)
			n = MEMBERS_PER_LINE;
		print_text(p, "member add %s", group->name);
		for (k = i; k < i + n; k++)
			print_addr(p, NULL, " %s", &group->members.v[k].a);
		print_text(p, "\n");
	}
	print_close(p);
	print_array(p, "rules");
	for (i = 0; i < group->rules.n; i++) {
		print_object(p, NULL);
		print_rule_line(p, group->name, &group->rules.v[i]);
		print_close(p);
	}
	print_close(p);
	print_close(p);
}

/* The canonical file, or the same as JSON */
void print_conf(struct print *p, const struct conf *conf)
{
	size_t i;

	print_object(p, NULL);
	print_object(p, "br_sg");
	print_uint(p, "version", NULL, 1);
	print_close(p);
	print_array(p, "defaults");
	for (i = 0; i < conf->defaults.n; i++)
		print_default(p, conf->defaults.v[i]);
	print_close(p);
	print_array(p, "sets");
	for (i = 0; i < conf->sets.n; i++) {
		const struct set *set = conf->sets.v[i];

		print_object(p, NULL);
		print_str(p, "name", "set add %s", set->name);
		print_addrs(p, "addresses", set->addrs.v, set->addrs.n);
		print_text(p, "\n");
		print_close(p);
	}
	print_close(p);
	print_array(p, "groups");
	for (i = 0; i < conf->groups.n; i++)
		print_group(p, conf->groups.v[i]);
	print_close(p);
	print_array(p, "ports");
	for (i = 0; i < conf->ports.n; i++) {
		print_object(p, NULL);
		print_port_line(p, conf->ports.v[i]);
		print_close(p);
	}
	print_close(p);
	print_close(p);
}
