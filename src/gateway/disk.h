/*
 * disk.h: watches the space on the disk of the store. Below MinDiskFree no new
 * message is taken to be sent; below half of it the sessions are logged out in
 * order, while there is still room to store that. Both end by themselves.
 */
#ifndef FG_GATEWAY_DISK_H
#define FG_GATEWAY_DISK_H

#include <stdint.h>

enum disk_level { DISK_ENOUGH, DISK_LOW, DISK_OUT };

struct conf_section;
struct gateway;
struct disk;

/* Starts to watch. Returns owned; NULL: no memory. */
struct disk *disk_new(struct gateway *g);
/* Obey its settings in [GATEWAY] from now on. */
void disk_settle(struct disk *d, const struct conf_section *sec);
void disk_free(struct disk *d);

enum disk_level disk_level(const struct disk *d);
/* Bytes free when it was last looked at. */
uint64_t disk_bytes_free(const struct disk *d);
/* Bytes of the store when its files were last counted; 0: not yet. */
uint64_t disk_bytes_used(struct disk *d);

#endif
