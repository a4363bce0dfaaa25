-- Vanished domains. A domain that is not renewed can be bought by anybody, who then receives the mail of the address,
-- signs in its name, and may even show it on a page. So each look at a contact's page also says whether the domain of its
-- address exists; one that is gone is looked at again each day; and when the looks of three days in a row saw it gone,
-- the contact's posts wait (451 domain-gone) and the admins are told. That is no state: the contact stays designated or
-- lapsing. Only a decision takes the hold back, also when the domain is there again, for it may have another owner.
--
-- And the clerk: what fails for one contact stops no other.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

-- ---- what a look says

ALTER TABLE reports ADD COLUMN domain text CHECK (domain IN ('there', 'gone'));  -- of the address; null: cannot know

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
                         content_type, verifier, found_url, robots, etag, last_modified, domain)
    SELECT claimed.check_id, claimed.attempt, claimed.contact_id, r.outcome, r.url, r.final_url,
           nullif(r.http_status, 0), coalesce(r.fetched_at, now()), r.published, r.official, r.form, r.context,
           r.excerpt, coalesce(nullif(r.evidence, 'null'), '[]'), coalesce(nullif(r.reasons, 'null'), '[]'),
           decode(nullif(r.body_sha256, ''), 'hex'), r.body_bytes, r.body_path, r.content_type, r.verifier,
           r.found_url, r.robots, r.etag, r.last_modified, r.domain
      FROM jsonb_to_record(finish_check.report)
           AS r (outcome text, url text, final_url text, http_status int, fetched_at timestamptz, published boolean,
                 official boolean, form text, context text, excerpt text, evidence jsonb, reasons jsonb,
                 body_sha256 text, body_bytes bigint, body_path text, content_type text, verifier text,
                 found_url text, robots text, etag text, last_modified text, domain text)
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

DROP TRIGGER audit_report ON reports;
CREATE TRIGGER audit_report AFTER INSERT ON reports
  FOR EACH ROW EXECUTE FUNCTION audit_row('report', 'report', 'report_id', 'contact_id', 'check_id', 'outcome', 'url',
                                          'final_url', 'published', 'official', 'body_sha256', 'verifier', 'domain');

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
         r.found_url, r.robots, r.domain
    FROM reports_overview AS o JOIN reports AS r USING (report_id) JOIN contacts AS c ON c.contact_id = r.contact_id;

-- ---- the hold

ALTER TYPE recheck_rules ADD ATTRIBUTE gone interval;  -- so long every look saw the domain gone, and the posts wait
CREATE OR REPLACE FUNCTION recheck_rules() RETURNS recheck_rules
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
  SELECT ROW ('30 days', 3, '3 days', '14 days', '3 days', '7 days', '60 days', '3 days')::recheck_rules
$$;

ALTER TABLE page_watches
  ADD COLUMN domain_gone_since timestamptz,  -- the first of the looks in a row that saw the domain gone
  ADD COLUMN domain_held_since timestamptz,  -- its posts wait since then, until an admin decides
  ADD COLUMN domain_excused boolean NOT NULL DEFAULT false,  -- an admin has decided about this very absence
  ADD CHECK (domain_gone_since IS NOT NULL OR NOT domain_excused);

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
  CHECK (kind IN ('lapsing', 'suspension-soon', 'suspended', 'page-good-again', 'page-blind', 'page-missing',
                  'page-doubtful', 'domain-gone'));

CREATE FUNCTION domain_is_held(of_contact bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM page_watches AS w WHERE w.contact_id = of_contact AND w.domain_held_since IS NOT NULL)
$$;

-- What one report says of the domain, added to what was known. A look that could not know changes nothing.
CREATE FUNCTION weigh_domain(watch page_watches, report reports) RETURNS page_watches
LANGUAGE plpgsql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
BEGIN
  IF report.domain = 'there' THEN
    watch.domain_gone_since := NULL;
    watch.domain_excused := false;
  ELSIF report.domain = 'gone' THEN
    watch.domain_gone_since := coalesce(watch.domain_gone_since, report.created_at);
    IF watch.domain_held_since IS NULL AND NOT watch.domain_excused
       AND report.created_at - watch.domain_gone_since >= (recheck_rules()).gone THEN
      watch.domain_held_since := report.created_at;
    END IF;
  END IF;
  RETURN watch;
END
$$;

