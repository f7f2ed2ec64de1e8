// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * device.c, zone.c and judge.c against a judge that keeps nothing between steps but
 * who is what, and asks about every device and every zone each time. Steps are what a
 * netns sees: devices and bridges come, go, are renamed; commits; conntrack's entries;
 * time; an allocation that fails.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <stdio.h>

#include "netns/device.h"
#include "netns/judge.h"
#include "netns/resume.h"
#include "policy/bind_state.h"
#include "tap.h"

#define DEVS	12
#define BRIDGES	6
#define NAMES	16		/* of devices and of bridges */
#define ZONES	9		/* that are free or ours: others have the rest */
#define REST	(300 * HZ)

unsigned long jiffies = 1000000;

/* what the pure files ask of others */

struct br_sg_port {
	int unused;
};

static struct br_sg_port ports[1 << 16];

struct br_sg_policy {
	struct br_sg_line lines[NAMES];
	bool drops;
};

static struct br_sg_policy policy;
static unsigned long entries[BITS_TO_LONGS(BR_SG_ZONES)];
static u32 serial_last = 100;
static u32 purged;

static void name_of(char *name, char kind, int i)
{
	snprintf(name, IFNAMSIZ, "%c%d", kind, i);
}

void br_sg_judge_line(const struct br_sg_policy *p, const char *dev,
		      struct br_sg_line *line)
{
	*line = p->lines[atoi(dev + 1)];
	line->drops = !line->port && p->drops;
}

u32 br_sg_serial_next(struct br_sg_resume *resume)
{
	return ++serial_last;
}

const struct br_sg_binding *br_sg_resume_find(struct br_sg_resume *resume,
					      u32 ifindex, const char *dev)
{
	return NULL;
}

void br_sg_zone_ct_seen(struct net *net, unsigned long *seen)
{
	memcpy(seen, entries, sizeof(entries));
}

void br_sg_zone_ct_purge(struct net *net, const unsigned long *zones)
{
	int i;

	for (i = 1; i <= ZONES; i++)
		if (test_bit(i, zones)) {
			__clear_bit(i, entries);
			purged++;
		}
}

void br_sg_templates_put(struct br_sg_templates *templates)
{
	kfree(templates);
}

void br_sg_bridge_lose(struct br_sg_devs *devs, struct br_sg_bridge *bridge)
{
	kfree(bridge);
}

void br_sg_bridge_free(struct br_sg_bridge *bridge)
{
	kfree(bridge);
}

void br_sg_shadow_end_lose(struct br_sg_devs *devs, struct br_sg_shadow_end *end)
{
	kfree(end);
}

void br_sg_shadow_end_free(struct br_sg_shadow_end *end)
{
	kfree(end);
}

/* the judge that knows nothing */

struct nbridge {
	bool there;
	int name;
	int zone;		/* 0: none */
	int next;
	int wish, given;
};

struct ndev {
	bool there;		/* it exists, in the world */
	bool known;		/* there is a record of it */
	int name;
	int bridge;		/* -1: none */
	u64 order;
	u32 serial, epoch;
	int id_name;
	u16 version;
	bool moved, renamed;
	const struct br_sg_port *port;
	u8 state;
};

struct nzone {
	bool record;
	int bridge;		/* -1: none */
	int next;
	int name;		/* -1: none */
	unsigned long left;	/* jiffies */
	bool watched;
	bool fresh;
};

static struct nbridge nbridges[BRIDGES];
static struct ndev ndevs[DEVS];
static struct nzone nzones[ZONES + 1];
static u64 norder;

static struct br_sg_zones zones;
static struct br_sg_devs *devs;
static struct net_device *const world = (void *)&ndevs;

static struct net_device *dev_of(int i)
{
	return (struct net_device *)((char *)world + i);
}

static struct net_device *bridge_of(int i)
{
	return (struct net_device *)((char *)world + 1000 + i);
}

static struct br_sg_dev *real_dev(int i)
{
	return br_sg_dev_find(devs, dev_of(i), 10 + i);
}

