-- name: gold
-- All gold; only what was drawn at random has a probability.
select item_id, batch, label, origin, case when origin = 'audit' then probability end as probability
from people.gold order by batch, item_id

-- name: gold_with_texts(batch: text)
-- Gold of the batches before, with what people saw.
select g.item_id, g.batch, i.text, i.image, g.label, g.origin
from people.gold g join raw.items i using (item_id, batch)
where g.batch < $batch order by g.batch, g.item_id
