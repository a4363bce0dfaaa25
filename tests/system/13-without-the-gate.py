"""While the gate is down ordinary mail passes at once, and posts wait on the shelf: none reaches the readers, none is
lost."""

from world import INDIVIDUAL, LIST, NEIGHBOUR, NORTE, Post


def test(world):
    ordinary, forged, honest = (Post(INDIVIDUAL, NEIGHBOUR, "Ordinary"), Post(NORTE, LIST, "Forged meanwhile"),
                                Post(NORTE, LIST, "Honest meanwhile"))
    with world.without_gate():
        world.replied(world.send(ordinary), 250, "2.0.0")
        world.arrives(ordinary, at=NEIGHBOUR)
        world.replied(world.send(forged), 250, "2.0.0")
        world.replied(world.send(honest, login=NORTE), 250, "2.0.0")
        for post in (forged, honest):
            world.held(post)
            world.absent(post)
    world.honest_post_passes()
