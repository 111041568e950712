-- one row a voter and version: how much it says, how often others agree, what asking it took; no estimate.
-- A model that was asked and never voted has a row too, for it may have cost something.
with around as (

    select item_id, batch, count(*) as n_votes, {{ contradicting('label') }} as conflict
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
        avg(o.conflict::int) as conflict
    from {{ ref('votes') }} as v
    cross join totals as t
    left join around as o on v.item_id = o.item_id and v.batch = o.batch
    group by v.voter, v.version

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
    coalesce(family, 'models') as family,
    coalesce(votes, 0) as votes,
    coalesce(coverage, 0) as coverage,
    coalesce(overlap, 0) as overlap,
    coalesce(conflict, 0) as conflict,
    a.calls::bigint as calls,
    a.cached::bigint as cached,
    a.cost_usd,
    a.parse_failures::bigint as parse_failures,
    a.refusals::bigint as refusals,
    a.p95_s
from counted
full join asked as a using (voter, version)
order by family, voter, version
