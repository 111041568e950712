-- name: batches_until(batch: text)
-- The batch and the released ones before it, in the order of time.
select distinct batch from labels.released where batch <= $batch order by batch

-- name: items(batches: texts)
-- Released items with consensus, audit design, draw and gold. Undecided items are not drawn from:
-- nothing was released for them that could be wrong.
select r.batch, r.item_id, r.label, r.confidence, c.label as consensus,
    c.confidence as consensus_confidence,
    coalesce(d.stratum, 0) as stratum, coalesce(d.planned, 0) as planned,
    coalesce(d.predicted_error, 1 - r.confidence) as predicted_error,
    a.draw, g.label as gold
from labels.released r
left join labels.consensus c using (item_id, batch)
left join people.audit_design d using (item_id, batch)
left join people.audit_sample a using (item_id, batch)
left join people.gold g using (item_id, batch)
where list_contains($batches, r.batch) and r.label is not null
order by r.batch, r.item_id

-- name: sizes(batches: texts)
-- How many labels were released of some batches, in the order of time.
select batch, count(*) from labels.released
where list_contains($batches, batch) and label is not null group by batch order by batch

-- name: votes(batches: texts)
-- What every voter, students included, says of the items of some batches.
select batch, item_id, voter, version, label from votes.every where list_contains($batches, batch)
