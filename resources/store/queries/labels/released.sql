-- name: pooled(batch: text, classes: integer)
-- What voters and student together say of the items of the batch.
select item_id, pooled from labels.student_opinions
where batch = $batch and len(pooled) = $classes order by item_id

-- name: spans(batch: text)
-- What voters and student give together, where answers are spans.
select item_id, together as label, together_confidence as confidence
from labels.student_opinions where batch = $batch and together is not null order by item_id

-- name: spans_reviewed(batch: text)
-- What was given of audited items of earlier batches before they were reviewed, and what people said.
select c.label as consensus, s.together, g.label as gold
from labels.student_opinions s
join labels.consensus c using (item_id, batch)
join people.gold g using (item_id, batch)
where g.origin = 'audit' and s.batch < $batch and s.together is not null and c.label is not null
order by s.batch, s.item_id

-- name: reviewed(batch: text, classes: integer)
-- What was said together of audited items of earlier batches before they were reviewed, and what people said.
select s.item_id, s.batch, s.pooled, g.label, g.probability
from labels.student_opinions s join people.gold g using (item_id, batch)
where g.origin = 'audit' and s.batch < $batch and len(s.pooled) = $classes
order by s.batch, s.item_id

-- name: labels(batch: text, run: text, stamp: text, decides_from: number)
-- Labels of consensus and student; where the first is undecided, a student not sure enough decides nothing. What a
-- cascade has proven of its own labels is kept by releasing those.
with said as (
    select
        c.item_id, c.batch, c.label as consensus, c.confidence as consensus_confidence,
        s.label as together, s.confidence as together_confidence,
        k.label as cascade, k.confidence as cascade_confidence
    from labels.consensus c
    left join together s using (item_id)
    left join votes.cascade k using (item_id, batch)
    where c.batch = $batch
)
select
    item_id, batch,
    case
        when cascade is not null then cascade
        when consensus is null and together_confidence >= $decides_from then together
        when consensus is null then null
        else coalesce(together, consensus)
    end as label,
    case
        when cascade is not null
            then coalesce(cascade_confidence, together_confidence, consensus_confidence, 0)
        when consensus is null and together_confidence >= $decides_from then together_confidence
        when consensus is null then null
        else coalesce(together_confidence, consensus_confidence)
    end as confidence,
    case
        when label is null then 'nobody'
        when cascade is not null then 'cascade'
        when label is distinct from consensus then 'student'
        else 'consensus'
    end as decided_by,
    $stamp as stamp,
    $run as run
from said
order by item_id
