"""Automatic mail is never posted, not even by the designated contact's own login."""

from world import LIST, NORTE, Post


def test(world):
    reply = world.refused(Post(NORTE, LIST, "Out of office", extra=[("Auto-Submitted", "auto-replied")]), 550, "5.7.2",
                          "automatic-mail", login=NORTE)
    world.says(reply, "automatic-mail")
    report = [("MIME-Version", "1.0"), ("Content-Type", "multipart/report; report-type=delivery-status; boundary=x")]
    world.refused(Post(NORTE, LIST, "Report", extra=report), 550, "5.7.2", "automatic-mail", login=NORTE)
    # The null sender is refused already at RCPT.
    reply = world.send(Post(NORTE, LIST, "Bounce"), login=NORTE, envelope_from="")
    world.replied(reply, 550, "5.7.2")
    world.posts(Post(NORTE, LIST, "Not automatic", extra=[("Auto-Submitted", "no")]), NORTE)
