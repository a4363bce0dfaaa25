// What the programs of bench/fetch share: their load, and what they say in the end. Threads: one.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace portavoz::bench {

struct Load {
  std::vector<std::string> urls;
  std::size_t pages = 0;
  std::size_t at_once = 0;
};

// argv: program, file of URLs, pages, at once
inline Load load_of(char** argv) {
  Load load;
  std::ifstream file(argv[1]);
  for (std::string line; std::getline(file, line);) load.urls.push_back(line);
  load.pages = std::strtoul(argv[2], nullptr, 10);
  load.at_once = std::strtoul(argv[3], nullptr, 10);
  if (load.urls.empty() || load.at_once == 0) std::exit(64);
  return load;
}

inline std::string host_port(const std::string& url) {
  const auto begin = url.find("//") + 2;
  return url.substr(begin, url.find('/', begin) - begin);
}

inline double milliseconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

inline long wall_ms() { return static_cast<long>(milliseconds(CLOCK_MONOTONIC)); }

inline void print(std::size_t pages, long began, const std::string& more) {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf("{\"pages\": %zu, \"cpu_ms\": %.3f, \"wall_ms\": %ld, \"rss_kb\": %ld%s}\n", pages,
              milliseconds(CLOCK_PROCESS_CPUTIME_ID), wall_ms() - began, used.ru_maxrss, more.c_str());
}

}  // namespace portavoz::bench
