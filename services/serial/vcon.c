/* SPDX-License-Identifier: Apache-2.0 */
/* Followed: VIRTIO 1.2, section 5.3 (console device with the MULTIPORT feature).  The same port as execd's: an image has one
 * or the other. */
#include "vcon.h"

#include <errno.h>
#include <string.h>
#include <termios.h>

#define FEATURE_MULTIPORT 2u
#define PORT              1u
enum { DEVICE_READY = 0, DEVICE_ADD = 1, PORT_READY = 3, PORT_OPEN = 6 };
/* Queues: port 0's pair, the control pair, then a pair for each further port. */
enum { CONTROL_IN = 2, CONTROL_OUT = 3, PORT_IN = 2 + 2 * PORT, PORT_OUT };
#define CONTROL_SLOTS 16u /* of each direction, in one page */
#define CONTROL_BYTES 64u

struct control {
    uint32_t id;
    uint16_t event, value;
};

static void tell_device(struct vcon *chip, uint32_t id, uint16_t event, uint16_t value)
{
    unsigned at = (chip->control_slot++ % CONTROL_SLOTS) * CONTROL_BYTES;
    struct control *c = (void *)((char *)chip->control_mem.va + at);
    struct virtq_part part = {chip->control_mem.pa + at, sizeof *c};
    uint32_t written;
    *c = (struct control){id, event, value};
    while (virtq_take(&chip->control_out, &written) != NULL)
        ;
    virtq_add(&chip->control_out, &part, 1, 0, c);
    virtq_kick(&chip->control_out);
}

static void offer_control(struct vcon *chip, void *slot)
{
    struct virtq_part part = {chip->control_mem.pa + (uint64_t)((char *)slot - (char *)chip->control_mem.va), CONTROL_BYTES};
    virtq_add(&chip->control_in, &part, 0, 1, slot);
}

static void offer(struct vcon *chip, struct dma *buffer)
{
    struct virtq_part part = {buffer->pa, VCON_BYTES};
    virtq_add(&chip->in, &part, 0, 1, buffer);
}

int vcon_find(struct vcon *chip)
{
    return virtio_find(VIRTIO_ID_CONSOLE, 0, &chip->device);
}

int vcon_start(struct vcon *chip)
{
    uint32_t features;
    int error = virtio_begin(&chip->device, FEATURE_MULTIPORT, &features);
    if (error == 0 && !(features & FEATURE_MULTIPORT))
        error = ENOTSUP;
    if (error == 0)
        error = virtio_queue(&chip->device, &chip->control_in, CONTROL_IN);
    if (error == 0)
        error = virtio_queue(&chip->device, &chip->control_out, CONTROL_OUT);
    if (error == 0)
        error = virtio_queue(&chip->device, &chip->in, PORT_IN);
    if (error == 0)
        error = virtio_queue(&chip->device, &chip->out, PORT_OUT);
    if (error == 0)
        error = dma_alloc(&chip->control_mem, 4096);
    for (unsigned i = 0; error == 0 && i < VCON_BUFFERS; i++) {
        error = dma_alloc(&chip->in_mem[i], VCON_BYTES);
        if (error == 0)
            error = dma_alloc(&chip->out_mem[i], VCON_BYTES);
    }
    if (error != 0)
        return error;
    virtio_ready(&chip->device);
    for (unsigned i = 0; i < CONTROL_SLOTS; i++)
        offer_control(chip, (char *)chip->control_mem.va + (CONTROL_SLOTS + i) * CONTROL_BYTES);
    virtq_kick(&chip->control_in);
    for (unsigned i = 0; i < VCON_BUFFERS; i++)
        offer(chip, &chip->in_mem[i]);
    virtq_kick(&chip->in);
    tell_device(chip, 0xffffffffu, DEVICE_READY, 1);
    tell_device(chip, PORT, PORT_READY, 1);
    tell_device(chip, PORT, PORT_OPEN, 1);
    return EOK;
}

