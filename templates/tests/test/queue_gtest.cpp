// The same queue, with GoogleTest; built when there is a C++ compiler and GoogleTest was found.
#include <gtest/gtest.h>

#include <cerrno>

#include "queue.h"

class QueueTest : public testing::Test {
protected:
    QueueTest() { queue_init(&queue_); }
    ~QueueTest() override { queue_destroy(&queue_); }

    struct queue queue_;
};

TEST_F(QueueTest, IsEmptyAtFirst)
{
    int number = -1;
    EXPECT_EQ(queue_get(&queue_, &number, 0), ETIMEDOUT);
}

TEST_F(QueueTest, KeepsTheOrder)
{
    for (int i = 0; i < QUEUE_ROOM; i++)
        ASSERT_EQ(queue_put(&queue_, i, 0), EOK);
    for (int i = 0; i < QUEUE_ROOM; i++) {
        int number = -1;
        ASSERT_EQ(queue_get(&queue_, &number, 0), EOK);
        EXPECT_EQ(number, i);
    }
}

TEST_F(QueueTest, TakesNothingWhenFull)
{
    for (int i = 0; i < QUEUE_ROOM; i++)
        ASSERT_EQ(queue_put(&queue_, i, 0), EOK);
    EXPECT_EQ(queue_put(&queue_, 1, 0), ETIMEDOUT);
}
