// Counts how often each word is in a set of texts, several of them at a time.
#pragma once

#include <cstddef>
#include <filesystem>
#include <istream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

class WordCount
{
  public:
    // Adds the words of a text. Letters are taken as small ones; what is no letter separates words.
    // Several threads may call it at the same time.
    void add(std::istream &text);

    // How often a word came, in small letters; 0 if never.
    std::size_t of(const std::string &word) const;

    // The words that came most often, at most count of them, the most frequent first.
    std::vector<std::pair<std::string, std::size_t>> most(std::size_t count) const;

  private:
    mutable std::mutex mutex_; // guards words_
    std::map<std::string, std::size_t> words_;
};

// Counts the words of all regular files below a directory, with the given number of threads.
// Throws std::filesystem::filesystem_error when the directory cannot be read, std::runtime_error
// when a file cannot.
void count_directory(const std::filesystem::path &directory, unsigned threads, WordCount &count);
