-- The facts behind a verdict, for `portavoz explain`: what DKIM and SPF said, and each rule that was looked at.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

ALTER TABLE verdicts ADD facts jsonb CHECK (jsonb_typeof(facts) = 'object');

-- Idempotent by id: a spool that was flushed twice leaves each verdict once. Returns how many were new.
CREATE OR REPLACE FUNCTION record_verdicts(verdicts jsonb) RETURNS int
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
               decision_id bigint, proof text, facts jsonb)
      ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS inserted = ROW_COUNT;
  RETURN inserted;
EXCEPTION WHEN data_exception OR check_violation OR not_null_violation THEN
  RAISE EXCEPTION USING ERRCODE = 'PV001',
    MESSAGE = format('The verdicts cannot be taken: %s.', SQLERRM),
    HINT = 'None of this call was recorded. Correct the one that is wrong and send them again.';
END
$$;

CREATE OR REPLACE VIEW verdicts_overview AS
  SELECT v.id, v.at, v.host, v.queue_id, v.message_id, v.list, v.client, v.mail_from, v.header_from, v.login, v.rule,
         v.verdict, v.code, v.contact_id, v.decision_id, v.proof, a.name AS assembly, d.kind AS decision_kind,
         d.decided_by, d.at AS decided_at, d.reason, d.report_id, v.facts
    FROM verdicts AS v LEFT JOIN contacts AS c USING (contact_id) LEFT JOIN assemblies AS a USING (assembly_id)
         LEFT JOIN decisions_signed AS d ON d.decision_id = v.decision_id AND d.contact_id = v.contact_id;
