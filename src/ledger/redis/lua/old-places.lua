-- What layout 2 has in clear. ARGV: ids. Reply: for each its locations, none where they are sealed already.

local reply = {}
for at, id in ipairs(ARGV) do reply[at] = redis.call('LRANGE', old_locations_key(id), 0, -1) end
return reply
