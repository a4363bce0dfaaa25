"""Mail to ordinary users arrives octet by octet as it was sent, whatever it holds, and leaves no verdict."""

import re

from stack.mail import header_lines
from world import INDIVIDUAL, NEIGHBOUR, NORTE, Post

ADDED_BY_POSTFIX = re.compile(rb"(Return-Path|X-Original-To|Delivered-To|Received):")


def test(world):
    odd = [("X-Folded", "one\r\n\ttwo\r\n   three"), ("x-CASE", "kept"), ("Portavoz-Assembly", "not ours to remove here"),
           ("X-Empty", ""), ("Subject", "a second subject"), ("Auto-Submitted", "auto-replied")]
    for post in (Post(INDIVIDUAL, NEIGHBOUR, "Plain"), Post(INDIVIDUAL, NEIGHBOUR, "Odd", extra=odd),
                 Post(NORTE, NEIGHBOUR, "From a designated contact, without login"),
                 Post(INDIVIDUAL, NEIGHBOUR, "Two authors", fields_from=[INDIVIDUAL, NORTE]),
                 Post(INDIVIDUAL, NEIGHBOUR, "Long", body="0123456789abcdef\r\n" * 60000)):
        world.replied(world.send(post), 250, "2.0.0")
        arrived = world.stack.maildir(NEIGHBOUR).wait_for(post.subject)
        kept = [line for line in header_lines(arrived) if not ADDED_BY_POSTFIX.match(line)]
        world.require(kept == header_lines(post.octets), f"“{post.subject}”: every header field as it was sent")
        world.require(body(arrived) == body(post.octets), f"“{post.subject}”: the body as it was sent")
        explained = world.portavoz.attempt("explain", post.message_id)
        world.require(explained.returncode == 66, f"“{post.subject}”: there is no verdict")


def body(octets):
    return octets.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
