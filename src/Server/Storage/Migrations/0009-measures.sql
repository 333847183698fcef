-- How many rows a held command would touch: numbers and names of objects, as JSON.
ALTER TABLE approvals ADD COLUMN measure TEXT NOT NULL DEFAULT '';
