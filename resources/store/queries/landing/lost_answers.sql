-- name: how_many
-- Votes of models that the last run knew.
select count(*) from votes.models
