/* SPDX-License-Identifier: Apache-2.0 */
/* Random arming and cancelling against a flat list; everything must fire in order, once, not early. */
#include "core/ktimer.h"
#include "core/hart.h"
#include "test/fake.h"
#include "test/test.h"

#define TIMERS 64

static struct ktimer timers[TIMERS];
static nsec_t due[TIMERS]; /* 0: not armed */
static nsec_t last_fired;
static int fired;

static void on_fire(struct ktimer *kt)
{
    long i = kt - timers;
    CHECK(due[i] != 0 && due[i] == kt->deadline && due[i] <= fake.now);
    CHECK(kt->deadline >= last_fired && !ktimer_pending(kt));
    CHECK(harts[0].lock_depth == 0);
    last_fired = kt->deadline;
    due[i] = 0;
    fired++;
    if (test_random() % 8 == 0) { /* may arm itself again */
        due[i] = fake.now + 1 + test_random() % 50;
        ktimer_set(kt, due[i]);
    }
}

static nsec_t earliest(void)
{
    nsec_t e = (nsec_t)-1;
    for (int i = 0; i < TIMERS; i++)
        if (due[i] != 0 && due[i] < e)
            e = due[i];
    return e;
}

int main(void)
{
    fake.now = 1;
    harts[0].timer_armed = harts[0].armed = (nsec_t)-1;
    for (int i = 0; i < TIMERS; i++)
        ktimer_init(&timers[i], on_fire);
    for (int round = 0; round < 200000; round++) {
        int i = (int)(test_random() % TIMERS);
        if (test_random() % 3 != 0) {
            due[i] = fake.now + test_random() % 1000 + 1;
            ktimer_set(&timers[i], due[i]);
        } else {
            ktimer_cancel(&timers[i]);
            due[i] = 0;
        }
        CHECK(ktimer_pending(&timers[i]) == (due[i] != 0));
        CHECK(fake.timer <= earliest()); /* the hardware is never set later than needed */
        if (test_random() % 16 == 0) {
            fake.now += test_random() % 400;
            last_fired = 0;
            do {
                ktimer_run_expired();
                CHECK(fake.timer == earliest()); /* some may be left: the next interrupt comes at once then */
            } while (earliest() <= fake.now);
        }
    }
    CHECK(fired > 1000);
    /* A slice end that is over must not keep the interrupt pending. */
    harts[0].slice_end = fake.now - 1;
    ktimer_run_expired();
    CHECK(fake.timer > fake.now);
    harts[0].slice_end = fake.now + 1;
    ktimer_rearm();
    CHECK(fake.timer == fake.now + 1);
    return test_done("ktimer");
}
