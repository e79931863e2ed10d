/* SPDX-License-Identifier: Apache-2.0 */
/*
 * std::thread and what is built on it. No weak references decide whether there are threads: the
 * static variant would find none.
 */
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <numeric>
#include <queue>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "../tap.h"

using namespace std::chrono_literals;

static void mutexes()
{
    std::mutex mutex;
    long count = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&] {
            for (int i = 0; i < 5000; i++) {
                std::lock_guard hold(mutex);
                count++;
            }
        });
    for (auto &one : threads)
        one.join();
    is_int(count, 20000, "a mutex keeps four threads apart");

    std::timed_mutex timed;
    timed.lock();
    bool got = true;
    std::thread([&] { got = timed.try_lock_for(20ms); }).join();
    ok(!got, "try_lock_for gives up");
    timed.unlock();

    std::recursive_mutex recursive;
    recursive.lock();
    ok(recursive.try_lock(), "a recursive mutex is locked twice");
    recursive.unlock();
    recursive.unlock();

    std::shared_mutex shared;
    shared.lock_shared();
    bool reader = false, writer = true;
    std::thread([&] {
        reader = shared.try_lock_shared();
        if (reader)
            shared.unlock_shared();
        writer = shared.try_lock();
    }).join();
    ok(reader && !writer, "a shared mutex lets readers in and keeps writers out");
    shared.unlock_shared();

    std::once_flag once;
    int called = 0;
    threads.clear();
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&] { std::call_once(once, [&] { called++; }); });
    for (auto &one : threads)
        one.join();
    is_int(called, 1, "call_once calls once");
}

static void waiting()
{
    std::mutex mutex;
    std::condition_variable changed;
    std::queue<int> queue;
    long sum = 0;
    std::thread consumer([&] {
        for (int i = 0; i < 1000; i++) {
            std::unique_lock hold(mutex);
            changed.wait(hold, [&] { return !queue.empty(); });
            sum += queue.front();
            queue.pop();
        }
    });
    for (int i = 0; i < 1000; i++) {
        std::lock_guard hold(mutex);
        queue.push(i);
        changed.notify_one();
    }
    consumer.join();
    is_int(sum, 499500, "a condition variable hands over a thousand items");

    std::unique_lock hold(mutex);
    ok(!changed.wait_for(hold, 20ms, [] { return false; }), "wait_for gives up");

    std::counting_semaphore<4> semaphore(0);
    std::thread poster([&] { semaphore.release(3); });
    for (int i = 0; i < 3; i++)
        semaphore.acquire();
    poster.join();
    ok(!semaphore.try_acquire_for(10ms), "a semaphore counts, and gives up");

    std::latch latch(3);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; i++)
        threads.emplace_back([&] { latch.count_down(); });
    latch.wait();
    for (auto &one : threads)
        one.join();
    ok(latch.try_wait(), "a latch opens");
}

static void tasks()
{
    auto half = [](int from, int to) {
        std::vector<long> numbers(static_cast<size_t>(to - from));
        std::iota(numbers.begin(), numbers.end(), from);
        return std::accumulate(numbers.begin(), numbers.end(), 0L);
    };
    auto one = std::async(std::launch::async, half, 0, 500);
    auto two = std::async(std::launch::async, half, 500, 1000);
    is_int(one.get() + two.get(), 499500, "async gives its results");

    std::promise<int> promise;
    auto future = promise.get_future();
    std::thread breaker([&] { promise.set_exception(std::make_exception_ptr(3)); });
    int caught = 0;
    try {
        future.get();
    } catch (int value) {
        caught = value;
    }
    breaker.join();
    is_int(caught, 3, "a future brings an exception");

    std::atomic<bool> stopped = false;
    {
        std::jthread until_told([&](std::stop_token token) {
            while (!token.stop_requested())
                std::this_thread::yield();
            stopped = true;
        });
    }
    ok(stopped, "a jthread is told to stop and joined");
    ok(std::thread::hardware_concurrency() >= 1, "the number of processors is known: %u",
       std::thread::hardware_concurrency());
}

int main()
{
    tap_plan(13);
    mutexes();
    waiting();
    tasks();
    return done();
}
