-- One connection a site, whatever the number of verifiers: a site is one worker's at a time, for a turn. A claim takes the
-- turns of the sites of its checks; for the other sites to which a page leads a worker asks by itself; it says when it has
-- left a site, and for how long nobody is to come. A worker that died loses its turns by their lease.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

-- ---- sites

-- What core/net calls the paced name of a URL's host, for URLs as the command line writes them: the host in lower case,
-- without "www.", the port and a last dot. Of other spellings (U-labels, 0x7f.1) it makes another site; the verifier sees
-- that, and asks for the turn of the true one.
CREATE FUNCTION site_of(url text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT coalesce(nullif(regexp_replace(regexp_replace(lower(btrim(
           substring(url FROM '^[A-Za-z]+://(\[[^]/?#]*\]|[^]:/?#[]+)'), '[]')), '\.$', ''), '^www\.', ''), ''), url)
$$;

ALTER TABLE checks ADD site text;
UPDATE checks AS k SET site = site_of(c.evidence_url) FROM contacts AS c WHERE c.contact_id = k.contact_id;
ALTER TABLE checks ALTER site SET NOT NULL;

-- The page that a contact applied with cannot be changed, so neither can the site.
CREATE FUNCTION check_has_site() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  NEW.site := (SELECT site_of(c.evidence_url) FROM contacts AS c WHERE c.contact_id = NEW.contact_id);
  RETURN NEW;
END
$$;
CREATE TRIGGER check_has_site BEFORE INSERT ON checks FOR EACH ROW EXECUTE FUNCTION check_has_site();

-- ---- turns

-- worker: whose turn it is; null: nobody's, and until then nobody is to come. wanted_until: so long claims leave the site
-- to a worker that asked for it, because a page led it there. One row for each site that was ever looked at.
CREATE TABLE site_turns (
  site text PRIMARY KEY CHECK (site <> ''),
  worker text CHECK (worker ~ '\S'),
  until timestamptz NOT NULL,
  wanted_until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);  -- each turn rewrites its row, in place

DROP FUNCTION claim_checks(text, int, interval, timestamptz);

-- As before, and: only checks of sites whose turn is nobody's, at most 20 of one site, so that they are done within the
-- lease and others get their turn; the turns are the worker's for the lease. `site` is the site whose turn that is.
CREATE FUNCTION claim_checks(worker text, max_checks int, lease interval, since timestamptz DEFAULT NULL)
RETURNS TABLE (check_id bigint, attempt int, look int, contact_id bigint, address text, evidence_url text,
               assembly text, list text, languages text[], was_due timestamptz, final_url text, etag text,
               last_modified text, content_type text, body_sha256 text, response_host text, response_path text,
               site text)
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
    -- A scalar subquery, and no join: the index on due_at is walked no further than is needed, whatever the planner knows.
    SELECT k.check_id, k.due_at, k.site FROM checks AS k
     WHERE k.finished_at IS NULL AND k.due_at >= mark AND k.due_at <= now()
       AND coalesce((SELECT greatest(t.until, t.wanted_until) FROM site_turns AS t WHERE t.site = k.site),
                    '-infinity') <= now()
     ORDER BY k.due_at, k.check_id
     LIMIT max_checks
       FOR UPDATE SKIP LOCKED
  ), turns AS (
    -- In one order, so that two who claim do not wait for each other. Who comes second is left without the site.
    INSERT INTO site_turns AS t (site, worker, until)
    SELECT DISTINCT d.site, claim_checks.worker, now() + lease FROM due AS d ORDER BY d.site
    ON CONFLICT (site) DO UPDATE SET worker = excluded.worker, until = excluded.until WHERE t.until <= now()
    RETURNING t.site
  ), batch AS (
    SELECT d.check_id, d.due_at, row_number() OVER (PARTITION BY d.site ORDER BY d.due_at, d.check_id) AS place
      FROM due AS d JOIN turns USING (site)
  ), taken AS (
    UPDATE checks AS k SET due_at = now() + lease, attempt = k.attempt + 1, worker = claim_checks.worker
      FROM batch AS b WHERE k.check_id = b.check_id AND b.place <= 20
    RETURNING k.check_id, k.attempt, k.attempt - k.given_back AS look, k.contact_id, b.due_at, k.site
  )
  SELECT t.check_id, t.attempt, t.look, c.contact_id, c.address, c.evidence_url, a.name, l.posting_address,
         l.languages, t.due_at, r.final_url, r.etag, r.last_modified, r.content_type, encode(r.body_sha256, 'hex'),
         e.host, e.response_path, t.site
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

