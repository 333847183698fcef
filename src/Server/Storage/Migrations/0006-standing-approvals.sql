-- Approvals that stand for more than one command.
ALTER TABLE approvals ADD COLUMN functions   TEXT NOT NULL DEFAULT '[]';
ALTER TABLE approvals ADD COLUMN plan        BLOB NOT NULL DEFAULT x'';
ALTER TABLE approvals ADD COLUMN widen_plan  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN widen_run   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN scope       TEXT NOT NULL DEFAULT 'once' CHECK (scope IN ('once', 'plan', 'run'));
ALTER TABLE approvals ADD COLUMN stands_until TEXT CHECK ((scope = 'once') = (stands_until IS NULL));
ALTER TABLE approvals ADD COLUMN stood_until TEXT;
ALTER TABLE approvals ADD COLUMN end_reason  TEXT NOT NULL DEFAULT '';

CREATE INDEX approvals_standing ON approvals (requested_at) WHERE stands_until IS NOT NULL AND stood_until IS NULL;
