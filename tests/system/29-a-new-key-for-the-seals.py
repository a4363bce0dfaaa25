"""`portavoz seal rotate` loses no post: what was sealed before, during and after it goes in, also what waited in the queue
meanwhile. Only a retired key's seals are good for nothing."""

import subprocess

from stack.processes import environment
from world import LIST, NORTE, Post


def test(world):
    secret = world.portavoz.seal_key
    old = key_in_use(world)
    before, never = Post(NORTE, LIST, "Sealed with the old key"), Post(NORTE, LIST, "Sealed with a key that is retired")
    with world.list_manager_does("exit 75"):
        waiting = world.send(before, login=NORTE).queue_id
        world.waits(waiting)
        posts = [before, *during_a_rotation(world, secret)]
        new = key_in_use(world)
        world.require(new != old, f"the gate has another key ({old}, then {new})")
        after = Post(NORTE, LIST, "Sealed with the new key")
        world.replied(world.send(after, login=NORTE), 250, "2.0.0")
    world.postfix.try_again()
    for post in (*posts, after):
        world.arrives_once(post)

    # A post that still waits when its key is retired is kept aside, not lost.
    with world.list_manager_does("exit 75"):
        world.waits(world.send(never, login=NORTE).queue_id)
        world.portavoz.run("seal", "rotate", "--secret", secret)
        with world.portavoz.roll_follows():
            world.portavoz.run("seal", "retire", new, "--reason", "a week has passed")
    world.postfix.try_again()
    entry = world.held(never)
    world.require(entry["reason"] == "seal-unknown-key" and entry["contact"] == NORTE,
                  f"it is kept aside in Norte's name, as {entry['reason']}")
    world.look_for_repetitions()
    world.absent(never)


def key_in_use(world):
    return world.portavoz.ask("status")["status"]["seal_key"]["key_id"]


def during_a_rotation(world, secret):
    """Posts without a pause while the key is exchanged; gives them."""
    rotation = subprocess.Popen(world.portavoz.command("seal", "rotate", "--secret", secret), env=environment(), cwd="/",
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    posts = []
    while rotation.poll() is None:
        posts.append(Post(NORTE, LIST, "While the key is exchanged"))
        world.replied(world.send(posts[-1], login=NORTE), 250, "2.0.0")
    world.require(rotation.returncode == 0, f"`portavoz seal rotate` succeeds: {rotation.stdout.read().decode()}")
    world.require(len(posts) > 0, f"{len(posts)} posts came meanwhile")
    return posts
