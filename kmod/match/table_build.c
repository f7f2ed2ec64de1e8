// SPDX-License-Identifier: GPL-2.0
/*
 * From rules to a table. Each field of a half is swept: the rules' first and
 * last values are events, sorted; between two events the rules in force do not
 * change and make an interval with one vector. The time is that of sorting and
 * of the words of the vectors that are new.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "match/table.h"
#include "match/table_form.h"
#include "match/vector.h"

/**
 * struct rule - a match as one half sees it
 * @index: in the matches
 * @proto: 0: any
 * @kind: KIND_*
 * @first: of the ports, or of type << 8 | code
 * @last: likewise
 * @any_type: the code alone counts, *@first and *@last are codes
 * @remote: ANY, TAG, or PREFIX, which is not of length 0
 * @len: of the prefix
 * @tag: the tag
 * @from: the prefix's first address
 */
struct rule {
	u16 index;
	u8 proto;
	u8 kind;
	u16 first;
	u16 last;
	bool any_type;
	u8 remote;
	u8 len;
	u32 tag;
	struct wide from;
};

/* @rule begins to match at @at, or does no more */
struct event {
	struct wide at;
	u32 rule;
};

/* @vec holds from @at to the next */
struct interval {
	struct wide at;
	u32 vec;
};

/* @n items from @at on */
struct rule_run {
	u32 at;
	u32 n;
};

/**
 * struct array - grows
 * @mem: items
 * @n: items in @mem
 * @room: items there is room for
 */
struct array {
	void *mem;
	u32 n;
	u32 room;
};

/**
 * struct plan - a half in the making
 * @n: rules
 * @rows: rules to be scanned
 * @prefixes: of those
 * @n_prefixes: prefixes
 * @classes: of each protocol, when the rules are not scanned
 * @has_tags: some rules have tags
 * @spaces: run of spaces
 * @l4: run of intervals; so are the next two
 * @remotes: of remote addresses
 * @tags: one for each tag, which is its @at.lo
 */
struct plan {
	u32 n;
	struct row rows[ROWS_MAX];
	struct row_prefix prefixes[ROWS_MAX];
	u32 n_prefixes;
	u8 classes[256];
	bool has_tags;
	struct rule_run spaces;
	struct rule_run l4;
	struct rule_run remotes;
	struct rule_run tags;
};

/**
 * struct build - all that is needed until the table is there
 * @rules: of the half in hand
 * @order: its rules that ask for layer 4, by class
 * @starts: where each class begins in it, and the end of the last
 * @set: rules in force at the point the sweep has come to
 * @pool: vectors
 * @events: of the sweep
 * @intervals: what all sweeps came to
 * @spaces: runs of those; @at is relative to the half's
 * @plans: the halves
 */
struct build {
	struct rule *rules;
	u16 *order;
	u32 starts[257];
	struct br_sg_vec_set set;
	struct br_sg_vec_pool pool;
	struct array events;
	struct array intervals;
	struct array spaces;
	struct plan plans[2];
};

/* a new item at the end, not cleared */
static void *array_add(struct array *array, size_t size)
{
	u32 room = array->room ? 2 * array->room : 64;
	void *mem;

	if (array->n == array->room) {
		if (array_size(room, size) > BR_SG_TABLE_BYTES)
			return ERR_PTR(-E2BIG);
		mem = kvmalloc_array(room, size, GFP_KERNEL_ACCOUNT);
		if (!mem)
			return ERR_PTR(-ENOMEM);
		if (array->n)
			memcpy(mem, array->mem, array_size(array->n, size));
		kvfree(array->mem);
		array->mem = mem;
		array->room = room;
	}
	return array->mem + array->n++ * size;
}

