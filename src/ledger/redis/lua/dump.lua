-- ARGV: ids. Reply: for each entry its id, hash, sealed token, namespace and group of its queue (each may be empty), places,
-- findings, history.

local reply = {}
for _, id in ipairs(ARGV) do
  local entry = load_entry(id)
  if entry then
    local parents = parents_key(entry.provider, entry.phase)
    local namespace = entry.queue and redis.call('HGET', parents, entry.queue) or ''
    local group = namespace ~= '' and redis.call('HGET', parents, namespace) or ''
    reply[#reply + 1] = { id, redis.call('HGETALL', entry_key(id)), redis.call('GET', sealed_key(id)) or '', namespace, group,
      redis.call('LRANGE', places_key(id), 0, -1), redis.call('LRANGE', findings_key(id), 0, -1),
      redis.call('LRANGE', history_key(id), 0, -1) }
  end
end
return reply
