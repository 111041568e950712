-- name: audited(most: integer)
-- Audited items with a text, which no prompt shows as examples: in an order that favours none, and
-- is the same again.
select g.item_id, i.text, g.label from people.gold g join raw.items i using (item_id, batch)
where g.origin = 'audit' and coalesce(i.text, '') <> '' order by md5(g.item_id) limit $most

-- name: newest
-- The newest batch with items.
select max(batch) from raw.items
