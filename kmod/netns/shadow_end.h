/* SPDX-License-Identifier: GPL-2.0 */
/* What a device is to the shadow, as a snapshot has it. */
#ifndef BR_SG_SHADOW_END_H
#define BR_SG_SHADOW_END_H

#include <linux/types.h>

struct br_sg_policy;
struct br_sg_port;
struct br_sg_shadow_counts;
struct br_sg_shadow_end;
struct net_device;

/**
 * struct br_sg_shadow_dev - what there is to know of a device
 * @dev: its name
 * @bridge: it is on
 * @real: its port in force; NULL: none
 * @drops: without a port line it is dropped, by the shadow's defaults or since it
 *	was renamed
 * @blocked: its port in force is blocked, [zone]
 * @counts: that it had; NULL: none
 */
struct br_sg_shadow_dev {
	const char *dev;
	const struct net_device *bridge;
	const struct br_sg_port *real;
	bool drops;
	bool blocked;
	struct br_sg_shadow_counts *counts;
};

/* -ENOMEM, or 0: @end is to be freed by br_sg_shadow_end_exit() */
int br_sg_shadow_end_init(struct br_sg_shadow_end *end,
			  const struct br_sg_policy *shadow,
			  const struct br_sg_shadow_dev *dev);
void br_sg_shadow_end_exit(struct br_sg_shadow_end *end);
struct br_sg_shadow_counts *
br_sg_shadow_counts_get(struct br_sg_shadow_counts *counts);
/* NULL is fine */
void br_sg_shadow_counts_put(struct br_sg_shadow_counts *counts);

#endif
