// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands that change: one from the command line, or a batch of them; always
 * one transaction
 *
 * Most say all that the kernel needs. "set", "set replace" and "rule del" by
 * content depend on what is there: then the objects are read first, the
 * commands are played on that copy in their order, and the transaction insists
 * on the generation that was read.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

struct batch {
	VEC(struct cmd *) cmds;
	struct arena arena;
};

static void batch_free(struct batch *batch)
{
	size_t i;

	for (i = 0; i < batch->cmds.n; i++)
		cmd_free(batch->cmds.v[i]);
	vec_free(&batch->cmds);
	arena_free(&batch->arena);
}

static unsigned int reads(const struct cmd *cmd)
{
	if (cmd->act == ACT_SET)
		return cmd->obj == OBJ_PORT ? READ_PORTS :
		       cmd->obj == OBJ_RULE ? READ_GROUPS | READ_RULES : READ_GROUPS;
	if (cmd->obj == OBJ_SET && cmd->act == ACT_REPLACE)
		return READ_SETS | READ_ADDRS;
	if (cmd->obj == OBJ_RULE && cmd->act == ACT_DEL && !cmd->rule.id)
		return READ_GROUPS | READ_RULES;
	return 0;
}

static void set_rule_fields(struct rule *rule, const struct cmd *cmd)
{
	const struct rule *by = &cmd->rule;
	uint32_t given = cmd->given;

	if (given & F_DIRECTION)
		rule->direction = by->direction;
	if (given & F_FAMILY)
		rule->family = by->family;
	if (given & F_PROTO)
		rule->proto = by->proto;
	if (given & F_DPORT) {
		rule->has_ports = by->has_ports;
		rule->port_min = by->port_min;
		rule->port_max = by->port_max;
	}
	if (given & F_ICMP) {
		rule->icmp_type = by->icmp_type;
		rule->icmp_code = by->icmp_code;
	}
	if (given & F_REMOTE) {
		rule->remote = by->remote;
		rule->prefix = by->prefix;
		rule->remote_name = by->remote_name;
	}
	/* A new protocol or remote may change the family, but never widen it */
	if ((given & (F_PROTO | F_REMOTE)) && !(given & F_FAMILY) && rule_implied_family(rule))
		rule->family = rule_implied_family(rule);
	rule->src = cmd->src;
}

#define TAKE_LIST(field, list)						\
	do {								\
		if (cmd->given & (field)) {				\
			vec_free(&port->list);				\
			port->list.n = cmd->port.list.n;		\
			port->list.cap = cmd->port.list.n;		\
			if (port->list.n) {				\
				port->list.v = xcalloc(port->list.n, sizeof(*port->list.v)); \
				memcpy(port->list.v, cmd->port.list.v,	\
				       port->list.n * sizeof(*port->list.v)); \
			}						\
		}							\
	} while (0)

static void set_port_fields(struct port *port, const struct cmd *cmd)
{
	const struct port *by = &cmd->port;
	uint32_t given = cmd->given;

	if (given & F_UUID) {
		port->has_uuid = by->has_uuid;
		memcpy(port->uuid, by->uuid, sizeof(port->uuid));
	}
	if (given & F_MAC) {
		port->has_mac = by->has_mac;
		memcpy(port->mac, by->mac, sizeof(port->mac));
	}
	if (given & F_ZONE)
		port->zone = by->zone;
	if (given & F_CT_LIMIT)
		port->ct_limit = by->ct_limit;
	if (given & F_STRICT)
		port->strict = by->strict;
	if (given & F_ANY_SOURCE)
		port->any_source = by->any_source;
	if (given & F_MODE)
		port->mode = by->mode;
	TAKE_LIST(F_IP, ips);
	TAKE_LIST(F_PAIR, pairs);
	TAKE_LIST(F_GROUP, groups);
	TAKE_LIST(F_DHCP, dhcp);
	TAKE_LIST(F_ETHERTYPE, ethertypes);
	port->src = cmd->src;
}

static int missing(struct input *in, const struct cmd *cmd, const char *what)
{
	err_src(in, cmd->src, THE_NAME, "there is no %s \"%s\": sgctl %s show lists them",
		what, cmd->name, what);
	return RC_REFUSED;
}

