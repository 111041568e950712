-- name: labelled
-- Batches with released labels, in the order of time.
select distinct batch from labels.released order by batch

-- name: batches
-- Batches with items.
select distinct batch from raw.items order by batch

-- name: queue_gold
-- What people settled on for items of the queue, with what there is to read; it measures nothing, nor
-- does an item with the same text.
with measuring as (
    select item_id from people.audit_sample union select item_id from people.canary_panel
)
select g.item_id, g.batch, i.text, g.label
from people.gold g join raw.items i using (item_id, batch)
where g.origin = 'queue' and trim(coalesce(i.text, '')) <> ''
    and i.text not in (select text from raw.items join measuring using (item_id) where text is not null)
order by g.batch, g.item_id

-- name: open_texts(most: integer)
-- Texts on which rules say nothing or not the same and nobody was asked, the newest batches' first.
with seen as (
    select item_id from people.audit_sample union select item_id from people.canary_panel
    union select item_id from people.gold
)
select min(i.item_id) as item_id, i.text
from raw.items i
left join votes.rules r using (item_id, batch)
where trim(coalesce(i.text, '')) <> ''
    and i.text not in (select text from raw.items join seen using (item_id) where text is not null)
group by i.text
having count(distinct r.label) <> 1
order by max(i.batch) desc, md5(i.text) limit $most

-- name: votes_of_rules(batch: text)
-- What the rules that there are said of a batch.
select item_id, voter, label from votes.rules where batch = $batch
