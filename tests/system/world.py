"""What a system test works with: the stack with its lists and designated contacts, and sentences that must be true.

A test is a file NN-name.py with a docstring that says what must hold and a function `test(world)`. All tests share one
stack; a test leaves it as it found it (every program running) and counts only what it sent itself.
"""

import contextlib
import copy
import os
import shutil
import signal

from dkim_signer import SIGNED
from full_stack import ESTE, KNOWN_ALIAS, LATER_MILTER, OTHER_LIST, SECOND_GATE, SUR, FullStack, SmallDisk
from stack.mail import fields
from stack.portavoz import DOOR, GATE
from stack.posts import Post, verdicts_of
from stack.processes import Failure, run, wait_until
from stack.stack import ALIAS, INDIVIDUAL, LIST, NEIGHBOUR, NORTE, PASSWORD, READER, RIVERSIDE, SITES

__all__ = ["ALIAS", "INDIVIDUAL", "LATER_MILTER", "LIST", "NEIGHBOUR", "NORTE", "PASSWORD", "READER", "RIVERSIDE",
           "SECOND_GATE", "Post", "World", "fields"]

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")


class World:
    def __init__(self, stack: FullStack):
        self.stack, self.portavoz, self.postfix = stack, stack.portavoz, stack.postfix
        self.once = []  # what may have arrived once only: (subject, reader)

    def prepare(self):
        """On the list Norte, proven by login and DKIM, and Sur, by SPF; Riverside has applied. On the other list, which keeps
        aside what nothing proves, Norte again and Este, whom nothing proves."""
        for address, more in ((LIST, ["--alias", KNOWN_ALIAS]), (OTHER_LIST, ["--hold-unproven"])):
            self.portavoz.run("list", "add", address, "--languages", "es,en", "--admin-address", "admins@listas.example",
                              *more)
        self.apply(LIST, "Riverside Assembly", RIVERSIDE, "--login", RIVERSIDE)
        contacts = [self.apply(LIST, "Asamblea del Norte", NORTE, "--login", NORTE),
                    self.apply(LIST, "Asamblea del Sur", SUR, "--no-dkim", "--spf"),
                    self.apply(OTHER_LIST, "Asamblea del Norte", NORTE, "--login", NORTE),
                    self.apply(OTHER_LIST, "Asamblea del Este", ESTE, "--no-dkim")]
        with self.portavoz.roll_follows(), self.stack.second.roll_follows():
            for contact in contacts:
                self.portavoz.run("confirm", contact, "--reason", "the holder answered")
                self.portavoz.run("vouch", contact, "--reason", "known for years")

    def apply(self, to_list, name, address, *proof):
        url = self.stack.evidence_url(address if address in SITES else NORTE)
        return self.portavoz.ask("apply", "--list", to_list, "--assembly", name, "--address", address, "--url", url,
                                 *proof)["contact_id"]

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

    def send(self, post, login=None, envelope_from=None, to=None, port=None, **where):
        """Sends the post in a session of its own; `port`: by its name, such as SECOND_GATE."""
        return self.stack.send(post.sender if envelope_from is None else envelope_from, to or [post.recipient], post.octets,
                               login, port=self.postfix.port_of[port] if port else None, **where)

    def signed(self, post, *signers, names=SIGNED):
        """The same post, signed by each of these, by default by Norte's domain; the last one's signature is on top."""
        post = copy.copy(post)
        for signer in signers or (self.stack.norte,):
            post.octets = signer.sign(post.octets, names)
        return post

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
        """A verdict on the post is by this rule; a post that was sent several times has several."""
        def by_this_rule():
            return next((one for one in verdicts_of(self.portavoz, post) if one["rule"] == rule), None)
        with contextlib.suppress(Failure):
            wait_until(by_this_rule, "the verdict", 5)
        verdict, rules = by_this_rule(), [one["rule"] for one in verdicts_of(self.portavoz, post)]
        self.require(verdict, f"the rule is {rule} (it was {', '.join(rules)})")
        return verdict

    def arrives(self, post, at=READER, seconds=20):
        octets = self.stack.maildir(at).wait_for(post.subject, seconds, self.postfix.log)
        self.note(f"holds: “{post.subject}” arrived at {at}")
        return fields(octets)

    def arrives_once(self, post, at=READER, seconds=20):
        """The post reaches the reader; that it did so once is what look_for_repetitions looks at."""
        self.once.append((post.subject, at))
        return self.arrives(post, at, seconds)

    def look_for_repetitions(self):
        self.honest_post_passes()  # what was on its way before has arrived by then
        for subject, at in self.once:
            copies = sum(subject.encode() in octets for octets in self.stack.maildir(at).messages())
            self.require(copies == 1, f"“{subject}” arrived once at {at} (it arrived {copies} times)")
        self.once.clear()

    @contextlib.contextmanager
    def remembered(self):
        """After the body let a signed post in: waits until the register and both gates' rolls have its marks."""
        before = self.marks()
        yield
        wait_until(lambda: self.marks() > before, "the marks of the post in the register", 20, self.postfix.log)
        for gate in (self.portavoz, self.stack.second):
            gate.wait_for_marks(self.marks())
        self.note("holds: both gates know the marks of the post")

    def marks(self):
        return int(self.stack.postgres.psql("SELECT count(*) FROM portavoz.roll_marks"))

    @contextlib.contextmanager
    def nothing_bounces(self):
        before = len(self.postfix.log_lines("status=bounced"))
        yield
        bounced = self.postfix.log_lines("status=bounced")[before:]
        self.require(not bounced, f"nothing bounced ({bounced})")

    def absent(self, post, at=READER):
        self.require(self.stack.maildir(at).find(post.subject) is None, f"“{post.subject}” did not arrive at {at}")

    def honest_post_passes(self):
        """A post of the designated contact goes through now. Whatever was on its way before has arrived by then."""
        self.posts(Post(NORTE, LIST, "Honest"), NORTE)

    def wait_until(self, condition, what, seconds=20):
        answer = wait_until(condition, what, seconds, self.postfix.log)
        self.note(f"holds: {what}")
        return answer

    def waits(self, queue_id):
        """The message with this queue id was tried, and the mail server keeps it for another try."""
        self.wait_until(lambda: self.postfix.log_lines(f"{queue_id}: .*status=deferred"), f"{queue_id} to be deferred")

    def ends_at_the_door(self, queue_id, *words):
        """A delivery of this message ended at the door, with one of these words in the log."""
        pattern = f"{queue_id}: .*status=sent.*({'|'.join(words)})"
        self.wait_until(lambda: self.postfix.log_lines(pattern), f"{queue_id} to end at the door ({' or '.join(words)})")

    # --- the register and the shelf ---

    def contact(self, address, of_list=LIST):
        """The newest contact with this address."""
        return max(one["contact_id"] for one in self.portavoz.contacts()
                   if one["address"] == address and one["list"] == of_list)

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
        self.portavoz.forget_roll()
        self.portavoz.start_gate()
        self.note("the gate was restarted and has no roll")
        yield

    @contextlib.contextmanager
    def configured(self, more, gate=False):
        """With other settings, by section and key. Doors read them each time; the gate, if `gate`, is started anew."""
        settings = self.stack.settings()
        self.configure({**settings, **{name: {**settings.get(name, {}), **keys} for name, keys in more.items()}}, gate)
        self.note(f"configured: {more}")
        try:
            yield
        finally:
            self.configure(settings, gate)
            self.note("the usual configuration is back")

    def configure(self, settings, gate):
        if gate:
            self.portavoz.gate.stop()
        self.portavoz.configure(self.stack.postgres.dsn, self.postfix.hostname, [LIST], settings)
        if gate:
            with self.portavoz.roll_follows():
                self.portavoz.start_gate()

    @contextlib.contextmanager
    def small_operator(self):
        """Gate and door of this host without any register, with a roll of their own, which nobody has built yet. Gives what
        builds it: a function that takes a roster's lines and gives the finished `portavoz roll build`."""
        roll, roster = f"{self.stack.directory}/small-roll", f"{self.stack.directory}/etc/roster.csv"
        os.mkdir(roll)
        shutil.chown(roll, GATE, DOOR)
        os.chmod(roll, 0o2750)

        def build(*lines):
            with open(roster, "w", encoding="utf-8") as out:
                out.write("\n".join(lines) + "\n")
            done = self.portavoz.attempt("roll", "build", roster, user=GATE)
            self.note(f"portavoz roll build ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
            return done

        settings = self.stack.settings()
        self.portavoz.gate.stop()
        self.portavoz.configure(None, self.postfix.hostname, [LIST], {**settings, "roll": {"directory": roll}})
        self.portavoz.start_gate()
        self.note("the gate runs without a register")
        try:
            yield build
        finally:
            self.configure(settings, gate=True)
            shutil.rmtree(roll)
            self.note("the gate is back at its register")

    @contextlib.contextmanager
    def hanging_gate(self):
        """The gate stands still: the kernel takes connections for it, and nobody answers."""
        self.note("the gate hangs")
        os.kill(self.portavoz.gate.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.portavoz.gate.process.pid, signal.SIGCONT)
            self.note("the gate goes on")

    @contextlib.contextmanager
    def list_manager_does(self, commands):
        """The list manager does these shell commands first, which may end it."""
        self.note(f"the list manager begins with: {commands}")
        self.stack.list_manager.does(commands)
        try:
            yield
        finally:
            self.stack.list_manager.behaves()
            self.note("the list manager behaves again")

    def sealed_copy(self, post, **how):
        """Lets the post in and gives what the door saw of it, with the seal: a copy from the queue."""
        with self.list_manager_does("exit 75"):
            reply = self.send(post, **how)
            self.replied(reply, 250, "2.0.0")
            self.waits(reply.queue_id)
            octets = self.postfix.queued(reply.queue_id)
        self.postfix.try_again()
        self.arrives_once(post)
        self.require(fields(octets)["Portavoz-Seal"], f"the copy from the queue carries a seal ({octets})")
        return octets

    def second_door(self, octets, queue_id):
        """Hands octets to the list's door on the second gate's host, as a mail server there would; gives its exit status and
        what it said."""
        second = self.stack.second
        argv = second.door_argv(LIST, self.stack.list_manager_argv(self.stack.list))
        given = {"${recipient}": LIST, "${original_recipient}": LIST, "${sender}": NORTE, "${queue_id}": queue_id}
        done = run([given.get(word, word) for word in argv], user=DOOR, stdin=octets)
        said = done.stderr.decode(errors="replace").strip()
        self.note(f"the second door ended with {done.returncode}: {said}")
        return done.returncode, said

    @contextlib.contextmanager
    def on_a_small_disk(self, size="4m"):
        """All that gate and door write lies on a file system of its own, which is given to the body."""
        disk = SmallDisk(f"{self.stack.directory}/small", size)
        try:
            places = {}
            for name, owner, group, mode in (("roll", GATE, DOOR, 0o2750), ("spool", GATE, GATE, 0o750),
                                             ("seals", DOOR, DOOR, 0o750), ("held", DOOR, DOOR, 0o750)):
                places[name] = f"{disk.path}/{name}"
                os.mkdir(places[name])
                shutil.chown(places[name], owner, group)
                os.chmod(places[name], mode)
            with self.configured({"roll": {"directory": places["roll"]}, "gate": {"spool": places["spool"]},
                                  "door": {"memory": places["seals"], "held": places["held"]}}, gate=True):
                yield disk
        finally:
            disk.remove()
