-- every vote of every voter, one row an item and voter
{% for family in var('families', ['rules', 'models', 'student']) %}
select item_id, batch, voter, version, label, confidence, '{{ family }}' as family from {{ source('votes', family) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
