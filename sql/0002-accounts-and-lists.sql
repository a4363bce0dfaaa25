-- Who may decide, and the lists that are guarded.
--
-- `salt`, here and in later tables: personal values enter the audit chain as sha256(salt || value), and the salt
-- stands on the row that holds the value. Erasing both leaves the chain whole and the value unguessable.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

CREATE FUNCTION new_salt() RETURNS bytea
LANGUAGE sql VOLATILE SET search_path = portavoz, pg_temp
AS $$ SELECT uuid_send(gen_random_uuid()) $$;

-- A belt, not the grammar: callers parse addresses properly and hand over the canonical form. This refuses what could
-- not be one: no @, blanks or control characters outside quotes, capital letters, a domain of one label.
CREATE FUNCTION is_canonical_address(address text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT octet_length(address) <= 320
     AND address COLLATE "C" !~ '[A-Z[:cntrl:]]'
     AND address COLLATE "C" ~ ('^([^[:space:]@"<>(),:;\\\[\]]+|"([^"\\]|\\.)+")'
                                '@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$')
$$;

CREATE FUNCTION is_language(tag text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$ SELECT tag COLLATE "C" ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' $$;

CREATE FUNCTION are_languages(tags text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$ SELECT count(*) > 0 AND bool_and(tag IS NOT NULL AND is_language(tag)) FROM unnest(tags) AS tag $$;

-- Every refusal to change what must stand goes through this one sentence. Statement triggers, so that TRUNCATE and an
-- UPDATE of no row are refused as well.
CREATE FUNCTION refuse_rewriting() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'PV004',
    MESSAGE = format('%s on %I is refused: it is added to, never rewritten.', TG_OP, TG_TABLE_NAME),
    HINT = 'Record what changed as a new entry.';
END
$$;

CREATE TABLE accounts (
  account_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  login text NOT NULL UNIQUE CHECK (login <> ''),  -- the database login, which is the operating-system user
  name text NOT NULL CHECK (name ~ '\S'),
  enabled boolean NOT NULL DEFAULT true,
  salt bytea DEFAULT new_salt(),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- The account is what decisions point at: it can be disabled, not deleted.
CREATE TRIGGER accounts_stay BEFORE DELETE OR TRUNCATE ON accounts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- What kind of role a session acts as. Read from the memberships of the login itself, not from pg_has_role(),
-- which says yes to everything for a superuser; and from session_user, which neither SET ROLE nor a SECURITY DEFINER
-- function changes.
CREATE FUNCTION acting_as() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = portavoz, pg_temp
AS $$
DECLARE
  kinds text[];
BEGIN
  WITH RECURSIVE mine(oid) AS (
    SELECT oid FROM pg_roles WHERE rolname = session_user
    UNION
    SELECT m.roleid FROM pg_auth_members AS m JOIN mine ON m.member = mine.oid
  )
  SELECT coalesce(array_agg(substr(r.rolname, length('portavoz_') + 1)), '{}') INTO kinds
    FROM mine JOIN pg_roles AS r USING (oid)
   WHERE r.rolname IN ('portavoz_admin', 'portavoz_gate', 'portavoz_door', 'portavoz_verifier', 'portavoz_clerk',
                       'portavoz_public');
  IF cardinality(kinds) > 1 THEN
    RAISE EXCEPTION USING ERRCODE = 'PV004',
      MESSAGE = format('The login %s has more than one of the register''s roles: %s.', session_user,
                       array_to_string(kinds, ', ')),
      HINT = 'Revoke all but one of them.';
  END IF;
  IF cardinality(kinds) = 1 THEN
    RETURN kinds[1];
  END IF;
  IF pg_has_role(session_user, 'portavoz_owner', 'MEMBER') THEN  -- true for a superuser too
    RETURN 'owner';
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'PV004',
    MESSAGE = format('The login %s has none of the register''s roles.', session_user),
    HINT = 'Grant it exactly one of them.';
END
$$;

-- Rule: who decides is the login, mapped to an enabled account; it is never an argument.
CREATE FUNCTION acting_account() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = portavoz, pg_temp
AS $$
DECLARE
  found_id bigint;
BEGIN
  SELECT a.account_id INTO found_id FROM accounts AS a WHERE a.login = session_user AND a.enabled;
  IF found_id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV004',
      MESSAGE = format('The login %s has no enabled account in the register.', session_user),
      HINT = format('The register''s owner adds one with: portavoz account add %s --name NAME.', session_user);
  END IF;
  RETURN found_id;
END
$$;

CREATE TABLE lists (
  list_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  posting_address text NOT NULL UNIQUE,
  languages text[] NOT NULL CHECK (are_languages(languages)),
  admin_address text CHECK (is_canonical_address(admin_address)),
  deciders int NOT NULL CHECK (deciders IN (1, 2)),  -- 2: the two-person rule
  salt bytea DEFAULT new_salt(),
  created_by bigint NOT NULL REFERENCES accounts,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Every address that reaches a list, its posting address too: one address never guards two lists.
CREATE TABLE list_addresses (
  address text PRIMARY KEY CHECK (is_canonical_address(address)),
  list_id bigint NOT NULL REFERENCES lists
);
CREATE INDEX list_addresses_by_list ON list_addresses (list_id);
ALTER TABLE lists ADD FOREIGN KEY (posting_address) REFERENCES list_addresses DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE list_guidelines (
  list_id bigint NOT NULL REFERENCES lists,
  language text NOT NULL CHECK (is_language(language)),
  version int NOT NULL CHECK (version > 0),
  body text NOT NULL CHECK (body ~ '\S'),
  created_by bigint NOT NULL REFERENCES accounts,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (list_id, language, version)
);
CREATE TRIGGER list_guidelines_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON list_guidelines
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
