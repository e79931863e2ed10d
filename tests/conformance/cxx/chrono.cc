/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, sleeping and calendar of <chrono>; no duration is asserted but as a lower bound. */
#include <chrono>
#include <ctime>
#include <thread>

#include "../tap.h"

using namespace std::chrono;
using namespace std::chrono_literals;

int main()
{
    tap_plan(8);
    auto start = steady_clock::now();
    std::this_thread::sleep_for(20ms);
    auto slept = steady_clock::now() - start;
    ok(slept >= 20ms, "sleep_for sleeps long enough");
    auto wake = system_clock::now() + 20ms;
    std::this_thread::sleep_until(wake);
    ok(system_clock::now() >= wake, "sleep_until wakes late enough");

    bool backwards = false;
    auto before = steady_clock::now();
    for (int i = 0; i < 10000; i++) {
        auto now = steady_clock::now();
        backwards |= now < before;
        before = now;
    }
    ok(!backwards, "the steady clock is steady");
    ok(steady_clock::is_steady && !system_clock::is_steady, "the clocks say what they are");

    timespec direct;
    clock_gettime(CLOCK_REALTIME, &direct);
    auto seconds_now = system_clock::to_time_t(system_clock::now());
    ok(seconds_now >= direct.tv_sec && seconds_now - direct.tv_sec <= 60,
       "the system clock is clock_gettime's");

    auto day = year_month_day{2024y / February / last};
    ok(unsigned(day.day()) == 29, "February 2024 has a 29th");
    ok(weekday{sys_days{2026y / November / 25}} == Wednesday, "a date has its weekday");
    is_int((sys_days{2026y / 1 / 1} - sys_days{1970y / 1 / 1}).count(), 20454,
           "days since 1970 are counted");
    return done();
}
