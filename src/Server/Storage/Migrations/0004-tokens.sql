-- Runs of agents, one-time tokens that were exchanged, and revocations. No token and no jti is here, only their hashes.
CREATE TABLE runs (
    id           TEXT NOT NULL PRIMARY KEY,
    owner_id     TEXT NOT NULL,
    parties      TEXT NOT NULL,       -- JSON: human and agent, their issuers and groups
    started_at   TEXT NOT NULL,
    ends_at      TEXT NOT NULL,
    ended_at     TEXT
) STRICT;

CREATE INDEX runs_due ON runs (ends_at);

CREATE TABLE used_tokens (
    token_id     TEXT NOT NULL PRIMARY KEY,
    until        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_tokens_due ON used_tokens (until);

CREATE TABLE token_revocations (
    kind         TEXT NOT NULL CHECK (kind IN ('token', 'run', 'principal')),
    value        TEXT NOT NULL,
    revoked_at   TEXT NOT NULL,
    until        TEXT NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
