-- one row a batch and label; undecided items under (undecided). Of several classes an item counts for
-- each of them, and under (none) without any.
with named as (

    select
        batch,
        {% if var('sets_of', none) %}
        unnest(
            case
                when label is null then ['(undecided)']
                when label = '[]' then ['(none)']
                else {{ named('label') }}
            end
        ) as label
        {% else %}
        coalesce(label, '(undecided)') as label
        {% endif %}
    from {{ source('labels', 'released') }}

),

sizes as (

    select batch, count(*) as items from {{ source('labels', 'released') }} group by batch

)

select n.batch, n.label, count(*) as items, count(*) / any_value(s.items) as share
from named as n
inner join sizes as s on n.batch = s.batch
group by n.batch, n.label
order by n.batch, n.label
