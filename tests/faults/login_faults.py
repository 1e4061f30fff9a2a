"""What stands between a connection and its first query: password and certificate."""
from certificates import Authority, put
from database import LOGINS, PASSWORD, ROLES, Migrated
from expectation import ready, unready
from fault import KEPT, Fault
from postgres import SERVER_USER

NEW_PASSWORD = PASSWORD + "-rotated"


class PasswordRotated(Fault):
    """The server knows the new password already; the mounted file still holds the old one."""

    during = {
        "ready": ready(denied="password"),
        "fresh": unready(denied="password"),
        "behind": unready(denied="password"),
    }
    settle = {"behind": KEPT}
    server_sees = ("ready", "fresh")

    def arrange(self):
        self.serve(Migrated()).require_password()
        self.file = self.server.folder / "password"
        self.file.write_text(PASSWORD + "\n")

    def keys(self, role):
        return {"password_file": str(self.file)}

    def break_it(self):
        self._set_password(NEW_PASSWORD)

    def mend(self):
        self.file.write_text(NEW_PASSWORD + "\n")

    def _set_password(self, password):
        self.server.run(*(f"ALTER ROLE {role} PASSWORD '{password}'" for role in LOGINS))


class CertificateExpired(Fault):
    """The server's, while the sidecars insist on a good one."""

    during = {
        "ready": ready(unreachable="certificate"),
        "fresh": unready(unreachable="certificate"),
        "behind": unready(unreachable="certificate"),
    }
    settle = {"behind": KEPT}
    server_sees = ROLES

    def arrange(self):
        server = self.serve(Migrated())
        self.authority = Authority(server.folder / "tls")
        self._install(days=1)
        server.run("ALTER SYSTEM SET ssl = on", f"ALTER SYSTEM SET ssl_cert_file = '{self.authority.folder}/server.crt'",
                   f"ALTER SYSTEM SET ssl_key_file = '{self.authority.folder}/server.key'")
        server.put_first_in_hba(*(f"hostnossl all {role} all reject" for role in LOGINS))

    def url(self, role):
        return f"{super().url(role)}?sslmode=verify-full&sslrootcert={self.authority.certificate}"

    def break_it(self):
        self._install(days=-1)
        self.server.reload()

    def mend(self):
        self._install(days=1)
        self.server.reload()

    def log_name(self, role):
        """TLS fails before the role is told: all that were refused."""
        return "[unknown]"

    def _install(self, days):
        pair = self.authority.issue("issued", self.server.address, days)
        for made, name in zip(pair, ("server.crt", "server.key")):
            put(made, self.authority.folder / name, owner=SERVER_USER)
