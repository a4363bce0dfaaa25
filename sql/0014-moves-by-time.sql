-- Moves by time: what the checks of a contact's page come to in the course of weeks. The clerk calls move_by_time() every
-- minute, and may call nothing else; the time is its argument, so that years pass in a test as fast as they can be
-- written down.
--
--   good     the page was read and shows the address
--   miss     the page was read and does not show it; counted once in three days at the most
--   blind    nothing could be seen: the page, or one that it leads to and that may show the address, was not had, or only a
--            person can read it. Never a miss.
--   doubt    the page shows the address, and in no place of an official contact: the admins are told, no more
--
-- Three misses: designated -> lapsing, and the contact and the admins are told. A grace time, in which another check has
-- to miss as well and a last word is sent before its end: lapsing -> suspended. A good check takes all of it back;
-- what is suspended only a decision restores. A contact for whom an admin vouched does not rest on its page: there the
-- admins are told and nothing else happens.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

CREATE TYPE recheck_rules AS (
  period interval,       -- from one check of a good page to the next
  misses int,            -- so many lead to lapsing
  apart interval,        -- a miss sooner after another one is the same miss
  grace interval,        -- from lapsing to suspended
  last_word interval,    -- before the end of the grace time
  unclear interval,      -- until a page in doubt, or that only a person can read, is looked at again
  blind interval         -- so long nothing was seen before anybody is told
);
CREATE FUNCTION recheck_rules() RETURNS recheck_rules
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$ SELECT ROW ('30 days', 3, '3 days', '14 days', '3 days', '7 days', '60 days')::recheck_rules $$;

-- What is known of the page of a contact that may post.
CREATE TABLE page_watches (
  contact_id bigint PRIMARY KEY REFERENCES contacts,
  weighed_report bigint NOT NULL DEFAULT 0,  -- the reports up to this one have been weighed
  misses int NOT NULL DEFAULT 0 CHECK (misses >= 0),
  last_miss timestamptz,
  last_good timestamptz,
  blind_since timestamptz,
  failures int NOT NULL DEFAULT 0 CHECK (failures >= 0),  -- checks in a row that saw nothing
  doubt_since timestamptz,    -- it stands there, and in no place of an official contact
  lapsing_since timestamptz,
  CHECK ((misses = 0) = (last_miss IS NULL))
);

-- Mail to be sent: to whom, about what, and the facts that its text needs. Addresses are not copied here.
CREATE TABLE outbox (
  outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  contact_id bigint NOT NULL REFERENCES contacts,
  recipient text NOT NULL CHECK (recipient IN ('contact', 'admins')),
  kind text NOT NULL CHECK (kind IN ('lapsing', 'suspension-soon', 'suspended', 'page-good-again', 'page-blind',
                                     'page-missing', 'page-doubtful')),
  occasion timestamptz NOT NULL,  -- when what it tells of began: nobody is told twice of the same
  facts jsonb NOT NULL CHECK (jsonb_typeof(facts) = 'object'),
  created_at timestamptz NOT NULL,
  UNIQUE (contact_id, recipient, kind, occasion)
);
CREATE TRIGGER outbox_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON outbox
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER audit_outbox AFTER INSERT ON outbox
  FOR EACH ROW EXECUTE FUNCTION audit_row('tell', 'contact', 'contact_id', 'recipient', 'kind', 'occasion');

-- Rule: no assembly is silenced silently. Whoever lets time suspend a contact has warned it and its admins twice, and long
-- enough ago by the register's own clock.
CREATE FUNCTION suspension_was_announced() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  rules constant recheck_rules := recheck_rules();
BEGIN
  IF (SELECT count(*) FROM page_watches AS w JOIN outbox AS o USING (contact_id)
       WHERE w.contact_id = NEW.contact_id AND o.occasion = w.lapsing_since
         AND ((o.kind = 'lapsing' AND o.created_at <= now() - rules.grace)
              OR (o.kind = 'suspension-soon' AND o.created_at <= now() - rules.last_word))) < 4 THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Contact %s cannot be suspended: it was not warned in time.', NEW.contact_id),
      HINT = 'The clerk warns the contact and the admins first, and again before the grace time ends.';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER suspension_was_announced BEFORE UPDATE OF state ON contacts
  FOR EACH ROW WHEN (OLD.state = 'lapsing' AND NEW.state = 'suspended' AND NEW.decision_id IS NOT DISTINCT FROM OLD.decision_id)
  EXECUTE FUNCTION suspension_was_announced();

