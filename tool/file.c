// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole configurations: apply, diff, check, save, fmt
 */
#include <stdlib.h>
#include <string.h>

#include "exec.h"

static int take_file(struct ctx *ctx, const char **file)
{
	*file = take(&ctx->in);
	if (!*file)
		return err_word(&ctx->in, ctx->in.at,
				"the file is missing: a name, or - for standard input");
	return no_more_words(&ctx->in);
}

static int load(struct ctx *ctx, struct conf *conf, struct input *in)
{
	const char *file;
	int rc;

	memset(conf, 0, sizeof(*conf));
	memset(in, 0, sizeof(*in));
	rc = take_file(ctx, &file);
	return rc ? rc : conf_load(conf, in, file);
}

/* From what is in force to what the file says; tries again when that changes meanwhile */
int apply_file(struct ctx *ctx, uint32_t commit_flags)
{
	struct conf want, have;
	struct changes changes;
	struct commit commit;
	struct input in;
	unsigned int i;
	int rc;

	rc = load(ctx, &want, &in);
	if (!rc)
		rc = ctx_open(ctx);
	for (i = 0; !rc && i < NL_TRIES; i++) {
		rc = nl_read(&ctx->nl, &have, READ_ALL, &in);
		if (rc)
			break;
		memset(&changes, 0, sizeof(changes));
		conf_diff(&changes, &have, &want);
		memset(&commit, 0, sizeof(commit));
		commit.has_generation = true;
		commit.generation = have.generation;
		commit.commit_flags = commit_flags;
		/* A shadow that is what is in force is one */
		if (changes.n || commit_flags)
			rc = nl_commit(&ctx->nl, &changes, &commit, &in);
		changes_free(&changes);
		conf_free(&have);
		if (rc != RC_STALE)
			break;
		rc = RC_OK;
		/* Ids that were given to rules belonged to what was read */
		conf_free(&want);
		in.at = 0;
		in.line = 0;
		rc = input_is_json(&in) ? conf_from_json(&want, &in) : conf_from_text(&want, &in);
	}
	if (!rc && i == NL_TRIES) {
		err_src(&in, 0, NULL,
			"another writer changes the configuration all the time: nothing was changed, try again");
		rc = RC_REFUSED;
	}
	conf_free(&want);
	input_close(&in);
	return rc;
}

int cmd_apply(struct ctx *ctx)
{
	return apply_file(ctx, 0);
}

/* From another file, or from what is in force */
static int load_from(struct ctx *ctx, struct conf *have, struct input *have_in,
		     const char *file, struct input *in)
{
	struct changes numbers = { 0 };
	struct conf empty = { 0 };
	int rc;

	if (!file) {
		rc = ctx_open(ctx);
		return rc ? rc : nl_read(&ctx->nl, have, READ_ALL, in);
	}
	rc = conf_load(have, have_in, file);
	if (!rc)
		conf_diff(&numbers, &empty, have);	/* as if it was applied */
	changes_free(&numbers);
	return rc;
}

int cmd_diff(struct ctx *ctx)
{
	struct conf want = { 0 }, have = { 0 };
	struct input in = { 0 }, have_in = { 0 };
	struct changes changes = { 0 };
	const char *file, *from;
	struct print p;
	int rc;

	file = take(&ctx->in);
	if (!file)
		return err_word(&ctx->in, ctx->in.at,
				"the file is missing: a name, or - for standard input");
	from = take(&ctx->in);
	rc = no_more_words(&ctx->in);
	if (!rc)
		rc = conf_load(&want, &in, file);
	if (!rc)
		rc = load_from(ctx, &have, &have_in, from, &in);
	if (!rc) {
		conf_diff(&changes, &have, &want);
		ctx_print(ctx, &p);
		changes_print(&p, NULL, &changes);
		rc = print_end(&p);
		if (!rc && changes.n)
			rc = RC_DIFFERS;
	}
	changes_free(&changes);
	conf_free(&have);
	conf_free(&want);
	input_close(&have_in);
	input_close(&in);
	return rc;
}

/* Parses, and has the kernel validate it all without publishing it */
int cmd_check(struct ctx *ctx)
{
	struct commit commit = {
		.begin_flags = BR_SG_BEGIN_F_EMPTY,
		.commit_flags = BR_SG_COMMIT_F_DRY_RUN,
	};
	struct changes all = { 0 }, changes = { 0 };
	struct conf want, have = { 0 }, empty = { 0 };
	struct input in;
	unsigned int i;
	int rc;

	rc = load(ctx, &want, &in);
	if (!rc)
		rc = ctx_open(ctx);
	if (!rc)
		rc = nl_read(&ctx->nl, &have, READ_ALL, &in);
	if (!rc) {
		conf_diff(&changes, &have, &want);
		conf_diff(&all, &empty, &want);
		rc = RC_STALE;
		for (i = 0; rc == RC_STALE && i < NL_TRIES; i++)
			rc = nl_commit(&ctx->nl, &all, &commit, &in);
		if (rc == RC_STALE) {
			err_src(&in, 0, NULL,
				"another writer changes the configuration all the time: try again");
			rc = RC_REFUSED;
		}
	}
	if (!rc && changes.n) {
		size_t n = changes_count(&changes);

		fprintf(stderr, "%s differs from what is in force: %zu change%s; see sgctl diff\n",
			in.name, n, n == 1 ? "" : "s");
		rc = RC_DIFFERS;
	}
	changes_free(&all);
	changes_free(&changes);
	conf_free(&have);
	conf_free(&want);
	input_close(&in);
	return rc;
}

int cmd_save(struct ctx *ctx)
{
	struct conf conf = { 0 };
	struct print p;
	int rc;

	rc = no_more_words(&ctx->in);
	if (!rc)
		rc = ctx_open(ctx);
	if (!rc)
		rc = nl_read(&ctx->nl, &conf, READ_ALL, &ctx->in);
	if (!rc) {
		ctx_print(ctx, &p);
		print_conf(&p, &conf);
		rc = print_end(&p);
	}
	conf_free(&conf);
	return rc;
}

/* Needs no module */
int cmd_fmt(struct ctx *ctx)
{
	struct input in;
	struct conf conf;
	struct print p;
	int rc;

	rc = load(ctx, &conf, &in);
	if (!rc) {
		ctx_print(ctx, &p);
		print_conf(&p, &conf);
		rc = print_end(&p);
	}
	conf_free(&conf);
	input_close(&in);
	return rc;
}
