// SPDX-License-Identifier: GPL-2.0
/*
 * Ports: from attributes and to attributes.
 */
#include <linux/etherdevice.h>
#include <linux/slab.h>

#include "conf/candidate.h"
#include "nl/nl.h"

#define BR_SG_NL_PORT_REPEATED						\
	(BIT(BR_SG_PORT_A_IP) | BIT(BR_SG_PORT_A_PAIR) |		\
	 BIT(BR_SG_PORT_A_GROUP) | BIT(BR_SG_PORT_A_DHCP_SERVER) |	\
	 BIT(BR_SG_PORT_A_ETHERTYPE))

static int br_sg_nl_port_twice(const struct nlattr *attr,
			       struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG_ATTR(extack, attr, "the port has this already");
	return -EEXIST;
}

/* the IP or PAIR @attr becomes the next of @conf->pairs */
static int br_sg_nl_port_pair(struct br_sg_port_conf *conf,
			      const struct nlattr *attr, u32 first,
			      struct netlink_ext_ack *extack)
{
	struct br_sg_pair *pair = &conf->pairs[conf->n_pairs];
	u32 flags = BR_SG_NL_UNICAST;
	u32 i;
	int err;

	flags |= nla_type(attr) == BR_SG_PORT_A_IP ? BR_SG_NL_HOST :
						     BR_SG_NL_MAC;
	ether_addr_copy(pair->mac, conf->mac);
	err = br_sg_nl_addr(attr, flags, &pair->prefix, pair->mac, extack);
	if (err)
		return err;
	for (i = first; i < conf->n_pairs; i++)
		if (!br_sg_prefix_cmp(&conf->pairs[i].prefix, &pair->prefix) &&
		    ether_addr_equal(conf->pairs[i].mac, pair->mac))
			return br_sg_nl_port_twice(attr, extack);
	conf->n_pairs++;
	return 0;
}

static int br_sg_nl_port_group(struct br_sg_port_conf *conf,
			       const struct br_sg_config *c,
			       const struct nlattr *attr,
			       struct netlink_ext_ack *extack)
{
	const struct br_sg_group_conf *group;
	const char *s = nla_data(attr);
	struct br_sg_name *name;
	u32 i;

	for (i = 0; i < conf->n_groups; i++)
		if (!strcmp(conf->groups[i]->s, s))
			return br_sg_nl_port_twice(attr, extack);
	group = br_sg_config_group(c, s);
	name = group ? br_sg_name_get(group->name) : br_sg_name_new(s);
	if (!name)
		return -ENOMEM;
	conf->groups[conf->n_groups++] = name;
	return 0;
}

static int br_sg_nl_port_dhcp(struct br_sg_port_conf *conf,
			      const struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	struct br_sg_prefix *server = &conf->dhcp[conf->n_dhcp];
	u32 i;
	int err;

	err = br_sg_nl_addr(attr, BR_SG_NL_HOST | BR_SG_NL_UNICAST, server,
			    NULL, extack);
	if (err)
		return err;
	for (i = 0; i < conf->n_dhcp; i++)
		if (!br_sg_prefix_cmp(&conf->dhcp[i], server))
			return br_sg_nl_port_twice(attr, extack);
	conf->n_dhcp++;
	return 0;
}

static int br_sg_nl_port_ethertype(struct br_sg_port_conf *conf,
				   const struct nlattr *attr,
				   struct netlink_ext_ack *extack)
{
	u16 ethertype = nla_get_u16(attr);
	u32 i;

	switch (ethertype) {
	case ETH_P_IP:
	case ETH_P_ARP:
	case ETH_P_IPV6:
	case ETH_P_8021Q:
	case ETH_P_8021AD:
		return br_sg_refuse(extack, attr, -EINVAL,
				    "ethertype 0x%04x cannot be permitted: ARP and IP are judged, tagged frames are dropped",
				    ethertype);
	/* permitted or not, what is sent to 01:80:c2:00:00:0x is dropped */
	case ETH_P_PAUSE:
	case ETH_P_SLOW:
	case ETH_P_PAE:
	case ETH_P_LLDP:
		return br_sg_refuse(extack, attr, -EINVAL,
				    "ethertype 0x%04x cannot be permitted: it is sent to 01:80:c2:00:00:0x, where nothing passes",
				    ethertype);
	}
	for (i = 0; i < conf->n_ethertypes; i++)
		if (conf->ethertypes[i] == ethertype)
			return br_sg_nl_port_twice(attr, extack);
	conf->ethertypes[conf->n_ethertypes++] = ethertype;
	return 0;
}