-- Rule: only a decision designates, and so only a decision ends a hold.
CREATE FUNCTION hold_ends_by_decision() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM contacts AS c JOIN decisions AS d USING (decision_id)
                  WHERE c.contact_id = NEW.contact_id AND d.kind = 'restore' AND d.takes_effect
                    AND d.at >= OLD.domain_held_since) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('The posts of contact %s wait because its domain was gone; only a decision ends that.',
                       NEW.contact_id),
      HINT = 'An admin decides with: portavoz restore, suspend or retire.';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER hold_ends_by_decision BEFORE UPDATE ON page_watches
  FOR EACH ROW WHEN (OLD.domain_held_since IS NOT NULL
                     AND NEW.domain_held_since IS DISTINCT FROM OLD.domain_held_since)
  EXECUTE FUNCTION hold_ends_by_decision();
CREATE TRIGGER audit_domain_hold AFTER UPDATE ON page_watches
  FOR EACH ROW WHEN (NEW.domain_held_since IS DISTINCT FROM OLD.domain_held_since)
  EXECUTE FUNCTION audit_row('domain-hold', 'contact', 'contact_id', 'domain_held_since');
CREATE TRIGGER domain_holds_are_told AFTER UPDATE ON page_watches
  FOR EACH ROW WHEN (NEW.domain_held_since IS DISTINCT FROM OLD.domain_held_since)
  EXECUTE FUNCTION tell_roll();

CREATE OR REPLACE VIEW roll_contacts WITH (security_barrier) AS
  SELECT c.contact_id, c.list_id, a.name AS assembly, c.address, c.logins, c.state, c.decision_id, c.signing_domains,
         c.spf, c.shared, w.domain_held_since IS NOT NULL AS domain_gone
    FROM contacts AS c JOIN assemblies AS a USING (assembly_id) LEFT JOIN page_watches AS w USING (contact_id)
   WHERE c.state IN ('designated', 'lapsing');

-- ---- the decision: `restore`, also of a contact that is where it was

-- Every change of a contact passes here, whoever makes it: also the owner's own functions, also a superuser's UPDATE.
CREATE OR REPLACE FUNCTION contact_moves() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  acting text;
  decision decisions;
  decision_kind text := 'none';
  ends_hold boolean;
  deciders_needed int;
BEGIN
  -- A decision was made about these facts; they cannot be exchanged under it.
  IF (NEW.contact_id, NEW.list_id, NEW.assembly_id, NEW.address, NEW.evidence_url, NEW.language, NEW.applied_at,
      NEW.salt)
     IS DISTINCT FROM
     (OLD.contact_id, OLD.list_id, OLD.assembly_id, OLD.address, OLD.evidence_url, OLD.language, OLD.applied_at,
      OLD.salt) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV004',
      MESSAGE = format('What contact %s applied with cannot be changed.', OLD.contact_id),
      HINT = 'Make a new application and decide on that one.';
  END IF;

  IF (proof_of(NEW), NEW.proof_decision_id) IS DISTINCT FROM (proof_of(OLD), OLD.proof_decision_id) THEN
    PERFORM require_proof_decision(OLD, NEW);
    NEW.stage := OLD.stage + 1;  -- what was said about the proof before does not count any more
    RETURN NEW;
  END IF;

  acting := acting_as();

  IF NEW.decision_id IS DISTINCT FROM OLD.decision_id THEN
    SELECT d.* INTO decision FROM decisions AS d
     WHERE d.decision_id = NEW.decision_id AND d.contact_id = OLD.contact_id AND d.stage = OLD.stage
       AND d.takes_effect;
    decision_kind := coalesce(decision.kind, 'of another contact or stage');
  END IF;

  ends_hold := NEW.state = OLD.state AND acting = 'admin' AND decision_kind = 'restore'
               AND domain_is_held(OLD.contact_id);
  IF NOT ends_hold AND NOT EXISTS (SELECT FROM contact_transitions AS t
                                    WHERE t.from_state = OLD.state AND t.to_state = NEW.state AND t.actor = acting
                                      AND t.decision = decision_kind) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Contact %s cannot go from %s to %s by %s (decision: %s).', OLD.contact_id, OLD.state, NEW.state,
                       acting, decision_kind),
      HINT = 'See the life of a contact in the manual for the moves there are.';
  END IF;

  -- Rule: two persons. Counted here, at the moment of designation, so that no function can leave it out.
  IF ends_hold OR (NEW.state = 'designated' AND decision_kind <> 'none') THEN
    SELECT l.deciders INTO deciders_needed FROM lists AS l WHERE l.list_id = OLD.list_id;
    IF count_deciders(OLD.contact_id, OLD.stage, decision.kind, decision.report_id) < deciders_needed THEN
      RAISE EXCEPTION USING ERRCODE = 'PV003',
        MESSAGE = format('Contact %s needs the same decision by %s different admins.', OLD.contact_id,
                         deciders_needed),
        HINT = 'Ask another admin to decide as well.';
    END IF;
  END IF;

  NEW.stage := OLD.stage + 1;
  IF NOT ends_hold THEN
    NEW.state_since := now();
  END IF;
  RETURN NEW;
