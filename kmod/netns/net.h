/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a netns has of br_sg.
 *
 * Locks, outermost first: commit, RTNL, publish. The netdevice notifier comes
 * with RTNL held and takes publish; a commit compiles under commit alone and
 * takes publish only to bind devices and swap the pointer.
 */
#ifndef BR_SG_NET_H
#define BR_SG_NET_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <net/net_namespace.h>

#include "base/counter.h"
#include "netns/event.h"
#include "netns/zone.h"

#define BR_SG_HOOKS	5

/* the module's: frees snapshots, tells events */
extern struct workqueue_struct *br_sg_wq;

struct br_sg_config;
struct br_sg_devs;
struct br_sg_snapshot;
struct br_sg_policy;

/**
 * struct br_sg_transactions - the open transactions of a netns
 * @lock: protects the rest
 * @list: struct br_sg_transaction
 * @n: length of @list, at most BR_SG_MAX_CANDIDATES
 */
struct br_sg_transactions {
	struct mutex lock;	/* the list */
	struct list_head list;
	u32 n;
};

/**
 * struct br_sg_net - one netns
 * @net: it
 * @snap: what the packet path reads; NULL while there is no port and no default.
 *	Written under @publish
 * @commit: serialises commits
 * @publish: protects all below
 * @policy: of @snap, a reference; there without it, too, while groups or sets are
 *	configured. NULL: nothing was. Written under @commit and @publish, read under
 *	either
 * @generation: of the configuration in force; like @policy
 * @shadow: of @snap, a reference; NULL: none. Like @policy
 * @shadows: the number of the last shadow. Protected by @commit
 * @moved: of @snap, one more with each
 * @hooked: our hooks are registered. Protected by @commit
 * @pinned: we hold a reference to the module, while anything is configured.
 *	Protected by @commit
 * @empty: the configuration while there is no other; constant
 * @devs: devices and bridges; NULL like @snap
 * @zones: zones of bridges; from the first port on
 * @hooks: ours; their priv is this struct. Protected by @commit
 * @foreign: another had bridge conntrack on before us. Protected by @commit,
 *	read by the packet path, where it does not change
 * @bracket: what the packet path found last, and
 * @bracket_at: in which tick; both written by it without a lock, any may win
 * @unconfigured: dropped [unconfigured]; atomic
 * @unconfigured_events: of those
 * @events: from the first commit on; written before hooks are registered, does
 *	not change while they are
 * @recount: counts conntrack entries of ports
 * @resuming: ports have come with entries, and wait for @recount. Written under
 *	@commit
 * @recounted: jiffies, when it did last; written by it, read by who queues it
 * @transactions: of the control plane
 */
struct br_sg_net {
	struct net *net;
	struct br_sg_snapshot __rcu *snap;
	struct mutex commit;	/* one commit at a time */
	struct mutex publish;	/* devices, zones, the swap */
	struct br_sg_policy *policy;
	u64 generation;
	struct br_sg_policy *shadow;
	u64 shadows;
	u32 moved;
	bool hooked;
	bool pinned;
	struct br_sg_config *empty;
	struct br_sg_devs *devs;
	struct br_sg_zones zones;
	struct nf_hook_ops hooks[BR_SG_HOOKS];
	bool foreign;
	bool bracket;
	unsigned long bracket_at;
	struct br_sg_counter unconfigured;
	struct br_sg_event_budget unconfigured_events;
	struct br_sg_events *events;
	struct delayed_work recount;
	bool resuming;
	unsigned long recounted;
	struct br_sg_transactions transactions;
};

struct br_sg_net *br_sg_net(const struct net *net);

#endif
