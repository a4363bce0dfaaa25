"""SPF alone proves a contact whose designation says so. While the DNS cannot be asked, posts that it would prove wait and
ordinary mail passes at once; and it is asked about nobody else's mail."""

import os

from full_stack import SUR, SUR_CLIENT
from world import ALIAS, INDIVIDUAL, LIST, NEIGHBOUR, NORTE, Post


def test(world):
    spf_alone(world)
    nobody_else_is_looked_up(world)
    dead_dns(world)
    silent_dns(world)


def spf_alone(world):
    post = Post(SUR, LIST, "By its own server")
    world.replied(world.send(post, client=SUR_CLIENT), 250, "2.0.0")
    world.require(world.arrives(post)["Portavoz-Proof"] == "spf", "Portavoz-Proof is spf")
    world.decided(post, "proven-by-spf")
    world.refused(Post(SUR, LIST, "By another server"), 550, "5.7.23", "spf-failed")
    world.refused(Post(SUR, LIST, "Another envelope"), 550, "5.7.23", "spf-failed", client=SUR_CLIENT, envelope_from=NORTE)
    # Norte's designation does not say so, whatever its record lets through.
    names = {**world.stack.names.names, NORTE.split("@")[1]: [["TXT", f"v=spf1 ip4:{SUR_CLIENT} -all"]]}
    world.stack.names.say(names)
    world.refused(Post(NORTE, LIST, "SPF passes"), 550, "5.7.26", "not-proven", client=SUR_CLIENT)
    world.stack.names.say(world.stack.names.names)
    # The door does not know the client.
    post = Post(SUR, LIST, "By an alias")
    world.replied(world.send(post, client=SUR_CLIENT, to=[ALIAS]), 250, "2.0.0")
    world.require(world.held(post)["contact"] == SUR, "by an alias it is kept aside in Sur's name")
    world.absent(post)


def nobody_else_is_looked_up(world):
    asked = os.path.getsize(world.stack.dns_log)
    world.refused(world.signed(Post(INDIVIDUAL, LIST, "A stranger's"), world.stack.stranger), 550, "5.7.2", "not-designated")
    by_alias = world.signed(Post(INDIVIDUAL, LIST, "A stranger's by an alias"), world.stack.stranger)
    world.send(by_alias, to=[ALIAS])
    world.held(by_alias)
    ordinary = world.signed(Post(NORTE, NEIGHBOUR, "Ordinary, signed"))
    world.replied(world.send(ordinary), 250, "2.0.0")
    world.arrives(ordinary, at=NEIGHBOUR)
    world.refused(world.signed(Post(NORTE, LIST, "Signed by a stranger"), world.stack.stranger), 550, "5.7.26", "not-proven")
    world.posts(world.signed(Post(NORTE, LIST, "Signed and logged in")), NORTE)
    world.require(os.path.getsize(world.stack.dns_log) == asked, "nothing of this was looked up")


def dead_dns(world):
    signed, by_alias, by_spf = (world.signed(Post(NORTE, LIST, "Signed, without DNS")),
                                world.signed(Post(NORTE, LIST, "Signed, by an alias, without DNS")),
                                Post(SUR, LIST, "SPF, without DNS"))
    world.note("the DNS server is stopped")
    world.stack.dns.stop()
    try:
        wait(world, signed, by_alias, by_spf)
    finally:
        world.stack.start_dns()
        world.note("the DNS server is back")
    pass_now(world, signed, by_alias, by_spf)


def silent_dns(world):
    signed, by_alias, by_spf = (world.signed(Post(NORTE, LIST, "Signed, silent DNS")),
                                world.signed(Post(NORTE, LIST, "Signed, by an alias, silent DNS")),
                                Post(SUR, LIST, "SPF, silent DNS"))
    names = world.stack.names
    world.note("the DNS server never answers")
    names.say({name: [["TIMEOUT", ""]] for name in names.names})
    try:
        wait(world, signed, by_alias, by_spf)
    finally:
        names.say(names.names)
        world.note("the DNS server answers again")
    pass_now(world, signed, by_alias, by_spf)


def wait(world, signed, by_alias, by_spf):
    """Posts that the DNS would prove get 451 or stay in the queue; all other mail passes or is refused as ever."""
    tried = world.send(by_alias, to=[ALIAS])
    world.replied(tried, 250, "2.0.0")
    with world.stack.session() as session, world.stack.session(client=SUR_CLIENT) as another:
        # While these posts are being looked up, other mail comes in sessions of its own.
        begin(session, signed)
        begin(another, by_spf)
        ordinary = world.signed(Post(NORTE, NEIGHBOUR, "Ordinary, without DNS"))
        world.replied(world.send(ordinary), 250, "2.0.0")
        world.arrives(ordinary, at=NEIGHBOUR)
        world.refused(Post(NORTE, LIST, "Unsigned, without DNS"), 550, "5.7.26", "not-proven")
        world.posts(Post(NORTE, LIST, "Logged in, without DNS"), NORTE)
        world.replied(session.read(), 451, "4.4.3")
        world.replied(another.read(), 451, "4.7.24")
    world.decided(signed, "dkim-unavailable")
    world.decided(by_spf, "spf-unavailable")
    world.waits(tried.queue_id)


def begin(session, post):
    """The whole post; the reply to it is left for later."""
    session.command(f"MAIL FROM:<{post.sender}>")
    session.command(f"RCPT TO:<{LIST}>")
    session.command("DATA")
    session.give(post.octets)


def pass_now(world, signed, by_alias, by_spf):
    world.replied(world.send(signed), 250, "2.0.0")
    world.replied(world.send(by_spf, client=SUR_CLIENT), 250, "2.0.0")
    world.postfix.try_again()
    for post in (signed, by_spf, by_alias):
        world.arrives_once(post)
    world.look_for_repetitions()
