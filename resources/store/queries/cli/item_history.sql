-- name: arrived(item: text)
-- Files and rows that an item came in: where an id came twice, the first row stands.
select file, row, batch, time, text, image from raw.arrivals where item_id = $item
order by file, row

-- name: suspects(item: text)
-- Rows that were set aside and name an item, or hold its id somewhere.
select q.file, q.row, q.batch, q.field, q.reason, q.content, q.kind
from raw.quarantine q
left join raw.arrivals a on q.kind = 'duplicate' and a.file = q.file and a.row = q.row
where a.item_id = $item or q.kind <> 'duplicate' and contains(q.content, $item)
order by q.file, q.row

-- name: consensus(item: text, batch: text)
-- What the voters say together of an item.
select label, confidence, posterior, n_votes, version from labels.consensus
where item_id = $item and batch = $batch

-- name: released(item: text, batch: text)
-- What was released of an item.
select label, confidence, decided_by, stamp, run from labels.released
where item_id = $item and batch = $batch

-- name: student(item: text, batch: text)
-- What the student says of an item.
select calibrated, pooled from labels.student_opinions
where item_id = $item and batch = $batch

-- name: gold(item: text, batch: text)
-- What people settled on.
select label, origin, probability, reviews from people.gold
where item_id = $item and batch = $batch

-- name: audit(item: text, batch: text)
-- How an item was drawn for the audit.
select draw, probability, population from people.audit_sample
where item_id = $item and batch = $batch

-- name: queue(item: text, batch: text)
-- Why an item stands in the queue.
select rank, strategy, why from people.queue
where item_id = $item and batch = $batch

-- name: votes(item: text, batch: text)
-- Who said what of an item, students last.
select v.voter, v.version, v.label, v.confidence, c.probability, c.source, v.run
from votes.every v
left join (select item_id, batch, voter, probability, source from votes.certainty) c
    using (item_id, batch, voter)
where item_id = $item and batch = $batch
order by split_part(voter, '/', 1) = 'student', voter

-- name: silent(item: text, batch: text)
-- Who said nothing of an item, and why.
with failed as (
    select voter, message as reason from votes.rule_failures
    where item_id = $item and batch = $batch
    union all
    select voter, reason from votes.abstentions where item_id = $item and batch = $batch
),
spoke as (select voter from votes.every where item_id = $item and batch = $batch)
select voter, reason from failed
union all
select voter, 'did not match' from votes.rule_versions
where batch = $batch
    and voter not in (select voter from failed union all select voter from spoke)
order by voter

-- name: alike(item: text, likeness: number)
-- Ids like one that there is not, by their likeness (Jaro-Winkler).
select item_id from (
    select distinct item_id, jaro_winkler_similarity(item_id, $item) as alike from raw.arrivals
)
where alike >= $likeness order by alike desc, item_id limit 3
