/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel interfaces that differ between the kernels that the module builds for. What
 * tells them apart is what conftest.sh finds in the headers, and never the version,
 * since distributions backport; conftest.sh names the commits. Macros that a header
 * defines need no probe: they are asked for with #ifdef here.
 */
#ifndef BR_SG_COMPAT_H
#define BR_SG_COMPAT_H

#include <linux/netfilter.h>
#include <net/genetlink.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "compat_gen.h"

/* net/bridge exports it, but its header is not among those that are installed */
int br_forward_finish(struct net *net, struct sock *sk, struct sk_buff *skb);

/* the attributes of a dump's request */
static inline struct nlattr **br_sg_dump_attrs(struct netlink_callback *cb)
{
#ifdef HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/*
 * Calls @fn for every conntrack entry of @net, and deletes those for which it returns
 * other than 0
 */
static inline void br_sg_ct_walk(struct net *net,
				 int (*fn)(struct nf_conn *ct, void *data),
				 void *data)
{
#ifdef HAVE_NF_CT_ITER_DATA
	struct nf_ct_iter_data iter = { .net = net, .data = data };

	nf_ct_iterate_cleanup_net(fn, &iter);
#else
	nf_ct_iterate_cleanup_net(net, fn, data, 0, 0);
#endif
}

/* a template with one reference, the caller's; older kernels return it with none */
static inline struct nf_conn *
br_sg_ct_tmpl_alloc(struct net *net, const struct nf_conntrack_zone *zone,
		    gfp_t flags)
{
	struct nf_conn *tmpl = nf_ct_tmpl_alloc(net, zone, flags);

#ifndef HAVE_NF_CT_REFCOUNT
	if (tmpl && !atomic_read(&tmpl->ct_general.use))
		nf_conntrack_get(&tmpl->ct_general);
#endif
	return tmpl;
}

/* takes a reference to an entry that was found without one; false: it is being freed */
static inline bool br_sg_ct_get_unless_zero(struct nf_conn *ct)
{
#ifdef HAVE_NF_CT_REFCOUNT
	return refcount_inc_not_zero(&ct->ct_general.use);
#else
	return atomic_inc_not_zero(&ct->ct_general.use);
#endif
}

/* is the hook a base chain of nftables? True too where the kernel does not tell */
static inline bool br_sg_hook_is_nft(const struct nf_hook_ops *ops)
{
#ifdef HAVE_NF_HOOK_OPS_TYPE
	return ops->hook_ops_type == NF_HOOK_OP_NF_TABLES;
#else
	return true;
#endif
}

/*
 * Who may join a multicast group. 6.7, and stable kernels: cd4d7263d58a ("genetlink:
 * Use internal flags for multicast groups"); before, commands' flags served.
 */
#ifdef GENL_MCAST_CAP_NET_ADMIN
#define BR_SG_MCGRP_FLAGS	.flags = GENL_MCAST_CAP_NET_ADMIN
#else
#define BR_SG_MCGRP_FLAGS	.flags = GENL_UNS_ADMIN_PERM
#endif

/*
 * Tells which attribute is missing. 6.1: 690252f19f0e ("netlink: add support for
 * ext_ack missing attributes"); before, the text alone says so.
 */
#ifndef NL_SET_ERR_ATTR_MISS
#define NL_SET_ERR_ATTR_MISS(extack, nest, type) do { } while (0)
#endif

#endif
