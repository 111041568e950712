-- one row a class: precision and recall of the released labels over all audits.
-- Weights are 1 / probability, intervals are Wilson's at the effective number of reviews.
with weighed as (

    select released, gold, 1 / probability as w from {{ ref('stg_audit') }}

),

classes as (

    select released as label from weighed
    union
    select gold from weighed

),

counted as (

    select
        c.label,
        count(*) filter (where w.released = c.label or w.gold = c.label) as reviewed,
        sum(w.w) filter (where w.released = c.label and w.gold = c.label) as hit,
        sum(w.w) filter (where w.released = c.label) as said,
        sum(w.w) filter (where w.gold = c.label) as there,
        coalesce(sum(w.w) filter (where w.released = c.label) ^ 2
            / sum(w.w ^ 2) filter (where w.released = c.label), 0) as said_effective,
        coalesce(sum(w.w) filter (where w.gold = c.label) ^ 2
            / sum(w.w ^ 2) filter (where w.gold = c.label), 0) as there_effective
    from classes as c
    cross join weighed as w
    group by c.label

),

shares as (

    select
        *,
        coalesce(hit, 0) / said as precision_point,
        coalesce(hit, 0) / there as recall_point
    from counted

)

select
    label,
    reviewed,
    precision_point as "precision",
    {{ wilson('precision_point * said_effective', 'said_effective', 'low') }} as precision_low,
    {{ wilson('precision_point * said_effective', 'said_effective', 'high') }} as precision_high,
    recall_point as recall,
    {{ wilson('recall_point * there_effective', 'there_effective', 'low') }} as recall_low,
    {{ wilson('recall_point * there_effective', 'there_effective', 'high') }} as recall_high
from shares
order by label
