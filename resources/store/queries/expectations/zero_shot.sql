-- name: mute(batch: text)
-- Voters that vote on nothing, with the most frequent reason.
select voter, mode(reason) as reason, count(*) as items,
  count(*) filter (reason = (select mode(reason) from votes.zero_shot_abstentions x
    where x.batch = $batch and x.voter = a.voter)) as often
from votes.zero_shot_abstentions a where batch = $batch
  and voter not in (select voter from votes.zero_shot where batch = $batch)
group by voter order by voter

-- name: unreadable(batch: text)
-- Pictures that a voter cannot look at, and why.
select voter, count(*) as failed, any_value(reason) as reason,
  (select count(*) from raw.items where batch = $batch) as items
from votes.zero_shot_abstentions where batch = $batch and starts_with(reason, 'image: ')
group by voter order by voter

-- name: unreadable_items(batch: text)
-- Items whose picture a voter cannot look at.
select voter, item_id, reason from votes.zero_shot_abstentions
where batch = $batch and starts_with(reason, 'image: ') order by voter, item_id
