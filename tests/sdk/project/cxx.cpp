// SPDX-License-Identifier: Apache-2.0
#include <cassert>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

int main()
{
    std::vector<std::string> words{"C++", "on", "QRV"};
    assert(words.size() == 3);
    std::thread thread([&] { words.at(0) += "17"; });
    thread.join();
    try {
        words.at(words.size()) = "too far";
        return 1;
    } catch (const std::out_of_range &) {
        std::cout << words[0] << '\n';
    }
    return words[0] == "C++17" ? 0 : 1;
}
