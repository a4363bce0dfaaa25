"""What came of one case, in the words that a case's expectation uses, and whether that is right."""

import os
import re

from stack.mail import Reply
from stack.processes import wait_until

# What became of a message of sendmail(1), which asks nobody: the mail log alone has it, under the id that pickup(8) gave.
PICKED_UP = re.compile(r"/pickup\[\d+\]: (\w+): uid=")
REFUSED = r": {id}: milter-reject: END-OF-MESSAGE from localhost\[127\.0\.0\.1\]: (\d)(\.\d+\.\d+) ([^;]*)"
TAKEN = r"/qmgr\[\d+\]: {id}: from=<"
PUT_ON_TOP = re.compile(rb"\A(?:(?!Received:)[^\n]*\n)*Received:[^\n]*\n(?:[ \t][^\n]*\n)*")


def local_answer(look, log):
    """The reply to a message that sendmail(1) handed in since this look."""
    def ask():
        said = look.log(log)
        ids = PICKED_UP.findall(said)
        refused = ids and re.search(REFUSED.format(id=ids[-1]), said)
        if refused:
            return Reply(f"{refused[1]}50 {refused[1]}{refused[2]} {refused[3]}".encode())
        return ids and re.search(TAKEN.format(id=ids[-1]), said) and Reply(b"250 2.0.0 taken")
    return wait_until(ask, "the mail log to say what became of the message", 20, log)


class Outcome:
    """`answer`: of the replayer; `came`: what lies where since the case began (a Look); `same`: whether every ordinary
    copy is octet by octet what the server delivers without a gate, None when nobody looked."""

    def __init__(self, answer, came, same=None):
        self.answer, self.came, self.same = answer, came, same
        self.posted = bool(came.posted)
        readers = [os.path.dirname(path) for path in came.posted]
        self.twice = len(readers) > len(set(readers))
        self.words = self._words()

    def _words(self):
        code, words = self.answer.reply.code, set()
        if code >= 500:
            words |= {"reject"} | ({f"reject-at-{self.answer.step}"} & {"reject-at-mail", "reject-at-rcpt"})
        elif code >= 400:
            words |= {"tempfail"}
        elif code >= 200:
            words |= {"accept"} if self.posted else self._accepted_but_not_posted()
        return words if self.answer.split else words | {"not-split"}

    def _accepted_but_not_posted(self):
        if self.came.held:
            return {"hold", "accept-not-posted"}
        if self.came.waiting:
            return {"tempfail", "accept-not-posted"}
        if self.came.sink:
            return {"accept", "list-recipient-removed", "accept-not-posted"}
        return {"discard", "accept-not-posted"}

    @property
    def code(self):
        """The enhanced code that counts: the reply's, or that of what waits behind it."""
        if "tempfail" in self.words and self.answer.reply.accepted:
            return "4.0.0"
        return self.answer.reply.enhanced or f"{self.answer.reply.code // 100}.0.0"

    def right(self, expected):
        as_expected = expected.verdict in self.words and self.code.startswith(expected.code_prefix)
        return ((as_expected or bool(self.words & set(expected.also_ok))) and self.posted == expected.posted
                and not self.twice and (not expected.untouched or self.same is True))

    def told(self):
        """One line for people."""
        where = [f"{len(places)} {word}" for word, places in (("posted", self.came.posted), ("held", self.came.held),
                                                              ("waiting", self.came.waiting)) if places]
        changed = (["a reader got it twice"] if self.twice else []) + (["changed on the way"] if self.same is False else [])
        return "; ".join([f"{'/'.join(sorted(self.words)) or 'no answer'} ({self.answer.reply or 'nothing'})",
                          *(where or ["not posted"]), *changed])


def expected_in_words(expected):
    words = " or ".join([f"{expected.verdict} {expected.code_prefix}", *expected.also_ok])
    return "; ".join([words, "posted" if expected.posted else "not posted", *(["untouched"] if expected.untouched else [])])


def as_sent(octets):
    """A delivered message without what the server itself put on top of it."""
    return PUT_ON_TOP.sub(b"", octets, count=1)
