"""A gate that is killed or hangs holds up no ordinary mail beyond the short time-outs of the mail server. A post that came
meanwhile with the contact's own login is kept, stands apart as one in the contact's name, and can be released."""

import time

from world import ALIAS, INDIVIDUAL, LIST, NEIGHBOUR, NORTE, Post

# connect_timeout and command_timeout of deploy/stack/postfix.py, and room for a busy machine: without these limits it would
# be minutes.
SHORT = 3 + 5 + 15


def test(world):
    killed(world)
    hanging(world)
    world.look_for_repetitions()


def killed(world):
    world.note("the gate is killed")
    world.portavoz.gate.process.kill()
    world.portavoz.gate.process.wait()
    honest = meanwhile(world, "while the gate is dead")
    with world.portavoz.roll_follows():
        world.portavoz.start_gate()
    world.note("the gate is started again")
    afterwards(world, honest)


def hanging(world):
    half_way = Post(INDIVIDUAL, NEIGHBOUR, "Half way when the gate began to hang")
    with world.stack.session() as session:
        session.command(f"MAIL FROM:<{INDIVIDUAL}>")
        with world.hanging_gate():
            begun = time.monotonic()
            session.command(f"RCPT TO:<{NEIGHBOUR}>")
            session.command("DATA")
            world.replied(session.end_with(half_way.octets), 250, "2.0.0")
            world.require(time.monotonic() - begun < SHORT, "a message half way waits no longer than the short time-outs")
            honest = meanwhile(world, "while the gate hangs")
    world.arrives(half_way, at=NEIGHBOUR)
    afterwards(world, honest)


def meanwhile(world, when):
    """Ordinary mail passes; posts are kept aside. Gives the honest one."""
    ordinary, forged, honest = (Post(INDIVIDUAL, NEIGHBOUR, f"Ordinary {when}"), Post(NORTE, LIST, f"Forged {when}"),
                                Post(NORTE, LIST, f"Honest {when}"))
    begun = time.monotonic()
    with world.stack.session(NORTE) as session:
        world.replied(session.send(INDIVIDUAL, [NEIGHBOUR], ordinary.octets), 250, "2.0.0")
        world.require(time.monotonic() - begun < SHORT, "ordinary mail waits no longer than the short time-outs")
        world.replied(session.send(NORTE, [LIST], honest.octets), 250, "2.0.0")
        world.replied(session.send(INDIVIDUAL, [LIST], forged.octets), 250, "2.0.0")
    world.arrives(ordinary, at=NEIGHBOUR)
    for post in (honest, forged):
        world.require(world.held(post)["contact"] == NORTE, "it is listed in Norte's name")
        world.absent(post)
    return honest


def afterwards(world, honest):
    stranger = Post(INDIVIDUAL, LIST, "A stranger's")
    world.send(stranger, to=[ALIAS])
    of_a_stranger, of_norte = world.held(stranger)["id"], world.held(honest)["id"]
    listed = world.portavoz.run("held", "list")
    theirs, _, others = listed.partition("By strangers:")
    world.require(of_norte in theirs and of_a_stranger in others, f"posts in a contact's name stand apart: {listed}")
    world.portavoz.run("held", "release", of_norte, "--reason", "rang them: it is theirs")
    world.arrives_once(honest)
    world.honest_post_passes()
