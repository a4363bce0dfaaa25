-- What a gate needs to follow the register by position: a log of the keys that changed in what the roll's views show, each
-- under the transaction that changed it, and where the register stands now. A gate remembers the snapshot in which it read
-- last, and takes the keys whose transactions that snapshot did not see yet: whatever the order in which they committed,
-- none is missed and none is read twice.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

-- ---- the log

-- Lists and seal keys are few: that one of them changed is enough. `all`: whatever follows must compare everything.
CREATE TABLE roll_changes (
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),  -- of the whole transaction, also inside a savepoint
  part text NOT NULL CHECK (part IN ('lists', 'seal-keys', 'contacts', 'marks', 'all')),
  list_id bigint,
  key text,  -- a contact's address, or a mark
  at timestamptz NOT NULL DEFAULT now(),
  CHECK ((part IN ('contacts', 'marks')) = (list_id IS NOT NULL AND key IS NOT NULL))
);
CREATE INDEX roll_changes_by_xid ON roll_changes (xid);

-- What the log can answer for: changes of this register (roll_source) by transactions past `pruned`.
CREATE TABLE roll_log (
  source text NOT NULL,
  pruned xid8 NOT NULL
);
CREATE UNIQUE INDEX roll_log_is_one_row ON roll_log ((true));
INSERT INTO roll_log (source, pruned) VALUES ('', pg_current_xact_id());

-- Sent at COMMIT, once per transaction.
CREATE OR REPLACE FUNCTION tell_roll() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  INSERT INTO roll_changes (part) VALUES (TG_ARGV[0]);
  PERFORM pg_notify('portavoz_roll', '');
  RETURN NULL;
END
$$;

CREATE FUNCTION tell_roll_of_contact() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  INSERT INTO roll_changes (part, list_id, key)
  SELECT 'contacts', c.list_id, c.address
    FROM (VALUES (OLD.list_id, OLD.address, OLD.state), (NEW.list_id, NEW.address, NEW.state)) AS c (list_id, address, state)
   WHERE c.state IN ('designated', 'lapsing')
   GROUP BY c.list_id, c.address;
  PERFORM pg_notify('portavoz_roll', '');
  RETURN NULL;
END
$$;

CREATE FUNCTION tell_roll_of_assembly() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  INSERT INTO roll_changes (part, list_id, key)
  SELECT 'contacts', c.list_id, c.address FROM contacts AS c
   WHERE c.assembly_id = NEW.assembly_id AND c.state IN ('designated', 'lapsing');
  PERFORM pg_notify('portavoz_roll', '');
  RETURN NULL;
END
$$;

CREATE FUNCTION tell_roll_of_watch() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  INSERT INTO roll_changes (part, list_id, key)
  SELECT 'contacts', c.list_id, c.address FROM contacts AS c
   WHERE c.contact_id = coalesce(NEW.contact_id, OLD.contact_id) AND c.state IN ('designated', 'lapsing');
  PERFORM pg_notify('portavoz_roll', '');
  RETURN NULL;
END
$$;

CREATE FUNCTION tell_roll_of_marks() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  INSERT INTO roll_changes (part, list_id, key) SELECT 'marks', m.list_id, m.mark FROM changed AS m;
  IF TG_OP = 'INSERT' AND FOUND THEN  -- one that is gone mattered to nobody any more
    PERFORM pg_notify('portavoz_roll', '');
  END IF;
  RETURN NULL;
END
$$;

DROP TRIGGER lists_are_told ON lists;
CREATE TRIGGER lists_are_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON lists
  FOR EACH STATEMENT EXECUTE FUNCTION tell_roll('lists');
DROP TRIGGER list_addresses_are_told ON list_addresses;
CREATE TRIGGER list_addresses_are_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON list_addresses
  FOR EACH STATEMENT EXECUTE FUNCTION tell_roll('lists');
DROP TRIGGER seal_keys_are_told ON seal_keys;
CREATE TRIGGER seal_keys_are_told AFTER INSERT OR UPDATE ON seal_keys
  FOR EACH STATEMENT EXECUTE FUNCTION tell_roll('seal-keys');

-- Only moves into, within or out of the states that may post: a flood of applications tells nobody.
DROP TRIGGER contacts_are_told ON contacts;
CREATE TRIGGER contacts_are_told AFTER UPDATE ON contacts
  FOR EACH ROW WHEN (OLD.state IN ('designated', 'lapsing') OR NEW.state IN ('designated', 'lapsing'))
  EXECUTE FUNCTION tell_roll_of_contact();
