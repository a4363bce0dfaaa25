"""Everybody else is refused with the code of the rule, in Spanish and in English, and no reader gets the post."""

from world import INDIVIDUAL, LIST, NORTE, RIVERSIDE, Post


def test(world):
    reply = world.refused(Post(INDIVIDUAL, LIST, "Individual"), 550, "5.7.2", "not-designated", login=INDIVIDUAL)
    world.says(reply, "not-designated")
    reply = world.refused(Post(NORTE, LIST, "Forged"), 550, "5.7.26", "not-proven")
    world.says(reply, "not-proven")
    reply = world.refused(Post(NORTE, LIST, "Forged"), 550, "5.7.1", "wrong-login", login=INDIVIDUAL)
    world.says(reply, "wrong-login")
    # Applied is not designated.
    world.refused(Post(RIVERSIDE, LIST, "Too early"), 550, "5.7.2", "not-designated", login=RIVERSIDE)
    # The designated address as envelope sender, Sender or Reply-To gives no right.
    post = Post(INDIVIDUAL, LIST, "Borrowed", extra=[("Sender", NORTE), ("Reply-To", NORTE)])
    world.refused(post, 550, "5.7.2", "not-designated", login=INDIVIDUAL, envelope_from=NORTE)
    # Its display name neither.
    post = Post(INDIVIDUAL, LIST, "Dressed up", fields_from=[f'"{NORTE}" <{INDIVIDUAL}>'])
    world.refused(post, 550, "5.7.2", "not-designated", login=INDIVIDUAL)

