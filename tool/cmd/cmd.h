/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands and what they are run with
 */
#ifndef SGCTL_CMD_H
#define SGCTL_CMD_H

#include "nl/nl.h"

struct ctx {
	bool json, pretty, stats, quiet;
	const char *netns;
	struct input in;		/* the command line */
	struct nl nl;
	bool nl_ready;
};

/* The words behind object and verb are next in ctx->in */
typedef int (*command_fn)(struct ctx *ctx);

struct command {
	const char *object, *verb;	/* verb NULL: the object is the whole command */
	command_fn run;
	const char *usage;
	const char *help;
};

/* For what only reads, and for what may have to load the module for it */
int ctx_open(struct ctx *ctx);
int ctx_open_to_change(struct ctx *ctx);
void ctx_print(struct ctx *ctx, struct print *p);

/* change.c: commands that change, from the command line or a batch */
int exec_change(struct ctx *ctx);
int exec_batch(struct ctx *ctx, const char *file);

/* file.c */
int apply_file(struct ctx *ctx, uint32_t commit_flags);
int cmd_apply(struct ctx *ctx);
int cmd_diff(struct ctx *ctx);
int cmd_check(struct ctx *ctx);
int cmd_save(struct ctx *ctx);
int cmd_fmt(struct ctx *ctx);

/* shadow.c */
int cmd_shadow_apply(struct ctx *ctx);
int cmd_shadow_show(struct ctx *ctx);
int cmd_shadow_diff(struct ctx *ctx);
int cmd_shadow_commit(struct ctx *ctx);
int cmd_shadow_drop(struct ctx *ctx);

/* show.c, port.c, chains.c, flow.c, monitor.c, status.c */
int cmd_default_show(struct ctx *ctx);
int cmd_set_show(struct ctx *ctx);
int cmd_group_show(struct ctx *ctx);
int cmd_member_show(struct ctx *ctx);
int cmd_rule_show(struct ctx *ctx);
int cmd_port_show(struct ctx *ctx);
int cmd_port_chains(struct ctx *ctx);
int cmd_flow_show(struct ctx *ctx);
int cmd_monitor(struct ctx *ctx);
int cmd_status(struct ctx *ctx);

/* module.c */
int cmd_module_upgrade(struct ctx *ctx);
int cmd_module_resume(struct ctx *ctx);

int print_versions(struct ctx *ctx);

/* Why a port or a device is shut and what opens it, NULL where it is not */
const char *port_why(const struct port *port, char *buf, size_t size);
const char *reason_name(uint8_t reason);
const char *port_state_name(uint8_t state);
const char *port_cause_name(uint8_t cause);
const char *step_name(uint8_t step);
/* flow.c: 10.0.0.1:80, [fd00::1]:80, or the address alone */
#define PEER_TEXT	(ADDR_TEXT + 8)
void peer_text(char *buf, const struct flow_tuple *t, const struct addr *a, uint16_t port);
void proto_text(char *buf, size_t size, uint8_t proto);
void print_tuple_fields(struct print *p, const struct flow_tuple *t, bool id);
void print_counter(struct print *p, const struct counter *c);

#endif /* SGCTL_CMD_H */
