-- name: by_reason
-- Rows set aside: reasons that differ only in what they quote and count are one, told by its first case.
select coalesce(field, '') as field, kind, count(*) as rows, count(distinct file) as files,
    arg_min(file, (file, row)) as first_file, arg_min(row, (file, row)) as first_row,
    arg_min(reason, (file, row)) as reason
from raw.quarantine
group by field, kind, regexp_replace(
        regexp_replace(reason, chr(39) || '[^' || chr(39) || ']*' || chr(39), '*', 'g'),
        '[0-9][0-9,.]*', '*', 'g')
order by rows desc, first_file, first_row

-- name: every_row
-- Rows set aside, as they stand in the files.
select file, row, batch, field, kind, reason, content from raw.quarantine order by file, row

-- name: how_many
-- Rows set aside, each once however many reasons it has; and files of which no row could be read.
select count(distinct (file, row)) filter (where row is not null) as rows,
    count(distinct file) filter (where row is null) as files
from raw.quarantine

-- name: taken
-- Rows that count: those that came again stand in arrivals and in quarantine.
select count(*) from raw.arrivals anti join raw.quarantine using (file, row)
