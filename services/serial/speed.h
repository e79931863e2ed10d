/* SPDX-License-Identifier: Apache-2.0 */
/* Between B* constants and bits per second. */
#pragma once
#include <termios.h>

/* 0: not a speed. */
unsigned speed_to_bps(speed_t speed);
/* The constant within 3 % of bps, or B0. */
speed_t speed_from_bps(unsigned bps);
