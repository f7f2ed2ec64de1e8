/* SPDX-License-Identifier: GPL-2.0 */
/* Which device is which port: policy + the devices there are -> snapshot. */
#ifndef BR_SG_BIND_H
#define BR_SG_BIND_H

#include <linux/types.h>

struct br_sg_net;
struct br_sg_binding;
struct br_sg_policy;
struct br_sg_resume;

/*
 * Publishes @policy over the devices there are; NULL: nothing is configured
 * any more. @shadow, or NULL: judged beside it. @resume: what devices and bridges
 * had before, or NULL. Takes over the caller's references on success, but not
 * @resume. Under bn->commit.
 */
int br_sg_bind_publish(struct br_sg_net *bn, struct br_sg_policy *policy,
		       struct br_sg_policy *shadow, struct br_sg_resume *resume,
		       u64 generation);
/*
 * @fn of the devices that a port is bound to and of renamed ones, in the order
 * they joined, then of such that are on no bridge, from the *@i-th on, until it
 * returns other than 0, which is returned; *@i is where to go on. It must not
 * sleep. *@moved is another number when another device may have a place.
 */
int br_sg_bind_walk(struct br_sg_net *bn, u32 *i,
		    int (*fn)(const struct br_sg_binding *binding, void *arg),
		    void *arg, u32 *moved);
void br_sg_bind_net_exit(struct br_sg_net *bn);
int br_sg_bind_init(void);
/* before the netns go: no device event comes after */
void br_sg_bind_unregister(void);

#endif
