// Tests word_count.cpp. Prints TAP; exit status 0 when all is well.
#include <filesystem>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

#include "word_count.hpp"

namespace
{

int number = 0;
int failed = 0;

void check(bool good, const std::string &what)
{
    std::cout << (good ? "" : "not ") << "ok " << ++number << " - " << what << '\n';
    failed += !good;
}

void add(WordCount &count, const std::string &text)
{
    std::istringstream stream(text);
    count.add(stream);
}

} // namespace

int main()
{
    std::cout << "1..6\n";

    WordCount empty;
    add(empty, " \n.,;");
    check(empty.most(5).empty(), "no word in blanks and punctuation");

    WordCount count;
    add(count, "A rose is a rose");
    check(count.of("rose") == 2 && count.of("a") == 2, "letters are taken as small ones");
    check(count.of("tulip") == 0, "a word that never came");
    const auto most = count.most(2);
    check(most.size() == 2 && most[0].first == "a" && most[1].first == "rose",
          "the most frequent first");

    WordCount shared;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&shared] {
            for (int n = 0; n < 100; n++)
                add(shared, "tick tock");
        });
    for (auto &thread : threads)
        thread.join();
    check(shared.of("tick") == 400 && shared.of("tock") == 400, "several threads add");

    bool thrown = false;
    try {
        count_directory("/no/such/directory", 2, count);
    } catch (const std::filesystem::filesystem_error &error) {
        thrown = error.path1() == "/no/such/directory";
    }
    check(thrown, "a directory that is not there is an exception that names it");
    return failed != 0;
}
