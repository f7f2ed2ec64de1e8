// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What drops every frame of the ports while no module does
 *
 * A table of nftables that is set before the module lets go and removed when the
 * next one holds. Its chains come before conntrack and everything else, so that
 * it neither makes entries nor moves the state of those there are:
 *
 *	prerouting	what a port sends; what is sent to the MAC of a port
 *	input, forward	what a port sends, once more: a frame may have been past
 *			prerouting when the table came
 *	forward, output, postrouting	what a port would receive
 *
 * A pattern holds bridge ports that are not there yet, so the bridge family has
 * it all. The netdev table stops what the ports there are send at their devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nft/blocker.h"

#define PRIORITY	(-400)
#define DEVICES_PER_CHAIN 256		/* nftables has no more */
/* A table is made so that there is one to be deleted */
#define REMOVE_BRIDGE	"table bridge " BLOCKER "\ndelete table bridge " BLOCKER "\n"
#define REMOVE_NETDEV	"table netdev " BLOCKER "\ndelete table netdev " BLOCKER "\n"

static void child(const char *program, char *const argv[], int in, bool quiet)
{
	if (dup2(in, STDIN_FILENO) < 0)
		_exit(127);
	/* data of theirs is not data of ours */
	if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(127);
	if (quiet && !freopen("/dev/null", "w", stderr))
		_exit(127);
	if (quiet)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(program, argv);
	_exit(errno == ENOENT ? 127 : 126);
}

