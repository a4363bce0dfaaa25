"""Sending exact bytes over SMTP and reading Maildirs; every line of a conversation is kept for the transcript."""

import base64
import contextlib
import email
import email.message
import os
import re
import socket

from stack.processes import wait_until


class Reply:
    """An SMTP reply: `code`, the enhanced code (or ""), and all its lines as text."""

    def __init__(self, octets):
        self.text = octets.decode("ascii", errors="backslashreplace").replace("\r\n", "\n").rstrip("\n")
        found = re.match(r"(\d{3})[ -](\d\.\d+\.\d+)?", self.text)
        self.code = int(found[1]) if found else 0
        self.enhanced = (found and found[2]) or ""

    @property
    def accepted(self):
        return 200 <= self.code < 300

    @property
    def queue_id(self):
        found = re.search(r"queued as (\w+)", self.text)
        return found[1] if found else None

    def __str__(self):
        return f"{self.code} {self.enhanced}".rstrip()


class Smtp:
    """One SMTP session. `transcript` is a list of readable lines that every session appends to."""

    def __init__(self, port, transcript, name="mua.example", client="127.0.0.1"):
        self.transcript = transcript
        self.socket = socket.create_connection(("127.0.0.1", port), 60, source_address=(client, 0))
        self.file = self.socket.makefile("rb")
        self.banner = self.read()
        self.command(f"EHLO {name}")

    def read(self):
        """The next reply; its code is 0 when the server closed the connection."""
        octets = b""
        while line := self.file.readline():
            octets += line
            if line[3:4] != b"-":
                break
        reply = Reply(octets)
        self.transcript += [f"c <- {line}" for line in reply.text.split("\n")]
        return reply

    def command(self, line, shown=None, end=b"\r\n"):
        """Sends one line, a text or exact octets, and gives the reply."""
        octets = line if isinstance(line, bytes) else line.encode()
        self.transcript.append(f"c -> {shown or octets.decode(errors='backslashreplace')}")
        self.socket.sendall(octets + end)
        return self.read()

    def log_in(self, login, password):
        secret = base64.b64encode(f"\0{login}\0{password}".encode()).decode()
        return self.command(f"AUTH PLAIN {secret}", shown=f"AUTH PLAIN ({login})")

    def send(self, envelope_from, recipients, message):
        """One message; the reply is the one that decided: the last of MAIL, RCPT or the end of the data."""
        reply = self.command(f"MAIL FROM:<{envelope_from}>")
        if not reply.accepted:
            return reply
        replies = [self.command(f"RCPT TO:<{recipient}>") for recipient in recipients]
        if not any(reply.accepted for reply in replies):
            self.command("RSET")
            return replies[-1]
        reply = self.command("DATA")
        if reply.code != 354:
            return reply
        return self.end_with(message)

    def end_with(self, message):
        """The message after DATA was answered, up to the dot that ends it; gives the reply to that."""
        self.give(message)
        return self.read()

    def give(self, message):
        """As end_with, but the reply is left for read()."""
        self.transcript += [f"c -> {line}" for line in message.decode(errors="replace").split("\r\n")[:-1]] + ["c -> ."]
        stuffed = message.replace(b"\r\n.", b"\r\n..")  # RFC 5321 4.5.2
        self.socket.sendall((b"." if stuffed.startswith(b".") else b"") + stuffed + b".\r\n")

    def close(self):
        try:
            self.command("QUIT")
        except OSError:
            pass
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def compose(headers, body="Hola.\r\nHello.\r\n"):
    """A message as octets: the (name, value) pairs in their order, then the body."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n" + body.encode()


class Maildir:
    def __init__(self, path):
        self.path = path

    def paths(self):
        """The path of every message that lies here."""
        found = []
        for folder in ("new", "cur"):
            with contextlib.suppress(FileNotFoundError):
                found += [f"{self.path}/{folder}/{name}" for name in sorted(os.listdir(f"{self.path}/{folder}"))]
        return found

    def messages(self):
        """The octets of every message that lies here."""
        found = []
        for path in self.paths():
            with open(path, "rb") as file:
                found.append(file.read())
        return found

    def find(self, text):
        """The first message that holds this text, or None."""
        return next((octets for octets in self.messages() if text.encode() in octets), None)

    def wait_for(self, text, seconds=20, log=None):
        return wait_until(lambda: self.find(text), f"a message with “{text}” in {self.path}", seconds, log)


def fields(octets):
    """The header of a message for asking: fields(octets)["Subject"]."""
    return email.message_from_bytes(octets)


def header_lines(octets):
    """The header as raw lines, folded ones joined to their field, for comparing octet by octet."""
    head = octets.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    return re.split(rb"\n(?![ \t])", head)
