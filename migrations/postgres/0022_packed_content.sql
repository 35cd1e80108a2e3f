-- The content of entries is packed before it is sealed: a form that programs of before do not read. No table changes; this only
-- keeps such a program from starting here again.
SELECT 1;
