-- name: set_aside(batch: text)
-- How many rows of a batch are in quarantine.
with of as (
  select (select count(*) from raw.quarantine where batch = $batch) as set_aside,
    (select count(*) from raw.arrivals where batch = $batch)
    + (select count(*) from raw.quarantine where batch = $batch and kind <> 'duplicate') as rows
)
select *, coalesce(set_aside / nullif(rows, 0), 0.0) as set_aside_share from of

-- name: set_aside_rows(batch: text)
-- Rows of a batch in quarantine.
select file, row, field, reason from raw.quarantine where batch = $batch order by file, row
