-- one row a voter and version: how much it says, how often others agree, how often it is right.
-- Accuracy is estimated in one place, quality.overall; here it is only put beside the counts.
with around as (

    select item_id, batch, count(*) as n_votes, count(distinct label) as n_labels
    from {{ ref('votes') }}
    where family <> 'student'
    group by item_id, batch

),

totals as (

    select count(*) as n_items from {{ source('raw', 'items') }}

),

counted as (

    select
        v.voter,
        v.version,
        any_value(v.family) as family,
        count(*) as votes,
        count(*) / max(t.n_items) as coverage,
        avg((o.n_votes > case when v.family = 'student' then 0 else 1 end)::int) as overlap,
        avg((o.n_labels > 1)::int) as conflict
    from {{ ref('votes') }} as v
    cross join totals as t
    left join around as o on v.item_id = o.item_id and v.batch = o.batch
    group by v.voter, v.version

),

measured as (

    select substr(series, 7) as voter, version, reviewed, accuracy, accuracy_low, accuracy_high
    from {{ source('quality', 'overall') }}
    where series like 'voter/%' and version is not null and class = '(all)'

),

asked as (

    select
        voter,
        version,
        sum(calls) as calls,
        sum(cached) as cached,
        sum(cost_usd) as cost_usd,
        sum(parse_failures) as parse_failures,
        sum(refusals) as refusals,
        arg_max(p95_s, batch) as p95_s
    from {{ source('votes', 'model_use') }}
    group by voter, version

)

select
    voter,
    version,
    family,
    votes,
    coverage,
    coalesce(overlap, 0) as overlap,
    coalesce(conflict, 0) as conflict,
    coalesce(m.reviewed, 0) as reviewed,
    m.accuracy,
    coalesce(m.accuracy_low, 0) as accuracy_low,
    coalesce(m.accuracy_high, 1) as accuracy_high,
    a.calls::bigint as calls,
    a.cached::bigint as cached,
    a.cost_usd,
    a.parse_failures::bigint as parse_failures,
    a.refusals::bigint as refusals,
    a.p95_s
from counted
left join measured as m using (voter, version)
left join asked as a using (voter, version)
order by family, voter, version
