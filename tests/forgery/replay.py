"""Sends one case as its client would: by SMTP with the client's address and login claimed by XCLIENT, or by sendmail(1).

The octets that go out are those of the case. Modes: smtp, submission, smtputf8 (the last two differ by their login and
their MAIL parameters only), bdat (RFC 3030), wire (the octets after DATA as they stand, with whatever they smuggle),
desync (a message refused at its end, then RCPT and DATA without MAIL), sendmail.
"""

import dataclasses

from stack.mail import Reply, Smtp

# The first message of the mode desync. Nobody else writes to this recipient, and the stage refuses every message to it
# at the end of its data (Stage.parameters).
REFUSED_AT_THE_END = "nobody@refused.invalid"
STRANGER = "stranger@refused.invalid"


class UnknownMode(Exception):
    """The case asks for something that this replayer cannot send."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the server said to the tested message: the reply that decided, and the step that it answered (mail, rcpt, data
    or end). `split`: whether octets of the mode wire became more than one transaction."""
    reply: Reply
    step: str
    split: bool = True


def in_brackets(address, literal=False):
    return address if literal or address.startswith(b"<") else b"<" + address + b">"


def xtext(text):
    """RFC 3461 4: as XCLIENT wants its values."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else "".join(f"+{octet:02X}" for octet in c.encode())
                   for c in text)


class Replayer:
    """`postfix`: the private one that all goes to; `settle()`: waits until everything sent so far has come to its end."""

    def __init__(self, postfix, settle):
        self.postfix, self.settle = postfix, settle
        self.transcript = []

    def send(self, case, port=None, before_tested=lambda: None):
        """Sends what goes before the tested message, then that message; gives the Answer to it. `before_tested()` is called
        between the two."""
        self.transcript.clear()
        for earlier in case.earlier:
            if earlier.own_connection:
                with self._session(case, earlier.client_ip, port) as session:
                    self._transact(session, earlier)
                self.settle()
        if case.mode == "sendmail":
            before_tested()
            return self._by_sendmail(case)
        with self._session(case, case.client_ip, port) as session:
            for earlier in case.earlier:
                if not earlier.own_connection:
                    self._transact(session, earlier)
                    self.settle()
            before_tested()
            return self._tested(session, case)

    def _session(self, case, client_ip, port):
        """A session that the server believes to come from the client of the case."""
        session = Smtp(port or self.postfix.port, self.transcript, case.helo)
        address = f"IPV6:{client_ip}" if ":" in client_ip else client_ip
        login = f" LOGIN={xtext(case.login)}" if case.login else ""
        reply = session.command(f"XCLIENT ADDR={address} NAME=[UNAVAILABLE]{login}")
        if reply.code != 220:
            raise UnknownMode(f"the server does not take XCLIENT: {reply.text}")
        session.command(f"EHLO {case.helo}")
        return session

    def _tested(self, session, case):
        if case.mode == "wire":
            return self._wire(session, case)
        if case.mode == "desync":
            return self._desync(session, case)
        if case.mode not in ("smtp", "submission", "smtputf8", "bdat"):
            raise UnknownMode(f"there is no mode {case.mode}")
        return self._transact(session, case, case.mail_arguments, case.literal, chunked=case.mode == "bdat")

    def _transact(self, session, sent, arguments=b"", literal=False, chunked=False):
        """One transaction; ends at the first step that is refused. Without a message it is reset after its recipients."""
        reply = session.command(b" ".join(filter(None, (b"MAIL FROM:" + sent.envelope_from, arguments))))
        if not reply.accepted:
            return Answer(reply, "mail")
        refused = self._recipients(session, sent, literal)
        if refused:
            return refused
        if sent.message is None:
            return Answer(session.command("RSET"), "data")
        if chunked:
            session.socket.sendall(b"BDAT %d LAST\r\n" % len(sent.message))
            return Answer(session.command(sent.message, shown=f"BDAT, {len(sent.message)} octets", end=b""), "end")
        return self._data(session, sent.message)

    def _recipients(self, session, sent, literal):
        """Names the recipients; gives the Answer only when none of them was taken."""
        replies = [session.command(b"RCPT TO:" + in_brackets(one, literal)) for one in sent.recipients]
        return None if any(reply.accepted for reply in replies) else Answer(replies[-1], "rcpt")

    def _data(self, session, message):
        reply = session.command("DATA")
        if reply.code != 354:
            return Answer(reply, "data")
        return Answer(session.end_with(message if message.endswith(b"\r\n") else message + b"\r\n"), "end")

    def _wire(self, session, case):
        """The replies to all of it decide: of the first transaction that was refused, else of the last one."""
        session.command(b"MAIL FROM:" + case.envelope_from)
        refused = self._recipients(session, case, case.literal)
        if refused:
            return refused
        session.command("DATA")
        # QUIT tells where the replies end, however many transactions the server made of this.
        reply = session.command(case.wire + b"QUIT", shown=f"{len(case.wire)} octets as they stand, and QUIT")
        replies = []
        while reply.code not in (0, 221):
            replies.append(reply)
            reply = session.read()
        inner = next((one for one in replies[1:] if one.code >= 400), replies[-1] if replies else reply)
        return Answer(inner, "end", split=len(replies) > 1)

    def _desync(self, session, case):
        session.send(STRANGER, [REFUSED_AT_THE_END], b"From: " + STRANGER.encode() + b"\r\n\r\nx\r\n")
        return self._recipients(session, case, case.literal) or self._data(session, case.message)

    def _by_sendmail(self, case):
        """sendmail(1) takes everything; what became of it stands in the mail log, and `Stage` reads it there."""
        recipients = [one.strip(b"<>").decode("utf-8", "surrogateescape") for one in case.recipients]
        self.postfix.sendmail(case.envelope_from.strip(b"<>").decode("utf-8", "surrogateescape"), recipients, case.message)
        return Answer(Reply(b"250 handed to sendmail"), "end")