static struct br_sg_dev_bridge *real_bridge(int i)
{
	return br_sg_dev_bridge_find(devs, bridge_of(i), 500 + i);
}

static struct ndev *n_in_order(u64 after)
{
	struct ndev *best = NULL;
	int i;

	for (i = 0; i < DEVS; i++)
		if (ndevs[i].known && ndevs[i].bridge >= 0 &&
		    ndevs[i].order > after &&
		    (!best || ndevs[i].order < best->order))
			best = &ndevs[i];
	return best;
}

#define n_each(d) for (d = n_in_order(0); d; d = n_in_order(d->order))

static bool n_wishes(const struct ndev *d)
{
	return d->state == BR_SG_BIND_FILTER || d->state == BR_SG_BIND_ZONE;
}

/* a serial that is new is whatever the other judge gave */
static void n_identity(struct ndev *d, const struct br_sg_dev *real)
{
	const struct br_sg_line *line = &policy.lines[d->name];

	if (d->serial && !policy.lines[d->id_name].port)
		d->serial = 0;
	d->port = d->bridge >= 0 ? line->port : NULL;
	d->state = BR_SG_BIND_PASS;
	if (d->bridge < 0)
		return;
	if (!line->port) {
		if (d->renamed || policy.drops)
			d->state = BR_SG_BIND_UNCONFIGURED;
		return;
	}
	if (d->serial && d->epoch == line->epoch && d->id_name == d->name) {
		d->moved |= d->version != line->version;
	} else {
		d->serial = real ? real->is.id.serial : 0;
		d->moved = false;
	}
	d->id_name = d->name;
	d->epoch = line->epoch;
	d->version = line->version;
	d->renamed = false;
	d->state = line->filters ? BR_SG_BIND_FILTER : BR_SG_BIND_OPEN;
}

static bool n_keep(int zone, int bridge)
{
	struct nzone *z = &nzones[zone];

	if (z->next >= 0 && z->next != bridge)
		return false;
	z->next = bridge;
	nbridges[bridge].next = zone;
	return true;
}

static bool n_take(int zone, int bridge)
{
	struct nzone *z = &nzones[zone];

	if (!z->record) {
		memset(z, 0, sizeof(*z));
		z->record = true;
		z->bridge = -1;
		z->next = -1;
		z->name = -1;
		z->watched = test_bit(zone, entries);
	}
	return n_keep(zone, bridge);
}

/* of those that were left at once any is; @like: the other judge's */
static int n_oldest(bool named, bool seen, int like)
{
	int i, best = 0;

	for (i = 1; i <= ZONES; i++)
		if (nzones[i].record && nzones[i].bridge < 0 &&
		    nzones[i].next < 0 && (nzones[i].name >= 0) == named &&
		    test_bit(i, entries) == seen &&
		    (!best || nzones[i].left < nzones[best].left ||
		     (nzones[i].left == nzones[best].left && i == like)))
			best = i;
	return best;
}

/* false: there is none at all */
static bool n_choose(int bridge)
{
	const struct br_sg_dev_bridge *real;
	int i, like;

	for (i = 1; i <= ZONES; i++)
		if (nzones[i].record && nzones[i].bridge < 0 &&
		    nzones[i].name == nbridges[bridge].name &&
		    n_keep(i, bridge))
			return true;
	for (i = 1; i <= ZONES; i++)
		if (nzones[i].record && nzones[i].bridge < 0 &&
		    nzones[i].next < 0 && nzones[i].name < 0 &&
		    jiffies - nzones[i].left > REST)
			nzones[i].record = false;
	for (i = ZONES; i; i--)
		if (!nzones[i].record && !test_bit(i, entries))
			return n_take(i, bridge);
	real = real_bridge(bridge);
	like = real && real->zone ? real->zone->id : 0;
	i = n_oldest(true, false, like);
	i = i ? i : n_oldest(false, false, like);
	i = i ? i : n_oldest(true, true, like);
	i = i ? i : n_oldest(false, true, like);
	return i && n_take(i, bridge);
}

static bool n_filtered(int bridge)
{
	int i;

	for (i = 0; i < DEVS; i++)
		if (ndevs[i].known && ndevs[i].bridge == bridge &&
		    ndevs[i].state == BR_SG_BIND_FILTER)
			return true;
	return false;
}

