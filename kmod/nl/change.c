// SPDX-License-Identifier: GPL-2.0
/*
 * *_NEW and *_DEL: objects from attributes, applied to the candidate.
 */
#include <linux/in.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "conf/candidate.h"
#include "match/table.h"
#include "nl/nl.h"

/* a line that would guard nothing is refused */
static int br_sg_nl_pattern_check(const struct nlattr *at,
				  struct netlink_ext_ack *extack)
{
	const char *pattern = nla_data(at);
	const char *foreign = br_sg_default_foreign(pattern);

	if (!foreign)
		return 0;
	return br_sg_refuse(extack, at, -EINVAL,
			    "pattern \"%s\" has a '%c' that would stand for itself: only * stands for any characters and ? for one",
			    pattern, *foreign);
}

static int br_sg_nl_default_new(struct br_sg_config *c, u8 op,
				const struct nlattr *nest,
				struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_DEFAULT_A_MAX + 1];
	struct br_sg_default_conf *conf;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_DEFAULT_A_MAX, 0, extack);
	if (err)
		return err;
	if (!tb[BR_SG_DEFAULT_A_PATTERN])
		return br_sg_nl_missing(extack, nest, BR_SG_DEFAULT_A_PATTERN,
					"PATTERN");
	if (!tb[BR_SG_DEFAULT_A_VERDICT])
		return br_sg_nl_missing(extack, nest, BR_SG_DEFAULT_A_VERDICT,
					"VERDICT");
	err = br_sg_nl_pattern_check(tb[BR_SG_DEFAULT_A_PATTERN], extack);
	if (err)
		return err;

	conf = kzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return -ENOMEM;
	refcount_set(&conf->ref, 1);
	conf->cookie = br_sg_nl_cookie(tb[BR_SG_DEFAULT_A_COOKIE]);
	conf->verdict = nla_get_u8(tb[BR_SG_DEFAULT_A_VERDICT]);
	strscpy(conf->pattern, nla_data(tb[BR_SG_DEFAULT_A_PATTERN]),
		sizeof(conf->pattern));

	err = br_sg_candidate_default(c, op, conf, tb[BR_SG_DEFAULT_A_PATTERN],
				      extack);
	if (err)
		br_sg_default_conf_put(conf);
	return err;
}

static int br_sg_nl_default_del(struct br_sg_config *c, u8 op,
				const struct nlattr *nest,
				struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_DEFAULT_A_MAX + 1];
	const struct nlattr *key;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_DEFAULT_A_MAX, 0, extack);
	if (!err)
		err = br_sg_nl_only(tb, BR_SG_DEFAULT_A_MAX,
				    BIT(BR_SG_DEFAULT_A_PATTERN) |
				    BIT(BR_SG_DEFAULT_A_COOKIE), extack);
	if (err)
		return err;
	key = tb[BR_SG_DEFAULT_A_PATTERN];
	if (!key)
		return br_sg_nl_missing(extack, nest, BR_SG_DEFAULT_A_PATTERN,
					"PATTERN");
	return br_sg_candidate_del(c, BR_SG_KIND_DEFAULT, nla_data(key), key,
				   extack);
}

static int br_sg_nl_set_new(struct br_sg_config *c, u8 op,
			    const struct nlattr *nest,
			    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_SET_A_MAX + 1];
	struct br_sg_set_conf *conf;
	const struct nlattr *key;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_SET_A_MAX, 0, extack);
	if (err)
		return err;
	key = tb[BR_SG_SET_A_NAME];
	if (!key)
		return br_sg_nl_missing(extack, nest, BR_SG_SET_A_NAME, "NAME");

	conf = kzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return -ENOMEM;
	refcount_set(&conf->ref, 1);
	conf->cookie = br_sg_nl_cookie(tb[BR_SG_SET_A_COOKIE]);
	err = -ENOMEM;
	conf->name = br_sg_name_new(nla_data(key));
	if (!conf->name)
		goto err_put;
	conf->addrs = br_sg_addrset_build(NULL, 0);
	if (IS_ERR(conf->addrs)) {
		conf->addrs = NULL;
		goto err_put;
	}
	err = br_sg_candidate_set(c, op, conf, key, extack);
	if (err)
		goto err_put;
	return 0;

