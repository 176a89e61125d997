-- ARGV: name, day, limit. Reply: 0 when that is reached.

local day, times = string.match(redis.call('HGET', OF_DAY, ARGV[1]) or '', '^(%d+) (%d+)$')
if day ~= ARGV[2] then times = '0' end
if tonumber(times) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', OF_DAY, ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', times + 1))
return 1
