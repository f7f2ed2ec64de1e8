// SPDX-License-Identifier: GPL-2.0
/*
 * What is in force: STATUS_GET, PORT_GET and the dumps.
 *
 * A dump pins the policy that is in force when it starts, which nobody changes any
 * more, so that its cursor is two indices and it is consistent however long the
 * reader takes: what is configured, members, and counters, which the versions of a
 * port share. What PORT_GET says of devices is read when it is sent; a commit in the
 * middle sets NLM_F_DUMP_INTR there. A message takes what fits; an object that does
 * not begins the next one.
 */
#include <linux/slab.h>
#include <net/sock.h>

#include "match/table.h"
#include "nl/nl.h"

#define BR_SG_NL_STATUS_SIZE	32768
#define BR_SG_NL_ZONES		32	/* asked for at once */

static bool br_sg_nl_of_shadow(struct nlattr *const *tb)
{
	return tb[BR_SG_A_FLAGS] &&
	       nla_get_u32(tb[BR_SG_A_FLAGS]) & BR_SG_GET_F_SHADOW;
}

static bool br_sg_nl_bare(struct nlattr *const *tb)
{
	return tb[BR_SG_A_FLAGS] &&
	       nla_get_u32(tb[BR_SG_A_FLAGS]) & BR_SG_GET_F_CONFIG;
}

/*
 * What is in force, or the shadow if FLAGS ask for it: -ENOENT, there is none. A
 * reference to *@policy, or, where it is NULL, to the config.
 */
static struct br_sg_config *br_sg_nl_pin(struct br_sg_net *bn,
					 struct nlattr *const *tb,
					 struct br_sg_policy **policy,
					 struct netlink_ext_ack *extack)
{
	bool shadow = br_sg_nl_of_shadow(tb);

	*policy = br_sg_query_policy(bn, shadow);
	if (*policy)
		return (*policy)->config;
	if (!shadow)
		return br_sg_config_get(bn->empty);
	NL_SET_ERR_MSG_ATTR(extack, tb[BR_SG_A_FLAGS], "there is no shadow");
	return ERR_PTR(-ENOENT);
}

static void br_sg_nl_unpin(struct br_sg_policy *policy,
			   struct br_sg_config *config)
{
	if (policy)
		br_sg_policy_put(policy);
	else
		br_sg_config_put(config);
}

static int br_sg_nl_dump_start(struct netlink_callback *cb,
			       const struct nla_policy *policy,
			       struct nlattr **tb)
{
	struct br_sg_nl_dump *dump = br_sg_nl_dump(cb);
	struct br_sg_config *config;
	int err;

	/* generic netlink lets an attribute by that is there twice */
	err = br_sg_nl_parse(cb->nlh, tb, policy, 0, cb->extack);
	if (err)
		return err;
	memset(dump, 0, sizeof(*dump));
	/* older kernels have no extack here, an errno is all they give */
	config = br_sg_nl_pin(br_sg_net(sock_net(cb->skb->sk)), tb, &dump->policy,
			      cb->extack);
	if (IS_ERR(config))
		return PTR_ERR(config);
	dump->config = config;
	dump->shadow = br_sg_nl_of_shadow(tb);
	dump->bare = br_sg_nl_bare(tb);
	dump->end = U32_MAX;
	return 0;
}

/* of the kinds without a key, whose policies are the same */
int br_sg_nl_start(struct netlink_callback *cb)
{
	struct nlattr *tb[BR_SG_A_MAX + 1];

	return br_sg_nl_dump_start(cb, br_sg_default_get_policy, tb);
}

int br_sg_nl_done(struct netlink_callback *cb)
{
	struct br_sg_nl_dump *dump = br_sg_nl_dump(cb);

	br_sg_nl_unpin(dump->policy, dump->config);
	return 0;
}

