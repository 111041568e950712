-- name: last_asked(batch: text, switches: texts)
-- What the newest batch before this one decided of each trick, and on what evidence.
select switch, kept, gain, gain_low, gain_high, gold, asked_in, told
from quality.student_switches
where batch = (select max(batch) from quality.student_switches where batch < $batch)
    and list_contains($switches, switch)
