-- What admins and the public may read.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

-- Each decision with everybody who made it: on a list under the two-person rule, both names.
CREATE VIEW decisions_signed AS
  SELECT d.decision_id, d.contact_id, d.report_id, d.kind, d.at, d.reason, d.takes_effect,
         (SELECT string_agg(a.login, ', ' ORDER BY o.decision_id)
            FROM decisions AS o JOIN accounts AS a USING (account_id)
           WHERE o.contact_id = d.contact_id AND o.stage = d.stage AND o.kind = d.kind
             AND o.report_id IS NOT DISTINCT FROM d.report_id) AS decided_by
    FROM decisions AS d;

CREATE VIEW accounts_overview AS
  SELECT account_id, login, name, enabled, created_at FROM accounts;

CREATE VIEW lists_overview AS
  SELECT l.list_id, l.posting_address,
         ARRAY(SELECT a.address FROM list_addresses AS a
                WHERE a.list_id = l.list_id AND a.address <> l.posting_address ORDER BY a.address) AS aliases,
         l.languages, l.admin_address, l.deciders,
         (SELECT count(*)::int FROM contacts AS c
           WHERE c.list_id = l.list_id AND c.state IN ('designated', 'lapsing')) AS contacts,
         (SELECT count(*)::int FROM contacts AS c WHERE c.list_id = l.list_id AND c.state = 'reported') AS waiting,
         l.created_at
    FROM lists AS l;

CREATE VIEW contacts_overview AS
  SELECT c.contact_id, l.posting_address AS list, a.name AS assembly, c.address, c.evidence_url, c.state, c.logins,
         c.state_since AS since, c.decision_id, d.decided_by, d.kind AS decision_kind, d.reason, c.applied_at
    FROM contacts AS c JOIN lists AS l USING (list_id) JOIN assemblies AS a USING (assembly_id)
         LEFT JOIN decisions_signed AS d ON d.decision_id = c.decision_id;

-- decision_kind is null while the report waits for an admin; decided_by then names who has approved it so far, on a
-- list that needs two. A report that nobody has to decide any more says why: 'superseded' by a newer report, or
-- 'not-needed', because its contact does not wait (it was designated before, vouched for, or withdrawn).
CREATE VIEW reports_overview AS
  SELECT r.report_id, r.contact_id, l.posting_address AS list, a.name AS assembly, c.address, c.evidence_url, r.outcome,
         r.published, r.official, r.form, r.context, r.fetched_at,
         CASE WHEN d.decision_id IS NOT NULL THEN d.kind
              WHEN EXISTS (SELECT FROM reports AS n WHERE n.contact_id = r.contact_id AND n.report_id > r.report_id)
                THEN 'superseded'
              WHEN c.state <> 'reported' THEN 'not-needed' END AS decision_kind,
         coalesce(d.decided_by, (SELECT max(o.decided_by) FROM decisions_signed AS o
                                  WHERE o.report_id = r.report_id AND o.kind = 'approve')) AS decided_by
    FROM reports AS r JOIN contacts AS c USING (contact_id) JOIN lists AS l USING (list_id)
         JOIN assemblies AS a USING (assembly_id)
         LEFT JOIN decisions_signed AS d ON d.report_id = r.report_id AND d.takes_effect;

CREATE VIEW report_detail AS
  SELECT o.*, r.final_url, r.http_status, r.content_type, r.excerpt, r.evidence, r.reasons,
         encode(r.body_sha256, 'hex') AS body_sha256, r.body_bytes, r.body_path, r.verifier,
         c.state AS contact_state, c.logins,
         coalesce((SELECT jsonb_agg(jsonb_build_object('contact_id', rc.contact_id, 'assembly', ra.name,
                                                       'address', rc.address, 'state', rc.state)
                                    ORDER BY rc.contact_id)
                     FROM contacts AS rc JOIN assemblies AS ra USING (assembly_id)
                    WHERE rc.list_id = c.list_id AND rc.contact_id <> c.contact_id
                      AND (rc.assembly_id = c.assembly_id OR rc.address = c.address)), '[]') AS rivals
    FROM reports_overview AS o JOIN reports AS r USING (report_id) JOIN contacts AS c ON c.contact_id = r.contact_id;

CREATE VIEW checks_overview AS
  SELECT k.check_id, k.contact_id, c.address, c.evidence_url, k.due_at, k.attempt, k.worker,
         CASE WHEN k.finished_at IS NOT NULL THEN 'done'
              WHEN k.worker IS NOT NULL AND k.due_at > now() THEN 'leased'
              ELSE 'due' END AS state,
         k.why
    FROM checks AS k JOIN contacts AS c USING (contact_id);

-- Every entry of the chain, with the personal values that have not been erased.
CREATE VIEW history AS
  SELECT h.seq, h.at, coalesce(a.login, h.actor) AS actor, h.action, h.subject_kind || ':' || h.subject_id AS subject,
         h.detail || coalesce((SELECT jsonb_object_agg(p.field, p.value) FROM personal_values AS p
                                WHERE p.subject_kind = h.subject_kind AND p.subject_id = h.subject_id
                                  AND h.digests ? p.field AND p.value IS NOT NULL), '{}') AS detail,
         encode(h.hash, 'hex') AS hash
    FROM audit AS h LEFT JOIN accounts AS a USING (account_id);

CREATE VIEW verdicts_overview AS
  SELECT v.id, v.at, v.host, v.queue_id, v.message_id, v.list, v.client, v.mail_from, v.header_from, v.login, v.rule,
         v.verdict, v.code, v.contact_id, v.decision_id, v.proof, a.name AS assembly, d.kind AS decision_kind,
         d.decided_by, d.at AS decided_at, d.reason, d.report_id
    FROM verdicts AS v LEFT JOIN contacts AS c USING (contact_id) LEFT JOIN assemblies AS a USING (assembly_id)
         LEFT JOIN decisions_signed AS d ON d.decision_id = v.decision_id AND d.contact_id = v.contact_id;

GRANT SELECT ON accounts_overview, lists_overview, contacts_overview, reports_overview, report_detail, checks_overview,
                history, verdicts_overview TO portavoz_admin;

-- The public sees who speaks, since when, and how that was found out: by an approved report, or because an admin
-- vouched. A restored contact keeps how it was first designated.
CREATE VIEW public_contacts WITH (security_barrier) AS
  SELECT l.posting_address AS list, a.name AS assembly, c.address, c.evidence_url, d.at AS since,
         CASE f.kind WHEN 'vouch' THEN 'vouched' ELSE 'approved report' END AS how
    FROM contacts AS c JOIN lists AS l USING (list_id) JOIN assemblies AS a USING (assembly_id)
         JOIN decisions AS d ON d.decision_id = c.decision_id
         JOIN LATERAL (SELECT o.kind FROM decisions AS o
                        WHERE o.contact_id = c.contact_id AND o.takes_effect AND o.kind IN ('approve', 'vouch')
                        ORDER BY o.decision_id DESC LIMIT 1) AS f ON true
   WHERE c.state IN ('designated', 'lapsing');
GRANT SELECT ON public_contacts TO portavoz_public;
