"""canary.py PORT [--up]: counts connections and datagrams on 127.0.0.1, and answers nothing. It prints its port (0 takes a
free one), and then, for each line on stdin, how many it has seen. --up: brings the namespace's loopback up first."""

import fcntl
import select
import socket
import struct
import sys

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def main():
    if "--up" in sys.argv:
        with socket.socket() as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
    stream, datagrams = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stream.bind(("127.0.0.1", int(sys.argv[1])))
    port = stream.getsockname()[1]
    datagrams.bind(("127.0.0.1", port))
    stream.listen(64)
    print(port, flush=True)
    seen = 0
    while True:
        ready = select.select([stream, datagrams, sys.stdin], [], [])[0]
        if stream in ready:
            stream.accept()[0].close()
            seen += 1
        elif datagrams in ready:
            datagrams.recv(65536)
            seen += 1
        elif sys.stdin.readline():
            print(seen, flush=True)
        else:
            return


if __name__ == "__main__":
    main()
