-- Version 2: what accounts may spend and have spent, the tables that receipts cite, and the keys
-- that a call may be made only once with.

-- Amounts here are decimal text.
CREATE TABLE budgets (
    account  BLOB PRIMARY KEY REFERENCES accounts (id),
    amount   TEXT NOT NULL,
    currency TEXT NOT NULL,
    period   TEXT NOT NULL,
    credit   TEXT NOT NULL,   -- as it was at the start of `since`
    since    INTEGER NOT NULL -- the first day of the period it was set in, counted from 1970-01-01
) WITHOUT ROWID;

-- The sum of what receipts charged, by the day (UTC) they were finished on. Written in the commit
-- of the receipts, so it is their sum at every moment.
CREATE TABLE spending (
    account  BLOB NOT NULL,
    currency TEXT NOT NULL,
    day      INTEGER NOT NULL,
    units    INTEGER NOT NULL, -- whole units
    nanos    INTEGER NOT NULL, -- and nano-units beyond them; may be more than one unit
    PRIMARY KEY (account, currency, day)
) WITHOUT ROWID;

-- Every table of levels or prices that was ever in force, and since when.
CREATE TABLE tables (
    sha256 BLOB PRIMARY KEY,
    kind   TEXT NOT NULL,
    json   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE tables_in_force (
    seq    INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL,
    sha256 BLOB NOT NULL REFERENCES tables (sha256),
    since  INTEGER NOT NULL
);

-- Only calls that came with a key of this kind have a row.
CREATE TABLE idempotency (
    account BLOB NOT NULL,
    key     TEXT NOT NULL,
    call    BLOB NOT NULL,
    PRIMARY KEY (account, key)
) WITHOUT ROWID;
