"""Reading case files and their context into values. README.md beside this file describes both formats.

A case is what is sent; what must come of it is an Expectation of its own, so that nothing that sends or watches can look
at the answer.
"""

import dataclasses
import glob
import json
import os
import re

OUR_SEAL = b"Portavoz-Seal"


def octets(text):
    """Texts of a case that stand for octets: one code point below 256 each."""
    return text.encode("latin-1")


@dataclasses.dataclass(frozen=True)
class Earlier:
    """A transaction before the tested one. Without a message it ends with RSET after its recipients."""
    envelope_from: bytes
    recipients: list
    message: bytes | None
    own_connection: bool
    client_ip: str


@dataclasses.dataclass(frozen=True)
class Case:
    id: str
    envelope_from: bytes
    recipients: list
    literal: bool  # the recipients stand as they are to be written, with their brackets and parameters
    mail_arguments: bytes
    mode: str
    client_ip: str
    helo: str
    login: str | None
    dns: dict
    fault: str | None
    earlier: list
    message: bytes
    wire: bytes | None  # the octets after DATA, for the mode wire


@dataclasses.dataclass(frozen=True)
class Expectation:
    verdict: str
    code_prefix: str
    also_ok: list
    posted: bool
    untouched: bool


@dataclasses.dataclass(frozen=True)
class Entry:
    """One file: the case, what must come of it, and what people call it."""
    case: Case
    expectation: Expectation
    title: str
    kind: str
    honest: bool


@dataclasses.dataclass(frozen=True)
class Designated:
    address: str
    status: str
    lists: list
    logins: list
    signing_domains: list
    spf: bool
    shared: bool


class Context:
    """The world that the cases of a directory live in: its lists, who may post, the ways to a list, the DNS, the time."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        self.now, self.hostname, self.dns = told["now"], told["authserv_id"], told["dns"]
        self.lists = [address for address, about in told["lists"].items() if about["gated"]]
        self.routes = told.get("routes_to_list", {})
        self.relays = list(told.get("trusted_relays", {}))
        self.designated = [self._designated(one, told.get("sasl_logins", {})) for one in told["designated"]]
        self.seal_field = octets(told.get("seal", {}).get("header", "")) or OUR_SEAL

    def _designated(self, told, logins):
        methods, address = told["methods"], told["address"]
        owned = {login for login, addresses in logins.items() if address in addresses}
        owned |= {told["sasl_login"]} if "sasl_login" in told else set()
        return Designated(address=address, status=told["status"], lists=told.get("lists") or self.lists[:1],
                          logins=sorted(owned) if "sasl" in methods else [],
                          signing_domains=told.get("signing_domains", []) if "dkim" in methods else [],
                          spf="spf" in methods, shared=told.get("shared_provider", False))


def context_of(directory):
    """The path of the context of a directory of cases: its own, or its parent's."""
    for place in (directory, os.path.dirname(os.path.abspath(directory))):
        if os.path.exists(f"{place}/context.json"):
            return f"{place}/context.json"
    raise FileNotFoundError(f"there is no context.json in {directory} or in the directory above it")


def files_of(directory):
    return sorted(path for path in glob.glob(f"{directory}/*.json") if os.path.basename(path) != "context.json")


def read(path, seal_field=OUR_SEAL):
    """One case. A forged seal stands under the name that the context gives it; it gets the name of ours."""
    with open(path, encoding="utf-8") as file:
        told = json.load(file)

    def message(text):
        if text is None:
            return None
        return re.sub(rb"(?im)^" + re.escape(seal_field) + rb"(?=[ \t]*:)", OUR_SEAL, octets(text))

    transport, expect = told["transport"], told["expect"]
    earlier = [Earlier(octets(one["envelope_from"]), [octets(each) for each in one["rcpt"]], message(one["raw"]),
                       one.get("separate_connection", False), one.get("client_ip") or told["client_ip"])
               for one in told.get("pre") or []]
    case = Case(id=told["id"], envelope_from=octets(told["envelope_from"]),
                recipients=[octets(each) for each in told["rcpt"]], literal=transport.get("rcpt_literal", False),
                mail_arguments=octets(transport.get("mail_args") or ""), mode=transport["mode"],
                client_ip=told["client_ip"], helo=told["helo"], login=told["sasl"], dns=told.get("dns") or {},
                fault=told.get("fault"), earlier=earlier, message=message(told["raw"]), wire=message(told.get("wire")))
    expectation = Expectation(verdict=expect["verdict"], code_prefix=expect["code_prefix"] or "",
                              also_ok=expect["also_ok"] or [], posted=expect["posted"],
                              untouched=bool(expect["untouched"]))
    return Entry(case, expectation, told["title"], told["class"], told["honest"])
