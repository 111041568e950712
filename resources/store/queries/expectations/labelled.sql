-- name: counts(batch: text)
-- Items and labels of the batch and of those before it.
select batch, count(label) as labelled, count(*) as items
from labels.released where batch <= $batch group by batch order by batch

-- name: undecided(batch: text)
-- Items of a batch without a label.
select item_id from labels.released where batch = $batch and label is null order by item_id
