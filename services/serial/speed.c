/* SPDX-License-Identifier: Apache-2.0 */
#include "speed.h"

static const struct {
    speed_t speed;
    unsigned bps;
} table[] = {
    {B50, 50},           {B75, 75},         {B110, 110},         {B134, 134},
    {B150, 150},         {B200, 200},       {B300, 300},         {B600, 600},
    {B1200, 1200},       {B1800, 1800},     {B2400, 2400},       {B4800, 4800},
    {B9600, 9600},       {B19200, 19200},   {B38400, 38400},     {B57600, 57600},
    {B115200, 115200},   {B230400, 230400}, {B460800, 460800},   {B500000, 500000},
    {B576000, 576000},   {B921600, 921600}, {B1000000, 1000000}, {B1500000, 1500000},
    {B3000000, 3000000},
};
#define COUNT (sizeof table / sizeof table[0])

unsigned speed_to_bps(speed_t speed)
{
    for (unsigned i = 0; i < COUNT; i++) {
        if (table[i].speed == speed)
            return table[i].bps;
    }
    return 0;
}

speed_t speed_from_bps(unsigned bps)
{
    for (unsigned i = 0; i < COUNT; i++) {
        unsigned want = table[i].bps;
        unsigned off = bps > want ? bps - want : want - bps;
        if (off <= want / 100 * 3 || (want < 100 && off <= 2))
            return table[i].speed;
    }
    return B0;
}
