// SPDX-License-Identifier: GPL-2.0
/* Who else wants bridge conntrack in a netns: what hooks are there. */
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>

#include "base/compat.h"
#include "path/bracket.h"

static bool hook_is_conntrack(const struct nf_hook_ops *ops)
{
	return ops->hooknum == NF_BR_PRE_ROUTING &&
	       ops->priority == NF_IP_PRI_CONNTRACK;
}

/* is there such a hook in the bridge family? */
static bool bridge_has_hook(const struct net *net,
			    bool (*is)(const struct nf_hook_ops *ops))
{
	const struct nf_hook_entries *entries;
	struct nf_hook_ops **ops;
	unsigned int i, hook;

	for (hook = 0; hook < ARRAY_SIZE(net->nf.hooks_bridge); hook++) {
		entries = rcu_dereference(net->nf.hooks_bridge[hook]);
		if (!entries)
			continue;
		ops = nf_hook_entries_get_hook_ops(entries);
		for (i = 0; i < entries->num_hook_entries; i++)
			if (is(ops[i]))
				return true;
	}
	return false;
}

bool br_sg_bracket_foreign(const struct net *net)
{
	return bridge_has_hook(net, hook_is_conntrack);
}

void br_sg_bracket_ask(struct br_sg_net *bn, unsigned long now)
{
	WRITE_ONCE(bn->bracket, !bn->foreign &&
		   !bridge_has_hook(bn->net, br_sg_hook_is_nft));
	WRITE_ONCE(bn->bracket_at, now);
}
