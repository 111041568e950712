{# One end of Wilson's 95 % score interval of k out of n; Wilson (1927), JASA 22. No review: 0 or 1. #}
{% macro wilson(k, n, end) -%}
    case
        when {{ n }} = 0 then {{ 0.0 if end == 'low' else 1.0 }}
        else greatest(0.0, least(1.0, (
            {{ k }}::double / {{ n }} + 3.841458820694124 / (2 * {{ n }})
            {{ '-' if end == 'low' else '+' }} 1.959963984540054 * sqrt(
                greatest(0.0, ({{ k }}::double / {{ n }}) * (1 - {{ k }}::double / {{ n }})) / {{ n }}
                + 3.841458820694124 / (4.0 * {{ n }} * {{ n }})
            )
        ) / (1 + 3.841458820694124 / {{ n }})))
    end
{%- endmacro %}
