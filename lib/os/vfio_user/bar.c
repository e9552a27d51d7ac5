// SPDX-License-Identifier: MIT
/*
 * BARs: reached by messages. One that the server lets be mapped as a whole is touched directly, if
 * the server cannot take the memory away again: an access to what is gone would end the process.
 */
#include "lib/os/vfio_user/vfio_user_os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/os/linux/linux_os.h"

#define BARS 6u

/* ---- by messages --------------------------------------------------------- */

static uint32_t slow_read(const struct ixl_bar *bar, uint32_t off, unsigned width)
{
    struct vu_dev *dev = bar->ctx;
    uint32_t val = 0;

    return vu_region_read(&dev->conn, bar->index, off, width, &val) ? UINT32_MAX : val;
}

static void slow_write(const struct ixl_bar *bar, uint32_t off, unsigned width, uint32_t val)
{
    struct vu_dev *dev = bar->ctx;

    (void)vu_region_write(&dev->conn, bar->index, off, width, val);
}

/* ---- mapped -------------------------------------------------------------- */

static bool lasts(int fd, const struct vfio_region_info *info)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & F_SEAL_SHRINK) && fstat(fd, &st) == 0 && st.st_size >= 0 &&
           info->offset <= (uint64_t)st.st_size &&
           info->size <= (uint64_t)st.st_size - info->offset;
}

static void *map(struct vu_dev *dev, const struct vfio_region_info *info, int fd)
{
    uint32_t want = VFIO_REGION_INFO_FLAG_MMAP, not = VFIO_REGION_INFO_FLAG_CAPS;

    if (fd < 0 || (info->flags & (want | not )) != want || !lasts(fd, info))
        return NULL;
    for (unsigned i = 0; i < VU_BARS_MAX; i++) {
        if (dev->bars[i].at)
            continue;
        void *at = mmap(NULL, (size_t)info->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                        (off_t)info->offset);
        if (at == MAP_FAILED)
            return NULL;
        dev->bars[i] = (struct vu_mapped_bar){ at, (size_t)info->size };
        return at;
    }
    return NULL;
}

/* ---- the seam ------------------------------------------------------------ */

int vu_bar_map(struct ixl_os_dev *base, unsigned index, struct ixl_bar *out)
{
    struct vu_dev *dev = vu_dev(base);
    struct vfio_region_info ask = { .argsz = 4096, .index = index };
    union {
        struct vfio_region_info info;
        uint8_t room[4096]; /* for capabilities, which are not looked at */
    } got = { .info = { .size = 0 } };
    int fd = -1;
    struct vu_call call = { .command = VU_DEVICE_GET_REGION_INFO,
                            .body = &ask,
                            .len = sizeof(ask),
                            .reply = &got,
                            .reply_min = sizeof(got.info),
                            .reply_max = sizeof(got),
                            .reply_fd = &fd };
    int err = index < BARS ? vu_call(&dev->conn, &call) : 0;

    if (err)
        return lx_fail(dev->spec.info.address, "a BAR is not described", err, NULL);
    if (got.info.size == 0 || got.info.size > SIZE_MAX / 2 || got.info.index != index) {
        if (fd >= 0)
            close(fd);
        ixl_log(IXL_LOG_ERROR, "%s has no BAR %u", dev->spec.info.address, index);
        return -IXL_ENOENT;
    }
    *out = (struct ixl_bar){ .size = got.info.size,
                             .read = slow_read,
                             .write = slow_write,
                             .ctx = dev,
                             .index = index,
                             .mem = map(dev, &got.info, fd) };
    if (fd >= 0)
        close(fd);
    return 0;
}

static void unmap(struct vu_mapped_bar *place)
{
    munmap(place->at, place->size);
    place->at = NULL;
}

void vu_bar_unmap(struct ixl_os_dev *base, struct ixl_bar *bar)
{
    struct vu_dev *dev = vu_dev(base);

    for (unsigned i = 0; i < VU_BARS_MAX; i++) {
        if (bar->mem && dev->bars[i].at == bar->mem) {
            unmap(&dev->bars[i]);
            break;
        }
    }
    memset(bar, 0, sizeof(*bar));
}

void vu_bar_close(struct vu_dev *dev)
{
    for (unsigned i = 0; i < VU_BARS_MAX; i++)
        if (dev->bars[i].at)
            unmap(&dev->bars[i]);
}
