// SPDX-License-Identifier: GPL-2.0
/*
 * What attributes may be. selftests compare this file with uapi/linux/br_sg.h
 * and uapi/br_sg.yaml: one attribute a line.
 *
 * What is not listed is refused. Numbers have no validation function: a refusal
 * that describes such a policy takes the function's address for a range (6.1,
 * nla_get_range_unsigned() warns).
 */

#include "nl/nl.h"

#define BR_SG_READ_ONLY(name) \
	{ .type = NLA_REJECT, .reject_message = name " is read only" }

/* NUL terminated, not empty, nothing behind the NUL; and @bad is not in it */
static int br_sg_string(const struct nlattr *attr, const char *bad,
			struct netlink_ext_ack *extack)
{
	const char *s = nla_data(attr);
	const char *p;

	if (strlen(s) + 1 != nla_len(attr)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a string ends with its first NUL");
		return -EINVAL;
	}
	if (!*s) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a name is not empty");
		return -EINVAL;
	}
	if (*s == '#' || *s == '-') {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a name does not begin with # or -");
		return -EINVAL;
	}
	for (p = s; *p; p++) {
		if (*p <= ' ' || *p > '~' || strchr("'\"\\", *p)) {
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "a name has printable ASCII characters only, no space, quote or backslash");
			return -EINVAL;
		}
		if (strchr(bad, *p)) {
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "a device's name has no / and no :");
			return -EINVAL;
		}
	}
	return 0;
}

/* of a set or group */
static int br_sg_name(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	return br_sg_string(attr, "", extack);
}

static int br_sg_pattern(const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	return br_sg_string(attr, "/:", extack);
}

static int br_sg_dev(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *s = nla_data(attr);
	int err;

	err = br_sg_string(attr, "/:", extack);
	if (err)
		return err;
	if (!strcmp(s, ".") || !strcmp(s, "..")) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "no device has the name . or ..");
		return -EINVAL;
	}
	return 0;
}

/* not const: older kernels' nla_policy points to what it may write */
static struct netlink_range_validation br_sg_ct_limit = {
	.min = 1,
	.max = BR_SG_CT_LIMIT_MAX,
};

static struct netlink_range_validation br_sg_rule_id = {
	.min = 1,
	.max = 0x7fffffff,
};

static struct netlink_range_validation br_sg_ifindex = {
	.min = 1,
	.max = 0x7fffffff,
};

#define BR_SG_NAME_POLICY \
	NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, br_sg_name, BR_SG_NAME_MAX)
#define BR_SG_PATTERN_POLICY \
	NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, br_sg_pattern, BR_SG_PATTERN_MAX)
#define BR_SG_DEV_POLICY \
	NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, br_sg_dev, BR_SG_DEV_MAX)
#define BR_SG_VERDICT_POLICY \
	NLA_POLICY_RANGE(NLA_U8, BR_SG_DEFAULT_ACCEPT, BR_SG_DEFAULT_DROP)

