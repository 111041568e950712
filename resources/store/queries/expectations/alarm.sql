-- name: series(batch: text)
-- What the alarms of a batch stand at, that of the labels first.
select * exclude (state, input) from quality.drift_series where batch = $batch
order by series <> 'labels', series
