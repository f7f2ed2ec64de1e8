// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD=inside.so INSIDE=FILE COMMAND...: how long a command is inside the
 * kernel on behalf of its sockets. A line of FILE for each kind of netlink message
 * that it sent, with what it then read in answer:
 *
 *	nlmsg_type command messages nanoseconds nanoseconds-of-answers
 *
 * where "command" is that of the generic netlink header, if it is one. A line of
 * type 0 is what it takes to close the sockets, by which the kernel frees what it
 * kept for them. What the command does itself, and to start it, is in none of them.
 */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define KINDS 64

static struct kind {
	unsigned int type, cmd, n;
	long long sent, answered;
} kinds[KINDS];

static struct kind *last = kinds;

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* the kind of a message; those that find no room share the last place */
static struct kind *kind_of(const void *data, size_t len)
{
	const struct nlmsghdr *nlh = data;
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	unsigned int type, cmd = 0;
	struct kind *k;

	if (len < sizeof(*nlh))
		return kinds;
	type = nlh->nlmsg_type;
	if (type >= NLMSG_MIN_TYPE && len >= NLMSG_LENGTH(sizeof(*genl)))
		cmd = genl->cmd;
	for (k = kinds + 1; k < kinds + KINDS - 1 && k->n; k++)
		if (k->type == type && k->cmd == cmd)
			break;
	k->type = type;
	k->cmd = cmd;
	k->n++;
	return k;
}

ssize_t sendto(int fd, const void *buf, size_t len, int flags,
	       const struct sockaddr *to, socklen_t to_len)
{
	long long start;
	ssize_t rc;

	last = kind_of(buf, len);
	start = now();
	rc = syscall(SYS_sendto, fd, buf, len, flags, to, to_len);
	last->sent += now() - start;
	return rc;
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	return sendto(fd, buf, len, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	const struct iovec *iov = msg->msg_iov;
	long long start;
	ssize_t rc;

	last = msg->msg_iovlen ? kind_of(iov->iov_base, iov->iov_len) : kinds;
	start = now();
	rc = syscall(SYS_sendmsg, fd, msg, flags);
	last->sent += now() - start;
	return rc;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	long long start = now();
	ssize_t rc = syscall(SYS_recvmsg, fd, msg, flags);

	last->answered += now() - start;
	return rc;
}

ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from,
		 socklen_t *from_len)
{
	long long start = now();
	ssize_t rc = syscall(SYS_recvfrom, fd, buf, len, flags, from, from_len);

	last->answered += now() - start;
	return rc;
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	return recvfrom(fd, buf, len, flags, NULL, NULL);
}

int close(int fd)
{
	long long start;
	struct stat st;
	int rc;

	if (fstat(fd, &st) || !S_ISSOCK(st.st_mode))
		return syscall(SYS_close, fd);
	start = now();
	rc = syscall(SYS_close, fd);
	kinds->sent += now() - start;
	return rc;
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("INSIDE");
	FILE *f = path ? fopen(path, "w") : NULL;
	const struct kind *k;

	if (!f)
		return;
	for (k = kinds; k < kinds + KINDS; k++)
		if (k->n || k->sent)
			fprintf(f, "%u %u %u %lld %lld\n", k->type, k->cmd, k->n,
				k->sent, k->answered);
	fclose(f);
}
