#include "word_count.hpp"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <thread>

void WordCount::add(std::istream &text)
{
    std::map<std::string, std::size_t> found;
    std::string word;
    for (char c; text.get(c);) {
        if (std::isalpha(static_cast<unsigned char>(c))) {
            word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        } else if (!word.empty()) {
            found[word]++;
            word.clear();
        }
    }
    if (!word.empty())
        found[word]++;

    const std::lock_guard lock(mutex_);
    for (const auto &[each, times] : found)
        words_[each] += times;
}

std::size_t WordCount::of(const std::string &word) const
{
    const std::lock_guard lock(mutex_);
    const auto found = words_.find(word);
    return found == words_.end() ? 0 : found->second;
}

std::vector<std::pair<std::string, std::size_t>> WordCount::most(std::size_t count) const
{
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, std::size_t>> all(words_.begin(), words_.end());
    std::stable_sort(all.begin(), all.end(),
                     [](const auto &a, const auto &b) { return a.second > b.second; });
    if (all.size() > count)
        all.resize(count);
    return all;
}

void count_directory(const std::filesystem::path &directory, unsigned threads, WordCount &count)
{
    std::vector<std::filesystem::path> files;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(directory))
        if (entry.is_regular_file())
            files.push_back(entry.path());

    std::atomic<std::size_t> next{0};
    std::mutex mutex; // guards failure
    std::exception_ptr failure;
    const auto work = [&] {
        for (std::size_t i = next++; i < files.size(); i = next++) {
            try {
                std::ifstream file(files[i]);
                if (!file)
                    throw std::runtime_error("cannot read " + files[i].string());
                count.add(file);
            } catch (...) {
                const std::lock_guard lock(mutex);
                failure = std::current_exception();
                return;
            }
        }
    };
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < threads; i++)
        workers.emplace_back(work);
    for (auto &worker : workers)
        worker.join();
    if (failure)
        std::rethrow_exception(failure);
}
