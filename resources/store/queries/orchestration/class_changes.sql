-- name: stamps
-- Stamps of the labels of every batch.
select batch, any_value(stamp) from labels.released group by batch

-- name: evidence
-- What the alarms of every batch rest on, as hashes.
select batch, any_value(input) from quality.drift_series group by batch
