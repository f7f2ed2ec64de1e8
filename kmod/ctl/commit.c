// SPDX-License-Identifier: GPL-2.0
/*
 * A configuration comes into force, or becomes the shadow of what is in force:
 * validated, compiled, laid over the devices there are, published; and the hooks
 * that a netns has while anything is configured.
 */
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/refuse.h"
#include "ctl/commit.h"
#include "flow/cap.h"
#include "netns/bind.h"
#include "netns/event.h"
#include "netns/net.h"
#include "netns/resume.h"
#include "netns/serial.h"
#include "path/hooks.h"
#include "policy/policy.h"
#include "policy/snapshot.h"
#include "policy/validate.h"

/* the module stays while anything is configured anywhere */
static int net_pin(struct br_sg_net *bn)
{
	if (bn->pinned)
		return 0;
	if (!try_module_get(THIS_MODULE))
		return -EBUSY;
	bn->pinned = true;
	return 0;
}

static void net_unpin(struct br_sg_net *bn)
{
	if (bn->pinned)
		module_put(THIS_MODULE);
	bn->pinned = false;
}

static int net_activate(struct br_sg_net *bn)
{
	int err;

	if (!bn->events)
		bn->events = br_sg_events_new(bn->net);
	if (!bn->events)
		return -ENOMEM;
	if (!bn->zones.names) {
		err = br_sg_zones_init(&bn->zones, bn->net);
		if (err)
			return err;
	}
	if (!bn->hooked) {
		err = br_sg_hooks_register(bn);
		if (err)
			return err;
		bn->hooked = true;
	}
	return 0;
}

static void net_deactivate(struct br_sg_net *bn)
{
	if (bn->hooked)
		br_sg_hooks_unregister(bn);
	bn->hooked = false;
}

/* with @shadow, or NULL: a netns without ports and defaults has none */
static int policy_publish(struct br_sg_net *bn, struct br_sg_policy *policy,
			  struct br_sg_policy *shadow,
			  struct br_sg_resume *resume, u64 generation,
			  struct br_sg_blocked *blocked)
{
	bool active = br_sg_config_guards(policy->config);
	bool empty = br_sg_config_empty(policy->config);
	bool pinned = bn->pinned;
	bool before = bn->hooked;
	int err = 0;

	if (!active)
		shadow = NULL;
	if (shadow)
		br_sg_policy_get(shadow);
	/* conntrack and hooks first: nothing is published that cannot hold */
	if (!empty)
		err = net_pin(bn);
	if (!err && active)
		err = net_activate(bn);
	if (!err)
		err = br_sg_bind_publish(bn, policy, shadow, resume,
					 generation, blocked);
	if (err)
		br_sg_policy_put(shadow);
	if (err ? !before : !active)
		net_deactivate(bn);
	if (err ? !pinned : empty)
		net_unpin(bn);
	return err;
}

/*
 * The number of the next configuration, or shadow, after @last; 0: there has been
 * none. A controller compares what it has read with what is in force, so that a
 * number must not come again when the module is loaded anew: the first begins with
 * the time, and nobody commits 2^19 times in a second. Where the clock stands
 * still or is set back, as on a host without one, it is chance that tells apart.
 */
static u64 number_next(u64 last)
{
	s64 seconds = ktime_get_real_seconds() - 1577836800;	/* 2020-01-01 */

	if (last)
		return last + 1;
	return ((u64)max_t(s64, seconds, 1) << 20) + (get_random_u32() >> 13);
}

/* what has become of the shadow; @before: its number, 0: there was none */
static void shadow_tell(struct br_sg_net *bn, u64 before, u8 gone)
{
	u64 number = bn->shadow ? bn->shadow->config->generation : 0;

	if (number == before)
		return;
	br_sg_nl_shadow_notify(bn->net, bn->generation, number ? : before,
			       number ? BR_SG_SHADOW_MADE : gone);
}

