// SPDX-License-Identifier: GPL-2.0
/*
 * Each frame takes a reference to its zone's template and conntrack puts it a
 * moment later. With one template for all, that is two atomic operations on one
 * cache line for each frame of a bridge, whichever processor has it, and the line
 * goes to and fro. So each processor has a template of its own.
 *
 * It is a matter of speed alone: templates of a zone are alike, and any will do. A
 * frame that comes back from NFQUEUE is handled in process context and may change
 * processors between the look at the pointer and the reference; it then has the
 * other's.
 *
 * A template outlives its array where a frame holds it: in a queue for reassembly,
 * or with NFQUEUE. So templates are put, and freed by whoever is last.
 *
 * Processors that are not online when a zone is made, and there may be many that
 * never will be, share the template of one that is: a bridge takes one for each
 * that works, 256 bytes, and a pointer for each that might.
 */
#include <linux/cpumask.h>
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "base/compat.h"
#include "netns/template.h"

static struct nf_conn *template_new(struct net *net, u16 id)
{
	struct nf_conntrack_zone zone;
	struct nf_conn *tmpl;

	nf_ct_zone_init(&zone, id, NF_CT_DEFAULT_ZONE_DIR, 0);
	tmpl = br_sg_ct_tmpl_alloc(net, &zone, GFP_KERNEL_ACCOUNT);
	if (!tmpl)
		return NULL;
	/* or confirming a frame that still has it would insert it */
	__set_bit(IPS_CONFIRMED_BIT, &tmpl->status);
	return tmpl;
}

static void templates_free(struct br_sg_templates *templates)
{
	struct nf_conn *tmpl;
	int cpu;

	for_each_possible_cpu(cpu) {
		tmpl = *per_cpu_ptr(templates->v, cpu);
		if (tmpl)
			nf_ct_put(tmpl);
	}
	free_percpu(templates->v);
	kfree(templates);
}

struct br_sg_templates *br_sg_templates_new(struct net *net, u16 zone)
{
	struct br_sg_templates *templates;
	struct nf_conn *shared = NULL;
	struct nf_conn *tmpl;
	int cpu;

	templates = kzalloc(sizeof(*templates), GFP_KERNEL_ACCOUNT);
	if (!templates)
		return NULL;
	refcount_set(&templates->ref, 1);
	templates->v = alloc_percpu_gfp(struct nf_conn *, GFP_KERNEL_ACCOUNT);
	if (!templates->v) {
		kfree(templates);
		return NULL;
	}
	for_each_possible_cpu(cpu) {
		/* who goes off or comes meanwhile has one all the same */
		if (!shared || cpu_online(cpu)) {
			tmpl = template_new(net, zone);
			if (!tmpl) {
				templates_free(templates);
				return NULL;
			}
			shared = shared ? shared : tmpl;
		} else {
			tmpl = shared;
			nf_conntrack_get(&tmpl->ct_general);
		}
		*per_cpu_ptr(templates->v, cpu) = tmpl;
	}
	return templates;
}

struct br_sg_templates *br_sg_templates_get(struct br_sg_templates *templates)
{
	refcount_inc(&templates->ref);
	return templates;
}

void br_sg_templates_put(struct br_sg_templates *templates)
{
	if (templates && refcount_dec_and_test(&templates->ref))
		templates_free(templates);
}
