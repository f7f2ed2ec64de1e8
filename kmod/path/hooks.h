/* SPDX-License-Identifier: GPL-2.0 */
/* The bridge hooks of a netns. */
#ifndef BR_SG_HOOKS_H
#define BR_SG_HOOKS_H

struct br_sg_net;

/* bridge conntrack, labels and our hooks; under bn->commit */
int br_sg_hooks_register(struct br_sg_net *bn);
void br_sg_hooks_unregister(struct br_sg_net *bn);

#endif
