-- name: labelled
-- Batches with released labels, in the order of time.
select distinct batch from labels.released order by batch

-- name: batches
-- Batches with items.
select distinct batch from raw.items order by batch

-- name: queue_gold
-- What people settled on for items of the queue, with what there is to read; it measures nothing.
select g.item_id, g.batch, i.text, g.label
from people.gold g join raw.items i using (item_id, batch)
where g.origin = 'queue' and trim(coalesce(i.text, '')) <> ''
order by g.batch, g.item_id

-- name: open_texts(most: integer)
-- Texts on which rules say nothing or not the same and nobody was asked, the newest batches' first.
select i.item_id, i.text
from raw.items i
left join votes.rules r using (item_id, batch)
where trim(coalesce(i.text, '')) <> ''
    and i.item_id not in (
        select item_id from people.audit_sample union select item_id from people.canary_panel
        union select item_id from people.gold
    )
group by i.item_id, i.batch, i.text
having count(distinct r.label) <> 1
order by i.batch desc, md5(i.item_id) limit $most

-- name: items(batch: text)
-- Items of a batch, for patterns to be looked for.
select item_id, text from raw.items where batch = $batch order by item_id

-- name: votes_of_rules(batch: text)
-- What the rules that there are said of a batch.
select item_id, voter, label from votes.rules where batch = $batch
