// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The least changes from one configuration to another
 *
 * What goes comes first, and what is referred to before what refers to it.
 * Both configurations are sorted, so that each kind is one merge.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/diff.h"

#define RULE_ID_MAX	0x7fffffff

struct change *change_add(struct changes *changes, enum object obj, enum act act,
			  const char *name, uint32_t src)
{
	struct change *change = vec_push(changes);

	change->obj = obj;
	change->act = act;
	change->name = name;
	change->src = src;
	return change;
}

void changes_free(struct changes *changes)
{
	free(changes->v);
	arena_free(&changes->arena);
	memset(changes, 0, sizeof(*changes));
}

static void add_addrs(struct changes *changes, enum act act, bool of_set, const char *name,
		      const struct item *addrs, size_t n)
{
	struct change *change;

	if (!n)
		return;
	change = change_add(changes, OBJ_ADDRS, act, name, addrs[0].src);
	change->of_set = of_set;
	change->addrs = addrs;
	change->n = n;
}

/* Those of a that are not in b; both sorted */
static size_t items_without(struct item *to, const struct items *a, const struct items *b)
{
	size_t i, k = 0, n = 0;

	for (i = 0; i < a->n; i++) {
		while (k < b->n && addr_cmp(&b->v[k].a, &a->v[i].a) < 0)
			k++;
		if (k == b->n || addr_cmp(&b->v[k].a, &a->v[i].a))
			to[n++] = a->v[i];
	}
	return n;
}

static void diff_items(struct changes *changes, enum act act, bool of_set, const char *name,
		       const struct items *have, const struct items *lack)
{
	struct item *items;

	if (!have->n)
		return;
	items = arena_alloc(&changes->arena, have->n * sizeof(*items));
	add_addrs(changes, act, of_set, name, items, items_without(items, have, lack));
}

static void rule_change(struct changes *changes, enum act act, const char *group,
			const struct rule *rule, const struct rule *old)
{
	struct change *change = change_add(changes, OBJ_RULE, act, group, rule->src);

	change->rule = rule;
	change->old = old;
}

static int content_qcmp(const void *a, const void *b)
{
	const struct rule *const *x = a, *const *y = b;

	return rule_cmp(*x, *y);
}

/* The kernel's rules of a group, by content */
struct by_content {
	const struct rule **v;
	size_t n;
};

static void index_content(struct by_content *index, const struct group *group)
{
	size_t i;

	index->n = group->rules.n;
	index->v = xcalloc(index->n + 1, sizeof(*index->v));
	for (i = 0; i < index->n; i++)
		index->v[i] = &group->rules.v[i];
	qsort(index->v, index->n, sizeof(*index->v), content_qcmp);
}

static const struct rule *find_content(const struct by_content *index, const struct rule *rule)
{
	const struct rule **found;

	found = bsearch(&rule, index->v, index->n, sizeof(*index->v), content_qcmp);
	return found ? *found : NULL;
}

