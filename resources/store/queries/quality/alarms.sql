-- name: fired
-- Every series that ever fired, batch by batch, labels first.
select * exclude (state, input) from quality.drift_series
where series in (select series from quality.drift_series where fired)
order by batch, series <> 'labels', series
