"""A gate that starts while the register is away knows nobody's rights: posts to a list of always_guard get 451, ordinary
mail passes, and all is well by itself once the register is back."""

from world import INDIVIDUAL, LIST, NEIGHBOUR, NORTE, Post


def test(world):
    with world.without_register():
        with world.gate_restarted_without_register():
            for post, login in ((Post(NORTE, LIST, "Honest, too early"), NORTE),
                                (Post(INDIVIDUAL, LIST, "Individual, too early"), INDIVIDUAL)):
                reply = world.send(post, login=login)
                world.replied(reply, 451, "4.3.0")
                world.says(reply, "roll-unavailable")
                world.absent(post)
            ordinary = Post(INDIVIDUAL, NEIGHBOUR, "Ordinary")
            world.replied(world.send(ordinary), 250, "2.0.0")
            world.arrives(ordinary, at=NEIGHBOUR)
    world.honest_post_passes()
