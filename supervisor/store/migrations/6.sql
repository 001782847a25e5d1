-- From schema 5: what is known of an answer besides that it passed.
ALTER TABLE attempts ADD COLUMN unfinished INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN mended TEXT;
ALTER TABLE items ADD COLUMN unfinished INTEGER NOT NULL DEFAULT 0;
CREATE INDEX items_unfinished ON items (job, phase, position) WHERE unfinished AND status = 'merged';
CREATE INDEX attempts_mended ON attempts (job) WHERE mended IS NOT NULL;
