-- The evidence of each check: in which file of which host it is kept, what a check needs of an earlier one, and what must
-- not be removed.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

-- path: the WARC file of the check. response_path: of the file with the response that the report is about, which is an
-- earlier one when the page had not changed; null when no page was read.
CREATE TABLE evidence_files (
  report_id bigint PRIMARY KEY REFERENCES reports,
  host text NOT NULL CHECK (host ~ '\S'),
  path text NOT NULL CHECK (path ~ '\S'),
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  bytes bigint NOT NULL CHECK (bytes >= 0),
  response_path text CHECK (response_path ~ '\S')
);
CREATE TRIGGER evidence_files_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence_files
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
-- In the chain, so that nobody exchanges evidence unseen.
CREATE TRIGGER audit_evidence AFTER INSERT ON evidence_files
  FOR EACH ROW EXECUTE FUNCTION audit_row('evidence', 'report', 'report_id', 'host', 'path', 'sha256');

-- A report with the file of its evidence: {"host", "path", "sha256", "bytes", "response_path"}.
CREATE FUNCTION finish_check(check_id bigint, worker text, attempt int, report jsonb, evidence jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  new_id constant bigint := finish_check(finish_check.check_id, finish_check.worker, finish_check.attempt,
                                         finish_check.report);
BEGIN
  INSERT INTO evidence_files (report_id, host, path, sha256, bytes, response_path)
  SELECT new_id, e.host, e.path, decode(e.sha256, 'hex'), e.bytes, e.response_path
    FROM jsonb_to_record(finish_check.evidence)
         AS e (host text, path text, sha256 text, bytes bigint, response_path text)
  ON CONFLICT (report_id) DO NOTHING;  -- the answer to the first call was lost on its way
  RETURN new_id;
EXCEPTION WHEN data_exception OR check_violation OR not_null_violation THEN
  RAISE EXCEPTION USING ERRCODE = 'PV001',
    MESSAGE = format('The evidence of check %s cannot be taken: %s.', finish_check.check_id, SQLERRM),
    HINT = 'Correct the evidence and finish the check again.';
END
$$;
GRANT EXECUTE ON FUNCTION finish_check(bigint, text, int, jsonb, jsonb) TO portavoz_verifier;

-- ---- what a check needs of an earlier one

DROP FUNCTION claim_checks(text, int, interval, timestamptz);

-- As before, and response_host, response_path: where the response with this body is kept. The last report that is not
-- about a page behind a link: its validators would be of another page.
CREATE FUNCTION claim_checks(worker text, max_checks int, lease interval, since timestamptz DEFAULT NULL)
RETURNS TABLE (check_id bigint, attempt int, look int, contact_id bigint, address text, evidence_url text,
               assembly text, list text, languages text[], was_due timestamptz, final_url text, etag text,
               last_modified text, content_type text, body_sha256 text, response_host text, response_path text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  mark constant timestamptz := coalesce(claim_checks.since, '-infinity');
BEGIN
  IF coalesce(claim_checks.worker, '') !~ '\S' OR coalesce(max_checks, 0) < 1
     OR coalesce(lease, interval '0') <= interval '0' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'A claim needs a worker, at least one check and a lease.',
      HINT = 'Give a worker name that is unique among the verifiers, and a lease longer than a check takes.';
  END IF;
  RETURN QUERY
  WITH due AS (
    SELECT k.check_id, k.due_at FROM checks AS k
     WHERE k.finished_at IS NULL AND k.due_at >= mark AND k.due_at <= now()
     ORDER BY k.due_at, k.check_id
     LIMIT max_checks
       FOR UPDATE SKIP LOCKED
  ), taken AS (
    UPDATE checks AS k SET due_at = now() + lease, attempt = k.attempt + 1, worker = claim_checks.worker
      FROM due WHERE k.check_id = due.check_id
    RETURNING k.check_id, k.attempt, k.attempt - k.given_back AS look, k.contact_id, due.due_at
  )
  SELECT t.check_id, t.attempt, t.look, c.contact_id, c.address, c.evidence_url, a.name, l.posting_address,
         l.languages, t.due_at, r.final_url, r.etag, r.last_modified, r.content_type, encode(r.body_sha256, 'hex'),
         e.host, e.response_path
    FROM taken AS t JOIN contacts AS c USING (contact_id) JOIN assemblies AS a USING (assembly_id)
         JOIN lists AS l USING (list_id)
         LEFT JOIN LATERAL (SELECT o.* FROM reports AS o
                             WHERE o.contact_id = c.contact_id AND o.url = c.evidence_url
                               AND o.body_sha256 IS NOT NULL AND o.found_url IS NULL
                             ORDER BY o.report_id DESC LIMIT 1) AS r ON true
         LEFT JOIN evidence_files AS e ON e.report_id = r.report_id
   ORDER BY t.due_at, t.check_id;
END
$$;
GRANT EXECUTE ON FUNCTION claim_checks(text, int, interval, timestamptz) TO portavoz_verifier;

-- ---- what must not be removed

CREATE FUNCTION last_approved_report(of_contact bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT d.report_id FROM decisions AS d
   WHERE d.contact_id = of_contact AND d.kind = 'approve' AND d.takes_effect
   ORDER BY d.decision_id DESC LIMIT 1
$$;

-- The files of the last approved report of each contact that may post or be restored, and of each report that waits for
-- an admin, with the files that they refer to. Of all hosts: one may have been given another name, or the files of another.
CREATE FUNCTION evidence_in_use() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
  SELECT DISTINCT file.path
    FROM contacts AS c
         JOIN evidence_files AS e
           ON e.report_id = CASE c.state WHEN 'reported' THEN (SELECT max(r.report_id) FROM reports AS r
                                                                WHERE r.contact_id = c.contact_id)
                                         ELSE last_approved_report(c.contact_id) END,
         unnest(ARRAY[e.path, e.response_path]) AS file (path)
   WHERE c.state IN ('reported', 'designated', 'lapsing', 'suspended')
     AND file.path IS NOT NULL
$$;
GRANT EXECUTE ON FUNCTION evidence_in_use() TO portavoz_verifier;

-- ---- for `portavoz report show`

-- path: of a report that was made before there were WARC files, the file with the page's octets alone. approved_*: of the
-- contact's last approved report.
CREATE VIEW evidence_overview AS
  SELECT r.report_id, e.host, coalesce(e.path, r.body_path) AS path, encode(e.sha256, 'hex') AS sha256, e.bytes,
         e.response_path, l.report_id AS approved_report, a.host AS approved_host,
         a.response_path AS approved_response_path
    FROM reports AS r LEFT JOIN evidence_files AS e USING (report_id)
         LEFT JOIN LATERAL (SELECT d.report_id FROM decisions AS d
                             WHERE d.contact_id = r.contact_id AND d.kind = 'approve' AND d.takes_effect
                             ORDER BY d.decision_id DESC LIMIT 1) AS l ON true
         LEFT JOIN evidence_files AS a ON a.report_id = l.report_id;
GRANT SELECT ON evidence_overview TO portavoz_admin;
