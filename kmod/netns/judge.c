// SPDX-License-Identifier: GPL-2.0
/*
 * What each device is
 *
 * A device is judged by its own: its name, who it was, the policy's line. Of others it
 * depends by the zone alone. A port line may name one for its bridge; who does not get
 * it is blocked. That is decided for all bridges at once, in the order in which devices
 * joined, so that it does not depend on the order of events: two bridges change zones
 * in one commit, and a port that was blocked is not when who was in its way has gone.
 *
 * Nothing of it moves while no device has another wish than before: each bridge keeps
 * what it has, each device that is blocked stays so, and a bridge that has none, and now
 * a port that filters, chooses. So that is all that is done unless
 *
 *	a wish is new, another, gone, or on another bridge	(wishes_moved())
 *	a bridge has gone, or a device that had a wish, and some device is blocked:
 *	what it waits for may have become free			(released)
 *
 * test_judge.c compares the two ways after each step.
 */
#include <linux/err.h>
#include <linux/string.h>

#include "netns/device.h"
#include "netns/judge.h"
#include "netns/resume.h"
#include "policy/bind_state.h"

/* more bridges than that which choose at once are put in order by a walk of all */
#define CHOOSE_MAX	16

void br_sg_ports_on_add(struct br_sg_ports_on *on, const struct br_sg_dev_is *is,
			int n)
{
	if (!is->port)
		return;
	on->ours += n;
	if (is->state == BR_SG_BIND_FILTER) {
		on->filters += n;
		if (!is->stateless)
			on->stateful += n;
	}
	if (is->id.moved)
		on->moved += n;
}

/*
 * A device that a new port is bound to has a new serial, or the one it had before
 * the module was loaded anew. Then entries carry it, with older versions.
 */
static void identity_bind(struct br_sg_identity *id, const char *name,
			  const struct br_sg_line *line,
			  const struct br_sg_binding *before,
			  struct br_sg_resume *resume)
{
	if (id->serial && id->epoch == line->epoch && !strcmp(id->name, name)) {
		if (id->version != line->version)
			id->moved = true;
	} else if (before && before->fits) {
		id->serial = before->serial;
		id->moved = true;
	} else {
		id->serial = br_sg_serial_next(resume);
		id->moved = false;
	}
	strscpy_pad(id->name, name, sizeof(id->name));
	id->epoch = line->epoch;
	id->version = line->version;
	id->renamed = false;
}

/* all but whether it gets the zone that it wishes */
static void dev_judge(struct br_sg_dev *d, const struct br_sg_policy *policy,
		      struct br_sg_resume *resume)
{
	const struct br_sg_binding *before;
	struct br_sg_dev_is *next = &d->next;
	struct br_sg_line line, old;

	br_sg_judge_line(policy, d->name, &line);
	next->id = d->is.id;
	next->port = NULL;
	next->wish = 0;
	next->stateless = false;
	next->state = BR_SG_BIND_PASS;
	/* its line is gone; one of that name which comes later is another */
	if (next->id.serial) {
		br_sg_judge_line(policy, next->id.name, &old);
		if (!old.port)
			next->id.serial = 0;
	}
	before = br_sg_resume_find(resume, d->ifindex, d->name);
	if (!line.port)
		next->id.renamed |= before && before->renamed;
	else if (next->bridge || (before && before->fits))
		identity_bind(&next->id, d->name, &line, before, resume);
	if (!next->bridge)
		return;
	if (!line.port) {
		if (next->id.renamed || line.drops)
			next->state = BR_SG_BIND_UNCONFIGURED;
		return;
	}
	next->port = line.port;
	if (!line.filters) {
		next->state = BR_SG_BIND_OPEN;
		return;
	}
	next->stateless = line.stateless;
	next->wish = line.zone;
	/* a wish that has not moved is answered as it was */
	next->state = next->wish && d->is.state == BR_SG_BIND_ZONE ?
		BR_SG_BIND_ZONE : BR_SG_BIND_FILTER;
}

static bool wish_moved(const struct br_sg_dev *d)
{
	return d->is.wish != d->next.wish ||
	       (d->next.wish && d->is.bridge != d->next.bridge);
}

static bool wishes_moved(const struct br_sg_devs *devs)
{
	const struct br_sg_dev *d;

	if (devs->released && devs->n_blocked)
		return true;
	list_for_each_entry(d, &devs->touched, touched)
		if (wish_moved(d))
			return true;
	return false;
}

/* what @d will be, touched or not */
static const struct br_sg_dev_is *dev_will(const struct br_sg_dev *d)
{
	return list_empty(&d->touched) ? &d->is : &d->next;
}

static bool will_wish(const struct br_sg_dev_is *is)
{
	return is->state == BR_SG_BIND_FILTER || is->state == BR_SG_BIND_ZONE;
}

/* @d gets the zone that it wishes, or not */
static void dev_answered(struct br_sg_devs *devs, struct br_sg_dev *d, bool given)
{
	u8 state = given ? BR_SG_BIND_FILTER : BR_SG_BIND_ZONE;
	struct br_sg_ports_on *on;

	if (dev_will(d)->state == state)
		return;
	br_sg_dev_touch(devs, d);
	on = &d->next.bridge->next_on;
	br_sg_ports_on_add(on, &d->next, -1);
	d->next.state = state;
	br_sg_ports_on_add(on, &d->next, 1);
}

/*
 * A port line that names a zone gives it to its bridge, unless another line has
 * given it one or the zone is another bridge's: the later is blocked. 1: given,
 * 0: blocked, or an error.
 */
