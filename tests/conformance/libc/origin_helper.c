/* SPDX-License-Identifier: Apache-2.0 */
/* The library of origin.c. */
int origin_helper(int value);

int origin_helper(int value)
{
    return value + 1;
}
