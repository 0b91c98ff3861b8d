#include "ctl/offline.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fix/msg.h"
#include "store/archive.h"

#define FIELDS_MAX 4096
#define ROWS_ONCE  1000
#define BYTES_ONCE (1u << 20)

struct printing {
	const struct query *q;
	struct archive *a;
	uint64_t seq; /* 0: any */
	enum offline_how how;
	struct fix_field *field;
	uint64_t n;
	int err;
};

static bool
has(const struct fix_msg *m, int32_t tag, const char *value)
{
	size_t n = strlen(value);
	uint32_t i;

	for (i = 0; i < m->nfield; i++)
		if (m->field[i].tag == tag && m->field[i].len == n &&
		    memcmp(m->buf + m->field[i].off, value, n) == 0)
			return true;
	return false;
}

static bool
wants(struct printing *k, const struct store_row *row)
{
	const struct query *q = k->q;
	const char *session = archive_session(k->a, row->session);
	struct fix_msg m = { .field = k->field, .cap = FIELDS_MAX };
	size_t i;

	if ((k->seq != 0 && row->seq != k->seq) ||
	    (q->since != 0 && row->time.ns < q->since) ||
	    (q->until != 0 && row->time.ns >= q->until) ||
	    (q->session != NULL && (session == NULL ||
	    strcmp(session, q->session) != 0)))
		return false;
	if (q->type == NULL && q->n == 0)
		return true;
	fix_parse(&m, row->data, row->len, NULL);
	if (q->type != NULL && !has(&m, 35, q->type))
		return false;
	for (i = 0; i < q->n; i++)
		if (!has(&m, q->field[i].tag, q->field[i].value))
			return false;
	return true;
}

static int
print_row(void *arg, const struct store_row *row)
{
	struct printing *k = arg;
	const char *session;
	char time[WALL_TEXT_MAX];
	struct buf text = { 0 };
	char *p;

	if (!wants(k, row))
		return 0;
	p = malloc(row->len + 1);
	if (p == NULL) {
		k->err = FG_ENOMEM;
		return 1;
	}
	memcpy(p, row->data, row->len);
	row_mask(p, row->len);
	if (k->how == OFFLINE_FIX) {
		fwrite(p, 1, row->len, stdout);
		putchar('\n');
	} else {
		session = archive_session(k->a, row->session);
		k->err = row_escape(&text, p, row->len);
		printf("%s %llu %.*s %s %.*s\n", archive_info(k->a)->name,
		    (unsigned long long)row->seq, (int)wall_format(time,
		    row->time, 3), time, session == NULL ? "-" : session,
		    (int)text.len, text.p == NULL ? "" : text.p);
	}
	buf_free(&text);
	free(p);
	k->n++;
	return k->err != 0 || ferror(stdout);
}

/* Tables of messages only. */
static bool
is_wanted(const struct archive_info *i, const struct query *q,
    const char *only, uint64_t seq)
{
	if (strncmp(i->name, "FIX_", 4) != 0 ||
	    (only != NULL && strcmp(only, i->name) != 0))
		return false;
	if (seq != 0 && (seq < i->first || seq > i->last))
		return false;
	return (q->since == 0 || i->until.ns >= q->since) &&
	    (q->until == 0 || i->since.ns < q->until);
}

static int
print_file(const char *path, struct printing *k, const char *only)
{
	char why[STORE_ERR_MAX];
	uint64_t after = k->seq == 0 ? 0 : k->seq - 1, upto;
	int err = archive_open(&k->a, path, why);

	if (err != 0) {
		ctl_complain("%s", why);
		return CTL_REFUSED;
	}
	if (is_wanted(archive_info(k->a), k->q, only, k->seq))
		do {
			upto = after;
			err = archive_rows(k->a, upto, ROWS_ONCE, BYTES_ONCE,
			    print_row, k, &after);
		} while (err == 0 && k->err == 0 && after != upto &&
		    !ferror(stdout) && (k->seq == 0 || after < k->seq));
	if (err == 0)
		err = k->err;
	if (err != 0)
		ctl_complain("%s: behind row %llu: %s", path,
		    (unsigned long long)after, fg_strerror(err));
	archive_close(k->a);
	return err == 0 ? CTL_OK : CTL_REFUSED;
}

static int
is_archive(const struct dirent *e)
{
	size_t n = strlen(e->d_name), k = strlen(ARCHIVE_SUFFIX);

	return e->d_name[0] != '.' && n > k &&
	    strcmp(e->d_name + n - k, ARCHIVE_SUFFIX) == 0;
}

int
offline_print(const char *path, const struct query *q, const char *only,
    uint64_t seq, enum offline_how how, uint64_t *n)
{
	struct printing k = { .q = q, .seq = seq, .how = how };
	char file[PATH_MAX];
	struct dirent **e;
	int count, i, one, code = CTL_OK;

	k.field = calloc(FIELDS_MAX, sizeof(*k.field));
	if (k.field == NULL) {
		ctl_complain("%s", fg_strerror(FG_ENOMEM));
		return CTL_REFUSED;
	}
	count = scandir(path, &e, is_archive, alphasort);
	if (count == -1)
		code = print_file(path, &k, only);
	for (i = 0; i < count; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, e[i]->d_name);
		one = print_file(file, &k, only);
		if (one != CTL_OK)
			code = one;
		free(e[i]);
	}
	if (count != -1)
		free(e);
	free(k.field);
	*n += k.n;
	return code;
}