static int wide_cmp(struct wide a, struct wide b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

static bool rule_asks_l4(const struct rule *rule)
{
	return rule->proto || rule->kind;
}

/* false: it can match nothing in this half */
static bool rule_make(struct rule *rule, const struct br_sg_match *match,
		      u8 family)
{
	memset(rule, 0, sizeof(*rule));
	if (match->family && match->family != family)
		return false;
	rule->proto = match->proto;
	if (match->flags & BR_SG_MATCH_PORT) {
		/* no key has both */
		if (match->flags & (BR_SG_MATCH_TYPE | BR_SG_MATCH_CODE))
			return false;
		rule->kind = KIND_PORT;
		rule->first = match->port_min;
		rule->last = match->port_max;
		if (rule->first > rule->last)
			return false;
	} else if (match->flags & (BR_SG_MATCH_TYPE | BR_SG_MATCH_CODE)) {
		rule->kind = KIND_TYPE;
		rule->last = 0xff;
		if (match->flags & BR_SG_MATCH_CODE) {
			rule->first = match->code;
			rule->last = match->code;
		}
		if (match->flags & BR_SG_MATCH_TYPE) {
			rule->first |= match->type << 8;
			rule->last |= match->type << 8;
		} else {
			rule->any_type = true;
		}
	}
	rule->remote = match->remote;
	if (match->remote == BR_SG_REMOTE_TAG) {
		rule->tag = match->tag;
	} else if (match->remote == BR_SG_REMOTE_PREFIX) {
		if (match->prefix.family != family)
			return false;
		if (!match->prefix.len)
			rule->remote = BR_SG_REMOTE_ANY;
		rule->len = match->prefix.len;
		rule->from = wide(&match->prefix.addr);
	}
	return true;
}

static void half_rules(struct build *build, struct plan *plan,
		       const struct br_sg_match *matches, u32 n, u8 family)
{
	struct br_sg_vec_set *set = &build->set;
	struct rule *rule;
	u32 i;

	memset(set, 0, sizeof(*set));
	set->prefix = BR_SG_VEC_NONE;
	set->tag = BR_SG_VEC_NONE;
	for (i = 0; i < n; i++) {
		rule = &build->rules[plan->n];
		if (!rule_make(rule, &matches[i], family))
			continue;
		rule->index = i;
		plan->n++;
		if (rule->remote == BR_SG_REMOTE_TAG) {
			plan->has_tags = true;
			br_sg_vec_tag(set, i);
		}
		if (rule_asks_l4(rule))
			continue;
		/* matches all, so that no later one is ever the first */
		if (rule->remote == BR_SG_REMOTE_ANY)
			break;
		if (rule->remote == BR_SG_REMOTE_TAG)
			set->tag = min_t(u16, set->tag, i);
		else
			set->prefix = min_t(u16, set->prefix, i);
	}
}

static void row_make(struct plan *plan, struct row *row,
		     const struct rule *rule)
{
	struct row_prefix *prefix;
	struct wide mask;

	memset(row, 0, sizeof(*row));
	row->rule = rule->index;
	row->value = (u64)rule->proto << WORD_PROTO |
		     (u64)rule->kind << WORD_KIND |
		     (u64)rule->first << WORD_L4;
	if (rule->proto)
		row->mask |= 0xffULL << WORD_PROTO;
	if (rule->kind)
		row->mask |= 0xffULL << WORD_KIND;
	if (rule->any_type) {
		row->mask |= 0xffULL << WORD_L4;
	} else if (rule->kind && rule->first == rule->last) {
		row->mask |= 0xffffULL << WORD_L4;
	} else if (rule->kind) {
		row->more |= ROW_RANGE;
		row->min = rule->first;
		row->span = rule->last - rule->first;
	}
	if (rule->remote == BR_SG_REMOTE_TAG) {
		row->more |= ROW_TAG;
		row->at = rule->tag;
	} else if (rule->remote == BR_SG_REMOTE_PREFIX) {
		mask = wide_mask(rule->len);
		row->value |= rule->from.hi >> 32 << WORD_ADDR;
		row->mask |= mask.hi >> 32 << WORD_ADDR;
		if (rule->len > 32) {
			row->more |= ROW_LONG;
			row->at = plan->n_prefixes++;
			prefix = &plan->prefixes[row->at];
			prefix->addr = rule->from;
			prefix->mask = mask;
		}
	}
	/* what does not count was not masked out of an "any" */
	row->value &= row->mask;
}

static int event_add(struct build *build, u64 hi, u64 lo, u32 rule)
{
	struct event *event = array_add(&build->events, sizeof(*event));

	if (IS_ERR(event))
		return PTR_ERR(event);
	event->at.hi = hi;
	event->at.lo = lo;
	event->rule = rule;
	return 0;
}

static int event_cmp(const void *a, const void *b)
{
	const struct event *x = a;
	const struct event *y = b;

	return wide_cmp(x->at, y->at);
}

static void events_sort(struct build *build)
{
	if (build->events.n)
		sort(build->events.mem, build->events.n, sizeof(struct event),
		     event_cmp, NULL);
}

/* @run: what it goes to; an interval like the last one is no new one */
static int interval_add(struct build *build, struct rule_run *run,
			struct wide at)
{
	struct interval *interval;
	u32 vec;
	int err;

	cond_resched();
	err = br_sg_vec_intern(&build->pool, &build->set, &vec);
	if (err)
		return err;
	if (run->n) {
		interval = build->intervals.mem;
		if (interval[build->intervals.n - 1].vec == vec)
			return 0;
	}
	interval = array_add(&build->intervals, sizeof(*interval));
	if (IS_ERR(interval))
		return PTR_ERR(interval);
	interval->at = at;
	interval->vec = vec;
	run->n++;
	return 0;
}

/* from the rules in force at 0 on, by the events; @l4 is what is swept */
static int sweep(struct build *build, struct rule_run *run, bool l4)
{
	struct event *event = build->events.mem;
	struct event *end = event + build->events.n;
	struct wide at = { 0, 0 };
	const struct rule *rule;
	int err;

	events_sort(build);
	for (;;) {
		for (; event < end && !wide_cmp(event->at, at); event++) {
			rule = &build->rules[event->rule];
			br_sg_vec_flip(&build->set, rule->index,
				       l4 ? rule->remote == BR_SG_REMOTE_ANY :
					    !rule_asks_l4(rule));
		}
		err = interval_add(build, run, at);
		if (err || event == end)
			return err;
		at = event->at;
	}
}

static int l4_events_add(struct build *build, u32 i)
{
	const struct rule *rule = &build->rules[i];
	u32 type, end = rule->any_type ? 256 : 1;
	int err;

	for (type = 0; type < end; type++) {
		err = event_add(build, 0, type << 8 | rule->first, i);
		if (!err && (type << 8 | rule->last) < U16_MAX)
			err = event_add(build, 0, (type << 8 | rule->last) + 1,
					i);
		if (err)
			return err;
	}
	return 0;
}

/* the rules of @class for keys of @kind, the others' own put in as they are */
static int space_rules(struct build *build, u32 class, u32 kind)
{
	const struct rule *rule;
	int err;
	u32 i;

	for (i = build->starts[class]; i < build->starts[class + 1]; i++) {
		rule = &build->rules[build->order[i]];
		if (!rule->kind) {
			br_sg_vec_flip(&build->set, rule->index,
				       rule->remote == BR_SG_REMOTE_ANY);
		} else if (rule->kind == kind) {
			err = l4_events_add(build, build->order[i]);
			if (err)
				return err;
		}
	}
	return 0;
}

static int space_build(struct build *build, struct plan *plan, u32 class,
		       u32 kind)
{
	struct rule_run *space = array_add(&build->spaces, sizeof(*space));
	int err;

	if (IS_ERR(space))
		return PTR_ERR(space);
	space->at = build->intervals.n - plan->l4.at;
	space->n = 0;
	build->events.n = 0;
	br_sg_vec_clear(&build->set);
	err = space_rules(build, 0, kind);
	if (!err && class)
		err = space_rules(build, class, kind);
	if (err)
		return err;
	if (kind != KIND_NONE && !build->events.n) {
		/* the same for all values: as for keys that have none */
		space = build->spaces.mem;
		space += build->spaces.n - 1;
		*space = space[-(int)kind];
		return 0;
	}
	return sweep(build, space, true);
}

/* rules that name a protocol make its class; 0 are all others */
static u32 classes_make(struct build *build, struct plan *plan)
{
	u32 n_classes = 1;
	u32 i, j, c;

	memset(build->starts, 0, sizeof(build->starts));
	for (i = 0; i < plan->n; i++) {
		const struct rule *rule = &build->rules[i];

		if (rule->proto && !plan->classes[rule->proto])
			plan->classes[rule->proto] = n_classes++;
		if (rule_asks_l4(rule) || rule->remote == BR_SG_REMOTE_ANY)
			build->starts[plan->classes[rule->proto]]++;
	}
	for (c = 0, j = 0; c <= n_classes; c++) {
		i = build->starts[c];
		build->starts[c] = j;
		j += i;
	}
	/* each start moves to its end, which is where the next one starts */
	for (i = 0; i < plan->n; i++) {
		const struct rule *rule = &build->rules[i];

		if (rule_asks_l4(rule) || rule->remote == BR_SG_REMOTE_ANY)
			build->order[build->starts[plan->classes[rule->proto]]++] = i;
	}
	memmove(&build->starts[1], &build->starts[0],
		n_classes * sizeof(build->starts[0]));
	build->starts[0] = 0;
	return n_classes;
}

static int l4_build(struct build *build, struct plan *plan)
{
	u32 n_classes = classes_make(build, plan);
	u32 class, kind;
	int err;

	plan->l4.at = build->intervals.n;
	plan->spaces.at = build->spaces.n;
	for (class = 0; class < n_classes; class++) {
		for (kind = 0; kind < KINDS; kind++) {
			err = space_build(build, plan, class, kind);
			if (err)
				return err;
		}
	}
	plan->spaces.n = build->spaces.n - plan->spaces.at;
	plan->l4.n = build->intervals.n - plan->l4.at;
	return 0;
}

static int remotes_build(struct build *build, struct plan *plan)
{
	const struct rule *rule;
	struct wide to, mask;
	int err = 0;
	u32 i;

	plan->remotes.at = build->intervals.n;
	build->events.n = 0;
	br_sg_vec_clear(&build->set);
	/* these two are for layer 4 to say */
	build->set.prefix = BR_SG_VEC_NONE;
	build->set.tag = BR_SG_VEC_NONE;
	for (i = 0; i < plan->n; i++) {
		rule = &build->rules[i];
		if (rule->remote != BR_SG_REMOTE_PREFIX)
			continue;
		err = event_add(build, rule->from.hi, rule->from.lo, i);
		mask = wide_mask(rule->len);
		to.hi = rule->from.hi | ~mask.hi;
		to.lo = rule->from.lo | ~mask.lo;
		/* the address behind the last one, if there is one */
		to.lo++;
		to.hi += !to.lo;
		if (!err && (to.hi || to.lo))
			err = event_add(build, to.hi, to.lo, i);
		if (err)
			return err;
	}
	if (!build->events.n)
		return 0;
	return sweep(build, &plan->remotes, false);
}

static int tags_build(struct build *build, struct plan *plan)
{
	struct event *event, *end;
	const struct rule *rule;
	struct interval *interval;
	u32 i, vec;
	int err;

	plan->tags.at = build->intervals.n;
	build->events.n = 0;
	for (i = 0; i < plan->n; i++) {
		rule = &build->rules[i];
		if (rule->remote != BR_SG_REMOTE_TAG)
			continue;
		err = event_add(build, 0, rule->tag, i);
		if (err)
			return err;
	}
	events_sort(build);
	event = build->events.mem;
	end = event + build->events.n;
	while (event < end) {
		interval = array_add(&build->intervals, sizeof(*interval));
		if (IS_ERR(interval))
			return PTR_ERR(interval);
		interval->at = event->at;
		br_sg_vec_clear(&build->set);
		do {
			rule = &build->rules[event->rule];
			br_sg_vec_flip(&build->set, rule->index,
				       !rule_asks_l4(rule));
			event++;
		} while (event < end && event->at.lo == interval->at.lo);
		err = br_sg_vec_intern(&build->pool, &build->set, &vec);
		if (err)
			return err;
		interval->vec = vec;
		plan->tags.n++;
		cond_resched();
	}
	return 0;
}

static int half_build(struct build *build, struct plan *plan)
{
	int err;
	u32 i;

	if (plan->n <= ROWS_MAX) {
		for (i = 0; i < plan->n; i++)
			row_make(plan, &plan->rows[i], &build->rules[i]);
		return 0;
	}
	err = l4_build(build, plan);
	if (!err)
		err = remotes_build(build, plan);
	if (!err)
		err = tags_build(build, plan);
	return err;
}

/* a cursor over the table's memory; without memory it only measures */
struct layout {
	char *mem;
	size_t at;
};

static void *place(struct layout *layout, size_t n, size_t size)
{
	void *p = layout->mem ? layout->mem + layout->at : NULL;

	layout->at += ALIGN(n * size, sizeof(u64));
	return p;
}

static struct space space_make(const struct rule_run *run)
{
	u32 power = 1U << __fls(run->n);

	return (struct space) {
		.at = run->at,
		.skip = run->n - power,
		.step = power / 2,
	};
}

static void half_place(struct half *half, const struct plan *plan, bool ipv6,
		       struct layout *layout)
{
	if (plan->n <= ROWS_MAX) {
		half->n_rows = plan->n;
		half->rows = place(layout, plan->n, sizeof(*half->rows));
		half->prefixes = place(layout, plan->n_prefixes,
				       sizeof(*half->prefixes));
		return;
	}
	if (plan->remotes.n)
		half->remotes = space_make(&plan->remotes);
	half->classes = place(layout, sizeof(plan->classes), 1);
	half->spaces = place(layout, plan->spaces.n, sizeof(*half->spaces));
	half->bounds = place(layout, plan->l4.n, sizeof(*half->bounds));
	half->n_tags = 2 * plan->tags.n;
	half->tags = place(layout, half->n_tags, sizeof(*half->tags));
	if (ipv6)
		half->bounds6 = place(layout, plan->remotes.n,
				      sizeof(*half->bounds6));
	else
		half->bounds4 = place(layout, plan->remotes.n,
				      sizeof(*half->bounds4));
}

static void table_place(struct br_sg_table *table, const struct build *build,
			struct layout *layout)
{
	place(layout, 1, sizeof(*table));
	half_place(&table->ipv4, &build->plans[0], false, layout);
	half_place(&table->ipv6, &build->plans[1], true, layout);
	table->size.rules = layout->at;
	table->size.vectors = (size_t)build->pool.n * sizeof(u64);
	table->pool = place(layout, build->pool.n, sizeof(u64));
}

static void tags_fill(struct half *half, const struct interval *interval, u32 n)
{
	u32 i, j;

	memset(half->tags, 0, half->n_tags * sizeof(*half->tags));
	for (i = 0; i < n; i++) {
		j = tag_slot(interval[i].at.lo, half->n_tags);
		while (half->tags[j].vec)
			if (++j == half->n_tags)
				j = 0;
		half->tags[j].id = interval[i].at.lo;
		half->tags[j].vec = interval[i].vec;
	}
}

static void half_fill(struct half *half, const struct build *build,
		      const struct plan *plan)
{
	const struct interval *interval = build->intervals.mem;
	const struct rule_run *space = build->spaces.mem;
	u32 i;

	if (plan->n <= ROWS_MAX) {
		memcpy(half->rows, plan->rows, plan->n * sizeof(*half->rows));
		memcpy(half->prefixes, plan->prefixes,
		       plan->n_prefixes * sizeof(*half->prefixes));
		return;
	}
	memcpy(half->classes, plan->classes, sizeof(plan->classes));
	space += plan->spaces.at;
	for (i = 0; i < plan->spaces.n; i++)
		half->spaces[i] = space_make(&space[i]);
	interval += plan->l4.at;
	for (i = 0; i < plan->l4.n; i++, interval++) {
		half->bounds[i].value = interval->at.lo;
		half->bounds[i].vec = interval->vec;
	}
	interval = build->intervals.mem;
	interval += plan->remotes.at;
	for (i = 0; i < plan->remotes.n; i++, interval++) {
		if (half->bounds6) {
			half->bounds6[i].value = interval->at;
			half->bounds6[i].vec = interval->vec;
		} else {
			half->bounds4[i].value = interval->at.hi >> 32;
			half->bounds4[i].vec = interval->vec;
		}
	}
	interval = build->intervals.mem;
	tags_fill(half, interval + plan->tags.at, plan->tags.n);
}

static struct br_sg_table *table_make(const struct build *build, u32 n)
{
	struct br_sg_table table = {
		.n = n,
		.has_tags = build->plans[0].has_tags ||
			    build->plans[1].has_tags,
	};
	struct layout layout = {};

	refcount_set(&table.ref, 1);
	table_place(&table, build, &layout);
	if (layout.at > BR_SG_TABLE_BYTES)
		return ERR_PTR(-E2BIG);
	layout.mem = kvmalloc(layout.at, GFP_KERNEL_ACCOUNT);
	if (!layout.mem)
		return ERR_PTR(-ENOMEM);
	layout.at = 0;
	table_place(&table, build, &layout);
	half_fill(&table.ipv4, build, &build->plans[0]);
	half_fill(&table.ipv6, build, &build->plans[1]);
	memcpy(table.pool, build->pool.mem, table.size.vectors);
	memcpy(layout.mem, &table, sizeof(table));
	return (struct br_sg_table *)layout.mem;
}

static struct build *build_new(u32 n)
{
	struct build *build = kvmalloc(sizeof(*build), GFP_KERNEL_ACCOUNT);

	if (!build)
		return NULL;
	memset(build, 0, sizeof(*build));
	/* one more, for none would be no memory */
	build->rules = kvmalloc_array(n + 1, sizeof(*build->rules),
				      GFP_KERNEL_ACCOUNT);
	build->order = kvmalloc_array(n + 1, sizeof(*build->order),
				      GFP_KERNEL_ACCOUNT);
	return build;
}

static void build_free(struct build *build)
{
	if (!build)
		return;
	br_sg_vec_pool_exit(&build->pool);
	kvfree(build->events.mem);
	kvfree(build->intervals.mem);
	kvfree(build->spaces.mem);
	kvfree(build->rules);
	kvfree(build->order);
	kvfree(build);
}

struct br_sg_table *br_sg_table_build(const struct br_sg_match *matches, u32 n)
{
	struct br_sg_table *table = ERR_PTR(-ENOMEM);
	struct build *build;
	int err, h;

	if (n > BR_SG_TABLE_RULES)
		return ERR_PTR(-E2BIG);
	build = build_new(n);
	if (!build || !build->rules || !build->order)
		goto out;
	err = br_sg_vec_pool_init(&build->pool,
				  BR_SG_TABLE_BYTES / sizeof(u64));
	for (h = 0; !err && h < 2; h++) {
		half_rules(build, &build->plans[h], matches, n,
			   h ? AF_INET6 : AF_INET);
		err = half_build(build, &build->plans[h]);
	}
	table = err ? ERR_PTR(err) : table_make(build, n);
out:
	build_free(build);
	return table;
}