/* What is sent back without an attribute that we don't know loses it */
static int lost(struct input *in, const struct cmd *cmd, const char *what, uint16_t attr)
{
	return nl_unknown(in, cmd->src, what, cmd->name, attr);
}

/* Copies of the model's objects, so that later commands don't change them */
static struct rule *keep_rule(struct changes *changes, const struct rule *rule)
{
	struct rule *copy = arena_alloc(&changes->arena, sizeof(*copy));

	*copy = *rule;
	return copy;
}

static int play_set(struct changes *changes, struct conf *conf, struct cmd *cmd,
		    struct input *in)
{
	struct set *set = conf_set(conf, cmd->name, true);
	struct items old = set->addrs, *now = &cmd->addrs;
	struct change *change;
	struct item *gone, *new;
	size_t i, k, n = 0;

	if (cmd->act == ACT_DEL) {
		set->defined = false;
		set->addrs.n = 0;
		set->unknown = 0;
		return RC_OK;
	}
	if (set->unknown)
		return lost(in, cmd, "set", set->unknown);
	set->addrs.v = NULL;
	set->addrs.n = 0;
	set->addrs.cap = 0;
	items_sort(now);
	items_sort(&old);
	change_add(changes, OBJ_SET, cmd->act == ACT_ADD ? ACT_ADD : ACT_REPLACE, cmd->name,
		   cmd->src);
	gone = arena_alloc(&changes->arena, (old.n + 1) * sizeof(*gone));
	new = arena_alloc(&changes->arena, (now->n + 1) * sizeof(*new));
	for (i = 0, k = 0; i < old.n; i++) {
		while (k < now->n && addr_cmp(&now->v[k].a, &old.v[i].a) < 0)
			k++;
		if (k == now->n || addr_cmp(&now->v[k].a, &old.v[i].a))
			gone[n++] = old.v[i];
	}
	if (n) {
		change = change_add(changes, OBJ_ADDRS, ACT_DEL, cmd->name, cmd->src);
		change->of_set = true;
		change->addrs = gone;
		change->n = n;
	}
	for (i = 0, k = 0, n = 0; i < now->n; i++) {
		items_add(&set->addrs, &now->v[i].a, 0);
		while (k < old.n && addr_cmp(&old.v[k].a, &now->v[i].a) < 0)
			k++;
		if (k == old.n || addr_cmp(&old.v[k].a, &now->v[i].a))
			new[n++] = now->v[i];
	}
	if (n) {
		change = change_add(changes, OBJ_ADDRS, ACT_ADD, cmd->name, cmd->src);
		change->of_set = true;
		change->addrs = new;
		change->n = n;
	}
	set->defined = true;
	vec_free(&old);
	return RC_OK;
}

static int play_addrs(struct conf *conf, const struct cmd *cmd)
{
	struct items *items;
	size_t i, k;

	if (!cmd->of_set)
		return RC_OK;
	items = &conf_set(conf, cmd->name, true)->addrs;
	for (i = 0; i < cmd->addrs.n; i++) {
		if (cmd->act == ACT_ADD) {
			items_add(items, &cmd->addrs.v[i].a, 0);
			continue;
		}
		for (k = 0; k < items->n; k++)
			if (!addr_cmp(&items->v[k].a, &cmd->addrs.v[i].a)) {
				items->v[k] = items->v[--items->n];
				break;
			}
	}
	return RC_OK;
}

static int play_group(struct changes *changes, struct conf *conf, struct cmd *cmd,
		      struct input *in)
{
	struct group *group = conf_group(conf, cmd->name, true);
	struct change *change;

	if (cmd->act == ACT_DEL) {
		group->defined = false;
		group->rules.n = 0;
		group->unknown = 0;
		return RC_OK;
	}
	if (cmd->act == ACT_SET) {
		if (!group->defined)
			return missing(in, cmd, "group");
		if (group->unknown)
			return lost(in, cmd, "group", group->unknown);
		change = change_add(changes, OBJ_GROUP, ACT_REPLACE, cmd->name, cmd->src);
		change->stateless = cmd->stateless;
	}
	group->defined = true;
	group->stateless = cmd->stateless;
	return RC_OK;
}

static void rule_out(struct group *group, const struct rule *rule)
{
	group->rules.v[rule - group->rules.v] = group->rules.v[--group->rules.n];
}

static int play_rule_set(struct changes *changes, struct rule *rule, struct cmd *cmd,
			 struct input *in)
{
	struct change *change;
	struct msg msg;

