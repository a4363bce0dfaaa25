"""A private Postfix: own configuration, queue, data and log directory, one SMTP port on loopback with SASL logins.

It resolves no name and sends nothing to any other machine. It must be started by root, as every Postfix.
"""

import os
import re
import shutil
import time

from stack.processes import Program, answers, free_port, must_run

# Beside another mail server deploy/install-deps unpacks Postfix below the checkout instead of installing it.
UNPACKED = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "postfix"))
PREFIX = "" if os.path.exists("/usr/lib/postfix/sbin/master") else UNPACKED
DAEMONS, LIBRARIES = f"{PREFIX}/usr/lib/postfix/sbin", f"{PREFIX}/usr/lib/postfix"
ENVIRONMENT = ["env", f"LD_LIBRARY_PATH={LIBRARIES}"]
MAILBOX_OWNER = "mail"

MAIN_CF = """\
compatibility_level = 3.6
config_directory = {etc}
queue_directory = {queue}
data_directory = {data}
command_directory = {prefix}/usr/sbin
daemon_directory = {daemons}
shlib_directory = {libraries}
meta_directory = {prefix}/etc/postfix
sendmail_path = {prefix}/usr/sbin/sendmail
import_environment = MAIL_CONFIG LANG=C.UTF-8 LD_LIBRARY_PATH={libraries}
export_environment = $import_environment
mail_owner = postfix
setgid_group = postdrop
maillog_file = {log}
maillog_file_prefixes = {log_directory}
myhostname = {hostname}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4

# No name is looked up and nothing leaves this machine.
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
default_transport = error:5.1.2 this private mail server sends nothing to other machines
relay_transport = $default_transport
alias_maps =
alias_database =

# Who may send: anybody to the domains below, nobody to others. Being local gives no right.
mynetworks_style = host
mynetworks =
local_header_rewrite_clients =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain =
smtpd_sasl_security_options = noanonymous
cyrus_sasl_config_path = {sasl}
smtpd_forbid_bare_newline = normalize
strict_rfc821_envelopes = yes
enable_long_queue_ids = yes
recipient_delimiter = +
# What waits in the queue is tried again within seconds, not after minutes.
queue_run_delay = 2s
minimal_backoff_time = 2s

# The gate sees every message, by SMTP and by sendmail(1). It never holds up ordinary mail: when it is away or slow the
# message goes on without it, and the door keeps what is for a list.
smtpd_milters = {{ unix:{milter}, default_action=accept, connect_timeout=3s, command_timeout=5s, content_timeout=30s }}
non_smtpd_milters = $smtpd_milters

# People: every domain of the story has its mailboxes here.
virtual_mailbox_domains = {mailbox_domains}
virtual_mailbox_base = {mailboxes}
virtual_mailbox_maps = inline:{{ {mailbox_map} }}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}

# The list: its domain is handed to the transport `mlmmj`, whose program is the door.
relay_domains = {list_domain}
relay_recipient_maps = inline:{{ {list_address}=ok }}
transport_maps = inline:{{ {list_domain}=mlmmj: }}
mlmmj_destination_recipient_limit = 1
virtual_alias_maps = inline:{{ {alias}={list_address} }}
"""

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup     unix  n  -  n  60     1  pickup
cleanup    unix  n  -  n  -      0  cleanup
qmgr       unix  n  -  n  300    1  qmgr
rewrite    unix  -  -  n  -      -  trivial-rewrite
bounce     unix  -  -  n  -      0  bounce
defer      unix  -  -  n  -      0  bounce
trace      unix  -  -  n  -      0  bounce
verify     unix  -  -  n  -      1  verify
flush      unix  n  -  n  1000?  0  flush
proxymap   unix  -  -  n  -      -  proxymap
proxywrite unix  -  -  n  -      1  proxymap
smtp       unix  -  -  n  -      -  smtp
showq      unix  n  -  n  -      -  showq
error      unix  -  -  n  -      -  error
retry      unix  -  -  n  -      -  error
local      unix  -  n  n  -      -  local
virtual    unix  -  n  n  -      -  virtual
anvil      unix  -  -  n  -      1  anvil
scache     unix  -  -  n  -      1  scache
postlog    unix-dgram n - n -    1  postlogd
mlmmj      unix  -  n  n  -      -  pipe
  user={pipe_user} argv={pipe_argv}
"""

SASL_CONF = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {sasl}/sasldb2
mech_list: PLAIN LOGIN
"""


