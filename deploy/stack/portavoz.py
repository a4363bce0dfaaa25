"""Our own programs: installed into the stack's directory, configured, and run each under its own OS user."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket

from stack.processes import Program, must_run, run, wait_until

GATE, DOOR, VERIFIER, CLERK = "portavoz-milter", "portavoz-deliver", "portavoz-verifier", "portavoz-outbox"
ADMIN = "root"  # the OS user who decides in the story: peer login in PostgreSQL, mapped to an account of the register


def configuration_text(settings):
    """Settings in sections as the text of portavoz.yaml; JSON's texts, numbers and lists are YAML's too."""
    lines = []
    for name, value in settings.items():
        if isinstance(value, dict):
            lines += [f"{name}:", *(f"  {key}: {json.dumps(inner)}" for key, inner in value.items())]
        else:
            lines.append(f"{name}: {json.dumps(value)}")
    return "\n".join(lines) + "\n"


class Portavoz:
    """`directory`: the stack's own; `build`: the directory of the build whose programs are installed into it, or into
    `prefix`, where several may share them."""

    def __init__(self, directory, build, prefix=None):
        self.directory, self.build = directory, build
        self.prefix = prefix or f"{directory}/programs"
        self.programs = f"{self.prefix}/bin"
        self.config = f"{directory}/etc/portavoz.yaml"
        self.short_command = f"{directory}/portavoz"
        self.socket = f"{directory}/run/milter.sock"
        self.held, self.roll, self.seal_key = f"{directory}/door/held", f"{directory}/roll", f"{directory}/etc/seal.key"
        self.gate_log, self.verifier_log = f"{directory}/log/gate.log", f"{directory}/log/verifier.log"
        self.clerk_log = f"{directory}/log/clerk.log"
        self.gate = Program("the gate", [f"{self.programs}/{GATE}", "--config", self.config], self.gate_log, user=GATE)
        self.verifier = Program("the verifier", [f"{self.programs}/{VERIFIER}", "--config", self.config],
                                self.verifier_log, user=VERIFIER)
        self.clerk = Program("the clerk", [f"{self.programs}/{CLERK}", "--config", self.config], self.clerk_log, user=CLERK)

    def install(self):
        """A copy, because our OS users need not be able to reach the checkout (it may lie in /root)."""
        must_run(["cmake", "--install", self.build, "--prefix", self.prefix], timeout=120)
        self.make_directories()

    def make_directories(self):
        for path, owner, group, mode in (("run", GATE, "postfix", 0o2710), ("etc", "root", "root", 0o755),
                                         ("log", "root", "root", 0o755), ("roll", GATE, DOOR, 0o2750),
                                         ("gate", GATE, GATE, 0o750),
                                         ("gate/spool", GATE, GATE, 0o750), ("door", DOOR, DOOR, 0o750),
                                         ("door/seals", DOOR, DOOR, 0o750), ("door/held", DOOR, DOOR, 0o750),
                                         ("services", "root", "root", 0o755),
                                         *((f"services/{user}", user, user, 0o755)
                                           for user in (GATE, DOOR, VERIFIER, CLERK)),
                                         ("verifier", VERIFIER, VERIFIER, 0o755),
                                         ("verifier/evidence", VERIFIER, VERIFIER, 0o755)):
            os.makedirs(f"{self.directory}/{path}", exist_ok=True)
            shutil.chown(f"{self.directory}/{path}", owner, group)
            os.chmod(f"{self.directory}/{path}", mode)

    def configure(self, dsn, host, lists, more=None):
        """The settings, and a command `portavoz` that knows them, for whoever looks around. `dsn`: None where there is no
        register. `more`: by section and key, what the caller wants besides."""
        with open(self.short_command, "w", encoding="utf-8") as out:
            out.write(f'#!/bin/sh\nexec {self.programs}/portavoz --config {self.config} "$@"\n')
        os.chmod(self.short_command, 0o755)
        settings = {
            "register": {"dsn": dsn} if dsn else "none",
            "roll": {"directory": self.roll},
            "run": f"{self.directory}/services",
            "wording": f"{self.prefix}/share/portavoz/locale",
            "gate": {"host": host, "socket": self.socket, "seal_key": self.seal_key,
                     "spool": f"{self.directory}/gate/spool", "always_guard": lists},
            "door": {"memory": f"{self.directory}/door/seals", "held": self.held},
            "verifier": {"evidence": f"{self.directory}/verifier/evidence"},
        }
        for section, keys in (more or {}).items():
            settings.setdefault(section, {}).update(keys)
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(configuration_text(settings))

    def prepare_register(self):
        """The schema with a login role for each program, and the admin's account."""
        self.run("db", "migrate", "--sql", f"{self.prefix}/share/portavoz/sql", user="postgres")
        self.run("account", "add", ADMIN, "--name", "Quickstart admin", user="postgres")

    def make_seal_key(self):
        """The secret for the gate alone; the public half goes into the register, and with the roll to the door."""
        self.run("seal", "make-key", "--secret", self.seal_key)
        shutil.chown(self.seal_key, GATE, GATE)

    def door_argv(self, list_address, list_manager):
        """What Postfix runs for a message to the list: the door, with the list manager behind it."""
        return [f"{self.programs}/{DOOR}", "--config", self.config, "--list", list_address, "--recipient", "${recipient}",
                "--original-recipient", "${original_recipient}",
                "--sender", "${sender}", "--queue-id", "${queue_id}", "--", *list_manager]

    def start_gate(self):
        self.gate.start(self.gate_listens)

    def reload(self, program):
        """Has a running program read its configuration anew; gives the line of its log that says what came of it."""
        with open(program.log, encoding="utf-8") as log:
            log.seek(0, os.SEEK_END)
            program.process.send_signal(signal.SIGHUP)
            said = []

            def told():
                said.extend(log.readlines())
                return next((line.strip() for line in said if "SIGHUP: " in line), None)
            return wait_until(told, f"{program.name} to read its configuration anew", 30, program.log)

    def gate_listens(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.socket) == 0

    @contextlib.contextmanager
    def roll_follows(self):
        """After the body changed the register (or broke something): waits until the gate has loaded the roll as it is now.

        The gate logs each roll that it loads; the newest line since the body began must count what the register holds.
        """
        before = os.path.getsize(self.gate_log) if os.path.exists(self.gate_log) else 0
        yield
        lists = len(self.ask("list", "show")["lists"])
        posting = sum(contact["state"] in ("designated", "lapsing") for contact in self.contacts())
        line = f"roll loaded: {lists} lists, {posting} designated contacts"
        wait_until(lambda: line in self._log_of_gate(before), f"“{line}” in the gate's log", 20, self.gate_log)

    def wait_for_marks(self, recorded):
        """Until the gate has loaded a roll with all these marks of posts; `recorded`: how many the register holds."""
        def loaded():
            counts = re.findall(r"roll loaded: .* (\d+) marks of posts", self._log_of_gate())
            return counts and int(counts[-1]) >= recorded
        wait_until(loaded, f"a roll with {recorded} marks in the gate's log", 20, self.gate_log)

    def _log_of_gate(self, begin=0):
        with open(self.gate_log, encoding="utf-8") as log:
            log.seek(begin)
            return log.read()

    def forget_roll(self):
        """The gate must not be running: it finds no roll when it starts."""
        for name in os.listdir(self.roll):
            os.remove(f"{self.roll}/{name}")

    def start_verifier(self):
        self.verifier.start(lambda: True)

    def start_clerk(self):
        self.clerk.start(lambda: True)

    def stop(self):
        for program in (self.gate, self.verifier, self.clerk):
            program.stop()

    def decide(self, kind, number, reason):
        """A decision of the admin, in force at the gate when this returns."""
        with self.roll_follows():
            self.run(kind, number, "--reason", reason)

    def command(self, *arguments):
        """The argv of the command line, as an admin would type it."""
        return [f"{self.programs}/portavoz", "--config", self.config, *map(str, arguments)]

    def attempt(self, *arguments, user=None):
        """Runs the command line and gives the CompletedProcess, whatever its status."""
        return run(self.command(*arguments), user=user)

    def run(self, *arguments, user=None):
        """Runs a command that has to succeed; gives what it printed."""
        return must_run(self.command(*arguments), user=user)

    def ask(self, *arguments):
        """Runs a command with --json; gives the parsed answer."""
        return json.loads(self.run(*arguments, "--json"))

    def contacts(self):
        return self.ask("contacts")["contacts"]
