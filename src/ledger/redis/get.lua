-- Entry, locations, findings and history of one moment.
-- ARGV: id, then the names of the entry's fields. Reply: nil when there is no such entry.

local id = ARGV[1]
if redis.call('EXISTS', entry_key(id)) == 0 then return nil end
local locations = redis.call('ZRANGE', locations_key(id), 0, -1)
local first = redis.call('HGET', entry_key(id), 'location')
if first and first ~= '' then table.insert(locations, 1, first) end
return {
  redis.call('HMGET', entry_key(id), unpack(ARGV, 2)),
  locations,
  redis.call('ZRANGE', findings_key(id), 0, -1),
  redis.call('LRANGE', history_key(id), 0, -1),
}
