"""When nothing more can be written, no post is lost and none gets in unseen: ordinary mail passes, the gate decides from the
roll it has, also started anew, and the door lets posts wait in the queue. With room again everything goes on."""

from world import ALIAS, INDIVIDUAL, LIST, NEIGHBOUR, NORTE, Post


def test(world):
    with world.on_a_small_disk() as disk:
        world.posts(world.signed(Post(NORTE, LIST, "Before")), None)
        world.note("the disk is full")
        disk.fill()
        by_login, signed, by_alias, forged = (Post(NORTE, LIST, "Logged in"), world.signed(Post(NORTE, LIST, "Signed")),
                                              world.signed(Post(NORTE, LIST, "Signed, by an alias")),
                                              Post(NORTE, LIST, "Forged, by an alias"))
        waiting = [try_to_post(world, post, login, to) for post, login, to in
                   ((by_login, NORTE, LIST), (signed, None, LIST), (by_alias, None, ALIAS), (forged, None, ALIAS))]
        passes_or_is_refused(world)
        world.note("the gate starts anew on the full disk")
        world.portavoz.gate.stop()
        world.portavoz.start_gate()
        late = Post(NORTE, LIST, "Logged in, at a gate that was started on the full disk")
        waiting.append(try_to_post(world, late, NORTE, LIST))
        passes_or_is_refused(world)
        for queue_id in waiting:
            world.waits(queue_id)
        world.portavoz.run("list", "hold", LIST, "on", "--reason", "a change while the roll may not be written")

        disk.free()
        world.note("there is room again")
        world.postfix.try_again()
        for post in (by_login, signed, by_alias, late):
            world.arrives_once(post)
        world.held(forged)
        world.wait_until(lambda: in_force(world), "what changed meanwhile to be in force")
        refused = Post(INDIVIDUAL, LIST, "After all")
        world.refused(refused, 550, "5.7.2", "not-designated", login=INDIVIDUAL)
    with world.portavoz.roll_follows():
        world.portavoz.run("list", "hold", LIST, "off", "--reason", "as it was")
    world.look_for_repetitions()
    world.absent(forged)


def in_force(world):
    """On a list that keeps such posts aside, one that was not meant for it is taken."""
    return world.send(world.signed(Post(NORTE, "otra@lista.example", "To another list")), to=[LIST]).accepted


def try_to_post(world, post, login, to):
    """The mail server takes it; gives the queue id."""
    reply = world.send(post, login=login, to=[to])
    world.replied(reply, 250, "2.0.0")
    return reply.queue_id


def passes_or_is_refused(world):
    ordinary = Post(INDIVIDUAL, NEIGHBOUR, "Ordinary")
    world.replied(world.send(ordinary), 250, "2.0.0")
    world.arrives(ordinary, at=NEIGHBOUR)
    forged = Post(NORTE, LIST, "Forged")
    world.replied(world.send(forged), 550, "5.7.26")
    world.absent(forged)
