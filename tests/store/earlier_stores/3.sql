-- A store of schema 3, as a supervisor of that time left it: the pipeline of `supervisor init`, done, one batch of it
-- at its second attempt.
PRAGMA user_version = 3;
BEGIN TRANSACTION;
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    number INTEGER NOT NULL,        -- of the session within its batch
    name TEXT NOT NULL,             -- of its folder under sessions/
    agent TEXT NOT NULL,
    asked TEXT NOT NULL,            -- ids that it was to answer
    pid INTEGER,
    started_ticks INTEGER,
    started_at REAL NOT NULL,
    ended_at REAL,
    duration_s REAL,
    outcome TEXT NOT NULL DEFAULT 'running', -- passed, partly, failed, interrupted, unjudged, not_started, limited, stalled,
                                    -- overloaded
    counted INTEGER NOT NULL DEFAULT 0,
    errors TEXT,
    files INTEGER NOT NULL DEFAULT 1,       -- whether its folder is still there
    exit_status INTEGER,
    model TEXT,                     -- that answered, as the agent names it
    conversation TEXT,              -- the agent's own id of the session
    cost_usd REAL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER
);
INSERT INTO "attempts" VALUES(1,1,1,1,1,'job1-phase1-batch1-session1','mine','["n001","n002","n003","n004","n005","n006","n007","n008","n009","n010","n011","n012","n013","n014","n015","n016","n017","n018","n019","n020"]',18212,4916429,1.79529481699161720274e+09,1.79529481713330483433e+09,1.32864803003030829131e-01,'passed',1,'[]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES(2,1,1,2,1,'job1-phase1-batch2-session1','mine','["n021","n022","n023","n024","n025","n026","n027","n028","n029","n030","n031","n032","n033","n034","n035","n036","n037","n038","n039","n040"]',18213,4916430,1.7952948169925906658e+09,1.79529481701608085628e+09,7.7025279002555180341e-02,'failed',1,'[{"type":"crashed","message":"the session ended with exit status 1 and wrote no output","item_id":null,"suggestion":""}]',1,1,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES(3,1,1,3,1,'job1-phase1-batch3-session1','mine','["n041","n042","n043","n044","n045","n046","n047","n048","n049","n050"]',18216,4916431,1.79529481699918675415e+09,1.79529481727349162099e+09,1.36332932997902389615e-01,'passed',1,'[]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES(4,1,1,2,2,'job1-phase1-batch2-session2','mine','["n021","n022","n023","n024","n025","n026","n027","n028","n029","n030","n031","n032","n033","n034","n035","n036","n037","n038","n039","n040"]',18221,4916435,1.79529481703334784512e+09,1.79529481713715052607e+09,0.0862152129993774,'passed',1,'[]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE batch_counts (
    job INTEGER NOT NULL, phase INTEGER NOT NULL, status TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (job, phase, status)
) WITHOUT ROWID;
INSERT INTO "batch_counts" VALUES(1,1,'done',3);
INSERT INTO "batch_counts" VALUES(1,1,'running',0);
INSERT INTO "batch_counts" VALUES(1,1,'waiting',0);
CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    status TEXT NOT NULL,           -- waiting, running, done, failed
    ended_at REAL
);
INSERT INTO "batches" VALUES(1,1,1,1,20,'done',1.7952948171338872909e+09);
INSERT INTO "batches" VALUES(2,1,1,2,20,'done',1.79529481713749289512e+09);
INSERT INTO "batches" VALUES(3,1,1,3,10,'done',1.79529481727374505993e+09);
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    text TEXT NOT NULL,
    data TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,1,1.79529481690182876585e+09,'job_started','INFO','job 1 facts/demo starts: 1 phases, 50 items, 0 batches done before, agent mine, sandbox bubblewrap, 8 sessions at once','{}');
