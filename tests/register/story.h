// The steps of a contact's life as one call each, made by the logins who make them in earnest.
#pragma once

#include <cstdint>
#include <string>

#include "tests/register/cluster.h"

namespace portavoz::test {

inline const std::string list_address = "avisos@listas.example";

// Runs one statement and fails the test unless it is refused with this SQLSTATE. Returns the sentence.
std::string refused(pg::Connection& connection, const std::string& sql, const std::string& sqlstate);

// The single value of a statement that must succeed; NULL reads as an empty text.
std::string value(pg::Connection& connection, const std::string& sql);
std::int64_t number(pg::Connection& connection, const std::string& sql);

class Story : public Register {
 public:
  explicit Story(int deciders = 1);

  std::int64_t apply(const std::string& assembly, const std::string& address,
                     const std::string& page = "https://norte.example/contacto");
  std::int64_t confirmed(const std::string& assembly, const std::string& address,  // a contact
                         const std::string& page = "https://norte.example/contacto");
  std::int64_t report(std::int64_t contact);  // claims and finishes its check
  std::int64_t reported(const std::string& assembly, const std::string& address);  // a report
  std::int64_t designated(const std::string& assembly,
                          const std::string& address);  // a contact, vouched for by alba
  std::string state(std::int64_t contact);
  void end_turns();  // at every site, as if their workers had left long ago

  pg::Connection root;  // superuser, for what no role may do
  pg::Connection alba;
  pg::Connection bruno;
  pg::Connection verifier;
};

// A report that says yes, as the verifier sends it.
inline const std::string good_report =
    R"({"outcome":"ok","url":"https://norte.example/contacto","final_url":"https://norte.example/contacto",)"
    R"("http_status":200,"fetched_at":"2026-11-23T10:00:00Z","published":true,"official":true,"form":"mailto",)"
    R"("context":"contact","excerpt":"Contacto: norte@example.org","evidence":[{"form":"mailto"}],)"
    R"("reasons":["stands in a contact section"],"body_sha256":")"
    R"(e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","body_bytes":0,"body_path":"e3/b0",)"
    R"("content_type":"text/html","verifier":"portavoz-verifier 0.1"})";

}  // namespace portavoz::test
