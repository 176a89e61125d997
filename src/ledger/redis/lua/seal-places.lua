-- In place of what is in clear; whoever comes second does nothing.
-- ARGV: for each entry its id, the keys of its places as the hash has them, how many places these are, and the places.

local at = 1
while at <= #ARGV do
  local id, keys, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  if redis.call('DEL', old_locations_key(id)) == 1 and redis.call('EXISTS', entry_key(id)) == 1 then
    redis.call('RPUSH', places_key(id), unpack(ARGV, at + 3, at + 2 + count))
    redis.call('HSET', entry_key(id), 'places', keys)
  end
  at = at + 3 + count
end
return 1
