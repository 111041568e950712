-- name: items_hash(batch: text)
-- Hash of all that anybody reads of a batch's items; nothing there is another than empty.
select coalesce(md5(string_agg(concat(
    coalesce(item_id::varchar, chr(29)), chr(31), coalesce(text::varchar, chr(29)), chr(31),
    coalesce(image::varchar, chr(29)), chr(31), coalesce(time::varchar, chr(29)), chr(31),
    coalesce(metadata::varchar, chr(29))
), chr(30) order by item_id)), 'none')
from (
    select * from raw.arrivals
    where item_id in (select item_id from raw.arrivals where batch = $batch)
    qualify row_number() over (partition by item_id order by file, row) = 1 and batch = $batch
)

-- name: items_hashes
-- The same of every batch that has items.
select batch, md5(string_agg(concat(
    coalesce(item_id::varchar, chr(29)), chr(31), coalesce(text::varchar, chr(29)), chr(31),
    coalesce(image::varchar, chr(29)), chr(31), coalesce(time::varchar, chr(29)), chr(31),
    coalesce(metadata::varchar, chr(29))
), chr(30) order by item_id))
from (from raw.arrivals qualify row_number() over (partition by item_id order by file, row) = 1)
group by batch

-- name: landed_hash(batch: text)
-- The same of the items that have landed as the batch.
select coalesce(md5(string_agg(concat(
    coalesce(item_id::varchar, chr(29)), chr(31), coalesce(text::varchar, chr(29)), chr(31),
    coalesce(image::varchar, chr(29)), chr(31), coalesce(time::varchar, chr(29)), chr(31),
    coalesce(metadata::varchar, chr(29))
), chr(30) order by item_id)), 'none')
from raw.items where batch = $batch

-- name: batches
-- Batches that have items: where an id comes again in another batch, its first row stands.
select distinct batch from (
    from raw.arrivals qualify row_number() over (partition by item_id order by file, row) = 1
) order by batch

-- name: images(batch: text)
-- Pictures of a batch's items.
select image from raw.arrivals
where batch = $batch and image is not null order by item_id, file, row

-- name: labelled
-- Hash of every batch's stamp.
select md5(string_agg(distinct batch || stamp, ' ' order by batch || stamp)) from labels.released

-- name: measured
-- Hash of what was measured of every batch.
select md5(string_agg(batch || state, ' ' order by batch)) from quality.drift

-- name: watched
-- Hash of what the alarm of labels rests on.
select md5(string_agg(batch || input, ' ' order by batch)) from quality.drift_series
where series = 'labels'

-- name: asked
-- Hash of the canary's verdicts.
select md5(string_agg(round || version || verdict, ' ' order by round, version)) from quality.canary

-- name: set_aside
-- Hash of the rows in quarantine.
select md5(string_agg(concat_ws(' ', file, row, field, reason), chr(30) order by file, row, reason))
from raw.quarantine

-- name: other_texts
-- Hash of the reviews whose items have another text now.
select md5(string_agg(review_id, ' ' order by review_id)) from people.reviews where aside
