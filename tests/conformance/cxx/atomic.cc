/* SPDX-License-Identifier: Apache-2.0 */
/*
 * <atomic>: every size, also those that the processor cannot do at once and libatomic does; waiting and
 * notifying, which libstdc++ builds from mutexes here.
 */
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "../tap.h"

template <class T> static long hammer(T step)
{
    std::atomic<T> value{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&] {
            for (int i = 0; i < 1000; i++) {
                T seen = value.load(std::memory_order_relaxed);
                while (!value.compare_exchange_weak(seen, static_cast<T>(seen + step))) {
                }
            }
        });
    for (auto &one : threads)
        one.join();
    return static_cast<long>(value.load());
}

struct triple {
    long a, b, c;
    bool operator==(const triple &) const = default;
};

int main()
{
    tap_plan(11);
    is_int(hammer<unsigned char>(1), 4000 % 256, "8 bits");
    is_int(hammer<unsigned short>(3), 12000, "16 bits");
    is_int(hammer<int>(5), 20000, "32 bits");
    is_int(hammer<long>(7), 28000, "64 bits");
    is_int(hammer<__int128>(9), 36000, "128 bits, by libatomic");

    std::atomic<triple> whole{triple{0, 0, 0}};
    std::atomic<int> torn = 0;
    std::atomic<bool> stop = false;
    std::thread reader([&] {
        while (!stop) {
            triple now = whole.load();
            torn += now.a != now.b || now.b != now.c;
        }
    });
    for (long i = 0; i < 3000; i++)
        whole.store(triple{i, i, i});
    stop = true;
    reader.join();
    is_int(torn, 0, "24 bytes are never seen half written");

    std::atomic_flag flag = ATOMIC_FLAG_INIT;
    ok(!flag.test_and_set() && flag.test_and_set(), "a flag is set once");

    std::atomic<int> turn = 0;
    std::thread partner([&] {
        for (int i = 0; i < 200; i++) {
            turn.wait(2 * i);
            turn = 2 * i + 2;
            turn.notify_one();
        }
    });
    for (int i = 0; i < 200; i++) {
        turn = 2 * i + 1;
        turn.notify_one();
        turn.wait(2 * i + 1);
    }
    partner.join();
    is_int(turn, 400, "wait and notify take turns");

    long plain = 0;
    std::atomic_ref<long> reference(plain);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&] {
            for (int i = 0; i < 1000; i++)
                reference.fetch_add(1);
        });
    for (auto &one : threads)
        one.join();
    is_int(plain, 4000, "atomic_ref counts in a plain variable");
    ok(std::atomic<long>::is_always_lock_free, "64 bits are lock-free");

    std::atomic<std::shared_ptr<int>> pointer(std::make_shared<int>(1));
    std::thread writer([&] {
        for (int i = 2; i <= 500; i++)
            pointer.store(std::make_shared<int>(i));
    });
    int latest = 0;
    bool shrank = false;
    while (latest < 500) {
        int now = *pointer.load();
        shrank |= now < latest;
        latest = now;
    }
    writer.join();
    ok(!shrank, "an atomic shared_ptr shows its values in order");
    return done();
}
