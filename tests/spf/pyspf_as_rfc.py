"""pyspf on a table of records, as Debian ships it and with single points of it put right.

pyspf departs from RFC 7208 in some points, and in others it reads differently than we do what the RFC leaves open. Each
such point is a departure here: a sentence with its section, and the few lines that make pyspf do as the RFC says. A
case on which pyspf and our evaluator differ is decided when these lines, and nothing else, make pyspf give our answer.
"""

import re
import sys
import types
from unittest import mock

# pyspf loads a library that talks to name servers; it gets none, for the table answers.
sys.modules.update({name: mock.MagicMock() for name in ("dns", "dns.resolver", "dns.exception")})
import spf  # noqa: E402

DEPARTURES = {
    "self-include": (
        "4.6",
        "an include of the domain itself is an error where it is evaluated; pyspf refuses the record "
        "even where a term before it matches"),
    "modifier-case": (
        "4.6.1",
        "the names of modifiers are compared without case; pyspf takes Redirect= for an unknown one"),
    "one-label": (
        "4.3",
        "a domain of one label has no record; pyspf asks for it"),
    "empty-name": (
        "4.8",
        "left open: a name that comes out empty (%{h} with no HELO) does not match; pyspf refuses the "
        "record"),
    "no-such-ptr": (
        "4.8",
        "left open: ptr below a name that cannot be (an empty label) asks for nothing; pyspf asks for the "
        "client's names, maybe in vain"),
    "void-terms": (
        "4.6.4",
        "the terms that ask in vain are limited to two, and %{p} is no term; pyspf counts every "
        "question, %{p} even in a term that is not evaluated"),
    "mx-stops": (
        "5.4",
        "left open: we stop at the mail host that matches; pyspf looks up all of them first, and may "
        "meet an error or a void look-up"),
    "ptr-errors": (
        "5.5",
        "a DNS error is a name less for ptr and %{p}, never a temperror; in pyspf it is one"),
    "repeated-modifier": (
        "6",
        "unknown modifiers are ignored however often they stand; pyspf calls a repeated one an error"),
    "redirect-late": (
        "6.1",
        "redirect counts when no mechanism matched; pyspf counts it as a look-up and expands it before "
        "it looks at the mechanisms"),
    "macro-syntax": (
        "7.1",
        "a macro is %{letter digits r delimiters} with digits not zero, and literals are visible ASCII; "
        "pyspf lets %{d0}, %{dx}, %{d@}, %{d, %%%x and control characters through, but no R for r and "
        "no %% at the end"),
    "macro-join": (
        "7.3",
        "the parts of any macro are joined with dots; pyspf joins all but l and s with what it split at"),
    "truncation": (
        "7.3",
        "labels are removed until the name fits into 253 octets; pyspf removes one"),
    "p-domain": (
        "7.3",
        "%{p} prefers names of the present domain, in any case; pyspf keeps what suited the first "
        "domain, and compares with case"),
}

