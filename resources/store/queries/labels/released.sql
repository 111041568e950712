-- name: labels(batch: text, run: text, stamp: text, classes: texts, decides_from: number)
-- Labels of consensus and student; where the first is undecided, a student not sure enough decides nothing.
with said as (
    select
        c.item_id, c.batch, c.label as consensus, c.confidence as consensus_confidence,
        $classes[list_position(s.pooled, list_max(s.pooled))] as together,
        list_max(s.pooled) as together_confidence
    from labels.consensus c
    left join labels.student_opinions s using (item_id, batch)
    where c.batch = $batch
)
select
    item_id, batch,
    case
        when consensus is null and together_confidence >= $decides_from then together
        when consensus is null then null
        else coalesce(together, consensus)
    end as label,
    case
        when consensus is null and together_confidence >= $decides_from then together_confidence
        when consensus is null then null
        else coalesce(together_confidence, consensus_confidence)
    end as confidence,
    case
        when label is null then 'nobody'
        when label is distinct from consensus then 'student'
        else 'consensus'
    end as decided_by,
    $stamp as stamp,
    $run as run
from said
order by item_id
