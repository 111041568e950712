-- name: settle(batch: text)
-- The adjudicator's word, else the most frequent answer; a tie settles nothing. Answers about another
-- text than the item has now say nothing. A person's newer answer replaces the older one. A re-review
-- changes no audit answer: the machine chose what to doubt, and errors that it shares with the reviewer
-- would stay.
with answers as (
    select r.item_id, r.batch, r.reviewer, r.outcome, r.label, r.origin, r.review_id
    from people.reviews r left join people.audit_sample a using (item_id, batch)
    where r.batch = $batch and r.origin <> 'check' and not coalesce(r.aside, false)
    qualify a.item_id is null or r.origin <> 'rereview'
        or bool_and(r.origin = 'rereview') over (partition by r.item_id, r.batch)
),
newest as (
    select * from answers
    qualify row_number() over (partition by item_id, batch, reviewer order by review_id desc) = 1
),
counts as (
    select item_id, batch, label, count(*) as n, count(*) filter (where origin = 'adjudicate') as final
    from newest where outcome = 'label' group by all
),
ranked as (
    select *, sum(n) over item as reviews,
        rank() over (partition by item_id, batch order by final desc, n desc) as place
    from counts window item as (partition by item_id, batch)
),
winners as (
    select item_id, batch, any_value(label) as label, any_value(reviews)::integer as reviews
    from ranked where place = 1 group by item_id, batch having count(*) = 1
)
select w.item_id, w.batch, w.label,
    case when a.item_id is not null then 'audit' else 'queue' end as origin,
    a.probability, w.reviews
from winners w left join people.audit_sample a using (item_id, batch)
order by w.item_id
