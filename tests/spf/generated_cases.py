"""Questions for SPF evaluators: small worlds of records, made by a seeded generator, the same ones on every run."""

import dataclasses
import ipaddress
import random

CLIENTS4 = ("192.0.2.4", "192.0.2.5", "198.51.100.77", "203.0.113.9")
CLIENTS6 = ("2001:db8::4", "2001:db8::5", "2001:db8:ffff::1", "::ffff:192.0.2.4")
LOCAL_PARTS = ("info", "a.b", "strong-bad", "foo-bar+zip", "x_y=z", "o'neill", "a/b", "n0")
HELOS = (
    "mail.d0.example", "h1.example", "[192.0.2.4]", "OEMCOMPUTER", "", "host.h2.example.", "a..b",
    "JUMPIN' JUPITER")
DOMAINS = tuple(f"d{i}.example" for i in range(7))
HOSTS = tuple(f"h{i}.example" for i in range(8))
WRONG_MACROS = (
    "%{d0}", "%{00}", "%{dx}", "%{d2x}", "%{d@}", "%{d-2}", "%{d", "%{}", "%{", "%", "%a", "%%%x", "%%%%x",
    "%(d)", "%{a}", "%{c}", "%{r}", "%{T}", "%{dR}", "%{l2R-}", "\x01", "%{d}%", "%%", "%_", "%-", "%{d,/}",
    "a b")
WRONG_SPECS = (
    "", "museum", "museum.", "abc.123", "a..b.example", ".com", "x" * 64 + ".example", "x" * 63 + ".example",
    "a.example:25", "a.-b", "a.c-", "a.c-m", "foo,", "d1.example,", "%{d}.", "%{d}com", "%{d1}", "%{h}",
    "%{d}/24", "a/24.example", "d1.example/", "192.0.2.4", "d1.example/24//64", "d1.example//64/24", "a.b..")
WRONG_TERMS = (
    "moo", "all.", "all:x", "all/8", "all,", "-", "--all", "=x", "1x=y", "prt", "a\tmx", "a:\x80.example",
    "include", "exists", "ip4", "ip4:", "ip4:1.2.3", "ip4:01.2.3.4", "ip4:192.0.2.4:25", "ip4:192.0.2.4//32",
    "ip4:192.0.2.4/", "ip4:2001:db8::4", "ipv4:192.0.2.4", "192.0.2.4", "ip6", "ip6:1", "ip6:192.0.2.4",
    "ip6:2001:db8::1//64", "ip6:2001:db8:::1", "ip6:::", "ip6:1::2::3", "ip6:::1.2.3.4/96", "ptr/24", "a/33",
    "a/024", "a/", "a//", "a/-1", "a//129", "a/24/64", "a/0", "a//0", "mx/999", "exists/24",
    "redirect:d1.example", "+redirect=d1.example", "redirect=", "redirect=-all", "Redirect=d1.example",
    "rEDIRECT=d1.example", "redirect=d1.example redirect=d2.example", "redirect=d1.example Redirect=d1.example",
    "exp=", "exp=-all", "exp=h1.example", "Exp=", "EXP=h1.example exp=h1.example", "exp=a.b exp=a.b", "x=",
    "x=%a", "x=%{d}", "x=y x=y", "X.y-z_1=", "x/y=z", "x:y=z", "a=b", "ALL", "A", "Mx/30", "IP4:192.0.2.4",
    "?Include:D1.Example", "PTR:d1.example", "include:d0.example", "?include:%{d}")
QUALIFIERS = ("", "", "", "+", "-", "?", "~")


@dataclasses.dataclass
class Case:
    kind: str
    client: str
    sender: str
    helo: str
    table: dict  # as pyspf_as_rfc.TABLE


def reverse_name(client):
    address = ipaddress.ip_address(client)
    return str(getattr(address, "ipv4_mapped", None) and address.ipv4_mapped.reverse_pointer or address.reverse_pointer)


