-- The queue at scale: claims with a low-water mark, leases that are given back unused, what a conditional request needs,
-- and what is known of the sites that are read: how slow they are, who asks us to wait, whose robots.txt an admin
-- overrides.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

-- `attempt` fences, and so it only grows; a look is an attempt that was not given back.
ALTER TABLE checks ADD given_back int NOT NULL DEFAULT 0 CHECK (given_back >= 0);

-- ---- claims

DROP FUNCTION claim_checks(text, int, interval);

-- since: the low-water mark, the latest `was_due` that the worker has seen. Without it a claim walks over the index
-- entries of everything that was claimed before and that an old snapshot (a dump) keeps from being cleaned. What falls
-- due below the mark is seen by a claim without one: the worker drops it at every empty claim and every minute.
-- look: 1 for the first one; looks that were given back do not count.
-- final_url … body_sha256: of the contact's last report on this same page that has its octets.
CREATE FUNCTION claim_checks(worker text, max_checks int, lease interval, since timestamptz DEFAULT NULL)
RETURNS TABLE (check_id bigint, attempt int, look int, contact_id bigint, address text, evidence_url text,
               assembly text, list text, languages text[], was_due timestamptz, final_url text, etag text,
               last_modified text, content_type text, body_sha256 text)
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
         l.languages, t.due_at, r.final_url, r.etag, r.last_modified, r.content_type, encode(r.body_sha256, 'hex')
    FROM taken AS t JOIN contacts AS c USING (contact_id) JOIN assemblies AS a USING (assembly_id)
         JOIN lists AS l USING (list_id)
         LEFT JOIN LATERAL (SELECT o.* FROM reports AS o
                             WHERE o.contact_id = c.contact_id AND o.url = c.evidence_url
                               AND o.body_sha256 IS NOT NULL
                             ORDER BY o.report_id DESC LIMIT 1) AS r ON true
   ORDER BY t.due_at, t.check_id;
END
$$;
GRANT EXECUTE ON FUNCTION claim_checks(text, int, interval, timestamptz) TO portavoz_verifier;