static void n_unname(struct nzone *z)
{
	z->name = -1;
	z->left = jiffies;
}

static void n_name(int zone, int name)
{
	int i;

	for (i = 1; i <= ZONES; i++)
		if (i != zone && nzones[i].record && nzones[i].bridge < 0 &&
		    nzones[i].name == name)
			n_unname(&nzones[i]);
	nzones[zone].name = name;
}

static void n_settle_zones(void)
{
	struct ndev *d;
	int i;

	for (i = 1; i <= ZONES; i++) {
		struct nzone *z = &nzones[i];

		if (!z->record)
			continue;
		if (z->bridge >= 0 && z->next < 0)
			n_unname(z);
		z->bridge = z->next;
	}
	for (i = 1; i <= ZONES; i++)
		if (nzones[i].record && nzones[i].bridge >= 0)
			n_name(i, nbridges[nzones[i].bridge].name);
	for (i = 0; i < BRIDGES; i++)
		if (nbridges[i].there)
			nbridges[i].zone = nbridges[i].next;
	n_each(d)
		if (d->port && d->moved && nbridges[d->bridge].zone)
			nzones[nbridges[d->bridge].zone].watched = true;
}

/* false: there is no zone for some bridge */
static bool n_zones(void)
{
	struct ndev *d;
	int i, zone;

	for (i = 1; i <= ZONES; i++)
		nzones[i].next = -1;
	for (i = 0; i < BRIDGES; i++) {
		nbridges[i].next = 0;
		nbridges[i].wish = 0;
		nbridges[i].given = 0;
	}
	n_each(d)
		if (n_wishes(d) && !nbridges[d->bridge].wish)
			nbridges[d->bridge].wish = policy.lines[d->name].zone;
	for (i = 0; i < BRIDGES; i++) {
		zone = nbridges[i].zone;
		if (nbridges[i].there && zone &&
		    (!nbridges[i].wish || nbridges[i].wish == zone))
			n_keep(zone, i);
	}
	n_each(d) {
		struct nbridge *b = &nbridges[d->bridge];

		zone = policy.lines[d->name].zone;
		if (!n_wishes(d) || !zone || zone == b->given)
			continue;
		if (!b->given && n_take(zone, d->bridge)) {
			b->given = zone;
			continue;
		}
		d->state = BR_SG_BIND_ZONE;
	}
	for (i = 0; i < BRIDGES; i++)
		if (nbridges[i].there && nbridges[i].zone && !nbridges[i].next)
			n_keep(nbridges[i].zone, i);
	n_each(d)
		if (n_filtered(d->bridge) && !nbridges[d->bridge].next &&
		    !n_choose(d->bridge))
			return false;
	n_settle_zones();
	return true;
}

static bool n_judge(void)
{
	int i;

	for (i = 0; i < DEVS; i++)
		if (ndevs[i].known)
			n_identity(&ndevs[i], real_dev(i));
	if (!n_zones())
		return false;
	for (i = 0; i < DEVS; i++)
		if (ndevs[i].known && ndevs[i].bridge < 0 && !ndevs[i].serial &&
		    !ndevs[i].renamed)
			ndevs[i].known = false;
	return true;
}

/* what differs is told once */
static bool told;

__attribute__((format(printf, 2, 3)))
static bool same(bool good, const char *fmt, ...)
{
	va_list ap;

	if (good || told)
		return good;
	told = true;
	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	return false;
}

