"""What the tests of many hosts work with: two mail hosts, two verifiers, a primary and a streaming standby, and the web sites
of assemblies, each in a network of its own; and a load of posts whose answers are kept.

Each mail host has a gate, a Postfix and a door that listens for LMTP, and one of the two lists: what it accepts for the other
list goes to the other host's door. The first host hands posts to its own list by a pipe.
"""

import collections
import contextlib
import os
import shutil
import tempfile
import threading
import time

from database import REPLICATOR, Certificate, Database
from network import Network
from servers import ListManager, Sites
from stack.mail import Smtp
from stack.portavoz import ADMIN, CLERK, DOOR, GATE, VERIFIER, Portavoz
from stack.postfix import Postfix
from stack.posts import Post
from stack.processes import Failure, Program, run, wait_until
from stack.stack import INDIVIDUAL, LIST, NEIGHBOUR, NORTE, PASSWORD, inline, routing

OTHER_LIST = "asambleas@listas.example"
SUR = "info@asamblea-sur.example"    # loses its right after the failover
ESTE = "hola@asamblea-este.example"  # is suspended, and gets its right back after the failover
LOGINS = (NORTE, SUR, ESTE, INDIVIDUAL)

LMTP_PORT, LIST_MANAGER_PORT = 2424, 8024
ASSEMBLIES = 50  # whose pages are checked while the primary dies

Sent = collections.namedtuple("Sent", "host post begun ended reply")  # reply: None when there was none
Rotation = collections.namedtuple("Rotation", "host begun ended status said")


def require(condition, sentence):
    if not condition:
        raise AssertionError(sentence)


def site_of(number):
    return f"10.77.8.{number}"


def address_of(site):
    return f"contacto@asamblea-{site.split('.')[3]}.example"


class RemotePortavoz(Portavoz):
    """Our programs on a host whose register is on another one: each OS user has a password of its own there."""

    def __init__(self, host, directory, build, prefix):
        super().__init__(directory, build, prefix)
        self.host = host
        for program in (self.gate, self.verifier):
            program.argv = self.with_password(program.user, program.argv)

    def password_file(self, user):
        return f"{self.directory}/etc/pgpass.{user}"

    def with_password(self, user, argv):
        return ["/usr/bin/env", f"PGPASSFILE={self.password_file(user)}", *argv]

    def command(self, *arguments):
        return self.with_password(ADMIN, super().command(*arguments))

    def write_passwords(self):
        for user in (ADMIN, GATE, DOOR, VERIFIER):
            write_password(self.password_file(user), user, user)

    # What is typed is typed on this host.

    def attempt(self, *arguments, user=None):
        with self.host.inside():  # a COMMIT whose answer never comes is given up after a minute
            return run(self.command(*arguments), user=user, timeout=120)

    def run(self, *arguments, user=None):
        with self.host.inside():
            return super().run(*arguments, user=user)


def password_of(login):
    return f"the password of {login}"


def write_password(path, login, owner):
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"*:*:*:{login}:{password_of(login)}\n")
    os.chmod(path, 0o600)  # libpq takes no other
    shutil.chown(path, owner)


class MailHost:
    """`by_pipe`: whether its Postfix runs the door for each post to its own list."""

    def __init__(self, world, name, list_address, host, dsn, by_pipe):
        self.world, self.name, self.list_address, self.host, self.dsn = world, name, list_address, host, dsn
        self.by_pipe = by_pipe
        self.portavoz = RemotePortavoz(host, f"{world.directory}/{name}", world.build, world.prefix)
        argv = [f"{self.portavoz.programs}/{DOOR}", "--lmtp", "--config", self.portavoz.config]
        self.door_log = f"{self.portavoz.directory}/log/door.log"
        self.door = Program(f"the door on {name}", self.portavoz.with_password(DOOR, argv), self.door_log, user=DOOR)
        self.postfix, self.list_manager = None, None

    @property
    def door_address(self):
        return f"{self.host.address}:{LMTP_PORT}"

    def start(self):
        self.portavoz.make_directories()
        self.portavoz.write_passwords()
        self.portavoz.configure(self.dsn, f"{self.name}.listas.example", [LIST, OTHER_LIST], {
            "dns": {"resolvers": ["127.0.0.1:53"]},  # there is none: nothing in these tests is signed
            "door": {"lmtp_listen": self.door_address, "lmtp_next_hop": f"127.0.0.1:{LIST_MANAGER_PORT}"}})
        self.portavoz.make_seal_key()
        with self.host.inside():
            self.list_manager = ListManager(f"{self.portavoz.directory}/list", LIST_MANAGER_PORT, DOOR)
            self.portavoz.start_gate()
            self.door.start(lambda: f"listening on {self.door_address}" in read_text(self.door_log))
            self.postfix = Postfix(f"{self.portavoz.directory}/postfix", self.portavoz.socket, self._routing(),
                                   hostname=f"{self.name}.listas.example")
            self.postfix.create({"pipe-door": (DOOR, self._pipe())} if self.by_pipe else {})
            for login in LOGINS:
                self.postfix.add_login(login, PASSWORD)
            self.postfix.start()

    def _pipe(self):
        return self.portavoz.with_password(DOOR, self.portavoz.door_argv(self.list_address, [self.list_manager.program]))

    def _routing(self):
        doors = {one.list_address: f"lmtp:inet:[{one.host.address}]:{LMTP_PORT}" for one in self.world.mail_hosts}
        if self.by_pipe:
            doors[self.list_address] = "pipe-door:"
        return {**routing((*LOGINS, NEIGHBOUR)), "virtual_alias_maps": "",
                "relay_recipient_maps": inline({address: "ok" for address in doors}), "transport_maps": inline(doors)}

    def send(self, post):
        """The answer to a post by its sender, logged in; a session of its own."""
        with self.host.inside():
            session = Smtp(self.postfix.port, [])
        with session:
            session.log_in(post.sender, PASSWORD)
            return session.send(post.sender, [post.recipient], post.octets)

    def stop(self):
        for part in filter(None, (self.postfix, self.door, self.portavoz, self.list_manager)):
            part.stop()


