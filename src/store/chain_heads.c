#include "store/chain_heads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/now.h"
#include "log/log.h"

#define PATH_BYTES 4096
#define TODO_MAX   (1u << 20) /* bytes of lines that wait */
#define KNOWN_MAX  (STORE_TABLES_MAX + 16)

const char *const head_files[HEAD_FILES] = { "META", "SESSION", "DICT",
	"TABLE" };

/* A file that heads go to. */
struct target {
	char *path;
	struct buf todo;
	bool failing; /* that was said */
};

struct chain_heads {
	struct store *st;
	struct head_key *key;
	struct target file, second;
	struct head known[KNOWN_MAX]; /* the newest of each table */
	size_t n_known;
	int64_t last_ns; /* times of heads rise */
};

/* ---- what there is ---- */

static void
know(struct chain_heads *hs, const struct head *h)
{
	size_t i;

	if (strcmp(h->uuid, store_uuid(hs->st)) != 0)
		return;
	if (h->time.ns > hs->last_ns)
		hs->last_ns = h->time.ns;
	for (i = 0; i < hs->n_known; i++)
		if (strcmp(hs->known[i].table, h->table) == 0)
			break;
	if (i < hs->n_known ? h->time.ns >= hs->known[i].time.ns
	    : i < KNOWN_MAX) {
		hs->known[i] = *h;
		hs->n_known += i == hs->n_known;
	}
}

const struct head *
chain_heads_last(const struct chain_heads *hs, const char *table)
{
	size_t i;

	for (i = 0; i < hs->n_known; i++)
		if (strcmp(hs->known[i].table, table) == 0)
			return &hs->known[i];
	return NULL;
}

static int
read_known(struct chain_heads *hs)
{
	char line[HEAD_LINE_MAX];
	struct head h;
	size_t n = 0;
	FILE *f = fopen(hs->file.path, "re");
	bool whole = true;
	int err;

	if (f == NULL)
		return errno == ENOENT ? 0 : fg_errno(errno);
	while (fgets(line, sizeof(line), f) != NULL) {
		n = strcspn(line, "\n");
		whole = line[n] == '\n';
		if (head_parse(&h, line, n, NULL) == 0)
			know(hs, &h);
	}
	err = ferror(f) ? FG_EIO : 0;
	fclose(f);
	/* A crash may leave half a line. */
	return err == 0 && !whole ? buf_add(&hs->file.todo, "\n", 1) : err;
}

/* ---- writing ---- */

static int
append(const char *path, const char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	ssize_t w = 0;
	int err = 0;

	if (fd == -1)
		return fg_errno(errno);
	while (n != 0 && err == 0) {
		w = write(fd, p, n);
		if (w > 0) {
			p += w;
			n -= (size_t)w;
		} else if (w == 0 || errno != EINTR) {
			err = w == 0 ? FG_EIO : fg_errno(errno);
		}
	}
	if (err == 0 && fsync(fd) == -1 && errno != EINVAL) /* a pipe */
		err = fg_errno(errno);
	close(fd);
	return err;
}

static int
write_target(struct target *t)
{
	int err;

	if (t->path == NULL || t->todo.len == 0)
		return 0;
	err = append(t->path, t->todo.p, t->todo.len);
	if (err == 0)
		t->todo.len = 0;
	else if (!t->failing)
		log_event(LOG_LEVEL_WARN, "chain", NULL, "chain: heads cannot be written to %s: %s; they are "
		    "written when that is possible", t->path, fg_strerror(err));
	if (err == 0 && t->failing)
		log_event(LOG_LEVEL_INFO, "chain", NULL, "chain: heads are "
		    "written to %s again", t->path);
	t->failing = err != 0;
	return err;
}

int
chain_heads_write(struct chain_heads *hs)
{
	int err = write_target(&hs->file);
	int second = write_target(&hs->second);

	return err != 0 ? err : second;
}

