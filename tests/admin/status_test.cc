// `portavoz status` on a host where everything is good, and with one thing broken at a time.
#include <filesystem>

#include <unistd.h>

#include "adapters/os/clock.h"
#include "adapters/shelf/shelf.h"
#include "core/base/text.h"
#include "tests/admin/host.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz::test;
using portavoz::Seconds;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// With a register that answers, and a gate.
struct GoodHost {
  Desk desk;
  Host host{desk.dsn_as("alba")};
  std::optional<FakeGate> gate{std::in_place, host.path("gate.sock")};

  nlohmann::json status() const { return host.ask({"status"}).at("status"); }

  // What is not good, with what it says, and that the exit code tells it.
  std::string only_trouble(const std::string& part) const {
    const auto found = status();
    INFO(found.dump(2));
    CHECK(found.at("good") == false);
    for (const char* each : {"register", "roll", "gate", "seal_key", "dns", "shelf", "verdicts", "contacts"})
      CHECK((each + std::string(found.at(each).at("good") == false ? " is not good" : " is good")) ==
            each + std::string(each == part ? " is not good" : " is good"));
    CHECK(host.run({"status"}).status == 1);
    return found.at(part).at("what");
  }

  void keep(const std::string& contact) const {
    auto shelf = must(portavoz::Shelf::open(host.path("held"), {10, 1 << 20}));
    portavoz::HeldPost post;
    post.list = list_address;
    post.queue_id = "4Bx" + contact;
    post.reason = "unsealed";
    post.contact = contact;
    post.argv = {"true"};
    must(shelf.put(post, "From: x\n\nHola\n", portavoz::now()));
  }
};

}  // namespace

TEST_CASE("status is one screen and exit 0 when everything is as it should be") {
  const GoodHost good;
  const Ran shown = good.host.run({"status"});
  INFO(shown.out);
  CHECK(shown.status == 0);
  CHECK_FALSE(has(shown.out, "TESTING"));
  CHECK_FALSE(has(shown.out, "not good"));
  CHECK(has(shown.out, "1 list, 0 designated contacts, 1 seal key"));
  CHECK(has(shown.out, "no post is kept aside"));
  const auto found = good.status();
  CHECK(found.at("good") == true);
  CHECK(found.at("testing") == false);
  CHECK(found.at("roll").at("lists") == 1);
  CHECK(found.at("seal_key").at("key_id") == good.host.contents.seal_keys[0].key_id);
  CHECK(found.at("verdicts").at("waiting") == 0);
}

TEST_CASE("metrics are the numbers of status, in Prometheus' text, also when something is not good") {
  GoodHost good;
  const Ran fine = good.host.run({"metrics"});
  INFO(fine.out);
  CHECK(fine.status == 0);
  CHECK(has(fine.out, "# TYPE portavoz_good gauge\n"));
  CHECK(has(fine.out, "portavoz_good{part=\"seal_key\"} 1\n"));
  CHECK(has(fine.out, "# TYPE portavoz_roll_age_seconds gauge\nportavoz_roll_age_seconds "));
  CHECK(has(fine.out, "\nportavoz_roll_lists 1\n"));
  CHECK_FALSE(has(fine.out, "} 0\n"));
  for (const std::string& line :
       portavoz::split(fine.out, '\n'))  // nothing but names of letters, and whole numbers
    if (!line.empty() && !line.starts_with('#'))
      CHECK(line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789{}=\" ") == std::string::npos);
  good.gate.reset();
  const Ran broken = good.host.run({"metrics"});
  CHECK(broken.status == 0);
  CHECK(has(broken.out, "portavoz_good{part=\"gate\"} 0\n"));
  CHECK(has(broken.out, "portavoz_good{part=\"roll\"} 1\n"));
  CHECK(good.host.ask({"metrics"}).at("status").at("good") == false);
}

TEST_CASE("status says when the register is away") {
  const Host host;
  const FakeGate gate(host.path("gate.sock"));
  const auto found = host.ask({"status"}).at("status");
  CHECK(found.at("register").at("good") == false);
  CHECK(found.at("roll").at("good") == true);
  CHECK(found.at("good") == false);
}

