-- Who is let in no more, whatever token they show.
CREATE TABLE disabled_principals (
  id TEXT PRIMARY KEY,        -- opaque: p_...
  at TEXT NOT NULL,
  by_name TEXT NOT NULL,      -- the operator
  reason TEXT NOT NULL        -- what the operator wrote; the ledger has a commitment to it only
) WITHOUT ROWID;
CREATE INDEX sessions_by_run ON sessions (run_id) WHERE run_id <> '';
CREATE INDEX sessions_by_principal ON sessions (principal_id);
