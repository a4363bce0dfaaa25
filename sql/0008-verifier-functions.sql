-- What the verifier can do: take checks from the queue, give them back, and leave a report. Nothing else.
--
-- A lease is due_at moved forward: a check whose worker died is due again by itself. Whoever comes back after losing
-- its lease is fenced off by (worker, attempt).

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

CREATE FUNCTION claim_checks(worker text, max_checks int, lease interval)
RETURNS TABLE (check_id bigint, attempt int, contact_id bigint, address text, evidence_url text, assembly text,
               list text, languages text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  IF coalesce(claim_checks.worker, '') !~ '\S' OR coalesce(max_checks, 0) < 1
     OR coalesce(lease, interval '0') <= interval '0' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'A claim needs a worker, at least one check and a lease.',
      HINT = 'Give a worker name that is unique among the verifiers, and a lease longer than a check takes.';
  END IF;
  RETURN QUERY
  WITH due AS (
    SELECT k.check_id FROM checks AS k
     WHERE k.finished_at IS NULL AND k.due_at <= now()
     ORDER BY k.due_at, k.check_id
     LIMIT max_checks
       FOR UPDATE SKIP LOCKED
  ), taken AS (
    UPDATE checks AS k SET due_at = now() + lease, attempt = k.attempt + 1, worker = claim_checks.worker
      FROM due WHERE k.check_id = due.check_id
    RETURNING k.check_id, k.attempt, k.contact_id
  )
  SELECT t.check_id, t.attempt, c.contact_id, c.address, c.evidence_url, a.name, l.posting_address, l.languages
    FROM taken AS t JOIN contacts AS c USING (contact_id) JOIN assemblies AS a USING (assembly_id)
         JOIN lists AS l USING (list_id);
END
$$;
GRANT EXECUTE ON FUNCTION claim_checks(text, int, interval) TO portavoz_verifier;

-- The check, locked, if this worker still holds this attempt; refused in words otherwise.
CREATE FUNCTION lock_claimed_check(id bigint, by_worker text, by_attempt int) RETURNS checks
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  claimed checks;
BEGIN
  SELECT k.* INTO claimed FROM checks AS k WHERE k.check_id = id FOR UPDATE;
  IF claimed.check_id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV002',
      MESSAGE = format('There is no check %s.', coalesce(id::text, '(none)')),
      HINT = 'Claim checks and finish those.';
  END IF;
  IF claimed.finished_at IS NOT NULL OR claimed.worker IS DISTINCT FROM by_worker
     OR claimed.attempt IS DISTINCT FROM by_attempt THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Check %s, attempt %s, is not held by %s any more.', id, by_attempt, by_worker),
      HINT = 'Drop this result: the check was closed, given back, or taken by another worker.';
  END IF;
  RETURN claimed;
END
$$;

CREATE FUNCTION finish_check(check_id bigint, worker text, attempt int, report jsonb) RETURNS bigint
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
                         content_type, verifier)
    SELECT claimed.check_id, claimed.attempt, claimed.contact_id, r.outcome, r.url, r.final_url,
           nullif(r.http_status, 0), coalesce(r.fetched_at, now()), r.published, r.official, r.form, r.context,
           r.excerpt, coalesce(nullif(r.evidence, 'null'), '[]'), coalesce(nullif(r.reasons, 'null'), '[]'),
           decode(nullif(r.body_sha256, ''), 'hex'), r.body_bytes, r.body_path, r.content_type, r.verifier
      FROM jsonb_to_record(finish_check.report)
           AS r (outcome text, url text, final_url text, http_status int, fetched_at timestamptz, published boolean,
                 official boolean, form text, context text, excerpt text, evidence jsonb, reasons jsonb,
                 body_sha256 text, body_bytes bigint, body_path text, content_type text, verifier text)
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
GRANT EXECUTE ON FUNCTION finish_check(bigint, text, int, jsonb) TO portavoz_verifier;

CREATE FUNCTION postpone_check(check_id bigint, worker text, attempt int, delay interval, why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  claimed constant checks := lock_claimed_check(postpone_check.check_id, postpone_check.worker, postpone_check.attempt);
BEGIN
  IF coalesce(postpone_check.delay, interval '-1') < interval '0' OR coalesce(postpone_check.why, '') !~ '\S' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('Check %s cannot be postponed without a delay and a reason.', claimed.check_id),
      HINT = 'Give a delay of zero or more, and say why.';
  END IF;
  UPDATE checks AS k SET due_at = now() + postpone_check.delay, worker = NULL, why = postpone_check.why
   WHERE k.check_id = claimed.check_id;
END
$$;
GRANT EXECUTE ON FUNCTION postpone_check(bigint, text, int, interval, text) TO portavoz_verifier;

-- Verifiers sleep until a check is due, and poll as a belt.
CREATE FUNCTION tell_checks() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  PERFORM pg_notify('portavoz_checks', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER checks_are_told AFTER INSERT OR UPDATE OF due_at ON checks
  FOR EACH ROW WHEN (NEW.finished_at IS NULL AND NEW.due_at <= now()) EXECUTE FUNCTION tell_checks();