	if (rule->unknown)
		return lost(in, cmd, "a rule of group", rule->unknown);
	set_rule_fields(rule, cmd);
	if (!rule_check(rule, &msg))
		return err_src(in, cmd->src, msg.key, "%s", msg.text);
	change = change_add(changes, OBJ_RULE, ACT_REPLACE, cmd->name, cmd->src);
	change->rule = keep_rule(changes, rule);
	return RC_OK;
}

static int play_rule(struct changes *changes, struct conf *conf, struct cmd *cmd,
		     struct input *in)
{
	struct group *group = conf_group(conf, cmd->name, true);
	struct rule *rule = NULL;
	struct change *change;
	uint32_t highest = 0;
	size_t i;

	for (i = 0; i < group->rules.n; i++) {
		struct rule *r = &group->rules.v[i];

		if (r->id > highest)
			highest = r->id;
		if (cmd->rule.id ? r->id == cmd->rule.id :
		    cmd->act == ACT_DEL && !rule_cmp(r, &cmd->rule))
			rule = r;
	}
	switch (cmd->act) {
	case ACT_SET:
		if (rule)
			return play_rule_set(changes, rule, cmd, in);
		err_src(in, cmd->src,
			"id", "group \"%s\" has no rule with id %u: sgctl rule show lists them",
			cmd->name, cmd->rule.id);
		return RC_REFUSED;
	case ACT_DEL:
		if (!cmd->rule.id) {
			if (!rule) {
				err_src(in, cmd->src, THE_NAME,
					"group \"%s\" has no such rule: sgctl rule show lists them",
					cmd->name);
				return RC_REFUSED;
			}
			/* it may be another rule than the one that was meant */
			if (rule->unknown)
				return lost(in, cmd, "a rule of group", rule->unknown);
			change = change_add(changes, OBJ_RULE, ACT_DEL, cmd->name, cmd->src);
			change->rule = keep_rule(changes, rule);
		}
		if (rule)
			rule_out(group, rule);
		return RC_OK;
	default:
		if (!rule)
			rule = vec_push(&group->rules);
		*rule = cmd->rule;
		if (!rule->id)
			rule->id = highest + 1;
		return RC_OK;
	}
}

static int play_port(struct changes *changes, struct conf *conf, struct cmd *cmd,
		     struct input *in)
{
	struct port *port = conf_port(conf, cmd->name, false);
	struct change *change;
	struct port *copy;
	struct msg msg;

	if (cmd->act == ACT_DEL) {
		if (port)
			names_put(&conf->port_names, port->dev, NULL);
		return RC_OK;
	}
	if (cmd->act == ACT_SET) {
		if (!port)
			return missing(in, cmd, "port");
		if (port->unknown)
			return lost(in, cmd, "port", port->unknown);
		set_port_fields(port, cmd);
		if (!port_check(port, &msg))
			return err_src(in, cmd->src, NULL, "%s", msg.text);
		change = change_add(changes, OBJ_PORT, ACT_REPLACE, cmd->name, cmd->src);
		copy = arena_alloc(&changes->arena, sizeof(*copy));
		/* It keeps the lists; the model goes on with lists of its own */
		*copy = *port;
		names_put(&conf->port_names, port->dev, NULL);
		port = conf_port(conf, cmd->name, true);
		port_copy(port, copy);
		change->port = copy;
		return RC_OK;
	}
	if (!port)
		port = conf_port(conf, cmd->name, true);
	port_free(port);
	port_copy(port, &cmd->port);
	return RC_OK;
}

/* Plays a command on the copy; changes are made where it depended on it */
static int play(struct changes *changes, struct conf *conf, struct cmd *cmd, struct input *in)
{
	switch (cmd->obj) {
	case OBJ_SET:
		return play_set(changes, conf, cmd, in);
	case OBJ_ADDRS:
		return play_addrs(conf, cmd);
	case OBJ_GROUP:
		return play_group(changes, conf, cmd, in);
	case OBJ_RULE:
		return play_rule(changes, conf, cmd, in);
	case OBJ_PORT:
		return play_port(changes, conf, cmd, in);
	case OBJ_ALL:	/* out of sight; changes may still hold what is freed at the end */
		names_free(&conf->set_names);
		names_free(&conf->group_names);
		names_free(&conf->port_names);
		return RC_OK;
	default:
		return RC_OK;
	}
}

