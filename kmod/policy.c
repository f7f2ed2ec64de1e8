// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration -> policy: rules compiled, members gathered, and whatever a
 * commit does not touch taken over from the policy before.
 *
 * Objects of a configuration are immutable, so "the same" is a comparison of
 * pointers, and from there it spreads:
 *
 *	group's members <- its member lines, and addresses of its ports
 *	ruleset changed <- a group's rules, or members of a set or group they name
 *	port changed	<- its line, or its ruleset
 *
 * A changed port gets a next version; one that is the same is shared, with its
 * version, and re-judges nothing.
 */
#include <linux/etherdevice.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "bind.h"
#include "hooks.h"
#include "net.h"
#include "policy.h"
#include "ruleset.h"
#include "snapshot.h"
#include "validate.h"

/**
 * struct br_sg_compile - work of one commit
 * @old: the policy in force, or NULL
 * @new: the one being made
 * @config: of @new
 * @changed: per group of @config: its ruleset part is not that of @old
 * @dirty: per group of @config: its members are to be gathered again
 * @sets_changed: some set or group's members differ from @old's
 * @shared: rulesets of this compile, to share
 * @refusal: says what went beyond a limit
 */
struct br_sg_compile {
	const struct br_sg_policy *old;
	struct br_sg_policy *new;
	struct br_sg_config *config;
	bool *changed;
	bool *dirty;
	struct br_sg_rulesets shared;
	struct br_sg_refusal *refusal;
};