err_put:
	br_sg_set_conf_put(conf);
	return err;
}

static int br_sg_nl_set_del(struct br_sg_config *c, u8 op,
			    const struct nlattr *nest,
			    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_SET_A_MAX + 1];
	const struct nlattr *key;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_SET_A_MAX, 0, extack);
	if (!err)
		err = br_sg_nl_only(tb, BR_SG_SET_A_MAX,
				    BIT(BR_SG_SET_A_NAME) |
				    BIT(BR_SG_SET_A_COOKIE), extack);
	if (err)
		return err;
	key = tb[BR_SG_SET_A_NAME];
	if (!key)
		return br_sg_nl_missing(extack, nest, BR_SG_SET_A_NAME, "NAME");
	return br_sg_candidate_del(c, BR_SG_KIND_SET, nla_data(key), key,
				   extack);
}

static int br_sg_nl_group_new(struct br_sg_config *c, u8 op,
			      const struct nlattr *nest,
			      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_GROUP_A_MAX + 1];
	struct br_sg_group_conf *conf;
	const struct nlattr *key;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_GROUP_A_MAX, 0, extack);
	if (err)
		return err;
	key = tb[BR_SG_GROUP_A_NAME];
	if (!key)
		return br_sg_nl_missing(extack, nest, BR_SG_GROUP_A_NAME,
					"NAME");

	conf = kzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return -ENOMEM;
	refcount_set(&conf->ref, 1);
	conf->cookie = br_sg_nl_cookie(tb[BR_SG_GROUP_A_COOKIE]);
	conf->stateless = nla_get_flag(tb[BR_SG_GROUP_A_STATELESS]);
	err = -ENOMEM;
	conf->name = br_sg_name_new(nla_data(key));
	if (!conf->name)
		goto err_put;
	conf->members = br_sg_addrset_build(NULL, 0);
	if (IS_ERR(conf->members)) {
		conf->members = NULL;
		goto err_put;
	}
	conf->rules = br_sg_rules_new();
	if (!conf->rules)
		goto err_put;
	err = br_sg_candidate_group(c, op, conf, key, extack);
	if (err)
		goto err_put;
	return 0;

err_put:
	br_sg_group_conf_put(conf);
	return err;
}

static int br_sg_nl_group_del(struct br_sg_config *c, u8 op,
			      const struct nlattr *nest,
			      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_GROUP_A_MAX + 1];
	const struct nlattr *key;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_GROUP_A_MAX, 0, extack);
	if (!err)
		err = br_sg_nl_only(tb, BR_SG_GROUP_A_MAX,
				    BIT(BR_SG_GROUP_A_NAME) |
				    BIT(BR_SG_GROUP_A_COOKIE), extack);
	if (err)
		return err;
	key = tb[BR_SG_GROUP_A_NAME];
	if (!key)
		return br_sg_nl_missing(extack, nest, BR_SG_GROUP_A_NAME,
					"NAME");
	return br_sg_candidate_del(c, BR_SG_KIND_GROUP, nla_data(key), key,
				   extack);
}

/* addresses */

static const struct nlattr *br_sg_nl_nth(const struct nlattr *nest, int type,
					 u32 index)
{
	const struct nlattr *attr;
	int rem;

	nla_for_each_nested(attr, nest, rem)
		if (nla_type(attr) == type && !index--)
			return attr;
	return nest;
}

static int br_sg_nl_order(const void *a, const void *b, const void *items)
{
	const struct br_sg_prefix *prefix = items;
	u32 i = *(const u32 *)a, j = *(const u32 *)b;
	int order;

	order = br_sg_prefix_cmp(&prefix[i], &prefix[j]);
	/* of equal ones the later is the one too many */
	return order ? order : i < j ? -1 : 1;
}

/* -EEXIST: the same is there twice, the second at *@bad */
static int br_sg_nl_unique(const struct br_sg_prefix *items, u32 n, u32 *bad)
{
	u32 *order, i;
	int err = 0;

	order = kvmalloc_array(n, sizeof(*order), GFP_KERNEL_ACCOUNT);
	if (!order)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		order[i] = i;
	sort_r(order, n, sizeof(*order), br_sg_nl_order, NULL, items);
	for (i = 1; i < n; i++) {
		if (!br_sg_prefix_cmp(&items[order[i - 1]], &items[order[i]])) {
			*bad = order[i];
			err = -EEXIST;
			break;
		}
	}
	kvfree(order);
	return err;
}

