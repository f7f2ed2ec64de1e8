// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole configurations: apply, diff, check, save, fmt
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

/*
 * The file, and the options that stand with it: -q, and --allow-empty where the
 * command has it
 */
static int take_file(struct ctx *ctx, const char **file, bool *allow_empty)
{
	static const char *const options[] = { "-q", "--allow-empty", NULL };
	static const char *const only_quiet[] = { "-q", NULL };
	struct input *in = &ctx->in;

	*file = NULL;
	while (peek(in)) {
		if (take_if(in, "-q"))
			ctx->quiet = true;
		else if (allow_empty && take_if(in, "--allow-empty"))
			*allow_empty = true;
		else if (*peek(in) == '-' && peek(in)[1])
			return unknown_word(in, in->at, "option",
					    allow_empty ? options : only_quiet);
		else if (!*file)
			*file = take(in);
		else
			return no_more_words(in);
	}
	if (!*file)
		return err_word(in, in->at,
				"the file is missing: a name, or - for standard input");
	return RC_OK;
}

static int load(struct ctx *ctx, struct conf *conf, struct input *in, bool *allow_empty)
{
	const char *file;
	int rc;

	memset(conf, 0, sizeof(*conf));
	memset(in, 0, sizeof(*in));
	rc = take_file(ctx, &file, allow_empty);
	return rc ? rc : conf_load(conf, in, file);
}

/* An empty file may be a generator that failed; the way to open all on purpose is another */
static int check_opens(struct input *in, const struct conf *have, const struct conf *want)
{
	if (conf_guards(want) || !have->ports.n)
		return RC_OK;
	err_src(in, 0, NULL,
		"%s has neither a port nor a \"default drop\": it would open every port (%zu in force), nothing was changed; to do so all the same: sgctl flush, or apply --allow-empty",
		in->name, have->ports.n);
	return RC_REFUSED;
}

static void report(struct ctx *ctx, const struct summary *sum, uint64_t generation, bool shadow)
{
	struct print p;

	if (ctx->quiet)
		return;
	ctx_print(ctx, &p);
	print_object(&p, NULL);
	print_text(&p, shadow ? "shadow of " : "");
	print_uint(&p, "generation", "generation %ju: ", generation);
	print_bool(&p, "shadow", NULL, shadow);
	summary_print(&p, sum);
	print_close(&p);
	print_end(&p);
}

/* From what is in force to what the file says; tries again when that changes meanwhile */
int apply_file(struct ctx *ctx, uint32_t commit_flags)
{
	bool shadow = commit_flags & BR_SG_COMMIT_F_SHADOW;
	bool allow_empty = shadow, unsure = false;
	struct conf want, have;
	struct changes changes;
	struct summary sum = { 0 };
	struct commit commit;
	struct input in;
	unsigned int i;
	int rc;

	rc = load(ctx, &want, &in, shadow ? NULL : &allow_empty);
	if (!rc)
		rc = ctx_open_to_change(ctx);
	for (i = 0; !rc && i < NL_TRIES; i++) {
		rc = nl_read(&ctx->nl, &have, READ_WHOLE, &in);
		if (rc)
			break;
		memset(&changes, 0, sizeof(changes));
		memset(&commit, 0, sizeof(commit));
		commit.has_generation = true;
		commit.again = true;
		commit.generation = have.generation;
		commit.commit_flags = commit_flags;
		if (!allow_empty)
			rc = check_opens(&in, &have, &want);
		if (!rc) {
			conf_diff(&changes, &have, &want);
			/* what came into force though the answer was lost is no change now */
			if (changes.n || !unsure)
				changes_sum(&changes, &sum);
			/* A shadow that is what is in force is one */
			if (changes.n || commit_flags)
				rc = nl_commit(&ctx->nl, &changes, &commit, &in);
		}
		unsure = commit.unsure;
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
		if (unsure)
			err_src(&in, 0, NULL,
				"the kernel's answer to the change is lost each time: sgctl diff shows what is not in force");
		else
			err_src(&in, 0, NULL,
				"another writer changes the configuration all the time: nothing was changed, try again");
		rc = RC_REFUSED;
	}
	/* It is in force, whether that can be written or not */
	if (!rc)
		report(ctx, &sum, commit.generation, shadow);
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
		return rc ? rc : nl_read(&ctx->nl, have, READ_WHOLE, in);
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
	struct conf want, empty = { 0 };
	struct changes all = { 0 };
	struct input in;
	struct print p;
	unsigned int i;
	int rc;

	rc = load(ctx, &want, &in, NULL);
	if (!rc)
		rc = ctx_open(ctx);
	if (!rc) {
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
	if (!rc && !ctx->quiet) {
		bool guards = conf_guards(&want);

		ctx_print(ctx, &p);
		print_object(&p, NULL);
		print_text(&p, "%s is", in.name);
		print_bool(&p, "valid", " valid", true);
		print_bool(&p, "guards", NULL, guards);
		print_text(&p, guards ? "\n" :
			   ", and guards nothing: it has neither a port nor a \"default drop\"\n");
		print_close(&p);
		rc = print_end(&p);
	}
	changes_free(&all);
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
		rc = nl_read(&ctx->nl, &conf, READ_WHOLE, &ctx->in);
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

	rc = load(ctx, &conf, &in, NULL);
	if (!rc) {
		ctx_print(ctx, &p);
		print_conf(&p, &conf);
		rc = print_end(&p);
	}
	conf_free(&conf);
	input_close(&in);
	return rc;
}
