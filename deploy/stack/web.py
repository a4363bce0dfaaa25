"""The web sites of assemblies, served by lighttpd on loopback, one port a site."""

import os
import shutil

from stack.processes import Program, answers, free_port

OWNER = "www-data"
SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sites")


class Web:
    """`sites`: names of folders below deploy/stack/sites, each the root of one site."""

    def __init__(self, directory, sites):
        self.directory, self.log = directory, f"{directory}/lighttpd.log"
        self.ports = {site: free_port() for site in sites}
        self.program = None

    def url(self, site, path=""):
        return f"http://127.0.0.1:{self.ports[site]}/{path}"

    def create(self):
        # A copy, because lighttpd's user need not be able to reach the checkout.
        shutil.copytree(SOURCES, f"{self.directory}/sites", copy_function=shutil.copyfile)
        first, *others = self.ports
        lines = ['server.modules = ( "mod_accesslog" )', f'accesslog.filename = "{self.log}"', 'server.bind = "127.0.0.1"',
                 f"server.port = {self.ports[first]}", f'server.document-root = "{self.directory}/sites/{first}"',
                 'index-file.names = ( "index.html" )',
                 'mimetype.assign = ( ".html" => "text/html; charset=utf-8", ".css" => "text/css" )']
        lines += [f'$SERVER["socket"] == "127.0.0.1:{self.ports[site]}" '
                  f'{{ server.document-root = "{self.directory}/sites/{site}" }}' for site in others]
        with open(f"{self.directory}/lighttpd.conf", "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        open(self.log, "w", encoding="utf-8").close()
        shutil.chown(self.log, OWNER)
        for folder, _, _ in os.walk(f"{self.directory}/sites"):
            os.chmod(folder, 0o755)

    def start(self):
        argv = ["/usr/sbin/lighttpd", "-D", "-f", f"{self.directory}/lighttpd.conf"]
        self.program = Program("lighttpd", argv, self.log, user=OWNER)
        self.program.start(lambda: all(answers(port) for port in self.ports.values()))

    def stop(self):
        if self.program:
            self.program.stop()
