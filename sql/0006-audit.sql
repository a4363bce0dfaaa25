-- The audit chain: every entry carries the hash of the one before it, so that anyone who kept a head sees rewriting
-- or cutting.
--
--   hash = sha256(previous hash || fields), each field as LENGTH ":" OCTETS "," and a missing one as "-,",
--   which no other list of fields can spell. Time is in microseconds since 1970.
--
-- Entries are made by triggers on the tables themselves, so that no function can forget one. Personal values are not
-- in the chain: `digests` holds sha256(salt || value as JSON text) for each of them.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

CREATE TABLE audit (
  seq bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL,  -- the kind of role; account_id says which person
  account_id bigint REFERENCES accounts,
  action text NOT NULL,
  subject_kind text NOT NULL,
  subject_id bigint NOT NULL,
  detail jsonb NOT NULL,
  digests jsonb NOT NULL,
  previous bytea NOT NULL,
  hash bytea NOT NULL UNIQUE
);
CREATE INDEX audit_by_subject ON audit (subject_kind, subject_id);
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- The head: one row, whose lock makes the chain one chain.
CREATE TABLE audit_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  seq bigint NOT NULL,
  hash bytea NOT NULL
);
INSERT INTO audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE FUNCTION audit_hash(previous bytea, seq bigint, at timestamptz, actor text, account_id bigint, action text,
                           subject_kind text, subject_id bigint, detail jsonb, digests jsonb) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT sha256(audit_hash.previous || convert_to(
           string_agg(coalesce(octet_length(field) || ':' || field, '-') || ',', '' ORDER BY place), 'UTF8'))
    FROM unnest(ARRAY[audit_hash.seq::text, (extract(epoch FROM audit_hash.at) * 1000000)::bigint::text,
                      audit_hash.actor, audit_hash.account_id::text, audit_hash.action, audit_hash.subject_kind,
                      audit_hash.subject_id::text, audit_hash.detail::text, audit_hash.digests::text])
         WITH ORDINALITY AS fields (field, place)
$$;

