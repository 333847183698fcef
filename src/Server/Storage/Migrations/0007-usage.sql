-- Ceilings of configured budgets: never below what was used, so that a restart forgets nothing. No row holds a value of a target.
CREATE TABLE usage (
    budget        TEXT NOT NULL,
    scope         TEXT NOT NULL,      -- a principal's id, or run: and a hash
    principal_id  TEXT NOT NULL,
    principal     TEXT NOT NULL,
    issuer        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    run_id        TEXT NOT NULL,
    since         TEXT NOT NULL,
    statements    INTEGER NOT NULL,
    row_count     INTEGER NOT NULL,
    phi_cells     INTEGER NOT NULL,
    bytes         INTEGER NOT NULL,
    denials       INTEGER NOT NULL,
    milliseconds  INTEGER NOT NULL,
    updated_at    TEXT NOT NULL,
    PRIMARY KEY (budget, scope)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_oldest ON usage (updated_at);
