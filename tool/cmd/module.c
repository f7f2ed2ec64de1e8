// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A new version of the module under running machines
 *
 *	read	configuration, serials, zones, parameters: to a file under /run
 *	block	nftables drops every frame of the ports, before conntrack
 *	flush	the module lets go
 *	remove, load
 *	apply	the file, serials and zones with it
 *	unblock
 *
 * Whatever is killed or fails in between leaves the ports guarded or blocked,
 * and the file: upgrade again, or resume, goes on from there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nft/blocker.h"
#include "cmd/cmd.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE	71
#endif

#define RUN		"/run/br_sg"
#define MODULE		"/sys/module/br_sg"
#define BUSY_TRIES	20		/* a dump under way holds the module too */
#define BUSY_WAIT	50000		/* us between them */

struct upgrade {
	struct ctx *ctx;
	const char *file;		/* NULL: modprobe */
	int fd;				/* of file */
	bool reload;
	char state[64];			/* the file under /run */
	struct conf want;		/* what is in it */
	struct input in;		/* its lines */
	struct resume resume;
	char *script;			/* of the blocker; "": nothing is guarded */
	char version[BR_SG_VERSION_MAX + 1];	/* of the module now */
	struct timespec blocked;	/* since when; 0: not by us */
	bool touched;			/* what is in force may not be what was */
};

static bool module_there(void)
{
	return !access(MODULE, F_OK);
}

