-- name: open(batch: text)
-- How many items of the audit and the queue nobody has answered for what they were shown for.
select count(*) from people.planned p
anti join people.reviews r using (item_id, batch, origin)
where p.planned_in = $batch and p.origin <> 'rereview'
