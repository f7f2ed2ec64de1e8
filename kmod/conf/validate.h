/* SPDX-License-Identifier: GPL-2.0 */
/* Does a configuration hold together as a whole? */
#ifndef BR_SG_VALIDATE_H
#define BR_SG_VALIDATE_H

struct br_sg_config;
struct br_sg_refusal;

/*
 * What no single message can know: that names refer to something, that a
 * port's groups go together, and limits of the whole. @base is a config that
 * passed before, or NULL: what it shares with @config is not looked at again.
 */
int br_sg_config_validate(const struct br_sg_config *config,
			  const struct br_sg_config *base,
			  struct br_sg_refusal *refusal);

#endif
