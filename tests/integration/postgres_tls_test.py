"""TLS as libpq does it: what is trusted, what is refused, and what is found anew when files are replaced."""
import socket
import ssl
import struct
import time

import pytest

from certificates import Authority, put
from postgres import SERVER_USER, PostgresServer

CREATE = ("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)", "INSERT INTO alembic_version VALUES ('r2')")


class TlsServer(PostgresServer):
    """Asks a role named "certified" for a client certificate; knows TLS from the second start on."""

    def __init__(self, authority):
        super().__init__()
        self.authority = authority

    def __enter__(self):
        super().__enter__()
        self.execute("postgres", *CREATE, "CREATE ROLE certified LOGIN", "GRANT SELECT ON alembic_version TO certified",
                     "CREATE ROLE secretive LOGIN PASSWORD 'first'", "GRANT SELECT ON alembic_version TO secretive")
        hba = self.data / "pg_hba.conf"
        hba.write_text("hostssl all certified 127.0.0.1/32 cert\nhost all certified 127.0.0.1/32 reject\n"
                       "host all secretive 127.0.0.1/32 scram-sha-256\n" + hba.read_text())
        self.stop()
        put(self.authority.certificate, self.data / "ca.crt", SERVER_USER)
        self.settings = {"ssl": "on", "ssl_ca_file": self.data / "ca.crt"}
        self._put_pair(self.authority.issue("server", "localhost"))
        self.start()
        return self

    def present(self, pair):
        """From now on the server shows this certificate to new connections."""
        self._put_pair(pair)
        self.execute("postgres", "SELECT pg_reload_conf()")
        end = time.monotonic() + 10
        while self._presented() != pair[0].read_text():
            assert time.monotonic() < end
            time.sleep(0.02)

    def tls_url(self, user="admin", host="localhost", **parameters):
        given = {"hostaddr": "127.0.0.1", "sslmode": "verify-full", "sslrootcert": self.authority.certificate, **parameters}
        words = "&".join(f"{key}={value}" for key, value in given.items())
        return f"postgresql://{user}@{host}:{self.port}/postgres?{words}"

    def _put_pair(self, pair):
        for source, name in zip(pair, ("server.crt", "server.key")):
            put(source, self.data / name, SERVER_USER)

    def _presented(self):
        with socket.create_connection(("127.0.0.1", self.port)) as plain:
            plain.sendall(struct.pack("!ii", 8, 80877103))
            assert plain.recv(1) == b"S"
            context = ssl._create_unverified_context()
            with context.wrap_socket(plain) as secure:
                return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def server(authority):
    with TlsServer(authority) as server:
        yield server


@pytest.fixture
def client_pair(authority, tmp_path):
    """Where a client certificate of "certified" is mounted."""
    pair = tmp_path / "client.crt", tmp_path / "client.key"
    mount(authority.issue("client", "certified"), pair)
    return pair


def mount(pair, at):
    for source, target in zip(pair, at):
        put(source, target)


def check(schemalatch, url, **env):
    result = schemalatch.run("check", "--url", url, "--tool", "alembic", "--require", "r2", env=env)
    print(result.out)
    return result.code, result.out


def check_until(schemalatch, url, phrase):
    """Why a certificate is refused can be lost: where libpq shakes hands and gives up in one step it is gone with the
    TLS session."""
    for _ in range(10):
        code, said = check(schemalatch, url)
        assert "certificate verify failed" in said
        if phrase in said:
            break
    return code, said


def test_a_verified_server_is_believed(schemalatch, server):
    assert check(schemalatch, server.tls_url())[0] == 0


def test_a_server_whose_ca_we_do_not_have_is_unreachable(schemalatch, server, tmp_path):
    stranger = Authority(tmp_path / "stranger", "stranger")
    code, said = check_until(schemalatch, server.tls_url(sslrootcert=stranger.certificate), "certificate verify failed: ")
    assert code == 5
    assert "certificate verify failed: " in said and "give the CA that signed the server's certificate by sslrootcert" in said


