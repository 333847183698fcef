-- Access that was asked for: requests, what people said about them, and the grants they became. Reasons and notes are here only.
CREATE TABLE access_requests (
    id                 TEXT NOT NULL PRIMARY KEY,
    state              TEXT NOT NULL CHECK (state IN ('pending', 'granted', 'denied', 'expired')),
    requester          TEXT NOT NULL,
    requester_id       TEXT NOT NULL,
    requester_issuer   TEXT NOT NULL,
    requester_subject  TEXT NOT NULL,
    target             TEXT NOT NULL,
    ask                TEXT NOT NULL,
    run_id             TEXT NOT NULL,
    extends            TEXT NOT NULL,
    rule               TEXT NOT NULL,
    approvers          TEXT NOT NULL,
    quorum             INTEGER NOT NULL CHECK (quorum > 0),
    policy_hash        TEXT NOT NULL,
    reason             TEXT NOT NULL,
    requested_at       TEXT NOT NULL,
    expires_at         TEXT NOT NULL,
    closed_at          TEXT,
    grant_id           TEXT NOT NULL,
    CHECK ((state = 'pending') = (closed_at IS NULL))
) STRICT;

CREATE INDEX access_requests_pending ON access_requests (expires_at) WHERE state = 'pending';
CREATE INDEX access_requests_newest ON access_requests (requested_at DESC, id);

-- The key is the person: nobody counts twice, in however many groups.
CREATE TABLE access_decisions (
    request_id  TEXT NOT NULL REFERENCES access_requests (id),
    issuer      TEXT NOT NULL,
    subject     TEXT NOT NULL,
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    answer      TEXT NOT NULL CHECK (answer IN ('approve', 'deny')),
    groups      TEXT NOT NULL,
    reason      TEXT NOT NULL,
    decided_at  TEXT NOT NULL,
    PRIMARY KEY (request_id, issuer, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_grants (
    id              TEXT NOT NULL PRIMARY KEY,
    request_id      TEXT NOT NULL,
    origin          TEXT NOT NULL CHECK (origin IN ('request', 'break-glass')),
    holder          TEXT NOT NULL,
    holder_id       TEXT NOT NULL,
    holder_issuer   TEXT NOT NULL,
    holder_subject  TEXT NOT NULL,
    target          TEXT NOT NULL,
    scope           TEXT NOT NULL,
    run_id          TEXT NOT NULL,
    begins_at       TEXT NOT NULL,
    ends_at         TEXT NOT NULL,
    rule            TEXT NOT NULL,
    deciders        TEXT NOT NULL,
    given_by        TEXT NOT NULL,
    reason          TEXT NOT NULL,
    granted_at      TEXT NOT NULL,
    ended_at        TEXT,
    end_code        TEXT NOT NULL,
    ended_by        TEXT NOT NULL,
    end_note        TEXT NOT NULL,
    end_recorded    INTEGER NOT NULL CHECK (end_recorded IN (0, 1)),
    review_due      TEXT,
    reviewed_at     TEXT,
    reviewed_by     TEXT NOT NULL,
    review_note     TEXT NOT NULL,
    CHECK ((origin = 'break-glass') = (review_due IS NOT NULL))
) STRICT;

CREATE INDEX access_grants_unfinished ON access_grants (id) WHERE end_recorded = 0;
CREATE INDEX access_grants_newest ON access_grants (granted_at DESC, id);
CREATE INDEX access_grants_unreviewed ON access_grants (review_due) WHERE review_due IS NOT NULL AND reviewed_at IS NULL;
