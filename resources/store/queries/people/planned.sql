-- name: of_batch(batch: text)
-- Items of audit and queue, as they are put up for review.
select a.item_id, a.batch, 'audit' as origin, 0.0 as priority, i.text, i.image, a.probability
from people.audit_sample a join raw.items i using (item_id, batch) where a.batch = $batch
union all by name
select q.item_id, q.batch, 'queue' as origin, -q.rank::double as priority, i.text, i.image,
    q.probability
from people.queue q join raw.items i using (item_id, batch) where q.batch = $batch

-- name: doubted(batch: text)
-- Items whose answer or label was disputed with the batch, as they are put up again.
select d.item_id, d.batch, 'rereview' as origin, d.score - 1 as priority, i.text, i.image
from people.rereviews d join raw.items i using (item_id, batch) where d.found_in = $batch
