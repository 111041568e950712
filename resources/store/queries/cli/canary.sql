-- name: rounds
-- All that was found, a voter's newest round last.
from quality.canary order by voter, asked_at, round