static unsigned int module_users(void)
{
	unsigned int n = 0;
	FILE *f;

	f = fopen(MODULE "/refcnt", "r");
	if (f && fscanf(f, "%u", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

/* Asking for the family would have the kernel load the module that is installed */
static int module_open(struct upgrade *u)
{
	nl_close(&u->ctx->nl);
	u->ctx->nl_ready = true;
	return nl_open(&u->ctx->nl, u->ctx->netns, NL_LOAD);
}

static int state_path(struct upgrade *u)
{
	socklen_t len = sizeof(uint64_t);
	uint64_t cookie = 0;
	int fd;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len)) {
		err_plain("the cookie of the network namespace: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return RC_REFUSED;
	}
	close(fd);
	snprintf(u->state, sizeof(u->state), RUN "/upgrade-%ju.conf", (uintmax_t)cookie);
	return RC_OK;
}

/* One at a time, of all network namespaces: the module is everybody's */
static int upgrade_lock(bool wait)
{
	int fd;

	if (mkdir(RUN, 0700) && errno != EEXIST)
		goto err;
	fd = open(RUN "/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		goto err;
	if (!flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)))
		return RC_OK;
	if (errno == EWOULDBLOCK)
		err_plain("another sgctl upgrades the module: nothing was changed");
	else
		err_plain(RUN "/lock: %s", strerror(errno));
	return RC_REFUSED;
err:
	err_plain(RUN ": %s", strerror(errno));
	return errno == EACCES || errno == EPERM ? RC_NO_MODULE : RC_REFUSED;
}

static bool conf_empty(const struct conf *conf)
{
	return !conf->ports.n && !conf->defaults.n && !conf->groups.n && !conf->sets.n;
}

/* Is all that "conf" guards guarded by "by", too? */
static bool conf_covers(const struct conf *by, const struct conf *conf)
{
	const struct defpat *found;
	size_t i;

	for (i = 0; i < conf->ports.n; i++)
		if (!names_get(&by->port_names, conf->ports.v[i]->dev))
			return false;
	for (i = 0; i < conf->defaults.n; i++) {
		if (conf->defaults.v[i]->verdict != BR_SG_DEFAULT_DROP)
			continue;
		found = names_get(&by->default_names, conf->defaults.v[i]->pattern);
		if (!found || found->verdict != BR_SG_DEFAULT_DROP)
			return false;
	}
	return true;
}

/* Names the network namespaces that have something configured, as far as they have names */
static void name_users(const struct upgrade *u, char *buf, size_t size)
{
	struct status status = { 0 };
	struct nl nl = { 0 };
	struct dirent *entry;
	int own, fd;
	DIR *dir;

	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	dir = opendir("/run/netns");
	*buf = '\0';
	while (dir && own >= 0 && (entry = readdir(dir))) {
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
		if (*entry->d_name != '.' && fd >= 0 &&
		    (!u->ctx->netns || strcmp(entry->d_name, u->ctx->netns)) &&
		    !setns(fd, CLONE_NEWNET)) {
			if (!nl_open(&nl, NULL, NL_QUIET) &&
			    !nl_call(&nl, nl_new(&nl, BR_SG_CMD_STATUS_GET, 0), nl_got_status,
				     &status) && (status.ports || status.defaults))
				snprintf(buf + strlen(buf), size - strlen(buf), " %s",
					 entry->d_name);
			nl_close(&nl);
			status_free(&status);
			memset(&status, 0, sizeof(status));
		}
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
	if (own >= 0 && setns(own, CLONE_NEWNET))
		exit(err_plain("network namespace: %s", strerror(errno)));
	if (own >= 0)
		close(own);
}

/* The module goes when we let go of it, or not at all */
static int check_users(struct upgrade *u, const struct conf *have)
{
	unsigned int ours = have->ports.n || have->defaults.n, i;
	char names[400];

	for (i = 0; i < BUSY_TRIES && module_users() > ours; i++)
		usleep(BUSY_WAIT);
	if (module_users() <= ours)
		return RC_OK;
	name_users(u, names, sizeof(names));
	err_plain("another network namespace holds the module (%u):%s; nothing was changed; empty it there (sgctl -n NETNS save, flush) and apply it again afterwards",
		  module_users() - ours, *names ? names : " one without a name in /run/netns");
	return RC_REFUSED;
}

/* What would not be taken is said while the old module is there */
static int check_file(struct upgrade *u)
{
	static const char magic[] = "vermagic=";
	const char *text = MAP_FAILED, *at, *why = NULL;
	struct utsname kernel;
	struct stat st;
	size_t len = 0;

	if (!u->file)
		return RC_OK;
	u->fd = open(u->file, O_RDONLY | O_CLOEXEC);
	if (u->fd < 0 || fstat(u->fd, &st) || uname(&kernel)) {
		err_plain("%s: %s: nothing was changed", u->file, strerror(errno));
		return RC_USAGE;
	}
	if (S_ISREG(st.st_mode) && st.st_size)
		text = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, u->fd, 0);
	if (text == MAP_FAILED) {
		why = "it is no file of a module";
	} else {
		len = strlen(kernel.release);
		at = memmem(text, st.st_size, magic, strlen(magic));
		if (memcmp(text, "\177ELF", st.st_size < 4 ? st.st_size : 4) ||
		    !memmem(text, st.st_size, "name=br_sg", 11))
			why = "it is not br_sg.ko, or packed: unpack it";
		else if (!at || (size_t)(text + st.st_size - at) < strlen(magic) + len + 1 ||
			 strncmp(at + strlen(magic), kernel.release, len) ||
			 at[strlen(magic) + len] != ' ')
			why = "it was built for another kernel";
		munmap((void *)text, st.st_size);
	}
	if (!why)
		return RC_OK;
	err_plain("%s: %s: nothing was changed", u->file, why);
	return RC_REFUSED;
}

static void upgrade_forget(struct upgrade *u)
{
	conf_free(&u->want);
	input_close(&u->in);
	resume_free(&u->resume);
	free(u->script);
	u->script = NULL;
}

/* What is in force, to the file and back: it is the file that will be applied */
static int keep_state(struct upgrade *u, struct conf *have, struct resume *resume)
{
	struct changes changes = { 0 };
	int rc;

	rc = state_write(u->state, have, resume);
	if (rc)
		return rc;
	upgrade_forget(u);
	rc = state_read(u->state, &u->want, &u->in, &u->resume);
	if (!rc) {
		conf_diff(&changes, have, &u->want);
		if (changes.n)
			rc = err_plain("%s is not what is in force: nothing was changed", u->state);
	}
	changes_free(&changes);
	u->script = blocker_script(&u->want, &u->resume);
	return rc ? RC_REFUSED : RC_OK;
}

/*
 * What to restore: what is in force, or, after an upgrade that was broken off,
 * what the file says; unless somebody has put all of that in force already.
 */
static int take_state(struct upgrade *u, bool unfinished, struct conf *have)
{
	struct resume resume = { 0 };
	bool live;
	int rc;

	if (unfinished) {
		rc = state_read(u->state, &u->want, &u->in, &u->resume);
		if (rc) {
			err_plain("the ports stay blocked; to begin without the file: sgctl apply FILE, rm %s, nft delete table %s, nft delete table %s",
				  u->state, "bridge " BLOCKER, "netdev " BLOCKER);
			return RC_REFUSED;
		}
		u->script = blocker_script(&u->want, &u->resume);
		live = !conf_empty(have) && (conf_covers(have, &u->want) || !blocker_there());
		fprintf(stderr, "going on with the upgrade that was broken off, with %s\n",
			live ? "what is in force" : u->state);
		if (!live)
			return RC_OK;
	}
	rc = resume_read(&u->ctx->nl, &resume, &u->ctx->in);
	if (!rc)
		rc = keep_state(u, have, &resume);
	resume_free(&resume);
	return rc;
}

static int flush(struct upgrade *u, const struct conf *have)
{
	struct commit commit = { .has_generation = true, .generation = have->generation };
	struct changes changes = { 0 };
	int rc;

	if (conf_empty(have))
		return RC_OK;
	change_add(&changes, OBJ_ALL, ACT_DEL, NULL, 0);
	rc = nl_commit(&u->ctx->nl, &changes, &commit, &u->ctx->in);
	nl_let_signals();
	changes_free(&changes);
	return rc;
}

static int block(struct upgrade *u)
{
	struct timespec now = { 0 };
	int rc;

	if (!*u->script)
		return RC_OK;
	if (!u->blocked.tv_sec)
		clock_gettime(CLOCK_MONOTONIC, &now);
	rc = blocker_set(u->script, &u->resume);
	if (rc)
		return rc;
	if (!u->blocked.tv_sec)
		u->blocked = now;
	packets_settle();
	return RC_OK;
}

static int module_remove(void)
{
	unsigned int i;

	for (i = 0; module_there(); i++) {
		if (!syscall(SYS_delete_module, "br_sg", O_NONBLOCK) || errno == ENOENT)
			return RC_OK;
		if (i == BUSY_TRIES || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EBUSY))
			return err_plain("module br_sg: it cannot be removed: %s", strerror(errno));
		usleep(BUSY_WAIT);
	}
	return RC_OK;
}

