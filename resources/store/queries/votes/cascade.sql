-- name: gold(batch: text, most: integer)
-- The newest audited items of earlier batches that people labelled, as models and rules see them.
select g.item_id, g.batch, i.text, i.image, i.time, i.metadata, g.label, g.probability
from people.gold g join raw.items i using (item_id, batch)
where g.batch < $batch and g.origin = 'audit' and g.probability > 0
order by g.batch desc, g.item_id limit $most

-- name: rule_votes(batch: text)
-- What rules say of the batch.
select item_id, voter, label from votes.rules where batch = $batch order by item_id, voter