int br_sg_nl_port_start(struct netlink_callback *cb)
{
	struct br_sg_nl_dump *dump = br_sg_nl_dump(cb);
	struct nlattr *tb[BR_SG_A_MAX + 1];
	const struct br_sg_port_conf *port;
	struct br_sg_tree_iter it;
	size_t size = 0;
	int err;

	if (br_sg_dump_attrs(cb)[BR_SG_A_PORT]) {
		NL_SET_ERR_MSG_ATTR(cb->extack,
				    br_sg_dump_attrs(cb)[BR_SG_A_PORT],
				    "a dump shows all ports: to get one, send no NLM_F_DUMP");
		return -EINVAL;
	}
	err = br_sg_nl_dump_start(cb, br_sg_port_get_policy, tb);
	if (err)
		return err;
	/* the largest port, which may be larger than a dump's usual message */
	for (port = br_sg_config_first(&it, dump->config, BR_SG_KIND_PORT); port;
	     port = br_sg_config_next(&it)) {
		size = max(size, br_sg_nl_port_size(port));
		cond_resched();
	}
	cb->min_dump_alloc = size;
	return 0;
}

/*
 * One port, by DEV or UUID. A shadow's counters are of devices too, and one that
 * only the configuration in force names is known by DEV alone.
 */
static int br_sg_nl_counter_key(struct br_sg_nl_dump *dump,
				const struct nlattr *nest,
				struct netlink_ext_ack *extack)
{
	struct br_sg_port_conf *conf;

	conf = br_sg_nl_port_key(dump->config, nest, extack);
	if (IS_ERR(conf))
		return PTR_ERR(conf);
	dump->dev = conf->dev;
	if (!dump->shadow)
		dump->end = 1;
	return 0;
}

int br_sg_nl_counter_start(struct netlink_callback *cb)
{
	struct br_sg_nl_dump *dump = br_sg_nl_dump(cb);
	struct nlattr *tb[BR_SG_A_MAX + 1];
	int err;

	err = br_sg_nl_dump_start(cb, br_sg_counter_get_policy, tb);
	if (err || !tb[BR_SG_A_PORT])
		return err;
	err = br_sg_nl_counter_key(dump, tb[BR_SG_A_PORT], cb->extack);
	if (err)
		br_sg_nl_done(cb);
	return err;
}

void *br_sg_nl_head(struct sk_buff *skb, struct netlink_callback *cb,
		    u64 generation, u8 cmd)
{
	void *head;

	head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			   cb->nlh->nlmsg_seq, &br_sg_nl_family, NLM_F_MULTI,
			   cmd);
	if (!head)
		return NULL;
	if (nla_put_u64_64bit(skb, BR_SG_A_GENERATION, generation,
			      BR_SG_A_PAD)) {
		genlmsg_cancel(skb, head);
		return NULL;
	}
	return head;
}

/* sets NLM_F_DUMP_INTR if a message before showed another generation */
static void br_sg_nl_consistent(struct netlink_callback *cb, void *head,
				u64 generation)
{
	cb->seq = (u32)generation ? : 1;
	genl_dump_check_consistent(cb, head);
}

void *br_sg_nl_begin(struct sk_buff *skb, struct netlink_callback *cb,
		     u64 generation, u8 cmd)
{
	void *head = br_sg_nl_head(skb, cb, generation, cmd);

	if (head)
		br_sg_nl_consistent(cb, head, generation);
	return head;
}

typedef int (*br_sg_nl_put_fn)(struct sk_buff *skb, struct br_sg_net *bn,
			       struct br_sg_nl_dump *dump);

/*
 * One message: @put puts the object at the cursor, or what fits of it, and
 * moves the cursor. It returns 1 when something was put, 0 when nothing was
 * left to put of this object, -EMSGSIZE when nothing fits.
 */
static int br_sg_nl_dump_message(struct sk_buff *skb,
				 struct netlink_callback *cb, u8 cmd, u32 end,
				 br_sg_nl_put_fn put)
{
	struct br_sg_nl_dump *dump = br_sg_nl_dump(cb);
	struct br_sg_net *bn = br_sg_net(sock_net(skb->sk));
	bool some = false;
	int ret = 0;
	void *head;

	end = min(end, dump->end);
	if (dump->i >= end)
		return 0;
	head = br_sg_nl_head(skb, cb, dump->config->generation, cmd);
	if (!head)
		return -EMSGSIZE;
	br_sg_nl_consistent(cb, head, cmd == BR_SG_CMD_PORT_GET &&
			    !dump->shadow ? READ_ONCE(bn->generation) :
			    dump->config->generation);
	while (dump->i < end) {
		ret = put(skb, bn, dump);
		if (ret < 0)
			break;
		some |= ret;
		cond_resched();
	}
	if (some) {
		genlmsg_end(skb, head);
		return skb->len;
	}
	genlmsg_cancel(skb, head);
	/* an object that does not fit an empty message never will */
	return ret < 0 ? ret : 0;
}

