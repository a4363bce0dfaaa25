"""A reload (SIGHUP) takes a configuration and its key whole or not at all, under load and without dropping a connection, and
says in the log and in `portavoz status` why it did not; SIGTERM lets a message that has begun come to its answer."""

import contextlib
import json
import os
import re
import shutil
import signal
import threading

from stack.portavoz import GATE
from world import INDIVIDUAL, LIST, NEIGHBOUR, NORTE, Post

IN_FORCE = "SIGHUP: the configuration was read anew and is in force"
REFUSED = "SIGHUP: the new configuration is refused"


def test(world):
    process = world.portavoz.gate.process.pid
    under_load(world)
    a_message_half_way(world)
    another_key(world)
    a_key_that_is_broken(world)
    what_is_refused(world)
    a_broken_file(world)
    another_register_and_back(world)
    verifier_and_clerk(world)
    world.require(world.portavoz.gate.process.pid == process and world.portavoz.gate.running(), "it is the same gate still")
    a_message_half_way_at_the_end(world)
    world.look_for_repetitions()


# --- what is asked ---

def reloads(world, program=None):
    said = world.portavoz.reload(program or world.portavoz.gate)
    world.require(IN_FORCE in said, f"the configuration is in force ({said})")


def refuses(world, *words, program=None, status="gate_configuration"):
    said = world.portavoz.reload(program or world.portavoz.gate)
    world.require(REFUSED in said and all(word in said for word in words), f"it is refused, and the log says why ({said})")
    if status:
        part = status_of(world)[status]
        world.require(not part["good"] and all(word in part["refused"] for word in words) and part["since"],
                      f"`portavoz status` says why, and since when the one in force is there ({part})")


def status_of(world):
    return json.loads(world.portavoz.attempt("status", "--json").stdout)["status"]


def is_good(world, part="gate_configuration"):
    found = status_of(world)[part]
    world.require(found["good"] and "refused" not in found, f"`portavoz status` shows no refusal ({found})")


def milter_troubles(world):
    return world.postfix.log_lines("warning: milter")


def posts(world, name):
    post = Post(NORTE, LIST, name)
    world.replied(world.send(post, login=NORTE), 250, "2.0.0")
    fields = world.arrives_once(post)
    return fields


def key_of_seals(world):
    """Of the last key that the gate said it seals with."""
    with open(world.portavoz.gate_log, encoding="utf-8") as log:
        return re.findall(r"seals with key (\w+)", log.read())[-1]


# --- the tests ---

