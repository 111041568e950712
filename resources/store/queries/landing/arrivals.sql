-- name: files
-- Files that were read, as they were then, and how they were read.
select file, size_bytes, modified_ns, reading from raw.files

-- name: how_many
-- Rows that arrived.
select count(*) from raw.arrivals

-- name: set_duplicates_aside(id: text)
-- Of rows with one id the first stands; another that is the same, in the same batch, is no fault.
insert into raw.quarantine
select file, row, batch, $id, 'the same id' || case
        when text is distinct from f.text then ' with another text'
        when image is distinct from f.image then ' with another image'
        when metadata is distinct from f.metadata then ' with other columns'
        else '' end
    || ' stands in ' || f.file || ', row ' || f.row
    || if(batch <> f.batch, ', and counts in batch ' || f.batch, ''),
    coalesce(nullif(text, ''), image), 'duplicate'
from (
    select *, first_value(a) over (partition by item_id order by file, row) as f
    from raw.arrivals as a
)
where (text, image, metadata, batch) is distinct from (f.text, f.image, f.metadata, f.batch)
