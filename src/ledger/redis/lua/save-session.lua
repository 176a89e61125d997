-- ARGV: id, version, until, sealed, now.
-- Reply: 0 when the version before is not there.

local id, version, ends, sealed, now = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]

if version == 1 then forget_sessions(now) end
local stored = redis.call('HGET', SESSIONS, id)
if tonumber(stored and string.match(stored, '^%d+') or 0) ~= version - 1 then return 0 end
redis.call('HSET', SESSIONS, id, version .. ' ' .. ends .. ' ' .. sealed)
return 1
