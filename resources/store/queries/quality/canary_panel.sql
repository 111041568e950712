-- name: chosen
-- How many items the panel has.
select count(*) from people.canary_panel

-- name: gold_before(batch: text)
-- How much gold there is of earlier batches.
select count(*) from people.gold where batch < $batch

-- name: choose(batch: text, items: integer)
-- Choose the panel. Audit gold first: it was drawn at random. An order that favours nothing, and is
-- the same again.
insert into people.canary_panel
select item_id, batch, label, $batch from people.gold
where batch < $batch order by origin = 'queue', md5(item_id) limit $items

-- name: choose_examples(batch: text)
-- Choose what models may be shown: answers of earlier queues.
insert into people.canary_examples
select item_id, batch, label from people.gold
where batch < $batch and origin = 'queue'
    and item_id not in (select item_id from people.canary_panel) order by batch, item_id

-- name: panel(batch: text)
-- The panel, judged by gold as it is today; where a review was taken back, by what it was. An item
-- that has another text than was reviewed is not asked about.
select i.item_id, i.text, i.image, coalesce(g.label, p.label) as label
from people.canary_panel p join raw.items i using (item_id, batch)
left join people.gold g using (item_id, batch)
where p.chosen_for <= $batch and (g.label is not null or (p.item_id, p.batch) not in (
    select (item_id, batch) from people.reviews where aside)) order by i.item_id

-- name: examples
-- What models may be shown, without items that have another text than was reviewed.
select i.item_id, i.text, e.label
from people.canary_examples e join raw.items i using (item_id, batch)
where i.image is null and (e.item_id, e.batch) not in (
    select (item_id, batch) from people.reviews where aside) order by e.batch, e.item_id
