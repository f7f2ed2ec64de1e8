// SPDX-License-Identifier: GPL-2.0
/*
 * br_sg: security groups for the tap ports of Linux bridges
 *
 * What starts when and ends in which order; see ARCHITECTURE.md for the rest.
 */
#include <linux/module.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "conf/config.h"
#include "ctl/commit.h"
#include "flow/cap.h"
#include "netns/bind.h"
#include "netns/event.h"
#include "netns/net.h"
#include "nl/family.h"

struct workqueue_struct *br_sg_wq;

static unsigned int br_sg_net_id;

struct br_sg_net *br_sg_net(const struct net *net)
{
	return net_generic(net, br_sg_net_id);
}

static int __net_init br_sg_net_init(struct net *net)
{
	struct br_sg_net *bn = br_sg_net(net);

	bn->net = net;
	mutex_init(&bn->commit);
	mutex_init(&bn->publish);
	br_sg_cap_net_init(bn);
	br_sg_netlink_net_init(bn);
	bn->empty = br_sg_config_new();
	return bn->empty ? 0 : -ENOMEM;
}

/*
 * Devices are gone when this runs: it is a subsystem's exit, and theirs come
 * first. Hooks that left earlier would let a dying netns bridge unguarded.
 */
static void __net_exit br_sg_net_exit(struct net *net)
{
	struct br_sg_net *bn = br_sg_net(net);

	br_sg_netlink_net_exit(bn);
	br_sg_commit_net_exit(bn);
	br_sg_cap_net_exit(bn);
	br_sg_events_free(bn->events);
	br_sg_zones_exit(&bn->zones);
	br_sg_config_put(bn->empty);
}

static struct pernet_operations br_sg_net_ops = {
	.init = br_sg_net_init,
	.exit = br_sg_net_exit,
	.id = &br_sg_net_id,
	.size = sizeof(struct br_sg_net),
};

/* after the netns are gone: what is to be freed is on its way to the queue */
static void wq_destroy(void)
{
	rcu_barrier();
	destroy_workqueue(br_sg_wq);
}

static int __init br_sg_init(void)
{
	int err;

	br_sg_wq = alloc_workqueue("br_sg", WQ_UNBOUND, 0);
	if (!br_sg_wq)
		return -ENOMEM;
	err = register_pernet_subsys(&br_sg_net_ops);
	if (err)
		goto err_wq;
	err = br_sg_bind_init();
	if (err)
		goto err_pernet;
	err = br_sg_netlink_init();
	if (err)
		goto err_bind;
	pr_info("br_sg: " BR_SG_VERSION " loaded\n");
	return 0;

err_bind:
	br_sg_bind_unregister();
err_pernet:
	unregister_pernet_subsys(&br_sg_net_ops);
err_wq:
	wq_destroy();
	return err;
}

static void __exit br_sg_exit(void)
{
	br_sg_netlink_exit();
	br_sg_bind_unregister();
	unregister_pernet_subsys(&br_sg_net_ops);
	wq_destroy();
}

module_init(br_sg_init);
module_exit(br_sg_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Security groups for the tap ports of Linux bridges");
MODULE_AUTHOR("The br_sg authors");
MODULE_VERSION(BR_SG_VERSION);
/* opened by name at run time, so depmod does not see that we need it */
MODULE_SOFTDEP("pre: nf_conntrack_bridge");
