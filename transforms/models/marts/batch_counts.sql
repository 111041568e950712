-- one row a batch: how much was labelled, what stands open, and the alarms that stand; no estimate
with spoken as (

    select
        item_id,
        batch,
        count(*) as n_votes,
        {{ contradicting('label') }} as conflict
    from {{ ref('stg_votes') }}
    where family <> 'student'
    group by item_id, batch

),

items as (

    select
        r.batch,
        count(*) as items,
        count(r.label) as labelled,
        avg((s.n_votes is not null)::int) as coverage,
        avg(coalesce(s.conflict, false)::int) as conflict,
        avg((s.n_votes is null)::int) as abstain_rate
    from {{ source('labels', 'released') }} as r
    left join spoken as s on r.item_id = s.item_id and r.batch = s.batch
    group by r.batch

),

cost as (

    select batch, sum(cost_usd) as cost_usd from {{ source('votes', 'model_use') }} group by batch

),

standing as (

    select
        batch,
        bool_or(alarm) as alarm,
        bool_or(fired) as fired,
        min(change_batch) filter (where alarm) as change_batch,
        any_value(change_batch) filter (where series = 'labels') as of_labels,
        string_agg(series, ', ' order by series <> 'labels', series) filter (where alarm) as alarms
    from {{ source('quality', 'drift_series') }}
    group by batch

),

queued as (

    select w.batch, count(*) as queue_size
    from {{ source('people', 'queue') }} as w
    anti join {{ source('people', 'gold') }} as g on w.item_id = g.item_id and w.batch = g.batch
    group by w.batch

)

select
    i.batch,
    i.items,
    i.labelled,
    i.coverage,
    i.conflict,
    i.abstain_rate,
    coalesce(s.alarm, false) as alarm,
    coalesce(s.fired, false) as fired,
    coalesce(s.alarms, '') as alarms,
    coalesce(s.of_labels, s.change_batch) as change_batch,
    coalesce(c.cost_usd, 0) as cost_usd,
    coalesce(q.queue_size, 0) as queue_size
from items as i
left join standing as s on i.batch = s.batch
left join cost as c on i.batch = c.batch
left join queued as q on i.batch = q.batch
order by i.batch
