"""On a list that keeps aside what nothing proves, such a post of a contact is taken, lies on the shelf as it was sent before
the mail server is told that it is delivered, reaches nobody, and goes out when an admin releases it."""

from stack.mail import fields
from full_stack import ESTE, OTHER_LIST, OTHER_READER
from world import INDIVIDUAL, LIST, NORTE, Post


def test(world):
    post = Post(ESTE, OTHER_LIST, "Nothing proves it", extra=[("Portavoz-Proof", "login"), ("X-Own", "kept")],
                body="Hola.\r\n.\r\nA line that begins with a dot, and blanks at the end.  \r\n\r\n")
    with world.nothing_bounces():
        reply = world.send(post)
        world.replied(reply, 250, "2.0.0")
        verdict = world.decided(post, "needs-confirmation")
        world.require(verdict["verdict"] == "hold", f"the verdict is hold (it was {verdict['verdict']})")
        world.wait_until(lambda: world.postfix.log_lines(f"{reply.queue_id}: .*status=sent"), "the delivery to be over")
    entry = next((one for one in world.shelf() if post.subject in one["subject"]), None)
    world.require(entry is not None and entry["contact"] == ESTE, "it is on the shelf by then, in the contact's name")
    kept = world.portavoz.ask("held", "show", entry["id"])["held"]["message"].encode()
    world.require(body(kept) == body(post.octets), "with the body as it was sent, octet by octet")
    world.require(fields(kept)["X-Own"] == "kept" and "Portavoz-Proof" not in fields(kept),
                  "and its fields, but for those in our name")
    world.absent(post, at=OTHER_READER)

    # Elsewhere, and for whoever else, nothing changed.
    world.refused(Post(INDIVIDUAL, OTHER_LIST, "A stranger's"), 550, "5.7.2", "not-designated")
    world.refused(Post(ESTE, LIST, "Not its list"), 550, "5.7.2", "not-designated")
    world.refused(Post(NORTE, OTHER_LIST, "Norte, which could sign"), 550, "5.7.26", "not-proven")
    # What was proven, and not meant for this list, is for a person too; what the signature disproves is not.
    elsewhere = world.signed(Post(NORTE, "otra@lista.example", "To another list"))
    world.replied(world.send(elsewhere, to=[OTHER_LIST]), 250, "2.0.0")
    world.decided(elsewhere, "needs-confirmation")
    world.require(world.held(elsewhere)["contact"] == NORTE, "it is kept in Norte's name")

    world.portavoz.run("held", "release", entry["id"], "--reason", "met them: it is theirs")
    arrived = world.arrives_once(post, at=OTHER_READER)
    world.require(not [name for name in arrived if name.lower().startswith("portavoz-")], "without any field of ours")
    world.absent(elsewhere, at=OTHER_READER)
    world.look_for_repetitions()


def body(octets):
    return octets.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
