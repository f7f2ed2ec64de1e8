/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BR_SG_BIND_STATE_H
#define BR_SG_BIND_STATE_H

/**
 * enum br_sg_bind_state - what a bridge port's device is to us
 * @BR_SG_BIND_PASS: no port line and no default: on a bridge with ports of
 *	ours, so that its frames take the zone template
 * @BR_SG_BIND_FILTER: its port guards it
 * @BR_SG_BIND_OPEN: its port is off or trusted
 * @BR_SG_BIND_ZONE: its port is blocked, [zone]
 * @BR_SG_BIND_UNCONFIGURED: a default drops it, or it was renamed
 */
enum br_sg_bind_state {
	BR_SG_BIND_PASS,
	BR_SG_BIND_FILTER,
	BR_SG_BIND_OPEN,
	BR_SG_BIND_ZONE,
	BR_SG_BIND_UNCONFIGURED,
};

#endif
