/* SPDX-License-Identifier: Apache-2.0 */
/* Registers and descriptors of the Cadence GEM, as far as the driver uses them. */
#pragma once
#include <stdint.h>

enum {
    GEM_NCR = 0x000,
    GEM_NCFGR = 0x004,
    GEM_NSR = 0x008,
    GEM_DMACFG = 0x010,
    GEM_TSR = 0x014,
    GEM_RBQP = 0x018,
    GEM_TBQP = 0x01c,
    GEM_RSR = 0x020,
    GEM_ISR = 0x024,
    GEM_IER = 0x028,
    GEM_IDR = 0x02c,
    GEM_MAN = 0x034, /* the PHY's registers */
    GEM_HRB = 0x080, /* hash of multicast addresses */
    GEM_HRT = 0x084,
    GEM_SA1B = 0x088, /* our address; the top makes it valid */
    GEM_SA1T = 0x08c,
    GEM_DCFG1 = 0x280,
    GEM_DCFG6 = 0x294,
    GEM_TBQP1 = 0x440, /* of queue 1; one word each */
    GEM_RBQP1 = 0x480,
    GEM_TBQPH = 0x4c8, /* upper halves, for all queues */
    GEM_RBQPH = 0x4d4
};

enum { NCR_RE = 1 << 2, NCR_TE = 1 << 3, NCR_MPE = 1 << 4, NCR_CLRSTAT = 1 << 5, NCR_TSTART = 1 << 9 };
enum {
    NCFGR_SPD100 = 1 << 0,
    NCFGR_FD = 1 << 1,
    NCFGR_MTI = 1 << 6, /* multicast by hash */
    NCFGR_BIG = 1 << 8,
    NCFGR_GBE = 1 << 10,
    NCFGR_DRFCS = 1 << 17, /* frames come without their checksum */
    NCFGR_MDC_64 = 4 << 18, /* the MDIO clock stays below 2.5 MHz with the boards' 125 MHz */
    NCFGR_BUS_64 = 1 << 21
};
enum { NSR_MDIO_IDLE = 1 << 2 };
enum {
    DMACFG_INCR16 = 0x10,
    DMACFG_RX_MEMORY = 3 << 8,
    DMACFG_TX_MEMORY = 1 << 10,
    DMACFG_RX_UNIT = 1 << 16, /* buffer size in 64 bytes, from this bit on */
    DMACFG_ADDR64 = 1 << 30
};
enum {
    INT_RCOMP = 1 << 1,
    INT_RXUBR = 1 << 2,
    INT_TUND = 1 << 4,
    INT_RLE = 1 << 5,
    INT_TXERR = 1 << 6,
    INT_TCOMP = 1 << 7,
    INT_ROVR = 1 << 10,
    INT_HRESP = 1 << 11
};
#define INT_TX_BROKEN (INT_TUND | INT_RLE | INT_TXERR)
#define INT_USED (INT_RCOMP | INT_RXUBR | INT_TCOMP | INT_ROVR | INT_HRESP | INT_TX_BROKEN)
#define DCFG1_CLEARS_ON_READ (1u << 23)
#define DCFG6_ADDR64 (1u << 23)
#define MAN_READ  0x60020000u /* clause 22 */
#define MAN_WRITE 0x50020000u

struct gem_desc {
    uint32_t low;  /* of a receiver: USED and WRAP in the address's lowest bits */
    uint32_t ctrl;
    uint32_t high, unused;
};
#define RX_USED 0x1u
#define RX_WRAP 0x2u
#define RX_BYTES 0x1fffu
#define RX_SOF  (1u << 14)
#define RX_EOF  (1u << 15)
#define TX_LAST (1u << 15)
#define TX_WRAP (1u << 30)
#define TX_USED (1u << 31)

/* A PHY's registers (IEEE 802.3, clause 22). */
enum { PHY_BMCR = 0, PHY_BMSR = 1, PHY_ID1 = 2, PHY_ANAR = 4, PHY_ANLPAR = 5, PHY_GBCR = 9, PHY_GBSR = 10 };
enum { BMCR_RESTART = 0x1200, BMSR_DONE = 0x20, BMSR_LINK = 0x04 };
