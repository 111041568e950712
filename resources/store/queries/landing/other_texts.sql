-- name: as_they_stand
-- The items in "known" as they landed.
select item_id, batch, text, image from raw.arrivals
where item_id in (select item_id from known)
qualify row_number() over (partition by item_id order by file, row) = 1

-- name: forget_gold
-- Take out what answers settled on of the items in "turned".
delete from people.gold where (item_id, batch) in (select (item_id, batch) from turned)

-- name: by_batch
-- Answers that are set aside, as they are published.
select batch, count(*) as answers, count(distinct item_id) as items
from people.reviews where aside group by batch order by batch
