"""A signature is good for one post: whoever brings a signed or a sealed post again does not get it posted again, at this
gate or another, with a signature removed, a month later, or from a reader's mailbox. An honest sender who was told to try
later gets in."""

import contextlib
import re
import time
from email.utils import formatdate

from full_stack import OTHER_ALIAS, OTHER_READER
from milter import TRY_LATER
from world import ALIAS, INDIVIDUAL, LATER_MILTER, LIST, NORTE, READER, SECOND_GATE, Post

DAY = 86400
A_MONTH = 31 * DAY


def test(world):
    with world.nothing_bounces():
        tried_again(world)
        without_the_first_signature(world)
        a_gate_that_was_not_told(world)
        a_month_later(world)
        from_a_readers_mailbox(world)
        copies_with_a_seal(world)
        a_seal_that_is_too_old(world)
    world.look_for_repetitions()


def tried_again(world):
    """A later milter says 4xx after the gate let the post through; the sender's server tries again."""
    post = world.signed(Post(NORTE, LIST, "Told to try later"))
    world.stack.later.answers.append(TRY_LATER)
    reply = world.send(post, port=LATER_MILTER)
    world.require(reply.code == 451, f"the later milter says 451 (it was {reply})")
    world.decided(post, "proven-by-dkim")
    with world.remembered():
        world.replied(world.send(post, port=LATER_MILTER), 250, "2.0.0")
        world.arrives_once(post)
    world.says(world.send(post), "already-posted")
    world.decided(post, "already-posted")
    world.replied(world.send(post, port=SECOND_GATE), 550, "5.7.1")


def without_the_first_signature(world):
    post = world.signed(Post(NORTE, LIST, "Signed twice"), world.stack.norte, world.stack.norte_again)
    with world.remembered():
        world.replied(world.send(post), 250, "2.0.0")
        world.arrives_once(post)
    first, rest = re.split(rb"\r\n(?![ \t])", post.octets, maxsplit=1)
    world.require(first.startswith(b"DKIM-Signature:") and rest.startswith(b"DKIM-Signature:"), "the first of two goes")
    post.octets = rest
    world.replied(world.send(post), 550, "5.7.1")
    again = world.signed(post, world.stack.norte)  # signed anew by its own domain: the same Message-ID and text
    world.replied(world.send(again), 550, "5.7.1")


def a_gate_that_was_not_told(world):
    """While the register is away the second gate has not heard of the post; the door remembers."""
    post = world.signed(Post(NORTE, LIST, "Between two gates"))
    with world.remembered():
        with world.without_register():
            world.replied(world.send(post), 250, "2.0.0")
            world.arrives_once(post)
            reply = world.send(post, port=SECOND_GATE)
            world.replied(reply, 250, "2.0.0")
            world.ends_at_the_door(reply.queue_id, "seal-repeated", "already-posted")
        # What the door could not tell the register goes with a later post.
        with world.remembered():
            later = world.signed(Post(NORTE, LIST, "A later post"))
            world.replied(world.send(later), 250, "2.0.0")
            world.arrives_once(later)
    world.replied(world.send(post, port=SECOND_GATE), 550, "5.7.1")


def a_month_later(world):
    """The memory has forgotten the post; its signed Date is too old by then."""
    post = world.signed(Post(NORTE, LIST, "To be forgotten"))
    with world.remembered():
        world.replied(world.send(post), 250, "2.0.0")
        world.arrives_once(post)
    now = int(time.time())
    world.stack.postgres.psql(f"UPDATE portavoz.marks SET posted_at = posted_at - interval '{A_MONTH} s'")
    world.require(world.marks() == 0, "the register has forgotten every post")
    clock = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + A_MONTH))
    with world.configured({"testing": {"clock": clock}, "roll": {"max_age": "40d"}}, gate=True):
        world.replied(world.send(post), 550, "5.7.26")
        world.decided(post, "too-old")
    # So is a post that never came before.
    old = Post(NORTE, LIST, "Written long ago")
    date = next(line for line in old.octets.split(b"\r\n") if line.startswith(b"Date:"))
    old.octets = old.octets.replace(date, b"Date: " + formatdate(now - A_MONTH).encode())
    world.refused(world.signed(old), 550, "5.7.26", "too-old")


def from_a_readers_mailbox(world):
    for post, login, rule in ((world.signed(Post(NORTE, LIST, "Read by a reader, signed")), None, "already-posted"),
                              (Post(NORTE, LIST, "Read by a reader, sent with a login"), NORTE, "not-proven")):
        with world.remembered() if login is None else contextlib.nullcontext():
            world.replied(world.send(post, login=login), 250, "2.0.0")
            world.arrives_once(post)
        copy = world.stack.maildir(READER).find(post.subject).replace(b"\n", b"\r\n")
        reply = world.stack.send(INDIVIDUAL, [LIST], copy, INDIVIDUAL)
        world.require(500 <= reply.code < 600, f"a reader's copy is refused, with the reader's login ({reply})")
        reply = world.stack.send(INDIVIDUAL, [LIST], copy)
        world.require(500 <= reply.code < 600, f"and without ({reply})")
        world.decided(post, rule)
        reply = world.stack.send(INDIVIDUAL, [ALIAS], copy)
        world.replied(reply, 250, "2.0.0")
        if rule == "already-posted":
            world.ends_at_the_door(reply.queue_id, "seal-repeated", "already-posted")
        else:
            world.require(world.held(post)["reason"] == "unsealed", "the copy by the alias is kept aside")


def copies_with_a_seal(world):
    """Somebody got at the mail server's queue, where posts carry their seals."""
    signed = world.signed(Post(NORTE, LIST, "A sealed copy, signed"))
    with world.remembered():
        octets = world.sealed_copy(signed)
    status, said = world.second_door(octets, "COPY1")
    world.require(status == 0 and "already-posted" in said, "another host's door knows it already")

    post = Post(NORTE, LIST, "A sealed copy, sent with a login")
    with world.remembered():
        octets = world.sealed_copy(post, login=NORTE)
    status, said = world.second_door(octets, "COPY2")
    world.require(status == 0 and "already-posted" in said, "another host's door knows this seal as well")
    crlf = octets.replace(b"\n", b"\r\n")
    reply = world.stack.send(INDIVIDUAL, [ALIAS], crlf)
    world.ends_at_the_door(reply.queue_id, "seal-repeated", "already-posted")
    world.replied(world.stack.send(INDIVIDUAL, [LIST], crlf), 550, "5.7.26")  # the gate takes the seal off
    changed = crlf.replace(b"Hola.", b"Adios.")
    world.stack.send(INDIVIDUAL, [ALIAS], changed)
    world.stack.send(INDIVIDUAL, [OTHER_ALIAS], crlf)
    for reason in ("seal-forged", "seal-other-list"):
        world.wait_until(lambda reason=reason: held_as(world, post, reason), f"a copy on the shelf as {reason}")
    world.absent(post, at=OTHER_READER)


def held_as(world, post, reason):
    return [one for one in world.shelf() if post.subject in one["subject"] and one["reason"] == reason]


def a_seal_that_is_too_old(world):
    post = Post(NORTE, LIST, "Waits until its seal has expired")
    with world.list_manager_does("exit 75"):
        reply = world.send(post, login=NORTE)
        world.waits(reply.queue_id)
        with world.configured({"door": {"seal_lifetime": "1s"}}):
            entry = world.held(post)
    world.require(entry["reason"] == "seal-expired" and entry["contact"] == NORTE,
                  f"it is kept aside in Norte's name, as {entry['reason']}")
    world.absent(post)
