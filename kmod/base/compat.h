/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel interfaces that differ between the kernels we build for, told apart
 * by what conftest.sh finds in their headers, never by version: distributions
 * backport.
 */
#ifndef BR_SG_COMPAT_H
#define BR_SG_COMPAT_H

#include <linux/netfilter.h>
#include <net/genetlink.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "compat_gen.h"

/* of net/bridge, exported, and in no header that is installed */
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

/* @fn of every entry of @net; one that it answers other than 0 is deleted */
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

/* a template that is the caller's; older kernels give it without a reference */
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

/* a reference to an entry found without one; false: it is being freed */
static inline bool br_sg_ct_get_unless_zero(struct nf_conn *ct)
{
#ifdef HAVE_NF_CT_REFCOUNT
	return refcount_inc_not_zero(&ct->ct_general.use);
#else
	return atomic_inc_not_zero(&ct->ct_general.use);
#endif
}

/* is it a base chain of nftables? Where the kernel cannot tell, it may be */
static inline bool br_sg_hook_is_nft(const struct nf_hook_ops *ops)
{
#ifdef HAVE_NF_HOOK_OPS_TYPE
	return ops->hook_ops_type == NF_HOOK_OP_NF_TABLES;
#else
	return true;
#endif
}

/* who may join a multicast group; it was a command's flag once */
#ifdef GENL_MCAST_CAP_NET_ADMIN
#define BR_SG_MCGRP_FLAGS	.flags = GENL_MCAST_CAP_NET_ADMIN
#else
#define BR_SG_MCGRP_FLAGS	.flags = GENL_UNS_ADMIN_PERM
#endif

/* tells which attribute is missing; older kernels say it by text alone */
#ifndef NL_SET_ERR_ATTR_MISS
#define NL_SET_ERR_ATTR_MISS(extack, nest, type) do { } while (0)
#endif

#endif