INSERT INTO "events" VALUES(2,1,1.79529481691652107238e+09,'phase_running','INFO','phase 1 facts: running','{"phase":1}');
INSERT INTO "events" VALUES(3,1,1.79529481699182295794e+09,'session_started','INFO','phase 1 batch 1/3: session 1 started for 20 items with mine','{"phase":1,"batch":1,"session":1,"items":20}');
INSERT INTO "events" VALUES(4,1,1.79529481699262595181e+09,'session_started','INFO','phase 1 batch 2/3: session 1 started for 20 items with mine','{"phase":1,"batch":2,"session":1,"items":20}');
INSERT INTO "events" VALUES(5,1,1.7952948169992733002e+09,'session_started','INFO','phase 1 batch 3/3: session 1 started for 10 items with mine','{"phase":1,"batch":3,"session":1,"items":10}');
INSERT INTO "events" VALUES(6,1,1.79529481701639342309e+09,'attempt_failed','WARNING','phase 1 batch 2/3: 0 of 20 items pass; 20 to do again, attempt 1 of 3: crashed: the session ended with exit status 1 and wrote no output','{"phase":1,"batch":2,"failed":["n021","n022","n023","n024","n025","n026","n027","n028","n029","n030","n031","n032","n033","n034","n035","n036","n037","n038","n039","n040"],"errors":[{"type":"crashed","message":"the session ended with exit status 1 and wrote no output","item_id":null,"suggestion":""}]}');
INSERT INTO "events" VALUES(7,1,1.79529481703342294694e+09,'session_started','INFO','phase 1 batch 2/3: session 2 started for 20 items with mine','{"phase":1,"batch":2,"session":2,"items":20}');
INSERT INTO "events" VALUES(8,1,1.79529481713429117208e+09,'batch_ended','INFO','phase 1 batch 1/3: 20 items merged | 1 of 3 batches, 33.3 % | elapsed 0.3 s, left 0.1 s, total 0.4 s | items 20, retries 1, failed 0 | cost unknown, tokens unknown','{"phase":1,"batch":1,"merged":20,"batches_done":1,"batches_total":3,"elapsed_s":0.252,"eta_s":0.1,"items_merged":20,"items_failed":0,"retries":1,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(9,1,1.79529481713765048976e+09,'batch_ended','INFO','phase 1 batch 2/3: 20 items merged | 2 of 3 batches, 66.7 % | elapsed 0.3 s, left 0.1 s, total 0.4 s | items 40, retries 1, failed 0 | cost unknown, tokens unknown','{"phase":1,"batch":2,"merged":20,"batches_done":2,"batches_total":3,"elapsed_s":0.255,"eta_s":0.1,"items_merged":40,"items_failed":0,"retries":1,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(10,1,1.79529481727393460275e+09,'batch_ended','INFO','phase 1 batch 3/3: 10 items merged | 3 of 3 batches, 100.0 % | elapsed 0.4 s, left 0.0 s, total 0.4 s | items 50, retries 1, failed 0 | cost unknown, tokens unknown','{"phase":1,"batch":3,"merged":10,"batches_done":3,"batches_total":3,"elapsed_s":0.392,"eta_s":0.0,"items_merged":50,"items_failed":0,"retries":1,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(11,1,1.79529481727932810784e+09,'phase_completed','INFO','phase 1 facts: completed, 50 of 50 items in facts.json','{"phase":1}');
INSERT INTO "events" VALUES(12,1,1.79529481728114104275e+09,'job_completed','INFO','job 1 facts/demo: completed after 0.4 s','{}');
CREATE TABLE expansions (           -- which upstream value each upstream item was last expanded from
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    source TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (job, phase, source)
) WITHOUT ROWID;
CREATE TABLE gates (                -- agents that asked for less: no session of theirs starts before next_try
    agent TEXT PRIMARY KEY,
    kind TEXT NOT NULL,             -- rate_limit, usage_limit
    message TEXT NOT NULL,
    until REAL,                     -- when it is over, as the agent told; NULL: it told none
    next_try REAL NOT NULL,
    tries INTEGER NOT NULL,         -- how often it was tried in vain without being told a time
    closed_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE instructions (         -- what versions of a phase's instructions there were
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    version INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (job, phase, version)
) WITHOUT ROWID;
INSERT INTO "instructions" VALUES(1,1,1,'acfa78311e3207ab4881e5814082690a');
CREATE TABLE item_counts (
    job INTEGER NOT NULL, phase INTEGER NOT NULL, status TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (job, phase, status)
) WITHOUT ROWID;
INSERT INTO "item_counts" VALUES(1,1,'merged',50);
INSERT INTO "item_counts" VALUES(1,1,'waiting',0);
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
    made_with INTEGER,              -- version of the instructions that its batch ended with
    seq INTEGER,                    -- rises whenever what is merged changes, or its order
    errors TEXT,
    PRIMARY KEY (job, phase, id)
) WITHOUT ROWID;
INSERT INTO "items" VALUES(1,1,'n001',0,NULL,'merged',1,'{"n":1}','984530e49acf879ea2a3b7c3062fca65','{"square":1}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n002',1,NULL,'merged',1,'{"n":2}','6bf1fe4a6f2f88c3afa352d233f601c4','{"square":4}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n003',2,NULL,'merged',1,'{"n":3}','8472264effaded8f1bca1dbd2b057f0d','{"square":9}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n004',3,NULL,'merged',1,'{"n":4}','846e7464fe43e0b041f86398d55f7b8b','{"square":16}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n005',4,NULL,'merged',1,'{"n":5}','443bc360b2c0ebd8ceabe6c29395465b','{"square":25}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n006',5,NULL,'merged',1,'{"n":6}','a26f8597fb8251d3bf2b13eea564efb8','{"square":36}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n007',6,NULL,'merged',1,'{"n":7}','87dc08a0b535b8255d57ec276b6eb710','{"square":49}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n008',7,NULL,'merged',1,'{"n":8}','bfc057e790ccdc69987f4022f6a2bf26','{"square":64}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n009',8,NULL,'merged',1,'{"n":9}','76556fdacbcda1197ee9eb0dbc1e4087','{"square":81}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n010',9,NULL,'merged',1,'{"n":10}','1f786545754985336bdd1f26d19f91c0','{"square":100}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n011',10,NULL,'merged',1,'{"n":11}','fed7c0ecf8206ce83beaf63e71148c3d','{"square":121}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n012',11,NULL,'merged',1,'{"n":12}','b263bd1cc2c95c190bed5605bde420b3','{"square":144}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n013',12,NULL,'merged',1,'{"n":13}','9bdb66100fbd0d78651d32fb66ca7827','{"square":169}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n014',13,NULL,'merged',1,'{"n":14}','1afd4782420ed6433fec9ad62fd91d16','{"square":196}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n015',14,NULL,'merged',1,'{"n":15}','98539f2cb342971c076dd56a8e71325e','{"square":225}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n016',15,NULL,'merged',1,'{"n":16}','719e2163a4af3af7d854e41a08d63935','{"square":256}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n017',16,NULL,'merged',1,'{"n":17}','5955cc11e5c165e85a124b977151bb93','{"square":289}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n018',17,NULL,'merged',1,'{"n":18}','16ae4f915fe9f57cbfa8672c122800d0','{"square":324}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n019',18,NULL,'merged',1,'{"n":19}','f4a4d0bb1ab1d213e6b38c6a405fd0a4','{"square":361}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n020',19,NULL,'merged',1,'{"n":20}','5f0eca1dbe54310ef174f345dfdd0ec6','{"square":400}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n021',20,NULL,'merged',2,'{"n":21}','52d7fb315290cb1abe46e44bd59ccc6c','{"square":441}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n022',21,NULL,'merged',2,'{"n":22}','b7cd1adb7910747ea77cdbf0c49bad31','{"square":484}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n023',22,NULL,'merged',2,'{"n":23}','3031a2d1e3761cbe08fe8a2003be3f7b','{"square":529}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n024',23,NULL,'merged',2,'{"n":24}','dc74e84faf1e3a0584c50b70f5c14ad9','{"square":576}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n025',24,NULL,'merged',2,'{"n":25}','29e4bb85976e46fde2e9c9b0ae4c11de','{"square":625}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n026',25,NULL,'merged',2,'{"n":26}','7a84795867b09a49a6590409609d03cb','{"square":676}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n027',26,NULL,'merged',2,'{"n":27}','bacf0ed1e6debe0a4f749c8404086f56','{"square":729}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n028',27,NULL,'merged',2,'{"n":28}','3b505b23e433fec235a2e03e1e667491','{"square":784}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n029',28,NULL,'merged',2,'{"n":29}','af4832c3ef2707dc917de94fceb3a619','{"square":841}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n030',29,NULL,'merged',2,'{"n":30}','22d6b4b0e7cb96b6870be85d38645af2','{"square":900}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n031',30,NULL,'merged',2,'{"n":31}','2898b1b037b1d4244eb229d6ad5c40d4','{"square":961}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n032',31,NULL,'merged',2,'{"n":32}','f91baa0565b2fed6432a4eafd5496f19','{"square":1024}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n033',32,NULL,'merged',2,'{"n":33}','bd12239ff9b3850c1c05704bb8559db8','{"square":1089}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n034',33,NULL,'merged',2,'{"n":34}','df16c2138068a1d9174098e5196d92ee','{"square":1156}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n035',34,NULL,'merged',2,'{"n":35}','d792a289a804c7768d3c9ab6fecf59b0','{"square":1225}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n036',35,NULL,'merged',2,'{"n":36}','332058d8c8e602f46c6ed626d234c29c','{"square":1296}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n037',36,NULL,'merged',2,'{"n":37}','a7bfc00adc26f9df9d9f5bd8e19f1ed4','{"square":1369}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n038',37,NULL,'merged',2,'{"n":38}','0e5a5264b046e144cca0a4d0a6de7a7f','{"square":1444}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n039',38,NULL,'merged',2,'{"n":39}','806c5f3910fe36a1b5b26ce6d1805b18','{"square":1521}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n040',39,NULL,'merged',2,'{"n":40}','a00bb72d4e189cb088f8a1210ea21241','{"square":1600}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n041',40,NULL,'merged',3,'{"n":41}','a46778088947310a70f234a37058d55b','{"square":1681}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n042',41,NULL,'merged',3,'{"n":42}','c9cac1fdc75944fa613101cf2e2300aa','{"square":1764}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n043',42,NULL,'merged',3,'{"n":43}','b69caa8d986cced06692ed852de449a3','{"square":1849}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n044',43,NULL,'merged',3,'{"n":44}','8f9edf33210029173d0d41f16a33d45e','{"square":1936}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n045',44,NULL,'merged',3,'{"n":45}','bcb580bbb3696b0605548236ac83d9e4','{"square":2025}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n046',45,NULL,'merged',3,'{"n":46}','1ddc7b70af36c3e76750a2d6c02a64ee','{"square":2116}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n047',46,NULL,'merged',3,'{"n":47}','6e91449b6fea0ddb30299be085451a2c','{"square":2209}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n048',47,NULL,'merged',3,'{"n":48}','a9bc4a75bb81507180a4568572f1d1e8','{"square":2304}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n049',48,NULL,'merged',3,'{"n":49}','3cd29fa0fe88afda34ac35904cd97575','{"square":2401}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n050',49,NULL,'merged',3,'{"n":50}','113efd5ce80363ec3a61bc7d14b33c01','{"square":2500}',1,3,NULL);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    collection TEXT NOT NULL,
    target TEXT NOT NULL,
    status TEXT NOT NULL,
    wish TEXT,                      -- what a person asked of it and is not done yet: stop, cancel
    options TEXT NOT NULL,          -- JobOptions
    created_at REAL NOT NULL,
    started_at REAL,
    ended_at REAL,
    elapsed_s REAL NOT NULL DEFAULT 0,
    set_aside_at REAL,              -- replaced by a fresh job
    detail TEXT NOT NULL DEFAULT '' -- why it has its status, for people
);
INSERT INTO "jobs" VALUES(1,'facts','facts','demo','completed',NULL,'{"agent":"mine","model":null,"concurrency":8,"batch_size":null,"max_attempts":null,"timeout":null,"strict":false,"redo_changed":false,"faults":0.0,"seed":0,"sandbox":null,"max_cost":null,"max_sessions":null,"max_runtime":null}',1.79529481687943172447e+09,1.79529481690103745461e+09,1.7952948172810389996e+09,3.98750920998281799256e-01,NULL,'');
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
INSERT INTO "phases" VALUES(1,1,0,'facts','facts.json','object','completed',1,'acacf91ed9a2be1360e20bcfd68ed3d6',0,0,4,1,3,'719f411f1c3d51631a4bcf3a75ffe2b9edb81e8164cd24d991e92024b5da42e9');
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
INSERT INTO "session_totals" VALUES(1,1,'mine','',1,4,4,1,4,4,4.32438228002865798771e-01,NULL,NULL,NULL,NULL,NULL);
CREATE UNIQUE INDEX one_live_job ON jobs (pipeline, target) WHERE set_aside_at IS NULL;
CREATE INDEX items_of_batch ON items (batch) WHERE batch IS NOT NULL;
CREATE INDEX items_in_order ON items (job, phase, position);
CREATE INDEX items_changed ON items (job, phase, seq) WHERE seq IS NOT NULL;
CREATE INDEX items_open ON items (job, phase, position) WHERE status IN ('blocked', 'waiting', 'passed');
CREATE INDEX items_free ON items (job, phase, position) WHERE batch IS NULL AND status IN ('blocked', 'waiting', 'passed');
CREATE INDEX items_failed ON items (job, phase, position) WHERE status = 'quarantined';
CREATE INDEX items_from_source ON items (job, phase, source) WHERE source IS NOT NULL;
CREATE UNIQUE INDEX batch_numbers ON batches (job, phase, number);
CREATE INDEX batches_open ON batches (job, phase, number) WHERE status IN ('waiting', 'running');
CREATE UNIQUE INDEX attempt_names ON attempts (name);
CREATE UNIQUE INDEX attempt_numbers ON attempts (batch, number);
CREATE INDEX attempts_running ON attempts (job, id) WHERE outcome IN ('running', 'unjudged');
CREATE INDEX attempts_kept ON attempts (ended_at) WHERE files AND outcome = 'passed';
CREATE INDEX events_of_job ON events (job, id);
CREATE INDEX events_of_trouble ON events (job, id) WHERE level IN ('WARNING', 'ERROR');
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
COMMIT;
