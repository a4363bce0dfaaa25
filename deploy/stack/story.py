"""The story of the quickstart: what is tried, what must come back, and the rule that decides, one line each."""

import re

from stack.mail import fields, header_lines
from stack.posts import Post, verdict_of
from stack.processes import wait_until
from stack.stack import ALIAS, INDIVIDUAL, LIST, NEIGHBOUR, NORTE, READER, RIVERSIDE

TITLES = ("", "what was tried", "what came back", "rule that decided")
WIDTHS = (5, 39, 33, 17)
ADDED_BY_POSTFIX = re.compile(rb"(Return-Path|X-Original-To|Delivered-To|Received):", re.IGNORECASE)


class Line:
    def __init__(self, tried, came, rule, right):
        self.tried, self.came, self.rule, self.right = tried, came, rule, right

    def cells(self):
        return ("ok" if self.right else "WRONG", self.tried, self.came, self.rule)


class Story:
    def __init__(self, stack):
        self.stack, self.portavoz = stack, stack.portavoz
        self.lines = []
        self.complete = False
        self.last_refused = None  # the queue id of a refused post, for `portavoz explain`

    def tell(self, progress):
        progress("the list; both assemblies apply and are confirmed; the verifier reads their pages")
        self.assemblies_apply()
        self.verifier_reports()
        progress("one is approved; posts by everybody")
        self.approve("Asamblea del Norte", "its own contact page names the address")
        self.designated_posts("the designated contact posts, logged in", NORTE)
        self.others_post()
        progress("the second is approved too; ordinary mail; the ways around the gate")
        self.approve("Riverside Assembly", "the contact page names the address")
        self.designated_posts("the second assembly posts, after approval", RIVERSIDE)
        self.ordinary_mail()
        self.ways_around()
        progress("a designation ends")
        self.retired()
        self.complete = True

    def add(self, tried, came, rule, right):
        self.lines.append(Line(tried, came, rule, bool(right)))

    # --- the register ---

    def assemblies_apply(self):
        self.portavoz.run("list", "add", LIST, "--languages", "es,en", "--admin-address", "admins@listas.example")
        for name, address in (("Asamblea del Norte", NORTE), ("Riverside Assembly", RIVERSIDE)):
            self.portavoz.run("apply", "--list", LIST, "--assembly", name, "--address", address,
                              "--url", self.stack.evidence_url(address), "--login", address)
        states = {contact["address"]: contact for contact in self.portavoz.contacts()}
        self.add("two assemblies apply, each with its address and its page", "two contacts, both applied", "no decision yet",
                 [contact["state"] for contact in states.values()] == ["applied", "applied"])
        for contact in states.values():
            self.portavoz.run("confirm", contact["contact_id"], "--reason", "the holder read our code back by telephone")
        # The verifier may have been there already: confirmed becomes reported by itself.
        states = [contact["state"] for contact in self.portavoz.contacts()]
        self.add("the admin records that the holders of both addresses confirmed", "both recorded, with a reason",
                 "no decision yet", all(state in ("confirmed", "reported") for state in states))

    def verifier_reports(self):
        """The verifier hears of the checks that became due, and fetches both pages."""
        def both():
            found = self.portavoz.ask("reports")["reports"]
            return found if len(found) == 2 else None
        reports = wait_until(both, "the verifier's two reports", 30, self.portavoz.verifier_log)
        for report in reports:
            said = f"published as {report['form']}" if report["published"] else "not published"
            official = {True: "as an official contact", False: "not official", None: "official: cannot tell"}
            self.add(f"the verifier reads the page of {report['assembly']}",
                     f"report {report['report_id']}: {said}, {official[report['official']]}", "no decision yet",
                     report["published"] and report["official"])

    def approve(self, assembly, reason):
        report = next(one for one in self.portavoz.ask("reports")["reports"] if one["assembly"] == assembly)
        self.portavoz.decide("approve", report["report_id"], reason)
        contacts = {one["assembly"]: one["state"] for one in self.portavoz.contacts()}
        waiting = sorted(name for name, state in contacts.items() if state == "reported")
        came = "designated" + (f"; {', '.join(waiting)} still waits" if waiting else "")
        self.add(f"the admin approves {assembly}", came, "decision: approve", contacts[assembly] == "designated")

    # --- posts ---

    def post(self, tried, post, code, enhanced, rule, login=None, envelope_from=None, says=()):
        """A post whose reply must have this code and these words, decided by this rule."""
        reply = self.stack.send(envelope_from or post.sender, [post.recipient], post.octets, login)
        verdict = verdict_of(self.portavoz, post)
        right = (reply.code, reply.enhanced, verdict["rule"]) == (code, enhanced, rule)
        self.last_refused = verdict["queue_id"]
        missing = [word for word in says if word not in reply.text.replace("\n", " ")]
        languages = ", in Spanish and English" if says and not missing else ""
        self.add(tried, f"{reply}{languages}", verdict["rule"], right and not missing)
        return reply

    def designated_posts(self, tried, address):
        post = Post(address, LIST, "Aviso / Notice")
        reply = self.stack.send(address, [LIST], post.octets, login=address)
        if not reply.accepted:
            self.add(tried, str(reply), verdict_of(self.portavoz, post)["rule"], False)
            return
        verdict = verdict_of(self.portavoz, post)
        arrived = fields(self.stack.maildir(READER).wait_for(post.subject, log=self.stack.postfix.log))
        ours = [name for name in ("Portavoz-Assembly", "Portavoz-Designation", "Portavoz-Proof") if name in arrived]
        self.add(tried, f"{reply}; in the reader's Maildir with {', '.join(ours) or 'no field of ours'}",
                 verdict["rule"], len(ours) == 3 and "Portavoz-Seal" not in arrived)

    def others_post(self):
        both = ("no se public", "was not posted")
        self.post("an individual posts, logged in", Post(INDIVIDUAL, LIST, "Mi opinión / My opinion"), 550, "5.7.2",
                  "not-designated", login=INDIVIDUAL, says=both)
        self.post("a forged From: the designated address, without login", Post(NORTE, LIST, "Forged"), 550, "5.7.26",
                  "not-proven", says=both)
        self.post("a forged From: the designated address, with another's login", Post(NORTE, LIST, "Forged"), 550, "5.7.1",
                  "wrong-login", login=INDIVIDUAL, says=both)
        self.post("the second assembly posts, before approval", Post(RIVERSIDE, LIST, "Too early"), 550, "5.7.2",
                  "not-designated", login=RIVERSIDE, says=both)

    def ordinary_mail(self):
        """A message to somebody else on the same server arrives octet by octet as it was sent."""
        mail = Post(INDIVIDUAL, NEIGHBOUR, "Ordinary mail", extra=[("X-Folded", "one\r\n\ttwo"), ("x-CASE", "kept")])
        reply = self.stack.send(INDIVIDUAL, [NEIGHBOUR], mail.octets)
        arrived = self.stack.maildir(NEIGHBOUR).wait_for(mail.subject, log=self.stack.postfix.log)
        kept = [line for line in header_lines(arrived) if not ADDED_BY_POSTFIX.match(line)]
        body = arrived.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
        same = kept == header_lines(mail.octets) and body == mail.octets.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
        self.add("ordinary mail to another user of the same server",
                 f"{reply}; " + ("arrived untouched, octet by octet" if same else "arrived CHANGED"), "not-guarded",
                 reply.accepted and same)

    # --- the ways around the gate ---

    def held(self, subject):
        """The kept post with this subject, as `portavoz held list` shows it."""
        return wait_until(lambda: next((one for one in self.portavoz.ask("held", "list")["held"] if subject in one["subject"]), None),
                          f"“{subject}” on the shelf", 20, self.stack.postfix.log)

    def kept_aside(self, tried, post):
        """The post lies on the shelf, and the reader did not get it."""
        entry = self.held(post.subject)
        absent = self.stack.maildir(READER).find(post.subject) is None
        self.add(tried, f"kept on the shelf as {entry['id']}, " + ("not sent" if absent else "but SENT TOO"),
                 entry["reason"], absent and entry["reason"] == "unsealed")

    def ways_around(self):
        alias = Post(NORTE, ALIAS, "By the alias")
        self.stack.send(INDIVIDUAL, [ALIAS], alias.octets)
        self.kept_aside("a forged post by a virtual alias that leads to the list", alias)

        transport = "otra-puerta@" + LIST.split("@")[1]
        local = Post(NORTE, transport, "By sendmail")
        self.stack.postfix.sendmail(NORTE, [transport], local.octets)
        self.kept_aside("a forged post by local sendmail to the list's transport", local)

        name, domain = LIST.split("@")
        unknown = Post(NORTE, f"{name}+unknown@{domain}", "By an extension")
        self.post("a forged post to avisos+unknown@", unknown, 550, "5.7.26", "not-proven")

        command = Post(NEIGHBOUR, f"{name}+subscribe@{domain}", "subscribe")
        reply = self.stack.send(NEIGHBOUR, [command.recipient], command.octets)
        self.stack.maildir(NEIGHBOUR).wait_for("confsub", log=self.stack.postfix.log)
        self.add("a stranger writes to avisos+subscribe@", f"{reply}; the list manager answers", "not-guarded",
                 reply.accepted)

    # --- the end of a designation ---

    def retired(self):
        contact = next(one for one in self.portavoz.contacts() if one["address"] == NORTE)
        self.portavoz.decide("retire", contact["contact_id"], "the assembly has chosen another address")
        self.post("the admin retires Asamblea del Norte's contact; it posts", Post(NORTE, LIST, "After the end"), 550,
                  "5.7.2", "not-designated", login=NORTE)