END
$$;

-- The decision ends the hold; one that was made while the domain was gone covers that absence, however long it lasts.
CREATE FUNCTION decision_ends_hold() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  UPDATE page_watches AS w SET domain_held_since = NULL, domain_excused = w.domain_gone_since IS NOT NULL
   WHERE w.contact_id = NEW.contact_id AND w.domain_held_since IS NOT NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER decision_ends_hold AFTER UPDATE OF decision_id ON contacts
  FOR EACH ROW WHEN (NEW.state = OLD.state AND NEW.decision_id IS DISTINCT FROM OLD.decision_id)
  EXECUTE FUNCTION decision_ends_hold();

-- The one way in which a decision is made: by whoever is logged in, about a locked contact, with a reason.
CREATE OR REPLACE FUNCTION decide(kind text, contact_id bigint, report_id bigint, reason text) RETURNS decision_result
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  me constant bigint := acting_account();
  contact constant contacts := lock_contact(decide.contact_id);
  ends_hold constant boolean := decide.kind = 'restore' AND contact.state IN ('designated', 'lapsing')
                                AND domain_is_held(contact.contact_id);
  target constant text := CASE WHEN ends_hold THEN contact.state
                               ELSE CASE decide.kind WHEN 'reject' THEN 'refused' WHEN 'suspend' THEN 'suspended'
                                                     WHEN 'retire' THEN 'retired' ELSE 'designated' END END;
  needed int := 1;
  missing int;
  decided_id bigint;
BEGIN
  PERFORM require_reason(decide.reason);
  IF decide.report_id IS NOT NULL THEN
    PERFORM require_open_report(decide.report_id);
  END IF;
  IF NOT ends_hold AND NOT EXISTS (SELECT FROM contact_transitions AS t
                                    WHERE t.from_state = contact.state AND t.to_state = target AND t.actor = 'admin'
                                      AND t.decision = decide.kind) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Contact %s (%s) is %s and cannot be %s.', contact.contact_id, contact.address, contact.state,
                       in_words(decide.kind)),
      HINT = (SELECT format('That is possible for a contact that is %s%s.', string_agg(t.from_state, ' or '),
                            CASE decide.kind WHEN 'restore' THEN ', or whose domain was gone' END)
                FROM contact_transitions AS t WHERE t.decision = decide.kind);
  END IF;
  IF ends_hold OR target = 'designated' THEN
    PERFORM require_one_voice(contact);
    SELECT l.deciders INTO needed FROM lists AS l WHERE l.list_id = contact.list_id;
  END IF;
  -- Rule: two persons. The same account twice is still one person.
  IF EXISTS (SELECT FROM decisions AS d
              WHERE d.contact_id = contact.contact_id AND d.stage = contact.stage AND d.kind = decide.kind
                AND d.report_id IS NOT DISTINCT FROM decide.report_id AND d.account_id = me) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Contact %s (%s) was %s by %s already; this list needs two different admins.',
                       contact.contact_id, contact.address, in_words(decide.kind), session_user),
      HINT = 'Ask another admin to decide as well.';
  END IF;
  missing := greatest(needed - 1 - count_deciders(contact.contact_id, contact.stage, decide.kind, decide.report_id), 0);

  BEGIN
    INSERT INTO decisions (kind, contact_id, report_id, account_id, reason, at, stage, takes_effect)
    VALUES (decide.kind, contact.contact_id, decide.report_id, me, decide.reason, now(), contact.stage, missing = 0)
    RETURNING decision_id INTO decided_id;
    IF missing = 0 THEN
      UPDATE contacts AS c SET state = target, decision_id = decided_id WHERE c.contact_id = contact.contact_id;
    END IF;
  EXCEPTION WHEN unique_violation THEN
    PERFORM require_one_voice(contact);  -- another admin was a moment faster: say who speaks now
    RAISE;
  END;
  RETURN (decided_id, contact.contact_id, CASE missing WHEN 0 THEN target ELSE contact.state END, missing);
