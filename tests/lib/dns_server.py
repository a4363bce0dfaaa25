#!/usr/bin/python3
"""dns_server.py [--listen ADDRESS:PORT] [--authentic] [--log FILE] ZONE.json [MORE.json…]: a DNS server for tests.

It answers over UDP and TCP from tables: {"name": [["TXT", "…"], ["A", "192.0.2.1"], ["AAAA", "…"], ["MX", "10 host"],
["PTR", "host"], ["CNAME", "target"]]}. Instead of records a name may have
  ["RCODE", "SERVFAIL"]   an answer with that code
  ["TIMEOUT", ""]         never an answer
and beside its records
  ["TRUNCATE", ""]        cut over UDP, whole over TCP
  ["AD", ""]              authentic, when the question asks for AD; --authentic does so for every name
A name in a later file stands in place of the one in an earlier file. Files are read again when they have changed.
With --log each question is a line `TYPE name udp|tcp`.

Port 0 takes a free one; it is printed as `port N`. The server ends when its standard input is closed.
"""

import argparse
import json
import os
import socketserver
import sys
import threading

from dnslib import AAAA, CNAME, MX, PTR, QTYPE, RCODE, RR, TXT, A, DNSRecord

TTL = 60
MOST_ALIASES = 16
UDP_OCTETS = 512  # without EDNS, RFC 1035 section 4.2.1


def rdata(kind, value):
    if kind == "TXT":
        octets = value.encode()
        return TXT([octets[i:i + 255] for i in range(0, len(octets), 255)] or [b""])
    if kind == "MX":
        preference, host = value.split()
        return MX(host, int(preference))
    return {"A": A, "AAAA": AAAA, "PTR": PTR, "CNAME": CNAME}[kind](value)


class Zone:
    def __init__(self, paths):
        self.paths, self.stamp, self.names = paths, None, {}
        self.lock = threading.Lock()

    def current(self):
        with self.lock:
            stamp = [(s.st_mtime_ns, s.st_size, s.st_ino) for s in map(os.stat, self.paths)]
            if stamp != self.stamp:
                names = {}
                for path in self.paths:
                    with open(path, encoding="utf-8") as file:
                        names.update({name.rstrip(".").lower(): rows for name, rows in json.load(file).items()})
                self.names, self.stamp = names, stamp
            return self.names


class Answers:
    """What the server answers; None when it never does."""

    def __init__(self, paths, authentic=False, log=None):
        self.zone, self.authentic, self.log = Zone(paths), authentic, log

    def to(self, packet, udp):
        query = DNSRecord.parse(packet)
        name = b".".join(query.q.qname.label).decode("latin-1").lower()
        kind = QTYPE.get(query.q.qtype, str(query.q.qtype))
        if self.log:
            with open(self.log, "a", encoding="utf-8") as file:
                file.write(f"{kind} {name} {'udp' if udp else 'tcp'}\n")
        reply = query.reply(aa=0)
        reply.header.ra = 1
        marks = self.fill(reply, name, kind)
        if marks is None:
            return None
        reply.header.ad = int(bool(query.header.ad) and (self.authentic or "AD" in marks))
        octets = reply.pack()
        room = max((rr.edns_len for rr in query.ar if rr.rtype == QTYPE.OPT), default=UDP_OCTETS)
        if udp and ("TRUNCATE" in marks or len(octets) > max(room, UDP_OCTETS)):
            reply.rr, reply.header.tc = [], 1
            octets = reply.pack()
        return octets

    def fill(self, reply, name, kind):
        """Puts the records in; returns what else the names on the way say, or None for silence."""
        names, marks, owner = self.zone.current(), set(), name
        for _ in range(MOST_ALIASES):
            rows = names.get(owner)
            if rows is None:
                if not any(each.endswith("." + owner) for each in names):
                    reply.header.rcode = RCODE.NXDOMAIN
                return marks
            marks |= {row[0] for row in rows}
            if "TIMEOUT" in marks:
                return None
            aliases = [value for each, value in rows if each == "CNAME"]
            for each, value in rows:
                if each == "RCODE":
                    reply.header.rcode = getattr(RCODE, value)
                elif each == kind or (each == "CNAME" and aliases):
                    reply.add_answer(RR(owner, getattr(QTYPE, each), rdata=rdata(each, value), ttl=TTL))
            if not aliases or kind == "CNAME":
                return marks
            owner = aliases[0].rstrip(".").lower()
        return marks


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        packet, sock = self.request
        octets = self.server.answers.to(packet, udp=True)
        if octets is not None:
            sock.sendto(octets, self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        while length := self.rfile.read(2):
            octets = self.server.answers.to(self.rfile.read(int.from_bytes(length, "big")), udp=False)
            if octets is not None:
                self.wfile.write(len(octets).to_bytes(2, "big") + octets)


class UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    max_packet_size = 65535


class TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class DnsServer:
    """The server in this process: answers from birth until stop()."""

    def __init__(self, paths, host="127.0.0.1", port=0, authentic=False, log=None):
        answers = Answers(paths, authentic, log)
        answers.zone.current()
        self.servers = self.bind(host, port)
        self.port = self.servers[0].server_address[1]
        for server in self.servers:
            server.answers = answers
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @staticmethod
    def bind(host, port):
        for _ in range(100):
            udp = UdpServer((host, port), Udp)
            try:
                return [udp, TcpServer((host, udp.server_address[1]), Tcp)]
            except OSError:  # somebody has that port for TCP
                udp.server_close()
                if port:
                    raise
        raise OSError("no port is free for UDP and TCP")

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--authentic", action="store_true")
    parser.add_argument("--log")
    parser.add_argument("zones", nargs="+")
    arguments = parser.parse_args()
    host, _, port = arguments.listen.rpartition(":")
    server = DnsServer(arguments.zones, host, int(port), arguments.authentic, arguments.log)
    print("port", server.port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