-- Checks that their worker did not look at, or not to the end: due again after `delay`, and the look does not count.
-- Checks that the worker does not hold any more are left alone; the number of those that were given back.
CREATE FUNCTION give_back_checks(worker text, check_ids bigint[], attempts int[], delay interval, why text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  given int;
BEGIN
  IF coalesce(give_back_checks.worker, '') !~ '\S' OR coalesce(give_back_checks.why, '') !~ '\S'
     OR coalesce(give_back_checks.delay, interval '-1') < interval '0'
     OR cardinality(give_back_checks.check_ids) IS DISTINCT FROM cardinality(give_back_checks.attempts) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'Checks cannot be given back without a worker, an attempt for each, a delay and a reason.',
      HINT = 'Give as many attempts as checks, a delay of zero or more, and say why.';
  END IF;
  WITH held AS (
    -- In one order, so that two who give back do not wait for each other.
    SELECT k.check_id FROM checks AS k
      JOIN unnest(give_back_checks.check_ids, give_back_checks.attempts) AS h (check_id, attempt)
           ON h.check_id = k.check_id AND h.attempt = k.attempt
     WHERE k.finished_at IS NULL AND k.worker = give_back_checks.worker
     ORDER BY k.check_id FOR UPDATE OF k
  )
  UPDATE checks AS k SET due_at = now() + give_back_checks.delay, worker = NULL, why = give_back_checks.why,
                         given_back = k.given_back + 1
    FROM held WHERE k.check_id = held.check_id;
  GET DIAGNOSTICS given = ROW_COUNT;
  RETURN given;
END
$$;
GRANT EXECUTE ON FUNCTION give_back_checks(text, bigint[], int[], interval, text) TO portavoz_verifier;

-- ---- robots.txt

-- The last row of a host counts. Appended to only: who overrode what, and why, stays.
CREATE TABLE robots_rulings (
  ruling_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  host text NOT NULL CHECK (host ~ '^[a-z0-9.:-]+$' AND length(host) <= 253),  -- A-labels, or an address
  overridden boolean NOT NULL,
  reason text NOT NULL CHECK (reason ~ '\S'),
  account_id bigint NOT NULL REFERENCES accounts,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX robots_rulings_by_host ON robots_rulings (host, ruling_id);
CREATE TRIGGER robots_rulings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON robots_rulings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER audit_robots_ruling AFTER INSERT ON robots_rulings
  FOR EACH ROW EXECUTE FUNCTION audit_row('robots', 'robots-ruling', 'ruling_id', 'host', 'overridden');

CREATE FUNCTION robots_rule(host text, overridden boolean, reason text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  me constant bigint := acting_account();
  ruling bigint;
BEGIN
  PERFORM require_reason(robots_rule.reason);
  IF coalesce(robots_rule.host, '') !~ '^[a-z0-9.:-]+$' OR length(robots_rule.host) > 253
     OR robots_rule.overridden IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('%s is not the name of a host.', coalesce(nullif(robots_rule.host, ''), '(nothing)')),
      HINT = 'Give the host as it stands in the URL, without https:// and without a path: www.example.org';
  END IF;
  INSERT INTO robots_rulings (host, overridden, reason, account_id)
  VALUES (robots_rule.host, robots_rule.overridden, robots_rule.reason, me) RETURNING ruling_id INTO ruling;
  RETURN ruling;
END
$$;
GRANT EXECUTE ON FUNCTION robots_rule(text, boolean, text) TO portavoz_admin;

CREATE VIEW robots_overview AS
  SELECT DISTINCT ON (o.host) o.host, o.overridden, o.reason, a.login AS decided_by, o.at
    FROM robots_rulings AS o JOIN accounts AS a USING (account_id)
   ORDER BY o.host, o.ruling_id DESC;
GRANT SELECT ON robots_overview TO portavoz_admin;

-- ---- sites

-- What the verifiers met at each host. wait_until: the host asked us not to come before.
CREATE TABLE sites (
  host text PRIMARY KEY CHECK (host ~ '\S'),
  looks bigint NOT NULL CHECK (looks >= 0),
  failures bigint NOT NULL CHECK (failures BETWEEN 0 AND looks),
  took_ms bigint NOT NULL CHECK (took_ms >= 0),  -- of all looks together
  last_outcome text NOT NULL CHECK (last_outcome ~ '\S'),
  last_at timestamptz NOT NULL,
  wait_until timestamptz
);
CREATE INDEX sites_wait ON sites (wait_until) WHERE wait_until IS NOT NULL;

-- [{"host", "took_ms", "failed", "outcome", "wait_s"}], in the order in which they were seen. At most a day is waited.
CREATE FUNCTION note_sites(seen jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
BEGIN
  INSERT INTO sites AS s (host, looks, failures, took_ms, last_outcome, last_at, wait_until)
  SELECT n.host, count(*), count(*) FILTER (WHERE n.failed), sum(n.took_ms),
         (array_agg(n.outcome ORDER BY n.place DESC))[1], now(),
         CASE WHEN max(n.wait_s) > 0 THEN now() + least(max(n.wait_s), 86400) * interval '1 second' END
    FROM (SELECT e.place, r.host, r.took_ms, r.failed, r.outcome, r.wait_s
            FROM jsonb_array_elements(note_sites.seen) WITH ORDINALITY AS e (entry, place),
                 jsonb_to_record(e.entry)
                   AS r (host text, took_ms bigint, failed boolean, outcome text, wait_s bigint)) AS n
   GROUP BY n.host ORDER BY n.host
      ON CONFLICT (host) DO UPDATE
     SET looks = s.looks + excluded.looks, failures = s.failures + excluded.failures,
         took_ms = s.took_ms + excluded.took_ms, last_outcome = excluded.last_outcome, last_at = excluded.last_at,
         wait_until = coalesce(excluded.wait_until, s.wait_until);
EXCEPTION WHEN data_exception OR check_violation OR not_null_violation THEN
  RAISE EXCEPTION USING ERRCODE = 'PV001',
    MESSAGE = format('What was seen of the sites cannot be taken: %s.', SQLERRM),
    HINT = 'Send an array of objects with host, took_ms, failed and outcome.';
END
$$;
GRANT EXECUTE ON FUNCTION note_sites(jsonb) TO portavoz_verifier;

-- What a verifier must know of hosts before it knocks: those that asked to wait, and those whose robots.txt is
-- overridden.
CREATE VIEW site_rules AS
  SELECT host, bool_or(overridden) AS robots_overridden,
         ceil(extract(epoch FROM max(wait_until) - now()))::bigint AS wait_s
    FROM (SELECT o.host, o.overridden, NULL::timestamptz AS wait_until FROM robots_overview AS o WHERE o.overridden
          UNION ALL SELECT s.host, false, s.wait_until FROM sites AS s WHERE s.wait_until > now()) AS rules
   GROUP BY host;
GRANT SELECT ON site_rules TO portavoz_verifier;

-- ---- for `portavoz verifier status`

CREATE VIEW queue_overview AS
  SELECT count(*) FILTER (WHERE k.due_at <= now()) AS due,
         count(*) FILTER (WHERE k.due_at > now() AND k.worker IS NOT NULL) AS leased,
         min(k.due_at) FILTER (WHERE k.due_at <= now()) AS oldest_due,
         count(*) FILTER (WHERE k.worker IS NULL AND k.due_at > now()
                                AND k.due_at <= now() + interval '1 hour') AS due_next_hour,
         count(*) FILTER (WHERE k.worker IS NULL AND k.due_at > now()
                                AND k.due_at <= now() + interval '1 day') AS due_next_day,
         (SELECT count(*) FROM checks AS f WHERE f.finished_at > now() - interval '1 hour') AS finished_last_hour,
         (SELECT count(*) FROM checks AS f WHERE f.finished_at > now() - interval '1 day') AS finished_last_day
    FROM checks AS k WHERE k.finished_at IS NULL;
CREATE INDEX checks_finished ON checks (finished_at) WHERE finished_at IS NOT NULL;

CREATE VIEW outcomes_overview AS
  SELECT r.outcome, count(*) FILTER (WHERE r.created_at > now() - interval '1 hour') AS last_hour,
         count(*) AS last_day
    FROM reports AS r WHERE r.created_at > now() - interval '1 day'
   GROUP BY r.outcome;
CREATE INDEX reports_by_time ON reports (created_at);

CREATE VIEW sites_overview AS
  SELECT s.host, s.looks, s.failures, s.took_ms / greatest(s.looks, 1) AS mean_ms, s.last_outcome, s.last_at,
         CASE WHEN s.wait_until > now() THEN s.wait_until END AS wait_until
    FROM sites AS s;

GRANT SELECT ON queue_overview, outcomes_overview, sites_overview TO portavoz_admin;
GRANT SELECT ON queue_overview TO portavoz_verifier;  -- how far a long run has come
