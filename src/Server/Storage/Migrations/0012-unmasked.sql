-- Tagged columns that a held command reads as they are stored, and the grants that show them, as JSON.
ALTER TABLE approvals ADD COLUMN unmasked TEXT NOT NULL DEFAULT '[]';
