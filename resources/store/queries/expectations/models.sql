-- name: confidences(batch: text)
-- Confidences of votes; -1 for what is no number.
select item_id, voter, if(isnan(confidence), -1, confidence) as confidence
from votes.models where batch = $batch

-- name: unread(batch: text)
-- How many answers of a voter name no class.
select voter, parse_failures as unread, calls + cached as answers,
  unread / greatest(answers, 1) as share
from votes.model_use where batch = $batch order by voter

-- name: silent(batch: text)
-- Items on which a voter is silent, and why.
select voter, item_id, reason from votes.model_abstentions where batch = $batch
order by voter, item_id

-- name: complete(batch: text)
-- Why a voter was not asked about every item.
select voter, why from votes.model_use where batch = $batch order by voter

-- name: failed(batch: text)
-- How many questions of a voter end in no answer, and why.
select voter, failed, failure from votes.model_use where batch = $batch order by voter

-- name: advice(batch: text)
-- What a prompt should say otherwise.
select voter, advice from votes.model_use where batch = $batch order by voter

-- name: refused(batch: text)
-- How many answers of a voter are refusals.
select voter, refusals as refused, calls + cached as answers,
  refused / greatest(answers, 1) as share
from votes.model_use where batch = $batch order by voter

-- name: cost(batch: text)
-- What a voter cost beside what was quoted at worst.
select voter, cost_usd, quoted_usd, cost_usd / quoted_usd as share
from votes.model_use where batch = $batch and quoted_usd > 0 order by voter
