-- Which of the configured ways a notice went already: 1 the webhook, 2 e-mail. One that fails does not stop the other, nor is the other
-- told again with it.
ALTER TABLE outbox ADD COLUMN told INTEGER NOT NULL DEFAULT 0 CHECK (told BETWEEN 0 AND 3);

-- The log of the node that made it, which delivers it; others step in after a minute. Empty: whichever node comes first.
ALTER TABLE outbox ADD COLUMN origin TEXT NOT NULL DEFAULT '';
