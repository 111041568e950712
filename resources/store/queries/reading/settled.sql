-- name: items
-- What the answers in "answers" settle on, for gold and for hidden gold: the judge's word, else the most
-- frequent answer; a tie settles nothing, and its label is null. A person's newer answer replaces the older
-- one. A re-review changes no audit answer: the machine chose what to doubt, and errors that it shares with
-- the reviewer would stay. DuckDB and SQLite both carry it out.
with counting as (
    select *, min(case when origin = 'rereview' then 1 else 0 end)
        over (partition by item_id, batch) as doubts_alone
    from answers where origin <> 'check'
),
ordered as (
    select *, row_number() over (partition by item_id, batch, reviewer order by review_id desc) as age
    from counting where not audited or origin <> 'rereview' or doubts_alone = 1
),
counts as (
    select item_id, batch, label, count(*) as votes, max(review_id) as last_review,
        count(case when origin = 'adjudicate' then 1 end) as judges
    from ordered where age = 1 and outcome = 'label' group by item_id, batch, label
),
ranked as (
    select *, sum(votes) over item as reviews,
        rank() over (partition by item_id, batch order by judges desc, votes desc) as place
    from counts window item as (partition by item_id, batch)
)
select item_id, batch, case when count(*) = 1 then max(label) end as label,
    cast(max(votes) as integer) as votes, cast(max(reviews) as integer) as reviews,
    max(judges) > 0 as judged, max(last_review) as last_review
from ranked where place = 1 group by item_id, batch order by item_id, batch