/* the objects that are put whole */
static int br_sg_nl_whole(struct br_sg_nl_dump *dump, int err)
{
	if (err)
		return err;
	dump->i++;
	return 1;
}

static int br_sg_nl_put_default(struct sk_buff *skb, struct br_sg_net *bn,
				struct br_sg_nl_dump *dump)
{
	const struct br_sg_default_conf *conf =
		br_sg_config_at(dump->config, BR_SG_KIND_DEFAULT, dump->i);
	struct nlattr *nest;

	nest = nla_nest_start(skb, BR_SG_A_DEFAULT);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, BR_SG_DEFAULT_A_PATTERN, conf->pattern) ||
	    nla_put_u8(skb, BR_SG_DEFAULT_A_VERDICT, conf->verdict)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return br_sg_nl_whole(dump, 0);
}

int br_sg_nl_default_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return br_sg_nl_dump_message(skb, cb, BR_SG_CMD_DEFAULT_GET,
				     br_sg_config_n(br_sg_nl_dump(cb)->config,
						    BR_SG_KIND_DEFAULT),
				     br_sg_nl_put_default);
}

static int br_sg_nl_put_set(struct sk_buff *skb, struct br_sg_net *bn,
			    struct br_sg_nl_dump *dump)
{
	const struct br_sg_set_conf *conf =
		br_sg_config_at(dump->config, BR_SG_KIND_SET, dump->i);
	struct nlattr *nest;

	nest = nla_nest_start(skb, BR_SG_A_SET);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, BR_SG_SET_A_NAME, conf->name->s) ||
	    (!dump->bare &&
	     nla_put_u32(skb, BR_SG_SET_A_COUNT,
			 br_sg_addrset_count(conf->addrs)))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return br_sg_nl_whole(dump, 0);
}

int br_sg_nl_set_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return br_sg_nl_dump_message(skb, cb, BR_SG_CMD_SET_GET,
				     br_sg_config_n(br_sg_nl_dump(cb)->config,
						    BR_SG_KIND_SET),
				     br_sg_nl_put_set);
}

static int br_sg_nl_put_group(struct sk_buff *skb, struct br_sg_net *bn,
			      struct br_sg_nl_dump *dump)
{
	const struct br_sg_group_conf *conf =
		br_sg_config_at(dump->config, BR_SG_KIND_GROUP, dump->i);
	struct br_sg_addrset *members;
	struct nlattr *nest;

	members = br_sg_policy_group_members(dump->policy, conf->name->s);
	nest = nla_nest_start(skb, BR_SG_A_GROUP);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, BR_SG_GROUP_A_NAME, conf->name->s) ||
	    (conf->stateless && nla_put_flag(skb, BR_SG_GROUP_A_STATELESS)) ||
	    (!dump->bare &&
	     (nla_put_u32(skb, BR_SG_GROUP_A_RULES, conf->rules->n) ||
	      nla_put_u32(skb, BR_SG_GROUP_A_COUNT,
			  br_sg_addrset_count(members))))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return br_sg_nl_whole(dump, 0);
}

int br_sg_nl_group_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return br_sg_nl_dump_message(skb, cb, BR_SG_CMD_GROUP_GET,
				     br_sg_config_n(br_sg_nl_dump(cb)->config,
						    BR_SG_KIND_GROUP),
				     br_sg_nl_put_group);
}

static int br_sg_nl_put_addrs(struct sk_buff *skb, struct br_sg_net *bn,
			      struct br_sg_nl_dump *dump)
{
	const struct br_sg_config *c = dump->config;
	const struct br_sg_addrset *addrs;
	struct br_sg_prefix prefix;
	u32 first = dump->j, sets = br_sg_config_n(c, BR_SG_KIND_SET);
	bool set = dump->i < sets;
	const char *owner;
	struct nlattr *nest;

	if (set) {
		const struct br_sg_set_conf *conf =
			br_sg_config_at(c, BR_SG_KIND_SET, dump->i);

		addrs = conf->addrs;
		owner = conf->name->s;
	} else {
		const struct br_sg_group_conf *conf =
			br_sg_config_at(c, BR_SG_KIND_GROUP, dump->i - sets);

		addrs = conf->members;
		owner = conf->name->s;
	}
	if (dump->j >= br_sg_addrset_count(addrs))
		goto next;

