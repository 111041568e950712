-- every vote of every voter, one row an item and voter
select item_id, batch, voter, version, label, confidence, 'rules' as family from {{ source('votes', 'rules') }}
union all
select item_id, batch, voter, version, label, confidence, 'models' as family from {{ source('votes', 'models') }}
union all
select item_id, batch, voter, version, label, confidence, 'student' as family from {{ source('votes', 'student') }}
