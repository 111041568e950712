-- name: newest(batch: text)
-- Each voter's newest round with a batch: a round by the clock tells more than the one before it.
select voter, why, changed, fingerprint_changed, verdict from quality.canary
where batch = $batch
qualify row_number() over (partition by voter order by asked_at desc, round desc) = 1
order by voter

-- name: alarms(batch: text)
-- Whether the alarm of a batch stands.
select alarm from quality.drift where batch = $batch
