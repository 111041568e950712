-- name: released
-- Label and confidence of the items of a lent table, in its order; confidence 0 where none was decided.
select r.label, coalesce(r.confidence, 0) as confidence
from asked a left join labels.released r using (item_id, batch) order by a.item
