// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes to values and back.
 */
#include <linux/etherdevice.h>
#include <linux/in.h>
#include <linux/inet.h>
#include <net/ipv6.h>

#include "nl/nl.h"

static int br_sg_nl_fill(const struct nlattr *head, int len, struct nlattr **tb,
			 int max, u32 repeated, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int rem;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	nla_for_each_attr(attr, head, len, rem) {
		int type = nla_type(attr);

		if (WARN_ON_ONCE(type > max || type > 31))
			return -EINVAL;
		if (!tb[type]) {
			tb[type] = (struct nlattr *)attr;
		} else if (!(repeated & BIT(type))) {
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "this attribute is there twice");
			return -EINVAL;
		}
	}
	return 0;
}

int br_sg_nl_parse(const struct nlmsghdr *nlh, struct nlattr **tb,
		   const struct nla_policy *policy, u32 repeated,
		   struct netlink_ext_ack *extack)
{
	int err;

	err = nlmsg_parse(nlh, GENL_HDRLEN, tb, BR_SG_A_MAX, policy, extack);
	if (err)
		return err;
	return br_sg_nl_fill(nlmsg_attrdata(nlh, GENL_HDRLEN),
			     nlmsg_attrlen(nlh, GENL_HDRLEN), tb, BR_SG_A_MAX,
			     repeated, extack);
}

int br_sg_nl_nest(const struct nlattr *nest, struct nlattr **tb, int max,
		  u32 repeated, struct netlink_ext_ack *extack)
{
	return br_sg_nl_fill(nla_data(nest), nla_len(nest), tb, max, repeated,
			     extack);
}

int br_sg_nl_only(struct nlattr *const *tb, int max, u32 allowed,
		  struct netlink_ext_ack *extack)
{
	int type;

	for (type = 1; type <= max; type++) {
		if (tb[type] && !(allowed & BIT(type))) {
			NL_SET_ERR_MSG_ATTR(extack, tb[type],
					    "this command takes what names the object, no other attribute");
			return -EINVAL;
		}
	}
	return 0;
}

u32 br_sg_nl_count(const struct nlattr *nest, int type)
{
	const struct nlattr *attr;
	u32 n = 0;
	int rem;

	nla_for_each_nested(attr, nest, rem)
		if (nla_type(attr) == type)
			n++;
	return n;
}

/* no host can have an address in it */
static bool br_sg_prefix_foreign(const struct br_sg_prefix *prefix)
{
	const u8 *b = prefix->addr.b;

	if (prefix->family == AF_INET) {
		if (prefix->len == 32 && (prefix->addr.v4 == 0 ||
					  prefix->addr.v4 == htonl(INADDR_BROADCAST)))
			return true;
		return (prefix->len >= 4 && b[0] >> 4 == 14) ||
		       (prefix->len >= 8 && b[0] == 127);
	}
	if (prefix->len >= 8 && b[0] == 0xff)
		return true;
	/* :: and ::1 */
	return prefix->len == 128 && !memchr_inv(b, 0, 15) && b[15] <= 1;
}

int br_sg_nl_addr(const struct nlattr *nest, u32 flags,
		  struct br_sg_prefix *prefix, u8 *mac,
		  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[BR_SG_ADDR_A_MAX + 1];
	const struct nlattr *at;
	u8 bits;
	int err;

	err = br_sg_nl_nest(nest, tb, BR_SG_ADDR_A_MAX, 0, extack);
	if (err)
		return err;

	if (tb[BR_SG_ADDR_A_IPV4] && tb[BR_SG_ADDR_A_IPV6]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[BR_SG_ADDR_A_IPV6],
				    "an address is IPV4 or IPV6, not both");
		return -EINVAL;
	}
	memset(prefix, 0, sizeof(*prefix));
	if (tb[BR_SG_ADDR_A_IPV4]) {
		at = tb[BR_SG_ADDR_A_IPV4];
		prefix->family = AF_INET;
	} else if (tb[BR_SG_ADDR_A_IPV6]) {
		at = tb[BR_SG_ADDR_A_IPV6];
		prefix->family = AF_INET6;
	} else {
		return br_sg_nl_missing(extack, nest, BR_SG_ADDR_A_IPV4,
					"IPV4 or IPV6");
	}
	memcpy(prefix->addr.b, nla_data(at), nla_len(at));

	bits = br_sg_family_bits(prefix->family);
	prefix->len = tb[BR_SG_ADDR_A_LEN] ? nla_get_u8(tb[BR_SG_ADDR_A_LEN]) :
					     bits;
	if (prefix->len > bits)
		return br_sg_refuse(extack, tb[BR_SG_ADDR_A_LEN], -EINVAL,
				    "prefix length %u: IPv4 has 0 to 32",
				    prefix->len);
	if ((flags & BR_SG_NL_HOST) && prefix->len != bits)
		return br_sg_refuse(extack, tb[BR_SG_ADDR_A_LEN], -EINVAL,
				    "prefix length %u: a host's address is wanted here, length %u or none",
				    prefix->len, bits);
	if (!br_sg_prefix_valid(prefix))
		return prefix->family == AF_INET ?
		       br_sg_refuse(extack, at, -EINVAL,
				    "%pI4/%u has bits behind its length: they must be 0",
				    &prefix->addr.v4, prefix->len) :
		       br_sg_refuse(extack, at, -EINVAL,
				    "%pI6c/%u has bits behind its length: they must be 0",
				    prefix->addr.b, prefix->len);
	if ((flags & BR_SG_NL_UNICAST) && br_sg_prefix_foreign(prefix))
		return prefix->family == AF_INET ?
		       br_sg_refuse(extack, at, -EINVAL,
				    "%pI4/%u is no host's: no multicast, broadcast, loopback or unspecified address",
				    &prefix->addr.v4, prefix->len) :
		       br_sg_refuse(extack, at, -EINVAL,
				    "%pI6c/%u is no host's: no multicast, loopback or unspecified address",
				    prefix->addr.b, prefix->len);

	if (tb[BR_SG_ADDR_A_MAC] && (flags & BR_SG_NL_MAC)) {
		if (!is_valid_ether_addr(nla_data(tb[BR_SG_ADDR_A_MAC])))
			return br_sg_refuse(extack, tb[BR_SG_ADDR_A_MAC],
					    -EINVAL,
					    "MAC %pM: unicast and not zero is wanted",
					    nla_data(tb[BR_SG_ADDR_A_MAC]));
		ether_addr_copy(mac, nla_data(tb[BR_SG_ADDR_A_MAC]));
	}
	return 0;
}

int br_sg_nl_put_addr(struct sk_buff *skb, int type,
		      const struct br_sg_prefix *prefix, const u8 *mac)
{
	bool v4 = prefix->family == AF_INET;
	struct nlattr *nest;

	nest = nla_nest_start(skb, type);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put(skb, v4 ? BR_SG_ADDR_A_IPV4 : BR_SG_ADDR_A_IPV6, v4 ? 4 : 16,
		    prefix->addr.b))
		goto err_cancel;
	/* a host's address has no length: that is how most are written */
	if (prefix->len != br_sg_family_bits(prefix->family) &&
	    nla_put_u8(skb, BR_SG_ADDR_A_LEN, prefix->len))
		goto err_cancel;
	if (mac && nla_put(skb, BR_SG_ADDR_A_MAC, ETH_ALEN, mac))
		goto err_cancel;
	nla_nest_end(skb, nest);
	return 0;

err_cancel:
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}