static const struct nla_policy br_sg_addr_policy[BR_SG_ADDR_A_MAX + 1] = {
	[BR_SG_ADDR_A_IPV4] = NLA_POLICY_EXACT_LEN(4),
	[BR_SG_ADDR_A_IPV6] = NLA_POLICY_EXACT_LEN(16),
	[BR_SG_ADDR_A_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
};

static const struct nla_policy br_sg_pair_policy[BR_SG_ADDR_A_MAX + 1] = {
	[BR_SG_ADDR_A_IPV4] = NLA_POLICY_EXACT_LEN(4),
	[BR_SG_ADDR_A_IPV6] = NLA_POLICY_EXACT_LEN(16),
	[BR_SG_ADDR_A_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[BR_SG_ADDR_A_MAC] = NLA_POLICY_EXACT_LEN(ETH_ALEN),
};

static const struct nla_policy br_sg_default_policy[BR_SG_DEFAULT_A_MAX + 1] = {
	[BR_SG_DEFAULT_A_PATTERN] = BR_SG_PATTERN_POLICY,
	[BR_SG_DEFAULT_A_VERDICT] = BR_SG_VERDICT_POLICY,
	[BR_SG_DEFAULT_A_COOKIE] = { .type = NLA_U32 },
};

static const struct nla_policy br_sg_set_policy[BR_SG_SET_A_MAX + 1] = {
	[BR_SG_SET_A_NAME] = BR_SG_NAME_POLICY,
	[BR_SG_SET_A_COUNT] = BR_SG_READ_ONLY("COUNT"),
	[BR_SG_SET_A_COOKIE] = { .type = NLA_U32 },
};

static const struct nla_policy br_sg_group_policy[BR_SG_GROUP_A_MAX + 1] = {
	[BR_SG_GROUP_A_NAME] = BR_SG_NAME_POLICY,
	[BR_SG_GROUP_A_STATELESS] = { .type = NLA_FLAG },
	[BR_SG_GROUP_A_RULES] = BR_SG_READ_ONLY("RULES"),
	[BR_SG_GROUP_A_COUNT] = BR_SG_READ_ONLY("COUNT"),
	[BR_SG_GROUP_A_COOKIE] = { .type = NLA_U32 },
};

static const struct nla_policy br_sg_addrs_policy[BR_SG_ADDRS_A_MAX + 1] = {
	[BR_SG_ADDRS_A_SET] = BR_SG_NAME_POLICY,
	[BR_SG_ADDRS_A_GROUP] = BR_SG_NAME_POLICY,
	[BR_SG_ADDRS_A_ADDR] = NLA_POLICY_NESTED(br_sg_addr_policy),
	[BR_SG_ADDRS_A_COOKIE] = { .type = NLA_U32 },
};

static const struct nla_policy br_sg_rule_policy[BR_SG_RULE_A_MAX + 1] = {
	[BR_SG_RULE_A_GROUP] = BR_SG_NAME_POLICY,
	[BR_SG_RULE_A_ID] = NLA_POLICY_FULL_RANGE(NLA_U32, &br_sg_rule_id),
	[BR_SG_RULE_A_DIRECTION] = NLA_POLICY_MAX(NLA_U8, BR_SG_EGRESS),
	[BR_SG_RULE_A_FAMILY] = NLA_POLICY_RANGE(NLA_U8, AF_INET, AF_INET6),
	[BR_SG_RULE_A_PROTO] = { .type = NLA_U8 },
	[BR_SG_RULE_A_PORT_MIN] = { .type = NLA_U16 },
	[BR_SG_RULE_A_PORT_MAX] = { .type = NLA_U16 },
	[BR_SG_RULE_A_ICMP_TYPE] = { .type = NLA_U8 },
	[BR_SG_RULE_A_ICMP_CODE] = { .type = NLA_U8 },
	[BR_SG_RULE_A_REMOTE] = NLA_POLICY_NESTED(br_sg_addr_policy),
	[BR_SG_RULE_A_REMOTE_GROUP] = BR_SG_NAME_POLICY,
	[BR_SG_RULE_A_REMOTE_SET] = BR_SG_NAME_POLICY,
	[BR_SG_RULE_A_COOKIE] = { .type = NLA_U32 },
};

static const struct nla_policy br_sg_port_policy[BR_SG_PORT_A_MAX + 1] = {
	[BR_SG_PORT_A_DEV] = BR_SG_DEV_POLICY,
	[BR_SG_PORT_A_UUID] = NLA_POLICY_EXACT_LEN(16),
	[BR_SG_PORT_A_MAC] = NLA_POLICY_EXACT_LEN(ETH_ALEN),
	[BR_SG_PORT_A_MODE] = NLA_POLICY_MAX(NLA_U8, BR_SG_PORT_TRUSTED),
	[BR_SG_PORT_A_STRICT] = { .type = NLA_FLAG },
	[BR_SG_PORT_A_ZONE] = NLA_POLICY_MIN(NLA_U16, 1),
	[BR_SG_PORT_A_IP] = NLA_POLICY_NESTED(br_sg_addr_policy),
	[BR_SG_PORT_A_PAIR] = NLA_POLICY_NESTED(br_sg_pair_policy),
	[BR_SG_PORT_A_GROUP] = BR_SG_NAME_POLICY,
	[BR_SG_PORT_A_DHCP_SERVER] = NLA_POLICY_NESTED(br_sg_addr_policy),
	[BR_SG_PORT_A_ETHERTYPE] = NLA_POLICY_MIN(NLA_U16, 0x0600),
	[BR_SG_PORT_A_COOKIE] = { .type = NLA_U32 },
	[BR_SG_PORT_A_STATE] = BR_SG_READ_ONLY("STATE"),
	[BR_SG_PORT_A_IFINDEX] = BR_SG_READ_ONLY("IFINDEX"),
	[BR_SG_PORT_A_BRIDGE] = BR_SG_READ_ONLY("BRIDGE"),
	[BR_SG_PORT_A_ZONE_USED] = BR_SG_READ_ONLY("ZONE_USED"),
	[BR_SG_PORT_A_SERIAL] = BR_SG_READ_ONLY("SERIAL"),
	[BR_SG_PORT_A_POLICY_VERSION] = BR_SG_READ_ONLY("POLICY_VERSION"),
	[BR_SG_PORT_A_CT_LIMIT] = NLA_POLICY_FULL_RANGE(NLA_U32, &br_sg_ct_limit),
	[BR_SG_PORT_A_CT_LIMIT_USED] = BR_SG_READ_ONLY("CT_LIMIT_USED"),
	[BR_SG_PORT_A_CT_ENTRIES] = BR_SG_READ_ONLY("CT_ENTRIES"),
	[BR_SG_PORT_A_CAUSE] = BR_SG_READ_ONLY("CAUSE"),
	[BR_SG_PORT_A_ANY_SOURCE] = { .type = NLA_FLAG },
};

static const struct nla_policy br_sg_binding_policy[BR_SG_BINDING_A_MAX + 1] = {
	[BR_SG_BINDING_A_DEV] = BR_SG_DEV_POLICY,
	[BR_SG_BINDING_A_IFINDEX] = NLA_POLICY_FULL_RANGE(NLA_U32, &br_sg_ifindex),
	[BR_SG_BINDING_A_SERIAL] = NLA_POLICY_MIN(NLA_U32, 1),
	[BR_SG_BINDING_A_POLICY_VERSION] = { .type = NLA_U16 },
	[BR_SG_BINDING_A_RENAMED] = { .type = NLA_FLAG },
};

static const struct nla_policy br_sg_zone_policy[BR_SG_ZONE_A_MAX + 1] = {
	[BR_SG_ZONE_A_BRIDGE] = BR_SG_DEV_POLICY,
	[BR_SG_ZONE_A_ID] = NLA_POLICY_MIN(NLA_U16, 1),
	[BR_SG_ZONE_A_PORTS] = BR_SG_READ_ONLY("PORTS"),
};

const struct nla_policy br_sg_status_get_policy[BR_SG_A_MAX + 1] = {};

const struct nla_policy br_sg_begin_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_GENERATION] = { .type = NLA_U64 },
	[BR_SG_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, __BR_SG_BEGIN_F_ALL),
};

