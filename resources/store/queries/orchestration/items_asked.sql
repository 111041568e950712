-- name: items
-- All items.
select item_id, batch, text, image, metadata from raw.items order by batch, item_id