/* how many there are of an attribute, refused when it is more than @max */
static int br_sg_nl_port_count(const struct nlattr *nest, int type, u32 max,
			       const char *what, u32 *n,
			       struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int rem;

	*n = 0;
	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) != type)
			continue;
		if (*n == max)
			return br_sg_refuse(extack, attr, -E2BIG,
					    "a port may have %u %s", max, what);
		(*n)++;
	}
	return 0;
}

static int br_sg_nl_port_alloc(struct br_sg_port_conf *conf,
			       const struct nlattr *nest,
			       struct netlink_ext_ack *extack)
{
	u32 n_ips, n_pairs, n_groups, n_dhcp, n_ethertypes;
	int err;

	err = br_sg_nl_port_count(nest, BR_SG_PORT_A_IP, BR_SG_MAX_PORT_IPS,
				  "addresses (IP)", &n_ips, extack);
	if (!err)
		err = br_sg_nl_port_count(nest, BR_SG_PORT_A_PAIR,
					  BR_SG_MAX_PORT_PAIRS, "pairs",
					  &n_pairs, extack);
	if (!err)
		err = br_sg_nl_port_count(nest, BR_SG_PORT_A_GROUP,
					  BR_SG_MAX_PORT_GROUPS, "groups",
					  &n_groups, extack);
	if (!err)
		err = br_sg_nl_port_count(nest, BR_SG_PORT_A_DHCP_SERVER,
					  BR_SG_MAX_PORT_DHCP, "DHCP servers",
					  &n_dhcp, extack);
	if (!err)
		err = br_sg_nl_port_count(nest, BR_SG_PORT_A_ETHERTYPE,
					  BR_SG_MAX_PORT_ETHERTYPES,
					  "ethertypes", &n_ethertypes, extack);
	if (err)
		return err;

	/* a list that is empty is ZERO_SIZE_PTR, not NULL */
	conf->pairs = kcalloc(n_ips + n_pairs, sizeof(*conf->pairs),
			      GFP_KERNEL_ACCOUNT);
	conf->groups = kcalloc(n_groups, sizeof(*conf->groups),
			       GFP_KERNEL_ACCOUNT);
	conf->dhcp = kcalloc(n_dhcp, sizeof(*conf->dhcp), GFP_KERNEL_ACCOUNT);
	conf->ethertypes = kcalloc(n_ethertypes, sizeof(*conf->ethertypes),
				   GFP_KERNEL_ACCOUNT);
	if (!conf->pairs || !conf->groups || !conf->dhcp || !conf->ethertypes)
		return -ENOMEM;
	return 0;
}

static int br_sg_nl_port_lists(struct br_sg_port_conf *conf,
			       const struct br_sg_config *c,
			       const struct nlattr *nest,
			       struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int rem, err;

	err = br_sg_nl_port_alloc(conf, nest, extack);
	if (err)
		return err;
	/* own addresses come before the pairs, however they were sent */
	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) != BR_SG_PORT_A_IP)
			continue;
		err = br_sg_nl_port_pair(conf, attr, 0, extack);
		if (err)
			return err;
	}
	conf->n_ips = conf->n_pairs;
	nla_for_each_nested(attr, nest, rem) {
		switch (nla_type(attr)) {
		case BR_SG_PORT_A_PAIR:
			err = br_sg_nl_port_pair(conf, attr, conf->n_ips,
						 extack);
			break;
		case BR_SG_PORT_A_GROUP:
			err = br_sg_nl_port_group(conf, c, attr, extack);
			break;
		case BR_SG_PORT_A_DHCP_SERVER:
			err = br_sg_nl_port_dhcp(conf, attr, extack);
			break;
		case BR_SG_PORT_A_ETHERTYPE:
			err = br_sg_nl_port_ethertype(conf, attr, extack);
			break;
		}
		if (err)
			return err;
	}
	return 0;
}

static int br_sg_nl_port_scalars(struct br_sg_port_conf *conf,
				 struct nlattr **tb, const struct nlattr *nest,
				 struct netlink_ext_ack *extack)
{
	const struct nlattr *mac = tb[BR_SG_PORT_A_MAC];

