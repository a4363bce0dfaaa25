"""The stack of the system tests: that of the quickstart, and what it takes to try every way to a list and break every part.

  - a DNS with the keys and SPF records of the assemblies, whose questions are logged;
  - all the ways past the gate: virtual and local alias, canonical and bcc map; an alias that the register knows;
  - a second list, on which what nothing proves is kept aside;
  - a second gate with everything of its own, behind another SMTP port, as on another host;
  - an SMTP port with a later milter behind the gate;
  - list managers that do what a test wants before they take a post.
"""

import contextlib
import json
import os
import shutil

from dkim_signer import Signer
from dns_server import DnsServer
from milter import Milter
from stack.mailing_list import MailingList
from stack.portavoz import DOOR, Portavoz
from stack.postfix import gate_at
from stack.processes import must_run
from stack.stack import ALIAS, LIST, NORTE, PEOPLE, Stack, inline, routing

SUR = "info@asamblea-sur.example"        # proven by SPF alone
ESTE = "este@vecinos.example"            # a mailbox among strangers': nothing technical proves it
OTHER_LIST = "asambleas@listas.example"  # keeps aside what nothing proves
OTHER_READER = "lector@lectores.example"
OTHER_HOST = "mail2.listas.example"

KNOWN_ALIAS = "noticias@listas.example"  # an alias of the list that the register knows
LOCAL_ALIAS = "avisos-local@mail.listas.example"
CANONICAL = "anuncios@listas.example"
BCC = "archivo@vecinos.example"          # a mailbox; the list gets a blind copy of all its mail
OTHER_ALIAS = "otras@listas.example"     # a virtual alias of the other list
EXTENSION = "avisos+unknown@listas.example"
TRANSPORT = "otra-puerta@listas.example"  # an address that leads to the list's transport and to nothing else

SECOND_GATE, LATER_MILTER = "second gate", "later milter"

STRANGER_DOMAIN = "vecinos.example"
SUR_CLIENT = "127.0.0.2"  # the one that Sur's SPF record names; everybody else here comes from 127.0.0.1


class Names:
    """What the DNS answers, as dns_server.py takes it."""

    def __init__(self, path, names):
        self.path, self.names = path, names
        self.say(names)

    def say(self, names):
        with open(self.path + ".new", "w", encoding="utf-8") as out:
            json.dump(names, out)
        os.replace(self.path + ".new", self.path)


class ListManager:
    """What the door runs: mlmmj, after the shell commands that a test put before it."""

    def __init__(self, directory):
        self.directory = directory
        self.program, self.trouble = f"{directory}/list-manager", f"{directory}/trouble"

    def create(self):
        os.makedirs(self.directory)
        with open(self.program, "w", encoding="utf-8") as out:
            out.write(f'#!/bin/sh\nif [ -e {self.trouble} ]; then . {self.trouble}; fi\nexec "$@"\n')
        os.chmod(self.program, 0o755)
        shutil.chown(self.directory, DOOR, DOOR)

    def does(self, commands):
        with open(self.trouble + ".new", "w", encoding="utf-8") as out:
            out.write(commands + "\n")
        os.rename(self.trouble + ".new", self.trouble)

    def behaves(self):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.trouble)


class SmallDisk:
    """A file system of its own for whatever a test puts there, which can be filled to the last octet."""

    def __init__(self, path, size):
        self.path = path
        os.makedirs(path)
        must_run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", path])

    def fill(self):
        with open(f"{self.path}/filler", "wb", buffering=0) as out:
            for octets in (b"x" * 65536, b"x"):
                with contextlib.suppress(OSError):  # ENOSPC: that is what we want
                    while True:
                        out.write(octets)

    def free(self):
        os.remove(f"{self.path}/filler")

    def remove(self):
        must_run(["umount", self.path])
        os.rmdir(self.path)


class FullStack(Stack):
    def __init__(self, build, progress):
        super().__init__(build, progress)
        self.second = Portavoz(f"{self.directory}/second", build, prefix=self.portavoz.prefix)
        self.other_list = MailingList(f"{self.directory}/other-list", OTHER_LIST, DOOR)
        self.list_manager = ListManager(f"{self.directory}/manager")
        norte = NORTE.split("@")[1]
        self.norte, self.norte_again = Signer(norte), Signer(norte, "dos")
        self.stranger = Signer(STRANGER_DOMAIN)
        self.names, self.dns, self.dns_port, self.later = None, None, 0, None

    @property
    def later_socket(self):
        return f"{self.directory}/later.sock"

    @property
    def dns_log(self):
        return f"{self.directory}/log/dns.log"

    def smtp_ports(self):
        later = f"{gate_at(self.portavoz.socket)}, {{ unix:{self.later_socket}, default_action=tempfail }}"
        return {SECOND_GATE: {"smtpd_milters": gate_at(f"{self.directory}/second/run/milter.sock")},
                LATER_MILTER: {"smtpd_milters": later}}

    def routing(self):
        domain = LIST.split("@")[1]
        return {
            **routing((*PEOPLE, OTHER_READER, BCC, SUR, ESTE)),
            "mydestination": LOCAL_ALIAS.split("@")[1],
            "alias_maps": inline({LOCAL_ALIAS.split("@")[0]: LIST}),
            "virtual_alias_maps": inline({ALIAS: LIST, KNOWN_ALIAS: LIST, OTHER_ALIAS: OTHER_LIST}),
            "recipient_canonical_maps": inline({CANONICAL: LIST}),
            "recipient_bcc_maps": inline({BCC: LIST}),
            "relay_recipient_maps": inline({LIST: "ok", OTHER_LIST: "ok"}),
            "transport_maps": inline({OTHER_LIST: "other:", domain: "mlmmj:"}),
            "smtpd_client_connection_count_limit": "0",
        }

    def pipes(self):
        return {name: (DOOR, self.portavoz.door_argv(one.address, self.list_manager_argv(one)))
                for name, one in (("mlmmj", self.list), ("other", self.other_list))}

    def list_manager_argv(self, mailing_list):
        return [self.list_manager.program, *mailing_list.receive_argv()]

    def settings(self):
        more = super().settings()
        resolvers = [f"127.0.0.1:{self.dns_port}"]
        return {**more, "verifier": {**more["verifier"], "resolvers": resolvers}, "dns": {"resolvers": resolvers}}

    def start(self):
        self._start_dns_and_later_milter()
        self.list_manager.create()
        super().start()
        self.other_list.create(self.postfix.port, language="en")
        self.other_list.subscribe(OTHER_READER)
        self.progress("a second gate")
        self.second.make_directories()
        self.second.configure(self.postgres.dsn, OTHER_HOST, [LIST], self.settings())
        self.second.make_seal_key()
        self.second.start_gate()

    def _start_dns_and_later_milter(self):
        os.makedirs(f"{self.directory}/log", exist_ok=True)
        names = {signer.name: [["TXT", signer.record]] for signer in (self.norte, self.norte_again, self.stranger)}
        names[SUR.split("@")[1]] = [["TXT", f"v=spf1 ip4:{SUR_CLIENT} -all"]]
        names[NORTE.split("@")[1]] = [["TXT", "v=spf1 -all"]]
        self.names = Names(f"{self.directory}/zone.json", names)
        self.start_dns()
        self.later = Milter(self.later_socket)

    def start_dns(self):
        self.dns = DnsServer([self.names.path], port=self.dns_port, log=self.dns_log)
        self.dns_port = self.dns.port

    def stop(self):
        super().stop()
        self.second.stop()
        for part in filter(None, (self.dns, self.later)):
            with contextlib.suppress(OSError):
                part.stop()