/* a serial is of one port: what the entries of another say is not this one's */
static int resume_check(struct br_sg_net *bn, struct br_sg_resume *resume,
			struct br_sg_refusal *refusal)
{
	const struct br_sg_binding *b;
	char whose[IFNAMSIZ];

	if (!resume)
		return 0;
	mutex_lock(&bn->publish);
	b = br_sg_serial_taken(bn->devs, resume, whose);
	mutex_unlock(&bn->publish);
	if (!b)
		return 0;
	snprintf(refusal->text, sizeof(refusal->text),
		 "serial %u, asked for device %s, is that of port %s",
		 b->serial, b->dev, whose);
	return -EEXIST;
}

/*
 * A port that is new, and so nobody's but this commit's, goes on behind the
 * version that entries may carry. Another has a version and a serial already.
 */
static void resume_versions(const struct br_sg_policy *old,
			    const struct br_sg_policy *new,
			    struct br_sg_resume *resume)
{
	struct br_sg_binding *b;
	struct br_sg_port *port;
	unsigned long i;

	if (!resume)
		return;
	xa_for_each(&resume->serials, i, b) {
		port = br_sg_policy_port(new, b->dev);
		b->fits = port && b->version != U16_MAX &&
			  (!old || !br_sg_policy_port(old, b->dev));
		if (b->fits)
			port->version = b->version + 1;
		cond_resched();
	}
}

/* @config comes into force, beside @shadow or NULL; takes over @config */
static int commit_locked(struct br_sg_net *bn, struct br_sg_config *config,
			 struct br_sg_policy *shadow,
			 struct br_sg_resume *resume, bool dry_run,
			 struct br_sg_refusal *refusal,
			 struct br_sg_blocked *blocked)
{
	struct br_sg_policy *policy;
	int err;

	err = br_sg_validate(config, bn->policy, refusal);
	if (!err)
		err = resume_check(bn, resume, refusal);
	if (err)
		return err;
	policy = br_sg_policy_new(bn->policy, NULL, config, refusal);
	if (IS_ERR(policy))
		return PTR_ERR(policy);
	if (dry_run) {
		br_sg_policy_put(policy);
		return 0;
	}
	resume_versions(bn->policy, policy, resume);
	config->generation = number_next(bn->generation);
	err = policy_publish(bn, policy, shadow, resume, config->generation,
			     blocked);
	if (err) {
		br_sg_policy_put(policy);
		if (err == -EEXIST)
			snprintf(refusal->text, sizeof(refusal->text),
				 "a serial asked for has become another device's meanwhile: begin again");
		if (err == -ENOSPC)
			snprintf(refusal->text, sizeof(refusal->text),
				 "no conntrack zone is free: name one with \"zone\"");
		return err;
	}
	if (resume && !xa_empty(&resume->serials))
		br_sg_cap_recount(bn);
	br_sg_nl_config_notify(bn->net, bn->generation);
	br_sg_config_put(config);
	return 0;
}

/* @config becomes the shadow of what is in force; takes over @config */
static int shadow_locked(struct br_sg_net *bn, struct br_sg_config *config,
			 bool dry_run, struct br_sg_refusal *refusal)
{
	struct br_sg_policy *shadow;
	int err;

	if (!bn->hooked) {
		snprintf(refusal->text, sizeof(refusal->text),
			 "no port and no default is in force that a shadow could be compared with");
		return -ENODEV;
	}
	err = br_sg_validate(config, bn->policy, refusal);
	if (err)
		return err;
	config->generation = number_next(bn->shadows);
	shadow = br_sg_policy_new(NULL, bn->policy, config, refusal);
	if (IS_ERR(shadow))
		return PTR_ERR(shadow);
	shadow->base = bn->generation;
	if (!dry_run)
		err = policy_publish(bn, br_sg_policy_get(bn->policy), shadow,
				     NULL, bn->generation, NULL);
	br_sg_policy_put(shadow);
	if (err) {
		br_sg_policy_put(bn->policy);
		return err;
	}
	if (!dry_run) {
		bn->shadows = config->generation;
		br_sg_config_put(config);
	}
	return 0;
}

