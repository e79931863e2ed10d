/* SPDX-License-Identifier: Apache-2.0 */
/* Driver for the Cadence GEM, one queue each way, 64-bit descriptors, a frame to a buffer.  Found in the device
 * tree; the clock and the PHY's reset are as the boot loader left them.  The boards' DMA is coherent: fences are
 * enough.
 *
 * Everything runs in io-net's thread: an interrupt is a pulse.  A descriptor is the device's or ours by its USED
 * bit: it is written last, behind a fence, and looked at first. */
#include "gem.h"

#include <errno.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/timeouts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/neutrino.h>
#include <sys/random.h>

#include "../lib/devtree.h"
#include "../lib/virtio.h"
#include "frame.h"
#include "gem_regs.h"
#include "iface.h"

#define DEVICES            2
#define RING               64 /* descriptors each way */
#define BUFFER_BYTES       2048u
#define REGS_BYTES         0x1000
#define LINK_POLL_MS       1000
#define MDIO_PATIENCE      100000 /* reads of a register */
#define INTERRUPT_PRIORITY 21
#define BATCH              128 /* frames in a row before clients get their turn */
#define NO_PHY             32u

struct gem {
    volatile uint8_t *regs;
    volatile uint32_t *clock_select; /* SiFive's: 0 for 1 Gbit/s, 1 below; NULL: there is none */
    struct dma memory;
    volatile struct gem_desc *rx, *tx, *idle; /* idle: for queues that are not used */
    uint8_t *rx_buffers, *tx_buffers;
    unsigned rx_at, tx_head, tx_tail, tx_out; /* tx_out: sent and not reclaimed */
    unsigned phy;                             /* MDIO address */
    bool isr_clears_on_read, has_link;
    uint32_t config; /* NCFGR without speed */
    uint8_t mac[6];
    int irq, irq_id;
    struct iface_counters counters;
    struct netif *netif;
};

static struct gem devices[DEVICES];
static unsigned device_count;
static int pulse_code, self_coid;

static uint32_t get(const struct gem *g, unsigned reg)
{
    return *(volatile uint32_t *)(volatile void *)(g->regs + reg);
}

static void put(struct gem *g, unsigned reg, uint32_t value)
{
    *(volatile uint32_t *)(volatile void *)(g->regs + reg) = value;
}

/* Orders memory that the device shares against its registers and itself, both ways. */
static void barrier(void)
{
    __asm__ volatile("fence iorw, iorw" ::: "memory");
}

static uint64_t physical(const struct gem *g, const volatile void *p)
{
    return g->memory.pa + (uint64_t)((const volatile uint8_t *)p - (uint8_t *)g->memory.va);
}

/* ------------------------------------------------------------------ the PHY */

static bool mdio_wait(struct gem *g)
{
    for (int i = 0; i < MDIO_PATIENCE; i++)
        if (get(g, GEM_NSR) & NSR_MDIO_IDLE)
            return true;
    return false;
}

static uint16_t mdio_read(struct gem *g, unsigned phy, unsigned reg)
{
    if (!mdio_wait(g))
        return 0xffff;
    put(g, GEM_MAN, MAN_READ | phy << 23 | reg << 18);
    return mdio_wait(g) ? (uint16_t)get(g, GEM_MAN) : 0xffff;
}

static void mdio_write(struct gem *g, unsigned phy, unsigned reg, uint16_t value)
{
    if (mdio_wait(g))
        put(g, GEM_MAN, MAN_WRITE | phy << 23 | reg << 18 | value);
    mdio_wait(g);
}

static unsigned find_phy(struct gem *g)
{
    for (unsigned phy = 0; phy < NO_PHY; phy++) {
        uint16_t id = mdio_read(g, phy, PHY_ID1);
        if (id != 0xffff && id != 0)
            return phy;
    }
    return NO_PHY;
}

/* What both ends can do, as bits of NCFGR. */
static uint32_t agreed_speed(struct gem *g)
{
    if (g->phy == NO_PHY)
        return NCFGR_GBE | NCFGR_FD;
    uint16_t gigabit = mdio_read(g, g->phy, PHY_GBCR) & (mdio_read(g, g->phy, PHY_GBSR) >> 2);
    uint16_t slower = mdio_read(g, g->phy, PHY_ANAR) & mdio_read(g, g->phy, PHY_ANLPAR);
    if (gigabit & 0x300)
        return NCFGR_GBE | (gigabit & 0x200 ? NCFGR_FD : 0);
    if (slower & 0x180)
        return NCFGR_SPD100 | (slower & 0x100 ? NCFGR_FD : 0);
    return slower & 0x40 ? NCFGR_FD : 0;
}

