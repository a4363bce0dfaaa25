"""When the door cannot keep a post it waits in the mail server's queue, and is kept once the door can again."""

import os

from world import ALIAS, NORTE, Post


def test(world):
    post = Post(NORTE, ALIAS, "Waits in the queue")
    shelf = world.portavoz.held
    os.rename(shelf, shelf + ".away")
    with open(shelf, "w", encoding="utf-8"):
        pass  # a file where the shelf's directory should be
    try:
        reply = world.send(post)
        world.replied(reply, 250, "2.0.0")
        world.wait_until(lambda: world.postfix.log_lines(f"{reply.queue_id}.*status=deferred"), "the post to be deferred")
    finally:
        os.unlink(shelf)
        os.rename(shelf + ".away", shelf)
    world.absent(post)
    world.held(post)
