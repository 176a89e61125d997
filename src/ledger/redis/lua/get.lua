-- Entry, places and their keys, findings, history and projects of one moment.
-- ARGV: id, then the names of the entry's fields. Reply: nil when there is no such entry.

local id = ARGV[1]
if redis.call('EXISTS', entry_key(id)) == 0 then return nil end
return {
  redis.call('HMGET', entry_key(id), unpack(ARGV, 2)),
  redis.call('LRANGE', places_key(id), 0, -1),
  redis.call('HGET', entry_key(id), 'places') or '',
  redis.call('LRANGE', findings_key(id), 0, -1),
  redis.call('LRANGE', history_key(id), 0, -1),
  projects_of(id),
}
