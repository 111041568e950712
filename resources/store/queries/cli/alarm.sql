-- name: series
-- What is watched, batch by batch, and whether an alarm fired there.
select batch, series, fired from quality.drift_series order by batch, series