/* Somebody who asks for the family has the installed one loaded meanwhile */
static int load_file(struct upgrade *u)
{
	unsigned int i;

	for (i = 0; i < BUSY_TRIES; i++) {
		if (!syscall(SYS_finit_module, u->fd, "", 0))
			return RC_OK;
		/* what it needs came with the module before, if there was one */
		if (!i && errno == ENOENT &&
		    !run_program("", true, "modprobe", "nf_conntrack_bridge", NULL))
			continue;
		if (errno != EEXIST || module_remove())
			break;
	}
	return err_plain("%s: %s: see dmesg", u->file, strerror(errno));
}

static int load_installed(const struct upgrade *u)
{
	int rc = run_program("", false, "modprobe", "br_sg", NULL);

	(void)u;
	if (!rc && module_there())
		return RC_OK;
	return err_plain("modprobe br_sg failed (%d): see dmesg and dkms status br_sg", rc);
}

/* DKMS keeps what it built of the version that was there */
static int load_old(const struct upgrade *u)
{
	static const char *const packed[] = { "", ".xz", ".zst", ".gz" };
	struct utsname kernel;
	char path[400];
	size_t i;

	if (uname(&kernel))
		return RC_REFUSED;
	for (i = 0; i < ARRAY_SIZE(packed); i++) {
		snprintf(path, sizeof(path), "/var/lib/dkms/br_sg/%s/%s/%s/module/br_sg.ko%s",
			 u->resume.version, kernel.release, kernel.machine, packed[i]);
		if (access(path, R_OK))
			continue;
		if (!run_program("", false, "insmod", path, NULL) && module_there())
			return RC_OK;
	}
	return RC_REFUSED;
}

