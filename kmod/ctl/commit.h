/* SPDX-License-Identifier: GPL-2.0 */
/* A configuration comes into force, or becomes the shadow of what is in force. */
#ifndef BR_SG_COMMIT_H
#define BR_SG_COMMIT_H

#include <linux/types.h>

struct br_sg_blocked;
struct br_sg_config;
struct br_sg_net;
struct br_sg_refusal;
struct br_sg_resume;

/*
 * Validates @config as a whole (names, limits, mixed groups, zones), compiles
 * it and publishes it when @base is still the generation in force (else
 * -ESTALE); @flags: BR_SG_COMMIT_F_*: only the first two, or it becomes the
 * shadow. On success the caller's reference to @config is kept by the snapshot
 * and *@generation is what is in force; on error, and with _DRY_RUN, nothing has
 * changed and the caller still owns @config. @config->... is not changed but
 * for its generation and cookies. @resume may be NULL; it stays the caller's,
 * and what is used of it is. Ports that it blocks are in @blocked. Process context;
 * takes the netns' mutexes.
 */
int br_sg_commit(struct br_sg_net *bn, struct br_sg_config *config,
		 struct br_sg_resume *resume, u64 base, u32 flags,
		 u64 *generation, struct br_sg_refusal *refusal,
		 struct br_sg_blocked *blocked);
/*
 * The shadow, when it is @number or @number is 0, comes into force and is no
 * shadow any more; -ESTALE when what is in force is not what it was made of.
 */
int br_sg_commit_shadow(struct br_sg_net *bn, u64 number,
			u64 *generation, struct br_sg_refusal *refusal,
			struct br_sg_blocked *blocked);
int br_sg_commit_shadow_drop(struct br_sg_net *bn,
			     struct br_sg_refusal *refusal);
/* all of a netns that dies */
void br_sg_commit_net_exit(struct br_sg_net *bn);

#endif
