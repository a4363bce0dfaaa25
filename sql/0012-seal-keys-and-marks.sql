-- What all gates and doors have in common besides lists and contacts: the public halves of the keys that gates seal
-- with, and the marks of posts that went to their list. And which host's roll holds which keys, so that a new key signs
-- only when every door knows it.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

-- ---- seal keys

CREATE TABLE seal_keys (
  seal_key_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key_id text NOT NULL UNIQUE,
  public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),  -- Ed25519
  host text NOT NULL CHECK (host ~ '\S' AND length(host) <= 255),   -- whose gate has the secret
  published_by bigint NOT NULL REFERENCES accounts,
  published_at timestamptz NOT NULL DEFAULT now(),
  retired_by bigint REFERENCES accounts,
  retired_at timestamptz,
  reason text CHECK (reason ~ '\S'),
  salt bytea,
  -- A key's name is its own digest: nobody publishes another key under a name that is trusted.
  CHECK (key_id = left(encode(sha256(public_key), 'hex'), 16)),
  CHECK ((retired_at IS NULL) = (retired_by IS NULL)),
  CHECK (retired_at IS NOT NULL OR reason IS NULL),
  CHECK ((reason IS NULL) = (salt IS NULL))
);
CREATE TRIGGER seal_keys_stay BEFORE DELETE OR TRUNCATE ON seal_keys
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- A key is published as it is and retired once, for good.
CREATE FUNCTION seal_key_retires() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  IF OLD.retired_at IS NOT NULL
     OR (NEW.seal_key_id, NEW.key_id, NEW.public_key, NEW.host, NEW.published_by, NEW.published_at)
        IS DISTINCT FROM
        (OLD.seal_key_id, OLD.key_id, OLD.public_key, OLD.host, OLD.published_by, OLD.published_at) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV004',
      MESSAGE = format('The seal key %s cannot be changed.', OLD.key_id),
      HINT = 'Retire it and publish another one.';
  END IF;
  NEW.salt := CASE WHEN NEW.reason IS NOT NULL THEN new_salt() END;
  RETURN NEW;
END
$$;
CREATE TRIGGER seal_key_retires BEFORE UPDATE ON seal_keys FOR EACH ROW EXECUTE FUNCTION seal_key_retires();