MACRO = r"%\{[slodiphv](?:0*[1-9][0-9]*)?r?[-.+,/_=]*\}"
MACRO_STRING = re.compile(rf"(?:[!-$&-~]|%[%_-]|{MACRO})*", re.IGNORECASE)
UPPER_R = re.compile(r"(%\{[a-z][0-9]*)R", re.IGNORECASE)
KNOWN_MODIFIER = re.compile(r"^(redirect|exp)=", re.IGNORECASE)
REDIRECT = re.compile(r"redirect=(.*)", re.IGNORECASE)
UNKNOWN_MODIFIER = re.compile(r"^(?!(?:redirect|exp)=)([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE | re.DOTALL)
MAX_VOID_LOOKUPS = 2
JOINERS, INVALID_MACRO = spf.JOINERS, spf.RE_INVALID_MACRO  # as shipped
ALL_JOINED_WITH_DOTS = dict.fromkeys("slodiphv", ".")
NEVER = re.compile(r"(?!)")

TABLE = {}


def look_up(name, qtype, strict=True, timeout=None):
    """What spf.DNSLookup does, from TABLE: {(name in lower case, type): [values], or None where nobody answers}."""
    values = TABLE.get((name.lower().rstrip("."), qtype), [])
    if values is None:
        raise spf.TempError("the table gives no answer")
    return [((name, qtype), value) for value in values]


spf.DNSLookup = look_up


class NeverEqual(str):
    """A domain that no include is found to be the same as."""
    __hash__ = str.__hash__

    def __eq__(self, other):
        return False


def is_askable(name):
    return all(0 < len(label) < 64 for label in name.rstrip(".").split("."))


class Query(spf.query):
    def __init__(self, client, sender, helo, right):
        super().__init__(i=client, s=sender, h=helo, strict=True)
        self.right = right  # the departures that are put right
        self.term_is_void = False
        self.for_macro = False
        self.marks = {}  # the networks that mark the ends of records, with their numbers
        self.reached = None  # the number of the end that was reached last

    # -- limits and questions

    def check_lookups(self):
        self.term_is_void = False
        super().check_lookups()

    def dns(self, name, qtype, cnames=None, ignore_void=False):
        if "void-terms" not in self.right:
            return super().dns(name, qtype, cnames, ignore_void)
        found = super().dns(name, qtype, cnames, ignore_void=True)
        in_vain = not found and not ignore_void and is_askable(name)
        if in_vain and not self.for_macro and not self.term_is_void:
            self.term_is_void = True
            self.void_lookups += 1
            if self.void_lookups > MAX_VOID_LOOKUPS:
                raise spf.PermError("too many terms asked in vain")
        return found

    def dns_spf(self, domain):
        if "one-label" in self.right and "." not in domain:
            return None
        return super().dns_spf(domain)

    def dns_mx(self, domainname):
        if "mx-stops" not in self.right:
            return super().dns_mx(domainname)
        names = sorted(self.dns(domainname, "MX"))
        if len(names) > spf.MAX_MX:
            raise spf.PermError("too many MX records")
        return (address for _, name in names for address in self.dns_a(name, self.A))

    def validated_ptrs(self):
        if "ptr-errors" not in self.right:
            return super().validated_ptrs()
        try:
            names = self.dns_ptr(self.i)[:spf.MAX_PTR]
        except spf.TempError:
            return []
        return [name for name in names if self.has_client_address(name)]

    def has_client_address(self, name):
        try:
            return self.cidrmatch(self.dns_a(name, self.A), self.cidrmax)
        except spf.TempError:
            return False

    def cidrmatch(self, ipaddrs, n):
        if isinstance(ipaddrs, types.GeneratorType):
            return any(super(Query, self).cidrmatch([address], n) for address in ipaddrs)
        if len(ipaddrs) == 1 and ipaddrs[0] in self.marks:
            self.reached = self.marks[ipaddrs[0]]
            return True
        return super().cidrmatch(ipaddrs, n)

    # -- macros

    def getp(self):
        self.for_macro = True
        try:
            if "p-domain" in self.right:
                self.p = self.name_for(self.d.lower(), self.validated_ptrs())
            return super().getp()
        finally:
            self.for_macro = False

    @staticmethod
    def name_for(domain, names):
        itself = [name for name in names if name.lower() == domain]
        below = [name for name in names if name.lower().endswith("." + domain)]
        return (itself + below + names + ["unknown"])[0]

    def expand(self, s, stripdot=True):
        if not stripdot:  # the text of an explanation, which nobody looks at
            return super().expand(s, stripdot)
        if "macro-syntax" in self.right:
            if not MACRO_STRING.fullmatch(s):
                raise spf.PermError("not a macro-string")
            s = UPPER_R.sub(r"\1r", s)
        spf.RE_INVALID_MACRO = NEVER if "macro-syntax" in self.right else INVALID_MACRO
        spf.JOINERS = ALL_JOINED_WITH_DOTS if "macro-join" in self.right else JOINERS
        name = super().expand(s, stripdot)
        while "truncation" in self.right and len(name) > 253 and "." in name:
            name = name.split(".", 1)[1]
        if "empty-name" in self.right and s and not name:
            return ".."  # as little of a name, but not refused
        return name

    # -- records

    def validate_mechanism(self, mech):
        domain = self.d
        if "self-include" in self.right and mech.lstrip("+-?~").lower() != "include":
            self.d = NeverEqual(domain)
        try:
            mech, name, target, bits, result = super().validate_mechanism(mech)
        finally:
            self.d = domain
        if "no-such-ptr" in self.right and name == "ptr" and not is_askable(target):
            name = "exists"  # which asks for nothing either
        return mech, name, target, bits, result

    def check0(self, spf_text, recursion):
        if not spf_text:
            return super().check0(spf_text, recursion)
        terms = spf_text.split(" ")
        if "modifier-case" in self.right:
            terms = [KNOWN_MODIFIER.sub(lambda name: name.group().lower(), term) for term in terms]
        if "repeated-modifier" in self.right:
            terms = [UNKNOWN_MODIFIER.sub(rf"m{i}.\1=\2", term) if i else term for i, term in enumerate(terms)]
        redirects = [term for term in terms if REDIRECT.match(term)]
        if "redirect-late" not in self.right or len(redirects) != 1 or not self.is_good_redirect(redirects[0]):
            return super().check0(" ".join(terms), recursion)
        return self.redirect_late([term for term in terms if term not in redirects], redirects[0], recursion)

    @staticmethod
    def is_good_redirect(term):
        spec = REDIRECT.match(term).group(1)
        is_domain_spec = spec and not spf.RE_TOPLAB.split(spec)[-1] and MACRO_STRING.fullmatch(spec)
        return term.startswith("redirect=") and is_domain_spec

    # The end of the record is marked by networks that stand nowhere else, so that it is seen whether it was reached.
    def redirect_late(self, terms, redirect, recursion):
        mark = len(self.marks)
        networks = {"ip4": f"255.255.{mark // 256}.{mark % 256}", "ip6": f"ffff:ffff::{mark:x}"}
        self.marks.update(dict.fromkeys(networks.values(), mark))
        terms += [f"?{name}:{network}" for name, network in networks.items()]
        answer = super().check0(" ".join(terms), recursion)
        if self.reached != mark:
            return answer
        self.check_lookups()
        target = self.expand_domain(REDIRECT.match(redirect).group(1))
        record = self.dns_spf(target) if target else None
        if not record:
            raise spf.PermError("redirect to no record")
        return self.check1(record, target, recursion)


def answer(case, right=()):
    """(result, mechanism, look-ups) of pyspf, with these departures put right."""
    TABLE.clear()
    TABLE.update(case.table)
    query = Query(case.client, case.sender, case.helo, frozenset(right))
    result = query.check()[0]
    return result, query.mechanism or "", min(query.lookups, spf.MAX_LOOKUP)
