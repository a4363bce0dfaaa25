"""Writing posts and other messages, each with its own Message-ID, and asking the register what became of them."""

import itertools
import json
import os
import time

from stack.mail import compose
from stack.processes import wait_until

_numbers = itertools.count(1)


class Post:
    """A message ready to be sent: its octets, and the two marks by which it is found again."""

    def __init__(self, sender, recipient, subject, extra=(), body="Hola.\r\nHello.\r\n", fields_from=None):
        """`fields_from`: the values of the From fields; by default one, the sender."""
        number = next(_numbers)
        self.message_id = f"<{number}.{os.getpid()}.{int(time.time())}@mua.example>"
        self.subject = f"{subject} [{number}]"
        self.sender, self.recipient = sender, recipient
        date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
        senders = [sender] if fields_from is None else fields_from
        self.octets = compose([*(("From", value) for value in senders), ("To", recipient), ("Subject", self.subject),
                               ("Date", date), ("Message-ID", self.message_id), *extra], body)


def verdicts_of(portavoz, post):
    """The verdicts on a post that the register has, none at first: the gate hands verdicts on within about a second."""
    done = portavoz.attempt("explain", post.message_id, "--json")
    return json.loads(done.stdout)["verdicts"] if done.returncode == 0 else []


def verdict_of(portavoz, post):
    """The last verdict on a post, as soon as the register has one."""
    return wait_until(lambda: verdicts_of(portavoz, post), f"the verdict on {post.message_id} in the register", 20,
                      portavoz.gate_log)[-1]
