-- Where to find sessions: an index for people, not evidence. The ledger is the record.
CREATE TABLE sessions (
    seq           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE,
    target        TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('human', 'agent')),
    principal_id  TEXT NOT NULL,
    principal     TEXT NOT NULL,
    issuer        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    on_behalf_of  TEXT NOT NULL,
    run_id        TEXT NOT NULL,
    client        TEXT NOT NULL,
    started_at    TEXT NOT NULL,
    ended_at      TEXT,
    end_reason    TEXT NOT NULL,
    end_note      TEXT NOT NULL DEFAULT '',
    statements    INTEGER NOT NULL,
    denied        INTEGER NOT NULL,
    row_count     INTEGER NOT NULL,
    masked_cells  INTEGER NOT NULL,
    first_index   INTEGER NOT NULL,
    last_index    INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_live ON sessions (seq) WHERE ended_at IS NULL;
CREATE INDEX sessions_of_principal ON sessions (principal_id, seq);
CREATE INDEX sessions_of_subject ON sessions (subject, issuer, seq);