static bool compare_dev(int i)
{
	const struct br_sg_dev *d = real_dev(i);
	const struct ndev *n = &ndevs[i];
	char name[IFNAMSIZ];
	bool good;

	if (!same(!d == !n->known, "device %d: a record: %d", i, !!d))
		return false;
	if (!d)
		return true;
	name_of(name, 'd', n->name);
	good = same(!strcmp(d->name, name), "device %d: name", i);
	good &= same(d->is.bridge == (n->bridge < 0 ? NULL :
				      real_bridge(n->bridge)),
		     "device %d: bridge", i);
	good &= same(d->is.port == n->port, "device %d: port", i);
	good &= same(d->is.state == n->state, "device %d: state %d, not %d", i,
		     d->is.state, n->state);
	good &= same(d->is.id.serial == n->serial, "device %d: serial %u, not %u",
		     i, d->is.id.serial, n->serial);
	good &= same(d->is.id.renamed == n->renamed, "device %d: renamed", i);
	if (n->serial)
		good &= same(d->is.id.version == n->version &&
			     d->is.id.moved == n->moved &&
			     d->is.id.epoch == n->epoch,
			     "device %d: identity", i);
	return good;
}

static bool compare_bridge(int i)
{
	const struct br_sg_dev_bridge *b = real_bridge(i);
	const struct nbridge *n = &nbridges[i];
	u32 ours = 0, filters = 0, stateful = 0, moved = 0, on = 0;
	bool good = true;
	int k;

	/* a record may be there without a device, and may not */
	if (!b)
		return same(!n->there || !n->zone, "bridge %d: no record", i);
	for (k = 0; k < DEVS; k++) {
		const struct ndev *d = &ndevs[k];

		if (!d->known || d->bridge != i)
			continue;
		on++;
		ours += !!d->port;
		filters += d->state == BR_SG_BIND_FILTER;
		stateful += d->state == BR_SG_BIND_FILTER &&
			    !policy.lines[d->name].stateless;
		moved += d->port && d->moved;
	}
	good &= same((b->zone ? b->zone->id : 0) == n->zone,
		     "bridge %d: zone %d, not %d", i, b->zone ? b->zone->id : 0,
		     n->zone);
	good &= same(b->n_devs == on && b->on.ours == ours &&
		     b->on.filters == filters && b->on.stateful == stateful &&
		     b->on.moved == moved, "bridge %d: counts", i);
	good &= same(b->face.ours == (ours > 0) &&
		     b->face.filtered == (filters > 0) &&
		     b->face.stateless == (filters > 0 && !stateful) &&
		     b->face.zone == (filters ? n->zone : 0) &&
		     b->face.watched == (ours && n->zone &&
					 nzones[n->zone].watched),
		     "bridge %d: face", i);
	return good;
}

static bool compare_zone(int i)
{
	const struct br_sg_zone *z = NULL, *at;
	struct nzone *n = &nzones[i];
	char name[IFNAMSIZ] = "";

	list_for_each_entry(at, &zones.all, all)
		if (at->id == i)
			z = at;
	/* one that has rested may be forgotten, or not yet */
	if (!z && n->record && n->name < 0 && n->bridge < 0 &&
	    jiffies - n->left > REST)
		n->record = false;
	if (!same(!z == !n->record, "zone %d: a record: %d", i, !!z))
		return false;
	if (!z)
		return true;
	if (n->name >= 0)
		name_of(name, 'b', n->name);
	return same(!strcmp(z->name, name), "zone %d: name %s, not %s", i,
		    z->name, name) &
	       same(z->next == z->user && list_empty(&z->work) && !z->fresh,
		    "zone %d: scratch is left", i) &
	       same(z->watched == n->watched, "zone %d: watched", i);
}

static bool compare(void)
{
	bool good = true;
	int i;

	told = false;
	for (i = 0; i < DEVS; i++)
		good &= compare_dev(i);
	for (i = 0; i < BRIDGES; i++)
		good &= compare_bridge(i);
	for (i = 1; i <= ZONES; i++)
		good &= compare_zone(i);
	return good;
}