class World:
    """The records of one case; `trouble` is the chance that a name does not answer."""

    def __init__(self, rng, trouble=0.06):
        self.rng, self.trouble = rng, trouble
        self.table = {}

    def add(self, name, kind, values):
        self.table[(name.lower(), kind)] = values

    def add_or_not(self, name, kind, values, chance):
        roll = self.rng.random()
        if roll < self.trouble:
            self.add(name, kind, None)
        elif roll < self.trouble + chance:
            self.add(name, kind, values)

    def record(self, name, *texts):
        self.add(name, "TXT", [(text.encode("latin-1"),) for text in texts])

    def hosts(self, client):
        rng = self.rng
        for name in HOSTS + DOMAINS:
            self.add_or_not(name, "A", rng.sample(CLIENTS4, rng.randint(1, 3)), 0.75)
            self.add_or_not(name, "AAAA", rng.sample(CLIENTS6[:3], rng.randint(1, 2)), 0.5)
            hosts = rng.sample(HOSTS, rng.randint(1, 4))
            self.add_or_not(name, "MX", [(10 * i, host) for i, host in enumerate(hosts)], 0.5)
        names = rng.sample(HOSTS + DOMAINS + ("mail.d0.example", "Mail.D1.example"), rng.randint(1, 4))
        self.add_or_not(reverse_name(client), "PTR", names, 0.7)
        for name in ("mail.d0.example", "mail.d1.example"):
            self.add_or_not(name, "A", list(CLIENTS4[:2]), 0.7)


class Writer:
    """Writes records. `wrong` is the chance of a term that is malformed or unusual."""

    def __init__(self, rng, wrong=0.0):
        self.rng, self.wrong = rng, wrong

    def macro(self):
        rng = self.rng
        if rng.random() < 0.1:
            return rng.choice(("%%", "%_", "%-"))
        letter = rng.choice("slodiphvslodihvSLODIHV")
        digits = rng.choice(("", "", "", "1", "2", "3", "9"))
        delimiters = rng.choice(("", "", "", "", "-", ".", "+-", "/_=,"))
        return "%{" + letter + digits + rng.choice(("", "", "r")) + delimiters + "}"

    def wrong_spec(self):
        wrong = self.rng.choice(WRONG_MACROS)
        return self.rng.choice((wrong + ".example", "%{d}" + wrong, *WRONG_SPECS))

    def domain_spec(self, names):
        rng = self.rng
        roll = rng.random()
        if rng.random() < self.wrong:
            return self.wrong_spec()
        if roll < 0.65:
            return rng.choice(names) + rng.choice(("", "", "", "."))
        if roll < 0.9:
            return ".".join(self.macro() for _ in range(rng.randint(1, 3))) + "." + rng.choice(names)
        return rng.choice(("%{d}", "%{o}", "%{d2}", "%{h}", "%{p}"))

    def bits(self, maximum):
        if self.rng.random() < self.wrong:
            return self.rng.choice(("/33", "/024", "/", "/-1", "/129", "/999", "/x", "/00"))
        usual = (0, 8, 16, 24, 30, 31, 32) if maximum == 32 else (0, 16, 32, 48, 64, 127, 128)
        return "/" + str(self.rng.choice((*usual, self.rng.randint(0, maximum))))

    def lengths(self):
        roll = self.rng.random()
        four = self.bits(32) if roll < 0.2 or self.rng.random() < self.wrong else ""
        six = "/" + self.bits(128) if 0.1 < roll < 0.3 else ""
        return four + six

    def mechanism(self, includes):
        rng = self.rng
        kind = rng.choice(("a", "a", "mx", "mx", "ip4", "ip4", "ip6", "include", "include", "exists", "ptr", "all"))
        if kind in ("a", "mx"):
            return kind + (":" + self.domain_spec(HOSTS + DOMAINS) if rng.random() < 0.7 else "") + self.lengths()
        if kind == "ip4":
            return "ip4:" + rng.choice(CLIENTS4) + (self.bits(32) if rng.random() < 0.4 else "")
        if kind == "ip6":
            return "ip6:" + rng.choice(CLIENTS6) + (self.bits(128) if rng.random() < 0.4 else "")
        if kind == "include":
            return "include:" + self.domain_spec(includes)
        if kind == "exists":
            return "exists:" + self.domain_spec(HOSTS + DOMAINS)
        if kind == "ptr":
            return "ptr" + (":" + self.domain_spec(HOSTS + DOMAINS + ("example.test",)) if rng.random() < 0.5 else "")
        return "all" if rng.random() < 0.3 else "ip4:203.0.113.200"

    def record(self, includes, terms):
        rng = self.rng
        words = [rng.choice(("v=spf1", "v=spf1", "v=spf1", "V=Spf1"))]
        for _ in range(terms):
            good = rng.choice(QUALIFIERS) + self.mechanism(includes)
            words.append(rng.choice(WRONG_TERMS) if rng.random() < self.wrong else good)
        if rng.random() < 0.2:
            words.insert(rng.randint(1, len(words)), "redirect=" + self.domain_spec(includes))
        if rng.random() < 0.5:
            words.append(rng.choice(("-all", "~all", "?all", "+all", "-all ")))
        return rng.choice((" ", " ", " ", "  ")).join(words)


