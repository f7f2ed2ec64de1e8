// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flowtables of nftables that name a device which the module guards
 *
 * A flow that a flowtable has taken over goes from a device's ingress to another
 * device, past every bridge hook. nft is asked, since it is what makes flowtables;
 * where it is not there, or refuses, none are known.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nft/flowtable.h"

static void child(int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	execlp("nft", "nft", "-j", "list", "flowtables", (char *)NULL);
	_exit(127);
}

/* What nft knows; NULL: nothing */
static json_t *nft_flowtables(void)
{
	int fds[2], status = -1;
	json_t *root = NULL;
	json_error_t err;
	pid_t pid;
	FILE *f;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	pid = fork();
	if (!pid)
		child(fds[1]);
	close(fds[1]);
	f = fdopen(fds[0], "r");
	if (!f) {
		close(fds[0]);
	} else {
		if (pid > 0)
			root = json_loadf(f, JSON_DISABLE_EOF_CHECK, &err);
		fclose(f);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	if (pid > 0 && WIFEXITED(status) && !WEXITSTATUS(status))
		return root;
	json_decref(root);
	return NULL;
}

/* '*' stands for any characters and '?' for one, as in the module's default.c */
static bool matches(const char *pattern, const char *name)
{
	if (*pattern == '*')
		return matches(pattern + 1, name) || (*name && matches(pattern, name + 1));
	if (!*name || !*pattern)
		return *name == *pattern;
	return (*pattern == '?' || *pattern == *name) && matches(pattern + 1, name + 1);
}

/* The most literal pattern decides, of equals drop */
static bool default_drops(const struct conf *conf, const char *dev)
{
	unsigned int most = 0, literal;
	bool drop = false, some = false;
	const char *c;
	size_t i;

	for (i = 0; i < conf->defaults.n; i++) {
		const struct defpat *d = conf->defaults.v[i];

		if (!matches(d->pattern, dev))
			continue;
		for (literal = 0, c = d->pattern; *c; c++)
			literal += *c != '*' && *c != '?';
		if (some && literal < most)
			continue;
		if (literal > most)
			drop = false;
		some = true;
		most = literal;
		drop |= d->verdict == BR_SG_DEFAULT_DROP;
	}
	return drop;
}

static bool guards(const struct port *port)
{
	return port->mode != BR_SG_PORT_OFF && port->mode != BR_SG_PORT_TRUSTED;
}

static void take_one(struct flowtables *to, json_t *obj, const char *dev)
{
	struct flowtable *ft = vec_push(&to->v);

	memset(ft, 0, sizeof(*ft));
	snprintf(ft->family, sizeof(ft->family), "%s",
		 json_string_value(json_object_get(obj, "family")) ?: "");
	ft->table = xstrdup(json_string_value(json_object_get(obj, "table")) ?: "");
	ft->name = xstrdup(json_string_value(json_object_get(obj, "name")) ?: "");
	snprintf(ft->dev, sizeof(ft->dev), "%s", dev);
}

/* A device of a flowtable, or all whose names begin so where it ends in "*" */
static void take_device(struct flowtables *to, const struct conf *conf, json_t *obj,
			const char *dev)
{
	size_t len = dev ? strlen(dev) : 0, i;
	const struct port *port;

	if (!len)
		return;
	if (dev[len - 1] == '*') {
		for (i = 0; i < conf->ports.n; i++)
			if (guards(conf->ports.v[i]) &&
			    !strncmp(conf->ports.v[i]->dev, dev, len - 1))
				take_one(to, obj, conf->ports.v[i]->dev);
		return;
	}
	port = names_get(&conf->port_names, dev);
	if (port ? guards(port) : default_drops(conf, dev))
		take_one(to, obj, dev);
}

int flowtables_read(struct nl *nl, struct flowtables *to, struct input *in)
{
	json_t *root = nft_flowtables(), *list, *element, *obj, *devs, *dev;
	bool some = false;
	struct conf conf = { 0 };
	size_t i, k;
	int rc;

	list = json_object_get(root, "nftables");
	json_array_foreach(list, i, element)
		some |= json_object_get(element, "flowtable") != NULL;
	if (!some) {
		json_decref(root);
		return RC_OK;
	}
	rc = nl_read(nl, &conf, READ_DEFAULTS | READ_PORTS, in);
	json_array_foreach(list, i, element) {
		obj = json_object_get(element, "flowtable");
		devs = json_object_get(obj, "dev");
		if (rc || !obj)
			continue;
		if (json_is_string(devs))	/* one, and not in an array */
			take_device(to, &conf, obj, json_string_value(devs));
		json_array_foreach(devs, k, dev)
			take_device(to, &conf, obj, json_string_value(dev));
	}
	conf_free(&conf);
	json_decref(root);
	return rc;
}

void flowtables_print(struct print *p, const struct flowtables *list)
{
	size_t i;

	print_array(p, "flowtables");
	for (i = 0; i < list->v.n; i++) {
		const struct flowtable *ft = &list->v.v[i];

		print_object(p, NULL);
		print_str(p, "family", "flowtable %s", ft->family);
		print_str(p, "table", " %s", ft->table);
		print_str(p, "name", " %s", ft->name);
		print_str(p, "device",
			  " names %s: flows that it has taken over pass br_sg unseen; take the device out of it\n",
			  ft->dev);
		print_close(p);
	}
	print_close(p);
}

void flowtables_free(struct flowtables *list)
{
	size_t i;

	for (i = 0; i < list->v.n; i++) {
		free(list->v.v[i].table);
		free(list->v.v[i].name);
	}
	vec_free(&list->v);
}