/* Bytes to the line discipline while it has room. */
static void feed(struct chardev *dev)
{
    struct vcon *chip = dev->chip;
    bool is_any = false;
    for (;;) {
        if (chip->reading == NULL) {
            chip->reading = virtq_take(&chip->in, &chip->read_bytes);
            chip->read_at = 0;
            if (chip->reading == NULL)
                break;
        }
        const uint8_t *data = chip->reading->va;
        while (chip->read_at < chip->read_bytes && !ldisc_is_full(&dev->ld))
            ldisc_input(&dev->ld, data[chip->read_at++], LD_OK);
        if (chip->read_at < chip->read_bytes)
            break;
        offer(chip, chip->reading);
        chip->reading = NULL;
        is_any = true;
    }
    if (is_any)
        virtq_kick(&chip->in);
}

static void transmit(struct chardev *dev)
{
    struct vcon *chip = dev->chip;
    uint32_t written;
    struct dma *done;
    int c;
    while ((done = virtq_take(&chip->out, &written)) != NULL)
        chip->out_busy[done - chip->out_mem] = false;
    for (unsigned i = 0; i < VCON_BUFFERS && ldisc_out_pending(&dev->ld); i++) {
        struct virtq_part part = {chip->out_mem[i].pa, 0};
        uint8_t *data = chip->out_mem[i].va;
        if (chip->out_busy[i])
            continue;
        while (part.bytes < VCON_BYTES && (c = ldisc_out_get(&dev->ld)) >= 0)
            data[part.bytes++] = (uint8_t)c;
        if (part.bytes == 0 || virtq_add(&chip->out, &part, 1, 0, &chip->out_mem[i]) != 0)
            break;
        chip->out_busy[i] = true;
        virtq_kick(&chip->out);
    }
}

/* Until all is read, or the line discipline is full when its readers have been served: then hold() says when there is room. */
static void pump(struct chardev *dev)
{
    struct vcon *chip = dev->chip;
    do {
        feed(dev);
        chardev_service(dev);
    } while (chip->reading != NULL && !ldisc_is_full(&dev->ld));
}

static void on_control(struct chardev *dev, const struct control *c)
{
    if (c->id != PORT)
        return;
    if (c->event == DEVICE_ADD)
        tell_device(dev->chip, PORT, PORT_READY, 1);
    if (c->event != PORT_OPEN)
        return;
    if (c->value == 0)
        chardev_hangup(dev);
    else
        dev->hung_up = false;
}

static void interrupt(struct chardev *dev)
{
    struct vcon *chip = dev->chip;
    uint32_t written;
    struct control *c;
    bool is_any = false;
    virtio_ack(&chip->device);
    while ((c = virtq_take(&chip->control_in, &written)) != NULL) {
        if (written >= sizeof *c)
            on_control(dev, c);
        offer_control(chip, c);
        is_any = true;
    }
    if (is_any)
        virtq_kick(&chip->control_in);
    transmit(dev);
    pump(dev);
}

static int set_line(struct chardev *dev, const struct termios *old, const struct termios *wanted)
{
    (void)dev, (void)old;
    return (wanted->c_cflag & CSIZE) == CS8 && !(wanted->c_cflag & PARENB) ? EOK : EINVAL;
}

static bool is_idle(struct chardev *dev)
{
    (void)dev;
    return true; /* what the device has is as good as sent */
}

static void set_break(struct chardev *dev, bool on)
{
    (void)dev, (void)on;
}

/* There is no interrupt for what lies here already. */
static void hold(struct chardev *dev, bool on)
{
    if (!on)
        pump(dev);
}

const struct chip_ops vcon_ops = {
    .transmit = transmit,
    .interrupt = interrupt,
    .set_line = set_line,
    .is_idle = is_idle,
    .set_break = set_break,
    .modem = chardev_no_modem,
    .hold = hold,
    .throttle = chardev_no_throttle,
};
