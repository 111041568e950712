-- name: broken_files
-- Files that are set aside as a whole, and why.
select file, string_agg(reason, '; ' order by reason) as reason
from raw.quarantine where kind = 'file' group by file order by file
