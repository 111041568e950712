-- name: drawn_evenly
-- Batches with a sample, and whether it was drawn evenly: only such a one goes on with others.
select batch, max(stratum) = 0 from people.audit_design group by batch

-- name: sample
-- Items that were drawn.
select item_id, batch from people.audit_sample

-- name: released
-- Items with a label.
select item_id, batch from labels.released where label is not null
