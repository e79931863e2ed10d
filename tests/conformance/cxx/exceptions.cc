/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions: thrown by a shared library, through it, rethrown, carried to another thread, and the type
 * information that finds the handler. The static variant has no dynamic linker to find unwind tables.
 */
#include <csignal>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <typeinfo>
#include <vector>

#include "../tap.h"
#include "thrower.h"

struct base {
    virtual ~base() = default;
};
struct derived : base {};

static void throw_here(int value)
{
    throw value;
}

static void from_library()
{
    int code = 0;
    frames_cleaned = 0;
    try {
        throw_library_error(42);
    } catch (const library_error &error) {
        code = error.code;
    }
    is_int(code, 42, "an exception of the library is caught by its type");
    is_int(frames_cleaned, 1, "... and its frame was cleaned");

    std::string text;
    try {
        throw_library_error(1);
    } catch (const std::exception &error) {
        text = error.what();
    }
    is_str(text.c_str(), "from the library", "... or by its base class");

    frames_cleaned = 0;
    int caught = 0;
    try {
        call_back(throw_here, 50);
    } catch (int value) {
        caught = value;
    }
    is_int(caught, 50, "an exception passes through frames of the library");
    is_int(frames_cleaned, 50, "... cleaning each");
}

static void handlers()
{
    bool inner = false, outer = false;
    try {
        try {
            throw std::out_of_range("first");
        } catch (const std::logic_error &) {
            inner = true;
            throw;
        }
    } catch (const std::out_of_range &error) {
        outer = std::string(error.what()) == "first";
    }
    ok(inner && outer, "a rethrown exception keeps its type");

    bool bad = false;
    base plain;
    base *pointer = &plain;
    try {
        (void)dynamic_cast<derived &>(*pointer);
    } catch (const std::bad_cast &) {
        bad = true;
    }
    ok(bad, "a failed dynamic_cast throws bad_cast");

    bool nested = false;
    try {
        try {
            throw std::runtime_error("cause");
        } catch (...) {
            std::throw_with_nested(std::logic_error("effect"));
        }
    } catch (const std::exception &error) {
        try {
            std::rethrow_if_nested(error);
        } catch (const std::runtime_error &cause) {
            nested = std::string(cause.what()) == "cause";
        }
    }
    ok(nested, "a nested exception keeps its cause");

    bool allocation = false;
    try {
        volatile size_t huge = SIZE_MAX / 4;
        std::unique_ptr<char[]> none(new char[huge]);
        diag("%p", static_cast<void *>(none.get()));
    } catch (const std::bad_alloc &) {
        allocation = true;
    }
    ok(allocation, "memory that is not there throws bad_alloc");
    bool index = false;
    try {
        (void)std::vector<int>(3).at(3);
    } catch (const std::out_of_range &) {
        index = true;
    }
    ok(index, "an exception from libstdc++ itself is caught");
}

static void across_threads()
{
    std::exception_ptr carried;
    std::thread thread([&] {
        try {
            throw_library_error(7);
        } catch (...) {
            carried = std::current_exception();
        }
    });
    thread.join();
    int code = 0;
    try {
        std::rethrow_exception(carried);
    } catch (const library_error &error) {
        code = error.code;
    }
    is_int(code, 7, "an exception is carried from one thread to another");

    std::vector<std::thread> threads;
    std::atomic<int> caught = 0;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; i++) {
                try {
                    if (i % 2)
                        throw_library_error(i);
                    call_back(throw_here, 3);
                } catch (const library_error &error) {
                    caught += error.code == i;
                } catch (int value) {
                    caught += value == 3;
                }
            }
        });
    for (auto &one : threads)
        one.join();
    is_int(caught, 4 * 500, "four threads throw and catch at once");
}

static void thrown_by_handler(int)
{
    throw 11;
}

/* Compiled with -fnon-call-exceptions: a load may throw. */
__attribute__((noipa)) static int load(const volatile int *from)
{
    struct clean {
        ~clean() { frames_cleaned++; }
    } here;
    return *from;
}

static void from_signal_handler()
{
    struct sigaction action = {}, old;
    action.sa_handler = thrown_by_handler;
    action.sa_flags = SA_NODEFER;
    sigaction(SIGSEGV, &action, &old);
    frames_cleaned = 0;
    double kept = frames_cleaned + 0.5;
    int caught = 0;
    for (int i = 0; i < 3; i++) {
        try {
            load(reinterpret_cast<const int *>(64));
        } catch (int value) {
            caught += value;
        }
    }
    sigaction(SIGSEGV, &old, nullptr);
    is_int(caught, 33, "a signal handler throws to the code that it interrupted");
    is_int(frames_cleaned, 3, "... whose frame is cleaned");
    ok(kept == 0.5, "... and whose registers are restored");
}

int main()
{
    tap_plan(15);
    from_library();
    handlers();
    across_threads();
    from_signal_handler();
    return done();
}
