"""When the looks of three days saw the domain of a contact's address gone, the clerk has its posts wait, at the gate and at the
door, whatever proves them, until an admin decides."""

from world import ALIAS, LIST, NORTE, Post

# Looks of the last four days, as the verifier would have left them.
LOOKS = """
WITH looks AS (
  INSERT INTO portavoz.checks (contact_id, attempt, finished_at)
  SELECT {contact}, 1, now() - day * interval '1 day' FROM generate_series(4, 0, -1) AS day RETURNING check_id, finished_at)
INSERT INTO portavoz.reports (check_id, attempt, contact_id, outcome, url, fetched_at, evidence, reasons, verifier, domain,
                              created_at)
SELECT check_id, 1, {contact}, 'dns_failed', 'https://gone.example/', finished_at, '[]', '[]', 'a test', 'gone', finished_at
  FROM looks ORDER BY finished_at"""


def test(world):
    contact = world.contact(NORTE)
    clerk_sees_to(world, contact, "true")
    with world.portavoz.roll_follows():
        world.stack.postgres.psql(LOOKS.format(contact=contact))
        clerk_sees_to(world, contact, "domain_held_since IS NOT NULL")
    world.refused(Post(NORTE, LIST, "From a domain that is gone"), 451, "4.1.8", "domain-gone", login=NORTE)
    by_alias = world.signed(Post(NORTE, LIST, "By an alias, from a domain that is gone"))
    reply = world.send(by_alias, to=[ALIAS])
    world.replied(reply, 250, "2.0.0")
    world.waits(reply.queue_id)
    pages = {page["contact_id"]: page["why"] for page in world.portavoz.ask("reports")["pages"]}
    world.require(pages.get(contact) == "domain-gone", f"the admins see why ({pages})")

    world.portavoz.decide("restore", contact, "they renewed it, and rang to say so")
    world.posts(Post(NORTE, LIST, "The domain is theirs"), NORTE)
    world.postfix.try_again()
    world.arrives_once(by_alias)
    world.look_for_repetitions()


def clerk_sees_to(world, contact, condition):
    """The clerk, started anew, works at once."""
    world.portavoz.clerk.stop()
    world.portavoz.start_clerk()
    sql = f"SELECT count(*) FROM portavoz.page_watches WHERE contact_id = {contact} AND {condition}"
    world.wait_until(lambda: int(world.stack.postgres.psql(sql)), f"the clerk's word on contact {contact}: {condition}")
