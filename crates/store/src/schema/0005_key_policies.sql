-- Version 5: what a key says of where its calls run.

ALTER TABLE keys ADD COLUMN hybrid_policy TEXT;
ALTER TABLE keys ADD COLUMN hybrid_override INTEGER NOT NULL DEFAULT 1;
