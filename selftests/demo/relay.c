// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * relay TAP NETNS DEVICE MAC: a virtual machine's network card
 *
 * What QEMU does between a tap of the host and the guest: TAP is made in this
 * network namespace, DEVICE with MAC in the one of the path NETNS, and each
 * frame that comes out of one goes into the other, until killed.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int tap_open(const char *name, const char *mac)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	unsigned char *a = (unsigned char *)ifr.ifr_hwaddr.sa_data;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	if (fd < 0)
		err(1, "/dev/net/tun");
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &ifr))
		err(1, "tap %s", name);
	if (!mac)
		return fd;
	ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	if (sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", a, a + 1, a + 2, a + 3,
		   a + 4, a + 5) != 6)
		errx(1, "not a MAC: %s", mac);
	if (ioctl(fd, SIOCSIFHWADDR, &ifr))
		err(1, "MAC of %s", name);
	return fd;
}

static void pass(int from, int to)
{
	static char frame[65536];
	ssize_t n;

	while ((n = read(from, frame, sizeof(frame))) > 0)
		/* a device that is down takes none, as a cable without a plug */
		if (write(to, frame, n) < 0)
			continue;
}

int main(int argc, char **argv)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int ns;

	if (argc != 5)
		errx(1, "usage: relay TAP NETNS DEVICE MAC");
	fds[0].fd = tap_open(argv[1], NULL);
	ns = open(argv[2], O_RDONLY);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		err(1, "%s", argv[2]);
	fds[1].fd = tap_open(argv[3], argv[4]);
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			err(1, "poll");
		pass(fds[0].fd, fds[1].fd);
		pass(fds[1].fd, fds[0].fd);
	}
}