/* says which of them it is; @what: what is wrong with it */
static void br_sg_nl_addr_refuse(const struct br_sg_addrs *addrs,
				 const struct nlattr *nest, u32 bad, int err,
				 const char *what,
				 struct netlink_ext_ack *extack)
{
	const struct nlattr *at = br_sg_nl_nth(nest, BR_SG_ADDRS_A_ADDR, bad);
	const char *noun = addrs->kind == BR_SG_KIND_SET ? "set" : "group";
	const struct br_sg_prefix *item = &addrs->items[bad];
	char len[5] = "";

	if (item->len != (item->family == AF_INET ? 32 : 128))
		snprintf(len, sizeof(len), "/%u", item->len);
	if (item->family == AF_INET)
		br_sg_refuse(extack, at, err, "%pI4%s is %s %s %s",
			     &item->addr, len, what, noun, addrs->owner);
	else
		br_sg_refuse(extack, at, err, "%pI6c%s is %s %s %s",
			     &item->addr, len, what, noun, addrs->owner);
}

/* @addrs->items is the caller's to free, on error too */
static int br_sg_nl_addrs_parse(struct br_sg_addrs *addrs,
				const struct nlattr *nest,
				const struct nlattr **owner,
				struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_ADDRS_A_MAX + 1];
	const struct nlattr *attr;
	u32 bad, i = 0;
	int rem, err;

	memset(addrs, 0, sizeof(*addrs));
	err = br_sg_nl_nest(nest, tb, BR_SG_ADDRS_A_MAX,
			    BIT(BR_SG_ADDRS_A_ADDR), extack);
	if (err)
		return err;
	if (tb[BR_SG_ADDRS_A_SET] && tb[BR_SG_ADDRS_A_GROUP]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[BR_SG_ADDRS_A_GROUP],
				    "addresses belong to a SET or a GROUP, not to both");
		return -EINVAL;
	}
	if (tb[BR_SG_ADDRS_A_SET]) {
		*owner = tb[BR_SG_ADDRS_A_SET];
		addrs->kind = BR_SG_KIND_SET;
	} else if (tb[BR_SG_ADDRS_A_GROUP]) {
		*owner = tb[BR_SG_ADDRS_A_GROUP];
		addrs->kind = BR_SG_KIND_GROUP;
	} else {
		return br_sg_nl_missing(extack, nest, BR_SG_ADDRS_A_SET,
					"SET or GROUP");
	}
	addrs->owner = nla_data(*owner);
	addrs->cookie = br_sg_nl_cookie(tb[BR_SG_ADDRS_A_COOKIE]);
	addrs->n = br_sg_nl_count(nest, BR_SG_ADDRS_A_ADDR);
	if (!addrs->n)
		return br_sg_nl_missing(extack, nest, BR_SG_ADDRS_A_ADDR,
					"ADDR");

	addrs->items = kvmalloc_array(addrs->n, sizeof(*addrs->items),
				      GFP_KERNEL_ACCOUNT);
	if (!addrs->items)
		return -ENOMEM;
	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) != BR_SG_ADDRS_A_ADDR)
			continue;
		err = br_sg_nl_addr(attr, 0, &addrs->items[i], NULL, extack);
		if (err)
			return err;
		if (addrs->kind == BR_SG_KIND_GROUP && !addrs->items[i].len)
			return br_sg_refuse(extack, attr, -EINVAL,
					    "a member of group %s cannot be a /0: that is everybody",
					    addrs->owner);
		i++;
	}

	err = br_sg_nl_unique(addrs->items, addrs->n, &bad);
	if (err == -EEXIST)
		br_sg_nl_addr_refuse(addrs, nest, bad, err,
				     "twice among the addresses for", extack);
	return err;
}

static int br_sg_nl_addrs_new(struct br_sg_config *c, u8 op,
			      const struct nlattr *nest,
			      struct netlink_ext_ack *extack)
{
	const struct nlattr *owner = NULL;
	struct br_sg_addrs addrs;
	u32 bad = U32_MAX;
	int err;

