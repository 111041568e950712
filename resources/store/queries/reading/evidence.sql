-- name: inputs
-- Labels, votes, draws and gold of each batch as one text: all that its evidence is computed from.
with said as (
    select batch, bit_xor(hash(item_id, voter, label)) as votes from votes.every group by batch
),
drawn as (
    select a.batch, md5(string_agg(concat_ws(' ', a.item_id, a.draw, a.draw_probability, g.label),
        '|' order by a.draw)) as reviews
    from people.audit_sample a left join people.gold g using (item_id, batch) group by a.batch
),
released as (
    select batch, bit_xor(hash(item_id, label)) as labels from labels.released group by batch
)
select r.batch, concat_ws(' ', r.labels, s.votes, d.reviews)
from released r left join said s using (batch) left join drawn d using (batch)
order by r.batch

-- name: stored(series: text)
-- What the stored evidence of a series rests on, by batch.
select batch, input from quality.drift_series where series = $series
