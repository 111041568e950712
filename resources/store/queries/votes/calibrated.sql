-- name: reviewed(batch: text, versions: texts)
-- Votes on audited items of earlier batches, of the very voters that speak now: only these tell how
-- sure they are.
select v.item_id, v.voter, v.label, v.stated as confidence, g.label as gold
from votes.stated v join people.gold g using (item_id, batch)
where v.batch < $batch and g.origin = 'audit' and v.stated is not null
    and list_contains($versions, v.version)
order by v.batch, v.item_id, v.voter
