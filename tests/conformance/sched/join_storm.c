/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that are joined at the very moment they end, on several harts at once.
 * Page: QNX Neutrino Library Reference, ThreadJoin(), pthread_join(). */
#include <pthread.h>
#include <stdint.h>
#include "../tap.h"

#define ROUNDS 400

static void *value(void *arg)
{
    return arg;
}

static void *join_many(void *arg)
{
    intptr_t good = 0;
    (void)arg;
    for (intptr_t i = 1; i <= ROUNDS; i++) {
        pthread_t t;
        void *v = NULL;
        if (pthread_create(&t, NULL, value, (void *)i) == 0 && pthread_join(t, &v) == 0 && (intptr_t)v == i)
            good++;
    }
    return (void *)good;
}

int main(void)
{
    pthread_t t[4];
    tap_plan(4);
    for (int i = 0; i < 4; i++) {
        if (pthread_create(&t[i], NULL, join_many, NULL) != 0)
            bail_out("pthread_create");
    }
    for (int i = 0; i < 4; i++) {
        void *good = NULL;
        pthread_join(t[i], &good);
        is_int((intptr_t)good, ROUNDS, "every thread is joined and hands over its value");
    }
    return done();
}
