#!/usr/bin/python3
"""A small web and DNS server for the tests of fetching: good pages, and servers that misbehave. Loopback only.

web_server.py DIR   makes a certificate in DIR, listens on free ports, prints one line and serves until it is ended:
                    PID http PORT https PORT dns PORT other PORT
`other` is a port that nobody may connect to: GET /other-count on http tells how many did.
"""

import gzip
import os
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time

PAGE = (b'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Contact</title></head><body>'
        b'<h1>Contact</h1><p>Write to <a href="mailto:north@example.org">north@example.org</a></p></body></html>')
PORTS = {}
OTHER = {"connections": 0}
LOAD = {"now": {}, "most": 0, "asked": []}  # now: by host; most: that one host had at a time
HELD = set()
LOAD_LOCK = threading.Lock()


def head(status="200 OK", content_type="text/html; charset=utf-8", **fields):
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def whole(body=PAGE, **kw):
    return head(Content_Length=len(body), **kw) + body


def to(location, status="302 Found"):
    return whole(b"gone", status=status, Location=location.replace("OTHER", str(PORTS["other"]))
                 .replace("HTTP", str(PORTS["http"])))


ANSWERS = {
    "/page": lambda: whole(),
    "/gzip": lambda: whole(gzip.compress(PAGE), Content_Encoding="gzip"),
    "/gzip-cut": lambda: whole(gzip.compress(PAGE)[:-9], Content_Encoding="gzip"),
    "/gzip-and-more": lambda: whole(gzip.compress(PAGE) + b"more", Content_Encoding="gzip"),
    "/gzip-lie": lambda: whole(Content_Encoding="gzip"),
    "/gzip-twice": lambda: whole(gzip.compress(gzip.compress(PAGE)), Content_Encoding="gzip, gzip"),
    "/brotli": lambda: whole(b"\x0b\x02\x80", Content_Encoding="br"),
    "/bomb": lambda: whole(gzip.compress(b"\0" * (16 << 20)), Content_Encoding="gzip"),
    "/chunked": lambda: head(Transfer_Encoding="chunked") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE),
    "/chunked-cut": lambda: head(Transfer_Encoding="chunked") + b"%x\r\n%s\r\n" % (len(PAGE), PAGE),
    "/transfer-gzip": lambda: head(Transfer_Encoding="gzip, chunked") + b"0\r\n\r\n",
    "/length-twice": lambda: head(Content_Length="5").replace(b"\r\n\r\n", b"\r\nContent-Length: 6\r\n\r\n") + b"abcdef",
    "/length-and-chunks": lambda: head(Content_Length="5", Transfer_Encoding="chunked") + b"0\r\n\r\n",
    "/length-negative": lambda: head(Content_Length="-5") + PAGE,
    "/length-announced": lambda: head(Content_Length=str(10 << 30)),
    "/more-than-announced": lambda: whole() + b"HTTP/1.1 200 OK",
    "/continued": lambda: b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + whole(),
    "/cut": lambda: head(Content_Length=len(PAGE) * 2) + PAGE,
    "/empty": lambda: whole(b""),
    "/none": lambda: head("204 No Content", content_type=""),
    "/not-modified": lambda: head("304 Not Modified", content_type=""),
    "/partial": lambda: whole(status="206 Partial Content"),
    "/script-only": lambda: whole(b"<script>document.write(await_something)</script>"),
    "/missing": lambda: whole(status="404 Not Found"),
    "/broken": lambda: whole(status="500 Oops"),
    "/later": lambda: whole(status="503 Later", Retry_After="7200"),
    "/much-later": lambda: whole(status="429 Too Many", Retry_After="9" * 30),
    "/pdf": lambda: whole(b"%PDF-1.7", content_type="application/pdf"),
    "/text": lambda: whole(b"north@example.org\n", content_type="text/plain"),
    "/no-type": lambda: whole(content_type=""),
    "/no-type-binary": lambda: whole(b"\x7fELF\0\0\0", content_type=""),
    "/cookie": lambda: whole(Set_Cookie="a=b; Path=/", Strict_Transport_Security="max-age=99999"),
    "/to-page": lambda: to("page"),
    "/to-silent": lambda: to("/silent"),
    "/two-hops": lambda: to("/to-page", "301 Moved Permanently"),
    "/loop": lambda: to("/loop"),
    "/to-other": lambda: to("http://127.0.0.1:OTHER/"),
    "/to-other-site": lambda: to("http://good.test:HTTP/page"),
    "/to-mapped": lambda: to("http://[::ffff:127.0.0.1]:OTHER/"),
    "/to-file": lambda: to("file:///etc/passwd"),
    "/to-credentials": lambda: to("http://user:secret@127.0.0.1/"),
    "/to-port-22": lambda: to("http://127.0.0.1:22/"),
    "/to-nowhere": lambda: whole(status="302 Found"),
    "/to-two-places": lambda: to("/page").replace(b"Location", b"Location: /missing\r\nLocation", 1),
    "/to-page-with-bare-cr": lambda: to("/page\rX-Injected: 1"),
    "/no-http": lambda: PAGE,
    "/no-colon": lambda: head().replace(b"Connection: close", b"this is no field") + PAGE,
    "/nul": lambda: head(X_Nul="a\0b") + PAGE,
    "/nothing": lambda: b"",
}


def validated(request):
    if b'\r\nIf-None-Match: "v1"\r\n' in request:
        return head("304 Not Modified", content_type="", ETag='"v1"')
    return whole(ETag='"v1"', Last_Modified="Mon, 05 Jan 2026 10:00:00 GMT")