def sender(rng, domain):
    return rng.choice(LOCAL_PARTS) + "@" + domain


def random_case(rng, kind, wrong, terms, trouble):
    client = rng.choice(CLIENTS4 + CLIENTS6)
    world, writer = World(rng, trouble), Writer(rng, wrong)
    world.hosts(client)
    for depth, domain in enumerate(DOMAINS):
        later = DOMAINS[depth + 1:] if depth + 1 < len(DOMAINS) and rng.random() < 0.9 else DOMAINS + HOSTS[:1]
        records = [writer.record(later, rng.randint(*terms))]
        if rng.random() < 0.1:
            records.append(rng.choice(("hello", "v=spf10 -all", "\xe9", "v=spf1 -all")))
        world.record(domain, *records)
        if rng.random() < trouble:
            world.add(domain, "TXT", None)
    return Case(kind, client, sender(rng, DOMAINS[0]), rng.choice(HELOS), world.table)


def macro_case(rng, letter, digits, reverse, delimiters):
    """The name that a macro gives has an address, by our own reading of §7.3, or has none."""
    client = rng.choice(CLIENTS4 + CLIENTS6)
    world = World(rng, 0.0)
    world.hosts(client)
    spec = "%{" + letter + digits + reverse + delimiters + "}"
    world.record("d0.example", f"v=spf1 exists:{spec}.x.example ~include:d1.example -all")
    world.record("d1.example", f"v=spf1 exists:{spec}.y.example -all")
    case = Case("macros", client, sender(rng, "d0.example"), rng.choice(HELOS), world.table)
    for domain, suffix in (("d0.example", "x.example"), ("d1.example", "y.example")):
        value = value_of(letter.lower(), case, domain)
        if value is not None and rng.random() < 0.7:
            name = transformed(value, digits, reverse, delimiters or ".")
            if letter.isupper():
                name = "".join(c if c.isalnum() or c in "-._~" else f"%{ord(c):02x}" for c in name)
            world.add(f"{name}.{suffix}", "A", ["127.0.0.2"])
    return case


def value_of(letter, case, domain):
    address = ipaddress.ip_address(case.client)
    address = getattr(address, "ipv4_mapped", None) or address
    local, _, origin = case.sender.partition("@")
    is_v6 = address.version == 6
    dotted = ".".join(address.exploded.replace(":", "")) if is_v6 else str(address)
    return {"s": case.sender, "l": local, "o": origin, "d": domain, "i": dotted, "v": "ip6" if is_v6 else "in-addr",
            "h": case.helo}.get(letter)


def transformed(value, digits, reverse, delimiters):
    for sign in delimiters:
        value = value.replace(sign, "\0")
    parts = value.split("\0")
    if reverse:
        parts.reverse()
    return ".".join(parts[-int(digits):] if digits else parts)


