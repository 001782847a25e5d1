-- A store of schema 5: the one of schema 4 beside it, as a supervisor of that time brought it to its own.
BEGIN TRANSACTION;
CREATE TABLE "agent_cooldowns" (                -- agents that asked for less: no session of theirs starts before next_try
    agent TEXT PRIMARY KEY,
    kind TEXT NOT NULL,             -- rate_limit, usage_limit
    message TEXT NOT NULL,
    until REAL,                     -- when it is over, as the agent told; NULL: it told none
    next_probe_at REAL NOT NULL,
    failed_probes INTEGER NOT NULL,         -- how often it was tried in vain without being told a time
    started_at REAL NOT NULL
) WITHOUT ROWID;
INSERT INTO "agent_cooldowns" VALUES('tired','rate_limit','it ended with status 75 (EX_TEMPFAIL) and said nothing',NULL,1.79585462064018535613e+09,0,1.79585456064018535613e+09);
CREATE TABLE "api_clients" (              -- programs and people that may use the service
    name TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL,      -- SHA-256 of its secret
    sees_all INTEGER NOT NULL,      -- whether it sees jobs of others, and of the command line
    created_at REAL NOT NULL,
    revoked_at REAL
) WITHOUT ROWID;
INSERT INTO "api_clients" VALUES('operator','6bf4367183a5456c394005e4a01de0ba28b22e1f1d1a7de396fb186c41a9259c',1,1.7958544949687161446e+09,NULL);
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    number INTEGER NOT NULL,        -- of the session within its batch
    name TEXT NOT NULL,             -- of its folder under sessions/
    agent TEXT NOT NULL,
    item_ids TEXT NOT NULL,            -- ids that it was to answer
    started_at REAL NOT NULL,
    ended_at REAL,
    duration_s REAL,
    outcome TEXT NOT NULL DEFAULT 'running', -- passed, partly, failed, interrupted, unjudged, not_started, limited, stalled,
                                    -- overloaded
    counted INTEGER NOT NULL DEFAULT 0,
    errors TEXT,
    workspace_kept INTEGER NOT NULL DEFAULT 1,       -- whether its folder is still there
    exit_status INTEGER,
    model TEXT,                     -- that answered, as the agent names it
    provider_session_id TEXT,              -- the agent's own id of the session
    cost_usd REAL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER
