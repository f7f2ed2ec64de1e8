/* SPDX-License-Identifier: GPL-2.0 */
/* Which device is which port: policy + the devices there are -> snapshot. */
#ifndef BR_SG_BIND_H
#define BR_SG_BIND_H

#include <linux/br_sg.h>
#include <linux/types.h>

#define BR_SG_BLOCKED_MAX	8	/* are named */
#define BR_SG_BLOCKED_TEXT	(BR_SG_WARNING_MAX + 1)

struct br_sg_net;
struct br_sg_binding;
struct br_sg_policy;
struct br_sg_resume;

/**
 * struct br_sg_blocked - ports that a commit has blocked, or changed and left so
 * @n: how many
 * @text: of the first of them: which, and why
 */
struct br_sg_blocked {
	u32 n;
	char text[BR_SG_BLOCKED_MAX][BR_SG_BLOCKED_TEXT];
};

/*
 * Publishes @policy over the devices there are; if it has neither port nor default
 * there is no snapshot, and nobody follows devices. @shadow, or NULL: judged beside it.
 * @resume: what devices and bridges had before, or NULL. Takes over the caller's
 * references on success, but not @resume. -EEXIST: a serial of that has become another
 * device's. Under bn->commit.
 */
int br_sg_bind_publish(struct br_sg_net *bn, struct br_sg_policy *policy,
		       struct br_sg_policy *shadow, struct br_sg_resume *resume,
		       u64 generation, struct br_sg_blocked *blocked);
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