	strscpy(conf->dev, nla_data(tb[BR_SG_PORT_A_DEV]), sizeof(conf->dev));
	conf->cookie = br_sg_nl_cookie(tb[BR_SG_PORT_A_COOKIE]);
	conf->strict = nla_get_flag(tb[BR_SG_PORT_A_STRICT]);
	conf->any_source = nla_get_flag(tb[BR_SG_PORT_A_ANY_SOURCE]);
	if (tb[BR_SG_PORT_A_MODE])
		conf->mode = nla_get_u8(tb[BR_SG_PORT_A_MODE]);
	if (tb[BR_SG_PORT_A_ZONE])
		conf->zone = nla_get_u16(tb[BR_SG_PORT_A_ZONE]);
	if (tb[BR_SG_PORT_A_CT_LIMIT])
		conf->ct_limit = nla_get_u32(tb[BR_SG_PORT_A_CT_LIMIT]);
	if (tb[BR_SG_PORT_A_UUID]) {
		conf->has_uuid = true;
		nla_memcpy(conf->uuid, tb[BR_SG_PORT_A_UUID],
			   sizeof(conf->uuid));
	}
	if (mac) {
		if (!is_valid_ether_addr(nla_data(mac)))
			return br_sg_refuse(extack, mac, -EINVAL,
					    "MAC %pM: unicast and not zero is wanted",
					    nla_data(mac));
		conf->has_mac = true;
		ether_addr_copy(conf->mac, nla_data(mac));
	} else if (conf->mode == BR_SG_PORT_FILTER) {
		return br_sg_nl_missing(extack, nest, BR_SG_PORT_A_MAC,
					"MAC, which a port in mode FILTER needs,");
	}
	return 0;
}

int br_sg_nl_port_new(struct br_sg_config *c, u8 op, const struct nlattr *nest,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_PORT_A_MAX + 1];
	struct br_sg_port_conf *conf;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_PORT_A_MAX, BR_SG_NL_PORT_REPEATED,
			    extack);
	if (err)
		return err;
	if (!tb[BR_SG_PORT_A_DEV])
		return br_sg_nl_missing(extack, nest, BR_SG_PORT_A_DEV, "DEV");

	conf = kzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return -ENOMEM;
	refcount_set(&conf->ref, 1);
	err = br_sg_nl_port_scalars(conf, tb, nest, extack);
	if (err)
		goto err_put;
	err = br_sg_nl_port_lists(conf, c, nest, extack);
	if (err)
		goto err_put;
	err = br_sg_candidate_port(c, op, conf, tb[BR_SG_PORT_A_DEV],
				   tb[BR_SG_PORT_A_UUID], extack);
	if (err)
		goto err_put;
	return 0;

err_put:
	br_sg_port_conf_put(conf);
	return err;
}

int br_sg_nl_port_del(struct br_sg_config *c, u8 op, const struct nlattr *nest,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_PORT_A_MAX + 1];
	const struct nlattr *key;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_PORT_A_MAX, 0, extack);
	if (!err)
		err = br_sg_nl_only(tb, BR_SG_PORT_A_MAX,
				    BIT(BR_SG_PORT_A_DEV) |
				    BIT(BR_SG_PORT_A_COOKIE), extack);
	if (err)
		return err;
	key = tb[BR_SG_PORT_A_DEV];
	if (!key)
		return br_sg_nl_missing(extack, nest, BR_SG_PORT_A_DEV, "DEV");
	return br_sg_candidate_del(c, BR_SG_KIND_PORT, nla_data(key), key,
				   extack);
}

struct br_sg_port_conf *br_sg_nl_port_key(const struct br_sg_config *c,
					  const struct nlattr *nest,
					  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_PORT_A_MAX + 1];
	const struct nlattr *dev, *uuid;
	struct br_sg_port_conf *conf;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_PORT_A_MAX, 0, extack);
	if (!err)
		err = br_sg_nl_only(tb, BR_SG_PORT_A_MAX,
				    BIT(BR_SG_PORT_A_DEV) |
				    BIT(BR_SG_PORT_A_UUID), extack);
	if (err)
		return ERR_PTR(err);
	dev = tb[BR_SG_PORT_A_DEV];
	uuid = tb[BR_SG_PORT_A_UUID];
	if (!dev == !uuid) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "a port is named by DEV or by UUID");
		return ERR_PTR(-EINVAL);
	}
	conf = dev ? br_sg_config_port(c, nla_data(dev)) :
		     br_sg_config_port_uuid(c, nla_data(uuid));
	if (conf)
		return conf;
	err = dev ? br_sg_refuse(extack, dev, -ENOENT,
				 "port %s does not exist",
				 (char *)nla_data(dev)) :
		    br_sg_refuse(extack, uuid, -ENOENT,
				 "no port has the UUID %pUb", nla_data(uuid));
	return ERR_PTR(err);
}

/* an upper bound of what br_sg_nl_put_port() needs */
size_t br_sg_nl_port_size(const struct br_sg_port_conf *conf)
{
	return 512 + conf->n_pairs * (nla_total_size(0) + nla_total_size(16) +
				      nla_total_size(1) +
				      nla_total_size(ETH_ALEN)) +
	       conf->n_groups * nla_total_size(BR_SG_NAME_MAX + 1) +
	       conf->n_dhcp * (nla_total_size(0) + nla_total_size(16)) +
	       conf->n_ethertypes * nla_total_size(sizeof(u16));
}

