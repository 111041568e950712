-- name: said
-- Released label, rules and further columns of the items in to_show.
select p.item_id, r.label as suggestion, i.metadata,
    (select list(v.voter order by v.voter) from votes.rules v
     where v.item_id = p.item_id and v.batch = p.batch) as rules
from (select distinct item_id, batch from to_show) p
join raw.items i using (item_id, batch)
left join labels.released r using (item_id, batch)
