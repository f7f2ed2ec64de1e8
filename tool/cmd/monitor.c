// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Monitor: what the module tells unasked, a line each as it comes
 */
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"

struct monitor {
	struct ctx *ctx;
	const char *dev;		/* NULL: all ports */
};

static const char *ethertype_name(uint16_t ethertype)
{
	return ethertype == 0x0800 ? "ipv4" : ethertype == 0x86dd ? "ipv6" :
	       ethertype == 0x0806 ? "arp" : NULL;
}

static void print_time(struct print *p, uint64_t ns)
{
	time_t seconds = ns / 1000000000;
	char text[16];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	print_text(p, "%s.%03u ", text, (unsigned int)(ns / 1000000 % 1000));
	print_uint(p, "time_ns", NULL, ns);
}

/* tcp 10.0.0.1:1024 > 10.0.0.2:22, icmp 8/0 ..., arp ..., ethertype 0x88cc */
static void print_frame(struct print *p, const struct event *e)
{
	const char *name = ethertype_name(e->ethertype);
	char src[PEER_TEXT], dst[PEER_TEXT], proto[16], mac[MAC_TEXT];

	proto_text(proto, sizeof(proto), e->proto);
	if (e->has_proto)
		print_text(p, " %s", proto);
	else if (name)
		print_text(p, " %s", name);
	else
		print_text(p, " ethertype 0x%04x", e->ethertype);
	if (e->has_tuple) {
		if (e->tuple.has_icmp)
			print_text(p, " %u/%u", e->tuple.icmp_type, e->tuple.icmp_code);
		peer_text(src, &e->tuple, &e->tuple.src, e->tuple.sport);
		peer_text(dst, &e->tuple, &e->tuple.dst, e->tuple.dport);
		print_text(p, " %s > %s", src, dst);
	}
	print_uint(p, "bytes", " %ju bytes", e->bytes);
	print_str(p, "src_mac", " %s", mac_text(e->src, mac));
	print_str(p, "dst_mac", " > %s", mac_text(e->dst, mac));
	print_uint(p, "ethertype", NULL, e->ethertype);
	if (e->has_proto)
		print_str(p, "proto", NULL, proto);
	if (e->has_tuple)
		print_tuple_fields(p, &e->tuple, false);
}

/* In JSON and in words; NULL: not of a frame */
static const char *const *event_names(uint8_t kind)
{
	static const char *const names[][2] = {
		[BR_SG_EVENT_DROP] = { "drop", "drop" },
		[BR_SG_EVENT_WOULD_DROP] = { "would-drop", "would drop" },
		[BR_SG_EVENT_WOULD_ACCEPT] = { "would-accept", "would accept" },
	};

	return kind < ARRAY_SIZE(names) && names[kind][0] ? names[kind] : NULL;
}

/* shadow 228000 made, beside generation 227999 */
static void print_shadow(struct print *p, const struct event *e)
{
	static const char *const names[] = {
		[BR_SG_SHADOW_MADE] = "made",
		[BR_SG_SHADOW_COMMITTED] = "committed",
		[BR_SG_SHADOW_DROPPED] = "dropped",
	};
	bool known = e->shadow_change < ARRAY_SIZE(names);

	print_str(p, "event", NULL, "shadow");
	print_uint(p, "shadow", "shadow %ju", e->shadow);
	print_str(p, "change", " %s", known ? names[e->shadow_change] : "unknown");
	print_uint(p, "generation", ", generation %ju is in force", e->generation);
}

static void print_event(struct print *p, const struct event *e)
{
	print_time(p, e->time);
	if (e->kind == BR_SG_EVENT_CT_NEAR) {
		print_str(p, "event", NULL, "ct-near");
		print_str(p, "port", "%s", e->dev);
		print_uint(p, "entries", " has %ju", e->entries);
		print_uint(p, "limit", " of the %ju conntrack entries it may have", e->limit);
		return;
	}
	if (e->kind == BR_SG_EVENT_PORT_STATE) {
		print_str(p, "event", NULL, "port-state");
		print_str(p, "port", "%s", e->dev);
		print_str(p, "state", " %s", port_state_name(e->state));
		if (e->cause)
			print_str(p, "cause", " [%s]", port_cause_name(e->cause));
		return;
	}
	if (!event_names(e->kind)) {
		print_str(p, "event", NULL, "unknown");
		print_str(p, "port", "%s", e->dev);
		print_uint(p, "kind", " event %ju: sgctl is older than the module", e->kind);
		return;
	}
	print_str(p, "event", NULL, event_names(e->kind)[0]);
	print_str(p, "port", "%s", e->dev);
	print_str(p, "direction", " %s ", direction_name(e->direction));
	print_text(p, "%s", event_names(e->kind)[1]);
	if (e->kind != BR_SG_EVENT_WOULD_ACCEPT) {
		print_text(p, "%s", p->color ? "\033[31m" : "");
		print_str(p, "reason", " [%s]", reason_name(e->reason));
		print_text(p, "%s", p->color ? "\033[0m" : "");
	}
	print_frame(p, e);
}

/* A line each, JSON too: who reads does not wait for an end that never comes */
static int print_heard(const struct event *e, void *data)
{
	const struct monitor *m = data;
	struct print p;

	if (m->dev && (e->config || e->shadow_change || strcmp(m->dev, e->dev)))
		return RC_OK;
	ctx_print(m->ctx, &p);
	print_object(&p, NULL);
	if (e->config) {
		print_str(&p, "event", NULL, "config");
		print_uint(&p, "generation", "generation %ju", e->generation);
	} else if (e->shadow_change) {
		print_shadow(&p, e);
	} else {
		print_event(&p, e);
		if (e->withheld || p.json)
			print_uint(&p, "withheld", " (%ju before it not told)", e->withheld);
	}
	print_text(&p, "\n");
	print_close(&p);
	return print_end(&p);
}

int cmd_monitor(struct ctx *ctx)
{
	static const char *const words[] = { "config", "events", "port", NULL };
	struct event first = { .config = true };
	struct monitor m = { .ctx = ctx };
	bool config = true, events = true;
	struct status status = { 0 };
	struct nl asked = { 0 };
	struct input *in = &ctx->in;
	int rc;

	if (take_if(in, "config"))
		events = false;
	else if (take_if(in, "events"))
		config = false;
	if (events && take_if(in, "port")) {
		m.dev = take(in);
		if (!m.dev)
			return err_word(in, in->at, "the port is missing: DEV");
		config = false;
	}
	if (peek(in))
		return unknown_word(in, in->at, "word", words);
	rc = ctx_open(ctx);
	if (!rc)
		rc = nl_join(&ctx->nl, config, events, in);
	if (rc)
		return rc;
	if (config) {
		/*
		 * where it begins; asked after joining and through another socket,
		 * so that none is missed
		 */
		rc = nl_open(&asked, ctx->netns, NL_LOOK);
		if (!rc)
			rc = nl_status(&asked, &status, in);
		nl_close(&asked);
		first.generation = status.generation;
		status_free(&status);
		if (!rc)
			rc = print_heard(&first, &m);
	}
	return rc ? rc : nl_listen(&ctx->nl, print_heard, &m, in);
}
