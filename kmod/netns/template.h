/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The templates of a zone: what conntrack finds on a frame and takes the zone
 * from. See template.c.
 */
#ifndef BR_SG_TEMPLATE_H
#define BR_SG_TEMPLATE_H

#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct net;
struct nf_conn;

/**
 * struct br_sg_templates - of a zone, one for each processor
 * @ref: of bridges, in snapshots and among devices
 * @v: a reference of each processor; of those that were not online, all to one.
 *	Does not change while @ref is held
 */
struct br_sg_templates {
	refcount_t ref;
	struct nf_conn * __percpu *v;
};

/* NULL: no memory. May sleep */
struct br_sg_templates *br_sg_templates_new(struct net *net, u16 zone);
struct br_sg_templates *br_sg_templates_get(struct br_sg_templates *templates);
/* NULL is nothing; no frame may look at it any more when it is the last */
void br_sg_templates_put(struct br_sg_templates *templates);

#endif
