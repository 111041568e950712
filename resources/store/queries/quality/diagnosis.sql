-- name: batches_since(batch: text)
-- The batch and the released ones after it, in the order of time.
select distinct batch from labels.released where batch >= $batch order by batch

-- name: items(batches: texts)
-- What slices are cut by, of the items that quality is judged on: texts, pictures and metadata.
select coalesce(i.text, '') as text, i.image, i.metadata
from labels.released r left join raw.items i using (item_id, batch)
where list_contains($batches, r.batch) and r.label is not null
order by r.batch, r.item_id
