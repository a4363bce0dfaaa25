-- What counts as proof that a sender is a contact: logins, signing domains, SPF, whether strangers share the provider.
-- It is applied with, approved with the designation, and changed by a decision of its own. And whether a list keeps
-- aside what only a person can judge.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

-- ---- what a proof is

-- Lower-case A-labels, at least two of them (RFC 6376 section 3.5, RFC 5891). That it is no public suffix is for the
-- callers, who have the list of those.
CREATE FUNCTION is_signing_domain(domain text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT octet_length(domain) <= 253
     AND domain COLLATE "C" ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'
     AND domain COLLATE "C" !~ '(^|\.)[0-9]+$'  -- an IP address is no domain
$$;

CREATE FUNCTION are_signing_domains(domains text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT cardinality(domains) <= 10 AND coalesce((SELECT bool_and(domain IS NOT NULL AND is_signing_domain(domain))
                                                    FROM unnest(domains) AS domain), true)
$$;

CREATE TYPE proof AS (logins text[], signing_domains text[], spf boolean, shared boolean);

-- Existing contacts keep the proof that was approved with them: their logins, and nothing more.
ALTER TABLE contacts
  ADD signing_domains text[] NOT NULL DEFAULT '{}',
  ADD spf boolean NOT NULL DEFAULT false,     -- SPF alone may count
  ADD shared boolean NOT NULL DEFAULT false,  -- strangers use the same provider: DKIM and SPF together
  ADD proof_decision_id bigint REFERENCES decisions,  -- the decision that last changed the proof, if one did
  ADD CONSTRAINT signing_domains_are_domains CHECK (are_signing_domains(signing_domains)),
  -- Whoever rents beside them passes SPF as well.
  ADD CONSTRAINT spf_alone_is_not_shared CHECK (NOT (spf AND shared));

CREATE FUNCTION proof_of(contact contacts) RETURNS proof
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$ SELECT ROW(contact.logins, contact.signing_domains, contact.spf, contact.shared)::proof $$;

-- The same proof is spelt in one way, so that two admins who mean the same say the same.
CREATE FUNCTION in_order(texts text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$ SELECT ARRAY(SELECT DISTINCT each COLLATE "C" FROM unnest(texts) AS each ORDER BY 1) $$;

-- The proof in its one spelling, or a refusal.
CREATE FUNCTION require_proof(logins text[], signing_domains text[], spf boolean, shared boolean) RETURNS proof
LANGUAGE plpgsql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$
DECLARE
  domains constant text[] := in_order(coalesce(require_proof.signing_domains, '{}'));
BEGIN
  IF array_position(require_proof.logins, NULL) IS NOT NULL OR '' = ANY (require_proof.logins) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'A login is empty.',
      HINT = 'Give each login as the mail server knows it, or none.';
  END IF;
  IF are_signing_domains(domains) IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = format('%L are not the signing domains of a contact.', array_to_string(domains, ', ', '?')),
      HINT = 'Give at most 10 domains such as example.org, in lower case and as A-labels, or none.';
  END IF;
  IF require_proof.spf AND require_proof.shared THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'SPF alone proves nothing at a provider that strangers share: they pass it as well.',
      HINT = 'Allow SPF alone, or call the provider shared, not both.';
  END IF;
  RETURN ROW(in_order(coalesce(require_proof.logins, '{}')), domains, coalesce(require_proof.spf, false),
             coalesce(require_proof.shared, false))::proof;
END
$$;

-- A view's functions run as whoever reads the view, hence the grant.
CREATE FUNCTION proof_in_words(logins text[], signing_domains text[], spf boolean, shared boolean) RETURNS text
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
  SELECT coalesce(nullif(concat_ws('; ',
           'login ' || nullif(array_to_string(logins, ', '), ''),
           'DKIM by ' || nullif(array_to_string(signing_domains, ', '), '')
             || CASE WHEN shared THEN ' together with SPF (shared provider)' ELSE '' END,
           CASE WHEN spf THEN 'SPF alone' END), ''), 'none')
$$;
GRANT EXECUTE ON FUNCTION proof_in_words(text[], text[], boolean, boolean) TO portavoz_admin;

CREATE FUNCTION in_words(proof proof) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = portavoz, pg_temp
AS $$ SELECT proof_in_words((proof).logins, (proof).signing_domains, (proof).spf, (proof).shared) $$;

-- ---- applications

DROP FUNCTION apply(text, text, text, text, text[], text);
DROP FUNCTION apply_for(text, text, text, text, text[], text);

-- Without signing domains (NULL, not none) it is the address's own domain that signs.
CREATE FUNCTION apply(list text, assembly text, address text, evidence_url text, logins text[], language text,
                      signing_domains text[], spf boolean, shared boolean) RETURNS bigint
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  to_list constant lists := find_list(apply.list);
  in_language constant text := coalesce(nullif(apply.language, ''), to_list.languages[1]);
  clean_name constant text := btrim(regexp_replace(coalesce(apply.assembly, ''), '\s+', ' ', 'g'));
  proof proof;
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
  proof := require_proof(apply.logins,
                         coalesce(apply.signing_domains, ARRAY[substring(apply.address FROM '[^@]+$')]),
                         apply.spf, apply.shared);
  INSERT INTO assemblies (name) VALUES (clean_name) ON CONFLICT (name_key) DO NOTHING;
  INSERT INTO contacts (list_id, assembly_id, address, evidence_url, logins, signing_domains, spf, shared, language)
  SELECT to_list.list_id, a.assembly_id, apply.address, apply.evidence_url, proof.logins, proof.signing_domains,
         proof.spf, proof.shared, in_language
    FROM assemblies AS a WHERE a.name_key = assembly_key(clean_name)
  RETURNING contact_id INTO STRICT new_id;
  RETURN new_id;
END
$$;

CREATE FUNCTION apply_for(list text, assembly text, address text, evidence_url text, logins text[], language text,
                          signing_domains text[] DEFAULT NULL, spf boolean DEFAULT false, shared boolean DEFAULT false)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
BEGIN
  PERFORM acting_account();
  RETURN apply(list, assembly, address, evidence_url, logins, language, signing_domains, spf, shared);
END
$$;
GRANT EXECUTE ON FUNCTION apply_for(text, text, text, text, text[], text, text[], boolean, boolean) TO portavoz_admin;

-- What proves a sender is never the applicant's own word: no logins, no foreign domain, no SPF. The one choice is
-- whether the address's own domain signs, which the public form asks of the list of public suffixes.
DROP FUNCTION apply_public(text, text, text, text, text);
CREATE FUNCTION apply_public(list text, assembly text, address text, evidence_url text, language text,
                             signs boolean DEFAULT true) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
  SELECT apply(list, assembly, address, evidence_url, '{}', language, CASE WHEN signs THEN NULL ELSE '{}'::text[] END,
               false, false)
$$;
GRANT EXECUTE ON FUNCTION apply_public(text, text, text, text, text, boolean) TO portavoz_public;

-- ---- the decision that changes a proof

CREATE OR REPLACE FUNCTION contact_begins() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  IF NEW.state <> 'applied' OR NEW.decision_id IS NOT NULL OR NEW.proof_decision_id IS NOT NULL OR NEW.stage <> 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('A contact cannot begin as %s.', NEW.state),
      HINT = 'Let it apply first; every other state is reached by a move.';
  END IF;
  NEW.salt := new_salt();
  RETURN NEW;
END
$$;

ALTER TABLE decisions
  ADD proof proof,     -- of change-proof: what the contact's proof shall be
  ADD replaced proof,  -- and what it was when this was said
  ADD CONSTRAINT change_proof_says_which CHECK (
    CASE WHEN kind = 'change-proof' AND salt IS NOT NULL THEN proof IS NOT NULL AND replaced IS NOT NULL
         ELSE proof IS NULL AND replaced IS NULL END);

-- Rule: two persons. The same account says the same thing about the same matter once; of a proof it may change its
-- mind, and then its last word counts.
DROP INDEX decisions_one_say_each;
CREATE UNIQUE INDEX decisions_one_say_each ON decisions (contact_id, stage, kind, account_id, coalesce(report_id, 0))
  WHERE kind <> 'change-proof';

CREATE OR REPLACE FUNCTION decision_is_signed() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  contact contacts;
BEGIN
  SELECT c.* INTO contact FROM contacts AS c WHERE c.contact_id = NEW.contact_id;
  NEW.account_id := acting_account();
  NEW.at := now();
  NEW.salt := new_salt();
  NEW.stage := contact.stage;
  NEW.replaced := CASE WHEN NEW.kind = 'change-proof' THEN proof_of(contact) END;
  RETURN NEW;
END
$$;

-- How many different persons want the contact to have exactly this proof now.
CREATE FUNCTION count_proof_deciders(of_contact bigint, at_stage int, wanted proof) RETURNS int
LANGUAGE sql STABLE SET search_path = portavoz, pg_temp
AS $$
  SELECT count(*)::int
    FROM (SELECT DISTINCT ON (d.account_id) d.account_id, d.proof FROM decisions AS d
           WHERE d.contact_id = of_contact AND d.stage = at_stage AND d.kind = 'change-proof'
           ORDER BY d.account_id, d.decision_id DESC) AS last_word
         JOIN accounts AS a USING (account_id)
   WHERE a.enabled AND last_word.proof IS NOT DISTINCT FROM wanted
$$;

-- A change of the proof is nothing but that: the contact may post, and an admin's decision says exactly this proof.
CREATE FUNCTION require_proof_decision(was contacts, becomes contacts) RETURNS void
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  deciders_needed constant int := (SELECT l.deciders FROM lists AS l WHERE l.list_id = was.list_id);
BEGIN
  IF acting_as() <> 'admin' OR was.state NOT IN ('designated', 'lapsing')
     OR (becomes.state, becomes.state_since, becomes.stage, becomes.decision_id)
        IS DISTINCT FROM (was.state, was.state_since, was.stage, was.decision_id)
     OR becomes.proof_decision_id IS NOT DISTINCT FROM was.proof_decision_id
     OR NOT EXISTS (SELECT FROM decisions AS d
                     WHERE d.decision_id = becomes.proof_decision_id AND d.kind = 'change-proof'
                       AND d.contact_id = was.contact_id AND d.stage = was.stage AND d.takes_effect
                       AND d.proof IS NOT DISTINCT FROM proof_of(becomes)) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV004',
      MESSAGE = format('What proves that a post is from contact %s changes only by a decision that says so.',
                       was.contact_id),
      HINT = 'An admin changes it with: portavoz change-proof.';
  END IF;
  IF count_proof_deciders(was.contact_id, was.stage, proof_of(becomes)) < deciders_needed THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Contact %s needs the same decision by %s different admins.', was.contact_id, deciders_needed),
      HINT = 'Ask another admin to decide as well.';
  END IF;
END
$$;

-- Every change of a contact passes here, whoever makes it: also the owner's own functions, also a superuser's UPDATE.
CREATE OR REPLACE FUNCTION contact_moves() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  acting text;
  decision decisions;
  decision_kind text := 'none';
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

-- `before` and `after` in words, for the admin to see what the change is.
CREATE TYPE proof_change AS (decision_id bigint, contact_id bigint, state text, deciders_missing int, before text,
                             after text);

-- The whole new proof, not a part of it: nobody has to know what it was.
CREATE FUNCTION change_proof(contact_id bigint, logins text[], signing_domains text[], spf boolean, shared boolean,
                             reason text) RETURNS proof_change
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  me constant bigint := acting_account();
  contact constant contacts := lock_contact(change_proof.contact_id);
  wanted constant proof := require_proof(change_proof.logins, change_proof.signing_domains, change_proof.spf,
                                         change_proof.shared);
  needed constant int := (SELECT l.deciders FROM lists AS l WHERE l.list_id = contact.list_id);
  my_last_word proof;
  missing int;
  decided_id bigint;
BEGIN
  PERFORM require_reason(change_proof.reason);
  IF contact.state NOT IN ('designated', 'lapsing') THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Contact %s (%s) is %s; the proof of one that may post can be changed.', contact.contact_id,
                       coalesce(contact.address, 'erased'), contact.state),
      HINT = 'That is possible for a contact that is designated or lapsing.';
  END IF;
  IF wanted = proof_of(contact) THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('Contact %s (%s) has this proof already: %s.', contact.contact_id, contact.address,
                       in_words(wanted)),
      HINT = 'There is nothing to change.';
  END IF;
  SELECT (d.proof).* INTO my_last_word FROM decisions AS d
   WHERE d.contact_id = contact.contact_id AND d.stage = contact.stage AND d.kind = 'change-proof'
     AND d.account_id = me
   ORDER BY d.decision_id DESC LIMIT 1;
  -- Rule: two persons. The same account twice is still one person.
  IF my_last_word = wanted THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('%s said so already about contact %s (%s); this list needs two different admins.', session_user,
                       contact.contact_id, contact.address),
      HINT = 'Ask another admin to say the same.';
  END IF;
  -- My last word is another one, so I am not among those who are counted.
  missing := greatest(needed - 1 - count_proof_deciders(contact.contact_id, contact.stage, wanted), 0);

  INSERT INTO decisions (kind, contact_id, account_id, reason, at, stage, takes_effect, proof)
  VALUES ('change-proof', contact.contact_id, me, change_proof.reason, now(), contact.stage, missing = 0, wanted)
  RETURNING decision_id INTO decided_id;
  IF missing = 0 THEN
    UPDATE contacts AS c
       SET logins = wanted.logins, signing_domains = wanted.signing_domains, spf = wanted.spf, shared = wanted.shared,
           proof_decision_id = decided_id
     WHERE c.contact_id = contact.contact_id;
  END IF;
  RETURN (decided_id, contact.contact_id, contact.state, missing, in_words(proof_of(contact)),
          in_words(wanted));
END
$$;
GRANT EXECUTE ON FUNCTION change_proof(bigint, text[], text[], boolean, boolean, text) TO portavoz_admin;

-- ---- lists that keep aside what only a person can judge

ALTER TABLE lists ADD holds_unproven boolean NOT NULL DEFAULT false;

DROP FUNCTION list_add(text, text[], text[], text, int);
CREATE FUNCTION list_add(posting text, aliases text[], languages text[], admin_address text, deciders int,
                         holds_unproven boolean DEFAULT false) RETURNS bigint
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
  INSERT INTO lists (posting_address, languages, admin_address, deciders, holds_unproven, created_by)
  VALUES (posting, list_add.languages, list_add.admin_address, list_add.deciders,
          coalesce(list_add.holds_unproven, false), me)
  RETURNING list_id INTO new_id;
  INSERT INTO list_addresses SELECT given, new_id FROM unnest(addresses) AS given;
  RETURN new_id;
END
$$;
GRANT EXECUTE ON FUNCTION list_add(text, text[], text[], text, int, boolean) TO portavoz_admin;

-- Who told a list to hold, or to stop it, and why.
CREATE TABLE list_changes (
  list_change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  list_id bigint NOT NULL REFERENCES lists,
  holds_unproven boolean NOT NULL,
  account_id bigint NOT NULL REFERENCES accounts,
  reason text CHECK (reason ~ '\S'),
  at timestamptz NOT NULL DEFAULT now(),
  salt bytea DEFAULT new_salt(),
  CHECK ((reason IS NULL) = (salt IS NULL))
);
CREATE TRIGGER list_changes_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON list_changes
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

CREATE FUNCTION list_hold(list text, holds_unproven boolean, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  me constant bigint := acting_account();
  of_list lists := find_list(list_hold.list);
BEGIN
  PERFORM require_reason(list_hold.reason);
  IF list_hold.holds_unproven IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'A list holds what is not proven, or it does not.',
      HINT = 'Say true or false.';
  END IF;
  SELECT l.* INTO of_list FROM lists AS l WHERE l.list_id = of_list.list_id FOR UPDATE;
  IF of_list.holds_unproven = list_hold.holds_unproven THEN
    RAISE EXCEPTION USING ERRCODE = 'PV003',
      MESSAGE = format('%s %s already.', of_list.posting_address,
                       CASE WHEN of_list.holds_unproven THEN 'keeps posts that are not proven aside'
                            ELSE 'refuses posts that are not proven' END),
      HINT = 'There is nothing to change.';
  END IF;
  INSERT INTO list_changes (list_id, holds_unproven, account_id, reason)
  VALUES (of_list.list_id, list_hold.holds_unproven, me, list_hold.reason);
  UPDATE lists AS l SET holds_unproven = list_hold.holds_unproven WHERE l.list_id = of_list.list_id;
END
$$;
GRANT EXECUTE ON FUNCTION list_hold(text, boolean, text) TO portavoz_admin;

-- ---- the audit chain

-- A contact's logins change now. What they were stands with the decision that replaced them, and is as much the
-- contact's: entries from before must still fit. `current` tells the value that new entries take.
DROP FUNCTION audit_verify(text);
DROP VIEW history;
DROP VIEW personal_values;
CREATE VIEW personal_values (subject_kind, subject_id, field, value, salt, current) AS
  SELECT 'account', account_id, 'login', to_jsonb(login), salt, true FROM accounts
  UNION ALL SELECT 'list', list_id, 'admin_address', to_jsonb(admin_address), salt, true FROM lists
  UNION ALL SELECT 'contact', contact_id, 'address', to_jsonb(address), salt, true FROM contacts
  UNION ALL SELECT 'contact', contact_id, 'logins', to_jsonb(logins), salt, true FROM contacts
  UNION ALL SELECT 'contact', c.contact_id, 'logins', to_jsonb((d.replaced).logins), c.salt, false
              FROM decisions AS d JOIN contacts AS c USING (contact_id)
             WHERE d.kind = 'change-proof' AND d.takes_effect
  UNION ALL SELECT 'confirmation', confirmation_id, 'reason', to_jsonb(reason), salt, true FROM confirmations
  UNION ALL SELECT 'decision', decision_id, 'reason', to_jsonb(reason), salt, true FROM decisions
  UNION ALL SELECT 'decision', decision_id, 'logins', to_jsonb((proof).logins), salt, true FROM decisions
  UNION ALL SELECT 'held-action', held_action_id, 'reason', to_jsonb(reason), salt, true FROM held_actions
  UNION ALL SELECT 'list-change', list_change_id, 'reason', to_jsonb(reason), salt, true FROM list_changes;

CREATE OR REPLACE FUNCTION audit_links() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
DECLARE
  head audit_head;
BEGIN
  SELECT h.* INTO STRICT head FROM audit_head AS h FOR UPDATE;
  NEW.seq := head.seq + 1;
  NEW.at := clock_timestamp();  -- not now(): the order of time is the order of the chain
  NEW.actor := acting_as();
  NEW.account_id := (SELECT a.account_id FROM accounts AS a WHERE a.login = session_user AND a.enabled);
  NEW.digests := coalesce((SELECT jsonb_object_agg(p.field, personal_digest(p.salt, p.value))
                             FROM personal_values AS p
                            WHERE p.subject_kind = NEW.subject_kind AND p.subject_id = NEW.subject_id
                              AND p.current AND p.value IS NOT NULL AND p.salt IS NOT NULL), '{}');
  NEW.previous := head.hash;
  NEW.hash := audit_hash(NEW.previous, NEW.seq, NEW.at, NEW.actor, NEW.account_id, NEW.action, NEW.subject_kind,
                         NEW.subject_id, NEW.detail, NEW.digests);
  UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash;
  RETURN NEW;
END
$$;

-- Recomputes the whole chain. With a head that somebody kept, it also says whether that head is part of the chain.
-- STABLE: entries and head are read in one snapshot, whatever is added meanwhile.
CREATE FUNCTION audit_verify(head text DEFAULT NULL) RETURNS audit_finding
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = portavoz, pg_temp
AS $$
DECLARE
  entry audit;
  finding audit_finding := (true, 0, NULL, NULL);
  last bytea := decode(repeat('00', 32), 'hex');
  kept bytea;
  kept_is_there boolean;
  wrong_field text;
BEGIN
  IF audit_verify.head IS NOT NULL AND audit_verify.head !~* '^[0-9a-f]{64}$' THEN
    RAISE EXCEPTION USING ERRCODE = 'PV001',
      MESSAGE = 'The head is not 64 hexadecimal digits.',
      HINT = 'Give the head as audit verify printed it.';
  END IF;
  kept := decode(audit_verify.head, 'hex');
  kept_is_there := kept IS NULL OR kept = last;

  FOR entry IN SELECT a.* FROM audit AS a ORDER BY a.seq LOOP
    -- A field is wrong when there are values that it can have had, and none of them fits. An erased value is none.
    SELECT p.field INTO wrong_field FROM personal_values AS p
     WHERE entry.digests <> '{}' AND p.subject_kind = entry.subject_kind AND p.subject_id = entry.subject_id
       AND p.value IS NOT NULL AND p.salt IS NOT NULL AND entry.digests ? p.field
     GROUP BY p.field
    HAVING NOT bool_or(personal_digest(p.salt, p.value) = entry.digests ->> p.field)
     LIMIT 1;
    finding.problem := CASE
      WHEN entry.seq <> finding.entries + 1 THEN
        format('Entry %s is missing.', finding.entries + 1)
      WHEN entry.previous <> last THEN
        format('Entry %s does not follow the entry before it: one of them was rewritten.', entry.seq)
      WHEN entry.hash <> audit_hash(entry.previous, entry.seq, entry.at, entry.actor, entry.account_id, entry.action,
                                    entry.subject_kind, entry.subject_id, entry.detail, entry.digests) THEN
        format('Entry %s was rewritten.', entry.seq)
      WHEN wrong_field IS NOT NULL THEN
        format('The %s of %s:%s is not the one that entry %s recorded.', wrong_field, entry.subject_kind,
               entry.subject_id, entry.seq)
    END;
    EXIT WHEN finding.problem IS NOT NULL;
    last := entry.hash;
    finding.entries := entry.seq;
    kept_is_there := kept_is_there OR last = kept;
  END LOOP;

  IF finding.problem IS NULL AND NOT EXISTS (SELECT FROM audit_head AS h
                                              WHERE h.seq = finding.entries AND h.hash = last) THEN
    finding.problem := format('Entry %s is missing: the chain ends before its head.', finding.entries + 1);
  END IF;
  IF finding.problem IS NULL AND NOT kept_is_there THEN
    finding.problem := 'The given head is not part of the chain: entries were rewritten or cut off after it was kept.';
  END IF;
  finding.ok := finding.problem IS NULL;
  finding.head := encode(last, 'hex');
  RETURN finding;
END
$$;
GRANT EXECUTE ON FUNCTION audit_verify(text) TO portavoz_admin, portavoz_clerk;

-- A change of the proof is no move: the contact is where it was.
CREATE FUNCTION audit_proof() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  INSERT INTO audit (action, subject_kind, subject_id, detail)
  VALUES ('proof', 'contact', NEW.contact_id,
          jsonb_build_object('decision_id', NEW.proof_decision_id, 'stage', NEW.stage,
                             'signing_domains', NEW.signing_domains, 'spf', NEW.spf, 'shared', NEW.shared));
  RETURN NULL;
END
$$;

CREATE FUNCTION audit_proof_decision() RETURNS trigger
LANGUAGE plpgsql SET search_path = portavoz, pg_temp
AS $$
BEGIN
  INSERT INTO audit (action, subject_kind, subject_id, detail)
  VALUES ('decide', 'decision', NEW.decision_id,
          jsonb_build_object('kind', NEW.kind, 'contact_id', NEW.contact_id, 'stage', NEW.stage,
                             'takes_effect', NEW.takes_effect, 'signing_domains', (NEW.proof).signing_domains,
                             'spf', (NEW.proof).spf, 'shared', (NEW.proof).shared));
  RETURN NULL;
END
$$;

DROP TRIGGER audit_contact ON contacts;
CREATE TRIGGER audit_contact AFTER INSERT ON contacts
  FOR EACH ROW EXECUTE FUNCTION audit_row('apply', 'contact', 'contact_id', 'list_id', 'assembly_id', 'evidence_url',
                                          'language', 'signing_domains', 'spf', 'shared');
DROP TRIGGER audit_contact_move ON contacts;
CREATE TRIGGER audit_contact_move AFTER UPDATE ON contacts
  FOR EACH ROW WHEN (NEW.proof_decision_id IS NOT DISTINCT FROM OLD.proof_decision_id) EXECUTE FUNCTION audit_move();
CREATE TRIGGER audit_contact_proof AFTER UPDATE ON contacts
  FOR EACH ROW WHEN (NEW.proof_decision_id IS DISTINCT FROM OLD.proof_decision_id) EXECUTE FUNCTION audit_proof();
DROP TRIGGER audit_decision ON decisions;
CREATE TRIGGER audit_decision AFTER INSERT ON decisions
  FOR EACH ROW WHEN (NEW.kind <> 'change-proof')
  EXECUTE FUNCTION audit_row('decide', 'decision', 'decision_id', 'kind', 'contact_id', 'report_id', 'stage',
                             'takes_effect');
CREATE TRIGGER audit_decision_proof AFTER INSERT ON decisions
  FOR EACH ROW WHEN (NEW.kind = 'change-proof') EXECUTE FUNCTION audit_proof_decision();
DROP TRIGGER audit_list ON lists;
CREATE TRIGGER audit_list AFTER INSERT ON lists
  FOR EACH ROW EXECUTE FUNCTION audit_row('list-add', 'list', 'list_id', 'posting_address', 'languages', 'deciders',
                                          'holds_unproven');
DROP TRIGGER audit_list_change ON lists;
CREATE TRIGGER audit_list_change AFTER UPDATE ON lists
  FOR EACH ROW EXECUTE FUNCTION audit_row('list-change', 'list', 'list_id', 'posting_address', 'languages', 'deciders',
                                          'holds_unproven');
CREATE TRIGGER audit_list_hold AFTER INSERT ON list_changes
  FOR EACH ROW EXECUTE FUNCTION audit_row('list-hold', 'list-change', 'list_change_id', 'list_id', 'holds_unproven');

-- Every entry of the chain, with the personal values as they were then (those whose digest it has, as
-- personal_digest() makes it), unless they have been erased.
CREATE VIEW history AS
  SELECT h.seq, h.at, coalesce(a.login, h.actor) AS actor, h.action, h.subject_kind || ':' || h.subject_id AS subject,
         h.detail || coalesce((SELECT jsonb_object_agg(p.field, p.value) FROM personal_values AS p
                                WHERE p.subject_kind = h.subject_kind AND p.subject_id = h.subject_id
                                  AND encode(sha256(p.salt || convert_to(p.value::text, 'UTF8')), 'hex')
                                      = h.digests ->> p.field), '{}') AS detail,
         encode(h.hash, 'hex') AS hash
    FROM audit AS h LEFT JOIN accounts AS a USING (account_id);
GRANT SELECT ON history TO portavoz_admin;

-- ---- what may be read

CREATE OR REPLACE VIEW roll_lists WITH (security_barrier) AS
  SELECT l.list_id, l.posting_address,
         ARRAY(SELECT a.address FROM list_addresses AS a WHERE a.list_id = l.list_id ORDER BY a.address) AS addresses,
         l.languages, l.admin_address, l.holds_unproven
    FROM lists AS l;

CREATE OR REPLACE VIEW roll_contacts WITH (security_barrier) AS
  SELECT c.contact_id, c.list_id, a.name AS assembly, c.address, c.logins, c.state, c.decision_id, c.signing_domains,
         c.spf, c.shared
    FROM contacts AS c JOIN assemblies AS a USING (assembly_id)
   WHERE c.state IN ('designated', 'lapsing');

CREATE OR REPLACE VIEW lists_overview AS
  SELECT l.list_id, l.posting_address,
         ARRAY(SELECT a.address FROM list_addresses AS a
                WHERE a.list_id = l.list_id AND a.address <> l.posting_address ORDER BY a.address) AS aliases,
         l.languages, l.admin_address, l.deciders,
         (SELECT count(*)::int FROM contacts AS c
           WHERE c.list_id = l.list_id AND c.state IN ('designated', 'lapsing')) AS contacts,
         (SELECT count(*)::int FROM contacts AS c WHERE c.list_id = l.list_id AND c.state = 'reported') AS waiting,
         l.created_at, l.holds_unproven
    FROM lists AS l;

-- Each decision with everybody who made it: on a list under the two-person rule, both names.
CREATE OR REPLACE VIEW decisions_signed AS
  SELECT d.decision_id, d.contact_id, d.report_id, d.kind, d.at, d.reason, d.takes_effect,
         (SELECT string_agg(a.login, ', ' ORDER BY o.decision_id)
            FROM decisions AS o JOIN accounts AS a USING (account_id)
           WHERE o.contact_id = d.contact_id AND o.stage = d.stage AND o.kind = d.kind
             AND o.report_id IS NOT DISTINCT FROM d.report_id AND o.proof IS NOT DISTINCT FROM d.proof) AS decided_by
    FROM decisions AS d;

-- `proof_waits`: what an admin said the proof shall be, where another must say the same, each admin's last word.
CREATE OR REPLACE VIEW contacts_overview AS
  SELECT c.contact_id, l.posting_address AS list, a.name AS assembly, c.address, c.evidence_url, c.state, c.logins,
         c.state_since AS since, c.decision_id, d.decided_by, d.kind AS decision_kind, d.reason, c.applied_at,
         c.signing_domains, c.spf, c.shared,
         proof_in_words(c.logins, c.signing_domains, c.spf, c.shared) AS proof, c.proof_decision_id,
         p.decided_by AS proof_decided_by, p.reason AS proof_reason,
         (SELECT jsonb_agg(jsonb_build_object('by', w.login, 'logins', (w.proof).logins, 'signing_domains', (w.proof).signing_domains,
                                             'spf', (w.proof).spf, 'shared', (w.proof).shared, 'reason', w.reason)
                          ORDER BY w.decision_id)
            FROM (SELECT DISTINCT ON (o.account_id) o.decision_id, s.login, o.proof, o.reason
                    FROM decisions AS o JOIN accounts AS s USING (account_id)
                   WHERE o.contact_id = c.contact_id AND o.stage = c.stage AND o.kind = 'change-proof' AND s.enabled
                   ORDER BY o.account_id, o.decision_id DESC) AS w) AS proof_waits
    FROM contacts AS c JOIN lists AS l USING (list_id) JOIN assemblies AS a USING (assembly_id)
         LEFT JOIN decisions_signed AS d ON d.decision_id = c.decision_id
         LEFT JOIN decisions_signed AS p ON p.decision_id = c.proof_decision_id;

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
         c.signing_domains, c.spf, c.shared, proof_in_words(c.logins, c.signing_domains, c.spf, c.shared) AS proof
    FROM reports_overview AS o JOIN reports AS r USING (report_id) JOIN contacts AS c ON c.contact_id = r.contact_id;
