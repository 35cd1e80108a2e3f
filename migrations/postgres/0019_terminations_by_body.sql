-- Two bodies may number their records alike: each reports its own as terminated, once.

ALTER TABLE terminations DROP CONSTRAINT terminations_pkey;
ALTER TABLE terminations ADD PRIMARY KEY (case_ref);
