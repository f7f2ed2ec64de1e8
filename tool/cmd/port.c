// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Show: ports, with their counters
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

static const char *const reasons[] = {
	[BR_SG_REASON_UNCONFIGURED] = "unconfigured",
	[BR_SG_REASON_ZONE] = "zone",
	[BR_SG_REASON_MALFORMED] = "malformed",
	[BR_SG_REASON_MAC] = "mac",
	[BR_SG_REASON_ETHERTYPE] = "ethertype",
	[BR_SG_REASON_ARP] = "arp",
	[BR_SG_REASON_SOURCE] = "source",
	[BR_SG_REASON_ND] = "nd",
	[BR_SG_REASON_RA] = "ra",
	[BR_SG_REASON_DHCP] = "dhcp",
	[BR_SG_REASON_INVALID] = "invalid",
	[BR_SG_REASON_REVOKED] = "revoked",
	[BR_SG_REASON_NO_RULE] = "no-rule",
	[BR_SG_REASON_CT_LIMIT] = "ct-limit",
};

static const char *const steps[] = {
	[BR_SG_STEP_OFF] = "off",
	[BR_SG_STEP_TRUSTED] = "trusted",
	[BR_SG_STEP_ETHERTYPE] = "ethertype",
	[BR_SG_STEP_ARP] = "arp",
	[BR_SG_STEP_DHCP_UNSPEC] = "dhcp-unspec",
	[BR_SG_STEP_DHCP] = "dhcp",
	[BR_SG_STEP_ND_UNSPEC] = "nd-unspec",
	[BR_SG_STEP_ND] = "nd",
	[BR_SG_STEP_IGMP] = "igmp",
	[BR_SG_STEP_RA] = "ra",
	[BR_SG_STEP_ESTABLISHED] = "established",
};

const char *reason_name(uint8_t reason)
{
	return reason < ARRAY_SIZE(reasons) && reasons[reason] ? reasons[reason] : "unknown";
}

const char *step_name(uint8_t step)
{
	return step < ARRAY_SIZE(steps) && steps[step] ? steps[step] : "unknown";
}

