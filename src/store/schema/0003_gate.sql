-- The gate that keeps accounts from being locked: what must survive a restart of each account with one secret.
--
-- It takes the place of `refusal`, whose fingerprints were made over a port too and cannot be carried over: a login that
-- was refused before is tried, and refused, once more.
DROP TABLE refusal;

CREATE TABLE gate (
    host        TEXT    NOT NULL, -- a name or address, without brackets, in lower case
    username    TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL, -- of the secret: salted, 32 bits
    port        INTEGER NOT NULL, -- 0: every port without a row of its own
    credentials TEXT    NOT NULL, -- JSON array of ids; empty for a login that no configuration names
    standing    TEXT    NOT NULL CHECK (standing IN ('open', 'suspect', 'rejected', 'locked')),
    since       INTEGER,
    until       INTEGER,          -- of a lock
    proven      INTEGER NOT NULL, -- 1: this secret was accepted once
    refused     TEXT    NOT NULL, -- JSON array of moments: logins refused within the last day
    accepted_on TEXT    NOT NULL, -- JSON array of ports that took the secret; of the row of port 0
    refused_on  INTEGER,          -- the port that refused it last; of the row of port 0
    PRIMARY KEY (host, username, fingerprint, port)
) WITHOUT ROWID, STRICT;