/* A command that says it all */
static void plain(struct changes *changes, const struct cmd *cmd)
{
	struct change *change;

	if (cmd->obj != OBJ_ADDRS) {
		change = change_add(changes, cmd->obj, cmd->act, cmd->name, cmd->src);
		change->verdict = cmd->verdict;
		change->stateless = cmd->stateless;
		change->rule = &cmd->rule;
		change->port = &cmd->port;
	}
	if (cmd->addrs.n) {
		change = change_add(changes, OBJ_ADDRS, cmd->act, cmd->name, cmd->src);
		change->of_set = cmd->of_set;
		change->addrs = cmd->addrs.v;
		change->n = cmd->addrs.n;
	}
}

static int make_changes(struct changes *changes, struct conf *conf, struct batch *batch,
			struct input *in, bool played)
{
	size_t i;
	int rc = RC_OK;

	for (i = 0; !rc && i < batch->cmds.n; i++) {
		struct cmd *cmd = batch->cmds.v[i];
		size_t before = changes->n;

		if (played)
			rc = play(changes, conf, cmd, in);
		if (!rc && changes->n == before && !(played && reads(cmd)))
			plain(changes, cmd);
	}
	return rc;
}

/* What the commands depend on: of one port that is set, its line alone */
static int read_for(struct ctx *ctx, struct batch *batch, struct conf *conf, unsigned int what,
		    struct input *in)
{
	const struct cmd *first = batch->cmds.v[0];

	if (!what)
		return RC_OK;
	if (batch->cmds.n == 1 && what == READ_PORTS)
		return nl_read_line(&ctx->nl, conf, first->name, in);
	return nl_read(&ctx->nl, conf, what | READ_CONFIG, in);
}

static int commit_batch(struct ctx *ctx, struct batch *batch, struct input *in)
{
	struct changes changes;
	struct commit commit;
	unsigned int what = 0, i;
	struct conf conf;
	int rc;

	if (!batch->cmds.n)
		return RC_OK;
	for (i = 0; i < batch->cmds.n; i++)
		what |= reads(batch->cmds.v[i]);
	for (i = 0; i < NL_TRIES; i++) {
		memset(&conf, 0, sizeof(conf));
		memset(&changes, 0, sizeof(changes));
		memset(&commit, 0, sizeof(commit));
		rc = read_for(ctx, batch, &conf, what, in);
		commit.has_generation = what;
		commit.generation = conf.generation;
		if (!rc)
			rc = make_changes(&changes, &conf, batch, in, what);
		if (!rc)
			rc = nl_commit(&ctx->nl, &changes, &commit, in);
		changes_free(&changes);
		conf_free(&conf);
		if (rc != RC_STALE)
			return rc;
	}
	err_src(in, 0, NULL,
		"another writer changes the configuration all the time: nothing was changed, try again");
	return RC_REFUSED;
}

static struct cmd *batch_cmd(struct batch *batch)
{
	struct cmd *cmd = arena_alloc(&batch->arena, sizeof(*cmd));

	*vec_push(&batch->cmds) = cmd;
	return cmd;
}

/* The command of the command line; its words are parsed from the object on */
int exec_change(struct ctx *ctx)
{
	struct batch batch = { 0 };
	int rc;

	ctx->in.at = 0;
	rc = cmd_parse(&ctx->in, &batch.arena, WORDS_CHANGE, batch_cmd(&batch));
	if (!rc)
		rc = ctx_open_to_change(ctx);
	if (!rc)
		rc = commit_batch(ctx, &batch, &ctx->in);
	batch_free(&batch);
	return rc;
}

#define MAX_ERRORS	20

int exec_batch(struct ctx *ctx, const char *file)
{
	struct batch batch = { 0 };
	struct input in;
	int rc;

	rc = input_open(&in, file);
	while (!rc && in.errors < MAX_ERRORS && input_next_line(&in))
		cmd_parse(&in, &batch.arena, WORDS_CHANGE, batch_cmd(&batch));
	if (!rc && in.errors)
		rc = RC_USAGE;
	if (!rc)
		rc = ctx_open_to_change(ctx);
	if (!rc)
		rc = commit_batch(ctx, &batch, &in);
	batch_free(&batch);
	input_close(&in);
	return rc;
}
