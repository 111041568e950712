-- name: counts(batches: texts)
-- Items and labels of some batches.
select (select count(*) from raw.items where list_contains($batches, batch)) as items,
    (select count(*) from labels.released where list_contains($batches, batch) and label is not null)
        as labels

-- name: files_to_read_again(batches: texts)
-- Files that hold rows of some batches, or rows of which no batch is known.
select file from raw.arrivals where list_contains($batches, batch)
union select file from raw.quarantine where list_contains($batches, batch) or batch is null
