-- name: votes
-- What every rule said.
select item_id, voter, version, label from votes.rules

-- name: failures
-- Items on which a rule failed.
select substr(voter, 6) as rule, item_id, message from votes.rule_failures

-- name: edits
-- What rules say otherwise since they were edited.
select substr(voter, 6) as rule, version_before, version_after, count(*) as items,
    count(*) filter (where label_before is null) as gained,
    count(*) filter (where label_after is null) as lost,
    count(*) filter (where label_before is not null and label_after is not null) as other_class,
    array_to_string(list(item_id order by item_id)[:3], ', ') as for_example
from votes.rule_changes group by all order by items desc, rule

-- name: measured
-- Accuracy of rules over all batches.
select substr(series, 12) as rule, reviewed as gold, reviewed - errors as correct, accuracy,
    accuracy_low, accuracy_high
from quality.overall
where series like 'voter/rule/%' and version is null and class = '(all)' and reviewed > 0

-- name: items
-- How many items there are.
select count(*) as items from raw.items

-- name: texts(classes: integer, most: integer)
-- Texts with their posterior, what rules say, and what the queue's reviews settled on: those of the
-- queue, and the newest. Chosen by their keys, before anything that takes memory is joined.
with judged as (
    select item_id, batch
    from raw.items semi join (
        select item_id, batch from labels.consensus where len(posterior) = $classes
    ) using (item_id, batch)
),
chosen as (
    (from judged order by batch desc, hash(item_id), item_id limit $most)
    union
    (from judged semi join (from people.gold where origin = 'queue') using (item_id, batch))
)
select i.text, c.posterior, coalesce(v.said, []) as said,
    case when g.origin = 'queue' then g.label end as gold
from chosen
join raw.items i using (item_id, batch)
join labels.consensus c using (item_id, batch)
left join people.gold g using (item_id, batch)
left join (
    select item_id, batch, list(distinct label) as said
    from votes.rules semi join chosen using (item_id, batch) group by all
) v using (item_id, batch)
order by batch, item_id

-- name: span_texts(most: integer)
-- Texts with the spans that are given, what rules mark, and what the queue's reviews settled on.
with judged as (
    select item_id, batch
    from raw.items semi join (
        select item_id, batch from labels.released where label is not null
    ) using (item_id, batch)
),
chosen as (
    (from judged order by batch desc, hash(item_id), item_id limit $most)
    union
    (from judged semi join (from people.gold where origin = 'queue') using (item_id, batch))
)
select i.text, r.label as given, coalesce(v.said, []) as said,
    case when g.origin = 'queue' then g.label end as gold
from chosen
join raw.items i using (item_id, batch)
join labels.released r using (item_id, batch)
left join people.gold g using (item_id, batch)
left join (
    select item_id, batch, list(distinct label) as said
    from votes.rules semi join chosen using (item_id, batch) group by all
) v using (item_id, batch)
order by batch, item_id
