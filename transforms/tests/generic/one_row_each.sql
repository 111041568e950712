{# The grain: no two rows agree in all of these columns. #}
{% test one_row_each(model, columns) %}
select {{ columns | join(', ') }}, count(*) as n
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
