// SPDX-License-Identifier: MIT
/* Commands to the device (5.1.6.5): one at a time, its answer is waited for. */
#include "lib/virtio/virtio.h"

#define RING      16u
#define ROOM      VIO_COMMAND_MAX
#define HEAD      2u
#define STEP_US   10u
#define LIMIT_US  1000000u
#define NO_ANSWER 0xffu

int vio_ctrl_create(struct vio *v)
{
    uint16_t index = (uint16_t)(2 * (vio_has(v, VIO_F_MQ | VIO_F_RSS) ? v->pairs : 1));

    if (!vio_has(v, VIO_F_CTRL_VQ))
        return 0;
    int err = vio_ring_create(v, &v->ctrl, index, RING);
    if (!err)
        err = ixl_dev_dma_alloc(&v->base, HEAD + ROOM + 1, 64, &v->command);
    return err;
}

void vio_ctrl_free(struct vio *v)
{
    ixl_dev_dma_free(&v->base, &v->command);
    vio_ring_free(v, &v->ctrl);
    v->ctrl_prod = v->ctrl_cons = 0;
}

void vio_ctrl_rewind(struct vio *v)
{
    vio_ring_rewind(&v->ctrl);
    v->ctrl_prod = v->ctrl_cons = 0;
}

/* What it consists of: class and command, data, a byte for the answer. */
static uint32_t put(struct vio *v, uint32_t at, uint64_t off, uint32_t len, uint16_t flags,
                    uint64_t *rest)
{
    struct vio_ring *r = &v->ctrl;

    vio_store64(&r->desc[at & r->mask].addr, v->command.addr + off);
    *rest = vio_rest(r, r->packed, at, len, flags, (uint16_t)(v->ctrl_prod & r->mask));
    return at + 1;
}

static uint32_t issue(struct vio *v, uint32_t len)
{
    struct vio_ring *r = &v->ctrl;
    uint32_t first = v->ctrl_prod, at = first;
    uint64_t head, rest;

    at = put(v, at, 0, HEAD, VIO_DESC_NEXT, &head);
    at = put(v, at, HEAD, len, VIO_DESC_NEXT, &rest);
    vio_store64(&r->desc[(at - 1) & r->mask].rest, rest);
    at = put(v, at, HEAD + ROOM, 1, VIO_DESC_WRITE, &rest);
    vio_store64(&r->desc[(at - 1) & r->mask].rest, rest);
    if (r->packed) {
        vio_publish_packed(r, first, head);
    } else {
        uint16_t idx = (uint16_t)v->ctrl_cons;
        vio_store64(&r->desc[first & r->mask].rest, head);
        vio_store16(r->driver + VIO_RING_FIRST + (idx & r->mask), (uint16_t)(first & r->mask));
        vio_publish_split(r, (uint16_t)(idx + 1));
    }
    return at;
}

static bool answered(struct vio *v)
{
    struct vio_ring *r = &v->ctrl;
    uint64_t rest;

    if (r->packed)
        return vio_used_packed(r, v->ctrl_prod, &rest);
    return vio_used_split(r, (uint16_t)v->ctrl_cons, 1) == 1;
}

static int await(struct vio *v)
{
    for (unsigned waited = 0; waited <= LIMIT_US; waited += STEP_US) {
        if (answered(v))
            return 0;
        if (v->ctrl.broken)
            break;
        ixl_delay_us(&v->base, STEP_US);
        if (waited % 1000 == 0) {
            int err = vio_check(v);
            if (err)
                return err;
        }
    }
    ixl_log(IXL_LOG_ERROR, "%s: the device does not answer a command: ixl_reset",
            v->base.info.address);
    v->ctrl.broken = true;
    ixl_note_error(&v->base);
    return -IXL_ETIMEDOUT;
}

int vio_command(struct vio *v, uint16_t command, const void *data, uint32_t len)
{
    uint8_t *mem = v->command.virt;

    if (!v->ctrl.desc || len > ROOM)
        return -IXL_ENOTSUP;
    int err = vio_check(v);
    if (err)
        return err;
    if (!(vio_status(v) & VIO_DRIVER_OK)) {
        ixl_log(IXL_LOG_ERROR, "%s: the device does not run: ixl_reset", v->base.info.address);
        return -IXL_EIO;
    }
    if (v->ctrl.broken)
        return -IXL_ETIMEDOUT;
    mem[0] = (uint8_t)command;
    mem[1] = (uint8_t)(command >> 8);
    memcpy(mem + HEAD, data, len);
    mem[HEAD + ROOM] = NO_ANSWER;
    uint32_t end = issue(v, len);
    ixl_mb(); /* orders what was handed over before the doorbell: see vio_wants_kick */
    vio_kick(&v->ctrl);
    err = await(v);
    if (err)
        return err;
    v->ctrl_prod = end;
    v->ctrl_cons++;
    if (__atomic_load_n(mem + HEAD + ROOM, __ATOMIC_RELAXED) == VIO_CMD_OK)
        return 0;
    ixl_log(IXL_LOG_ERROR, "%s: the device refuses command %u of class %u", v->base.info.address,
            command >> 8, command & 0xffu);
    return -IXL_EIO;
}
