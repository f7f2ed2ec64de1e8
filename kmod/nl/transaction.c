// SPDX-License-Identifier: GPL-2.0
/*
 * A transaction begins with BEGIN and ends with COMMIT, ABORT, the first message
 * that is refused, or the end of the socket that opened it, to which it belongs.
 * What its messages change is its candidate, a configuration that nobody else sees.
 *
 * The lock of the network namespace protects the list of transactions, and each
 * transaction's own lock its candidate. Both are held at once in
 * br_sg_transaction_close() alone, which takes the namespace's inside. Whoever has
 * waited for the lock of a transaction that was closed meanwhile finds it marked so.
 */
#include <linux/slab.h>
#include <linux/stringify.h>

#include "nl/nl.h"

static void br_sg_transaction_put(struct br_sg_transaction *txn)
{
	if (!refcount_dec_and_test(&txn->ref))
		return;
	br_sg_config_put(txn->config);
	br_sg_resume_free(txn->resume);
	mutex_destroy(&txn->lock);
	kfree(txn);
}

/* with the netns' lock held; the list's reference is the caller's now */
static void br_sg_transaction_unlink(struct br_sg_net *bn,
				     struct br_sg_transaction *txn)
{
	WRITE_ONCE(txn->closed, true);
	list_del_init(&txn->list);
	bn->transactions.n--;
}

static struct br_sg_transaction *br_sg_transaction_find(struct br_sg_net *bn,
							u32 portid)
{
	struct br_sg_transaction *txn;

	lockdep_assert_held(&bn->transactions.lock);
	list_for_each_entry(txn, &bn->transactions.list, list)
		if (txn->portid == portid)
			return txn;
	return NULL;
}

/*
 * A socket's portid is free for another before br_sg_transaction_release() is
 * called for it: what is left of the old one is dropped here.
 */
static struct br_sg_transaction *br_sg_transaction_mine(struct br_sg_net *bn,
							struct sk_buff *skb)
{
	struct br_sg_transaction *txn;

	txn = br_sg_transaction_find(bn, NETLINK_CB(skb).portid);
	if (txn && txn->sk != NETLINK_CB(skb).sk) {
		br_sg_transaction_unlink(bn, txn);
		br_sg_transaction_put(txn);
		txn = NULL;
	}
	return txn;
}

int br_sg_transaction_open(struct br_sg_net *bn, struct sk_buff *skb,
			   struct br_sg_config *config, u64 base,
			   struct netlink_ext_ack *extack)
{
	struct br_sg_transaction *txn;
	int err = -EBUSY;

	txn = kzalloc(sizeof(*txn), GFP_KERNEL_ACCOUNT);
	if (!txn)
		return -ENOMEM;
	refcount_set(&txn->ref, 1);
	mutex_init(&txn->lock);
	txn->sk = NETLINK_CB(skb).sk;
	txn->portid = NETLINK_CB(skb).portid;
	txn->base = base;

	mutex_lock(&bn->transactions.lock);
	if (br_sg_transaction_mine(bn, skb)) {
		NL_SET_ERR_MSG(extack,
			       "this socket has a transaction: COMMIT or ABORT it before");
		goto err_unlock;
	}
	if (bn->transactions.n >= BR_SG_MAX_CANDIDATES) {
		NL_SET_ERR_MSG(extack,
			       __stringify(BR_SG_MAX_CANDIDATES)
			       " transactions are open in this network namespace: there may be no more");
		goto err_unlock;
	}
	txn->config = config;
	list_add(&txn->list, &bn->transactions.list);
	bn->transactions.n++;
	mutex_unlock(&bn->transactions.lock);
	return 0;

err_unlock:
	mutex_unlock(&bn->transactions.lock);
	br_sg_transaction_put(txn);
	return err;
}

struct br_sg_transaction *br_sg_transaction_lock(struct br_sg_net *bn,
						 struct sk_buff *skb,
						 struct netlink_ext_ack *extack)
{
	struct br_sg_transaction *txn;

	mutex_lock(&bn->transactions.lock);
	txn = br_sg_transaction_mine(bn, skb);
	if (txn)
		refcount_inc(&txn->ref);
	mutex_unlock(&bn->transactions.lock);
	if (!txn)
		goto err_none;

	mutex_lock(&txn->lock);
	if (READ_ONCE(txn->closed)) {
		br_sg_transaction_unlock(txn);
		goto err_none;
	}
	return txn;

err_none:
	NL_SET_ERR_MSG(extack,
		       "no transaction is open on this socket: BEGIN one (a refused message ends it)");
	return ERR_PTR(-EBADFD);
}

void br_sg_transaction_unlock(struct br_sg_transaction *txn)
{
	mutex_unlock(&txn->lock);
	br_sg_transaction_put(txn);
}

void br_sg_transaction_close(struct br_sg_net *bn, struct br_sg_transaction *txn)
{
	bool listed;

	lockdep_assert_held(&txn->lock);
	mutex_lock(&bn->transactions.lock);
	listed = !txn->closed;
	if (listed)
		br_sg_transaction_unlink(bn, txn);
	mutex_unlock(&bn->transactions.lock);
	br_sg_config_put(txn->config);
	txn->config = NULL;
	br_sg_resume_free(txn->resume);
	txn->resume = NULL;
	if (listed)
		br_sg_transaction_put(txn);
}

void br_sg_transaction_release(struct br_sg_net *bn, u32 portid)
{
	struct br_sg_transaction *txn;

	mutex_lock(&bn->transactions.lock);
	txn = br_sg_transaction_find(bn, portid);
	if (txn)
		br_sg_transaction_unlink(bn, txn);
	mutex_unlock(&bn->transactions.lock);
	if (txn)
		br_sg_transaction_put(txn);
}

void br_sg_netlink_net_init(struct br_sg_net *bn)
{
	mutex_init(&bn->transactions.lock);
	INIT_LIST_HEAD(&bn->transactions.list);
	bn->transactions.n = 0;
}

/* a netns goes after its sockets, so that nobody is in a transaction */
void br_sg_netlink_net_exit(struct br_sg_net *bn)
{
	struct br_sg_transaction *txn, *next;

	list_for_each_entry_safe(txn, next, &bn->transactions.list, list) {
		br_sg_transaction_unlink(bn, txn);
		br_sg_transaction_put(txn);
	}
	mutex_destroy(&bn->transactions.lock);
}
