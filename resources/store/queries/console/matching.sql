-- name: candidates
-- Items that have one of the ids or texts in "wanted".
select i.item_id, i.batch, i.text, i.image from raw.items i
where i.item_id in (select item_id from wanted) or i.text in (select text from wanted)
    or trim(i.text) in (select text from wanted)
order by i.batch, i.item_id

-- name: sizes
-- Items of every batch.
select batch, count(*) from raw.items group by batch
