// SPDX-License-Identifier: GPL-2.0
/* What conntrack's table says of zones; zone.c decides. */
#include <linux/bitops.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "base/compat.h"
#include "netns/zone.h"

static int entry_seen(struct nf_conn *ct, void *seen)
{
	__set_bit(nf_ct_zone(ct)->id, seen);
	return 0;	/* the entry stays */
}

void br_sg_zone_ct_seen(struct net *net, unsigned long *seen)
{
	br_sg_ct_walk(net, entry_seen, seen);
}

static int entry_doomed(struct nf_conn *ct, void *zones)
{
	return test_bit(nf_ct_zone(ct)->id, zones);
}

void br_sg_zone_ct_purge(struct net *net, const unsigned long *zones)
{
	br_sg_ct_walk(net, entry_doomed, (void *)zones);
}