-- Publishing the same key twice is publishing it once, so that who was interrupted can do it again.
CREATE FUNCTION publish_seal_key(key_id text, public_key_hex text, host text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  me constant bigint := acting_account();
  octets bytea;
  present seal_keys;
BEGIN
  IF coalesce(publish_seal_key.public_key_hex, '') !~ '^[0-9a-f]{64}$' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'The public half of a seal key is not 64 hexadecimal digits.',
      HINT = 'Make keys with: portavoz seal make-key.';
  END IF;
  octets := decode(publish_seal_key.public_key_hex, 'hex');
  IF publish_seal_key.key_id IS DISTINCT FROM left(encode(sha256(octets), 'hex'), 16) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('%L is not the id of that public key.', coalesce(publish_seal_key.key_id, '')),
      HINT = 'Make keys with: portavoz seal make-key.';
  END IF;
  IF coalesce(publish_seal_key.host, '') !~ '\S' OR length(publish_seal_key.host) > 255 THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'A seal key needs the name of the host whose gate seals with it.',
      HINT = 'Give the host''s name.';
  END IF;
  INSERT INTO seal_keys (key_id, public_key, host, published_by)
  VALUES (publish_seal_key.key_id, octets, publish_seal_key.host, me)
      ON CONFLICT ON CONSTRAINT seal_keys_key_id_key DO NOTHING;
  SELECT k.* INTO present FROM seal_keys AS k WHERE k.key_id = publish_seal_key.key_id;
  IF present.retired_at IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('The seal key %s was retired on %s and does not come back.', present.key_id,
                       to_char(present.retired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')),
      HINT = 'Make a new one with: portavoz seal make-key.';
  END IF;
END
$$;

CREATE FUNCTION retire_seal_key(key_id text, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  me constant bigint := acting_account();
  present seal_keys;
BEGIN
  PERFORM require_reason(retire_seal_key.reason);
  SELECT k.* INTO present FROM seal_keys AS k WHERE k.key_id = retire_seal_key.key_id FOR UPDATE;
  IF present.key_id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV002',
      MESSAGE = format('There is no seal key %s.', coalesce(retire_seal_key.key_id, '(none)')),
      HINT = 'See the keys with: portavoz seal list.';
  END IF;
  IF present.retired_at IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('The seal key %s was retired already, on %s.', present.key_id,
                       to_char(present.retired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')),
      HINT = 'There is nothing to do.';
  END IF;
  UPDATE seal_keys AS k SET retired_at = now(), retired_by = me, reason = retire_seal_key.reason
   WHERE k.key_id = retire_seal_key.key_id;
END
$$;
GRANT EXECUTE ON FUNCTION publish_seal_key(text, text, text), retire_seal_key(text, text) TO portavoz_admin;

CREATE VIEW roll_seal_keys WITH (security_barrier) AS
  SELECT key_id, encode(public_key, 'hex') AS public_key FROM seal_keys WHERE retired_at IS NULL;

-- ---- marks: a signed post goes to a list once

CREATE TABLE marks (
  list_id bigint NOT NULL REFERENCES lists,
  mark text NOT NULL CHECK (mark ~ '^[0-9a-f]{32}$'),
  posted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (list_id, mark)
);
CREATE INDEX marks_by_time ON marks (posted_at);

-- What a door handed to the list manager. Recording it twice is recording it once: the first time counts. Marks older
-- than the posts that they could still meet (30 days, core/policy/marks.h) go on the way.
CREATE FUNCTION record_posted(list text, marks text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  of_list constant lists := find_list(record_posted.list);
BEGIN
  IF record_posted.marks IS NULL OR cardinality(record_posted.marks) > 100
     OR EXISTS (SELECT FROM unnest(record_posted.marks) AS mark
                 WHERE mark IS NULL OR mark COLLATE "C" !~ '^[0-9a-f]{32}$') THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'Those are not the marks of a post.',
      HINT = 'Send at most 100 marks of 32 hexadecimal digits.';
  END IF;
  DELETE FROM portavoz.marks AS m WHERE m.posted_at < now() - interval '30 days';
  INSERT INTO portavoz.marks (list_id, mark)
  SELECT of_list.list_id, mark FROM unnest(in_order(record_posted.marks)) AS mark
      ON CONFLICT DO NOTHING;
END
$$;
GRANT EXECUTE ON FUNCTION record_posted(text, text[]) TO portavoz_door;

CREATE VIEW roll_marks WITH (security_barrier) AS
  SELECT list_id, mark FROM marks WHERE posted_at >= now() - interval '30 days';

GRANT SELECT ON roll_marks, roll_seal_keys TO portavoz_gate, portavoz_door;

-- ---- which host's roll holds which keys

CREATE TABLE roll_sightings (
  host text PRIMARY KEY CHECK (host ~ '\S' AND length(host) <= 255),
  key_ids text[] NOT NULL,
  seen_at timestamptz NOT NULL
);

CREATE FUNCTION note_roll(host text, key_ids text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
BEGIN
  IF coalesce(note_roll.host, '') !~ '\S' OR length(note_roll.host) > 255 OR note_roll.key_ids IS NULL
     OR cardinality(note_roll.key_ids) > 1000
     OR EXISTS (SELECT FROM unnest(note_roll.key_ids) AS id WHERE id IS NULL OR id COLLATE "C" !~ '^[0-9a-f]{16}$') THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'That is not what a roll holds.',
      HINT = 'Send the host''s name and the ids of its seal keys.';
  END IF;
  INSERT INTO roll_sightings AS s (host, key_ids, seen_at)
  VALUES (note_roll.host, in_order(note_roll.key_ids), now())
      ON CONFLICT ON CONSTRAINT roll_sightings_pkey
      DO UPDATE SET key_ids = EXCLUDED.key_ids, seen_at = EXCLUDED.seen_at;
END
$$;
GRANT EXECUTE ON FUNCTION note_roll(text, text[]) TO portavoz_gate;

CREATE VIEW roll_hosts AS
  SELECT host, key_ids, seen_at, extract(epoch FROM now() - seen_at)::bigint AS seconds_ago FROM roll_sightings;

CREATE VIEW seal_keys_overview AS
  SELECT k.key_id, k.host, k.published_at, p.login AS published_by, k.retired_at, r.login AS retired_by, k.reason,
         CASE WHEN k.retired_at IS NULL THEN 'published' ELSE 'retired' END AS state,
         ARRAY(SELECT s.host FROM roll_sightings AS s WHERE k.key_id = ANY (s.key_ids) ORDER BY s.host) AS in_rolls_of
    FROM seal_keys AS k JOIN accounts AS p ON p.account_id = k.published_by
         LEFT JOIN accounts AS r ON r.account_id = k.retired_by;

GRANT SELECT ON roll_hosts, seal_keys_overview TO portavoz_admin;

-- ---- who is told

CREATE TRIGGER seal_keys_are_told AFTER INSERT OR UPDATE ON seal_keys
  FOR EACH ROW EXECUTE FUNCTION tell_roll();
CREATE TRIGGER marks_are_told AFTER INSERT ON marks
  FOR EACH ROW EXECUTE FUNCTION tell_roll();

-- ---- the audit chain. Marks are no decision of anybody and are not in it.

CREATE OR REPLACE VIEW personal_values (subject_kind, subject_id, field, value, salt, current) AS
  SELECT 'account', account_id, 'login', to_jsonb(login), salt, true FROM accounts
  UNION ALL SELECT 'list', list_id, 'admin_address', to_jsonb(admin_address), salt, true FROM lists
  UNION ALL SELECT 'contact', contact_id, 'address', to_jsonb(address), salt, true FROM contacts
  UNION ALL SELECT 'contact', contact_id, 'logins', to_jsonb(logins), salt, true FROM contacts
  UNION ALL SELECT 'contact', c.contact_id, 'logins', to_jsonb((d.replaced).logins), c.salt, false
              FROM decisions AS d JOIN contacts AS c USING (contact_id)
             WHERE d.kind = 'change-proof' AND d.takes_effect
  UNION ALL SELECT 'confirmation', confirmation_id, 'reason', to_jsonb(reason), salt, true FROM confirmations
  UNION ALL SELECT 'decision', decision_id, 'reason', to_jsonb(reason), salt, true FROM decisions
  UNION ALL SELECT 'decision', decision_id, 'logins', to_jsonb((proof).logins), salt, true FROM decisions
  UNION ALL SELECT 'held-action', held_action_id, 'reason', to_jsonb(reason), salt, true FROM held_actions
  UNION ALL SELECT 'list-change', list_change_id, 'reason', to_jsonb(reason), salt, true FROM list_changes
  UNION ALL SELECT 'seal-key', seal_key_id, 'reason', to_jsonb(reason), salt, true FROM seal_keys;

CREATE TRIGGER audit_seal_key AFTER INSERT ON seal_keys
  FOR EACH ROW EXECUTE FUNCTION audit_row('seal-key-publish', 'seal-key', 'seal_key_id', 'key_id', 'public_key', 'host');
CREATE TRIGGER audit_seal_key_retire AFTER UPDATE ON seal_keys
  FOR EACH ROW EXECUTE FUNCTION audit_row('seal-key-retire', 'seal-key', 'seal_key_id', 'key_id');
