-- name: released(batches: texts)
-- Label and confidence of released items; confidence 0 where none was decided.
select item_id, batch, label, coalesce(confidence, 0) as confidence from labels.released
where list_contains($batches, batch)
