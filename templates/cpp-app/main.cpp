// @NAME@: shows the words that are most frequent in the files below a directory.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <thread>

#include "word_count.hpp"

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::cerr << "@NAME@: see: use @NAME@\n";
        return EXIT_FAILURE;
    }
    try {
        WordCount count;
        const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
        count_directory(argv[1], threads, count);
        for (const auto &[word, times] : count.most(10))
            std::cout << std::left << std::setw(20) << word << ' ' << times << '\n';
    } catch (const std::exception &error) {
        std::cerr << "@NAME@: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
