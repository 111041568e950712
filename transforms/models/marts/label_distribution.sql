-- one row a batch and label; undecided items under (undecided)
select
    batch,
    coalesce(label, '(undecided)') as label,
    count(*) as items,
    count(*) / sum(count(*)) over (partition by batch) as share
from {{ source('labels', 'released') }}
group by batch, label
order by batch, label
