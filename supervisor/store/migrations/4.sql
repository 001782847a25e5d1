-- From schema 3: the service, its clients, and what programs submit by it.
ALTER TABLE jobs ADD COLUMN definition TEXT;
ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
CREATE INDEX jobs_queued ON jobs (priority DESC, id) WHERE status = 'queued' AND set_aside_at IS NULL;
CREATE INDEX jobs_at_work ON jobs (id) WHERE status IN ('running', 'paused', 'stopping') AND set_aside_at IS NULL;
CREATE TABLE definitions (
    fingerprint TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    version INTEGER NOT NULL,
    files TEXT NOT NULL,
    made_at REAL NOT NULL
);
CREATE TABLE clients (
    name TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL,
    sees_all INTEGER NOT NULL,
    made_at REAL NOT NULL,
    revoked_at REAL
) WITHOUT ROWID;
CREATE UNIQUE INDEX client_secrets ON clients (secret_hash);
CREATE TABLE submissions (
    job INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    input TEXT NOT NULL,
    tier TEXT,
    webhook_url TEXT,
    idempotency_key TEXT,
    request_hash TEXT NOT NULL
);
CREATE UNIQUE INDEX submission_keys ON submissions (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX submissions_of_owner ON submissions (owner, job);
CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    job INTEGER NOT NULL,
    owner TEXT NOT NULL,
    url TEXT NOT NULL,
    host TEXT AS (lower(substr(url, instr(url, '://') + 3,
        instr(substr(url, instr(url, '://') + 3) || '/', '/') - 1))),
    payload TEXT NOT NULL,
    made_at REAL NOT NULL,
    next_try REAL,
    tries INTEGER NOT NULL DEFAULT 0,
    delivered_at REAL,
    said TEXT NOT NULL DEFAULT ''
);
CREATE INDEX deliveries_due ON deliveries (next_try, host) WHERE next_try IS NOT NULL;
CREATE INDEX deliveries_of_job ON deliveries (job);
CREATE TRIGGER job_ended AFTER UPDATE OF status ON jobs
WHEN old.status <> new.status AND new.status IN ('completed', 'completed_with_gaps', 'failed', 'cancelled') BEGIN
    INSERT INTO deliveries (id, job, owner, url, payload, made_at, next_try)
        SELECT 'msg_' || lower(hex(randomblob(12))), new.id, s.owner, s.webhook_url,
            json_object('type', 'job.' || new.status,
                'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
                'data', json_object('job_id', new.id, 'workflow_name', new.pipeline, 'status', new.status,
                    'error_message', CASE WHEN new.status IN ('failed', 'completed_with_gaps')
                        THEN nullif(new.detail, '') END)),
            (julianday('now') - 2440587.5) * 86400.0, (julianday('now') - 2440587.5) * 86400.0
        FROM submissions s WHERE s.job = new.id AND s.webhook_url IS NOT NULL;
END;
