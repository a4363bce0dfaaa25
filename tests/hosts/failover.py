"""The primary goes away under load, after its standby had been away, and the standby takes over.

The story is played first; the tests look at what was when. What does not come in time is theirs to miss.
"""

import collections
import contextlib
import os
import time

from stack.mail import fields
from stack.posts import Post
from stack.processes import Failure, wait_until
from stack.stack import INDIVIDUAL, LIST, NEIGHBOUR, NORTE
from world import ASSEMBLIES, ESTE, OTHER_LIST, SUR, require

WITHOUT_STANDBY = 8  # seconds
OUTAGE = 3  # seconds without any primary, at least


def play(world, how):
    """`how` the primary goes away: killed or vanished, as tests/hosts/run says."""
    world.patience = 240 if how == "vanished" else 60
    world.begin_load()
    without_standby(world)
    without_primary(world, how)
    after_failover(world)


def patiently(world, condition):
    with contextlib.suppress(Failure):
        wait_until(condition, "", world.patience)


def without_standby(world):
    primary, standby = world.databases
    world.standby_gone = time.monotonic()
    standby.kill()
    time.sleep(WITHOUT_STANDBY)
    world.late_without_standby = sum((late_posts(world, host) for host in world.mail_hosts), [])
    world.standby_back = time.monotonic()
    standby.come_back(primary)


def without_primary(world, how):
    primary, standby = world.databases
    a, b = world.mail_hosts
    world.queue_checks()
    wait_until(lambda: world.unfinished_checks() < ASSEMBLIES - 10 and rotated(world, a) and rotated(world, b),
               "some checks to be done and new keys on both hosts", 60)
    world.checks_left, world.killed = world.unfinished_checks(), time.monotonic()
    if how == "killed":
        primary.kill()
    else:
        world.network.cut(primary.host)
    world.refusal = a.portavoz.attempt("suspend", world.contacts[SUR], "--reason", "its mailbox was stolen")
    time.sleep(OUTAGE)
    standby.promote()
    world.promoted, world.register = time.monotonic(), standby


def after_failover(world):
    a, b = world.mail_hosts
    b.portavoz.run("suspend", world.contacts[SUR], "--reason", "its mailbox was stolen")
    world.revoked = time.monotonic()
    a.portavoz.run("restore", world.contacts[ESTE], "--reason", "it has its mailbox again")
    world.restored = time.monotonic()
    for host in world.mail_hosts:
        patiently(world, lambda host=host: answers_of(world.sent_by(SUR, host))[-1:] == ["550 5.7.2"]
                  and answers_of(world.sent_by(ESTE, host))[-1:] == ["250 2.0.0"])
    world.followed = time.monotonic()  # both gates are at the new primary
    for host in world.mail_hosts:
        patiently(world, lambda host=host: rotated(world, host, world.followed))
    patiently(world, lambda: world.unfinished_checks() == len(leased_for_nobody(world)))
    world.queue_checks_again()
    patiently(world, lambda: world.unfinished_checks() == len(leased_for_nobody(world)))
    world.background.stop()


def late_posts(world, host):
    """Posts that this host took seconds ago and still has."""
    old = time.time() - WITHOUT_STANDBY / 2
    found = []
    for path in host.postfix.waiting("incoming", "active", "deferred"):
        with contextlib.suppress(FileNotFoundError):
            if os.stat(path).st_ctime < old:
                found.append(f"{host.name}:{os.path.basename(path)}")
    return found


def rotated(world, host, since=0.0):
    return [one for one in list(world.rotations) if one.host is host and one.begun > since and one.status == 0]


def answers_of(sent):
    return [str(one.reply) for one in sent]


def leased_for_nobody(world):
    """Checks that a verifier claimed while the primary died and does not know of; they come back when the lease ends."""
    rows = world.register.psql("SELECT check_id, worker FROM portavoz.checks WHERE finished_at IS NULL AND worker IS NOT NULL "
                               "AND due_at > now() + interval '5 minutes'").split()
    return rows if time.monotonic() > world.promoted + world.patience / 2 else []


# ---- what must be true


