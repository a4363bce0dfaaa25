"""A message without an envelope sender is no post: by SMTP its guarded recipient is refused at RCPT, and the other
recipients get it; handed in on the machine, it is refused at its end. Past the gate it ends on the shelf."""

from full_stack import EXTENSION, TRANSPORT
from world import LIST, NEIGHBOUR, NORTE, Post


def test(world):
    post = world.signed(Post(NORTE, LIST, "Null sender"))
    with world.stack.session(NORTE) as session:
        session.command("MAIL FROM:<>")
        for recipient in (LIST, EXTENSION):
            reply = session.command(f"RCPT TO:<{recipient}>")
            world.replied(reply, 550, "5.7.2")
        world.says(session.command(f"RCPT TO:<{LIST}>"), "automatic-mail")
        world.replied(session.command(f"RCPT TO:<{NEIGHBOUR}>"), 250, "2.1.5")
        session.command("DATA")
        world.replied(session.end_with(post.octets), 250, "2.0.0")
    world.arrives(post, at=NEIGHBOUR)

    local = world.signed(Post(NORTE, LIST, "Null sender, by sendmail"))
    world.postfix.sendmail("<>", [LIST], local.octets)
    world.decided(local, "automatic-mail")
    past = world.signed(Post(NORTE, LIST, "Null sender, past the gate"))
    world.postfix.sendmail("<>", [TRANSPORT], past.octets)
    world.held(past)
    world.honest_post_passes()
    for absent in (post, local, past):
        world.absent(absent)