int run_program(const char *input, bool quiet, const char *program, ...)
{
	char *argv[8] = { (char *)program };
	size_t len = strlen(input), done = 0;
	int fds[2], status, i;
	ssize_t n = 0;
	va_list ap;
	pid_t pid;

	va_start(ap, program);
	for (i = 1; i < 7 && (argv[i] = va_arg(ap, char *)); i++)
		;
	va_end(ap);
	argv[i] = NULL;
	if (pipe2(fds, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid)
		child(program, argv, fds[0], quiet);
	close(fds[0]);
	while (pid > 0 && done < len) {
		n = write(fds[1], input + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
	}
	close(fds[1]);
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* nft's own characters are none of these; a pattern of it ends in its only * */
static const char plain[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:@+-";

/* "iifname NAME ": what this matches, or more */
static bool put_match(FILE *f, const char *key, const char *pattern)
{
	size_t n = strspn(pattern, plain), len = strlen(pattern);
	bool exact = n == len || (n == len - 1 && pattern[n] == '*');

	if (n > 14 && (exact ? len > 15 : true)) {
		n = 14;
		exact = false;
	}
	if (n == len && exact)
		fprintf(f, "\t\t%s \"%s\" ", key, pattern);
	else if (n)
		fprintf(f, "\t\t%s \"%.*s*\" ", key, (int)n, pattern);
	else
		fprintf(f, "\t\t");
	return exact;
}

static unsigned int literal(const char *pattern)
{
	unsigned int n = 0;

	for (; *pattern; pattern++)
		n += *pattern != '*' && *pattern != '?';
	return n;
}

/* As the module decides: the most literal first, of equals drop */
static int by_precedence(const void *a, const void *b)
{
	const struct defpat *x = *(struct defpat *const *)a, *y = *(struct defpat *const *)b;
	unsigned int n = literal(x->pattern), m = literal(y->pattern);

	if (n != m)
		return n > m ? -1 : 1;
	return (int)y->verdict - (int)x->verdict;
}

static bool in_set(const char *dev)
{
	return strspn(dev, plain) == strlen(dev);
}

/* A chain that is asked for a frame's device, on the way in or out */
static void put_devices(FILE *f, const struct conf *conf, const struct resume *resume,
			struct defpat **defaults, const char *chain, const char *key)
{
	size_t i;

	fprintf(f, "\tchain %s {\n\t\t%s @ports counter drop\n", chain, key);
	for (i = 0; i < conf->ports.n; i++)
		if (!in_set(conf->ports.v[i]->dev)) {
			put_match(f, key, conf->ports.v[i]->dev);
			fprintf(f, "counter drop\n");
		}
	for (i = 0; i < resume->bindings.n; i++)
		if (!in_set(resume->bindings.v[i].dev)) {
			put_match(f, key, resume->bindings.v[i].dev);
			fprintf(f, "counter drop\n");
		}
	for (i = 0; i < conf->defaults.n; i++) {
		bool drop = defaults[i]->verdict == BR_SG_DEFAULT_DROP;
		char *line = NULL;
		size_t size;
		FILE *one = open_memstream(&line, &size);
		bool exact = put_match(one, key, defaults[i]->pattern);

		fclose(one);
		/* what is let through must be no more than the pattern says */
		if (drop || exact)
			fprintf(f, "%s%s\n", line, drop ? "counter drop" : "return");
		free(line);
	}
	fprintf(f, "\t}\n");
}

static void put_set_dev(FILE *f, const char *dev, bool *some)
{
	if (!in_set(dev))
		return;
	fprintf(f, "%s\"%s\"", *some ? ", " : "\t\telements = { ", dev);
	*some = true;
}

static void put_ports(FILE *f, const struct conf *conf, const struct resume *resume)
{
	struct names seen = { 0 };
	bool some = false;
	size_t i;

	fprintf(f, "\tset ports {\n\t\ttype ifname\n");
	for (i = 0; i < conf->ports.n; i++) {
		names_put(&seen, conf->ports.v[i]->dev, conf->ports.v[i]);
		put_set_dev(f, conf->ports.v[i]->dev, &some);
	}
	for (i = 0; i < resume->bindings.n; i++)
		if (!names_get(&seen, resume->bindings.v[i].dev))
			put_set_dev(f, resume->bindings.v[i].dev, &some);
	fprintf(f, "%s\t}\n", some ? " }\n" : "");
	names_free(&seen);
}

static void put_mac(FILE *f, const uint8_t *mac, bool *some)
{
	char buf[MAC_TEXT];

	fprintf(f, "%s%s", *some ? ", " : "\t\telements = { ", mac_text(mac, buf));
	*some = true;
}

static int mac_cmp(const void *a, const void *b)
{
	return memcmp(a, b, 6);
}

static void put_macs(FILE *f, const struct conf *conf)
{
	VEC(struct { uint8_t b[6]; }) macs = { 0 };
	bool some = false;
	size_t i, k;

	for (i = 0; i < conf->ports.n; i++) {
		const struct port *port = conf->ports.v[i];

		if (port->has_mac)
			memcpy(vec_push(&macs)->b, port->mac, 6);
		for (k = 0; k < port->pairs.n; k++)
			if (port->pairs.v[k].has_mac)
				memcpy(vec_push(&macs)->b, port->pairs.v[k].mac, 6);
	}
	if (macs.n)
		qsort(macs.v, macs.n, sizeof(*macs.v), mac_cmp);
	fprintf(f, "\tset macs {\n\t\ttype ether_addr\n");
	for (i = 0; i < macs.n; i++)
		if (!i || mac_cmp(macs.v[i].b, macs.v[i - 1].b))
			put_mac(f, macs.v[i].b, &some);
	fprintf(f, "%s\t}\n", some ? " }\n" : "");
	vec_free(&macs);
}

static void put_hook(FILE *f, const char *hook, const char *rules)
{
	fprintf(f, "\tchain %s {\n\t\ttype filter hook %s priority %d;\n%s\t}\n", hook, hook,
		PRIORITY, rules);
}

char *blocker_script(const struct conf *conf, const struct resume *resume)
{
	struct defpat **defaults;
	bool guards = conf->ports.n || resume->bindings.n;
	char *script = NULL;
	size_t i, size;
	FILE *f;

	for (i = 0; i < conf->defaults.n; i++)
		guards |= conf->defaults.v[i]->verdict == BR_SG_DEFAULT_DROP;
	if (!guards)
		return xstrdup("");
	defaults = xcalloc(conf->defaults.n + 1, sizeof(*defaults));
	if (conf->defaults.n) {
		memcpy(defaults, conf->defaults.v, conf->defaults.n * sizeof(*defaults));
		qsort(defaults, conf->defaults.n, sizeof(*defaults), by_precedence);
	}
	f = open_memstream(&script, &size);
	fprintf(f, REMOVE_BRIDGE "table bridge " BLOCKER " {\n");
	put_ports(f, conf, resume);
	put_macs(f, conf);
	put_devices(f, conf, resume, defaults, "from", "iifname");
	put_devices(f, conf, resume, defaults, "to", "oifname");
	put_hook(f, "prerouting", "\t\tjump from\n\t\tether daddr @macs counter drop\n");
	put_hook(f, "input", "\t\tjump from\n");
	put_hook(f, "forward", "\t\tjump from\n\t\tjump to\n");
	put_hook(f, "output", "\t\tjump to\n");
	put_hook(f, "postrouting", "\t\tjump to\n");
	fprintf(f, "}\n");
	fclose(f);
	free(defaults);
	return script;
}

#define INGRESS		"type filter hook ingress devices = { "
#define INGRESS_END	" } priority -500; policy drop;\n\t}\n"

/* Those that are there; "" for none */
static char *netdev_script(const struct resume *resume)
{
	char name[IF_NAMESIZE], *script = NULL;
	size_t i, size, n = 0;
	FILE *f;

	f = open_memstream(&script, &size);
	for (i = 0; i < resume->bindings.n; i++) {
		const struct binding *binding = &resume->bindings.v[i];

		if (!in_set(binding->dev) || !if_indextoname(binding->ifindex, name) ||
		    strcmp(name, binding->dev))
			continue;
		if (!n)
			fprintf(f, REMOVE_NETDEV "table netdev " BLOCKER " {\n");
		if (n % DEVICES_PER_CHAIN)
			fprintf(f, ", ");
		else
			fprintf(f, "%s\tchain ingress%zu {\n\t\t" INGRESS, n ? INGRESS_END : "",
				n / DEVICES_PER_CHAIN);
		fprintf(f, "\"%s\"", name);
		n++;
	}
	if (n)
		fprintf(f, INGRESS_END "}\n");
	fclose(f);
	return script;
}

bool blocker_there(void)
{
	return !run_program("", true, "nft", "list", "table", "bridge", BLOCKER, NULL);
}

static int refuse_to_block(const char *why)
{
	err_plain("the ports cannot be blocked meanwhile: %s; nothing was changed", why);
	return RC_REFUSED;
}

int blocker_check(const char *script)
{
	int rc = run_program(script, false, "nft", "-c", "-f", "-", NULL);

	if (!rc)
		return RC_OK;
	if (rc == 127)
		return refuse_to_block("the program nft is not there: apt install nftables");
	return refuse_to_block("nft refuses, see its message");
}

int blocker_set(const char *script, const struct resume *resume)
{
	char *netdev;

	if (run_program(script, false, "nft", "-f", "-", NULL))
		return refuse_to_block("nft refuses, see its message");
	/* A device may go at any moment, and the first table holds without it */
	netdev = netdev_script(resume);
	if (*netdev && run_program(netdev, true, "nft", "-f", "-", NULL))
		fprintf(stderr, "no table netdev " BLOCKER ": that of bridge blocks the ports\n");
	free(netdev);
	return RC_OK;
}

int blocker_remove(void)
{
	if (!run_program(REMOVE_NETDEV REMOVE_BRIDGE, false,
			 "nft", "-f", "-", NULL))
		return RC_OK;
	err_plain("the ports are guarded, but nftables still drops all their frames: nft delete table %s; nft delete table %s",
		  "netdev " BLOCKER, "bridge " BLOCKER);
	return RC_REFUSED;
}

/*
 * A packet goes on by the hooks that it met, whichever are there by now. This
 * waits for all that are on their way, with synchronize_rcu(); where that is
 * not to be had (nohz_full), long enough.
 */
void packets_settle(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(100000);
}
