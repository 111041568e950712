-- name: labelled(batch: text)
-- Labels to draw from, and the doubt about each.
select item_id, 1 - confidence as doubt from labels.released
where batch = $batch and label is not null order by item_id

-- name: design(batch: text, seed: integer)
-- The design that the batch was drawn by with this seed.
select item_id, stratum, planned, predicted_error, design from people.audit_design
where batch = $batch and exists (from people.audit_sample where batch = $batch and seed = $seed)
order by item_id

-- name: proof(batch: text, most: integer)
-- What was predicted when each item of so many earlier audits was drawn, and what was said and found.
with earlier as (
    select distinct batch from people.audit_sample where batch < $batch order by batch desc limit $most
)
select d.predicted_error, r.label, g.label as gold
from people.audit_sample a
join earlier using (batch)
join people.audit_design d using (item_id, batch)
join people.gold g using (item_id, batch)
join labels.released r using (item_id, batch)
where r.label is not null
