"""What a system test works with: the stack with one list and one designated contact, and sentences that must be true.

A test is a file NN-name.py with a docstring that says what must hold and a function `test(world)`. All tests share one
stack; a test leaves it as it found it (every program running) and counts only what it sent itself.
"""

import contextlib
import os

from stack.mail import fields
from stack.posts import Post, verdict_of
from stack.processes import wait_until
from stack.stack import ALIAS, INDIVIDUAL, LIST, NEIGHBOUR, NORTE, PASSWORD, READER, RIVERSIDE, Stack

__all__ = ["ALIAS", "INDIVIDUAL", "LIST", "NEIGHBOUR", "NORTE", "PASSWORD", "READER", "RIVERSIDE", "Post", "World",
           "fields"]

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")


class World:
    def __init__(self, stack: Stack):
        self.stack, self.portavoz, self.postfix = stack, stack.portavoz, stack.postfix

    def prepare(self):
        """One list; Norte designated by a voucher, Riverside applied."""
        self.portavoz.run("list", "add", LIST, "--languages", "es,en", "--admin-address", "admins@listas.example")
        for name, address in (("Asamblea del Norte", NORTE), ("Riverside Assembly", RIVERSIDE)):
            self.portavoz.run("apply", "--list", LIST, "--assembly", name, "--address", address,
                              "--url", self.stack.evidence_url(address), "--login", address)
        self.portavoz.run("confirm", self.contact(NORTE), "--reason", "the holder answered")
        self.portavoz.decide("vouch", self.contact(NORTE), "known for years")

    # --- saying what must be true ---

    def require(self, condition, sentence):
        self.note(f"{'holds' if condition else 'DOES NOT HOLD'}: {sentence}")
        if not condition:
            raise AssertionError(sentence)

    def note(self, text):
        self.stack.transcript.append(f"# {text}")

    def replied(self, reply, code, enhanced):
        self.require((reply.code, reply.enhanced) == (code, enhanced), f"the reply is {code} {enhanced} (it was {reply})")

    def says(self, reply, rule):
        """The reply is word for word that of golden/RULE.txt, in the list's languages."""
        with open(f"{GOLDEN}/{rule}.txt", encoding="ascii") as golden:
            self.require(reply.text + "\n" == golden.read(), f"the reply is word for word that of golden/{rule}.txt")

    # --- sending, and what became of it ---

    def send(self, post, login=None, envelope_from=None, to=None):
        """Sends the post in a session of its own."""
        return self.stack.send(post.sender if envelope_from is None else envelope_from, to or [post.recipient], post.octets,
                               login)

    def refused(self, post, code, enhanced, rule, **how):
        """The post gets this reply by this rule, and no reader gets the post."""
        reply = self.send(post, **how)
        self.replied(reply, code, enhanced)
        self.decided(post, rule)
        self.absent(post)
        return reply

    def posts(self, post, login, **how):
        """The post is taken and reaches the reader; gives it as it arrived, to ask for its fields."""
        self.replied(self.send(post, login=login, **how), 250, "2.0.0")
        return self.arrives(post)

    def decided(self, post, rule):
        verdict = verdict_of(self.portavoz, post)
        self.require(verdict["rule"] == rule, f"the rule is {rule} (it was {verdict['rule']})")
        return verdict

    def arrives(self, post, at=READER):
        octets = self.stack.maildir(at).wait_for(post.subject, log=self.postfix.log)
        self.note(f"holds: “{post.subject}” arrived at {at}")
        return fields(octets)

    def absent(self, post, at=READER):
        self.require(self.stack.maildir(at).find(post.subject) is None, f"“{post.subject}” did not arrive at {at}")

    def honest_post_passes(self):
        """A post of the designated contact goes through now. Whatever was on its way before has arrived by then."""
        self.posts(Post(NORTE, LIST, "Honest"), NORTE)

    def wait_until(self, condition, what):
        wait_until(condition, what, 20, self.postfix.log)
        self.note(f"holds: {what}")

    # --- the register and the shelf ---

    def contact(self, address):
        """The newest contact with this address."""
        return max(one["contact_id"] for one in self.portavoz.contacts() if one["address"] == address)

    def held(self, post):
        """Waits until the post lies on the shelf; gives its entry."""
        def find():
            return next((one for one in self.shelf() if post.subject in one["subject"]), None)
        entry = wait_until(find, f"“{post.subject}” on the shelf", 20, self.postfix.log)
        self.note(f"holds: “{post.subject}” lies on the shelf as {entry['id']}")
        return entry

    def shelf(self):
        return self.portavoz.ask("held", "list")["held"]

    # --- breaking things, and putting them back ---

    @contextlib.contextmanager
    def without_gate(self):
        self.note("the gate is stopped")
        self.portavoz.gate.stop()
        try:
            yield
        finally:
            with self.portavoz.roll_follows():
                self.portavoz.start_gate()
            self.note("the gate is back")

    @contextlib.contextmanager
    def without_register(self):
        self.note("PostgreSQL is stopped")
        self.stack.postgres.stop()
        try:
            yield
        finally:
            with self.portavoz.roll_follows():
                self.stack.postgres.start()
            self.note("PostgreSQL is back")

    @contextlib.contextmanager
    def gate_restarted_without_register(self):
        """The gate started anew inside `without_register`: it has never loaded a roll."""
        self.portavoz.gate.stop()
        self.portavoz.start_gate()
        self.note("the gate was restarted and has no roll")
        yield