TEST_CASE("status says when the roll is missing, or has not heard the register") {
  GoodHost good;
  SECTION("for an hour") {
    good.host.contents.last_word.at -= Seconds(3600);
    good.host.write_roll(good.host.contents);
    CHECK(has(good.only_trouble("roll"), "heard 60 minutes ago"));
    CHECK(good.status().at("roll").at("age_seconds") >= 3600);
  }
  SECTION("for longer than roll.max_age") {
    good.host.contents.last_word.at -= Seconds(100 * 3600);
    good.host.write_roll(good.host.contents);
    CHECK(has(good.only_trouble("roll"), "It is too old: posts get 451"));
  }
  SECTION("since it was built from a roster") {
    good.host.contents.last_word.of_roster = true;
    good.host.write_roll(good.host.contents);
    CHECK(has(good.only_trouble("roll"), "The register has not been heard since"));
  }
  SECTION("there is none") {
    std::filesystem::remove_all(good.host.path("roll"));
    const auto found = good.status();
    CHECK(found.at("roll").at("good") == false);
    CHECK(found.at("seal_key").at("good") == false);
  }
}

TEST_CASE("status says which configuration each service has, and why it refused a newer one") {
  const GoodHost good;
  const auto says = [&](const std::string& program, const std::string& text) {
    const std::string place = good.host.path("services") + "/" + program;
    std::filesystem::create_directories(place);
    write_all(place + "/configuration", text);
  };
  const std::string here = "pid " + std::to_string(::getpid()) + "\nsince 2026-11-30T19:00:00Z\n";
  CHECK_FALSE(good.status().contains("gate_configuration"));
  says("portavoz-milter", here);
  auto gate = good.status().at("gate_configuration");
  CHECK(gate.at("good") == true);
  CHECK(gate.at("since") == "2026-11-30T19:00:00Z");
  CHECK(good.host.run({"status"}).status == 0);

  says("portavoz-milter", here + "refused 2026-11-30T20:00:00Z /etc/p.yaml:3:5: unknown key 'x'\n");
  gate = good.status().at("gate_configuration");
  CHECK(gate.at("good") == false);
  CHECK(gate.at("refused") == "/etc/p.yaml:3:5: unknown key 'x'");
  CHECK(gate.at("refused_at") == "2026-11-30T20:00:00Z");
  CHECK(
      has(gate.at("what"), "that of 2026-11-30T19:00:00Z stays in force: /etc/p.yaml:3:5: unknown key 'x'"));
  CHECK(has(gate.at("what"), "systemctl reload portavoz-milter"));
  CHECK(good.host.run({"status"}).status == 1);

  says("portavoz-milter", here);
  says("portavoz-deliver", "pid 999999999\nsince 2026-11-30T19:00:00Z\n");
  CHECK(
      has(good.status().at("door_configuration").at("what"), "process 999999999 of portavoz-deliver ended"));
  says("portavoz-deliver", "what is this");
  CHECK(has(good.status().at("door_configuration").at("what"), "is not what portavoz-deliver writes"));
  CHECK(good.host.run({"status"}).status == 1);
}

TEST_CASE("status shows the mistakes of the configuration, each with its place, and exits 78") {
  const portavoz::test::TempDir dir;
  write_all(dir / "p.yaml", "gate:\n  dor: true\n");
  const Ran shown = command_line({"--config", dir / "p.yaml", "status"});
  CHECK(shown.status == 78);
  CHECK(has(shown.out, "p.yaml:2:3: unknown key 'dor'"));
  const Ran json = command_line({"--config", dir / "p.yaml", "status", "--json"});
  CHECK(json.status == 78);
  const auto found = json.json().at("status");
  CHECK(found.at("good") == false);
  CHECK(has(found.at("configuration").at("what"), "p.yaml:2:3: unknown key 'dor'"));
}

TEST_CASE("status says when no gate answers") {
  GoodHost good;
  good.gate.reset();
  SECTION("nobody listens") { CHECK(has(good.only_trouble("gate"), "no gate answers at ")); }
  SECTION("there is no socket") {
    std::filesystem::remove(good.host.path("gate.sock"));
    CHECK(has(good.only_trouble("gate"), "No such file"));
  }
  SECTION("it hangs up") {
    std::filesystem::remove(good.host.path("gate.sock"));
    good.gate.emplace(good.host.path("gate.sock"), "");
    CHECK(has(good.only_trouble("gate"), "is no milter"));
  }
  SECTION("something else answers") {
    std::filesystem::remove(good.host.path("gate.sock"));
    good.gate.emplace(good.host.path("gate.sock"), "220 mail.example ESMTP\r\n");
    CHECK(has(good.only_trouble("gate"), "is no milter"));
  }
}

