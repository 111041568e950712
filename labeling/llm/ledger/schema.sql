-- One row for each request that was ever about to be sent; written before it is, settled after.
create table if not exists calls (
    id integer primary key,
    key text not null,                 -- hash of what is asked: item, prompt version, sample
    run text not null,
    account text not null default '',  -- whose work it is: the batch of items that it was asked for
    kind text not null,                -- ask, repair, probe, canary, injections, suggest, rules
    voter text not null,
    version text not null,
    model text not null,
    item text not null,                -- digest of the item's text and image; never the text
    parameters text not null,          -- JSON
    batch text,                        -- the provider's batch, for jobs that can wait
    status text not null,              -- sent, answered, filtered, failed, lost, spare
    fault text,
    answer text,
    refusal text,
    finish_reason text,
    tokens text,                       -- log-probabilities, JSON
    prompt_tokens integer not null default 0,
    cached_tokens integer not null default 0,
    completion_tokens integer not null default 0,
    reserved_usd real not null,        -- the worst case, held while the answer is out
    cost_usd real not null default 0,  -- what the answer cost
    stated_usd real not null default 0,  -- what the provider said that it costs, 0 if it did not
    exposure_usd real not null default 0,  -- what the provider may ask for though nothing came
    latency_s real,
    provider_model text,
    fingerprint text,
    sent_at real not null,             -- seconds since 1970, UTC
    done_at real,
    owner integer                      -- which of several processes sent it; null where there is one
);
create unique index if not exists calls_final
    on calls (key) where status in ('answered', 'filtered');
create index if not exists calls_sent on calls (key) where status = 'sent';
create index if not exists calls_failed on calls (key) where status = 'failed';
drop index if exists calls_open;  -- of an earlier version
create index if not exists calls_sent_at on calls (sent_at);
create index if not exists calls_run on calls (run);
create index if not exists calls_account on calls (account);

create table if not exists abilities (   -- what a model was found to do
    model text primary key,
    structured integer not null,
    logprobs integer not null,
    found_at real not null
);

create table if not exists rests (       -- models that asked to be left alone for long
    model text primary key,
    said_at real not null,
    until real not null,                 -- both in seconds since 1970, UTC
    why text not null                    -- the provider's words
);

create table if not exists refusals (    -- parameters that a model was found not to take
    id integer primary key,
    model text not null,
    parameter text not null,
    value text not null,                 -- as it was sent, JSON
    at_least integer,                    -- what a limit has to be; 0: more, nobody knows how much
    at_most integer,
    found_at real not null
);