def client_name_case(rng):
    """Names of the client in several domains; which of them %{p} is tells the name that has an address."""
    client = rng.choice(CLIENTS4 + CLIENTS6)
    world = World(rng, 0.0)
    names = ("d0.example", "D1.Example", "a.d0.example", "B.D1.example", "c.d1.example", "d.test")
    for name in names:
        world.add_or_not(name, "A", [rng.choice(CLIENTS4), "192.0.2.4"], 0.8)
        world.add_or_not(name, "AAAA", list(CLIENTS6[:3]), 0.8)
    world.add(reverse_name(client), "PTR", rng.sample(names, rng.randint(1, 4)))
    for suffix in ("x.example", "y.example"):
        world.add(f"{rng.choice(names + ('unknown',))}.{suffix}", "A", ["127.0.0.2"])
    inner = rng.choice(("include:d1.example", "redirect=d1.example"))
    world.record("d0.example", f"v=spf1 exists:%{{p}}.x.example {inner}")
    world.record("d1.example", "v=spf1 ~exists:%{p}.y.example -all")
    return Case("client's names", client, "info@d0.example", "helo.example", world.table)


def one_label_case(rng):
    """A record where no sender's domain can be."""
    world = World(rng, 0.0)
    world.record("example", "v=spf1 +all")
    world.record("d0.example", "v=spf1 " + rng.choice(("include:%{d1}", "redirect=%{d1}", "?include:%{o1r}")))
    return Case("one label", rng.choice(CLIENTS4), "info@d0.example", "helo.example", world.table)


def syntax_case(rng, terms):
    """Terms, well formed or not, behind a match and before one."""
    client = rng.choice(CLIENTS4 + CLIENTS6)
    world = World(rng, 0.0)
    world.hosts(client)
    world.record("d0.example", f"v=spf1 {terms}")
    world.record("d1.example", "v=spf1 " + rng.choice(("-all", "+all", "?all")))
    return Case("syntax", client, sender(rng, "d0.example"), rng.choice(HELOS), world.table)


def syntax_cases(rng):
    specs = WRONG_SPECS + tuple(macro + ".x.example" for macro in WRONG_MACROS) + WRONG_MACROS
    starts = ("a:", "mx:", "ptr:", "exists:", "include:", "redirect=", "exp=", "x=")
    terms = WRONG_TERMS + tuple(start + spec for start in starts for spec in specs)
    for term in terms:
        yield syntax_case(rng, term + " -all")
        yield syntax_case(rng, "ip4:192.0.2.4/0 ip6:2001::/16 " + term)


def limit_case(rng, asking, vain, mail_hosts, names, client):
    """So many terms that ask, so many of them in vain, so many MX and PTR records."""
    world = World(rng, 0.0)
    for host in HOSTS:
        world.add(host, "A", ["203.0.113.1"])
        world.add(host, "AAAA", ["2001:db8:1::1"])
    world.add("m.example", "MX", [(i, HOSTS[i % len(HOSTS)]) for i in range(mail_hosts)])
    if names:
        others = [f"n{i}.example.test" for i in range(names - 1)]
        world.add(reverse_name(client), "PTR", others + ["n.d0.example"])
    world.add("n.d0.example", "A", [client])
    world.add("n.d0.example", "AAAA", [client])
    for i in range(names):
        world.add(f"n{i}.example.test", "A", ["203.0.113.2"])
        world.add(f"n{i}.example.test", "AAAA", ["2001:db8:1::2"])
    terms = ["a:" + rng.choice(HOSTS) for _ in range(asking - vain)] + [f"exists:no{i}.example" for i in range(vain)]
    if mail_hosts:
        terms.append("mx:m.example")
    if names:
        terms.append("?ptr")
    rng.shuffle(terms)
    split = rng.randint(0, len(terms))
    world.record("d1.example", " ".join(["v=spf1"] + terms[split:]))
    inner = rng.choice((["include:d1.example"], ["redirect=d1.example"], terms[split:]))
    last = [] if inner == ["redirect=d1.example"] else ["-all"]
    world.record("d0.example", " ".join(["v=spf1"] + terms[:split] + inner + last))
    return Case("limits", client, "info@d0.example", "helo.example", world.table)


def length_case(rng, mechanism, bits, client, matching):
    """A prefix length, right or wrong, and an address that differs in its last bit, or behind it, or not at all."""
    address = ipaddress.ip_address(client)
    size = address.max_prefixlen
    flip = 1 << (size - 1 - bits) if bits < size and not matching else 0
    other = str(type(address)(int(address) ^ (flip << 1 if flip and bits else flip)))
    world = World(rng, 0.0)
    world.add("d0.example", "A" if size == 32 else "AAAA", [other])
    world.add("d0.example", "MX", [(0, "d0.example")])
    slashes = "//" if size == 128 and mechanism in ("a", "mx") else "/"
    term = f"{mechanism}:{other}" if mechanism.startswith("ip") else mechanism
    world.record("d0.example", f"v=spf1 {term}{slashes}{bits} -all")
    return Case("lengths", client, "info@d0.example", "helo.example", world.table)