static int wish_answer(struct br_sg_devs *devs, struct br_sg_dev_bridge *b,
		       u16 id)
{
	struct br_sg_zone *zone;

	if (!id || id == b->given)
		return 1;
	if (b->given)
		return 0;
	zone = br_sg_zone_take(devs->zones, id, &b->user);
	if (IS_ERR(zone))
		return PTR_ERR(zone);
	if (!zone)
		return 0;
	b->given = id;
	b->next_zone = zone;
	return 1;
}

static int bridge_choose(struct br_sg_devs *devs, struct br_sg_dev_bridge *b)
{
	struct br_sg_zone *zone = br_sg_zone_choose(devs->zones, &b->user);

	if (IS_ERR(zone))
		return PTR_ERR(zone);
	b->next_zone = zone;
	return 0;
}

static bool bridge_lacks_zone(const struct br_sg_dev_bridge *b)
{
	return b->next_on.filters && !b->next_zone;
}

static void zones_wished(struct br_sg_devs *devs)
{
	const struct br_sg_dev_is *is;
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d;

	list_for_each_entry(b, &devs->bridges, list) {
		br_sg_dev_bridge_touch(devs, b);
		b->next_zone = NULL;
		b->wish = 0;
		b->given = 0;
	}
	for (d = br_sg_devs_next(devs, NULL); d; d = br_sg_devs_next(devs, d)) {
		is = dev_will(d);
		if (will_wish(is) && !is->bridge->wish)
			is->bridge->wish = is->wish;
	}
}

static void zone_keep(struct br_sg_devs *devs, struct br_sg_dev_bridge *b)
{
	if (b->zone && !b->next_zone &&
	    br_sg_zone_keep(devs->zones, b->zone, &b->user))
		b->next_zone = b->zone;
}

/* those that lack one, by the device that joined first */
static int zones_chosen(struct br_sg_devs *devs)
{
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d;
	int err;

	for (d = br_sg_devs_next(devs, NULL); d; d = br_sg_devs_next(devs, d)) {
		b = dev_will(d)->bridge;
		if (!b || !bridge_lacks_zone(b))
			continue;
		err = bridge_choose(devs, b);
		if (err)
			return err;
	}
	return 0;
}

/*
 * The zones of all bridges. One that no line gives another keeps the zone that it
 * has; one that is to have another may find that it is given away, in the order
 * in which devices joined, and keeps its own in that case, or chooses.
 */
static int zones_all(struct br_sg_devs *devs)
{
	const struct br_sg_dev_is *is;
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d;
	int given;

	br_sg_zones_begin(devs->zones);
	zones_wished(devs);
	list_for_each_entry(b, &devs->bridges, list)
		if (b->zone && (!b->wish || b->wish == b->zone->id))
			zone_keep(devs, b);
	for (d = br_sg_devs_next(devs, NULL); d; d = br_sg_devs_next(devs, d)) {
		is = dev_will(d);
		if (!will_wish(is))
			continue;
		given = wish_answer(devs, is->bridge, is->wish);
		if (given < 0)
			return given;
		dev_answered(devs, d, given);
	}
	list_for_each_entry(b, &devs->bridges, list)
		zone_keep(devs, b);
	return zones_chosen(devs);
}

static u32 bridge_order(const struct br_sg_devs *devs,
			const struct br_sg_dev_bridge *b)
{
	const struct br_sg_dev *d;

	if (!list_empty(&b->devs))
		return list_first_entry(&b->devs, struct br_sg_dev,
					on_bridge)->order;
	/* those that join are few, unless all do */
	list_for_each_entry(d, &devs->joining, on_bridge)
		if (d->next.bridge == b)
			return d->order;
	return U32_MAX;
}

/* the same, of bridges that have none and only those */
static int zones_few(struct br_sg_devs *devs)
{
	struct br_sg_dev_bridge *b, *first;
	u32 order, least, n = 0;
	int err;

	list_for_each_entry(b, &devs->touched_bridges, touched)
		n += bridge_lacks_zone(b);
	if (n > CHOOSE_MAX)
		return zones_chosen(devs);
	for (; n; n--) {
		first = NULL;
		least = U32_MAX;
		list_for_each_entry(b, &devs->touched_bridges, touched) {
			if (!bridge_lacks_zone(b))
				continue;
			order = bridge_order(devs, b);
			if (!first || order < least) {
				first = b;
				least = order;
			}
		}
		err = bridge_choose(devs, first);
		if (err)
			return err;
	}
	return 0;
}

static void bridge_face(struct br_sg_dev_bridge *b)
{
	struct br_sg_bridge_face *face = &b->next_face;

	memset(face, 0, sizeof(*face));
	if (!b->next_on.ours)
		return;
	face->ours = true;
	strscpy(face->name, b->user.name, sizeof(face->name));
	if (b->next_on.filters) {
		face->filtered = true;
		face->stateless = !b->next_on.stateful;
		face->zone = b->next_zone->id;
	}
	face->watched = b->next_zone &&
			(b->next_zone->watched || b->next_on.moved);
}

int br_sg_judge(struct br_sg_devs *devs, const struct br_sg_policy *policy,
		struct br_sg_resume *resume, bool all)
{
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d;
	int err;

	if (devs->stale)
		br_sg_devs_touch_all(devs);
	list_for_each_entry(d, &devs->touched, touched) {
		dev_judge(d, policy, resume);
		if (d->is.bridge)
			br_sg_ports_on_add(&d->is.bridge->next_on, &d->is, -1);
		if (d->next.bridge)
			br_sg_ports_on_add(&d->next.bridge->next_on, &d->next,
					   1);
	}
	err = all || devs->stale || wishes_moved(devs) ? zones_all(devs) :
							 zones_few(devs);
	if (err)
		return err;
	list_for_each_entry(b, &devs->touched_bridges, touched)
		bridge_face(b);
	return 0;
}
