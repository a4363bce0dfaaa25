#!/usr/bin/python3
"""milter_driver.py SOCKET [--workload KIND]… [--messages N] [--connections N] [--per-connection N]

Gives a milter on a unix socket a load of messages as Postfix 3.7 would, and prints as JSON what it answered.

KIND is ordinary (no recipient is a list), bare (the same from a mail server that sends no macros before header fields),
long (the same, with a body of several chunks), post (a designated contact, logged in) or stranger (somebody else writes to the list); several take turns. The list and the people are those of
bench/gate.

What is copied from Postfix, because it decides what a filter costs (seen with strace on Postfix 3.7.11):
  - the macros of a step go out before it, those that the filter asked for in its negotiation answer or else Postfix's
    defaults; for the steps of the envelope also when the filter skips the step, and for HELO even when there is none;
  - before every header field go the macros of the end of the header, before every body chunk those of the end of message;
    the packet goes also when none of them has a value;
  - nothing is written while Postfix only fills its buffer: it writes when it waits for an answer, and when its SMTP
    server hands the connection to the cleanup server after DATA;
  - ABORT follows every message, and once more before QUIT; one connection serves one SMTP session.
It is a load for filters that decide at the end of the message: any other answer before it than "go on", or "enough" to
the body, is an error. Protocol version 6, as in libmilter's mfdef.h; numbers are big-endian.
"""

import argparse
import collections
import email.utils
import functools
import json
import socket
import struct
import sys
import threading
import time

# SMFIP_*: what a filter may ask for in its negotiation answer.
NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT, NO_BODY, NO_HEADER, NO_END_OF_HEADER = (1 << bit for bit in range(7))
SILENT_HEADER, NO_DATA = 1 << 7, 1 << 9
SILENT_CONNECT, SILENT_HELO, SILENT_MAIL, SILENT_RCPT, SILENT_DATA = (1 << bit for bit in range(12, 17))
SILENT_END_OF_HEADER, SILENT_BODY, LEADING_SPACE = 1 << 18, 1 << 19, 1 << 20
OFFERED_ACTIONS, OFFERED_STEPS = 0x1FF, 0x1FFFFF

# A step: its command, the stage whose macros go before it (SMFIM_*), the bits by which a filter skips or silences it.
Step = collections.namedtuple("Step", "command stage skip silence")
CONNECT = Step(b"C", 0, NO_CONNECT, SILENT_CONNECT)
HELO = Step(b"H", 1, NO_HELO, SILENT_HELO)
MAIL = Step(b"M", 2, NO_MAIL, SILENT_MAIL)
RCPT = Step(b"R", 3, NO_RCPT, SILENT_RCPT)
DATA = Step(b"T", 4, NO_DATA, SILENT_DATA)
HEADER = Step(b"L", 6, NO_HEADER, SILENT_HEADER)
END_OF_HEADER = Step(b"N", 6, NO_END_OF_HEADER, SILENT_END_OF_HEADER)
BODY = Step(b"B", 5, NO_BODY, SILENT_BODY)
END_OF_MESSAGE = Step(b"E", 5, 0, 0)
ENVELOPE = (CONNECT, HELO, MAIL, RCPT, DATA)

# Postfix's milter_connect_macros, milter_helo_macros and so on, by stage, as far as they have a value here.
DEFAULT_MACROS = {0: "j {daemon_name} {daemon_addr} v _", 1: "",
                  2: "i {auth_type} {auth_authen} {mail_addr} {mail_host} {mail_mailer}",
                  3: "i {rcpt_addr} {rcpt_host} {rcpt_mailer}", 4: "i", 5: "i", 6: "i"}

HOST = "mail.listas.example"
QUEUE_ID = "QUEUEID-HERE"  # stands in the prepared octets; each message gets its own, of the same length
CHANGES = b"+2-behimqp"    # answers at the end of message that change it, or say that the filter is still at work
FINAL = {b"c": "continue", b"a": "accept", b"d": "discard", b"r": "reject", b"t": "tempfail"}

