/* folder.h: how large a folder is. */
#ifndef FG_DAEMON_FOLDER_H
#define FG_DAEMON_FOLDER_H

#include <stdint.h>

/* Bytes that the files in it and below it take on the disk; 0 if it cannot be
 * read. May take long: not for the loop's thread. */
uint64_t folder_bytes(const char *path);

#endif