static void look_at_link(void *arg)
{
    struct gem *g = arg;
    uint16_t status = BMSR_LINK;
    if (g->phy != NO_PHY) {
        mdio_read(g, g->phy, PHY_BMSR); /* a link that was lost shows once: the second reading is now */
        status = mdio_read(g, g->phy, PHY_BMSR);
    }
    bool has_link = status != 0xffff && (status & BMSR_LINK);
    if (has_link && !g->has_link) {
        uint32_t speed = agreed_speed(g);
        put(g, GEM_NCFGR, g->config | speed);
        if (g->clock_select != NULL)
            *g->clock_select = speed & NCFGR_GBE ? 0 : 1;
        netif_set_link_up(g->netif);
    } else if (!has_link && g->has_link) {
        netif_set_link_down(g->netif);
    }
    g->has_link = has_link;
    sys_timeout(LINK_POLL_MS, look_at_link, g);
}

/* ------------------------------------------------------------------ sending */

static void start_tx_ring(struct gem *g)
{
    for (unsigned i = 0; i < RING; i++) {
        uint64_t pa = physical(g, g->tx_buffers + i * BUFFER_BYTES);
        g->tx[i].low = (uint32_t)pa;
        g->tx[i].high = (uint32_t)(pa >> 32);
        g->tx[i].ctrl = TX_USED | (i == RING - 1 ? TX_WRAP : 0);
    }
    g->tx_head = g->tx_tail = g->tx_out = 0;
    barrier();
    put(g, GEM_TBQPH, (uint32_t)(physical(g, g->tx) >> 32));
    put(g, GEM_TBQP, (uint32_t)physical(g, g->tx));
}

static void reclaim(struct gem *g)
{
    while (g->tx_out > 0 && (g->tx[g->tx_tail].ctrl & TX_USED)) {
        g->tx_tail = (g->tx_tail + 1) % RING;
        g->tx_out--;
    }
    barrier();
    if (g->tx_out > 0) /* the device may have looked just before the last frame came */
        put(g, GEM_NCR, get(g, GEM_NCR) | NCR_TSTART);
}

static struct gem *device_of(const struct netif *netif)
{
    for (unsigned i = 0; i < DEVICES; i++)
        if (devices[i].netif == netif)
            return &devices[i];
    return NULL;
}

/* lwIP's way out. */
static err_t link_output(struct netif *netif, struct pbuf *p)
{
    struct gem *g = device_of(netif);
    if (g->tx_out == RING)
        reclaim(g);
    if (g->tx_out == RING || p->tot_len > FRAME_MAX) {
        g->counters.out_dropped++;
        return ERR_MEM; /* as if it were lost on the wire: TCP sends it again */
    }
    volatile struct gem_desc *d = &g->tx[g->tx_head];
    pbuf_copy_partial(p, g->tx_buffers + g->tx_head * BUFFER_BYTES, p->tot_len, 0);
    barrier();
    d->ctrl = p->tot_len | TX_LAST | (g->tx_head == RING - 1 ? TX_WRAP : 0);
    g->tx_head = (g->tx_head + 1) % RING;
    g->tx_out++;
    g->counters.out_packets++;
    g->counters.out_bytes += p->tot_len;
    barrier();
    put(g, GEM_NCR, get(g, GEM_NCR) | NCR_TSTART);
    return ERR_OK;
}

/* After an error the device is somewhere in the ring: it starts over, what was in it is lost. */
static void restart_tx(struct gem *g)
{
    put(g, GEM_NCR, get(g, GEM_NCR) & ~(uint32_t)NCR_TE);
    g->counters.out_dropped += g->tx_out;
    start_tx_ring(g);
    put(g, GEM_TSR, UINT32_MAX);
    put(g, GEM_NCR, get(g, GEM_NCR) | NCR_TE);
}

/* ------------------------------------------------------------------ receiving */

/* The buffer is the device's again. */
static void offer(struct gem *g, unsigned i)
{
    uint64_t pa = physical(g, g->rx_buffers + i * BUFFER_BYTES);
    g->rx[i].high = (uint32_t)(pa >> 32);
    g->rx[i].ctrl = 0;
    barrier();
    g->rx[i].low = (uint32_t)pa | (i == RING - 1 ? RX_WRAP : 0);
}

