"""A certificate authority of our own, by the openssl command."""
import os
import pathlib
import subprocess

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.certificate = self.folder / "ca.crt"
        self.key = self.folder / "ca.key"
        _openssl("req", "-x509", *KEY, "-keyout", self.key, "-out", self.certificate, "-subj", "/CN=test authority", "-days", 2)

    def issue(self, name, address, days, owner):
        """NAME.crt and NAME.key for an IP address; fewer than 0 days: expired already. They belong to the owner of a file."""
        request, extensions, made, key = (self.folder / f"{name}.{kind}" for kind in ("csr", "ext", "new", "key"))
        if not key.exists():
            _openssl("req", *KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
            self._give(key, owner)
        extensions.write_text(f"subjectAltName = IP:{address}\n")
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days", days,
                 "-extfile", extensions, "-out", made)
        self._give(made, owner)
        made.rename(self.folder / f"{name}.crt")

    @staticmethod
    def _give(file, owner):
        file.chmod(0o600)
        os.chown(file, owner.stat().st_uid, owner.stat().st_gid)


def _openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
