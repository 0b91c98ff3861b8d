#include "store/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "store/page.h"

#define RUN_BYTES   (1u << 20)  /* read and written at once */
#define FLUSH_BYTES (32u << 20) /* a flush of it all at the end stalls others */
#define FILE_MODE   0640
#define TEMPORARY   ".part"

int
copy_why(struct copy *c, int err, const char *fmt, ...)
{
	va_list ap;

	if (c->why[0] == '\0') {
		va_start(ap, fmt);
		vsnprintf(c->why, STORE_ERR_MAX, fmt, ap);
		va_end(ap);
	}
	return err;
}

static int
failed(struct copy *c, const char *path)
{
	int sys = errno;

	return copy_why(c, fg_errno(sys), "%s: %s", path, strerror(sys));
}

int
copy_path(struct copy *c, char out[COPY_PATH_MAX], const char *dir,
    const char *sub, const char *name)
{
	bool has = sub != NULL && sub[0] != '\0';
	int n = snprintf(out, COPY_PATH_MAX, "%s/%s%s%s", dir, has ? sub : "",
	    has ? "/" : "", name);

	return n < COPY_PATH_MAX - (int)sizeof(TEMPORARY) ? 0
	    : copy_why(c, FG_ELIMIT, "%.100s...: the path is too long", dir);
}

int
copy_at(struct copy *c, size_t n)
{
	c->done += n;
	if (c->work == NULL || c->work->at == NULL)
		return 0;
	/* Files grow while they are copied. */
	if (c->total < c->done)
		c->total = c->done;
	return c->work->at(c->work->arg, c->done, c->total) == 0 ? 0
	    : copy_why(c, FG_ECLOSED, "given up");
}

static int
sha_begin(struct copy *c)
{
	c->sha = EVP_MD_CTX_new();
	if (c->sha != NULL
	    && EVP_DigestInit_ex(c->sha, EVP_sha256(), NULL) == 1)
		return 0;
	EVP_MD_CTX_free(c->sha);
	c->sha = NULL;
	return copy_why(c, FG_ENOMEM, "out of memory");
}

static int
sha_add(struct copy *c, const void *p, size_t n)
{
	return EVP_DigestUpdate(c->sha, p, n) == 1 ? 0
	    : copy_why(c, FG_ENOMEM, "SHA-256 failed");
}

static void
sha_end(struct copy *c, char out[COPY_SHA_TEXT])
{
	unsigned char md[32] = { 0 };
	size_t i;

	EVP_DigestFinal_ex(c->sha, md, NULL);
	for (i = 0; i < sizeof(md); i++)
		snprintf(out + 2 * i, 3, "%02x", md[i]);
	EVP_MD_CTX_free(c->sha);
	c->sha = NULL;
}

int
copy_begin(struct copy *c, const char *to)
{
	int err = sha_begin(c);

	if (err != 0)
		return err;
	c->unflushed = 0;
	snprintf(c->path, sizeof(c->path), "%s" TEMPORARY, to);
	c->fd = open(c->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    FILE_MODE);
	if (c->fd != -1)
		return 0;
	err = failed(c, c->path);
	EVP_MD_CTX_free(c->sha);
	c->sha = NULL;
	return err;
}

int
copy_add(struct copy *c, const void *p, size_t n)
{
	const char *q = p;
	size_t left = n;
	ssize_t w;

	while (left != 0) {
		w = write(c->fd, q, left);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return failed(c, c->path);
		q += w;
		left -= (size_t)w;
	}
	c->bytes += n;
	c->unflushed += n;
	if (c->unflushed >= FLUSH_BYTES) {
		c->unflushed = 0;
		if (fdatasync(c->fd) == -1)
			return failed(c, c->path);
	}
	return sha_add(c, p, n);
}