def every_message_got_its_answer(world):
    """every message got its answer, also while there was no primary: posts taken, strangers refused, ordinary mail taken"""
    for sender, recipients, right in ((NORTE, (LIST, OTHER_LIST), "250 2.0.0"), (INDIVIDUAL, (LIST, OTHER_LIST), "550 5.7.2"),
                                      (INDIVIDUAL, (NEIGHBOUR,), "250 2.0.0")):
        for host in world.mail_hosts:
            sent = [one for one in world.sent_by(sender, host) if one.post.recipient in recipients]
            meanwhile = sum(world.killed < one.begun < world.promoted for one in sent)
            wrong = collections.Counter(answers_of(sent))
            wrong.pop(right, None)
            require(not wrong, f"on {host.name} {sender} was answered {dict(wrong)} in place of {right}")
            require(meanwhile >= OUTAGE, f"on {host.name} {sender} sent {meanwhile} messages while there was no primary")
    longest = max(one.ended - one.begun for one in world.sent)
    return f"{len(world.sent)} messages, the slowest answer after {longest:.2f} s"


def no_post_waits_for_the_standby(world):
    """while the synchronous standby is away, and no decision can be made, posts go to their lists as ever"""
    seconds = world.standby_back - world.standby_gone
    require(not world.late_without_standby, f"after {seconds:.0f} s these were still in a queue: {world.late_without_standby}")
    sent = [one for one in world.sent_by(NORTE) if world.standby_gone < one.begun < world.standby_back]
    require(len(sent) > 10, f"there were {len(sent)} posts")
    tried = [one for one in world.rotations if world.standby_gone + 1 < one.ended < world.standby_back]
    require(not tried, f"a key was published without a standby: {tried}")
    return f"{len(sent)} posts in {seconds:.0f} s"


def a_decision_without_a_primary(world):
    """a decision while there is no primary is refused with status 69 and a sentence that says why"""
    status, said = world.refusal.returncode, world.refusal.stderr.decode()
    require(status == 69, f"the command line ended with {status}: {said}")
    require("promote the standby" in said, f"it said: {said}")


def a_revocation_after_the_failover(world):
    """a revocation made after the failover is in force on both gates, and stays so"""
    return decided(world, SUR, "250 2.0.0", "550 5.7.2", world.revoked)


def a_designation_after_the_failover(world):
    """a right that was given back after the failover is in force on both gates, and stays so"""
    return decided(world, ESTE, "550 5.7.2", "250 2.0.0", world.restored)


def decided(world, sender, before, after, decided_at):
    """Before the decision one answer, then moments in which either may come, then the other answer; says how long that was."""
    notes = []
    for host in world.mail_hosts:
        sent = world.sent_by(sender, host)
        first = next((one for one in sent if str(one.reply) == after), None)
        require(first, f"{host.name} never answered {after}")
        wrong = [str(one.reply) for one in sent if str(one.reply) != (before if one.begun < first.begun else after)]
        require(not wrong, f"{host.name} answered {wrong}")
        require(first.ended > decided_at - 1, f"{host.name} answered {after} before it was decided")
        notes.append(f"{host.name} {max(0, first.begun - decided_at):.1f} s after COMMIT")
    return ", ".join(notes)


def each_post_went_in_once(world):
    """each post that a gate took was sealed for the door of either host, and went to its list once"""
    taken = [one for one in world.sent if one.reply and one.reply.accepted and one.post.recipient != NEIGHBOUR]
    managers = {host.list_address: host.list_manager for host in world.mail_hosts}

    def arrived():
        return {of_list: collections.Counter(fields(octets)["Message-ID"] for octets in manager.posts())
                for of_list, manager in managers.items()}

    wait_until(lambda: sum(len(one) for one in arrived().values()) >= len(taken), "all posts at their lists",
               world.patience)
    counts = arrived()
    for one in taken:
        times = counts[one.post.recipient].pop(one.post.message_id, 0)
        require(times == 1, f"“{one.post.subject}” of {one.host.name} went to {one.post.recipient} {times} times")
    require(not any(counts.values()), f"posts that no gate took went to a list: {counts}")
    for host in world.mail_hosts:
        kept = os.listdir(host.portavoz.held)
        require(not [name for name in kept if name.endswith(".eml")], f"the door on {host.name} kept posts aside: {kept}")
    ways = collections.Counter((one.host.name, one.post.recipient) for one in taken)
    require(len(ways) == 4 and min(ways.values()) > 10, f"too few posts on some way: {ways}")
    return f"{len(taken)} posts, {min(ways.values())} or more on each of the four ways"


