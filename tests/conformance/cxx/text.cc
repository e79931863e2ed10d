/* SPDX-License-Identifier: Apache-2.0 */
/* Streams, formats, regular expressions, and the locales that there are: "C" and its UTF-8 form. */
#include <algorithm>
#include <charconv>
#include <climits>
#include <format>
#include <iomanip>
#include <iostream>
#include <locale>
#include <random>
#include <regex>
#include <sstream>
#include <string>

#include "../tap.h"

static void streams()
{
    std::ostringstream out;
    out << std::hex << std::showbase << 255 << ' ' << std::dec << std::setw(6) << std::setfill('*')
        << 42 << ' ' << std::fixed << std::setprecision(3) << 3.14159 << ' ' << std::boolalpha << true;
    is_str(out.str().c_str(), "0xff ****42 3.142 true", "a stream formats");

    std::istringstream in("17 0x1F 2.5 word 9999999999999999999999");
    int number = 0, hex = 0, huge = 0;
    double real = 0;
    std::string word;
    in >> number >> std::hex >> hex >> std::dec >> real >> word;
    ok(number == 17 && hex == 31 && real == 2.5 && word == "word", "a stream reads");
    in >> huge;
    ok(in.fail() && huge == INT_MAX, "... and tells of overflow");

    std::ios::sync_with_stdio(true);
    std::cout << "# std::cout works" << std::endl;
    ok(std::cout.good() && std::cerr.good(), "the standard streams are good");

    std::wostringstream wide;
    wide << L"wide " << 7;
    ok(wide.str() == L"wide 7", "wide streams format");

    is_str(std::format("{:>5}|{:<4}|{:^5}|{:#x}|{:.2f}", 12, "ab", 'c', 255, 2.345).c_str(),
           "   12|ab  |  c  |0xff|2.35", "std::format formats");
    char text[32];
    auto result = std::to_chars(text, text + sizeof text, 0.1);
    is_str(std::string(text, result.ptr).c_str(), "0.1", "to_chars gives the shortest form");
    double back = 0;
    std::from_chars(text, result.ptr, back);
    ok(back == 0.1, "... and from_chars reads it");
}

static void expressions()
{
    std::regex pattern(R"((\w+)@(\w+)\.(com|org))");
    std::smatch match;
    std::string line = "write to someone@example.org today";
    ok(std::regex_search(line, match, pattern) && match[1] == "someone" && match[3] == "org",
       "a regular expression finds and takes apart");
    is_str(std::regex_replace(line, pattern, "$2: $1").c_str(), "write to example: someone today",
           "... and replaces");
    bool refused = false;
    try {
        std::regex bad("(unclosed");
    } catch (const std::regex_error &error) {
        refused = error.code() == std::regex_constants::error_paren;
    }
    ok(refused, "... and a wrong one is refused");
}

static void locales()
{
    is_str(std::locale().name().c_str(), "C", "a program starts in locale C");
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << 1234567;
    is_str(out.str().c_str(), "1234567", "... which groups no digits");

    struct grouped : std::numpunct<char> {
        char do_thousands_sep() const override { return '.'; }
        std::string do_grouping() const override { return "\3"; }
    };
    std::ostringstream dotted;
    dotted.imbue(std::locale(std::locale::classic(), new grouped));
    dotted << 1234567;
    is_str(dotted.str().c_str(), "1.234.567", "a facet of one's own does");
    bool refused = false;
    try {
        std::locale none("xx_YY.nothing");
    } catch (const std::runtime_error &) {
        refused = true;
    }
    ok(refused, "a locale that is not there is refused");
    ok(std::isalpha('q', std::locale()) && std::toupper('q', std::locale()) == 'Q',
       "characters are classified");
}

int main()
{
    tap_plan(17);
    streams();
    expressions();
    locales();
    std::random_device device;
    unsigned first = device();
    bool differs = false;
    for (int i = 0; i < 8; i++)
        differs |= device() != first;
    ok(differs, "random_device gives different numbers");
    return done();
}