class Postfix:
    """`mailboxes`: addresses with a Maildir here; `alias`: an address that a virtual alias leads to the list."""

    hostname = "mail.listas.example"

    def __init__(self, directory, milter, mailboxes, list_address, alias):
        self.directory, self.milter, self.list_address, self.alias = directory, milter, list_address, alias
        self.addresses = mailboxes
        self.etc, self.queue, self.log = f"{directory}/etc", f"{directory}/queue", f"{directory}/log/mail.log"
        # Debian's Postfix looks for SASL settings in `sasl` below its configuration, whatever cyrus_sasl_config_path says.
        self.sasl, self.mailboxes = f"{self.etc}/sasl", f"{directory}/mailboxes"
        self.port = free_port()
        self.program = None

    def create(self, pipe_user, pipe_argv):
        """Writes the configuration and the empty queue; `pipe_argv` is the door with the list manager behind it."""
        for path in (self.directory, self.etc, f"{self.directory}/log", self.sasl, self.mailboxes):
            os.makedirs(path, 0o755, exist_ok=True)
        shutil.chown(self.mailboxes, MAILBOX_OWNER, MAILBOX_OWNER)
        os.makedirs(f"{self.directory}/data", 0o700)
        shutil.chown(f"{self.directory}/data", "postfix")
        self._write("etc/main.cf", self._main_cf())
        self._write("etc/master.cf", MASTER_CF.format(port=self.port, pipe_user=pipe_user, pipe_argv=" ".join(pipe_argv)))
        self._write("etc/sasl/smtpd.conf", SASL_CONF.format(sasl=self.sasl))
        self._make_queue()

    def _main_cf(self):
        status = os.stat(self.mailboxes)
        domains = sorted({address.split("@")[1] for address in self.addresses})
        return MAIN_CF.format(
            etc=self.etc, queue=self.queue, data=f"{self.directory}/data", prefix=PREFIX, daemons=DAEMONS,
            libraries=LIBRARIES, log=self.log,
            log_directory=os.path.dirname(self.log), hostname=self.hostname, sasl=self.sasl, milter=self.milter,
            mailbox_domains=" ".join(domains), mailboxes=self.mailboxes,
            mailbox_map=", ".join(f"{address}={address}/" for address in self.addresses),
            uid=status.st_uid, gid=status.st_gid, list_domain=self.list_address.split("@")[1],
            list_address=self.list_address, alias=self.alias)

    def _write(self, name, text):
        path = f"{self.directory}/{name}"
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        # Postfix waits about two seconds at its start while a configuration file is younger than that.
        past = time.time() - 60
        os.utime(path, (past, past))

    def _make_queue(self):
        """The queue as `postfix start` would make it, without its three seconds of checks on a fresh tree."""
        closed = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved",
                  "trace")
        for name in closed:
            os.makedirs(f"{self.queue}/{name}", 0o700)
            shutil.chown(f"{self.queue}/{name}", "postfix")
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            os.makedirs(f"{self.queue}/{name}")
            shutil.chown(f"{self.queue}/{name}", "postfix", "postdrop")
            os.chmod(f"{self.queue}/{name}", mode)
        os.makedirs(f"{self.queue}/pid", 0o755)

    def start(self):
        self.program = Program("Postfix", [*ENVIRONMENT, f"{DAEMONS}/master", "-c", self.etc, "-d"],
                               f"{self.directory}/log/master.log")
        self.program.start(lambda: answers(self.port))

    def stop(self):
        if self.program:
            self.program.stop()

    def add_login(self, login, password):
        """A SASL login; its name is a full address, which is what the gate then sees as the login."""
        user, realm = login.split("@")
        must_run(["saslpasswd2", "-p", "-c", "-f", f"{self.sasl}/sasldb2", "-u", realm, user], stdin=password.encode())
        shutil.chown(f"{self.sasl}/sasldb2", "postfix", "postfix")

    def maildir(self, address):
        return f"{self.mailboxes}/{address}"

    def sendmail(self, sender, recipient, message):
        """Hands a message in as a local program would, past SMTP."""
        must_run([*ENVIRONMENT, f"{PREFIX}/usr/sbin/sendmail", "-C", self.etc, "-i", "-f", sender, "--", recipient],
                 stdin=message.replace(b"\r\n", b"\n"))

    def log_lines(self, pattern):
        """The lines of the mail log in which the regular expression is found."""
        try:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                return [line.rstrip("\n") for line in log if re.search(pattern, line)]
        except FileNotFoundError:
            return []
