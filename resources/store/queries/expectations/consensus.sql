-- name: posterior_totals(batch: text)
-- What the probabilities of an item add up to; -1 for what is no number.
select item_id, coalesce(nullif(list_sum(posterior), 'nan'), -1) as total from labels.consensus
where batch = $batch

-- name: posterior_range(batch: text)
-- The probability of each item that is furthest from a half; -1 for what is no number.
select item_id, coalesce(nullif(list_max(list_transform(posterior, p -> greatest(p, 1 - p))), 'nan'), -1)
    as furthest
from labels.consensus where batch = $batch

-- name: overruled(batch: text)
-- How many items on which all voters agree are labelled otherwise.
with said as (select item_id, label from votes.every where batch = $batch and family <> 'student'),
one_voice as (select item_id, any_value(label) as label from said group by item_id
  having count(*) > 1 and count(distinct label) = 1)
select count(*) as agreed,
  count(*) filter (where c.label is distinct from one_voice.label) as overruled,
  coalesce(overruled / nullif(agreed, 0), 0.0) as overruled_share
from one_voice join labels.consensus c using (item_id) where c.batch = $batch

-- name: overruled_items(batch: text)
-- Items on which all voters agree and that are labelled otherwise.
with said as (
  select item_id, label, voter from votes.every where batch = $batch and family <> 'student'),
one_voice as (select item_id, any_value(label) as voted, string_agg(voter, ' ' order by voter) as voters
  from said group by item_id having count(*) > 1 and count(distinct label) = 1)
select item_id, voted, c.label as consensus, voters
from one_voice join labels.consensus c using (item_id)
where c.batch = $batch and c.label is distinct from voted order by item_id

-- name: lost(batch: text)
-- How many items have no consensus.
select count(*) as lost from raw.items i anti join labels.consensus c using (item_id, batch)
where i.batch = $batch

-- name: lost_items(batch: text)
-- Items without a consensus.
select item_id from raw.items i anti join labels.consensus c using (item_id, batch)
where i.batch = $batch order by item_id
