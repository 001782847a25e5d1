-- From schema 2: what sessions came to is counted as they end.
DROP INDEX attempts_of_job;
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
INSERT INTO session_totals SELECT job, phase, agent, coalesce(model, ''), min(id), count(*), sum(counted),
    sum(counted AND EXISTS
        (SELECT 1 FROM attempts e WHERE e.batch = attempts.batch AND e.counted AND e.id < attempts.id)),
    sum(cost_usd IS NULL), count(duration_s), total(duration_s), sum(cost_usd),
    sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens)
    FROM attempts WHERE outcome NOT IN ('running', 'unjudged') GROUP BY job, phase, agent, coalesce(model, '');
CREATE TRIGGER session_ended AFTER UPDATE OF outcome ON attempts
WHEN old.outcome IN ('running', 'unjudged') AND new.outcome NOT IN ('running', 'unjudged') BEGIN
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
