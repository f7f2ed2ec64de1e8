// SPDX-License-Identifier: GPL-2.0
/*
 * Events: from the packet path to who listens
 *
 * The packet path takes no lock and allocates nothing, so it writes an event to a
 * ring of its processor, and a work item makes messages of what is there. A ring
 * has one writer, since softirqs are off, and one reader, the work item:
 *
 *	head: written next, by the packet path;	head - tail: used, at most RING
 *	tail: read next, by the work item
 *
 * Nothing is written unless somebody listens. A port has a budget of its own, so
 * that one that is flooded hides nothing of another; what it did not tell it
 * counts, and says with the next event. A frame of no port (no port line, a
 * default drops it) is in the budget of the netns.
 */
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "base/counter.h"
#include "netns/event.h"
#include "netns/net.h"
#include "policy/snapshot.h"

#define RING			64	/* events; a power of two */
#define EVENTS_PER_SECOND	10	/* of a port */

/**
 * struct br_sg_event_ring - of a processor
 * @head: written by the packet path with softirqs off
 * @tail: written by the work item
 * @v: from @tail up to @head those that are to be told
 */
struct br_sg_event_ring {
	u32 head;
	u32 tail;
	struct br_sg_event v[RING];
};

static void ring_tell(struct br_sg_event_ring *ring, struct net *net,
		      struct sk_buff **skb)
{
	u32 tail = ring->tail;

	/* what the packet path wrote before head */
	while (tail != smp_load_acquire(&ring->head)) {
		*skb = br_sg_nl_event_add(*skb, net, &ring->v[tail % RING]);
		/* the place is free when it has been read */
		smp_store_release(&ring->tail, ++tail);
	}
}

static void events_tell(struct work_struct *work)
{
	struct br_sg_events *events = container_of(work, struct br_sg_events,
						   work);
	struct sk_buff *skb = NULL;
	int cpu;

	if (READ_ONCE(events->dead))
		return;
	for_each_possible_cpu(cpu)
		ring_tell(per_cpu_ptr(events->rings, cpu), events->net, &skb);
	br_sg_nl_event_send(skb, events->net);
}

static void events_release(struct work_struct *work)
{
	struct br_sg_events *events = container_of(to_rcu_work(work),
						   struct br_sg_events, rwork);

	cancel_work_sync(&events->work);
	free_percpu(events->rings);
	kfree(events);
}

struct br_sg_events *br_sg_events_new(struct net *net)
{
	struct br_sg_events *events;

	events = kzalloc(sizeof(*events), GFP_KERNEL_ACCOUNT);
	if (!events)
		return NULL;
	events->rings = alloc_percpu_gfp(struct br_sg_event_ring,
					 GFP_KERNEL_ACCOUNT);
	if (!events->rings) {
		kfree(events);
		return NULL;
	}
	INIT_WORK(&events->work, events_tell);
	INIT_RCU_WORK(&events->rwork, events_release);
	events->net = net;
	return events;
}

void br_sg_events_free(struct br_sg_events *events)
{
	if (!events)
		return;
	WRITE_ONCE(events->dead, true);
	cancel_work_sync(&events->work);
	queue_rcu_work(br_sg_wq, &events->rwork);
}

/*
 * The place for one more event of who has @budget, or NULL. With softirqs off;
 * event_end() is to follow.
 */
static struct br_sg_event *event_begin(struct br_sg_net *bn,
				       struct br_sg_event_budget *budget,
				       u8 kind, const char *dev)
{
	struct br_sg_event_ring *ring = this_cpu_ptr(bn->events->rings);
	struct br_sg_event *event;
	u32 tail;

	/* pairs with the release in ring_tell(): up to tail all is read */
	tail = smp_load_acquire(&ring->tail);
	if (ring->head - tail == RING ||
	    !br_sg_rate_take(&budget->rate, 1, EVENTS_PER_SECOND)) {
		atomic_inc(&budget->withheld);
		return NULL;
	}
	event = &ring->v[ring->head % RING];
	memset(event, 0, sizeof(*event));
	event->time = ktime_get_real_ns();
	event->kind = kind;
	strscpy(event->dev, dev, sizeof(event->dev));
	event->withheld = atomic_xchg(&budget->withheld, 0);
	return event;
}

static void event_end(struct br_sg_net *bn)
{
	struct br_sg_event_ring *ring = this_cpu_ptr(bn->events->rings);

	/* the event is there before the work item is told of it */
	smp_store_release(&ring->head, ring->head + 1);
	queue_work(br_sg_wq, &bn->events->work);
}

void br_sg_event_drop(struct br_sg_net *bn, const struct br_sg_bind *bind,
		      u8 direction, enum br_sg_reason reason,
		      const struct sk_buff *skb)
{
	struct br_sg_event_budget *budget = &bn->unconfigured_events;
	const char *dev = skb->dev->name;
	struct br_sg_event *event;

	if (likely(!br_sg_nl_event_wanted(bn->net)))
		return;
	if (bind->port) {
		budget = &bind->port->counters->events;
		dev = bind->port->conf->dev;
	}
	local_bh_disable();
	event = event_begin(bn, budget, BR_SG_EVENT_DROP, dev);
	if (event) {
		event->direction = direction;
		event->reason = reason;
		br_sg_frame_parse(&event->frame, skb);
		event_end(bn);
	}
	local_bh_enable();
}

bool br_sg_event_ct_near(struct br_sg_net *bn, const struct br_sg_bind *bind,
			 u32 entries, u32 limit)
{
	struct br_sg_event_budget *budget = &bind->port->counters->warnings;
	struct br_sg_event *event;

	if (!br_sg_nl_event_wanted(bn->net))
		return true;
	local_bh_disable();
	event = event_begin(bn, budget, BR_SG_EVENT_CT_NEAR,
			    bind->port->conf->dev);
	if (event) {
		event->entries = entries;
		event->limit = limit;
		event_end(bn);
	} else {
		/* it is told later */
		atomic_dec(&budget->withheld);
	}
	local_bh_enable();
	return event;
}

void br_sg_event_would(struct br_sg_net *bn, const struct br_sg_bind *bind,
		       u8 direction, u8 reason, const struct br_sg_frame *frame)
{
	const struct br_sg_port *port = bind->shadow->port;
	struct br_sg_event *event;

	if (likely(!br_sg_nl_event_wanted(bn->net)))
		return;
	local_bh_disable();
	event = event_begin(bn, port ? &port->counters->events :
				       &bn->unconfigured_events,
			    reason ? BR_SG_EVENT_WOULD_DROP :
				     BR_SG_EVENT_WOULD_ACCEPT,
			    bind->shadow->dev);
	if (event) {
		event->direction = direction;
		event->reason = reason;
		event->frame = *frame;
		event_end(bn);
	}
	local_bh_enable();
}