def the_register_knows_what_went_in(world):
    """the register knows of each post that it went in, whichever door that was, also of those without a primary"""
    for host in world.mail_hosts:  # what was left is told with the next post
        for of_list in (LIST, OTHER_LIST):
            reply = host.send(Post(NORTE, of_list, "The last one"))
            require(reply.accepted, f"the last post was answered {reply}")
    taken = 4 + sum(bool(one.reply) and one.reply.accepted and one.post.recipient != NEIGHBOUR for one in world.sent)

    def marks():
        return int(world.register.psql("SELECT count(*) FROM portavoz.marks"))

    with contextlib.suppress(Failure):
        wait_until(lambda: marks() >= taken, "the marks of all posts", world.patience)
    require(marks() == taken, f"there are {marks()} marks of {taken} posts")
    return f"{taken} marks"


def seal_keys_went_on_changing(world):
    """the seal keys of both hosts went on changing; without a primary they stayed, and the command line said so"""
    failed = [one for one in world.rotations if one.status != 0]
    for one in failed:
        # A database that is killed breaks off whom it was just speaking with.
        require(one.ended > world.standby_gone and one.begun < world.followed,
                f"on {one.host.name} it failed although the gates were at a primary: {one.said}")
        require(one.status in (69, 75), f"on {one.host.name} it ended with {one.status}: {one.said}")
    require(failed, "it never failed: the outage was none")
    for host in world.mail_hosts:
        require(rotated(world, host, world.followed), f"{host.name} got no new key after the failover")
    return "; ".join(f"{host.name}: {len(rotated(world, host))} new keys, {len(rotated(world, host, world.followed))} of them "
                     "after the failover" for host in world.mail_hosts)


def no_check_was_lost(world):
    """each check that was due came to one report"""
    require(world.checks_left > 10, f"only {world.checks_left} checks were left when the primary died")
    late = leased_for_nobody(world)
    if late:  # its claim was made, and the answer never came: it is done when the lease ends
        world.register.psql("UPDATE portavoz.checks SET due_at = now() WHERE finished_at IS NULL")
        patiently(world, lambda: world.unfinished_checks() == 0)
    require(world.unfinished_checks() == 0, f"{world.unfinished_checks()} checks are not done")
    reports = collections.Counter(int(one) for one in world.register.psql(
        "SELECT count(r.report_id) FROM portavoz.checks AS k LEFT JOIN portavoz.reports AS r USING (check_id) "
        "WHERE k.why IS NULL OR k.why NOT LIKE 'closed: %' GROUP BY k.check_id").split())
    require(set(reports) == {1}, f"reports a check: {dict(reports)}")
    return (f"{reports[1]} checks, {world.checks_left} of them left when the primary died, and {len(late)} done only when a "
            "lease had ended")


def no_check_was_done_twice_at_once(world):
    """no page was asked for by both verifiers at a time, and none more often than its check was claimed"""
    by_site = collections.defaultdict(list)
    for one in world.sites.requests:
        by_site[one.site].append(one)
    for site, requests in by_site.items():
        requests.sort(key=lambda one: one.begun)
        for one, following in zip(requests, requests[1:]):
            require(following.begun >= one.ended, f"{site} was asked by {one.client} and {following.client} at a time")
    pages = sum(one.path != "/robots.txt" for one in world.sites.requests)
    claims = int(world.register.psql("SELECT sum(attempt) FROM portavoz.checks"))
    require(pages <= claims, f"{pages} pages were asked for, and {claims} checks were claimed")
    clients = collections.Counter(one.client for one in world.sites.requests)
    require(len(clients) == 2, f"only one verifier worked: {clients}")
    return f"{pages} pages for {claims} claims"


def every_verdict_stands_in_the_register(world):
    """every verdict stands in the register, also those of the time without a primary"""
    asked = {one.post.message_id for one in world.sent if one.reply and one.post.recipient != NEIGHBOUR}

    def missing():
        return asked - set(world.register.psql("SELECT message_id FROM portavoz.verdicts").split("\n"))

    wait_until(lambda: not missing(), "the verdicts in the register", world.patience)
    return f"{len(asked)} verdicts"


TESTS = (every_message_got_its_answer, no_post_waits_for_the_standby, a_decision_without_a_primary,
         a_revocation_after_the_failover, a_designation_after_the_failover, each_post_went_in_once,
         the_register_knows_what_went_in, seal_keys_went_on_changing, no_check_was_lost, no_check_was_done_twice_at_once,
         every_verdict_stands_in_the_register)
