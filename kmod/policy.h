/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration -> snapshot: what the packet path reads. netlink.c makes the
 * candidate, policy.c compiles and publishes it.
 */
#ifndef BR_SG_POLICY_H
#define BR_SG_POLICY_H

#include <linux/netlink.h>

#include "config.h"

struct net;
struct br_sg_net;
struct br_sg_policy;
struct br_sg_resume;

struct br_sg_policy *br_sg_policy_get(struct br_sg_policy *policy);
void br_sg_policy_put(struct br_sg_policy *policy);
struct br_sg_addrset;

/* a group's members, those of local ports included; no reference; NULL: none
 * of that name
 */
struct br_sg_addrset *
br_sg_policy_group_members(const struct br_sg_policy *policy,
			   const char *group);
/* index of the port that names @dev, -1 for none */
int br_sg_policy_port_index(const struct br_sg_policy *policy,
			    const char *dev);

/**
 * struct br_sg_refusal - why a commit was refused
 * @cookie: of the object, 0 when it has none
 * @text: names the object, the value and the limit; "" when out of memory
 */
struct br_sg_refusal {
	u32 cookie;
	char text[256];
};

/*
 * Validates @config as a whole (names, limits, mixed groups, zones), compiles
 * it and publishes it when @base is still the generation in force (else
 * -ESTALE); @flags: BR_SG_COMMIT_F_*: only the first two, or it becomes the
 * shadow. On success the caller's reference to @config is kept by the snapshot
 * and *@generation is what is in force; on error, and with _DRY_RUN, nothing has
 * changed and the caller still owns @config. @config->... is not changed but
 * for its generation and cookies. @resume may be NULL; it stays the caller's,
 * and what is used of it is. Process context; takes the netns' mutexes.
 */
int br_sg_policy_commit(struct br_sg_net *bn, struct br_sg_config *config,
			struct br_sg_resume *resume, u64 base, u32 flags,
			u64 *generation, struct br_sg_refusal *refusal);
/*
 * The shadow, when it is @number or @number is 0, comes into force and is no
 * shadow any more; -ESTALE when what is in force is not what it was made of.
 */
int br_sg_policy_shadow_commit(struct br_sg_net *bn, u64 number,
			       u64 *generation, struct br_sg_refusal *refusal);
int br_sg_policy_shadow_drop(struct br_sg_net *bn,
			     struct br_sg_refusal *refusal);
/*
 * The config in force, a reference; never NULL. With @shadow that of the shadow,
 * or NULL.
 */
struct br_sg_config *br_sg_policy_config(struct br_sg_net *bn, bool shadow);

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
void br_sg_policy_port_info(struct br_sg_net *bn, const char *dev,
			    struct br_sg_port_info *info);
/*
 * What is known of a bridge port's device that no port line names and that is
 * blocked, not its zone and serial. False: @dev is none.
 */
bool br_sg_policy_held_info(struct br_sg_net *bn, const char *dev,
			    struct br_sg_port_info *info);
/* members of a group in force, or in the shadow, those of local ports included */
u32 br_sg_policy_group_count(struct br_sg_net *bn, bool shadow,
			     const char *group);

struct br_sg_zone_info {
	char bridge[IFNAMSIZ];
	u16 zone;
	u32 ports;
};

/* fills up to @max; returns how many there are from @first on */
u32 br_sg_policy_zones(struct br_sg_net *bn, u32 first,
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

void br_sg_policy_figures(struct br_sg_net *bn, struct br_sg_figures *figures);

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
 * The @i-th counter of port @dev, in an order that stays as long as the port's
 * policy; false: there is no such port or no more counters. Calls @fn under
 * RCU, it must not sleep.
 */
bool br_sg_policy_counter(struct br_sg_net *bn, const char *dev, u32 i,
			  int (*fn)(const struct br_sg_count *count, void *arg),
			  void *arg, int *ret);

/*
 * The same of the shadow: of its port @dev, and of the @slot-th device that it
 * has counts for besides, if that is @dev or @dev is NULL.
 */
bool br_sg_shadow_port_counter(struct br_sg_net *bn, const char *dev, u32 i,
			       int (*fn)(const struct br_sg_count *count,
					 void *arg), void *arg, int *ret);
bool br_sg_shadow_dev_counter(struct br_sg_net *bn, u32 slot, const char *dev,
			      u32 i, int (*fn)(const struct br_sg_count *count,
					       void *arg), void *arg, int *ret);
/* how many such devices there are */
u32 br_sg_shadow_devs(struct br_sg_net *bn);

/* all of a netns that dies */
void br_sg_policy_net_exit(struct br_sg_net *bn);

#endif
