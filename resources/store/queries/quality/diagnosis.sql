-- name: batches_since(batch: text)
-- The batch and the released ones after it, in the order of time.
select distinct batch from labels.released where batch >= $batch order by batch

-- name: items(batches: texts)
-- What slices are cut by: texts, pictures and metadata.
select batch, item_id, text, image, metadata from raw.items where list_contains($batches, batch)
