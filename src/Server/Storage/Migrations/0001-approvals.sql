-- One row per request for a human's decision. No statement text, no literal, no bind value.
CREATE TABLE approvals (
    id                 TEXT NOT NULL PRIMARY KEY,
    state              TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'expired', 'used')),
    requester_kind     TEXT NOT NULL CHECK (requester_kind IN ('human', 'agent')),
    requester_id       TEXT NOT NULL,
    requester_name     TEXT NOT NULL,
    requester_issuer   TEXT NOT NULL,
    requester_subject  TEXT NOT NULL,
    on_behalf_of       TEXT NOT NULL,
    run_id             TEXT NOT NULL,
    target             TEXT NOT NULL,
    session_id         TEXT NOT NULL,
    rule               TEXT NOT NULL,
    policy_hash        TEXT NOT NULL,
    approvers          TEXT NOT NULL,
    template           TEXT NOT NULL,
    class              TEXT NOT NULL,
    effects            INTEGER NOT NULL,
    unbounded          INTEGER NOT NULL CHECK (unbounded IN (0, 1)),
    relations          TEXT NOT NULL,
    phi_columns        TEXT NOT NULL,
    salt               BLOB NOT NULL,
    commitment         BLOB NOT NULL,
    requested_at       TEXT NOT NULL,
    expires_at         TEXT NOT NULL,
    decided_by         TEXT NOT NULL,
    decided_by_name    TEXT NOT NULL,
    decided_at         TEXT,
    reason             TEXT NOT NULL,
    used_at            TEXT,
    used_by_session    TEXT NOT NULL,
    CHECK ((state = 'used') = (used_at IS NOT NULL))
) STRICT;

CREATE INDEX approvals_open ON approvals (requester_id, run_id, target) WHERE state IN ('pending', 'approved');
CREATE INDEX approvals_due ON approvals (expires_at) WHERE state IN ('pending', 'approved');
CREATE INDEX approvals_newest ON approvals (requested_at DESC, id);
