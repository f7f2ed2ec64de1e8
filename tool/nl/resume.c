// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What conntrack's entries know ports by: from the module, to it, and in a file
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nl/resume.h"

#define PARAMETERS	"/sys/module/br_sg/parameters"
#define STATE_END	"# end"

void resume_free(struct resume *resume)
{
	vec_free(&resume->bindings);
	vec_free(&resume->zones);
	vec_free(&resume->parameters);
	memset(resume, 0, sizeof(*resume));
}

static uint32_t num(const struct nlattr *attr)
{
	switch (attr ? mnl_attr_get_payload_len(attr) : 0) {
	case 2:
		return mnl_attr_get_u16(attr);
	case 4:
		return mnl_attr_get_u32(attr);
	}
	return 0;
}

static void text(char *to, size_t size, const struct nlattr *attr)
{
	snprintf(to, size, "%.*s", (int)mnl_attr_get_payload_len(attr),
		 (const char *)mnl_attr_get_payload(attr));
}

static void got_binding(struct resume *resume, const struct nlattr *nest)
{
	struct binding *binding = vec_push(&resume->bindings);
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case BR_SG_BINDING_A_DEV:
			text(binding->dev, sizeof(binding->dev), attr);
			break;
		case BR_SG_BINDING_A_IFINDEX:
			binding->ifindex = num(attr);
			break;
		case BR_SG_BINDING_A_SERIAL:
			binding->serial = num(attr);
			break;
		case BR_SG_BINDING_A_POLICY_VERSION:
			binding->version = num(attr);
			break;
		}
	}
}

static void got_zone(struct resume *resume, const struct nlattr *nest)
{
	struct zone *zone = vec_push(&resume->zones);
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == BR_SG_ZONE_A_BRIDGE)
			text(zone->bridge, sizeof(zone->bridge), attr);
		else if (mnl_attr_get_type(attr) == BR_SG_ZONE_A_ID)
			zone->id = num(attr);
	}
}

static void got_resume(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == BR_SG_A_BINDING)
			got_binding(data, attr);
		else if (mnl_attr_get_type(attr) == BR_SG_A_ZONE)
			got_zone(data, attr);
	}
}

/* Files of one line each */
static void read_parameters(struct resume *resume)
{
	struct parameter *parameter;
	struct dirent *entry;
	char value[64];
	DIR *dir;
	FILE *f;
	int fd;

	dir = opendir(PARAMETERS);
	while (dir && (entry = readdir(dir))) {
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
		f = *entry->d_name == '.' || fd < 0 ? NULL : fdopen(fd, "r");
		if (!f) {
			if (fd >= 0)
				close(fd);
			continue;
		}
		if (fgets(value, sizeof(value), f) && strlen(entry->d_name) < 64) {
			parameter = vec_push(&resume->parameters);
			snprintf(parameter->name, sizeof(parameter->name), "%.63s",
				 entry->d_name);
			snprintf(parameter->value, sizeof(parameter->value), "%.*s",
				 (int)strcspn(value, "\n"), value);
		}
		fclose(f);
	}
	if (dir)
		closedir(dir);
}

/*
 * A renamed device is blocked, and must be so afterwards. Where its name could
 * not be said again, what to do is said now.
 */
static int check_names(struct resume *resume)
{
	struct msg msg;
	size_t i, n = 0;

	for (i = 0; i < resume->bindings.n; i++)
		if (!check_dev(resume->bindings.v[i].dev, &msg)) {
			err_plain("device \"%s\" was a port under another name and is blocked, and cannot be kept so: give it a plain name, or a port line",
				  resume->bindings.v[i].dev);
			return RC_REFUSED;
		}
	for (i = 0; i < resume->zones.n; i++)
		if (check_dev(resume->zones.v[i].bridge, &msg))
			resume->zones.v[n++] = resume->zones.v[i];
	resume->zones.n = n;
	return RC_OK;
}

int resume_read(struct nl *nl, struct resume *resume, struct input *in)
{
	static const uint8_t cmds[] = { BR_SG_CMD_BINDING_GET, BR_SG_CMD_ZONE_GET };
	struct status status = { 0 };
	unsigned int i, tries;
	int rc = 0, torn = 0;

	rc = nl_status(nl, &status, in);
	status_free(&status);
	if (rc)
		return rc;
	for (tries = 0; tries < NL_TRIES; tries++) {
		memset(resume, 0, sizeof(*resume));
		for (i = 0; !rc && i < ARRAY_SIZE(cmds); i++)
			rc = nl_call(nl, nl_new(nl, cmds[i], NLM_F_DUMP), got_resume, resume);
		if (!nl_torn(rc))
			break;
		resume_free(resume);
		torn = rc;
		rc = 0;
		usleep(5000 * tries);
	}
	if (tries == NL_TRIES)
		rc = torn;
	if (rc && rc != EOPNOTSUPP)
		return nl_fail(nl, in, "bindings");
	snprintf(resume->version, sizeof(resume->version), "%s", status.version);
	read_parameters(resume);
	return check_names(resume);
}

static struct nlmsghdr *put_binding(struct nl *nl, const struct binding *binding,
				    struct nlmsghdr *nlh)
{
	struct nlattr *nest;

