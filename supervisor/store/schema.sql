-- The store's tables. Times are epoch seconds, durations seconds, `payload`, `value`, `errors`, `data` are JSON.

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    collection TEXT NOT NULL,
    target TEXT NOT NULL,
    status TEXT NOT NULL,
    stop_request TEXT,              -- what a person asked of it and is not done yet: stop, cancel
    options TEXT NOT NULL,          -- JobOptions
    created_at REAL NOT NULL,
    started_at REAL,
    ended_at REAL,
    elapsed_s REAL NOT NULL DEFAULT 0,
    superseded_at REAL,             -- replaced by a fresh job
    detail TEXT NOT NULL DEFAULT '', -- why it has its status, for people
    definition TEXT,                -- fingerprint of the definition that it began with; NULL: the project's files
    priority INTEGER NOT NULL DEFAULT 0     -- queued jobs of a higher one come first
);
CREATE INDEX jobs_queued ON jobs (priority DESC, id) WHERE status = 'queued' AND superseded_at IS NULL;
CREATE INDEX jobs_at_work ON jobs (id) WHERE status IN ('running', 'paused', 'stopping') AND superseded_at IS NULL;
CREATE UNIQUE INDEX one_live_job ON jobs (pipeline, target) WHERE superseded_at IS NULL;

CREATE TABLE phases (
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    position INTEGER NOT NULL,      -- order in the pipeline
    name TEXT NOT NULL,
    output TEXT NOT NULL,
    merge TEXT NOT NULL,
    status TEXT NOT NULL,           -- waiting, running, completed, failed
    complete INTEGER NOT NULL DEFAULT 0,    -- whether all of its items are known
    source TEXT,                    -- fingerprint of the item file that was read last
    expanded_to INTEGER NOT NULL DEFAULT 0, -- upstream positions below this one are expanded (phases with `by`)
    expanded INTEGER NOT NULL DEFAULT 0,    -- how many upstream items that are
    next_seq INTEGER NOT NULL DEFAULT 1,
    instructions INTEGER,           -- version of intelligence, prompt template and validator in use
    written_seq INTEGER NOT NULL DEFAULT 0, -- the main file holds what was merged up to here
    written_hash TEXT,              -- SHA-256 of the main file as it was written
    PRIMARY KEY (job, phase)
) WITHOUT ROWID;

CREATE TABLE items (
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    id TEXT NOT NULL,
    position INTEGER NOT NULL,      -- canonical order within the phase
    source TEXT,                    -- the upstream item it was expanded from (phases with `by`)
    status TEXT NOT NULL,           -- blocked, waiting, passed, merged, quarantined, skipped, dropped, removed (by hand)
    batch INTEGER,
    payload TEXT,                   -- NULL while blocked
    digest TEXT,                    -- of the payload
    value TEXT,
    instructions_version INTEGER,   -- version of the instructions that its batch ended with
    seq INTEGER,                    -- rises whenever what is merged changes, or its order
    errors TEXT,
    unfinished INTEGER NOT NULL DEFAULT 0,  -- whether its value is of a session that did not come to its end
    PRIMARY KEY (job, phase, id)
) WITHOUT ROWID;
CREATE INDEX items_of_batch ON items (batch) WHERE batch IS NOT NULL;
CREATE INDEX items_in_order ON items (job, phase, position);
CREATE INDEX items_changed ON items (job, phase, seq) WHERE seq IS NOT NULL;
CREATE INDEX items_open ON items (job, phase, position) WHERE status IN ('blocked', 'waiting', 'passed');
CREATE INDEX items_free ON items (job, phase, position) WHERE batch IS NULL AND status IN ('blocked', 'waiting', 'passed');
CREATE INDEX items_failed ON items (job, phase, position) WHERE status = 'quarantined';
CREATE INDEX items_unfinished ON items (job, phase, position) WHERE unfinished AND status = 'merged';
CREATE INDEX items_from_source ON items (job, phase, source) WHERE source IS NOT NULL;

CREATE TABLE instructions (         -- what versions of a phase's instructions there were
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    version INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (job, phase, version)
) WITHOUT ROWID;

CREATE TABLE expansions (           -- which upstream value each upstream item was last expanded from
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    source TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (job, phase, source)
) WITHOUT ROWID;

CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    status TEXT NOT NULL,           -- pending, running, done, failed
    ended_at REAL
);
CREATE UNIQUE INDEX batch_numbers ON batches (job, phase, number);
CREATE INDEX batches_open ON batches (job, phase, number) WHERE status IN ('pending', 'running');

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    number INTEGER NOT NULL,        -- of the session within its batch
    name TEXT NOT NULL,             -- of its folder under sessions/
    agent TEXT NOT NULL,
    item_ids TEXT NOT NULL,         -- that it was to answer
    started_at REAL NOT NULL,
    ended_at REAL,
    duration_s REAL,
    outcome TEXT NOT NULL DEFAULT 'running', -- passed, partial, failed, interrupted, unvalidated, not_started, limited,
                                    -- stalled, overloaded
    counted INTEGER NOT NULL DEFAULT 0,
    errors TEXT,
    workspace_kept INTEGER NOT NULL DEFAULT 1,  -- whether its folder is still there
    exit_status INTEGER,
    model TEXT,                     -- that answered, as the agent names it
    provider_session_id TEXT,       -- the agent's own id of the session
    cost_usd REAL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER,
    executor TEXT NOT NULL DEFAULT 'local', -- that ran it, by its name in the registry
    handle TEXT,                    -- JSON by which its executor finds it; for `local`: pid, started_ticks
    unfinished INTEGER NOT NULL DEFAULT 0,  -- whether it gave an answer that it had not come to the end of
    mended TEXT                     -- what was mended in its output, a JSON array of lines; NULL: nothing
);
CREATE UNIQUE INDEX attempt_names ON attempts (name);
CREATE UNIQUE INDEX attempt_numbers ON attempts (batch, number);
CREATE INDEX attempts_running ON attempts (job, id) WHERE outcome IN ('running', 'unvalidated');
CREATE INDEX attempts_mended ON attempts (job) WHERE mended IS NOT NULL;
CREATE INDEX attempts_kept ON attempts (ended_at) WHERE workspace_kept AND outcome = 'passed';

