-- An entry goes with all that belongs to it.
-- ARGV: ended before, limit, first day whose hours are kept, now. Answers at how many it has looked, and how many are gone.

for _, day in ipairs(redis.call('ZRANGEBYSCORE', DAYS, '-inf', '(' .. ARGV[3])) do
  redis.call('DEL', hours_key(day))
  redis.call('ZREM', DAYS, day)
end

forget_sessions(ARGV[4])
forget_notices(redis.call('ZRANGEBYSCORE', NOTICES, '-inf', '(' .. ARGV[1]))

local today = math.floor(tonumber(ARGV[4]) / (24 * HOUR_MS))
local counted = redis.call('HGETALL', OF_DAY)
for at = 1, #counted, 2 do
  if tonumber(string.match(counted[at + 1], '^%d+')) < today then
    redis.call('HDEL', OF_DAY, counted[at])
  end
end

local function leave_types(id)
  for _, type in ipairs(cjson.decode(redis.call('HGET', entry_key(id), 'types'))) do
    redis.call('ZREM', type_key(type), id)
  end
end

local ids = redis.call('ZRANGEBYSCORE', ENDED, '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
local deleted = 0

-- What is reported still is looked at again so much later.
local function is_retained(entry)
  if entry.state == 'attention' then return false end
  local known = redis.call('HMGET', entry_key(entry.id), 'last_reported', 'first_reported')
  local last = known[1] or known[2]
  if tonumber(last) < tonumber(ARGV[1]) then return false end
  redis.call('ZADD', ENDED, last, entry.id)
  return true
end

local function leave_indexes(id, entry)
  unschedule(entry)
  leave_hand(entry)
  leave_types(id)
  for _, name in ipairs(projects_of(id)) do leave_project(entry, name) end
  if entry.why then leave_cause(cause_of(entry.provider, entry.state, entry.why), id) end
  redis.call('ZREM', index_key(entry.provider, entry.state), id)
  if entry.state == 'attention' then count_reopened(ARGV[4], entry.provider, -1) end
end

for _, id in ipairs(ids) do
  local entry = load_entry(id)
  if not entry or not is_retained(entry) then
    -- Of what Redis has evicted nothing tells where it was entered.
    if entry then leave_indexes(id, entry) end
    redis.call('ZREM', ENDED, id)
    redis.call('DEL', entry_key(id), sealed_key(id), places_key(id), old_locations_key(id), findings_key(id), history_key(id))
    deleted = deleted + 1
  end
end
return {#ids, deleted}
