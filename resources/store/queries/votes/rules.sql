-- name: items(batch: text)
-- Items of the batch, with all that rules may look at.
select item_id, text, image, time, metadata from raw.items where batch = $batch order by item_id

-- name: n_items(batch: text)
-- How many items the batch has.
select count(*) from raw.items where batch = $batch

-- name: images(batch: text)
-- Pictures of the batch's items, in the order of the items.
select image from raw.items where batch = $batch order by item_id

-- name: applied(batch: text)
-- Rules that the batch was put to, their versions then, and the hash of the items.
select voter, version, items_hash from votes.rule_versions where batch = $batch

-- name: make_edited
-- Keep in "edited" which rules of now_applied have another version than the same items met before.
create or replace temp table edited as
select a.voter, b.version as version_before, a.version as version_after
from now_applied a join votes.rule_versions b using (batch, voter, items_hash)
where a.version <> b.version

-- name: forget_changes(batch: text)
-- Take out what is noted of the edited rules.
delete from votes.rule_changes
where batch = $batch and voter in (select voter from edited)

-- name: note_changes(batch: text)
-- Note what an edited rule says otherwise in now_said; new items are no change of the rule.
insert into votes.rule_changes
select $batch, e.voter, e.version_before, e.version_after, item_id, o.label, n.label
from (
    select item_id, voter, label from votes.rules
    where batch = $batch and voter in (select voter from edited)
) o
full join (
    select item_id, voter, label from now_said where voter in (select voter from edited)
) n using (item_id, voter)
join edited e using (voter)
where o.label is distinct from n.label

-- name: fired(batch: text)
-- How many votes there are, of how many rules, on how many items.
select count(*) as votes, count(distinct voter) as fired, count(distinct item_id) as covered
from votes.rules where batch = $batch
