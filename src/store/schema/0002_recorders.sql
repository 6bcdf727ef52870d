-- What recorders say of themselves and of the days they hold.

-- When it is recorded, whether it was being recorded, the days that could not be looked at (JSON array of dates, told
-- together with `gap_days`), and from which day recordings are held where the oldest is a lone clip that was kept.
ALTER TABLE recording ADD COLUMN mode TEXT CHECK (mode IN ('continuous', 'event', 'off'));
ALTER TABLE recording ADD COLUMN recording INTEGER CHECK (recording IN (0, 1));
ALTER TABLE recording ADD COLUMN unknown_days TEXT;
ALTER TABLE recording ADD COLUMN held_from TEXT;
-- When `newest_at` and `recording` were said, which may be earlier than `at`.
ALTER TABLE recording ADD COLUMN newest_said_at INTEGER;
ALTER TABLE recording ADD COLUMN recording_said_at INTEGER;
UPDATE recording SET newest_said_at = at WHERE newest_at IS NOT NULL;

-- Days (local dates, YYYY-MM-DD) of which a recorder was asked whether it holds recordings of a camera. Once `present`
-- a day stays so; `lost` says that the last look found nothing any more: overwritten, deleted, or gone with a disk.
CREATE TABLE held_day (
    camera  INTEGER NOT NULL REFERENCES camera (id),
    day     TEXT    NOT NULL,
    present INTEGER NOT NULL CHECK (present IN (0, 1)),
    lost    INTEGER NOT NULL CHECK (lost IN (0, 1) AND lost <= present),
    PRIMARY KEY (camera, day)
) WITHOUT ROWID, STRICT;

-- Each recorder as it last stood: what it says it is, and what was learnt about talking with it (`memory`, JSON).
CREATE TABLE recorder (
    name         TEXT PRIMARY KEY,
    vendor       TEXT,
    model        TEXT,
    firmware     TEXT,
    serial       TEXT,
    memory       TEXT,
    last_poll_at INTEGER,
    last_ok_at   INTEGER
) WITHOUT ROWID, STRICT;

-- The last word of each day (UTC; days since 1970) on a recorder's clock: its time less ours. Where that is far off,
-- nothing it says of recordings counts.
CREATE TABLE recorder_clock (
    recorder       TEXT    NOT NULL,
    day            INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    offset_seconds REAL    NOT NULL,
    PRIMARY KEY (recorder, day)
) WITHOUT ROWID, STRICT;
