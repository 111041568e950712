-- name: kept(made_from: text)
-- Posteriors of a window in the order of its items, if they are kept.
select posterior from labels.window_posteriors where made_from = $made_from order by item