class Verifier:
    def __init__(self, world, name, host, dsn):
        self.host, self.dsn, self.sites = host, dsn, [site_of(number) for number in range(1, ASSEMBLIES + 1)]
        self.portavoz = RemotePortavoz(host, f"{world.directory}/{name}", world.build, world.prefix)

    def start(self):
        self.portavoz.make_directories()
        self.portavoz.write_passwords()
        self.portavoz.configure(self.dsn, self.host.name, [], {"verifier": {
            "allow": [f"{site}:80" for site in self.sites], "resolvers": ["127.0.0.1:53"], "pause": "1s", "in_flight": 4,
            "about": "https://listas.example/portavoz"}})
        with self.host.inside():
            self.portavoz.start_verifier()

    def stop(self):
        self.portavoz.stop()


class Background:
    """Functions that are called again and again, each in a thread of its own, until stop()."""

    def __init__(self):
        self._stop, self._threads = threading.Event(), []

    def repeat(self, function, pause):
        def work():
            while not self._stop.is_set():
                function()
                self._stop.wait(pause)
        self._threads.append(threading.Thread(target=work, daemon=True))
        self._threads[-1].start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


class World:
    def __init__(self, build):
        self.build = build
        self.directory = tempfile.mkdtemp(prefix="portavoz.", dir="/tmp")
        os.chmod(self.directory, 0o755)
        self.prefix = f"{self.directory}/programs"
        self.sent, self.rotations, self.background = [], [], Background()
        self.replicator = f"{self.directory}/pgpass.replicator"
        network = self.network = Network()
        db = [network.host("db-1", "db1", "10.77.0.21"), network.host("db-2", "db2", "10.77.0.22")]
        self.certificate = Certificate(self.directory, [host.address for host in db])
        self.databases = [Database(host, f"{self.directory}/{host.name}", self.certificate, self.replicator) for host in db]
        self.register = self.databases[0]  # the primary of the moment
        self.mail_hosts = []
        for name, link, address, of_list, order, by_pipe in (
                ("mail-a", "maila", "10.77.0.11", LIST, db, True),
                ("mail-b", "mailb", "10.77.0.12", OTHER_LIST, db[::-1], False)):
            host = network.host(name, link, address)
            self.mail_hosts.append(MailHost(self, name, of_list, host, self.dsn(order), by_pipe))
        self.verifiers = [Verifier(self, name, network.host(name, link, address), self.dsn(order))
                          for name, link, address, order in (("verifier-1", "ver1", "10.77.0.31", db),
                                                             ("verifier-2", "ver2", "10.77.0.32", db[::-1]))]
        self.web = network.host("web", "web", *(site_of(number) for number in range(1, ASSEMBLIES + 1)))
        self.sites = None
        self.contacts = {}  # by address
        self.patience = 0   # seconds for what has to come

    def dsn(self, hosts):
        return (f"host={','.join(host.address for host in hosts)} dbname=portavoz target_session_attrs=read-write "
                f"sslmode=verify-full sslrootcert={self.certificate.public}")

    def start(self):
        primary, standby = self.databases
        setup = Portavoz(f"{self.directory}/setup", self.build, self.prefix)
        setup.install()
        primary.create()
        setup.configure(f"host={primary.directory} dbname=portavoz", "db-1", [])
        setup.prepare_register()
        primary.psql("".join(f"ALTER ROLE \"{login}\" PASSWORD '{password_of(login)}';"
                             for login in (ADMIN, GATE, DOOR, VERIFIER, CLERK)))
        primary.psql(f"CREATE ROLE {REPLICATOR} LOGIN REPLICATION PASSWORD '{password_of(REPLICATOR)}'")
        write_password(self.replicator, REPLICATOR, "postgres")
        standby.follow(primary)
        primary.commit_on_standby_first()
        with self.web.inside():
            self.sites = Sites(address_of, 0.3)
        for host in self.mail_hosts:
            host.start()
        self.fill_register()
        for verifier in self.verifiers:
            verifier.start()

    def fill_register(self):
        portavoz = self.mail_hosts[0].portavoz
        with contextlib.ExitStack() as gates:
            for host in self.mail_hosts:
                gates.enter_context(host.portavoz.roll_follows())
            for address in (LIST, OTHER_LIST):
                portavoz.run("list", "add", address, "--languages", "es,en", "--admin-address", "admins@listas.example")
            for number, (address, of_list) in enumerate(((NORTE, LIST), (NORTE, OTHER_LIST), (SUR, LIST), (ESTE, LIST)), 1):
                contact = portavoz.ask("apply", "--list", of_list, "--assembly", address.split("@")[1], "--address", address,
                                       "--url", f"http://{site_of(number)}/contact.html", "--login", address)["contact_id"]
                portavoz.run("confirm", contact, "--reason", "the holder answered")
                portavoz.run("vouch", contact, "--reason", "known for years")
                self.contacts[address] = contact
            portavoz.run("suspend", self.contacts[ESTE], "--reason", "its mailbox was stolen")

    def stop(self):
        self.background.stop()
        for part in (*self.mail_hosts, *self.verifiers, *self.databases, *filter(None, (self.sites,))):
            with contextlib.suppress(OSError):
                part.stop()

    # --- the load ---

    def begin_load(self):
        """Posts, refused posts and ordinary mail at both gates, and a new seal key for each gate again and again."""
        for host in self.mail_hosts:
            for sender, recipients, pause in ((NORTE, (LIST, OTHER_LIST), 0.1), (SUR, (LIST,), 0.2), (ESTE, (LIST,), 0.2),
                                              (INDIVIDUAL, (OTHER_LIST, LIST), 0.4), (INDIVIDUAL, (NEIGHBOUR,), 0.4)):
                self.background.repeat(self._sending(host, sender, recipients), pause)
            self.background.repeat(self._rotating(host), 1)

    def _sending(self, host, sender, recipients):
        def send():
            for recipient in recipients:
                post, begun, reply = Post(sender, recipient, "Under load"), time.monotonic(), None
                with contextlib.suppress(OSError):
                    reply = host.send(post)
                self.sent.append(Sent(host, post, begun, time.monotonic(), reply))
        return send

    def _rotating(self, host):
        def rotate():
            begun = time.monotonic()
            done = host.portavoz.attempt("seal", "rotate", "--secret", host.portavoz.seal_key, "--timeout", "5s")
            said = done.stderr.decode(errors="replace").strip()
            self.rotations.append(Rotation(host, begun, time.monotonic(), done.returncode, said))
        return rotate

    def sent_by(self, sender, host=None, since=0.0):
        """What this sender sent (at this host), begun after that time, the oldest first."""
        return sorted((one for one in list(self.sent) if one.post.sender == sender and one.begun > since
                       and host in (None, one.host)), key=lambda one: one.begun)

    # --- the checks ---

    def queue_checks(self):
        """A contact for every site, each of which is to be looked at now."""
        self.register.psql(
            "SELECT portavoz.confirm(portavoz.apply_for('" + LIST + "', 'Asamblea ' || n, 'contacto@asamblea-' || n || "
            "'.example', 'http://10.77.8.' || n || '/contact.html', '{}', 'es'), 'the holder answered') "
            f"FROM generate_series(5, {ASSEMBLIES}) AS n", user="root")

    def queue_checks_again(self):
        """The pages of some assemblies once more."""
        self.register.psql("SELECT portavoz.request_check(contact_id) FROM portavoz.contacts_overview "
                           "WHERE assembly LIKE 'Asamblea 4_'", user="root")

    def unfinished_checks(self):
        return int(self.register.psql("SELECT count(*) FROM portavoz.checks WHERE finished_at IS NULL"))


def read_text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