/* all that one may see from outside, as text: BINDING_GET, ZONE_GET, port show */
static char *seen_from_outside(void)
{
	const struct br_sg_dev_bridge *b;
	const struct br_sg_dev *d;
	char name[IFNAMSIZ];
	char *text = NULL;
	size_t size;
	u16 id = 0;
	FILE *f = open_memstream(&text, &size);

	list_for_each_entry(d, &devs->devs, node)
		fprintf(f, "%s %p %u %u %d %d %d %s %p\n", d->name,
			(void *)d->is.port, d->is.id.serial, d->is.id.version,
			d->is.id.renamed, d->is.id.moved, d->is.state,
			d->is.bridge->user.name, (void *)d->end);
	list_for_each_entry(d, &devs->away, node)
		fprintf(f, "away %s %u %u %d\n", d->name, d->is.id.serial,
			d->is.id.version, d->is.id.renamed);
	list_for_each_entry(b, &devs->bridges, list)
		fprintf(f, "bridge %s %u %p %d %d %d %u\n", b->user.name,
			b->n_devs, (void *)b->shown, b->face.zone,
			b->face.watched, b->zone ? b->zone->watched : 0,
			devs->n_blocked);
	while ((id = br_sg_zone_next(&zones, id + 1, name)))
		fprintf(f, "zone %u %s\n", id, name);
	fclose(f);
	return text;
}

/* publish.c in small: the memory, then what cannot fail */
static int publish(void)
{
	struct br_sg_dev_bridge *b;
	struct br_sg_dev *d;

	list_for_each_entry(b, &devs->touched_bridges, touched) {
		if (b->next_zone && b->next_zone != b->zone) {
			b->next_templates = kmalloc(1, GFP_KERNEL);
			if (!b->next_templates)
				return -ENOMEM;
		}
		if (!b->next_face.ours ||
		    !memcmp(&b->face, &b->next_face, sizeof(b->face)))
			continue;
		b->next_shown = kmalloc(1, GFP_KERNEL);
		if (!b->next_shown)
			return -ENOMEM;
	}
	list_for_each_entry(d, &devs->touched, touched) {
		if (!d->next.bridge)
			continue;
		d->next_end = kmalloc(1, GFP_KERNEL);
		if (!d->next_end)
			return -ENOMEM;
	}
	br_sg_devs_settle(devs);
	return 0;
}

static int decide(void)
{
	int err = br_sg_judge(devs, &policy, NULL, false);

	if (!err)
		err = publish();
	if (err)
		br_sg_devs_abandon(devs);
	return err;
}

/* asked about all zones, the judge says what it said when asked about a few */
static bool settled(void)
{
	const struct br_sg_dev_bridge *b;
	const struct br_sg_dev *d;
	bool good = true;

	br_sg_devs_touch_all(devs);
	if (!same(!br_sg_judge(devs, &policy, NULL, true), "it fails again"))
		return false;
	list_for_each_entry(d, &devs->touched, touched)
		good &= same(d->is.state == d->next.state &&
			     d->is.port == d->next.port &&
			     d->is.wish == d->next.wish &&
			     !memcmp(&d->is.id, &d->next.id, sizeof(d->is.id)),
			     "%s is another, asked again", d->name);
	list_for_each_entry(b, &devs->touched_bridges, touched)
		good &= same(b->zone == b->next_zone &&
			     !memcmp(&b->face, &b->next_face, sizeof(b->face)) &&
			     !memcmp(&b->on, &b->next_on, sizeof(b->on)),
			     "%s is another, asked again", b->user.name);
	br_sg_devs_abandon(devs);
	return good;
}

static u32 count_steps, count_refused, count_void, count_nospc;

/* after a fact, which nobody can refuse */
static void fact(void)
{
	int err = decide();

	if (!err)
		return;
	devs->stale = true;
	count_void++;
	count_nospc += err == -ENOSPC;
}

static void line_change(int i)
{
	struct br_sg_line *line = &policy.lines[i];
	static u32 object, epoch = 1;

	if (line->port && !rnd_below(4)) {
		memset(line, 0, sizeof(*line));
		return;
	}
	if (!line->port) {
		line->version = 0;
		line->epoch = epoch++;
	}
	line->port = &ports[++object % ARRAY_SIZE(ports)];
	line->version++;
	if (!rnd_below(30))
		line->epoch = epoch++;
	line->filters = rnd_below(4);
	line->stateless = line->filters && !rnd_below(4);
	line->zone = line->filters && !rnd_below(3) ? 1 + rnd_below(ZONES) : 0;
}