const char *port_state_name(uint8_t state)
{
	static const char *const names[] = {
		[BR_SG_PORT_WAITING] = "waiting",
		[BR_SG_PORT_UNBRIDGED] = "unbridged",
		[BR_SG_PORT_ACTIVE] = "active",
		[BR_SG_PORT_BLOCKED] = "blocked",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

const char *port_cause_name(uint8_t cause)
{
	static const char *const names[] = {
		[BR_SG_PORT_CAUSE_ZONE] = "zone",
		[BR_SG_PORT_CAUSE_VLAN] = "vlan-filtering",
		[BR_SG_PORT_CAUSE_MEMORY] = "memory",
		[BR_SG_PORT_CAUSE_DEFAULT] = "default",
		[BR_SG_PORT_CAUSE_RENAMED] = "renamed",
	};

	return cause < ARRAY_SIZE(names) && names[cause] ? names[cause] : "unknown";
}

const char *port_why(const struct port *port, char *buf, size_t size)
{
	const char *bridge = port->bridge ? port->bridge : "its bridge";

	if (port->state != BR_SG_PORT_BLOCKED)
		return NULL;
	switch (port->cause) {
	case BR_SG_PORT_CAUSE_ZONE:
		snprintf(buf, size,
			 "zone %u cannot be the zone of %s: another port of it or another bridge has one already; see sgctl status, and name one zone for all ports of a bridge or none",
			 port->zone, bridge);
		break;
	case BR_SG_PORT_CAUSE_VLAN:
		snprintf(buf, size,
			 "%s filters VLANs, whose connections conntrack would mix: ip link set %s type bridge vlan_filtering 0",
			 bridge, port->bridge ? port->bridge : "BRIDGE");
		break;
	case BR_SG_PORT_CAUSE_MEMORY:
		snprintf(buf, size,
			 "there was no memory to follow its device: any change of the configuration tries again");
		break;
	case BR_SG_PORT_CAUSE_DEFAULT:
		snprintf(buf, size,
			 "no port line names it and a \"default drop\" matches it: sgctl port add %s ... guards it, sgctl default show lists the patterns",
			 port->dev);
		break;
	case BR_SG_PORT_CAUSE_RENAMED:
		snprintf(buf, size,
			 "no port line names it, and it was a port under another name: name it back, or sgctl port add %s ...",
			 port->dev);
		break;
	default:
		snprintf(buf, size, "the module says no cause that sgctl knows: dmesg may");
		break;
	}
	return buf;
}

void print_counter(struct print *p, const struct counter *c)
{
	print_object(p, NULL);
	print_str(p, "direction", "    %-8s", direction_name(c->direction));
	if (c->group) {
		print_str(p, "target", " %s", "ACCEPT");
		print_str(p, "group", " rule %s", c->group);
		print_uint(p, "id", " id %ju", c->id);
	} else if (c->reason) {
		print_str(p, "target", " %s", "DROP");
		print_str(p, "reason", " [%s]", reason_name(c->reason));
	} else {
		print_str(p, "target", " %s", "ACCEPT");
		print_str(p, "step", " %s", step_name(c->step));
	}
	print_uint(p, "packets", ": %ju packets", c->packets);
	print_uint(p, "bytes", ", %ju bytes\n", c->bytes);
	print_close(p);
}

/* Zeros are in the JSON only. A port's counters follow each other */
static void show_counters(struct print *p, const struct port *port,
			  const struct counters *counters, const struct names *firsts)
{
	const struct counter *c = names_get(firsts, port->dev);

	print_array(p, "counters");
	for (; c && c < counters->v + counters->n && !strcmp(c->dev, port->dev); c++)
		if (p->json || c->packets)
			print_counter(p, c);
	print_close(p);
}

static void show_lists(struct print *p, const struct port *port)
{
	char buf[ADDR_TEXT], mac[MAC_TEXT];
	size_t i;

	print_array(p, "ips");
	for (i = 0; i < port->ips.n; i++)
		print_str(p, NULL, "    ip %s\n", addr_text(&port->ips.v[i], buf));
	print_close(p);
	print_array(p, "pairs");
	for (i = 0; i < port->pairs.n; i++) {
		print_object(p, NULL);
		print_str(p, "address", "    pair %s", addr_text(&port->pairs.v[i].a, buf));
		if (port->pairs.v[i].has_mac)
			print_str(p, "mac", " mac %s", mac_text(port->pairs.v[i].mac, mac));
		print_text(p, "\n");
		print_close(p);
	}
	print_close(p);
	print_array(p, "groups");
	for (i = 0; i < port->groups.n; i++)
		print_str(p, NULL, "    group %s\n", port->groups.v[i].name);
	print_close(p);
	print_array(p, "dhcp_servers");
	for (i = 0; i < port->dhcp.n; i++)
		print_str(p, NULL, "    dhcp-server %s\n", addr_text(&port->dhcp.v[i], buf));
	print_close(p);
	print_array(p, "ethertypes");
	for (i = 0; i < port->ethertypes.n; i++)
		print_uint(p, NULL, "    ethertype 0x%04jx\n", port->ethertypes.v[i]);
	print_close(p);
}

static void show_port(struct ctx *ctx, struct print *p, const struct port *port,
		      const struct counters *counters, const struct names *firsts)
{
	char buf[UUID_TEXT], text[400];
	const char *why = port_why(port, text, sizeof(text));

	print_object(p, NULL);
	print_str(p, "dev", port->held ? "device %s:" : "port %s:", port->dev);
	print_str(p, "state", " %s", port_state_name(port->state));
	if (port->bridge)
		print_str(p, "bridge", " on bridge %s", port->bridge);
	/* What is blocked uses none */
	if (port->zone_used && !why)
		print_uint(p, "zone_used", " in zone %ju", port->zone_used);
	print_text(p, "\n");
	if (why) {
		print_str(p, "cause", "    %s: ", port_cause_name(port->cause));
		print_str(p, "why", "%s\n", why);
	}
	if (port->held) {
		print_uint(p, "ifindex", "    ifindex %ju\n", port->ifindex);
		print_close(p);
		return;
	}
	if (port->has_uuid)
		print_str(p, "uuid", "    uuid %s\n", uuid_text(port->uuid, buf));
	if (port->has_mac)
		print_str(p, "mac", "    mac %s\n", mac_text(port->mac, buf));
	print_str(p, "mode", port->mode == BR_SG_PORT_FILTER ? NULL : "    %s\n",
		  mode_name(port->mode));
	show_lists(p, port);
	if (port->zone)
		print_uint(p, "zone", "    zone %ju\n", port->zone);
	if (port->ct_limit)
		print_uint(p, "ct_limit", "    ct-limit %ju\n", port->ct_limit);
	if (port->any_source)
		print_bool(p, "any_source", "    any-source\n", true);
	print_bool(p, "strict", "    strict\n", port->strict);
	if (port->ifindex)
		print_uint(p, "ifindex", "    ifindex %ju\n", port->ifindex);
	if (port->serial) {
		print_uint(p, "serial", "    serial %ju", port->serial);
		print_uint(p, "policy_version", " policy version %ju\n", port->policy_version);
	}
	if (port->ct_limit_used) {
		print_uint(p, "ct_entries", "    conntrack entries %ju", port->ct_entries);
		print_uint(p, "ct_limit_used", " of %ju\n", port->ct_limit_used);
	}
	if (ctx->stats)
		show_counters(p, port, counters, firsts);
	print_close(p);
}

int cmd_port_show(struct ctx *ctx)
{
	const char *name = take(&ctx->in);
	struct counters counters = { 0 };
	struct conf conf = { 0 };
	struct names firsts = { 0 };
	struct port *one = NULL;
	struct print p;
	size_t i;
	int rc;

	rc = no_more_words(&ctx->in);
	if (!rc)
		rc = ctx_open(ctx);
	if (!rc && name)
		rc = nl_read_port(&ctx->nl, &conf, name, &ctx->in, &one);
	else if (!rc)
		rc = nl_read(&ctx->nl, &conf, READ_PORTS, &ctx->in);
	if (!rc && ctx->stats && !(one && one->held))
		rc = nl_counters(&ctx->nl, &counters, one ? one->dev : NULL, false,
				 &ctx->in);
	for (i = 0; i < counters.n; i++)
		if (!i || strcmp(counters.v[i].dev, counters.v[i - 1].dev))
			names_put(&firsts, counters.v[i].dev, &counters.v[i]);
	if (!rc) {
		ctx_print(ctx, &p);
		print_array(&p, NULL);
		for (i = 0; i < conf.ports.n; i++)
			show_port(ctx, &p, conf.ports.v[i], &counters, &firsts);
		print_close(&p);
		rc = print_end(&p);
	}
	names_free(&firsts);
	counters_free(&counters);
	conf_free(&conf);
	return rc;
}
