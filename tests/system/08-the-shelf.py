"""Posts on the shelf can be read, handed on to the readers, or thrown away, each with a reason that stays in the history."""

from world import ALIAS, NORTE, Post


def test(world):
    good, bad = Post(NORTE, ALIAS, "To be released"), Post(NORTE, ALIAS, "To be dropped")
    for post in (good, bad):
        world.replied(world.send(post), 250, "2.0.0")
    kept, thrown = world.held(good)["id"], world.held(bad)["id"]
    world.require(good.subject in world.portavoz.run("held", "show", kept), "`held show` shows the post")

    world.portavoz.run("held", "release", kept, "--reason", "asked them: it is theirs")
    world.arrives(good)
    world.portavoz.run("held", "drop", thrown, "--reason", "advertising")
    left = [entry["id"] for entry in world.shelf()]
    world.require(kept not in left and thrown not in left, "both are gone from the shelf")
    world.honest_post_passes()
    world.absent(bad)

    history = world.portavoz.ask("log", "--limit", "20")["history"]
    said = [str(entry) for entry in history]
    world.require(any(kept in one and "asked them" in one for one in said), "the release stands in the history")
    world.require(any(thrown in one and "advertising" in one for one in said), "so does the drop")
    again = world.portavoz.attempt("held", "release", thrown, "--reason", "too late")
    world.require(again.returncode == 66, f"what was dropped cannot be released (exit {again.returncode})")
