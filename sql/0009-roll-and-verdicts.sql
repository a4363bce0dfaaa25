-- What the gate and the door may read (the roll), what tells them that it changed, and the verdicts they leave.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

CREATE VIEW roll_lists WITH (security_barrier) AS
  SELECT l.list_id, l.posting_address,
         ARRAY(SELECT a.address FROM list_addresses AS a WHERE a.list_id = l.list_id ORDER BY a.address) AS addresses,
         l.languages, l.admin_address
    FROM lists AS l;

-- Only contacts that may post. An application is none of the gate's business.
CREATE VIEW roll_contacts WITH (security_barrier) AS
  SELECT c.contact_id, c.list_id, a.name AS assembly, c.address, c.logins, c.state, c.decision_id
    FROM contacts AS c JOIN assemblies AS a USING (assembly_id)
   WHERE c.state IN ('designated', 'lapsing');

GRANT SELECT ON roll_lists, roll_contacts TO portavoz_gate, portavoz_door;

CREATE FUNCTION tell_roll() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  PERFORM pg_notify('portavoz_roll', '');  -- sent at COMMIT, once per transaction
  RETURN NULL;
END
$$;
CREATE TRIGGER lists_are_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON lists
  FOR EACH STATEMENT EXECUTE FUNCTION tell_roll();
CREATE TRIGGER list_addresses_are_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON list_addresses
  FOR EACH STATEMENT EXECUTE FUNCTION tell_roll();
CREATE TRIGGER assemblies_are_told AFTER UPDATE ON assemblies
  FOR EACH STATEMENT EXECUTE FUNCTION tell_roll();
-- Only moves into, within or out of the states that may post: a flood of applications reloads no roll.
CREATE TRIGGER contacts_are_told AFTER UPDATE ON contacts
  FOR EACH ROW WHEN (OLD.state IN ('designated', 'lapsing') OR NEW.state IN ('designated', 'lapsing'))
  EXECUTE FUNCTION tell_roll();

-- No foreign keys: a gate with an old roll, or one built from a file, still has its say. Rows may be deleted (their
-- retention ends), never changed.
CREATE TABLE verdicts (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  host text NOT NULL,
  queue_id text,
  message_id text,
  list text,
  client text,
  mail_from text,
  header_from text,
  login text,
  rule text NOT NULL CHECK (rule <> ''),
  verdict text NOT NULL CHECK (verdict IN ('accept', 'reject', 'tempfail', 'hold')),
  code text,
  contact_id bigint,
  decision_id bigint,
  proof text
);
CREATE INDEX verdicts_by_queue_id ON verdicts (queue_id);
CREATE INDEX verdicts_by_message_id ON verdicts USING hash (message_id);  -- hash: its length is the sender's choice
CREATE INDEX verdicts_by_time ON verdicts (at);
CREATE TRIGGER verdicts_stay BEFORE UPDATE ON verdicts FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- Idempotent by id: a spool that was flushed twice leaves each verdict once. Returns how many were new.
CREATE FUNCTION record_verdicts(verdicts jsonb) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  inserted int;
BEGIN
  IF jsonb_typeof(record_verdicts.verdicts) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'The verdicts are not a JSON array.',
      HINT = 'Send an array of objects.';
  END IF;
  INSERT INTO portavoz.verdicts
  SELECT v.* FROM jsonb_to_recordset(record_verdicts.verdicts)
         AS v (id uuid, at timestamptz, host text, queue_id text, message_id text, list text, client text,
               mail_from text, header_from text, login text, rule text, verdict text, code text, contact_id bigint,
               decision_id bigint, proof text)
      ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS inserted = ROW_COUNT;
  RETURN inserted;
EXCEPTION WHEN data_exception OR check_violation OR not_null_violation THEN
  RAISE EXCEPTION USING ERRCODE = 'PV001',
    MESSAGE = format('The verdicts cannot be taken: %s.', SQLERRM),
    HINT = 'None of this call was recorded. Correct the one that is wrong and send them again.';
END
$$;
GRANT EXECUTE ON FUNCTION record_verdicts(jsonb) TO portavoz_gate;
