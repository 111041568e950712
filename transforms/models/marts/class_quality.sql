-- one row a class that was reviewed: precision and recall over all audits, as quality.class_report has them
select
    class as label,
    reviewed,
    "precision",
    precision_low,
    precision_high,
    recall,
    recall_low,
    recall_high
from {{ source('quality', 'class_report') }}
where span = 'all' and class <> '(macro)' and reviewed > 0
order by label
