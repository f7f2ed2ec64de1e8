/* SPDX-License-Identifier: GPL-2.0 */
/* What is told to who listens: dropped frames, ports near their cap, commits. */
#ifndef BR_SG_EVENT_H
#define BR_SG_EVENT_H

#include <linux/if.h>
#include <linux/types.h>
#include <linux/br_sg.h>

#include "frame/frame.h"

struct br_sg_bind;
struct br_sg_event_ring;
struct br_sg_net;
struct net;
struct sk_buff;
struct workqueue_struct;

/**
 * struct br_sg_event - one of them, as the rings hold it
 * @time: ns since the epoch
 * @dev: the port's device
 * @kind: enum br_sg_event_kind
 * @direction: enum br_sg_direction; of a frame
 * @reason: enum br_sg_reason; DROP, WOULD_DROP
 * @frame: DROP, WOULD_DROP, WOULD_ACCEPT
 * @withheld: events of the port before this one that were not told
 * @entries: CT_NEAR: that the port has in conntrack's table
 * @limit: CT_NEAR: that it may have
 * @state: PORT_STATE: enum br_sg_port_state
 * @cause: PORT_STATE: enum br_sg_port_cause, or 0
 */
struct br_sg_event {
	u64 time;
	char dev[IFNAMSIZ];
	u8 kind;
	u8 direction;
	u8 reason;
	struct br_sg_frame frame;
	u32 withheld;
	u32 entries;
	u32 limit;
	u8 state;
	u8 cause;
};

/**
 * struct br_sg_events - of a netns, from its first port on
 * @rings: one per processor: events between the packet path and @work
 * @work: tells them
 * @net: the netns; not to be touched once @dead
 * @dead: it goes away
 * @rwork: frees this
 */
struct br_sg_events {
	struct br_sg_event_ring __percpu *rings;
	struct work_struct work;
	struct net *net;
	bool dead;
	struct rcu_work rwork;
};

struct br_sg_events *br_sg_events_new(struct net *net);
/* in the netns' exit */
void br_sg_events_free(struct br_sg_events *events);

/* any context with RCU; @skb was dropped at @bind */
void br_sg_event_drop(struct br_sg_net *bn, const struct br_sg_bind *bind,
		      u8 direction, enum br_sg_reason reason,
		      const struct sk_buff *skb);
/*
 * process context with RCU: @bind's port has @entries of @limit. False: there was
 * no room to tell it
 */
bool br_sg_event_ct_near(struct br_sg_net *bn, const struct br_sg_bind *bind,
			 u32 entries, u32 limit);

/*
 * Likewise, the shadow would have decided otherwise about @frame: dropped it for
 * @reason, or, with 0, accepted it.
 */
void br_sg_event_would(struct br_sg_net *bn, const struct br_sg_bind *bind,
		       u8 direction, u8 reason,
		       const struct br_sg_frame *frame);
/* What netlink has of it, nl/event.c. Does anybody listen to events? */
bool br_sg_nl_event_wanted(const struct net *net);
/*
 * Adds an event to @skb, a message that is being made, or sends that and begins
 * another; NULL: none. Process context. Returns what is being made.
 */
struct sk_buff *br_sg_nl_event_add(struct sk_buff *skb, struct net *net,
				   const struct br_sg_event *event);
/* sends it, if there is one */
void br_sg_nl_event_send(struct sk_buff *skb, struct net *net);
/* a configuration is in force; with the commit mutex, so in their order */
void br_sg_nl_config_notify(struct net *net, u64 generation);
/* @change: enum br_sg_shadow_change */
void br_sg_nl_shadow_notify(struct net *net, u64 generation, u64 number,
			    u8 change);

#endif
