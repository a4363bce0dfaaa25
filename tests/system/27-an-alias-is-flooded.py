"""A flood of spam by an alias fills what the shelf has for strangers and no more; the rest waits in the queue and nothing is
lost. Sealed posts, signed posts and what comes in a contact's name get in as ever, when the mail server's queue comes to
them."""

import os

from world import ALIAS, INDIVIDUAL, LIST, NORTE, Post

# With PORTAVOZ_TESTS=long, which `tests/run --long` sets, the full number at the default bound.
LONG = os.environ.get("PORTAVOZ_TESTS") == "long"
SPAMS, BOUND = (10_000, 1000) if LONG else (300, 40)
FOR_STRANGERS = BOUND * 3 // 4
PATIENCE = 1800 if LONG else 120


def test(world):
    shelf = f"{world.portavoz.directory}/door/flood"  # a shelf of its own, which holds nothing else
    with world.configured({"door": {"held": shelf, "held_max_posts": BOUND}}):
        try:
            flood(world)
            in_the_middle_of_it(world)
            world.wait_until(lambda: len(world.shelf()) == FOR_STRANGERS + 1, "the shelf to be as full as it may", PATIENCE)
            world.wait_until(lambda: waiting(world) == SPAMS - FOR_STRANGERS, "the rest to wait in the queue", PATIENCE)
            if not LONG:
                room_again(world, shelf)
        finally:
            world.wait_until(lambda: emptied(world), "the rest of the flood to be thrown away", PATIENCE)
    world.look_for_repetitions()


def flood(world):
    with world.stack.session() as session:
        session.transcript = []  # nobody wants to read that
        for _ in range(SPAMS):
            post = Post(INDIVIDUAL, LIST, "Spam")
            reply = session.send(INDIVIDUAL, [ALIAS], post.octets)
            if not reply.accepted:
                world.replied(reply, 250, "2.0.0")
    world.note(f"{SPAMS} spams were sent to the alias")


def in_the_middle_of_it(world):
    sealed, signed, forged = (Post(NORTE, LIST, "Logged in during the flood"),
                              world.signed(Post(NORTE, LIST, "Signed, by the alias, during the flood")),
                              Post(NORTE, LIST, "In Norte's name during the flood"))
    world.replied(world.send(sealed, login=NORTE), 250, "2.0.0")
    world.replied(world.send(signed, to=[ALIAS]), 250, "2.0.0")
    world.replied(world.send(forged, to=[ALIAS]), 250, "2.0.0")
    for post in (sealed, signed):
        world.arrives_once(post, seconds=PATIENCE)
    world.wait_until(lambda: any(forged.subject in one["subject"] for one in world.shelf()),
                     "the post in Norte's name to be kept, in the room that is left for contacts", PATIENCE)


def waiting(world):
    return len(world.postfix.waiting("maildrop", "incoming", "active", "deferred"))


def emptied(world):
    world.postfix.forget_waiting()
    return waiting(world) == 0


def room_again(world, shelf):
    with world.configured({"door": {"held": shelf, "held_max_posts": 2 * SPAMS}}):
        world.postfix.try_again()
        world.wait_until(lambda: len(world.shelf()) == SPAMS + 1, "every spam to be on the shelf, none was lost", PATIENCE)
