/* disk.h: the tests of the back end on disk. */
#ifndef T_STORE_DISK_H
#define T_STORE_DISK_H

#include <check.h>

TCase *disk_case(void);

#endif
