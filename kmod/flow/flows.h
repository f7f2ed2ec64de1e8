/* SPDX-License-Identifier: GPL-2.0 */
/* The flows of our zones, for the control plane: a walk of conntrack's table. */
#ifndef BR_SG_FLOWS_H
#define BR_SG_FLOWS_H

#include <linux/types.h>

struct br_sg_net;
struct nf_conn;

/**
 * struct br_sg_flow_end - what a port's slot says
 * @dev: the port
 * @direction: of the rules that admitted the flow: who opened it
 * @revoked: they allow it no more
 * @counted: no verdict, it only counts as the port's
 * @again: the port's policy has moved since: judged again with the next packet
 * @version: of the policy that judged
 * @group: the rule's group; NULL when @revoked, @counted or @again, and the rule is none
 * @id: the rule's
 */
struct br_sg_flow_end {
	const char *dev;
	u8 direction;
	bool revoked;
	bool counted;
	bool again;
	u16 version;
	const char *group;
	u32 id;
};

/* an entry with slots of ports that are there; under RCU */
struct br_sg_flow {
	const struct nf_conn *ct;
	u32 n_ends;
	struct br_sg_flow_end ends[2];
};

/**
 * struct br_sg_flow_walk - where a walk is; zeros: at the beginning
 * @bucket: of the table
 * @last: of it the entry to go on with, a reference; NULL: the first
 */
struct br_sg_flow_walk {
	u32 bucket;
	struct nf_conn *last;
};

/*
 * Calls @fn, which must not sleep, for each flow from @walk on until it returns
 * other than 0: that is returned, and the next call goes on with the same flow.
 * 0: there are no more. What the table does meanwhile, grow for instance, may
 * show a flow twice or not at all.
 */
int br_sg_flows_walk(struct br_sg_net *bn, struct br_sg_flow_walk *walk,
		     int (*fn)(const struct br_sg_flow *flow, void *arg),
		     void *arg);
void br_sg_flows_end(struct br_sg_flow_walk *walk);

#endif
