/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two halves of the line discipline; nobody else includes it. */
#pragma once
#include "ldisc.h"

#include <unistd.h>

/* Queue entry: the byte, and what ends here. */
#define LD_LINE      0x100u /* delivered, and the last of its line */
#define LD_EOF       0x200u /* VEOF: ends the line, has no byte */
#define LD_DELIMITER (LD_LINE | LD_EOF)

#define LD_IN_BURST  3u /* most entries that one byte of the line becomes (PARMRK) */
#define LD_OUT_BURST 8u /* most bytes that one byte becomes (a tab) */

#ifndef TAB3
#define TAB3 XTABS
#endif

static inline bool ld_is_utf8(const struct ldisc *ld)
{
#ifdef IUTF8
    return ld->tio.c_iflag & IUTF8;
#else
    (void)ld;
    return false;
#endif
}

/* Puts one byte through output processing into the queue, also into the echo reserve; false: no
 * room, dropped. */
bool ldisc_echo_byte(struct ldisc *ld, uint8_t c);
void ldisc_update_throttle(struct ldisc *ld);