	nest = nla_nest_start(skb, BR_SG_A_ADDRS);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, set ? BR_SG_ADDRS_A_SET : BR_SG_ADDRS_A_GROUP,
			   owner))
		goto err_cancel;
	while (dump->j < br_sg_addrset_count(addrs)) {
		br_sg_addrset_item(addrs, dump->j, &prefix);
		if (br_sg_nl_put_addr(skb, BR_SG_ADDRS_A_ADDR, &prefix, NULL))
			break;
		dump->j++;
	}
	if (dump->j == first)
		goto err_cancel;
	nla_nest_end(skb, nest);
	if (dump->j < br_sg_addrset_count(addrs))
		return 1;
next:
	dump->i++;
	dump->j = 0;
	return first != 0 || br_sg_addrset_count(addrs);

err_cancel:
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}

int br_sg_nl_addrs_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct br_sg_config *c = br_sg_nl_dump(cb)->config;

	return br_sg_nl_dump_message(skb, cb, BR_SG_CMD_ADDRS_GET,
				     br_sg_config_n(c, BR_SG_KIND_SET) +
				     br_sg_config_n(c, BR_SG_KIND_GROUP),
				     br_sg_nl_put_addrs);
}

static int br_sg_nl_put_rule_match(struct sk_buff *skb,
				   const struct br_sg_rule *rule)
{
	if ((rule->family &&
	     nla_put_u8(skb, BR_SG_RULE_A_FAMILY, rule->family)) ||
	    (rule->proto && nla_put_u8(skb, BR_SG_RULE_A_PROTO, rule->proto)))
		return -EMSGSIZE;
	if ((rule->flags & BR_SG_MATCH_PORT) &&
	    (nla_put_u16(skb, BR_SG_RULE_A_PORT_MIN, rule->port_min) ||
	     nla_put_u16(skb, BR_SG_RULE_A_PORT_MAX, rule->port_max)))
		return -EMSGSIZE;
	if ((rule->flags & BR_SG_MATCH_TYPE) &&
	    nla_put_u8(skb, BR_SG_RULE_A_ICMP_TYPE, rule->type))
		return -EMSGSIZE;
	if ((rule->flags & BR_SG_MATCH_CODE) &&
	    nla_put_u8(skb, BR_SG_RULE_A_ICMP_CODE, rule->code))
		return -EMSGSIZE;
	switch (rule->remote) {
	case BR_SG_RULE_PREFIX:
		return br_sg_nl_put_addr(skb, BR_SG_RULE_A_REMOTE,
					 &rule->prefix, NULL);
	case BR_SG_RULE_GROUP:
		return nla_put_string(skb, BR_SG_RULE_A_REMOTE_GROUP,
				      rule->name->s);
	case BR_SG_RULE_SET:
		return nla_put_string(skb, BR_SG_RULE_A_REMOTE_SET,
				      rule->name->s);
	}
	return 0;
}

/* one rule, not one group */
static int br_sg_nl_put_rule(struct sk_buff *skb, struct br_sg_net *bn,
			     struct br_sg_nl_dump *dump)
{
	const struct br_sg_group_conf *conf =
		br_sg_config_at(dump->config, BR_SG_KIND_GROUP, dump->i);
	const struct br_sg_rule *rule;
	struct nlattr *nest;

	if (dump->j >= conf->rules->n) {
		dump->i++;
		dump->j = 0;
		return 0;
	}
	rule = &conf->rules->v[dump->j];
	nest = nla_nest_start(skb, BR_SG_A_RULE);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, BR_SG_RULE_A_GROUP, conf->name->s) ||
	    nla_put_u32(skb, BR_SG_RULE_A_ID, rule->id) ||
	    nla_put_u8(skb, BR_SG_RULE_A_DIRECTION, rule->direction) ||
	    br_sg_nl_put_rule_match(skb, rule)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	dump->j++;
	return 1;
}

int br_sg_nl_rule_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return br_sg_nl_dump_message(skb, cb, BR_SG_CMD_RULE_GET,
				     br_sg_config_n(br_sg_nl_dump(cb)->config,
						    BR_SG_KIND_GROUP),
				     br_sg_nl_put_rule);
}

