/* SPDX-License-Identifier: GPL-2.0 */
/* What was judged becomes a snapshot, and the one in force. */
#ifndef BR_SG_PUBLISH_H
#define BR_SG_PUBLISH_H

#include <linux/types.h>

struct br_sg_net;
struct br_sg_policy;
struct br_sg_snapshot;
struct net_device;

/*
 * All the memory that it takes to put in force what br_sg_judge() made of @policy and,
 * or NULL, @shadow. ERR_PTR(-ENOMEM), and br_sg_devs_abandon() is to follow; else
 * br_sg_publish(). Under bn->publish.
 */
struct br_sg_snapshot *
br_sg_publish_prepare(struct br_sg_net *bn, struct br_sg_policy *policy,
		      struct br_sg_policy *shadow);
/* scratch is true, and @snap in force. It cannot fail */
void br_sg_publish(struct br_sg_net *bn, struct br_sg_snapshot *snap);
/* no snapshot any more, and no devices; takes no memory */
void br_sg_publish_none(struct br_sg_net *bn);
/*
 * There is no memory for a snapshot without the device: its bind is voided where it
 * is. It drops from now on, and its pointers are not followed in any state. They stay
 * good all the same until there is another snapshot.
 */
void br_sg_publish_void(struct br_sg_net *bn, const struct net_device *dev);

#endif
