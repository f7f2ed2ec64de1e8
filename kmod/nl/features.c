// SPDX-License-Identifier: GPL-2.0
/*
 * What STATUS says of the module and not of the network namespace: what it can do,
 * and which faults of guarding it does not have any more. A program asks these and
 * not the version, since a backport has the one without the other.
 */
#include "nl/nl.h"

/* a feature stays here for good once it has been released */
static const u16 br_sg_features[] = {
	BR_SG_FEATURE_SHADOW,
	BR_SG_FEATURE_RESUME,
	BR_SG_FEATURE_CT_LIMIT,
	BR_SG_FEATURE_ANY_SOURCE,
	BR_SG_FEATURE_GET_CONFIG,
	BR_SG_FEATURE_UNIQUE_GENERATION,
	BR_SG_FEATURE_SHADOW_NTF,
};

/*
 * docs/errata.md has a paragraph of each; a fault that is mended here comes to the
 * end of both
 */
static const u16 br_sg_errata[] = {
	1,	/* a guest's virtio header changed what had been judged */
	2,	/* a message about a connection opened a port */
	3,	/* redirects reached a VM */
	4,	/* a revoked connection came back with its device */
	5,	/* two bridges had one conntrack zone */
	6,	/* source routes led elsewhere than to what was judged */
	7,	/* UFO passed the limit of fragments */
	8,	/* a revoked flow of a device that is gone could be replaced */
	9,	/* a sum was written into what an ICMP error quotes */
};

static int br_sg_nl_put_numbers(struct sk_buff *skb, int type,
				const u16 *numbers, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (nla_put_u16(skb, type, numbers[i]))
			return -EMSGSIZE;
	return 0;
}

int br_sg_nl_put_features(struct sk_buff *skb)
{
	return br_sg_nl_put_numbers(skb, BR_SG_STATUS_A_FEATURE, br_sg_features,
				    ARRAY_SIZE(br_sg_features)) ? :
	       br_sg_nl_put_numbers(skb, BR_SG_STATUS_A_ERRATUM, br_sg_errata,
				    ARRAY_SIZE(br_sg_errata));
}