int
copy_end(struct copy *c, int err, struct copy_sum *out)
{
	char to[COPY_PATH_MAX];
	off_t size = lseek(c->fd, 0, SEEK_CUR);

	snprintf(to, sizeof(to), "%.*s", (int)(strlen(c->path) - strlen(
	    TEMPORARY)), c->path);
	out->size = size < 0 ? 0 : (uint64_t)size;
	sha_end(c, out->sha);
	if (err == 0 && fsync(c->fd) == -1)
		err = failed(c, c->path);
	close(c->fd);
	if (err == 0 && rename(c->path, to) == -1)
		err = failed(c, to);
	if (err != 0)
		unlink(c->path);
	return err;
}

/* The next run of a file of which max bytes are left; 0 at its end. */
static ssize_t
next_run(struct copy *c, int fd, const char *path, char *run, uint64_t max)
{
	size_t have = 0, want = max < RUN_BYTES ? (size_t)max : RUN_BYTES;
	ssize_t n = 1;

	while (have < want && n > 0) {
		n = read(fd, run + have, want - have);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return failed(c, path);
		else
			have += (size_t)n;
	}
	return (ssize_t)have;
}

static int
say_page(struct copy *c, const char *path, const struct page_report *r)
{
	return copy_why(c, FG_EDAMAGED, "%s: page %lu is damaged", path,
	    (unsigned long)r->first);
}

/* Go through a file: copy what is read, or only hash it. */
static int
through(struct copy *c, const char *path, uint64_t max, bool pages, bool write)
{
	struct page_report r = { 0 };
	char *run = malloc(RUN_BYTES);
	uint64_t from = 0;
	ssize_t n;
	int fd, err = 0;

	if (run == NULL)
		return copy_why(c, FG_ENOMEM, "out of memory");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		err = failed(c, path);
	while (err == 0 && from < max) {
		n = next_run(c, fd, path, run, max - from);
		if (n <= 0) {
			err = (int)n;
			break;
		}
		if (pages)
			err = page_check_run(&r, (const unsigned char *)run,
			    (size_t)n, (uint32_t)(from / PAGE_BYTES));
		if (err == 0 && r.damaged != 0)
			err = say_page(c, path, &r);
		if (err == 0)
			err = write ? copy_add(c, run, (size_t)n)
			    : sha_add(c, run, (size_t)n);
		if (err == 0)
			err = copy_at(c, (size_t)n);
		from += (uint64_t)n;
	}
	if (fd != -1)
		close(fd);
	free(run);
	page_check_in_use(&r);
	if (err == 0 && r.damaged != 0)
		err = say_page(c, path, &r);
	page_report_free(&r);
	if (err == 0 && !write)
		c->unflushed = from;
	return err;
}

int
copy_file(struct copy *c, const char *from, const char *to, uint64_t max,
    bool pages, struct copy_sum *out)
{
	int err = copy_begin(c, to);

	if (err != 0)
		return err;
	err = through(c, from, max, pages, true);
	return copy_end(c, err, out);
}

int
copy_hash(struct copy *c, const char *path, uint64_t size,
    struct copy_sum *out)
{
	int err = sha_begin(c);

	if (err != 0)
		return err;
	err = through(c, path, size, false, false);
	out->size = c->unflushed;
	sha_end(c, out->sha);
	return err;
}

int
copy_sum_of(struct copy *c, const void *p, size_t n, struct copy_sum *out)
{
	int err = sha_begin(c);

	if (err != 0)
		return err;
	err = sha_add(c, p, n);
	out->size = n;
	sha_end(c, out->sha);
	return err;
}

int
copy_text(struct copy *c, const char *to, const char *text, size_t n)
{
	struct copy_sum sum;
	int err = copy_begin(c, to);

	if (err != 0)
		return err;
	err = copy_add(c, text, n);
	return copy_end(c, err, &sum);
}

int
copy_sync_dir(struct copy *c, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (fd == -1 || fsync(fd) == -1)
		err = failed(c, dir);
	if (fd != -1)
		close(fd);
	return err;
}

void
copy_remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	rmdir(dir);
}