CREATE FUNCTION personal_digest(salt bytea, value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$ SELECT encode(sha256(salt || convert_to(value::text, 'UTF8')), 'hex') $$;

-- Where each personal value stands. An erased one has neither value nor salt.
CREATE VIEW personal_values (subject_kind, subject_id, field, value, salt) AS
  SELECT 'account', account_id, 'login', to_jsonb(login), salt FROM accounts
  UNION ALL SELECT 'list', list_id, 'admin_address', to_jsonb(admin_address), salt FROM lists
  UNION ALL SELECT 'contact', contact_id, 'address', to_jsonb(address), salt FROM contacts
  UNION ALL SELECT 'contact', contact_id, 'logins', to_jsonb(logins), salt FROM contacts
  UNION ALL SELECT 'confirmation', confirmation_id, 'reason', to_jsonb(reason), salt FROM confirmations
  UNION ALL SELECT 'decision', decision_id, 'reason', to_jsonb(reason), salt FROM decisions
  UNION ALL SELECT 'held-action', held_action_id, 'reason', to_jsonb(reason), salt FROM held_actions;

-- Whatever the INSERT says, an entry's place, time, author and hashes are set here, under the head's lock.
CREATE FUNCTION audit_links() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  head audit_head;
BEGIN
  SELECT h.* INTO STRICT head FROM audit_head AS h FOR UPDATE;
  NEW.seq := head.seq + 1;
  NEW.at := clock_timestamp();  -- not now(): the order of time is the order of the chain
  NEW.actor := acting_as();
  NEW.account_id := (SELECT a.account_id FROM accounts AS a WHERE a.login = session_user AND a.enabled);
  NEW.digests := coalesce((SELECT jsonb_object_agg(p.field, personal_digest(p.salt, p.value))
                             FROM personal_values AS p
                            WHERE p.subject_kind = NEW.subject_kind AND p.subject_id = NEW.subject_id
                              AND p.value IS NOT NULL AND p.salt IS NOT NULL), '{}');
  NEW.previous := head.hash;
  NEW.hash := audit_hash(NEW.previous, NEW.seq, NEW.at, NEW.actor, NEW.account_id, NEW.action, NEW.subject_kind,
                         NEW.subject_id, NEW.detail, NEW.digests);
  UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash;
  RETURN NEW;
END
$$;
CREATE TRIGGER audit_links BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_links();

-- audit_row(action, kind of subject, id column, plain columns…): one entry about the row that was written.
CREATE FUNCTION audit_row() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  written constant jsonb := to_jsonb(NEW);
BEGIN
  INSERT INTO audit (action, subject_kind, subject_id, detail)
  SELECT TG_ARGV[0], TG_ARGV[1], (written ->> TG_ARGV[2])::bigint, coalesce(jsonb_object_agg(key, value), '{}')
    FROM jsonb_each(written) WHERE key = ANY (TG_ARGV[3:]);
  RETURN NULL;
END
$$;

CREATE FUNCTION audit_move() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  INSERT INTO audit (action, subject_kind, subject_id, detail)
  VALUES ('move', 'contact', NEW.contact_id,
          jsonb_build_object('from', OLD.state, 'to', NEW.state, 'decision_id', NEW.decision_id, 'stage', NEW.stage));
  RETURN NULL;
END
$$;

CREATE TRIGGER audit_account AFTER INSERT ON accounts
  FOR EACH ROW EXECUTE FUNCTION audit_row('account-add', 'account', 'account_id', 'enabled');
CREATE TRIGGER audit_account_change AFTER UPDATE ON accounts
  FOR EACH ROW EXECUTE FUNCTION audit_row('account-change', 'account', 'account_id', 'enabled');
CREATE TRIGGER audit_list AFTER INSERT ON lists
  FOR EACH ROW EXECUTE FUNCTION audit_row('list-add', 'list', 'list_id', 'posting_address', 'languages', 'deciders');
CREATE TRIGGER audit_list_change AFTER UPDATE ON lists
  FOR EACH ROW EXECUTE FUNCTION audit_row('list-change', 'list', 'list_id', 'posting_address', 'languages', 'deciders');
CREATE TRIGGER audit_list_address AFTER INSERT ON list_addresses
  FOR EACH ROW EXECUTE FUNCTION audit_row('list-address-add', 'list', 'list_id', 'address');
CREATE TRIGGER audit_list_guideline AFTER INSERT ON list_guidelines
  FOR EACH ROW EXECUTE FUNCTION audit_row('list-guideline-set', 'list', 'list_id', 'language', 'version', 'body');
CREATE TRIGGER audit_assembly AFTER INSERT ON assemblies
  FOR EACH ROW EXECUTE FUNCTION audit_row('assembly-add', 'assembly', 'assembly_id', 'name');
CREATE TRIGGER audit_contact AFTER INSERT ON contacts
  FOR EACH ROW EXECUTE FUNCTION audit_row('apply', 'contact', 'contact_id', 'list_id', 'assembly_id', 'evidence_url',
                                          'language');
CREATE TRIGGER audit_contact_move AFTER UPDATE ON contacts
  FOR EACH ROW EXECUTE FUNCTION audit_move();
CREATE TRIGGER audit_confirmation AFTER INSERT ON confirmations
  FOR EACH ROW EXECUTE FUNCTION audit_row('confirm', 'confirmation', 'confirmation_id', 'contact_id');
CREATE TRIGGER audit_report AFTER INSERT ON reports
  FOR EACH ROW EXECUTE FUNCTION audit_row('report', 'report', 'report_id', 'contact_id', 'check_id', 'outcome', 'url',
                                          'final_url', 'published', 'official', 'body_sha256', 'verifier');
CREATE TRIGGER audit_decision AFTER INSERT ON decisions
  FOR EACH ROW EXECUTE FUNCTION audit_row('decide', 'decision', 'decision_id', 'kind', 'contact_id', 'report_id',
                                          'stage', 'takes_effect');
CREATE TRIGGER audit_held_action AFTER INSERT ON held_actions
  FOR EACH ROW EXECUTE FUNCTION audit_row('held', 'held-action', 'held_action_id', 'action', 'held_id', 'list');

CREATE TYPE audit_finding AS (ok boolean, entries bigint, head text, problem text);

-- Recomputes the whole chain. With a head that somebody kept, it also says whether that head is part of the chain.
-- STABLE: entries and head are read in one snapshot, whatever is added meanwhile.
CREATE FUNCTION audit_verify(head text DEFAULT NULL) RETURNS audit_finding
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  entry audit;
  finding audit_finding := (true, 0, NULL, NULL);
  last bytea := decode(repeat('00', 32), 'hex');
  kept bytea;
  kept_is_there boolean;
  wrong_field text;
BEGIN
  IF audit_verify.head IS NOT NULL AND audit_verify.head !~* '^[0-9a-f]{64}$' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'The head is not 64 hexadecimal digits.',
      HINT = 'Give the head as audit verify printed it.';
  END IF;
  kept := decode(audit_verify.head, 'hex');
  kept_is_there := kept IS NULL OR kept = last;

  FOR entry IN SELECT a.* FROM audit AS a ORDER BY a.seq LOOP
    SELECT p.field INTO wrong_field FROM personal_values AS p
     WHERE entry.digests <> '{}' AND p.subject_kind = entry.subject_kind AND p.subject_id = entry.subject_id
       AND p.value IS NOT NULL AND p.salt IS NOT NULL AND entry.digests ? p.field
       AND personal_digest(p.salt, p.value) <> entry.digests ->> p.field
     LIMIT 1;
    finding.problem := CASE
      WHEN entry.seq <> finding.entries + 1 THEN
        format('Entry %s is missing.', finding.entries + 1)
      WHEN entry.previous <> last THEN
        format('Entry %s does not follow the entry before it: one of them was rewritten.', entry.seq)
      WHEN entry.hash <> audit_hash(entry.previous, entry.seq, entry.at, entry.actor, entry.account_id, entry.action,
                                    entry.subject_kind, entry.subject_id, entry.detail, entry.digests) THEN
        format('Entry %s was rewritten.', entry.seq)
      WHEN wrong_field IS NOT NULL THEN
        format('The %s of %s:%s is not the one that entry %s recorded.', wrong_field, entry.subject_kind,
               entry.subject_id, entry.seq)
    END;
    EXIT WHEN finding.problem IS NOT NULL;
    last := entry.hash;
    finding.entries := entry.seq;
    kept_is_there := kept_is_there OR last = kept;
  END LOOP;

  IF finding.problem IS NULL AND NOT EXISTS (SELECT FROM audit_head AS h
                                              WHERE h.seq = finding.entries AND h.hash = last) THEN
    finding.problem := format('Entry %s is missing: the chain ends before its head.', finding.entries + 1);
  END IF;
  IF finding.problem IS NULL AND NOT kept_is_there THEN
    finding.problem := 'The given head is not part of the chain: entries were rewritten or cut off after it was kept.';
  END IF;
  finding.ok := finding.problem IS NULL;
  finding.head := encode(last, 'hex');
  RETURN finding;
END
$$;
GRANT EXECUTE ON FUNCTION audit_verify(text) TO portavoz_admin, portavoz_clerk;
