"""A gate that has not heard the register for longer than roll.max_age knows nobody's rights any more: posts get 451 there
and wait at the door, ordinary mail passes, and all is well again once the register is heard."""

from world import ALIAS, INDIVIDUAL, LIST, NEIGHBOUR, NORTE, Post


def test(world):
    by_alias = world.signed(Post(NORTE, LIST, "By an alias, too old a roll"))
    refused_later = Post(NORTE, LIST, "Honest, too old a roll")
    with world.configured({"roll": {"max_age": "2s"}}, gate=True):
        with world.without_register():
            world.wait_until(lambda: world.send(refused_later, login=NORTE).code == 451, "the roll to be too old")
            world.replied(world.send(refused_later, login=NORTE), 451, "4.3.0")
            reply = world.send(by_alias, to=[ALIAS])
            world.replied(reply, 250, "2.0.0")
            world.waits(reply.queue_id)
            # A gate that starts anew does not take it for fresh.
            world.portavoz.gate.stop()
            world.portavoz.start_gate()
            world.replied(world.send(refused_later, login=NORTE), 451, "4.3.0")
            ordinary = Post(INDIVIDUAL, NEIGHBOUR, "Ordinary, too old a roll")
            world.replied(world.send(ordinary), 250, "2.0.0")
            world.arrives(ordinary, at=NEIGHBOUR)
    world.postfix.try_again()
    world.arrives_once(by_alias)
    world.look_for_repetitions()
