// SPDX-License-Identifier: GPL-2.0
/*
 * A session is an open transaction: it begins with BEGIN and ends with COMMIT,
 * ABORT, the first message that is refused, or its socket. It belongs to the
 * socket that opened it.
 *
 * The netns' lock protects the list, the session's own lock its candidate;
 * never both at once but in br_sg_session_close(), the netns' inside. A
 * session that was closed while somebody waited for its lock says so.
 */
#include <linux/slab.h>
#include <linux/stringify.h>

#include "nl/nl.h"

static void br_sg_session_put(struct br_sg_session *session)
{
	if (!refcount_dec_and_test(&session->ref))
		return;
	br_sg_config_put(session->config);
	br_sg_resume_free(session->resume);
	mutex_destroy(&session->lock);
	kfree(session);
}

/* with the netns' lock held; the list's reference is the caller's now */
static void br_sg_session_unlink(struct br_sg_net *bn,
				 struct br_sg_session *session)
{
	WRITE_ONCE(session->closed, true);
	list_del_init(&session->list);
	bn->sessions.n--;
}

static struct br_sg_session *br_sg_session_find(struct br_sg_net *bn,
						u32 portid)
{
	struct br_sg_session *session;

	lockdep_assert_held(&bn->sessions.lock);
	list_for_each_entry(session, &bn->sessions.list, list)
		if (session->portid == portid)
			return session;
	return NULL;
}

/*
 * A socket's portid is free for another before br_sg_session_release() is
 * called for it: what is left of the old one is dropped here.
 */
static struct br_sg_session *br_sg_session_mine(struct br_sg_net *bn,
						struct sk_buff *skb)
{
	struct br_sg_session *session;

	session = br_sg_session_find(bn, NETLINK_CB(skb).portid);
	if (session && session->sk != NETLINK_CB(skb).sk) {
		br_sg_session_unlink(bn, session);
		br_sg_session_put(session);
		session = NULL;
	}
	return session;
}

int br_sg_session_open(struct br_sg_net *bn, struct sk_buff *skb,
		       struct br_sg_config *config, u64 base,
		       struct netlink_ext_ack *extack)
{
	struct br_sg_session *session;
	int err = -EBUSY;

	session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);
	if (!session)
		return -ENOMEM;
	refcount_set(&session->ref, 1);
	mutex_init(&session->lock);
	session->sk = NETLINK_CB(skb).sk;
	session->portid = NETLINK_CB(skb).portid;
	session->base = base;

	mutex_lock(&bn->sessions.lock);
	if (br_sg_session_mine(bn, skb)) {
		NL_SET_ERR_MSG(extack,
			       "this socket has a transaction: COMMIT or ABORT it before");
		goto err_unlock;
	}
	if (bn->sessions.n >= BR_SG_MAX_CANDIDATES) {
		NL_SET_ERR_MSG(extack,
			       __stringify(BR_SG_MAX_CANDIDATES)
			       " transactions are open in this network namespace: there may be no more");
		goto err_unlock;
	}
	session->config = config;
	list_add(&session->list, &bn->sessions.list);
	bn->sessions.n++;
	mutex_unlock(&bn->sessions.lock);
	return 0;

err_unlock:
	mutex_unlock(&bn->sessions.lock);
	br_sg_session_put(session);
	return err;
}

struct br_sg_session *br_sg_session_lock(struct br_sg_net *bn,
					 struct sk_buff *skb,
					 struct netlink_ext_ack *extack)
{
	struct br_sg_session *session;

	mutex_lock(&bn->sessions.lock);
	session = br_sg_session_mine(bn, skb);
	if (session)
		refcount_inc(&session->ref);
	mutex_unlock(&bn->sessions.lock);
	if (!session)
		goto err_none;

	mutex_lock(&session->lock);
	if (READ_ONCE(session->closed)) {
		br_sg_session_unlock(session);
		goto err_none;
	}
	return session;

err_none:
	NL_SET_ERR_MSG(extack,
		       "no transaction is open on this socket: BEGIN one (a refused message ends it)");
	return ERR_PTR(-EBADFD);
}

void br_sg_session_unlock(struct br_sg_session *session)
{
	mutex_unlock(&session->lock);
	br_sg_session_put(session);
}

void br_sg_session_close(struct br_sg_net *bn, struct br_sg_session *session)
{
	bool listed;

	lockdep_assert_held(&session->lock);
	mutex_lock(&bn->sessions.lock);
	listed = !session->closed;
	if (listed)
		br_sg_session_unlink(bn, session);
	mutex_unlock(&bn->sessions.lock);
	br_sg_config_put(session->config);
	session->config = NULL;
	br_sg_resume_free(session->resume);
	session->resume = NULL;
	if (listed)
		br_sg_session_put(session);
}

void br_sg_session_release(struct br_sg_net *bn, u32 portid)
{
	struct br_sg_session *session;

	mutex_lock(&bn->sessions.lock);
	session = br_sg_session_find(bn, portid);
	if (session)
		br_sg_session_unlink(bn, session);
	mutex_unlock(&bn->sessions.lock);
	if (session)
		br_sg_session_put(session);
}

void br_sg_netlink_net_init(struct br_sg_net *bn)
{
	mutex_init(&bn->sessions.lock);
	INIT_LIST_HEAD(&bn->sessions.list);
	bn->sessions.n = 0;
}

/* a netns goes after its sockets, so that nobody is in a session */
void br_sg_netlink_net_exit(struct br_sg_net *bn)
{
	struct br_sg_session *session, *next;

	list_for_each_entry_safe(session, next, &bn->sessions.list, list) {
		br_sg_session_unlink(bn, session);
		br_sg_session_put(session);
	}
	mutex_destroy(&bn->sessions.lock);
}
