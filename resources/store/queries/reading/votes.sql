-- name: make_window(batch: text, least: integer, old_gold: integer)
-- Number the items of the batch and of those before it, as many as it has and so many at least, and
-- older gold. A batch that reaches further back than the window is in it with items chance picked.
create or replace temp table window_items as
with own as (
    select greatest(count(*), $least) as most from raw.items where batch = $batch
),
sizes as (
    select batch, count(*) as items, sum(count(*)) over (order by batch desc) - count(*) as newer
    from raw.items where batch < $batch group by batch
),
near as (
    select i.item_id, i.batch, i.text, i.image
    from raw.items i join sizes s using (batch) cross join own
    where s.newer + s.items <= own.most
    union all
    select i.item_id, i.batch, i.text, i.image
    from raw.items i join sizes s using (batch) cross join own
    where s.newer < own.most and s.newer + s.items > own.most
    qualify s.newer + row_number() over (partition by i.batch order by md5(i.item_id)) <= own.most
),
reviewed as (
    select i.item_id, i.batch, i.text, i.image
    from raw.items i join people.gold g using (item_id, batch)
    anti join near using (item_id, batch)
    where g.batch < $batch order by g.batch desc, g.item_id limit $old_gold
)
select item_id, batch, text, image, row_number() over (order by batch, item_id) - 1 as item
from (
    from near union all from reviewed
    union all select item_id, batch, text, image from raw.items where batch = $batch
)

-- name: items
-- Items of the window in the order of their numbers.
select item_id, batch, text, image from window_items order by item

-- name: votes
-- Votes that teach, on the items of the window.
select w.item, v.voter, v.label, v.confidence
from votes.every v join window_items w using (item_id, batch)
where v.family <> 'student' order by w.item, v.voter

-- name: gold(batch: text)
-- Gold of the window's earlier batches.
select w.item, g.item_id, g.label, g.probability, g.origin
from people.gold g join window_items w using (item_id, batch)
where g.batch < $batch order by w.item
