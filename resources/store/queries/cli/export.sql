-- name: with_items
-- Labels with the text and the picture of their items.
select l.*, i.text, i.image from labels_to_export l left join raw.items i using (item_id, batch)
order by l.batch, l.item_id
