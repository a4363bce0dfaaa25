"""A post waits while the list manager is away, whatever that looks like, and goes in once when it is back; also when the door
was killed after it had taken the post and before the list manager did. Other copies wait behind it and never go in."""

import contextlib
import os

from world import ALIAS, LIST, NORTE, Post


def test(world):
    with world.nothing_bounces():
        for what in (world.list_manager_does("exit 75"), missing(world), world.list_manager_does("kill -9 $$")):
            wait_and_go_in(world, what)
        killed_door(world)
    world.look_for_repetitions()


def wait_and_go_in(world, trouble):
    by_login, signed = Post(NORTE, LIST, "Waits, logged in"), world.signed(Post(NORTE, LIST, "Waits, signed"))
    by_alias = world.signed(Post(NORTE, LIST, "Waits, signed, by an alias"))
    with trouble:
        for queue_id in (world.send(by_login, login=NORTE).queue_id, world.send(signed).queue_id,
                         world.send(by_alias, to=[ALIAS]).queue_id):
            world.waits(queue_id)
        copies = [world.send(signed, to=[ALIAS]).queue_id, world.send(by_alias).queue_id]
        for queue_id in copies:
            world.waits(queue_id)
    world.postfix.try_again()
    for post in (by_login, signed, by_alias):
        world.arrives_once(post)
    world.postfix.try_again()
    for queue_id in copies:
        world.ends_at_the_door(queue_id, "seal-repeated", "already-posted")


def killed_door(world):
    """`kill -9` hits the door while the list manager is at work, before it took the post."""
    post = world.signed(Post(NORTE, LIST, "The door is killed"))
    with world.list_manager_does(f"rm {world.stack.list_manager.trouble}; kill -9 $PPID; exit 75"):
        reply = world.send(post)
        world.replied(reply, 250, "2.0.0")
        world.waits(reply.queue_id)
        copy = world.send(post, to=[ALIAS])
        world.postfix.try_again()
        world.arrives_once(post)
    world.postfix.try_again()
    world.ends_at_the_door(copy.queue_id, "seal-repeated", "already-posted")


@contextlib.contextmanager
def missing(world):
    program = world.stack.list_manager.program
    world.note("the list manager's program is missing")
    os.rename(program, program + ".away")
    try:
        yield
    finally:
        os.rename(program + ".away", program)
        world.note("the list manager's program is back")
