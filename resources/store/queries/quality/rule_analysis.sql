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
-- queue, and the newest.
select i.text, c.posterior, coalesce(v.said, []) as said,
    case when g.origin = 'queue' then g.label end as gold
from raw.items i
join labels.consensus c using (item_id, batch)
left join people.gold g using (item_id, batch)
left join (
    select item_id, batch, list(distinct label) as said from votes.rules group by all
) v using (item_id, batch)
where len(c.posterior) = $classes
qualify g.origin = 'queue'
    or row_number() over (order by i.batch desc, hash(i.item_id), i.item_id) <= $most
order by i.batch, i.item_id

-- name: span_texts(most: integer)
-- Texts with the spans that are given, what rules mark, and what the queue's reviews settled on.
select i.text, r.label as given, coalesce(v.said, []) as said,
    case when g.origin = 'queue' then g.label end as gold
from raw.items i
join labels.released r using (item_id, batch)
left join people.gold g using (item_id, batch)
left join (
    select item_id, batch, list(distinct label) as said from votes.rules group by all
) v using (item_id, batch)
where r.label is not null
qualify g.origin = 'queue'
    or row_number() over (order by i.batch desc, hash(i.item_id), i.item_id) <= $most
order by i.batch, i.item_id
