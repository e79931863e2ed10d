/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

const char *part(int n);

const char *part(int n)
{
    assert(n > 0);
    return n > 1 ? "several" : "one";
}
