/* SPDX-License-Identifier: Apache-2.0 */
#include <made.h>
#include <stdio.h>

int main(void)
{
    return puts(MADE_BY) < 0;
}
