"""A post that the contact's domain signed needs no login. It is posted, once, by whatever way it comes: straight, by
aliases of every kind, as a blind copy, by an extension, by sendmail(1) to the list's transport. A forged one is posted by
none of them, and nobody gets a bounce."""

from full_stack import BCC, CANONICAL, EXTENSION, KNOWN_ALIAS, LOCAL_ALIAS, TRANSPORT
from world import ALIAS, LIST, NORTE, Post

AT_THE_GATE = {"straight": LIST, "by an extension": EXTENSION, "by an alias that the register knows": KNOWN_ALIAS}
AT_THE_DOOR = {"by a virtual alias": ALIAS, "by a local alias": LOCAL_ALIAS, "by a canonical map": CANONICAL,
               "as a blind copy": BCC}


def test(world):
    with world.nothing_bounces():
        by_every_way(world)
        to_list_and_alias(world)


def by_every_way(world):
    honest = [world.signed(Post(NORTE, LIST, f"Signed, {way}")) for way in (*AT_THE_GATE, *AT_THE_DOOR)]
    for post, recipient in zip(honest, (*AT_THE_GATE.values(), *AT_THE_DOOR.values())):
        world.replied(world.send(post, to=[recipient]), 250, "2.0.0")
    honest.append(world.signed(Post(NORTE, LIST, "Signed, by sendmail to the transport")))
    world.postfix.sendmail(NORTE, [TRANSPORT], honest[-1].octets)
    # Whoever writes to an alias says so in To; that was meant for the list as well.
    for alias in (ALIAS, KNOWN_ALIAS):
        honest.append(world.signed(Post(NORTE, alias, f"Signed, written to {alias}")))
        world.replied(world.send(honest[-1]), 250, "2.0.0")

    forged = [world.signed(Post(NORTE, LIST, f"Forged, {way}"), world.stack.stranger) for way in AT_THE_DOOR]
    for post, recipient in zip(forged, AT_THE_DOOR.values()):
        world.replied(world.send(post, to=[recipient]), 250, "2.0.0")
    forged.append(Post(NORTE, LIST, "Forged, by sendmail to the transport"))
    world.postfix.sendmail(NORTE, [TRANSPORT], forged[-1].octets)
    for way, recipient in AT_THE_GATE.items():
        post = world.signed(Post(NORTE, LIST, f"Forged, {way}"), world.stack.stranger)
        world.refused(post, 550, "5.7.26", "not-proven", to=[recipient])
    # A letter to the mailbox whose mail the list gets a copy of was not meant for the list, whoever wrote it.
    letter = world.signed(Post(NORTE, BCC, "A letter to the mailbox"))
    world.replied(world.send(letter), 250, "2.0.0")
    world.arrives(letter, at=BCC)
    changed = world.signed(Post(NORTE, LIST, "Changed"))
    changed.octets += b"And one line more.\r\n"
    world.refused(changed, 550, "5.7.20", "dkim-failed")

    for post in honest:
        arrived = world.arrives_once(post)
        ours = {name: value for name, value in arrived.items() if name.lower().startswith("portavoz-")}
        world.require(ours.keys() == {"Portavoz-Proof", "Portavoz-Designation", "Portavoz-Assembly"}
                      and ours["Portavoz-Proof"] == "dkim", f"our three fields, and dkim is the proof ({ours})")
    for post in [*forged, letter]:
        world.require(world.held(post)["contact"] == NORTE, "it is kept as a post in Norte's name")
    world.look_for_repetitions()
    for post in [*forged, letter]:
        world.absent(post)


def to_list_and_alias(world):
    together = world.signed(Post(NORTE, LIST, "To the list and the alias at once"))
    reply = world.send(together, to=[LIST, ALIAS])
    world.replied(reply, 250, "2.0.0")
    world.ends_at_the_door(reply.queue_id, "seal-repeated", "already-posted")
    apart = world.signed(Post(NORTE, LIST, "To the list, and then to the alias"))
    world.replied(world.send(apart), 250, "2.0.0")
    world.arrives_once(together)
    world.arrives_once(apart)
    second = world.send(apart, to=[ALIAS])
    world.replied(second, 250, "2.0.0")
    world.ends_at_the_door(second.queue_id, "seal-repeated", "already-posted")
    world.look_for_repetitions()
