-- name: audited
-- Every item that measures.
select item_id, batch from people.audit_sample

-- name: examples
-- Gold that may be shown to a model, with what people saw.
select g.item_id, g.batch, i.text, g.label
from people.gold g join raw.items i using (item_id, batch)
where g.origin = 'queue' and i.image is null order by g.batch, g.item_id
