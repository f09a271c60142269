-- Every object of the extension and of install() has a COMMENT.
BEGIN;
SELECT plan(6);

SELECT is_empty($$
    SELECT pg_describe_object(d.classid, d.objid, 0)
      FROM pg_depend d JOIN pg_extension e ON d.refobjid = e.oid AND d.refclassid = 'pg_extension'::regclass
     WHERE e.extname = 'jorge' AND d.deptype = 'e' AND obj_description(d.objid, d.classid::regclass::name) IS NULL
       AND NOT (d.classid = 'pg_type'::regclass AND EXISTS (SELECT FROM pg_type t WHERE t.oid = d.objid AND (t.typrelid <> 0 OR t.typelem <> 0)))
       AND d.classid <> 'pg_cast'::regclass
    $$, 'members of the extension');
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'jorge'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
    $$, 'functions');
SELECT is_empty($$
    SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'jorge'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'c') AND obj_description(c.oid, 'pg_class') IS NULL
       AND NOT (c.relkind = 'c' AND obj_description(c.reltype, 'pg_type') IS NOT NULL)
    $$, 'tables, views and composite types');
SELECT is_empty($$
    SELECT c.oid::regclass, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'jorge'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
       AND a.attnum > 0 AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL
    $$, 'columns of tables and views');
SELECT is_empty($$
    SELECT t.tgname, t.tgrelid::regclass FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = 'jorge'::regnamespace AND NOT t.tgisinternal AND NOT c.relispartition AND obj_description(t.oid, 'pg_trigger') IS NULL
    $$, 'triggers');
SELECT is_empty($$
    SELECT p.polname, p.polrelid::regclass FROM pg_policy p WHERE obj_description(p.oid, 'pg_policy') IS NULL
    $$, 'policies');

SELECT * FROM finish();
ROLLBACK;