static int id_qcmp(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static const struct rule *find_id(const struct group *group, uint32_t id)
{
	struct rule key = { .id = id };

	return group->rules.n ? bsearch(&key, group->rules.v, group->rules.n,
					sizeof(key), id_qcmp) : NULL;
}

/*
 * Ids for the rules without: that of the kernel's rule of equal content, else
 * the next free one behind the highest of both sides. The rules with an id
 * come first and are sorted by it.
 */
static void number_rules(struct group *to, const struct group *from,
			 const struct by_content *index)
{
	size_t n = 0, i, k;
	uint32_t highest = 0, gap = 1;
	uint8_t *taken = NULL;

	while (n < to->rules.n && to->rules.v[n].id)
		n++;
	if (n == to->rules.n)
		return;
	if (n)
		highest = to->rules.v[n - 1].id;
	if (from && from->rules.n && from->rules.v[from->rules.n - 1].id > highest)
		highest = from->rules.v[from->rules.n - 1].id;
	if (from)
		taken = xcalloc(from->rules.n + 1, 1);
	for (i = 0, k = 0; from && i < from->rules.n; i++) {	/* ids that the file gives away */
		while (k < n && to->rules.v[k].id < from->rules.v[i].id)
			k++;
		taken[i] = k < n && to->rules.v[k].id == from->rules.v[i].id;
	}
	for (i = n; from && i < to->rules.n; i++) {
		const struct rule *same = find_content(index, &to->rules.v[i]);

		if (same && !taken[same - from->rules.v])
			to->rules.v[i].id = same->id;
	}
	for (i = n; i < to->rules.n; i++) {
		struct rule *rule = &to->rules.v[i];

		if (rule->id)
			continue;
		if (highest < RULE_ID_MAX) {
			rule->id = ++highest;
			continue;
		}
		while (group_rule(to, gap) || (from && find_id(from, gap)))
			gap++;
		rule->id = gap;
	}
	free(taken);
	qsort(to->rules.v, to->rules.n, sizeof(*to->rules.v), id_qcmp);
}

/*
 * The changes of one kind. A rule whose new content another rule of the group
 * has by now is removed and added. With all that is removed before all that is
 * changed, and that before all that is added, the same content is never there
 * twice on the way.
 */
static void diff_rules(struct changes *changes, const struct group *from,
		       struct group *to, enum act act)
{
	struct by_content index = { 0 };
	size_t i = 0, k = 0, n_from = from ? from->rules.n : 0;

	if (from)
		index_content(&index, from);
	number_rules(to, from, &index);
	while (i < n_from || k < to->rules.n) {
		const struct rule *old = i < n_from ? &from->rules.v[i] : NULL;
		const struct rule *rule = k < to->rules.n ? &to->rules.v[k] : NULL;
		bool move = false;

		if (old && (!rule || old->id < rule->id)) {
			rule = NULL;
			i++;
		} else if (!old || rule->id < old->id) {
			old = NULL;
			k++;
		} else {
			i++;
			k++;
			if (!rule_cmp(old, rule))
				continue;
			move = find_content(&index, rule);
		}
		if (act == ACT_DEL && old && (!rule || move))
			rule_change(changes, act, to->name, old, NULL);
		else if (act == ACT_REPLACE && old && rule && !move)
			rule_change(changes, act, to->name, rule, old);
		else if (act == ACT_ADD && rule && (!old || move))
			rule_change(changes, act, to->name, rule, NULL);
	}
	free(index.v);
}

static void diff_defaults(struct changes *changes, const struct conf *from,
			  const struct conf *to, bool del)
{
	const struct conf *walk = del ? from : to;
	struct change *change;
	size_t i;

	for (i = 0; i < walk->defaults.n; i++) {
		const struct defpat *d = walk->defaults.v[i];
		const struct defpat *other;

		other = names_get(del ? &to->default_names : &from->default_names, d->pattern);
		if (other && (del || other->verdict == d->verdict))
			continue;
		change = change_add(changes, OBJ_DEFAULT,
				    del ? ACT_DEL : other ? ACT_REPLACE : ACT_ADD,
				    d->pattern, d->src);
		change->verdict = d->verdict;
		change->old = del ? d : other;
	}
}

static void diff_ports(struct changes *changes, const struct conf *from,
		       const struct conf *to, bool del)
{
	const struct conf *walk = del ? from : to;
	struct change *change;
	size_t i;

	for (i = 0; i < walk->ports.n; i++) {
		const struct port *port = walk->ports.v[i];
		const struct port *other;

		other = names_get(del ? &to->port_names : &from->port_names, port->dev);
		if (other && (del || port_same(port, other)))
			continue;
		change = change_add(changes, OBJ_PORT,
				    del ? ACT_DEL : other ? ACT_REPLACE : ACT_ADD,
				    port->dev, port->src);
		change->port = port;
		change->old = other;
	}
}

static void diff_groups(struct changes *changes, const struct conf *from, const struct conf *to)
{
	static const struct items none;
	struct change *change;
	size_t i;

	for (i = 0; i < to->groups.n; i++) {
		const struct group *group = to->groups.v[i];
		const struct group *old = names_get(&from->group_names, group->name);

		if (old && old->stateless == group->stateless)
			continue;
		change = change_add(changes, OBJ_GROUP, old ? ACT_REPLACE : ACT_ADD,
				    group->name, group->src);
		change->stateless = group->stateless;
		change->old = old;
	}
	for (i = 0; i < to->groups.n; i++) {
		const struct group *group = to->groups.v[i];
		const struct group *old = names_get(&from->group_names, group->name);

		diff_items(changes, ACT_ADD, false, group->name, &group->members,
			   old ? &old->members : &none);
	}
	for (i = 0; i < to->groups.n; i++) {
		struct group *group = to->groups.v[i];
		const struct group *old = names_get(&from->group_names, group->name);

		diff_rules(changes, old, group, ACT_REPLACE);
		diff_rules(changes, old, group, ACT_ADD);
	}
}

static void diff_removed(struct changes *changes, const struct conf *from, const struct conf *to)
{
	struct change *change;
	size_t i;

	diff_ports(changes, from, to, true);
	for (i = 0; i < from->groups.n; i++) {
		struct group *group = names_get(&to->group_names, from->groups.v[i]->name);

		if (group)
			diff_rules(changes, from->groups.v[i], group, ACT_DEL);
	}
	for (i = 0; i < from->groups.n; i++) {
		const struct group *old = from->groups.v[i];
		const struct group *group = names_get(&to->group_names, old->name);

		if (group) {
			diff_items(changes, ACT_DEL, false, old->name, &old->members,
				   &group->members);
			continue;
		}
		change = change_add(changes, OBJ_GROUP, ACT_DEL, old->name, 0);
		change->old = old;
	}
	for (i = 0; i < from->sets.n; i++) {
		const struct set *old = from->sets.v[i];
		const struct set *set = names_get(&to->set_names, old->name);

		if (set) {
			diff_items(changes, ACT_DEL, true, old->name, &old->addrs, &set->addrs);
			continue;
		}
		change = change_add(changes, OBJ_SET, ACT_DEL, old->name, 0);
		change->old = old;
	}
	diff_defaults(changes, from, to, true);
}

void conf_diff(struct changes *changes, const struct conf *from, struct conf *to)
{
	size_t i;

	diff_removed(changes, from, to);
	diff_defaults(changes, from, to, false);
	for (i = 0; i < to->sets.n; i++) {
		const struct set *set = to->sets.v[i];

		if (!names_get(&from->set_names, set->name))
			change_add(changes, OBJ_SET, ACT_ADD, set->name, set->src);
	}
	for (i = 0; i < to->sets.n; i++) {
		const struct set *set = to->sets.v[i];
		const struct set *old = names_get(&from->set_names, set->name);

		if (old)
			diff_items(changes, ACT_ADD, true, set->name, &set->addrs, &old->addrs);
		else
			add_addrs(changes, ACT_ADD, true, set->name, set->addrs.v, set->addrs.n);
	}
	diff_groups(changes, from, to);
	diff_ports(changes, from, to, false);
}

/* A line of the file, with its sign in front */
static void change_line(struct print *p, const struct change *change)
{
	struct defpat d;

	switch (change->obj) {
	case OBJ_DEFAULT:
		d.verdict = change->verdict;
		snprintf(d.pattern, sizeof(d.pattern), "%s", change->name);
		print_text(p,
			   "default %s %s\n", d.verdict == BR_SG_DEFAULT_DROP ? "drop" : "accept",
			   d.pattern);
		break;
	case OBJ_SET:
		print_text(p, "set add %s\n", change->name);
		break;
	case OBJ_GROUP:
		print_text(p, "group add %s%s\n", change->name,
			   change->act != ACT_DEL && change->stateless ? " stateless" : "");
		break;
	case OBJ_ADDRS:
		print_addrs_line(p, change->of_set ? "set insert" : "member add", change->name,
				 change->addrs, change->n);
		break;
	case OBJ_RULE:
		print_rule_line(p, change->name, change->rule);
		break;
	case OBJ_PORT:
		print_port_line(p, change->port);
		break;
	default:
		break;
	}
}

static void line_json(struct print *p, const struct change *change, const char *key)
{
	struct print text;
	char *line = NULL;
	size_t len = 0;
	FILE *f;

	f = open_memstream(&line, &len);
	if (!f)
		return;
	memset(&text, 0, sizeof(text));
	text.out = f;
	change_line(&text, change);
	fclose(f);
	if (len)
		line[len - 1] = '\0';
	print_str(p, key, "%s\n", line);
	free(line);
}

static void old_json(struct print *p, const struct change *change)
{
	struct change old = *change;

	if (!p->json || change->act != ACT_REPLACE || !change->old)
		return;
	switch (change->obj) {
	case OBJ_DEFAULT:
		old.verdict = ((const struct defpat *)change->old)->verdict;
		break;
	case OBJ_GROUP:
		old.stateless = ((const struct group *)change->old)->stateless;
		break;
	case OBJ_RULE:
		old.rule = change->old;
		break;
	case OBJ_PORT:
		old.port = change->old;
		break;
	default:
		return;
	}
	line_json(p, &old, "old");
}

static void change_print(struct print *p, const struct change *change)
{
	static const char *const objects[] = {
		[OBJ_DEFAULT] = "default", [OBJ_SET] = "set", [OBJ_GROUP] = "group",
		[OBJ_ADDRS] = "member", [OBJ_RULE] = "rule", [OBJ_PORT] = "port",
	};
	static const struct {
		const char *name, *sign, *color;
	} acts[] = {
		[ACT_ADD] = { "add", "+ ", "\033[32m+ " },
		[ACT_REPLACE] = { "change", "~ ", "\033[33m~ " },
		[ACT_DEL] = { "del", "- ", "\033[31m- " },
	};
	const char *object = objects[change->obj];

	if (change->obj == OBJ_ADDRS && change->of_set)
		object = "set";
	print_object(p, NULL);
	print_str(p, "object", NULL, object);
	print_str(p, "name", NULL, change->name);
	print_str(p, "change", NULL, acts[change->act].name);
	print_text(p, "%s", p->color ? acts[change->act].color : acts[change->act].sign);
	line_json(p, change, "line");
	print_text(p, "%s", p->color ? "\033[0m" : "");
	old_json(p, change);
	print_close(p);
}

static void removed_with_group(struct print *p, const struct group *group)
{
	struct change change = { .act = ACT_DEL, .name = group->name };
	size_t i;

	change.obj = OBJ_ADDRS;
	change.addrs = group->members.v;
	change.n = group->members.n;
	if (change.n)
		change_print(p, &change);
	change.obj = OBJ_RULE;
	for (i = 0; i < group->rules.n; i++) {
		change.rule = &group->rules.v[i];
		change_print(p, &change);
	}
}

static void removed_with_set(struct print *p, const struct set *set)
{
	struct change change = {
		.obj = OBJ_ADDRS,
		.act = ACT_DEL,
		.of_set = true,
		.name = set->name,
		.addrs = set->addrs.v,
		.n = set->addrs.n,
	};

	if (change.n)
		change_print(p, &change);
}

void changes_print(struct print *p, const char *key, const struct changes *changes)
{
	size_t i;

	print_array(p, key);
	for (i = 0; i < changes->n; i++) {
		const struct change *change = &changes->v[i];

		if (change->obj == OBJ_GROUP && change->act == ACT_DEL)
			removed_with_group(p, change->old);
		if (change->obj == OBJ_SET && change->act == ACT_DEL)
			removed_with_set(p, change->old);
		change_print(p, change);
	}
	print_close(p);
}

void changes_sum(const struct changes *changes, struct summary *sum)
{
	struct tally *const of[] = {
		[OBJ_DEFAULT] = &sum->defaults, [OBJ_SET] = &sum->sets,
		[OBJ_GROUP] = &sum->groups, [OBJ_RULE] = &sum->rules,
		[OBJ_PORT] = &sum->ports,
	};
	size_t i;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < changes->n; i++) {
		const struct change *change = &changes->v[i];
		const struct group *group = change->old;
		const struct set *set = change->old;
		struct tally *tally;

		if (change->obj == OBJ_ADDRS)
			tally = change->of_set ? &sum->addresses : &sum->members;
		else
			tally = of[change->obj];
		if (change->act == ACT_ADD)
			tally->added += change->obj == OBJ_ADDRS ? change->n : 1;
		else if (change->act == ACT_REPLACE)
			tally->changed++;
		else
			tally->removed += change->obj == OBJ_ADDRS ? change->n : 1;
		if (change->act == ACT_DEL && change->obj == OBJ_GROUP) {
			sum->rules.removed += group->rules.n;
			sum->members.removed += group->members.n;
		} else if (change->act == ACT_DEL && change->obj == OBJ_SET) {
			sum->addresses.removed += set->addrs.n;
		}
	}
}

