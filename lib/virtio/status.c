// SPDX-License-Identifier: MIT
/* The device status (2.1), and what it tells. */
#include "lib/virtio/virtio.h"

/* No section names a limit. Devices in software answer at once, those in hardware drain first. */
#define RESET_STEP_US  100u
#define RESET_LIMIT_US 1000000u
#define ALL_ONES       0xffu /* no status at all: bits 4 and 5 are reserved */

uint8_t vio_status(struct vio *v)
{
    uint8_t status = (uint8_t)vio_read(&v->common, VIO_STATUS, 1);

    if (status == ALL_ONES)
        ixl_removed(&v->base);
    return status;
}

void vio_add_status(struct vio *v, uint8_t bits)
{
    vio_write(&v->common, VIO_STATUS, 1, vio_status(v) | bits);
}

int vio_check(struct vio *v)
{
    if (atomic_load(&v->base.removed))
        return -IXL_ENODEV;
    uint8_t status = vio_status(v);
    if (status == ALL_ONES)
        return -IXL_ENODEV;
    if (!(status & VIO_NEEDS_RESET))
        return 0;
    if (!v->told_broken) {
        ixl_log(IXL_LOG_ERROR, "%s: the device has failed and asks for a reset: ixl_reset",
                v->base.info.address);
        ixl_note_error(&v->base);
    }
    v->told_broken = true;
    return -IXL_EIO;
}

int vio_reset(struct ixl_device *dev)
{
    struct vio *v = vio_of(dev);

    if (vio_status(v) == ALL_ONES)
        return -IXL_ENODEV;
    vio_write(&v->common, VIO_STATUS, 1, 0);
    for (unsigned waited = 0; waited <= RESET_LIMIT_US; waited += RESET_STEP_US) {
        uint8_t status = vio_status(v);
        if (status == 0)
            return 0;
        if (status == ALL_ONES)
            return -IXL_ENODEV;
        ixl_delay_us(dev, RESET_STEP_US);
    }
    ixl_log(IXL_LOG_ERROR, "%s: the reset does not end: restart the machine it belongs to",
            dev->info.address);
    return -IXL_ETIMEDOUT;
}
