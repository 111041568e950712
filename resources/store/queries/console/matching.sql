-- name: candidates
-- Items that have one of the ids or texts in "wanted", whose line ends are one character each and
-- which begin and end with no blank.
select i.item_id, i.batch, i.text, i.image from raw.items i
where i.item_id in (select item_id from wanted)
    or regexp_replace(replace(i.text, e'\r\n', e'\n'),
        '^[\t-\r\x1c-\x20\x{85}\p{Z}]+|[\t-\r\x1c-\x20\x{85}\p{Z}]+$', '', 'g') in (select text from wanted)
order by i.batch, i.item_id

-- name: of_letters
-- Items whose texts have the letters of one in "wanted", whatever blanks stand between them.
select i.item_id, i.batch, i.text, i.image from raw.items i
where regexp_replace(i.text, '[\t-\r\x1c-\x20\x{85}\p{Z}]', '', 'g') in (select letters from wanted)
order by i.batch, i.item_id

-- name: sizes
-- Items of every batch.
select batch, count(*) from raw.items group by batch