	err = br_sg_nl_addrs_parse(&addrs, nest, &owner, extack);
	if (err)
		goto out_free;
	err = br_sg_candidate_addrs(c, op, &addrs, owner, &bad, extack);
	if (err == -EEXIST && bad != U32_MAX)
		br_sg_nl_addr_refuse(&addrs, nest, bad, err, "already in",
				     extack);
out_free:
	kvfree(addrs.items);
	return err;
}

static int br_sg_nl_addrs_del(struct br_sg_config *c, u8 op,
			      const struct nlattr *nest,
			      struct netlink_ext_ack *extack)
{
	const struct nlattr *owner = NULL;
	struct br_sg_addrs addrs;
	u32 bad = U32_MAX;
	int err;

	err = br_sg_nl_addrs_parse(&addrs, nest, &owner, extack);
	if (err)
		goto out_free;
	err = br_sg_candidate_addrs_del(c, &addrs, owner, &bad, extack);
	/* without a text it is not the owner that does not exist */
	if (err == -ENOENT && bad != U32_MAX)
		br_sg_nl_addr_refuse(&addrs, nest, bad, err, "not in", extack);
out_free:
	kvfree(addrs.items);
	return err;
}

/* rules */

static bool br_sg_proto_has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_DCCP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_UDPLITE;
}

/* what the rule is about becomes @family; refuses when it was another */
static int br_sg_nl_rule_family(struct br_sg_rule *rule, u8 family,
				const struct nlattr *at, const char *what,
				struct netlink_ext_ack *extack)
{
	if (rule->family && rule->family != family)
		return br_sg_refuse(extack, at, -EINVAL,
				    "%s is of IPv%c, the rule of IPv%c", what,
				    family == AF_INET ? '4' : '6',
				    rule->family == AF_INET ? '4' : '6');
	rule->family = family;
	return 0;
}

static int br_sg_nl_rule_layer4(struct br_sg_rule *rule, struct nlattr **tb,
				struct netlink_ext_ack *extack)
{
	const struct nlattr *min = tb[BR_SG_RULE_A_PORT_MIN];
	const struct nlattr *max = tb[BR_SG_RULE_A_PORT_MAX];
	const struct nlattr *type = tb[BR_SG_RULE_A_ICMP_TYPE];
	const struct nlattr *code = tb[BR_SG_RULE_A_ICMP_CODE];

	if (!min != !max) {
		NL_SET_ERR_MSG_ATTR(extack, min ? min : max,
				    "PORT_MIN and PORT_MAX go together");
		return -EINVAL;
	}
	if (min) {
		if (!br_sg_proto_has_ports(rule->proto))
			return br_sg_refuse(extack, min, -EINVAL,
					    "protocol %u has no ports: only 6, 17, 33, 132 and 136 have",
					    rule->proto);
		rule->flags |= BR_SG_MATCH_PORT;
		rule->port_min = nla_get_u16(min);
		rule->port_max = nla_get_u16(max);
		if (rule->port_max < rule->port_min)
			return br_sg_refuse(extack, max, -EINVAL,
					    "PORT_MAX %u is below PORT_MIN %u",
					    rule->port_max, rule->port_min);
	}
	if (type) {
		if (rule->proto != IPPROTO_ICMP &&
		    rule->proto != IPPROTO_ICMPV6)
			return br_sg_refuse(extack, type, -EINVAL,
					    "protocol %u has no ICMP type: only 1 and 58 have",
					    rule->proto);
		rule->flags |= BR_SG_MATCH_TYPE;
		rule->type = nla_get_u8(type);
	}
	if (code) {
		if (!type) {
			NL_SET_ERR_MSG_ATTR(extack, code,
					    "ICMP_CODE goes with ICMP_TYPE only");
			return -EINVAL;
		}
		rule->flags |= BR_SG_MATCH_CODE;
		rule->code = nla_get_u8(code);
	}
	return 0;
}

