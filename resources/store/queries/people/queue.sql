-- name: items(batch: text)
-- Items of the batch, what is believed of each, and whether it is audited, and labelled by anybody.
select i.item_id, i.text, i.image, c.posterior, coalesce(s.pooled, c.posterior) as believed,
    coalesce(s.calibrated, c.posterior) as student,
    a.item_id is not null as audited,
    c.label is null as silent, s.pooled is not null as taught
from raw.items i
join labels.consensus c using (item_id, batch)
left join labels.student_opinions s using (item_id, batch)
left join people.audit_sample a using (item_id, batch)
where i.batch = $batch order by i.item_id

-- name: votes(batch: text)
-- Votes that teach, on these items, by their places.
with numbered as (
    select item_id, row_number() over (order by i.item_id) - 1 as item
    from raw.items i join labels.consensus c using (item_id, batch) where i.batch = $batch
)
select n.item, v.voter, v.label, v.confidence
from votes.every v join numbered n using (item_id)
where v.batch = $batch and v.family <> 'student' order by n.item, v.voter
