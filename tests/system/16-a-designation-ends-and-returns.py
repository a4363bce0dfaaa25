"""A suspension is in force within moments, a restoration too, and a retired contact posts no more."""

from world import LIST, RIVERSIDE, Post


def test(world):
    contact = world.contact(RIVERSIDE)
    world.portavoz.run("confirm", contact, "--reason", "the holder answered")
    decide(world, "vouch", contact)
    world.posts(Post(RIVERSIDE, LIST, "Designated"), RIVERSIDE)
    decide(world, "suspend", contact)
    world.refused(Post(RIVERSIDE, LIST, "Suspended"), 550, "5.7.2", "not-designated", login=RIVERSIDE)
    decide(world, "restore", contact)
    world.posts(Post(RIVERSIDE, LIST, "Restored"), RIVERSIDE)
    decide(world, "retire", contact)
    world.refused(Post(RIVERSIDE, LIST, "Retired"), 550, "5.7.2", "not-designated", login=RIVERSIDE)


def decide(world, decision, contact):
    world.portavoz.decide(decision, contact, f"a test of {decision}")
