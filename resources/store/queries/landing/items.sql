-- name: first_of_each_id(batch: text)
-- Items of the batch; where an id came more than once, its first row stands.
select item_id, batch, text, image, time, metadata
from raw.arrivals
where item_id in (select item_id from raw.arrivals where batch = $batch)
qualify row_number() over (partition by item_id order by file, row) = 1 and batch = $batch
order by item_id

-- name: how_many(batch: text)
-- Rows of the batch that arrived, and rows that were set aside.
select (select count(*) from raw.arrivals where batch = $batch) as arrived,
    (select count(*) from raw.quarantine where batch = $batch) as quarantined
