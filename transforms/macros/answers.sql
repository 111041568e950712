{# What answers say of classes. An answer is a class, or where an item may have several classes (the
   variable sets_of lists them all) a JSON list of them, a class, or "not" and a class. Where it is
   spans (the variable spans is set), it is a JSON list of [start, end, class], or an object of such
   lists: what was found, and what was denied. #}

{% macro classes_at(label, path) -%}
list_distinct(json_extract_string({{ label }}, '{{ path }}[*][2]'))
{%- endmacro %}

{% macro class_list() -%}
[{% for name in var('sets_of') %}'{{ name | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}]
{%- endmacro %}

{% macro named(label) -%}
case
    when {{ label }} is null then []
    {%- if var('spans', false) %}
    when starts_with({{ label }}, '[') then {{ classes_at(label, '$') }}
    when starts_with({{ label }}, '{') then {{ classes_at(label, '$.found') }}
    {%- else %}
    when starts_with({{ label }}, '[') then from_json({{ label }}, '["VARCHAR"]')
    when list_contains({{ class_list() }}, {{ label }}) then [{{ label }}]
    {%- endif %}
    else []
end
{%- endmacro %}

{% macro denied(label) -%}
case
    when {{ label }} is null then []
    when starts_with({{ label }}, '[')
        then list_filter({{ class_list() }}, lambda x: not list_contains({{ named(label) }}, x))
    {%- if var('spans', false) %}
    when starts_with({{ label }}, '{') then {{ classes_at(label, '$.denied') }}
    {%- else %}
    when starts_with({{ label }}, 'not ') and not list_contains({{ class_list() }}, {{ label }})
        then [substring({{ label }}, 5)]
    {%- endif %}
    else []
end
{%- endmacro %}

{# Whether votes on an item contradict each other. #}
{% macro contradicting(label) -%}
{%- if var('sets_of', none) -%}
len(list_intersect(flatten(list({{ named(label) }})), flatten(list({{ denied(label) }})))) > 0
{%- else -%}
count(distinct {{ label }}) > 1
{%- endif -%}
{%- endmacro %}
