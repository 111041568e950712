-- name: watched
-- Batches whose evidence of drift is known, in the order of time.
select distinct batch from quality.drift_series order by batch

-- name: standing
-- After which batches the alarm of a rule stands.
select batch, substr(series, 7) as voter, fired from quality.drift_series
where alarm and starts_with(series, 'voter/rule/') order by batch, voter
