-- name: unknown(batch: text)
-- How many answers are about items that are not in the batch.
select count(*) as answers, count(*) filter (where i.item_id is null) as unknown,
  count(*) filter (where i.item_id is null and a.item_id is null) as gone,
  unknown - gone as elsewhere
from people.reviews r left join raw.items i using (item_id, batch)
left join (select distinct item_id from raw.arrivals) a using (item_id) where r.batch = $batch

-- name: unknown_items(batch: text)
-- Answers about items that are not in the batch, and where those are.
select r.review_id, r.item_id, r.reviewer, a.batch as now_in, a.file from people.reviews r
anti join raw.items i using (item_id, batch)
left join (from raw.arrivals qualify row_number() over (partition by item_id
  order by file, row) = 1) a using (item_id)
where r.batch = $batch order by r.review_id

-- name: aside(batch: text)
-- How many answers are about what an item was.
select count(*) as answers, count(*) filter (where aside) as aside
from people.reviews where batch = $batch

-- name: aside_items(batch: text)
-- Answers about what an item was.
select review_id, item_id, reviewer from people.reviews where batch = $batch and aside
order by review_id

-- name: hasty(batch: text)
-- How many answers took less than a fifth of a second.
select count(*) as answers, count(*) filter (where seconds < 0.2) as hasty,
  coalesce(hasty / nullif(answers, 0), 0.0) as share
from people.reviews where batch = $batch and seconds > 0

-- name: hasty_reviewers(batch: text)
-- Who answered in less than a fifth of a second, and how often.
select reviewer, count(*) as hasty from people.reviews
where batch = $batch and seconds > 0 and seconds < 0.2
group by reviewer order by hasty desc
