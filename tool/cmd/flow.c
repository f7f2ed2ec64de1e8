// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Show: flows, the conntrack entries that ports have judged
 */
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cmd/cmd.h"

#define COLUMNS		7

/* A line's columns, as text */
struct line {
	char proto[12], source[PEER_TEXT], destination[PEER_TEXT];
	char state[32], status[12], timeout[12], zone[8];
};

static const char *const titles[COLUMNS] = {
	"proto", "source", "destination", "state", "status", "timeout", "zone",
};

static const char *tcp_state_name(uint8_t state)
{
	static const char *const names[] = {
		[TCP_CONNTRACK_NONE] = "NONE",
		[TCP_CONNTRACK_SYN_SENT] = "SYN_SENT",
		[TCP_CONNTRACK_SYN_RECV] = "SYN_RECV",
		[TCP_CONNTRACK_ESTABLISHED] = "ESTABLISHED",
		[TCP_CONNTRACK_FIN_WAIT] = "FIN_WAIT",
		[TCP_CONNTRACK_CLOSE_WAIT] = "CLOSE_WAIT",
		[TCP_CONNTRACK_LAST_ACK] = "LAST_ACK",
		[TCP_CONNTRACK_TIME_WAIT] = "TIME_WAIT",
		[TCP_CONNTRACK_CLOSE] = "CLOSE",
		[TCP_CONNTRACK_SYN_SENT2] = "SYN_SENT2",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

/* conntrack's three, one word */
static const char *status_name(const struct flow *flow)
{
	return flow->assured ? "assured" : flow->seen_reply ? "answered" : "unanswered";
}

void peer_text(char *buf, const struct flow_tuple *t, const struct addr *a, uint16_t port)
{
	char addr[ADDR_TEXT];

	addr_text(a, addr);
	if (!t->has_ports)
		snprintf(buf, PEER_TEXT, "%s", addr);
	else
		snprintf(buf, PEER_TEXT, a->family == AF_INET6 ? "[%s]:%u" : "%s:%u", addr, port);
}

void proto_text(char *buf, size_t size, uint8_t proto)
{
	const char *name = proto_name(proto);

	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "%u", proto);
}

static void line_of(struct line *line, const struct flow *flow)
{
	const struct flow_tuple *t = &flow->original;

	proto_text(line->proto, sizeof(line->proto), flow->proto);
	peer_text(line->source, t, &t->src, t->sport);
	peer_text(line->destination, t, &t->dst, t->dport);
	if (flow->has_state)
		snprintf(line->state, sizeof(line->state), "%s", tcp_state_name(flow->tcp_state));
	else if (t->has_icmp)
		snprintf(line->state, sizeof(line->state), "%u/%u id %u", t->icmp_type,
			 t->icmp_code, t->icmp_id);
	else
		snprintf(line->state, sizeof(line->state), "-");
	snprintf(line->status, sizeof(line->status), "%s", status_name(flow));
	snprintf(line->timeout, sizeof(line->timeout), "%u", flow->timeout);
	snprintf(line->zone, sizeof(line->zone), "%u", flow->zone);
}

static const char *column(const struct line *line, unsigned int i)
{
	const char *const columns[COLUMNS] = {
		line->proto, line->source, line->destination, line->state, line->status,
		line->timeout, line->zone,
	};

	return columns[i];
}

void print_tuple_fields(struct print *p, const struct flow_tuple *t, bool id)
{
	char addr[ADDR_TEXT];

	print_str(p, "source", NULL, addr_text(&t->src, addr));
	print_str(p, "destination", NULL, addr_text(&t->dst, addr));
	if (t->has_ports) {
		print_uint(p, "sport", NULL, t->sport);
		print_uint(p, "dport", NULL, t->dport);
	}
	if (t->has_icmp) {
		print_uint(p, "icmp_type", NULL, t->icmp_type);
		print_uint(p, "icmp_code", NULL, t->icmp_code);
		if (id)
			print_uint(p, "icmp_id", NULL, t->icmp_id);
	}
}

static void print_tuple(struct print *p, const char *key, const struct flow_tuple *t)
{
	print_object(p, key);
	print_tuple_fields(p, t, true);
	print_close(p);
}

static void print_end_of(struct print *p, const struct flow_end *end)
{
	print_object(p, NULL);
	print_str(p, "port", "  %s", end->dev);
	print_str(p, "direction", " %s", direction_name(end->direction));
	if (end->group) {
		print_str(p, "group", " rule %s", end->group);
		print_uint(p, "id", " id %ju", end->id);
	}
	print_text(p, "%s", end->revoked && p->color ? "\033[31m" : "");
	print_bool(p, "revoked", " [revoked]", end->revoked);
	print_text(p, "%s", end->revoked && p->color ? "\033[0m" : "");
	print_uint(p, "policy_version", " version %ju", end->version);
	print_bool(p, "again", " [again]", end->again);
	print_bool(p, "counted", " [counted]", end->counted);
	print_close(p);
}

static void print_flow(struct print *p, const struct flow *flow, const int *widths)
{
	struct line line;
	unsigned int i;

	line_of(&line, flow);
	print_object(p, NULL);
	for (i = 0; i < COLUMNS; i++)
		print_text(p, "%-*s%s", widths[i], column(&line, i), i + 1 < COLUMNS ? " " : "");
	print_str(p, "proto", NULL, line.proto);
	print_tuple(p, "original", &flow->original);
	print_tuple(p, "reply", &flow->reply);
	if (flow->has_state)
		print_str(p, "tcp_state", NULL, line.state);
	print_bool(p, "seen_reply", NULL, flow->seen_reply);
	print_bool(p, "assured", NULL, flow->assured);
	print_uint(p, "timeout", NULL, flow->timeout);
	print_uint(p, "zone", NULL, flow->zone);
	print_array(p, "ends");
	for (i = 0; i < flow->n_ends; i++)
		print_end_of(p, &flow->ends[i]);
	print_close(p);
	print_close(p);
	print_text(p, "\n");
}

static void print_flows(struct print *p, const struct flows *flows)
{
	int widths[COLUMNS], len;
	struct line line;
	unsigned int k;
	size_t i;

	for (k = 0; k < COLUMNS; k++)
		widths[k] = strlen(titles[k]);
	for (i = 0; i < flows->n; i++) {
		line_of(&line, &flows->v[i]);
		for (k = 0; k < COLUMNS; k++) {
			len = strlen(column(&line, k));
			if (len > widths[k])
				widths[k] = len;
		}
	}
	if (flows->n) {
		for (k = 0; k < COLUMNS; k++)
			print_text(p, "%-*s ", widths[k], titles[k]);
		print_text(p, " ports\n");
	}
	print_array(p, NULL);
	for (i = 0; i < flows->n; i++)
		print_flow(p, &flows->v[i], widths);
	print_close(p);
}

int cmd_flow_show(struct ctx *ctx)
{
	static const char *const words[] = { "port", "revoked", NULL };
	struct flows flows = { 0 };
	const char *dev = NULL;
	bool revoked = false;
	struct print p;
	int rc = RC_OK;

	while (!rc && peek(&ctx->in)) {
		if (!revoked && take_if(&ctx->in, "revoked")) {
			revoked = true;
		} else if (!dev && take_if(&ctx->in, "port")) {
			dev = take(&ctx->in);
			if (!dev)
				rc = err_word(&ctx->in, ctx->in.at,
					      "the port is missing: DEV or UUID");
		} else if (dev && !strcmp(peek(&ctx->in), "port")) {
			rc = err_word(&ctx->in, ctx->in.at, "\"port\" is there twice");
		} else if (revoked && !strcmp(peek(&ctx->in), "revoked")) {
			rc = err_word(&ctx->in, ctx->in.at, "\"revoked\" is there twice");
		} else {
			rc = unknown_word(&ctx->in, ctx->in.at, "word", words);
		}
	}
	if (!rc)
		rc = ctx_open(ctx);
	if (!rc)
		rc = nl_flows(&ctx->nl, &flows, dev, revoked, &ctx->in);
	if (!rc) {
		ctx_print(ctx, &p);
		print_flows(&p, &flows);
		rc = print_end(&p);
	}
	flows_free(&flows);
	return rc;
}