# octets: of the body; signature: the value of the DKIM-Signature field, one that nobody could verify when there is none;
# field_macros: whether macros go before header fields.
Workload = collections.namedtuple("Workload", "sender recipient login octets signature field_macros",
                                  defaults=(None, 4096, None, True))
LIST, CONTACT = "avisos@listas.example", "contacto@asamblea-norte.example"
NEIGHBOUR, INDIVIDUAL = "vecina@vecinos.example", "alguien@vecinos.example"
CHUNK_OCTETS = 65535  # libmilter's MILTER_CHUNK_SIZE
DATE = email.utils.formatdate()
WORKLOADS = {"ordinary": Workload(INDIVIDUAL, NEIGHBOUR),
             "bare": Workload(INDIVIDUAL, NEIGHBOUR, field_macros=False),
             "long": Workload(INDIVIDUAL, NEIGHBOUR, octets=4 * CHUNK_OCTETS),
             "post": Workload(CONTACT, LIST, CONTACT),
             "stranger": Workload(INDIVIDUAL, LIST, INDIVIDUAL)}

Agreed = collections.namedtuple("Agreed", "steps macros")  # macros: ((stage, "names"), …) that the filter asked for


class Unexpected(Exception):
    """The filter said something that a load like this cannot go on with."""


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


def texts(*values):
    return b"".join(value.encode() + b"\0" for value in values)


