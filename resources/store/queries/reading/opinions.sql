-- name: of_window(batch: text, classes: integer)
-- What students said of the items in window_keys before these were reviewed, and the consensus of now.
select w.item, s.unseen, c.posterior
from labels.student_opinions s join labels.consensus c using (item_id, batch)
join window_keys w using (item_id, batch)
where s.batch < $batch
    and len(s.unseen) = $classes and len(c.posterior) = $classes
