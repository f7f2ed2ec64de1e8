/* SPDX-License-Identifier: GPL-2.0 */
/* The work of one compile, shared by the files that take part in it. */
#ifndef BR_SG_COMPILE_H
#define BR_SG_COMPILE_H

#include <linux/bits.h>

#include "policy/policy.h"

struct br_sg_owner;

#define BR_SG_FOUND_BITS	6
#define BR_SG_FOUND		BIT(BR_SG_FOUND_BITS)

/**
 * struct br_sg_compile - the work of one compile; its caller's alone
 * @old: the policy in force, or NULL
 * @beside: of a shadow: the policy in force; NULL: of none
 * @new: the one being made
 * @config: of @new
 * @id: of no other compile; the owners that this one has made carry it
 * @touched: those owners, by their @touched, a reference to each
 * @touched_end: where the next goes
 * @groups: owners of groups in @new that were found last, by a hash of the name's
 *	address: most ports and groups share their names
 * @dirty: names of devices whose ports are made anew, or go
 * @budget: bytes that @new may take
 * @refusal: says what went beyond a limit
 */
struct br_sg_compile {
	const struct br_sg_policy *old;
	const struct br_sg_policy *beside;
	struct br_sg_policy *new;
	struct br_sg_config *config;
	u64 id;
	struct br_sg_owner *touched;
	struct br_sg_owner **touched_end;
	struct br_sg_found {
		const struct br_sg_name *name;
		struct br_sg_owner *owner;
	} groups[BR_SG_FOUND];
	struct br_sg_tree dirty;
	u64 budget;
	struct br_sg_refusal *refusal;
};

/* a set of device names, without values: @dirty, and the ports of a group */
extern const struct br_sg_tree_type br_sg_devs_type;
extern const struct br_sg_tree_type br_sg_ports_type;

/* the port of @dev is to be made anew; 0 or -ENOMEM */
int br_sg_compile_dirty(struct br_sg_compile *c, const char *dev);
/*
 * The port of @dev, padded, is the next version of what it is now, if it is there and
 * not made by this compile; 0 or -ENOMEM
 */
int br_sg_port_age(struct br_sg_compile *c, const char *dev);
/* makes or removes the ports that are dirty; 0 or an errno */
int br_sg_compile_ports(struct br_sg_compile *c);
void br_sg_port_put(struct br_sg_port *port);

#endif
