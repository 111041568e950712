-- name: how_many
-- Answers that the last run knew.
select count(*) from people.reviews
