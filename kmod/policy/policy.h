/* SPDX-License-Identifier: GPL-2.0 */
/* Configuration -> policy. */
#ifndef BR_SG_POLICY_H
#define BR_SG_POLICY_H

#include "conf/config.h"

struct br_sg_addrset;
struct br_sg_policy;
struct br_sg_port;
struct br_sg_refusal;

struct br_sg_policy *br_sg_policy_get(struct br_sg_policy *policy);
void br_sg_policy_put(struct br_sg_policy *policy);

/* a group's members, those of local ports included; no reference; NULL: none
 * of that name
 */
struct br_sg_addrset *
br_sg_policy_group_members(const struct br_sg_policy *policy,
			   const char *group);
/* index of the port that names @dev, -1 for none */
int br_sg_policy_port_index(const struct br_sg_policy *policy,
			    const char *dev);
/* the port that names @dev; no reference; NULL: none */
struct br_sg_port *br_sg_policy_port(const struct br_sg_policy *policy,
				     const char *dev);
/*
 * Calls @fn for each device whose port is not the same object in @before, which may
 * be NULL, and @after; NULL: it has none there. Ends when @fn returns other than 0,
 * with that.
 */
int br_sg_policy_ports_diff(const struct br_sg_policy *before,
			    const struct br_sg_policy *after,
			    int (*fn)(const char *dev,
				      const struct br_sg_port *before,
				      const struct br_sg_port *after,
				      void *arg),
			    void *arg);

/*
 * Compiles @config, which holds together. What it shares with @old, the policy that
 * it takes the place of, or NULL, is taken over. @beside: of a shadow, what it stands
 * beside. A reference, or ERR_PTR; what went beyond a limit is in @refusal.
 */
struct br_sg_policy *br_sg_policy_new(const struct br_sg_policy *old,
				      const struct br_sg_policy *beside,
				      struct br_sg_config *config,
				      struct br_sg_refusal *refusal);

#endif
