// Marks: a signed post goes to a list once, whichever door took it.
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

const std::string one = std::string(32, '1');
const std::string two = std::string(32, '2');

std::string record(const std::string& marks, const std::string& list = list_address) {
  return "SELECT record_posted('" + list + "', '{" + marks + "}')";
}

// The marks as a roll has them, in order.
std::string marks(pg::Connection& reader) {
  return value(
      reader,
      "SELECT string_agg(list_id || ':' || left(mark, 1), ' ' ORDER BY list_id, mark) FROM roll_marks");
}

}  // namespace

TEST_CASE("what a door handed over is in every roll, once however often it is recorded") {
  Story story;
  auto gate = story.as("gate1");
  auto door = story.as("door1");
  must(gate.exec("LISTEN portavoz_roll"));
  must(door.query(record(one + "," + two + "," + one, "avisos-es@listas.example")));
  CHECK(gate.wait_notification(Millis{20'000}));
  CHECK(marks(gate) == "1:1 1:2");
  CHECK(marks(door) == "1:1 1:2");
  const auto first_time = value(story.root, "SELECT min(posted_at) FROM marks");
  must(door.query(record(one)));
  must(door.query(record("")));
  must(gate.exec("SELECT 1"));
  CHECK_FALSE(gate.wait_notification(Millis{0}));  // nothing new, nobody is told
  CHECK(value(story.root, "SELECT min(posted_at) FROM marks") == first_time);
}

TEST_CASE("one post may go to several lists") {
  Story story;
  must(story.alba.query("SELECT list_add('otra@listas.example', NULL, '{es}', 'admin@listas.example', 1)"));
  auto door = story.as("door1");
  must(door.query(record(one)));
  must(door.query(record(one, "otra@listas.example")));
  CHECK(marks(door) == "1:1 2:1");
}

TEST_CASE("a mark is in the rolls for 30 days, and then goes") {
  Story story;
  auto door = story.as("door1");
  must(door.query(record(one + "," + two)));
  const auto age = [&](const std::string& mark, const std::string& days) {
    must(story.root.exec("UPDATE marks SET posted_at = now() - interval '" + days + "' WHERE mark = '" +
                         mark + "'"));
  };
  age(one, "29 days 23 hours");
  age(two, "30 days 1 hour");
  CHECK(marks(door) == "1:1");
  CHECK(number(story.root, "SELECT count(*) FROM marks") == 2);
  must(door.query(record(std::string(32, '3'))));
  CHECK(number(story.root, "SELECT count(*) FROM marks") == 2);  // the old one went on the way
  must(door.query(record(two)));                                 // and is new again
  CHECK(marks(door) == "1:1 1:2 1:3");
}

TEST_CASE("what is no mark, or goes to no list, is refused whole") {
  Story story;
  auto door = story.as("door1");
  for (const std::string& bad :
       {std::string("abc"), std::string(31, '1'), std::string(33, '1'), std::string(32, 'g'),
        std::string(32, 'A'), std::string("NULL"), std::string("\"\"")})
    refused(door, record(one + "," + bad), "PV001");
  refused(door, "SELECT record_posted('avisos@listas.example', NULL)", "PV001");
  refused(door, record(one, "none@listas.example"), "PV002");
  refused(door, "SELECT record_posted(NULL, '{}')", "PV002");
  refused(door, "SELECT record_posted('avisos@listas.example', array_fill('" + one + "'::text, ARRAY[101]))",
          "PV001");
  CHECK(number(story.root, "SELECT count(*) FROM marks") == 0);
}
