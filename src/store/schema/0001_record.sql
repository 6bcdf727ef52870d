-- The record of camwatch, version 1.
--
-- Moments (`*_at`, `since`, `at`, ...) are microseconds since 1970-01-01T00:00:00Z, so that a reader with nothing but the
-- sqlite3 shell sees them with: datetime(at / 1000000, 'unixepoch').
-- Cameras are named once and referred to by number; states, causes and outcomes are the words of the public format.

-- 'camw': what tells this file from another program's.
PRAGMA application_id = 0x63616d77;

-- Single values. `salt` makes fingerprints of secrets comparable within this record and useless outside of it.
-- `maintenance_version` grows with each change of the table `maintenance`, so that a daemon need not read it to know.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) WITHOUT ROWID, STRICT;
INSERT INTO meta VALUES ('salt', randomblob(16)), ('maintenance_version', 0);

-- Every camera that was ever seen, and what is known of it beyond its states.
CREATE TABLE camera (
    id                INTEGER PRIMARY KEY,
    name              TEXT NOT NULL UNIQUE,
    -- Of any observation, kept when the observation itself is pruned.
    first_observed_at INTEGER,
    -- Of the last probe that received media.
    codec             TEXT,
    width             INTEGER,
    height            INTEGER
) STRICT;

-- The states underneath maintenance. One holds from `since` to the next `since` of the same camera, but never beyond the
-- `alive` span in which it was written. `n` numbers those of the same moment in the order in which they were decided.
CREATE TABLE change (
    camera INTEGER NOT NULL REFERENCES camera (id),
    since  INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    state  TEXT    NOT NULL CHECK (state IN ('up', 'degraded', 'dark', 'unknown')),
    cause  TEXT,
    PRIMARY KEY (camera, since, n)
) WITHOUT ROWID, STRICT;

-- State events as they were shown and told, maintenance included.
CREATE TABLE state_event (
    camera     INTEGER NOT NULL REFERENCES camera (id),
    at         INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    from_state TEXT    NOT NULL,
    to_state   TEXT    NOT NULL,
    since      INTEGER NOT NULL,
    cause      TEXT,
    PRIMARY KEY (camera, at, n)
) WITHOUT ROWID, STRICT;

-- One row an incident, as it last stood. Open while `closed_at` is null.
CREATE TABLE incident (
    id        TEXT PRIMARY KEY,
    scope     TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    cause     TEXT    NOT NULL,
    cameras   TEXT    NOT NULL, -- JSON array of ids
    since     INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER
) WITHOUT ROWID, STRICT;
CREATE INDEX incident_open ON incident (opened_at) WHERE closed_at IS NULL;
CREATE INDEX incident_opened ON incident (opened_at);

-- One row a run of the daemon: alive, and all judged, from `begin_at` to `last_at`. What lies between two rows is a gap.
CREATE TABLE alive (
    id       INTEGER PRIMARY KEY,
    begin_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL CHECK (last_at >= begin_at)
) STRICT;

-- Probes of each camera in each hour (UTC; `hour` is hours since 1970), kept when the observations are pruned.
CREATE TABLE hour (
    hour     INTEGER NOT NULL,
    camera   INTEGER NOT NULL REFERENCES camera (id),
    probes   INTEGER NOT NULL,
    ok       INTEGER NOT NULL, -- the camera was seen to work: ok, slow, lossy
    failures INTEGER NOT NULL, -- outcomes of the dark classes; the rest are busy, unauthorized and incompatible
    PRIMARY KEY (hour, camera)
) WITHOUT ROWID, STRICT;

-- Codec and size of streams, each combination once.
CREATE TABLE stream (
    id     INTEGER PRIMARY KEY,
    codec  TEXT,
    width  INTEGER,
    height INTEGER
) STRICT;

-- What each probe of a camera saw, for `keep_observations`. Ordered by time, so that writing appends and pruning cuts
-- off the front; one camera's are found by reading a span of time.
CREATE TABLE observation (
    at                        INTEGER NOT NULL,
    camera                    INTEGER NOT NULL REFERENCES camera (id),
    n                         INTEGER NOT NULL,
    outcome                   TEXT    NOT NULL,
    depth                     TEXT    NOT NULL,
    -- Microseconds of each phase that was reached.
    dns_us                    INTEGER,
    connect_us                INTEGER,
    tls_us                    INTEGER,
    describe_us               INTEGER,
    setup_us                  INTEGER,
    play_us                   INTEGER,
    first_frame_us            INTEGER,
    key_frame_us              INTEGER,
    stream                    INTEGER REFERENCES stream (id),
    frames_per_second         REAL,
    bytes_per_second          INTEGER,
    keyframe_interval_seconds REAL,
    lost_packets              INTEGER,
    picture                   TEXT, -- JSON
    detail                    TEXT,
    PRIMARY KEY (at, camera, n)
) WITHOUT ROWID, STRICT;

-- Looks at gateways, references and recorders, as their JSON lines; for `keep_observations`.
CREATE TABLE look (
    at   INTEGER NOT NULL,
    n    INTEGER NOT NULL,
    line TEXT    NOT NULL,
    PRIMARY KEY (at, n)
) WITHOUT ROWID, STRICT;

-- What recorders held of a camera: the last word of each day (UTC; days since 1970), kept for the reports.
CREATE TABLE recording (
    camera    INTEGER NOT NULL REFERENCES camera (id),
    day       INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    oldest_at INTEGER,
    newest_at INTEGER,
    gap_days  TEXT, -- JSON array of dates; null where that was not looked at
    PRIMARY KEY (camera, day)
) WITHOUT ROWID, STRICT;

-- Logins that a device refused, so that they are not tried again until the secret changes.
CREATE TABLE refusal (
    key         TEXT PRIMARY KEY,
    credential  TEXT,
    fingerprint TEXT    NOT NULL,
    at          INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- Planned work that was added by command. Rows are never deleted: one that was called off ends where it begins.
CREATE TABLE maintenance (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    scope    TEXT    NOT NULL CHECK (scope IN ('camera', 'site', 'commune')),
    subject  TEXT    NOT NULL,
    from_at  INTEGER NOT NULL,
    to_at    INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    added_at INTEGER NOT NULL,
    ended_at INTEGER -- when it was ended or called off by command
) STRICT;
