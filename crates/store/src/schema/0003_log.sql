-- Version 3: the log.

-- Entries of the log that are no receipts, in the order of their commits. The leaf's bytes are never
-- written anew; a section's salt may be deleted, which forgets what it said.
CREATE TABLE entries (
    seq     INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    leaf    TEXT NOT NULL,
    id      BLOB, -- of an act
    at      INTEGER NOT NULL,
    salt    BLOB,
    section TEXT
);

-- The entry that says that the table came into force.
ALTER TABLE tables_in_force ADD COLUMN entry INTEGER;

-- Which number in the log has which row: runs that follow one another both ways. A receipt or an
-- entry without a number has not been sequenced yet.
CREATE TABLE numbers (
    first  INTEGER PRIMARY KEY, -- in the log
    stream INTEGER NOT NULL,    -- 0: receipts, 1: entries
    seq    INTEGER NOT NULL,    -- of the first row
    count  INTEGER NOT NULL
);

CREATE UNIQUE INDEX numbers_by_seq ON numbers (stream, seq);

-- The newest state that was signed; one row.
CREATE TABLE head (
    one  INTEGER PRIMARY KEY CHECK (one = 0),
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL
);
