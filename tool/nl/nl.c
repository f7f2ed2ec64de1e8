// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module's generic netlink family: messages out, answers in
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "nl/nl.h"

struct nlmsghdr *nl_new(struct nl *nl, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->out);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = nl->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = ++nl->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = BR_SG_GENL_VERSION;
	return nlh;
}

static void read_extack(struct nl_error *error, const struct nlmsghdr *nlh,
			size_t hlen)
{
	const struct nlattr *attr;

	if (nlh->nlmsg_len < NLMSG_HDRLEN + hlen)
		return;
	mnl_attr_for_each(attr, nlh, hlen) {
		const char *data = mnl_attr_get_payload(attr);
		uint16_t len = mnl_attr_get_payload_len(attr);

		switch (mnl_attr_get_type(attr)) {
		case NLMSGERR_ATTR_MSG:
			snprintf(error->text, sizeof(error->text), "%.*s", (int)len, data);
			break;
		case NLMSGERR_ATTR_OFFS:
			if (len < sizeof(uint32_t))
				break;
			error->offset = mnl_attr_get_u32(attr);
			error->has_offset = true;
			break;
		case NLMSGERR_ATTR_COOKIE:
			if (len < sizeof(uint64_t))
				break;
			error->cookie = mnl_attr_get_u64(attr);
			error->has_cookie = true;
			break;
		}
	}
}

static int read_error(struct nl *nl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t hlen = sizeof(*err);

	memset(&nl->err, 0, sizeof(nl->err));
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err))
		return nl->err.err = EBADMSG;
	nl->err.err = err->error < 0 ? -err->error : err->error;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		hlen += MNL_ALIGN(err->msg.nlmsg_len - NLMSG_HDRLEN);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		read_extack(&nl->err, nlh, hlen);
	return nl->err.err;
}

static int read_done(struct nl *nl, const struct nlmsghdr *nlh)
{
	memset(&nl->err, 0, sizeof(nl->err));
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(int))
		return 0;
	nl->err.err = -*(const int *)mnl_nlmsg_get_payload(nlh);
	if (nl->err.err && (nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		read_extack(&nl->err, nlh, sizeof(int));
	return nl->err.err;
}

static void set_size(struct mnl_socket *sock, int force, int option, int size)
{
	int fd = mnl_socket_get_fd(sock);

	/* in bytes of payload, which the kernel doubles for its own share */
	if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size));
}

/*
 * A socket's buffers begin as large as net.core.wmem_default and rmem_default say,
 * which may be too small for one message of ours, or for an answer and its
 * acknowledgment: the kernel drops what does not fit and nobody is told. Who may
 * configure may have them larger than wmem_max and rmem_max.
 */
static bool open_socket(struct nl *nl)
{
	socklen_t len = sizeof(int);
	int on = 1, size;

	nl->sock = mnl_socket_open(NETLINK_GENERIC);
	if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return false;
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &on, sizeof(on));
	set_size(nl->sock, SO_SNDBUFFORCE, SO_SNDBUF, NL_MSG_ROOM);
	set_size(nl->sock, SO_RCVBUFFORCE, SO_RCVBUF, NL_RECEIVE);
	nl->good = NL_MSG_GOOD;
	if (!getsockopt(mnl_socket_get_fd(nl->sock), SOL_SOCKET, SO_SNDBUF, &size, &len) &&
	    (uint32_t)size < 2 * NL_MSG_GOOD)
		nl->good = size / 2;
	return true;
}

static int sys_error(struct nl *nl)
{
	memset(&nl->err, 0, sizeof(nl->err));
	nl->err.unanswered = true;
	return nl->err.err = errno;
}

/*
 * The kernel had no memory for the acknowledgment and says so before what it
 * sent already; no more will come.
 */
static ssize_t receive(struct nl *nl, bool lost)
{
	if (!lost)
		return mnl_socket_recvfrom(nl->sock, nl->in, NL_MSG_ROOM);
	return recv(mnl_socket_get_fd(nl->sock), nl->in, NL_MSG_ROOM, MSG_DONTWAIT);
}

static bool reopen(struct nl *nl)
{
	mnl_socket_close(nl->sock);
	return open_socket(nl);
}