/* They may have been set at run time, and what is applied may need them */
static void set_parameters(const struct resume *resume)
{
	char path[200];
	size_t i;
	FILE *f;

	for (i = 0; i < resume->parameters.n; i++) {
		snprintf(path, sizeof(path), MODULE "/parameters/%s",
			 resume->parameters.v[i].name);
		f = fopen(path, "we");
		if (!f)
			continue;
		fprintf(f, "%s\n", resume->parameters.v[i].value);
		fclose(f);
	}
}

/* The least difference, once; RC_STALE: another writer came first */
static int apply_once(struct upgrade *u, const struct resume *resume)
{
	struct commit commit = { .has_generation = true, .resume = resume };
	struct changes changes = { 0 };
	struct conf have;
	int rc;

	/* of a module that begins with nothing: there is nothing unknown to lose */
	rc = nl_read(&u->ctx->nl, &have, READ_ALL, &u->in);
	if (rc)
		return rc;
	conf_diff(&changes, &have, &u->want);
	commit.generation = have.generation;
	rc = nl_commit(&u->ctx->nl, &changes, &commit, &u->in);
	nl_let_signals();
	changes_free(&changes);
	conf_free(&have);
	if (rc)
		return rc;
	/* what is not in force now is somebody's who came after */
	rc = nl_read(&u->ctx->nl, &have, READ_ALL, &u->in);
	if (rc)
		return rc;
	rc = conf_covers(&have, &u->want) ? RC_OK : RC_STALE;
	conf_free(&have);
	return rc;
}

/* Whether what was refused may be taken the next time, as it is */
static bool no_memory(const struct nl *nl)
{
	return nl->err.err == ENOMEM || nl->err.err == ENOBUFS;
}

static int apply(struct upgrade *u)
{
	const struct resume *resume = &u->resume;
	struct status status = { 0 };
	unsigned int i;
	int rc;

	set_parameters(&u->resume);
	rc = module_open(u);
	if (!rc)
		rc = nl_status(&u->ctx->nl, &status, &u->in);
	snprintf(u->version, sizeof(u->version), "%s", status.version);
	status_free(&status);
	for (i = 0; !rc && i < NL_TRIES; i++) {
		rc = apply_once(u, resume);
		if (rc == RC_REFUSED && no_memory(&u->ctx->nl)) {
			if (i + 1 == NL_TRIES)
				return rc;
			fprintf(stderr, "trying again\n");
			usleep(BUSY_WAIT);
		} else if (rc == RC_REFUSED && resume) {
			fprintf(stderr, "without the serials: connections are judged as new\n");
			resume = NULL;
		} else if (rc != RC_STALE) {
			return rc;
		}
		rc = RC_OK;
	}
	if (!rc)
		rc = err_plain("another writer changes the configuration all the time");
	return rc;
}

/* The old module with the saved state, where it can be had */
static int restore(struct upgrade *u)
{
	int (*const loads[])(const struct upgrade *u) = {
		u->file ? load_installed : load_old,
		u->file ? load_old : load_installed,
	};
	size_t i;

	fprintf(stderr, "going back to the module that was there\n");
	if (module_there() && (!*u->version || !strcmp(u->version, u->resume.version)) &&
	    !apply(u))
		return RC_OK;
	for (i = 0; u->reload && i < ARRAY_SIZE(loads); i++) {
		if (module_remove())
			return RC_REFUSED;
		if (!loads[i](u) && !apply(u))
			return RC_OK;
	}
	return RC_REFUSED;
}

static int give_up(const struct upgrade *u)
{
	err_plain("br_sg DOES NOT GUARD ITS PORTS: %s. What to do: have a module that loads (dmesg; dkms status br_sg), then sgctl module upgrade again; the configuration is in %s",
		  *u->script ? "nft table bridge " BLOCKER " drops ALL their frames instead" :
		  "nothing was guarded before", u->state);
	return module_there() ? RC_REFUSED : RC_NO_MODULE;
}

static int finish(struct upgrade *u)
{
	int rc = RC_OK;

	unlink(u->state);
	if (u->blocked.tv_sec) {
		packets_settle();
		rc = blocker_remove();
	}
	return rc;
}

