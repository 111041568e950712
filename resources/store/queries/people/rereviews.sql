-- name: gold(batch: text, classes: integer, most: integer)
-- The newest gold of earlier batches, and what a student says that had not seen it.
select g.item_id, g.batch, g.label, s.calibrated, s.together
from people.gold g join labels.student_opinions s using (item_id, batch)
where g.batch < $batch and len(s.calibrated) = $classes
order by g.batch desc, g.item_id limit $most

-- name: labels(batch: text, classes: integer)
-- The same of the labels of the batch.
select r.item_id, r.batch, r.label, s.calibrated, s.together
from labels.released r join labels.student_opinions s using (item_id, batch)
where r.batch = $batch and r.label is not null and len(s.calibrated) = $classes
order by r.item_id

-- name: asked(batch: text)
-- Items that people are asked about anyway, or were asked about again before.
select item_id, batch from people.rereviews where found_in < $batch
union all select item_id, batch from people.audit_sample where batch = $batch
union all select item_id, batch from people.queue where batch = $batch