static int br_sg_nl_put_next_port(struct sk_buff *skb, struct br_sg_net *bn,
				  struct br_sg_nl_dump *dump)
{
	const struct br_sg_port_conf *conf =
		br_sg_config_at(dump->config, BR_SG_KIND_PORT, dump->i);
	bool live = !dump->shadow && !dump->bare;

	return br_sg_nl_whole(dump, br_sg_nl_put_port(skb, live ? bn : NULL,
						      conf));
}

int br_sg_nl_port_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return br_sg_nl_dump_message(skb, cb, BR_SG_CMD_PORT_GET,
				     br_sg_config_n(br_sg_nl_dump(cb)->config,
						    BR_SG_KIND_PORT),
				     br_sg_nl_put_next_port);
}

static int br_sg_nl_put_counter(const struct br_sg_count *count, void *arg)
{
	struct sk_buff *skb = arg;
	struct nlattr *nest;

	nest = nla_nest_start(skb, BR_SG_A_COUNTER);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, BR_SG_COUNTER_A_DEV, count->dev) ||
	    nla_put_u8(skb, BR_SG_COUNTER_A_DIRECTION, count->direction) ||
	    (count->would &&
	     nla_put_u8(skb, BR_SG_COUNTER_A_WOULD, count->would)) ||
	    (count->step &&
	     nla_put_u8(skb, BR_SG_COUNTER_A_STEP, count->step)) ||
	    (count->reason &&
	     nla_put_u8(skb, BR_SG_COUNTER_A_REASON, count->reason)) ||
	    (count->group &&
	     (nla_put_string(skb, BR_SG_COUNTER_A_GROUP, count->group) ||
	      nla_put_u32(skb, BR_SG_COUNTER_A_ID, count->id))) ||
	    nla_put_u64_64bit(skb, BR_SG_COUNTER_A_PACKETS, count->packets,
			      BR_SG_COUNTER_A_PAD) ||
	    nla_put_u64_64bit(skb, BR_SG_COUNTER_A_BYTES, count->bytes,
			      BR_SG_COUNTER_A_PAD)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* ports that a dump of counters walks; behind them come a shadow's devices */
static u32 br_sg_nl_counter_ports(const struct br_sg_nl_dump *dump)
{
	return dump->dev ? 1 : br_sg_config_n(dump->config, BR_SG_KIND_PORT);
}

static bool br_sg_nl_counter_at(struct sk_buff *skb, struct br_sg_net *bn,
				const struct br_sg_nl_dump *dump, int *ret)
{
	u32 ports = br_sg_nl_counter_ports(dump);
	const struct br_sg_port *port;
	struct br_sg_count count;

	if (dump->i >= ports)
		return br_sg_query_shadow_dev_counter(bn, dump->i - ports,
						      dump->dev, dump->j,
						      br_sg_nl_put_counter,
						      skb, ret);
	port = dump->dev ? br_sg_policy_port(dump->policy, dump->dev) :
			   br_sg_policy_port_at(dump->policy, dump->i);
	if (!port || !br_sg_query_counter(port, dump->j, &count))
		return false;
	if (dump->shadow)
		count.would = count.reason ? BR_SG_WOULD_DROP :
					     BR_SG_WOULD_ACCEPT;
	*ret = br_sg_nl_put_counter(&count, skb);
	return true;
}

/* one counter, not one port */
static int br_sg_nl_put_next_counter(struct sk_buff *skb, struct br_sg_net *bn,
				     struct br_sg_nl_dump *dump)
{
	int ret = 0;

	if (!br_sg_nl_counter_at(skb, bn, dump, &ret)) {
		dump->i++;
		dump->j = 0;
		return 0;
	}
	if (ret)
		return ret;
	dump->j++;
	return 1;
}

int br_sg_nl_counter_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct br_sg_nl_dump *dump = br_sg_nl_dump(cb);
	u32 end = br_sg_nl_counter_ports(dump);

	if (dump->shadow)
		end += br_sg_query_shadow_devs(br_sg_net(sock_net(skb->sk)));
	return br_sg_nl_dump_message(skb, cb, BR_SG_CMD_COUNTER_GET, end,
				     br_sg_nl_put_next_counter);
}

/* without a port line, but not without a word: its name, or NULL */
static const char *br_sg_nl_held(struct br_sg_net *bn, struct nlattr *const *tb,
				 struct br_sg_port_info *held)
{
	const struct nlattr *attr;
	int rem;

