// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Show: defaults, sets, groups, members and rules
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

/* An optional name, and the end of the command */
static int take_optional(struct ctx *ctx, const char **name)
{
	*name = take(&ctx->in);
	return no_more_words(&ctx->in);
}

static int nothing_there(struct ctx *ctx, const char *what, const char *name,
			 const struct names *names)
{
	const char *near = names_suggest(names, name);

	err_src(&ctx->in, 0, THE_NAME, "there is no %s \"%s\"%s%s%s", what, name,
		near ? ": did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return RC_REFUSED;
}

static int open_read(struct ctx *ctx, struct conf *conf, unsigned int what)
{
	int rc = ctx_open(ctx);

	return rc ? rc : nl_read(&ctx->nl, conf, what, &ctx->in);
}

int cmd_default_show(struct ctx *ctx)
{
	struct conf conf = { 0 };
	struct print p;
	size_t i;
	int rc;

	rc = no_more_words(&ctx->in);
	if (!rc)
		rc = open_read(ctx, &conf, READ_DEFAULTS);
	if (!rc) {
		ctx_print(ctx, &p);
		print_array(&p, NULL);
		for (i = 0; i < conf.defaults.n; i++)
			print_default(&p, conf.defaults.v[i]);
		print_close(&p);
		rc = print_end(&p);
	}
	conf_free(&conf);
	return rc;
}

static void show_addrs(struct print *p, const char *key, const struct items *items)
{
	char buf[ADDR_TEXT];
	size_t i;

	print_array(p, key);
	for (i = 0; i < items->n; i++)
		print_str(p, NULL, "    %s\n", addr_text(&items->v[i].a, buf));
	print_close(p);
}

int cmd_set_show(struct ctx *ctx)
{
	struct conf conf = { 0 };
	const char *name;
	struct print p;
	size_t i;
	int rc;

	rc = take_optional(ctx, &name);
	if (!rc)
		rc = open_read(ctx, &conf, READ_SETS | (name ? READ_ADDRS : 0));
	if (!rc && name && !conf_set(&conf, name, false))
		rc = nothing_there(ctx, "set", name, &conf.set_names);
	if (!rc) {
		ctx_print(ctx, &p);
		print_array(&p, NULL);
		for (i = 0; i < conf.sets.n; i++) {
			const struct set *set = conf.sets.v[i];

			if (name && strcmp(name, set->name))
				continue;
			print_object(&p, NULL);
			print_str(&p, "name", "set %s:", set->name);
			print_uint(&p,
				   "count", set->count == 1 ? " %ju address\n" : " %ju addresses\n",
				   set->count);
			if (name)
				show_addrs(&p, "addresses", &set->addrs);
			print_close(&p);
		}
		print_close(&p);
		rc = print_end(&p);
	}
	conf_free(&conf);
	return rc;
}

int cmd_group_show(struct ctx *ctx)
{
	struct conf conf = { 0 };
	const char *name;
	struct print p;
	size_t i;
	int rc;

	rc = take_optional(ctx, &name);
	if (!rc)
		rc = open_read(ctx, &conf, READ_GROUPS);
	if (!rc && name && !conf_group(&conf, name, false))
		rc = nothing_there(ctx, "group", name, &conf.group_names);
	if (!rc) {
		ctx_print(ctx, &p);
		print_array(&p, NULL);
		for (i = 0; i < conf.groups.n; i++) {
			const struct group *group = conf.groups.v[i];

			if (name && strcmp(name, group->name))
				continue;
			print_object(&p, NULL);
			print_str(&p, "name", "group %s:", group->name);
			print_bool(&p, "stateless", " stateless,", group->stateless);
			print_uint(&p, "rules", group->n_rules == 1 ? " %ju rule," : " %ju rules,",
				   group->n_rules);
			print_uint(&p,
				   "count", group->count == 1 ? " %ju member\n" : " %ju members\n",
				   group->count);
			print_close(&p);
		}
		print_close(&p);
		rc = print_end(&p);
	}
	conf_free(&conf);
	return rc;
}

int cmd_member_show(struct ctx *ctx)
{
	struct conf conf = { 0 };
	const char *name;
	struct print p;
	size_t i;
	int rc;

	rc = take_optional(ctx, &name);
	if (!rc)
		rc = open_read(ctx, &conf, READ_GROUPS | READ_ADDRS);
	if (!rc && name && !conf_group(&conf, name, false))
		rc = nothing_there(ctx, "group", name, &conf.group_names);
	if (!rc) {
		ctx_print(ctx, &p);
		print_array(&p, NULL);
		for (i = 0; i < conf.groups.n; i++) {
			const struct group *group = conf.groups.v[i];

			if (name && strcmp(name, group->name))
				continue;
			print_object(&p, NULL);
			print_str(&p, "group", "group %s:", group->name);
			print_uint(&p, "by_hand", " %ju by hand,", group->members.n);
			print_uint(&p, "count", " %ju with those of local ports\n", group->count);
			show_addrs(&p, "members", &group->members);
			print_close(&p);
		}
		print_close(&p);
		rc = print_end(&p);
	}
	conf_free(&conf);
	return rc;
}

static int counter_cmp(const void *a, const void *b)
{
	const struct counter *x = a, *y = b;
	int d = !x->group - !y->group;

	if (!d && x->group)
		d = strcmp(x->group, y->group);
	return d ? d : (x->id > y->id) - (x->id < y->id);
}

/* The sum over all ports */
static void rule_counters(const struct counters *counters, const char *group, uint32_t id,
			  uint64_t *packets, uint64_t *bytes)
{
	struct counter key = { .group = group, .id = id };
	size_t low = 0, high = counters->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (counter_cmp(&counters->v[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (*packets = 0, *bytes = 0; low < counters->n; low++) {
		if (counter_cmp(&counters->v[low], &key))
			break;
		*packets += counters->v[low].packets;
		*bytes += counters->v[low].bytes;
	}
}

static void show_rule(struct ctx *ctx, struct print *p, const struct group *group,
		      const struct rule *rule, const struct counters *counters)
{
	uint64_t packets, bytes;

	print_object(p, NULL);
	print_str(p, "group", "rule %s", group->name);
	print_rule_fields(p, rule);
	if (ctx->stats) {
		rule_counters(counters, group->name, rule->id, &packets, &bytes);
		print_uint(p, "packets", " packets %ju", packets);
		print_uint(p, "bytes", " bytes %ju", bytes);
	}
	print_text(p, "\n");
	print_close(p);
}

int cmd_rule_show(struct ctx *ctx)
{
	struct counters counters = { 0 };
	struct conf conf = { 0 };
	const char *name = take(&ctx->in);
	uint32_t id = 0;
	bool found = false;
	struct print p;
	struct msg msg;
	size_t i, k;
	int rc;

	if (name && peek(&ctx->in)) {
		static const char *const words[] = { "id", NULL };
		const char *value;

		if (!take_if(&ctx->in, "id"))
			return unknown_word(&ctx->in, ctx->in.at, "word", words);
		value = take(&ctx->in);
		if (!value)
			return err_word(&ctx->in, ctx->in.at, "id needs a value: 1 to 2147483647");
		if (!read_uint("id", value, 1, 0x7fffffff, &id, &msg))
			return err_word(&ctx->in, ctx->in.at - 1, "%s", msg.text);
	}
	rc = no_more_words(&ctx->in);
	if (!rc)
		rc = open_read(ctx, &conf, READ_GROUPS | READ_RULES);
	if (!rc && name && !conf_group(&conf, name, false))
		rc = nothing_there(ctx, "group", name, &conf.group_names);
	if (!rc && ctx->stats)
		rc = nl_counters(&ctx->nl, &counters, NULL, false, &ctx->in);
	if (rc)
		goto out;
	if (counters.n)
		qsort(counters.v, counters.n, sizeof(*counters.v), counter_cmp);
	ctx_print(ctx, &p);
	print_array(&p, NULL);
	for (i = 0; i < conf.groups.n; i++) {
		const struct group *group = conf.groups.v[i];

		if (name && strcmp(name, group->name))
			continue;
		for (k = 0; k < group->rules.n; k++) {
			if (id && group->rules.v[k].id != id)
				continue;
			found = true;
			show_rule(ctx, &p, group, &group->rules.v[k], &counters);
		}
	}
	print_close(&p);
	rc = print_end(&p);
	if (!rc && id && !found) {
		err_src(&ctx->in, 0, "id", "group \"%s\" has no rule with id %u", name, id);
		rc = RC_REFUSED;
	}
out:
	counters_free(&counters);
	conf_free(&conf);
	return rc;
}