/* Sends a request and hands its replies on until the acknowledgment or the dump's end */
int nl_call(struct nl *nl, struct nlmsghdr *nlh, nl_reply reply, void *data)
{
	unsigned int portid = mnl_socket_get_portid(nl->sock);
	bool dump = (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	uint32_t seq = nlh->nlmsg_seq;
	bool interrupted = false, lost = false;

	if (dump)
		nlh->nlmsg_flags &= ~NLM_F_ACK;
	if (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		return sys_error(nl);
	for (;;) {
		ssize_t got = receive(nl, lost);
		const struct nlmsghdr *msg = (const struct nlmsghdr *)nl->in;
		int left = got;

		if (got < 0) {
			if (errno == EINTR)
				continue;
			if (errno == ENOBUFS && !dump && !lost) {
				lost = true;
				continue;
			}
			if (lost)
				errno = ENOBUFS;
			sys_error(nl);
			/* a dump that has lost a message may never go on, nor end */
			if (dump && nl->err.err == ENOBUFS && !reopen(nl))
				return sys_error(nl);
			return nl->err.err;
		}
		for (; mnl_nlmsg_ok(msg, left); msg = mnl_nlmsg_next(msg, &left)) {
			int rc;

			if (msg->nlmsg_seq != seq || msg->nlmsg_pid != portid)
				continue;
			if (dump && (msg->nlmsg_flags & NLM_F_DUMP_INTR))
				interrupted = true;
			if (msg->nlmsg_type == NLMSG_ERROR)
				return read_error(nl, msg);
			if (msg->nlmsg_type == NLMSG_DONE) {
				rc = read_done(nl, msg);
				return rc ? rc : interrupted ? EINTR : 0;
			}
			if (msg->nlmsg_type >= NLMSG_MIN_TYPE && reply &&
			    msg->nlmsg_len >= NLMSG_HDRLEN + GENL_HDRLEN)
				reply(msg, data);
		}
	}
}

static void got_groups(struct nl *nl, const struct nlattr *groups)
{
	const struct nlattr *group, *attr;

	mnl_attr_for_each_nested(group, groups) {
		const char *name = "";
		uint32_t id = 0;

		mnl_attr_for_each_nested(attr, group) {
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
				name = mnl_attr_get_str(attr);
			else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				id = mnl_attr_get_u32(attr);
		}
		if (!strcmp(name, BR_SG_MCGRP_CONFIG))
			nl->config_group = id;
		else if (!strcmp(name, BR_SG_MCGRP_EVENTS))
			nl->events_group = id;
	}
}

static void got_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	struct nl *nl = data;
	bool ours = false;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_NAME)
			ours = !strcmp(mnl_attr_get_str(attr), BR_SG_GENL_NAME);
	if (!ours)
		return;
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			nl->family = mnl_attr_get_u16(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_VERSION)
			nl->version = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			got_groups(nl, attr);
	}
}

/*
 * Finds the family. One that does not fit is in nl->family and nl->version all
 * the same.
 */
int nl_open(struct nl *nl, const char *netns, enum nl_how how)
{
	struct nlmsghdr *nlh;
	int rc;

	memset(nl, 0, sizeof(*nl));
	nl->netns = netns;
	/* both in one, for which calloc takes new pages: it touches none of them */
	nl->in = xcalloc(2, NL_MSG_ROOM);
	nl->out = nl->in + NL_MSG_ROOM;
	if (!open_socket(nl)) {
		err_plain("generic netlink: %s", strerror(errno));
		return RC_NO_MODULE;
	}

	nlh = nl_new(nl, CTRL_CMD_GETFAMILY, how == NL_LOAD ? 0 : NLM_F_DUMP);
	nlh->nlmsg_type = GENL_ID_CTRL;
	if (how == NL_LOAD)
		mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, BR_SG_GENL_NAME);
	rc = nl_call(nl, nlh, got_family, nl);
	if (rc || !nl->family) {
		if (how == NL_QUIET)
			return RC_NO_MODULE;
		if (rc && rc != ENOENT)
			err_plain("generic netlink: %s", strerror(rc));
		else if (netns)
			err_plain("module br_sg is not loaded (netns %s): run modprobe br_sg; dkms status br_sg",
				  netns);
		else
			err_plain("module br_sg is not loaded: run modprobe br_sg; dkms status br_sg");
		return RC_NO_MODULE;
	}
	if (nl->version != BR_SG_GENL_VERSION) {
		err_plain("module br_sg speaks version %u of its netlink family and sgctl %s version %u: update the %s",
			  nl->version, SGCTL_VERSION, BR_SG_GENL_VERSION,
			  nl->version > BR_SG_GENL_VERSION ? "tool" : "module");
		return RC_NO_MODULE;
	}
	return RC_OK;
}

void nl_close(struct nl *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl->in);
	memset(nl, 0, sizeof(*nl));
}

/* Says what nl->err holds, at the command's position */
int nl_fail(struct nl *nl, struct input *in, const char *what)
{
	const char *text = *nl->err.text ? nl->err.text : strerror(nl->err.err);

	if (nl->err.err == EPERM) {
		err_src(in, 0, NULL,
			"%s: no permission: sgctl needs CAP_NET_ADMIN in the initial user namespace",
			what);
		return RC_NO_MODULE;
	}
	if (nl->err.err == EOPNOTSUPP) {
		err_src(in, 0, NULL,
			"%s: the loaded module is older than sgctl and does not know this: update it",
			what);
		return RC_NO_MODULE;
	}
	if (nl->err.err == EINTR) {
		err_src(in, 0, NULL,
			"%s: the configuration changed while it was read, %u times: try again",
			what, NL_TRIES);
		return RC_INCONSISTENT;
	}
	if (nl->err.unanswered && nl->err.err == ENOBUFS) {
		err_src(in, 0, NULL, "%s: the kernel's answer is lost each time: it had no memory for it",
			what);
		return RC_REFUSED;
	}
	err_src(in, 0, NULL, "%s: %s", what, text);
	return RC_REFUSED;
}