@pytest.mark.parametrize("parameters", [{"sslrootcert": "/nowhere/ca.crt"}, {"sslrootcert": "/etc/passwd"}])
def test_a_root_file_that_is_not_there_or_holds_none_is_named(schemalatch, server, parameters):
    code, said = check(schemalatch, server.tls_url(**parameters))
    assert code == 5
    assert str(parameters["sslrootcert"]) in said and "by sslrootcert in the URL" in said


def test_an_expired_server_certificate_is_told_as_that_and_found_when_renewed(schemalatch, server, authority):
    server.present(authority.issue("expired", "localhost", days=-1))
    code, said = check_until(schemalatch, server.tls_url(), "certificate has expired; renew")
    assert (code, "certificate has expired; renew the server's certificate" in said) == (5, True)
    sidecar = schemalatch.watch(server.tls_url(), "alembic", "r2").wait_for_state("unreachable")
    server.present(authority.issue("renewed", "localhost"))
    sidecar.wait_until_ready()


def test_a_certificate_for_another_name_is_told_as_that(schemalatch, server, authority):
    code, said = check(schemalatch, server.tls_url(host="db.example"))
    assert code == 5
    assert 'for "localhost" does not match host name "db.example"' in said and "connect by a name that stands" in said


def test_a_server_without_tls_is_unreachable_where_the_url_insists_on_it(schemalatch, postgres):
    code, said = check(schemalatch, postgres.create_database() + "?sslmode=require")
    assert (code, "the URL insists on TLS: switch it on" in said) == (5, True)


def test_a_client_certificate_that_is_asked_for_lets_us_in(schemalatch, server, client_pair):
    assert check(schemalatch, server.tls_url("certified", sslcert=client_pair[0], sslkey=client_pair[1]))[0] == 0
    code, said = check(schemalatch, server.tls_url("certified"))
    assert (code, "client certificate" in said) == (6, True)


@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
def test_an_expired_client_certificate_is_denied(schemalatch, server, authority, client_pair, protocol):
    mount(authority.issue("old", "certified", days=-1), client_pair)
    url = server.tls_url("certified", sslcert=client_pair[0], sslkey=client_pair[1], ssl_max_protocol_version=protocol)
    code, said = check(schemalatch, url)
    assert (code, "the server refuses our client certificate: renew sslcert and sslkey" in said) == (6, True)


def test_a_client_certificate_of_a_strange_ca_is_denied(schemalatch, server, client_pair, tmp_path):
    mount(Authority(tmp_path / "stranger", "stranger").issue("client", "certified"), client_pair)
    code, said = check(schemalatch, server.tls_url("certified", sslcert=client_pair[0], sslkey=client_pair[1]))
    assert (code, "does not trust the CA of our client certificate" in said) == (6, True)


def test_a_key_that_others_may_read_is_denied_and_the_mode_is_named(schemalatch, server, client_pair):
    client_pair[1].chmod(0o644)
    code, said = check(schemalatch, server.tls_url("certified", sslcert=client_pair[0], sslkey=client_pair[1]))
    assert (code, "0600" in said) == (6, True)


def test_a_rotated_client_certificate_is_found_without_a_restart(schemalatch, server, authority, client_pair):
    url = server.tls_url("certified", sslcert=client_pair[0], sslkey=client_pair[1])
    sidecar = schemalatch.watch(url, "alembic", "r2").wait_until_ready()
    mount(authority.issue("old", "certified", days=-1), client_pair)
    sidecar.wait_for_state("denied")
    assert sidecar.readyz()[0] == 200
    mount(authority.issue("next", "certified"), client_pair)
    sidecar.wait_for_state("satisfied")


def test_a_rotated_password_is_found_without_a_restart(schemalatch, server, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("first\n")
    sidecar = schemalatch.watch(server.tls_url("secretive"), "alembic", "r2", password_file=str(secret)).wait_until_ready()
    server.execute("postgres", "ALTER ROLE secretive PASSWORD 'second'")
    sidecar.wait_for_state("denied")
    secret.write_text("second")
    sidecar.wait_for_state("satisfied")
    everything = "".join(sidecar.log) + sidecar.get("/version")[1]
    assert "first" not in everything and "second" not in everything