static int br_sg_nl_put_port_lists(struct sk_buff *skb,
				   const struct br_sg_port_conf *conf)
{
	u32 i;

	for (i = 0; i < conf->n_pairs; i++) {
		const struct br_sg_pair *pair = &conf->pairs[i];
		bool own = ether_addr_equal(pair->mac, conf->mac);

		if (br_sg_nl_put_addr(skb, i < conf->n_ips ?
				      BR_SG_PORT_A_IP : BR_SG_PORT_A_PAIR,
				      &pair->prefix, own ? NULL : pair->mac))
			return -EMSGSIZE;
	}
	for (i = 0; i < conf->n_groups; i++)
		if (nla_put_string(skb, BR_SG_PORT_A_GROUP,
				   conf->groups[i]->s))
			return -EMSGSIZE;
	for (i = 0; i < conf->n_dhcp; i++)
		if (br_sg_nl_put_addr(skb, BR_SG_PORT_A_DHCP_SERVER,
				      &conf->dhcp[i], NULL))
			return -EMSGSIZE;
	for (i = 0; i < conf->n_ethertypes; i++)
		if (nla_put_u16(skb, BR_SG_PORT_A_ETHERTYPE,
				conf->ethertypes[i]))
			return -EMSGSIZE;
	return 0;
}

static int br_sg_nl_put_port_state(struct sk_buff *skb,
				   const struct br_sg_port_info *info)
{
	if (nla_put_u8(skb, BR_SG_PORT_A_STATE, info->state) ||
	    (info->cause &&
	     nla_put_u8(skb, BR_SG_PORT_A_CAUSE, info->cause)) ||
	    (info->ifindex &&
	     nla_put_u32(skb, BR_SG_PORT_A_IFINDEX, info->ifindex)) ||
	    (*info->bridge &&
	     nla_put_string(skb, BR_SG_PORT_A_BRIDGE, info->bridge)))
		return -EMSGSIZE;
	return 0;
}

static int br_sg_nl_put_port_info(struct sk_buff *skb, struct br_sg_net *bn,
				  const struct br_sg_port_conf *conf)
{
	struct br_sg_port_info info = {};

	br_sg_query_port(bn, conf->dev, &info);
	if (br_sg_nl_put_port_state(skb, &info) ||
	    (info.zone &&
	     nla_put_u16(skb, BR_SG_PORT_A_ZONE_USED, info.zone)))
		return -EMSGSIZE;
	if (info.serial &&
	    (nla_put_u32(skb, BR_SG_PORT_A_SERIAL, info.serial) ||
	     nla_put_u16(skb, BR_SG_PORT_A_POLICY_VERSION, info.version)))
		return -EMSGSIZE;
	if (info.ct_limit &&
	    (nla_put_u32(skb, BR_SG_PORT_A_CT_LIMIT_USED, info.ct_limit) ||
	     nla_put_u32(skb, BR_SG_PORT_A_CT_ENTRIES, info.ct_entries)))
		return -EMSGSIZE;
	return 0;
}

int br_sg_nl_put_held(struct sk_buff *skb, const char *dev,
		      const struct br_sg_port_info *info)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, BR_SG_A_PORT);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, BR_SG_PORT_A_DEV, dev) ||
	    br_sg_nl_put_port_state(skb, info)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

int br_sg_nl_put_port(struct sk_buff *skb, struct br_sg_net *bn,
		      const struct br_sg_port_conf *conf)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, BR_SG_A_PORT);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, BR_SG_PORT_A_DEV, conf->dev) ||
	    (conf->has_uuid &&
	     nla_put(skb, BR_SG_PORT_A_UUID, sizeof(conf->uuid), conf->uuid)) ||
	    (conf->has_mac &&
	     nla_put(skb, BR_SG_PORT_A_MAC, ETH_ALEN, conf->mac)) ||
	    nla_put_u8(skb, BR_SG_PORT_A_MODE, conf->mode) ||
	    (conf->strict && nla_put_flag(skb, BR_SG_PORT_A_STRICT)) ||
	    (conf->any_source &&
	     nla_put_flag(skb, BR_SG_PORT_A_ANY_SOURCE)) ||
	    (conf->zone && nla_put_u16(skb, BR_SG_PORT_A_ZONE, conf->zone)) ||
	    (conf->ct_limit &&
	     nla_put_u32(skb, BR_SG_PORT_A_CT_LIMIT, conf->ct_limit)) ||
	    br_sg_nl_put_port_lists(skb, conf) ||
	    (bn && br_sg_nl_put_port_info(skb, bn, conf))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}
