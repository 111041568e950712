-- name: measured
-- Stamps of the labels of every batch that was measured.
select batch, any_value(stamp) from labels.released
where batch in (select batch from quality.drift) group by batch

-- name: cut_short
-- Batches that are not through: what they wait for, and whose questions were not all asked.
select batch, string_agg(coalesce(waits_for, ''), ' '),
    coalesce(list(voter) filter (where partial), [])
from votes.model_use where partial or waiting > 0 group by batch

-- name: students
-- Batches with a student, whose file has to stand.
select distinct batch from votes.student

-- name: labelled
-- Batches with labels, in the order of time.
select distinct batch from labels.released order by batch

-- name: newest
-- The newest batch with labels.
select max(batch) from labels.released

-- name: read_otherwise
-- Batches whose answers are others than when they were read: new ones came, items have another text,
-- or the store was put back from a backup.
with told as (select batch, review_id, "at", aside from answers_given),
    known as (select batch, review_id, "at", coalesce(aside, false) from people.reviews)
select distinct batch
from ((from told except from known) union all (from known except from told))

-- name: not_in_sample
-- Batches whose sample lacks items that were declared to be drawn at random.
select distinct d.batch
from drawn d join labels.released r using (item_id, batch)
where r.label is not null
    and not exists (from people.audit_sample a where a.item_id = d.item_id and a.batch = d.batch)
    and not exists (from people.audit_design g where g.batch = d.batch and g.design <> 'uniform')

-- name: measured_otherwise
-- Batches that an earlier version measured, which called all classes together otherwise.
select batch from quality.accuracy group by batch having not bool_or(class = '(all)')