/* a commit of some lines; refused, or not */
static bool step_commit(void)
{
	struct br_sg_policy before = policy;
	bool drops = !rnd_below(8);
	char name[IFNAMSIZ];
	int i, n = 1 + rnd_below(3);

	while (n--)
		line_change(rnd_below(NAMES));
	if (drops) {
		policy.drops = !policy.drops;
		br_sg_devs_touch_all(devs);
	}
	for (i = 0; i < NAMES; i++) {
		if (policy.lines[i].port == before.lines[i].port)
			continue;
		name_of(name, 'd', i);
		br_sg_devs_touch_name(devs, name);
	}
	if (!decide())
		return true;
	policy = before;
	return false;
}

static bool step_join(int i)
{
	int bridge = rnd_below(BRIDGES), b;
	struct nbridge *nb = &nbridges[bridge];
	struct br_sg_dev_bridge *real;
	struct ndev *d = &ndevs[i];
	char name[IFNAMSIZ];

	if (d->there && d->bridge >= 0)
		return true;
	if (!d->there) {
		memset(d, 0, sizeof(*d));
		d->there = true;
		d->name = i;
		d->bridge = -1;
		for (b = 0; b < DEVS; b++)
			if (b != i && ndevs[b].there && ndevs[b].name == i)
				d->name = -1;
		for (b = 0; d->name < 0; b++) {
			int k, used = 0;

			for (k = 0; k < DEVS; k++)
				used |= k != i && ndevs[k].there &&
					ndevs[k].name == b;
			if (!used)
				d->name = b;
		}
	}
	if (!nb->there) {
		memset(nb, 0, sizeof(*nb));
		nb->there = true;
		for (nb->name = 0;; nb->name++) {
			for (b = 0; b < BRIDGES; b++)
				if (b != bridge && nbridges[b].there &&
				    nbridges[b].name == nb->name)
					break;
			if (b == BRIDGES && rnd_below(3))
				break;
			if (nb->name == NAMES - 1)
				nb->name = -1;
		}
	}
	name_of(name, 'b', nb->name);
	real = br_sg_dev_bridge_get(devs, bridge_of(bridge), 500 + bridge, name);
	name_of(name, 'd', d->name);
	if (!real || !br_sg_dev_join(devs, dev_of(i), 10 + i, name, real)) {
		br_sg_devs_abandon(devs);
		return false;
	}
	if (decide())
		return false;
	d->known = true;
	d->bridge = bridge;
	d->order = ++norder;
	return true;
}

static void step_leave(int i)
{
	struct br_sg_dev *d = real_dev(i);

	if (!d || !d->is.bridge)
		return;
	ndevs[i].bridge = -1;
	br_sg_dev_leave(devs, d);
	/* as it does: who is nobody is forgotten at once */
	if (!ndevs[i].serial && !ndevs[i].renamed)
		ndevs[i].known = false;
	fact();
}

static void step_gone(int i)
{
	struct br_sg_dev *d = real_dev(i);

	memset(&ndevs[i], 0, sizeof(ndevs[i]));
	ndevs[i].bridge = -1;
	if (!d)
		return;
	br_sg_dev_gone(devs, d);
	fact();
}

static void step_rename(int i)
{
	struct br_sg_dev *d = real_dev(i);
	int k, name = rnd_below(NAMES);
	char text[IFNAMSIZ];

	for (k = 0; k < DEVS; k++)
		if (ndevs[k].there && ndevs[k].name == name)
			return;
	if (!ndevs[i].there)
		return;
	ndevs[i].name = name;
	if (!d)
		return;
	if (ndevs[i].serial)
		ndevs[i].renamed = true;
	name_of(text, 'd', name);
	br_sg_dev_rename(devs, d, text);
	fact();
}

static void step_bridge_rename(int i)
{
	struct br_sg_dev_bridge *b = real_bridge(i);
	int k, name = rnd_below(NAMES);
	char text[IFNAMSIZ];

	for (k = 0; k < BRIDGES; k++)
		if (nbridges[k].there && nbridges[k].name == name)
			return;
	if (!nbridges[i].there)
		return;
	nbridges[i].name = name;
	if (nbridges[i].zone)
		n_name(nbridges[i].zone, name);
	if (!b)
		return;
	name_of(text, 'b', name);
	br_sg_dev_bridge_rename(devs, b, text);
	fact();
}

