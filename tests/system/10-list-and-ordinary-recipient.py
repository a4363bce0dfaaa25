"""A message to the list and to an ordinary user gets one answer: refused, nobody receives it; taken, both do."""

from world import INDIVIDUAL, LIST, NEIGHBOUR, NORTE, Post


def test(world):
    both = [NEIGHBOUR, LIST]
    post = Post(INDIVIDUAL, LIST, "To both, refused")
    reply = world.refused(post, 550, "5.7.2", "not-designated", login=INDIVIDUAL, to=both)
    world.require(LIST in reply.text, "the reply names the list that refused")
    world.absent(post, at=NEIGHBOUR)

    post = Post(NORTE, LIST, "To both, taken")
    world.replied(world.send(post, login=NORTE, to=both), 250, "2.0.0")
    world.arrives(post)
    world.arrives(post, at=NEIGHBOUR)