	if (!nlh)
		nlh = nl_new(nl, BR_SG_CMD_BINDING_RESUME, 0);
	nest = mnl_attr_nest_start(nlh, BR_SG_A_BINDING);
	mnl_attr_put_strz(nlh, BR_SG_BINDING_A_DEV, binding->dev);
	mnl_attr_put_u32(nlh, BR_SG_BINDING_A_IFINDEX, binding->ifindex);
	if (binding->serial) {
		mnl_attr_put_u32(nlh, BR_SG_BINDING_A_SERIAL, binding->serial);
		mnl_attr_put_u16(nlh, BR_SG_BINDING_A_POLICY_VERSION, binding->version);
	} else {
		mnl_attr_put(nlh, BR_SG_BINDING_A_RENAMED, 0, NULL);
	}
	mnl_attr_nest_end(nlh, nest);
	return nlh;
}

static struct nlmsghdr *put_zone(struct nl *nl, const struct zone *zone, struct nlmsghdr *nlh)
{
	struct nlattr *nest;

	if (!nlh)
		nlh = nl_new(nl, BR_SG_CMD_ZONE_RESUME, 0);
	nest = mnl_attr_nest_start(nlh, BR_SG_A_ZONE);
	mnl_attr_put_strz(nlh, BR_SG_ZONE_A_BRIDGE, zone->bridge);
	mnl_attr_put_u16(nlh, BR_SG_ZONE_A_ID, zone->id);
	mnl_attr_nest_end(nlh, nest);
	return nlh;
}

int resume_put(struct nl *nl, const struct resume *resume)
{
	struct nlmsghdr *nlh = NULL;
	size_t i;
	int rc = 0;

	for (i = 0; !rc && i < resume->bindings.n; i++) {
		nlh = put_binding(nl, &resume->bindings.v[i], nlh);
		if (nlh->nlmsg_len < nl->good && i + 1 < resume->bindings.n)
			continue;
		rc = nl_call(nl, nlh, NULL, NULL);
		nlh = NULL;
	}
	for (i = 0; !rc && i < resume->zones.n; i++) {
		nlh = put_zone(nl, &resume->zones.v[i], nlh);
		if (nlh->nlmsg_len < nl->good && i + 1 < resume->zones.n)
			continue;
		rc = nl_call(nl, nlh, NULL, NULL);
		nlh = NULL;
	}
	return rc;
}

static void write_state(FILE *f, const struct conf *conf, const struct resume *resume)
{
	struct print p;
	size_t i;

	fprintf(f, "# An upgrade of br_sg that is not finished: sgctl module upgrade\n");
	fprintf(f, "# module %s\n", resume->version);
	for (i = 0; i < resume->parameters.n; i++)
		fprintf(f, "# parameter %s %s\n", resume->parameters.v[i].name,
			resume->parameters.v[i].value);
	for (i = 0; i < resume->bindings.n; i++)
		fprintf(f, "# binding %u %u %u %s\n", resume->bindings.v[i].ifindex,
			resume->bindings.v[i].serial, resume->bindings.v[i].version,
			resume->bindings.v[i].dev);
	for (i = 0; i < resume->zones.n; i++)
		fprintf(f, "# zone %u %s\n", resume->zones.v[i].id, resume->zones.v[i].bridge);
	print_begin(&p, f, false, false);
	print_conf(&p, conf);
	print_end(&p);
	fprintf(f, STATE_END "\n");
}

int state_write(const char *path, const struct conf *conf, const struct resume *resume)
{
	char temp[300];
	FILE *f = NULL;
	int fd, err;

	snprintf(temp, sizeof(temp), "%s.new", path);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		f = fdopen(fd, "w");
	if (!f) {
		err_plain("%s: %s", temp, strerror(errno));
		if (fd >= 0)
			close(fd);
		return RC_REFUSED;
	}
	write_state(f, conf, resume);
	err = ferror(f) ? EIO : 0;
	if (fclose(f))
		err = errno;
	if (!err && rename(temp, path))
		err = errno;
	if (!err)
		return RC_OK;
	err_plain("%s: %s", temp, strerror(err));
	unlink(temp);
	return RC_REFUSED;
}

static void read_state_line(struct resume *resume, const char *line)
{
	struct parameter parameter = { 0 };
	struct binding binding = { 0 };
	struct zone zone = { 0 };

	if (sscanf(line, "# binding %u %u %hu %15s", &binding.ifindex, &binding.serial,
		   &binding.version, binding.dev) == 4)
		*vec_push(&resume->bindings) = binding;
	else if (sscanf(line, "# zone %hu %15s", &zone.id, zone.bridge) == 2)
		*vec_push(&resume->zones) = zone;
	else if (sscanf(line, "# parameter %63s %63s", parameter.name, parameter.value) == 2)
		*vec_push(&resume->parameters) = parameter;
	else
		sscanf(line, "# module %31s", resume->version);
}

int state_read(const char *path, struct conf *conf, struct input *in, struct resume *resume)
{
	const char *line, *end;
	bool whole = false;
	int rc;

	memset(resume, 0, sizeof(*resume));
	memset(conf, 0, sizeof(*conf));
	rc = conf_load(conf, in, path);
	if (rc)
		return rc;
	for (line = in->text; *line; line = end) {
		end = strchrnul(line, '\n');
		if (*line == '#')
			read_state_line(resume, line);
		whole = !strncmp(line, STATE_END "\n", strlen(STATE_END "\n"));
		end += *end == '\n';
	}
	if (whole)
		return RC_OK;
	err_plain("%s: the file has no end: it is not what sgctl wrote", path);
	return RC_REFUSED;
}
