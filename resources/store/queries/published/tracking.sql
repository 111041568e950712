-- name: runs
-- Runs of batches, and of all as steps under a name of its own, with hashes of what they hold.
select batch, mlflow_run, fingerprint from quality.tracked

-- name: run_ids
-- Runs that hold what is labelled and measured.
select mlflow_run from quality.tracked

-- name: run(batch: text)
-- The run of a batch, with a hash of what it holds.
select mlflow_run, fingerprint from quality.tracked where batch = $batch

-- name: forget_gone(standing: texts)
-- Take out the runs that do not stand any more.
delete from quality.tracked where not list_contains($standing, mlflow_run)

-- name: examples(batch: text)
-- Items that show what a student reads.
select text, image from raw.items where batch = $batch order by item_id limit 3