static int br_sg_nl_rule_remote(struct br_sg_rule *rule, struct nlattr **tb,
				struct netlink_ext_ack *extack)
{
	static const int types[] = {
		BR_SG_RULE_A_REMOTE,
		BR_SG_RULE_A_REMOTE_GROUP,
		BR_SG_RULE_A_REMOTE_SET,
	};
	const struct nlattr *remote = NULL;
	int i, err;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (!tb[types[i]])
			continue;
		if (remote) {
			NL_SET_ERR_MSG_ATTR(extack, tb[types[i]],
					    "a rule has one of REMOTE, REMOTE_GROUP and REMOTE_SET");
			return -EINVAL;
		}
		remote = tb[types[i]];
	}
	if (!remote)
		return 0;

	if (nla_type(remote) != BR_SG_RULE_A_REMOTE) {
		rule->name = br_sg_name_new(nla_data(remote));
		if (!rule->name)
			return -ENOMEM;
		rule->remote = nla_type(remote) == BR_SG_RULE_A_REMOTE_GROUP ?
			       BR_SG_RULE_GROUP : BR_SG_RULE_SET;
		return 0;
	}
	err = br_sg_nl_addr(remote, 0, &rule->prefix, NULL, extack);
	if (err)
		return err;
	err = br_sg_nl_rule_family(rule, rule->prefix.family, remote, "REMOTE",
				   extack);
	if (err)
		return err;
	if (rule->prefix.len)
		rule->remote = BR_SG_RULE_PREFIX;
	else
		memset(&rule->prefix, 0, sizeof(rule->prefix));
	return 0;
}

/*
 * To IPv6 these are extension headers: what they carry is a packet's protocol, so
 * that no rule would ever match them.
 */
static bool br_sg_proto_is_exthdr(u8 proto)
{
	return proto == IPPROTO_ROUTING || proto == IPPROTO_FRAGMENT ||
	       proto == IPPROTO_AH || proto == IPPROTO_DSTOPTS;
}

/* canonical; on error the caller puts @rule->name too */
static int br_sg_nl_rule_parse(struct br_sg_rule *rule, struct nlattr **tb,
			       const struct nlattr *nest,
			       struct netlink_ext_ack *extack)
{
	int err = 0;

	if (!tb[BR_SG_RULE_A_DIRECTION])
		return br_sg_nl_missing(extack, nest, BR_SG_RULE_A_DIRECTION,
					"DIRECTION");
	rule->direction = nla_get_u8(tb[BR_SG_RULE_A_DIRECTION]);
	rule->cookie = br_sg_nl_cookie(tb[BR_SG_RULE_A_COOKIE]);
	if (tb[BR_SG_RULE_A_ID])
		rule->id = nla_get_u32(tb[BR_SG_RULE_A_ID]);
	if (tb[BR_SG_RULE_A_FAMILY])
		rule->family = nla_get_u8(tb[BR_SG_RULE_A_FAMILY]);
	if (rule->family && rule->family != AF_INET &&
	    rule->family != AF_INET6) {
		NL_SET_ERR_MSG_ATTR(extack, tb[BR_SG_RULE_A_FAMILY],
				    "FAMILY is 2 (IPv4), 10 (IPv6) or absent");
		return -EINVAL;
	}
	if (tb[BR_SG_RULE_A_PROTO])
		rule->proto = nla_get_u8(tb[BR_SG_RULE_A_PROTO]);
	if (rule->proto == IPPROTO_ICMP)
		err = br_sg_nl_rule_family(rule, AF_INET,
					   tb[BR_SG_RULE_A_PROTO],
					   "protocol 1 (ICMP)", extack);
	else if (rule->proto == IPPROTO_ICMPV6)
		err = br_sg_nl_rule_family(rule, AF_INET6,
					   tb[BR_SG_RULE_A_PROTO],
					   "protocol 58 (ICMPv6)", extack);
	if (err)
		return err;
	err = br_sg_nl_rule_layer4(rule, tb, extack);
	if (err)
		return err;
	err = br_sg_nl_rule_remote(rule, tb, extack);
	if (!err && rule->family != AF_INET &&
	    br_sg_proto_is_exthdr(rule->proto))
		err = br_sg_refuse(extack, tb[BR_SG_RULE_A_PROTO], -EINVAL,
				   "protocol %u is an extension header on IPv6, which no rule matches: FAMILY 2 (IPv4) is needed",
				   rule->proto);
	return err;
}

