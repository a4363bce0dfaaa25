"""Signs messages with DKIM (dkimpy, another implementation than ours), each signer with an RSA key of its own that
openssl makes."""

import base64
import subprocess

import dkim

BITS = 1024  # dkimpy computes in Python; more bits only take longer
SIGNED = ("From", "To", "Cc", "Subject", "Date", "Message-ID")


def output_of(*argv, stdin=b""):
    return subprocess.run(argv, input=stdin, capture_output=True, check=True).stdout


class Signer:
    def __init__(self, domain, selector="uno"):
        self.domain, self.selector = domain, selector
        self.secret = output_of("openssl", "genrsa", "-traditional", str(BITS))
        public = output_of("openssl", "rsa", "-pubout", "-outform", "DER", stdin=self.secret)
        self.name = f"{selector}._domainkey.{domain}"
        self.record = f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"

    def sign(self, octets, names=SIGNED):
        """The message with a signature on top over these fields, as far as they are there, and the whole body."""
        signature = dkim.sign(octets, self.selector.encode(), self.domain.encode(), self.secret,
                              canonicalize=(b"relaxed", b"relaxed"), include_headers=[name.lower().encode() for name in names])
        return signature + octets
