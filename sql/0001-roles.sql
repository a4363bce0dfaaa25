-- The seven roles, and who owns what.
--
-- Run by a superuser, or by a role with CREATEROLE that owns the database. Roles belong to the whole cluster, so
-- another database may have made them already: each is made only where it is missing.
--
-- The roles are groups that nobody logs in as. A login role is named as its operating-system user (peer login) and
-- is a member of exactly one of them.

DO $$
DECLARE
  role_name text;
  roles constant text[] := ARRAY['portavoz_owner', 'portavoz_admin', 'portavoz_gate', 'portavoz_door',
                                 'portavoz_verifier', 'portavoz_clerk', 'portavoz_public'];
BEGIN
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('The database %s is encoded in %s; the register needs UTF8.',
                       current_database(), current_setting('server_encoding')),
      HINT = 'Create the database again with ENCODING ''UTF8'' TEMPLATE template0.';
  END IF;

  FOREACH role_name IN ARRAY roles LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;  -- another database of this cluster made it in the same moment: that is what we want
    END;
  END LOOP;

  -- Whoever migrates creates objects in the owner's name; a superuser may do that without being a member.
  IF NOT pg_has_role(current_user, 'portavoz_owner', 'MEMBER') THEN
    EXECUTE format('GRANT portavoz_owner TO %I', current_user);
  END IF;

  -- Only the register's roles may connect, and none of them may make temporary objects.
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %s', current_database(), array_to_string(roles, ', '));
END
$$;

ALTER SCHEMA portavoz OWNER TO portavoz_owner;
ALTER TABLE portavoz.schema_migrations OWNER TO portavoz_owner;

SET LOCAL ROLE portavoz_owner;

REVOKE ALL ON SCHEMA portavoz FROM PUBLIC;
GRANT USAGE ON SCHEMA portavoz
  TO portavoz_admin, portavoz_gate, portavoz_door, portavoz_verifier, portavoz_clerk, portavoz_public;

-- PostgreSQL lets everybody execute a new function. Here nobody may, until a GRANT beside the function says who.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
