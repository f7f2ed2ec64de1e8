/* SPDX-License-Identifier: GPL-2.0 */
/* What the control plane asks of the policy and the devices in force. */
#ifndef BR_SG_QUERY_H
#define BR_SG_QUERY_H

#include <linux/if.h>
#include <linux/types.h>

struct br_sg_config;
struct br_sg_net;
struct br_sg_policy;
struct br_sg_port;

/*
 * The policy in force, or the shadow, a reference; NULL: there is none. Its counters
 * go on whatever is in force by then.
 */
struct br_sg_policy *br_sg_query_policy(struct br_sg_net *bn, bool shadow);
/* the config in force, a reference; never NULL */
struct br_sg_config *br_sg_query_config(struct br_sg_net *bn);

/* what PORT_GET says besides the configuration */
struct br_sg_port_info {
	u8 state;		/* enum br_sg_port_state */
	u8 cause;		/* enum br_sg_port_cause of BLOCKED, else 0 */
	u32 ifindex;		/* 0: none */
	char bridge[IFNAMSIZ];	/* "": none */
	u16 zone;		/* 0: none */
	u32 serial;		/* 0: none */
	u16 version;
	u32 ct_limit;		/* 0: not a port that filters */
	u32 ct_entries;
};

/* zeros when @dev is not a port of the snapshot in force */
void br_sg_query_port(struct br_sg_net *bn, const char *dev,
		      struct br_sg_port_info *info);
/*
 * What is known of a bridge port's device that no port line names and that is
 * blocked, not its zone and serial. False: @dev is none.
 */
bool br_sg_query_held(struct br_sg_net *bn, const char *dev,
		      struct br_sg_port_info *info);
struct br_sg_zone_info {
	char bridge[IFNAMSIZ];
	u16 zone;
	u32 ports;
};

/* fills up to @max; returns how many there are from @first on */
u32 br_sg_query_zones(struct br_sg_net *bn, u32 first,
		      struct br_sg_zone_info *info, u32 max);

struct br_sg_figures {
	u32 ports_active;
	u64 unconfigured_packets;
	u64 unconfigured_bytes;
	u64 bytes;		/* of the policy in force */
	u64 vector_bytes;	/* of them bit vectors */
	u64 bytes_max;
	u64 shadow;		/* its number; 0: there is none */
	u64 shadow_base;	/* the generation it was made of */
	u64 shadow_bytes;
};

void br_sg_query_figures(struct br_sg_net *bn, struct br_sg_figures *figures);

/**
 * struct br_sg_count - one counter, as it is read
 * @dev: of the port or device; valid under RCU
 * @direction: enum br_sg_direction
 * @step: enum br_sg_step, or 0
 * @reason: enum br_sg_reason, or 0
 * @would: enum br_sg_would, of the shadow; else 0
 * @group: a rule's group, or NULL; valid under RCU
 * @id: a rule's id
 */
struct br_sg_count {
	const char *dev;
	u8 direction;
	u8 step;
	u8 reason;
	u8 would;
	const char *group;
	u32 id;
	u64 packets;
	u64 bytes;
};

/*
 * The @i-th counter of @port, ingress before egress, in the order steps, reasons,
 * rules; false: there are no more. The strings in @count live as long as @port.
 */
bool br_sg_query_counter(const struct br_sg_port *port, u32 i,
			 struct br_sg_count *count);
/*
 * The @i-th counter of the device in the @slot-th place of the snapshot, if the shadow
 * has counts for it besides its ports' and it is @dev or @dev is NULL; false: there is
 * none. Calls @fn under RCU, it must not sleep.
 */
bool br_sg_query_shadow_dev_counter(struct br_sg_net *bn, u32 slot, const char *dev,
				    u32 i, int (*fn)(const struct br_sg_count *count,
					       void *arg), void *arg, int *ret);
/* how many places there are; most are empty */
u32 br_sg_query_shadow_devs(struct br_sg_net *bn);

#endif
