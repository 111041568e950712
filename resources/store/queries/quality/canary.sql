-- name: round(name: text)
-- What each voter said in a round of the canary.
from quality.canary where round = $name

-- name: batches_since(batch: text)
-- How many batches came after the panel was chosen, up to this one.
select count(distinct batch) from raw.items
where batch > (select min(chosen_for) from people.canary_panel) and batch <= $batch
