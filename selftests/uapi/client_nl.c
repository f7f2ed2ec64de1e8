// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets: messages there, answers back. */
#include <sys/socket.h>
#include <sys/time.h>

#include "client.h"

int client_family;

void client_open(struct client *c)
{
	struct timeval wait = { .tv_sec = 20 };
	int one = 1, fd;

	memset(c, 0, sizeof(*c));
	c->seq = 1000;
	c->nl = nl_socket_alloc();
	if (!c->nl || nl_connect(c->nl, NETLINK_GENERIC)) {
		printf("Bail out! client: no netlink socket\n");
		exit(1);
	}
	nl_socket_set_buffer_size(c->nl, 1 << 20, 1 << 20);
	fd = nl_socket_get_fd(c->nl);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
}

void client_close(struct client *c)
{
	nl_socket_free(c->nl);
	free(c->a.shown);
	memset(c, 0, sizeof(*c));
}

void client_post_all(struct client *c, struct message *m, unsigned int n)
{
	struct nlmsghdr *nlh;
	size_t size = 0;
	unsigned int i;
	char *buf;
	int ret;

	free(c->a.shown);
	memset(&c->a, 0, sizeof(c->a));
	c->a.shown = strdup("");
	for (i = 0; i < n; i++)
		size += NLMSG_ALIGN(nlmsg_hdr(m[i].nl)->nlmsg_len);
	buf = calloc(1, size);
	for (i = 0, size = 0; i < n; i++) {
		nlh = nlmsg_hdr(m[i].nl);
		nlh->nlmsg_seq = ++c->seq;
		nlh->nlmsg_pid = nl_socket_get_local_port(c->nl);
		memcpy(buf + size, nlh, nlh->nlmsg_len);
		size += n > 1 ? NLMSG_ALIGN(nlh->nlmsg_len) : nlh->nlmsg_len;
	}
	ret = nl_sendto(c->nl, buf, size);
	if (ret < 0)
		note("sending %zu bytes: %s", size, nl_geterror(ret));
	free(buf);
}

void client_post(struct client *c, struct message *m)
{
	client_post_all(c, m, 1);
}

/* the attributes behind an errno */
static void client_extack(struct answer *a, const void *head, int len)
{
	const struct nlattr *at;
	int rem;

	nla_for_each_attr(at, (struct nlattr *)head, len, rem) {
		switch (nla_type(at)) {
		case NLMSGERR_ATTR_MSG:
			snprintf(a->text, sizeof(a->text), "%.*s", nla_len(at),
				 (char *)nla_data(at));
			break;
		case NLMSGERR_ATTR_OFFS:
			a->offset = nla_get_u32(at);
			break;
		case NLMSGERR_ATTR_COOKIE:
			a->has_cookie = nla_len(at) == 8;
			if (a->has_cookie)
				memcpy(&a->cookie, nla_data(at), 8);
			break;
		case NLMSGERR_ATTR_MISS_TYPE:
			a->miss = nla_get_u32(at);
			break;
		case NLMSGERR_ATTR_MISS_NEST:
			a->miss_nest = nla_get_u32(at);
			break;
		}
	}
}

static void client_end(struct answer *a, const struct nlmsghdr *nlh)
{
	int len = nlmsg_datalen(nlh), head = sizeof(int);
	const struct nlmsgerr *e = nlmsg_data(nlh);

	a->err = e->error;
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		head = sizeof(*e);
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			head += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	}
	if ((nlh->nlmsg_flags & NLM_F_ACK_TLVS) && len > head)
		client_extack(a, (char *)nlmsg_data(nlh) + head, len - head);
}

static void client_reply(struct answer *a, const struct nlmsghdr *nlh)
{
	struct nlattr *attr;
	uint64_t generation;
	char *shown = NULL;
	size_t size;
	FILE *to;

	a->messages++;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		a->torn = true;
	attr = nlmsg_find_attr((struct nlmsghdr *)nlh, GENL_HDRLEN,
			       BR_SG_A_GENERATION);
	if (attr) {
		generation = nla_get_u64(attr);
		if (a->has_generation && a->generation != generation)
			a->torn = true;
		a->generation = generation;
		a->has_generation = true;
	} else {
		/* there is none without */
		a->bad = true;
	}
	to = open_memstream(&shown, &size);
	fprintf(to, "%s%s", a->shown, *a->shown ? " " : "");
	message_show(to, nlh, &a->bad);
	fclose(to);
	free(a->shown);
	a->shown = shown;
}

bool client_receive(struct client *c)
{
	struct sockaddr_nl from;
	unsigned char *buf = NULL;
	struct nlmsghdr *nlh;
	bool end = false;
	int len;

	len = nl_recv(c->nl, &from, &buf, NULL);
	if (len <= 0) {
		c->a.err = -ETIMEDOUT;
		return true;
	}
	for (nlh = (struct nlmsghdr *)buf; nlmsg_ok(nlh, len);
	     nlh = nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_seq != c->seq)
			continue;
		if (nlh->nlmsg_type == NLMSG_ERROR ||
		    nlh->nlmsg_type == NLMSG_DONE) {
			client_end(&c->a, nlh);
			end = true;
		} else {
			client_reply(&c->a, nlh);
		}
	}
	free(buf);
	return end;
}

int client_wait(struct client *c)
{
	while (!client_receive(c))
		;
	return c->a.err;
}

int client_send(struct client *c, struct message *m)
{
	client_post(c, m);
	return client_wait(c);
}
