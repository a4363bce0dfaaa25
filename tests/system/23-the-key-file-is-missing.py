"""Without the gate's key no post can be sealed: proven posts get 451, whoever has no right is refused as ever, ordinary mail
passes; and all is well from the next post on when the file is back."""

import contextlib
import os

from world import INDIVIDUAL, LIST, NEIGHBOUR, NORTE, Post


def test(world):
    by_login, signed = Post(NORTE, LIST, "Logged in"), world.signed(Post(NORTE, LIST, "Signed"))
    for broken in (missing, empty):
        with broken(world.portavoz.seal_key):
            if broken is empty:  # a running gate would go on with the key that it has
                start_anew(world)
            world.note(f"the key file is {broken.__name__}")
            for post, login in ((by_login, NORTE), (signed, None)):
                world.replied(world.send(post, login=login), 451, "4.3.0")
                world.decided(post, "seal-unavailable")
            world.refused(Post(NORTE, LIST, "Forged"), 550, "5.7.26", "not-proven")
            ordinary = Post(INDIVIDUAL, NEIGHBOUR, "Ordinary")
            world.replied(world.send(ordinary), 250, "2.0.0")
            world.arrives(ordinary, at=NEIGHBOUR)
            status = world.portavoz.attempt("status")
            world.require(status.returncode == 1 and world.portavoz.seal_key in status.stdout.decode().replace("\n", ""),
                          f"`portavoz status` names the file ({status.stdout.decode()})")
        for post in (by_login, signed):
            world.absent(post)
    for post, login in ((by_login, NORTE), (signed, None)):
        world.replied(world.send(post, login=login), 250, "2.0.0")
        world.arrives_once(post)
    world.look_for_repetitions()


def start_anew(world):
    world.portavoz.gate.stop()
    with world.portavoz.roll_follows():
        world.portavoz.start_gate()


@contextlib.contextmanager
def missing(path):
    os.rename(path, path + ".away")
    try:
        yield
    finally:
        os.rename(path + ".away", path)


@contextlib.contextmanager
def empty(path):
    with missing(path):
        with open(path, "w", encoding="ascii"):
            os.chmod(path, 0o400)
        yield
