-- How far each export of the ledger is.
CREATE TABLE export_places (
  name TEXT NOT NULL,         -- of the configuration
  origin TEXT NOT NULL,       -- the ledger
  next INTEGER NOT NULL,      -- index of the record it sends next; the receiver has taken everything before
  PRIMARY KEY (name, origin)
) WITHOUT ROWID;
