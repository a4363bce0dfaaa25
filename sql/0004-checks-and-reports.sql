-- The queue of checks, and the reports that they leave.

SET LOCAL ROLE portavoz_owner;
SET LOCAL search_path = portavoz, pg_temp;

CREATE TABLE checks (
  check_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  contact_id bigint NOT NULL REFERENCES contacts,
  due_at timestamptz NOT NULL DEFAULT now(),  -- a lease moves it forward: what a dead worker held comes back by itself
  attempt int NOT NULL DEFAULT 0,             -- counts claims; with the worker it fences off one that lost its lease
  worker text,
  finished_at timestamptz,
  why text,                                   -- why it was postponed or closed without a report
  created_at timestamptz NOT NULL DEFAULT now()
);
-- One open check per contact: asking twice is asking once.
CREATE UNIQUE INDEX checks_one_open_per_contact ON checks (contact_id) WHERE finished_at IS NULL;
CREATE INDEX checks_due ON checks (due_at, check_id) WHERE finished_at IS NULL;

CREATE TABLE reports (
  report_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  check_id bigint NOT NULL UNIQUE REFERENCES checks,
  attempt int NOT NULL,
  contact_id bigint NOT NULL REFERENCES contacts,
  outcome text NOT NULL CHECK (outcome ~ '\S'),
  url text NOT NULL CHECK (url ~ '\S'),
  final_url text,
  http_status int CHECK (http_status BETWEEN 100 AND 999),
  fetched_at timestamptz NOT NULL,
  published boolean,
  official boolean,
  form text,
  context text,
  excerpt text,
  evidence jsonb NOT NULL CHECK (jsonb_typeof(evidence) = 'array'),
  reasons jsonb NOT NULL CHECK (jsonb_typeof(reasons) = 'array'),
  body_sha256 bytea CHECK (octet_length(body_sha256) = 32),
  body_bytes bigint CHECK (body_bytes >= 0),
  body_path text,
  content_type text,
  verifier text NOT NULL CHECK (verifier ~ '\S'),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (report_id, contact_id),  -- so that a decision's report is about the decision's contact
  -- Rule: cannot know is a third answer. A page that was not read says nothing, not "not published".
  CONSTRAINT unread_page_says_nothing CHECK (body_sha256 IS NOT NULL OR (published IS NULL AND official IS NULL))
);
CREATE INDEX reports_by_contact ON reports (contact_id, report_id);
CREATE TRIGGER reports_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON reports
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
