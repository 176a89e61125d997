-- An entry goes with all that belongs to it. `ended` holds exactly what is done, dismissed or in attention.
-- ARGV: ended before, limit.

local ids = redis.call('ZRANGEBYSCORE', ENDED, '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do
  local entry = load_entry(id)
  unschedule(entry)
  redis.call('ZREM', index_key(entry.provider, entry.state), id)
  redis.call('ZREM', ENDED, id)
  redis.call('DEL', entry_key(id), locations_key(id), history_key(id))
end
return #ids
