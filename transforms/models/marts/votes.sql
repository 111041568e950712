-- one row an item and voter, with what the vote is measured against
select
    v.item_id,
    v.batch,
    v.voter,
    v.family,
    v.version,
    v.label,
    v.confidence,
    r.label as released,
    a.gold as audit_gold
from {{ ref('stg_votes') }} as v
inner join {{ source('labels', 'released') }} as r
    on v.item_id = r.item_id and v.batch = r.batch
left join {{ ref('stg_audit') }} as a
    on v.item_id = a.item_id and v.batch = a.batch
