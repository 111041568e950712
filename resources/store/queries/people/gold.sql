-- name: answers(batch: text)
-- Answers about an item as it is now, and whether it was drawn for the audit.
select r.item_id, r.batch, r.reviewer, r.outcome, r.label, r.origin, r.review_id,
    a.item_id is not null as audited
from people.reviews r left join people.audit_sample a using (item_id, batch)
where r.batch = $batch and not coalesce(r.aside, false)

-- name: gold
-- What is settled in "settled", and how the item was drawn.
select s.item_id, s.batch, s.label, case when a.item_id is not null then 'audit' else 'queue' end as origin,
    a.probability, s.reviews
from settled s left join people.audit_sample a using (item_id, batch)
where s.label is not null order by s.item_id