def header_fields(workload):
    """Twelve fields of usual lengths. Postfix's own Received is not among them: it shows that to no filter."""
    signature = workload.signature or (
        "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example; s=2026; t=1795395600;\n\th=from:to:subject:date:message-id;"
        "\n\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\n\tb=" + "A" * 128)
    return (("Received", f"from mua.example (mua.example [192.0.2.7])\n\tby relay.example (Postfix) with ESMTPS id "
                         f"4XyZ1234abc\n\tfor <{workload.recipient}>; {DATE} (UTC)"),
            ("DKIM-Signature", signature),
            ("From", f"Asamblea Norte <{workload.sender}>"),
            ("To", f"Avisos <{workload.recipient}>"),
            ("Subject", "Asamblea general el jueves / General meeting on Thursday"),
            ("Date", DATE),
            ("Message-ID", f"<20261123090000.{QUEUE_ID}@mua.example>"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("User-Agent", "Mail program 1.0"),
            ("Organization", "Asamblea Norte"))


def body(octets):
    line = "Nos vemos el jueves a las siete en la plaza. We meet on Thursday at seven in the square.\r\n".encode()
    return (line * (octets // len(line) + 1))[:octets - 2] + b"\r\n"


class Script:
    """What Postfix writes in one part of a session, as `parts`: (octets, what it does then, the step's command)."""

    WAIT, WRITE, BUFFER = "wait", "write", "buffer"

    def __init__(self, workload, agreed):
        sender, recipient = workload.sender, workload.recipient
        self.agreed, self.parts = agreed, []
        self.without_macros = () if workload.field_macros else (HEADER,)
        self.values = {"j": HOST, "{daemon_name}": HOST, "{daemon_addr}": "127.0.0.1", "v": "Postfix 3.7.11",
                       "_": "mua.example [192.0.2.7]", "{client_addr}": "192.0.2.7", "i": QUEUE_ID,
                       "{mail_addr}": sender, "{mail_host}": sender.split("@")[1], "{mail_mailer}": "smtp",
                       "{rcpt_addr}": recipient, "{rcpt_host}": recipient.split("@")[1], "{rcpt_mailer}": "relay"}
        if workload.login:
            self.values.update({"{auth_authen}": workload.login, "{auth_type}": "PLAIN"})

    def plain(self, command):
        self.parts.append((packet(command), self.BUFFER, command))

    def write_out(self):
        self.parts.append((b"", self.WRITE, b""))

    def step(self, step, data=b""):
        skipped = bool(self.agreed.steps & step.skip)
        if (not skipped or step in ENVELOPE) and step not in self.without_macros:
            self.parts.append((packet(b"D", step.command + self._macros(step)), self.BUFFER, step.command))
        if not skipped:
            then = self.BUFFER if self.agreed.steps & step.silence else self.WAIT
            self.parts.append((packet(step.command, data), then, step.command))

    def _macros(self, step):
        names = (dict(self.agreed.macros).get(step.stage) or DEFAULT_MACROS[step.stage]).replace(",", " ").split()
        # The queue id is not there before DATA.
        known = [name for name in names if name in self.values and (name != "i" or step.stage > RCPT.stage)]
        return b"".join(texts(name, self.values[name]) for name in known)


@functools.cache
def session_scripts(workload, agreed):
    """The parts of a session: its beginning, one message, its end."""
    opening, message, closing = (Script(workload, agreed) for _ in range(3))
    opening.step(CONNECT, texts("mua.example") + b"4" + struct.pack(">H", 40000) + texts("192.0.2.7"))
    opening.step(HELO, texts("mua.example"))
    message.step(MAIL, texts(f"<{workload.sender}>", "SIZE=5120", "BODY=8BITMIME"))
    message.step(RCPT, texts(f"<{workload.recipient}>"))
    message.step(DATA)
    message.write_out()  # the cleanup server goes on from here
    for name, value in header_fields(workload):
        message.step(HEADER, texts(name, (" " if agreed.steps & LEADING_SPACE else "") + value))
    message.step(END_OF_HEADER)
    octets = body(workload.octets)
    for begin in range(0, len(octets), CHUNK_OCTETS):
        message.step(BODY, octets[begin:begin + CHUNK_OCTETS])
    message.step(END_OF_MESSAGE)
    message.plain(b"A")
    closing.plain(b"A")
    closing.plain(b"Q")
    closing.write_out()
    return opening.parts, message.parts, closing.parts


class Connection:
    """One connection to the filter: one SMTP session of Postfix."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.unread, self.unwritten = b"", b""
        self.replies = self.reply_octets = self.bodies = 0
        self.enough = False  # of this body
        self.agreed, self.actions = self._negotiate()

    def _negotiate(self):
        self.socket.sendall(packet(b"O", struct.pack(">III", 6, OFFERED_ACTIONS, OFFERED_STEPS)))
        command, data = self._reply()
        if command != b"O" or len(data) < 12:
            raise Unexpected(f"the negotiation was answered with {command!r}")
        _, actions, steps = struct.unpack(">III", data[:12])
        macros, rest = [], data[12:]
        while rest:
            names, _, after = rest[4:].partition(b"\0")
            macros.append((struct.unpack(">I", rest[:4])[0], names.decode()))
            rest = after
        return Agreed(steps, tuple(macros)), actions

    def _reply(self):
        """One packet of the filter: (command, data)."""
        while True:
            if len(self.unread) >= 4:
                end = 4 + struct.unpack(">I", self.unread[:4])[0]
                if len(self.unread) >= end:
                    found, self.unread = self.unread[4:end], self.unread[end:]
                    self.replies += 1
                    self.reply_octets += end
                    return found[:1], found[1:]
            octets = self.socket.recv(65536)
            if not octets:
                raise Unexpected("the filter closed the connection")
            self.unread += octets

    def play(self, parts, queue_id=QUEUE_ID):
        """Writes a script and reads its answers; gives what decided at the end of message, or None."""
        decided, self.enough = None, False
        for octets, then, command in parts:
            if command == BODY.command:
                if self.enough:
                    continue
                self.bodies += octets[4:5] == BODY.command
            self.unwritten += octets
            if then == Script.BUFFER:
                continue
            self.socket.sendall(self.unwritten.replace(QUEUE_ID.encode(), queue_id.encode()))
            self.unwritten = b""
            if then == Script.WAIT:
                decided = self._answer(command)
        return decided

    def _answer(self, command):
        """The answer to one step in words: continue, reject, …, or the codes of the filter's own SMTP reply."""
        answer, data = self._reply()
        if command == END_OF_MESSAGE.command:
            while answer in CHANGES:
                answer, data = self._reply()
            if answer == b"y":
                return " ".join(data.decode().replace("-", " ", 1).split()[:2])  # "550-5.7.2 The first line…"
            if answer in FINAL:
                return FINAL[answer]
        elif answer == b"c" or (answer == b"s" and command == BODY.command):
            self.enough = answer == b"s"
            return None
        raise Unexpected(f"the step {command!r} was answered with {answer!r} {data!r}")

    def close(self):
        self.socket.close()


def run_session(path, workloads, serials, answers, took):
    """One SMTP session with a message for each serial number; counts the answers, notes what each message took, gives
    what else was counted."""
    connection = Connection(path)
    try:
        closing = []
        for position, serial in enumerate(serials):
            opening, message, closing = session_scripts(workloads[serial % len(workloads)], connection.agreed)
            if position == 0:
                connection.play(opening)
            began = time.monotonic()
            answers[connection.play(message, f"4F{serial:010d}")] += 1
            took.append(time.monotonic() - began)
        connection.play(closing)
        return collections.Counter(replies=connection.replies, reply_octets=connection.reply_octets,
                                   bodies=connection.bodies)
    finally:
        connection.close()


def drive(path, workloads, messages, connections=1, per_connection=1):
    """Drives the whole load: {"messages", "answers": {answer: how many}, "replies", "reply_octets", "bodies", "seconds",
    "p99_ms"}; replies are packets, bodies the chunks of bodies that the filter was given, p99_ms what 99 of 100 messages
    took at the most, from MAIL to the answer at their end."""
    lock, serials = threading.Lock(), iter(range(messages))
    total, counts, failures, took = collections.Counter(), collections.Counter(), [], []

    def work():
        answers, mine = collections.Counter(), collections.Counter()
        try:
            while True:
                with lock:
                    batch = [serial for _, serial in zip(range(per_connection), serials)]
                if not batch:
                    break
                mine += run_session(path, workloads, batch, answers, took)
        except (OSError, Unexpected) as problem:
            failures.append(problem)
        with lock:
            total.update(answers)
            counts.update(mine)

    started = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise Unexpected(f"{path}: {failures[0]}")
    return {"messages": messages, "answers": dict(sorted(total.items())), **counts,
            "seconds": round(time.monotonic() - started, 3),
            "p99_ms": round(1000 * sorted(took)[99 * len(took) // 100], 3) if took else None}


def negotiated(path):
    """What a filter asks for: (actions, steps, macros)."""
    connection = Connection(path)
    connection.socket.sendall(packet(b"Q"))
    connection.close()
    return connection.actions, connection.agreed.steps, connection.agreed.macros


def main():
    parser = argparse.ArgumentParser(description="gives a milter a load as Postfix would, and prints what it answered")
    parser.add_argument("socket", help="the unix socket of the filter")
    parser.add_argument("--workload", action="append", choices=WORKLOADS, help="several take turns (ordinary)")
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=1, help="SMTP sessions at the same time")
    parser.add_argument("--per-connection", type=int, default=1, help="messages in one SMTP session")
    arguments = parser.parse_args()
    workloads = [WORKLOADS[name] for name in arguments.workload or ["ordinary"]]
    try:
        print(json.dumps(drive(arguments.socket, workloads, arguments.messages, arguments.connections,
                               arguments.per_connection)))
    except (OSError, Unexpected) as problem:
        print(f"milter_driver: {problem}", file=sys.stderr)
        return 69
    return 0


if __name__ == "__main__":
    sys.exit(main())