static int
add_todo(struct target *t, const char *line)
{
	if (t->path == NULL || t->todo.len > TODO_MAX)
		return 0;
	return buf_puts(&t->todo, line);
}

int
chain_heads_put(struct chain_heads *hs, const char *table,
    uint64_t incarnation, uint64_t seq, uint64_t commit,
    const unsigned char hash[CHAIN_HASH])
{
	struct head h = { .incarnation = incarnation, .seq = seq,
		.commit = commit };
	char line[HEAD_LINE_MAX];
	int err;

	h.time = wall_now();
	if (h.time.ns <= hs->last_ns) /* the clock was set back */
		h.time.ns = hs->last_ns + 1;
	hs->last_ns = h.time.ns;
	memcpy(h.uuid, store_uuid(hs->st), sizeof(h.uuid));
	snprintf(h.table, sizeof(h.table), "%s", table);
	memcpy(h.hash, hash, CHAIN_HASH);
	err = head_line(line, &h, hs->key);
	if (err == 0)
		err = add_todo(&hs->file, line);
	if (err == 0)
		err = add_todo(&hs->second, line);
	if (err == 0 && hs->key != NULL) /* else it proves little there */
		log_event(LOG_LEVEL_INFO, "head", NULL, "%.*s",
		    (int)strcspn(line, "\n"), line);
	return err;
}

/* ---- what is no table ---- */

int
head_file_record(void *arg, const void *key, size_t klen, const void *value,
    size_t len)
{
	struct head_file_sum *s = arg;
	int err;

	s->records++;
	s->bytes.len = 0;
	err = buf_add(&s->bytes, key, klen);
	if (err == 0)
		err = buf_add(&s->bytes, value, len);
	return err != 0 ? err : chain_hash_block(s->c, s->hash, klen,
	    s->bytes.p, s->bytes.len);
}

int
chain_heads_end(struct chain_heads *hs, struct chain_hash *c, uint64_t commit)
{
	static const unsigned char none[CHAIN_HASH];
	struct head_file_sum sum;
	int i, err = 0;

	for (i = 0; i < HEAD_FILES && err == 0; i++) {
		sum = (struct head_file_sum){ .c = c };
		err = hs->st->ops->records(hs->st, head_files[i],
		    head_file_record, &sum);
		if (err == 0)
			err = chain_heads_put(hs, head_files[i], 1,
			    sum.records, commit, sum.hash);
		buf_free(&sum.bytes);
	}
	if (err == 0)
		err = chain_heads_put(hs, HEAD_CLOSED, 1, commit, commit, none);
	return err;
}

/* ---- open and close ---- */

int
chain_heads_open(struct chain_heads **out, struct store *st, const char *dir,
    const char *key, const char *second, char text[STORE_ERR_MAX])
{
	struct chain_heads *hs = calloc(1, sizeof(*hs));
	char path[PATH_BYTES];
	int err = hs == NULL ? FG_ENOMEM : 0;

	text[0] = '\0';
	if (err == 0) {
		hs->st = st;
		snprintf(path, sizeof(path), "%s/" HEAD_FILE, dir);
		hs->file.path = strdup(path);
		hs->second.path = second == NULL ? NULL : strdup(second);
		if (hs->file.path == NULL ||
		    (second != NULL && hs->second.path == NULL))
			err = FG_ENOMEM;
	}
	if (err == 0 && key != NULL)
		err = head_key_private(&hs->key, key, text);
	if (err == 0)
		err = read_known(hs);
	if (err == 0) {
		*out = hs;
		return 0;
	}
	if (text[0] == '\0')
		snprintf(text, STORE_ERR_MAX, "heads of %.200s: %s", dir,
		    fg_strerror(err));
	chain_heads_close(hs);
	return err;
}

void
chain_heads_close(struct chain_heads *hs)
{
	if (hs == NULL)
		return;
	head_key_free(hs->key);
	free(hs->file.path);
	free(hs->second.path);
	buf_free(&hs->file.todo);
	buf_free(&hs->second.todo);
	free(hs);
}
