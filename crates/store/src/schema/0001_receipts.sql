-- Version 1: accounts, keys, calls and their receipts.
-- Text ids are prefixes of the API; here an id is its 16 bytes.
-- Times are microseconds since 1970, UTC.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- One row per start of a gateway process on this data directory.
CREATE TABLE epochs (
    epoch      INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL
);

CREATE TABLE accounts (
    id         BLOB PRIMARY KEY,
    name       TEXT NOT NULL,
    level      TEXT NOT NULL,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- A key's text is nowhere: only its SHA-256.
CREATE TABLE keys (
    id              BLOB PRIMARY KEY,
    account         BLOB NOT NULL REFERENCES accounts (id),
    fingerprint     BLOB NOT NULL UNIQUE,
    role            TEXT NOT NULL,
    name            TEXT,
    trusted_headers INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    revoked_at      INTEGER
) WITHOUT ROWID;

CREATE INDEX keys_by_account ON keys (account, id);

-- Calls that were recorded and have no receipt yet. Small: a row lives as long as its call.
CREATE TABLE intents (
    id           BLOB PRIMARY KEY,
    epoch        INTEGER NOT NULL,
    account      BLOB NOT NULL,
    key          BLOB NOT NULL,
    received_at  INTEGER NOT NULL,
    input_sha256 BLOB,    -- null while the input still flows
    input_bytes  INTEGER, -- likewise
    asked        TEXT NOT NULL
) WITHOUT ROWID;

-- Receipts, in the order of their commits. The leaf's bytes are never written anew; the salts
-- stand beside it and may be deleted, which forgets what the sections said.
CREATE TABLE receipts (
    seq         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    account     BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    leaf        TEXT NOT NULL,
    salts       BLOB,
    call        TEXT NOT NULL,
    caller      TEXT NOT NULL,
    content     TEXT NOT NULL,
    money       TEXT NOT NULL
);

CREATE INDEX receipts_by_account ON receipts (account, seq);
