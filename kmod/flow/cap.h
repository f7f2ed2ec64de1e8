/* SPDX-License-Identifier: GPL-2.0 */
/* How many conntrack entries a port may have. */
#ifndef BR_SG_CAP_H
#define BR_SG_CAP_H

#include <linux/types.h>

struct br_sg_bind;
struct br_sg_net;
struct br_sg_port;
struct nf_conn;

/*
 * May @bind's port have a slot in @ct, in which it has none yet? True: it is
 * one more of the port's.
 */
bool br_sg_cap_charge(const struct br_sg_bind *bind, const struct nf_conn *ct);
/* how many it may have now */
u32 br_sg_cap_limit(const struct br_sg_port *port);
/*
 * Entries have slots of ports that have just come by the serial: counts them, and
 * waits until they are
 */
void br_sg_cap_recount(struct br_sg_net *bn);
/* before anything is charged in a netns, and when nothing is any more */
void br_sg_cap_net_init(struct br_sg_net *bn);
void br_sg_cap_net_exit(struct br_sg_net *bn);

#endif
