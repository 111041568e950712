-- name: planned(batch: text)
-- What was put up for review with a batch.
select item_id, batch, origin from people.planned where planned_in = $batch
