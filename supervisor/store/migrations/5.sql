-- From schema 4: tables, columns and states get the names that the field has for them.
-- What names a state, or counts, goes first, so that nothing is counted twice while states are renamed.
DROP INDEX batches_open;
DROP INDEX attempts_running;
DROP TRIGGER batch_moved;
DROP TRIGGER session_ended;
DROP TRIGGER job_ended;

ALTER TABLE jobs RENAME COLUMN wish TO stop_request;
ALTER TABLE jobs RENAME COLUMN set_aside_at TO superseded_at;
ALTER TABLE items RENAME COLUMN made_with TO instructions_version;
ALTER TABLE attempts RENAME COLUMN asked TO item_ids;
ALTER TABLE attempts RENAME COLUMN files TO workspace_kept;
ALTER TABLE attempts RENAME COLUMN conversation TO provider_session_id;
ALTER TABLE gates RENAME TO agent_cooldowns;
ALTER TABLE agent_cooldowns RENAME COLUMN next_try TO next_probe_at;
ALTER TABLE agent_cooldowns RENAME COLUMN tries TO failed_probes;
ALTER TABLE agent_cooldowns RENAME COLUMN closed_at TO started_at;
ALTER TABLE definitions RENAME TO pipeline_versions;
ALTER TABLE clients RENAME TO api_clients;
ALTER TABLE api_clients RENAME COLUMN made_at TO created_at;
ALTER TABLE deliveries RENAME TO webhook_deliveries;
ALTER TABLE webhook_deliveries RENAME COLUMN said TO last_result;
ALTER TABLE webhook_deliveries RENAME COLUMN tries TO attempts;

ALTER TABLE attempts ADD COLUMN executor TEXT NOT NULL DEFAULT 'local';
ALTER TABLE attempts ADD COLUMN handle TEXT;
UPDATE attempts
    SET handle = json_object('pid', CAST(pid AS INTEGER), 'started_ticks', CAST(started_ticks AS INTEGER))
    WHERE pid IS NOT NULL;
ALTER TABLE attempts DROP COLUMN pid;
ALTER TABLE attempts DROP COLUMN started_ticks;

UPDATE attempts SET outcome = CASE outcome WHEN 'unjudged' THEN 'unvalidated' ELSE 'partial' END
    WHERE outcome IN ('unjudged', 'partly');
UPDATE batches SET status = 'pending' WHERE status = 'waiting';
DELETE FROM batch_counts WHERE status = 'waiting' AND n = 0;
UPDATE batch_counts SET status = 'pending' WHERE status = 'waiting';

CREATE INDEX batches_open ON batches (job, phase, number) WHERE status IN ('pending', 'running');
CREATE INDEX attempts_running ON attempts (job, id) WHERE outcome IN ('running', 'unvalidated');
CREATE TRIGGER batch_moved AFTER UPDATE OF status ON batches WHEN old.status <> new.status BEGIN
    UPDATE batch_counts SET n = n - 1 WHERE job = old.job AND phase = old.phase AND status = old.status;
    INSERT INTO batch_counts VALUES (new.job, new.phase, new.status, 1)
        ON CONFLICT (job, phase, status) DO UPDATE SET n = n + 1;
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
