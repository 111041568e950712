"""What is asked of the table of calls, in words that SQLite and PostgreSQL both take."""

GONE = (
    "coalesce(sum(case status when 'sent' then reserved_usd"
    " else max(cost_usd, 0) + max(exposure_usd, 0) end), 0)"
)
"""What rows took from a budget; nothing that a provider says gives any of it back."""

UNSENT_BATCHES = (
    "select batch, min(model), max(sent_at), max(fault) from calls where status = 'sent'"
    " and batch like 'unsent:%' group by batch order by min(id)"
)

END = """
update calls set status = case when ? <> 'failed' and exists (
    select 1 from calls as known where known.key = calls.key
    and known.status in ('answered', 'filtered') and known.id <> calls.id) then 'spare' else ? end,
"""
"""How a request ended, given twice; an answer to what was answered meanwhile is spare."""

SETTLE = f"""{END} answer = ?, refusal = ?, finish_reason = ?, tokens = ?, prompt_tokens = ?,
    cached_tokens = ?, completion_tokens = ?, cost_usd = ?, stated_usd = ?, latency_s = ?,
    provider_model = ?, fingerprint = ?, exposure_usd = 0, done_at = ? where id = ?
"""

FAIL = f"{END} fault = ?, exposure_usd = ?, latency_s = ?, done_at = ? where id = ?"

DISOWN = "update calls set owner = null where status = 'sent'"
"""What is out belongs to no process any more: whoever looks next writes it off, or finds its batch."""