const struct nla_policy br_sg_commit_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, __BR_SG_COMMIT_F_ALL),
};

const struct nla_policy br_sg_abort_policy[BR_SG_A_MAX + 1] = {};

const struct nla_policy br_sg_flush_policy[BR_SG_A_MAX + 1] = {};

const struct nla_policy br_sg_default_new_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_OP] = NLA_POLICY_RANGE(NLA_U8, BR_SG_OP_ADD, BR_SG_OP_REPLACE),
	[BR_SG_A_DEFAULT] = NLA_POLICY_NESTED(br_sg_default_policy),
};

const struct nla_policy br_sg_default_del_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_DEFAULT] = NLA_POLICY_NESTED(br_sg_default_policy),
};

const struct nla_policy br_sg_default_get_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, __BR_SG_GET_F_ALL),
};

const struct nla_policy br_sg_set_new_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_OP] = NLA_POLICY_RANGE(NLA_U8, BR_SG_OP_ADD, BR_SG_OP_REPLACE),
	[BR_SG_A_SET] = NLA_POLICY_NESTED(br_sg_set_policy),
};

const struct nla_policy br_sg_set_del_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_SET] = NLA_POLICY_NESTED(br_sg_set_policy),
};

const struct nla_policy br_sg_set_get_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, __BR_SG_GET_F_ALL),
};

const struct nla_policy br_sg_group_new_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_OP] = NLA_POLICY_RANGE(NLA_U8, BR_SG_OP_ADD, BR_SG_OP_REPLACE),
	[BR_SG_A_GROUP] = NLA_POLICY_NESTED(br_sg_group_policy),
};

const struct nla_policy br_sg_group_del_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_GROUP] = NLA_POLICY_NESTED(br_sg_group_policy),
};

const struct nla_policy br_sg_group_get_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, __BR_SG_GET_F_ALL),
};

const struct nla_policy br_sg_addrs_new_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_OP] = NLA_POLICY_RANGE(NLA_U8, BR_SG_OP_ADD, BR_SG_OP_REPLACE),
	[BR_SG_A_ADDRS] = NLA_POLICY_NESTED(br_sg_addrs_policy),
};

