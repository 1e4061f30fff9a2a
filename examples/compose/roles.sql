-- Three roles: who migrates, who serves, and who only looks at the version. Runs once, when the database's folder is empty.
CREATE ROLE orders_owner LOGIN PASSWORD 'owner';
CREATE ROLE orders_app LOGIN PASSWORD 'app';
CREATE ROLE orders_ro LOGIN PASSWORD 'ro';
CREATE DATABASE orders OWNER orders_owner;
\connect orders
ALTER DEFAULT PRIVILEGES FOR ROLE orders_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO orders_app;