DROP TRIGGER assemblies_are_told ON assemblies;
CREATE TRIGGER assemblies_are_told AFTER UPDATE ON assemblies
  FOR EACH ROW WHEN (NEW.name IS DISTINCT FROM OLD.name)
  EXECUTE FUNCTION tell_roll_of_assembly();
DROP TRIGGER domain_holds_are_told ON page_watches;
CREATE TRIGGER domain_holds_are_told AFTER UPDATE ON page_watches
  FOR EACH ROW WHEN ((NEW.domain_held_since IS NULL) <> (OLD.domain_held_since IS NULL))
  EXECUTE FUNCTION tell_roll_of_watch();
CREATE TRIGGER new_domain_holds_are_told AFTER INSERT ON page_watches
  FOR EACH ROW WHEN (NEW.domain_held_since IS NOT NULL)
  EXECUTE FUNCTION tell_roll_of_watch();
CREATE TRIGGER old_domain_holds_are_told AFTER DELETE ON page_watches
  FOR EACH ROW WHEN (OLD.domain_held_since IS NOT NULL)
  EXECUTE FUNCTION tell_roll_of_watch();

DROP TRIGGER marks_are_told ON marks;
CREATE TRIGGER marks_are_told AFTER INSERT ON marks REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION tell_roll_of_marks();
CREATE TRIGGER changed_marks_are_told AFTER UPDATE ON marks REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION tell_roll_of_marks();
CREATE TRIGGER old_marks_are_told AFTER DELETE ON marks REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION tell_roll_of_marks();
CREATE TRIGGER all_marks_are_told AFTER TRUNCATE ON marks
  FOR EACH STATEMENT EXECUTE FUNCTION tell_roll('all');

-- ---- what a gate asks

-- Which register this is, as far as transactions can be compared: another cluster, a promoted standby (which may lack the
-- last commits of the old primary), and a database or schema that was restored from a dump are others. The time line is taken
-- from where the server writes: right after a promotion pg_control_checkpoint() still tells the old one.
CREATE FUNCTION roll_source() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
BEGIN
  IF pg_is_in_recovery() THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = 'This server is a standby, and a gate follows the primary.',
      HINT = 'Name all servers in register.dsn, with target_session_attrs=read-write.';
  END IF;
  RETURN (SELECT system_identifier FROM pg_control_system())
         || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
         || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())
         || '/' || 'portavoz.roll_changes'::regclass::oid;
END
$$;

-- `pruned` is null when the log says nothing of this register.
CREATE FUNCTION roll_state(OUT source text, OUT snapshot text, OUT pruned text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
  SELECT here, pg_current_snapshot()::text, (SELECT l.pruned::text FROM roll_log AS l WHERE l.source = here)
    FROM roll_source() AS here
$$;

-- What changed in transactions that this snapshot does not see, no more than `most` entries; a key that changed twice stands
-- there twice. The order is that of the index, by which the log is read however many changes it holds.
CREATE FUNCTION roll_changes_since(since text, most int) RETURNS TABLE (part text, list_id bigint, key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
  SELECT c.part, c.list_id, c.key FROM roll_changes AS c
   WHERE c.xid >= pg_snapshot_xmin(since::pg_snapshot) AND NOT pg_visible_in_snapshot(c.xid, since::pg_snapshot)
   ORDER BY c.xid LIMIT most
$$;

-- Keeps the log short: changes of two days, because a gate that was away for longer compares everything. At most 1,000 a
-- call; every gate calls it every few seconds. A log that came with a dump, or from before a failover, is emptied: its
-- transactions say nothing here.
CREATE FUNCTION prune_roll_changes() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM roll_log WHERE source = roll_source()) THEN
    PERFORM FROM roll_log FOR UPDATE;
    IF NOT EXISTS (SELECT FROM roll_log WHERE source = roll_source()) THEN  -- not another gate's doing meanwhile
      DELETE FROM roll_changes;
      UPDATE roll_log SET source = roll_source(), pruned = pg_current_xact_id();
    END IF;
    RETURN;
  END IF;
  WITH oldest AS (
    SELECT c.ctid, c.at FROM roll_changes AS c ORDER BY c.xid LIMIT 1000 FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM roll_changes AS c USING oldest AS o
     WHERE c.ctid = o.ctid AND o.at < now() - interval '2 days'
    RETURNING c.xid
  )
  UPDATE roll_log SET pruned = greatest(pruned, (SELECT max(xid) FROM gone)) WHERE EXISTS (SELECT FROM gone);
END
$$;

GRANT EXECUTE ON FUNCTION roll_source(), roll_state(), roll_changes_since(text, int), prune_roll_changes() TO portavoz_gate;