static int report(struct upgrade *u)
{
	struct timespec now;
	struct print p;
	uint64_t ms = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (u->blocked.tv_sec)
		ms = (now.tv_sec - u->blocked.tv_sec) * 1000 +
		     (now.tv_nsec - u->blocked.tv_nsec) / 1000000;
	ctx_print(u->ctx, &p);
	print_object(&p, NULL);
	print_str(&p, "from", "module br_sg %s", u->resume.version);
	print_str(&p, "to", " -> %s, ", u->version);
	print_uint(&p, "ports", "%ju ports", u->want.ports.n);
	print_uint(&p, "blocked_ms", ", blocked for %ju ms\n", ms);
	print_close(&p);
	return print_end(&p);
}

/* The ports are blocked, and guarded no more */
static int replace(struct upgrade *u)
{
	int rc = RC_OK;

	if (module_there() && u->reload) {
		nl_close(&u->ctx->nl);
		rc = module_remove();
	}
	if (!rc && !module_there())
		rc = u->file ? load_file(u) : load_installed(u);
	return rc ? rc : apply(u);
}

static int read_live(struct upgrade *u, struct conf *have)
{
	int rc;

	if (!module_there())
		return RC_OK;
	rc = module_open(u);
	return rc ? rc : nl_read(&u->ctx->nl, have, READ_WHOLE, &u->ctx->in);
}

/* Nothing is touched until flush: whatever is amiss is said before */
static int prepare_and_flush(struct upgrade *u, bool unfinished)
{
	struct conf have = { 0 };
	unsigned int i;
	int rc = RC_STALE;

	for (i = 0; rc == RC_STALE && i < NL_TRIES; i++) {
		rc = read_live(u, &have);
		if (!rc && u->reload && module_there())
			rc = check_users(u, &have);
		if (!rc)
			rc = take_state(u, unfinished, &have);
		if (!rc && *u->script)
			rc = blocker_check(u->script);
		if (!rc)
			rc = block(u);
		if (!rc && u->reload && module_there()) {
			rc = flush(u, &have);
			u->touched = rc != RC_STALE;
		}
		if (rc == RC_STALE)
			upgrade_forget(u);
		conf_free(&have);
		memset(&have, 0, sizeof(have));
	}
	if (rc == RC_STALE) {
		err_plain("another writer changes the configuration all the time");
		rc = RC_REFUSED;
	}
	return rc;
}

static int run_upgrade(struct upgrade *u)
{
	bool unfinished;
	int rc;

	rc = upgrade_lock(!u->reload);
	if (!rc)
		rc = state_path(u);
	if (rc)
		return rc;
	unfinished = !access(u->state, F_OK);
	if (!unfinished && !u->reload)
		return RC_OK;
	if (!unfinished && !module_there()) {
		err_plain("module br_sg is not loaded, there is nothing to upgrade: modprobe br_sg");
		return RC_NO_MODULE;
	}
	rc = check_file(u);
	if (rc)
		return rc;
	/* who interrupts now would leave the ports blocked */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	rc = prepare_and_flush(u, unfinished);
	if (rc && !u->touched) {
		if (!unfinished)
			finish(u);
		return rc;
	}
	if (!rc)
		rc = replace(u);
	if (!rc) {
		rc = finish(u);
		return rc ? rc : report(u);
	}
	if (restore(u))
		return give_up(u);
	rc = finish(u);
	if (!rc)
		err_plain("not upgraded: module br_sg %s guards the ports as before", u->version);
	return RC_REFUSED;
}

static int cmd_module(struct ctx *ctx, bool reload)
{
	struct upgrade u = { .ctx = ctx, .fd = -1, .reload = reload };
	const char *path = getenv("PATH");
	char *with;
	int rc;

	if (reload)
		u.file = take(&ctx->in);
	rc = no_more_words(&ctx->in);
	if (rc)
		return rc;
	/* nft, modprobe: not in every PATH */
	if (asprintf(&with, "%s%s/usr/sbin:/sbin", path ? path : "", path ? ":" : "") > 0) {
		setenv("PATH", with, 1);
		free(with);
	}
	rc = run_upgrade(&u);
	upgrade_forget(&u);
	if (u.fd >= 0)
		close(u.fd);
	return rc;
}

int cmd_module_upgrade(struct ctx *ctx)
{
	return cmd_module(ctx, true);
}

int cmd_module_resume(struct ctx *ctx)
{
	return cmd_module(ctx, false);
}