	if (br_sg_nl_of_shadow(tb) || br_sg_nl_bare(tb))
		return NULL;
	nla_for_each_nested(attr, tb[BR_SG_A_PORT], rem)
		if (nla_type(attr) == BR_SG_PORT_A_DEV)
			return br_sg_query_held(bn, nla_data(attr),
						      held) ?
				nla_data(attr) : NULL;
	return NULL;
}

int br_sg_nl_port_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct br_sg_net *bn = br_sg_net(genl_info_net(info));
	struct nlattr *tb[BR_SG_A_MAX + 1];
	struct br_sg_port_info held;
	struct br_sg_port_conf *conf;
	struct br_sg_policy *policy;
	struct br_sg_config *config;
	const char *dev = NULL;
	struct sk_buff *reply;
	void *head;
	bool live;
	int err;

	err = br_sg_nl_parse(info->nlhdr, tb, br_sg_port_get_policy, 0,
			     info->extack);
	if (err)
		return err;
	live = !br_sg_nl_of_shadow(tb) && !br_sg_nl_bare(tb);
	if (!tb[BR_SG_A_PORT]) {
		NL_SET_ERR_MSG(info->extack,
			       "PORT is missing: to get all ports, send NLM_F_DUMP");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, BR_SG_A_PORT);
		return -EINVAL;
	}

	config = br_sg_nl_pin(bn, tb, &policy, info->extack);
	if (IS_ERR(config))
		return PTR_ERR(config);
	/* without the text of a refusal, which an answer must not carry */
	conf = br_sg_nl_port_key(config, tb[BR_SG_A_PORT], NULL);
	if (conf == ERR_PTR(-ENOENT))
		dev = br_sg_nl_held(bn, tb, &held);
	if (IS_ERR(conf) && !dev) {
		conf = br_sg_nl_port_key(config, tb[BR_SG_A_PORT],
					 info->extack);
		err = PTR_ERR(conf);
		goto out_put;
	}
	err = -ENOMEM;
	reply = genlmsg_new(dev ? NLMSG_DEFAULT_SIZE : br_sg_nl_port_size(conf),
			    GFP_KERNEL);
	if (!reply)
		goto out_put;
	err = -EMSGSIZE;
	head = genlmsg_put_reply(reply, info, &br_sg_nl_family, 0,
				 BR_SG_CMD_PORT_GET);
	if (!head ||
	    nla_put_u64_64bit(reply, BR_SG_A_GENERATION, config->generation,
			      BR_SG_A_PAD) ||
	    (dev ? br_sg_nl_put_held(reply, dev, &held) :
		   br_sg_nl_put_port(reply, live ? bn : NULL, conf))) {
		nlmsg_free(reply);
		goto out_put;
	}
	genlmsg_end(reply, head);
	err = genlmsg_reply(reply, info);
out_put:
	br_sg_nl_unpin(policy, config);
	return err;
}

static int br_sg_nl_put_zone(struct sk_buff *skb,
			     const struct br_sg_zone_info *zone)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, BR_SG_A_ZONE);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, BR_SG_ZONE_A_BRIDGE, zone->bridge) ||
	    nla_put_u16(skb, BR_SG_ZONE_A_ID, zone->zone) ||
	    nla_put_u32(skb, BR_SG_ZONE_A_PORTS, zone->ports)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* those that fit, since a reply is one message; @total is how many there are */
static int br_sg_nl_put_zones(struct sk_buff *skb, struct br_sg_net *bn,
			      u32 *total)
{
	struct br_sg_zone_info *zones;
	u32 first, left, i;

	zones = kcalloc(BR_SG_NL_ZONES, sizeof(*zones), GFP_KERNEL);
	if (!zones)
		return -ENOMEM;
	for (first = 0;; first += BR_SG_NL_ZONES) {
		left = br_sg_query_zones(bn, first, zones, BR_SG_NL_ZONES);
		*total = first + left;
		/* however much more than it was asked for the allocator gave */
		for (i = 0; i < min_t(u32, left, BR_SG_NL_ZONES); i++)
			if (skb->len >= BR_SG_NL_STATUS_SIZE ||
			    br_sg_nl_put_zone(skb, &zones[i]))
				goto out_free;
		if (left <= BR_SG_NL_ZONES)
			break;
	}
out_free:
	kfree(zones);
	return 0;
}

