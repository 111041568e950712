-- name: items(batch: text)
-- Items of the batch, as models see them.
select item_id, text, image from raw.items where batch = $batch order by item_id

-- name: undecided(batch: text)
-- Items on which the rules say nothing, or not the same; in an order that favours none.
select i.item_id
from raw.items i
left join votes.rules r using (item_id, batch)
where i.batch = $batch
group by i.item_id
having count(distinct r.label) <> 1
order by md5(i.item_id)

-- name: before(batch: text)
-- What earlier runs of the batch were quoted by voter, and which provider's batches it waits for.
select voter, quoted_usd, waits_for from votes.model_use where batch = $batch
