// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD=failnth.so FAIL_NTH=COMMANDS,RESULTS COMMAND
 *
 * The Nth allocation that the kernel makes for COMMAND's netlink calls fails, and
 * none of those for its own pages or its start: the count runs in the calls below
 * only. Before main() this waits for a struct order at the file descriptor
 * COMMANDS, runs COMMAND in a child and answers with a struct result at RESULTS,
 * until there are no more: starting a program is what takes long in a debug kernel.
 * Standard input, output and error are files, which each child begins anew.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct order {
	int n;
};

struct result {
	int status;	/* as wait() has it */
	int left;	/* how many allocations were missing; 0: one has failed */
};

static int control = -1;
static int *left;
static int counting;

static void die(const char *what)
{
	perror(what);
	_exit(99);
}

static void begin_anew(void)
{
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (lseek(fd, 0, SEEK_SET) || (fd && ftruncate(fd, 0)))
			die("lseek");
	control = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (control < 0)
		die("/proc/thread-self/fail-nth");
	/* the programs that COMMAND calls run as they are */
	unsetenv("FAIL_NTH");
	signal(SIGTERM, SIG_DFL);
}

__attribute__((constructor)) static void serve(void)
{
	const char *fds = getenv("FAIL_NTH");
	struct result result;
	struct order order;
	int in, out;
	pid_t pid;

	if (!fds || sscanf(fds, "%d,%d", &in, &out) != 2)
		return;
	left = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (left == MAP_FAILED)
		die("mmap");
	/* so that who ends a COMMAND without an end can do so by the process group */
	signal(SIGTERM, SIG_IGN);
	while (read(in, &order, sizeof(order)) == sizeof(order)) {
		*left = order.n;
		pid = fork();
		if (pid < 0)
			die("fork");
		if (!pid) {
			close(in);
			close(out);
			begin_anew();
			return;
		}
		if (waitpid(pid, &result.status, 0) != pid)
			die("waitpid");
		result.left = *left;
		if (write(out, &result, sizeof(result)) != sizeof(result))
			die("write");
	}
	_exit(0);
}

static void count_on(int fd)
{
	int domain = 0, n;
	socklen_t len = sizeof(domain);
	char text[24];

	if (control < 0 || !*left || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) ||
	    domain != AF_NETLINK)
		return;
	n = snprintf(text, sizeof(text), "%d", *left);
	if (pwrite(control, text, n, 0) != n)
		die("fail-nth");
	counting = 1;
}

/* what it is when the call is over: 0 when it has fired */
static void count_off(void)
{
	char text[24] = "";
	int saved = errno;

	if (!counting)
		return;
	if (pread(control, text, sizeof(text) - 1, 0) <= 0)
		die("fail-nth");
	*left = atoi(text);
	if (pwrite(control, "0", 1, 0) != 1)
		die("fail-nth");
	counting = 0;
	errno = saved;
}

static long call(int fd, long number, long a, long b, long c, long d, long e)
{
	long ret;

	count_on(fd);
	ret = syscall(number, fd, a, b, c, d, e);
	count_off();
	return ret;
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return call(fd, SYS_bind, (long)addr, len, 0, 0, 0);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return call(fd, SYS_setsockopt, level, name, (long)value, len, 0);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
	       socklen_t len)
{
	return call(fd, SYS_sendto, (long)data, size, flags, (long)to, len);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return call(fd, SYS_sendmsg, (long)msg, flags, 0, 0, 0);
}

/*
 * Who is ended while it waits must not be counting: what the kernel frees then may
 * be of the folder that the VM shares with its host, which does not get over it.
 */
static void wait_for(int fd, int flags)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	/* not in a program that COMMAND calls: its sockets may not block */
	if (control >= 0 && !(flags & MSG_DONTWAIT))
		while (poll(&p, 1, -1) < 0 && errno == EINTR)
			;
}

/* the room is there before, so that no page of it is counted */
ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	size_t i;

	for (i = 0; i < msg->msg_iovlen; i++)
		memset(msg->msg_iov[i].iov_base, 0, msg->msg_iov[i].iov_len);
	wait_for(fd, flags);
	return call(fd, SYS_recvmsg, (long)msg, flags, 0, 0, 0);
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
	memset(data, 0, size);
	wait_for(fd, flags);
	return call(fd, SYS_recvfrom, (long)data, size, flags, 0, 0);
}

int close(int fd)
{
	return call(fd, SYS_close, 0, 0, 0, 0, 0);
}
