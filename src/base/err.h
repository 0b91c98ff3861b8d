/* err.h: the error numbers of fixgate. 0 is success, all others negative. */
#ifndef FG_BASE_ERR_H
#define FG_BASE_ERR_H

#define FG_ERRORS(X)                                                           \
	X(EPARTIAL, -1, "more bytes are needed")                               \
	X(EGARBLED, -2, "garbled")                                             \
	X(ENOMEM, -3, "out of memory")                                         \
	X(EINVAL, -4, "invalid value")                                         \
	X(ENOENT, -5, "not found")                                             \
	X(EEXIST, -6, "already exists")                                        \
	X(ELIMIT, -7, "over a limit")                                          \
	X(ENOSPC, -8, "no space left on the disk")                             \
	X(EIO, -9, "input or output failed")                                   \
	X(EBUSY, -10, "in use by another process")                             \
	X(EACCES, -11, "permission denied")                                    \
	X(ESTATE, -12, "not possible in this state")                           \
	X(EFORMAT, -13, "unknown or newer format")                             \
	X(EDAMAGED, -14, "damaged data")                                       \
	X(EOVERFLOW, -15, "number out of range")                               \
	X(ECLOSED, -16, "closed")                                              \
	X(ETIMEOUT, -17, "timed out")

enum fg_err {
	FG_OK = 0,
#define X(name, num, text) FG_##name = num,
	FG_ERRORS(X)
#undef X
};

/* The text of an error number; never NULL, static storage. */
const char *fg_strerror(int err);

/* Map a positive errno value to an FG_E number. */
int fg_errno(int sys);

#endif
