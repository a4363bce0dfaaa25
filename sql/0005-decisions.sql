-- Decisions, and the rules by which they move a contact.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

CREATE TABLE decisions (
  decision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('approve', 'reject', 'vouch', 'change-proof', 'hand-over', 'restore', 'suspend',
                                     'retire')),
  contact_id bigint NOT NULL REFERENCES contacts,
  report_id bigint,
  account_id bigint NOT NULL REFERENCES accounts,
  reason text CHECK (reason ~ '\S'),
  at timestamptz NOT NULL,
  stage int NOT NULL,               -- the contact's stage when this was said
  takes_effect boolean NOT NULL,    -- false for the first of two deciders
  salt bytea,
  -- Every decision has a reason. It may be erased later, together with its salt; it cannot be left out (the trigger
  -- below always sets the salt).
  CHECK ((reason IS NULL) = (salt IS NULL)),
  -- An approval is of a report, never of nothing; only a report is approved or rejected.
  CHECK (kind <> 'approve' OR report_id IS NOT NULL),
  CHECK (report_id IS NULL OR kind IN ('approve', 'reject')),
  FOREIGN KEY (report_id, contact_id) REFERENCES reports (report_id, contact_id)
);
-- A decided report cannot be decided again.
CREATE UNIQUE INDEX decisions_one_per_report ON decisions (report_id) WHERE takes_effect;
-- Rule: two persons. The same account says the same thing about the same matter once.
CREATE UNIQUE INDEX decisions_one_say_each ON decisions (contact_id, stage, kind, account_id, coalesce(report_id, 0));
CREATE TRIGGER decisions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

ALTER TABLE contacts ADD FOREIGN KEY (decision_id) REFERENCES decisions;

-- Who decided, when and at which stage is taken from the session and the contact, whatever the INSERT says.
CREATE FUNCTION decision_is_signed() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  NEW.account_id := acting_account();
  NEW.at := now();
  NEW.salt := new_salt();
  SELECT c.stage INTO NEW.stage FROM contacts AS c WHERE c.contact_id = NEW.contact_id;
  RETURN NEW;
END
$$;
CREATE TRIGGER decision_is_signed BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION decision_is_signed();

-- How many different persons stand behind a decision: those who said the same about the same matter at the same
-- stage, and whose accounts are still enabled (a stolen account that was closed in time does not count).
CREATE FUNCTION count_deciders(of_contact bigint, at_stage int, of_kind text, of_report bigint) RETURNS int
LANGUAGE sql STABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT count(DISTINCT d.account_id)::int
    FROM decisions AS d JOIN accounts AS a USING (account_id)
   WHERE d.contact_id = of_contact AND d.stage = at_stage AND d.kind = of_kind
     AND d.report_id IS NOT DISTINCT FROM of_report AND a.enabled
$$;

-- Every change of a contact passes here, whoever makes it: also the owner's own functions, also a superuser's UPDATE.
CREATE FUNCTION contact_moves() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  acting text;
  decision decisions;
  decision_kind text := 'none';
  deciders_needed int;
BEGIN
  -- A decision was made about these facts; they cannot be exchanged under it.
  IF (NEW.contact_id, NEW.list_id, NEW.assembly_id, NEW.address, NEW.evidence_url, NEW.logins, NEW.language,
      NEW.applied_at, NEW.salt)
     IS DISTINCT FROM
     (OLD.contact_id, OLD.list_id, OLD.assembly_id, OLD.address, OLD.evidence_url, OLD.logins, OLD.language,
      OLD.applied_at, OLD.salt) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV004',
      MESSAGE = format('What contact %s applied with cannot be changed.', OLD.contact_id),
      HINT = 'Make a new application and decide on that one.';
  END IF;

  acting := acting_as();

  IF NEW.decision_id IS DISTINCT FROM OLD.decision_id THEN
    SELECT d.* INTO decision FROM decisions AS d
     WHERE d.decision_id = NEW.decision_id AND d.contact_id = OLD.contact_id AND d.stage = OLD.stage
       AND d.takes_effect;
    decision_kind := coalesce(decision.kind, 'of another contact or stage');
  END IF;

  IF NOT EXISTS (SELECT FROM contact_transitions AS t
                  WHERE t.from_state = OLD.state AND t.to_state = NEW.state AND t.actor = acting
                    AND t.decision = decision_kind) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Contact %s cannot go from %s to %s by %s (decision: %s).', OLD.contact_id, OLD.state, NEW.state,
                       acting, decision_kind),
      HINT = 'See the life of a contact in the manual for the moves there are.';
  END IF;

  -- Rule: two persons. Counted here, at the moment of designation, so that no function can leave it out.
  IF NEW.state = 'designated' AND decision_kind <> 'none' THEN
    SELECT l.deciders INTO deciders_needed FROM lists AS l WHERE l.list_id = OLD.list_id;
    IF count_deciders(OLD.contact_id, OLD.stage, decision.kind, decision.report_id) < deciders_needed THEN
      RAISE EXCEPTION USING ERRCODE = 'PV003',
        MESSAGE = format('Contact %s needs the same decision by %s different admins.', OLD.contact_id,
                         deciders_needed),
        HINT = 'Ask another admin to decide as well.';
    END IF;
  END IF;

  NEW.stage := OLD.stage + 1;
  NEW.state_since := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER contact_moves BEFORE UPDATE ON contacts FOR EACH ROW EXECUTE FUNCTION contact_moves();

-- Nobody looks at the page of a contact whose life is over.
CREATE FUNCTION close_checks() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  UPDATE checks AS k SET finished_at = now(), why = format('closed: the contact is %s', NEW.state)
   WHERE k.contact_id = NEW.contact_id AND k.finished_at IS NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER contact_closes_checks AFTER UPDATE OF state ON contacts
  FOR EACH ROW WHEN (NEW.state IN ('succeeded', 'retired', 'refused', 'withdrawn')) EXECUTE FUNCTION close_checks();

-- What an admin did with a post that the door kept aside. The post itself lies on the door's disk.
CREATE TABLE held_actions (
  held_action_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  action text NOT NULL CHECK (action IN ('release', 'drop')),
  held_id text NOT NULL CHECK (held_id ~ '\S'),
  list text NOT NULL CHECK (list ~ '\S'),
  account_id bigint NOT NULL REFERENCES accounts,
  reason text CHECK (reason ~ '\S'),
  at timestamptz NOT NULL DEFAULT now(),
  salt bytea DEFAULT new_salt(),
  CHECK ((reason IS NULL) = (salt IS NULL))
);
CREATE TRIGGER held_actions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON held_actions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
