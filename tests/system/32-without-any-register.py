"""A small operator runs gate and door from a file, without any register: the designated contact posts, strangers are refused,
whoever is taken out of the file is refused from the next message on, a roster past its day makes posts wait, a signed post
goes in once, and nothing waits anywhere for a register."""

import os

from stack.processes import run
from world import ALIAS, INDIVIDUAL, LIST, NEIGHBOUR, NORTE, Post

HEAD = "assembly,list,address,logins,languages,admin"
THE_LIST = f",{LIST},,,es;en,admins@listas.example"
CONTACT = f"Asamblea del Norte,{LIST},{NORTE},{NORTE},,"


def test(world):
    with world.nothing_bounces():
        with world.small_operator() as build:
            waiting = what_waits_for_a_register(world)
            before_the_first_roster(world)
            built(world, build, HEAD, THE_LIST, CONTACT)
            only_the_gates_user_builds(world)
            the_contact_posts_and_others_do_not(world)
            a_signed_post_goes_in_once(world)
            a_wrong_roster_changes_nothing(world, build)
            a_roster_past_its_day(world, build)
            what_was_kept_aside_can_be_released(world)
            the_contact_is_taken_out(world, build)
            what_needs_a_register_says_so(world)
            world.require(what_waits_for_a_register(world) == waiting, "nothing waits for a register")
    world.look_for_repetitions()


def built(world, build, *lines):
    done = build(*lines)
    world.require(done.returncode == 0, f"the roster becomes the roll ({done.stderr.decode(errors='replace')})")


def refused(world, post, code, enhanced, **how):
    world.replied(world.send(post, **how), code, enhanced)
    world.absent(post)


def the_contact_posts(world, name):
    post = Post(NORTE, LIST, name)
    world.replied(world.send(post, login=NORTE), 250, "2.0.0")
    return world.arrives_once(post)


def ordinary_mail_passes(world, name):
    ordinary = Post(INDIVIDUAL, NEIGHBOUR, name)
    world.replied(world.send(ordinary), 250, "2.0.0")
    world.arrives(ordinary, at=NEIGHBOUR)


def before_the_first_roster(world):
    refused(world, Post(NORTE, LIST, "Before the first roster"), 451, "4.3.0", login=NORTE)
    ordinary_mail_passes(world, "Ordinary, before the first roster")


def only_the_gates_user_builds(world):
    """Files of root's would be shut to the gate."""
    done = world.portavoz.attempt("roll", "build", f"{world.stack.directory}/etc/roster.csv")
    said = done.stderr.decode(errors="replace")
    world.require(done.returncode == 77 and "sudo -u portavoz-milter" in said, f"root is told as whom to build ({said})")


def the_contact_posts_and_others_do_not(world):
    arrived = the_contact_posts(world, "From a roster")
    by = " ".join(arrived["Portavoz-Designation"].split())
    world.require(by == f"list={LIST}; contact={NORTE}; decision=roster", f"the roster stands behind it ({by})")
    refused(world, Post(INDIVIDUAL, LIST, "A stranger, and a roster"), 550, "5.7.2", login=INDIVIDUAL)
    refused(world, Post(NORTE, LIST, "Nothing proves it, and a roster"), 550, "5.7.26")
    ordinary_mail_passes(world, "Ordinary, and a roster")


def a_signed_post_goes_in_once(world):
    """The gate does not hear of it, the door of this host remembers."""
    post = world.signed(Post(NORTE, LIST, "Signed, and a roster"))
    world.replied(world.send(post), 250, "2.0.0")
    world.arrives_once(post)
    for way in (LIST, ALIAS):
        reply = world.send(post, to=[way])
        world.replied(reply, 250, "2.0.0")
        world.ends_at_the_door(reply.queue_id, "seal-repeated")


def a_wrong_roster_changes_nothing(world, build):
    done = build(HEAD, THE_LIST, f"Somebody,{LIST},{INDIVIDUAL},,,", f"Este,{LIST},nobody,,,", f"Oeste,{LIST},x@vecinos,,,")
    said = done.stderr.decode(errors="replace")
    world.require(done.returncode == 65 and "roster.csv:4: " in said and "roster.csv:5: " in said and ":3:" not in said,
                  f"each bad line is named, and no other ({said})")
    the_contact_posts(world, "After a wrong roster")
    refused(world, Post(INDIVIDUAL, LIST, "A stranger of a wrong roster"), 550, "5.7.2", login=INDIVIDUAL)


def a_roster_past_its_day(world, build):
    built(world, build, "# valid-until: 2026-01-31", HEAD, THE_LIST, CONTACT)
    refused(world, Post(NORTE, LIST, "Past its day"), 451, "4.3.0", login=NORTE)
    refused(world, Post(INDIVIDUAL, LIST, "A stranger, past its day"), 451, "4.3.0", login=INDIVIDUAL)
    ordinary_mail_passes(world, "Ordinary, past its day")
    by_alias = world.signed(Post(NORTE, LIST, "By an alias, past its day"))
    reply = world.send(by_alias, to=[ALIAS])
    world.replied(reply, 250, "2.0.0")
    world.waits(reply.queue_id)
    world.require(world.portavoz.attempt("roll", "age").returncode == 1, "`portavoz roll age` says so")
    built(world, build, "# valid-until: 2999-12-31", HEAD, THE_LIST, CONTACT)
    world.postfix.try_again()
    world.arrives_once(by_alias)
    the_contact_posts(world, "Before its day")


def what_was_kept_aside_can_be_released(world):
    post = Post(NORTE, LIST, "Kept aside, and a roster")
    world.replied(world.send(post, to=[ALIAS]), 250, "2.0.0")
    entry = world.held(post)
    done = world.portavoz.attempt("held", "release", entry["id"], "--reason", "it is theirs")
    said = done.stderr.decode(errors="replace")
    world.require(done.returncode == 0 and "it is theirs" in said, f"it is released, and the log has why ({said})")
    world.arrives_once(post)


def the_contact_is_taken_out(world, build):
    built(world, build, HEAD, THE_LIST)
    refused(world, Post(NORTE, LIST, "Taken out of the roster"), 550, "5.7.2", login=NORTE)
    refused(world, world.signed(Post(NORTE, LIST, "Taken out of the roster, signed")), 550, "5.7.2")


def what_needs_a_register_says_so(world):
    for program in ("portavoz-verifier", "portavoz-outbox"):
        done = run([f"{world.portavoz.programs}/{program}", "--config", world.portavoz.config, "--once"])
        said = done.stderr.decode(errors="replace")
        world.require(done.returncode == 78 and "register: none" in said, f"{program} does not start ({said})")
    parts = world.portavoz.attempt("status", "--json").stdout.decode()
    world.require('"none: the roll is built from a roster"' in parts, f"status misses no register ({parts})")


def what_waits_for_a_register(world):
    """The files of verdicts and of marks that are on their way to a register."""
    places = (f"{world.stack.directory}/gate/spool", f"{world.stack.directory}/door/seals/unsent")
    return [sorted(os.listdir(place)) if os.path.isdir(place) else [] for place in places]
