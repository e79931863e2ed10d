/* SPDX-License-Identifier: Apache-2.0 */
/* std::filesystem and file streams, on the memory file system at /tmp (or /dev/shmem's peers where it is). */
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "../tap.h"

namespace fs = std::filesystem;

static void paths()
{
    fs::path path = "/usr/lib/../lib/libc.so";
    is_str(path.lexically_normal().c_str(), "/usr/lib/libc.so", "a path is made normal");
    is_str(path.filename().c_str(), "libc.so", "... and taken apart");
    is_str(fs::path("/a/b").lexically_relative("/a/c").c_str(), "../b", "... and made relative");
    is_str((fs::path("/a") / "b" / "c.txt").replace_extension(".o").c_str(), "/a/b/c.o",
           "... and put together");
}

static void existing()
{
    ok(fs::is_directory("/proc/boot"), "a directory is one");
    ok(fs::is_regular_file("/proc/boot/libc.so"), "a file is one");
    ok(fs::is_symlink("/usr/lib/libc.so") && fs::exists("/usr/lib/libc.so"), "a link is followed");
    ok(fs::file_size("/proc/boot/libc.so") > 100000, "its size is known");
    std::vector<std::string> names;
    for (const auto &entry : fs::directory_iterator("/proc/boot"))
        names.push_back(entry.path().filename());
    ok(std::find(names.begin(), names.end(), "libc.so") != names.end(),
       "a directory is listed (%zu entries)", names.size());

    std::error_code error;
    ok(!fs::exists("/nowhere/at/all", error) && !error, "what is missing is no error");
    (void)fs::file_size("/nowhere/at/all", error);
    ok(error == std::errc::no_such_file_or_directory, "... but its size is");
    bool thrown = false;
    try {
        fs::directory_iterator("/nowhere/at/all");
    } catch (const fs::filesystem_error &problem) {
        thrown = problem.path1() == "/nowhere/at/all" &&
                 problem.code() == std::errc::no_such_file_or_directory;
    }
    ok(thrown, "... and listing it throws with path and reason");
}

static void streams()
{
    std::string line, text;
    std::ofstream none("/nowhere/file");
    ok(!none.is_open() && none.fail(), "a file stream tells that it could not open");
    std::ifstream list("/proc/boot/tests/tests.list");
    size_t lines = 0;
    bool self = false;
    while (std::getline(list, line)) {
        lines++;
        self |= line.rfind("cxx_filesystem ", 0) == 0;
    }
    ok(self, "a file is read line by line (%zu lines)", lines);
    list.clear();
    list.seekg(0, std::ios::end);
    ok(list.tellg() == static_cast<std::streamoff>(fs::file_size("/proc/boot/tests/tests.list")),
       "its end is at its size");
    list.seekg(0);
    std::getline(list, text);
    ok(!text.empty() && list.good(), "it can be read again from the start");
}

int main()
{
    tap_plan(16);
    paths();
    existing();
    streams();
    return done();
}
