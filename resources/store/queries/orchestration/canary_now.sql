-- name: round(round: text)
-- What was found in a round of the canary.
from quality.canary where round = $round order by voter
