-- What a browser showed of a page whose text comes by a script: where the verifier's host keeps its document, and its
-- picture.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

ALTER TABLE reports
  ADD COLUMN rendered_path text,
  ADD COLUMN screenshot_path text;

CREATE OR REPLACE FUNCTION finish_check(check_id bigint, worker text, attempt int, report jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  contact contacts;
  claimed checks;
  done reports;
  new_id bigint;
BEGIN
  -- The contact is locked before the check, in the order in which admins' functions lock them.
  SELECT c.* INTO contact FROM contacts AS c JOIN checks AS k USING (contact_id)
   WHERE k.check_id = finish_check.check_id FOR UPDATE OF c;
  -- The same attempt once more: the answer to the first call was lost on its way, and the report stands.
  SELECT r.* INTO done FROM reports AS r
   WHERE r.check_id = finish_check.check_id AND r.attempt = finish_check.attempt;
  IF done.report_id IS NOT NULL THEN
    RETURN done.report_id;
  END IF;
  claimed := lock_claimed_check(finish_check.check_id, finish_check.worker, finish_check.attempt);

  IF finish_check.report IS NULL OR jsonb_typeof(finish_check.report) <> 'object'
     OR octet_length(finish_check.report::text) > 1048576 THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('The report on check %s is not a JSON object of at most 1 MiB.', claimed.check_id),
      HINT = 'Send one object with at least outcome, url and verifier.';
  END IF;
  BEGIN
    INSERT INTO reports (check_id, attempt, contact_id, outcome, url, final_url, http_status, fetched_at, published,
                         official, form, context, excerpt, evidence, reasons, body_sha256, body_bytes, body_path,
                         content_type, verifier, found_url, robots, etag, last_modified, rendered_path,
                         screenshot_path)
    SELECT claimed.check_id, claimed.attempt, claimed.contact_id, r.outcome, r.url, r.final_url,
           nullif(r.http_status, 0), coalesce(r.fetched_at, now()), r.published, r.official, r.form, r.context,
           r.excerpt, coalesce(nullif(r.evidence, 'null'), '[]'), coalesce(nullif(r.reasons, 'null'), '[]'),
           decode(nullif(r.body_sha256, ''), 'hex'), r.body_bytes, r.body_path, r.content_type, r.verifier,
           r.found_url, r.robots, r.etag, r.last_modified, r.rendered_path, r.screenshot_path
      FROM jsonb_to_record(finish_check.report)
           AS r (outcome text, url text, final_url text, http_status int, fetched_at timestamptz, published boolean,
                 official boolean, form text, context text, excerpt text, evidence jsonb, reasons jsonb,
                 body_sha256 text, body_bytes bigint, body_path text, content_type text, verifier text,
                 found_url text, robots text, etag text, last_modified text, rendered_path text,
                 screenshot_path text)
    RETURNING report_id INTO new_id;
  EXCEPTION WHEN data_exception OR check_violation OR not_null_violation THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('The report on check %s cannot be taken: %s.', claimed.check_id, SQLERRM),
      HINT = 'Correct the report and finish the check again.';
  END;

  UPDATE checks AS k SET finished_at = now() WHERE k.check_id = claimed.check_id;
  IF contact.state = 'confirmed' THEN
    UPDATE contacts AS c SET state = 'reported' WHERE c.contact_id = contact.contact_id;
  END IF;
  RETURN new_id;
END
$$;

CREATE OR REPLACE VIEW report_detail AS
  SELECT o.*, r.final_url, r.http_status, r.content_type, r.excerpt, r.evidence, r.reasons,
         encode(r.body_sha256, 'hex') AS body_sha256, r.body_bytes, r.body_path, r.verifier,
         c.state AS contact_state, c.logins,
         coalesce((SELECT jsonb_agg(jsonb_build_object('contact_id', rc.contact_id, 'assembly', ra.name,
                                                       'address', rc.address, 'state', rc.state)
                                    ORDER BY rc.contact_id)
                     FROM contacts AS rc JOIN assemblies AS ra USING (assembly_id)
                    WHERE rc.list_id = c.list_id AND rc.contact_id <> c.contact_id
                      AND (rc.assembly_id = c.assembly_id OR rc.address = c.address)), '[]') AS rivals,
         c.signing_domains, c.spf, c.shared, proof_in_words(c.logins, c.signing_domains, c.spf, c.shared) AS proof,
         r.found_url, r.robots, r.rendered_path, r.screenshot_path
    FROM reports_overview AS o JOIN reports AS r USING (report_id) JOIN contacts AS c ON c.contact_id = r.contact_id;
