#!/usr/bin/python3
"""bench/fetch_server.py DIRECTORY: web servers and a name server for bench/fetch, on loopback and ports of the kernel's choice.

Serves page.html and page.html.gz of DIRECTORY over HTTP (/page, /gzip) and over HTTPS with DIRECTORY/cert.pem; GET /hold/N is
answered when N such requests wait. Names are 127.0.0.1, but what ends in dead.test is never answered. Prints its ports as JSON.
"""

import asyncio
import json
import os
import signal
import socket
import ssl
import struct
import sys


def answer(body, *fields):
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8", f"Content-Length: {len(body)}", "Connection: close", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Web(asyncio.Protocol):
    answers, waiting = {}, []

    def connection_made(self, transport):
        self.transport, self.request = transport, b""

    def data_received(self, data):
        self.request += data
        if not self.request.endswith(b"\r\n\r\n"):
            return
        path = self.request.split(b" ", 2)[1].decode()
        if not path.startswith("/hold/"):
            self.reply(self.answers[path.partition("?")[0]])
            return
        Web.waiting.append(self)
        if len(Web.waiting) >= int(path.split("/")[2]):
            held, Web.waiting = Web.waiting, []
            for each in held:
                each.reply(self.answers["/page"])

    def reply(self, octets):
        self.transport.write(octets)
        self.transport.close()


def serve_names(udp):
    """In a process of its own, so that queries without an answer do not hold the pages up."""
    while True:
        query, client = udp.recvfrom(512)
        end = query.index(0, 12)  # no name here has an octet 0 before its end
        if query.endswith(b"\x04dead\x04test", 12, end):
            continue
        kind, = struct.unpack(">H", query[end + 1:end + 3])
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + bytes((127, 0, 0, 1)) if kind == 1 else b""
        udp.sendto(query[:2] + struct.pack(">HHHHH", 0x8580, 1, 1 if record else 0, 0, 0) + query[12:end + 5] + record, client)


async def main(directory, name_port):
    for path, name, fields in (("/page", "page.html", ()), ("/gzip", "page.html.gz", ("Content-Encoding: gzip",))):
        with open(os.path.join(directory, name), "rb") as file:
            Web.answers[path] = answer(file.read(), *fields)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(directory, "cert.pem"), os.path.join(directory, "key.pem"))
    loop = asyncio.get_running_loop()
    http = await loop.create_server(Web, "127.0.0.1", 0, backlog=4096)
    https = await loop.create_server(Web, "127.0.0.1", 0, ssl=context, backlog=4096)
    print(json.dumps({"http": http.sockets[0].getsockname()[1], "https": https.sockets[0].getsockname()[1],
                      "dns": name_port}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # whoever started us ends us, or ends itself


udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
udp.bind(("127.0.0.1", 0))
names = os.fork()
if names == 0:
    serve_names(udp)
try:
    asyncio.run(main(sys.argv[1], udp.getsockname()[1]))
finally:
    os.kill(names, signal.SIGKILL)
os._exit(0)  # connections may still be open