static int br_sg_nl_rule_new(struct br_sg_config *c, u8 op,
			     const struct nlattr *nest,
			     struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_RULE_A_MAX + 1];
	struct br_sg_rule rule;
	const struct nlattr *at;
	int err;

	memset(&rule, 0, sizeof(rule));
	err = br_sg_nl_nest(nest, tb, BR_SG_RULE_A_MAX, 0, extack);
	if (err)
		return err;
	if (!tb[BR_SG_RULE_A_GROUP])
		return br_sg_nl_missing(extack, nest, BR_SG_RULE_A_GROUP,
					"GROUP");
	if (!tb[BR_SG_RULE_A_ID] && op == BR_SG_OP_REPLACE)
		return br_sg_nl_missing(extack, nest, BR_SG_RULE_A_ID, "ID");
	err = br_sg_nl_rule_parse(&rule, tb, nest, extack);
	if (err)
		goto err_put;

	at = tb[BR_SG_RULE_A_GROUP];
	err = br_sg_candidate_rule(c, op, nla_data(at), &rule, nest, at,
				   tb[BR_SG_RULE_A_ID], extack);
	if (err)
		goto err_put;
	return 0;

err_put:
	br_sg_name_put(rule.name);
	return err;
}

static int br_sg_nl_rule_del(struct br_sg_config *c, u8 op,
			     const struct nlattr *nest,
			     struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_RULE_A_MAX + 1];
	const struct nlattr *group, *id;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_RULE_A_MAX, 0, extack);
	if (!err)
		err = br_sg_nl_only(tb, BR_SG_RULE_A_MAX,
				    BIT(BR_SG_RULE_A_GROUP) |
				    BIT(BR_SG_RULE_A_ID) |
				    BIT(BR_SG_RULE_A_COOKIE), extack);
	if (err)
		return err;
	group = tb[BR_SG_RULE_A_GROUP];
	id = tb[BR_SG_RULE_A_ID];
	if (!group)
		return br_sg_nl_missing(extack, nest, BR_SG_RULE_A_GROUP,
					"GROUP");
	if (!id)
		return br_sg_nl_missing(extack, nest, BR_SG_RULE_A_ID, "ID");
	return br_sg_candidate_rule_del(c, nla_data(group), nla_get_u32(id),
					group, id, extack);
}

/**
 * struct br_sg_change - a command that changes the candidate
 * @policy: of the message
 * @object: top-level attribute of the objects, repeated; 0: none (FLUSH)
 * @has_op: OP is required
 * @apply: one object
 * @resume: or one that is no configuration
 */
struct br_sg_change {
	const struct nla_policy *policy;
	u8 object;
	bool has_op;
	int (*apply)(struct br_sg_config *c, u8 op, const struct nlattr *nest,
		     struct netlink_ext_ack *extack);
	int (*resume)(struct br_sg_resume **resume, const struct nlattr *nest,
		      struct netlink_ext_ack *extack);
};

