-- name: batches
-- Batches of which labels were released, in the order of time.
select distinct batch from labels.released order by batch

-- name: answers
-- What reviewers say now of items whose text is the one they saw; hidden gold and last words, which
-- are asked of one person alone, say nothing of agreement.
select item_id || chr(31) || batch as item, reviewer, label from people.reviews
where outcome = 'label' and not superseded and not coalesce(aside, false)
    and origin not in ('check', 'adjudicate')

-- name: model_answers
-- What models say of the items that reviewers answered.
select item_id || chr(31) || batch as item, voter, label from votes.models
semi join (
    select distinct item_id, batch from people.reviews
    where outcome = 'label' and not superseded and not coalesce(aside, false)
        and origin not in ('check', 'adjudicate')
) using (item_id, batch)
