// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The shadow: a second configuration that the kernel compares with what is in
 * force, frame by frame
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

int cmd_shadow_apply(struct ctx *ctx)
{
	return apply_file(ctx, BR_SG_COMMIT_F_SHADOW);
}

/* By port and direction; drops first, and of those reasons before rules */
static int would_cmp(const void *a, const void *b)
{
	const struct counter *x = a, *y = b;
	int d = strcmp(x->dev, y->dev);

	if (!d)
		d = x->direction - y->direction;
	if (!d)
		d = y->would - x->would;
	if (!d)
		d = !!x->group - !!y->group;
	if (!d && x->group)
		d = strcmp(x->group, y->group);
	if (!d)
		d = (x->id > y->id) - (x->id < y->id);
	if (!d)
		d = x->reason - y->reason;
	return d ? d : x->step - y->step;
}

/* What differed, of one device or of all; sorted */
static int read_would(struct ctx *ctx, struct counters *counters, const char *dev)
{
	size_t i, n = 0;
	int rc;

	rc = nl_counters(&ctx->nl, counters, NULL, true, &ctx->in);
	if (rc)
		return rc;
	for (i = 0; i < counters->n; i++)
		if (counters->v[i].packets && (!dev || !strcmp(dev, counters->v[i].dev)))
			counters->v[n++] = counters->v[i];
	counters->n = n;
	if (n)
		qsort(counters->v, n, sizeof(*counters->v), would_cmp);
	return RC_OK;
}

static void print_would(struct print *p, const struct counter *c)
{
	bool drop = c->would == BR_SG_WOULD_DROP;

	print_object(p, NULL);
	print_str(p, "direction", "    %-8s", direction_name(c->direction));
	print_text(p, "%s", p->color ? drop ? "\033[31m" : "\033[32m" : "");
	print_str(p, "would", " would %s", drop ? "drop" : "accept");
	print_text(p, "%s", p->color ? "\033[0m" : "");
	if (c->group) {
		print_text(p, drop ? " what is accepted by" : " by");
		print_str(p, "group", " rule %s", c->group);
		print_uint(p, "id", " id %ju", c->id);
	} else if (c->reason) {
		print_str(p, "reason", " [%s]", reason_name(c->reason));
	} else if (c->step) {
		print_str(p, "step", " by step %s", step_name(c->step));
	} else {
		print_bool(p, "no_port", " without a port line", true);
	}
	print_uint(p, "packets", ": %ju packets", c->packets);
	print_uint(p, "bytes", ", %ju bytes\n", c->bytes);
	print_close(p);
}

/* A port a line, what differed there below it */
static void print_woulds(struct print *p, const char *key, const struct counters *counters)
{
	size_t i;

	print_array(p, key);
	for (i = 0; i < counters->n; i++) {
		const struct counter *c = &counters->v[i];

		if (!i || strcmp(c->dev, c[-1].dev)) {
			print_object(p, NULL);
			print_str(p, "port", "port %s:\n", c->dev);
			print_array(p, "counters");
		}
		print_would(p, c);
		if (i + 1 == counters->n || strcmp(c->dev, c[1].dev)) {
			print_close(p);
			print_close(p);
		}
	}
	print_close(p);
}

int cmd_shadow_show(struct ctx *ctx)
{
	static const char *const words[] = { "port", NULL };
	struct counters counters = { 0 };
	const char *dev = NULL;
	struct print p;
	int rc;

	if (take_if(&ctx->in, "port")) {
		dev = take(&ctx->in);
		if (!dev)
			return err_word(&ctx->in, ctx->in.at, "the port is missing: DEV");
		rc = no_more_words(&ctx->in);
	} else {
		rc = peek(&ctx->in) ? unknown_word(&ctx->in, ctx->in.at, "word", words) : RC_OK;
	}
	if (!rc)
		rc = ctx_open(ctx);
	if (!rc)
		rc = read_would(ctx, &counters, dev);
	if (!rc) {
		ctx_print(ctx, &p);
		print_woulds(&p, NULL, &counters);
		rc = print_end(&p);
	}
	counters_free(&counters);
	return rc;
}

/* A shadow that cannot be committed any more is still worth a look */
static int read_diff(struct ctx *ctx, struct conf *have, struct conf *want,
		     struct counters *counters)
{
	struct status status = { 0 };
	int rc;

	rc = nl_read(&ctx->nl, have, READ_WHOLE, &ctx->in);
	if (!rc)
		rc = nl_read(&ctx->nl, want, READ_WHOLE | READ_SHADOW, &ctx->in);
	if (!rc)
		rc = read_would(ctx, counters, NULL);
	if (!rc)
		rc = nl_status(&ctx->nl, &status, &ctx->in);
	if (!rc && status.shadow && status.shadow_base != status.generation)
		fprintf(stderr,
			"the shadow was made of generation %ju and %ju is in force: apply it again before shadow commit\n",
			(uintmax_t)status.shadow_base, (uintmax_t)status.generation);
	status_free(&status);
	return rc;
}

int cmd_shadow_diff(struct ctx *ctx)
{
	struct conf have = { 0 }, want = { 0 };
	struct counters counters = { 0 };
	struct changes changes = { 0 };
	struct print p;
	int rc;

	rc = no_more_words(&ctx->in);
	if (!rc)
		rc = ctx_open(ctx);
	if (!rc)
		rc = read_diff(ctx, &have, &want, &counters);
	if (!rc) {
		conf_diff(&changes, &have, &want);
		ctx_print(ctx, &p);
		print_object(&p, NULL);
		changes_print(&p, "changes", &changes);
		print_woulds(&p, "ports", &counters);
		print_close(&p);
		rc = print_end(&p);
		if (!rc && (changes.n || counters.n))
			rc = RC_DIFFERS;
	}
	changes_free(&changes);
	counters_free(&counters);
	conf_free(&want);
	conf_free(&have);
	return rc;
}

static int call(struct ctx *ctx, int (*verb)(struct nl *nl, struct input *in))
{
	int rc = no_more_words(&ctx->in);

	if (!rc)
		rc = ctx_open(ctx);
	return rc ? rc : verb(&ctx->nl, &ctx->in);
}

/* A shadow of an empty file may be looked at, but it is an empty file in force */
static int check_opens(struct ctx *ctx)
{
	struct conf want = { 0 }, have = { 0 };
	int rc;

	rc = nl_read(&ctx->nl, &want, READ_DEFAULTS | READ_PORTS | READ_SHADOW, &ctx->in);
	if (!rc && !conf_guards(&want))
		rc = nl_read(&ctx->nl, &have, READ_PORTS, &ctx->in);
	if (!rc && have.ports.n) {
		err_src(&ctx->in, 0, NULL,
			"the shadow has neither a port nor a \"default drop\": it would open every port, nothing was changed; to do so all the same: sgctl flush, or shadow commit --allow-empty");
		rc = RC_REFUSED;
	}
	conf_free(&want);
	conf_free(&have);
	return rc;
}

int cmd_shadow_commit(struct ctx *ctx)
{
	bool allow_empty = take_if(&ctx->in, "--allow-empty");
	int rc = no_more_words(&ctx->in);

	if (!rc)
		rc = ctx_open(ctx);
	if (!rc && !allow_empty)
		rc = check_opens(ctx);
	return rc ? rc : nl_shadow_commit(&ctx->nl, &ctx->in);
}

int cmd_shadow_drop(struct ctx *ctx)
{
	return call(ctx, nl_shadow_drop);
}
