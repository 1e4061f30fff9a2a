"""A cluster for each test: images of the orders service, a database of three roles, and the manifests of examples/kubernetes."""
import itertools
import shutil

import psycopg2
import pytest

from cluster import ROOT, Cluster

PROJECT = ROOT / "examples" / "quickstart"
REGISTRY = "registry.example/orders"
OLD, NEW, LATER = (f"{REGISTRY}:{tag}" for tag in (42, 43, 44))

ONLY_NEW = "0003", "0004" # migrations
ROLES = "orders_owner", "orders", "orders_ro"
QUERIES = {OLD: "SELECT count(*) FROM order_lines", NEW: "SELECT count(*) FROM orders WHERE shipped_at IS NULL"}

ONE_MORE = '''
from alembic import op

revision = "b51de0c0ffee"
down_revision = "ae1027a6acf3"


def upgrade():
    op.execute({sql!r})
'''

# A migration that fails, and what makes it fail.
ONE_ORDER_EACH = "CREATE UNIQUE INDEX one_order_each ON orders (customer)"
DUPLICATES = "INSERT INTO orders (id, customer) VALUES (1, 'Ada'), (2, 'Ada')"


class Service:
    """The orders service of one test: its database, its images, its cluster."""

    _names = itertools.count(1)

    def __init__(self, schemalatch, server, folder):
        self.schemalatch, self.server, self.folder = schemalatch, server, folder
        self.database = f"orders_{next(self._names)}"
        secrets = {secret: {"url": server.url(self.database, role)}
                   for secret, role in zip(("orders-db-owner", "orders-db", "orders-db-ro"), ROLES)}
        self.cluster = Cluster(schemalatch.binary, folder, secrets)
        self.build(OLD, without=ONLY_NEW)
        self.build(NEW)

    def build(self, image, without=(), later=None):
        """Build and bake; `later` is the SQL of one migration more."""
        root = self.folder / image.rpartition(":")[2]
        shutil.copytree(PROJECT, root / "app", ignore=shutil.ignore_patterns("__pycache__", "run.sh", *(f"{number}_*" for number in without)))
        if later:
            (root / "app/migrations/versions/0005_later.py").write_text(ONE_MORE.format(sql=later))
        (root / "app/query.sql").write_text(QUERIES.get(image, QUERIES[NEW]))
        (root / "schema").mkdir()
        self.schemalatch.bake("alembic", [root / "app/migrations/versions"], root / "schema/required.json")
        self.cluster.images[image] = root
        return image

    def create_database(self):
        for role in ROLES:
            try:
                self.server.execute("postgres", f"CREATE ROLE {role} LOGIN")
            except psycopg2.errors.DuplicateObject:
                pass
        self.server.execute("postgres", f"CREATE DATABASE {self.database} OWNER orders_owner")
        self.server.execute(self.database, "GRANT CREATE, USAGE ON SCHEMA public TO orders_owner",
                            "ALTER DEFAULT PRIVILEGES FOR ROLE orders_owner GRANT SELECT ON TABLES TO orders")

    def install(self, **changes):
        """The old version, in full; `changes` as for apply."""
        self.create_database()
        assert self.cluster.apply(OLD, **changes).join() == "complete"
        self.cluster.wait_until_complete(OLD)
        return self.cluster

    def execute(self, *statements):
        self.server.execute(self.database, *statements)

    def runs(self):
        """How the upgrades ended, the oldest first."""
        connection = self.server.connect(self.database)
        with connection.cursor() as cursor:
            cursor.execute("SELECT outcome FROM schemalatch.run ORDER BY started_at")
            outcomes = [row[0] for row in cursor.fetchall()]
        connection.close()
        return outcomes


@pytest.fixture
def service(schemalatch, postgres, tmp_path):
    service = Service(schemalatch, postgres, tmp_path)
    yield service
    service.cluster.stop()
