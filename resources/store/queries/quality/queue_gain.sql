-- name: reviewed(classes: integer, judges: integer)
-- Reviewed items with what they were reviewed for: the newest audits judge.
select g.item_id, g.batch, i.text, i.image, g.label, g.probability, c.posterior,
    case when g.origin = 'audit' then 'audit' when q.strategy = 'random' then 'random'
        else 'chosen' end as arm
from people.gold g
join raw.items i using (item_id, batch)
join labels.consensus c using (item_id, batch)
left join people.queue q using (item_id, batch)
where (g.origin = 'audit' or q.item_id is not null) and len(c.posterior) = $classes
qualify g.origin <> 'audit' or row_number() over (
    partition by g.origin order by g.batch desc, g.item_id) <= $judges
order by g.batch, g.item_id

-- name: taught(classes: integer, most: integer)
-- The newest items with votes that nobody reviewed.
select i.text, i.image, c.posterior from labels.consensus c join raw.items i using (item_id, batch)
anti join people.gold g using (item_id, batch)
where c.n_votes > 0 and len(c.posterior) = $classes
order by c.batch desc, c.item_id limit $most

-- name: before
-- What was measured last.
from quality.queue_gain

-- name: newest
-- The newest batch that has labels.
select max(batch) from labels.consensus

-- name: spent
-- Reviews, and the seconds that they took.
select count(*), coalesce(sum(seconds), 0) from people.reviews

-- name: curve
-- Reviews so far, and accuracy with its lower end, batch by batch.
select sum(count(r.review_id)) over (order by a.batch), any_value(a.accuracy), any_value(a.accuracy_low)
from quality.accuracy a left join people.reviews r using (batch)
where a.class = '(all)' and a.accuracy is not null group by a.batch order by a.batch

-- name: items
-- How many items there are.
select count(*) from raw.items

-- name: audited
-- How many audit items people settled.
select count(*) from people.gold where origin = 'audit'

-- name: stop_set(most: integer)
-- The newest items.
select text, image from raw.items order by batch desc, item_id limit $most
