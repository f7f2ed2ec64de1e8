/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family "br_sg", see linux/br_sg.h.
 */
#ifndef BR_SG_NETLINK_H
#define BR_SG_NETLINK_H

struct br_sg_net;

/* pernet operations are to be registered before and unregistered after */
int br_sg_netlink_init(void);
void br_sg_netlink_exit(void);
void br_sg_netlink_net_init(struct br_sg_net *bn);
void br_sg_netlink_net_exit(struct br_sg_net *bn);

#endif