-- The turns of sites to which pages of other sites led. Those of the sites that are the worker's now; a site that is
-- another's (or another thread's of this one) is kept from claims for some seconds, and to be asked for again meanwhile.
CREATE FUNCTION take_turns(worker text, sites text[], lease interval) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  IF coalesce(take_turns.worker, '') !~ '\S' OR coalesce(lease, interval '0') <= interval '0' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'A turn needs a worker and a lease.',
      HINT = 'Give a worker name that is unique among the verifiers, and a lease longer than a look takes.';
  END IF;
  RETURN QUERY
  WITH asked AS (
    INSERT INTO site_turns AS t (site, worker, until)
    SELECT DISTINCT s.site, take_turns.worker, now() + lease FROM unnest(take_turns.sites) AS s (site) ORDER BY s.site
    ON CONFLICT (site) DO UPDATE
       SET worker = CASE WHEN t.until <= now() THEN excluded.worker ELSE t.worker END,
           until = CASE WHEN t.until <= now() THEN excluded.until ELSE t.until END,
           wanted_until = CASE WHEN t.until <= now() THEN '-infinity' ELSE now() + interval '5 seconds' END
    RETURNING t.site, t.worker = take_turns.worker AND t.until = now() + lease
                      AND t.wanted_until = '-infinity' AS given
  )
  SELECT a.site FROM asked AS a WHERE a.given;
END
$$;
GRANT EXECUTE ON FUNCTION take_turns(text, text[], interval) TO portavoz_verifier;

-- Ends the worker's turns at these sites; nobody is to come for as long as stands beside each, at most a day. Turns that
-- are not the worker's any more are left alone; the number of those that ended.
CREATE FUNCTION leave_sites(worker text, sites text[], waits interval[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  ended int;
BEGIN
  IF coalesce(leave_sites.worker, '') !~ '\S'
     OR cardinality(leave_sites.sites) IS DISTINCT FROM cardinality(leave_sites.waits)
     OR interval '0' > ANY (leave_sites.waits) OR array_position(leave_sites.waits, NULL) IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'Sites cannot be left without a worker and a wait of zero or more for each.',
      HINT = 'Give as many waits as sites.';
  END IF;
  WITH held AS (
    -- In one order, so that two who leave or claim do not wait for each other.
    SELECT t.site, s.wait FROM site_turns AS t
      JOIN unnest(leave_sites.sites, leave_sites.waits) AS s (site, wait) ON s.site = t.site
     WHERE t.worker = leave_sites.worker
     ORDER BY t.site FOR UPDATE OF t
  )
  UPDATE site_turns AS t SET worker = NULL, until = now() + least(held.wait, interval '1 day')
    FROM held WHERE t.site = held.site;
  GET DIAGNOSTICS ended = ROW_COUNT;
  RETURN ended;
END
$$;
GRANT EXECUTE ON FUNCTION leave_sites(text, text[], interval[]) TO portavoz_verifier;

-- How long until the first of the due checks can be claimed whose sites are nobody's: zero where only another claim was in
-- the way. Null: there is none. When another worker leaves its sites cannot be known.
CREATE FUNCTION next_turn() RETURNS interval
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
  SELECT min(greatest(now(), t.until, t.wanted_until)) - now()
    FROM checks AS k LEFT JOIN site_turns AS t USING (site)
   WHERE k.finished_at IS NULL AND k.due_at <= now() AND (t.worker IS NULL OR t.until <= now())
$$;
GRANT EXECUTE ON FUNCTION next_turn() TO portavoz_verifier;
