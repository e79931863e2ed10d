/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of every kind that the discovery has to name: plain, fixture, typed, by value, death, skipped. */
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

TEST(Plain, Adds)
{
    EXPECT_EQ(2 + 2, 4);
}

class Directory : public testing::Test {
protected:
    void SetUp() override { std::filesystem::create_directory(path); }
    void TearDown() override { std::filesystem::remove_all(path); }
    std::filesystem::path path = testing::TempDir() + "/qrv-discover";
};

TEST_F(Directory, KeepsFiles)
{
    std::ofstream(path / "a") << "text";
    EXPECT_EQ(std::filesystem::file_size(path / "a"), 4u);
}

template <class T> class Sizes : public testing::Test {};
using Types = testing::Types<char, int, long>;
TYPED_TEST_SUITE(Sizes, Types);
TYPED_TEST(Sizes, AreAligned)
{
    EXPECT_EQ(sizeof(TypeParam) % alignof(TypeParam), 0u);
}

class Values : public testing::TestWithParam<int> {};
TEST_P(Values, AreSmall)
{
    EXPECT_LT(GetParam(), 10);
}
INSTANTIATE_TEST_SUITE_P(Some, Values, testing::Values(1, 2, 3));

TEST(DeathTest, DiesBySignal)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(raise(SIGKILL), testing::KilledBySignal(SIGKILL), "");
    EXPECT_DEATH(abort(), "");
}

TEST(Threads, CatchTheirExceptions)
{
    std::string what;
    std::thread([&] {
        try {
            throw std::runtime_error("from a thread");
        } catch (const std::exception &e) {
            what = e.what();
        }
    }).join();
    EXPECT_THAT(what, testing::EndsWith("thread"));
}

TEST(Skipped, SaysSo)
{
    GTEST_SKIP() << "to be seen as skipped";
}
