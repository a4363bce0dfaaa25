#include "core/text_table/table.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "core/text_table/display.h"

namespace portavoz {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 10;  // a column that has to break its words keeps this much

// ECMA-48 §8.3.117 (SGR).
std::string_view sgr(Style style) {
  switch (style) {
    case Style::plain: return "";
    case Style::strong: return "\x1b[1m";
    case Style::good: return "\x1b[32m";
    case Style::waiting: return "\x1b[33m";
    case Style::bad: return "\x1b[31m";
    case Style::faint: return "\x1b[2m";
  }
  return "";
}

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  for (const std::string& line : wrap_text(screen_text(text), std::string::npos)) {
    widest = std::max(widest, display_width(line));
  }
  return widest;
}

std::vector<std::size_t> natural_widths(const Table& table) {
  std::vector<std::size_t> widths;
  for (const std::string& title : table.titles) widths.push_back(widest_line(title));
  for (const std::vector<Cell>& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], widest_line(row[i].text));
  }
  return widths;
}

std::size_t widest_word(const std::string& text) {
  std::string words = screen_text(text);
  std::replace(words.begin(), words.end(), ' ', '\n');
  return widest_line(words);
}

// How narrow each column can be without breaking a word.
std::vector<std::size_t> word_widths(const Table& table) {
  std::vector<std::size_t> widths;
  for (const std::string& title : table.titles) widths.push_back(widest_word(title));
  for (const std::vector<Cell>& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], widest_word(row[i].text));
  }
  return widths;
}

// The widest column that still can gives way, one cell at a time, until the table fits or no column can give
// more.
void shrink_to(std::size_t screen_width, const std::vector<std::size_t>& floors,
               std::vector<std::size_t>& widths) {
  std::size_t total = std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
  while (total > screen_width) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] > floors[i] && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
    }
    if (widest == nullptr) return;
    --*widest;
    --total;
  }
}

void append_row(const std::vector<Cell>& row, const std::vector<std::size_t>& widths, const Screen& screen,
                std::string& out) {
  std::vector<std::vector<std::string>> lines;
  std::size_t height = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    lines.push_back(wrap_text(screen_text(row[i].text), widths[i]));
    height = std::max(height, lines.back().size());
  }
  for (std::size_t line = 0; line < height; ++line) {
    std::size_t owed = 0;  // blanks are written before the next text only, so no line ends in blanks
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string_view text = line < lines[i].size() ? std::string_view(lines[i][line]) : "";
      if (!text.empty()) {
        out.append(owed, ' ');
        out += styled(text, row[i].style, screen);
        owed = 0;
      }
      const std::size_t used = display_width(text);
      owed += gap + (widths[i] > used ? widths[i] - used : 0);
    }
    out += '\n';
  }
}

}  // namespace

std::string styled(std::string_view text, Style style, const Screen& screen) {
  if (!screen.colours || style == Style::plain) return std::string(text);
  return std::string(sgr(style)).append(text).append("\x1b[0m");
}

std::string lay_out(const Table& table, const Screen& screen) {
  std::vector<std::size_t> widths = natural_widths(table);
  shrink_to(screen.width, word_widths(table), widths);
  shrink_to(screen.width, std::vector<std::size_t>(widths.size(), narrowest), widths);
  std::vector<Cell> header;
  for (const std::string& title : table.titles) header.push_back({title, Style::strong});
  std::string out;
  append_row(header, widths, screen, out);
  for (const std::vector<Cell>& row : table.rows) append_row(row, widths, screen, out);
  return out;
}

std::string lay_out(const std::vector<Fact>& facts, const Screen& screen) {
  std::size_t label_width = 0;
  for (const Fact& fact : facts) label_width = std::max(label_width, widest_line(fact.label));
  const std::size_t used = label_width + gap;
  const std::size_t left = screen.width > used + narrowest ? screen.width - used : narrowest;
  std::string out;
  for (const Fact& fact : facts) {
    append_row({{fact.label, Style::faint}, {fact.text, fact.style}}, {label_width, left}, screen, out);
  }
  return out;
}

std::string lay_out(const std::string& paragraph, const Screen& screen) {
  std::string out;
  for (const std::string& line : wrap_text(screen_text(paragraph), screen.width)) out += line + '\n';
  return out;
}

}  // namespace portavoz
