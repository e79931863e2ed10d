/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_local objects: made at first use in each thread, destroyed when it ends (in reverse order), those
 * of the main thread at exit. The last is seen through a pipe from a child.
 */
#include <sys/wait.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "../tap.h"

static std::atomic<int> made, gone;
static std::atomic<int> order_errors;
static thread_local int depth;

struct counted {
    int place;
    counted() : place(depth++) { made++; }
    ~counted()
    {
        if (--depth != place)
            order_errors++;
        gone++;
    }
};

static thread_local counted first;
static thread_local counted second;
static thread_local std::string text = "initial";
static thread_local int plain = 5;

static void touch()
{
    (void)first.place;
    (void)second.place;
}

static int teller = -1;
struct tells_at_exit {
    ~tells_at_exit()
    {
        if (teller >= 0)
            (void)!write(teller, "x", 1);
    }
    void touch() {}
};
static thread_local tells_at_exit of_main;

int main()
{
    tap_plan(8);
    std::thread([] { touch(); }).join();
    is_int(made, 2, "a thread's first use makes its objects");
    is_int(gone, 2, "its end destroys them");

    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    for (int t = 0; t < 8; t++)
        threads.emplace_back([&wrong, t] {
            touch();
            wrong += text != "initial" || plain != 5;
            text = "thread " + std::to_string(t);
            plain = t;
            std::this_thread::yield();
            wrong += text != "thread " + std::to_string(t) || plain != t;
        });
    for (auto &one : threads)
        one.join();
    is_int(wrong, 0, "each thread has its own value");
    is_int(made, 18, "each makes its own objects");
    is_int(gone, 18, "each destroys them");
    is_int(order_errors, 0, "... in reverse order");
    is_str(text.c_str(), "initial", "the main thread's is untouched");

    int ends[2];
    char byte = 0;
    if (pipe(ends) != 0)
        bail_out("no pipe");
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        teller = ends[1];
        of_main.touch();
        exit(0);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], &byte, 1);
    waitpid(child, nullptr, 0);
    ok(n == 1 && byte == 'x', "exit destroys those of the main thread");
    return done();
}