END
$$;

-- ---- the clerk

-- What was told already uses up no number: it is asked every minute.
CREATE OR REPLACE FUNCTION tell(of_contact bigint, about text, since timestamptz, at timestamptz,
                                only_admins boolean DEFAULT false)
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
     AND NOT EXISTS (SELECT FROM outbox AS o WHERE o.contact_id = of_contact AND o.recipient = who.recipient
                        AND o.kind = about AND o.occasion = since)
  ON CONFLICT (contact_id, recipient, kind, occasion) DO NOTHING
$$;

-- When the page of a contact that may post is looked at next. A domain that is gone is looked at each day, until an admin
-- has decided about it; so is one whose posts wait, for the admins to see when it is back.
CREATE FUNCTION next_look(watch page_watches, last_outcome text, at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT least(CASE
           WHEN watch.failures > 0 AND last_outcome = 'ok' THEN next_look.at + rules.unclear
           WHEN watch.failures > 0 THEN next_try(watch.contact_id, watch.failures, next_look.at)
           WHEN watch.misses > 0 THEN greatest(watch.last_miss + rules.apart, next_look.at)
                                      + interval '12 hours' * share_of(watch.contact_id, watch.misses::text)
           WHEN watch.doubt_since IS NOT NULL THEN next_look.at + rules.unclear
           ELSE next_turn(watch.contact_id, next_look.at) END,
         CASE WHEN watch.domain_gone_since IS NOT NULL AND NOT watch.domain_excused
              THEN next_look.at + interval '1 day' END)
    FROM recheck_rules() AS rules
$$;

-- Weighs the reports that came about one contact, which is locked; warns, moves and sees to the next check. The state that
-- it moved to, or null.
CREATE FUNCTION move_one(contact contacts, at timestamptz) RETURNS text
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  watch page_watches;
  report reports;
  was_held boolean;
  target text;
BEGIN
  -- What was reported before the designation is what it was decided on.
  INSERT INTO page_watches (contact_id, weighed_report)
  VALUES (contact.contact_id,
          coalesce((SELECT max(r.report_id) FROM reports AS r
                     WHERE r.contact_id = contact.contact_id AND r.created_at <= contact.state_since), 0))
  ON CONFLICT DO NOTHING;
  SELECT w.* INTO STRICT watch FROM page_watches AS w WHERE w.contact_id = contact.contact_id FOR UPDATE;
  was_held := watch.domain_held_since IS NOT NULL;
  FOR report IN
    SELECT r.* FROM reports AS r
     WHERE r.contact_id = contact.contact_id AND r.report_id > watch.weighed_report AND r.created_at <= move_one.at
     ORDER BY r.report_id
  LOOP
    watch := weigh_domain(weigh_report(watch, report), report);
  END LOOP;
  UPDATE page_watches AS w
     SET weighed_report = watch.weighed_report, misses = watch.misses, last_miss = watch.last_miss,
         last_good = watch.last_good, blind_since = watch.blind_since, failures = watch.failures,
         doubt_since = watch.doubt_since, domain_gone_since = watch.domain_gone_since,
         domain_held_since = watch.domain_held_since, domain_excused = watch.domain_excused
   WHERE w.contact_id = contact.contact_id AND w.weighed_report <> watch.weighed_report;

  IF watch.doubt_since IS NOT NULL THEN
    PERFORM tell(contact.contact_id, 'page-doubtful', watch.doubt_since, move_one.at, true);
  END IF;
  IF move_one.at - watch.blind_since >= (recheck_rules()).blind THEN
    PERFORM tell(contact.contact_id, 'page-blind', watch.blind_since, move_one.at);
  END IF;
  IF watch.domain_held_since IS NOT NULL AND NOT was_held THEN
    -- Not to the contact: no mail reaches an address whose domain is gone, or a stranger reads it.
    PERFORM tell(contact.contact_id, 'domain-gone', watch.domain_held_since, move_one.at, true);
  END IF;
  target := move_contact(contact, watch, move_one.at);
  IF target IS NOT NULL THEN
    UPDATE contacts AS c SET state = target WHERE c.contact_id = contact.contact_id;
  END IF;
  IF target IS DISTINCT FROM 'suspended' THEN
    PERFORM check_again(contact.contact_id, next_look(watch, report.outcome, move_one.at));
  END IF;
  RETURN target;
END
$$;

DROP FUNCTION move_by_time(timestamptz, bigint, int);

-- Weighs the reports that came, makes the moves whose time has come, tells of them, and sees to the next check: of the
-- contacts behind `after` in the order of their numbers, at most `most` of those that there may be something to do for.
-- They come back; to_state is null for one that was not moved, and `problem` says why nothing could be done for one: it
-- is as it was, and the others are not kept waiting. Calling it again with the same time changes nothing. A time that has
-- not come is refused: a clerk whose clock is wrong must not end anybody's grace time.
CREATE FUNCTION move_by_time(at timestamptz, after bigint, most int)
RETURNS TABLE (contact_id bigint, list text, address text, from_state text, to_state text, problem text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  contact contacts;
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
    contact_id := contact.contact_id;
    list := (SELECT l.posting_address FROM lists AS l WHERE l.list_id = contact.list_id);
    address := contact.address;
    from_state := contact.state;
    to_state := NULL;
    problem := NULL;
    BEGIN
      to_state := move_one(contact, move_by_time.at);
    EXCEPTION WHEN OTHERS THEN
      problem := format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE);
    END;
    RETURN NEXT;
  END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION move_by_time(timestamptz, bigint, int) TO portavoz_clerk;

-- ---- what stands before the admins

-- What time and the checks have come to for each contact that may post. lapsing_until: the end of the grace time.
CREATE VIEW watches_overview AS
  SELECT w.contact_id, w.misses, w.last_miss, w.last_good,
         CASE WHEN c.state = 'lapsing' THEN w.lapsing_since + (recheck_rules()).grace END AS lapsing_until,
         w.blind_since, w.doubt_since, w.domain_gone_since, w.domain_held_since,
         (SELECT k.due_at FROM checks AS k WHERE k.contact_id = w.contact_id AND k.finished_at IS NULL) AS next_check,
         (SELECT max(r.report_id) FROM reports AS r WHERE r.contact_id = w.contact_id) AS report_id
    FROM page_watches AS w JOIN contacts AS c USING (contact_id)
   WHERE c.state IN ('designated', 'lapsing');
GRANT SELECT ON watches_overview TO portavoz_admin;

-- domain-gone and domain-back: the posts wait; the domain is still gone, or it is there again.
CREATE OR REPLACE VIEW pages_to_look_at AS
  SELECT c.contact_id, l.posting_address AS list, a.name AS assembly, c.address, c.evidence_url, c.state,
         CASE WHEN w.domain_held_since IS NOT NULL AND w.domain_gone_since IS NOT NULL THEN 'domain-gone'
              WHEN w.domain_held_since IS NOT NULL THEN 'domain-back'
              WHEN c.state = 'lapsing' THEN 'lapsing'
              WHEN w.misses >= (recheck_rules()).misses THEN 'missing'
              WHEN w.doubt_since IS NOT NULL THEN 'doubtful'
              ELSE 'blind' END AS why,
         CASE WHEN w.domain_held_since IS NOT NULL THEN coalesce(w.domain_gone_since, w.domain_held_since)
              WHEN c.state = 'lapsing' THEN w.lapsing_since
              WHEN w.misses >= (recheck_rules()).misses THEN w.last_miss
              ELSE coalesce(w.doubt_since, w.blind_since) END AS since,
         CASE WHEN c.state = 'lapsing' THEN w.lapsing_since + (recheck_rules()).grace END AS until,
         w.misses,
         (SELECT max(r.report_id) FROM reports AS r WHERE r.contact_id = c.contact_id) AS report_id
    FROM page_watches AS w JOIN contacts AS c USING (contact_id) JOIN lists AS l USING (list_id)
         JOIN assemblies AS a USING (assembly_id)
   WHERE c.state IN ('designated', 'lapsing')
     AND (w.domain_held_since IS NOT NULL OR c.state = 'lapsing' OR w.misses >= (recheck_rules()).misses
          OR w.doubt_since IS NOT NULL
          OR EXISTS (SELECT FROM outbox AS o WHERE o.contact_id = c.contact_id AND o.kind = 'page-blind'
                        AND o.occasion = w.blind_since));
