-- ARGV: id, version, until, sealed, now.
-- Reply: 0 when the version before is not there.

local id, version, ends, sealed, now = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], tonumber(ARGV[5])

-- Persons alone have sessions, so that they are few.
if version == 1 then
  local known = redis.call('HGETALL', SESSIONS)
  for index = 1, #known, 2 do
    if tonumber(string.match(known[index + 1], '^%d+ (%d+) ')) <= now then
      redis.call('HDEL', SESSIONS, known[index])
    end
  end
end
local stored = redis.call('HGET', SESSIONS, id)
if tonumber(stored and string.match(stored, '^%d+') or 0) ~= version - 1 then return 0 end
redis.call('HSET', SESSIONS, id, version .. ' ' .. ends .. ' ' .. sealed)
return 1
