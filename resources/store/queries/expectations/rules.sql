-- name: votes(batch: text)
-- How many votes rules gave, where there are any rules.
select (select count(*) from votes.rules where batch = $batch) as votes,
  (select count(*) from raw.items where batch = $batch) as items
where exists (from votes.rule_versions where batch = $batch)

-- name: failed(batch: text)
-- How often a rule failed.
with of as (select count(*) as items from raw.items where batch = $batch)
select voter, count(*) as failed, any_value(message) as message, items,
  count(*) / items as failed_share
from votes.rule_failures cross join of where batch = $batch group by voter, items order by voter

-- name: failed_items(batch: text)
-- Items on which a rule failed.
select voter, item_id, message from votes.rule_failures where batch = $batch
order by voter, item_id
