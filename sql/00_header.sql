\echo Use "CREATE EXTENSION jorge" to load this file. \quit

-- Every name below is resolved here and nowhere else.
SET LOCAL search_path TO pg_catalog, pg_temp;

-- The schema belongs to the user, so that the managed tables outlive the extension. Naming objects in
-- it is open to everybody; each table and each function that writes has its own grants.
GRANT USAGE ON SCHEMA @extschema@ TO PUBLIC;
