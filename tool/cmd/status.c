// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module's figures in this network namespace, and versions
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "nft/flowtable.h"

static const char *feature_name(uint16_t feature)
{
	static const char *const names[] = {
		[BR_SG_FEATURE_SHADOW] = "shadow",
		[BR_SG_FEATURE_RESUME] = "resume",
		[BR_SG_FEATURE_CT_LIMIT] = "ct-limit",
		[BR_SG_FEATURE_ANY_SOURCE] = "any-source",
		[BR_SG_FEATURE_GET_CONFIG] = "get-config",
		[BR_SG_FEATURE_UNIQUE_GENERATION] = "unique-generation",
		[BR_SG_FEATURE_SHADOW_NTF] = "shadow-ntf",
	};

	return feature < ARRAY_SIZE(names) ? names[feature] : NULL;
}

/* By name, or by number where the module is newer than we are */
static void print_features(struct print *p, const struct status *status)
{
	size_t i;

	print_text(p, status->features.n ? "features " : "");
	print_array(p, "features");
	for (i = 0; i < status->features.n; i++) {
		uint16_t feature = status->features.v[i];

		if (feature_name(feature))
			print_str(p, NULL, " %s", feature_name(feature));
		else
			print_uint(p, NULL, " %ju", feature);
	}
	print_close(p);
	print_text(p, status->features.n ? "\n" : "");
}

static void print_errata(struct print *p, const struct status *status)
{
	size_t i;

	print_text(p, status->errata.n ? "errata    mended:" : "");
	print_array(p, "errata");
	for (i = 0; i < status->errata.n; i++)
		print_uint(p, NULL, " %ju", status->errata.v[i]);
	print_close(p);
	print_text(p, status->errata.n ? "\n" : "");
}

static void print_zones(struct print *p, const struct status *status)
{
	const struct zone *zone;
	size_t i;

	print_array(p, "zones");
	for (i = 0; i < status->zones.n; i++) {
		zone = &status->zones.v[i];
		print_object(p, NULL);
		print_str(p, "bridge", "bridge %s", zone->bridge);
		print_uint(p, "id", " zone %ju", zone->id);
		print_uint(p, "ports", " ports %ju\n", zone->ports);
		print_close(p);
	}
	print_close(p);
	if (status->n_zones > status->zones.n)
		print_uint(p, "zones_left_out",
			   "and %ju more bridges, which did not fit: sgctl port show has the zones of ports\n",
			   status->n_zones - status->zones.n);
}

int cmd_status(struct ctx *ctx)
{
	struct flowtables flowtables = { 0 };
	struct status status = { 0 };
	struct print p;
	int rc;

	rc = no_more_words(&ctx->in);
	if (!rc)
		rc = ctx_open(ctx);
	if (!rc)
		rc = nl_status(&ctx->nl, &status, &ctx->in);
	if (!rc)
		rc = flowtables_read(&ctx->nl, &flowtables, &ctx->in);
	if (rc)
		goto out;
	ctx_print(ctx, &p);
	print_object(&p, NULL);
	print_str(&p, "version", "module br_sg %s, ", status.version);
	print_uint(&p, "generation", "generation %ju\n", status.generation);
	print_uint(&p, "defaults", "defaults  %ju\n", status.defaults);
	print_uint(&p, "sets", "sets      %ju\n", status.sets);
	print_uint(&p, "groups", "groups    %ju\n", status.groups);
	print_uint(&p, "rules", "rules     %ju\n", status.rules);
	print_uint(&p, "ports", "ports     %ju", status.ports);
	print_uint(&p, "ports_active", ", %ju active\n", status.ports_active);
	print_uint(&p, "bytes", "memory    %ju bytes", status.bytes);
	print_uint(&p, "bytes_max", " of %ju", status.bytes_max);
	print_uint(&p, "vector_bytes", ", %ju of them bit vectors\n", status.vector_bytes);
	if (status.shadow) {
		print_uint(&p, "shadow", "shadow    number %ju", status.shadow);
		print_uint(&p, "shadow_base", " of generation %ju", status.shadow_base);
		print_uint(&p, "shadow_bytes", ", %ju bytes\n", status.shadow_bytes);
	}
	print_uint(&p, "unconfigured_packets", "dropped [unconfigured] %ju packets",
		   status.unconfigured_packets);
	print_uint(&p, "unconfigured_bytes", ", %ju bytes\n", status.unconfigured_bytes);
	print_features(&p, &status);
	print_errata(&p, &status);
	print_zones(&p, &status);
	flowtables_print(&p, &flowtables);
	print_close(&p);
	rc = print_end(&p);
out:
	flowtables_free(&flowtables);
	status_free(&status);
	return rc;
}

/* The tool's, and the module's where it answers */
int print_versions(struct ctx *ctx)
{
	struct status status = { 0 };
	const char *module = "not loaded";
	struct print p;
	bool there;
	int rc, err;

	ctx_print(ctx, &p);
	rc = nl_open(&ctx->nl, ctx->netns, NL_QUIET);
	ctx->nl_ready = true;
	there = ctx->nl.family;
	if (there) {
		struct nlmsghdr *nlh = nl_new(&ctx->nl, BR_SG_CMD_STATUS_GET, 0);

		module = "loaded, its version is not readable without CAP_NET_ADMIN";
		err = nl_call(&ctx->nl, nlh, nl_got_status, &status);
		if (!err && *status.version)
			module = status.version;
		else if (err != EPERM)
			module = "of another kind, it does not say its version";
	}
	print_object(&p, NULL);
	print_str(&p, "sgctl", "sgctl %s, ", SGCTL_VERSION);
	if (!*status.version && p.json)
		print_null(&p, "module", NULL);
	else
		print_str(&p, "module", "module br_sg %s\n", module);
	if (there)
		print_bool(&p, "fits", NULL, !rc);
	print_close(&p);
	status_free(&status);
	err = print_end(&p);
	/* that it is not loaded is an answer; that it does not fit was said */
	return there && rc ? rc : err;
}
