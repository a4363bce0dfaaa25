"""One SMTP session with many messages: nothing of one message counts for the next."""

from world import LIST, NEIGHBOUR, INDIVIDUAL, NORTE, Post


def test(world):
    honest, forged, ordinary, last = (Post(NORTE, LIST, "First, honest"), Post(INDIVIDUAL, LIST, "Second, individual"),
                                      Post(INDIVIDUAL, NEIGHBOUR, "Third, ordinary"), Post(NORTE, LIST, "Last, honest"))
    with world.stack.session(NORTE) as session:
        world.replied(session.send(NORTE, [LIST], honest.octets), 250, "2.0.0")
        world.replied(session.send(NORTE, [LIST], forged.octets), 550, "5.7.2")
        world.replied(session.send(INDIVIDUAL, [NEIGHBOUR], ordinary.octets), 250, "2.0.0")
        # A message that is given up half way.
        session.command(f"MAIL FROM:<{NORTE}>")
        session.command(f"RCPT TO:<{LIST}>")
        session.command("RSET")
        world.replied(session.send(INDIVIDUAL, [NEIGHBOUR], Post(INDIVIDUAL, NEIGHBOUR, "After RSET").octets), 250, "2.0.0")
        world.replied(session.send(NORTE, [LIST], last.octets), 250, "2.0.0")
    world.arrives(honest)
    world.arrives(last)
    world.arrives(ordinary, at=NEIGHBOUR)
    world.absent(forged)

    # Without login, after somebody else's refused post.
    with world.stack.session() as session:
        world.replied(session.send(INDIVIDUAL, [LIST], Post(INDIVIDUAL, LIST, "No login").octets), 550, "5.7.2")
        world.replied(session.send(NORTE, [LIST], Post(NORTE, LIST, "No login").octets), 550, "5.7.26")
