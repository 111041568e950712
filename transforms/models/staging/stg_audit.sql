-- audit items that are settled: the machine's label beside people's
select
    a.item_id,
    a.batch,
    r.label as released,
    g.label as gold
from {{ source('people', 'audit_sample') }} as a
inner join {{ source('people', 'gold') }} as g
    on a.item_id = g.item_id and a.batch = g.batch
inner join {{ source('labels', 'released') }} as r
    on a.item_id = r.item_id and a.batch = r.batch