static int br_sg_nl_put_status_shadow(struct sk_buff *skb,
				      const struct br_sg_figures *figures)
{
	if (!figures->shadow)
		return 0;
	return nla_put_u64_64bit(skb, BR_SG_STATUS_A_SHADOW, figures->shadow,
				 BR_SG_STATUS_A_PAD) ||
	       nla_put_u64_64bit(skb, BR_SG_STATUS_A_SHADOW_BASE,
				 figures->shadow_base, BR_SG_STATUS_A_PAD) ||
	       nla_put_u64_64bit(skb, BR_SG_STATUS_A_SHADOW_BYTES,
				 figures->shadow_bytes, BR_SG_STATUS_A_PAD);
}

static int br_sg_nl_put_status(struct sk_buff *skb, struct br_sg_net *bn,
			       const struct br_sg_config *c)
{
	struct br_sg_figures figures = {};
	struct nlattr *nest, *zones;
	u32 n_zones = 0;
	int err;

	br_sg_query_figures(bn, &figures);
	if (nla_put_string(skb, BR_SG_A_VERSION, BR_SG_VERSION) ||
	    nla_put_u64_64bit(skb, BR_SG_A_GENERATION, c->generation,
			      BR_SG_A_PAD))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, BR_SG_A_STATUS);
	if (!nest ||
	    nla_put_u32(skb, BR_SG_STATUS_A_DEFAULTS, br_sg_config_n(c, BR_SG_KIND_DEFAULT)) ||
	    nla_put_u32(skb, BR_SG_STATUS_A_SETS, br_sg_config_n(c, BR_SG_KIND_SET)) ||
	    nla_put_u32(skb, BR_SG_STATUS_A_GROUPS, br_sg_config_n(c, BR_SG_KIND_GROUP)) ||
	    nla_put_u32(skb, BR_SG_STATUS_A_RULES, c->n_rules) ||
	    nla_put_u32(skb, BR_SG_STATUS_A_PORTS, br_sg_config_n(c, BR_SG_KIND_PORT)) ||
	    nla_put_u32(skb, BR_SG_STATUS_A_PORTS_ACTIVE,
			figures.ports_active) ||
	    nla_put_u64_64bit(skb, BR_SG_STATUS_A_UNCONFIGURED_PACKETS,
			      figures.unconfigured_packets,
			      BR_SG_STATUS_A_PAD) ||
	    nla_put_u64_64bit(skb, BR_SG_STATUS_A_UNCONFIGURED_BYTES,
			      figures.unconfigured_bytes, BR_SG_STATUS_A_PAD) ||
	    nla_put_u64_64bit(skb, BR_SG_STATUS_A_BYTES, figures.bytes,
			      BR_SG_STATUS_A_PAD) ||
	    nla_put_u64_64bit(skb, BR_SG_STATUS_A_BYTES_MAX, figures.bytes_max,
			      BR_SG_STATUS_A_PAD) ||
	    nla_put_u64_64bit(skb, BR_SG_STATUS_A_VECTOR_BYTES,
			      figures.vector_bytes, BR_SG_STATUS_A_PAD) ||
	    br_sg_nl_put_status_shadow(skb, &figures) ||
	    br_sg_nl_put_features(skb))
		return -EMSGSIZE;
	/* its place; the number is known behind the zones */
	zones = nla_reserve(skb, BR_SG_STATUS_A_ZONES, sizeof(n_zones));
	if (!zones)
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	err = br_sg_nl_put_zones(skb, bn, &n_zones);
	memcpy(nla_data(zones), &n_zones, sizeof(n_zones));
	return err;
}

int br_sg_nl_status_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct br_sg_net *bn = br_sg_net(genl_info_net(info));
	struct br_sg_config *config;
	struct sk_buff *reply;
	void *head;
	int err;

	reply = genlmsg_new(BR_SG_NL_STATUS_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = -EMSGSIZE;
	head = genlmsg_put_reply(reply, info, &br_sg_nl_family, 0,
				 BR_SG_CMD_STATUS_GET);
	if (!head)
		goto err_free;
	config = br_sg_query_config(bn);
	err = br_sg_nl_put_status(reply, bn, config);
	br_sg_config_put(config);
	if (err)
		goto err_free;
	genlmsg_end(reply, head);
	return genlmsg_reply(reply, info);

err_free:
	nlmsg_free(reply);
	return err;
}