def endless(connection, first, chunk, pause=0.0):
    connection.sendall(first)
    while True:
        connection.sendall(chunk)
        time.sleep(pause)


ENDLESS = {
    "/huge": (head(), b"x" * 65536, 0),
    "/huge-chunked": (head(Transfer_Encoding="chunked"), b"10000\r\n" + b"x" * 65536 + b"\r\n", 0),
    "/huge-headers": (b"HTTP/1.1 200 OK\r\n", b"X-Field: " + b"y" * 500 + b"\r\n", 0),
    "/huge-header-line": (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536, 0),
    "/huge-chunk-extension": (head(Transfer_Encoding="chunked") + b"5;", b"e" * 65536, 0),
    "/huge-trailers": (head(Transfer_Encoding="chunked") + b"1\r\nx\r\n0\r\n", b"X-T: " + b"y" * 500 + b"\r\n", 0),
    "/huge-hop": (head("302 Found", Location="/page", Transfer_Encoding="chunked"), b"10000\r\n" + b"x" * 65536 + b"\r\n", 0),
    "/continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0),
    "/trickle": (head(Content_Length="100000"), b"y", 0.05),
    "/silent": (b"", b"", 0.05),
}


def loaded(sock, path, request):
    """A page that counts who asks for it, and how many ask one host at a time; held a little, so that two would meet,
    and /loaded/held/ the first time until the other side hangs up. As good.test the site forbids /loaded/secret."""
    host = request.split(b"\r\nHost: ")[1].split(b"\r\n")[0]
    with LOAD_LOCK:
        hold = path.startswith("/loaded/held/") and path not in HELD
        HELD.add(path)
        LOAD["asked"].append(path)
        LOAD["now"][host] = LOAD["now"].get(host, 0) + 1
        LOAD["most"] = max(LOAD["most"], LOAD["now"][host])
    if hold:
        sock.recv(1)
    time.sleep(0.005)
    with LOAD_LOCK:
        LOAD["now"][host] -= 1  # before the answer: whoever has it may ask again
    if path != "/robots.txt":
        sock.sendall(whole())
    elif b"Host: good.test" in request:
        sock.sendall(whole(b"User-agent: Portavoz\nDisallow: /loaded/secret\n", content_type="text/plain"))
    else:
        sock.sendall(ANSWERS["/missing"]())


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            request = b""
            while b"\r\n\r\n" not in request:
                received = self.request.recv(65536)
                if not received:
                    return
                request += received
            path = request.split(b" ")[1].decode()
            if path == "/echo":
                self.request.sendall(whole(request, content_type="text/plain"))
            elif path == "/other-count":
                self.request.sendall(whole(str(OTHER["connections"]).encode(), content_type="text/plain"))
            elif path == "/load":
                self.request.sendall(whole(f"{LOAD['most']} {' '.join(LOAD['asked'])}".encode(), content_type="text/plain"))
            elif path.startswith("/loaded/") or path == "/robots.txt":
                loaded(self.request, path, request)
            elif path == "/validated":
                self.request.sendall(validated(request))
            elif path in ENDLESS:
                endless(self.request, *ENDLESS[path])
            else:
                self.request.sendall(ANSWERS.get(path, ANSWERS["/missing"])())
        except OSError:
            pass  # the other side had enough


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 512


class SecureServer(Server):
    def __init__(self, address, handler, context):
        self.context = context
        super().__init__(address, handler)

    def finish_request(self, request, client_address):
        try:
            super().finish_request(self.context.wrap_socket(request, server_side=True), client_address)
        except OSError:
            pass  # the certificate was refused: that is what is tested


class Other(socketserver.BaseRequestHandler):
    def handle(self):
        OTHER["connections"] += 1


NAMES = {"good.test": ["127.0.0.1"], "other.test": ["127.0.0.1"], "private.test": ["10.0.0.1"], "mixed.test": ["127.0.0.1", "10.0.0.1"],
         "empty.test": [], "v6.test": [], "example.org": [],
         "a.root-servers.net": ["198.41.0.4"]}
NAMES_V6 = {"v6.test": ["::1"], "mapped.test": ["::ffff:127.0.0.1"]}


class Dns(socketserver.BaseRequestHandler):
    def handle(self):
        query, sock = self.request
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += query[at] + 1
        name, kind = ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0]
        if name == "silent.test" or name.endswith(".silent.test"):
            return
        code = 2 if name == "failing.test" else 0 if name in NAMES or name in NAMES_V6 else 3
        records = [socket.inet_aton(a) for a in NAMES.get(name, [])] if kind == 1 else []
        records += [socket.inet_pton(socket.AF_INET6, a) for a in NAMES_V6.get(name, [])] if kind == 28 else []
        answer = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(r)) + r for r in records)
        sock.sendto(query[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(records), 0, 0) + query[12:at + 5] + answer,
                    self.client_address)


def certificate(directory):
    cert, key = os.path.join(directory, "cert.pem"), os.path.join(directory, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=good.test",
                    "-addext", "subjectAltName=DNS:good.test"], check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def main():
    here = ("127.0.0.1", 0)
    servers = {"http": Server(here, Handler), "https": SecureServer(here, Handler, certificate(sys.argv[1])),
               "dns": socketserver.ThreadingUDPServer(here, Dns), "other": Server(here, Other)}
    PORTS.update({name: server.server_address[1] for name, server in servers.items()})
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(os.getpid(), *(f"{name} {port}" for name, port in PORTS.items()), flush=True)
    sys.stdin.read()  # the test ends us, or ends itself


main()