static void step_bridge_gone(int i)
{
	struct br_sg_dev_bridge *b = real_bridge(i);
	struct nzone *z = &nzones[nbridges[i].zone];
	int k;

	if (!nbridges[i].there)
		return;
	for (k = 0; k < DEVS; k++) {
		if (!ndevs[k].known || ndevs[k].bridge != i)
			continue;
		ndevs[k].bridge = -1;
		if (!ndevs[k].serial && !ndevs[k].renamed)
			ndevs[k].known = false;
	}
	if (nbridges[i].zone) {
		z->bridge = -1;
		z->next = -1;
		z->left = jiffies;
		}
	memset(&nbridges[i], 0, sizeof(nbridges[i]));
	if (!b)
		return;
	br_sg_dev_bridge_gone(devs, b);
	fact();
}

static bool refused(char *before)
{
	char *after = seen_from_outside();
	bool good = same(!strcmp(before, after),
			 "refused, and not as before:\n%s---\n%s", before,
			 after);

	free(after);
	return good;
}

/* one of them, with an allocation that fails now and then */
static bool step(bool fail)
{
	struct br_sg_policy old_policy = policy;
	struct ndev old_devs[DEVS];
	struct nbridge old_bridges[BRIDGES];
	char *before = seen_from_outside();
	bool good = true, taken = true;
	int i = rnd_below(DEVS);

	memcpy(old_devs, ndevs, sizeof(ndevs));
	memcpy(old_bridges, nbridges, sizeof(nbridges));
	told = false;
	if (fail)
		shim_alloc_left = rnd_below(6);
	switch (rnd_below(12)) {
	case 0: case 1: case 2:
		taken = step_commit();
		break;
	case 3: case 4: case 5: case 6:
		taken = step_join(i);
		break;
	case 7:
		step_leave(i);
		break;
	case 8:
		if (rnd_below(2))
			step_gone(i);
		break;
	case 9:
		step_rename(i);
		break;
	case 10:
		step_bridge_rename(rnd_below(BRIDGES));
		break;
	case 11:
		if (!rnd_below(2))
			step_bridge_gone(rnd_below(BRIDGES));
		break;
	}
	shim_alloc_left = -1;
	if (!taken) {
		count_refused++;
		good = refused(before);
		policy = old_policy;
		for (i = 0; i < DEVS; i++)
			if (old_devs[i].there)
				ndevs[i] = old_devs[i];
		for (i = 0; i < BRIDGES; i++)
			if (old_bridges[i].there)
				nbridges[i] = old_bridges[i];
	}
	free(before);
	/* what could not be shown is by the next that is decided, about all */
	for (i = 0; devs->stale && i < 3; i++)
		if (decide() == -ENOSPC)
			break;
	count_steps++;
	return good;
}

static void others_have(int first)
{
	int i;

	memset(entries, 0, sizeof(entries));
	for (i = first; i < BR_SG_ZONES; i++)
		__set_bit(i, entries);
}

static bool begin(void)
{
	memset(&policy, 0, sizeof(policy));
	memset(ndevs, 0, sizeof(ndevs));
	memset(nbridges, 0, sizeof(nbridges));
	memset(nzones, 0, sizeof(nzones));
	others_have(ZONES + 1);
	if (br_sg_zones_init(&zones, (struct net *)1))
		return false;
	devs = br_sg_devs_new(&zones);
	return devs;
}

static void nothing(struct br_sg_devs *d, void *arg)
{
}

static void end(void)
{
	br_sg_devs_free(devs, nothing, NULL);
	br_sg_zones_exit(&zones);
}