TEST_CASE("status says when the seal key is missing, open to others, or unknown to the doors") {
  GoodHost good;
  SECTION("missing") {
    std::filesystem::remove(good.host.path("seal.key"));
    CHECK(has(good.only_trouble("seal_key"), "seal.key"));
  }
  SECTION("open to others") {
    std::filesystem::permissions(good.host.path("seal.key"), std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    CHECK(has(good.only_trouble("seal_key"), "seal.key"));
  }
  SECTION("not in the roll") {
    good.host.contents.seal_keys.clear();
    good.host.write_roll(good.host.contents);
    CHECK(has(good.only_trouble("seal_key"), "which the roll does not have"));
  }
  SECTION("another key under its id") {
    good.host.contents.seal_keys[0].public_key = std::string(32, 'x');
    good.host.write_roll(good.host.contents);
    CHECK(has(good.only_trouble("seal_key"), "which the roll does not have"));
  }
}

TEST_CASE("status counts the posts on the shelf, and those in a designated contact's name") {
  GoodHost good;
  good.keep("");
  good.keep("norte@example.org");
  const Ran shown = good.host.run({"status"});
  CHECK(shown.status == 0);
  CHECK(has(shown.out, "2 posts are kept aside, 1 in a designated contact's name"));
  CHECK(good.status().at("shelf").at("posts") == 2);
  CHECK(good.status().at("shelf").at("in_contacts_names") == 1);
}

TEST_CASE("status looks, and makes nothing") {
  GoodHost good;
  std::filesystem::remove(good.host.path("held"));
  CHECK(good.host.run({"status"}).status == 0);
  CHECK_FALSE(std::filesystem::exists(good.host.path("held")));
}

TEST_CASE("status counts the verdicts that wait, and says which ones the register refused") {
  GoodHost good;
  good.host.write("spool/verdicts.jsonl", "{}\n{}\n");
  good.host.write("spool/verdicts.carried.jsonl", "{}\n");
  CHECK(good.status().at("verdicts").at("waiting") == 3);
  CHECK(good.host.run({"status"}).status == 0);
  good.host.write("spool/verdicts.refused.jsonl", "{}\n");
  CHECK(has(good.only_trouble("verdicts"), "3 wait for the register; what the register refused is kept in "));
}

TEST_CASE("status shouts while the testing block is in force, and is never good then") {
  GoodHost good;
  good.host.configure("testing:\n  believe_xclient: true\n  clock: 2026-11-22T09:00:00Z\n");
  const Ran shown = good.host.run({"status"});
  INFO(shown.out);
  CHECK(shown.status == 1);
  CHECK(shown.out.starts_with("TESTING IS IN FORCE ON THIS HOST."));
  CHECK(has(shown.out, "XCLIENT"));
  CHECK(has(shown.out, "2026-11-22T09:00:00Z"));
  CHECK(good.status().at("testing") == true);
}

TEST_CASE("status says what became of contacts' pages and domains") {
  GoodHost good;
  CHECK(has(good.host.run({"status"}).out, "nothing is wrong with a page or a domain"));
  const auto contact = std::to_string(good.desk.designated("Asamblea Norte", "norte@example.org"));
  must(
      good.desk.root.exec("INSERT INTO portavoz.page_watches (contact_id, misses, last_miss, blind_since, "
                          "domain_held_since) VALUES (" +
                          contact + ", 1, now(), '2026-03-02 10:00Z', now())"));
  const Ran shown = good.host.run({"status"});
  CHECK(shown.status == 0);
  CHECK(has(unwrapped(shown.out), "1 waits for you, because its domain was gone"));
  const auto found = good.status().at("contacts");
  CHECK(found.at("missed") == 1);
  CHECK(found.at("lapsing") == 0);
  CHECK(found.at("blind") == 1);
  CHECK(found.at("domain_held") == 1);
  CHECK(found.at("to_look_at") == 1);
  CHECK(has(found.at("what"), "not seen, the first since 2026-03-02 10:00 UTC"));
}
