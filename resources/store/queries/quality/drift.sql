-- name: inputs
-- What the stored evidence of each batch rests on.
select batch, any_value(input) from quality.drift_series group by batch

-- name: states(batch: text)
-- How each series stood after a batch.
select series, state from quality.drift_series where batch = $batch
