-- name: measuring
-- Items that measure people or models, and so are never shown to one.
select item_id from people.audit_sample union select item_id from people.canary_panel
