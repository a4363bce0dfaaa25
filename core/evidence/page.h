// Page: what a reader of a web page gets, as far as judging an address needs it: blocks of text in their
// order, links, and where on the page each stands. It is made by a parser (adapters/gumbo) and knows no HTML.
// Text that a browser would not join is in different blocks, or has a line end between, so that no address is
// made of two neighbours. All text is UTF-8. Threads: a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace portavoz {

enum class Region : std::uint8_t { body, header, navigation, main, article, aside, footer };

inline constexpr std::uint32_t no_heading = UINT32_MAX;

struct Place {
  Region region = Region::body;
  bool hidden = false;                 // not shown when the page opens
  bool visitor = false;                // written by visitors: comments, guest books
  bool struck = false;                 // struck through
  bool quoted = false;                 // quoted or preformatted text
  bool noscript = false;               // shown only to browsers without scripts
  std::uint32_t heading = no_heading;  // the heading above, as an index into Page::headings

  friend bool operator==(const Place&, const Place&) = default;
};

// How a text came to stand there.
enum class Origin : std::uint8_t { text, field };

struct Block {
  std::string text;
  Place place;
  Origin origin = Origin::text;
};

// Where in the text of the page something without text of its own stands: before this octet of this block.
struct Position {
  std::size_t block = 0;
  std::size_t offset = 0;
};

struct Link {
  std::string href;  // as it stands, character references resolved
  std::string text;
  Place place;
  Position position;
  std::string property;   // what microdata, RDFa or a microformat calls it; empty without one
  std::string described;  // the type of what it is a property of; empty when nobody says
};

// What a script of the page says, an event's handler, or a link that is one.
struct Code {
  enum class Kind : std::uint8_t { script, handler };
  Kind kind = Kind::script;
  std::string text;
  Place place;
  Position position;
};

// Data for programs that stands in the page.
struct Data {
  bool linked = false;  // JSON-LD, which describes the page; else what a script builds the page from
  std::string json;
  Place place;
};

// The attributes of an element in which pages keep what a script makes an address of.
struct Attributes {
  std::string element;
  std::vector<std::pair<std::string, std::string>> values;
  Place place;
  Position position;
};

// What the page says of itself where readers do not look: <meta>.
struct Meta {
  std::string name;
  std::string content;
  bool property = false;  // an element's property (microdata, RDFa), not the page's
  Place place;
};

struct Page {
  std::string title;
  std::vector<std::string> headings;
  std::vector<Block> blocks;
  std::vector<Link> links;
  std::vector<Code> codes;
  std::vector<Data> data;
  std::vector<Attributes> attributes;
  std::vector<Meta> metas;
  std::size_t scripts = 0;
  std::string address_picture;  // the name of a picture that may show an address; empty without one
  std::string source;           // the whole page as it came, in UTF-8
};

}  // namespace portavoz
