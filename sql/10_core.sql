-- core: the tenant of the session

CREATE FUNCTION jorge.current_location() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'jorge_current_location';
COMMENT ON FUNCTION jorge.current_location() IS
    'Tenant of this session: the setting jorge.location_id, or "main" where it is empty. Row security compares location_id with it.';
