"""A From that does not hold exactly one mailbox, or a field that may stand once and stands twice, is refused with 5.6.0,
also when the sender is logged in as the designated contact."""

from world import INDIVIDUAL, LIST, NORTE, Post


def test(world):
    for values, rule in (([NORTE, INDIVIDUAL], "repeated-field"), ([INDIVIDUAL, NORTE], "repeated-field"),
                         ([f"{NORTE}, {INDIVIDUAL}"], "broken-from"), ([], "broken-from"), ([""], "broken-from"),
                         ([f"Asamblea: {NORTE};"], "broken-from"), (["contacto"], "broken-from")):
        world.note(f"From: {values}")
        reply = world.refused(Post(NORTE, LIST, "From", fields_from=values), 550, "5.6.0", rule, login=NORTE)
        world.says(reply, rule)
    post = Post(NORTE, LIST, "Twice", extra=[("Subject", "another")])
    world.refused(post, 550, "5.6.0", "repeated-field", login=NORTE)
    # A display name, a comment and other letter case in the domain change nothing.
    post = Post(NORTE, LIST, "Written otherwise", fields_from=["Asamblea (norte) <contacto@Asamblea-Norte.EXAMPLE>"])
    world.posts(post, NORTE)
