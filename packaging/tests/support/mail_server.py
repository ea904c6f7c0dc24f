#!/usr/bin/python3
"""A mail server that demands TLS and a password, and prints what it gets: mail_server.py CERTIFICATE KEY PASSWORD"""

import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Printer:
    async def handle_DATA(self, server, session, envelope):
        print("mail to", *envelope.rcpt_tos, flush=True)
        return "250 OK"


def main(certificate: str, key: str, password: str) -> None:
    def authenticate(server, session, envelope, mechanism, data):
        return AuthResult(success=data.login == b"bifrons" and data.password == password.encode())

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    options = {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": authenticate}
    Controller(Printer(), hostname="127.0.0.1", port=587, **options).start()
    threading.Event().wait()


main(*sys.argv[1:])