static const struct br_sg_change br_sg_changes[BR_SG_CMD_MAX + 1] = {
	[BR_SG_CMD_FLUSH] = {
		.policy = br_sg_flush_policy,
	},
	[BR_SG_CMD_DEFAULT_NEW] = {
		.policy = br_sg_default_new_policy,
		.object = BR_SG_A_DEFAULT,
		.has_op = true,
		.apply = br_sg_nl_default_new,
	},
	[BR_SG_CMD_DEFAULT_DEL] = {
		.policy = br_sg_default_del_policy,
		.object = BR_SG_A_DEFAULT,
		.apply = br_sg_nl_default_del,
	},
	[BR_SG_CMD_SET_NEW] = {
		.policy = br_sg_set_new_policy,
		.object = BR_SG_A_SET,
		.has_op = true,
		.apply = br_sg_nl_set_new,
	},
	[BR_SG_CMD_SET_DEL] = {
		.policy = br_sg_set_del_policy,
		.object = BR_SG_A_SET,
		.apply = br_sg_nl_set_del,
	},
	[BR_SG_CMD_GROUP_NEW] = {
		.policy = br_sg_group_new_policy,
		.object = BR_SG_A_GROUP,
		.has_op = true,
		.apply = br_sg_nl_group_new,
	},
	[BR_SG_CMD_GROUP_DEL] = {
		.policy = br_sg_group_del_policy,
		.object = BR_SG_A_GROUP,
		.apply = br_sg_nl_group_del,
	},
	[BR_SG_CMD_ADDRS_NEW] = {
		.policy = br_sg_addrs_new_policy,
		.object = BR_SG_A_ADDRS,
		.has_op = true,
		.apply = br_sg_nl_addrs_new,
	},
	[BR_SG_CMD_ADDRS_DEL] = {
		.policy = br_sg_addrs_del_policy,
		.object = BR_SG_A_ADDRS,
		.apply = br_sg_nl_addrs_del,
	},
	[BR_SG_CMD_RULE_NEW] = {
		.policy = br_sg_rule_new_policy,
		.object = BR_SG_A_RULE,
		.has_op = true,
		.apply = br_sg_nl_rule_new,
	},
	[BR_SG_CMD_RULE_DEL] = {
		.policy = br_sg_rule_del_policy,
		.object = BR_SG_A_RULE,
		.apply = br_sg_nl_rule_del,
	},
	[BR_SG_CMD_PORT_NEW] = {
		.policy = br_sg_port_new_policy,
		.object = BR_SG_A_PORT,
		.has_op = true,
		.apply = br_sg_nl_port_new,
	},
	[BR_SG_CMD_PORT_DEL] = {
		.policy = br_sg_port_del_policy,
		.object = BR_SG_A_PORT,
		.apply = br_sg_nl_port_del,
	},
	[BR_SG_CMD_BINDING_RESUME] = {
		.policy = br_sg_binding_resume_policy,
		.object = BR_SG_A_BINDING,
		.resume = br_sg_nl_binding_resume,
	},
	[BR_SG_CMD_ZONE_RESUME] = {
		.policy = br_sg_zone_resume_policy,
		.object = BR_SG_A_ZONE,
		.resume = br_sg_nl_zone_resume,
	},
};

static int br_sg_nl_flush(struct br_sg_transaction *txn)
{
	struct br_sg_config *empty;

	empty = br_sg_config_new();
	if (!empty)
		return -ENOMEM;
	br_sg_config_put(txn->config);
	txn->config = empty;
	br_sg_resume_free(txn->resume);
	txn->resume = NULL;
	return 0;
}

static int br_sg_nl_change(struct br_sg_transaction *txn,
			   const struct br_sg_change *change,
			   struct genl_info *info)
{
	struct netlink_ext_ack *extack = info->extack;
	struct nlattr *tb[BR_SG_A_MAX + 1];
	const struct nlattr *attr;
	u8 op = 0;
	int rem, err;

	err = br_sg_nl_parse(info->nlhdr, tb, change->policy,
			     change->object ? BIT(change->object) : 0, extack);
	if (err)
		return err;
	if (!change->object)
		return br_sg_nl_flush(txn);
	if (change->has_op) {
		if (!tb[BR_SG_A_OP]) {
			NL_SET_ERR_MSG(extack, "OP is missing");
			NL_SET_ERR_ATTR_MISS(extack, NULL, BR_SG_A_OP);
			return -EINVAL;
		}
		op = nla_get_u8(tb[BR_SG_A_OP]);
	}
	if (!tb[change->object]) {
		NL_SET_ERR_MSG(extack, "there is no object in this message");
		NL_SET_ERR_ATTR_MISS(extack, NULL, change->object);
		return -EINVAL;
	}

	nla_for_each_attr(attr, nlmsg_attrdata(info->nlhdr, GENL_HDRLEN),
			  nlmsg_attrlen(info->nlhdr, GENL_HDRLEN), rem) {
		if (nla_type(attr) != change->object)
			continue;
		err = change->resume ?
			change->resume(&txn->resume, attr, extack) :
			change->apply(txn->config, op, attr, extack);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

int br_sg_nl_change_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct br_sg_net *bn = br_sg_net(genl_info_net(info));
	struct br_sg_transaction *txn;
	int err;

	txn = br_sg_transaction_lock(bn, skb, info->extack);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	err = br_sg_nl_change(txn, &br_sg_changes[info->genlhdr->cmd],
			      info);
	if (err)
		br_sg_transaction_close(bn, txn);
	br_sg_transaction_unlock(txn);
	return err;
}
