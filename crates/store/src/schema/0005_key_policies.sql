-- Version 5: what a key says of where its calls run, and the models that it may use (a JSON list; all
-- where there is none).

ALTER TABLE keys ADD COLUMN hybrid_policy TEXT;
ALTER TABLE keys ADD COLUMN hybrid_override INTEGER NOT NULL DEFAULT 1;
ALTER TABLE keys ADD COLUMN models TEXT;
