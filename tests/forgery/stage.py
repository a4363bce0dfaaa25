"""The world of a context on real parts: a register with its lists and contacts, gate, doors, one mlmmj list with one reader
for each guarded list, a DNS of its own, and a private Postfix that knows every way to a list and keeps all other mail.

Everything that is not for a guarded list lands in one Maildir, the sink, whatever its domain is.
"""

import contextlib
import json
import os
import shutil
import tempfile

from dns_server import DnsServer
from stack.mail import Maildir
from stack.mailing_list import MailingList
from stack.portavoz import DOOR, Portavoz
from stack.postfix import Postfix
from stack.postgres import Postgres
from stack.processes import Failure, wait_until
from stack.stack import inline

from replay import REFUSED_AT_THE_END

READERS = "readers.invalid"
DECISIONS = {"approved": ("vouch",), "pending": (), "revoked": ("vouch", "retire")}
OPEN_PORT = "no gate"  # an SMTP port whose mail no gate sees, to learn what an untouched message looks like


class UnknownFault(Exception):
    """The case wants something broken that this stage cannot break."""


class Stage:
    """`build`: a build directory with our programs; `context`: a cases.Context; `progress(text)`: told of each step."""

    def __init__(self, build, context, progress):
        self.context, self.progress = context, progress
        self.directory = tempfile.mkdtemp(prefix="portavoz.", dir="/tmp")
        os.chmod(self.directory, 0o755)
        self.portavoz = Portavoz(self.directory, build)
        self.postgres = Postgres(f"{self.directory}/postgres")
        self.dns, self.register_is_up = None, True
        self.postfix = Postfix(f"{self.directory}/postfix", self.portavoz.socket, self._parameters(), context.hostname,
                               {OPEN_PORT: {"smtpd_milters": ""}})
        self.lists = [MailingList(f"{self.directory}/{self._transport(number)}", address, DOOR)
                      for number, address in enumerate(context.lists)]
        self.readers = [Maildir(self.postfix.maildir(self._transport(number))) for number in range(len(self.lists))]
        self.sink = Maildir(self.postfix.maildir("sink"))

    @staticmethod
    def _transport(number):
        return f"list{number}"

    def _parameters(self):
        """main.cf as it is measured to be most open: what a stricter server would refuse by itself has to reach us."""
        routes, numbered = self.context.routes, list(enumerate(self.context.lists))
        return {
            # Every address has a mailbox here: the readers each their own, all others the sink.
            "mydestination": self.context.hostname,
            "virtual_mailbox_domains": f"!{self.context.hostname}, static:all",
            "virtual_mailbox_maps":
                inline({f"{self._transport(number)}@{READERS}": f"{self._transport(number)}/" for number, _ in numbered})
                + ", static:sink/",
            "local_recipient_maps": "", "fallback_transport": "virtual:", "default_transport": "virtual:",
            "smtpd_relay_restrictions": "permit_sasl_authenticated, reject_unauth_destination",
            # The lists, and the ways to them.
            "transport_maps": inline({address: f"{self._transport(number)}:" for number, address in numbered}),
            "virtual_alias_maps": inline(routes.get("virtual_alias", {})),
            "alias_maps": inline({address.split("@")[0]: to for address, to in routes.get("local_alias", {}).items()}),
            "recipient_canonical_maps": inline(routes.get("recipient_canonical", {})),
            "recipient_bcc_maps": inline(routes.get("recipient_bcc", {})),
            "recipient_delimiter": routes.get("recipient_delimiter", ""),
            # The defaults of Postfix 3.7: odd envelopes are taken, and LF.LF ends a message.
            "smtpd_forbid_bare_newline": "no", "strict_rfc821_envelopes": "no",
            "smtpd_authorized_xclient_hosts": "127.0.0.1",
            "smtpd_end_of_data_restrictions": f"check_recipient_access {inline({REFUSED_AT_THE_END: 'REJECT'})}",
            "smtpd_error_sleep_time": "0", "smtpd_client_connection_count_limit": "0",
        }

    # --- starting and stopping ---

    def start(self):
        self.progress("our programs, a private PostgreSQL, the register in it")
        self._answer_names(context=self.context.dns, case={})
        self.dns = DnsServer([self._zone("context"), self._zone("case")])
        self.portavoz.install()
        self.portavoz.configure(self.postgres.dsn, self.context.hostname, self.context.lists, {
            "gate": {"relays": self.context.relays},
            "dns": {"resolvers": [f"127.0.0.1:{self.dns.port}"]},
            "testing": {"believe_xclient": True, "clock": self.context.now}})
        self.postgres.create()
        self.portavoz.prepare_register()
        self.portavoz.make_seal_key()
        self.progress("the lists and the contacts of the context")
        self._fill_register()
        self.progress("the gate, a private Postfix, the lists and their readers (mlmmj)")
        with self.portavoz.roll_follows():
            self.portavoz.start_gate()
        self.postfix.create({self._transport(number): (DOOR, self.portavoz.door_argv(one.address, one.receive_argv()))
                             for number, one in enumerate(self.lists)})
        for number, one in enumerate(self.lists):
            one.create(self.postfix.port, language="en")
            one.subscribe(f"{self._transport(number)}@{READERS}")
        self.postfix.start()

    def _fill_register(self):
        for address in self.context.lists:
            self.portavoz.run("list", "add", address, "--languages", "es,en", "--hold-unproven",
                              "--admin-address", f"postmaster@{address.split('@')[1]}")
        for number, one in enumerate(self.context.designated):
            if one.status not in DECISIONS:
                raise Failure(f"{one.address} has the status {one.status}, which this stage does not know")
            for address in one.lists:
                self._designate(one, address, f"Asamblea {number + 1}")

    def _designate(self, one, list_address, assembly):
        proof = [argument for login in one.logins for argument in ("--login", login)]
        proof += [argument for domain in one.signing_domains for argument in ("--signing-domain", domain)]
        proof += [] if one.signing_domains else ["--no-dkim"]
        proof += (["--spf"] if one.spf else []) + (["--shared"] if one.shared else [])
        contact = self.portavoz.ask("apply", "--list", list_address, "--assembly", assembly, "--address", one.address,
                                    "--url", "https://asamblea.example/contacto", *proof)["contact_id"]
        self.portavoz.run("confirm", contact, "--reason", "the holder answered")
        for decision in DECISIONS[one.status]:
            self.portavoz.run(decision, contact, "--reason", f"the context says: {one.status}")

    def stop(self):
        """The mail server first, so that nothing new comes in."""
        for part in filter(None, (self.postfix, self.portavoz, self.postgres, self.dns)):
            with contextlib.suppress(OSError):
                part.stop()

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    # --- one case ---

    @contextlib.contextmanager
    def prepared_for(self, case):
        """The DNS of the case, and what the case wants broken."""
        self._answer_names(case=case.dns)
        try:
            with self._broken(case.fault):
                yield
        finally:
            if self.postfix.waiting("maildrop", "deferred"):
                self.postfix.forget_waiting()

    def _zone(self, name):
        return f"{self.directory}/{name}.zone.json"

    def _answer_names(self, **zones):
        """What the DNS answers from now on; a name of the case stands in place of the context's."""
        for name, zone in zones.items():
            with open(self._zone("new"), "w", encoding="utf-8") as out:
                json.dump(zone, out)
            os.replace(self._zone("new"), self._zone(name))

    @contextlib.contextmanager
    def _broken(self, fault):
        if fault is None:
            yield
        elif fault == "db_down":
            with self._without_register():
                yield
        else:
            raise UnknownFault(f"there is no fault {fault}")

    @contextlib.contextmanager
    def _without_register(self):
        """What the gate decides from cannot be had. It decides from the roll, which outlives the register's outage; so the
        roll goes too."""
        self.portavoz.gate.stop()
        self.postgres.stop()
        self.register_is_up = False
        self.portavoz.forget_roll()
        self.portavoz.start_gate()
        try:
            yield
        finally:
            with self.portavoz.roll_follows():
                self.postgres.start()
            self.register_is_up = True

    def settle(self):
        """Waits until the queue is empty, but for what waits for another try, and the roll has what the doors recorded."""
        wait_until(self._quiet, "the queue to be empty", 30, self.postfix.log)
        if self.register_is_up:
            self.portavoz.wait_for_marks(int(self.postgres.psql("SELECT count(*) FROM portavoz.roll_marks")))

    def _quiet(self):
        """A message moves from left to right; two looks, for the one that moved during the first."""
        return not any(self.postfix.waiting("maildrop", "incoming", "active") for _ in range(2))

    def look(self):
        return Look(self)

    def send_past_the_gate(self, replayer, case):
        """Sends the case once more where no gate listens; gives what landed in the sink then."""
        before = self.look()
        replayer.send(case, self.postfix.port_of[OPEN_PORT])
        self.settle()
        return before.since().sink


class Look:
    """What lies where at one moment, and where the logs ended."""

    def __init__(self, stage):
        self.stage = stage
        self.posted = {path for reader in stage.readers for path in reader.paths()}
        self.sink, self.waiting = set(stage.sink.paths()), set(stage.postfix.waiting("deferred"))
        self.held = {one["id"] for one in stage.portavoz.ask("held", "list")["held"]}
        self.ends = {path: size(path) for path in (stage.portavoz.gate_log, stage.postfix.log)}

    def since(self):
        """What came since this look: another Look, holding only that."""
        now = Look(self.stage)
        for kind in ("posted", "sink", "waiting", "held"):
            setattr(now, kind, getattr(now, kind) - getattr(self, kind))
        return now

    def log(self, path):
        """What a log said after this look."""
        with open(path, encoding="utf-8", errors="replace") as log:
            log.seek(self.ends[path])
            return log.read()


def size(path):
    return os.path.getsize(path) if os.path.exists(path) else 0