const struct nla_policy br_sg_addrs_del_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_ADDRS] = NLA_POLICY_NESTED(br_sg_addrs_policy),
};

const struct nla_policy br_sg_addrs_get_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, __BR_SG_GET_F_ALL),
};

const struct nla_policy br_sg_rule_new_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_OP] = NLA_POLICY_RANGE(NLA_U8, BR_SG_OP_ADD, BR_SG_OP_REPLACE),
	[BR_SG_A_RULE] = NLA_POLICY_NESTED(br_sg_rule_policy),
};

const struct nla_policy br_sg_rule_del_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_RULE] = NLA_POLICY_NESTED(br_sg_rule_policy),
};

const struct nla_policy br_sg_rule_get_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, __BR_SG_GET_F_ALL),
};

const struct nla_policy br_sg_port_new_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_OP] = NLA_POLICY_RANGE(NLA_U8, BR_SG_OP_ADD, BR_SG_OP_REPLACE),
	[BR_SG_A_PORT] = NLA_POLICY_NESTED(br_sg_port_policy),
};

const struct nla_policy br_sg_port_del_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_PORT] = NLA_POLICY_NESTED(br_sg_port_policy),
};

const struct nla_policy br_sg_port_get_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, __BR_SG_GET_F_ALL),
	[BR_SG_A_PORT] = NLA_POLICY_NESTED(br_sg_port_policy),
};

const struct nla_policy br_sg_counter_get_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, __BR_SG_GET_F_ALL),
	[BR_SG_A_PORT] = NLA_POLICY_NESTED(br_sg_port_policy),
};

const struct nla_policy br_sg_flow_get_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, __BR_SG_FLOW_F_ALL),
	[BR_SG_A_PORT] = NLA_POLICY_NESTED(br_sg_port_policy),
};

const struct nla_policy br_sg_shadow_commit_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_GENERATION] = { .type = NLA_U64 },
};

const struct nla_policy br_sg_shadow_drop_policy[BR_SG_A_MAX + 1] = {};
const struct nla_policy br_sg_binding_get_policy[BR_SG_A_MAX + 1] = {};

const struct nla_policy br_sg_binding_resume_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_BINDING] = NLA_POLICY_NESTED(br_sg_binding_policy),
};

const struct nla_policy br_sg_zone_get_policy[BR_SG_A_MAX + 1] = {};

const struct nla_policy br_sg_zone_resume_policy[BR_SG_A_MAX + 1] = {
	[BR_SG_A_ZONE] = NLA_POLICY_NESTED(br_sg_zone_policy),
};

/*
 * A transaction must not survive a message that was refused, but what generic
 * netlink refuses for us never reaches us. So it is told no more than which
 * attributes are nests, and br_sg_nl_parse() does the rest with the policies
 * above. What it refuses all the same (a header that is not one, a top-level
 * attribute beyond BR_SG_A_MAX, NLA_F_NESTED amiss, no permission, a command
 * that does not exist) is no message of the transaction.
 */
const struct nla_policy br_sg_nl_opaque[BR_SG_A_MAX + 1] = {
	[BR_SG_A_GENERATION] = { .type = NLA_BINARY },
	[BR_SG_A_FLAGS] = { .type = NLA_BINARY },
	[BR_SG_A_OP] = { .type = NLA_BINARY },
	[BR_SG_A_DEFAULT] = { .type = NLA_NESTED },
	[BR_SG_A_SET] = { .type = NLA_NESTED },
	[BR_SG_A_GROUP] = { .type = NLA_NESTED },
	[BR_SG_A_ADDRS] = { .type = NLA_NESTED },
	[BR_SG_A_RULE] = { .type = NLA_NESTED },
	[BR_SG_A_PORT] = { .type = NLA_NESTED },
	[BR_SG_A_COUNTER] = { .type = NLA_NESTED },
	[BR_SG_A_VERSION] = { .type = NLA_BINARY },
	[BR_SG_A_WARNING] = { .type = NLA_BINARY },
	[BR_SG_A_STATUS] = { .type = NLA_NESTED },
	[BR_SG_A_ZONE] = { .type = NLA_NESTED },
	[BR_SG_A_PAD] = { .type = NLA_BINARY },
	[BR_SG_A_FLOW] = { .type = NLA_NESTED },
	[BR_SG_A_EVENT] = { .type = NLA_NESTED },
	[BR_SG_A_BINDING] = { .type = NLA_NESTED },
	[BR_SG_A_SHADOW] = { .type = NLA_NESTED },
};
