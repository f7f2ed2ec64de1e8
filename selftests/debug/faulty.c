// SPDX-License-Identifier: GPL-2.0
/*
 * insmod faulty.ko fault=NAME: makes the mistake of that name and does not load
 *
 * Each is one that the debug kernel must say something about: test_checkers.py.
 */
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>

static char *fault = "";
module_param(fault, charp, 0400);

static unsigned int far = 40;
static int sink;
static char small[8];
static DEFINE_SPINLOCK(one);
static DEFINE_SPINLOCK(two);
static int __rcu *pointer;

static void make_use_after_free(void)
{
	char *p = kmalloc(64, GFP_KERNEL);

	if (!p)
		return;
	kfree(p);
	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(sink, READ_ONCE(p[3]));
}

static void make_out_of_bounds(void)
{
	char *p = vmalloc(PAGE_SIZE - 8);

	if (!p)
		return;
	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(sink, READ_ONCE(p[PAGE_SIZE - 8]));
	vfree(p);
}

static void make_leak(void)
{
	int i;

	/* a pointer to one may be left in a register */
	for (i = 0; i < 10; i++)
		WRITE_ONCE(sink, !kmalloc(200, GFP_KERNEL));
}

static void make_sleep_in_atomic(void)
{
	spin_lock(&one);
	might_sleep();
	spin_unlock(&one);
}

static void make_rcu_without_lock(void)
{
	WRITE_ONCE(sink, !rcu_dereference(pointer));
}

static void make_lock_order(void)
{
	spin_lock(&one);
	spin_lock(&two);
	spin_unlock(&two);
	spin_unlock(&one);
	spin_lock(&two);
	spin_lock(&one);
	spin_unlock(&one);
	spin_unlock(&two);
}

static void make_preemptible(void)
{
	WRITE_ONCE(sink, smp_processor_id());
}

static void make_shift(void)
{
	WRITE_ONCE(sink, 1 << READ_ONCE(far));
}

static void make_bounds(void)
{
	WRITE_ONCE(sink, small[READ_ONCE(far)]);
}

static void nothing(struct timer_list *t)
{
}

static void make_active_object(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, nothing, 0);
	mod_timer(timer, jiffies + 1000 * HZ);
	kfree(timer);
}

static void make_refcount(void)
{
	refcount_t ref = REFCOUNT_INIT(0);

	refcount_inc(&ref);
}

static void make_netns_tracker(void)
{
	netns_tracker tracker = NULL;

	netns_tracker_alloc(&init_net, &tracker, GFP_KERNEL);
	netns_tracker_free(&init_net, &tracker);
	netns_tracker_free(&init_net, &tracker);
}

static const struct {
	const char *name;
	void (*make)(void);
} faults[] = {
	{ "use-after-free", make_use_after_free },
	{ "out-of-bounds", make_out_of_bounds },
	{ "leak", make_leak },
	{ "sleep-in-atomic", make_sleep_in_atomic },
	{ "rcu-without-lock", make_rcu_without_lock },
	{ "lock-order", make_lock_order },
	{ "preemptible", make_preemptible },
	{ "shift", make_shift },
	{ "bounds", make_bounds },
	{ "active-object", make_active_object },
	{ "refcount", make_refcount },
	{ "netns-tracker", make_netns_tracker },
};

static int __init faulty_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(faults[i].name, fault)) {
			faults[i].make();
			return -ECANCELED;
		}
	return -EINVAL;
}

static void __exit faulty_exit(void)
{
}

module_init(faulty_init);
module_exit(faulty_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Mistakes that a debug kernel must see");
