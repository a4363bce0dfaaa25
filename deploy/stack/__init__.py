"""A whole Portavoz on real parts, private to one directory: PostgreSQL, Postfix, mlmmj, lighttpd and our programs.

The quickstart tells its story on it and the system tests try to break it. Everything listens on loopback or on a unix
socket, under ports that were free; nothing of the machine's own mail server, database or web server is touched.
"""
