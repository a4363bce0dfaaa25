-- What admins, and applicants through the public form, can do. Each function is SECURITY DEFINER with a pinned search
-- path, and the GRANT beside it is the only way in: nobody may write a table.
--
-- SQLSTATE: PV001 bad input, PV002 not found, PV003 conflict, PV004 forbidden. MESSAGE says what happened, HINT what
-- to do.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

-- ---- the owner: accounts

CREATE FUNCTION account_add(login text, name text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  found accounts;
BEGIN
  IF coalesce(account_add.login, '') !~ '\S' OR coalesce(account_add.name, '') !~ '\S' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'An account needs a login and a name.',
      HINT = 'Give the operating-system user and the name of the person behind it.';
  END IF;
  INSERT INTO accounts AS a (login, name) VALUES (account_add.login, account_add.name)
      ON CONFLICT ON CONSTRAINT accounts_login_key
      DO UPDATE SET enabled = true, name = EXCLUDED.name WHERE NOT a.enabled  -- a disabled one comes back
  RETURNING a.* INTO found;
  IF found.account_id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('The login %s has an enabled account already.', account_add.login),
      HINT = 'There is nothing to do.';
  END IF;
  RETURN found.account_id;
END
$$;

CREATE FUNCTION account_disable(login text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
BEGIN
  UPDATE accounts AS a SET enabled = false WHERE a.login = account_disable.login AND a.enabled;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'PV002',
      MESSAGE = format('There is no enabled account with the login %s.', coalesce(account_disable.login, '(none)')),
      HINT = 'See the view accounts_overview for the accounts there are.';
  END IF;
END
$$;

-- ---- shared by the functions below; granted to nobody

CREATE FUNCTION require_address(address text, what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
BEGIN
  IF is_canonical_address(address) IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('%L is not a mail address that can be %s.', coalesce(address, ''), what),
      HINT = 'Give one plain address such as info@example.org, in lower case, with its domain as A-labels.';
  END IF;
END
$$;

CREATE FUNCTION require_reason(reason text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
BEGIN
  IF coalesce(reason, '') !~ '\S' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'The reason is empty.',
      HINT = 'Say in a sentence why; it stays with the decision.';
  END IF;
END
$$;

CREATE FUNCTION find_list(address text) RETURNS lists
LANGUAGE plpgsql STABLE SET search_path = portavoz, pg_temp
AS $$
DECLARE
  found_list lists;
  known text[];
BEGIN
  SELECT l.* INTO found_list FROM lists AS l JOIN list_addresses AS a USING (list_id)
   WHERE a.address = find_list.address;
  IF found_list.list_id IS NULL THEN
    SELECT coalesce(array_agg(l.posting_address ORDER BY l.posting_address), '{}') INTO known FROM lists AS l;
    RAISE EXCEPTION USING ERRCODE = 'PV002',
      MESSAGE = format('There is no list %s.', coalesce(find_list.address, '(none)')),
      HINT = CASE
        WHEN cardinality(known) = 0 THEN 'There is no list at all yet; an admin adds one with: portavoz list add.'
        WHEN cardinality(known) <= 5 THEN format('The lists are: %s.', array_to_string(known, ', '))
        ELSE format('Some of the %s lists are: %s.', cardinality(known), array_to_string(known[:5], ', '))
      END;
  END IF;
  RETURN found_list;
END
$$;

-- The contact, locked: whoever decides next about it waits until this is done.
CREATE FUNCTION lock_contact(id bigint) RETURNS contacts
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  found_contact contacts;
BEGIN
  SELECT c.* INTO found_contact FROM contacts AS c WHERE c.contact_id = id FOR UPDATE;
  IF found_contact.contact_id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV002',
      MESSAGE = format('There is no contact %s.', coalesce(id::text, '(none)')),
      HINT = 'See the contacts with: portavoz contacts.';
  END IF;
  RETURN found_contact;
END
$$;

-- ---- lists

CREATE FUNCTION list_add(posting text, aliases text[], languages text[], admin_address text, deciders int)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  me constant bigint := acting_account();
  addresses text[];
  address text;
  present record;
  new_id bigint;
BEGIN
  SELECT array_agg(DISTINCT given) INTO addresses FROM unnest(posting || coalesce(aliases, '{}')) AS given;
  FOREACH address IN ARRAY addresses LOOP
    PERFORM require_address(address, 'the address of a list');
  END LOOP;
  PERFORM require_address(list_add.admin_address, 'the admin address of a list');
  IF are_languages(list_add.languages) IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('%L are not the languages of a list.',
                       coalesce(array_to_string(list_add.languages, ', ', '?'), '')),
      HINT = 'Give at least one language tag, such as es or pt-BR.';
  END IF;
  IF list_add.deciders IS NULL OR list_add.deciders NOT IN (1, 2) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('A list cannot have %s deciders.', coalesce(list_add.deciders::text, 'no')),
      HINT = 'Give 1, or 2 for the two-person rule.';
  END IF;

  LOCK TABLE lists IN SHARE ROW EXCLUSIVE MODE;  -- lists are added one after the other
  SELECT a.address, l.posting_address INTO present FROM list_addresses AS a JOIN lists AS l USING (list_id)
   WHERE a.address = ANY (addresses) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('The address %s is guarded already, for the list %s.', present.address, present.posting_address),
      HINT = 'Leave that address out, or see the lists with: portavoz list show.';
  END IF;
  INSERT INTO lists (posting_address, languages, admin_address, deciders, created_by)
  VALUES (posting, list_add.languages, list_add.admin_address, list_add.deciders, me)
  RETURNING list_id INTO new_id;
  INSERT INTO list_addresses SELECT given, new_id FROM unnest(addresses) AS given;
  RETURN new_id;
END
$$;
GRANT EXECUTE ON FUNCTION list_add(text, text[], text[], text, int) TO portavoz_admin;

CREATE FUNCTION list_guideline_set(list text, language text, body text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  me constant bigint := acting_account();
  of_list constant lists := find_list(list_guideline_set.list);
  new_version int;
BEGIN
  IF (list_guideline_set.language = ANY (of_list.languages)) IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('%L is not a language of %s.', coalesce(list_guideline_set.language, ''),
                       of_list.posting_address),
      HINT = format('Its languages are: %s.', array_to_string(of_list.languages, ', '));
  END IF;
  IF coalesce(list_guideline_set.body, '') !~ '\S' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'The guidelines are empty.',
      HINT = 'Give the text that members of the list shall read.';
  END IF;
  PERFORM FROM lists AS l WHERE l.list_id = of_list.list_id FOR UPDATE;  -- one version number after the other
  INSERT INTO list_guidelines (list_id, language, version, body, created_by)
  SELECT of_list.list_id, list_guideline_set.language, coalesce(max(g.version), 0) + 1, list_guideline_set.body, me
    FROM list_guidelines AS g
   WHERE g.list_id = of_list.list_id AND g.language = list_guideline_set.language
  RETURNING version INTO new_version;
  RETURN new_version;
END
$$;
GRANT EXECUTE ON FUNCTION list_guideline_set(text, text, text) TO portavoz_admin;

-- ---- applications

CREATE FUNCTION apply(list text, assembly text, address text, evidence_url text, logins text[], language text)
RETURNS bigint
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  to_list constant lists := find_list(apply.list);
  in_language constant text := coalesce(nullif(apply.language, ''), to_list.languages[1]);
  clean_name constant text := btrim(regexp_replace(coalesce(apply.assembly, ''), '\s+', ' ', 'g'));
  new_id bigint;
BEGIN
  IF clean_name = '' OR length(clean_name) > 200 OR clean_name ~ '[[:cntrl:]]' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'That is not the name of an assembly.',
      HINT = 'Give its name in one line of at most 200 characters.';
  END IF;
  PERFORM require_address(apply.address, 'a contact');
  IF is_evidence_url(apply.evidence_url) IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('%L is not the address of a web page.', coalesce(apply.evidence_url, '')),
      HINT = 'Give a full URL that begins with https:// or http://, without a user name or blanks.';
  END IF;
  IF (in_language = ANY (to_list.languages)) IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('%L is not a language of %s.', in_language, to_list.posting_address),
      HINT = format('Its languages are: %s.', array_to_string(to_list.languages, ', '));
  END IF;
  IF array_position(apply.logins, NULL) IS NOT NULL OR '' = ANY (apply.logins) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'A login is empty.',
      HINT = 'Give each login as the mail server knows it, or none.';
  END IF;
  INSERT INTO assemblies (name) VALUES (clean_name) ON CONFLICT (name_key) DO NOTHING;
  INSERT INTO contacts (list_id, assembly_id, address, evidence_url, logins, language)
  SELECT to_list.list_id, a.assembly_id, apply.address, apply.evidence_url, coalesce(apply.logins, '{}'), in_language
    FROM assemblies AS a WHERE a.name_key = assembly_key(clean_name)
  RETURNING contact_id INTO STRICT new_id;
  RETURN new_id;
END
$$;

CREATE FUNCTION apply_for(list text, assembly text, address text, evidence_url text, logins text[], language text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
BEGIN
  PERFORM acting_account();
  RETURN apply(list, assembly, address, evidence_url, logins, language);
END
$$;
GRANT EXECUTE ON FUNCTION apply_for(text, text, text, text, text[], text) TO portavoz_admin;

-- Without logins: what proves a sender is never the applicant's own word.
CREATE FUNCTION apply_public(list text, assembly text, address text, evidence_url text, language text)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$ SELECT apply(list, assembly, address, evidence_url, '{}', language) $$;
GRANT EXECUTE ON FUNCTION apply_public(text, text, text, text, text) TO portavoz_public;

-- ---- confirmation and checks

CREATE FUNCTION confirm(contact_id bigint, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  me constant bigint := acting_account();
  contact constant contacts := lock_contact(confirm.contact_id);
BEGIN
  PERFORM require_reason(confirm.reason);
  IF contact.state <> 'applied' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Contact %s is %s; only one that applied is confirmed.', contact.contact_id, contact.state),
      HINT = 'There is nothing to confirm.';
  END IF;
  INSERT INTO confirmations (contact_id, account_id, reason) VALUES (contact.contact_id, me, confirm.reason);
  UPDATE contacts AS c SET state = 'confirmed' WHERE c.contact_id = contact.contact_id;
  INSERT INTO checks (contact_id) VALUES (contact.contact_id);
END
$$;
GRANT EXECUTE ON FUNCTION confirm(bigint, text) TO portavoz_admin;

CREATE FUNCTION request_check(contact_id bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  me constant bigint := acting_account();
  contact constant contacts := lock_contact(request_check.contact_id);
  open_check bigint;
BEGIN
  IF contact.state NOT IN ('confirmed', 'reported', 'designated', 'lapsing', 'suspended') THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Contact %s is %s; its page is not checked.', contact.contact_id, contact.state),
      HINT = CASE contact.state WHEN 'applied' THEN 'Confirm its address first with: portavoz confirm.'
                                ELSE 'Let the assembly apply again.' END;
  END IF;
  SELECT k.check_id INTO open_check FROM checks AS k
   WHERE k.contact_id = contact.contact_id AND k.finished_at IS NULL;
  IF open_check IS NULL THEN
    INSERT INTO checks (contact_id) VALUES (contact.contact_id) RETURNING check_id INTO open_check;
  ELSE
    -- Due now, unless a worker is at it: then it is being done already.
    UPDATE checks SET due_at = now()
     WHERE check_id = open_check AND finished_at IS NULL AND (worker IS NULL OR due_at <= now());
  END IF;
  RETURN open_check;
END
$$;
GRANT EXECUTE ON FUNCTION request_check(bigint) TO portavoz_admin;

-- ---- decisions

CREATE TYPE decision_result AS (decision_id bigint, contact_id bigint, state text, deciders_missing int);

-- Rule: one voice. Refuses in words before the unique indexes do.
CREATE FUNCTION require_one_voice(contact contacts) RETURNS void
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  present contacts;
  present_name text;
  list text;
BEGIN
  SELECT c.* INTO present FROM contacts AS c
   WHERE c.list_id = contact.list_id AND c.contact_id <> contact.contact_id AND c.state IN ('designated', 'lapsing')
     AND (c.assembly_id = contact.assembly_id OR c.address = contact.address)
   ORDER BY c.assembly_id = contact.assembly_id DESC LIMIT 1;
  IF present.contact_id IS NULL THEN
    RETURN;
  END IF;
  SELECT l.posting_address INTO list FROM lists AS l WHERE l.list_id = present.list_id;
  SELECT a.name INTO present_name FROM assemblies AS a WHERE a.assembly_id = present.assembly_id;
  RAISE EXCEPTION USING ERRCODE = 'PV003',
    MESSAGE = CASE WHEN present.assembly_id = contact.assembly_id
      THEN format('%s already has a designated contact on %s: %s (contact %s).', present_name, list, present.address,
                  present.contact_id)
      ELSE format('%s already speaks on %s for %s (contact %s).', present.address, list, present_name,
                  present.contact_id)
    END,
    HINT = format('Retire or suspend contact %s first, or refuse this one.', present.contact_id);
END
$$;

CREATE FUNCTION in_words(kind text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$ SELECT CASE kind WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' WHEN 'vouch' THEN 'vouched for'
                       WHEN 'restore' THEN 'restored' WHEN 'suspend' THEN 'suspended' WHEN 'retire' THEN 'retired'
                       ELSE kind END $$;

-- Refuses a report that was decided already, or that a newer one has replaced.
CREATE FUNCTION require_open_report(report_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  done record;
  newer bigint;
BEGIN
  SELECT d.kind, d.at, s.logins INTO done
    FROM decisions AS d,
         LATERAL (SELECT string_agg(a.login, ', ' ORDER BY o.decision_id) AS logins  -- both, under the two-person rule
                    FROM decisions AS o JOIN accounts AS a USING (account_id)
                   WHERE o.report_id = d.report_id AND o.kind = d.kind) AS s
   WHERE d.report_id = require_open_report.report_id AND d.takes_effect;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Report %s was decided already: %s by %s on %s.', require_open_report.report_id,
                       in_words(done.kind), done.logins, to_char(done.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')),
      HINT = format('See it with: portavoz report show %s.', require_open_report.report_id);
  END IF;
  SELECT max(n.report_id) INTO newer FROM reports AS r JOIN reports AS n USING (contact_id)
   WHERE r.report_id = require_open_report.report_id AND n.report_id > r.report_id;
  IF newer IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Report %s was replaced by the newer report %s about the same contact.',
                       require_open_report.report_id, newer),
      HINT = format('Decide on report %s.', newer);
  END IF;
END
$$;

-- The one way in which a decision is made: by whoever is logged in, about a locked contact, with a reason.
CREATE FUNCTION decide(kind text, contact_id bigint, report_id bigint, reason text) RETURNS decision_result
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  me constant bigint := acting_account();
  contact constant contacts := lock_contact(decide.contact_id);
  target constant text := CASE decide.kind WHEN 'reject' THEN 'refused' WHEN 'suspend' THEN 'suspended'
                                           WHEN 'retire' THEN 'retired' ELSE 'designated' END;
  needed int := 1;
  missing int;
  decided_id bigint;
BEGIN
  PERFORM require_reason(decide.reason);
  IF decide.report_id IS NOT NULL THEN
    PERFORM require_open_report(decide.report_id);
  END IF;
  IF NOT EXISTS (SELECT FROM contact_transitions AS t
                  WHERE t.from_state = contact.state AND t.to_state = target AND t.actor = 'admin'
                    AND t.decision = decide.kind) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Contact %s (%s) is %s and cannot be %s.', contact.contact_id, contact.address, contact.state,
                       in_words(decide.kind)),
      HINT = (SELECT format('That is possible for a contact that is %s.', string_agg(t.from_state, ' or '))
                FROM contact_transitions AS t WHERE t.decision = decide.kind);
  END IF;
  IF target = 'designated' THEN
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

CREATE FUNCTION contact_of_report(report_id bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = portavoz, pg_temp
AS $$
DECLARE
  found_id bigint;
BEGIN
  SELECT r.contact_id INTO found_id FROM reports AS r WHERE r.report_id = contact_of_report.report_id;
  IF found_id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV002',
      MESSAGE = format('There is no report %s.', coalesce(contact_of_report.report_id::text, '(none)')),
      HINT = 'See the reports with: portavoz reports.';
  END IF;
  RETURN found_id;
END
$$;

CREATE FUNCTION approve(report_id bigint, reason text) RETURNS decision_result
LANGUAGE sql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$ SELECT decide('approve', contact_of_report(approve.report_id), approve.report_id, approve.reason) $$;

CREATE FUNCTION reject(report_id bigint, reason text) RETURNS decision_result
LANGUAGE sql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$ SELECT decide('reject', contact_of_report(reject.report_id), reject.report_id, reject.reason) $$;

CREATE FUNCTION vouch(contact_id bigint, reason text) RETURNS decision_result
LANGUAGE sql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$ SELECT decide('vouch', vouch.contact_id, NULL, vouch.reason) $$;

CREATE FUNCTION suspend(contact_id bigint, reason text) RETURNS decision_result
LANGUAGE sql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$ SELECT decide('suspend', suspend.contact_id, NULL, suspend.reason) $$;

CREATE FUNCTION restore(contact_id bigint, reason text) RETURNS decision_result
LANGUAGE sql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$ SELECT decide('restore', restore.contact_id, NULL, restore.reason) $$;

CREATE FUNCTION retire(contact_id bigint, reason text) RETURNS decision_result
LANGUAGE sql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$ SELECT decide('retire', retire.contact_id, NULL, retire.reason) $$;

GRANT EXECUTE ON FUNCTION approve(bigint, text), reject(bigint, text), vouch(bigint, text), suspend(bigint, text),
                          restore(bigint, text), retire(bigint, text) TO portavoz_admin;

CREATE FUNCTION record_held(action text, held_id text, list text, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  me constant bigint := acting_account();
BEGIN
  PERFORM require_reason(record_held.reason);
  IF coalesce(record_held.action, '') NOT IN ('release', 'drop') OR coalesce(record_held.held_id, '') !~ '\S'
     OR coalesce(record_held.list, '') !~ '\S' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'A held post is released or dropped, by its id and list.',
      HINT = 'See the held posts with: portavoz held list.';
  END IF;
  INSERT INTO held_actions (action, held_id, list, account_id, reason)
  VALUES (record_held.action, record_held.held_id, record_held.list, me, record_held.reason);
END
$$;
GRANT EXECUTE ON FUNCTION record_held(text, text, text, text) TO portavoz_admin;
