-- name: quality_by_batch
-- A row a batch, in the order of time: what the SQL counts, beside what Python estimates.
select
    c.batch, c.items, c.labelled, c.coverage, c.conflict, c.abstain_rate,
    coalesce(a.reviewed, 0) as reviewed, a.accuracy,
    coalesce(a.accuracy_low, 0) as accuracy_low, coalesce(a.accuracy_high, 1) as accuracy_high,
    d.log_evidence, d.log_limit as evidence_limit,
    c.alarm, c.fired, c.alarms, c.change_batch, c.cost_usd, c.queue_size
from marts.batch_counts c
left join quality.accuracy a on c.batch = a.batch and a.class = '(all)'
left join quality.drift d on c.batch = d.batch
order by c.batch

-- name: voter_scorecard
-- A row a voter and version: what the SQL counts, beside what Python estimates over all batches.
select
    c.voter, c.version, c.family, c.votes, c.coverage, c.overlap, c.conflict,
    coalesce(o.reviewed, 0) as reviewed, o.accuracy,
    coalesce(o.accuracy_low, 0) as accuracy_low, coalesce(o.accuracy_high, 1) as accuracy_high,
    c.calls, c.cached, c.cost_usd, c.parse_failures, c.refusals, c.p95_s
from marts.voter_counts c
left join quality.overall o
    on o.series = 'voter/' || c.voter and o.version = c.version and o.class = '(all)'
order by c.family, c.voter, c.version

-- name: more_metrics
-- By class, consensus, voter and series: what a batch's own MLflow run does not hold already.
select batch, 'accuracy of class ' || class as name, accuracy as value from quality.accuracy
where class <> '(all)'
union all
select batch,
    case when series like '% of spans' then '' else 'accuracy of ' end || series
        || case span when 'window' then ' over the window' else '' end,
    accuracy
from quality.scores
where class = '(all)' and version is null
    and (span = 'window' or series not in ('labels', 'voter/student'))
union all
select batch, 'log_evidence of ' || series, log_evidence from quality.drift_series
where series <> 'labels'

-- name: of_a_run
-- What a batch's MLflow run holds besides its row of quality_by_batch: student, canary, versions.
select c.batch, s.accuracy as student_accuracy, nullif(s.reviewed, 0) as student_judged_on,
    n.canary_accuracy, n.canary_changed, m.label_model, v.rules, v.prompts, v.student
from marts.batch_counts c
left join quality.scores s on c.batch = s.batch and s.span = 'batch'
    and s.series = 'voter/student' and s.version is null and s.class = '(all)'
left join (
    select batch, any_value(version) as label_model from labels.consensus group by batch
) m on c.batch = m.batch
left join (
    select batch,
        md5(string_agg(distinct version, ' ' order by version) filter (where family = 'rules')) as rules,
        string_agg(distinct voter || '@' || version, ' ' order by voter || '@' || version)
            filter (where family = 'models') as prompts,
        any_value(version) filter (where family = 'student') as student
    from marts.votes group by batch
) v on c.batch = v.batch
left join (
    select batch, min(accuracy) as canary_accuracy, bool_or(changed)::int as canary_changed
    from (
        from quality.canary where accuracy is not null
        qualify row_number() over (partition by batch, voter order by asked_at desc, round desc) = 1
    ) group by batch
) n on c.batch = n.batch
order by c.batch
