#include <string>

#include "core/seal/handover.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const HandOver post{"avisos@listas.example", "avisos@listas.example", "info@example.org", OwnFields::keep};
const HandOver command{"avisos@listas.example", "avisos+subscribe@listas.example", "ana@example.org",
                       OwnFields::remove};

}  // namespace

TEST_CASE("a sealed post reaches the list manager with our fields and without its seal", "[seal]") {
  const std::string mail =
      "Portavoz-Seal: v=1; x\n"
      "portavoz-seal : second\n\tfolded\n"
      "Portavoz-Assembly: Asamblea del Cabanyal\n"
      "From: info@example.org\n"
      "Subject: hola\n otra vez\n"
      "To: avisos@listas.example\n"
      "\n"
      "Portavoz-Seal: in the body\n";
  CHECK(message_for_list_manager(mail, post) ==
        "Return-Path: <info@example.org>\n"
        "Delivered-To: avisos@listas.example\n"
        "X-Original-To: avisos@listas.example\n"
        "Portavoz-Assembly: Asamblea del Cabanyal\n"
        "From: info@example.org\n"
        "Subject: hola\n otra vez\n"
        "To: avisos@listas.example\n"
        "\n"
        "Portavoz-Seal: in the body\n");
}

TEST_CASE("without a seal no Portavoz- field passes", "[seal]") {
  HandOver unproven = post;
  unproven.own_fields = OwnFields::remove;
  const std::string handed = message_for_list_manager(
      "PORTAVOZ-assembly: x\nPortavoz-Proof : login\nPortavozes: y\n\nb\n", unproven);
  CHECK(handed.find("assembly") == std::string::npos);
  CHECK(handed.find("Proof") == std::string::npos);
  CHECK(handed.find("Portavozes: y\n") != std::string::npos);
}

TEST_CASE("what the door proved itself is said to the readers, above everything else", "[seal]") {
  HandOver proven = post;
  proven.own_fields = OwnFields::remove;
  proven.for_readers = {{"Portavoz-Proof", "dkim"}, {"Portavoz-Assembly", "Norte"}};
  const std::string handed =
      message_for_list_manager("Portavoz-Proof: login\nFrom: info@example.org\n\nb\n", proven);
  CHECK(handed.ends_with("Portavoz-Assembly: Norte\nPortavoz-Proof: dkim\nFrom: info@example.org\n\nb\n"));
}

TEST_CASE("by LMTP only seals and our own fields go, and nothing is written for the envelope", "[seal]") {
  HandOver by_lmtp = command;
  by_lmtp.envelope = Envelope::in_protocol;
  CHECK(message_for_list_manager("Portavoz-Seal: x\nPortavoz-Proof: login\nDelivered-To: x\nTo: y\rz\n\nb\n",
                                 by_lmtp) == "Delivered-To: x\nTo: y z\n\nb\n");
}

TEST_CASE("the envelope stands in the header once, whatever the message says", "[seal]") {
  const std::string forged =
      "Delivered-To: avisos+subscribe@listas.example\n"
      "DELIVERED-TO : x@listas.example\n"
      "Return-Path: <root@example.org>\n"
      "X-Original-To: avisos+subscribe@listas.example\n"
      "Envelope-To: y\nX-Envelope-To: y\nApparently-To: y\nX-Delivered-To: y\nX-Rcpt-To: y\n"
      "From: info@example.org\n\nb\n";
  const std::string expected =
      "Return-Path: <info@example.org>\nDelivered-To: avisos@listas.example\nX-Original-To: "
      "avisos@listas.example\n"
      "From: info@example.org\n\nb\n";
  CHECK(message_for_list_manager(forged, post) == expected);
}

TEST_CASE("a command has its recipient in To and nobody in Cc, so that it cannot become a post", "[seal]") {
  const std::string mail =
      "To: avisos@listas.example\nCC: avisos@listas.example\nBcc: x@y.example\n"
      "Resent-To: avisos@listas.example\nFrom: ana@example.org\nPortavoz-Assembly: x\n\nb\n";
  CHECK(message_for_list_manager(mail, command) ==
        "Return-Path: <ana@example.org>\nDelivered-To: avisos+subscribe@listas.example\n"
        "X-Original-To: avisos+subscribe@listas.example\nTo: avisos+subscribe@listas.example\n"
        "From: ana@example.org\n\nb\n");
}

TEST_CASE("a post that came by an extension or an alias is delivered to the list itself", "[seal]") {
  HandOver by_other_way = post;
  by_other_way.recipient = GENERATE(as<std::string>{}, "avisos+unknown@listas.example",
                                    "noticias@listas.example", "otra+subscribe@listas.example");
  const std::string handed = message_for_list_manager("From: a@example.org\n\nb\n", by_other_way);
  CHECK(handed.find("Delivered-To: avisos@listas.example\n") != std::string::npos);
  CHECK(handed.find("subscribe") == std::string::npos);
}

TEST_CASE("the null sender is written as RFC 5321 does", "[seal]") {
  HandOver bounce = post;
  bounce.sender = GENERATE(as<std::string>{}, "", "MAILER-DAEMON");
  CHECK(message_for_list_manager("\nb\n", bounce).rfind("Return-Path: <>\n", 0) == 0);
}

TEST_CASE("no line of the header can be smuggled in by a bare CR or by the envelope", "[seal]") {
  HandOver odd = post;
  odd.sender = "a\nTo: x\rCc: y";
  const std::string handed =
      message_for_list_manager("Subject: a\rDelivered-To: evil\r\nFrom: b\r\n\r\nbody\r\n", odd);
  CHECK(handed ==
        "Return-Path: <a To: x Cc: y>\nDelivered-To: avisos@listas.example\nX-Original-To: "
        "avisos@listas.example\n"
        "Subject: a Delivered-To: evil\nFrom: b\n\nbody\r\n");
}

TEST_CASE("a header without an end gets one, so that the list manager cuts where we cut", "[seal]") {
  const std::string handed =
      message_for_list_manager("From: a@example.org\nno field\nPortavoz-Proof: x\n", post);
  CHECK(handed.find("From: a@example.org\n\nno field\nPortavoz-Proof: x\n") != std::string::npos);
}

TEST_CASE("the mbox line of pipe(8) is no part of the message", "[seal]") {
  CHECK(without_mbox_line("From a@b Mon Nov 23 10:00:00 2026\nFrom: a@b\n\nx\n") == "From: a@b\n\nx\n");
  CHECK(without_mbox_line("From: a@b\n\nx\n") == "From: a@b\n\nx\n");
  CHECK(without_mbox_line("From nowhere") == "");
}
