// Tables and lists of facts for people: aligned columns under a header line, wrapped into the width of the
// screen. It decides the layout and nothing else: what to show, and whether the screen takes colours, the
// caller knows. Every cell goes through screen_text, so a stranger's text cannot steer the terminal. Unit:
// cells of the screen. Threads: pure functions on plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace portavoz {

struct Screen {
  std::size_t width = 100;
  bool colours = false;
  std::string language = "en";  // of whoever reads; what has no text in it is English
};

enum class Style : std::uint8_t { plain, strong, good, waiting, bad, faint };

struct Cell {
  std::string text;
  Style style = Style::plain;
};

struct Table {
  std::vector<std::string> titles;
  std::vector<std::vector<Cell>> rows;  // each as long as `titles`
};

// One label with its text; the text wraps under itself.
struct Fact {
  std::string label;
  std::string text;
  Style style = Style::plain;
};

[[nodiscard]] std::string lay_out(const Table& table, const Screen& screen);
[[nodiscard]] std::string lay_out(const std::vector<Fact>& facts, const Screen& screen);

// A paragraph, wrapped, with a line feed at its end.
[[nodiscard]] std::string lay_out(const std::string& paragraph, const Screen& screen);

// The text in its style, as it is where the screen has no colours.
[[nodiscard]] std::string styled(std::string_view text, Style style, const Screen& screen);

}  // namespace portavoz
