"""A private Mailman 3: Debian's package with a configuration, a database and queues of its own, its LMTP server on
loopback. It runs without its master, each runner a program of the stack: only those that posts and commands pass."""

import os
import shutil

from stack.processes import Program, answers, as_user, free_port, must_run

OWNER = "list"  # the OS user that Debian's package runs Mailman as
RUNNERS = ("lmtp", "in", "pipeline", "out", "command", "virgin")

# Nothing is looked up in the DNS and nothing leaves this machine.
CONFIGURATION = """\
[mailman]
layout: private
site_owner: postmaster@listas.example

[paths.private]
var_dir: {var}

[mta]
incoming: mailman.mta.null.NullMTA
lmtp_host: 127.0.0.1
lmtp_port: {lmtp_port}
smtp_host: 127.0.0.1
smtp_port: {smtp_port}

[logging.root]
path: {log}
"""

# Everybody may post: who may is the gate's and the door's matter, so what they let through is what the reader gets.
OPEN = """\
from mailman.interfaces.action import Action

def open_to_all(mlist):
    mlist.default_nonmember_action = Action.accept
    mlist.send_welcome_message = False
"""


class Mailman:
    def __init__(self, directory, smtp_port):
        self.directory, self.lmtp_port = directory, free_port()
        self.config, self.log = f"{directory}/mailman.cfg", f"{directory}/var/logs/mailman.log"
        self.var, self.smtp_port = f"{directory}/var", smtp_port
        self.runners = {name: Program(f"Mailman's {name} runner",
                                      ["/usr/lib/mailman3/bin/runner", "-C", self.config, "-r", f"{name}:0:1"],
                                      f"{directory}/{name}.log", user=OWNER)
                        for name in RUNNERS}

    def create(self, address, reader):
        """One list with one reader."""
        os.makedirs(self.var)
        for name, text in (("mailman.cfg", CONFIGURATION.format(var=self.var, lmtp_port=self.lmtp_port, log=self.log,
                                                                smtp_port=self.smtp_port)),
                           ("settings.py", OPEN), ("readers", f"{reader}\n")):
            with open(f"{self.directory}/{name}", "w", encoding="utf-8") as out:
                out.write(text)
        for path in (self.directory, self.var):
            shutil.chown(path, OWNER, OWNER)
        self.command("create", "-d", address)
        self.command("shell", "-l", address, "-r", "settings.open_to_all")
        self.command("addmembers", f"{self.directory}/readers", address)

    def command(self, *arguments):
        must_run(["env", f"PYTHONPATH={self.directory}", "PYTHONDONTWRITEBYTECODE=1",
                  *as_user(OWNER, ["/usr/bin/mailman", "-C", self.config, *arguments])])

    def start(self):
        for name, runner in self.runners.items():
            runner.start((lambda: answers(self.lmtp_port)) if name == "lmtp" else lambda: True, seconds=60)

    def stop(self):
        for runner in self.runners.values():
            runner.stop()

    def queued(self, queue):
        """How many messages wait in one of Mailman's queues."""
        return len([name for name in os.listdir(f"{self.var}/queue/{queue}") if name.endswith(".pck")])
