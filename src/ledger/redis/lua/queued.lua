-- ARGV: shares. Reply: how many entries are queued, and of each share.

local reply = { count_queued() }
for _, share in ipairs(ARGV) do reply[#reply + 1] = tonumber(redis.call('HGET', QUEUED, share) or '0') end
return reply
