#include "base/err.h"

#include <errno.h>

const char *
fg_strerror(int err)
{
	switch (err) {
	case FG_OK:
		return "success";
#define X(name, num, text)                                                     \
	case FG_##name:                                                        \
		return text;
		FG_ERRORS(X)
#undef X
	}
	return "unknown error";
}

int
fg_errno(int sys)
{
	switch (sys) {
	case 0:
		return FG_OK;
	case ENOMEM:
		return FG_ENOMEM;
	case EINVAL:
		return FG_EINVAL;
	case ENOENT:
		return FG_ENOENT;
	case EEXIST:
		return FG_EEXIST;
	case ENOSPC:
	case EDQUOT:
		return FG_ENOSPC;
	case EBUSY:
		return FG_EBUSY;
	case EACCES:
	case EPERM:
	case EROFS:
		return FG_EACCES;
	case ETIMEDOUT:
		return FG_ETIMEOUT;
	}
	return FG_EIO;
}
