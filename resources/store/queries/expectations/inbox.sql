-- name: broken_files
-- Files that are set aside as a whole, and why.
select file, reason from raw.quarantine where kind = 'file' order by file
