"""What reaches the list's door past the gate lies on the shelf and reaches no reader: by a virtual alias, by local
sendmail to the transport. Local sendmail to the list itself is judged by the gate: being local proves nothing."""

from world import ALIAS, INDIVIDUAL, LIST, NORTE, Post

TRANSPORT = "otra-puerta@listas.example"


def test(world):
    alias = Post(NORTE, ALIAS, "By alias")
    world.replied(world.send(alias), 250, "2.0.0")
    world.held(alias)
    world.absent(alias)

    local = Post(NORTE, TRANSPORT, "By sendmail")
    world.postfix.sendmail(NORTE, [TRANSPORT], local.octets)
    world.held(local)
    world.absent(local)

    straight = Post(NORTE, LIST, "Local to the list")
    world.postfix.sendmail(INDIVIDUAL, [LIST], straight.octets)
    world.decided(straight, "not-proven")
    world.honest_post_passes()
    world.absent(straight)
