#include "ctl/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "ctl/ctl.h"

#define READ_BYTES (64 * 1024)

char *
input_line(struct input *in, size_t *n)
{
	char *p, *end;

	if (in->buf.len == in->eaten)
		return NULL;
	p = in->buf.p + in->eaten;
	end = memchr(p, '\n', in->buf.len - in->eaten);
	if (end == NULL && !in->eof)
		return NULL;
	*n = end == NULL ? in->buf.len - in->eaten : (size_t)(end - p);
	in->eaten += *n + (end != NULL);
	in->lineno++;
	return p;
}

int
input_read(struct input *in)
{
	ssize_t n;

	buf_shift(&in->buf, in->eaten);
	in->taken += in->eaten;
	in->eaten = 0;
	if (buf_reserve(&in->buf, READ_BYTES) != 0) {
		ctl_complain("%s", fg_strerror(FG_ENOMEM));
		return CTL_USAGE;
	}
	n = read(in->fd, in->buf.p + in->buf.len, READ_BYTES);
	if (n == -1 && errno != EINTR && errno != EAGAIN) {
		ctl_complain("%s: %s", in->name, strerror(errno));
		return CTL_USAGE;
	}
	if (n == 0)
		in->eof = true;
	if (n > 0)
		in->buf.len += (size_t)n;
	return CTL_OK;
}

bool
input_is_over(const struct input *in)
{
	return in->eof && in->eaten == in->buf.len;
}
