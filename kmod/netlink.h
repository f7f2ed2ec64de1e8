/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family "br_sg", see linux/br_sg.h.
 */
#ifndef BR_SG_NETLINK_H
#define BR_SG_NETLINK_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct br_sg_net;

/**
 * struct br_sg_sessions - the open transactions of a netns
 * @lock: protects the rest
 * @list: struct br_sg_session
 * @n: length of @list, at most BR_SG_MAX_CANDIDATES
 */
struct br_sg_sessions {
	struct mutex lock;	/* the list */
	struct list_head list;
	u32 n;
};

/* pernet operations are to be registered before and unregistered after */
int br_sg_netlink_init(void);
void br_sg_netlink_exit(void);
void br_sg_netlink_net_init(struct br_sg_net *bn);
void br_sg_netlink_net_exit(struct br_sg_net *bn);

#endif
