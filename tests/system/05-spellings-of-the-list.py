"""The list is guarded in every spelling that the mail server takes for it."""

from world import INDIVIDUAL, LIST, Post

SPELLINGS = ("AVISOS@LISTAS.EXAMPLE", '"avisos"@listas.example', "avi\\sos@listas.example", "avisos@listas.example.",
             "@relay.example:avisos@listas.example", '"avi\\sos"@Listas.Example')


def test(world):
    for spelling in SPELLINGS:
        post = Post(INDIVIDUAL, LIST, "Spelled")
        reply = world.send(post, to=[spelling], login=INDIVIDUAL)
        # The mail server may refuse a spelling itself (5xx at RCPT, of another enhanced code); what it takes is ours.
        if reply.enhanced in ("5.7.2", "2.0.0"):
            world.replied(reply, 550, "5.7.2")
            world.decided(post, "not-designated")
        else:
            world.require(500 <= reply.code < 600, f"{spelling}: refused by the mail server itself ({reply})")
        world.absent(post)
    world.honest_post_passes()