int br_sg_commit(struct br_sg_net *bn, struct br_sg_config *config,
		 struct br_sg_resume *resume, u64 base, u32 flags,
		 u64 *generation, struct br_sg_refusal *refusal,
		 struct br_sg_blocked *blocked)
{
	bool dry_run = flags & BR_SG_COMMIT_F_DRY_RUN;
	int err = -ESTALE;
	u64 before;

	memset(refusal, 0, sizeof(*refusal));
	/* who waits for another's long commit can be killed */
	if (mutex_lock_killable(&bn->commit))
		return -EINTR;
	before = bn->shadow ? bn->shadow->config->generation : 0;
	if (base != bn->generation)
		snprintf(refusal->text, sizeof(refusal->text),
			 "another writer committed generation %llu: begin again",
			 bn->generation);
	else if (flags & BR_SG_COMMIT_F_SHADOW)
		err = shadow_locked(bn, config, dry_run, refusal);
	else
		err = commit_locked(bn, config, bn->shadow, resume, dry_run,
				    refusal, blocked);
	shadow_tell(bn, before, BR_SG_SHADOW_DROPPED);
	*generation = bn->generation;
	mutex_unlock(&bn->commit);
	return err;
}

/* of @number, or with 0 any; with the commit mutex */
static int shadow_is(const struct br_sg_net *bn, u64 number,
		     struct br_sg_refusal *refusal)
{
	if (!bn->shadow) {
		snprintf(refusal->text, sizeof(refusal->text),
			 "there is no shadow");
		return -ENOENT;
	}
	if (number && number != bn->shadow->config->generation) {
		snprintf(refusal->text, sizeof(refusal->text),
			 "another writer has made shadow %llu",
			 bn->shadow->config->generation);
		return -ESTALE;
	}
	return 0;
}

int br_sg_commit_shadow(struct br_sg_net *bn, u64 number,
			u64 *generation, struct br_sg_refusal *refusal,
			struct br_sg_blocked *blocked)
{
	struct br_sg_config *config;
	u64 before;
	int err;

	memset(refusal, 0, sizeof(*refusal));
	if (mutex_lock_killable(&bn->commit))
		return -EINTR;
	err = shadow_is(bn, number, refusal);
	if (err)
		goto out;
	before = bn->shadow->config->generation;
	if (bn->shadow->base != bn->generation) {
		snprintf(refusal->text, sizeof(refusal->text),
			 "the shadow was made of generation %llu and %llu is in force: apply it again",
			 bn->shadow->base, bn->generation);
		err = -ESTALE;
		goto out;
	}
	err = -ENOMEM;
	config = br_sg_config_copy(bn->shadow->config);
	if (!config)
		goto out;
	err = commit_locked(bn, config, NULL, NULL, false, refusal, blocked);
	if (err)
		br_sg_config_put(config);
	shadow_tell(bn, before, BR_SG_SHADOW_COMMITTED);
	*generation = bn->generation;
out:
	mutex_unlock(&bn->commit);
	return err;
}

int br_sg_commit_shadow_drop(struct br_sg_net *bn,
			     struct br_sg_refusal *refusal)
{
	u64 before;
	int err;

	memset(refusal, 0, sizeof(*refusal));
	if (mutex_lock_killable(&bn->commit))
		return -EINTR;
	err = shadow_is(bn, 0, refusal);
	if (!err) {
		before = bn->shadow->config->generation;
		err = policy_publish(bn, br_sg_policy_get(bn->policy), NULL,
				     NULL, bn->generation, NULL);
		if (err)
			br_sg_policy_put(bn->policy);
		shadow_tell(bn, before, BR_SG_SHADOW_DROPPED);
	}
	mutex_unlock(&bn->commit);
	return err;
}

void br_sg_commit_net_exit(struct br_sg_net *bn)
{
	mutex_lock(&bn->commit);
	br_sg_bind_net_exit(bn);
	net_deactivate(bn);
	net_unpin(bn);
	mutex_unlock(&bn->commit);
}