static void receive_frame(struct gem *g, unsigned i, uint32_t ctrl)
{
    uint32_t bytes = ctrl & RX_BYTES;
    struct pbuf *p = NULL;
    if ((ctrl & RX_SOF) && (ctrl & RX_EOF) && bytes > 0 && bytes <= FRAME_MAX)
        p = frame_pbuf(g->rx_buffers + i * BUFFER_BYTES, bytes, PBUF_POOL);
    if (p == NULL) {
        g->counters.in_dropped++;
        return;
    }
    g->counters.in_packets++;
    g->counters.in_bytes += p->tot_len;
    if (g->netif->input(p, g->netif) != ERR_OK)
        pbuf_free(p);
}

/* False: there may be more. */
static bool receive_all(struct gem *g)
{
    for (int n = 0; n < BATCH; n++) {
        volatile struct gem_desc *d = &g->rx[g->rx_at];
        if (!(d->low & RX_USED))
            return true;
        barrier();
        receive_frame(g, g->rx_at, d->ctrl);
        offer(g, g->rx_at);
        g->rx_at = (g->rx_at + 1) % RING;
    }
    return false;
}

static int on_interrupt(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    struct gem *g = ctp->msg->pulse.value.sival_ptr;
    (void)code, (void)flags, (void)handle;
    if (g != &devices[0] && g != &devices[1])
        return 0; /* anybody can send a pulse */
    if (g->netif == NULL)
        return 0;
    uint32_t why = get(g, GEM_ISR);
    if (!g->isr_clears_on_read)
        put(g, GEM_ISR, why);
    put(g, GEM_RSR, get(g, GEM_RSR)); /* both: a one clears */
    put(g, GEM_TSR, get(g, GEM_TSR));
    if (why & INT_TX_BROKEN)
        restart_tx(g);
    else
        reclaim(g);
    if (receive_all(g) || MsgSendPulsePtr(self_coid, INTERRUPT_PRIORITY, pulse_code, g) == -1)
        InterruptUnmask(g->irq, g->irq_id);
    return 0;
}

/* ------------------------------------------------------------------ start */

static void start_rx_ring(struct gem *g)
{
    for (unsigned i = 0; i < RING; i++)
        offer(g, i);
    g->rx_at = 0;
    barrier();
    put(g, GEM_RBQPH, (uint32_t)(physical(g, g->rx) >> 32));
    put(g, GEM_RBQP, (uint32_t)physical(g, g->rx));
}

/* Queues that the device has and we do not use must not look into memory that is not theirs. */
static void quiet_other_queues(struct gem *g)
{
    uint32_t there = get(g, GEM_DCFG6) & 0xfe;
    *g->idle = (struct gem_desc){.low = RX_USED | RX_WRAP, .ctrl = TX_USED | TX_WRAP};
    barrier();
    for (unsigned queue = 1; queue < 8; queue++) {
        if (!(there & 1u << queue))
            continue;
        put(g, GEM_TBQP1 + 4 * (queue - 1), (uint32_t)physical(g, g->idle));
        put(g, GEM_RBQP1 + 4 * (queue - 1), (uint32_t)physical(g, g->idle));
    }
}

static int lay_out_memory(struct gem *g)
{
    size_t rings = (2 * RING + 1) * sizeof(struct gem_desc);
    size_t buffers = (rings + BUFFER_BYTES - 1) & ~(size_t)(BUFFER_BYTES - 1);
    int error = dma_alloc(&g->memory, buffers + 2 * RING * BUFFER_BYTES);
    if (error != 0)
        return error;
    g->rx = g->memory.va;
    g->tx = g->rx + RING;
    g->idle = g->tx + RING;
    g->rx_buffers = (uint8_t *)g->memory.va + buffers;
    g->tx_buffers = g->rx_buffers + RING * BUFFER_BYTES;
    return 0;
}

static void reset(struct gem *g)
{
    put(g, GEM_NCR, 0);
    put(g, GEM_NCR, NCR_CLRSTAT);
    put(g, GEM_TSR, UINT32_MAX);
    put(g, GEM_RSR, UINT32_MAX);
    put(g, GEM_IDR, UINT32_MAX);
    g->isr_clears_on_read = (get(g, GEM_DCFG1) & DCFG1_CLEARS_ON_READ) != 0;
    uint32_t pending = get(g, GEM_ISR);
    if (!g->isr_clears_on_read)
        put(g, GEM_ISR, pending);
    g->config = NCFGR_MTI | NCFGR_DRFCS | NCFGR_MDC_64 | NCFGR_BUS_64 | NCFGR_BIG;
    put(g, GEM_NCFGR, g->config | NCFGR_GBE | NCFGR_FD);
    put(g, GEM_DMACFG, DMACFG_INCR16 | DMACFG_RX_MEMORY | DMACFG_TX_MEMORY | DMACFG_ADDR64 |
                           BUFFER_BYTES / 64 * DMACFG_RX_UNIT);
    put(g, GEM_HRB, UINT32_MAX); /* all multicast: lwIP sorts it */
    put(g, GEM_HRT, UINT32_MAX);
    put(g, GEM_SA1B, (uint32_t)g->mac[0] | (uint32_t)g->mac[1] << 8 | (uint32_t)g->mac[2] << 16 |
                         (uint32_t)g->mac[3] << 24);
    put(g, GEM_SA1T, (uint32_t)g->mac[4] | (uint32_t)g->mac[5] << 8);
}

