/* SPDX-License-Identifier: GPL-2.0 */
/* Which device is which port: policy + the devices there are -> snapshot. */
#ifndef BR_SG_BIND_H
#define BR_SG_BIND_H

#include <linux/types.h>

struct br_sg_net;
struct br_sg_policy;

/*
 * Publishes @policy over the devices there are; NULL: nothing is configured
 * any more. @shadow, or NULL: judged beside it. Takes over the caller's
 * references on success. Under bn->commit.
 */
int br_sg_bind_publish(struct br_sg_net *bn, struct br_sg_policy *policy,
		       struct br_sg_policy *shadow, u64 generation);
void br_sg_bind_net_exit(struct br_sg_net *bn);
int br_sg_bind_init(void);
/* before the netns go: no device event comes after */
void br_sg_bind_unregister(void);

#endif
