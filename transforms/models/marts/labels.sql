-- what is published: gold if there is any, else what the machine released
{{ config(
    materialized='external',
    location=var('published', 'target') ~ '/.build/labels.parquet',
    format='parquet'
) }}
select
    r.item_id,
    r.batch,
    coalesce(g.label, r.label) as label,
    case when g.label is not null then 1.0 else r.confidence end as confidence,
    case when g.label is not null then 'people' else r.decided_by end as decided_by
from {{ source('labels', 'released') }} as r
left join {{ source('people', 'gold') }} as g
    on r.item_id = g.item_id and r.batch = g.batch
order by r.batch, r.item_id