static int init(struct netif *netif)
{
    struct gem *g = &devices[device_count];
    memcpy(netif->hwaddr, g->mac, sizeof g->mac);
    netif->linkoutput = link_output;
    g->netif = netif;
    return 0;
}

static void start_phy(struct gem *g)
{
    put(g, GEM_NCR, NCR_MPE);
    g->phy = find_phy(g);
    if (g->phy == NO_PHY) {
        fprintf(stderr, "io-net: no PHY answers; 1 Gbit/s is assumed\n");
        return;
    }
    mdio_read(g, g->phy, PHY_BMSR);
    if (!(mdio_read(g, g->phy, PHY_BMSR) & BMSR_LINK))
        mdio_write(g, g->phy, PHY_BMCR, BMCR_RESTART);
}

static int start_device(struct gem *g)
{
    struct sigevent event;
    if (!(get(g, GEM_DCFG6) & DCFG6_ADDR64))
        return ENOTSUP;
    int error = lay_out_memory(g);
    if (error != 0)
        return error;
    reset(g);
    start_rx_ring(g);
    start_tx_ring(g);
    quiet_other_queues(g);
    start_phy(g);
    SIGEV_PULSE_PTR_INIT(&event, self_coid, INTERRUPT_PRIORITY, pulse_code, g);
    g->irq_id = InterruptAttachEvent(g->irq, &event, _NTO_INTR_FLAGS_TRK_MSK);
    if (g->irq_id == -1)
        return errno;
    if (iface_add("en", init, &g->counters) == NULL)
        return ENOMEM;
    netif_set_link_down(g->netif);
    put(g, GEM_NCR, NCR_MPE | NCR_RE | NCR_TE);
    look_at_link(g);
    put(g, GEM_IER, INT_USED);
    return 0;
}

static int open_device(struct gem *g, const struct devtree_node *node)
{
    *g = (struct gem){.irq = (int)node->irq};
    memcpy(g->mac, node->mac, sizeof g->mac);
    if (!node->has_mac) { /* one of those that are nobody's */
        if (getrandom(g->mac, sizeof g->mac, 0) != sizeof g->mac)
            return EIO;
        g->mac[0] = (uint8_t)((g->mac[0] & 0xfc) | 2);
    }
    g->regs = mmap_device_memory(NULL, REGS_BYTES, PROT_READ | PROT_WRITE | PROT_NOCACHE, 0, node->address);
    if (g->regs == MAP_FAILED)
        return errno;
    if (node->second != 0) {
        void *select = mmap_device_memory(NULL, REGS_BYTES, PROT_READ | PROT_WRITE | PROT_NOCACHE, 0, node->second);
        if (select == MAP_FAILED)
            return errno;
        g->clock_select = select;
    }
    return start_device(g);
}

int gem_start(dispatch_t *dpp, int coid)
{
    /* The FU740's node has the first one, too; its own and the generic ones are for other trees. */
    static const char *const names[] = {"sifive,fu540-c000-gem", "sifive,fu740-c000-gem"};
    struct devtree_node node;
    size_t bytes;
    void *tree = devtree_read(&bytes);
    self_coid = coid;
    pulse_code = tree != NULL ? pulse_attach(dpp, MSG_FLAG_ALLOC_PULSE, 0, on_interrupt, NULL) : -1;
    for (unsigned name = 0; pulse_code != -1 && name < sizeof names / sizeof names[0]; name++) {
        for (unsigned i = 0; device_count < DEVICES; i++) {
            if (!devtree_find(tree, bytes, names[name], i, &node))
                break;
            int error = open_device(&devices[device_count], &node);
            if (error == 0)
                device_count++;
            else
                fprintf(stderr, "io-net: Ethernet at 0x%llx: %s\n", (unsigned long long)node.address,
                        strerror(error));
        }
    }
    free(tree);
    return (int)device_count;
}
