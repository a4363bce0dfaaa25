"""The standby is asynchronous, and the primary dies before it has the last commits: what is forgotten then, and how it is put
right, as deploy/hosts.md says.

The story is played first; the tests look at what was when.
"""

from stack.posts import Post
from stack.processes import wait_until
from stack.stack import NORTE, LIST
from world import OTHER_LIST, SUR, require


def play(world, _how):
    a, b = world.mail_hosts
    primary, standby = world.databases
    primary.commit_without_standby()
    world.network.cut(standby.host)
    a.portavoz.run("seal", "rotate", "--secret", a.portavoz.seal_key)
    a.portavoz.run("suspend", world.contacts[SUR], "--reason", "its mailbox was stolen")
    post = Post(NORTE, OTHER_LIST, "Sealed with the new key")
    world.before = [a.send(post), answer_in_time(a, "550 5.7.2")]
    wait_until(lambda: arrived(b, post), "the post at its list", 20, b.door_log)
    primary.kill()
    # Promoted first: what the dead primary's kernel has not delivered yet would still come, once the way is free.
    standby.promote()
    world.network.mend(standby.host)
    world.register = standby


def answer_in_time(host, wanted):
    """The answer to posts of Sur as soon as it is the wanted one, or else the last one."""
    answers = []

    def wanted_came():
        answers.append(host.send(Post(SUR, LIST, "Of a suspended contact")))
        return str(answers[-1]) == wanted

    wait_until(wanted_came, f"{host.name} to answer {wanted}", 60, host.portavoz.gate_log)
    return answers[-1]


def arrived(host, post):
    return any(post.message_id.encode() in octets for octets in host.list_manager.posts())


def kept(host):
    return host.portavoz.ask("held", "list")["held"]


# ---- what must be true


def a_lost_revocation_is_forgotten(world):
    """a revocation that no standby had is forgotten by every gate, as documented: it has to be made again"""
    require([str(one) for one in world.before] == ["250 2.0.0", "550 5.7.2"], f"before it was {world.before}")
    for host in world.mail_hosts:
        answer_in_time(host, "250 2.0.0")
    world.mail_hosts[1].portavoz.run("suspend", world.contacts[SUR], "--reason", "its mailbox was stolen")
    for host in world.mail_hosts:
        answer_in_time(host, "550 5.7.2")


def a_lost_key_is_seen(world):
    """a seal key that no standby had is unknown to the doors: `portavoz status` says so, and its posts are kept aside"""
    a, b = world.mail_hosts
    world.post = Post(NORTE, OTHER_LIST, "Sealed with a key that is forgotten")
    require(a.send(world.post).accepted, "the gate takes it")
    wait_until(lambda: kept(b), "the post on the shelf", 20, b.door_log)
    reason = kept(b)[0]["reason"]
    require(reason == "seal-unknown-key", f"it was kept aside as {reason}")
    done = a.portavoz.attempt("status")
    require(done.returncode != 0 and b"seal key" in done.stdout, f"status ended with {done.returncode}: {done.stdout.decode()}")


def the_key_is_published_again(world):
    """`portavoz seal make-key` publishes the key that the host has, and what was kept aside is released to its list"""
    a, b = world.mail_hosts
    post = Post(NORTE, OTHER_LIST, "Sealed with a key that was published again")
    with b.portavoz.roll_follows():
        a.portavoz.run("seal", "make-key", "--secret", a.portavoz.seal_key)
    require(a.send(post).accepted, "the gate takes it")
    wait_until(lambda: arrived(b, post), "the post at its list", 20, b.door_log)
    b.portavoz.run("held", "release", kept(b)[0]["id"], "--reason", "its key was lost")
    require(arrived(b, world.post), "the post that was kept aside went to its list")
    require(not kept(b), "nothing is kept aside any more")


TESTS = (a_lost_revocation_is_forgotten, a_lost_key_is_seen, the_key_is_published_again)
