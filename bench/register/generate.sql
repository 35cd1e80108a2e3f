-- A register of :rows requests over three years. Skewed as real ones are: few agencies ask most, most requests are answered, a few persons are asked
-- about often and most once or twice. Keys are digests, as in production; no person stands behind any.
SET max_parallel_maintenance_workers = 1;
SET maintenance_work_mem = '512MB';
SELECT setseed(0.5);

INSERT INTO register_logs (origin) VALUES ('bench/a'), ('bench/b');

INSERT INTO register
    (place, at, outcome, track, request, officer, subject, case_key, agency, registry, operation, code)
SELECT
    (1 + n % 2) * 281474976710656 + n,
    1700000000000 + n * (94608000000 / :rows) + (random() * 2000)::bigint,
    CASE WHEN draw < 0.88 THEN 1 WHEN draw < 0.98 THEN 2 ELSE 3 END,
    CASE WHEN track < 0.02 THEN 1 ELSE 0 END,
    md5('request' || n)::uuid,
    -- 20,000 officers, some far busier than others
    md5('officer' || (20000 * power(officer, 2))::bigint)::uuid,
    md5('subject' || (:rows / 3 * power(subject, 1.5))::bigint)::uuid,
    md5('case' || (:rows / 20 * case_draw)::bigint)::uuid,
    lpad((940740000000 + (30 * power(officer, 2))::int)::text, 12, '0'),
    (ARRAY['population','vehicles','real-estate','criminal-record','tax','border','pension','weapons','licences','fines',
           'companies','marriages','migration','medical','education','land','debts','wanted'])[1 + (18 * power(registry, 2))::int % 18],
    'by-number',
    CASE WHEN draw < 0.88 THEN NULL
         WHEN draw < 0.95 THEN 'case-not-in-production' WHEN draw < 0.97 THEN 'case-not-open'
         WHEN draw < 0.97999 THEN 'document-stale' WHEN draw < 0.98 THEN 'certificate-revoked' ELSE 'registry-timeout' END
FROM (
    SELECT n, random() AS draw, random() AS officer, random() AS subject, random() AS case_draw, random() AS registry, random() AS track
    FROM generate_series(1, :rows) AS n
) AS drawn;