def long_name_case(rng):
    """Names about and far above 253 octets; the one that is cut rightly has an address."""
    labels = [rng.choice("abcdef") * rng.randint(1, 63) for _ in range(rng.randint(4, 14))]
    world = World(rng, 0.0)
    spec = ".".join(labels) + ".x.example"
    cut = spec
    while len(cut) > 253:
        cut = cut.split(".", 1)[1]
    world.add(cut, "A", ["127.0.0.2"])
    world.record("d0.example", f"v=spf1 exists:{spec} -all")
    return Case("long names", "192.0.2.4", "info@d0.example", "helo.example", world.table)


def written_cases():
    """Where chance seldom leads."""
    ten = "a:h.example " * 10
    records = (
        ten + "ip4:192.0.2.4 redirect=d1.example", ten[:-12] + "redirect=d1.example", ten + "redirect=d1.example",
        "exists:no.example a:no.example ptr:a..b.example -all", "exists:no.example a:no.example ptr:b.example -all",
        "mx:m.example a:no.example -all", "exists:no.example exists:%{p}.example mx:m.example -all",
        "mx:t.example -all", "ptr -all", "exists:%{p}.example -all", "ip4:192.0.2.4 include:d0.example")
    for record in records:
        for client, address in (("192.0.2.4", "A"), ("2001:db8::4", "AAAA")):
            world = World(None, 0.0)
            world.record("d0.example", "v=spf1 " + record)
            world.record("d1.example", "v=spf1 +all")
            world.add("h.example", address, ["203.0.113.1" if address == "A" else "2001:db8:1::1"])
            world.add("g.example", address, [client])
            world.add("silent.example", address, None)
            world.add("m.example", "MX", [(i, f"m{i}.example") for i in range(3)])
            world.add("t.example", "MX", [(1, "g.example"), (2, "silent.example")])
            if record.startswith("ptr"):
                world.add(reverse_name(client), "PTR", ["silent.example"])
            yield Case("written", client, "info@d0.example", "helo.example", world.table)


def every_case(seed=7208):
    yield from written_cases()
    rng = random.Random(seed)
    for _ in range(2000):
        yield random_case(rng, "well formed", 0.0, (0, 5), 0.0)
    for _ in range(1000):
        yield random_case(rng, "DNS errors", 0.0, (0, 5), 0.1)
    for _ in range(1000):
        yield random_case(rng, "malformed", 0.15, (0, 4), 0.02)
    for _ in range(300):
        yield random_case(rng, "long records", 0.0, (8, 14), 0.0)
    yield from syntax_cases(rng)
    for letter in "slodiphvSLODIPHVcrtx":
        for digits in ("", "1", "2", "3", "12"):
            for reverse in ("", "r"):
                for delimiters in ("", "-", ".", "+", "-+=", "/_,"):
                    yield macro_case(rng, letter, digits, reverse, delimiters)
    for asking in range(0, 13):
        for vain in range(0, min(asking, 4) + 1):
            for client in ("192.0.2.4", "2001:db8::4"):
                for mail_hosts, names in ((0, 0), (10, 0), (11, 0), (0, 10), (0, 11), (3, 2)):
                    yield limit_case(rng, asking, vain, mail_hosts, names, client)
    lengths4, lengths6 = range(0, 35), (*range(0, 125, 5), *range(125, 131))
    lengths = [(m, "192.0.2.4", b) for m in ("a", "mx", "ip4") for b in lengths4]
    lengths += [(m, "2001:db8::4", b) for m in ("a", "mx", "ip6") for b in lengths6]
    for mechanism, client, bits in lengths:
        for matching in (True, False):
            yield length_case(rng, mechanism, bits, client, matching)
    for _ in range(200):
        yield long_name_case(rng)
        yield client_name_case(rng)
    for _ in range(10):
        yield one_label_case(rng)
