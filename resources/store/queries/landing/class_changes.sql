-- name: carried
-- How many changes of classes the tables are carried over to; null at first.
select max(carried) from quality.class_changes

-- name: apply_again(gone: texts)
-- Forget that rules were applied whose votes go: the same rule may vote for the name again.
delete from votes.rule_versions as v where exists (
    select 1 from votes.rules as r
    where r.batch = v.batch and r.voter = v.voter and list_contains($gone, r.label)
)
