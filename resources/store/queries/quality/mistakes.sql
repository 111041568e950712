-- name: previews(batches: texts, item_ids: texts)
-- Text and picture of items.
select batch, item_id, text, image from raw.items
where list_contains($batches, batch) and list_contains($item_ids, item_id)
