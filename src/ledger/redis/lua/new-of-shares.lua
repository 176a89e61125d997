-- What a part of a request is that comes in several: whether it has new reports, and one of a namespace that has not its
-- share of the backlog yet.
-- ARGV: share of the backlog; then id and share (or empty) of each report. Reply: `none`, `full` or `free`.

local limit, reply, full = tonumber(ARGV[1]), 'none', {}

local function is_full(share)
  if share == '' then return false end
  if full[share] == nil then full[share] = tonumber(redis.call('HGET', QUEUED, share) or '0') >= limit end
  return full[share]
end

for at = 2, #ARGV, 2 do
  if redis.call('EXISTS', entry_key(ARGV[at])) == 0 then
    if not is_full(ARGV[at + 1]) then return 'free' end
    reply = 'full'
  end
end
return reply