static void test_random(bool fail)
{
	bool good = begin();
	int i;

	for (i = 0; good && i < 20000; i++) {
		unsigned long was = entries[0], now;

		good = step(fail);
		/* entries that were purged meanwhile were there when it chose */
		now = entries[0];
		entries[0] = was;
		if (good && !devs->stale)
			good = n_judge() && compare() && settled();
		entries[0] = now;
		jiffies += rnd_below(50) ? HZ + 1 : REST + 2;
		if (!rnd_below(4))
			entries[0] ^= 1UL << (1 + rnd_below(ZONES));
	}
	ok(good, "%s: 20000 steps are as judged from nothing (step %d)",
	   fail ? "with failures" : "without failures", i);
	end();
	ok(!shim_alloc_objects, "and nothing is left behind: %ld",
	   shim_alloc_objects);
}

/* zones run out: those that wait are given away, the oldest first */
static void test_exhausted(void)
{
	char name[IFNAMSIZ];
	struct br_sg_zone_user user[BR_SG_ZONES / 4 + 1];
	struct br_sg_zone *zone;
	int i, n = 0;
	bool good;

	good = begin();
	others_have(1);
	memset(entries, 0, sizeof(entries));
	for (i = 1; i < BR_SG_ZONES; i++) {
		snprintf(name, sizeof(name), "gone%d", i);
		good &= !br_sg_zone_resume(&zones, name, i);
	}
	br_sg_zones_settle(&zones);
	ok(good, "every zone waits for a bridge");
	/* the lower half has entries */
	for (i = 1; i < BR_SG_ZONES / 2; i++)
		__set_bit(i, entries);
	jiffies += 2 * HZ;
	for (i = 0; good && i < BR_SG_ZONES / 4; i++) {
		snprintf(user[i].name, IFNAMSIZ, "new%d", i);
		zone = br_sg_zone_choose(&zones, &user[i]);
		good = !IS_ERR(zone) && zone->id == BR_SG_ZONES / 2 + i;
		br_sg_zones_settle(&zones);
		n++;
	}
	ok(good, "%d bridges get what has no entries, the oldest first", n);
	snprintf(user[i].name, IFNAMSIZ, "gone77");
	zone = br_sg_zone_choose(&zones, &user[i]);
	ok(!IS_ERR(zone) && zone->id == 77,
	   "and one that comes back what waits for it");
	br_sg_zones_settle(&zones);
	ok(test_bit(77, entries), "with its entries");
	end();
}

static void test_purged(void)
{
	struct br_sg_zone_user user[ZONES + 1] = { { "x0" } };
	struct br_sg_zone *zone;
	bool good = begin();
	char name[IFNAMSIZ];
	int i;

	for (i = 1; i <= ZONES; i++) {
		snprintf(name, sizeof(name), "gone%d", i);
		good &= !br_sg_zone_resume(&zones, name, i);
		__set_bit(i, entries);
	}
	br_sg_zones_settle(&zones);
	jiffies += 2 * HZ;
	purged = 0;
	for (i = 0; i < ZONES; i++) {
		snprintf(user[i].name, IFNAMSIZ, "new%d", i);
		zone = br_sg_zone_choose(&zones, &user[i]);
		good &= !IS_ERR(zone) && zone->id == i + 1;
		br_sg_zones_abandon(&zones);
		good &= test_bit(i + 1, entries);
		zone = br_sg_zone_choose(&zones, &user[i]);
		good &= !IS_ERR(zone) && zone->id == i + 1;
		br_sg_zones_settle(&zones);
		good &= !test_bit(i + 1, entries);
		jiffies += 2 * HZ;
	}
	ok(good && purged == ZONES,
	   "with entries everywhere the oldest is purged, when that is settled");
	zone = br_sg_zone_choose(&zones, &user[ZONES]);
	ok(IS_ERR(zone) && PTR_ERR(zone) == -ENOSPC,
	   "when live bridges have all there is none");
	br_sg_zones_abandon(&zones);
	end();
	ok(!shim_alloc_objects, "and nothing is left behind");
}

int main(int argc, char **argv)
{
	rnd_seed(argc, argv);
	test_random(false);
	test_random(true);
	printf("# %u steps, %u refused, %u facts not shown at once, %u without a zone\n",
	       count_steps, count_refused, count_void, count_nospc);
	ok(count_refused > 100 && count_void > 100, "failures were met");
	test_exhausted();
	test_purged();
	return tap_plan();
}
