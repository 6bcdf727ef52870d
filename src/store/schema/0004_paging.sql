-- Who is told: what the desk remembers, the messages, who has said that they have it.

-- What the desk must find again after a restart: by incident, JSON.
CREATE TABLE desk (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID, STRICT;

-- Every message, written in the transaction of the incident that it tells, before anybody tries to send it.
CREATE TABLE outbox (
    id          TEXT PRIMARY KEY,
    recipient   TEXT    NOT NULL, -- officer:ID or fund:ID
    reason      TEXT    NOT NULL,
    decided_at  INTEGER NOT NULL,
    message     TEXT    NOT NULL, -- JSON
    standing    TEXT    NOT NULL CHECK (standing IN ('queued', 'accepted', 'withdrawn', 'failed')),
    channel     TEXT,             -- that is tried, or that took it
    attempts    INTEGER NOT NULL,
    next_try_at INTEGER NOT NULL,
    provider_id TEXT,
    why         TEXT,             -- of the last refusal
    ended_at    INTEGER
) WITHOUT ROWID, STRICT;
CREATE INDEX outbox_queued ON outbox (decided_at) WHERE standing = 'queued';
CREATE INDEX outbox_decided ON outbox (decided_at);

-- Who said that they have an incident, and how. Rows are never changed.
CREATE TABLE acknowledgement (
    incident   TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    who        TEXT    NOT NULL, -- an officer's id, or a name that was given with the command
    how        TEXT    NOT NULL CHECK (how IN ('reply', 'link', 'command', 'page')),
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (incident, at)
) WITHOUT ROWID, STRICT;

-- Where officers are reached who enrolled themselves by a pairing code; stands above the inventory's addresses.
CREATE TABLE address (
    officer  TEXT    NOT NULL,
    channel  TEXT    NOT NULL,
    address  TEXT    NOT NULL,
    bound_at INTEGER NOT NULL,
    PRIMARY KEY (officer, channel)
) WITHOUT ROWID, STRICT;

-- What links in messages are signed with.
INSERT INTO meta VALUES ('ack_key', randomblob(32));