/* index of a group in a config, -1 for none */
static int group_index(const struct br_sg_config *config, const char *name)
{
	int low = 0, high = config->groups.n, mid, cmp;
	const struct br_sg_group_conf *conf;

	while (low < high) {
		mid = low + (high - low) / 2;
		conf = config->groups.v[mid];
		cmp = strcmp(name, conf->name->s);
		if (!cmp)
			return mid;
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

static struct br_sg_group *policy_group(const struct br_sg_policy *policy,
					const char *name)
{
	int i = policy ? group_index(policy->config, name) : -1;

	return i < 0 ? NULL : policy->groups[i];
}

struct br_sg_addrset *
br_sg_policy_group_members(const struct br_sg_policy *policy,
			   const char *group)
{
	struct br_sg_group *found = policy_group(policy, group);

	return found ? found->members : NULL;
}

static void group_put(struct br_sg_group *group)
{
	if (!group || !refcount_dec_and_test(&group->ref))
		return;
	kvfree(group->deps);
	br_sg_addrset_put(group->members);
	br_sg_group_conf_put(group->conf);
	kfree(group);
}

static void port_put(struct br_sg_port *port)
{
	u32 i;
	int d;

	if (!port || !refcount_dec_and_test(&port->ref))
		return;
	for (d = 0; d < __BR_SG_DIRECTIONS; d++) {
		for (i = 0; port->rules[d] && i < port->ruleset->n_rules[d]; i++)
			br_sg_rule_counter_put(port->rules[d][i]);
		kvfree(port->rules[d]);
	}
	br_sg_ruleset_put(port->ruleset);
	br_sg_counters_put(port->counters);
	kfree(port->macs);
	br_sg_port_conf_put(port->conf);
	kfree(port);
}

struct br_sg_policy *br_sg_policy_get(struct br_sg_policy *policy)
{
	refcount_inc(&policy->ref);
	return policy;
}

void br_sg_policy_put(struct br_sg_policy *policy)
{
	u32 i;

	if (!policy || !refcount_dec_and_test(&policy->ref))
		return;
	for (i = 0; policy->ports && i < policy->config->ports.n; i++)
		port_put(policy->ports[i]);
	for (i = 0; policy->groups && i < policy->config->groups.n; i++)
		group_put(policy->groups[i]);
	kvfree(policy->ports);
	kvfree(policy->groups);
	kvfree(policy->names);
	br_sg_config_put(policy->config);
	kfree(policy);
}

static u32 name_slot(const struct br_sg_policy *policy, const char *dev)
{
	return jhash(dev, strnlen(dev, IFNAMSIZ), 0) & policy->names_mask;
}

int br_sg_policy_port_index(const struct br_sg_policy *policy, const char *dev)
{
	const struct br_sg_port_conf *conf;
	u32 i = name_slot(policy, dev);

	for (; policy->names[i]; i = (i + 1) & policy->names_mask) {
		conf = policy->config->ports.v[policy->names[i] - 1];
		if (!strcmp(conf->dev, dev))
			return policy->names[i] - 1;
	}
	return -1;
}

static int policy_index_names(struct br_sg_policy *policy)
{
	const struct br_sg_array *ports = &policy->config->ports;
	const struct br_sg_port_conf *conf;
	u32 slots, i, s;

	slots = roundup_pow_of_two(2 * ports->n + 2);
	policy->names = kvcalloc(slots, sizeof(*policy->names),
				 GFP_KERNEL_ACCOUNT);
	if (!policy->names)
		return -ENOMEM;
	policy->names_mask = slots - 1;
	for (i = 0; i < ports->n; i++) {
		conf = ports->v[i];
		s = name_slot(policy, conf->dev);
		while (policy->names[s])
			s = (s + 1) & policy->names_mask;
		policy->names[s] = i + 1;
	}
	return 0;
}

/* marks the groups of a port that has come, gone or changed */
static void port_marks_groups(struct br_sg_compile *c,
			      const struct br_sg_port_conf *conf)
{
	int i, g;

	for (i = 0; i < conf->n_groups; i++) {
		g = group_index(c->config, conf->groups[i]->s);
		if (g >= 0)
			c->dirty[g] = true;
	}
}

static void compile_mark(struct br_sg_compile *c)
{
	const struct br_sg_array *before, *after = &c->config->ports;
	struct br_sg_port_conf *a, *b;
	u32 i = 0, j = 0;
	int cmp;

	before = c->old ? &c->old->config->ports : NULL;
	while (i < after->n || (before && j < before->n)) {
		a = i < after->n ? after->v[i] : NULL;
		b = before && j < before->n ? before->v[j] : NULL;
		cmp = !a ? 1 : !b ? -1 : strcmp(a->dev, b->dev);
		if (cmp < 0 || (!cmp && a != b))
			port_marks_groups(c, a);
		if (cmp > 0 || (!cmp && a != b))
			port_marks_groups(c, b);
		i += cmp <= 0;
		j += cmp >= 0;
	}
}

/**
 * struct gathered - addresses of local ports that are members of groups
 * @group: index
 * @item: a port's own address, or a pair of host length
 */
struct gathered {
	u32 group;
	struct br_sg_prefix item;
};

static int gathered_cmp(const void *a, const void *b)
{
	const struct gathered *x = a, *y = b;

	return x->group < y->group ? -1 : x->group > y->group;
}

/* the addresses that local ports bring to dirty groups, sorted by group */
static int gather(struct br_sg_compile *c, struct gathered **list, u32 *n)
{
	const struct br_sg_port_conf *conf;
	u32 i, room = 0;
	int g, k, pass;

	*list = NULL;
	for (pass = 0; pass < 2; pass++) {
		*n = 0;
		for (i = 0; i < c->config->ports.n; i++) {
			conf = c->config->ports.v[i];
			for (k = 0; k < conf->n_groups * conf->n_pairs; k++) {
				const struct br_sg_pair *pair;

				pair = &conf->pairs[k % conf->n_pairs];
				g = group_index(c->config,
						conf->groups[k / conf->n_pairs]->s);
				if (!c->dirty[g] || pair->prefix.len !=
				    br_sg_family_bits(pair->prefix.family))
					continue;
				if (*list) {
					(*list)[*n].group = g;
					(*list)[*n].item = pair->prefix;
				}
				(*n)++;
			}
		}
		if (pass)
			break;
		room = *n;
		*list = kvcalloc(room + 1, sizeof(**list), GFP_KERNEL_ACCOUNT);
		if (!*list)
			return -ENOMEM;
	}
	sort(*list, *n, sizeof(**list), gathered_cmp, NULL);
	return 0;
}

static struct br_sg_addrset *group_members(const struct br_sg_group_conf *conf,
					   const struct gathered *list, u32 n)
{
	struct br_sg_prefix *items;
	struct br_sg_addrset *set;
	u32 i, bad;

	if (!n)
		return br_sg_addrset_get(conf->members);
	items = kvcalloc(n, sizeof(*items), GFP_KERNEL_ACCOUNT);
	if (!items)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < n; i++)
		items[i] = list[i].item;
	set = br_sg_addrset_insert(conf->members, items, n, true, &bad);
	kvfree(items);
	return set;
}

/* the sets and groups that rules name, each once */
static int group_deps(struct br_sg_group *group)
{
	const struct br_sg_group_conf *conf = group->conf;
	u32 i, k;

	for (i = 0; i < conf->n_rules; i++) {
		const struct br_sg_rule *rule = &conf->rules[i];
		bool set = rule->remote == BR_SG_RULE_SET;

		if (!set && rule->remote != BR_SG_RULE_GROUP)
			continue;
		for (k = 0; k < group->n_deps; k++)
			if (group->deps[k].set == set &&
			    !strcmp(group->deps[k].name, rule->name->s))
				break;
		if (k < group->n_deps)
			continue;
		if (is_power_of_2(k + 1) || !k) {
			struct br_sg_dep *deps;

			deps = kvcalloc(2 * (k + 1), sizeof(*deps),
					GFP_KERNEL_ACCOUNT);
			if (!deps)
				return -ENOMEM;
			if (k)
				memcpy(deps, group->deps, k * sizeof(*deps));
			kvfree(group->deps);
			group->deps = deps;
		}
		group->deps[k].name = rule->name->s;
		group->deps[k].set = set;
		group->n_deps++;
	}
	return 0;
}

static int compile_group(struct br_sg_compile *c, u32 i,
			 const struct gathered *list, u32 n)
{
	struct br_sg_group_conf *conf = c->config->groups.v[i];
	struct br_sg_group *old = policy_group(c->old, conf->name->s);
	struct br_sg_group *group;

	if (old && old->conf == conf && !c->dirty[i]) {
		refcount_inc(&old->ref);
		c->new->groups[i] = old;
		return 0;
	}
	group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	if (!group)
		return -ENOMEM;
	refcount_set(&group->ref, 1);
	group->conf = br_sg_group_conf_get(conf);
	c->new->groups[i] = group;
	if (old && !c->dirty[i] && old->conf->members == conf->members) {
		group->members = br_sg_addrset_get(old->members);
	} else {
		struct br_sg_addrset *set = group_members(conf, list, n);

		if (IS_ERR(set))
			return PTR_ERR(set);
		if (old && br_sg_addrset_equal(set, old->members)) {
			br_sg_addrset_put(set);
			set = br_sg_addrset_get(old->members);
		}
		group->members = set;
	}
	if (br_sg_addrset_count(group->members) > BR_SG_MAX_ADDRS) {
		snprintf(c->refusal->text, sizeof(c->refusal->text),
			 "group \"%s\": %u members with those of local ports, at most %u are allowed",
			 conf->name->s, br_sg_addrset_count(group->members),
			 BR_SG_MAX_ADDRS);
		return -E2BIG;
	}
	return group_deps(group);
}

static int compile_groups(struct br_sg_compile *c)
{
	const struct br_sg_array *groups = &c->config->groups;
	struct gathered *list;
	u32 i, k = 0, from, n;
	int err;

	/* members by hand that changed: those of ports are needed beside them */
	for (i = 0; i < groups->n; i++) {
		struct br_sg_group_conf *conf = groups->v[i];
		struct br_sg_group *old = policy_group(c->old, conf->name->s);

		if (!old || old->conf->members != conf->members)
			c->dirty[i] = true;
	}
	err = gather(c, &list, &n);
	for (i = 0; !err && i < groups->n; i++) {
		from = k;
		while (k < n && list[k].group == i)
			k++;
		err = compile_group(c, i, list + from, k - from);
	}
	kvfree(list);
	return err;
}

static bool rules_equal(const struct br_sg_group_conf *a,
			const struct br_sg_group_conf *b)
{
	u32 i;

	if (a == b)
		return true;
	if (a->n_rules != b->n_rules || a->stateless != b->stateless)
		return false;
	for (i = 0; i < a->n_rules; i++)
		if (a->rules[i].id != b->rules[i].id ||
		    !br_sg_rule_equal(&a->rules[i], &b->rules[i]))
			return false;
	return true;
}

static bool dep_changed(const struct br_sg_compile *c,
			const struct br_sg_dep *dep)
{
	const struct br_sg_set_conf *before, *after;
	const struct br_sg_group *was, *is;

	if (dep->set) {
		before = br_sg_config_set(c->old->config, dep->name);
		after = br_sg_config_set(c->config, dep->name);
		return !before || (before->addrs != after->addrs &&
				   !br_sg_addrset_equal(before->addrs,
							after->addrs));
	}
	was = policy_group(c->old, dep->name);
	is = policy_group(c->new, dep->name);
	return !was || was->members != is->members;
}

/* which groups make the rulesets that name them new ones */
static void compile_changes(struct br_sg_compile *c)
{
	struct br_sg_group *group, *old;
	u32 i, k;

	for (i = 0; i < c->config->groups.n; i++) {
		group = c->new->groups[i];
		old = policy_group(c->old, group->conf->name->s);
		c->changed[i] = !old || !rules_equal(old->conf, group->conf);
		for (k = 0; !c->changed[i] && k < group->n_deps; k++)
			c->changed[i] = dep_changed(c, &group->deps[k]);
	}
}

static bool port_groups_changed(const struct br_sg_compile *c,
				const struct br_sg_port_conf *conf)
{
	int i;

	for (i = 0; i < conf->n_groups; i++)
		if (c->changed[group_index(c->config, conf->groups[i]->s)])
			return true;
	return false;
}

static bool groups_same(const struct br_sg_port_conf *a,
			const struct br_sg_port_conf *b)
{
	int i;

	if (a->n_groups != b->n_groups)
		return false;
	for (i = 0; i < a->n_groups; i++)
		if (strcmp(a->groups[i]->s, b->groups[i]->s))
			return false;
	return true;
}

static int port_guard(struct br_sg_port *port)
{
	struct br_sg_port_conf *conf = port->conf;
	struct br_sg_guard *guard = &port->guard;
	int i, k;

	port->macs = kcalloc(conf->n_pairs + 1, sizeof(*port->macs),
			     GFP_KERNEL_ACCOUNT);
	if (!port->macs)
		return -ENOMEM;
	ether_addr_copy(guard->mac, conf->mac);
	ether_addr_copy(port->macs[0], conf->mac);
	guard->n_macs = 1;
	for (i = 0; i < conf->n_pairs; i++) {
		guard->has_ipv6 |= conf->pairs[i].prefix.family == AF_INET6;
		for (k = 0; k < guard->n_macs; k++)
			if (ether_addr_equal(port->macs[k],
					     conf->pairs[i].mac))
				break;
		if (k == guard->n_macs)
			ether_addr_copy(port->macs[guard->n_macs++],
					conf->pairs[i].mac);
	}
	guard->macs = (const u8 (*)[ETH_ALEN])port->macs;
	guard->pairs = conf->pairs;
	guard->n_ips = conf->n_ips;
	guard->n_pairs = conf->n_pairs;
	guard->dhcp = conf->dhcp;
	guard->n_dhcp = conf->n_dhcp;
	guard->ethertypes = conf->ethertypes;
	guard->n_ethertypes = conf->n_ethertypes;
	br_sg_guard_plain_init(guard);
	return 0;
}

/*
 * A counter goes on with its rule: same group, id and content. Both rulesets
 * list a group's rules by id, so within a group it is a merge.
 */
static struct br_sg_rule_counter *counter_of(const struct br_sg_port *old,
					     int d,
					     const struct br_sg_rule_ref *ref,
					     u32 *at)
{
	const struct br_sg_ruleset *rules = old ? old->ruleset : NULL;
	const struct br_sg_rule_ref *was;
	u32 i, k;

	for (k = 0; rules && k < rules->n_rules[d]; k++) {
		i = (*at + k) % rules->n_rules[d];
		was = &rules->rules[d][i];
		if (was->rule->id != ref->rule->id ||
		    strcmp(was->group->name->s, ref->group->name->s))
			continue;
		*at = i + 1;
		if (was->rule != ref->rule &&
		    !br_sg_rule_equal(was->rule, ref->rule))
			break;
		return br_sg_rule_counter_get(old->rules[d][i]);
	}
	return br_sg_rule_counter_new();
}

static int port_counters(struct br_sg_port *port, const struct br_sg_port *old)
{
	const struct br_sg_ruleset *rules = port->ruleset;
	u32 i, at;
	int d;

	port->counters = old ? br_sg_counters_get(old->counters) :
			       br_sg_counters_new();
	if (!port->counters)
		return -ENOMEM;
	for (d = 0; rules && d < __BR_SG_DIRECTIONS; d++) {
		port->rules[d] = kvcalloc(rules->n_rules[d] + 1,
					  sizeof(*port->rules[d]),
					  GFP_KERNEL_ACCOUNT);
		if (!port->rules[d])
			return -ENOMEM;
		for (i = 0, at = 0; i < rules->n_rules[d]; i++) {
			port->rules[d][i] = counter_of(old, d,
						       &rules->rules[d][i],
						       &at);
			if (!port->rules[d][i])
				return -ENOMEM;
		}
	}
	return 0;
}

static int compile_port(struct br_sg_compile *c, u32 i)
{
	struct br_sg_port_conf *conf = c->config->ports.v[i];
	struct br_sg_port *port, *old = NULL;
	bool changed = true;
	int index, err;

	index = c->old ? br_sg_policy_port_index(c->old, conf->dev) : -1;
	if (index >= 0) {
		old = c->old->ports[index];
		changed = port_groups_changed(c, conf);
		if (old->conf == conf && !changed) {
			refcount_inc(&old->ref);
			c->new->ports[i] = old;
			return 0;
		}
	}
	port = kzalloc(sizeof(*port), GFP_KERNEL_ACCOUNT);
	if (!port)
		return -ENOMEM;
	refcount_set(&port->ref, 1);
	port->conf = br_sg_port_conf_get(conf);
	c->new->ports[i] = port;
	port->mode = conf->mode;
	port->strict = conf->strict;
	if (old) {
		port->version = old->version + 1;
		port->epoch = old->epoch + !port->version;
	}
	if (conf->mode == BR_SG_PORT_FILTER) {
		if (old && old->ruleset && !changed &&
		    groups_same(old->conf, conf))
			port->ruleset = br_sg_ruleset_get(old->ruleset);
		else
			port->ruleset = br_sg_rulesets_get(&c->shared, c->new,
							   conf);
		if (IS_ERR(port->ruleset)) {
			err = PTR_ERR(port->ruleset);
			port->ruleset = NULL;
			return err;
		}
		port->stateless = port->ruleset->n_groups &&
				  port->ruleset->groups[0]->stateless;
	}
	err = port_guard(port);
	return err ? err : port_counters(port, old);
}

static int compile(struct br_sg_compile *c)
{
	struct br_sg_config *config = c->config;
	int err;
	u32 i;

	c->new->groups = kvcalloc(config->groups.n + 1, sizeof(*c->new->groups),
				  GFP_KERNEL_ACCOUNT);
	c->new->ports = kvcalloc(config->ports.n + 1, sizeof(*c->new->ports),
				 GFP_KERNEL_ACCOUNT);
	c->changed = kvcalloc(config->groups.n + 1, sizeof(bool),
			      GFP_KERNEL_ACCOUNT);
	c->dirty = kvcalloc(config->groups.n + 1, sizeof(bool),
			    GFP_KERNEL_ACCOUNT);
	if (!c->new->groups || !c->new->ports || !c->changed || !c->dirty)
		return -ENOMEM;
	err = policy_index_names(c->new);
	if (err)
		return err;
	compile_mark(c);
	err = compile_groups(c);
	if (err)
		return err;
	compile_changes(c);
	for (i = 0; !err && i < config->ports.n; i++) {
		err = compile_port(c, i);
		cond_resched();
	}
	return err;
}

static struct br_sg_policy *policy_compile(const struct br_sg_policy *old,
					   struct br_sg_config *config,
					   struct br_sg_refusal *refusal)
{
	struct br_sg_policy *policy;
	struct br_sg_compile *c;
	int err = -ENOMEM;

	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	policy = kzalloc(sizeof(*policy), GFP_KERNEL_ACCOUNT);
	if (!c || !policy) {
		kfree(policy);
		goto out;
	}
	refcount_set(&policy->ref, 1);
	policy->config = br_sg_config_get(config);
	c->old = old;
	c->new = policy;
	c->config = config;
	c->refusal = refusal;
	br_sg_rulesets_init(&c->shared);
	err = compile(c);
	br_sg_rulesets_exit(&c->shared);
	kvfree(c->changed);
	kvfree(c->dirty);
	if (err)
		br_sg_policy_put(policy);
out:
	kfree(c);
	return err ? ERR_PTR(err) : policy;
}

/* the module stays while anything is configured anywhere */
static int net_activate(struct br_sg_net *bn)
{
	int err;

	if (!bn->pinned) {
		if (!try_module_get(THIS_MODULE))
			return -EBUSY;
		bn->pinned = true;
	}
	if (!bn->zones.names) {
		err = br_sg_zones_init(&bn->zones);
		if (err)
			return err;
	}
	if (!bn->hooked) {
		err = br_sg_hooks_register(bn);
		if (err)
			return err;
		bn->hooked = true;
	}
	return 0;
}

static void net_deactivate(struct br_sg_net *bn)
{
	if (bn->hooked)
		br_sg_hooks_unregister(bn);
	bn->hooked = false;
	if (bn->pinned)
		module_put(THIS_MODULE);
	bn->pinned = false;
}

static int policy_publish(struct br_sg_net *bn, struct br_sg_policy *policy,
			  u64 generation)
{
	struct br_sg_config *config = policy->config;
	bool active = config->ports.n || config->defaults.n;
	bool before = bn->hooked;
	int err = 0;

	/* conntrack and hooks first: nothing is published that cannot hold */
	if (active)
		err = net_activate(bn);
	if (!err)
		err = br_sg_bind_publish(bn, policy, generation);
	if (err ? !before : !active)
		net_deactivate(bn);
	return err;
}

int br_sg_policy_commit(struct br_sg_net *bn, struct br_sg_config *config,
			u64 base, bool dry_run, u64 *generation,
			struct br_sg_refusal *refusal)
{
	struct br_sg_policy *policy;
	int err = -ESTALE;

	memset(refusal, 0, sizeof(*refusal));
	mutex_lock(&bn->commit);
	*generation = bn->generation;
	if (base != bn->generation) {
		snprintf(refusal->text, sizeof(refusal->text),
			 "another writer committed generation %llu: begin again",
			 bn->generation);
		goto out;
	}
	err = br_sg_config_validate(config,
				    bn->policy ? bn->policy->config : NULL,
				    refusal);
	if (err)
		goto out;
	policy = policy_compile(bn->policy, config, refusal);
	if (IS_ERR(policy)) {
		err = PTR_ERR(policy);
		goto out;
	}
	if (dry_run) {
		br_sg_policy_put(policy);
		goto out;
	}
	config->generation = bn->generation + 1;
	err = policy_publish(bn, policy, bn->generation + 1);
	if (err) {
		br_sg_policy_put(policy);
		if (err == -ENOSPC)
			snprintf(refusal->text, sizeof(refusal->text),
				 "no conntrack zone is free: name one with \"zone\"");
		goto out;
	}
	*generation = bn->generation;
	br_sg_config_put(config);
out:
	mutex_unlock(&bn->commit);
	return err;
}

void br_sg_policy_net_exit(struct br_sg_net *bn)
{
	mutex_lock(&bn->commit);
	br_sg_bind_net_exit(bn);
	net_deactivate(bn);
	mutex_unlock(&bn->commit);
}
