"""One mailing list of mlmmj: its directory, its reader, and the way out through the private Postfix."""

import os
import shutil

from stack.processes import must_run

FOLDERS = ("incoming", "queue", "queue/discarded", "archive", "text", "subconf", "unsubconf", "bounce", "control",
           "moderation", "subscribers.d", "digesters.d", "requeue", "nomailsubs.d")


class MailingList:
    def __init__(self, directory, address, owner):
        self.directory, self.address, self.owner = directory, address, owner

    def create(self, smtp_port, language):
        """What mlmmj-make-ml would ask for and make. mlmmj runs only as root or as the owner of this directory."""
        for folder in FOLDERS:
            os.makedirs(f"{self.directory}/{folder}")
        shutil.copytree(f"/usr/share/mlmmj/text.skel/{language}", f"{self.directory}/text", dirs_exist_ok=True)
        settings = {"listaddress": self.address, "owner": f"postmaster@{self.address.split('@')[1]}", "delimiter": "+",
                    "relayhost": "127.0.0.1", "smtpport": str(smtp_port), "smtphelo": "localhost", "tocc": ""}
        # tocc: a post that names the list in no To or Cc is let in too; who may post is the gate's and the door's matter.
        for name, value in settings.items():
            with open(f"{self.directory}/control/{name}", "w", encoding="utf-8") as out:
                out.write(value + "\n")
        open(f"{self.directory}/index", "w", encoding="utf-8").close()
        for folder, _, files in os.walk(self.directory):
            shutil.chown(folder, self.owner, self.owner)
            for name in files:
                shutil.chown(f"{folder}/{name}", self.owner, self.owner)

    def subscribe(self, reader):
        must_run(["/usr/bin/mlmmj-sub", "-L", self.directory, "-a", reader, "-f", "-q", "-s"], user=self.owner)

    def receive_argv(self):
        """How a mail server hands a post to mlmmj: in the foreground, so that an exit status comes back."""
        return ["/usr/bin/mlmmj-receive", "-F", "-L", self.directory]