CREATE TABLE agent_cooldowns (      -- agents that asked for less: no session of theirs starts before next_probe_at
    agent TEXT PRIMARY KEY,
    kind TEXT NOT NULL,             -- rate_limit, usage_limit
    message TEXT NOT NULL,
    until REAL,                     -- when it is over, as the agent told; NULL: it told none
    next_probe_at REAL NOT NULL,
    failed_probes INTEGER NOT NULL, -- how often it was tried in vain without being told a time
    started_at REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    text TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX events_of_job ON events (job, id);
CREATE INDEX events_of_trouble ON events (job, id) WHERE level IN ('WARNING', 'ERROR');

CREATE TABLE pipeline_versions (    -- versions of pipelines that jobs keep
    fingerprint TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    version INTEGER NOT NULL,
    files TEXT NOT NULL,            -- path to text
    made_at REAL NOT NULL
);

CREATE TABLE api_clients (          -- programs and people that may use the service
    name TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL,      -- SHA-256 of its secret
    sees_all INTEGER NOT NULL,      -- whether it sees jobs of others, and of the command line
    created_at REAL NOT NULL,
    revoked_at REAL
) WITHOUT ROWID;
CREATE UNIQUE INDEX client_secrets ON api_clients (secret_hash);

CREATE TABLE submissions (          -- jobs that came by the service
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

CREATE TABLE webhook_deliveries (   -- webhooks that were, or are to be, sent
    id TEXT PRIMARY KEY,
    job INTEGER NOT NULL,
    owner TEXT NOT NULL,            -- the client that submitted the job
    url TEXT NOT NULL,
    host TEXT AS (lower(substr(url, instr(url, '://') + 3,
        instr(substr(url, instr(url, '://') + 3) || '/', '/') - 1))),
    payload TEXT NOT NULL,
    made_at REAL NOT NULL,
    next_try REAL,                  -- NULL: delivered, or given up
    attempts INTEGER NOT NULL DEFAULT 0,
    delivered_at REAL,
    last_result TEXT NOT NULL DEFAULT ''    -- what came of the last attempt
);
CREATE INDEX deliveries_due ON webhook_deliveries (next_try, host) WHERE next_try IS NOT NULL;
CREATE INDEX deliveries_of_job ON webhook_deliveries (job);

-- Counters kept by the database itself, so that they cannot disagree with the rows.
CREATE TABLE item_counts (
    job INTEGER NOT NULL, phase INTEGER NOT NULL, status TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (job, phase, status)
) WITHOUT ROWID;
CREATE TABLE batch_counts (
    job INTEGER NOT NULL, phase INTEGER NOT NULL, status TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (job, phase, status)
) WITHOUT ROWID;
CREATE TABLE session_totals (       -- of the sessions that ended for good
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    agent TEXT NOT NULL,
    model TEXT NOT NULL,            -- empty where none was told
    first INTEGER NOT NULL,         -- lowest id of an attempt
    sessions INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    retries INTEGER NOT NULL,       -- counted after another counted one of their batch
    cost_unknown INTEGER NOT NULL,
    timed INTEGER NOT NULL,         -- that have a duration
    duration_s REAL NOT NULL,
    cost_usd REAL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER,
    PRIMARY KEY (job, phase, agent, model)
) WITHOUT ROWID;

CREATE TRIGGER item_added AFTER INSERT ON items BEGIN
    INSERT INTO item_counts VALUES (new.job, new.phase, new.status, 1)
        ON CONFLICT (job, phase, status) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER item_moved AFTER UPDATE OF status ON items WHEN old.status <> new.status BEGIN
    UPDATE item_counts SET n = n - 1 WHERE job = old.job AND phase = old.phase AND status = old.status;
    INSERT INTO item_counts VALUES (new.job, new.phase, new.status, 1)
        ON CONFLICT (job, phase, status) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER item_removed AFTER DELETE ON items BEGIN
    UPDATE item_counts SET n = n - 1 WHERE job = old.job AND phase = old.phase AND status = old.status;
END;
CREATE TRIGGER batch_added AFTER INSERT ON batches BEGIN
    INSERT INTO batch_counts VALUES (new.job, new.phase, new.status, 1)
        ON CONFLICT (job, phase, status) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER batch_moved AFTER UPDATE OF status ON batches WHEN old.status <> new.status BEGIN
    UPDATE batch_counts SET n = n - 1 WHERE job = old.job AND phase = old.phase AND status = old.status;
    INSERT INTO batch_counts VALUES (new.job, new.phase, new.status, 1)
        ON CONFLICT (job, phase, status) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER batch_removed AFTER DELETE ON batches BEGIN
    UPDATE batch_counts SET n = n - 1 WHERE job = old.job AND phase = old.phase AND status = old.status;
END;
CREATE TRIGGER session_ended AFTER UPDATE OF outcome ON attempts
WHEN old.outcome IN ('running', 'unvalidated') AND new.outcome NOT IN ('running', 'unvalidated') BEGIN
    INSERT INTO session_totals VALUES (new.job, new.phase, new.agent, coalesce(new.model, ''), new.id, 1, new.counted,
        new.counted AND EXISTS (SELECT 1 FROM attempts WHERE batch = new.batch AND counted AND id <> new.id),
        new.cost_usd IS NULL, new.duration_s IS NOT NULL, coalesce(new.duration_s, 0), new.cost_usd,
        new.input_tokens, new.output_tokens, new.cache_read_tokens, new.cache_write_tokens)
        ON CONFLICT (job, phase, agent, model) DO UPDATE SET
        first = min(first, excluded.first), sessions = sessions + 1, counted = counted + excluded.counted,
        retries = retries + excluded.retries, cost_unknown = cost_unknown + excluded.cost_unknown,
        timed = timed + excluded.timed, duration_s = duration_s + excluded.duration_s,
        cost_usd = coalesce(cost_usd + excluded.cost_usd, cost_usd, excluded.cost_usd),
        input_tokens = coalesce(input_tokens + excluded.input_tokens, input_tokens, excluded.input_tokens),
        output_tokens = coalesce(output_tokens + excluded.output_tokens, output_tokens, excluded.output_tokens),
        cache_read_tokens =
            coalesce(cache_read_tokens + excluded.cache_read_tokens, cache_read_tokens, excluded.cache_read_tokens),
        cache_write_tokens =
            coalesce(cache_write_tokens + excluded.cache_write_tokens, cache_write_tokens, excluded.cache_write_tokens);
END;
CREATE TRIGGER job_ended AFTER UPDATE OF status ON jobs
WHEN old.status <> new.status AND new.status IN ('completed', 'completed_with_gaps', 'failed', 'cancelled') BEGIN
    INSERT INTO webhook_deliveries (id, job, owner, url, payload, made_at, next_try)
        SELECT 'msg_' || lower(hex(randomblob(12))), new.id, s.owner, s.webhook_url,
            json_object('type', 'job.' || new.status,
                'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
                'data', json_object('job_id', new.id, 'workflow_name', new.pipeline, 'status', new.status,
                    'error_message', CASE WHEN new.status IN ('failed', 'completed_with_gaps')
                        THEN nullif(new.detail, '') END)),
            (julianday('now') - 2440587.5) * 86400.0, (julianday('now') - 2440587.5) * 86400.0
        FROM submissions s WHERE s.job = new.id AND s.webhook_url IS NOT NULL;
END;