def under_load(world):
    """Three sessions that never pause, while the gate takes one configuration after the other."""
    troubles, stop, sent, problems = len(milter_troubles(world)), threading.Event(), [], []

    def keep_sending(number):
        try:
            with world.stack.session(NORTE) as session:
                while not stop.is_set():
                    post, to = Post(NORTE, LIST, f"Under load {number}"), LIST
                    if len(sent) % 2:
                        post, to = Post(INDIVIDUAL, NEIGHBOUR, f"Ordinary under load {number}"), NEIGHBOUR
                    reply = session.send(post.sender, [to], post.octets)
                    if not reply.accepted:
                        problems.append(str(reply))
                    sent.append((post, to))
        except OSError as problem:
            problems.append(str(problem))
    reloaded = 0
    threads = [threading.Thread(target=keep_sending, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        while reloaded < 16 or len(sent) < 60:
            reloaded += 2
            with world.configured({"gate": {"relays": [f"198.51.100.{reloaded}"]}}):
                reloads(world)
                with more_of(world, "wording", "/nonexistent"):
                    refuses(world, "/nonexistent", status=None)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    reloads(world)
    world.require(not problems, f"all {len(sent)} messages in 3 sessions were taken during {reloaded} reloads ({problems[:3]})")
    world.require(len(milter_troubles(world)) == troubles, "the mail server saw no trouble with the gate")
    for post, to in sent:
        if to == NEIGHBOUR:
            world.arrives(post, at=NEIGHBOUR)
        else:
            world.arrives_once(post, seconds=60)


@contextlib.contextmanager
def more_of(world, key, value):
    """A line more in the file, or in place of the one that stands there."""
    with open(world.portavoz.config, encoding="utf-8") as file:
        before = file.read()
    lines = [line for line in before.splitlines() if not line.startswith(f"{key}:")]
    with open(world.portavoz.config, "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, f"{key}: {value}", ""]))
    world.note(f"the file says {key}: {value}")
    try:
        yield len(lines) + 1
    finally:
        with open(world.portavoz.config, "w", encoding="utf-8") as file:
            file.write(before)
        world.note("the file is as before")


def a_message_half_way(world):
    """It ends as it began, the next one of the same session meets the new configuration."""
    first, second, third = (Post(INDIVIDUAL, NEIGHBOUR, name) for name in ("Half way", "After it", "And at the end"))
    with world.stack.session() as session:
        session.command(f"MAIL FROM:<{INDIVIDUAL}>")
        session.command(f"RCPT TO:<{INDIVIDUAL}>")  # answered: the gate has seen that the message began
        with world.configured({"gate": {"always_guard": [LIST, NEIGHBOUR]}}):
            reloads(world)
            world.replied(session.command(f"RCPT TO:<{NEIGHBOUR}>"), 250, "2.1.5")
            session.command("DATA")
            world.replied(session.end_with(first.octets), 250, "2.0.0")
            world.replied(session.send(INDIVIDUAL, [NEIGHBOUR], second.octets), 451, "4.3.0")
            world.replied(world.send(second), 451, "4.3.0")
        reloads(world)
        world.replied(session.send(INDIVIDUAL, [NEIGHBOUR], third.octets), 250, "2.0.0")
    for post in (first, third):
        world.arrives(post, at=NEIGHBOUR)
    world.absent(second, at=NEIGHBOUR)


def another_key(world):
    old, other = key_of_seals(world), f"{world.stack.directory}/etc/other.key"
    with world.portavoz.roll_follows():
        world.portavoz.run("seal", "make-key", "--secret", other)
    shutil.chown(other, GATE, GATE)
    posts(world, "Sealed with the first key")
    with world.configured({"gate": {"seal_key": other}}):
        world.wait_until(lambda: status_of(world)["seal_key"]["good"], "the other key to be in the roll")
        reloads(world)
        world.require(key_of_seals(world) != old, f"the gate has another key ({old}, {key_of_seals(world)})")
        posts(world, "Sealed with the other key")
        is_good(world)
    reloads(world)
    world.require(key_of_seals(world) == old, "and the first one again")


def a_key_that_is_broken(world):
    """The one before seals on, whether the configuration names another file or the file itself is broken."""
    broken = f"{world.stack.directory}/etc/broken.key"
    with open(broken, "w", encoding="ascii") as file:
        file.write("half a k")
    os.chmod(broken, 0o400)
    shutil.chown(broken, GATE, GATE)
    with world.configured({"gate": {"seal_key": broken}}):
        refuses(world, broken, "holds no secret key")
        posts(world, "While the configuration names a broken key")
    os.rename(world.portavoz.seal_key, world.portavoz.seal_key + ".away")
    shutil.copy2(broken, world.portavoz.seal_key)
    shutil.chown(world.portavoz.seal_key, GATE, GATE)
    try:
        refuses(world, world.portavoz.seal_key, "holds no secret key")
        posts(world, "While the key file is broken")
    finally:
        os.rename(world.portavoz.seal_key + ".away", world.portavoz.seal_key)
    reloads(world)
    is_good(world)


def what_is_refused(world):
    with more_of(world, "wording", "/nonexistent"):
        refuses(world, "no wording in /nonexistent")
        posts(world, "While the wording is missing")
    broken = f"{world.stack.directory}/wording"
    os.makedirs(f"{broken}/en/LC_MESSAGES")
    with open(f"{broken}/en/LC_MESSAGES/portavoz.mo", "w", encoding="ascii") as file:
        file.write("half a catalogue")
    with more_of(world, "wording", broken):
        refuses(world, f"{broken}/en/LC_MESSAGES/portavoz.mo is no wording catalogue")
        posts(world, "While the wording is broken")
    with world.configured({"gate": {"socket": "/nonexistent/milter.sock", "relays": ["198.51.100.1"]}}):
        said = world.portavoz.reload(world.portavoz.gate)
        world.require(REFUSED in said and "gate.socket can only change by a restart" in said, f"it is refused ({said})")
    with world.configured({"register": {"dsn": "host=/tmp dbname"}}):
        refuses(world, "register.dsn is no connection string")
    with world.configured({"register": {"listen_dsn": "host=/tmp dbname"}}):
        refuses(world, "register.listen_dsn is no connection string")
    posts(world, "After what was refused")
    reloads(world)
    is_good(world)


def a_broken_file(world):
    with more_of(world, "gaet", "{door: maybe}") as line:
        place = f"{world.portavoz.config}:{line}:1: unknown key 'gaet'"
        refuses(world, place, status=None)
        done = world.portavoz.attempt("status")
        said = " ".join(done.stdout.decode().split())
        world.require(done.returncode == 78 and f":{line}:1: unknown" in said, f"`portavoz status` shows the mistake ({said})")
        waiting = Post(NORTE, LIST, "While the file is broken")
        reply = world.send(waiting, login=NORTE)
        world.replied(reply, 250, "2.0.0")
        world.waits(reply.queue_id)  # the door by pipe has no other configuration than the file's
    world.postfix.try_again()
    world.arrives_once(waiting)
    part = status_of(world)["gate_configuration"]
    world.require(not part["good"] and place in part["refused"], f"it is shown until the next reload ({part})")
    world.require(world.portavoz.attempt("status").returncode == 1, "and by the exit status")
    reloads(world)
    is_good(world)


def another_register_and_back(world):
    """A register that nobody reaches: the roll stays, and is followed again when the configuration is the old one."""
    with world.configured({"register": {"dsn": "host=/nonexistent dbname=portavoz"}}):
        reloads(world)
        away = Post(NORTE, LIST, "With another register")
        world.replied(world.send(away, login=NORTE), 250, "2.0.0")
    with world.portavoz.roll_follows():
        reloads(world)
    world.arrives_once(away)
    world.decided(away, "proven-by-login")  # the verdict waited, and went to the register


def verifier_and_clerk(world):
    for program, part in ((world.portavoz.verifier, "verifier_configuration"), (world.portavoz.clerk, "clerk_configuration")):
        process = program.process.pid
        is_good(world, part)
        with more_of(world, "gaet", "x"):
            refuses(world, "unknown key 'gaet'", program=program, status=None)
        part_now = status_of(world)[part]
        world.require(not part_now["good"] and "gaet" in part_now["refused"], f"`portavoz status` says so ({part_now})")
        with world.configured({"verifier": {"threads": 2}}):
            reloads(world, program)
            is_good(world, part)
        reloads(world, program)
        world.require(program.running() and program.process.pid == process, f"{program.name} is the same process")
    with world.configured({"verifier": {"evidence": "/nonexistent"}}):
        refuses(world, "verifier.evidence can only change by a restart", program=world.portavoz.verifier, status=None)
    before = reports(world)
    world.portavoz.run("check", world.contact(NORTE))
    world.wait_until(lambda: reports(world) > before, "the verifier to report after its reloads", 60)
    reloads(world, world.portavoz.verifier)


def reports(world):
    return int(world.stack.postgres.psql("SELECT count(*) FROM portavoz.reports"))


def a_message_half_way_at_the_end(world):
    gate, half_way = world.portavoz.gate, Post(NORTE, LIST, "Half way when the gate was to end")
    meanwhile, kept = (Post(INDIVIDUAL, NEIGHBOUR, name) for name in ("While the gate ends", "On a kept connection"))
    troubles = len(milter_troubles(world))
    with world.stack.session(NORTE) as session, world.stack.session() as other:
        world.replied(other.send(INDIVIDUAL, [NEIGHBOUR], Post(INDIVIDUAL, NEIGHBOUR, "Before the end").octets), 250, "2.0.0")
        session.command(f"MAIL FROM:<{NORTE}>")
        session.command(f"RCPT TO:<{LIST}>")
        session.command("DATA")
        gate.process.send_signal(signal.SIGTERM)
        world.wait_until(lambda: not os.path.exists(world.portavoz.socket), "nobody to reach the gate any more")
        world.require(gate.running(), "the gate waits for the message")
        world.replied(session.end_with(half_way.octets), 250, "2.0.0")
        world.require(len(milter_troubles(world)) == troubles, "its connection was not cut")
        world.replied(other.send(INDIVIDUAL, [NEIGHBOUR], kept.octets), 250, "2.0.0")
        world.replied(world.send(meanwhile), 250, "2.0.0")
    world.require(gate.process.wait(20) == 0, "the gate ends by itself, with exit status 0")
    world.require(not os.path.exists(f"{world.stack.directory}/services/{GATE}/configuration"), "and leaves no word")
    for post in (kept, meanwhile):
        world.arrives(post, at=NEIGHBOUR)
    world.require("Portavoz-Assembly" in world.arrives_once(half_way).keys(), "the post was judged and sealed")
    with world.portavoz.roll_follows():
        world.portavoz.start_gate()
    world.honest_post_passes()
