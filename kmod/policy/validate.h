/* SPDX-License-Identifier: GPL-2.0 */
/* Does a configuration hold together as a whole? */
#ifndef BR_SG_VALIDATE_H
#define BR_SG_VALIDATE_H

struct br_sg_config;
struct br_sg_policy;
struct br_sg_refusal;

/*
 * What no single message can know: that names refer to something, that a
 * port's groups go together, that UUIDs are unique, and limits of the whole. @base is
 * the policy in force, or NULL: what its config shares with @config, and refers to
 * nothing that has changed, is not looked at again. 0 or an errno, with the text in
 * @refusal.
 */
int br_sg_validate(const struct br_sg_config *config,
		   const struct br_sg_policy *base,
		   struct br_sg_refusal *refusal);

#endif
