"""Certificates for tests, made by the openssl command."""
import ipaddress
import os
import shutil
import subprocess

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """A CA, whose files lie in a folder of its own."""

    def __init__(self, folder, name="ca"):
        self.folder = folder
        self.name = name
        folder.mkdir(exist_ok=True)
        self._openssl("req", "-x509", *KEY, "-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "30", "-subj", f"/CN={name}")

    @property
    def certificate(self):
        return self.folder / f"{self.name}.crt"

    def issue(self, name, common_name, days=30):
        """A pair of files, (certificate, key), for a host name or an address; `days` below zero: already expired."""
        self._openssl("req", *KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={common_name}")
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={_alternative_name(common_name)}\n")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.crt", "-CAkey", f"{self.name}.key", "-CAcreateserial",
                      "-out", f"{name}.crt", "-days", days, "-extfile", f"{name}.ext")
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], cwd=self.folder, check=True, capture_output=True)


def _alternative_name(name):
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


def put(source, target, owner=None):
    """Replaces `target` by a copy in one step, as a mounted secret is replaced."""
    fresh = target.with_name(target.name + ".new")
    shutil.copy(source, fresh)
    fresh.chmod(0o600)
    if owner and os.geteuid() == 0:
        shutil.chown(fresh, owner, owner)
    os.replace(fresh, target)