-- Who may not post any more is not looked at, whoever moved it there.
DROP TRIGGER contact_closes_checks ON contacts;
CREATE TRIGGER contact_closes_checks AFTER UPDATE OF state ON contacts
  FOR EACH ROW WHEN (NEW.state IN ('suspended', 'succeeded', 'retired', 'refused', 'withdrawn'))
  EXECUTE FUNCTION close_checks();

-- ---- when a page is looked at again: from the contact and the time alone, the same each time it is asked

-- Between 0 and 1, and evenly spread over the contacts.
CREATE FUNCTION share_of(contact_id bigint, salt text) RETURNS double precision
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT ('x' || substr(md5(share_of.contact_id::text || '/' || share_of.salt), 1, 8))::bit(32)::bigint / 4294967296.0
$$;

-- The contact's own moment of the next period; at least half a period away.
CREATE FUNCTION next_turn(contact_id bigint, at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT to_timestamp((floor((extract(epoch FROM next_turn.at) + seconds / 2) / seconds - share) + 1 + share) * seconds)
    FROM (SELECT extract(epoch FROM (recheck_rules()).period)::double precision AS seconds,
                 share_of(next_turn.contact_id, 'turn') AS share) AS period
$$;

-- A failure is tried again after a day, then two, four … up to a period, each a quarter sooner or later.
CREATE FUNCTION next_try(contact_id bigint, failures int, at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT next_try.at + least((recheck_rules()).period,
                             interval '1 day' * (2 ^ least(next_try.failures - 1, 10))
                             * (0.75 + share_of(next_try.contact_id, next_try.failures::text) / 2))
$$;

CREATE FUNCTION check_again(id bigint, due timestamptz) RETURNS void
LANGUAGE sql SET search_path = portavoz, pg_temp
AS $$
  INSERT INTO checks (contact_id, due_at)
  SELECT id, due WHERE NOT EXISTS (SELECT FROM checks AS k WHERE k.contact_id = id AND k.finished_at IS NULL)
  ON CONFLICT (contact_id) WHERE finished_at IS NULL DO NOTHING
$$;

-- ---- one contact

CREATE FUNCTION tell(of_contact bigint, about text, since timestamptz, at timestamptz, only_admins boolean DEFAULT false)
RETURNS void
LANGUAGE sql SET search_path = portavoz, pg_temp
AS $$
  INSERT INTO outbox (contact_id, recipient, kind, occasion, facts, created_at)
  SELECT of_contact, who.recipient, about, since,
         jsonb_build_object('evidence_url', c.evidence_url, 'since', since,
                            'until', CASE WHEN about IN ('lapsing', 'suspension-soon') THEN since + (recheck_rules()).grace END),
         at
    FROM contacts AS c, (VALUES ('contact'), ('admins')) AS who (recipient)
   WHERE c.contact_id = of_contact AND (who.recipient = 'admins' OR NOT only_admins)
  ON CONFLICT (contact_id, recipient, kind, occasion) DO NOTHING
$$;

-- Whether its designation rests on a page: an admin approved a report of it, or only vouched.
CREATE FUNCTION rests_on_page(of_contact bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT coalesce((SELECT d.kind = 'approve' FROM decisions AS d
                    WHERE d.contact_id = of_contact AND d.takes_effect AND d.kind IN ('approve', 'vouch')
                    ORDER BY d.decision_id DESC LIMIT 1), false)
$$;

-- What one report says, added to what was known. Its time is when the register took it: a verifier cannot date it.
CREATE FUNCTION weigh_report(watch page_watches, report reports) RETURNS page_watches
LANGUAGE plpgsql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
BEGIN
  watch.weighed_report := report.report_id;
  IF report.published IS NULL THEN
    watch.blind_since := coalesce(watch.blind_since, report.created_at);
    watch.failures := watch.failures + 1;
    RETURN watch;
  END IF;
  watch.blind_since := NULL;
  watch.failures := 0;
  watch.doubt_since := CASE WHEN report.published AND report.official IS FALSE
                            THEN coalesce(watch.doubt_since, report.created_at) END;
  IF report.published THEN
    watch.misses := 0;
    watch.last_miss := NULL;
    watch.last_good := report.created_at;
  ELSIF watch.last_miss IS NULL OR report.created_at - watch.last_miss >= (recheck_rules()).apart THEN
    watch.misses := watch.misses + 1;
    watch.last_miss := report.created_at;
  END IF;
  RETURN watch;
END
$$;

-- The move that the time has come for, or null. The warnings belong to the moves and are written with them.
CREATE FUNCTION move_contact(contact contacts, watch page_watches, at timestamptz) RETURNS text
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  rules constant recheck_rules := recheck_rules();
BEGIN
  IF contact.state = 'designated' AND watch.misses >= rules.misses THEN
    IF NOT rests_on_page(contact.contact_id) THEN
      PERFORM tell(contact.contact_id, 'page-missing', watch.last_miss, at, true)
        WHERE NOT EXISTS (SELECT FROM outbox AS o WHERE o.contact_id = contact.contact_id AND o.kind = 'page-missing'
                             AND o.occasion > coalesce(watch.last_good, '-infinity'));
      RETURN NULL;
    END IF;
    UPDATE page_watches AS w SET lapsing_since = at WHERE w.contact_id = contact.contact_id;
    PERFORM tell(contact.contact_id, 'lapsing', at, at);
    RETURN 'lapsing';
  ELSIF contact.state = 'lapsing' AND watch.misses = 0 THEN
    PERFORM tell(contact.contact_id, 'page-good-again', watch.last_good, at);
    UPDATE page_watches AS w SET lapsing_since = NULL WHERE w.contact_id = contact.contact_id;
    RETURN 'designated';
  ELSIF contact.state = 'lapsing' AND watch.last_miss > watch.lapsing_since
        AND at >= watch.lapsing_since + rules.grace - rules.last_word THEN
    PERFORM tell(contact.contact_id, 'suspension-soon', watch.lapsing_since, at);
    IF at >= watch.lapsing_since + rules.grace
       AND (SELECT min(o.created_at) FROM outbox AS o
             WHERE o.contact_id = contact.contact_id AND o.kind = 'suspension-soon' AND o.occasion = watch.lapsing_since)
           <= at - rules.last_word THEN
      PERFORM tell(contact.contact_id, 'suspended', at, at);
      RETURN 'suspended';
    END IF;
  END IF;
  RETURN NULL;
END
$$;

-- ---- the clerk's one function

-- Weighs the reports that came, makes the moves whose time has come, tells of them, and sees to the next check: of the
-- contacts behind `after` in the order of their numbers, at most `most` of those that there may be something to do for.
-- They come back; to_state is null for one that was not moved. Calling it again with the same time changes nothing. A time
-- that has not come is refused: a clerk whose clock is wrong must not end anybody's grace time.
CREATE FUNCTION move_by_time(at timestamptz, after bigint, most int)
RETURNS TABLE (contact_id bigint, list text, address text, from_state text, to_state text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  contact contacts;
  watch page_watches;
  report reports;
  target text;
BEGIN
  IF move_by_time.at IS NULL OR after IS NULL OR coalesce(most, 0) < 1 THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'Moves by time need a time, where to begin, and a number of contacts.',
      HINT = 'Call move_by_time(now(), 0, 1000), then with the last contact that came back.';
  END IF;
  IF move_by_time.at > now() + interval '5 minutes' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('It is %s here, and not yet %s.', now(), move_by_time.at),
      HINT = 'Set the clocks of the clerk''s and of the register''s hosts.';
  END IF;
  FOR contact IN
    SELECT c.* FROM contacts AS c LEFT JOIN page_watches AS w USING (contact_id)
     WHERE c.state IN ('designated', 'lapsing') AND c.contact_id > after
       AND (w.contact_id IS NULL OR c.state = 'lapsing' OR w.blind_since IS NOT NULL
            OR NOT EXISTS (SELECT FROM checks AS k WHERE k.contact_id = c.contact_id AND k.finished_at IS NULL)
            OR EXISTS (SELECT FROM reports AS r WHERE r.contact_id = c.contact_id AND r.report_id > w.weighed_report))
     ORDER BY c.contact_id LIMIT most
       FOR UPDATE OF c SKIP LOCKED
  LOOP
    -- What was reported before the designation is what it was decided on.
    INSERT INTO page_watches (contact_id, weighed_report)
    VALUES (contact.contact_id,
            coalesce((SELECT max(r.report_id) FROM reports AS r
                       WHERE r.contact_id = contact.contact_id AND r.created_at <= contact.state_since), 0))
    ON CONFLICT DO NOTHING;
    SELECT w.* INTO STRICT watch FROM page_watches AS w WHERE w.contact_id = contact.contact_id FOR UPDATE;
    report := NULL;
    FOR report IN
      SELECT r.* FROM reports AS r
       WHERE r.contact_id = contact.contact_id AND r.report_id > watch.weighed_report AND r.created_at <= move_by_time.at
       ORDER BY r.report_id
    LOOP
      watch := weigh_report(watch, report);
    END LOOP;
    UPDATE page_watches AS w
       SET weighed_report = watch.weighed_report, misses = watch.misses, last_miss = watch.last_miss,
           last_good = watch.last_good, blind_since = watch.blind_since, failures = watch.failures,
           doubt_since = watch.doubt_since
     WHERE w.contact_id = contact.contact_id AND w.weighed_report <> watch.weighed_report;

    IF watch.doubt_since IS NOT NULL THEN
      PERFORM tell(contact.contact_id, 'page-doubtful', watch.doubt_since, move_by_time.at, true);
    END IF;
    IF move_by_time.at - watch.blind_since >= (recheck_rules()).blind THEN
      PERFORM tell(contact.contact_id, 'page-blind', watch.blind_since, move_by_time.at);
    END IF;
    target := move_contact(contact, watch, move_by_time.at);
    IF target IS NOT NULL THEN
      UPDATE contacts AS c SET state = target WHERE c.contact_id = contact.contact_id;
    END IF;
    contact_id := contact.contact_id;
    list := (SELECT l.posting_address FROM lists AS l WHERE l.list_id = contact.list_id);
    address := contact.address;
    from_state := contact.state;
    to_state := target;
    RETURN NEXT;

    IF target IS DISTINCT FROM 'suspended' THEN
      PERFORM check_again(contact.contact_id, CASE
        WHEN watch.failures > 0 AND report.outcome = 'ok' THEN move_by_time.at + (recheck_rules()).unclear
        WHEN watch.failures > 0 THEN next_try(contact.contact_id, watch.failures, move_by_time.at)
        WHEN watch.misses > 0 THEN greatest(watch.last_miss + (recheck_rules()).apart, move_by_time.at)
                                   + interval '12 hours' * share_of(contact.contact_id, watch.misses::text)
        WHEN watch.doubt_since IS NOT NULL THEN move_by_time.at + (recheck_rules()).unclear
        ELSE next_turn(contact.contact_id, move_by_time.at) END);
    END IF;
  END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION move_by_time(timestamptz, bigint, int) TO portavoz_clerk;

-- A contact that only a decision brought back begins anew.
CREATE FUNCTION watch_begins_anew() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  DELETE FROM page_watches AS w WHERE w.contact_id = NEW.contact_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER watch_begins_anew AFTER UPDATE OF state ON contacts
  FOR EACH ROW WHEN (OLD.state = 'suspended' AND NEW.state = 'designated') EXECUTE FUNCTION watch_begins_anew();

-- ---- what stands before the admins

CREATE VIEW pages_to_look_at AS
  SELECT c.contact_id, l.posting_address AS list, a.name AS assembly, c.address, c.evidence_url, c.state,
         CASE WHEN c.state = 'lapsing' THEN 'lapsing'
              WHEN w.misses >= (recheck_rules()).misses THEN 'missing'
              WHEN w.doubt_since IS NOT NULL THEN 'doubtful'
              ELSE 'blind' END AS why,
         CASE WHEN c.state = 'lapsing' THEN w.lapsing_since
              WHEN w.misses >= (recheck_rules()).misses THEN w.last_miss
              ELSE coalesce(w.doubt_since, w.blind_since) END AS since,
         CASE WHEN c.state = 'lapsing' THEN w.lapsing_since + (recheck_rules()).grace END AS until,
         w.misses,
         (SELECT max(r.report_id) FROM reports AS r WHERE r.contact_id = c.contact_id) AS report_id
    FROM page_watches AS w JOIN contacts AS c USING (contact_id) JOIN lists AS l USING (list_id)
         JOIN assemblies AS a USING (assembly_id)
   WHERE c.state IN ('designated', 'lapsing')
     AND (c.state = 'lapsing' OR w.misses >= (recheck_rules()).misses OR w.doubt_since IS NOT NULL
          OR EXISTS (SELECT FROM outbox AS o WHERE o.contact_id = c.contact_id AND o.kind = 'page-blind'
                        AND o.occasion = w.blind_since));
GRANT SELECT ON pages_to_look_at TO portavoz_admin;
GRANT EXECUTE ON FUNCTION recheck_rules() TO portavoz_admin;  -- the view asks it in the name of whoever reads