, executor TEXT NOT NULL DEFAULT 'local', handle TEXT);
INSERT INTO "attempts" VALUES(1,1,1,1,1,'job1-phase1-batch1-session1','mine','["n001","n002","n003","n004","n005","n006","n007","n008","n009","n010","n011","n012","n013","n014","n015","n016","n017","n018","n019","n020"]',1.79585452994609284403e+09,1.79585453067581105228e+09,9.17762740000398480333e-01,'passed',1,'[]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":13865,"started_ticks":257305}');
INSERT INTO "attempts" VALUES(2,1,1,2,1,'job1-phase1-batch2-session1','mine','["n021","n022","n023","n024","n025","n026","n027","n028","n029","n030","n031","n032","n033","n034","n035","n036","n037","n038","n039","n040"]',1.79585452995593833919e+09,1.79585453118759226804e+09,7.84390115000405785394e-01,'partial',1,'[{"type":"wrong_square","message":"the square of 23 is 529","item_id":"n023","suggestion":"multiply again"}]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":13866,"started_ticks":257306}');
INSERT INTO "attempts" VALUES(3,1,1,3,1,'job1-phase1-batch3-session1','mine','["n041","n042","n043","n044","n045","n046","n047","n048","n049","n050"]',1.79585452997189497954e+09,1.79585453063387298581e+09,7.28219654999975318787e-01,'passed',1,'[]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":13869,"started_ticks":257308}');
INSERT INTO "attempts" VALUES(4,1,1,2,2,'job1-phase1-batch2-session2','mine','["n023"]',1.79585453120423054699e+09,1.79585453164746570585e+09,4.46693892999974195845e-01,'passed',1,'[]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":13997,"started_ticks":257432}');
INSERT INTO "attempts" VALUES(5,2,1,4,1,'job2-phase1-batch1-session1','mine','["n001","n002","n003","n004","n005","n006","n007","n008","n009","n010","n011","n012","n013","n014","n015","n016","n017","n018","n019","n020"]',1.79585455141789579391e+09,1.79585455223211169243e+09,1.03808633400012695346e+00,'unvalidated',0,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":14752,"started_ticks":259452}');
INSERT INTO "attempts" VALUES(6,2,1,5,1,'job2-phase1-batch2-session1','mine','["n021","n022","n023","n024","n025","n026","n027","n028","n029","n030","n031","n032","n033","n034","n035","n036","n037","n038","n039","n040"]',1.79585455143222808838e+09,1.79585455215936112402e+09,9.26785216000098444055e-01,'unvalidated',0,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":14753,"started_ticks":259454}');
INSERT INTO "attempts" VALUES(7,2,1,6,1,'job2-phase1-batch3-session1','mine','["n041","n042","n043","n044","n045","n046","n047","n048","n049","n050"]',1.79585455143378639221e+09,1.7958545521343841553e+09,8.62268213999868748942e-01,'unvalidated',0,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":14754,"started_ticks":259454}');
INSERT INTO "attempts" VALUES(8,3,1,7,1,'job3-phase1-batch1-session1','mine','["n001","n002","n003","n004","n005","n006","n007","n008","n009","n010","n011","n012","n013","n014","n015","n016","n017","n018","n019","n020"]',1.79585455563472318652e+09,1.79585455644534111021e+09,9.9844714600021688966e-01,'passed',1,'[]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":14945,"started_ticks":259873}');
INSERT INTO "attempts" VALUES(9,3,1,8,1,'job3-phase1-batch2-session1','mine','["n021","n022","n023","n024","n025","n026","n027","n028","n029","n030","n031","n032","n033","n034","n035","n036","n037","n038","n039","n040"]',1.7958545556559193134e+09,1.79585455647711825372e+09,9.96896600000127364182e-01,'passed',1,'[]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":14946,"started_ticks":259874}');
INSERT INTO "attempts" VALUES(10,3,1,9,1,'job3-phase1-batch3-session1','mine','["n041","n042","n043","n044","n045","n046","n047","n048","n049","n050"]',1.79585455565753793717e+09,1.79585455698015856746e+09,9.48796932999812270281e-01,'passed',1,'[]',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":14947,"started_ticks":259875}');
INSERT INTO "attempts" VALUES(11,4,1,10,1,'job4-phase1-batch1-session1','tired','["n001","n002","n003","n004","n005","n006","n007","n008","n009","n010","n011","n012","n013","n014","n015","n016","n017","n018","n019","n020"]',1.79585456061460709571e+09,1.79585456065608429915e+09,3.43719137999869417399e-01,'limited',0,'[]',1,75,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":15121,"started_ticks":260373}');
INSERT INTO "attempts" VALUES(12,4,1,11,1,'job4-phase1-batch2-session1','tired','["n021","n022","n023","n024","n025","n026","n027","n028","n029","n030","n031","n032","n033","n034","n035","n036","n037","n038","n039","n040"]',1.79585456062586975092e+09,1.79585456066060066221e+09,3.42869292000159475719e-01,'limited',0,'[]',1,75,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":15122,"started_ticks":0}');
INSERT INTO "attempts" VALUES(13,4,1,12,1,'job4-phase1-batch3-session1','tired','["n041","n042","n043","n044","n045","n046","n047","n048","n049","n050"]',1.79585456063244581223e+09,1.79585456067628097538e+09,3.50962592000087170163e-01,'limited',0,'[]',1,75,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'local','{"pid":15123,"started_ticks":260374}');
CREATE TABLE batch_counts (
    job INTEGER NOT NULL, phase INTEGER NOT NULL, status TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (job, phase, status)
) WITHOUT ROWID;
INSERT INTO "batch_counts" VALUES(1,1,'done',3);
INSERT INTO "batch_counts" VALUES(1,1,'running',0);
INSERT INTO "batch_counts" VALUES(2,1,'failed',3);
INSERT INTO "batch_counts" VALUES(2,1,'running',0);
INSERT INTO "batch_counts" VALUES(3,1,'done',3);
INSERT INTO "batch_counts" VALUES(3,1,'running',0);
INSERT INTO "batch_counts" VALUES(4,1,'pending',3);
INSERT INTO "batch_counts" VALUES(4,1,'running',0);
CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    status TEXT NOT NULL,           -- waiting, running, done, failed
    ended_at REAL
);
INSERT INTO "batches" VALUES(1,1,1,1,20,'done',1.79585453067626190184e+09);
INSERT INTO "batches" VALUES(2,1,1,2,20,'done',1.79585453164792203904e+09);
INSERT INTO "batches" VALUES(3,1,1,3,10,'done',1.79585453063483643527e+09);
INSERT INTO "batches" VALUES(4,2,1,1,20,'failed',1.79585455223352408408e+09);
INSERT INTO "batches" VALUES(5,2,1,2,20,'failed',1.79585455216053819661e+09);
INSERT INTO "batches" VALUES(6,2,1,3,10,'failed',1.79585455213570404048e+09);
INSERT INTO "batches" VALUES(7,3,1,1,20,'done',1.79585455644659376141e+09);
INSERT INTO "batches" VALUES(8,3,1,2,20,'done',1.79585455647797560688e+09);
INSERT INTO "batches" VALUES(9,3,1,3,10,'done',1.79585455698068499567e+09);
INSERT INTO "batches" VALUES(10,4,1,1,20,'pending',NULL);
INSERT INTO "batches" VALUES(11,4,1,2,20,'pending',NULL);
INSERT INTO "batches" VALUES(12,4,1,3,10,'pending',NULL);
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    text TEXT NOT NULL,
    data TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,1,1.79585452846494412421e+09,'job_queued','INFO','job 1 facts/demo is queued','{}');
INSERT INTO "events" VALUES(2,1,1.79585452962645268442e+09,'job_started','INFO','job 1 facts/demo starts: 1 phases, 50 items, 0 batches done before, agent mine, sandbox workspace, 8 sessions at once','{}');
INSERT INTO "events" VALUES(3,1,1.79585452966481637958e+09,'phase_running','INFO','phase 1 facts: running','{"phase":1}');
INSERT INTO "events" VALUES(4,1,1.79585452994638156889e+09,'session_started','INFO','phase 1 batch 1/3: session 1 started for 20 items with mine','{"phase":1,"batch":1,"session":1,"items":20}');
INSERT INTO "events" VALUES(5,1,1.7958545299560275078e+09,'session_started','INFO','phase 1 batch 2/3: session 1 started for 20 items with mine','{"phase":1,"batch":2,"session":1,"items":20}');
INSERT INTO "events" VALUES(6,1,1.79585452997198247908e+09,'session_started','INFO','phase 1 batch 3/3: session 1 started for 10 items with mine','{"phase":1,"batch":3,"session":1,"items":10}');
INSERT INTO "events" VALUES(7,1,1.79585453065575695037e+09,'batch_ended','INFO','phase 1 batch 3/3: 10 items merged | 1 of 3 batches, 33.3 % | elapsed 1.1 s, left 0.7 s, total 1.8 s | items 10, retries 0, failed 0 | cost unknown, tokens unknown','{"phase":1,"batch":3,"merged":10,"batches_done":1,"batches_total":3,"elapsed_s":1.082,"eta_s":0.7,"items_merged":10,"items_failed":0,"retries":0,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(8,1,1.7958545306764619351e+09,'batch_ended','INFO','phase 1 batch 1/3: 20 items merged | 2 of 3 batches, 66.7 % | elapsed 1.1 s, left 0.8 s, total 1.9 s | items 30, retries 0, failed 0 | cost unknown, tokens unknown','{"phase":1,"batch":1,"merged":20,"batches_done":2,"batches_total":3,"elapsed_s":1.124,"eta_s":0.8,"items_merged":30,"items_failed":0,"retries":0,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(9,1,1.79585453118822050092e+09,'attempt_failed','WARNING','phase 1 batch 2/3: 19 of 20 items pass; 1 to do again, attempt 1 of 3: wrong_square: n023: the square of 23 is 529','{"phase":1,"batch":2,"failed":["n023"],"errors":[{"type":"wrong_square","message":"the square of 23 is 529","item_id":"n023","suggestion":"multiply again"}]}');
INSERT INTO "events" VALUES(10,1,1.79585453120430636403e+09,'session_started','INFO','phase 1 batch 2/3: session 2 started for 1 items with mine','{"phase":1,"batch":2,"session":2,"items":1}');
INSERT INTO "events" VALUES(11,1,1.79585453164814829829e+09,'batch_ended','INFO','phase 1 batch 2/3: 20 items merged | 3 of 3 batches, 100.0 % | elapsed 2.1 s, left 0.0 s, total 2.1 s | items 50, retries 1, failed 0 | cost unknown, tokens unknown','{"phase":1,"batch":2,"merged":20,"batches_done":3,"batches_total":3,"elapsed_s":2.095,"eta_s":0.0,"items_merged":50,"items_failed":0,"retries":1,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(12,1,1.79585453166811752322e+09,'phase_completed','INFO','phase 1 facts: completed, 50 of 50 items in facts.json','{"phase":1}');
INSERT INTO "events" VALUES(13,1,1.79585453167540693287e+09,'job_completed','INFO','job 1 facts/demo: completed after 2.1 s','{}');
INSERT INTO "events" VALUES(14,2,1.79585455110073232646e+09,'job_started','INFO','job 2 facts/second starts: 1 phases, 50 items, 0 batches done before, agent mine, sandbox workspace, 8 sessions at once','{}');
INSERT INTO "events" VALUES(15,2,1.79585455114845609662e+09,'phase_running','INFO','phase 1 facts: running','{"phase":1}');
INSERT INTO "events" VALUES(16,2,1.79585455141811180116e+09,'session_started','INFO','phase 1 batch 1/3: session 1 started for 20 items with mine','{"phase":1,"batch":1,"session":1,"items":20}');
INSERT INTO "events" VALUES(17,2,1.79585455143232560152e+09,'session_started','INFO','phase 1 batch 2/3: session 1 started for 20 items with mine','{"phase":1,"batch":2,"session":1,"items":20}');
INSERT INTO "events" VALUES(18,2,1.79585455143388843541e+09,'session_started','INFO','phase 1 batch 3/3: session 1 started for 10 items with mine','{"phase":1,"batch":3,"session":1,"items":10}');
INSERT INTO "events" VALUES(19,2,1.7958545521358349323e+09,'batch_failed','ERROR','phase 1 batch 3/3: 10 items quarantined after 0 attempts (n041, n042, n043, n044, n045, …): validator_failed: the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet Correct the file. (and 9 more)','{"phase":1,"batch":3,"failed":["n041","n042","n043","n044","n045","n046","n047","n048","n049","n050"]}');
INSERT INTO "events" VALUES(20,2,1.79585455213665866856e+09,'batch_ended','INFO','phase 1 batch 3/3: 0 items merged | 1 of 3 batches, 33.3 % | elapsed 1.1 s, left 0.9 s, total 2.0 s | items 0, retries 0, failed 10 | cost unknown, tokens unknown','{"phase":1,"batch":3,"merged":0,"batches_done":1,"batches_total":3,"elapsed_s":1.134,"eta_s":0.9,"items_merged":0,"items_failed":10,"retries":0,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(21,2,1.79585455216065835947e+09,'batch_failed','ERROR','phase 1 batch 2/3: 20 items quarantined after 0 attempts (n021, n022, n023, n024, n025, …): validator_failed: the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet Correct the file. (and 19 more)','{"phase":1,"batch":2,"failed":["n021","n022","n023","n024","n025","n026","n027","n028","n029","n030","n031","n032","n033","n034","n035","n036","n037","n038","n039","n040"]}');
INSERT INTO "events" VALUES(22,2,1.79585455216098356244e+09,'batch_ended','INFO','phase 1 batch 2/3: 0 items merged | 2 of 3 batches, 66.7 % | elapsed 1.2 s, left 0.9 s, total 2.1 s | items 0, retries 0, failed 30 | cost unknown, tokens unknown','{"phase":1,"batch":2,"merged":0,"batches_done":2,"batches_total":3,"elapsed_s":1.159,"eta_s":0.9,"items_merged":0,"items_failed":30,"retries":0,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(23,2,1.79585455223363399512e+09,'batch_failed','ERROR','phase 1 batch 1/3: 20 items quarantined after 0 attempts (n001, n002, n003, n004, n005, …): validator_failed: the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet Correct the file. (and 19 more)','{"phase":1,"batch":1,"failed":["n001","n002","n003","n004","n005","n006","n007","n008","n009","n010","n011","n012","n013","n014","n015","n016","n017","n018","n019","n020"]}');
INSERT INTO "events" VALUES(24,2,1.79585455223431062704e+09,'batch_ended','INFO','phase 1 batch 1/3: 0 items merged | 3 of 3 batches, 100.0 % | elapsed 1.2 s, left 0.0 s, total 1.2 s | items 0, retries 0, failed 50 | cost unknown, tokens unknown','{"phase":1,"batch":1,"merged":0,"batches_done":3,"batches_total":3,"elapsed_s":1.232,"eta_s":0.0,"items_merged":0,"items_failed":50,"retries":0,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(25,2,1.79585455226185035709e+09,'phase_failed','ERROR','phase 1 facts: failed, 0 of 50 items in facts.json, 50 failed','{"phase":1}');
INSERT INTO "events" VALUES(26,2,1.79585455227019858358e+09,'job_failed','ERROR','job 2 facts/second: failed after 1.3 s; 50 items failed, `supervisor retry facts/second` tries them again','{}');
INSERT INTO "events" VALUES(27,3,1.79585455525329875945e+09,'job_started','INFO','job 3 facts/second starts: 1 phases, 50 items, 0 batches done before, agent mine, sandbox workspace, 8 sessions at once','{}');
INSERT INTO "events" VALUES(28,3,1795854555.29308,'phase_running','INFO','phase 1 facts: running','{"phase":1}');
INSERT INTO "events" VALUES(29,3,1.79585455563509345053e+09,'session_started','INFO','phase 1 batch 1/3: session 1 started for 20 items with mine','{"phase":1,"batch":1,"session":1,"items":20}');
INSERT INTO "events" VALUES(30,3,1.79585455565624594687e+09,'session_started','INFO','phase 1 batch 2/3: session 1 started for 20 items with mine','{"phase":1,"batch":2,"session":1,"items":20}');
INSERT INTO "events" VALUES(31,3,1.79585455565761852262e+09,'session_started','INFO','phase 1 batch 3/3: session 1 started for 10 items with mine','{"phase":1,"batch":3,"session":1,"items":10}');
INSERT INTO "events" VALUES(32,3,1.79585455645576930043e+09,'batch_ended','INFO','phase 1 batch 1/3: 20 items merged | 1 of 3 batches, 33.3 % | elapsed 1.3 s, left 1.0 s, total 2.3 s | items 20, retries 0, failed 0 | cost unknown, tokens unknown','{"phase":1,"batch":1,"merged":20,"batches_done":1,"batches_total":3,"elapsed_s":1.263,"eta_s":1.0,"items_merged":20,"items_failed":0,"retries":0,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(33,3,1.79585455647833108902e+09,'batch_ended','INFO','phase 1 batch 2/3: 20 items merged | 2 of 3 batches, 66.7 % | elapsed 1.3 s, left 1.0 s, total 2.3 s | items 40, retries 0, failed 0 | cost unknown, tokens unknown','{"phase":1,"batch":2,"merged":20,"batches_done":2,"batches_total":3,"elapsed_s":1.294,"eta_s":1.0,"items_merged":40,"items_failed":0,"retries":0,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(34,3,1.79585455698099303242e+09,'batch_ended','INFO','phase 1 batch 3/3: 10 items merged | 3 of 3 batches, 100.0 % | elapsed 1.8 s, left 0.0 s, total 1.8 s | items 50, retries 0, failed 0 | cost unknown, tokens unknown','{"phase":1,"batch":3,"merged":10,"batches_done":3,"batches_total":3,"elapsed_s":1.797,"eta_s":0.0,"items_merged":50,"items_failed":0,"retries":0,"cost_usd":null,"tokens":null}');
INSERT INTO "events" VALUES(35,3,1.79585455700561118122e+09,'phase_completed','INFO','phase 1 facts: completed, 50 of 50 items in facts.json','{"phase":1}');
INSERT INTO "events" VALUES(36,3,1.79585455701119947428e+09,'job_completed','INFO','job 3 facts/second: completed after 1.8 s','{}');
INSERT INTO "events" VALUES(37,4,1.79585456016654729845e+09,'job_started','INFO','job 4 facts/tired starts: 1 phases, 50 items, 0 batches done before, agent tired, sandbox workspace, 8 sessions at once','{}');
INSERT INTO "events" VALUES(38,4,1.7958545602301790714e+09,'phase_running','INFO','phase 1 facts: running','{"phase":1}');
INSERT INTO "events" VALUES(39,4,1.79585456061488580705e+09,'session_started','INFO','phase 1 batch 1/3: session 1 started for 20 items with tired','{"phase":1,"batch":1,"session":1,"items":20}');
INSERT INTO "events" VALUES(40,4,1.79585456062599420554e+09,'session_started','INFO','phase 1 batch 2/3: session 1 started for 20 items with tired','{"phase":1,"batch":2,"session":1,"items":20}');
INSERT INTO "events" VALUES(41,4,1.79585456063256144521e+09,'session_started','INFO','phase 1 batch 3/3: session 1 started for 10 items with tired','{"phase":1,"batch":3,"session":1,"items":10}');
INSERT INTO "events" VALUES(42,4,1795854560.641,'agent_limited','WARNING','agent tired: paused (rate limit; until when is not known, next try 08:30): it ended with status 75 (EX_TEMPFAIL) and said nothing','{"agent":"tired","until":null,"next_try":1795854620.6401854}');
INSERT INTO "events" VALUES(43,4,1.79585456065640425684e+09,'session_limited','WARNING','phase 1 batch 1/3: session 1 was turned away by a limit: it ended with status 75 (EX_TEMPFAIL) and said nothing','{"phase":1,"batch":1,"screen":"it ended with status 75 (EX_TEMPFAIL) and said nothing"}');
INSERT INTO "events" VALUES(44,4,1.79585456066068983082e+09,'session_limited','WARNING','phase 1 batch 2/3: session 1 was turned away by a limit: it ended with status 75 (EX_TEMPFAIL) and said nothing','{"phase":1,"batch":2,"screen":"it ended with status 75 (EX_TEMPFAIL) and said nothing"}');
INSERT INTO "events" VALUES(45,4,1.79585456067644810675e+09,'session_limited','WARNING','phase 1 batch 3/3: session 1 was turned away by a limit: it ended with status 75 (EX_TEMPFAIL) and said nothing','{"phase":1,"batch":3,"screen":"it ended with status 75 (EX_TEMPFAIL) and said nothing"}');
CREATE TABLE expansions (           -- which upstream value each upstream item was last expanded from
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    source TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (job, phase, source)
) WITHOUT ROWID;
CREATE TABLE instructions (         -- what versions of a phase's instructions there were
    job INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    version INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (job, phase, version)
) WITHOUT ROWID;
INSERT INTO "instructions" VALUES(1,1,1,'acfa78311e3207ab4881e5814082690a');
INSERT INTO "instructions" VALUES(2,1,1,'f22ec4ec33db0918633576150196e4cf');
INSERT INTO "instructions" VALUES(3,1,1,'acfa78311e3207ab4881e5814082690a');
INSERT INTO "instructions" VALUES(4,1,1,'acfa78311e3207ab4881e5814082690a');
CREATE TABLE item_counts (
    job INTEGER NOT NULL, phase INTEGER NOT NULL, status TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (job, phase, status)
) WITHOUT ROWID;
INSERT INTO "item_counts" VALUES(1,1,'merged',50);
INSERT INTO "item_counts" VALUES(1,1,'passed',0);
INSERT INTO "item_counts" VALUES(1,1,'waiting',0);
INSERT INTO "item_counts" VALUES(2,1,'quarantined',50);
INSERT INTO "item_counts" VALUES(2,1,'waiting',0);
INSERT INTO "item_counts" VALUES(3,1,'merged',50);
INSERT INTO "item_counts" VALUES(3,1,'waiting',0);
INSERT INTO "item_counts" VALUES(4,1,'waiting',50);
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
    instructions_version INTEGER,              -- version of the instructions that its batch ended with
    seq INTEGER,                    -- rises whenever what is merged changes, or its order
    errors TEXT,
    PRIMARY KEY (job, phase, id)
) WITHOUT ROWID;
INSERT INTO "items" VALUES(1,1,'n001',0,NULL,'merged',1,'{"n":1}','984530e49acf879ea2a3b7c3062fca65','{"square":1}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n002',1,NULL,'merged',1,'{"n":2}','6bf1fe4a6f2f88c3afa352d233f601c4','{"square":4}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n003',2,NULL,'merged',1,'{"n":3}','8472264effaded8f1bca1dbd2b057f0d','{"square":9}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n004',3,NULL,'merged',1,'{"n":4}','846e7464fe43e0b041f86398d55f7b8b','{"square":16}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n005',4,NULL,'merged',1,'{"n":5}','443bc360b2c0ebd8ceabe6c29395465b','{"square":25}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n006',5,NULL,'merged',1,'{"n":6}','a26f8597fb8251d3bf2b13eea564efb8','{"square":36}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n007',6,NULL,'merged',1,'{"n":7}','87dc08a0b535b8255d57ec276b6eb710','{"square":49}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n008',7,NULL,'merged',1,'{"n":8}','bfc057e790ccdc69987f4022f6a2bf26','{"square":64}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n009',8,NULL,'merged',1,'{"n":9}','76556fdacbcda1197ee9eb0dbc1e4087','{"square":81}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n010',9,NULL,'merged',1,'{"n":10}','1f786545754985336bdd1f26d19f91c0','{"square":100}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n011',10,NULL,'merged',1,'{"n":11}','fed7c0ecf8206ce83beaf63e71148c3d','{"square":121}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n012',11,NULL,'merged',1,'{"n":12}','b263bd1cc2c95c190bed5605bde420b3','{"square":144}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n013',12,NULL,'merged',1,'{"n":13}','9bdb66100fbd0d78651d32fb66ca7827','{"square":169}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n014',13,NULL,'merged',1,'{"n":14}','1afd4782420ed6433fec9ad62fd91d16','{"square":196}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n015',14,NULL,'merged',1,'{"n":15}','98539f2cb342971c076dd56a8e71325e','{"square":225}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n016',15,NULL,'merged',1,'{"n":16}','719e2163a4af3af7d854e41a08d63935','{"square":256}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n017',16,NULL,'merged',1,'{"n":17}','5955cc11e5c165e85a124b977151bb93','{"square":289}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n018',17,NULL,'merged',1,'{"n":18}','16ae4f915fe9f57cbfa8672c122800d0','{"square":324}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n019',18,NULL,'merged',1,'{"n":19}','f4a4d0bb1ab1d213e6b38c6a405fd0a4','{"square":361}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n020',19,NULL,'merged',1,'{"n":20}','5f0eca1dbe54310ef174f345dfdd0ec6','{"square":400}',1,2,NULL);
INSERT INTO "items" VALUES(1,1,'n021',20,NULL,'merged',2,'{"n":21}','52d7fb315290cb1abe46e44bd59ccc6c','{"square":441}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n022',21,NULL,'merged',2,'{"n":22}','b7cd1adb7910747ea77cdbf0c49bad31','{"square":484}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n023',22,NULL,'merged',2,'{"n":23}','3031a2d1e3761cbe08fe8a2003be3f7b','{"square":529}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n024',23,NULL,'merged',2,'{"n":24}','dc74e84faf1e3a0584c50b70f5c14ad9','{"square":576}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n025',24,NULL,'merged',2,'{"n":25}','29e4bb85976e46fde2e9c9b0ae4c11de','{"square":625}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n026',25,NULL,'merged',2,'{"n":26}','7a84795867b09a49a6590409609d03cb','{"square":676}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n027',26,NULL,'merged',2,'{"n":27}','bacf0ed1e6debe0a4f749c8404086f56','{"square":729}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n028',27,NULL,'merged',2,'{"n":28}','3b505b23e433fec235a2e03e1e667491','{"square":784}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n029',28,NULL,'merged',2,'{"n":29}','af4832c3ef2707dc917de94fceb3a619','{"square":841}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n030',29,NULL,'merged',2,'{"n":30}','22d6b4b0e7cb96b6870be85d38645af2','{"square":900}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n031',30,NULL,'merged',2,'{"n":31}','2898b1b037b1d4244eb229d6ad5c40d4','{"square":961}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n032',31,NULL,'merged',2,'{"n":32}','f91baa0565b2fed6432a4eafd5496f19','{"square":1024}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n033',32,NULL,'merged',2,'{"n":33}','bd12239ff9b3850c1c05704bb8559db8','{"square":1089}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n034',33,NULL,'merged',2,'{"n":34}','df16c2138068a1d9174098e5196d92ee','{"square":1156}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n035',34,NULL,'merged',2,'{"n":35}','d792a289a804c7768d3c9ab6fecf59b0','{"square":1225}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n036',35,NULL,'merged',2,'{"n":36}','332058d8c8e602f46c6ed626d234c29c','{"square":1296}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n037',36,NULL,'merged',2,'{"n":37}','a7bfc00adc26f9df9d9f5bd8e19f1ed4','{"square":1369}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n038',37,NULL,'merged',2,'{"n":38}','0e5a5264b046e144cca0a4d0a6de7a7f','{"square":1444}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n039',38,NULL,'merged',2,'{"n":39}','806c5f3910fe36a1b5b26ce6d1805b18','{"square":1521}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n040',39,NULL,'merged',2,'{"n":40}','a00bb72d4e189cb088f8a1210ea21241','{"square":1600}',1,3,NULL);
INSERT INTO "items" VALUES(1,1,'n041',40,NULL,'merged',3,'{"n":41}','a46778088947310a70f234a37058d55b','{"square":1681}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n042',41,NULL,'merged',3,'{"n":42}','c9cac1fdc75944fa613101cf2e2300aa','{"square":1764}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n043',42,NULL,'merged',3,'{"n":43}','b69caa8d986cced06692ed852de449a3','{"square":1849}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n044',43,NULL,'merged',3,'{"n":44}','8f9edf33210029173d0d41f16a33d45e','{"square":1936}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n045',44,NULL,'merged',3,'{"n":45}','bcb580bbb3696b0605548236ac83d9e4','{"square":2025}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n046',45,NULL,'merged',3,'{"n":46}','1ddc7b70af36c3e76750a2d6c02a64ee','{"square":2116}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n047',46,NULL,'merged',3,'{"n":47}','6e91449b6fea0ddb30299be085451a2c','{"square":2209}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n048',47,NULL,'merged',3,'{"n":48}','a9bc4a75bb81507180a4568572f1d1e8','{"square":2304}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n049',48,NULL,'merged',3,'{"n":49}','3cd29fa0fe88afda34ac35904cd97575','{"square":2401}',1,1,NULL);
INSERT INTO "items" VALUES(1,1,'n050',49,NULL,'merged',3,'{"n":50}','113efd5ce80363ec3a61bc7d14b33c01','{"square":2500}',1,1,NULL);
INSERT INTO "items" VALUES(2,1,'n001',0,NULL,'quarantined',4,'{"n":1}','984530e49acf879ea2a3b7c3062fca65',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n002',1,NULL,'quarantined',4,'{"n":2}','6bf1fe4a6f2f88c3afa352d233f601c4',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n003',2,NULL,'quarantined',4,'{"n":3}','8472264effaded8f1bca1dbd2b057f0d',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n004',3,NULL,'quarantined',4,'{"n":4}','846e7464fe43e0b041f86398d55f7b8b',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n005',4,NULL,'quarantined',4,'{"n":5}','443bc360b2c0ebd8ceabe6c29395465b',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n006',5,NULL,'quarantined',4,'{"n":6}','a26f8597fb8251d3bf2b13eea564efb8',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n007',6,NULL,'quarantined',4,'{"n":7}','87dc08a0b535b8255d57ec276b6eb710',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n008',7,NULL,'quarantined',4,'{"n":8}','bfc057e790ccdc69987f4022f6a2bf26',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n009',8,NULL,'quarantined',4,'{"n":9}','76556fdacbcda1197ee9eb0dbc1e4087',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n010',9,NULL,'quarantined',4,'{"n":10}','1f786545754985336bdd1f26d19f91c0',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n011',10,NULL,'quarantined',4,'{"n":11}','fed7c0ecf8206ce83beaf63e71148c3d',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n012',11,NULL,'quarantined',4,'{"n":12}','b263bd1cc2c95c190bed5605bde420b3',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n013',12,NULL,'quarantined',4,'{"n":13}','9bdb66100fbd0d78651d32fb66ca7827',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n014',13,NULL,'quarantined',4,'{"n":14}','1afd4782420ed6433fec9ad62fd91d16',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n015',14,NULL,'quarantined',4,'{"n":15}','98539f2cb342971c076dd56a8e71325e',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n016',15,NULL,'quarantined',4,'{"n":16}','719e2163a4af3af7d854e41a08d63935',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n017',16,NULL,'quarantined',4,'{"n":17}','5955cc11e5c165e85a124b977151bb93',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n018',17,NULL,'quarantined',4,'{"n":18}','16ae4f915fe9f57cbfa8672c122800d0',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n019',18,NULL,'quarantined',4,'{"n":19}','f4a4d0bb1ab1d213e6b38c6a405fd0a4',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n020',19,NULL,'quarantined',4,'{"n":20}','5f0eca1dbe54310ef174f345dfdd0ec6',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n021',20,NULL,'quarantined',5,'{"n":21}','52d7fb315290cb1abe46e44bd59ccc6c',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n022',21,NULL,'quarantined',5,'{"n":22}','b7cd1adb7910747ea77cdbf0c49bad31',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n023',22,NULL,'quarantined',5,'{"n":23}','3031a2d1e3761cbe08fe8a2003be3f7b',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n024',23,NULL,'quarantined',5,'{"n":24}','dc74e84faf1e3a0584c50b70f5c14ad9',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n025',24,NULL,'quarantined',5,'{"n":25}','29e4bb85976e46fde2e9c9b0ae4c11de',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n026',25,NULL,'quarantined',5,'{"n":26}','7a84795867b09a49a6590409609d03cb',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n027',26,NULL,'quarantined',5,'{"n":27}','bacf0ed1e6debe0a4f749c8404086f56',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n028',27,NULL,'quarantined',5,'{"n":28}','3b505b23e433fec235a2e03e1e667491',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n029',28,NULL,'quarantined',5,'{"n":29}','af4832c3ef2707dc917de94fceb3a619',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n030',29,NULL,'quarantined',5,'{"n":30}','22d6b4b0e7cb96b6870be85d38645af2',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n031',30,NULL,'quarantined',5,'{"n":31}','2898b1b037b1d4244eb229d6ad5c40d4',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n032',31,NULL,'quarantined',5,'{"n":32}','f91baa0565b2fed6432a4eafd5496f19',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n033',32,NULL,'quarantined',5,'{"n":33}','bd12239ff9b3850c1c05704bb8559db8',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n034',33,NULL,'quarantined',5,'{"n":34}','df16c2138068a1d9174098e5196d92ee',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n035',34,NULL,'quarantined',5,'{"n":35}','d792a289a804c7768d3c9ab6fecf59b0',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n036',35,NULL,'quarantined',5,'{"n":36}','332058d8c8e602f46c6ed626d234c29c',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n037',36,NULL,'quarantined',5,'{"n":37}','a7bfc00adc26f9df9d9f5bd8e19f1ed4',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n038',37,NULL,'quarantined',5,'{"n":38}','0e5a5264b046e144cca0a4d0a6de7a7f',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n039',38,NULL,'quarantined',5,'{"n":39}','806c5f3910fe36a1b5b26ce6d1805b18',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n040',39,NULL,'quarantined',5,'{"n":40}','a00bb72d4e189cb088f8a1210ea21241',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n041',40,NULL,'quarantined',6,'{"n":41}','a46778088947310a70f234a37058d55b',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n042',41,NULL,'quarantined',6,'{"n":42}','c9cac1fdc75944fa613101cf2e2300aa',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n043',42,NULL,'quarantined',6,'{"n":43}','b69caa8d986cced06692ed852de449a3',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n044',43,NULL,'quarantined',6,'{"n":44}','8f9edf33210029173d0d41f16a33d45e',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n045',44,NULL,'quarantined',6,'{"n":45}','bcb580bbb3696b0605548236ac83d9e4',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n046',45,NULL,'quarantined',6,'{"n":46}','1ddc7b70af36c3e76750a2d6c02a64ee',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n047',46,NULL,'quarantined',6,'{"n":47}','6e91449b6fea0ddb30299be085451a2c',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n048',47,NULL,'quarantined',6,'{"n":48}','a9bc4a75bb81507180a4568572f1d1e8',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n049',48,NULL,'quarantined',6,'{"n":49}','3cd29fa0fe88afda34ac35904cd97575',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(2,1,'n050',49,NULL,'quarantined',6,'{"n":50}','113efd5ce80363ec3a61bc7d14b33c01',NULL,1,NULL,'[{"type":"validator_failed","message":"the validator failed: phase_1_facts.py, line 2: validate: RuntimeError: not written yet\n  Correct the file.","item_id":null,"suggestion":"mend the validator, then retry: the output is kept and is judged first"}]');
INSERT INTO "items" VALUES(3,1,'n001',0,NULL,'merged',7,'{"n":1}','984530e49acf879ea2a3b7c3062fca65','{"square":1}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n002',1,NULL,'merged',7,'{"n":2}','6bf1fe4a6f2f88c3afa352d233f601c4','{"square":4}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n003',2,NULL,'merged',7,'{"n":3}','8472264effaded8f1bca1dbd2b057f0d','{"square":9}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n004',3,NULL,'merged',7,'{"n":4}','846e7464fe43e0b041f86398d55f7b8b','{"square":16}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n005',4,NULL,'merged',7,'{"n":5}','443bc360b2c0ebd8ceabe6c29395465b','{"square":25}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n006',5,NULL,'merged',7,'{"n":6}','a26f8597fb8251d3bf2b13eea564efb8','{"square":36}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n007',6,NULL,'merged',7,'{"n":7}','87dc08a0b535b8255d57ec276b6eb710','{"square":49}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n008',7,NULL,'merged',7,'{"n":8}','bfc057e790ccdc69987f4022f6a2bf26','{"square":64}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n009',8,NULL,'merged',7,'{"n":9}','76556fdacbcda1197ee9eb0dbc1e4087','{"square":81}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n010',9,NULL,'merged',7,'{"n":10}','1f786545754985336bdd1f26d19f91c0','{"square":100}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n011',10,NULL,'merged',7,'{"n":11}','fed7c0ecf8206ce83beaf63e71148c3d','{"square":121}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n012',11,NULL,'merged',7,'{"n":12}','b263bd1cc2c95c190bed5605bde420b3','{"square":144}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n013',12,NULL,'merged',7,'{"n":13}','9bdb66100fbd0d78651d32fb66ca7827','{"square":169}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n014',13,NULL,'merged',7,'{"n":14}','1afd4782420ed6433fec9ad62fd91d16','{"square":196}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n015',14,NULL,'merged',7,'{"n":15}','98539f2cb342971c076dd56a8e71325e','{"square":225}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n016',15,NULL,'merged',7,'{"n":16}','719e2163a4af3af7d854e41a08d63935','{"square":256}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n017',16,NULL,'merged',7,'{"n":17}','5955cc11e5c165e85a124b977151bb93','{"square":289}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n018',17,NULL,'merged',7,'{"n":18}','16ae4f915fe9f57cbfa8672c122800d0','{"square":324}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n019',18,NULL,'merged',7,'{"n":19}','f4a4d0bb1ab1d213e6b38c6a405fd0a4','{"square":361}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n020',19,NULL,'merged',7,'{"n":20}','5f0eca1dbe54310ef174f345dfdd0ec6','{"square":400}',1,1,NULL);
INSERT INTO "items" VALUES(3,1,'n021',20,NULL,'merged',8,'{"n":21}','52d7fb315290cb1abe46e44bd59ccc6c','{"square":441}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n022',21,NULL,'merged',8,'{"n":22}','b7cd1adb7910747ea77cdbf0c49bad31','{"square":484}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n023',22,NULL,'merged',8,'{"n":23}','3031a2d1e3761cbe08fe8a2003be3f7b','{"square":529}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n024',23,NULL,'merged',8,'{"n":24}','dc74e84faf1e3a0584c50b70f5c14ad9','{"square":576}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n025',24,NULL,'merged',8,'{"n":25}','29e4bb85976e46fde2e9c9b0ae4c11de','{"square":625}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n026',25,NULL,'merged',8,'{"n":26}','7a84795867b09a49a6590409609d03cb','{"square":676}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n027',26,NULL,'merged',8,'{"n":27}','bacf0ed1e6debe0a4f749c8404086f56','{"square":729}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n028',27,NULL,'merged',8,'{"n":28}','3b505b23e433fec235a2e03e1e667491','{"square":784}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n029',28,NULL,'merged',8,'{"n":29}','af4832c3ef2707dc917de94fceb3a619','{"square":841}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n030',29,NULL,'merged',8,'{"n":30}','22d6b4b0e7cb96b6870be85d38645af2','{"square":900}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n031',30,NULL,'merged',8,'{"n":31}','2898b1b037b1d4244eb229d6ad5c40d4','{"square":961}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n032',31,NULL,'merged',8,'{"n":32}','f91baa0565b2fed6432a4eafd5496f19','{"square":1024}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n033',32,NULL,'merged',8,'{"n":33}','bd12239ff9b3850c1c05704bb8559db8','{"square":1089}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n034',33,NULL,'merged',8,'{"n":34}','df16c2138068a1d9174098e5196d92ee','{"square":1156}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n035',34,NULL,'merged',8,'{"n":35}','d792a289a804c7768d3c9ab6fecf59b0','{"square":1225}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n036',35,NULL,'merged',8,'{"n":36}','332058d8c8e602f46c6ed626d234c29c','{"square":1296}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n037',36,NULL,'merged',8,'{"n":37}','a7bfc00adc26f9df9d9f5bd8e19f1ed4','{"square":1369}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n038',37,NULL,'merged',8,'{"n":38}','0e5a5264b046e144cca0a4d0a6de7a7f','{"square":1444}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n039',38,NULL,'merged',8,'{"n":39}','806c5f3910fe36a1b5b26ce6d1805b18','{"square":1521}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n040',39,NULL,'merged',8,'{"n":40}','a00bb72d4e189cb088f8a1210ea21241','{"square":1600}',1,2,NULL);
INSERT INTO "items" VALUES(3,1,'n041',40,NULL,'merged',9,'{"n":41}','a46778088947310a70f234a37058d55b','{"square":1681}',1,3,NULL);
INSERT INTO "items" VALUES(3,1,'n042',41,NULL,'merged',9,'{"n":42}','c9cac1fdc75944fa613101cf2e2300aa','{"square":1764}',1,3,NULL);
INSERT INTO "items" VALUES(3,1,'n043',42,NULL,'merged',9,'{"n":43}','b69caa8d986cced06692ed852de449a3','{"square":1849}',1,3,NULL);
INSERT INTO "items" VALUES(3,1,'n044',43,NULL,'merged',9,'{"n":44}','8f9edf33210029173d0d41f16a33d45e','{"square":1936}',1,3,NULL);
INSERT INTO "items" VALUES(3,1,'n045',44,NULL,'merged',9,'{"n":45}','bcb580bbb3696b0605548236ac83d9e4','{"square":2025}',1,3,NULL);
INSERT INTO "items" VALUES(3,1,'n046',45,NULL,'merged',9,'{"n":46}','1ddc7b70af36c3e76750a2d6c02a64ee','{"square":2116}',1,3,NULL);
INSERT INTO "items" VALUES(3,1,'n047',46,NULL,'merged',9,'{"n":47}','6e91449b6fea0ddb30299be085451a2c','{"square":2209}',1,3,NULL);
INSERT INTO "items" VALUES(3,1,'n048',47,NULL,'merged',9,'{"n":48}','a9bc4a75bb81507180a4568572f1d1e8','{"square":2304}',1,3,NULL);
INSERT INTO "items" VALUES(3,1,'n049',48,NULL,'merged',9,'{"n":49}','3cd29fa0fe88afda34ac35904cd97575','{"square":2401}',1,3,NULL);
INSERT INTO "items" VALUES(3,1,'n050',49,NULL,'merged',9,'{"n":50}','113efd5ce80363ec3a61bc7d14b33c01','{"square":2500}',1,3,NULL);
INSERT INTO "items" VALUES(4,1,'n001',0,NULL,'waiting',10,'{"n":1}','984530e49acf879ea2a3b7c3062fca65',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n002',1,NULL,'waiting',10,'{"n":2}','6bf1fe4a6f2f88c3afa352d233f601c4',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n003',2,NULL,'waiting',10,'{"n":3}','8472264effaded8f1bca1dbd2b057f0d',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n004',3,NULL,'waiting',10,'{"n":4}','846e7464fe43e0b041f86398d55f7b8b',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n005',4,NULL,'waiting',10,'{"n":5}','443bc360b2c0ebd8ceabe6c29395465b',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n006',5,NULL,'waiting',10,'{"n":6}','a26f8597fb8251d3bf2b13eea564efb8',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n007',6,NULL,'waiting',10,'{"n":7}','87dc08a0b535b8255d57ec276b6eb710',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n008',7,NULL,'waiting',10,'{"n":8}','bfc057e790ccdc69987f4022f6a2bf26',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n009',8,NULL,'waiting',10,'{"n":9}','76556fdacbcda1197ee9eb0dbc1e4087',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n010',9,NULL,'waiting',10,'{"n":10}','1f786545754985336bdd1f26d19f91c0',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n011',10,NULL,'waiting',10,'{"n":11}','fed7c0ecf8206ce83beaf63e71148c3d',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n012',11,NULL,'waiting',10,'{"n":12}','b263bd1cc2c95c190bed5605bde420b3',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n013',12,NULL,'waiting',10,'{"n":13}','9bdb66100fbd0d78651d32fb66ca7827',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n014',13,NULL,'waiting',10,'{"n":14}','1afd4782420ed6433fec9ad62fd91d16',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n015',14,NULL,'waiting',10,'{"n":15}','98539f2cb342971c076dd56a8e71325e',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n016',15,NULL,'waiting',10,'{"n":16}','719e2163a4af3af7d854e41a08d63935',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n017',16,NULL,'waiting',10,'{"n":17}','5955cc11e5c165e85a124b977151bb93',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n018',17,NULL,'waiting',10,'{"n":18}','16ae4f915fe9f57cbfa8672c122800d0',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n019',18,NULL,'waiting',10,'{"n":19}','f4a4d0bb1ab1d213e6b38c6a405fd0a4',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n020',19,NULL,'waiting',10,'{"n":20}','5f0eca1dbe54310ef174f345dfdd0ec6',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n021',20,NULL,'waiting',11,'{"n":21}','52d7fb315290cb1abe46e44bd59ccc6c',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n022',21,NULL,'waiting',11,'{"n":22}','b7cd1adb7910747ea77cdbf0c49bad31',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n023',22,NULL,'waiting',11,'{"n":23}','3031a2d1e3761cbe08fe8a2003be3f7b',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n024',23,NULL,'waiting',11,'{"n":24}','dc74e84faf1e3a0584c50b70f5c14ad9',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n025',24,NULL,'waiting',11,'{"n":25}','29e4bb85976e46fde2e9c9b0ae4c11de',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n026',25,NULL,'waiting',11,'{"n":26}','7a84795867b09a49a6590409609d03cb',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n027',26,NULL,'waiting',11,'{"n":27}','bacf0ed1e6debe0a4f749c8404086f56',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n028',27,NULL,'waiting',11,'{"n":28}','3b505b23e433fec235a2e03e1e667491',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n029',28,NULL,'waiting',11,'{"n":29}','af4832c3ef2707dc917de94fceb3a619',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n030',29,NULL,'waiting',11,'{"n":30}','22d6b4b0e7cb96b6870be85d38645af2',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n031',30,NULL,'waiting',11,'{"n":31}','2898b1b037b1d4244eb229d6ad5c40d4',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n032',31,NULL,'waiting',11,'{"n":32}','f91baa0565b2fed6432a4eafd5496f19',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n033',32,NULL,'waiting',11,'{"n":33}','bd12239ff9b3850c1c05704bb8559db8',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n034',33,NULL,'waiting',11,'{"n":34}','df16c2138068a1d9174098e5196d92ee',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n035',34,NULL,'waiting',11,'{"n":35}','d792a289a804c7768d3c9ab6fecf59b0',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n036',35,NULL,'waiting',11,'{"n":36}','332058d8c8e602f46c6ed626d234c29c',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n037',36,NULL,'waiting',11,'{"n":37}','a7bfc00adc26f9df9d9f5bd8e19f1ed4',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n038',37,NULL,'waiting',11,'{"n":38}','0e5a5264b046e144cca0a4d0a6de7a7f',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n039',38,NULL,'waiting',11,'{"n":39}','806c5f3910fe36a1b5b26ce6d1805b18',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n040',39,NULL,'waiting',11,'{"n":40}','a00bb72d4e189cb088f8a1210ea21241',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n041',40,NULL,'waiting',12,'{"n":41}','a46778088947310a70f234a37058d55b',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n042',41,NULL,'waiting',12,'{"n":42}','c9cac1fdc75944fa613101cf2e2300aa',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n043',42,NULL,'waiting',12,'{"n":43}','b69caa8d986cced06692ed852de449a3',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n044',43,NULL,'waiting',12,'{"n":44}','8f9edf33210029173d0d41f16a33d45e',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n045',44,NULL,'waiting',12,'{"n":45}','bcb580bbb3696b0605548236ac83d9e4',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n046',45,NULL,'waiting',12,'{"n":46}','1ddc7b70af36c3e76750a2d6c02a64ee',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n047',46,NULL,'waiting',12,'{"n":47}','6e91449b6fea0ddb30299be085451a2c',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n048',47,NULL,'waiting',12,'{"n":48}','a9bc4a75bb81507180a4568572f1d1e8',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n049',48,NULL,'waiting',12,'{"n":49}','3cd29fa0fe88afda34ac35904cd97575',NULL,NULL,NULL,NULL);
INSERT INTO "items" VALUES(4,1,'n050',49,NULL,'waiting',12,'{"n":50}','113efd5ce80363ec3a61bc7d14b33c01',NULL,NULL,NULL,NULL);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    collection TEXT NOT NULL,
    target TEXT NOT NULL,
    status TEXT NOT NULL,
    stop_request TEXT,                      -- what a person asked of it and is not done yet: stop, cancel
    options TEXT NOT NULL,          -- JobOptions
    created_at REAL NOT NULL,
    started_at REAL,
    ended_at REAL,
    elapsed_s REAL NOT NULL DEFAULT 0,
    superseded_at REAL,              -- replaced by a fresh job
    detail TEXT NOT NULL DEFAULT '', -- why it has its status, for people
    definition TEXT,                -- fingerprint of the definition that it began with; NULL: the project's files
    priority INTEGER NOT NULL DEFAULT 0     -- queued jobs of a higher one come first
);
INSERT INTO "jobs" VALUES(1,'facts','facts','demo','completed',NULL,'{"agent":"mine","model":null,"concurrency":8,"batch_size":null,"max_attempts":null,"timeout":null,"strict":false,"redo_changed":false,"faults":0.0,"seed":0,"sandbox":null,"max_cost":null,"max_sessions":null,"max_runtime":null}',1.79585452846389317512e+09,1.79585452962558984758e+09,1.79585453167495918275e+09,2.12230001199986872961e+00,NULL,'',NULL,0);
INSERT INTO "jobs" VALUES(2,'facts','facts','second','failed',NULL,'{"agent":"mine","model":null,"concurrency":8,"batch_size":null,"max_attempts":null,"timeout":null,"strict":false,"redo_changed":false,"faults":0.0,"seed":0,"sandbox":null,"max_cost":null,"max_sessions":null,"max_runtime":null}',1.79585455097845315929e+09,1.79585455109498429299e+09,1.79585455226996016505e+09,1.2681173689998104237e+00,1.79585455516101646423e+09,'50 items failed','151cc41ce7b2699c759e7b44a434de94',0);
INSERT INTO "jobs" VALUES(3,'facts','facts','second','completed',NULL,'{"agent":"mine","model":null,"concurrency":8,"batch_size":null,"max_attempts":null,"timeout":null,"strict":false,"redo_changed":false,"faults":0.0,"seed":0,"sandbox":null,"max_cost":null,"max_sessions":null,"max_runtime":null}',1.7958545551692051888e+09,1.79585455525197339055e+09,1.79585455701096940043e+09,1.82705025700033729663e+00,NULL,'','12d5e261ee78f6b656fd876f824d429e',0);
INSERT INTO "jobs" VALUES(4,'facts','facts','tired','paused','stop','{"agent":"tired","model":null,"concurrency":8,"batch_size":null,"max_attempts":null,"timeout":null,"strict":false,"redo_changed":false,"faults":0.0,"seed":0,"sandbox":null,"max_cost":null,"max_sessions":null,"max_runtime":null}',1.79585455854854965209e+09,1.79585456016514039044e+09,NULL,0.0,NULL,'paused (rate limit; until when is not known, next try 08:30)',NULL,0);
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
INSERT INTO "phases" VALUES(2,1,0,'facts','facts.json','object','failed',1,'acacf91ed9a2be1360e20bcfd68ed3d6',0,0,4,1,3,'ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356');
INSERT INTO "phases" VALUES(3,1,0,'facts','facts.json','object','completed',1,'acacf91ed9a2be1360e20bcfd68ed3d6',0,0,4,1,3,'719f411f1c3d51631a4bcf3a75ffe2b9edb81e8164cd24d991e92024b5da42e9');
INSERT INTO "phases" VALUES(4,1,0,'facts','facts.json','object','running',1,'acacf91ed9a2be1360e20bcfd68ed3d6',0,0,1,1,0,NULL);
CREATE TABLE "pipeline_versions" (          -- versions of pipelines that jobs keep
    fingerprint TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    version INTEGER NOT NULL,
    files TEXT NOT NULL,            -- path to text
    made_at REAL NOT NULL
);
INSERT INTO "pipeline_versions" VALUES('151cc41ce7b2699c759e7b44a434de94','facts',1,'{"phase_intelligence/facts/phase_1_facts.md": "# Squares\n\nEach item holds a whole number `n`. For every item, work out the square of `n`: `n` multiplied by itself.\n\n- The square of a number is never negative: the square of -3 is 9.\n- Work with whole numbers; do not round.\n\nAn answer is an object with one member, `square`, a whole number. For an item `n003` with `{\"n\": 3}` the answer is\n`{\"square\": 9}`, so the output for these two items\n\n    {\"n003\": {\"n\": 3}, \"n012\": {\"n\": 12}}\n\nis\n\n    {\"n003\": {\"square\": 9}, \"n012\": {\"square\": 144}}\n", "phase_intelligence/facts/pipeline.toml": "version = 1\nname = \"facts\"\ncollection = \"facts\"               # results go to vfs/facts/<target>/\n\n[[phases]]\nid = 1\nname = \"facts\"\nitems = \"vfs/items.jsonl\"          # JSON object, JSON array or JSON Lines; \"{target}\" may stand in it\nintelligence = \"phase_1_facts.md\"\nvalidator = \"phase_1_facts.py\"     # or a command in any language: [\"node\", \"check.cjs\"]; or none\noutput = \"facts.json\"\nmerge = \"object\"                   # or \"array\"\nbatch_size = 20\nmax_attempts = 3\ntimeout = 600\n", "validators/facts/phase_1_facts.py": "def validate(batch, output, merged):\n    raise RuntimeError(\"not written yet\")\n"}',1.79585455097852611538e+09);
INSERT INTO "pipeline_versions" VALUES('12d5e261ee78f6b656fd876f824d429e','facts',2,'{"phase_intelligence/facts/phase_1_facts.md": "# Squares\n\nEach item holds a whole number `n`. For every item, work out the square of `n`: `n` multiplied by itself.\n\n- The square of a number is never negative: the square of -3 is 9.\n- Work with whole numbers; do not round.\n\nAn answer is an object with one member, `square`, a whole number. For an item `n003` with `{\"n\": 3}` the answer is\n`{\"square\": 9}`, so the output for these two items\n\n    {\"n003\": {\"n\": 3}, \"n012\": {\"n\": 12}}\n\nis\n\n    {\"n003\": {\"square\": 9}, \"n012\": {\"square\": 144}}\n", "phase_intelligence/facts/pipeline.toml": "version = 2\nname = \"facts\"\ncollection = \"facts\"               # results go to vfs/facts/<target>/\n\n[[phases]]\nid = 1\nname = \"facts\"\nitems = \"vfs/items.jsonl\"          # JSON object, JSON array or JSON Lines; \"{target}\" may stand in it\nintelligence = \"phase_1_facts.md\"\nvalidator = \"phase_1_facts.py\"     # or a command in any language: [\"node\", \"check.cjs\"]; or none\noutput = \"facts.json\"\nmerge = \"object\"                   # or \"array\"\nbatch_size = 20\nmax_attempts = 3\ntimeout = 600\n", "validators/facts/phase_1_facts.py": "from supervisor import ValidationError, ValidationReport\n\n\ndef validate(batch, output, merged):\n    errors = [ValidationError(type=\"wrong_square\", item_id=i, message=f\"the square of {p[''n'']} is {p[''n''] ** 2}\",\n                              suggestion=\"multiply again\")\n              for i, p in batch.items.items() if output[i].get(\"square\") != p[\"n\"] ** 2]\n    return ValidationReport(errors=errors)\n"}',1.79585455516931843762e+09);
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
INSERT INTO "session_totals" VALUES(1,1,'mine','',1,4,4,1,4,4,2.87706640300075378036e+00,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "session_totals" VALUES(3,1,'mine','',8,3,3,0,3,3,2.94414067900015652412e+00,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "session_totals" VALUES(4,1,'tired','',11,3,0,0,3,3,1.03755102200011606328e+00,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE submissions (          -- jobs that came by the service
    job INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    input TEXT NOT NULL,
    tier TEXT,
    webhook_url TEXT,
    idempotency_key TEXT,
    request_hash TEXT NOT NULL
);
INSERT INTO "submissions" VALUES(1,'operator','{"target":"demo"}',NULL,'https://hooks.example.com/jobs','demo-1','e1c87c1ff6b49ce340206a019dfef77d64993b339cd23648cf43689a0c3c2e96');
CREATE TABLE "webhook_deliveries" (           -- webhooks that were, or are to be, sent
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
    last_result TEXT NOT NULL DEFAULT ''   -- what came of the last try
);
INSERT INTO "webhook_deliveries" VALUES('msg_81a382a56e3e64fc0d794095',1,'operator','https://hooks.example.com/jobs','{"type":"job.completed","timestamp":"2026-11-28T08:28:51.675Z","data":{"job_id":1,"workflow_name":"facts","status":"completed","error_message":null}}',1.79585453167499017714e+09,1.79585487895410084724e+09,2,NULL,'its name has no address, or cannot be asked for now');
CREATE INDEX jobs_queued ON jobs (priority DESC, id) WHERE status = 'queued' AND superseded_at IS NULL;
CREATE INDEX jobs_at_work ON jobs (id) WHERE status IN ('running', 'paused', 'stopping') AND superseded_at IS NULL;
CREATE UNIQUE INDEX one_live_job ON jobs (pipeline, target) WHERE superseded_at IS NULL;
CREATE INDEX items_of_batch ON items (batch) WHERE batch IS NOT NULL;
CREATE INDEX items_in_order ON items (job, phase, position);
CREATE INDEX items_changed ON items (job, phase, seq) WHERE seq IS NOT NULL;
CREATE INDEX items_open ON items (job, phase, position) WHERE status IN ('blocked', 'waiting', 'passed');
CREATE INDEX items_free ON items (job, phase, position) WHERE batch IS NULL AND status IN ('blocked', 'waiting', 'passed');
CREATE INDEX items_failed ON items (job, phase, position) WHERE status = 'quarantined';
CREATE INDEX items_from_source ON items (job, phase, source) WHERE source IS NOT NULL;
CREATE UNIQUE INDEX batch_numbers ON batches (job, phase, number);
CREATE UNIQUE INDEX attempt_names ON attempts (name);
CREATE UNIQUE INDEX attempt_numbers ON attempts (batch, number);
CREATE INDEX attempts_kept ON attempts (ended_at) WHERE workspace_kept AND outcome = 'passed';
CREATE INDEX events_of_job ON events (job, id);
CREATE INDEX events_of_trouble ON events (job, id) WHERE level IN ('WARNING', 'ERROR');
CREATE UNIQUE INDEX client_secrets ON "api_clients" (secret_hash);
CREATE UNIQUE INDEX submission_keys ON submissions (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX submissions_of_owner ON submissions (owner, job);
CREATE INDEX deliveries_due ON "webhook_deliveries" (next_try, host) WHERE next_try IS NOT NULL;
CREATE INDEX deliveries_of_job ON "webhook_deliveries" (job);
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
CREATE TRIGGER batch_removed AFTER DELETE ON batches BEGIN
    UPDATE batch_counts SET n = n - 1 WHERE job = old.job AND phase = old.phase AND status = old.status;
END;
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
COMMIT;
PRAGMA user_version = 5;
