-- What an operator wrote when a run was ended. Kept here only; the ledger holds a commitment to it.
ALTER TABLE token_revocations ADD COLUMN note TEXT NOT NULL DEFAULT '';