static void tally_print(struct print *p, const char *key, const char *name,
			const struct tally *tally, const char **before)
{
	bool some = tally->added || tally->changed;

	print_object(p, key);
	if (some || tally->removed) {
		print_text(p, "%s%s:", *before, name);
		*before = "; ";
	}
	print_uint(p, "added", tally->added ? " %ju added" : NULL, tally->added);
	print_uint(p, "changed", !tally->changed ? NULL : tally->added ? ", %ju changed" :
		   " %ju changed", tally->changed);
	print_uint(p, "removed", !tally->removed ? NULL : some ? ", %ju removed" :
		   " %ju removed", tally->removed);
	print_close(p);
}

/* What has not changed is in the JSON only */
void summary_print(struct print *p, const struct summary *sum)
{
	const char *before = "";

	tally_print(p, "ports", "ports", &sum->ports, &before);
	tally_print(p, "groups", "groups", &sum->groups, &before);
	tally_print(p, "rules", "rules", &sum->rules, &before);
	tally_print(p, "members", "members", &sum->members, &before);
	tally_print(p, "sets", "sets", &sum->sets, &before);
	tally_print(p, "addresses", "addresses of sets", &sum->addresses, &before);
	tally_print(p, "defaults", "defaults", &sum->defaults, &before);
	print_text(p, "%s\n", *before ? "" : "nothing changed");
}
