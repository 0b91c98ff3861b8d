/*
 * bdb_dir.c: the directory of a store: who has it, and which format it is.
 *
 *	LOCK     locked while a process has the store (an open file description
 *	         lock: gone with the process, however it ends). Its text, the
 *	         process id, is for the message only.
 *	FORMAT   "fixgate store N\n", N the version of everything in here:
 *	         1   the first
 *	         2   QUARANTINE, and tables that a configuration declares
 *
 *	UNFINISHED  while files are put in place from a backup: what to do if that
 *	            was not finished
 *
 * Berkeley DB itself does not notice a second process in a private
 * environment; both would write, and the store would be lost. Hence LOCK, and
 * nothing else is opened before it is held.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "store/bdb.h"

#define FORMAT_VERSION 2
#define FORMAT_TEXT    "fixgate store "
#define PATH_TEXT_MAX  4096

static int
in_dir(const struct bdb *b, char path[PATH_TEXT_MAX], const char *name)
{
	int n = snprintf(path, PATH_TEXT_MAX, "%s/%s", b->path, name);

	return n < PATH_TEXT_MAX ? 0 : FG_ELIMIT;
}

static int
make_dir(struct bdb *b)
{
	struct stat s;
	int sys;

	if (mkdir(b->path, 0750) == -1 && errno != EEXIST) {
		sys = errno;
		if (sys == ENOENT)
			return bdb_why(b, FG_ENOENT, "store %s: the directory "
			    "above it does not exist; make it first", b->path);
		return bdb_why(b, fg_errno(sys), "store %s: cannot make the "
		    "directory: %s", b->path, strerror(sys));
	}
	if (stat(b->path, &s) == -1)
		return bdb_why(b, fg_errno(errno), "store %s: %s", b->path,
		    strerror(errno));
	if (!S_ISDIR(s.st_mode))
		return bdb_why(b, FG_EINVAL, "store %s: is a file, and has to "
		    "be a directory", b->path);
	if (access(b->path, R_OK | W_OK | X_OK) == -1)
		return bdb_why(b, fg_errno(errno), "store %s: cannot be read "
		    "and written by user %u: %s", b->path,
		    (unsigned)geteuid(), strerror(errno));
	return 0;
}

static int
busy(struct bdb *b, int fd)
{
	char pid[NUM_TEXT_MAX + 1];
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	while (n > 0 && (pid[n - 1] < '0' || pid[n - 1] > '9'))
		n--;
	pid[n > 0 ? n : 0] = '\0';
	return bdb_why(b, FG_EBUSY, "store %s: in use by process %s; only one "
	    "fixgated can have it", b->path, n > 0 ? pid : "(unknown)");
}

static int
take_lock(struct bdb *b)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[PATH_TEXT_MAX], text[NUM_TEXT_MAX + 1];
	int fd, err = in_dir(b, path, "LOCK");
	size_t n;

	if (err != 0)
		return bdb_why(b, err, "store %.100s...: the path is too long",
		    b->path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd == -1)
		return bdb_why(b, fg_errno(errno), "%s: %s", path,
		    strerror(errno));
	if (fcntl(fd, F_OFD_SETLK, &fl) == -1) {
		err = errno == EAGAIN || errno == EACCES ? busy(b, fd)
		    : bdb_why(b, fg_errno(errno), "%s: cannot be locked: %s",
		        path, strerror(errno));
		close(fd);
		return err;
	}
	n = num_format_u64(text, (uint64_t)getpid());
	text[n++] = '\n';
	/* Only the message to others is at stake; a full disk may be cured
	 * by what comes next. */
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, n, 0) == -1)
		errno = 0;
	b->lock_fd = fd;
	return 0;
}

/* Is there anything in the directory that is not ours to start with? */
static bool
is_empty(const struct bdb *b)
{
	DIR *d = opendir(b->path);
	struct dirent *e;
	bool empty = true;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strcmp(e->d_name, "LOCK") != 0
		    && strcmp(e->d_name, "lost+found") != 0)
			empty = false;
	if (d != NULL)
		closedir(d);
	return empty;
}

static int
write_format(struct bdb *b, const char *path)
{
	char tmp[PATH_TEXT_MAX], text[64];
	int fd, dir, n, err = in_dir(b, tmp, ".FORMAT");
	bool ok;

	if (err != 0)
		return err;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	n = snprintf(text, sizeof(text), FORMAT_TEXT "%d\n", FORMAT_VERSION);
	ok = fd != -1 && write(fd, text, (size_t)n) == n && fsync(fd) == 0
	    && rename(tmp, path) == 0;
	err = ok ? 0 : errno;
	if (fd != -1)
		close(fd);
	if (!ok)
		return bdb_why(b, fg_errno(err), "%s: %s", path,
		    strerror(err));
	dir = open(b->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1 || fsync(dir) == -1)
		err = bdb_why(b, fg_errno(errno), "store %s: %s", b->path,
		    strerror(errno));
	if (dir != -1)
		close(dir);
	return err;
}

static int
check_format(struct bdb *b)
{
	char path[PATH_TEXT_MAX], text[64];
	size_t head = sizeof(FORMAT_TEXT) - 1;
	uint64_t v;
	ssize_t n;
	int fd, sys, err = in_dir(b, path, "FORMAT");

	if (err != 0)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	sys = errno;
	if (fd == -1 && sys == ENOENT && !is_empty(b))
		return bdb_why(b, FG_EFORMAT, "store %s: has files and is not "
		    "a store; give an empty or new directory", b->path);
	if (fd == -1 && sys == ENOENT)
		return write_format(b, path);
	if (fd == -1)
		return bdb_why(b, fg_errno(sys), "%s: %s", path,
		    strerror(sys));
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n <= (ssize_t)head || text[n - 1] != '\n'
	    || memcmp(text, FORMAT_TEXT, head) != 0
	    || num_parse_u64(text + head, (size_t)n - head - 1, &v) != 0)
		return bdb_why(b, FG_EFORMAT, "%s: is not the format file of "
		    "a store", path);
	if (v > FORMAT_VERSION)
		return bdb_why(b, FG_EFORMAT, "store %s: has format %llu, this "
		    "fixgated knows formats up to %d; use a newer fixgated",
		    b->path, (unsigned long long)v, FORMAT_VERSION);
	/* From now on there may be what an older one does not know. */
	return v < FORMAT_VERSION ? write_format(b, path) : 0;
}

/* Files of another time are among those here, and only the whole log makes them
 * fit. */
static int
check_finished(struct bdb *b)
{
	char path[PATH_TEXT_MAX], text[STORE_ERR_MAX];
	ssize_t n;
	int fd, err = in_dir(b, path, BDB_UNFINISHED);

	if (err != 0)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	n = read(fd, text, sizeof(text));
	close(fd);
	return bdb_why(b, FG_ESTATE, "store %s: is half made: %.*s", b->path,
	    n < 0 ? 0 : (int)n, text);
}

int
bdb_dir_open(struct bdb *b, enum bdb_how how)
{
	int err = make_dir(b);

	if (err == 0)
		err = take_lock(b);
	if (err == 0 && how == BDB_NORMAL)
		err = check_finished(b);
	if (err == 0)
		err = check_format(b);
	return err;
}

int
bdb_dir_lock(struct bdb *b)
{
	if (access(b->path, F_OK) == -1)
		return bdb_why(b, fg_errno(errno), "store %s: %s", b->path,
		    strerror(errno));
	return take_lock(b);
}

void
bdb_dir_close(struct bdb *b)
{
	if (b->lock_fd != -1)
		close(b->lock_fd);
	b->lock_fd = -1;
}
