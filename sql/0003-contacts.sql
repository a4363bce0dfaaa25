-- Assemblies, and their contacts with the states that a contact can be in.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

-- Two spellings that a reader takes for the same name are one assembly, so that they share one voice: letter case,
-- runs of blanks and Unicode compatibility forms do not tell names apart. ICU, because the answer must not depend on
-- the locale that the database happened to be created with.
CREATE FUNCTION assembly_key(name text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$ SELECT lower(normalize(btrim(regexp_replace(name, '\s+', ' ', 'g')), NFKC) COLLATE "und-x-icu") $$;

CREATE TABLE assemblies (
  assembly_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name ~ '\S' AND length(name) <= 200 AND name !~ '[[:cntrl:]]'),
  name_key text NOT NULL GENERATED ALWAYS AS (assembly_key(name)) STORED UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- http or https, a host, no user name or password, no blanks. The fetcher judges the rest, at every hop.
CREATE FUNCTION is_evidence_url(url text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT octet_length(url) <= 2048 AND url !~ '[[:cntrl:][:space:]]' AND url ~* '^https?://[^/?#@\\]+([/?#].*)?$'
$$;

-- The life of a contact: the moves that are allowed, who makes them, and by which kind of decision ('none' where the
-- move is not a decision). The same table stands in core/registry/contact_state.cc; a test compares the two.
CREATE TABLE contact_transitions (
  from_state text NOT NULL,
  to_state text NOT NULL,
  actor text NOT NULL CHECK (actor IN ('admin', 'clerk', 'verifier')),
  decision text NOT NULL CHECK (decision IN ('none', 'approve', 'reject', 'vouch', 'hand-over', 'restore', 'suspend',
                                             'retire')),
  PRIMARY KEY (from_state, to_state, actor, decision)
);

INSERT INTO contact_transitions (from_state, to_state, actor, decision) VALUES
  ('applied',    'confirmed',  'admin',    'none'),
  ('applied',    'confirmed',  'clerk',    'none'),
  ('applied',    'refused',    'admin',    'reject'),
  ('applied',    'withdrawn',  'admin',    'none'),
  ('applied',    'withdrawn',  'clerk',    'none'),
  ('confirmed',  'reported',   'verifier', 'none'),
  ('confirmed',  'designated', 'admin',    'vouch'),
  ('confirmed',  'refused',    'admin',    'reject'),
  ('confirmed',  'withdrawn',  'admin',    'none'),
  ('confirmed',  'withdrawn',  'clerk',    'none'),
  ('reported',   'designated', 'admin',    'approve'),
  ('reported',   'designated', 'admin',    'vouch'),
  ('reported',   'refused',    'admin',    'reject'),
  ('reported',   'withdrawn',  'admin',    'none'),
  ('reported',   'withdrawn',  'clerk',    'none'),
  ('designated', 'lapsing',    'clerk',    'none'),
  ('designated', 'suspended',  'admin',    'suspend'),
  ('designated', 'retired',    'admin',    'retire'),
  ('designated', 'succeeded',  'admin',    'hand-over'),
  ('lapsing',    'designated', 'clerk',    'none'),
  ('lapsing',    'suspended',  'clerk',    'none'),
  ('lapsing',    'suspended',  'admin',    'suspend'),
  ('lapsing',    'retired',    'admin',    'retire'),
  ('lapsing',    'succeeded',  'admin',    'hand-over'),
  ('suspended',  'designated', 'admin',    'restore'),
  ('suspended',  'retired',    'admin',    'retire'),
  ('suspended',  'succeeded',  'admin',    'hand-over');

CREATE TABLE contacts (
  contact_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  list_id bigint NOT NULL REFERENCES lists,
  assembly_id bigint NOT NULL REFERENCES assemblies,
  address text CHECK (is_canonical_address(address)),
  evidence_url text NOT NULL CHECK (is_evidence_url(evidence_url)),
  logins text[] NOT NULL DEFAULT '{}' CHECK (array_position(logins, NULL) IS NULL AND NOT ('' = ANY (logins))),
  language text NOT NULL CHECK (is_language(language)),
  state text NOT NULL DEFAULT 'applied'
    CHECK (state IN ('applied', 'confirmed', 'reported', 'designated', 'lapsing', 'suspended', 'succeeded', 'retired',
                     'refused', 'withdrawn')),
  state_since timestamptz NOT NULL DEFAULT now(),
  stage int NOT NULL DEFAULT 0,  -- how many moves the contact has made; decisions count within one stage
  decision_id bigint,            -- the decision that brought the contact where it is, if one did
  applied_at timestamptz NOT NULL DEFAULT now(),
  salt bytea DEFAULT new_salt(),
  -- An erased contact has neither its address nor the salt, and its life is over.
  CHECK ((address IS NULL) = (salt IS NULL)),
  CHECK (address IS NOT NULL OR state IN ('succeeded', 'retired', 'refused', 'withdrawn'))
);

-- Rule: one voice. One contact that may post per assembly and list, one assembly per such address and list. Only over
-- the states that may post: applications compete freely, so that nobody can squat an assembly's name.
CREATE UNIQUE INDEX contacts_one_voice_per_assembly ON contacts (assembly_id, list_id)
  WHERE state IN ('designated', 'lapsing');
CREATE UNIQUE INDEX contacts_one_voice_per_address ON contacts (list_id, address)
  WHERE state IN ('designated', 'lapsing');
CREATE INDEX contacts_by_list ON contacts (list_id, state);

CREATE TRIGGER contacts_stay BEFORE DELETE OR TRUNCATE ON contacts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- Rule: only a decision designates. So a contact begins as an application and nothing else.
CREATE FUNCTION contact_begins() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  IF NEW.state <> 'applied' OR NEW.decision_id IS NOT NULL OR NEW.stage <> 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('A contact cannot begin as %s.', NEW.state),
      HINT = 'Let it apply first; every other state is reached by a move.';
  END IF;
  NEW.salt := new_salt();
  RETURN NEW;
END
$$;
CREATE TRIGGER contact_begins BEFORE INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION contact_begins();

-- An admin's word that the holder of the address answered, until the dialogue by mail records that itself.
CREATE TABLE confirmations (
  confirmation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  contact_id bigint NOT NULL UNIQUE REFERENCES contacts,
  account_id bigint NOT NULL REFERENCES accounts,
  reason text CHECK (reason ~ '\S'),
  at timestamptz NOT NULL DEFAULT now(),
  salt bytea DEFAULT new_salt(),
  CHECK ((reason IS NULL) = (salt IS NULL))
);
CREATE TRIGGER confirmations_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON confirmations
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
