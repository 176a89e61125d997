-- An entry has one lease at most, and a claimed one is due again when its lease ends.
-- Nothing leaves a parked or paused lane; after a pause one entry alone is out, the probe.
-- ARGV: provider, now, limit, end of the lease, prefix of the leases, revocations per hour (0: no limit).
-- Reply: lane, the next time (or empty), whether what is in hand holds some back, claims.

local provider, now, limit, lease_end, lease_prefix = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local most = limit
local max_per_hour = tonumber(ARGV[6])

local lane = load_lane(provider)
local claims = {}

local function first_due(key)
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return tonumber(first[2] or math.huge)
end

-- How many revocations may begin; when there is none, when there may be again, and whether that depends on what is in
-- hand.
local function room()
  if max_per_hour == 0 then return math.huge, 0, false end
  local hour, revoked = revoked_in_hour(provider, now)
  local hand = hand_key(provider)
  local left = max_per_hour - revoked - redis.call('ZCOUNT', hand, '(' .. ARGV[2], '+inf')
  if left > 0 then return left, 0, false end
  if revoked >= max_per_hour then return 0, opens_at(hour, revoked, max_per_hour), false end
  local first = redis.call('ZRANGEBYSCORE', hand, '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  return 0, tonumber(first[2]), true
end

local function reply(next_at, surplus)
  local text = next_at == math.huge and '' or string.format('%.0f', next_at)
  return { lane_reply(lane, now), text, surplus and 1 or 0, claims }
end

local function reply_with_next()
  if #claims == most then return reply(now, false) end
  local _, opens, by_hand = room()
  local asks, revokes = first_due(asks_key(provider)), first_due(due_key(provider))
  return reply(math.min(asks, math.max(revokes, opens)), by_hand and revokes <= now)
end

local function due(key, count)
  if count <= 0 then return {} end
  local found = redis.call('ZRANGEBYSCORE', key, '-inf', now, 'WITHSCORES', 'LIMIT', 0, count)
  local list = {}
  for at = 1, #found, 2 do
    list[#list + 1] = { key = key, member = found[at], due = tonumber(found[at + 1]) }
  end
  return list
end

-- The longest due first, and of those the first that came.
local function by_turn(a, b)
  if a.due ~= b.due then return a.due < b.due end
  return a.member < b.member
end

local function take(id, place, lease)
  local fields = redis.call('HMGET', entry_key(id), 'kind', 'note', 'approved', 'state', 'first_reported',
    'phase', 'attempts', 'verifications', 'deferrals')
  redis.call('ZADD', place.key, lease_end, place.member)
  redis.call('HSET', entry_key(id), 'lease', lease, 'due', lease_end)
  if (fields[6] or 'revoke') == 'revoke' then redis.call('ZADD', hand_key(provider), lease_end, id) end
  claims[#claims + 1] = { id, lease, redis.call('GET', sealed_key(id)), unpack(fields) }
end

if lane.valve_max ~= max_per_hour then
  lane.valve_max = max_per_hour
  redis.call('HSET', lane_key(provider), 'valve_max', max_per_hour)
end
if lane.parked then return reply(math.huge, false) end
if lane.paused_until > now then return reply(lane.paused_until, false) end

local probing = lane.streak > 0
if probing then
  local probe_end = tonumber(redis.call('HGET', lane_key(provider), 'probe_end') or '0')
  if probe_end > now then return reply(probe_end, false) end
  limit = math.min(limit, 1)
end

local waiting = due(asks_key(provider), limit)
for _, place in ipairs(due(due_key(provider), math.min(limit, (room())))) do waiting[#waiting + 1] = place end
table.sort(waiting, by_turn)
for index = 1, math.min(limit, #waiting) do
  local place = waiting[index]
  take(string.sub(place.member, 18), place, lease_prefix .. '-' .. index) -- behind a turn of 16 digits and a colon
end

if probing and claims[1] then
  redis.call('HSET', lane_key(provider), 'probe', claims[1][2], 'probe_end', lease_end)
  return reply(tonumber(lease_end), false)
end
return reply_with_next()
