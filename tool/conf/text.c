// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A configuration file of commands to the model
 */
#include <stdlib.h>
#include <string.h>

#include "conf/parse.h"

#define MAX_ERRORS	20

static int twice(struct input *in, uint32_t src, const char *what,
		 const char *name, uint32_t first)
{
	const struct src *s = &in->srcs.v[first];

	if (s->path)
		return err_src(in, src, name, "%s \"%s\" exists already: %s", what, name, s->path);
	return err_src(in, src, name, "%s \"%s\" exists already: line %u", what, name,
		       s->line);
}

/* Adds an object to the model; what the command held is the model's then */
int conf_take(struct conf *conf, struct input *in, struct cmd *cmd)
{
	struct defpat *d;
	struct group *group;
	struct port *port;
	struct rule *rule;
	struct set *set;
	size_t i;

	switch (cmd->obj) {
	case OBJ_DEFAULT:
		d = conf_default(conf, cmd->name, false);
		if (d)
			return twice(in, cmd->src, "default", cmd->name, d->src);
		d = conf_default(conf, cmd->name, true);
		d->verdict = cmd->verdict;
		d->src = cmd->src;
		return RC_OK;
	case OBJ_SET:
		set = conf_set(conf, cmd->name, true);
		if (set->defined)
			return twice(in, cmd->src, "set", cmd->name, set->src);
		set->defined = true;
		set->src = cmd->src;
		set->addrs = cmd->addrs;
		memset(&cmd->addrs, 0, sizeof(cmd->addrs));
		return RC_OK;
	case OBJ_GROUP:
		group = conf_group(conf, cmd->name, true);
		if (group->defined)
			return twice(in, cmd->src, "group", cmd->name, group->src);
		group->defined = true;
		group->stateless = cmd->stateless;
		group->src = cmd->src;
		return RC_OK;
	case OBJ_ADDRS:
		group = conf_group(conf, cmd->name, true);
		if (!group->src)
			group->src = cmd->src;
		for (i = 0; i < cmd->addrs.n; i++)
			*vec_push(&group->members) = cmd->addrs.v[i];
		return RC_OK;
	case OBJ_RULE:
		group = conf_group(conf, cmd->name, true);
		if (!group->src)
			group->src = cmd->src;
		rule = vec_push(&group->rules);
		*rule = cmd->rule;
		rule->seq = ++conf->seq;
		if (rule->remote_name)
			rule->remote_name = conf_name(conf, rule->remote_name);
		return RC_OK;
	case OBJ_PORT:
		port = conf_port(conf, cmd->name, false);
		if (port)
			return twice(in, cmd->src, "port", cmd->name, port->src);
		port = conf_port(conf, cmd->name, true);
		*port = cmd->port;
		memset(&cmd->port, 0, sizeof(cmd->port));
		for (i = 0; i < port->groups.n; i++)
			port->groups.v[i].name = conf_name(conf, port->groups.v[i].name);
		return RC_OK;
	default:
		return RC_OK;
	}
}

int conf_from_text(struct conf *conf, struct input *in)
{
	struct arena names = { 0 };
	struct cmd cmd;

	while (in->errors < MAX_ERRORS && input_next_line(in)) {
		if (!cmd_parse(in, &names, WORDS_FILE, &cmd))
			conf_take(conf, in, &cmd);
		cmd_free(&cmd);
	}
	arena_free(&names);
	return conf_finish(conf, in);
}
