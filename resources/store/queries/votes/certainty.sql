-- name: votes(batch: text, classes: texts)
-- The batch's votes of prompts and sources and those of earlier batches by the very same voters, where audited;
-- with what the voter gave and what the student found of the class that it named.
with speaking as (select distinct voter, version from votes.stated where batch = $batch),
audited as (
    select item_id, batch, label as gold, 1 / probability as weight
    from people.gold where batch < $batch and origin = 'audit'
)
select v.item_id, v.voter, v.label, v.stated, g.gold, g.weight, v.batch = $batch as now,
    case when len(o.calibrated) = len($classes)
        then o.calibrated[list_position($classes, v.label)] end as student
from votes.stated v semi join speaking using (voter, version)
left join labels.student_opinions o using (item_id, batch)
left join audited g using (item_id, batch)
where v.batch = $batch or g.gold is not null
order by v.batch, v.item_id, v.voter
