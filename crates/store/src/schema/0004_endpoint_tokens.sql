-- Version 4: keys that stand in an address, for clients that can send no header.

ALTER TABLE keys ADD COLUMN kind TEXT NOT NULL DEFAULT 'bearer';
