"""All parts together, started in their order and stopped in the reverse one."""

import os
import shutil
import subprocess
import sys
import tempfile

from stack.mail import Maildir, Smtp
from stack.mailing_list import MailingList
from stack.portavoz import DOOR, Portavoz
from stack.postfix import Postfix
from stack.postgres import Postgres
from stack.web import Web

LIST = "avisos@listas.example"
ALIAS = "novedades@listas.example"     # a virtual alias that leads to the list, which no gate can see
READER = "lectora@lectores.example"
NEIGHBOUR = "vecina@vecinos.example"   # an ordinary user of the same mail server
INDIVIDUAL = "alguien@vecinos.example"  # somebody with a mailbox and a login, and no office
NORTE = "contacto@asamblea-norte.example"
RIVERSIDE = "hello@riverside-assembly.example"
SITES = {NORTE: ("asamblea-norte", "contacto.html"), RIVERSIDE: ("riverside-assembly", "contact.html")}
PASSWORD = "quickstart"


PEOPLE = (READER, NEIGHBOUR, INDIVIDUAL, NORTE, RIVERSIDE)


def inline(table):
    """A table of Postfix, in the configuration itself."""
    return "inline:{ " + ", ".join(f"{{ {key} = {value} }}" for key, value in table.items()) + " }"


def routing(people=PEOPLE):
    """Where the story's mail goes, as parameters of Postfix: people have mailboxes, the list's domain is the door's."""
    domain = LIST.split("@")[1]
    return {
        "mydestination": "", "alias_maps": "", "recipient_delimiter": "+",
        "default_transport": "error:5.1.2 this private mail server sends nothing to other machines",
        "smtpd_relay_restrictions": "reject_unauth_destination",
        "smtpd_forbid_bare_newline": "normalize", "strict_rfc821_envelopes": "yes",
        "virtual_mailbox_domains": " ".join(sorted({address.split("@")[1] for address in people})),
        "virtual_mailbox_maps": inline({address: f"{address}/" for address in people}),
        "virtual_alias_maps": inline({ALIAS: LIST}),
        "relay_domains": domain, "relay_recipient_maps": inline({LIST: "ok"}),
        "transport_maps": inline({domain: "mlmmj:"}),
    }


class Stack:
    """`build`: a build directory with our programs; `progress(text)`: told each step before it begins."""

    def __init__(self, build, progress):
        self.progress = progress
        # Always below /tmp: other OS users must reach it, and a unix socket's path is limited to 107 octets.
        self.directory = tempfile.mkdtemp(prefix="portavoz.", dir="/tmp")
        os.chmod(self.directory, 0o755)
        self.transcript = []
        self.portavoz = Portavoz(self.directory, build)
        self.postgres = Postgres(f"{self.directory}/postgres")
        self.web = Web(f"{self.directory}/web", [site for site, _ in SITES.values()])
        self.postfix = Postfix(f"{self.directory}/postfix", self.portavoz.socket, self.routing(), ports=self.smtp_ports())
        self.list = MailingList(f"{self.directory}/list", LIST, DOOR)

    # What the tests' own stack has more of; here it is what the story needs.

    def routing(self):
        return routing()

    def smtp_ports(self):
        """Further SMTP ports, as `Postfix` takes them."""
        return {}

    def settings(self):
        """What stands in portavoz.yaml besides places, by section and key."""
        sites = [f"127.0.0.1:{port}" for port in self.web.ports.values()]
        # Nothing in the story is signed and the pages have no names, so no answer of the DNS is needed: this machine's
        # resolver or none, and no other machine is asked about names that do not exist.
        resolvers = ["127.0.0.1:53"]
        return {"verifier": {"allow": sites, "about": "https://listas.example/portavoz", "resolvers": resolvers},
                "dns": {"resolvers": resolvers}}

    def pipes(self):
        """The transports to programs: {name: (user, argv)}."""
        return {"mlmmj": (DOOR, self.portavoz.door_argv(LIST, self.list.receive_argv()))}

    def start(self):
        self.progress("our programs and their configuration")
        self.portavoz.install()
        self.portavoz.configure(self.postgres.dsn, self.postfix.hostname, [LIST], self.settings())
        self.progress("a private PostgreSQL, the register in it")
        self.postgres.create()
        self.portavoz.prepare_register()
        self.portavoz.make_seal_key()
        self.progress("two web sites (lighttpd)")
        self.web.create()
        self.web.start()
        self.progress("the gate, the verifier and the clerk")
        self.portavoz.start_gate()
        self.portavoz.start_verifier()
        self.portavoz.start_clerk()
        self.progress("a private Postfix, the list and its reader (mlmmj)")
        self.postfix.create(self.pipes())
        self.list.create(self.postfix.port, language="en")
        for login in (NORTE, RIVERSIDE, INDIVIDUAL):
            self.postfix.add_login(login, PASSWORD)
        self.list.subscribe(READER)
        self.postfix.start()

    def stop(self):
        """Stops everything that was started, the mail server first so that nothing new comes in."""
        for part in (self.postfix, self.portavoz, self.web, self.postgres):
            try:
                part.stop()
            except (OSError, subprocess.SubprocessError) as problem:  # one that will not stop keeps no other running
                print(f"could not stop {type(part).__name__}: {problem}", file=sys.stderr)

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def evidence_url(self, address):
        return self.web.url(*SITES[address])

    def maildir(self, address):
        return Maildir(self.postfix.maildir(address))

    def session(self, login=None, port=None, client="127.0.0.1"):
        """An SMTP session as a mail program opens it from the address `client`, logged in when a login is given."""
        session = Smtp(port or self.postfix.port, self.transcript, client=client)
        if login:
            session.log_in(login, PASSWORD)
        return session

    def send(self, envelope_from, recipients, message, login=None, **where):
        """One message in a session of its own; gives the reply that decided."""
        with self.session(login, **where) as session:
            return session.send(envelope_from, recipients, message)

    def logs(self):
        """What to read when something went wrong: (what, path)."""
        return (("Postfix", self.postfix.log), ("the gate", self.portavoz.gate_log),
                ("the verifier", self.portavoz.verifier_log), ("the clerk", self.portavoz.clerk_log),
                ("PostgreSQL", self.postgres.log),
                ("lighttpd", self.web.log), ("mlmmj", f"{self.list.directory}/mlmmj.operation.log"))
