-- name: carried
-- How many changes of classes the tables are carried over to; null at first.
select max(carried) from quality.class_changes

-- name: apply_again(gone: texts)
-- Forget that rules were applied whose votes go: the same rule may vote for the name again.
delete from votes.rule_versions as v where exists (
    select 1 from votes.rules as r
    where r.batch = v.batch and r.voter = v.voter and list_contains($gone, r.label)
)

-- name: forget_hints
-- Take out the shifts that were seen in what voters say of classes, and where they disagree.
delete from quality.early_warnings
where starts_with(signal, 'voter/') or signal in ('conflict', 'undecided', 'estimated_accuracy')
